"""What the mirror keeps against the source, because the user refused a change that the guard held.

The decision applies to each path: a file deleted from the source stays in the mirror until the source has something
there again. For a replaced file, the earlier content stays as long as the source has exactly the refused content. The
guard judges all other paths as usual.

Nothing here writes to a destination.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.state.integers import UNSIGNED, read, signed, stored
from backup_gui.model.actions import actions_of
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import encode, parents_of
from backup_gui.model.plans import Op, ProblemCode, Stage, is_loss
from backup_gui.model.problems import problem

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action, Held, Plan, Problem

_ONE_BY_ONE = 1_000


class KeptPath(NamedTuple):
    """A path that the mirror keeps.

    Attributes:
        path: The path.
        is_folder: Whether it is a folder; its contents have entries of their own.
        refused: Inode, size and time of the source's entry that the user refused; None if the source had nothing there.
    """

    path: str
    is_folder: bool = False
    refused: tuple[int, int, int] | None = None


class Kept:
    """The kept paths in one catalog. Changes are permanent after the catalog's next ``commit``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def is_empty(self) -> bool:
        """Tell whether nothing is kept."""
        return self._connection.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is None

    def count(self) -> int:
        """Count the files and links kept."""
        return int(self._connection.execute("SELECT count(*) FROM kept WHERE NOT is_folder").fetchone()[0])

    def paths(self) -> list[KeptPath]:
        """Return the kept paths in order."""
        query = "SELECT path, is_folder, inode, size_bytes, mtime_ns FROM kept ORDER BY path"
        return [_read(*row) for row in self._connection.execute(query)]

    def among(self, paths: Iterable[str]) -> dict[str, KeptPath]:
        """Return those of the given paths that are kept."""
        wanted = list(paths)
        if len(wanted) >= _ONE_BY_ONE:
            known = {found.path: found for found in self.paths()}
            return {path: known[path] for path in wanted if path in known}
        found = {}
        for path in wanted:
            row = self._connection.execute(
                "SELECT path, is_folder, inode, size_bytes, mtime_ns FROM kept WHERE path = ?", (encode(path),)
            ).fetchone()
            if row is not None:
                found[path] = _read(*row)
        return found

    def add(self, paths: Iterable[KeptPath]) -> None:
        """Keep paths from now on."""
        rows: list[tuple[object, ...]] = []
        for path, is_folder, refused in paths:
            mark = (None, None, None) if refused is None else (signed(refused[0]), *map(stored, refused[1:]))
            rows.append((encode(path), is_folder, *mark))
        self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)", rows)

    def release(self, paths: Iterable[str] | None = None) -> None:
        """Stop keeping these paths, or all if None; the guard judges them again."""
        if paths is None:
            self._connection.execute("DELETE FROM kept")
        else:
            self._connection.executemany("DELETE FROM kept WHERE path = ?", [(encode(path),) for path in paths])


def refuse(held: Held, source: Tree) -> Iterator[KeptPath]:
    """Turn what the guard holds into kept paths.

    A path that has changed since it was shown is omitted: the guard holds it again and shows it again.

    Raises:
        OSError: The source cannot be read.
    """
    for action in held.actions:
        is_folder = (action.old_kind if action.op is Op.REPLACE else action.kind) is EntryKind.FOLDER
        entry = source.look(action.path)
        if action.op is Op.DELETE:
            # If the source has an entry although the plan deletes the path, the entry is excluded from the backup.
            yield KeptPath(action.path, is_folder)
        elif entry is not None:
            is_as_shown = kind_of(entry) is action.kind and action.seen_at_ns in {0, entry.st_ctime_ns}
            if is_as_shown or action.kind is EntryKind.FOLDER:
                yield KeptPath(action.path, is_folder, _mark(entry))


def spare(plan: Plan, kept: Kept, source: Tree, *, learns: bool) -> Plan:
    """Remove from a plan what the user has refused; with ``learns``, release what need not be kept any longer.

    If the source's content differs from what the mirror keeps, the path becomes a problem, because the source's content
    is not backed up.
    """
    if kept.is_empty():
        return plan
    rows = kept.among(action.path for action in plan.actions if action.op in {Op.DELETE, Op.REPLACE})
    # If the source now has a file or link in place of a folder, the mirror cannot have both.
    overruled = {
        action.path for action in plan.actions if action.op is Op.REPLACE and _is_overruled(action, rows, source)
    }
    spared: set[str] = set()
    problems: list[Problem] = []
    for action in plan.actions:
        row = rows.get(action.path)
        if row is None or (overruled and not overruled.isdisjoint((action.path, *parents_of(action.path)))):
            continue
        if action.op is Op.DELETE:
            spared.add(action.path)
        elif action.op is Op.REPLACE:
            spared.add(action.path)
            problems.append(problem(ProblemCode.KEPT, action.path, Stage.COMPARE))
    if learns:
        stale = rows.keys() - spared
        if plan.is_full and not plan.problems:
            stale = {row.path for row in kept.paths()} - spared
        kept.release(stale)
    needed = {parent for path in spared for parent in parents_of(path)}
    unmade = {action.path for action in plan.actions if action.path in spared and action.op is Op.REPLACE}
    return plan._replace(
        actions=actions_of(
            action
            for action in plan.actions
            if action.path not in spared
            and (is_loss(action) or action.path not in needed)
            and not (unmade and not unmade.isdisjoint(parents_of(action.path)))
        ),
        problems=(*plan.problems, *problems),
    )


def _is_overruled(action: Action, rows: dict[str, KeptPath], source: Tree) -> bool:
    row = rows.get(action.path)
    if row is not None and row.refused is not None and _has(source, row):
        return False
    return action.old_kind is EntryKind.FOLDER or row is not None


def _has(source: Tree, row: KeptPath) -> bool:
    """Tell whether the source still has the refused content; True if it cannot be read."""
    try:
        entry = source.look(row.path)
    except OSError:
        return True
    return entry is not None and _mark(entry) == row.refused


def _mark(entry: Entry) -> tuple[int, int, int]:
    return entry.st_ino & UNSIGNED, entry.st_size, entry.st_mtime_ns


def _read(
    path: bytes, is_folder: int, inode: int | None, size_bytes: int | bytes | None, mtime_ns: int | bytes | None
) -> KeptPath:
    refused = None
    if inode is not None and size_bytes is not None and mtime_ns is not None:
        refused = inode & UNSIGNED, read(size_bytes), read(mtime_ns)
    return KeptPath(os.fsdecode(path), bool(is_folder), refused)
