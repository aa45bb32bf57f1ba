"""Which disk and which folder a root is, so that another one in its place is not taken for it.

Paths do not tell: an unplugged drive leaves its empty mount point behind, and anything can be mounted over anything.
Nothing here writes.
"""

import os
from enum import Enum
from typing import NamedTuple

from backup_gui.engine.fs.volumes.mounts import file_system_without_table, has_lasting_inodes, is_counted_anew
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.fs.volumes.volume import volume_of

# ReFS has numbers of 128 bits; Python refuses to read thousands of digits, which only a damaged catalog has.
_MAX_INODE_DIGITS = 40


class Standing(Enum):
    """How what is at a root's path now relates to what was recorded."""

    NEW = "new"
    SAME = "same"
    OTHER_FOLDER = "other folder"
    OTHER_VOLUME = "other volume"


class Identity(NamedTuple):
    """A folder's identity.

    Attributes:
        volume: What stays the same for its volume from mount to mount.
        inode: The folder's own number on that volume; 0 where numbers do not last from mount to mount, such as on file
            systems that a program serves. There the volume says it all: another folder of it at the same path cannot
            be told, and the guard has to notice what is missing.
    """

    volume: str
    inode: int

    def __str__(self) -> str:
        """Return the form in which it is recorded."""
        return f"{self.inode} {self.volume}"


def identify(path: str) -> Identity:
    """Take the identity of a folder.

    Raises:
        OSError: It cannot be looked at.
    """
    return identity_of(Location(path))


def identity_of(folder: Location) -> Identity:
    """Take the identity of a folder of which it is known where it lies.

    Raises:
        OSError: It cannot be looked at.
    """
    mount = folder.mount
    is_lasting = (
        not is_counted_anew(file_system_without_table(folder.path)) if mount is None else has_lasting_inodes(mount)
    )
    return Identity(volume_of(folder), os.stat(folder.path).st_ino if is_lasting else 0)


def read_identity(text: str | None) -> Identity | None:
    """Read a recorded identity; None if there is none, or none that can be read."""
    inode, _, volume = (text or "").partition(" ")
    is_sound = inode.isdecimal() and inode.isascii() and len(inode) <= _MAX_INODE_DIGITS and volume
    return Identity(volume, int(inode)) if is_sound else None


def standing(recorded: Identity | None, now: Identity) -> Standing:
    """Compare a recorded identity with the present one."""
    if recorded is None:
        return Standing.NEW
    if recorded.volume != now.volume:
        return Standing.OTHER_VOLUME
    is_same = 0 in {recorded.inode, now.inode} or recorded.inode == now.inode
    return Standing.SAME if is_same else Standing.OTHER_FOLDER


def nearest_existing(path: str) -> str:
    """Return the path itself if it exists, else the nearest folder above it that does."""
    while not os.path.exists(path):
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    return path
