"""What a job remembers between passes: one SQLite file in the user's data folder.

For each path that this program put into the mirror, the fingerprint that the source had then; besides, what disks and
folders the roots were, and what the last passes did. All of it can be lost: a pass without it compares what is there
and deletes nothing that it cannot account for from the mirror itself.

Paths are stored as bytes, since names need not be valid text.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from backup_gui.engine.errors import CatalogError
from backup_gui.engine.tree import encode, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backup_gui.engine.model import Entry, Report

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
KEPT_PASSES = 10_000
_WRITE_EVERY = 2_000
_COMPLETE_KEY = "last complete at"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    folder BLOB NOT NULL, name BLOB NOT NULL,
    inode INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stamps (
    folder BLOB NOT NULL, name BLOB NOT NULL, mtime_ns INTEGER NOT NULL, PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passes (
    id INTEGER PRIMARY KEY, started_at REAL NOT NULL, duration_s REAL NOT NULL, is_full INTEGER NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL,
    created INTEGER NOT NULL, replaced INTEGER NOT NULL, deleted INTEGER NOT NULL, moved INTEGER NOT NULL,
    bytes INTEGER NOT NULL, problems INTEGER NOT NULL);
"""


class Fingerprint(NamedTuple):
    """How the source's entry was when it was last known to be in the mirror."""

    inode: int
    ctime_ns: int
    size_bytes: int
    mtime_ns: int


class PassRecord(NamedTuple):
    """One earlier pass, as the catalog remembers it."""

    started_at: float
    duration_s: float
    is_full: bool
    status: str
    reason: str
    created: int
    replaced: int
    deleted: int
    moved: int
    bytes: int
    problems: int


_UNSIGNED = (1 << 64) - 1


def _signed(number: int) -> int:
    """Fold an unsigned 64-bit number, as some file systems have for inodes, into SQLite's signed one.

    ``& _UNSIGNED`` gives it back. Of the still longer numbers that ReFS has, the upper half is lost.
    """
    number &= _UNSIGNED
    return number - (1 << 64) if number >= 1 << 63 else number


class Catalog:
    """The memory of one job. Used by one thread at a time.

    Use ``Catalog.open``.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._has_index = False
        self._last_folder = "", b""
        self._pending: list[tuple[bytes, bytes, int, int, int, int]] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a catalog, making it if need be.

        A file that is damaged or of a later version is set aside under another name and replaced by an empty one.

        Args:
            path: The SQLite file; its folder is made.

        Raises:
            CatalogError: Not even an empty one could be made.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogError(f"The folder for the program's own data cannot be made: {error.strerror}.") from error
        try:
            return cls(_connect(path))
        except sqlite3.OperationalError as error:
            # Locked, or may not be opened: a healthy file of somebody else's must not be set aside.
            raise CatalogError(f"The program's own data cannot be opened: {error}.") from error
        except sqlite3.DatabaseError as error:
            log.warning("The catalog %s cannot be used (%s); it is set aside and rebuilt.", path, error)
        try:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{path}{suffix}", f"{path}.damaged{suffix}")
            return cls(_connect(path))
        except (OSError, sqlite3.DatabaseError) as error:
            raise CatalogError(f"The program's own data cannot be written: {error}.") from error

    @classmethod
    def in_memory(cls) -> Self:
        """Make an empty catalog that is forgotten when closed."""
        return cls(_connect(Path(":memory:")))

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.commit()
        self._connection.close()

    # Fingerprints

    def folder(self, path: str) -> dict[str, Fingerprint]:
        """Return the fingerprints of what this program put into one folder of the mirror, by name."""
        if self._pending:
            self._write()
        rows = self._connection.execute(
            "SELECT name, inode, ctime_ns, size_bytes, mtime_ns FROM files WHERE folder = ?", (encode(path),)
        )
        return {
            os.fsdecode(name): Fingerprint(inode & _UNSIGNED, ctime_ns, size_bytes, mtime_ns)
            for name, inode, ctime_ns, size_bytes, mtime_ns in rows
        }

    def fingerprint(self, path: str) -> Fingerprint | None:
        """Return the fingerprint of one path, or None if this program did not put anything there."""
        if self._pending:
            self._write()
        folder, _, name = path.rpartition("/")
        row = self._connection.execute(
            "SELECT inode, ctime_ns, size_bytes, mtime_ns FROM files WHERE folder = ? AND name = ?",
            (encode(folder), encode(name)),
        ).fetchone()
        return None if row is None else Fingerprint(row[0] & _UNSIGNED, *row[1:])

    def paths_of(self, inode: int) -> Iterator[tuple[str, Fingerprint]]:
        """Return the paths known with a source inode, for finding moves."""
        if self._pending:
            self._write()
        if not self._has_index:
            # Made when moves are first looked for: a first copy has none, and is a twentieth faster without it.
            self._connection.execute("CREATE INDEX IF NOT EXISTS files_by_inode ON files (inode)")
            self._has_index = True
        rows = self._connection.execute(
            "SELECT folder, name, inode, ctime_ns, size_bytes, mtime_ns FROM files WHERE inode = ?", (_signed(inode),)
        ).fetchall()
        for folder, name, number, *rest in rows:
            yield join(os.fsdecode(folder), os.fsdecode(name)), Fingerprint(number & _UNSIGNED, *rest)

    def is_empty(self) -> bool:
        """Tell whether no path is known at all."""
        return not self._pending and self._connection.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None

    def count(self) -> int:
        """Count the paths known."""
        self._write()
        return int(self._connection.execute("SELECT count(*) FROM files").fetchone()[0])

    def record(self, path: str, entry: Entry) -> None:
        """Remember that the mirror has what the source's entry was; kept in memory until there are many."""
        folder, _, name = path.rpartition("/")
        if folder != self._last_folder[0]:
            self._last_folder = folder, encode(folder)
        self._pending.append(
            (
                self._last_folder[1],
                encode(name),
                _signed(entry.st_ino),
                entry.st_ctime_ns,
                entry.st_size,
                entry.st_mtime_ns,
            )
        )
        if len(self._pending) >= _WRITE_EVERY:
            self._write()

    def forget(self, paths: Iterable[str]) -> None:
        """Forget paths that have left the mirror."""
        self._write()
        keys = []
        for path in paths:
            folder, _, name = path.rpartition("/")
            keys.append((encode(folder), encode(name)))
        self._connection.executemany("DELETE FROM files WHERE folder = ? AND name = ?", keys)

    def respell(self, old_path: str, new_path: str) -> None:
        """Know a path, and all that is below it, under another spelling; what is known under that already stays."""
        self._write()
        old, new = encode(old_path), encode(new_path)
        (old_folder, _, old_name), (new_folder, _, new_name) = old.rpartition(b"/"), new.rpartition(b"/")
        changes = (
            ("SET folder = ?, name = ? WHERE folder = ? AND name = ?", (new_folder, new_name, old_folder, old_name)),
            ("SET folder = ? WHERE folder = ?", (new, old)),
            (
                "SET folder = CAST(? || substr(folder, ?) AS BLOB) WHERE substr(folder, 1, ?) = ?",
                (new + b"/", len(old) + 2, len(old) + 1, old + b"/"),
            ),
        )
        for change, values in changes:
            self._connection.execute(f"UPDATE OR IGNORE files {change}", values)
        self._connection.execute("DELETE FROM files WHERE folder = ? AND name = ?", (old_folder, old_name))
        self._connection.execute(
            "DELETE FROM files WHERE folder = ? OR substr(folder, 1, ?) = ?", (old, len(old) + 1, old + b"/")
        )

    # Times that came out otherwise than they were set

    def record_stamp(self, path: str, mtime_ns: int) -> None:
        """Remember the time that the mirror has for a file, where that is not the source's."""
        folder, _, name = path.rpartition("/")
        self._connection.execute(
            "INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", (encode(folder), encode(name), mtime_ns)
        )

    def stamp(self, path: str) -> int | None:
        """Return the time that the mirror had for a file when it was copied; None if it was the source's."""
        folder, _, name = path.rpartition("/")
        row = self._connection.execute(
            "SELECT mtime_ns FROM stamps WHERE folder = ? AND name = ?", (encode(folder), encode(name))
        ).fetchone()
        return None if row is None else int(row[0])

    def commit(self) -> None:
        """Make everything so far permanent."""
        self._write()
        self._connection.commit()

    # Facts

    def fact(self, key: str) -> str | None:
        """Return a remembered fact, such as what disk the source was on."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, key: str, value: str) -> None:
        """Remember a fact."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def last_complete_at(self) -> float | None:
        """When everything was last known to be backed up, seconds since 1970, UTC; None if it never was."""
        try:
            return float(self.fact(_COMPLETE_KEY) or "")
        except ValueError:
            return None

    def remember_complete(self, at: float) -> None:
        """Remember that everything was backed up at a time, seconds since 1970, UTC."""
        self.remember(_COMPLETE_KEY, repr(at))
        self.commit()

    # Passes

    def add_pass(self, report: Report) -> None:
        """Add a report to the list of passes; those beyond the newest ``KEPT_PASSES`` go."""
        counts = report.counts
        cursor = self._connection.execute(
            "INSERT INTO passes (started_at, duration_s, is_full, status, reason, created, replaced, deleted, moved,"
            " bytes, problems) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                report.started_at,
                report.duration_s,
                report.is_full,
                report.status.value,
                report.reason,
                counts.created,
                counts.replaced,
                counts.deleted,
                counts.moved,
                counts.bytes,
                len(report.problems),
            ),
        )
        self._connection.execute("DELETE FROM passes WHERE id <= ?", ((cursor.lastrowid or 0) - KEPT_PASSES,))

    def passes(self, limit: int = KEPT_PASSES, offset: int = 0) -> list[PassRecord]:
        """Return earlier passes, newest first."""
        rows = self._connection.execute(
            "SELECT started_at, duration_s, is_full, status, reason, created, replaced, deleted, moved, bytes,"
            " problems FROM passes ORDER BY id DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [PassRecord(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]

    def _write(self) -> None:
        if self._pending:
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", self._pending)
            self._pending.clear()


def _connect(path: Path) -> sqlite3.Connection:
    """Open and check one file.

    Raises:
        sqlite3.DatabaseError: It is not a catalog, is damaged, or cannot be opened.
    """
    connection = sqlite3.connect(path, timeout=10.0, check_same_thread=False, isolation_level="DEFERRED")
    try:
        # Losing the last moments in a power cut costs a comparison, never data: no flush of our own is needed.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, SCHEMA_VERSION}:
            raise sqlite3.DatabaseError(f"version {version} is not {SCHEMA_VERSION}")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its content is damaged")
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.commit()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
