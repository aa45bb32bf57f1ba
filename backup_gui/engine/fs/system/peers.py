"""Whose a process at the other end of a local socket is, and whether that user may write to a folder.

A name that any user can take says nothing by itself: only who may change a destination can keep others from it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_ACCESS_LIST = "system.posix_acl_access"
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1
_LOCAL_PEERPID = 2
_XUCRED_BYTES = 76


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user of the process at the other end of a local socket; None where that cannot be told.

    Of a socket that was connected to, it is the user who listens there.
    """
    try:
        if sys.platform == "linux":
            return _credentials(connection)[1]
        if sys.platform == "darwin":
            found = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES)
            return int(struct.unpack_from("2I", found)[1])
    except OSError:
        return None
    return None


def peer_pid(connection: socket.socket) -> int | None:
    """Return the process at the other end of a local socket, as ``peer_uid`` does its user.

    None also where it is none of this system, as from within a container: its number is 0, which would mean oneself.
    """
    try:
        if sys.platform == "linux":
            return _credentials(connection)[0] or None
        if sys.platform == "darwin":
            return connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID)
    except OSError:
        return None
    return None


def may_write(uid: int, folder: str) -> bool:
    """Tell whether another user may write to a folder, going by owners, groups and modes.

    They may for all that is known: an access list is not looked into. The path has no links.
    """
    if sys.platform == "win32" or uid == 0:
        return True
    groups = _groups_of(uid)
    try:
        if not _may(uid, groups, folder, 0o3):
            return False
        above = os.path.dirname(folder)
        while above != folder:
            if not _may(uid, groups, above, 0o1):
                return False
            folder, above = above, os.path.dirname(above)
    except OSError:
        return True
    return True


def _credentials(connection: socket.socket) -> tuple[int, int, int]:
    """Process, user and group."""
    import socket as sockets  # noqa: PLC0415 - slow to import

    # Only Linux has the option.
    option = getattr(sockets, "SO_PEERCRED")  # noqa: B009
    pid, uid, gid = struct.unpack("3i", connection.getsockopt(sockets.SOL_SOCKET, option, struct.calcsize("3i")))
    return pid, uid, gid


def _may(uid: int, groups: frozenset[int], folder: str, wanted: int) -> bool:
    found = os.stat(folder)
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == uid:
        return mode >> 6 & wanted == wanted
    if _has_access_list(folder):
        # The group's bits are the most that the list gives to anybody.
        return (mode >> 3 | mode) & wanted == wanted
    if found.st_gid in groups:
        return mode >> 3 & wanted == wanted
    return mode & wanted == wanted


def _has_access_list(folder: str) -> bool:
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        return bool(os.getxattr(folder, _ACCESS_LIST))
    return False


def _groups_of(uid: int) -> frozenset[int]:
    if sys.platform == "win32":
        return frozenset()
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        account = pwd.getpwuid(uid)
        return frozenset(os.getgrouplist(account.pw_name, account.pw_gid))
    except (KeyError, OSError):
        return frozenset()
