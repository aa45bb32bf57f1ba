"""What earlier passes did, path by path: pages, search, kinds, bounds, and catalogs of the version before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.apply.pass_recorder import PassRecorder
from backup_gui.engine.state import pass_log as passlog
from backup_gui.engine.state import schema
from backup_gui.engine.state.database import Fingerprint, JobDatabase
from backup_gui.engine.state.pass_log import Change, PassLog
from backup_gui.engine.state.rows import open_for_reading
from backup_gui.model.entries import EntryKind
from backup_gui.model.paths import encode
from backup_gui.model.plans import Counts, Op, PassStatus, ProblemCode, Report, Stage
from backup_gui.model.problems import problem
from tests.helpers.rig import HOSTILE_NAMES, Rig
from tests.helpers.systems import IS_POSIX

FILE, FOLDER = EntryKind.FILE, EntryKind.FOLDER

# As the first version made it.
FIRST_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    folder BLOB NOT NULL, name BLOB NOT NULL,
    inode INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE TABLE passes (
    id INTEGER PRIMARY KEY, started_at REAL NOT NULL, duration_s REAL NOT NULL, is_full INTEGER NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL,
    created INTEGER NOT NULL, replaced INTEGER NOT NULL, deleted INTEGER NOT NULL, moved INTEGER NOT NULL,
    bytes INTEGER NOT NULL, problems INTEGER NOT NULL);
CREATE INDEX files_by_inode ON files (inode);
INSERT INTO meta VALUES ('mirror files', '7');
INSERT INTO files VALUES (X'646F6373', X'61FF', 7, 9, 3, 5);
INSERT INTO passes VALUES (4, 12.5, 0.5, 1, 'complete', '', 1, 2, 3, 4, 5, 0);
PRAGMA user_version = 1;
"""


@pytest.fixture
def catalog() -> Iterator[JobDatabase]:
    made = JobDatabase.in_memory()
    yield made
    made.close()


def report(at: float = 0.0, **counts: int) -> Report:
    return Report(PassStatus.COMPLETE, at, 0.5, is_full=False, counts=Counts(**counts))


def gone(*paths: str) -> list[Change]:
    return [Change(Op.DELETE, FILE, path, stored=f"{path}~20251122-210605Z") for path in paths]


def test_changes_come_back_as_they_were(catalog: JobDatabase) -> None:
    changes = [
        *(Change(Op.REPLACE, FILE, name, old_kind=FOLDER, stored=f"kept/{name}") for name in HOSTILE_NAMES),
        Change(Op.MOVE, EntryKind.LINK, "new", old_path="old\udcff"),
        Change(Op.DELETE, FOLDER, "folder"),
    ]
    key = catalog.passlog.add(report(5.0, replaced=len(HOSTILE_NAMES)), changes, is_whole=True)
    found = catalog.passlog.find(key)
    assert found is not None
    assert (found.id, found.started_at, found.recorded, found.is_whole) == (key, 5.0, len(changes), True)
    assert catalog.passlog.changes(key, limit=-1) == changes
    assert catalog.passlog.changes(key, 2) == changes[:2]
    assert catalog.passlog.changes(key + 1) == []
    assert catalog.passlog.find(key + 1) is None


def test_changes_are_chosen_by_kind(catalog: JobDatabase) -> None:
    move, new = Change(Op.MOVE, FILE, "new", old_path="old/report"), Change(Op.CREATE, FILE, "axb")
    key = catalog.passlog.add(report(deleted=1, moved=1, created=1), [*gone("a"), move, new])
    other = catalog.passlog.add(report(created=1), [Change(Op.CREATE, FILE, "else")])
    assert catalog.passlog.changes(key, ops=frozenset({Op.MOVE, Op.CREATE})) == [move, new]
    assert catalog.passlog.changes(other, ops=frozenset({Op.DELETE})) == []


def test_a_pass_that_lacks_only_what_has_no_content_is_logged_as_complete(catalog: JobDatabase) -> None:
    pipe, other = problem(ProblemCode.SPECIAL_FILE, "pipe", Stage.COMPARE), problem(ProblemCode.OTHER, "a", Stage.COPY)
    log = catalog.passlog
    for found in ((pipe,), (pipe, other)):
        log.add(report()._replace(status=PassStatus.PROBLEMS, problems=found))
    newest = log.passes()
    assert [(one.status, one.problems) for one in newest] == [("problems", 1), ("complete", 0)]


def test_folders_are_not_counted_as_files(catalog: JobDatabase) -> None:
    catalog.passlog.add(report(created=13, deleted=4, moved=2)._replace(folders=Counts(created=10, moved=1)))
    (newest,) = catalog.passlog.passes()
    assert (newest.created, newest.deleted, newest.moved) == (3, 4, 1)


def test_the_paths_of_the_oldest_passes_go_first(catalog: JobDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passlog, "KEPT_CHANGES", 100)
    keys = [catalog.passlog.add(report(deleted=30), gone(*map(str, range(30))), is_whole=True) for _ in range(6)]
    known = [len(catalog.passlog.changes(key)) for key in keys]
    assert known == [0, 0, 0, 30, 30, 30]
    for key, count in zip(keys, known, strict=True):
        found = catalog.passlog.find(key)
        assert found is not None
        assert (found.deleted, found.recorded, found.is_whole) == (30, count, bool(count))


def test_the_bound_holds_after_a_restart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passlog, "KEPT_CHANGES", 100)
    for _ in range(10):
        opened = JobDatabase.open(tmp_path / "job.sqlite")
        opened.passlog.add(report(deleted=30), gone(*map(str, range(30))), is_whole=True)
        opened.close()
    opened = JobDatabase.open(tmp_path / "job.sqlite")
    assert sum(found.recorded for found in opened.passlog.passes()) <= 100
    assert opened._connection.execute("SELECT count(*) FROM changes").fetchone()[0] <= 100
    opened.close()


def test_the_paths_of_passes_that_are_gone_go_with_them(catalog: JobDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passlog, "KEPT_PASSES", 2)
    keys = [catalog.passlog.add(report(deleted=1), gone("a")) for _ in range(4)]
    assert [len(catalog.passlog.changes(key)) for key in keys] == [0, 0, 1, 1]


def test_what_later_passes_changed_is_known_unless_one_is_not_known_by_name(catalog: JobDatabase) -> None:
    first = catalog.passlog.add(report(deleted=1), gone("a"), is_whole=True)
    move = Change(Op.MOVE, FILE, "b", old_path="c")
    second = catalog.passlog.add(report(moved=1), [move], is_whole=True)
    catalog.passlog.add(report(), is_whole=False)
    assert catalog.passlog.paths_changed_after(first) == {"b", "c"}
    assert catalog.passlog.paths_changed_after(second) == set()
    catalog.passlog.add(report(created=5_000), is_whole=False)
    assert catalog.passlog.paths_changed_after(first) is None


def test_passes_are_read_beside_the_job_that_writes_them(tmp_path: Path) -> None:
    path = tmp_path / ("with blank?#" if IS_POSIX else "with blank#") / "job.sqlite"
    with pytest.raises(sqlite3.Error):
        open_for_reading(path)
    assert not path.parent.exists()
    writer = JobDatabase.open(path)
    key = writer.passlog.add(report(deleted=1), gone("a"))
    writer.commit()
    connection = open_for_reading(path)
    log = PassLog(connection)
    try:
        assert [found.id for found in log.passes()] == [key]
        assert log.changes(key) == gone("a")
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM passes")
    finally:
        connection.close()
    writer.close()


# What passes note


def test_a_pass_notes_what_it_did_and_where_the_old_content_went(rig: Rig) -> None:
    rig.write("moved", "to be moved")
    rig.write("docs/replaced", "old")
    rig.write("docs/deleted", "gone")
    rig.run()
    (rig.source / "moved").rename(rig.source / "elsewhere")
    rig.write("docs/replaced", "new one")
    (rig.source / "docs/deleted").unlink()
    rig.write("created", "new")
    rig.run()
    newest = rig.catalog.passlog.passes()[0]
    assert (newest.is_whole, newest.recorded) == (True, 4)
    changes = {change.path: change for change in rig.catalog.passlog.changes(newest.id)}
    assert {path: change.op for path, change in changes.items()} == {
        "elsewhere": Op.MOVE,
        "docs/replaced": Op.REPLACE,
        "docs/deleted": Op.DELETE,
        "created": Op.CREATE,
    }
    assert changes["elsewhere"].old_path == "moved"
    for path, content in (("docs/replaced", "old"), ("docs/deleted", "gone")):
        stored = changes[path].stored
        assert stored is not None
        assert (rig.history / stored).read_text() == content


def test_a_first_copy_of_many_files_notes_no_names(rig: Rig) -> None:
    for number in range(1_001):
        rig.write(f"{number}", "x")
    rig.run()
    (found,) = rig.catalog.passlog.passes()
    assert (found.created, found.recorded, found.is_whole) == (1_001, 0, False)
    assert rig.catalog._connection.execute("SELECT count(*) FROM recent").fetchone() == (0,)


def test_a_pass_with_more_than_can_be_noted_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backup_gui.engine.apply.pass_recorder.CHANGES_A_PASS", 5)
    for number in range(10):
        rig.write(f"{number}", "x")
    rig.run()
    for number in range(8):
        (rig.source / f"{number}").unlink()
    rig.run()
    newest = rig.catalog.passlog.passes()[0]
    assert (newest.deleted, newest.recorded, newest.is_whole) == (8, 5, False)


# Catalogs of the version before


def make_first(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_SCHEMA.replace("61FF", encode("a\udcff").hex()))
    connection.close()


def test_a_catalog_of_the_first_version_keeps_all_it_knows(tmp_path: Path) -> None:
    path = tmp_path / "job.sqlite"
    make_first(path)
    opened = JobDatabase.open(path)
    assert opened.fingerprint("docs/a\udcff") == Fingerprint(7, 9, 3, 5)
    assert opened.fact("mirror files") == "7"
    (found,) = opened.passlog.passes()
    assert (found.id, found.deleted, found.moved, found.recorded, found.is_whole) == (4, 3, 4, 0, False)
    key = opened.passlog.add(report(deleted=1), gone("a"), is_whole=True)
    assert opened.passlog.changes(key) == gone("a")
    assert opened.kept.is_empty()
    opened.close()
    assert os.listdir(tmp_path) == ["job.sqlite"]
    again = JobDatabase.open(path)
    assert [found.id for found in again.passlog.passes()] == [key, 4]
    again.close()


def test_a_step_that_fails_leaves_the_first_version_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "job.sqlite"
    make_first(path)
    with monkeypatch.context() as patch:
        patch.setitem(schema._MIGRATIONS, 1, (*schema._MIGRATIONS[1], "ALTER TABLE nothing ADD COLUMN x"))
        JobDatabase.open(path).close()
    # What cannot be brought up to date is set aside, as it was.
    os.replace(f"{path}.damaged", path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert len(connection.execute("SELECT * FROM passes").fetchone()) == 12
    connection.close()
    opened = JobDatabase.open(path)
    assert opened.fingerprint("docs/a\udcff") == Fingerprint(7, 9, 3, 5)
    opened.close()


def test_every_earlier_version_has_a_way_to_this_one() -> None:
    assert set(schema._MIGRATIONS) == set(range(1, schema.SCHEMA_VERSION))


@pytest.mark.parametrize(("options", "wait_ms"), [({}, 2_000), ({"wait_s": 10.0}, 10_000)])
def test_a_reader_waits_for_a_locked_catalog_as_long_as_it_was_told(
    tmp_path: Path, options: dict[str, float], wait_ms: int
) -> None:
    file = tmp_path / "catalog.sqlite"
    JobDatabase.open(file).close()
    connection = open_for_reading(file, **options)
    try:
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == wait_ms
    finally:
        connection.close()


@pytest.mark.hazard(48)
def test_where_versions_went_is_not_held_of_what_the_log_does_not_take(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backup_gui.engine.apply.pass_recorder.CHANGES_A_PASS", 2)
    held: list[int] = []
    close = PassRecorder.close

    def watch(recorder: PassRecorder, report: Report) -> None:
        held.append(len(recorder._kept_as))
        close(recorder, report)

    monkeypatch.setattr(PassRecorder, "close", watch)
    for number in range(9):
        rig.write(f"{number}")
    rig.run()
    for number in range(8):
        (rig.source / f"{number}").unlink()
    assert rig.run().counts.deleted == 8
    assert held == [0, 0]
