"""Calls of the system that Python does not offer, each with what is done where there is no such call."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import signal
import sys
from typing import Final

_SET_PARENT_DEATH_SIGNAL: Final = 1


def system_call(name: str, *argument_types: type, system: str = "linux") -> ctypes._CFunctionType | None:
    """Return a function of a system's C library that sets ``ctypes.get_errno``; None where there is none."""
    if sys.platform != system:
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        call.argtypes = argument_types
    return call


_syncfs = system_call("syncfs", ctypes.c_int)
_prctl = system_call("prctl", ctypes.c_int, ctypes.c_ulong)

# Enough for 50 jobs with all the folders open that are of use, and no more than any system allows.
OPEN_FILES: Final = 10_240
# Before this one, a volume's flush does not tell that something could not be written.
_KERNEL_THAT_TELLS: Final = (5, 8)


def allow_many_files() -> None:
    """Let this process have as many files open at once as many jobs need, as far as the system lets a user do so.

    A job has up to 200 open in a pass, and desktops begin with a limit of 1,024, or 256, which is there for old
    programs that use ``select``.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def refuse_downloads() -> None:
    """Let no file be brought from a cloud by being read; on macOS, where that is asked of the system."""
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        darwin.refuse_downloads(darwin.load())


def permit_downloads() -> None:
    """Let this thread bring files from a cloud by reading them, whatever holds for the process."""
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        darwin.permit_downloads(darwin.load())


def tells_what_a_volumes_flush_missed(release: str) -> bool:
    """Tell whether a kernel reports from the flush of a whole volume that something could not be written.

    Args:
        release: The kernel's version, such as ``6.1.0-18-amd64``. One that is not understood counts as old: then each
            file is flushed by itself, which takes longer and always tells.
    """
    found = re.match(r"(\d{1,6})\.(\d{1,6})", release)
    return found is not None and (int(found[1]), int(found[2])) >= _KERNEL_THAT_TELLS


CAN_SYNC_VOLUME: Final = (
    sys.platform != "win32" and _syncfs is not None and tells_what_a_volumes_flush_missed(os.uname().release)
)


def sync_volume(fd: int) -> None:
    """Return when everything that was written to the volume of an open file is on the disk.

    Raises:
        OSError: Some of it is not. Errors are told once for each descriptor, from when it was opened.
    """
    assert _syncfs is not None
    if _syncfs(fd) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def flush_file(fd: int) -> None:
    """Return when a file's content is on the disk; on macOS only with the next ``flush_drive``.

    Raises:
        OSError: It is not. It must not be tried again: the system may have dropped what it could not write.
    """
    os.fsync(fd)


def flush_drive(fd: int) -> None:
    """Return when a drive has written what ``flush_file`` gave it; at once where that waits for the drive itself.

    Raises:
        OSError: Some of it may be lost.
    """
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - not on Windows

        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        darwin.flush_drive(fd, fcntl.fcntl)


def lock_file(fd: int) -> None:
    """Lock an open file, or a folder where those can be locked, until it is closed, unless another process has.

    Raises:
        BlockingIOError: Another process has it locked.
        OSError: It cannot be locked.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # wine's C runtime gives no number.
            if error.errno not in {errno.EACCES, errno.EDEADLK, 0}:
                raise
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def own_ids() -> tuple[int, int]:
    """Return the user and group that new files belong to; -1 where there are no such numbers."""
    if sys.platform == "win32":
        return -1, -1
    return os.geteuid(), os.getegid()


def end_with_parent(parent: int) -> None:
    """Let this process not outlive the one that started it by more than moments, even if that is killed."""
    if _prctl is not None and sys.platform == "linux":
        _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if sys.platform != "win32" and os.getppid() != parent:
        sys.exit()
