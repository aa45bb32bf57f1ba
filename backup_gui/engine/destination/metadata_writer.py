"""Gives what is in a folder the source's metadata: owner and mode, times, extended attributes and access lists.

Never through a symbolic link.
"""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.mirror_tree import OWNER_ALL
from backup_gui.engine.fs.content import Rights
from backup_gui.engine.fs.system.platform import HAS_MODES
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.volumes.volume import time_step_ns
from backup_gui.engine.fs.xattrs import NOTHING_INHERITED, inherited_in, reached, set_attributes
from backup_gui.engine.rules.capabilities import ALL, Capabilities

if TYPE_CHECKING:
    from backup_gui.engine.destination.mirror_tree import MirrorTree
    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.engine.fs.xattrs import Attributes, Inherited
    from backup_gui.model.entries import Entry


class MetadataWriter:
    """Sets metadata in a mirror; each call raises ``OSError`` if some of it was refused.

    Attributes:
        capabilities: What the file system can hold.
        rights: Who writes, and what metadata of new files follow from that.
        holds_owner: Whether owners are set, and so compared.
        holds_attributes: Whether all attributes were held, as far as any were set.
    """

    def __init__(self, tree: MirrorTree) -> None:
        self._tree = tree
        self.rights = Rights(own_ids())
        # The folder that something new was made in last, and what it hands down.
        self._asked_folder: FolderHandle | None = None
        self._handed_down = NOTHING_INHERITED
        self.holds_attributes = True
        self.adopt(ALL._replace(time_step_ns=time_step_ns(tree.location.mount)))

    def distrust(self, devices: frozenset[int]) -> None:
        """Set no set-id bit that comes from one of some volumes, known by their device numbers."""
        self.rights = Rights(self.rights.owner, self.rights.capabilities, devices)

    def adopt(self, capabilities: Capabilities) -> None:
        """Go by what the file system can do from now on."""
        self.capabilities = capabilities
        self.rights = Rights(self.rights.owner, capabilities, self.rights.distrusted)
        # Owners are set, and so compared, only by those who may set them, and where they stay.
        self.holds_owner = self.rights.sets_owner

    def set_metadata(self, path: str, source: Entry, attributes: Attributes | None = None) -> None:
        """Give a path of the mirror the owner, mode and times that the source has.

        Extended attributes and access lists stay as they are without ``attributes``.
        """
        self._tree.opened_up.pop(path, None)
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
            name, folder = self._tree.at(path)
            if not is_link and self.capabilities.holds_modes:
                folder.set_mode_at(name, stat.S_IFMT(source.st_mode) | self.rights.mode_of(source))
            folder.set_times_at(name, self.rights.times_of(source), is_link=is_link)
        if failure is not None:
            raise failure

    def tighten(self, path: str, source: Entry, *, has_other_list: bool) -> None:
        """Keep everybody out of a folder of the mirror who may not use the source's, before anything comes into it.

        What the source allows besides comes with ``set_metadata``, when the content is complete.
        """
        if not HAS_MODES or not self.capabilities.holds_modes:
            return
        there = self._tree.stat(path)
        mode = stat.S_IMODE(there.st_mode) & self.rights.mode_of(source)
        has_other_owner = self.holds_owner and (there.st_uid, there.st_gid) != (source.st_uid, source.st_gid)
        if has_other_owner or has_other_list:
            mode &= OWNER_ALL
        if mode != stat.S_IMODE(there.st_mode):
            self._tree.set_mode(path, stat.S_IFDIR | mode)
        if has_other_owner and path:
            self._set_owner(path, source)
        elif has_other_owner:
            self._tree.root_folder.set_owner(source.st_uid, source.st_gid)

    def inherited(self, folder: FolderHandle) -> Inherited:
        """Tell what a folder gives to what is made in it, which the source may not have."""
        # The folder asked about last is nearly always the one asked about next.
        if folder is not self._asked_folder:
            self._handed_down = inherited_in(folder, self.rights.owner[1])
            self._asked_folder = folder
        return self._handed_down

    # Inner parts

    def _set_root_metadata(self, source: Entry) -> None:
        if self.holds_owner:
            self._tree.root_folder.set_owner(source.st_uid, source.st_gid)
        if self.capabilities.holds_modes:
            self._tree.root_folder.set_mode(self.rights.mode_of(source))
        self._tree.root_folder.set_times(self.rights.times_of(source))

    def _set_owner(self, path: str, source: Entry) -> None:
        name, folder = self._tree.at(path)
        if stat.S_ISREG(source.st_mode):
            # Even the same owner, set again, takes away capabilities.
            there = folder.stat_at(name)
            if (there.st_uid, there.st_gid) == (source.st_uid, source.st_gid):
                return
        folder.set_owner_at(name, source.st_uid, source.st_gid)

    def _set_attributes(self, path: str, source: Entry, wanted: Attributes) -> OSError | None:
        """Give a path exactly the attributes wanted, and return why not all of them, if the target could hold them."""
        self._asked_folder, self._handed_down = None, NOTHING_INHERITED
        with reached(self._tree, path) as where:
            held = set_attributes(where, wanted)
        if held.error is not None and held.error.errno == errno.EACCES and not self.rights.is_superuser:
            # Some need the right to write, which the mode about to be set may not give to the owner either.
            kind = stat.S_IFMT(source.st_mode)
            if path and kind != stat.S_IFLNK:
                self._tree.set_mode(path, kind | OWNER_ALL)
                with reached(self._tree, path) as where:
                    held = set_attributes(where, wanted)
        self.holds_attributes &= held.are_held
        return held.error
