"""The tables of a catalog, and the migrations between its versions.

Each migration to the next version is a list of statements. All run in one transaction that also sets the new number.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final

from backup_gui.engine.state.integrity import check_tables

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 2

_TABLES = """
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
    bytes INTEGER NOT NULL, problems INTEGER NOT NULL,
    recorded INTEGER NOT NULL DEFAULT 0, is_whole INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS changes (
    pass INTEGER NOT NULL, number INTEGER NOT NULL, op TEXT NOT NULL, kind TEXT NOT NULL, old_kind TEXT,
    path BLOB NOT NULL, old_path BLOB, stored BLOB,
    PRIMARY KEY (pass, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reasons (pass INTEGER PRIMARY KEY, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS folders (
    path BLOB NOT NULL PRIMARY KEY, mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS recent (
    path BLOB PRIMARY KEY, state INTEGER NOT NULL, at_s REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
    path BLOB PRIMARY KEY, is_folder INTEGER NOT NULL, inode INTEGER, size_bytes INTEGER, mtime_ns INTEGER)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lately (path BLOB PRIMARY KEY, kept_s REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS busy (
    path BLOB PRIMARY KEY, since_s REAL NOT NULL, is_torn INTEGER NOT NULL, whole BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intended (
    path BLOB PRIMARY KEY, inode INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL) WITHOUT ROWID;
"""

# A larger number is no version, but damage.
_LATEST_VERSION = 1_000


# From the description of SQLite's file format: https://www.sqlite.org/fileformat2.html
_SIGNATURE: Final = b"SQLite format 3\0"
_VERSION_AT: Final = slice(60, 64)
_HEADER_BYTES: Final = 100
_LOG_MAGIC: Final = frozenset({b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"})
_LOG_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24


class NewerSchemaError(sqlite3.DatabaseError):
    """A later version of the program wrote the file."""


# Statements by the version that they migrate from. New tables need none: ``_TABLES`` creates them.
_MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE passes ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE passes ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0",
    ),
}


def refuse_newer_file(path: Path) -> None:
    """Refuse a file that a later version wrote, with ``NewerSchemaError``, and write nothing.

    SQLite would write: even a connection that only reads makes files beside a database, and one that may write copies
    into it what a crash left in its log. The file need not exist, and may be another program's.
    """
    with contextlib.suppress(OSError):
        _refuse_newer_version(_version_in_file(path))


def _refuse_newer_version(version: int) -> None:
    if SCHEMA_VERSION < version <= _LATEST_VERSION:
        raise NewerSchemaError(f"version {version} is newer than {SCHEMA_VERSION}")


def _version_in_file(path: Path) -> int:
    """Read a file's version: from the log beside it if that has a later one, else from its header."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.startswith(_SIGNATURE):
        return 0
    with contextlib.suppress(FileNotFoundError):
        logged = _version_in_log(path.with_name(f"{path.name}-wal"))
        if logged is not None:
            return logged
    return _number(header[_VERSION_AT])


def _version_in_log(path: Path) -> int | None:
    """Read the version that the transactions in a log end with; None if none of them writes the first page.

    Checksums are not compared: a damaged log can at worst have a usable file refused.
    """
    version = written = None
    with path.open("rb") as log:
        header = log.read(_LOG_HEADER_BYTES)
        if len(header) < _LOG_HEADER_BYTES or header[:4] not in _LOG_MAGIC:
            return None
        page_bytes, salt = _number(header[8:12]), header[16:24]
        while len(frame := log.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES and frame[8:16] == salt:
            page = log.read(page_bytes)
            if len(page) < page_bytes:
                break
            if _number(frame[:4]) == 1:
                written = _number(page[_VERSION_AT])
            if _number(frame[4:8]):
                # The last frame of a transaction.
                version = written
    return version


def _number(four_bytes: bytes) -> int:
    return int.from_bytes(four_bytes, "big")


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Create the tables, or migrate those of an earlier version; their content stays.

    Raises:
        NewerSchemaError: The file has a later version; it is not changed.
        sqlite3.DatabaseError: The file has no known version or cannot be changed; it is not changed.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    _refuse_newer_version(version)
    if version and version != SCHEMA_VERSION and version not in _MIGRATIONS:
        raise sqlite3.DatabaseError(f"version {version} is not {SCHEMA_VERSION}")
    if 0 < version < SCHEMA_VERSION:
        # In one transaction: a program killed between two steps must not leave a file that no version understands.
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(version, SCHEMA_VERSION):
                for statement in _MIGRATIONS[number]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.commit()
        except sqlite3.Error:
            connection.rollback()
            raise
    connection.executescript(_TABLES)
    check_tables(connection, _TABLES)
    if not version:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.commit()
