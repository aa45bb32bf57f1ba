"""Lets only one instance at a time have a destination.

A lock is held as long as the job runs and ends with the process, however that ends. It keeps no file open on the
destination's drive, so that the drive can be unmounted between passes.

There are two. A locked file in the program's own folder keeps out other instances of the same user, and nobody else can
get at it. On Linux a name in the system's own table keeps out those of other users, too. Any user can take such a name,
so one counts only if whoever has it may write to the destination; else the next name of the same row is taken.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Self

from backup_gui.engine.fs import native
from backup_gui.engine.fs.privacy import make_private_folder, open_private
from backup_gui.engine.fs.system.descriptors import is_shortage, shortage_told
from backup_gui.engine.fs.system.locks import take_name
from backup_gui.engine.fs.system.syscalls import lock_file
from backup_gui.model.errors import DestinationBusyError, TooManyOpenError
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    import socket
    from pathlib import Path

log = logging.getLogger(__name__)


class DestinationLock:
    """Holds a destination from creation to ``release``.

    Args:
        destination: Absolute path of the destination; it need not exist.
        folder: A folder of the program's own for the locked file.

    Raises:
        DestinationBusyError: Another instance has it.
        OwnFolderError: The folder cannot be made or used.
        TooManyOpenError: No more files can be opened, so it cannot be told.
    """

    def __init__(self, destination: str, folder: Path) -> None:
        import hashlib  # noqa: PLC0415 - slow to import, and not needed by a pass

        place = native.real_path(destination)
        # What is not there yet is told apart by its spelling alone.
        key = hashlib.sha256(os.fsencode(os.path.normcase(place))).hexdigest()
        self._socket: socket.socket | None = None
        self._fd = -1
        reason = Reason(ReasonCode.BACKED_UP_ELSEWHERE, path=destination)
        make_private_folder(folder)
        try:
            self._fd = open_private(str(folder / f"{key[:32]}.lock"), os.O_RDWR | os.O_CREAT)
            lock_file(self._fd)
        except BlockingIOError as error:
            self.release()
            raise DestinationBusyError(reason) from error
        except OSError as error:
            if is_shortage(error):
                self.release()
                raise TooManyOpenError from error
            # No room for a file, or a home folder on a network without locks.
            log.warning("The lock %s cannot be used: %s", folder, error.strerror)
        try:
            with shortage_told():
                self._socket = take_name(f"\0backup-gui/destination/{key}", place)
        except BlockingIOError as error:
            self.release()
            raise DestinationBusyError(reason) from error
        except BaseException:
            self.release()
            raise

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
