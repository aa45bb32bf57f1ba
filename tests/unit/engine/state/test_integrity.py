"""A catalog file is set aside for what is wrong in it, and never for what is wrong around it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.integrity import doubt, is_of_the_moment
from backup_gui.model import paths


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "job.sqlite"
    catalog = JobDatabase.open(path)
    for number in range(500):
        catalog.record(f"folder {number}/name", os.stat(tmp_path))
    catalog.close()
    return path


def names(file: Path) -> set[str]:
    return {entry.name for entry in file.parent.iterdir()}


def test_a_sound_file_and_an_absent_one_are_left_as_they_are(file: Path, tmp_path: Path) -> None:
    doubt(file)
    doubt(tmp_path / "absent.sqlite")
    assert names(file) == {"job.sqlite"}


def test_a_file_that_is_none_of_ours_is_set_aside(file: Path) -> None:
    file.write_bytes(b"no catalog at all" * 1_000)
    doubt(file)
    assert names(file) == {"job.sqlite.damaged"}


def test_a_file_of_bad_form_is_set_aside(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    doubt(file)
    assert names(file) == {"job.sqlite.damaged"}


@pytest.mark.parametrize("is_path", [True, False])
def test_a_file_with_a_value_that_is_no_path_on_windows_is_set_aside(
    file: Path, monkeypatch: pytest.MonkeyPatch, *, is_path: bool
) -> None:
    # Elsewhere all bytes are those of a path.
    monkeypatch.setattr(paths, "_ENCODING_ERRORS", "surrogatepass")
    with closing(sqlite3.connect(file)) as connection, connection:
        name = b"half \xed\xb3\xbf" if is_path else b"\xff"
        connection.execute("UPDATE files SET name = ? WHERE folder = ?", (name, b"folder 7"))
    doubt(file)
    assert names(file) == {"job.sqlite" if is_path else "job.sqlite.damaged"}


# Where a file says which formats are needed to write and to read it.
@pytest.mark.parametrize("mark", [0x12, 0x13])
def test_a_file_that_one_bit_marks_as_one_to_be_read_only_is_set_aside(file: Path, mark: int) -> None:
    content = bytearray(file.read_bytes())
    content[mark] ^= 1
    file.write_bytes(content)
    catalog = JobDatabase.open(file)
    catalog.remember("key", "value")
    catalog.commit()
    catalog.close()
    assert "job.sqlite.damaged" in names(file)


def test_a_catalog_that_another_program_writes_to_is_opened_at_once(file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        began_s = time.monotonic()
        JobDatabase.open(file).close()
        # Waiting for the other one takes ten seconds.
        assert time.monotonic() - began_s < 5
    finally:
        other.close()
    assert "job.sqlite.damaged" not in names(file)


def test_a_file_that_is_busy_is_left_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(sqlite3, "connect", refuse)
    doubt(file)
    assert names(file) == {"job.sqlite"}


@pytest.mark.parametrize(
    ("code", "is_of_moment"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_CANTOPEN, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR_READ, True),
        (sqlite3.SQLITE_IOERR_SHORT_READ, False),
        (sqlite3.SQLITE_READONLY, False),
        (sqlite3.SQLITE_ERROR, False),
    ],
)
def test_an_error_is_the_moments_or_the_files(file: Path, code: int, *, is_of_moment: bool) -> None:
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorcode = code
    assert is_of_the_moment(error, file) is is_of_moment
    assert not is_of_the_moment(sqlite3.DatabaseError("malformed"), file)
