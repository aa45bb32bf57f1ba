"""The Overview page's parts: chart of days, room on the drive, how far the backup is behind."""

from __future__ import annotations

import os
import stat
from dataclasses import replace

import pytest
from PySide6.QtCore import QDate, QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from backup_gui.model.passes import DayTotal
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.problems import problem_of_special
from backup_gui.model.status import Backlog, JobState, Status
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.day_chart import DAYS, DayChart, day_text, last_days, summary_text
from backup_gui.ui.main.overview import saving_text
from backup_gui.ui.main.space_bar import RoomBar
from backup_gui.ui.style.theme import state_colour
from backup_gui.ui.text.backlog import behind_sentence, behind_text
from backup_gui.ui.text.headline import Remedy, card_text, headline
from backup_gui.ui.values.job import BackupSizes, FreeSpace, Saving
from backup_gui.ui.widgets.backlog_label import BacklogLabel
from tests.helpers.screens import DAYS as SOME_DAYS
from tests.helpers.screens import OTHERS, VIEWS
from tests.qt.conftest import NOW, ScriptedRun, ShellMaker

TODAY = QDate(2026, 11, 22)
GOOD = DayTotal("2026-11-21", 2, 3, 10_000_000)
BAD = DayTotal("2026-11-22", 4, 1, 500, troubled=2)


@pytest.fixture
def chart(qtbot: QtBot) -> DayChart:
    chart = DayChart()
    qtbot.addWidget(chart)
    chart.resize(600, 200)
    chart.show_days((GOOD, BAD), TODAY)
    chart.show()
    return chart


def has_colour(image: QImage, colour: QColor) -> bool:
    return any(image.pixelColor(x, y) == colour for x in range(image.width()) for y in range(image.height()))


def test_thirty_days_are_lined_up_to_today() -> None:
    days = last_days((GOOD, DayTotal("2020-01-01", 1, 1, 1)), TODAY)
    assert len(days) == DAYS
    assert (days[0].day, days[-1].day) == ("2026-10-24", "2026-11-22")
    assert days[-2] == GOOD
    assert sum(day.files for day in days) == 3


def test_a_day_is_told_in_words(qapp: QApplication) -> None:
    assert day_text(GOOD) == "Saturday, 21 November 2026: 3 files, 10.0 MB"
    assert day_text(BAD) == "Sunday, 22 November 2026: 1 file, 500 bytes. Problems in 2 checks"
    assert day_text(DayTotal("2026-11-20")) == "Friday, 20 November 2026: nothing to copy"
    assert summary_text((GOOD, BAD)) == "Last 30 days: 4 files, 10.0 MB. Problems on 1 day."
    assert summary_text(()) == "Nothing was copied in the last 30 days."


def test_the_arrow_keys_go_from_day_to_day(chart: DayChart) -> None:
    plot = chart.plot
    assert plot.focusPolicy() == Qt.FocusPolicy.StrongFocus
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert chart.words.text() == day_text(BAD)
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert chart.words.text() == day_text(GOOD)
    assert plot.accessibleDescription() == day_text(GOOD)
    QTest.keyClick(plot, Qt.Key.Key_Home)
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot._current == 0
    QTest.keyClick(plot, Qt.Key.Key_End)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot._current == DAYS - 1


def test_the_chart_has_the_same_as_text_for_those_who_do_not_see_it(chart: DayChart) -> None:
    assert chart.plot.accessibleName()
    described = chart.plot.accessibleDescription()
    assert summary_text((GOOD, BAD)) in described
    assert day_text(GOOD) in described
    assert day_text(BAD) in described
    assert "20 November" not in described


def test_each_day_has_a_tooltip(chart: DayChart, qtbot: QtBot) -> None:
    place = QPoint(chart.plot.width() - 3, 10)
    event = QHelpEvent(QEvent.Type.ToolTip, place, chart.plot.mapToGlobal(place))
    QApplication.sendEvent(chart.plot, event)
    qtbot.waitUntil(lambda: QToolTip.text() == day_text(BAD))
    QToolTip.hideText()


def test_days_with_problems_have_a_mark_of_their_own(chart: DayChart) -> None:
    mark = state_colour(JobState.ATTENTION)
    assert has_colour(chart.plot.grab().toImage(), mark)
    chart.show_days((GOOD,), TODAY)
    assert not has_colour(chart.plot.grab().toImage(), mark)


def test_time_goes_the_way_people_read(chart: DayChart) -> None:
    assert chart.plot.day_at(599) == DAYS - 1
    chart.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert chart.plot.day_at(1) == DAYS - 1
    QTest.keyClick(chart.plot, Qt.Key.Key_Right)
    assert chart.plot._current == DAYS - 1
    assert chart.plot.day_at(-5) == chart.plot.day_at(5_000) == -1


def test_a_click_chooses_a_day(chart: DayChart) -> None:
    QTest.mouseClick(chart.plot, Qt.MouseButton.LeftButton, pos=QPoint(chart.plot.width() - 4, 20))
    assert chart.plot._current == DAYS - 1


def test_the_drive_is_told_by_its_parts(qtbot: QtBot) -> None:
    bar = RoomBar(lambda: NOW)
    qtbot.addWidget(bar)
    bar.show()
    room = FreeSpace(total_bytes=1_000_000_000, free_bytes=400_000_000)
    bar.show_room(room)
    assert list(bar.legend_texts) == ["Used: 600.0 MB"]
    bar.show_room(room, BackupSizes(250_000_000, 100_000_000, counted_at=NOW))
    assert list(bar.legend_texts) == ["Backup: 250.0 MB", "History: 100.0 MB", "Other: 250.0 MB"]
    assert bar._words.text() == "400.0 MB free of 1.0 GB"
    wishes: list[bool] = []
    bar.count_requested.connect(lambda: wishes.append(True))
    button = bar.findChild(QPushButton)
    assert button is not None
    button.click()
    bar.show_room(room, BackupSizes(is_counting=True))
    assert not button.isEnabled()
    assert wishes == [True]
    bar.show_room(None)
    assert list(bar.legend_texts) == []


def test_sizes_counted_long_ago_never_exceed_the_drive(qtbot: QtBot) -> None:
    bar = RoomBar(lambda: NOW)
    qtbot.addWidget(bar)
    bar.show_room(FreeSpace(1_000, 900), BackupSizes(500, 500, counted_at=NOW - 3_000))
    assert list(bar.legend_texts) == ["Backup: 100 bytes", "History: 0 bytes", "Other: 0 bytes"]


def test_how_far_behind_is_told_in_files_bytes_and_age(qapp: QApplication) -> None:
    status = Status(JobState.OK, pending=14, backlog=Backlog(12, 3_400_000, NOW - 40))
    assert behind_text(status, NOW) == "12 files, 3.4 MB, oldest 40 s"
    assert behind_sentence(status, NOW + 80) == "Not yet backed up: 12 files, 3.4 MB, oldest 2 min."
    many = status._replace(backlog=Backlog(20_000, 3_400_000, NOW - 40, is_whole=False))
    assert behind_text(many, NOW) == "20,000 files, over 3.4 MB, oldest 40 s"
    assert behind_text(status._replace(backlog=Backlog()), NOW) == "14 changes"
    assert behind_text(Status(JobState.OK), NOW) == behind_sentence(Status(JobState.OK), NOW) == ""


def test_the_meter_goes_on_with_the_clock_only_while_behind_and_seen(qtbot: QtBot) -> None:
    now = [NOW]
    label = BacklogLabel(lambda: now[0])
    qtbot.addWidget(label)
    label.show_status(Status(JobState.WAITING, backlog=Backlog(1, 10, NOW - 5)))
    assert not label._timer.isActive()
    label.show()
    assert label._timer.isActive()
    assert label.text() == "1 file, 10 bytes, oldest 5 s"
    now[0] += 3
    qtbot.waitUntil(lambda: label.text() == "1 file, 10 bytes, oldest 8 s", timeout=5_000)
    label.hide()
    assert not label._timer.isActive()
    label.show()
    label.show_status(Status(JobState.OK))
    assert not label._timer.isActive()
    assert label.text() == "Nothing"


def test_before_everything_was_looked_at_it_is_not_said_that_nothing_is_missing(qtbot: QtBot) -> None:
    label = BacklogLabel(lambda: NOW)
    qtbot.addWidget(label)
    first = Status(JobState.WORKING)
    label.show_status(first)
    assert label.text() == "Not known until everything was looked at"
    label.show_status(first, Progress(Phase.COPYING, 7_000, 20_402, 5, 9))
    assert label.text() == "13,402 changes"
    label.show_status(first._replace(pending=2), Progress(Phase.COPYING, 7_000, 20_402, 5, 9))
    assert label.text() == "13,402 changes"
    label.show_status(first._replace(state=JobState.WAITING))
    assert label.text() == "Not known until everything was looked at"
    label.show_status(first._replace(has_full_pass=True))
    assert label.text() == "Nothing"
    back = Progress(Phase.RETURNING, 1, 840, 5, 9)
    label.show_status(Status(JobState.WORKING, has_full_pass=True), back)
    assert label.text() == "Nothing", "what is put back is in the backup"
    known = Status(JobState.WORKING, pending=1, backlog=Backlog(1, 10, NOW - 5), has_full_pass=True)
    label.show_status(known, Progress(Phase.COPYING, 0, 1, 0, 10))
    assert label.text() == "1 file, 10 bytes, oldest 5 s"


def test_the_banner_says_how_far_behind_it_is_while_the_drive_is_away(qapp: QApplication) -> None:
    words = headline(VIEWS["waiting"], NOW)
    assert words.detail.startswith("Not yet backed up: 12 files, 3.4 MB, oldest 1 h 24 min.")


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("ok", "Documents has not been backed up completely for 3 days.", Remedy.BACK_UP),
        ("working", "Documents has not been backed up completely for 3 days.", Remedy.BACK_UP),
        ("waiting", "Documents has not been backed up for 3 days: its drive or folder is away.", Remedy.EXPLAIN),
        ("paused", "Documents has not been backed up for 3 days: it is paused.", Remedy.RESUME),
    ],
)
def test_an_overdue_backup_never_looks_well(qapp: QApplication, name: str, said: str, remedy: Remedy) -> None:
    view = replace(VIEWS[name], overdue_since=NOW - 3.9 * 86_400)
    assert view.shown_state is JobState.ATTENTION
    words = headline(view, NOW)
    assert (words.title, words.remedy) == (said, remedy)
    assert card_text(view, NOW) == "Not backed up for 3 days"


def test_worse_states_keep_their_words_when_overdue(qapp: QApplication) -> None:
    for name in ("held", "failed", "attention"):
        view = replace(VIEWS[name], overdue_since=NOW - 9 * 86_400)
        assert view.shown_state is view.status.state
        assert headline(view, NOW) == headline(VIEWS[name], NOW)


def test_saving_is_said_and_not_silent(qapp: QApplication) -> None:
    view = replace(VIEWS["ok"], saving=Saving.BATTERY, full_check_every_s=14_400)
    assert saving_text(view) == "On battery, everything is checked only every 4 hours."
    assert "metered" in saving_text(replace(view, saving=Saving.METERED))
    assert saving_text(VIEWS["ok"]) == ""


def test_files_that_are_only_in_a_cloud_have_a_quiet_line(make_shell: ShellMaker, scripted: ScriptedRun) -> None:
    window = make_shell(scripted).window
    window.show()
    overview, status = window.board.overview, VIEWS["ok"].status
    for count, words in ((0, None), (1, "1 file is left out. Its copy"), (1_234, "1,234 files are left out. Their")):
        window.put_job(replace(VIEWS["ok"], status=status._replace(placeholders=count)))
        assert overview.cloud_label.isVisible() is (words is not None)
        assert words is None or overview.cloud_label.text().startswith(words)


@pytest.mark.hazard(24)
def test_what_has_no_content_is_a_quiet_line_with_its_kinds(make_shell: ShellMaker, scripted: ScriptedRun) -> None:
    window = make_shell(scripted).window
    window.show()
    overview, status = window.board.overview, VIEWS["ok"].status
    assert not overview.notes_label.isVisible()
    modes = {"S.agent": stat.S_IFSOCK, "S.other": stat.S_IFSOCK, "in": stat.S_IFIFO, "null": stat.S_IFCHR, "odd": 0}
    notes = tuple(problem_of_special(path, os.stat_result([mode, *[0] * 9])) for path, mode in modes.items())
    window.put_job(replace(VIEWS["ok"], status=status._replace(notes=notes)))
    assert overview.notes_label.isVisible()
    assert overview.notes_label.text().startswith("2 sockets, 1 pipe, 1 device, 1 other entry, without")
    assert all(path in overview.notes_label.toolTip() for path in modes)
    assert window.board.tabs.tabText(Page.PROBLEMS.value) == "&Problems"


def test_each_job_has_its_own_chart_and_sizes(make_shell: ShellMaker, scripted: ScriptedRun) -> None:
    shell = make_shell(scripted)
    board = shell.window.board
    for view in (VIEWS["ok"], *OTHERS):
        shell.window.put_job(view)
    shell.overview.put_days("a1", SOME_DAYS)
    summary = board.overview.chart.words.text()
    assert "files" in summary
    board.select_job("b2")
    assert board.overview.chart.words.text() == "Nothing was copied in the last 30 days."
    shell.overview.put_days("a1", SOME_DAYS[:1])
    assert board.overview.chart.words.text() == "Nothing was copied in the last 30 days."
    board.select_job("a1")
    assert board.overview.chart.words.text() != summary
