"""Removes what the source no longer has from its place in the mirror: moves it to its new name, or deletes it.

This comes after the copies. Each path is checked again on both sides: what the source has again stays.
"""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.destination import FAILURES
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
    from collections.abc import Callable, Iterable, Iterator

    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination, Moving
    from backup_gui.engine.ownership.intents import Intents
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.entries import Entry

# Most deletions collected before the catalog is updated.
_FORGET_EVERY = 2_000


class Remover:
    """Moves and deletes.

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

    def move(self, actions: Iterable[Action]) -> None:
        """Rename entries of the mirror to their new names in the source; copy what cannot be renamed.

        Raises:
            Cancelled: ``should_stop`` returned True.
        """
        # A place that is left is wanted by no other, so these can wait.
        instead: list[tuple[Action, str, Entry | None, Entry | None]] = []
        for (action, old_path, ours, theirs), is_moved, error in self._target.move(self._movable(actions, instead)):
            if is_moved:
                # Whatever else failed, it is the program's own under the new name too.
                self._catalog.record(action.path, unseen(ours))
            if getattr(error, "errno", None) == errno.EXDEV:
                instead.append((action, old_path, ours, theirs))
                continue
            if error is not None:
                self._give_up_move(action, old_path, error)
                continue
            if ours.st_nlink > 1 and action.seen_at_ns != ours.st_ctime_ns:
                # It may be a hard link to another file by now, and has to be joined with it.
                self._stats.note_unsettled(action.path)
            else:
                self._catalog.record(action.path, ours)
            self.gone.append(old_path)
            self._stats.touched.update((parent_of(action.path), parent_of(old_path)))
            self._stats.count(action)
        for found in instead:
            self._copy_instead(*found)

    def _movable(
        self, actions: Iterable[Action], instead: list[tuple[Action, str, Entry | None, Entry | None]]
    ) -> Iterator[Moving[tuple[Action, str, Entry, Entry]]]:
        """Yield what can be renamed, with what the source has at the new path and the mirror at the old one."""
        for action in actions:
            old_path = action.old_path
            assert old_path is not None
            if action.is_respelling:
                self._respell(old_path, action)
                continue
            try:
                ours, theirs = self._source.look(action.path), self._target.look(old_path)
                if ours is None or theirs is None or not self._is_still_so(action, old_path, ours, theirs):
                    instead.append((action, old_path, ours, theirs))
                    continue
                attributes = attributes_of_source(self._source, action.path)
                self._intents.note_in_place(action.path, ours)
            except FAILURES as error:
                self._give_up_move(action, old_path, error)
            else:
                yield old_path, action.path, ours, attributes, (action, old_path, ours, theirs)

    def _give_up_move(self, action: Action, old_path: str, error: Exception) -> None:
        self._stats.note_unsettled(old_path)
        self._stats.add_problem(problem_from(error, action.path, Stage.MOVE))

    def _copy_instead(self, action: Action, old_path: str, ours: Entry | None, theirs: Entry | None) -> None:
        """Copy a file and delete the old one: the mirror has changed since, or another drive is mounted in it."""
        if ours is not None:
            self._copy(Action(Op.CREATE, action.path, kind_of(ours), ours.st_size))
        if theirs is not None and self._target.look(action.path) is not None:
            self.delete([Action(Op.DELETE, old_path, kind_of(theirs))])
        else:
            # The new name is gone again, or could not be created. For the old one there will be no further
            # notification.
            self._stats.note_missed(old_path)

    def delete(self, actions: Iterable[Action]) -> None:
        """Delete entries of the mirror; a folder only if it is empty."""
        for (action, rights), error in self._target.take_away(self._deletable(actions)):
            if error is not None:
                if getattr(error, "errno", None) != errno.ENOTEMPTY:
                    self._stats.add_problem(problem_from(error, action.path, Stage.DELETE))
                continue
            if rights is not None:
                self._catalog.passlog.note_folder(action.path, rights)
            self.gone.append(action.path)
            self._stats.touched.discard(action.path)
            self._stats.touched.add(parent_of(action.path))
            self._stats.count(action)
            if len(self.gone) >= _FORGET_EVERY:
                self.forget_gone()

    def _deletable(self, actions: Iterable[Action]) -> Iterator[tuple[str, bool, tuple[Action, FolderRights | None]]]:
        """Yield what the source still lacks and may go, with the rights that a folder had."""
        for action in actions:
            path, rights, stage = action.path, None, Stage.COMPARE
            is_folder = action.kind is EntryKind.FOLDER
            try:
                if not self._is_gone(action):
                    self._stats.note_missed(path)
                    continue
                stage = Stage.DELETE
                there = self._target.look(path) if is_folder else None
                if there is not None and self._target.capabilities.holds_modes:
                    # The history does not store permissions, and undoing must not grant more access.
                    rights = FolderRights(stat.S_IMODE(there.st_mode), there.st_uid, there.st_gid)
                if not is_folder and not self._ownership.may_go(action):
                    self._stats.add_problem(problem(ProblemCode.MIRROR_CHANGED, path, stage))
                    continue
            except FAILURES as error:
                self._stats.add_problem(problem_from(error, path, stage))
                continue
            yield path, is_folder, (action, rights)

    def forget_gone(self) -> None:
        """Remove the records of what the mirror no longer has."""
        self._catalog.forget(self.gone)
        self.gone.clear()

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
        """Tell whether the source still lacks what is to be deleted from the mirror."""
        entry = self._source.look(action.path)
        if entry is None:
            return True
        kind = kind_of(entry)
        if kind is EntryKind.PLACEHOLDER:
            return False
        if kind is EntryKind.SPECIAL or (action.kind is EntryKind.FOLDER) is not (kind is EntryKind.FOLDER):
            return True
        if kind is EntryKind.LINK and not self._target.capabilities.holds_links:
            return True
        return bool(self._rules) and self._rules.excludes(action.path, kind is EntryKind.FOLDER)
