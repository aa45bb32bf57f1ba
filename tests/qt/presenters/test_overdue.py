"""The monitor for backups that are overdue."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from backup_gui.presenters.overdue import DAY_S, Overdue, OverdueMonitor
from tests.qt.conftest import NOW


class Notebook:
    """Notes that are kept for the next start."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def recall(self, key: str) -> str:
        return self.notes.get(key, "")

    def keep(self, key: str, text: str) -> None:
        self.notes[key] = text


class Bench:
    """An monitor with a clock that stands still."""

    def __init__(self, notebook: Notebook | None = None, now: float = NOW, limit_days: int = 3) -> None:
        self.now = now
        self.notebook = notebook or Notebook()
        self.monitor = OverdueMonitor(self.notebook, lambda: self.now, limit_days)
        self.changes: list[object] = []
        self.reminders: list[object] = []
        self.monitor.changed.connect(self.changes.append)
        self.monitor.reminded.connect(self.reminders.append)

    def after(self, days: float) -> None:
        self.now += days * DAY_S
        self.monitor.check()


@pytest.fixture
def bench(qapp: QApplication) -> Bench:
    bench = Bench()
    bench.monitor.watch("a")
    return bench


def test_a_backup_that_is_never_complete_is_overdue_from_when_it_was_added(bench: Bench) -> None:
    bench.after(2.9)
    assert bench.changes == bench.reminders == []
    bench.after(0.1)
    assert bench.changes == [Overdue("a", NOW)]
    assert bench.reminders == [Overdue("a", NOW)]


def test_a_reminder_comes_once_a_day(bench: Bench) -> None:
    for _ in range(48):
        bench.after(0.1)
    assert len(bench.reminders) == 2
    assert len(bench.changes) == 1


def test_a_complete_backup_ends_the_alarm_at_once(bench: Bench) -> None:
    bench.after(4)
    bench.monitor.note_complete("a", bench.now)
    assert bench.changes == [Overdue("a", NOW), Overdue("a", None)]


def test_the_age_is_known_from_before_the_start(qapp: QApplication) -> None:
    notebook = Notebook()
    Bench(notebook, NOW - 9 * DAY_S).monitor.watch("a")
    bench = Bench(notebook)
    bench.monitor.watch("a")
    bench.monitor.note_complete("a", NOW - 4 * DAY_S)
    bench.monitor.check()
    assert bench.changes == [Overdue("a", NOW - 4 * DAY_S)]


def test_a_new_start_does_not_repeat_todays_reminder(bench: Bench) -> None:
    bench.after(3)
    later = Bench(bench.notebook, bench.now + 3_600)
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
    assert bench.changes[-1] == Overdue("a", None)
    bench.after(100)
    assert len(bench.reminders) == 1
    bench.monitor.set_limit(104)
    assert bench.changes[-1] == Overdue("a", NOW)


def test_a_job_that_is_no_more_is_not_overdue(bench: Bench) -> None:
    bench.monitor.forget("a")
    bench.after(100)
    assert bench.changes == bench.reminders == []
    assert not any(bench.notebook.notes.values())


def test_a_clock_set_back_does_not_silence_the_reminders(bench: Bench) -> None:
    bench.notebook.keep("reminded/a", repr(NOW + 1_000 * DAY_S))
    bench.after(3)
    assert len(bench.reminders) == 1


def test_the_alarm_looks_by_itself(bench: Bench) -> None:
    assert bench.monitor._timer.isActive()
    bench.now += 3 * DAY_S
    bench.monitor._timer.timeout.emit()
    assert len(bench.reminders) == 1
    bench.monitor.stop()
    assert not bench.monitor._timer.isActive()
