"""A drive that hangs while the window reads from it, looks at it or restores to it: told, and never in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.history import snapshot
from backup_gui.engine.restore import put_back as putback
from backup_gui.model.events import Pause, Resume, StatusChanged
from backup_gui.model.job import Job
from backup_gui.model.status import JobState
from backup_gui.presenters import history as presenter
from backup_gui.presenters import job_form as formpresenter
from backup_gui.presenters import plan as planpresenter
from backup_gui.presenters.shell import Shell
from backup_gui.services import browse as archive
from backup_gui.services import job_check as inspection
from backup_gui.services import preview
from backup_gui.services.suggestions import Proposal
from backup_gui.threads import liveness as stall
from backup_gui.threads.liveness import Heartbeat
from backup_gui.threads.tasks import TaskContext, TaskRunner
from backup_gui.ui.history.restore_dialog import RestoreDialog
from backup_gui.ui.main.board import Page
from backup_gui.ui.values.first_run import FirstChoice
from backup_gui.ui.values.history import RestoreWish, subject_of
from tests.faults.volumes import cuttable_disk, is_any_thread_stuck, run_tool
from tests.helpers.looks import is_due
from tests.helpers.trees import contents
from tests.qt.conftest import ScriptedRun, ShellMaker, make_test_job, ok_status
from tests.qt.presenters.test_history import click_row, row_of

SILENT = "Waiting for the drive: it has not answered for "
LONG_MS = 20_000


class Drive:
    """Hangs for whoever asks it, until it is told to answer."""

    def __init__(self) -> None:
        self._answers = threading.Event()
        self.asked = threading.Semaphore(0)
        self.count = 0

    def ask(self) -> None:
        self.count += 1
        assert self._answers.wait(60)

    def answer(self) -> None:
        self._answers.set()


@pytest.fixture
def drive() -> Iterator[Drive]:
    made = Drive()
    yield made
    made.answer()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes ten seconds takes a fifth of one."""
    monkeypatch.setattr(stall, "LEAST_S", 0.2)
    monkeypatch.setattr(stall, "LOOK_EVERY_MS", 20)


def hang(drive: Drive, value: object = None) -> object:
    drive.ask()
    return value


def ask(drive: Drive, value: object, _task: TaskContext[object]) -> object:
    return hang(drive, value)


def at_once(value: object, _task: TaskContext[object]) -> object:
    return value


@pytest.fixture
def runner(drive: Drive, qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner("test")
    yield made
    drive.answer()
    qtbot.waitUntil(lambda: not any(thread.name.startswith("test ") for thread in threading.enumerate()))
    made.close()


def test_work_that_hangs_keeps_no_other_from_being_done(runner: TaskRunner, drive: Drive, qtbot: QtBot) -> None:
    seen: list[object] = []
    for number in range(10):
        runner.start(f"hangs {number}", partial(ask, drive, number), seen.append)
    runner.start("quick", partial(at_once, "quick"), seen.append)
    assert drive.count == 8
    qtbot.waitUntil(lambda: seen == ["quick"])
    qtbot.waitUntil(lambda: drive.count == 10)
    assert runner._stalls.silent_s("hangs 0") > 0
    assert runner._stalls.silent_s("quick") == 0
    drive.answer()
    qtbot.waitUntil(lambda: sorted(seen[1:], key=str) == list(range(10)))
    assert runner._stalls.silent_s("hangs 0") == 0


def test_what_is_done_again_and_again_does_not_pile_up_on_a_drive_that_hangs(
    runner: TaskRunner, drive: Drive, qtbot: QtBot
) -> None:
    seen: list[object] = []
    runner.start("room", partial(ask, drive, 0), seen.append, waits=True)
    qtbot.waitUntil(lambda: runner._stalls.silent_s("room") > 0)
    for number in range(1, 5):
        runner.start("room", partial(ask, drive, number), seen.append, waits=True)
    assert drive.count == 1
    drive.answer()
    qtbot.waitUntil(lambda: seen == [0, 4])


def test_a_new_task_takes_the_place_of_one_that_hangs(runner: TaskRunner, drive: Drive, qtbot: QtBot) -> None:
    seen: list[object] = []
    silent: list[int] = []
    runner.start("look", partial(ask, drive, "old"), seen.append, on_silent=silent.append)
    qtbot.waitUntil(lambda: len(silent) == 1)
    assert silent[0] > 0
    runner.start("look", partial(at_once, "new"), seen.append, on_silent=silent.append)
    qtbot.waitUntil(lambda: seen == ["new"])
    drive.answer()
    qtbot.waitUntil(lambda: not runner._left)
    assert seen == ["new"]
    assert set(silent[1:]) <= {0}


def test_a_task_that_is_replaced_before_it_hangs_is_left_as_soon_as_it_does(
    runner: TaskRunner, drive: Drive, qtbot: QtBot
) -> None:
    seen: list[object] = []
    silent: list[int] = []
    runner.start("look", partial(ask, drive, "old"), seen.append, on_silent=silent.append)
    runner.start("look", partial(at_once, "new"), seen.append)
    qtbot.waitUntil(lambda: seen == ["new"])
    drive.answer()
    qtbot.waitUntil(lambda: not runner._left)
    assert (seen, silent) == (["new"], [])


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is known how long a thread ran")
def test_a_task_that_goes_on_says_so(runner: TaskRunner, qtbot: QtBot) -> None:
    silent: list[int] = []
    steps = [threading.Event(), threading.Event()]

    def work(_task: object) -> None:
        assert steps[0].wait(60)
        sum(range(1_000_000))
        assert steps[1].wait(60)

    runner.start("look", work, lambda _: None, on_silent=silent.append)
    qtbot.waitUntil(lambda: len(silent) == 1)
    steps[0].set()
    qtbot.waitUntil(lambda: len(silent) >= 2)
    assert silent[1] == 0
    steps[1].set()


def test_there_is_an_end_to_threads_that_hang(
    runner: TaskRunner, drive: Drive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backup_gui.threads.tasks.MOST_IN_ALL", 10)
    for number in range(30):
        runner.start(f"hangs {number}", partial(ask, drive, None), lambda _: None)
    qtbot.waitUntil(lambda: drive.count == 10)
    qtbot.waitUntil(lambda: all(runner._stalls.silent_s(key) for key in runner._running))
    assert drive.count == 10
    drive.answer()
    qtbot.waitUntil(lambda: drive.count == 30)


def test_threads_that_were_left_to_themselves_count_too(
    runner: TaskRunner, drive: Drive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backup_gui.threads.tasks.MOST_IN_ALL", 2)
    seen: list[object] = []
    for number in range(2):
        runner.start("look", partial(ask, drive, number), seen.append)
        qtbot.waitUntil(lambda: runner._stalls.silent_s("look") > 0)
    runner.start("look", partial(at_once, "last"), seen.append)
    assert len(runner._left) == 2
    assert is_due(runner, "look")
    assert not runner._running
    drive.answer()
    qtbot.waitUntil(lambda: seen == ["last"])


@pytest.fixture
def serial(drive: Drive, qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner("serial", is_serial=True)
    yield made
    drive.answer()
    made.close()
    assert made.wait(5.0)
    qtbot.waitUntil(lambda: not any(thread.name.startswith("serial ") for thread in threading.enumerate()))


def test_one_after_the_other_that_hangs_is_told_of_until_it_goes_on(
    serial: TaskRunner, drive: Drive, qtbot: QtBot
) -> None:
    seen: list[object] = []
    silent: list[int] = []
    serial.silence_changed.connect(silent.append)
    serial.start("a", partial(ask, drive, "a"), seen.append)
    serial.start("b", partial(at_once, "b"), seen.append)
    qtbot.waitUntil(lambda: len(silent) == 1)
    assert (silent[0] > 0, seen) == (True, [])
    drive.answer()
    qtbot.waitUntil(lambda: seen == ["a", "b"])
    assert silent[-1] == 0
    # It watches nothing while there is nothing to do.
    qtbot.waitUntil(lambda: not serial._stalls._timer.isActive())


@pytest.mark.parametrize("moment", ["early", "late"])
def test_what_is_stopped_and_hangs_is_left_to_itself(
    serial: TaskRunner, drive: Drive, qtbot: QtBot, moment: str
) -> None:
    seen: list[object] = []
    left: list[object] = []
    silent: list[int] = []
    # Whoever shares something with the thread knows before the next one begins.
    serial.left.connect(lambda: left.append("b" in serial._waiting))
    serial.silence_changed.connect(silent.append)
    serial.start("a", partial(ask, drive, "a"), seen.append, on_failed=seen.append)
    serial.start("b", partial(at_once, "b"), seen.append, on_failed=seen.append)
    qtbot.waitUntil(lambda: drive.count == 1)
    if moment == "late":
        qtbot.waitUntil(lambda: bool(silent) and silent[-1] > 0)
    serial.stop("a")
    qtbot.waitUntil(lambda: seen == ["b"])
    assert left == [True]
    assert not any(silent[-1:])
    drive.answer()
    # What comes of it is told all the same.
    qtbot.waitUntil(lambda: seen == ["b", "a"])


def test_what_does_not_stop_can_be_left_before_it_is_known_to_hang(
    serial: TaskRunner, drive: Drive, qtbot: QtBot
) -> None:
    seen: list[object] = []
    serial.start("a", partial(ask, drive, "a"), seen.append)
    serial.start("b", partial(at_once, "b"), seen.append)
    qtbot.waitUntil(lambda: drive.count == 1)
    serial.leave("b")
    assert not serial._left
    serial.leave("a")
    qtbot.waitUntil(lambda: seen == ["b"])
    drive.answer()
    qtbot.waitUntil(lambda: seen == ["b", "a"])


def test_a_new_wish_with_the_key_of_one_that_hangs_is_granted(serial: TaskRunner, drive: Drive, qtbot: QtBot) -> None:
    seen: list[object] = []
    silent: list[int] = []
    serial.silence_changed.connect(silent.append)
    serial.start("a", partial(ask, drive, "old"), seen.append, on_failed=seen.append)
    qtbot.waitUntil(lambda: bool(silent))
    serial.start("a", partial(at_once, "new"), seen.append, on_failed=seen.append)
    qtbot.waitUntil(lambda: seen == ["new"])
    drive.answer()
    qtbot.waitUntil(lambda: not serial._left)
    assert seen == ["new"]


def test_what_was_cancelled_and_hangs_is_left_and_never_told(serial: TaskRunner, drive: Drive, qtbot: QtBot) -> None:
    seen: list[object] = []
    serial.start("a", partial(ask, drive, "a"), seen.append, on_failed=seen.append)
    qtbot.waitUntil(lambda: drive.count == 1)
    serial.cancel()
    serial.start("b", partial(at_once, "b"), seen.append)
    qtbot.waitUntil(lambda: seen == ["b"])
    drive.answer()
    qtbot.waitUntil(lambda: not serial._left)
    assert seen == ["b"]


@pytest.fixture
def shell(make_shell: ShellMaker, tmp_path: Path, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> Shell:
    """Two jobs whose runner does what it is told, each with one file in its backup."""
    jobs = (job, make_test_job(tmp_path, "Pictures"))
    for one in jobs:
        Path(one.destination.path).mkdir(parents=True)
        Path(one.destination.path, f"of {one.name}").write_text("1")
    shell = make_shell(scripted)
    shell.start(Wish())
    for one in jobs:
        shell.controller.add(one)
        qtbot.waitUntil(partial(scripted.has_started, one.id))
        scripted.tell(one.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: all(shell.controller.status(one.id).state is JobState.OK for one in jobs))
    return shell


def hang_at(real: Callable[..., object], drive: Drive, where: str) -> Callable[..., object]:
    """A function that hangs as long as its arguments are about one place."""

    def ask(*arguments: object, **options: object) -> object:
        if repr(where)[1:-1] in repr((arguments, options)):
            drive.ask()
        return real(*arguments, **options)

    return ask


def test_a_history_on_a_drive_that_hangs_says_so_and_another_ones_is_read(
    shell: Shell, job: Job, drive: Drive, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(archive, "Snapshot", hang_at(snapshot.Snapshot, drive, job.destination.path))
    monkeypatch.setattr(archive, "history_at", hang_at(history_at, drive, job.destination.path))
    page, board = shell.window.board.history, shell.window.board
    board.select_job(job.id)
    shell.window.show_history()
    qtbot.waitUntil(lambda: page._silence.text.startswith(SILENT), timeout=LONG_MS)
    assert page.list.currentWidget() is page.list.empty_states["silent"]
    board.select_job("pictures")
    qtbot.waitUntil(lambda: row_of(page, "of Pictures").isValid(), timeout=LONG_MS)
    assert page._silence.text == ""
    assert page.list.currentWidget() is page.tree
    board.select_job(job.id)
    qtbot.waitUntil(lambda: page._silence.text.startswith(SILENT), timeout=LONG_MS)
    drive.answer()
    qtbot.waitUntil(lambda: row_of(page, "of Documents").isValid(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: page._silence.text == "")


def restore(shell: Shell, job: Job, to: str = "") -> RestoreDialog:
    """Begin to restore what is chosen on the History page."""
    page = shell.window.board.history
    page.restore_requested.emit(RestoreWish(subject_of(job), page.wished_items(), to=to))
    return next(one for one in shell.window.findChildren(RestoreDialog) if one.isVisible() and not one.is_over)


def test_a_restore_that_hangs_can_be_left_and_others_and_the_job_go_on(
    shell: Shell,
    job: Job,
    scripted: ScriptedRun,
    drive: Drive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr(archive, "put_back", hang_at(putback.put_back, drive, job.source))
    shell.window.board.select_job(job.id)
    shell.window.show_history()
    click_row(shell.window.board.history, "of Documents", qtbot)
    dialog = restore(shell, job)
    dialog._patience.setInterval(1)
    qtbot.waitUntil(lambda: dialog.progress._silence.text.startswith(SILENT), timeout=LONG_MS)
    assert dialog.cancel_button.isEnabled()
    dialog.cancel_button.click()
    qtbot.waitUntil(dialog.close_button.isVisible)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [Pause(None), Resume()])
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not shell.window.findChildren(RestoreDialog))
    other = restore(shell, job, str(tmp_path / "saved"))
    qtbot.waitUntil(lambda: other.is_over, timeout=LONG_MS)
    assert contents(tmp_path / "saved") == {"of Documents": b"1"}
    drive.answer()
    qtbot.waitUntil(lambda: not shell.restoring._restorer._left)
    # It had been given up: nothing was written when the drive answered at last.
    assert contents(job.source) == {}
    assert scripted.received(job.id) == [Pause(None), Resume()]


def test_a_restore_that_ends_before_its_dialog_is_closed_shows_what_came_of_it(
    shell: Shell, job: Job, drive: Drive, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(archive, "put_back", hang_at(putback.put_back, drive, job.source))
    shell.window.board.select_job(job.id)
    shell.window.show_history()
    click_row(shell.window.board.history, "of Documents", qtbot)
    dialog = restore(shell, job)
    dialog._patience.setInterval(1)
    qtbot.waitUntil(lambda: drive.count == 1)
    dialog.cancel_button.click()
    qtbot.waitUntil(dialog.close_button.isVisible)
    drive.answer()
    qtbot.waitUntil(lambda: dialog.is_over, timeout=LONG_MS)
    assert dialog.progress._silence.text == ""


def test_a_preview_of_a_drive_that_hangs_says_so_and_another_one_is_made(
    shell: Shell, job: Job, drive: Drive, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(planpresenter, "preview_plan", hang_at(preview.preview_plan, drive, job.destination.path))
    for _ in range(10):
        # More than there are threads.
        dialog = shell.window.preview(job)
        qtbot.waitUntil(lambda dialog=dialog: dialog.progress._silence.text.startswith(SILENT), timeout=LONG_MS)  # type: ignore[misc]
        dialog.close_button.click()
    assert drive.count == 10
    other = shell.controller.job("pictures")
    assert other is not None
    dialog = shell.window.preview(other)
    qtbot.waitUntil(lambda: dialog._pages.currentWidget() is not dialog._waiting, timeout=LONG_MS)
    dialog.close_button.click()
    drive.answer()
    qtbot.waitUntil(lambda: not shell.tasks._running)


@pytest.mark.parametrize("form", ["dialog", "page"])
def test_a_form_about_a_drive_that_hangs_says_so_and_judges_another_folder(
    shell: Shell, job: Job, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, form: str
) -> None:
    monkeypatch.setattr(formpresenter, "examine", hang_at(inspection.examine, drive, "/hung/"))
    if form == "dialog":
        dialog = shell.window.begin_by_hand(job.source)
        page = dialog.form
    else:
        page = shell.window.board.settings
        shell.window.show_job(job.id, Page.SETTINGS)
    edit, remark = page.destination_field.edit, page.other_remark
    edit.setText("/hung/backup")
    qtbot.waitUntil(lambda: remark.text.startswith(SILENT), timeout=LONG_MS)
    edit.setText(str(tmp_path / "elsewhere"))
    qtbot.waitUntil(lambda: remark.text == "", timeout=LONG_MS)
    if form == "dialog":
        qtbot.waitUntil(dialog.start_button.isEnabled)
        dialog.reject()


def test_the_first_run_says_that_a_drive_hangs(
    make_shell: ShellMaker, scripted: ScriptedRun, drive: Drive, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    steps = shell.window.welcome
    told: list[str] = []
    monkeypatch.setattr(type(steps), "show_verdict", lambda _self, _choice, _jobs, text, **_: told.append(text))
    monkeypatch.setattr("backup_gui.presenters.first_run.propose", lambda *_, **_options: hang(drive, Proposal()))
    steps.check_requested.emit(FirstChoice(("/a",), "/b"))
    qtbot.waitUntil(lambda: bool(told) and told[-1].startswith(SILENT))
    drive.answer()
    qtbot.waitUntil(lambda: not shell.tasks._running)


def test_a_backup_folder_on_a_drive_that_hangs_says_so_and_another_one_can_be_chosen(
    shell: Shell, job: Job, drive: Drive, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(presenter, "backup_at", hang_at(snapshot.backup_at, drive, "/hung"))
    shell.window.backup_chosen.emit("/hung")
    qtbot.waitUntil(lambda: bool(shell.window.findChildren(QMessageBox)), timeout=LONG_MS)
    (box,) = shell.window.findChildren(QMessageBox)
    assert box.text() == "The drive does not answer"
    box.close()
    shell.window.backup_chosen.emit(job.destination.path)
    qtbot.waitUntil(lambda: len(shell.restoring._presenters) == 2, timeout=LONG_MS)
    drive.answer()


@pytest.mark.hazard(18)
@pytest.mark.root
def test_saving_to_a_drive_that_freezes_is_stopped_in_the_window_at_once_and_leaves_nothing_unfinished(
    shell: Shell, job: Job, tmp_path: Path, qtbot: QtBot
) -> None:
    shell.window.board.select_job(job.id)
    shell.window.show_history()
    click_row(shell.window.board.history, "of Documents", qtbot)
    with cuttable_disk(tmp_path) as disk:
        try:
            run_tool("fsfreeze", "--freeze", str(disk.point))
            try:
                dialog = restore(shell, job, str(disk.point / "saved"))
                dialog._patience.setInterval(100)
                qtbot.waitUntil(is_any_thread_stuck, timeout=LONG_MS)
                qtbot.waitUntil(lambda: dialog.progress._silence.text.startswith(SILENT), timeout=LONG_MS)
                dialog.cancel_button.click()
                qtbot.waitUntil(dialog.close_button.isVisible, timeout=LONG_MS)
                dialog.close_button.click()
                other = restore(shell, job, str(tmp_path / "saved"))
                qtbot.waitUntil(lambda: other.is_over, timeout=LONG_MS)
                assert contents(tmp_path / "saved") == {"of Documents": b"1"}
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", str(disk.point)], check=True)
            qtbot.waitUntil(lambda: not shell.restoring._restorer._left, timeout=LONG_MS)
            assert contents(disk.point / "saved") == {}
        finally:
            qtbot.waitUntil(lambda: not shell.restoring._restorer._left, timeout=LONG_MS)


def test_a_new_heart_is_not_taken_for_one_that_has_stopped() -> None:
    assert Heartbeat().pulse != Heartbeat().pulse
