"""The catalog: what a job remembers between passes, in one SQLite file in the user's data folder.

For each path that this program put into the mirror, it stores the fingerprint that the source had then. It also stores
the disks and folders of the roots, and what the last passes did. All of it may be lost: a pass without it compares what
exists, and deletes nothing that the mirror itself does not account for.

Paths are stored as bytes, since names need not be valid text.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from backup_gui.engine.fs.privacy import close_file, make_private_file, make_private_folder, own_folder_reason
from backup_gui.engine.state.busy_files import Busy
from backup_gui.engine.state.connection import MemoryConnection, is_without_room
from backup_gui.engine.state.facts import Facts
from backup_gui.engine.state.integers import UNSIGNED, read, signed, stored
from backup_gui.engine.state.integrity import check_mark, doubt, is_of_the_moment, reason_of, set_aside
from backup_gui.engine.state.kept_paths import Kept
from backup_gui.engine.state.pass_log import COMPLETE_KEY, PassLog, complete_at
from backup_gui.engine.state.recent_losses import RecentLosses
from backup_gui.engine.state.rows import Row, rows_of
from backup_gui.engine.state.schema import NewerSchemaError, bring_up_to_date, refuse_newer_file
from backup_gui.model.entries import Entry, Seen
from backup_gui.model.errors import CatalogError, NewerDataError, OwnFolderError
from backup_gui.model.paths import decode, encode, join
from backup_gui.model.reasons import Reason, ReasonCode, of_error

log = logging.getLogger(__name__)

_WRITE_EVERY = 2_000
# How long to wait for another program that writes.
_WAIT_MS = 10_000
# Change time of the source's root whose attributes the mirror has, as far as known.
ROOT_KEY = "root changed at"
MIRROR_FILES_KEY = "mirror files"
# Change time of the destination's root, once a full pass has recorded all names there.
DESTINATION_STAMP_KEY = "destination's root changed at"
# Where the history is, once there is one.
HISTORY_PLACE_KEY = "history lies at"
# Change times that no file can have. UNSEEN_NS marks what the program stored without knowing the source's state then,
# so that the content is compared. LACKING_NS marks what lacks some of its attributes.
UNSEEN_NS = 1 << 100
LACKING_NS = UNSEEN_NS + 1


class Fingerprint(NamedTuple):
    """The state of the source's entry when the mirror was last known to have it."""

    inode: int
    ctime_ns: int
    size_bytes: int
    mtime_ns: int


def fingerprint_of(row: Sequence[Any]) -> Fingerprint:
    """Return the fingerprint at the beginning of a row."""
    return Fingerprint(row[0] & UNSIGNED, *map(read, row[1:4]))


class JobDatabase:
    """The memory of one job. Only one thread may use it at a time. Create it with ``JobDatabase.open``.

    Attributes:
        passlog: What earlier passes did.
        recent: The guard's records of the last hour.
        busy: Records of files that are written again and again.
        kept: What the mirror keeps against the source, by the user's decision.
        facts: Single values, such as the disk of the source.
        fact: Returns one of these by its key; None if it is unknown.
        remember: Remembers one; permanent with the next ``commit``.
    """

    def __init__(self, connection: MemoryConnection) -> None:
        self._connection = connection
        self.passlog = PassLog(connection)
        self.recent = RecentLosses(connection)
        self.kept = Kept(connection)
        self.busy = Busy(connection)
        self.facts = Facts(connection)
        self.fact, self.remember = self.facts.get, self.facts.remember
        # Whether inodes identify files of the source; not on file systems that renumber them.
        self.trusts_inodes = True
        self._has_index = False
        self._last_folder = "", b""
        self._pending: list[tuple[bytes, bytes, int, int, int, int]] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a catalog at a path; create it, and its folder, if necessary.

        A damaged file is renamed and replaced by an empty one. On a full disk its content is copied into memory, see
        ``resume``.

        Raises:
            CatalogError: Not even an empty one could be created.
            NewerDataError: A later version wrote it; the file is not changed.
            OwnFolderError: The folder cannot be created or used.
        """
        make_private_folder(path.parent)
        for beside in (f"{path.name}-wal", f"{path.name}-shm"):
            close_file(path.with_name(beside))
        memory = MemoryConnection(path, _connect)
        try:
            return cls._opened_or_rebuilt(memory, path)
        except BaseException:
            memory.discard()
            raise

    @classmethod
    def _opened_or_rebuilt(cls, memory: MemoryConnection, path: Path) -> Self:
        for _ in range(2):
            try:
                return cls._opened(memory, path)
            except NewerSchemaError as error:
                raise _newer_data(path) from error
            except sqlite3.DatabaseError as error:
                if is_of_the_moment(error, path):
                    # It is locked or may not be opened: another process's healthy file must not be set aside.
                    raise CatalogError(
                        Reason(ReasonCode.DATA_UNOPENED, detail=reason_of(error), path=str(path))
                    ) from error
                log.warning("The catalog %s cannot be used (%s); it is set aside and rebuilt.", path, error)
                fault = error
            except OSError as error:
                raise CatalogError(Reason(ReasonCode.DATA_UNOPENED, detail=of_error(error), path=str(path))) from error
            try:
                set_aside(path)
            except OSError as error:
                raise CatalogError(Reason(ReasonCode.DATA_UNWRITTEN, detail=of_error(error), path=str(path))) from error
        raise CatalogError(Reason(ReasonCode.DATA_UNWRITTEN, detail=reason_of(fault), path=str(path))) from fault

    @classmethod
    def _opened(cls, memory: MemoryConnection, path: Path) -> Self:
        try:
            make_private_file(path)
            memory.open()
        except (sqlite3.DatabaseError, OSError) as error:
            if not is_without_room(error, path):
                raise
            memory.stand_in()
            bring_up_to_date(memory)
        return cls(memory)

    @classmethod
    def in_memory(cls) -> Self:
        """Create an empty catalog that is forgotten when closed."""
        memory = MemoryConnection()
        bring_up_to_date(memory)
        return cls(memory)

    @property
    def file(self) -> Path | None:
        """Return the file with everything; None if the catalog is forgotten when closed, or its disk is full."""
        return self._connection.file

    def resume(self) -> None:
        """Write to the file again, if that was impossible and is possible now."""
        self._connection.resume()

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self.commit()
        self._connection.close()

    # Fingerprints

    def folder(self, path: str, after: str | None = None, last: str | None = None) -> dict[str, Row]:
        """Return what this program put into one folder of the mirror, by name; see ``fingerprint_of``.

        Only names after ``after``, in the order of their bytes, up to and including ``last``.
        """
        if self._pending:
            self._write()
        return rows_of(self._connection, path, after, last)

    def names_in(self, path: str) -> Iterator[str]:
        """Yield the names that this program put into one folder of the mirror."""
        if self._pending:
            self._write()
        for (name,) in self._connection.execute("SELECT name FROM files WHERE folder = ?", (encode(path),)):
            yield decode(name)

    def fingerprint(self, path: str) -> Fingerprint | None:
        """Return the fingerprint of one path, or None if this program did not put anything there."""
        if self._pending:
            self._write()
        row = self._connection.execute(
            "SELECT inode, ctime_ns, size_bytes, mtime_ns FROM files WHERE folder = ? AND name = ?", _key(path)
        ).fetchone()
        return None if row is None else fingerprint_of(row)

    def paths_of(self, inode: int) -> Iterator[tuple[str, Fingerprint]]:
        """Return the paths recorded with a source inode, for finding moves; none where inodes are not stable."""
        if not self.trusts_inodes:
            return
        self._prepare_for_inodes()
        rows = self._connection.execute(
            "SELECT inode, ctime_ns, size_bytes, mtime_ns, folder, name FROM files WHERE inode = ?", (signed(inode),)
        ).fetchall()
        for row in rows:
            yield join(decode(row[4]), decode(row[5])), fingerprint_of(row)

    def other_names(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield names in a folder that have further hard links, each with one of those paths."""
        self._prepare_for_inodes()
        rows = self._connection.execute(
            "SELECT this.name, other.folder, other.name FROM files AS this JOIN files AS other USING (inode)"
            " WHERE this.folder = ? AND (other.folder, other.name) <> (this.folder, this.name)",
            (encode(folder),),
        ).fetchall()
        for name, other_folder, other_name in rows:
            yield decode(name), join(decode(other_folder), decode(other_name))

    def is_empty(self) -> bool:
        """Tell whether no path is recorded."""
        return not self._pending and self._connection.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None

    def record(self, path: str, entry: Entry | Seen) -> None:
        """Record that the mirror has the source's entry. Records are collected in memory and written in batches."""
        folder, _, name = path.rpartition("/")
        if folder != self._last_folder[0]:
            self._last_folder = folder, encode(folder)
        self._pending.append(
            (
                self._last_folder[1],
                encode(name),
                signed(entry.st_ino),
                entry.st_ctime_ns,
                entry.st_size,
                entry.st_mtime_ns,
            )
        )
        if len(self._pending) >= _WRITE_EVERY:
            self._write()

    def forget(self, paths: Iterable[str]) -> None:
        """Remove the records of paths that have left the mirror."""
        self._write()
        keys = [_key(path) for path in paths]
        self._connection.executemany("DELETE FROM files WHERE folder = ? AND name = ?", keys)
        self._connection.executemany("DELETE FROM stamps WHERE folder = ? AND name = ?", keys)

    def forget_mirror(self) -> None:
        """Forget everything about the mirror, because it is another one."""
        self._pending.clear()
        for table in ("files", "stamps", "intended"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - both are from here
        self.kept.release()
        self.busy.forget()
        self.facts.forget((ROOT_KEY, MIRROR_FILES_KEY, DESTINATION_STAMP_KEY, HISTORY_PLACE_KEY))

    def forget_kept_lately(self) -> None:
        """Permanently forget the recent versions, because files are about to be restored into the source.

        What they replace is then only in the mirror. The history must keep it, even if it got another version of the
        path less than a minute ago.
        """
        self.busy.forget_kept()
        self.commit()

    def respell(self, old_path: str, new_path: str) -> None:
        """Rename the records of a path and of everything below it. Existing records under the new spelling stay."""
        self._write()
        old, new = encode(old_path), encode(new_path)
        changes = (
            ("SET folder = ?, name = ? WHERE folder = ? AND name = ?", (*_key(new_path), *_key(old_path))),
            ("SET folder = ? WHERE folder = ?", (new, old)),
            (
                "SET folder = CAST(? || substr(folder, ?) AS BLOB) WHERE substr(folder, 1, ?) = ?",
                (new + b"/", len(old) + 2, len(old) + 1, old + b"/"),
            ),
        )
        rests = (
            ("WHERE folder = ? AND name = ?", _key(old_path)),
            ("WHERE folder = ? OR substr(folder, 1, ?) = ?", (old, len(old) + 1, old + b"/")),
        )
        for table in ("files", "stamps"):
            for change, values in changes:
                self._connection.execute(f"UPDATE OR IGNORE {table} {change}", values)
            for rest, keys in rests:
                self._connection.execute(f"DELETE FROM {table} {rest}", keys)  # noqa: S608 - both are from here

    # Times that the mirror stores differently

    def record_stamp(self, path: str, mtime_ns: int) -> None:
        """Record the mirror's time of a file where it differs from the source's."""
        self._connection.execute("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", (*_key(path), stored(mtime_ns)))

    def stamp(self, path: str) -> int | None:
        """Return the time that the mirror's file had after it was copied; None if it was the source's."""
        query = "SELECT mtime_ns FROM stamps WHERE folder = ? AND name = ?"
        row = self._connection.execute(query, _key(path)).fetchone()
        return None if row is None else read(row[0])

    def commit(self) -> None:
        """Make everything so far permanent."""
        self._write()
        self._connection.commit()

    # Intended changes

    def intend(self, found: Iterable[tuple[str, Seen]]) -> None:
        """Record the state that paths of the mirror are about to get. It is on the disk when this returns."""
        rows = [
            (encode(path), signed(seen.st_ino), *map(stored, (seen.st_ctime_ns, seen.st_size, seen.st_mtime_ns)))
            for path, seen in found
        ]
        self.commit()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executemany("INSERT OR REPLACE INTO intended VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.commit()
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def intended(self) -> list[tuple[str, Fingerprint]]:
        """Return the intended changes that were not completed."""
        rows = self._connection.execute("SELECT inode, ctime_ns, size_bytes, mtime_ns, path FROM intended").fetchall()
        return [(decode(row[4]), fingerprint_of(row)) for row in rows]

    def fulfil(self) -> None:
        """Remove the intended changes with the next ``commit``, because they are recorded now."""
        self._connection.execute("DELETE FROM intended")

    # Facts

    def last_complete_at(self) -> float | None:
        """Return when everything was last backed up, seconds since 1970, UTC; None if never."""
        return complete_at(self.fact(COMPLETE_KEY))

    def remember_complete(self, at: float) -> None:
        """Record that everything was backed up at a time, seconds since 1970, UTC."""
        self.remember(COMPLETE_KEY, repr(at))
        self.commit()

    def _prepare_for_inodes(self) -> None:
        """Write what is pending, and create the index of inodes."""
        if self._pending:
            self._write()
        if not self._has_index:
            # Created at the first search for moves: a first copy has none, and is a twentieth faster without it.
            self._connection.execute("CREATE INDEX IF NOT EXISTS files_by_inode ON files (inode)")
            self._has_index = True

    def _write(self) -> None:
        if self._pending:
            statement = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)"
            try:
                self._connection.executemany(statement, self._pending)
            except OverflowError:
                # Hardly any file has such numbers, so checking in advance would cost more.
                rows = [(*row[:3], *map(stored, row[3:])) for row in self._pending]
                self._connection.executemany(statement, rows)
            self._pending.clear()


def _key(path: str) -> tuple[bytes, bytes]:
    """Return a path's folder and name, as the tables have them."""
    folder, _, name = encode(path).rpartition(b"/")
    return folder, name


def refuse_newer_catalog(path: Path) -> None:
    """Refuse a catalog that a later version wrote, before it is read, and write nothing. It need not exist.

    Raises:
        NewerDataError: A later version wrote it.
    """
    try:
        refuse_newer_file(path)
    except NewerSchemaError as error:
        raise _newer_data(path) from error


def _newer_data(path: Path) -> NewerDataError:
    return NewerDataError(Reason(ReasonCode.DATA_NEWER, path=str(path)))


def _connect(path: Path) -> sqlite3.Connection:
    """Open and check one file; ``sqlite3.DatabaseError`` if it is no catalog, is damaged, or cannot be opened."""
    refuse_newer_file(path)
    connection = sqlite3.connect(path, timeout=_WAIT_MS / 1_000, check_same_thread=False, isolation_level="DEFERRED")
    try:
        # Losing the last moments in a power cut costs another comparison, never data, so no additional flush is needed.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its content is damaged")
        check_mark(connection, path, _WAIT_MS)
        bring_up_to_date(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    except UnicodeDecodeError as error:
        # SQLite's error message quotes a damaged part of the file.
        connection.close()
        raise sqlite3.DatabaseError("its content is damaged") from error
    return connection


class LazyDatabase:
    """A catalog that is opened on first use."""

    def __init__(self, path: Path, open_catalog: Callable[[Path], JobDatabase]) -> None:
        self._path = path
        self._open_catalog = open_catalog
        self._catalog: JobDatabase | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the catalog is open."""
        return self._catalog is not None

    def catalog(self) -> JobDatabase:
        """Return the catalog, opened; ``BackupError`` if it cannot be opened, or its folder cannot be used."""
        if self._catalog is None:
            make_private_folder(self._path.parent)
            try:
                self._catalog = self._open_catalog(self._path)
            except OSError as error:
                raise OwnFolderError(own_folder_reason(self._path.parent, error)) from error
        else:
            self._catalog.resume()
        return self._catalog

    def close(self) -> None:
        """Close the catalog, if it is open."""
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.close()

    def doubt(self) -> None:
        """Close a catalog whose state is unknown and check its file; opening it again repairs or replaces it."""
        try:
            self.close()
        except sqlite3.DatabaseError as error:
            log.warning("The catalog could not be closed: %s", error)
        doubt(self._path)
