"""What earlier passes did, and to which paths: for the list of passes, and for undoing a pass.

The number of passes, of paths in a pass and of all paths is limited. New paths are recorded by name only for passes
that created few; undoing a pass needs the paths that it removed.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from backup_gui.engine.state import stored_reasons
from backup_gui.engine.state.integers import within
from backup_gui.engine.state.rows import catalog_files, facts_of, open_for_reading
from backup_gui.engine.state.schema import refuse_newer_file
from backup_gui.model.entries import EntryKind
from backup_gui.model.passes import DayTotal, PassKind, PastChange, PastPass
from backup_gui.model.paths import decode, encode
from backup_gui.model.plans import Op, Report
from backup_gui.model.reasons import Reason, of_system

log = logging.getLogger(__name__)

KEPT_PASSES = 10_000
KEPT_CHANGES = 200_000
CHANGES_A_PASS = 100_000
# A longer list of new paths is of no use to readers, and would slow down a first copy.
NEW_PATHS_A_PASS = 1_000
PAGE_ROWS = 200

COMPLETE_KEY = "last complete at"
# The year 9999; later dates cannot be shown.
_LATEST_AT = 253_370_764_800.0

_COLUMNS = ", ".join(PastPass._fields)
# Without the columns that the first version of catalogs lacked: a catalog may be read before its job migrates it.
_COLUMNS_READ = ", ".join(name for name in PastPass._fields if name not in PastPass._field_defaults)
# Those of a new pass, which gets its ``id`` from SQLite.
_COLUMNS_ADDED = ", ".join(PastPass._fields[1:])
_MARKS_ADDED = ", ".join("?" * len(PastPass._fields[1:]))
_OPS = {op.value: op for op in Op}
_KINDS = {kind.value: kind for kind in EntryKind}
_VALUES: dict[Op | EntryKind | None, str | None] = {member: member.value for member in (*Op, *EntryKind)} | {None: None}
_CONDITIONS = {
    PassKind.ALL: "1",
    PassKind.COPIED: "created + replaced > 0",
    PassKind.DELETED: "deleted > 0",
    PassKind.MOVED: "moved > 0",
    PassKind.TROUBLE: "status <> 'complete'",
}
# A cancelled pass, as by quitting, is not counted as troubled: the next one continues.
# SQLite computes local days, including daylight saving, without blocking the interpreter for the window's thread.
_DAYS = (
    "SELECT date(started_at + duration_s, 'unixepoch', 'localtime') AS day, count(*), sum(created + replaced),"
    " CAST(total(bytes) AS INTEGER), sum(status NOT IN ('complete', 'cancelled')) FROM passes"
    " WHERE started_at + duration_s >= ? GROUP BY day ORDER BY day"
)


class Change(NamedTuple):
    """What a pass did to one path.

    Attributes:
        op: What it did.
        kind: What the source had there; for a deletion, what the mirror had.
        path: The path.
        old_path: For a move, where it was before.
        old_kind: For a replacement, what the mirror had there before.
        stored: Path in the history of what left the mirror; None if it was not kept.
    """

    op: Op
    kind: EntryKind
    path: str
    old_path: str | None = None
    old_kind: EntryKind | None = None
    stored: str | None = None


class FolderRights(NamedTuple):
    """Permissions of a folder that left the mirror.

    Attributes:
        mode: Its mode.
        uid: Its owner.
        gid: Its group.
    """

    mode: int
    uid: int
    gid: int


class PassLog:
    """The passes in one catalog."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # Total number of changes; counted only once, since counting takes longer than a small pass.
        self._changes: int | None = None

    def add(self, report: Report, changes: Sequence[Change] = (), *, is_whole: bool = False) -> int:
        """Add a pass with the paths it changed, and remove those beyond the newest ``KEPT_PASSES``.

        Returns:
            The pass's key.
        """
        report = report.without_notes
        counts = report.files
        _, *values = PastPass(
            id=0,
            started_at=report.started_at,
            duration_s=report.duration_s,
            is_full=report.is_full,
            status=report.status.value,
            reason=report.reason,
            created=counts.created,
            replaced=counts.replaced,
            deleted=counts.deleted,
            moved=counts.moved,
            bytes=within(counts.bytes),
            problems=len(report.problems),
            recorded=len(changes),
            is_whole=is_whole,
        )
        cursor = self._connection.execute(
            f"INSERT INTO passes ({_COLUMNS_ADDED}) VALUES ({_MARKS_ADDED})",  # noqa: S608 - constants
            values,
        )
        key = cursor.lastrowid or 0
        if report.reason:
            told = stored_reasons.written(report.reason)
            self._connection.execute("INSERT OR REPLACE INTO reasons VALUES (?, ?)", (key, told))
        if changes:
            # ``value`` of an Enum is a Python function, which is called 30,000 times for 10,000 changes.
            values_of = _VALUES
            self._connection.executemany(
                "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        *(key, number, values_of[change.op], values_of[change.kind], values_of[change.old_kind]),
                        encode(change.path),
                        None if change.old_path is None else encode(change.old_path),
                        None if change.stored is None else encode(change.stored),
                    )
                    for number, change in enumerate(changes)
                ),
            )
        self._connection.execute("DELETE FROM passes WHERE id <= ?", (key - KEPT_PASSES,))
        self._connection.execute("DELETE FROM reasons WHERE pass <= ?", (key - KEPT_PASSES,))
        self._connection.execute(
            "DELETE FROM folders WHERE rowid <= (SELECT max(rowid) FROM folders) - ?", (KEPT_CHANGES,)
        )
        self._thin_out(key, len(changes))
        return key

    def passes(self, limit: int = PAGE_ROWS) -> list[PastPass]:
        """Return up to ``limit`` passes, newest first."""
        query = f"SELECT {_COLUMNS} FROM passes ORDER BY id DESC LIMIT ?"  # noqa: S608 - constants
        return [past_pass(row) for row in self._connection.execute(query, (limit,))]

    def find(self, key: int) -> PastPass | None:
        """Return a pass, or None if it is no longer recorded."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM passes WHERE id = ?", (key,)).fetchone()  # noqa: S608
        return None if row is None else past_pass(row)

    def changes(self, key: int, limit: int = PAGE_ROWS, *, ops: frozenset[Op] = frozenset()) -> list[Change]:
        """Return what a pass did, in order: at most ``limit``, -1 for all; only these operations, if any are named."""
        columns, of_ops = "op, kind, path, old_path, old_kind, stored", ", ".join("?" * len(ops))
        condition = f"pass = ? AND op IN ({of_ops})" if ops else "pass = ?"
        rows = self._connection.execute(
            f"SELECT {columns} FROM changes WHERE {condition} ORDER BY number LIMIT ?",  # noqa: S608 - constants
            (key, *(op.value for op in ops), limit),
        )
        return [
            Change(
                _OPS[op],
                _KINDS[kind],
                os.fsdecode(path),
                None if old_path is None else os.fsdecode(old_path),
                None if old_kind is None else _KINDS[old_kind],
                None if stored is None else os.fsdecode(stored),
            )
            for op, kind, path, old_path, old_kind, stored in rows
        ]

    def note_folder(self, path: str, rights: FolderRights) -> None:
        """Record the permissions of a folder that leaves the mirror."""
        self._connection.execute("INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?)", (encode(path), *rights))

    def folder(self, path: str) -> FolderRights | None:
        """Return the permissions of a folder when it left the mirror; None if unknown."""
        query = "SELECT mode, uid, gid FROM folders WHERE path = ?"
        row = self._connection.execute(query, (encode(path),)).fetchone()
        return None if row is None else FolderRights(*map(int, row))

    def version_moved(self, old: str, new: str) -> None:
        """Update the path of a version that was renamed in the history."""
        self._connection.execute("UPDATE changes SET stored = ? WHERE stored = ?", (encode(new), encode(old)))

    def paths_changed_after(self, key: int) -> set[str] | None:
        """Return the paths that later passes changed; None if some are not recorded by name."""
        if self._connection.execute(
            "SELECT 1 FROM passes WHERE id > ? AND NOT is_whole AND created + replaced + deleted + moved > 0 LIMIT 1",
            (key,),
        ).fetchone():
            return None
        rows = self._connection.execute("SELECT path, old_path FROM changes WHERE pass > ?", (key,))
        return {os.fsdecode(path) for row in rows for path in row if path is not None}

    def _thin_out(self, newest: int, added: int) -> None:
        """Remove the paths of the oldest passes if there are too many in total."""
        gone = self._connection.execute("DELETE FROM changes WHERE pass <= ?", (newest - KEPT_PASSES,)).rowcount
        if self._changes is None:
            self._changes = int(self._connection.execute("SELECT count(*) FROM changes").fetchone()[0])
        else:
            self._changes += added - gone
        if self._changes <= KEPT_CHANGES:
            return
        # Remove some more than needed, so that not every pass has to.
        surplus = self._changes - KEPT_CHANGES + KEPT_CHANGES // 10
        oldest = self._connection.execute(
            "SELECT id, recorded FROM passes WHERE recorded > 0 AND id < ? ORDER BY id", (newest,)
        ).fetchall()
        for key, recorded in oldest:
            if surplus <= 0:
                break
            surplus -= recorded
            self._connection.execute("DELETE FROM changes WHERE pass = ?", (key,))
            self._connection.execute("UPDATE passes SET recorded = 0, is_whole = 0 WHERE id = ?", (key,))
            self._changes -= recorded


def complete_at(text: str | None) -> float | None:
    """Return the time in the fact ``COMPLETE_KEY``, seconds since 1970, UTC; None if there is none."""
    try:
        at = float(text or "")
    except ValueError:
        return None
    # No clock shows such a time: the file is damaged.
    return at if 0 <= at < _LATEST_AT else None


def past_pass(row: tuple[Any, ...]) -> PastPass:
    """Return the pass in a row, with or without the columns that the first version of catalogs lacked."""
    record = PastPass(*row)
    return record._replace(
        is_full=bool(record.is_full), is_whole=bool(record.is_whole), reason=of_system(str(record.reason))
    )


class PassLogReader:
    """Reads the passes of one job from its catalog, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def days(self, since: float) -> tuple[DayTotal, ...]:
        """Return the totals of each day with passes that ended at a time or later, oldest first."""
        return tuple(DayTotal._make(row) for row in self._rows(_DAYS, (since,)))

    def page(
        self, *, before: int | None = None, limit: int = PAGE_ROWS, kind: PassKind = PassKind.ALL, search: str = ""
    ) -> tuple[PastPass, ...]:
        """Return passes, newest first.

        Args:
            before: Only passes older than the one with this key; None for the newest.
            limit: How many at most.
            kind: Which kind of passes.
            search: Only passes with this text in their reason or in a path that they changed, ignoring case.
        """
        wanted = [_CONDITIONS[kind]]
        values: list[object] = []
        if before is not None:
            wanted.append("id < ?")
            values.append(before)
        if search:
            pattern = _pattern(search)
            matching = "reason LIKE ? ESCAPE '\\'"
            values.append(pattern)
            if self._has("changes"):
                one = "CAST({} AS TEXT) LIKE ? ESCAPE '\\'"
                matching += (
                    f" OR id IN (SELECT pass FROM changes WHERE {one.format('path')} OR {one.format('old_path')})"  # noqa: S608 - constants
                )
                values.extend((pattern, pattern))
            wanted.append(f"({matching})")
        query = f"SELECT {_COLUMNS_READ} FROM passes WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT ?"  # noqa: S608 - constants
        found = [past_pass(row) for row in self._rows(query, (*values, limit))]
        reasons = self._reasons(found)
        return tuple(one._replace(reason=reasons.get(one.id, one.reason)) for one in found)

    def keys(self, since: float) -> dict[float, int]:
        """Return the keys of the passes that began at this time or later, by their start time."""
        return dict(self._rows("SELECT started_at, id FROM passes WHERE started_at >= ?", (since,)))

    def changes(self, key: int, *, limit: int = PAGE_ROWS, offset: int = 0) -> tuple[PastChange, ...]:
        """Return the recorded changes of a pass in order; empty if none are recorded."""
        if not self._has("changes"):
            return ()
        query = "SELECT op, path, old_path FROM changes WHERE pass = ? ORDER BY number LIMIT ? OFFSET ?"
        return tuple(
            PastChange(op, decode(path), decode(old_path or b""))
            for op, path, old_path in self._rows(query, (key, limit, offset))
        )

    def last_complete_at(self) -> float | None:
        """Return when everything was last backed up, seconds since 1970, UTC; None if unknown."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (COMPLETE_KEY,))
        return complete_at(rows[0][0]) if rows else None

    def _reasons(self, passes: list[PastPass]) -> dict[int, Reason]:
        """Return the reasons of passes by key; passes of earlier program versions have only the English text."""
        if not any(one.reason for one in passes) or not self._has("reasons"):
            return {}
        rows = self._rows("SELECT pass, told FROM reasons WHERE pass BETWEEN ? AND ?", (passes[-1].id, passes[0].id))
        return {key: reason for key, told in rows if (reason := stored_reasons.read(told)) is not None}

    def _has(self, table: str) -> bool:
        """Return whether the catalog has a table; those of earlier versions may lack it."""
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)))

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run a query. If the catalog cannot be read the result is empty: a list of passes is not worth an error."""
        try:
            refuse_newer_file(self._path)
            with contextlib.closing(open_for_reading(self._path)) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if os.path.exists(self._path):
                log.info("The passes in %s cannot be read: %s", self._path, error)
            return []


def _pattern(search: str) -> str:
    """Return an SQL pattern that matches a text literally."""
    text = search.encode("utf-8", "replace").decode()
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def remembered_facts(data_folder: Path, key: str) -> Iterator[str]:
    """Read one fact from the catalogs of all jobs that can be read, in the folder with the catalogs."""
    for path in catalog_files(data_folder):
        facts = facts_of(path)
        if key in facts:
            yield facts[key]
