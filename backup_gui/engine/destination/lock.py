"""Lets only one instance at a time have a destination.

A lock is held as long as the job runs and ends with the process, however that ends. It keeps no file open on the
destination's drive, so that the drive can be unmounted between passes.

There are two. A locked file in the program's own folder keeps out other instances of the same user, and nobody else can
get at it. On Linux a name in the system's own table keeps out those of other users, too. Any user can take such a name,
so one counts only if whoever has it may write to the destination; else the next name of the same row is taken.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Self

from backup_gui.engine.fs.privacy import make_private_folder, open_private
from backup_gui.engine.fs.system.descriptors import is_shortage, shortage_told
from backup_gui.engine.fs.system.peers import may_write, peer_uid
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.model.errors import DestinationBusyError, TooManyOpenError
from backup_gui.model.path_text import escape
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    import socket
    from pathlib import Path

log = logging.getLogger(__name__)

# So many strangers' sockets are passed over; with more, the locked file alone has to do.
_NAMES = 16
# Between taking a name and listening there, an instance is not to be taken for a stranger.
_BEGINNING_S = 0.5
_POLL_S = 0.01


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

        place = os.path.realpath(destination)
        key = hashlib.sha256(os.fsencode(place)).hexdigest()
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
        if sys.platform != "linux":
            return
        try:
            with shortage_told():
                self._socket = _take_name(f"\0backup-gui/destination/{key}", place)
        except BaseException:
            self.release()
            raise
        if self._socket is None:
            self.release()
            raise DestinationBusyError(reason)

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


def _take_name(name: str, place: str) -> socket.socket | None:
    """Take the first name of a row that no stranger has.

    Args:
        name: The first one.
        place: Absolute path of the destination without links; it need not exist.

    Returns:
        The socket that has it, or one that has none where strangers have them all; None if another instance has it.

    Raises:
        OSError: No socket can be made.
    """
    if sys.platform == "win32":
        return None
    import socket  # noqa: PLC0415 - slow to import

    taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        for number in range(_NAMES):
            address = f"{name}/{number}" if number else name
            try:
                taken.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                # RACE: as long as it does not listen it cannot say whose it is; others wait for that moment.
                taken.listen(socket.SOMAXCONN)
                return taken
            uid = _owner_of(address)
            if uid is not None and (uid == os.getuid() or may_write(uid, nearest_existing(place))):
                taken.close()
                return None
            log.warning("Somebody who may not write to %s has the name of its lock: user %s", escape(place), uid)
    except BaseException:
        taken.close()
        raise
    return taken


def _owner_of(address: str) -> int | None:
    """Return the user who listens at a name; None if nobody does who would be one of this program's."""
    if sys.platform == "win32":
        return None
    import socket  # noqa: PLC0415 - slow to import

    until_s = time.monotonic() + _BEGINNING_S
    while True:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.setblocking(False)
            try:
                asking.connect(address)
            except ConnectionRefusedError:
                if time.monotonic() < until_s:
                    time.sleep(_POLL_S)
                    continue
                return None
            except OSError:
                # Full of those who ask, which none of ours is.
                return None
            return peer_uid(asking)


def is_locked_by_strangers(fd: int, place: str) -> bool:
    """Tell whether a folder is locked by processes only of users who may not write to it.

    Anybody who may open a folder can lock it, and so keep others from it for as long as they like.

    Args:
        fd: The folder, open, which others have locked.
        place: Its absolute path without links.
    """
    if sys.platform != "linux":
        return False
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as table:
            locks = [line.split() for line in table]
        inode = str(os.fstat(fd).st_ino)
        # The numbers of a volume of btrfs are other ones here, so only the folder's own counts.
        holders = {int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].rpartition(":")[2] == inode}
        users = {os.stat(f"/proc/{pid}").st_uid for pid in holders}
    except (OSError, ValueError, IndexError):
        return False
    return bool(users) and not any(uid == os.getuid() or may_write(uid, place) for uid in users)


def lock_file(fd: int) -> None:
    """Lock an open file, or a folder where those can be locked, until it is closed.

    Raises:
        BlockingIOError: Another process has it locked.
        OSError: It cannot be locked.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EDEADLK}:
                raise
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
