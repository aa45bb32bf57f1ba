"""Plans deletions: paths that only the mirror has, and everything below them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import is_not_the_mirrors, is_reserved
from backup_gui.engine.fs.tree_view import listings
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import is_temporary, join, parent_of
from backup_gui.model.plans import Action, Op, Stage
from backup_gui.model.problems import problem_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.ownership.own_entries import Ownership
    from backup_gui.engine.plan.other_names import OtherNames
    from backup_gui.engine.plan.pass_context import PassContext, PlanBuilder
    from backup_gui.engine.plan.submounts import Submounts
    from backup_gui.engine.state.database import Fingerprint
    from backup_gui.engine.state.rows import Row
    from backup_gui.model.actions import Actions
    from backup_gui.model.entries import Entry


class DeletionPlanner:
    """Plans deletions."""

    def __init__(
        self,
        context: PassContext[DestinationView],
        drives: Submounts,
        ownership: Ownership,
        builder: PlanBuilder,
        other_names: OtherNames,
    ) -> None:
        self._target = context.destination
        self._catalog = context.catalog
        self._rules = context.rules
        self._removes_left_out = context.job.removes_left_out
        self._submounts = drives
        self._ownership = ownership
        self._builder = builder
        self._other_names = other_names

    def is_left_alone(self, path: str, entry: Entry) -> bool:
        """Tell whether the mirror's entry at a path is excluded, and so stays as it is."""
        if self._removes_left_out or not self._rules:
            return False
        return self._rules.excludes(path, stat.S_ISDIR(entry.st_mode))

    def add(self, path: str, entry: Entry, known: Fingerprint | Row | None, *, is_in_the_way: bool = False) -> bool:
        """Add the deletion of a path of the mirror and of everything below it, except the drive's own entries.

        Excluded entries stay, and so do the folders above them.

        Returns:
            Whether everything will be deleted.
        """
        builder = self._builder
        is_known = self._ownership.has(entry, known)
        if ("/" not in path and self._stays(path, entry, is_known=is_known)) or self.is_left_alone(path, entry):
            return False
        deletions = builder.in_the_way if is_in_the_way else builder.deletions
        top, start = path, len(deletions)
        staying: set[str] = set()
        pending = [(path, entry, is_known)]
        while pending:
            path, entry, is_known = pending.pop()
            if path in self._submounts.known and not self._rules.excludes(path, True):
                self._submounts.name_as_away(path)
                staying.update(_up_to(top, path))
                continue
            if self._plan(path, entry, deletions, is_known=is_known) is not EntryKind.FOLDER:
                continue
            self._other_names.note_gone(path)
            for entries, rows in self._listed(path):
                for name, child in entries.items():
                    below = join(path, name)
                    if is_temporary(name):
                        builder.litter.append(below)
                    elif self.is_left_alone(below, child):
                        staying.update(_up_to(top, below))
                    elif stat.S_ISDIR(child.st_mode) or below in self._submounts.known:
                        pending.append((below, child, self._ownership.has(child, rows.get(name))))
                    else:
                        is_known = self._ownership.has(child, rows.get(name))
                        self._plan(below, child, deletions, is_known=is_known)
        if staying:
            deletions.leave_out(staying, start)
        return not staying

    def _plan(self, path: str, entry: Entry, deletions: Actions, *, is_known: bool) -> EntryKind:
        """Plan the deletion of a single path, and return its kind."""
        kind = kind_of(entry)
        size_bytes = entry.st_size if kind is EntryKind.FILE else 0
        deletions.append(Action(Op.DELETE, path, kind, size_bytes, is_known=is_known))
        if kind is not EntryKind.FOLDER:
            self._builder.mirror_files += 1
        return kind

    def _listed(self, path: str) -> Iterator[tuple[dict[str, Entry], dict[str, Row]]]:
        """Yield the entries of a folder of the mirror with their records, all at once or in portions."""
        refused: dict[str, OSError] = {}
        problems = self._builder.problems
        try:
            for entries, after, last in listings(self._target, path, refused):
                yield entries, self._catalog.folder(path, after, last)
        except OSError as error:
            problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
        for name, why in refused.items():
            problems.append(problem_from(why, join(path, name), Stage.COMPARE, is_writing=True))

    def _stays(self, name: str, entry: Entry, *, is_known: bool) -> bool:
        """Tell whether an entry at the root is outside the mirror; the history's name always is, even if recorded."""
        return is_reserved(name) or (not is_known and is_not_the_mirrors(self._target, name, entry))


def _up_to(top: str, path: str) -> Iterator[str]:
    """Yield the folders above a path, up to and including ``top``."""
    while path != top:
        path = parent_of(path)
        yield path
