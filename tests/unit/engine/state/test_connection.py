"""What a catalog does while its file cannot be written, and when it can be again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backup_gui.engine.state import connection as memory_module
from backup_gui.engine.state import database as catalog_module
from backup_gui.engine.state.database import JobDatabase
from tests.helpers.rig import count_recorded
from tests.unit.engine.state.test_database import entry

MANY = 3_000


class Disk:
    """The disk of one catalog, which can become full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: list[sqlite3.Connection] = []
        self.is_full = False

    def connect(self, real: Callable[[Path], sqlite3.Connection]) -> Callable[[Path], sqlite3.Connection]:
        def connect(path: Path) -> sqlite3.Connection:
            file = real(path)
            self.files.append(file)
            self._limit(file)
            return file

        return connect

    def fill(self) -> None:
        self.is_full = True
        for file in self.files:
            self._limit(file)

    def _limit(self, file: sqlite3.Connection) -> None:
        pages = file.execute("PRAGMA page_count").fetchone()[0] if self.is_full else 1 << 30
        file.execute(f"PRAGMA max_page_count = {pages}")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "job.sqlite")
    monkeypatch.setattr(catalog_module, "_connect", disk.connect(catalog_module._connect))
    monkeypatch.setattr(memory_module, "_TRY_EVERY_S", 0.0)
    return disk


@pytest.fixture
def catalog(disk: Disk) -> Iterator[JobDatabase]:
    made = JobDatabase.open(disk.path)
    yield made
    # Some tests close it themselves.
    with contextlib.suppress(sqlite3.ProgrammingError):
        made.close()


def record_many(catalog: JobDatabase, folder: str) -> None:
    for number in range(MANY):
        catalog.record(f"{folder}/{number}", entry(number + 1))
    catalog.commit()


@pytest.mark.hazard(67)
def test_on_a_full_disk_everything_goes_on_with_what_is_known(
    catalog: JobDatabase, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    catalog.remember("source", "a drive")
    record_many(catalog, "before")
    disk.fill()
    record_many(catalog, "after")
    catalog.remember("late", "x" * 10_000)
    assert catalog.file is None, "the other process must not read what is old"
    assert (count_recorded(catalog), catalog.fact("source"), len(catalog.folder("before"))) == (
        2 * MANY,
        "a drive",
        MANY,
    )
    assert catalog.fact("late") == "x" * 10_000
    (record,) = [record for record in caplog.records if "is full" in record.message]
    assert str(disk.path) in record.message


@pytest.mark.hazard(67)
def test_when_there_is_room_again_everything_is_remembered(catalog: JobDatabase, disk: Disk) -> None:
    record_many(catalog, "before")
    disk.fill()
    record_many(catalog, "after")
    catalog.resume()
    assert catalog.file is None
    disk.is_full = False
    catalog.resume()
    assert catalog.file == disk.path
    record_many(catalog, "later")
    catalog.close()
    again = JobDatabase.open(disk.path)
    assert count_recorded(again) == 3 * MANY
    again.close()


def test_what_memory_has_is_written_at_the_end_if_there_is_room(catalog: JobDatabase, disk: Disk) -> None:
    disk.fill()
    record_many(catalog, "after")
    disk.is_full = False
    catalog.close()
    again = JobDatabase.open(disk.path)
    assert count_recorded(again) == MANY
    again.close()


def test_without_enough_room_nothing_is_written_back(
    catalog: JobDatabase, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.fill()
    record_many(catalog, "after")
    disk.is_full = False
    monkeypatch.setattr(memory_module, "room_bytes", lambda _folder: 1 << 10)
    catalog.resume()
    assert catalog.file is None


@pytest.mark.hazard(67)
def test_a_file_that_a_full_disk_keeps_from_being_opened_is_read_all_the_same(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = JobDatabase.open(disk.path)
    record_many(first, "before")
    first.close()

    def refuse(_path: Path) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    connect = catalog_module._connect
    monkeypatch.setattr(catalog_module, "_connect", refuse)
    catalog = JobDatabase.open(disk.path)
    assert (catalog.file, count_recorded(catalog)) == (None, MANY)
    catalog._connection._connect = connect
    catalog.resume()
    assert catalog.file == disk.path
    catalog.close()
    assert [file.name for file in disk.path.parent.iterdir()] == ["job.sqlite"]


@pytest.mark.hazard(67)
def test_a_disk_with_next_to_no_room_is_left_alone_before_it_is_full(
    catalog: JobDatabase, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_many(catalog, "before")
    monkeypatch.setattr(memory_module, "room_bytes", lambda _folder: 1 << 10)
    catalog.resume()
    assert (catalog.file, count_recorded(catalog)) == (None, MANY)
    second = JobDatabase.open(disk.path.with_name("other.sqlite"))
    assert second.file is None
    second.close()


def test_other_errors_are_not_taken_for_a_full_disk(catalog: JobDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        catalog._connection.execute("SELECT 1 FROM missing")
    assert catalog.file is not None
