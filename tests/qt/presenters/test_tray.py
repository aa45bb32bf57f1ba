"""What jobs tell through the desktop's notification service, and where a click on it leads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.desktop.freedesktop_notifications import Notifications
from backup_gui.desktop.single_instance import Wish
from backup_gui.model.events import KeepHeld, StatusChanged
from backup_gui.model.job import Job
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Reason, of_system
from backup_gui.model.status import JobState, Status
from backup_gui.presenters.shell import Shell
from backup_gui.ui.main.board import Page
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.values.first_run import FirstStart
from backup_gui.ui.values.job import HeldAnswer
from tests.helpers.fake_power import private_bus
from tests.helpers.notification_service import NotificationService, notification_service
from tests.helpers.screens import HELD, PROBLEMS
from tests.qt.conftest import NOW, RecordedTrayIcon, ScriptedRun, ShellMaker, make_test_job, ok_status

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no bus to be had")

DAY_S = 86_400
FULL = "The backup drive is full"
ATTENTION = Status(JobState.ATTENTION, problems=PROBLEMS)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotificationService]:
    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with notification_service(address, tmp_path / "calls.jsonl") as service:
            yield service


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[Job, Job]:
    return make_test_job(tmp_path, "One"), make_test_job(tmp_path, "Two")


@pytest.fixture
def shell(
    service: NotificationService, make_shell: ShellMaker, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> Shell:
    make_shell.make_notifier = Notifications
    store = make_shell.store()
    store.save_jobs(jobs)
    for job in jobs:
        store.note_told(f"first/{job.id}")
    shell = make_shell(scripted, store)
    shell.start(Wish(shows_window=False))
    qtbot.waitUntil(lambda: all(scripted.has_started(job.id) for job in jobs))
    return shell


def page(shell: Shell) -> Page:
    return Page(shell.window.board.tabs.currentIndex())


def selected(shell: Shell) -> str:
    view = shell.window.board.selected
    return view.job.name if view is not None else ""


def wait_for(qtbot: QtBot, service: NotificationService, *texts: str) -> list[int]:
    """Wait until exactly this stands on the screen; gives the numbers."""
    qtbot.waitUntil(lambda: sorted(service.standing().values()) == sorted(texts))
    numbers = {text: number for number, text in service.standing().items()}
    return [numbers[text] for text in texts]


def test_each_click_opens_the_page_of_its_own_job(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, jobs: tuple[Job, Job], qtbot: QtBot
) -> None:
    one, two = jobs
    scripted.tell(one.id, StatusChanged(ATTENTION))
    scripted.tell(two.id, StatusChanged(Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))))
    problems = "3 files could not be backed up. Everything else is backed up."
    first, second = wait_for(qtbot, service, problems, FULL)
    told = {call["id"]: call for call in service.calls("Notify")}
    assert [told[number]["summary"] for number in (first, second)] == ["One", "Two"]
    assert [told[number]["hints"]["urgency"] for number in (first, second)] == [1, 2]
    assert [told[number]["actions"][-1] for number in (first, second)] == ["Show", "Show"]
    assert told[first]["image"] == [96, 96]

    service.click(first, "show")
    qtbot.waitUntil(lambda: (selected(shell), page(shell)) == ("One", Page.PROBLEMS))
    assert shell.window.isVisible()
    service.click(second)
    qtbot.waitUntil(lambda: (selected(shell), page(shell)) == ("Two", Page.OVERVIEW))


def test_another_trouble_of_a_job_takes_the_place_of_the_last_and_goes_with_it(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, jobs: tuple[Job, Job], qtbot: QtBot
) -> None:
    one, two = jobs
    scripted.tell(two.id, StatusChanged(Status(JobState.FAILED, reason=of_system("else"))))
    scripted.tell(one.id, StatusChanged(Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))))
    _, number = wait_for(qtbot, service, "else", FULL)
    scripted.tell(one.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    question = "840 of 1,000 files would be deleted from the backup. Is that right?"
    assert wait_for(qtbot, service, "else", question)[1] == number
    assert service.calls("Notify")[-1]["actions"][-1] == "Review"

    scripted.tell(one.id, StatusChanged(Status(JobState.WORKING)))
    scripted.tell(one.id, StatusChanged(ok_status()))
    wait_for(qtbot, service, "else")
    shell.controller.remove(two.id)
    shell._forget(two.id)
    wait_for(qtbot, service)


def test_the_review_opens_by_a_click_and_its_answer_ends_what_another_one_says(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, jobs: tuple[Job, Job], qtbot: QtBot
) -> None:
    two = jobs[1]
    for job in jobs:
        scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: len(service.standing()) == 2)
    numbers = {call["summary"]: call["id"] for call in service.calls("Notify")}
    service.click(numbers["One"])
    qtbot.waitUntil(lambda: shell.window.findChild(ReviewDialog) is not None)
    assert selected(shell) == "One"
    shell.window.held_answered.emit(HeldAnswer(two.id, KeepHeld(HELD)))
    qtbot.waitUntil(lambda: numbers["Two"] in [call["id"] for call in service.calls("CloseNotification")])


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.PAUSED])
def test_an_alarm_ends_as_soon_as_the_backup_goes_on(
    shell: Shell,
    service: NotificationService,
    scripted: ScriptedRun,
    jobs: tuple[Job, Job],
    qtbot: QtBot,
    state: JobState,
) -> None:
    one, _ = jobs
    scripted.tell(one.id, StatusChanged(Status(state)))
    qtbot.waitUntil(lambda: shell.controller.status(one.id) == Status(state))
    shell.care.monitor._since[one.id] = NOW - 4 * DAY_S
    shell.care.monitor.check()
    qtbot.waitUntil(lambda: any("4 days" in text for text in service.standing().values()))
    scripted.tell(one.id, StatusChanged(Status(state, pending=2)))
    qtbot.waitUntil(lambda: shell.controller.status(one.id).pending == 2)
    assert service.calls("CloseNotification") == []
    scripted.tell(one.id, StatusChanged(Status(JobState.WORKING)))
    wait_for(qtbot, service)
    assert shell.care.monitor.overdue_since(one.id) is not None


def test_that_the_app_goes_on_is_told_once_and_a_click_brings_the_window_back(
    shell: Shell, service: NotificationService, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    shell.window.come_up()
    shell.window.close()
    (number,) = wait_for(qtbot, service, "Your files go on being backed up. Click the icon to open the window again.")
    assert not shell.window.isVisible()
    assert service.calls("Notify")[0]["actions"][-1] == "Open"
    service.click(number)
    qtbot.waitUntil(shell.window.isVisible)
    shell.window.close()
    assert not shell.window.isVisible()
    assert len(service.calls("Notify")) == 1
    assert tray_icon.messages == []


def test_that_the_app_goes_on_is_over_when_the_window_is_back(
    shell: Shell, service: NotificationService, qtbot: QtBot
) -> None:
    shell.window.come_up()
    shell.window.close()
    wait_for(qtbot, service, "Your files go on being backed up. Click the icon to open the window again.")
    shell.window.come_up()
    wait_for(qtbot, service)


def test_a_window_that_is_in_use_needs_no_notification(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, jobs: tuple[Job, Job], qtbot: QtBot
) -> None:
    one, two = jobs
    shell.window.come_up()
    qtbot.waitUntil(shell.window.isActiveWindow)
    scripted.tell(one.id, StatusChanged(ATTENTION))
    qtbot.waitUntil(lambda: shell.controller.status(one.id) == ATTENTION)
    dialog = shell.window.ask_to_quit()
    qtbot.waitUntil(dialog.isActiveWindow)
    scripted.tell(one.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: shell.controller.status(one.id).state is JobState.HELD)
    dialog.reject()
    shell.window.hide()
    scripted.tell(two.id, StatusChanged(Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))))
    wait_for(qtbot, service, FULL)
    assert len(service.calls("Notify")) == 1


def test_first_backups_of_one_first_run_are_told_at_once(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, tmp_path: Path, qtbot: QtBot
) -> None:
    new = tuple(make_test_job(tmp_path, name) for name in ("Three", "Four", "Five"))
    shell._adopt(FirstStart(new, starts_at_login=False))
    qtbot.waitUntil(lambda: all(scripted.has_started(job.id) for job in new))
    for job in new:
        scripted.tell(job.id, StatusChanged(ok_status()))
    (number,) = wait_for(
        qtbot,
        service,
        "The first backups of 3 folders are complete. From now on every change follows by itself.",
    )
    assert len(service.calls("Notify")) == 1
    assert shell._store.told("first") >= {job.id for job in new}
    service.click(number)
    qtbot.waitUntil(lambda: selected(shell) == "Five")


def test_nothing_stands_once_the_app_has_ended(
    shell: Shell, service: NotificationService, scripted: ScriptedRun, jobs: tuple[Job, Job], qtbot: QtBot
) -> None:
    scripted.tell(jobs[0].id, StatusChanged(Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE))))
    notifications = shell._trays._notifier
    assert isinstance(notifications, Notifications)
    # One that is under way while the app ends has no number yet by which it could be taken away.
    qtbot.waitUntil(lambda: [place.id for place in notifications._states.values()] == [1])
    shell.shut_down()
    wait_for(qtbot, service)


def test_without_a_service_the_tray_icon_tells_and_its_click_leads_to_the_page(
    shell: Shell,
    service: NotificationService,
    scripted: ScriptedRun,
    jobs: tuple[Job, Job],
    tray_icon: RecordedTrayIcon,
    qtbot: QtBot,
) -> None:
    service.end()
    scripted.tell(jobs[1].id, StatusChanged(ATTENTION))
    qtbot.waitUntil(lambda: [title for title, _ in tray_icon.messages] == ["Two"])
    tray_icon.messageClicked.emit()
    assert (selected(shell), page(shell)) == ("Two", Page.PROBLEMS)
