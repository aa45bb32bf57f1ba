"""Finds the hard links of the source, so that they become hard links in the mirror too.

``HardLinkGroups`` groups the names of each file while both sides are compared; ``apply/hard_links`` creates the links.
Only files with several hard links come here. A group is dropped once all its links were visited.

A new name of a file that the mirror has is linked, never copied. A link changes the file's change time, so all of its
names look touched. They would look the same after an edit whose time was set back. So the content of one of them is
compared with the mirror's, once; the other names are the same file on both sides and need no comparison.

Hard links in the source may be equal but separate files in the mirror. They are joined when the file is touched, or
when it is not in the catalog. Where the mirror's file system has no hard links, they stay separate files.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.rules.capabilities import looks_alike

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.engine.rules.capabilities import Capabilities
    from backup_gui.engine.state.database import Fingerprint
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action

# Volume and inode.
_File = tuple[int, int]


def file_of(entry: Entry) -> _File:
    """Return the key that all hard links of a file share."""
    return entry.st_dev, entry.st_ino


class _Group:
    """The hard links of one file of the source, as far as they were seen."""

    __slots__ = ("changed_at_ns", "copy", "judged", "left", "path")

    def __init__(self, ours: Entry) -> None:
        self.changed_at_ns = ours.st_ctime_ns
        # The name that the others are linked to.
        self.path: str | None = None
        # The mirror's file with that name; None if it has yet to be copied.
        self.copy: _File | None = None
        self.left = ours.st_nlink
        # Files of the mirror whose content was compared with this one's.
        self.judged: dict[_File, bool] = {}


class HardLinkGroups:
    """The groups of hard links found in one comparison.

    Args:
        context: The pass.
        moved_away: Paths of the mirror that will be renamed; filled by others.
        is_equal: Compares the content of a source path with that of a mirror path; takes path and entry of each.
        settle: Called for a name of a touched file whose content the mirror has. It checks the metadata.
    """

    def __init__(
        self,
        context: PassContext[DestinationView],
        moved_away: set[str],
        is_equal: Callable[[str, Entry, str, Entry], bool],
        settle: Callable[[str, Entry, Entry], None],
    ) -> None:
        self._source = context.source
        self._target = context.destination
        self._catalog = context.catalog
        self._moved_away = moved_away
        self._is_equal = is_equal
        self._settle = settle
        self._has_memory = not context.catalog.is_empty()
        self._groups: dict[_File, _Group] = {}
        # The source file that each linked file of the mirror belongs to, and how many of its names were not seen yet.
        self._owners: dict[_File, tuple[_File, int]] = {}

    def judgement(self, path: str, ours: Entry, theirs: Entry) -> bool | None:
        """Return whether two files have the same content, if that is known from another of their names."""
        group = self._group(ours)
        is_equal = group.judged.get(file_of(theirs))
        if is_equal is None and self._has_memory and self._is_known_equal(path, ours, theirs):
            is_equal = group.judged[file_of(theirs)] = True
        return is_equal

    def judge(self, ours: Entry, theirs: Entry, *, is_equal: bool) -> None:
        """Store whether two files have the same content, for their other names."""
        self._group(ours).judged[file_of(theirs)] = is_equal

    def joined(self, action: Action, ours: Entry, theirs: Entry | None) -> Action:
        """Turn an action into a link to another name of the file, if there is one.

        It is a copy, or with the mirror's entry new metadata for content that the mirror has and keeps.
        """
        group = self._first(action.path, ours, theirs)
        if group.path in {None, action.path} or (theirs is not None and group.copy == file_of(theirs)):
            return action
        size_bytes = action.size_bytes if theirs is not None else 0
        return action._replace(size_bytes=size_bytes, link_to=group.path)

    def is_apart(self, path: str, ours: Entry, theirs: Entry) -> bool:
        """Tell whether an equal name is a separate file in the mirror, though the source has hard links."""
        return self._first(path, ours, theirs).copy != file_of(theirs)

    def has_other_copy(self, ours: Entry, theirs: Entry) -> bool:
        """Tell whether another name of the file is, or will be, a different file in the mirror than this one.

        Renaming this one would then leave two files, so the name is linked to the other instead.
        """
        group = self._group(ours)
        return group.path is not None and group.copy != file_of(theirs)

    def claim(self, ours: Entry, theirs: Entry) -> None:
        """Assign a file of the mirror, with all its names, to a file of the source."""
        if theirs.st_nlink > 1:
            self._owners.setdefault(file_of(theirs), (file_of(ours), theirs.st_nlink))

    def is_anothers(self, ours: Entry, theirs: Entry) -> bool:
        """Tell whether a file of the mirror is assigned to another file of the source."""
        owner = self._owners.get(file_of(theirs))
        return owner is not None and owner[0] != file_of(ours)

    def take_moved(self, path: str, ours: Entry, theirs: Entry) -> None:
        """Record that the mirror's file will get a new name by a rename."""
        group = self._group(ours)
        if group.path is None:
            self._settle_on(group, path, ours, theirs)

    def is_strange(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> bool:
        """Tell whether a name of the mirror is a hard link to names that are another file in the source.

        That happens when one of several names was replaced, even by a file with the same content. Changing one name in
        the mirror would then change the others.

        Raises:
            OSError: It cannot be read.
        """
        file, copy = file_of(ours), file_of(theirs)
        owner, left = self._owners.get(copy, (None, theirs.st_nlink))
        if owner is None:
            owner = file
            if known is not None and known.inode != ours.st_ino:
                owner = self._owner_by_memory(path, ours, known.inode, copy) or file
        if left > 1:
            self._owners[copy] = owner, left - 1
        else:
            self._owners.pop(copy, None)
        return owner != file

    def see(self, ours: Entry) -> None:
        """Count a name as seen, and drop the group after its last name."""
        group = self._groups.get(file_of(ours))
        if group is not None:
            group.left -= 1
            if group.left <= 0:
                del self._groups[file_of(ours)]

    def _group(self, ours: Entry) -> _Group:
        group = self._groups.get(file_of(ours))
        if group is None:
            group = self._groups[file_of(ours)] = _Group(ours)
        elif group.changed_at_ns != ours.st_ctime_ns:
            # Touched since its first name was listed, so earlier results no longer count.
            group.changed_at_ns = ours.st_ctime_ns
            group.copy = None
            group.judged.clear()
        return group

    def _first(self, path: str, ours: Entry, theirs: Entry | None) -> _Group:
        """Return the group of a name, with a name to link to, which may be this one."""
        group = self._group(ours)
        if group.path is None and self._has_memory:
            self._find_in_memory(path, ours, group)
        if group.path is None:
            self._settle_on(group, path, ours, theirs)
        return group

    def _settle_on(self, group: _Group, path: str, ours: Entry, theirs: Entry | None) -> None:
        """Choose the name that the others of the group are linked to."""
        group.path = path
        if theirs is not None:
            group.copy = file_of(theirs)
            self.claim(ours, theirs)

    def _is_known_equal(self, path: str, ours: Entry, theirs: Entry) -> bool:
        """Tell whether another name of both files is recorded as equal, for the source's file as it is now."""
        now = (ours.st_ino, ours.st_ctime_ns, ours.st_size, ours.st_mtime_ns)
        for other, known in self._catalog.paths_of(ours.st_ino):
            if other == path or known != now:
                continue
            try:
                other_ours, other_theirs = self._source.look(other), self._target.look(other)
            except OSError:
                continue
            if other_ours is None or other_theirs is None or file_of(other_ours) != file_of(ours):
                continue
            if file_of(other_theirs) == file_of(theirs):
                return True
        return False

    def _find_in_memory(self, path: str, ours: Entry, group: _Group) -> None:
        """Find another name of the file that the mirror has, according to the catalog."""
        # Names recorded as equal come first: they are not compared again, so the others have to be linked to them.
        names = sorted(self._catalog.paths_of(ours.st_ino), key=lambda name: name[1].ctime_ns != ours.st_ctime_ns)
        for other, known in names:
            if other == path or other in self._moved_away:
                continue
            if (known.size_bytes, known.mtime_ns) != (ours.st_size, ours.st_mtime_ns):
                continue
            try:
                other_ours, other_theirs = self._source.look(other), self._target.look(other)
                if (
                    other_ours is None
                    or file_of(other_ours) != file_of(ours)
                    # Touched since: findings about the earlier state must not be recorded for the present one.
                    or other_ours.st_ctime_ns != ours.st_ctime_ns
                    or other_theirs is None
                    or not looks_like(ours, other_theirs, self._target.capabilities)
                ):
                    continue
                if self.is_anothers(ours, other_theirs):
                    # This name will be copied.
                    continue
                if known.ctime_ns != ours.st_ctime_ns:
                    if not self._is_equal(path, ours, other, other_theirs):
                        continue
                    self._settle(other, other_ours, other_theirs)
            except (OSError, Cancelled):
                continue
            self._settle_on(group, other, ours, other_theirs)
            return

    def _owner_by_memory(self, path: str, ours: Entry, inode: int, copy: _File) -> _File | None:
        """Find the file of the source that has another name of a file of the mirror, by the file that was there before.

        Returns:
            The source's earlier file, if it may still have another of these names. Otherwise a file that has one of
            them now, or None.
        """
        before = ours.st_dev, inode
        owner = None
        for other, _ in self._catalog.paths_of(inode):
            if other == path:
                continue
            theirs = self._target.look(other)
            if theirs is not None and file_of(theirs) == copy:
                found = self._source.look(other)
                owner = before if found is None else file_of(found)
                if owner == before:
                    break
        return owner


def looks_like(ours: Entry, theirs: Entry, capabilities: Capabilities) -> bool:
    """Tell whether the mirror's entry is a file with the size and time of the source's."""
    return stat.S_ISREG(theirs.st_mode) and looks_alike(ours, theirs, capabilities)
