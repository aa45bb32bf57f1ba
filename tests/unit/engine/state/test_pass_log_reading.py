"""Earlier passes as a window reads them, beside the job that writes them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.pass_log import PassLogReader, remembered_facts
from backup_gui.model.passes import DayTotal, PassKind, PastChange
from backup_gui.model.paths import encode
from backup_gui.model.plans import Counts, PassStatus, Problem, ProblemCode, Report, Stage
from backup_gui.model.reasons import Reason, ReasonCode, of_system
from tests.unit.engine.state.test_pass_log import FIRST_SCHEMA

NOON = datetime(2026, 11, 22, 12, 0, 0).astimezone().timestamp()
A_DAY_S = 86_400.0
PROBLEM = Problem("a", Stage.COPY, ProblemCode.IN_USE, of_system("x"))


def report(at: float, status: PassStatus = PassStatus.COMPLETE, **fields: object) -> Report:
    return Report(status, at, 1.0, is_full=False, **fields)  # type: ignore[arg-type]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[JobDatabase]:
    catalog = JobDatabase.open(tmp_path / "jobs" / "a.sqlite")
    yield catalog
    catalog.close()


@pytest.fixture
def log_reader(tmp_path: Path) -> PassLogReader:
    return PassLogReader(tmp_path / "jobs" / "a.sqlite")


def fill(catalog: JobDatabase, *reports: Report) -> None:
    for one in reports:
        catalog.passlog.add(one)
    catalog.commit()


def test_passes_of_a_day_are_added_up_by_the_users_calendar(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    midnight = datetime(2026, 11, 22).astimezone().timestamp()
    fill(
        catalog,
        report(midnight - 1.5, counts=Counts(created=5, bytes=50)),
        report(midnight - 0.5, counts=Counts(created=1, replaced=2, bytes=10)),
        report(NOON, PassStatus.PROBLEMS, counts=Counts(deleted=7), problems=(PROBLEM,)),
    )
    assert log_reader.days(midnight - A_DAY_S) == (
        DayTotal("2026-11-21", 1, 5, 50, 0),
        DayTotal("2026-11-22", 2, 3, 10, 1),
    )
    assert [day.day for day in log_reader.days(midnight)] == ["2026-11-22"]


def test_a_pass_that_was_cut_short_is_no_trouble_of_its_day(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    fill(catalog, report(NOON, PassStatus.CANCELLED, counts=Counts(created=5, bytes=50)))
    assert [(day.passes, day.files, day.troubled) for day in log_reader.days(0)] == [(1, 5, 0)]
    fill(catalog, report(NOON + 60, PassStatus.FAILED), report(NOON + 120, PassStatus.HELD))
    assert [day.troubled for day in log_reader.days(0)] == [2]


@pytest.mark.posix("another time zone cannot be chosen for one process elsewhere")
def test_days_begin_at_the_users_midnight(
    catalog: JobDatabase, log_reader: PassLogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(catalog, report(datetime(2026, 11, 22, 3, 0, tzinfo=UTC).timestamp()))
    monkeypatch.setenv("TZ", "EST5")
    try:
        time.tzset()
        assert [day.day for day in log_reader.days(0)] == ["2026-11-21"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_pages_follow_each_other_without_gap_or_repetition(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    fill(catalog, *(report(NOON + n, counts=Counts(created=n + 1)) for n in range(25)))
    seen: list[int] = []
    before = None
    while page := log_reader.page(before=before, limit=10):
        assert all(one.is_full is False for one in page)
        seen.extend(one.created for one in page)
        before = page[-1].id
        fill(catalog, report(NOON + 100 + len(seen), counts=Counts(created=99)))
    assert seen == list(range(25, 0, -1))


@pytest.mark.parametrize(("kind", "found"), [("all", 4), ("copied", 2), ("deleted", 1), ("moved", 1), ("trouble", 1)])
def test_passes_are_narrowed_down_by_what_they_did(
    catalog: JobDatabase, log_reader: PassLogReader, kind: str, found: int
) -> None:
    fill(
        catalog,
        report(NOON, counts=Counts(created=1)),
        report(NOON, counts=Counts(replaced=1, deleted=1)),
        report(NOON, counts=Counts(moved=1)),
        report(NOON, PassStatus.HELD),
    )
    assert len(log_reader.page(kind=PassKind(kind))) == found


def test_a_search_takes_every_character_as_it_is(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    fill(
        catalog,
        report(NOON, PassStatus.FAILED, reason=of_system("The drive is 100% full")),
        report(NOON, reason=of_system("100 of them")),
    )
    assert [one.status for one in log_reader.page(search="100%")] == ["failed"]
    assert [one.status for one in log_reader.page(search="DRIVE")] == ["failed"]
    assert log_reader.page(search="_") == ()


def test_paths_are_told_where_the_catalog_knows_them(
    catalog: JobDatabase, log_reader: PassLogReader, tmp_path: Path
) -> None:
    fill(catalog, report(NOON, counts=Counts(created=2)), report(NOON + 1, counts=Counts(created=1)))
    first = log_reader.page()[-1].id
    assert log_reader.changes(first) == ()
    assert log_reader.page(search="letter") == ()
    with sqlite3.connect(tmp_path / "jobs" / "a.sqlite") as connection:
        rows = ((first, 0, "create", encode("Letters/a\udcff"), None), (first, 1, "move", b"b", b"Letters/b"))
        connection.executemany(
            "INSERT INTO changes (pass, number, op, kind, path, old_path) VALUES (?, ?, ?, 'file', ?, ?)", rows
        )
    connection.close()
    assert log_reader.changes(first) == (PastChange("create", "Letters/a\udcff"), PastChange("move", "b", "Letters/b"))
    assert log_reader.changes(first, limit=1, offset=1) == (PastChange("move", "b", "Letters/b"),)
    assert [one.id for one in log_reader.page(search="letter")] == [first]


def test_a_catalog_of_the_first_version_tells_its_passes_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "first.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_SCHEMA)
    connection.close()
    log_reader = PassLogReader(path)
    assert [(one.id, one.created, one.recorded, one.is_whole) for one in log_reader.page()] == [(4, 1, 0, False)]
    assert log_reader.changes(4) == ()
    assert log_reader.page(search="docs") == ()


def test_the_key_of_a_pass_is_found_by_its_time(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    fill(catalog, report(NOON + 0.123456), report(NOON + 1))
    keys = log_reader.keys(NOON)
    assert keys[NOON + 0.123456] == log_reader.page()[-1].id
    assert list(log_reader.keys(NOON + 1)) == [NOON + 1]


def test_the_last_complete_time_is_read_while_the_job_writes(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    assert log_reader.last_complete_at() is None
    catalog.remember_complete(NOON)
    assert log_reader.last_complete_at() == NOON
    catalog.remember("last complete at", "never")
    catalog.commit()
    assert log_reader.last_complete_at() is None


def test_a_catalog_that_is_not_there_or_damaged_is_empty_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    log_reader = PassLogReader(path)
    assert log_reader.page() == ()
    assert log_reader.days(0) == ()
    assert not path.exists()
    path.write_bytes(b"no catalog at all" * 1_000)
    assert log_reader.page() == ()
    assert log_reader.keys(0) == {}
    assert log_reader.last_complete_at() is None
    assert path.read_bytes() == b"no catalog at all" * 1_000


def test_ten_thousand_passes_of_a_month_are_added_up_quickly(catalog: JobDatabase, log_reader: PassLogReader) -> None:
    step = timedelta(days=30).total_seconds() / 10_000
    fill(catalog, *(report(NOON - n * step, counts=Counts(created=1, bytes=1)) for n in range(10_000)))
    days = log_reader.days(NOON - 40 * A_DAY_S)
    assert sum(day.files for day in days) == 10_000
    assert 30 <= len(days) <= 32


def test_a_fact_is_read_in_every_catalog_that_can_be_read(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    assert list(remembered_facts(tmp_path, "key")) == []
    for name, value in (("a", "1"), ("b", None), ("d", "3")):
        made = JobDatabase.open(jobs / f"{name}.sqlite")
        if value is not None:
            made.remember("key", value)
        made.close()
    (jobs / "c.sqlite").write_text("no catalog")
    assert list(remembered_facts(tmp_path, "key")) == ["1", "3"]
    assert (jobs / "c.sqlite").read_text() == "no catalog"


LACKS = Reason(ReasonCode.SIZE_LACKS, size=2_500_000)
FULL = Reason(ReasonCode.SPARED, detail=Reason(ProblemCode.NO_SPACE, more=LACKS), size=1_600_000)


@pytest.mark.parametrize("reason", [FULL, Reason(ReasonCode.SOURCE_AWAY, path="/a\udcff\n{why}"), of_system("Odd")])
def test_the_reason_of_an_earlier_pass_is_read_with_its_code_and_arguments(
    catalog: JobDatabase, log_reader: PassLogReader, reason: Reason
) -> None:
    fill(catalog, report(NOON), report(NOON, PassStatus.FAILED, reason=reason), report(NOON))
    newest, failed, first = log_reader.page()
    assert (newest.reason, first.reason) == ("", "")
    assert (failed.reason, failed.reason.code) == (reason, reason.code)
    assert failed.reason.arguments == reason.arguments


@pytest.mark.parametrize("told", ["", "{", "[]", '{"code": "of tomorrow", "arguments": {}}', '{"code": "spared"}'])
def test_of_a_reason_that_is_not_understood_the_words_are_shown(
    catalog: JobDatabase, log_reader: PassLogReader, told: str
) -> None:
    fill(catalog, report(NOON, PassStatus.FAILED, reason=FULL))
    catalog._connection.execute("UPDATE reasons SET told = ?", (told,))
    catalog.commit()
    (failed,) = log_reader.page()
    assert (failed.reason, failed.reason.code) == (FULL, ReasonCode.SYSTEM)


def test_of_a_catalog_of_an_earlier_version_the_words_are_shown(
    catalog: JobDatabase, log_reader: PassLogReader
) -> None:
    fill(catalog, report(NOON, PassStatus.FAILED, reason=FULL))
    catalog._connection.execute("DROP TABLE reasons")
    catalog.commit()
    assert [one.reason for one in log_reader.page()] == [FULL]


def test_the_reasons_of_passes_that_are_gone_go_with_them(
    catalog: JobDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backup_gui.engine.state.pass_log.KEPT_PASSES", 2)
    fill(catalog, *(report(NOON, PassStatus.FAILED, reason=FULL) for _ in range(5)))
    assert catalog._connection.execute("SELECT pass FROM reasons").fetchall() == [(4,), (5,)]
