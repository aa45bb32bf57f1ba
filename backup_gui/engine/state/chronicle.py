"""Reads what a job's catalog remembers, beside the job that goes on writing it. Never writes.

Each reading opens the file and closes it again: a window looks seldom, and holds nothing open in between.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from backup_gui.engine.state.pass_log import PAGE_ROWS, open_for_reading, past_pass
from backup_gui.model.passes import DayTotal, PassKind, PastChange
from backup_gui.model.paths import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backup_gui.model.passes import PastPass

log = logging.getLogger(__name__)

# Without what the first version of catalogs did not know: one is read before its job brings it up to date.
_COLUMNS = "id, started_at, duration_s, is_full, status, reason, created, replaced, deleted, moved, bytes, problems"
_CONDITIONS = {
    PassKind.ALL: "1",
    PassKind.COPIED: "created + replaced > 0",
    PassKind.DELETED: "deleted > 0",
    PassKind.MOVED: "moved > 0",
    PassKind.TROUBLE: "status <> 'complete'",
}
# A pass that was cut short, as by quitting, is no trouble: the next one goes on.
# SQLite counts days the user's way, daylight saving included, without taking the interpreter from the window.
_DAYS = (
    "SELECT date(started_at + duration_s, 'unixepoch', 'localtime') AS day, count(*), sum(created + replaced),"
    " CAST(total(bytes) AS INTEGER), sum(status NOT IN ('complete', 'cancelled')) FROM passes"
    " WHERE started_at + duration_s >= ? GROUP BY day ORDER BY day"
)


class Chronicle:
    """The passes of one job.

    Args:
        path: The job's catalog; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def days(self, since: float) -> tuple[DayTotal, ...]:
        """Add up the passes of each day, the oldest first; days without any are left out.

        Args:
            since: Only passes that ended at this time or later, seconds since 1970, UTC.
        """
        return tuple(DayTotal._make(row) for row in self._rows(_DAYS, (since,)))

    def page(
        self, *, before: int | None = None, limit: int = PAGE_ROWS, kind: PassKind = PassKind.ALL, search: str = ""
    ) -> tuple[PastPass, ...]:
        """Return passes, newest first.

        Args:
            before: Only passes older than the one with this key; None for the newest.
            limit: How many at most.
            kind: Which sort of passes.
            search: Only passes with this text in their reason or in a path that they changed, upper and lower case
                alike.
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
            if self._has_changes():
                one = "CAST({} AS TEXT) LIKE ? ESCAPE '\\'"
                matching += (
                    f" OR id IN (SELECT pass FROM changes WHERE {one.format('path')} OR {one.format('old_path')})"  # noqa: S608 - constants
                )
                values.extend((pattern, pattern))
            wanted.append(f"({matching})")
        query = f"SELECT {_COLUMNS} FROM passes WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT ?"  # noqa: S608 - constants
        return tuple(past_pass(row) for row in self._rows(query, (*values, limit)))

    def keys(self, since: float) -> dict[float, int]:
        """Return the keys of the passes that began at this time or later, by that time."""
        return dict(self._rows("SELECT started_at, id FROM passes WHERE started_at >= ?", (since,)))

    def changes(self, key: int, *, limit: int = PAGE_ROWS, offset: int = 0) -> tuple[PastChange, ...]:
        """Return what a pass did to which paths, in its order; empty where the catalog does not know.

        Args:
            key: The pass.
            limit: How many at most.
            offset: How many earlier ones to leave out.
        """
        if not self._has_changes():
            return ()
        query = "SELECT op, path, old_path FROM changes WHERE pass = ? ORDER BY number LIMIT ? OFFSET ?"
        return tuple(
            PastChange(op, decode(path), decode(old_path or b""))
            for op, path, old_path in self._rows(query, (key, limit, offset))
        )

    def last_complete_at(self) -> float | None:
        """When everything was last known to be backed up, seconds since 1970, UTC; None if it is not known."""
        for (value,) in self._rows("SELECT value FROM meta WHERE key = 'last complete at'"):
            with contextlib.suppress(ValueError):
                return float(value)
        return None

    def _has_changes(self) -> bool:
        """Whether the catalog knows paths: those of the first version do not."""
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'changes'"))

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Read; what cannot be read is empty, since a list of what was done is not worth an error."""
        try:
            with contextlib.closing(open_for_reading(self._path)) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if os.path.exists(self._path):
                log.info("The passes in %s cannot be read: %s", self._path, error)
            return []


def _pattern(search: str) -> str:
    """Make a pattern of a search text in which nothing has a meaning of its own."""
    text = search.encode("utf-8", "replace").decode()
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def remembered_facts(data_folder: Path, key: str) -> Iterator[str]:
    """Read one fact in the catalogs of all jobs, as far as they can be read.

    Args:
        data_folder: Absolute path of where catalogs lie, see ``runner.run``.
        key: The fact's.
    """
    for path in sorted(data_folder.glob("jobs/*.sqlite")):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(open_for_reading(path)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            if row is not None:
                yield str(row[0])
