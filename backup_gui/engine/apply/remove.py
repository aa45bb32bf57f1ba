"""Removes what the source no longer has from its place in the mirror: moves it to its new name, or deletes it.

This comes after the copies. Each path is checked again on both sides: what the source has again stays.
"""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.xattrs import attributes_of_source
from backup_gui.engine.ownership.intents import unseen
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.rules.capabilities import looks_alike
from backup_gui.engine.state.pass_log import FolderRights
from backup_gui.model.entries import EntryKind, is_same_file, kind_of
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import Action, Op, ProblemCode, Stage
from backup_gui.model.problems import problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.ownership.intents import Intents
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.entries import Entry


class Remover:
    """Moves and deletes.

    Args:
        context: The pass.
        stats: Receives what was done, and problems.
        intents: Records what is about to be moved.
        copy: Creates and publishes what the source has at a path.

    Attributes:
        gone: Paths that the mirror no longer has, whose records are to be removed.
    """

    def __init__(
        self, context: PassContext[Destination], stats: PassStats, intents: Intents, copy: Callable[[Action], None]
    ) -> None:
        self._source = context.source
        self._target = context.destination
        self._catalog = context.catalog
        self._rules = context.rules
        self._should_stop = context.should_stop
        self._stats = stats
        self._intents = intents
        self._copy = copy
        self._ownership = Ownership(context.destination, context.catalog)
        self.gone: list[str] = []

    def move(self, action: Action) -> None:
        """Rename an entry of the mirror to its new name in the source; copy it if that is not possible.

        Raises:
            Cancelled: ``should_stop`` returned True.
        """
        assert action.old_path is not None
        if action.is_respelling:
            self._respell(action.old_path, action)
            return
        try:
            ours = self._source.look(action.path)
            theirs = self._target.look(action.old_path)
            if ours is not None and theirs is not None and self._is_still_so(action, action.old_path, ours, theirs):
                self._intents.note_in_place(action.path, ours)
                self._target.move(action.old_path, action.path)
                # Whatever happens next, it is the program's own under the new name too.
                self._catalog.record(action.path, unseen(ours))
                self._target.set_metadata(action.path, ours, attributes_of_source(self._source, action.path))
                if ours.st_nlink > 1 and action.seen_at_ns != ours.st_ctime_ns:
                    # It may be a hard link to another file by now, and has to be joined with it.
                    self._stats.note_unsettled(action.path)
                else:
                    self._catalog.record(action.path, ours)
                self.gone.append(action.old_path)
                self._stats.touched.update((parent_of(action.path), parent_of(action.old_path)))
                self._stats.count(action)
                return
        except OSError as error:
            if error.errno != errno.EXDEV:
                self._stats.note_unsettled(action.old_path)
                self._stats.add_problem(problem_from(error, action.path, Stage.MOVE))
                return
        # The mirror has changed since, or another drive is mounted in it: copy the file and delete the old one.
        if ours is not None:
            self._copy(Action(Op.CREATE, action.path, kind_of(ours), ours.st_size))
        if theirs is not None and self._target.look(action.path) is not None:
            self.delete(Action(Op.DELETE, action.old_path, kind_of(theirs)))
        else:
            # The new name is gone again, or could not be created. For the old one there will be no further
            # notification.
            self._stats.note_missed(action.old_path)

    def delete(self, action: Action) -> None:
        """Delete an entry of the mirror; a folder only if it is empty."""
        try:
            if not self._is_gone(action):
                self._stats.note_missed(action.path)
                return
        except OSError as error:
            self._stats.add_problem(problem_from(error, action.path, Stage.COMPARE))
            return
        try:
            if action.kind is EntryKind.FOLDER:
                there = self._target.look(action.path)
                if not self._target.remove_folder(action.path):
                    return
                if there is not None and self._target.capabilities.holds_modes:
                    # The history does not store permissions, and undoing must not grant more access.
                    rights = FolderRights(stat.S_IMODE(there.st_mode), there.st_uid, there.st_gid)
                    self._catalog.passlog.note_folder(action.path, rights)
            elif self._ownership.may_go(action):
                self._target.take_away(action.path)
            else:
                self._stats.add_problem(problem(ProblemCode.MIRROR_CHANGED, action.path, Stage.DELETE))
                return
        except OSError as error:
            self._stats.add_problem(problem_from(error, action.path, Stage.DELETE))
            return
        self.gone.append(action.path)
        self._stats.touched.discard(action.path)
        self._stats.touched.add(parent_of(action.path))
        self._stats.count(action)

    def _respell(self, old_path: str, action: Action) -> None:
        """Rename an entry of the mirror to the source's spelling."""
        try:
            if self._source.look(action.path) is None:
                return
            self._target.respell(old_path, action.path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._stats.add_problem(problem_from(error, action.path, Stage.MOVE))
            return
        self._catalog.respell(old_path, action.path)
        self._stats.touched.add(parent_of(action.path))
        self._stats.count(action)

    def _is_still_so(self, action: Action, old_path: str, ours: Entry, theirs: Entry) -> bool:
        """Tell whether the mirror's file at the old path is still equal to the source's at the new path.

        Copies come before moves and may take hours, so a file touched since the comparison is compared again.

        Raises:
            OSError: It cannot be read.
            Cancelled: ``should_stop`` returned True.
        """
        if self._source.look(old_path) is not None or ours.st_size != theirs.st_size:
            return False
        if kind_of(ours) is not action.kind or kind_of(theirs) is not action.kind or is_same_file(ours, theirs):
            return False
        is_copy_as_seen = action.copy_seen_at_ns == theirs.st_ctime_ns
        is_copy_as_seen |= looks_alike(ours, theirs, self._target.capabilities)
        if action.seen_at_ns == ours.st_ctime_ns and is_copy_as_seen:
            return True
        try:
            return has_same_content(self._source, action.path, self._target, old_path, self._should_stop)
        except OSError:
            # The copy will report the error.
            return False

    def _is_gone(self, action: Action) -> bool:
        """Tell whether the source still lacks what is to be deleted from the mirror.

        Raises:
            OSError: It cannot be read.
        """
        entry = self._source.look(action.path)
        if entry is None:
            return True
        kind = kind_of(entry)
        if kind is EntryKind.SPECIAL or (action.kind is EntryKind.FOLDER) is not (kind is EntryKind.FOLDER):
            return True
        if kind is EntryKind.LINK and not self._target.capabilities.holds_links:
            return True
        return bool(self._rules) and self._rules.excludes(action.path, kind is EntryKind.FOLDER)
