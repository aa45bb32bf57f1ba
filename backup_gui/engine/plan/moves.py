"""Finds moves: new files of the source that the mirror has under a name that the source no longer has.

A file is recognised by the source's inode and size, and if it was touched since, by its content.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled
from backup_gui.model.entries import EntryKind, is_same_file
from backup_gui.model.paths import parents_of
from backup_gui.model.plans import Action, Op

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.plan.difference import EntryComparer
    from backup_gui.engine.plan.name_mapping import NameMapper
    from backup_gui.engine.plan.pass_context import PassContext, PlanBuilder
    from backup_gui.engine.state.database import Fingerprint
    from backup_gui.model.entries import Entry


class Moves:
    """Finds moves in one comparison.

    Args:
        context: The pass.
        comparer: Compares what it finds.
        names: Maps names, if the destination cannot store or distinguish all of them.
        builder: Receives the moves.
        fickle: Devices whose inodes change with each mount.
    """

    def __init__(
        self,
        context: PassContext[DestinationView],
        comparer: EntryComparer,
        names: NameMapper | None,
        builder: PlanBuilder,
        fickle: frozenset[int],
    ) -> None:
        self._source = context.source
        self._target = context.destination
        self._catalog = context.catalog
        # The mirror's copies of excluded files stay.
        self._rules = context.rules
        self._comparer = comparer
        self._links = comparer.links
        self._names = names
        self._builder = builder
        self._moved_away = builder.moved_away
        self._has_memory = not context.catalog.is_empty()
        self._fickle = fickle
        self._makes_links = context.destination.capabilities.holds_hard_links

    def follow(self, path: str, ours: Entry) -> bool:
        """Look for a new file of the source in the mirror, and plan a rename if it is there.

        Returns:
            Whether it was found; if not, it has to be copied.
        """
        if not self._has_memory or ours.st_dev in self._fickle:
            return False
        for old_path, known in self._catalog.paths_of(ours.st_ino):
            if known.size_bytes != ours.st_size or old_path in self._moved_away:
                continue
            if self._rules and self._rules.excludes(old_path, False):
                continue
            try:
                theirs = self._moved(path, ours, old_path, known)
            except (OSError, Cancelled):
                continue
            if theirs is None:
                continue
            self._links.claim(ours, theirs)
            if ours.st_nlink > 1:
                self._links.take_moved(path, ours, theirs)
                self._links.see(ours)
            self._moved_away.add(old_path)
            moving = Action(Op.MOVE, path, EntryKind.FILE, ours.st_size, old_path=old_path)
            moving = moving._replace(seen_at_ns=ours.st_ctime_ns, copy_seen_at_ns=theirs.st_ctime_ns)
            self._builder.moves.append(moving)
            return True
        return False

    def _moved(self, path: str, ours: Entry, old_path: str, known: Fingerprint) -> Entry | None:
        """Return the mirror's file at an old path if it is the one that the source has at a new path."""
        if self._source.look(old_path) is not None or self._is_in_the_way(old_path):
            return None
        theirs = self._target.look(old_path)
        if (
            theirs is None
            or is_same_file(ours, theirs)
            or (theirs.st_nlink > 1 and self._links.is_anothers(ours, theirs))
            or theirs.st_size != ours.st_size
        ):
            return None
        if self._names is not None and not self._names.is_free(old_path):
            return None
        if ours.st_nlink > 1 and self._makes_links and self._links.has_other_copy(ours, theirs):
            return None
        # A file in a renamed folder is untouched. A renamed file has a new change time, but so has an edited or touched
        # one, and another file that got its inode: only the content can tell.
        is_untouched = (known.ctime_ns, known.mtime_ns) == (ours.st_ctime_ns, ours.st_mtime_ns)
        if is_untouched and not self._comparer.differs_in_time(ours, theirs):
            return theirs
        return theirs if self._comparer.is_content_equal(path, ours, old_path, theirs) else None

    def _is_in_the_way(self, old_path: str) -> bool:
        """Return whether a folder above is now something else, so that the old path is deleted before any move."""
        for parent in parents_of(old_path):
            above = self._source.look(parent)
            if above is not None:
                return not stat.S_ISDIR(above.st_mode)
        return False
