"""The catalog's database connection, which continues in memory while its file cannot be written.

A backup must not stop because the disk with the program's own data is full. The file's content is then copied into
memory, the pass continues with that, and it is written back once there is space again. What is lost in between costs
another comparison, but no file.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from backup_gui.engine.fs.volumes.room import give_place, room_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

log = logging.getLogger(__name__)

# Checking for space is cheap; a write-back that fails is not.
_TRY_EVERY_S = 5.0
_SPARE_BYTES = 128 << 10
# With less free space, the file is not used.
_LEAST_BYTES = 128 << 10
# SQLite shares memory through a file beside the database, and allocates each page on the disk by writing its last byte.
# If blocks are smaller than pages, the rest of a page is not allocated, and writing to it on a full disk kills the
# process.
_PAGE_BYTES = 4_096
# Enough for a log of 8,000 pages; SQLite empties it at 1,000 as soon as it has no readers.
# RACE: if the log grows beyond this while the disk fills up, writing can still kill the process on such a drive.
_SHARED_BYTES = 64 << 10
# Errors of writing on a full disk, over a quota, or on a drive that became read-only.
_UNWRITABLE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})
_UNWRITABLE_IN_DETAIL = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMMAP,
    }
)
_PRIMARY_CODE = 0xFF
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_unwritable(error: sqlite3.Error) -> bool:
    """Tell whether the file cannot be written because of missing space or the state of the drive."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code in _UNWRITABLE_IN_DETAIL or code & _PRIMARY_CODE in _UNWRITABLE


def is_without_room(error: sqlite3.Error | OSError, path: Path) -> bool:
    """Tell whether opening a file failed because its disk is full, rather than because the file is damaged.

    SQLite needs some space beside a file to open it, and reports the lack of it with several codes.
    """
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & _PRIMARY_CODE == sqlite3.SQLITE_FULL:
        return True
    is_doubtful = code in _UNWRITABLE_IN_DETAIL or code & _PRIMARY_CODE == sqlite3.SQLITE_CANTOPEN
    return is_doubtful and room_bytes(path.parent) < _SPARE_BYTES


class MemoryConnection(sqlite3.Connection):
    """An in-memory database that forwards everything to a file as long as the file can be written.

    Args:
        path: The file; None for a database that is forgotten when closed.
        connect: Opens and checks the file, and migrates it.

    Attributes:
        moves: How often it has gone on in memory, or in the file again.
    """

    def __init__(
        self,
        path: Path | None = None,
        connect: Callable[[Path], sqlite3.Connection] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(":memory:", check_same_thread=False, isolation_level="DEFERRED")
        self._path = path
        self._connect = connect
        self._clock = clock
        self._file: sqlite3.Connection | None = None
        self._next_try_s = 0.0
        self.moves = 0

    @property
    def file(self) -> Path | None:
        """Return the file if it contains everything, otherwise None."""
        return None if self._file is None else self._path

    def open(self) -> None:
        """Open the file; ``sqlite3.DatabaseError`` if it cannot be opened or used.

        Raises:
            sqlite3.DatabaseError: It cannot be opened or used.
        """
        if self._connect is not None and self._path is not None:
            if room_bytes(self._path.parent) < _LEAST_BYTES:
                raise _full()
            self._file = self._opened(self._connect, self._path)

    def stand_in(self) -> None:
        """Copy the file's content into memory, without opening it for writing; an error if it cannot be read.

        Raises:
            sqlite3.Error: It cannot be read.
        """
        self._tell()
        if self._path is None or not self._path.exists() or not self._path.stat().st_size:
            return
        # ``immutable`` avoids the shared-memory file, which needs space. The last moments before a crash may be
        # missing, which costs another comparison.
        self._take(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1")

    def resume(self) -> bool:
        """Write everything back into the file if that was impossible before and there is space now.

        Returns:
            Whether the file contains everything.
        """
        if self._file is not None and self._path is not None:
            if room_bytes(self._path.parent) < _LEAST_BYTES:
                self._go_on_without(_full())
            return self._file is not None
        if self._path is None or self._connect is None or self._clock() < self._next_try_s:
            return False
        self._next_try_s = self._clock() + _TRY_EVERY_S
        super().commit()
        pages, page_bytes = (super(MemoryConnection, self).execute(f"PRAGMA {name}").fetchone()[0] for name in _SIZES)
        # The content is written twice: to the log beside the file, and to the file.
        if room_bytes(self._path.parent) < 2 * pages * page_bytes + _SPARE_BYTES:
            return False
        try:
            file = self._opened(self._connect, self._path)
        except (sqlite3.Error, OSError) as error:
            log.debug("The program's own data cannot be opened yet: %s", error)
            return False
        try:
            super().backup(file)
            file.commit()
        except sqlite3.Error as error:
            log.debug("The program's own data cannot be written yet: %s", error)
            file.close()
            return False
        self._file = file
        self.moves += 1
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in super().execute(tables).fetchall():
            super().execute(f'DROP TABLE "{table}"')
        super().commit()
        log.warning("The program's own data can be written again: %s", self._path)
        return True

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as its base takes it
        """Execute a statement in the file, or in memory."""
        if self._file is not None:
            try:
                return self._file.execute(sql, parameters)
            except sqlite3.OperationalError as error:
                self._go_on_without(error)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Execute a statement for each row, as ``execute`` does."""
        rows = parameters if isinstance(parameters, list) else list(parameters)
        if self._file is not None:
            try:
                return self._file.executemany(sql, rows)
            except sqlite3.OperationalError as error:
                self._go_on_without(error)
        return super().executemany(sql, rows)

    def commit(self) -> None:
        """Make the changes permanent if there is a file."""
        if self._file is None:
            super().commit()
            return
        try:
            self._file.commit()
        except sqlite3.OperationalError as error:
            # Changes that were not yet permanent are lost; the next comparison finds them again.
            self._go_on_without(error)

    def close(self) -> None:
        """Close the file; if there is space, first write back what only memory has."""
        self._next_try_s = 0.0
        if self._file is None:
            self.resume()
        self.discard()

    def discard(self) -> None:
        """Close everything; what only memory has is lost."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
        super().close()

    def _go_on_without(self, error: sqlite3.OperationalError) -> None:
        """Copy the permanent content into memory, and stop using the file.

        Raises:
            sqlite3.Error: The error has another cause, or the file cannot be read either.
        """
        file = self._file
        if file is None or not is_unwritable(error):
            raise error
        with contextlib.suppress(sqlite3.Error):
            file.rollback()
        try:
            file.backup(self)
        except sqlite3.Error:
            raise error from None
        self._file = None
        self.moves += 1
        with contextlib.suppress(sqlite3.Error):
            file.close()
        self._next_try_s = self._clock() + _TRY_EVERY_S
        self._tell()

    def _opened(self, connect: Callable[[Path], sqlite3.Connection], path: Path) -> sqlite3.Connection:
        file = connect(path)
        try:
            give_place(os.path.realpath(path) + "-shm", _SHARED_BYTES, _PAGE_BYTES)
        except OSError as error:
            # Other failures, such as a missing /proc, are ignored.
            if error.errno in _NO_ROOM:
                file.close()
                raise _full() from error
        return file

    def _take(self, uri: str) -> None:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as file:
            if file.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("its content is damaged")
            file.backup(self)

    def _tell(self) -> None:
        log.error(
            "The disk of the program's own data is full, or cannot be written to: %s. The backup goes on, but nothing"
            " new is remembered until there is room.",
            self._path,
        )


_SIZES = ("page_count", "page_size")


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error
