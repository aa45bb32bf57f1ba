"""What the mirror has and the source does not, to be deleted: a path, and all that is below it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.history_place import is_not_the_mirrors, is_reserved
from backup_gui.engine.model import Action, EntryKind, Op, Stage, kind_of
from backup_gui.engine.problems import problem_from
from backup_gui.engine.tree import is_temporary, join, parent_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.catalog import Catalog, Fingerprint, Row
    from backup_gui.engine.draft import Draft
    from backup_gui.engine.drives import Drives
    from backup_gui.engine.filters import Filter
    from backup_gui.engine.model import Entry
    from backup_gui.engine.othernames import OtherNames
    from backup_gui.engine.ownership import Ownership
    from backup_gui.engine.target import Target


class Surplus:
    """Plans deletions.

    Args:
        target: The destination.
        catalog: What is known from earlier passes.
        rules: What is left out of the source.
        drives: Volumes within the source.
        ownership: Tells what is the program's own.
        draft: Takes the deletions, the highest first.
        other_names: Told of folders that are gone with what was in them.
        removes_left_out: Whether what is left out is to go, too.
    """

    def __init__(
        self,
        target: Target,
        catalog: Catalog,
        rules: Filter,
        drives: Drives,
        ownership: Ownership,
        draft: Draft,
        other_names: OtherNames,
        *,
        removes_left_out: bool,
    ) -> None:
        self._target = target
        self._catalog = catalog
        self._rules = rules
        self._drives = drives
        self._ownership = ownership
        self._draft = draft
        self._removes_left_out = removes_left_out
        self._other_names = other_names

    def is_left_alone(self, path: str, entry: Entry) -> bool:
        """Tell whether what the mirror has at a path is left out of the source, and so stays as it is."""
        if self._removes_left_out or not self._rules:
            return False
        return self._rules.excludes(path, stat.S_ISDIR(entry.st_mode))

    def add(self, path: str, entry: Entry, known: Fingerprint | Row | None, *, is_in_the_way: bool = False) -> bool:
        """Add the deletion of a path of the mirror, and of all that is below it; of the drive's own nothing is.

        What is left out stays, and so do the folders above it.

        Args:
            path: The path.
            entry: What the mirror has there.
            known: What the catalog knows of it.
            is_in_the_way: Whether something else is to come to that place.

        Returns:
            Whether all of it is to go.
        """
        draft = self._draft
        is_known = self._ownership.has(entry, known)
        if ("/" not in path and self._stays(path, entry, is_known=is_known)) or self.is_left_alone(path, entry):
            return False
        deletions = draft.in_the_way if is_in_the_way else draft.deletions
        top, start = path, len(deletions)
        staying: set[str] = set()
        pending = [(path, entry, is_known)]
        while pending:
            path, entry, is_known = pending.pop()
            if path in self._drives.known and not self._rules.excludes(path, True):
                self._drives.name_as_away(path)
                staying.update(_up_to(top, path))
                continue
            kind = kind_of(entry)
            size_bytes = entry.st_size if kind is EntryKind.FILE else 0
            deletions.append(Action(Op.DELETE, path, kind, size_bytes, is_known=is_known))
            if kind is not EntryKind.FOLDER:
                draft.mirror_files += 1
                continue
            refused: dict[str, OSError] = {}
            try:
                entries = self._target.list(path, refused)
            except OSError as error:
                draft.problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
                continue
            for name, why in refused.items():
                draft.problems.append(problem_from(why, join(path, name), Stage.COMPARE, is_writing=True))
            rows = self._catalog.folder(path)
            self._other_names.note_gone(path)
            for name, child in entries.items():
                below = join(path, name)
                if is_temporary(name):
                    draft.litter.append(below)
                elif self.is_left_alone(below, child):
                    staying.update(_up_to(top, below))
                else:
                    pending.append((below, child, self._ownership.has(child, rows.get(name))))
        if staying:
            deletions.leave_out(staying, start)
        return not staying

    def _stays(self, name: str, entry: Entry, *, is_known: bool) -> bool:
        """Tell whether something at the root is none of the mirror's; the history's name not even if it once was."""
        return is_reserved(name) or (not is_known and is_not_the_mirrors(self._target.root, name, entry))


def _up_to(top: str, path: str) -> Iterator[str]:
    """Yield the folders above a path, up to the highest one that is to go."""
    while path != top:
        path = parent_of(path)
        yield path
