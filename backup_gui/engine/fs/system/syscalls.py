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

from backup_gui.model.paths import encode

_RENAME_NOREPLACE: Final = 1
_SET_PARENT_DEATH_SIGNAL: Final = 1


def _system_call(name: str, *argument_types: type) -> ctypes._CFunctionType | None:
    if sys.platform != "linux":
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is not None:
        call.argtypes = argument_types
    return call


_syncfs = _system_call("syncfs", ctypes.c_int)
_renameat2 = _system_call("renameat2", ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
_prctl = _system_call("prctl", ctypes.c_int, ctypes.c_ulong)

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


def rename_to_free_name(old: str, old_fd: int | None, new: str, new_fd: int | None) -> None:
    """Rename, but never onto something.

    Args:
        old: The name now.
        old_fd: The folder that it is in; None if ``old`` is an absolute path.
        new: The name to be.
        new_fd: The folder that it is to be in; None if ``new`` is an absolute path.

    Raises:
        FileExistsError: The new name is taken.
        OSError: As for ``os.rename``.
    """
    if _renameat2 is not None and old_fd is not None and new_fd is not None:
        if _renameat2(old_fd, encode(old), new_fd, encode(new), _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in {errno.EINVAL, errno.ENOSYS}:
            raise OSError(code, os.strerror(code), new)
    # RACE: what somebody else puts there between the look and the rename is lost; only where the file system (or the
    # platform) cannot do both in one step.
    try:
        os.stat(new, dir_fd=new_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


def own_ids() -> tuple[int, int]:
    """Return the user and group that new files belong to; -1 where there are no such numbers."""
    if sys.platform == "win32":
        return -1, -1
    return os.geteuid(), os.getegid()


def end_with_parent(parent: int) -> None:
    """Let this process not outlive another by more than moments, even if that is killed.

    Args:
        parent: Process id of the one that started this one.
    """
    if _prctl is not None and sys.platform == "linux":
        _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if sys.platform != "win32" and os.getppid() != parent:
        sys.exit()
