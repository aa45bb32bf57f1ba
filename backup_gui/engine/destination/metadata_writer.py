"""Gives what is in a folder the source's metadata: owner and mode, times, extended attributes and access lists.

Never through a symbolic link. Folders that their own owner may not write in are opened up for the length of a pass.
"""

from __future__ import annotations

import contextlib
import errno
import stat
import sys
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs.content import Rights
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.volume import time_step_ns
from backup_gui.engine.fs.xattrs import NOTHING_INHERITED, attributes_of, inherited_in, place_of, set_attributes
from backup_gui.engine.rules.capabilities import ALL, Capabilities

if TYPE_CHECKING:
    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.engine.fs.xattrs import Attributes, Inherited
    from backup_gui.model.entries import Entry

OWNER_ALL: Final = stat.S_IRWXU


class MetadataWriter(Tree):
    """A root folder in which metadata can be set.

    Args:
        root: Absolute path of the folder, which exists.

    Attributes:
        capabilities: What the file system can hold.
        rights: Who writes, and what metadata of new files follow from that.
        holds_owner: Whether owners are set, and so compared.
        holds_attributes: Whether all attributes were held, as far as any were set.
        opens_up: Whether folders that their own owner may not read or write are changed for the length of a pass.

    Raises:
        OSError: The folder cannot be opened or is none.
    """

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.rights = Rights(own_ids())
        # The folder that something new was made in last, and what it hands down.
        self._asked_folder: str | None = None
        self._handed_down = NOTHING_INHERITED
        self.holds_attributes = True
        self.opens_up = True
        # The modes of folders that were opened up and have not got their own from the source since.
        self._opened_up: dict[str, int] = {}
        with self._closed_on_failure():
            self.adopt(ALL._replace(time_step_ns=time_step_ns(root)))

    def close(self) -> None:
        """Give all descriptors back, and the folders that were opened up their modes."""
        if self.root_fd >= 0 and self._opened_up:
            self._shut_again()
        super().close()

    def attributes(self, path: str) -> Attributes:
        """Return the extended attributes and access lists of a path, of a link those of its own.

        Raises:
            OSError: They cannot be told.
        """
        return attributes_of(self, path)

    def distrust(self, devices: frozenset[int]) -> None:
        """Set no set-id bit that comes from one of some volumes, known by their device numbers."""
        self.rights = Rights(self.rights.owner, self.rights.capabilities, devices)

    def adopt(self, capabilities: Capabilities) -> None:
        """Go by what the file system can do from now on."""
        self.capabilities = capabilities
        self.rights = Rights(self.rights.owner, capabilities, self.rights.distrusted)
        # Owners are set, and so compared, only by those who may set them, and where they stay.
        self.holds_owner = self.rights.sets_owner
        self.time_step_ns = capabilities.time_step_ns

    def set_metadata(self, path: str, source: Entry, attributes: Attributes | None = None) -> None:
        """Give a path of the mirror the owner, mode and times that the source has.

        Args:
            path: The path.
            source: The source's entry.
            attributes: The extended attributes and access lists that it shall have; None to leave them as they are.

        Raises:
            OSError: Some of it was refused.
        """
        self._opened_up.pop(path, None)
        is_link = stat.S_ISLNK(source.st_mode)
        if is_link and not self.capabilities.holds_link_times:
            # It would be given to what the link leads to.
            return
        if path and self.holds_owner:
            self._set_owner(path, source)
        # After the owner, since a new one takes away capabilities; before the mode, which an access list changes.
        failure = None if attributes is None else self._set_attributes(path, source, attributes)
        if not path:
            self._set_root_metadata(source)
        else:
            name, folder = self.at(path)
            if not is_link and self.capabilities.holds_modes:
                folder.set_mode_at(name, stat.S_IFMT(source.st_mode) | self.rights.mode_of(source))
            folder.set_times_at(name, self.rights.times_of(source), is_link=is_link)
        if failure is not None:
            raise failure

    def tighten(self, path: str, source: Entry, *, has_other_list: bool) -> None:
        """Keep everybody out of a folder of the mirror who may not use the source's, before anything comes into it.

        What the source allows besides comes with ``set_metadata``, when the content is complete.

        Args:
            path: The folder.
            source: The source's entry.
            has_other_list: Whether the source has another access list there.

        Raises:
            OSError: It could not be done.
        """
        if sys.platform == "win32":
            return
        if not self.capabilities.holds_modes:
            return
        there = self.stat(path)
        mode = stat.S_IMODE(there.st_mode) & self.rights.mode_of(source)
        has_other_owner = self.holds_owner and (there.st_uid, there.st_gid) != (source.st_uid, source.st_gid)
        if has_other_owner or has_other_list:
            mode &= OWNER_ALL
        if mode != stat.S_IMODE(there.st_mode):
            if path:
                self._set_mode(path, stat.S_IFDIR | mode)
            else:
                self.root_folder.set_mode(mode)
        if has_other_owner and path:
            self._set_owner(path, source)
        elif has_other_owner:
            self.root_folder.set_owner(source.st_uid, source.st_gid)

    def list(self, path: str, refused: dict[str, OSError] | None = None, most: int = sys.maxsize) -> dict[str, Entry]:
        """List a folder, as ``Tree.list``; one whose owner may not read it, but who owns it, is opened up.

        Raises:
            OSError: The folder could not be read to its end.
        """
        try:
            return super().list(path, refused, most)
        except PermissionError:
            if not self.opens_up or not self.open_up(path):
                raise
        return super().list(path, refused, most)

    # Inner parts

    def _inherited(self, folder: FolderHandle) -> Inherited:
        """Tell what the folder asked for last gives to what is made in it, which the source may not have.

        Raises:
            OSError: It cannot be told.
        """
        # The folder asked for last is nearly always the one asked about last.
        if self._last_path is not self._asked_folder:
            self._handed_down = inherited_in(folder, self.rights.owner[1])
            self._asked_folder = self._last_path
        return self._handed_down

    def open_up(self, folder: str) -> bool:
        """Let the owner write in a folder of the mirror whose source is write-protected.

        Returns:
            Whether the mode was changed. Its own mode comes back when the pass sets the metadata of the folders that
            it touched.
        """
        if sys.platform == "win32" or self.rights.is_superuser:
            return False
        entry = self.stat(folder)
        mode = stat.S_IMODE(entry.st_mode)
        if mode & OWNER_ALL == OWNER_ALL:
            return False
        try:
            if folder:
                self._set_mode(folder, stat.S_IFMT(entry.st_mode) | mode | OWNER_ALL)
            else:
                self.root_folder.set_mode(mode | OWNER_ALL)
        except PermissionError:
            return False
        self._opened_up.setdefault(folder, mode)
        return True

    def _shut_again(self) -> None:
        """Give the folders that were opened up, and still are, the modes that they had, the deepest first."""
        for folder in sorted(self._opened_up, reverse=True):
            mode = self._opened_up[folder]
            with contextlib.suppress(OSError):
                entry = self.look(folder)
                if entry is None or stat.S_IMODE(entry.st_mode) != mode | OWNER_ALL:
                    continue
                if folder:
                    self._set_mode(folder, stat.S_IFMT(entry.st_mode) | mode)
                else:
                    self.root_folder.set_mode(mode)
        self._opened_up.clear()

    def _set_mode(self, path: str, kind_and_mode: int) -> None:
        name, folder = self.at(path)
        folder.set_mode_at(name, kind_and_mode)

    def _set_root_metadata(self, source: Entry) -> None:
        if self.holds_owner:
            self.root_folder.set_owner(source.st_uid, source.st_gid)
        if self.capabilities.holds_modes:
            self.root_folder.set_mode(self.rights.mode_of(source))
        self.root_folder.set_times(self.rights.times_of(source))

    def _set_owner(self, path: str, source: Entry) -> None:
        name, folder = self.at(path)
        if stat.S_ISREG(source.st_mode):
            # Even the same owner, set again, takes away capabilities.
            there = folder.stat_at(name)
            if (there.st_uid, there.st_gid) == (source.st_uid, source.st_gid):
                return
        folder.set_owner_at(name, source.st_uid, source.st_gid)

    def _set_attributes(self, path: str, source: Entry, wanted: Attributes) -> OSError | None:
        """Give a path exactly the attributes wanted, and return why not all of them, if the target could hold them."""
        self._asked_folder, self._handed_down = None, NOTHING_INHERITED
        held = set_attributes(place_of(self, path), wanted)
        if held.error is not None and held.error.errno == errno.EACCES and not self.rights.is_superuser:
            # Some need the right to write, which the mode about to be set may not give to the owner either.
            kind = stat.S_IFMT(source.st_mode)
            if path and kind != stat.S_IFLNK:
                self._set_mode(path, kind | OWNER_ALL)
                held = set_attributes(place_of(self, path), wanted)
        self.holds_attributes &= held.are_held
        return held.error
