"""The catalog: what it remembers, in which form, and what becomes of a file that cannot be used."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.state import pass_log as passlog
from backup_gui.engine.state.database import Fingerprint, JobDatabase, fingerprint_of
from backup_gui.engine.state.integers import signed
from backup_gui.engine.state.schema import SCHEMA_VERSION, refuse_newer_file
from backup_gui.model.errors import CatalogError, NewerDataError, OwnFolderError
from backup_gui.model.plans import Counts, PassStatus, Problem, ProblemCode, Report, Stage
from backup_gui.model.reasons import of_system
from tests.helpers.rig import HOSTILE_NAMES, count_recorded


def entry(inode: int = 7, size_bytes: int = 3, mtime_ns: int = 5, ctime_ns: int = 9) -> os.stat_result:
    fields = [0o100644, inode, 1, 1, 0, 0, size_bytes, 0, 0, 0, *[0.0] * 3, 0, mtime_ns, ctime_ns]
    return os.stat_result(fields)


def fingerprints(catalog: JobDatabase, folder: str) -> dict[str, Fingerprint]:
    return {name: fingerprint_of(row) for name, row in catalog.folder(folder).items()}


@pytest.fixture
def catalog() -> Iterator[JobDatabase]:
    made = JobDatabase.in_memory()
    yield made
    made.close()


def test_a_stat_result_is_made_as_wanted() -> None:
    found = entry()
    assert (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns) == (7, 3, 5, 9)


def test_fingerprints_are_found_by_path_folder_and_inode(catalog: JobDatabase) -> None:
    assert catalog.is_empty()
    for name in HOSTILE_NAMES:
        catalog.record(name, entry(1))
        catalog.record(f"folder/{name}", entry(2))
    assert not catalog.is_empty()
    for name in HOSTILE_NAMES:
        assert catalog.fingerprint(name) == Fingerprint(1, 9, 3, 5)
        assert catalog.fingerprint(f"folder/{name}") == Fingerprint(2, 9, 3, 5)
    assert set(catalog.folder("")) == set(catalog.folder("folder")) == set(HOSTILE_NAMES)
    assert catalog.folder("none") == {}
    assert catalog.fingerprint("none") is None
    assert {path for path, _ in catalog.paths_of(2)} == {f"folder/{name}" for name in HOSTILE_NAMES}
    assert {path for path, _ in catalog.paths_of(1)} == set(HOSTILE_NAMES)
    assert list(catalog.paths_of(3)) == []
    assert count_recorded(catalog) == 2 * len(HOSTILE_NAMES)


def test_what_is_recorded_is_found_at_once_by_every_question(catalog: JobDatabase) -> None:
    catalog.record("a", entry(1))
    assert not catalog.is_empty()
    assert fingerprints(catalog, "") == {"a": Fingerprint(1, 9, 3, 5)}
    catalog.record("a", entry(2))
    assert catalog.fingerprint("a") == Fingerprint(2, 9, 3, 5)
    catalog.record("a", entry(3))
    assert list(catalog.paths_of(3)) == [("a", Fingerprint(3, 9, 3, 5))]
    catalog.record("a", entry(4))
    catalog.forget(["a", "never known"])
    assert catalog.is_empty()


def test_times_that_came_out_otherwise_go_with_their_paths(catalog: JobDatabase) -> None:
    for path in ("docs/a", "docs/deep/b", "DOCS/taken", "docs/taken", "docs", "docs2/c"):
        catalog.record(path, entry())
        catalog.record_stamp(path, len(path))
    catalog.record_stamp("DOCS/taken", 77)
    catalog.respell("docs", "DOCS")
    assert [catalog.stamp(path) for path in ("DOCS/a", "DOCS/deep/b", "DOCS", "docs2/c")] == [6, 11, 4, 7]
    assert catalog.stamp("DOCS/taken") == 77, "what was known under that already stays"
    assert [catalog.stamp(path) for path in ("docs/a", "docs/deep/b", "docs/taken", "docs")] == [None] * 4
    catalog.forget(["DOCS/a"])
    assert (catalog.stamp("DOCS/a"), catalog.stamp("DOCS/deep/b")) == (None, 11)


@pytest.mark.parametrize("inode", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_inode_numbers_of_any_size_come_back_as_they_were(catalog: JobDatabase, inode: int) -> None:
    catalog.record("folder/a", entry(inode))
    wanted = Fingerprint(inode, 9, 3, 5)
    assert catalog.fingerprint("folder/a") == wanted
    assert fingerprints(catalog, "folder") == {"a": wanted}
    assert list(catalog.paths_of(inode)) == [("folder/a", wanted)]


def test_an_inode_number_of_128_bits_does_no_harm(catalog: JobDatabase) -> None:
    # Only Windows has them, but stat results hold what they are given.
    assert signed((1 << 127) + 5) == 5
    assert signed((1 << 127) + (1 << 63)) == -(1 << 63)


@pytest.mark.hazard(33)
def test_times_before_1970_are_kept(catalog: JobDatabase) -> None:
    catalog.record("a", entry(mtime_ns=-1_500_000_000))
    found = catalog.fingerprint("a")
    assert found is not None
    assert found.mtime_ns == -1_500_000_000


def test_many_records_are_written_before_they_are_asked_for(catalog: JobDatabase) -> None:
    for number in range(5_000):
        catalog.record(f"{number % 7}/{number}", entry(number))
    assert len(catalog._pending) < 2_000
    assert count_recorded(catalog) == 5_000


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "job.sqlite"
    first = JobDatabase.open(path)
    first.record("a\udcff", entry())
    first.remember("source", "1 uuid:x")
    first.remember("source", "2 uuid:y")
    first.close()
    second = JobDatabase.open(path)
    assert second.fingerprint("a\udcff") == Fingerprint(7, 9, 3, 5)
    assert (second.fact("source"), second.fact("none")) == ("2 uuid:y", None)
    second.close()
    assert [file.name for file in path.parent.iterdir()] == ["job.sqlite"]


def report(number: int, problems: int = 0) -> Report:
    problem = Problem("p", Stage.COPY, ProblemCode.OTHER, of_system("why"))
    return Report(
        PassStatus.PROBLEMS if problems else PassStatus.COMPLETE,
        float(number),
        0.5,
        number % 2 == 0,
        Counts(1, 2, 3, 4, 5, 6),
        problems=(problem,) * problems,
        reason=of_system("full"),
    )


def test_passes_are_listed_newest_first_and_the_oldest_go(
    catalog: JobDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passlog, "KEPT_PASSES", 5)
    for number in range(8):
        catalog.passlog.add(report(number, problems=number))
    found = catalog.passlog.passes()
    assert [record.started_at for record in found] == [7.0, 6.0, 5.0, 4.0, 3.0]
    newest = found[0]
    assert (newest.is_full, found[1].is_full) == (False, True)
    assert (newest.status, newest.reason, newest.duration_s) == ("problems", "full", 0.5)
    assert (newest.created, newest.replaced, newest.deleted, newest.moved) == (1, 2, 3, 4)
    assert (newest.bytes, newest.problems) == (6, 7)
    assert [record.started_at for record in catalog.passlog.passes(limit=2)] == [7.0, 6.0]


def test_when_everything_was_last_backed_up_is_remembered(tmp_path: Path) -> None:
    first = JobDatabase.open(tmp_path / "job.sqlite")
    assert first.last_complete_at() is None
    first.remember_complete(1_795_389_024.333632)
    first._connection.close()  # as if killed: it is permanent already
    second = JobDatabase.open(tmp_path / "job.sqlite")
    assert second.last_complete_at() == 1_795_389_024.333632
    second.close()


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is not a database, it is a letter" * 100)


def damage_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def set_version(path: Path, number: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()


def be_of_no_version(path: Path) -> None:
    set_version(path, -1)


@pytest.mark.hazard(46)
@pytest.mark.parametrize("harm", [damage_header, damage_middle, truncate, be_of_no_version])
def test_an_unusable_file_is_set_aside_and_replaced(
    tmp_path: Path, harm: object, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "job.sqlite"
    first = JobDatabase.open(path)
    for number in range(500):
        first.record(f"folder {number}/name", entry(number))
    first.close()
    assert callable(harm)
    harm(path)
    harmed = path.read_bytes()
    second = JobDatabase.open(path)
    assert second.is_empty()
    assert second.fact("source") is None
    second.record("a", entry())
    second.close()
    assert (tmp_path / "job.sqlite.damaged").read_bytes() == harmed
    assert "set aside" in caplog.text
    third = JobDatabase.open(path)
    assert count_recorded(third) == 1
    third.close()


@pytest.mark.hazard(46)
@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, SCHEMA_VERSION + 50])
def test_a_file_of_a_newer_version_is_called_newer_and_left_as_it_is(tmp_path: Path, version: int) -> None:
    path = tmp_path / "job.sqlite"
    JobDatabase.open(path).close()
    set_version(path, version)
    before = path.read_bytes()
    with pytest.raises(NewerDataError, match="newer version of this program"):
        JobDatabase.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["job.sqlite"]


# Ends as a crash does: what it wrote is in the log beside the file.
CRASH = """
import os, sqlite3, sys
catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
catalog.execute("PRAGMA journal_mode = WAL")
catalog.execute("INSERT INTO meta VALUES ('source', 'there')")
catalog.execute("BEGIN")
catalog.execute(f"PRAGMA user_version = {sys.argv[2]}")
for number in range(100):
    catalog.execute("INSERT INTO meta VALUES (?, ?)", (str(number), "x" * 500))
catalog.execute("COMMIT")
os._exit(0)
"""


@pytest.mark.hazard(46)
@pytest.mark.parametrize("end", ["whole", "broken off"])
def test_a_newer_version_in_the_log_counts_once_its_transaction_is_whole(tmp_path: Path, end: str) -> None:
    path = tmp_path / "job.sqlite"
    JobDatabase.open(path).close()
    subprocess.run([sys.executable, "-c", CRASH, path, str(SCHEMA_VERSION + 1)], check=True, timeout=60)
    log = path.with_name("job.sqlite-wal")
    if end == "broken off":
        os.truncate(log, log.stat().st_size - 10)
    before = path.read_bytes(), log.read_bytes()
    assert has_first_page_of_version(before[1], SCHEMA_VERSION + 1)
    if end == "whole":
        with pytest.raises(NewerDataError):
            JobDatabase.open(path)
        assert (path.read_bytes(), log.read_bytes()) == before
    else:
        catalog = JobDatabase.open(path)
        assert catalog.fact("source") == "there"
        catalog.close()


def has_first_page_of_version(log: bytes, version: int) -> bool:
    size = int.from_bytes(log[8:12], "big") + 24
    frames = [log[start : start + size] for start in range(32, len(log), size)]
    return any(frame[:4] == b"\0\0\0\1" and frame[84:88] == version.to_bytes(4, "big") for frame in frames)


@pytest.mark.hazard(46)
@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"\x37\x7f\x06\x82" * 20])
def test_another_programs_file_is_of_no_newer_version(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "job.sqlite"
    for file in (path, path.with_name("job.sqlite-wal")):
        file.write_bytes(content)
        refuse_newer_file(path)
    refuse_newer_file(tmp_path / "none")


def test_a_file_that_another_holds_is_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "job.sqlite"
    JobDatabase.open(path).close()
    real = sqlite3.connect

    def connect_at_once(database: Path, **options: object) -> sqlite3.Connection:
        return real(database, **(options | {"timeout": 0.01}))  # type: ignore[call-overload, no-any-return]

    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", connect_at_once)
    try:
        with pytest.raises(CatalogError, match="Another program holds it"):
            JobDatabase.open(path)
    finally:
        holder.close()
    assert not (tmp_path / "job.sqlite.damaged").exists()
    JobDatabase.open(path).close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OwnFolderError, match=re.escape(str(tmp_path / "file"))):
        JobDatabase.open(tmp_path / "file" / "job.sqlite")


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "job.sqlite").mkdir()
    with pytest.raises(CatalogError, match="cannot be opened"):
        JobDatabase.open(tmp_path / "job.sqlite")


def test_damage_that_cannot_be_set_aside_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "job.sqlite"
    damage_header(path)

    def refuse(_old: str, _new: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(CatalogError, match="cannot be written"):
        JobDatabase.open(path)
