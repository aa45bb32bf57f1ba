"""Lets only one instance at a time have a destination.

A lock is held as long as the job runs and ends with the process, however that ends. It keeps no file open on the
destination's drive, so that the drive can be unmounted between passes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Self

from backup_gui.engine.errors import DestinationBusyError

if TYPE_CHECKING:
    import socket
    from pathlib import Path


class DestinationLock:
    """Holds a destination from creation to ``release``.

    Args:
        destination: Absolute path of the destination; it need not exist.
        folder: A folder of the program's own, for platforms where the lock is a file.

    Raises:
        DestinationBusyError: Another instance has it.
    """

    def __init__(self, destination: str, folder: Path) -> None:
        import hashlib  # noqa: PLC0415 - slow to import, and not needed by a pass
        import socket  # noqa: PLC0415

        key = hashlib.sha256(os.fsencode(os.path.realpath(destination))).hexdigest()
        self._socket: socket.socket | None = None
        self._fd = -1
        message = f"Another instance of the program is already backing up to {destination}."
        if sys.platform == "linux":
            # A name in the system's own table: seen by all users, gone with the process, no file to be left over.
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.bind(f"\0backup-gui/destination/{key}")
            except OSError as error:
                self._socket.close()
                if error.errno == errno.EADDRINUSE:
                    raise DestinationBusyError(message) from error
                raise
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(folder / f"{key[:32]}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_file(self._fd)
        except OSError as error:
            os.close(self._fd)
            raise DestinationBusyError(message) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have the destination."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1


def lock_file(fd: int) -> None:
    """Lock an open file, or a folder where those can be locked, until it is closed.

    Raises:
        BlockingIOError: Another process has it locked.
        OSError: It cannot be locked.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
