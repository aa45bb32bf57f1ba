"""A mirror as it is read while a pass writes into it.

Folders that their own owner may not read or write in are opened up for the length of the pass. New folders, which have
another name on the disk until they are revealed, are found under their final paths.
"""

from __future__ import annotations

import contextlib
import stat
import sys
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs.system.platform import HAS_MODES
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.nesting import Location

if TYPE_CHECKING:
    from backup_gui.model.entries import Entry

OWNER_ALL: Final = stat.S_IRWXU


class MirrorTree(Tree):
    """A mirror, for reading.

    Attributes:
        location: Where it lies.
        opens_up: Whether folders are opened up to be listed.
        opened_up: The modes of folders that were opened up; whoever gives one the mode of the source removes it.
        staged: The final path of each new folder that has another name on the disk for now, and that name. What is in
            it has its own name there already.
    """

    def __init__(self, root: str) -> None:
        super().__init__(root)
        with self.closed_on_failure():
            self.location = Location(root)
        self.opens_up = True
        self.opened_up: dict[str, int] = {}
        self.staged: dict[str, str] = {}
        self._is_superuser = own_ids()[0] == 0

    def close(self) -> None:
        """Give all descriptors back, and the folders that were opened up their modes."""
        if self.root_fd >= 0 and self.opened_up:
            self._shut_again()
        super().close()

    def list(self, path: str, refused: dict[str, OSError] | None = None, most: int = sys.maxsize) -> dict[str, Entry]:
        """List a folder, as ``Tree.list``; one whose owner may not read it, but who owns it, is opened up."""
        try:
            return super().list(path, refused, most)
        except PermissionError:
            if not self.opens_up or not self.open_up(path):
                raise
        return super().list(path, refused, most)

    def name_on_disk(self, path: str) -> str:
        """Return the name that a path's last part has on the disk at present."""
        return self.staged.get(path) or path.rpartition("/")[2]

    def open_up(self, folder: str) -> bool:
        """Let the owner write in a folder of the mirror whose source is write-protected.

        Returns:
            Whether the mode was changed. Its own mode comes back when the pass sets the metadata of the folders that
            it touched.
        """
        if not HAS_MODES or self._is_superuser:
            return False
        mode = self.stat(folder).st_mode
        if mode & OWNER_ALL == OWNER_ALL:
            return False
        try:
            self.set_mode(folder, mode | OWNER_ALL)
        except PermissionError:
            return False
        self.opened_up.setdefault(folder, stat.S_IMODE(mode))
        return True

    def set_mode(self, path: str, kind_and_mode: int) -> None:
        """Set the mode of what is at a path, if it is of this kind."""
        if path:
            name, folder = self.at(path)
            folder.set_mode_at(name, kind_and_mode)
        else:
            self.root_folder.set_mode(stat.S_IMODE(kind_and_mode))

    def _shut_again(self) -> None:
        """Give the folders that were opened up, and still are, the modes that they had, the deepest first."""
        for folder in sorted(self.opened_up, reverse=True):
            mode = self.opened_up[folder]
            with contextlib.suppress(OSError):
                entry = self.look(folder)
                if entry is not None and stat.S_IMODE(entry.st_mode) == mode | OWNER_ALL:
                    self.set_mode(folder, stat.S_IFMT(entry.st_mode) | mode)
        self.opened_up.clear()
