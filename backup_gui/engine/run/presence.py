"""Whether a destination is still as the last pass left it: nobody tells when a drive is pulled or a folder replaced."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from backup_gui.engine.fs.volumes.volume import has_lasting_inodes
from backup_gui.engine.roots.continuity import root_stamp


class _Seen(NamedTuple):
    """What a folder was.

    Attributes:
        device: Its file system.
        inode: Its number there.
        stamp: When names last came into it or left it.
    """

    device: int
    inode: int
    stamp: str


class Presence:
    """Remembers which folder a destination was, and when it was last changed."""

    def __init__(self, path: str) -> None:
        """Know nothing of it yet.

        Args:
            path: Absolute path of the folder.
        """
        self._path = path
        self._seen: _Seen | None = None
        self._has_lasting_inode = False

    def note(self) -> None:
        """Remember the folder as it is now, or that there is none."""
        self._seen = _look(self._path)
        self._has_lasting_inode = self._seen is not None and has_lasting_inodes(self._path)

    def is_lost(self) -> bool:
        """Whether the folder was there and is not any more, or is on another file system, or another one."""
        if self._seen is None:
            return False
        now = _look(self._path)
        if now is None or now.device != self._seen.device:
            return True
        # Some file systems give a folder another number each time it is looked at.
        return self._has_lasting_inode and now.inode != self._seen.inode

    def is_touched(self) -> bool:
        """Whether names have come into the folder or left it, once for each time."""
        now = _look(self._path)
        if self._seen is None or now is None or now.stamp == self._seen.stamp:
            return False
        self._seen = self._seen._replace(stamp=now.stamp)
        return True


def _look(path: str) -> _Seen | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    return _Seen(status.st_dev, status.st_ino, root_stamp(status))
