"""Each view alone, with fixed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSysInfo, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTableView,
)
from pytestqt.qtbot import QtBot

from backup_gui.config.settings import Appearance, Settings
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import AllowHeld, KeepHeld
from backup_gui.model.plans import (
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Phase,
    Problem,
    ProblemCode,
    Progress,
    Report,
    Stage,
)
from backup_gui.model.problems import MAY_BE_LEFT_OUT, problem
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode, of_system
from backup_gui.model.status import Coverage, JobState
from backup_gui.ui.activity.model import ActivityModel
from backup_gui.ui.dialogs.messages import Refusal
from backup_gui.ui.first_run.steps import FirstRun
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.overview import coverage_text
from backup_gui.ui.main.problems import ProblemsModel, ProblemsPage
from backup_gui.ui.main.window import MainWindow
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.settings.app_dialog import SettingsDialog
from backup_gui.ui.settings.page import NewJobDialog
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.headline import SEVERITY, Remedy, headline, held_text, worst
from backup_gui.ui.text.reasons import advice_text
from backup_gui.ui.values.job import HeldAnswer, PauseWish
from tests.helpers.looks import accept_button, newest_rows
from tests.helpers.screens import DOCUMENTS, HELD, PROBLEMS, STRANGERS, VIEWS, make_window, scenes
from tests.qt.conftest import NOW, activate

Make = Callable[[str | None], MainWindow]

TITLES = {
    "ok": ("Everything is backed up.", "Back up now"),
    "working": ("Copying 312 of 1,204 files, 1.2 GB of 4.8 GB, about 4 min left.", "Pause"),
    "waiting": ("Waiting for the drive of “Documents”: /media/anna/Backup/Documents", "What is this?"),
    "attention": ("3 files could not be backed up.", "Show"),
    "held": ("840 of 1,000 files would be deleted from the backup. Is that right?", "Review…"),
    "failed": ("The backup drive is full", "Show history size"),
}


@pytest.fixture
def make(icons: Icons, qtbot: QtBot) -> Make:
    def make(name: str | None) -> MainWindow:
        window = make_window(icons, VIEWS[name] if name is not None else None, has_others=False)
        qtbot.addWidget(window)
        window.show()
        return window

    return make


@pytest.mark.parametrize("name", TITLES)
def test_the_banner_tells_each_state(make: Make, name: str) -> None:
    window = make(name)
    title, button = TITLES[name]
    assert window.board.banner._title.text() == title
    assert window.board.banner.button.text() == button


def test_a_full_drive_leads_to_the_size_of_the_history(make: Make, qtbot: QtBot) -> None:
    window = make("failed")
    board = window.board
    board.banner.button.click()
    assert board.tabs.currentIndex() == Page.SETTINGS.value
    qtbot.waitUntil(board.settings.limits.size_spin.hasFocus)
    label = board.settings.limits.size_label
    assert not label.visibleRegion().isEmpty()


@pytest.mark.parametrize(
    ("reason", "keeps_history"),
    [
        (Reason(ProblemCode.NO_SPACE), False),
        (Reason(ReasonCode.DESTINATION_UNOPENED, detail=of_system("Permission denied"), path="/x"), True),
    ],
)
def test_what_no_smaller_history_would_help_is_tried_again(reason: Reason, *, keeps_history: bool) -> None:
    view = VIEWS["failed"]
    status = view.status._replace(reason=reason)
    words = headline(replace(view, job=view.job._replace(keeps_history=keeps_history), status=status), NOW)
    assert words.remedy is Remedy.TRY_AGAIN


def test_the_pause_says_until_when(make: Make) -> None:
    assert make("paused").board.banner._title.text().startswith("Paused until ")


def test_a_pass_over_folders_alone_counts_no_files() -> None:
    progress = Progress(Phase.COPYING, files_done=0, files_total=0, path="folder")
    words = headline(replace(VIEWS["working"], progress=progress), NOW)
    assert words.title == "Bringing folders up to date."


def test_enter_ends_no_other_instance(qtbot: QtBot) -> None:
    box = Refusal((Reason(ReasonCode.DRIVE_READ_ONLY),), offers_end=True)
    qtbot.addWidget(box)
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Close)
    assert box.escapeButton() is box.button(QMessageBox.StandardButton.Close)


def test_a_kept_answer_is_not_asked_again() -> None:
    words = headline(replace(VIEWS["held"], has_kept=True), NOW)
    assert "keep" in words.title
    assert words.remedy is Remedy.REVIEW


def test_what_was_lost_bit_by_bit_is_told_with_what_went_before() -> None:
    held = Held(HeldCode.SLOW_CHANGE, NO_REASON, Counts(deleted=1), 100, lost_before=50)
    words = headline(replace(VIEWS["held"], status=VIEWS["held"].status._replace(held=held)), NOW)
    assert words.title.startswith("Within an hour, 51 of 100 files were deleted")


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        (Reason(ReasonCode.SOURCE_DRIVE_AWAY, path="/x: y"), "Waiting for the drive of “Documents”: /x: y"),
        (Reason(ReasonCode.SOURCE_GONE, path="/x"), "Waiting for the folder of “Documents”: /x"),
        (Reason(ReasonCode.SOURCE_AWAY, path="/x"), "Waiting for the folder of “Documents”: /x"),
        (Reason(ReasonCode.SOURCE_REPLACED, path="/x"), "Another drive is where the source was: /x"),
        (Reason(ReasonCode.BACKUP_AWAY), "The backup is not there at the moment."),
    ],
)
def test_what_is_waited_for_is_told_with_the_name_of_the_backup(reason: Reason, title: str) -> None:
    view = VIEWS["waiting"]
    words = headline(replace(view, status=view.status._replace(reason=reason)), NOW)
    assert words.title == title
    assert words.remedy is Remedy.EXPLAIN
    assert "12 files" in words.detail
    failed = headline(replace(view, status=view.status._replace(state=JobState.FAILED, reason=reason)), NOW)
    assert failed.title == reason


@pytest.mark.parametrize(
    ("state", "code", "remedy"),
    [
        (JobState.WAITING, ReasonCode.DESTINATION_REPLACED, Remedy.USE_DRIVE),
        (JobState.WAITING, ReasonCode.DESTINATION_DRIVE_AWAY, Remedy.EXPLAIN),
        (JobState.FAILED, ReasonCode.FULL_BEFORE_BEGUN, Remedy.SHOW_HISTORY_SIZE),
        (JobState.FAILED, ReasonCode.DESTINATION_MOVED, Remedy.TRY_AGAIN),
    ],
)
def test_the_button_is_chosen_by_the_code_whatever_the_words(
    monkeypatch: pytest.MonkeyPatch, state: JobState, code: Code, remedy: Remedy
) -> None:
    monkeypatch.setattr(code, "words", "In other words: {path}")
    view = VIEWS["waiting"]
    status = view.status._replace(state=state, reason=Reason(code, path="/media/x"))
    assert headline(replace(view, status=status), NOW).remedy is remedy


def test_never_green_before_a_complete_backup() -> None:
    view = VIEWS["ok"]
    words = headline(replace(view, status=view.status._replace(last_complete_at=None)), NOW)
    assert words.title == "Getting ready."


def test_changes_that_wait_are_told() -> None:
    view = VIEWS["ok"]
    assert headline(replace(view, status=view.status._replace(pending=1)), NOW).title == (
        "1 change is not yet backed up."
    )


def test_the_worst_state_wins() -> None:
    assert worst([]) is JobState.OK
    assert worst([JobState.OK, JobState.HELD, JobState.WORKING]) is JobState.HELD
    assert set(SEVERITY) == set(JobState)


def test_coverage_is_told_honestly() -> None:
    assert coverage_text(Coverage(), 5) == "Checked every 5 seconds."
    assert coverage_text(Coverage(1), 5) == "1 folder, changes are seen at once."
    assert coverage_text(Coverage(0, 6), 3_600) == "6 folders, checked every 1 hour."
    assert coverage_text(Coverage(8_210, 790, of_system("The limit is reached.")), 5) == (
        "8,210 folders, changes are seen at once; 790 more are checked every 5 seconds. The limit is reached."
    )


def test_without_jobs_the_window_invites(make: Make, qtbot: QtBot) -> None:
    window = make(None)
    assert window.welcome.isVisible()
    assert not window.menus.back_up_action.isEnabled()
    QTest.mouseClick(window.welcome.by_hand_button, Qt.MouseButton.LeftButton)
    assert window.board.jobs.rowCount() == 0
    assert window.findChild(NewJobDialog) is not None


def test_the_problems_are_counted_on_the_tab(make: Make) -> None:
    window = make("attention")
    assert window.board.tabs.tabText(Page.PROBLEMS.value) == "&Problems (3)"
    window.put_job(VIEWS["ok"])
    assert window.board.tabs.tabText(Page.PROBLEMS.value) == "&Problems"


def test_the_banners_button_does_what_it_says(make: Make, qtbot: QtBot) -> None:
    window = make("attention")
    wishes: list[object] = []
    window.board.back_up_requested.connect(wishes.append)
    window.board.resume_requested.connect(wishes.append)
    button = window.board.banner.button
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.board.tabs.currentIndex() == Page.PROBLEMS.value
    failed = replace(VIEWS["failed"], status=VIEWS["failed"].status._replace(reason=Reason(ReasonCode.DRIVE_READ_ONLY)))
    for view in (VIEWS["ok"], failed, VIEWS["paused"]):
        window.put_job(view)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wishes == ["a1", "a1", "a1"]
    window.put_job(VIEWS["held"])
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.findChild(ReviewDialog) is not None
    window.put_job(VIEWS["waiting"])
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.findChild(QMessageBox) is not None


def test_a_problem_can_be_left_out_or_tried_again(make: Make, qtbot: QtBot) -> None:
    window = make("attention")
    window.board.show_page(Page.PROBLEMS)
    wishes: list[object] = []
    window.board.problems.exclusion_requested.connect(wishes.append)
    window.board.back_up_requested.connect(wishes.append)
    table = window.board.problems.findChildren(QTableView)[0]
    table.setCurrentIndex(table.model().index(2, 0))
    for button in window.board.problems.findChildren(QPushButton):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wishes == [PROBLEMS[2].path, "a1"]


@pytest.mark.hazard(54)
def test_leaving_out_is_offered_for_what_can_never_be_copied_and_not_for_what_cannot_be_read(
    icons: Icons, qtbot: QtBot
) -> None:
    page = ProblemsPage(icons)
    qtbot.addWidget(page)
    offered = set()
    for code in ProblemCode.all():
        one = problem(code, "a", Stage.COPY)
        page.show_problems((one,))
        button = next(button for button in page.findChildren(QPushButton) if "out" in button.text())
        if not button.isHidden():
            offered.add(code)
        assert ("exclude" in advice_text(one).casefold()) <= (code in offered)
    assert offered == MAY_BE_LEFT_OUT
    assert not offered & {
        *(ProblemCode.NO_PERMISSION, ProblemCode.READ_ERROR, ProblemCode.IN_USE, ProblemCode.OTHER),
        *(ProblemCode.DRIVE_AWAY, ProblemCode.METADATA),
    }


def test_keys_work(make: Make, qtbot: QtBot) -> None:
    window = make("ok")
    wishes: list[object] = []
    window.menus.back_up_requested.connect(wishes.append)
    window.quit_requested.connect(lambda: wishes.append("quit"))
    with qtbot.waitExposed(window):
        window.come_up()
    QTest.keyClick(window, Qt.Key.Key_F5)
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert wishes == ["a1", "quit"]
    box = window.findChild(QMessageBox)
    assert box is not None
    box.close()


def test_delete_asks_and_says_that_the_backup_stays(make: Make, qtbot: QtBot) -> None:
    window = make("ok")
    removed: list[object] = []
    window.removal_requested.connect(removed.append)
    with qtbot.waitExposed(window):
        window.come_up()
    window.board.list.setFocus()
    QTest.keyClick(window.board.list, Qt.Key.Key_Delete)
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "stay where they are" in box.informativeText()
    assert removed == []
    next(button for button in box.buttons() if "Remove" in button.text()).click()
    assert removed == ["a1"]


def test_closing_hides_into_the_tray_or_minimises(icons: Icons, qtbot: QtBot) -> None:
    for has_tray in (True, False):
        window = MainWindow(icons, lambda: NOW, "0", has_tray=partial(bool, has_tray))
        qtbot.addWidget(window)
        hidden: list[bool] = []
        window.closed_to_tray.connect(partial(hidden.append, True))
        window.show()
        window.close()
        assert window.isVisible() is not has_tray
        assert window.isMinimized() is not has_tray
        assert bool(hidden) is has_tray
        window.come_up()
        assert window.isVisible()
        assert not window.isMinimized()


# Qt 6.12 has another constructor, which 6.8 to 6.11 do not know.
@pytest.mark.filterwarnings("ignore:Function. 'QDragEnterEvent:DeprecationWarning")
def test_a_dropped_folder_begins_a_new_job(make: Make) -> None:
    window = make(None)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/home/anna/Photos")])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, button, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    opened: list[FirstRun] = []
    window.first_run_opened.connect(opened.append)
    window.dropEvent(QDropEvent(QPointF(5, 5), copy, data, button, none))
    (steps,) = opened
    assert steps.folders.ticked == (str(Path("/home/anna/Photos")),), "as the system writes it"


@pytest.mark.filterwarnings("ignore:Function. 'QDragEnterEvent:DeprecationWarning")
def test_three_dropped_folders_are_three_backups(make: Make) -> None:
    window = make(None)
    opened: list[FirstRun] = []
    window.first_run_opened.connect(opened.append)
    data = QMimeData()
    names = ["Documents", "Music", "Photos"]
    # As several file managers name what is on this computer.
    hosts = ["", "localhost", QSysInfo.machineHostName()]
    data.setUrls([QUrl(f"file://{host}/home/anna/{name}") for host, name in zip(hosts, names, strict=True)])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), copy, data, button, none))
    (steps,) = opened
    steps.show_folders(("/home/anna/Videos",))
    assert steps.folders.ticked == tuple(str(Path("/home/anna") / name) for name in names)
    assert set(steps.folders.cards) == {*steps.folders.ticked, "/home/anna/Videos"}


@pytest.mark.filterwarnings("ignore:Function. 'QDragEnterEvent:DeprecationWarning")
@pytest.mark.posix("a server's name in a path is fine on Windows")
@pytest.mark.parametrize("url", ["file://server/home/anna/Photos", "smb://server/Photos", "trash:///Photos"])
def test_a_folder_that_is_not_on_this_computer_cannot_be_dropped(make: Make, url: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl(url)])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, button, none)
    enter.ignore()
    make(None).dragEnterEvent(enter)
    assert not enter.isAccepted()


def test_the_review_answers_about_exactly_what_it_shows(icons: Icons, qtbot: QtBot) -> None:
    for is_right in (True, False):
        dialog = ReviewDialog(icons, DOCUMENTS, HELD)
        qtbot.addWidget(dialog)
        answers: list[object] = []
        dialog.answered.connect(answers.append)
        (dialog.allow_button if is_right else dialog.keep_button).click()
        assert answers == [HeldAnswer("a1", AllowHeld(HELD) if is_right else KeepHeld(HELD))]


def test_enter_in_the_review_deletes_nothing(icons: Icons, qtbot: QtBot) -> None:
    dialog = ReviewDialog(icons, DOCUMENTS, STRANGERS)
    qtbot.addWidget(dialog)
    answers: list[HeldAnswer] = []
    dialog.answered.connect(answers.append)
    dialog.show()
    activate(dialog, qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert [answer.command for answer in answers] == [KeepHeld(STRANGERS)]


def test_strangers_go_to_the_history_by_name(icons: Icons, qtbot: QtBot) -> None:
    dialog = ReviewDialog(icons, DOCUMENTS, STRANGERS)
    qtbot.addWidget(dialog)
    assert "history" in dialog.allow_button.text()
    dialog = ReviewDialog(icons, DOCUMENTS._replace(keeps_history=False), STRANGERS)
    qtbot.addWidget(dialog)
    assert "history" not in dialog.allow_button.text()


OF_OTHERS = "in the backup folder were not put there by this backup"


@pytest.mark.parametrize(
    ("counts", "folders", "words"),
    [
        (
            Counts(deleted=3),
            0,
            f"3 files {OF_OTHERS} and are not in your folder.",
        ),
        (
            Counts(replaced=1),
            0,
            "1 file in the backup folder was not put there by this backup and is different in",
        ),
        (
            Counts(replaced=2, deleted=1),
            0,
            f"3 files {OF_OTHERS}: your folder",
        ),
        (Counts(), 2, f"2 folders {OF_OTHERS} and are not in your folder."),
    ],
)
def test_of_strangers_it_is_said_whether_the_own_folder_has_them(counts: Counts, folders: int, words: str) -> None:
    gone = tuple(Action(Op.DELETE, f"folder {number}", EntryKind.FOLDER) for number in range(folders))
    held = STRANGERS._replace(counts=counts, actions=gone or STRANGERS.actions)
    assert held_text(held).startswith(words)


@pytest.mark.hazard(47)
def test_a_hundred_thousand_problems_are_shown_on_demand(qtmodeltester: Any) -> None:
    model = ProblemsModel()
    model.show_problems(tuple(Problem(f"f{n}", Stage.COPY, ProblemCode.IN_USE, of_system("x")) for n in range(100_000)))
    assert model._total == 100_000
    assert model.rowCount() == 500
    model.show_problems(PROBLEMS)
    assert model.data(model.index(2, 1)) == "The name is not possible on the backup drive: it contains ':'"
    qtmodeltester.check(model)


def test_passes_are_listed_newest_first_and_quiet_ones_joined(icons: Icons, qtmodeltester: Any) -> None:
    model = ActivityModel(icons, lambda: NOW)
    quiet = Report(PassStatus.COMPLETE, NOW - 10, 1.0, is_full=True)
    model.add(Report(PassStatus.COMPLETE, NOW - 100, 1.0, is_full=True, counts=Counts(created=2, bytes=3_000)))
    for _ in range(3):
        model.add(quiet)
    assert model.rowCount() == 2
    assert model.data(model.index(0, 1)) == "Checked 3 times, nothing had changed."
    assert model.data(model.index(1, 1)) == "2 new."
    qtmodeltester.check(model)


def test_ten_thousand_passes_are_kept_and_no_more(icons: Icons) -> None:
    model = ActivityModel(icons, lambda: NOW)
    for number in range(10_050):
        model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True, counts=Counts(created=number + 1)))
    assert model.rowCount() == 10_000
    assert newest_rows(model, 1)[0].report.counts.created == 10_050


def test_the_settings_dialog_gives_back_what_was_chosen(qtbot: QtBot) -> None:
    dialog = SettingsDialog(Settings(language="de"))
    qtbot.addWidget(dialog)
    accepted: list[Settings] = []
    dialog.settings_accepted.connect(accepted.append)
    dialog.login_check.setChecked(True)
    dialog.hidden_check.setChecked(False)
    dialog.notices_check.setChecked(False)
    dialog.appearance_combo.setCurrentIndex(2)
    accept_button(dialog).click()
    assert accepted == [
        Settings(
            start_at_login=True,
            start_hidden=False,
            notifications_enabled=False,
            language="de",
            appearance=Appearance.DARK,
        )
    ]


def test_pauses_are_offered_from_the_menu(make: Make) -> None:
    window = make("ok")
    wishes: list[object] = []
    window.menus.pause_requested.connect(wishes.append)
    for action in window.menus.pause_menu.actions():
        action.trigger()
    assert wishes[0] == PauseWish("a1", NOW + 1_800)
    assert wishes[1] == PauseWish("a1", NOW + 7_200)
    assert isinstance(wishes[2], PauseWish)
    assert wishes[2].until is not None
    assert NOW < wishes[2].until < NOW + 2 * 86_400
    assert wishes[3] == PauseWish("a1", None)


def test_an_empty_source_is_asked_about() -> None:
    held = Held(HeldCode.SOURCE_EMPTY, of_system("empty"), Counts(deleted=9), 9)
    view = replace(VIEWS["held"], status=VIEWS["held"].status._replace(held=held))
    assert "suddenly empty" in headline(view, NOW).title


@pytest.mark.slow
def test_every_control_has_a_name(icons: Icons, qtbot: QtBot) -> None:
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QPlainTextEdit, QProgressBar, QSpinBox)
    for name, widget in scenes(icons):
        qtbot.addWidget(widget)
        for kind in kinds:
            for control in widget.findChildren(kind):
                if control.objectName().startswith("qt_") or isinstance(control.parent(), QComboBox | QSpinBox):
                    continue
                if not control.isVisibleTo(widget):
                    continue
                text = control.text() if isinstance(control, QAbstractButton) else ""
                is_corner = type(control).__name__ == "QAbstractButton" or type(control).__name__ == "QToolButton"
                is_header = type(control).__name__ == "QHeaderView"
                assert text or control.accessibleName() or is_corner or is_header, (name, control)
