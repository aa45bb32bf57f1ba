"""Tells whether a catalog file is usable, and sets a damaged one aside.

SQLite itself checks the structure of a file. Flipped bits can leave the structure intact but values of the wrong type
in it, and another program may have put its own file there. Neither may stop a backup permanently. Nothing here
interprets the values.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

from backup_gui.model.paths import decode
from backup_gui.model.reasons import Reason, ReasonCode

log = logging.getLogger(__name__)

# Caused by other programs, full disks and permissions, not by the file.
_OF_THE_MOMENT = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL}
    | {sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_AUTH}
)
_PRIMARY_CODE = 0xFF
_CODES = {
    sqlite3.SQLITE_AUTH: ReasonCode.DATA_NO_PERMISSION,
    sqlite3.SQLITE_BUSY: ReasonCode.DATA_HELD_ELSEWHERE,
    sqlite3.SQLITE_CANTOPEN: ReasonCode.DATA_NOT_OPENED,
    sqlite3.SQLITE_FULL: ReasonCode.DATA_DISK_FULL,
    sqlite3.SQLITE_IOERR: ReasonCode.DATA_DISK_ERROR,
    sqlite3.SQLITE_LOCKED: ReasonCode.DATA_HELD_ELSEWHERE,
    sqlite3.SQLITE_NOMEM: ReasonCode.DATA_NO_MEMORY,
    sqlite3.SQLITE_PERM: ReasonCode.DATA_NO_PERMISSION,
    sqlite3.SQLITE_READONLY: ReasonCode.DATA_NO_PERMISSION,
}


def is_of_the_moment(error: sqlite3.Error, path: Path) -> bool:
    """Tell whether an error of opening or checking a file is temporary and not caused by the file, which then stays."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_READONLY:
        # SQLite also reports this if the file's header says that it has a later format.
        return not os.access(path, os.W_OK)
    if code == sqlite3.SQLITE_IOERR:
        # The drive fails; but a file that is shorter than its header says gives this error too.
        return getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_IOERR_SHORT_READ
    return code in _OF_THE_MOMENT


def reason_of(error: sqlite3.Error) -> Reason:
    """Return why a file cannot be used at the moment, in terms that mean something to users."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    return Reason(_CODES.get(code, ReasonCode.DATA_DAMAGED))


def check_tables(connection: sqlite3.Connection, schema: str) -> None:
    """Check that a file's tables have the columns that a schema creates, and are no other program's.

    Raises:
        sqlite3.DatabaseError: The tables belong to another program.
    """
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        model.executescript(schema)
        for (table,) in model.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if _columns(connection, table) != _columns(model, table):
                raise sqlite3.DatabaseError(f"its table {table} is another one")


def check_mark(connection: sqlite3.Connection, path: Path, wait_ms: int) -> None:
    """Check that a writable file is not marked as read-only in its own header: then ``sqlite3.OperationalError``.

    One flipped bit marks it as a later format. A copy of its content in memory could not be written either.

    The connection waits ``wait_ms`` for others, but not for this: a process that holds the write lock shows that the
    file can be written.

    Raises:
        sqlite3.OperationalError: The file is marked as read-only.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        # BEGIN alone would succeed. The rollback below discards this write.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute(f"PRAGMA user_version = {version}")
    except sqlite3.OperationalError as error:
        if not is_of_the_moment(error, path):
            raise
    finally:
        connection.rollback()
        connection.execute(f"PRAGMA busy_timeout = {wait_ms}")


def set_aside(path: Path) -> None:
    """Rename a file, and SQLite's files beside it, so that an empty one can be created.

    Raises:
        OSError: It could not be renamed.
    """
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{path}.damaged{suffix}")


def doubt(path: Path) -> None:
    """Check every value of a closed file on which a pass failed, and set it aside if a value has the wrong type.

    Too slow for every opening: it takes as long as SQLite's own check.
    """
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10.0)) as connection:
            fault = _first_fault(connection)
    except sqlite3.DatabaseError as error:
        if is_of_the_moment(error, path):
            return
        fault = str(error)
    if fault:
        log.warning("The catalog %s cannot be used (%s); it is set aside and rebuilt.", path, fault)
        with contextlib.suppress(OSError):
            set_aside(path)


def _first_fault(connection: sqlite3.Connection) -> str:
    answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if answer != "ok":
        return answer
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for column, (kind, is_required) in _columns(connection, table).items():
            # Names come from the file's own schema, so they are quoted.
            quoted = '"' + column.replace('"', '""') + '"'
            where = '"' + table.replace('"', '""') + '"'
            # Integers that are too large are stored as their digits.
            is_long = f"typeof({quoted}) = 'blob' AND CAST({quoted} AS TEXT) GLOB '*[0-9]' AND ? = 'integer'"
            query = f"SELECT 1 FROM {where} WHERE typeof({quoted}) NOT IN (?, ?) AND NOT ({is_long}) LIMIT 1"  # noqa: S608
            allowed = (kind.lower(), kind.lower() if is_required else "null", kind.lower())
            if connection.execute(query, allowed).fetchone() is not None:
                return f"a value of {table}.{column} is not {kind.lower()}"
            if kind == "BLOB":
                values = connection.execute(f"SELECT {quoted} FROM {where} WHERE {quoted} IS NOT NULL")  # noqa: S608
                if not all(_is_path(value) for (value,) in values):
                    return f"a value of {table}.{column} is no path"
    return ""


def _is_path(value: bytes) -> bool:
    """Tell whether bytes are those of a path: on Windows not all are."""
    try:
        decode(value)
    except UnicodeDecodeError:
        return False
    return True


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, bool]]:
    """Return the declared type of each column of a table, and whether it requires a value.

    Key columns require one even if not declared so; the key of a table with row ids is the id itself.
    """
    query = 'SELECT name, type, "notnull" OR pk FROM pragma_table_info(?)'
    return {name: (kind, bool(is_required)) for name, kind, is_required in connection.execute(query, (table,))}
