"""The tray icon's state, words and menu."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSystemTrayIcon

from backup_gui.model.job import Job, Place
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.status import JobState, Status
from backup_gui.ui.main.tray import Tray
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.notices import Notice
from backup_gui.ui.values.job import JobView, PauseWish
from tests.helpers.screens import PROBLEMS
from tests.qt.conftest import NOW, RecordedTrayIcon, ok_status

ONE = Job("/a", Place("/b"), id="one", name="One & only")
FULL = "The backup drive is full"
TWO = Job("/c", Place("/d"), id="two", name="Two")


@pytest.fixture
def tray(icons: Icons, tray_icon: RecordedTrayIcon) -> Tray:
    tray = Tray(icons, lambda: tray_icon, lambda: NOW)
    tray.show()
    return tray


def visible(actions: list[QAction]) -> list[str]:
    return [action.text().replace("&", "") for action in actions if action.isVisible() and not action.isSeparator()]


def test_without_jobs_there_is_nothing_to_back_up(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    assert visible(tray.menu.actions()) == [
        "No backup yet",
        "Open",
        "Back up now",
        "Pause",
        "Restore…",
        "Settings…",
        "Quit",
    ]
    assert not tray.back_up_action.isEnabled()
    assert tray_icon.tooltip == "Folder Backup\nNo backup yet"


def test_one_job_is_shown_with_its_state(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    tray.show_jobs((JobView(ONE, ok_status()),))
    assert visible(tray.menu.actions()) == [
        "Everything is backed up.",
        "Open",
        "Back up now",
        "Pause",
        "Restore…",
        "Settings…",
        "Quit",
    ]
    assert tray_icon.tooltip == "Folder Backup\nOne & only: Everything is backed up. Checked 1 minute ago."


@pytest.mark.parametrize(
    ("name", "on_bus", "drawn_by_qt"),
    [
        ("my_docs", "my__docs", "my_docs"),
        ("One & only", "One && only", "One && only"),
        ("a&b_c&d", "a&&b__c&d", "a&&b_c&&d"),
        ("plain", "plain", "plain"),
    ],
)
def test_a_name_is_told_as_it_is_to_whoever_draws_the_menu(
    tray: Tray, name: str, on_bus: str, drawn_by_qt: str
) -> None:
    for is_on_bus, told in ((True, on_bus), (False, drawn_by_qt)):
        tray.is_on_bus = is_on_bus
        tray.show_jobs(())
        tray.show_jobs((JobView(ONE._replace(name=name), Status(JobState.PAUSED)), JobView(TWO, ok_status())))
        assert told in [action.text() for action in tray.back_up_menu.actions()]
        assert tray.status_action.text().startswith(f"{told}: ")


def test_the_worst_job_gives_icon_and_status_line(tray: Tray, tray_icon: RecordedTrayIcon, icons: Icons) -> None:
    failed = Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))
    tray.show_jobs((JobView(ONE, ok_status()), JobView(TWO, failed)))
    assert tray_icon.icons[-1].cacheKey() == icons.state(JobState.FAILED).cacheKey()
    assert tray.status_action.text() == "Two: The backup drive is full"
    assert visible(tray.back_up_menu.actions()) == ["All backups", "One  only", "Two"]
    assert not tray.back_up_action.isVisible()


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (
            JobView(TWO, Status(JobState.WAITING, reason=Reason(ReasonCode.DESTINATION_DRIVE_AWAY, path="/media/usb"))),
            "Waiting for the drive of “Two”: /media/usb",
        ),
        (
            JobView(TWO, Status(JobState.WAITING), overdue_since=NOW - 86_400 * 4),
            "Two has not been backed up for 4 days: its drive or folder is away.",
        ),
        (JobView(TWO, Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))), f"Two: {FULL}"),
    ],
)
def test_a_job_among_others_is_named_once(tray: Tray, tray_icon: RecordedTrayIcon, view: JobView, words: str) -> None:
    tray.show_jobs((JobView(ONE, ok_status()), view))
    assert tray.status_action.text() == words
    assert tray_icon.tooltip.splitlines()[2] == words
    tray.show_jobs((view,))
    assert tray.status_action.text() == words.removeprefix("Two: ")
    assert tray_icon.tooltip.splitlines()[1] == words


def test_each_state_has_an_icon_of_its_own(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    for state in JobState:
        tray.show_jobs((JobView(ONE, Status(state)),))
    images = {bytes(icon.pixmap(22, 22).toImage().constBits()) for icon in tray_icon.icons}
    assert len(images) == len(JobState) + 1  # and the one without jobs


def test_problems_are_counted(tray: Tray) -> None:
    tray.show_jobs((JobView(ONE, Status(JobState.ATTENTION, problems=PROBLEMS)),))
    assert tray.problems_action.isVisible()
    assert tray.problems_action.text().replace("&", "") == "Problems (3)"


def test_a_paused_job_can_be_resumed(tray: Tray) -> None:
    tray.show_jobs((JobView(ONE, Status(JobState.PAUSED)),))
    assert tray.resume_action.isVisible()
    assert not tray.pause_action.isVisible()


def test_the_menu_tells_what_is_wished(tray: Tray) -> None:
    tray.show_jobs((JobView(ONE, ok_status()), JobView(TWO, ok_status())))
    wishes: list[object] = []
    tray.back_up_requested.connect(wishes.append)
    tray.pause_requested.connect(wishes.append)
    tray.back_up_menu.actions()[0].trigger()
    tray.back_up_menu.actions()[-1].trigger()
    tray.pause_menu.actions()[0].trigger()
    tray.pause_menu.actions()[-1].trigger()
    assert wishes == ["", "two", PauseWish("", NOW + 1_800), PauseWish("", None)]


def test_a_click_opens_the_window(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    opened: list[bool] = []
    tray.open_requested.connect(lambda: opened.append(True))
    tray_icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    tray_icon.activated.emit(QSystemTrayIcon.ActivationReason.Context)
    assert opened == [True]


def test_a_click_on_a_notification_says_which_one_it_was(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    clicked: list[object] = []
    tray.notice_clicked.connect(clicked.append)
    notice = Notice("one", JobState.HELD, "One", "text")
    tray.tell(notice)
    tray_icon.messageClicked.emit()
    assert clicked == [notice]
    assert tray_icon.messages == [("One", "text")]


def test_the_icon_is_set_only_when_the_state_changes(tray: Tray, tray_icon: RecordedTrayIcon) -> None:
    before = len(tray_icon.icons)
    for pending in range(20):
        tray.show_jobs((JobView(ONE._replace(), Status(JobState.WORKING, pending=pending)),))
    assert len(tray_icon.icons) == before + 1
