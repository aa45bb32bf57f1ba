"""Names in the system's own table that keep out other processes, and who holds a lock."""

from __future__ import annotations

import errno
import logging
import os
import sys
import time
from typing import TYPE_CHECKING

from backup_gui.engine.fs.system.peers import may_write, peer_uid
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.model.path_text import readable

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)

# So many strangers' sockets are passed over; with more, the locked file alone has to do.
_NAMES = 16
# Between taking a name and listening there, an instance is not to be taken for a stranger.
_BEGINNING_S = 0.5
_POLL_S = 0.01


def take_name(name: str, place: str) -> socket.socket | None:
    """Take the first name of a row that no stranger has, for a destination: an absolute path without links.

    Returns:
        The socket that has it, or one that has none where strangers have them all; None where the system has no table
        of such names.

    Raises:
        BlockingIOError: Another instance has it.
        OSError: No socket can be made.
    """
    if sys.platform != "linux":
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
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            log.warning("Somebody who may not write to %s has the name of its lock: user %s", readable(place), uid)
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


def is_locked_by_strangers(inode: int, place: str) -> bool:
    """Tell whether a folder is locked by processes only of users who may not write to it.

    Anybody who may open a folder can lock it, and so keep others from it for as long as they like.
    """
    if sys.platform != "linux":
        return False
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as table:
            locks = [line.split() for line in table]
        # The numbers of a volume of btrfs are other ones here, so only the folder's own counts.
        holders = {int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].rpartition(":")[2] == str(inode)}
        users = {os.stat(f"/proc/{pid}").st_uid for pid in holders}
    except (OSError, ValueError, IndexError):
        return False
    return bool(users) and not any(uid == os.getuid() or may_write(uid, place) for uid in users)
