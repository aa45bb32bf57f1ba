"""Reads the catalog's records of a folder's files. Any process may do so while another one writes them."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from backup_gui.model.paths import decode, encode

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER, _SUFFIX = "jobs", ".sqlite"
_WAIT_S = 2.0

# A stored fingerprint with the name. A full pass reads every file in this form; a class of our own for each, and
# unsigned inodes, would make an unchanged pass a tenth slower.
Row = tuple[int, int | bytes, int | bytes, int | bytes, bytes]


def catalog_file(data_folder: Path, job_id: str) -> Path:
    """Return the file of a job's catalog; it need not exist."""
    return data_folder / _FOLDER / f"{job_id}{_SUFFIX}"


def catalog_files(data_folder: Path) -> list[Path]:
    """Return the catalogs of all jobs that have one, sorted by name."""
    return sorted(data_folder.glob(f"{_FOLDER}/*{_SUFFIX}"))


def open_for_reading(catalog: Path, wait_s: float = _WAIT_S) -> sqlite3.Connection:
    """Open a job's catalog for reading, while the job keeps writing it; waits for a lock for some seconds.

    Returns:
        The connection, which the caller closes; only the calling thread may use it.

    Raises:
        sqlite3.Error: It does not exist yet, or cannot be read.
    """
    return sqlite3.connect(f"{catalog.absolute().as_uri()}?mode=ro", uri=True, timeout=wait_s)


def facts_of(catalog: Path, wait_s: float = _WAIT_S) -> dict[str, str]:
    """Return what a job's catalog remembers, by key; nothing if it cannot be read. See ``open_for_reading``."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(open_for_reading(catalog, wait_s)) as connection:
        return {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM meta")}
    return {}


def rows_of(
    connection: sqlite3.Connection, folder: str, after: str | None = None, last: str | None = None
) -> dict[str, Row]:
    """Return the records of one folder, by name, as ``JobDatabase.folder``."""
    query = "SELECT inode, ctime_ns, size_bytes, mtime_ns, name FROM files WHERE folder = ?"
    values = [encode(folder)]
    for condition, name in ((" AND name > ?", after), (" AND name <= ?", last)):
        if name is not None:
            query += condition
            values.append(encode(name))
    return {decode(row[4]): row for row in connection.execute(query, values)}
