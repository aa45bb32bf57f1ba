"""The monitor for backups that are overdue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from backup_gui.config.store import Store
from backup_gui.presenters.overdue import DAY_S, OverdueMonitor
from tests.qt.conftest import NOW


class Bench:
    """An monitor with a clock that stands still."""

    def __init__(self, store: Store, now: float = NOW, limit_days: int = 3) -> None:
        self.now = now
        self.store = store
        self.monitor = OverdueMonitor(store, lambda: self.now, limit_days)
        # The job, and since when it was overdue then.
        self.changes: list[Any] = []
        self.reminders: list[Any] = []
        self.monitor.changed.connect(lambda job_id: self.changes.append((job_id, self.monitor.overdue_since(job_id))))
        self.monitor.reminded.connect(
            lambda job_id: self.reminders.append((job_id, self.monitor.overdue_since(job_id)))
        )

    def after(self, days: float) -> None:
        self.now += days * DAY_S
        self.monitor.check()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "config", tmp_path / "data")


@pytest.fixture
def bench(qapp: QApplication, store: Store) -> Bench:
    bench = Bench(store)
    bench.monitor.watch("a")
    return bench


def test_a_backup_that_is_never_complete_is_overdue_from_when_it_was_added(bench: Bench) -> None:
    bench.after(2.9)
    assert bench.changes == bench.reminders == []
    bench.after(0.1)
    assert bench.changes == [("a", NOW)]
    assert bench.reminders == [("a", NOW)]


def test_a_reminder_comes_once_a_day(bench: Bench) -> None:
    for _ in range(48):
        bench.after(0.1)
    assert len(bench.reminders) == 2
    assert len(bench.changes) == 1


def test_a_complete_backup_ends_the_alarm_at_once(bench: Bench) -> None:
    bench.after(4)
    bench.monitor.note_complete("a", bench.now)
    assert bench.changes == [("a", NOW), ("a", None)]


def test_the_age_is_known_from_before_the_start(qapp: QApplication, store: Store) -> None:
    Bench(store, NOW - 9 * DAY_S).monitor.watch("a")
    bench = Bench(store)
    bench.monitor.watch("a")
    bench.monitor.note_complete("a", NOW - 4 * DAY_S)
    bench.monitor.check()
    assert bench.changes == [("a", NOW - 4 * DAY_S)]


def test_a_new_start_does_not_repeat_todays_reminder(bench: Bench) -> None:
    bench.after(3)
    later = Bench(bench.store, bench.now + 3_600)
    later.monitor.watch("a")
    later.monitor.check()
    assert len(later.changes) == 1
    assert later.reminders == []
    later.after(1)
    assert len(later.reminders) == 1


def test_an_older_time_than_known_changes_nothing(bench: Bench) -> None:
    bench.monitor.note_complete("a", NOW - 100 * DAY_S)
    bench.monitor.check()
    assert bench.changes == []
    bench.monitor.note_complete("nobody", NOW)


def test_the_limit_is_the_users(bench: Bench) -> None:
    bench.after(4)
    bench.monitor.set_limit(0)
    assert bench.changes[-1] == ("a", None)
    bench.after(100)
    assert len(bench.reminders) == 1
    bench.monitor.set_limit(104)
    assert bench.changes[-1] == ("a", NOW)


def test_a_job_that_is_no_more_is_not_overdue(bench: Bench) -> None:
    bench.monitor.forget("a")
    bench.after(100)
    assert bench.changes == bench.reminders == []
    assert not any(bench.store.recall(key) for key in ("added/a", "reminded/a"))


def test_a_clock_set_back_does_not_silence_the_reminders(bench: Bench) -> None:
    bench.store.keep("reminded/a", repr(NOW + 1_000 * DAY_S))
    bench.after(3)
    assert len(bench.reminders) == 1


def test_the_alarm_looks_by_itself(bench: Bench) -> None:
    assert bench.monitor._timer.isActive()
    bench.now += 3 * DAY_S
    bench.monitor._timer.timeout.emit()
    assert len(bench.reminders) == 1
    bench.monitor.stop()
    assert not bench.monitor._timer.isActive()
