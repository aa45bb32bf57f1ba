"""Tells whether a catalog file can be relied on, and sets one aside that cannot.

What SQLite checks by itself is the form of a file. Bits that were flipped in it can also leave a file of good form with
values of other kinds in it, and another program may have put a file of its own there: neither may stop a backup for
good. Nothing here reads what the values mean.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

from backup_gui.model.reasons import Reason, ReasonCode

log = logging.getLogger(__name__)

# What other programs, full disks and permissions answer: not the file's fault.
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
    """Tell whether an error is about the moment and not about the file, which is then left where it is.

    Args:
        error: What opening or checking the file has raised.
        path: The file.
    """
    if not isinstance(error, sqlite3.OperationalError):
        return False
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_READONLY:
        # A mark in the file that it is of a later format reads like this too.
        return not os.access(path, os.W_OK)
    if code == sqlite3.SQLITE_IOERR:
        # A drive that fails; but a file that is shorter than it says is one too.
        return getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_IOERR_SHORT_READ
    return code in _OF_THE_MOMENT


def reason_of(error: sqlite3.Error) -> Reason:
    """Say why a file cannot be used at the moment; SQLite's own are none for a user."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    return Reason(_CODES.get(code, ReasonCode.DATA_DAMAGED))


def check_tables(connection: sqlite3.Connection, schema: str) -> None:
    """Check that a file's tables have the columns that they should.

    Args:
        connection: The file, with the schema applied.
        schema: The statements that make the tables.

    Raises:
        sqlite3.DatabaseError: They are another program's.
    """
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        model.executescript(schema)
        for (table,) in model.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if _columns(connection, table) != _columns(model, table):
                raise sqlite3.DatabaseError(f"its table {table} is another one")


def check_mark(connection: sqlite3.Connection, path: Path, wait_ms: int) -> None:
    """Check that a file that may be written does not say itself that it may only be read.

    One flipped bit makes it one of a later format. What is taken from it into memory could not be written either.

    Args:
        connection: The file.
        path: Its path.
        wait_ms: How long the connection waits for others; not here, since one who writes could do so.

    Raises:
        sqlite3.OperationalError: It does.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        # The beginning alone is not refused. Nothing of this is ever written.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute(f"PRAGMA user_version = {version}")
    except sqlite3.OperationalError as error:
        if not is_of_the_moment(error, path):
            raise
    finally:
        connection.rollback()
        connection.execute(f"PRAGMA busy_timeout = {wait_ms}")


def set_aside(path: Path) -> None:
    """Rename a file, and what SQLite keeps beside it, so that an empty one takes its place.

    Raises:
        OSError: It could not be renamed.
    """
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{path}.damaged{suffix}")


def doubt(path: Path) -> None:
    """Look at every value of a file that a pass stumbled over, and set it aside if one is not of its column's kind.

    Too slow to be done whenever a file is opened: as long again as SQLite's own check.

    Args:
        path: The file, closed; it need not exist.
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
            # Names come from the file's own schema, and are quoted as such.
            quoted = '"' + column.replace('"', '""') + '"'
            where = '"' + table.replace('"', '""') + '"'
            # Numbers that are too long for the kind are stored as their digits.
            is_long = f"typeof({quoted}) = 'blob' AND CAST({quoted} AS TEXT) GLOB '*[0-9]' AND ? = 'integer'"
            query = f"SELECT 1 FROM {where} WHERE typeof({quoted}) NOT IN (?, ?) AND NOT ({is_long}) LIMIT 1"  # noqa: S608
            allowed = (kind.lower(), kind.lower() if is_required else "null", kind.lower())
            if connection.execute(query, allowed).fetchone() is not None:
                return f"a value of {table}.{column} is not {kind.lower()}"
    return ""


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, bool]]:
    """Return the names of a table's columns, with the kind declared and whether there must be a value.

    A key needs one whether it is declared so or not; that of a table with row numbers is the number itself.
    """
    query = 'SELECT name, type, "notnull" OR pk FROM pragma_table_info(?)'
    return {name: (kind, bool(is_required)) for name, kind, is_required in connection.execute(query, (table,))}
