"""What a job brings back into its source is followed by a dialog, which can stop it, and be left if that takes long."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.rules import progress
from backup_gui.engine.run import runner
from backup_gui.model.events import FilesReturned, GiveUp, Progressed, PutBack, StatusChanged, Stop
from backup_gui.model.job import Job
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState, Status
from backup_gui.presenters.shell import Shell
from backup_gui.threads.liveness import Stalls
from backup_gui.ui.dialogs.returned import ReturnedDialog
from backup_gui.ui.text.headline import headline
from backup_gui.ui.values.job import HeldAnswer
from tests.helpers.screens import HELD, VIEWS
from tests.helpers.trees import contents
from tests.qt.conftest import NOW, ScriptedRun, ShellMaker

LONG_MS = 20_000
STEP = Progress(Phase.RETURNING, 311, 840, 1_200_000, 4_800_000, "Travel/Sea.jpg", 4.0)


def dialogs(shell: Shell) -> list[ReturnedDialog]:
    return [dialog for dialog in shell.window.findChildren(ReturnedDialog) if dialog.isVisible()]


@pytest.fixture
def shell(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> Shell:
    """A job whose runner does what it is told."""
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    return shell


@pytest.fixture
def dialog(shell: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> ReturnedDialog:
    """The dialog of files that are being put back."""
    shell.window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    qtbot.waitUntil(lambda: scripted.received(job.id) == [PutBack(HELD)])
    (dialog,) = dialogs(shell)
    return dialog


def test_it_says_which_file_is_put_back_how_many_and_how_much(
    dialog: ReturnedDialog, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    assert (dialog._title.text(), dialog.progress._words.text()) == ("Getting ready…", "")
    assert dialog.progress.bar.maximum() == 0
    scripted.tell(job.id, Progressed(STEP._replace(phase=Phase.COPYING, path="of a pass")))
    scripted.tell(job.id, Progressed(STEP))
    qtbot.waitUntil(lambda: dialog._title.text() == "Putting back 312 of 840 files and folders")
    assert dialog.progress._words.text() == "1.2 MB of 4.8 MB"
    assert dialog.progress._file._full == "Travel/Sea.jpg"
    assert dialog.progress.bar.value() == 310
    scripted.tell(job.id, FilesReturned(RestoreResult(2, ("a", "b"))))
    qtbot.waitUntil(lambda: dialog.is_over)
    assert dialog._title.text() == "All 2 files and folders are back in your folder, and verified."
    assert not dialog.progress.bar.isVisible()


@pytest.mark.parametrize("way", ["button", "escape", "close"])
def test_it_is_stopped_by_button_key_or_closing_and_tells_what_is_back(
    dialog: ReturnedDialog, job: Job, scripted: ScriptedRun, qtbot: QtBot, way: str
) -> None:
    if way == "button":
        QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    elif way == "escape":
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    else:
        dialog.close()
    qtbot.waitUntil(lambda: scripted.received(job.id) == [PutBack(HELD), GiveUp()])
    assert dialog.isVisible()
    assert (dialog._title.text(), dialog.cancel_button.isEnabled()) == ("Stopping…", False)
    dialog.close()
    scripted.tell(job.id, Progressed(STEP))
    qtbot.waitUntil(lambda: dialog.progress._words.text() == "1.2 MB of 4.8 MB")
    assert dialog._title.text() == "Stopping…"
    scripted.tell(job.id, FilesReturned(RestoreResult(840, ("a",), reason=Reason(ReasonCode.RETURN_STOPPED))))
    qtbot.waitUntil(lambda: dialog.is_over)
    assert dialog.progress._words.text().startswith("Stopped before the end.\n")
    assert scripted.received(job.id) == [PutBack(HELD), GiveUp()]
    dialog.close()
    assert not dialog.isVisible()


@pytest.mark.parametrize("restored", [("a",), ()])
def test_what_does_not_stop_can_be_left_and_tells_later_what_came_of_it(
    shell: Shell,
    dialog: ReturnedDialog,
    job: Job,
    scripted: ScriptedRun,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    restored: tuple[str, ...],
) -> None:
    dialog._patience.setInterval(1)
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: dialog._title.text() == "Stopping takes a while…")
    assert "You can close this window" in dialog.progress._words.text()
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialogs(shell))
    scripted.tell(job.id, Progressed(STEP))
    scripted.tell(job.id, FilesReturned(RestoreResult(840, restored, reason=Reason(ReasonCode.RETURN_STOPPED))))
    # Once more, as if of something else, so that it is known that the first was heard.
    scripted.tell(job.id, FilesReturned(RestoreResult(1, ("z",))))
    qtbot.waitUntil(lambda: "It is back in your folder, and verified." in [one._title.text() for one in dialogs(shell)])
    assert len(dialogs(shell)) == 1 + len(restored)


def test_what_was_left_is_not_told_in_the_dialog_of_what_was_asked_for_since(
    shell: Shell, dialog: ReturnedDialog, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    dialog._patience.setInterval(1)
    dialog.cancel_button.click()
    qtbot.waitUntil(dialog.close_button.isVisible)
    scripted.tell(job.id, Progressed(STEP))
    scripted.tell(job.id, Progressed(STEP._replace(files_done=312)))
    qtbot.waitUntil(lambda: dialog.progress.bar.value() > 0)
    assert "You can close this window" in dialog.progress._words.text()
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialogs(shell))
    shell.window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    (second,) = dialogs(shell)
    scripted.tell(job.id, FilesReturned(RestoreResult(840, ("a",), reason=Reason(ReasonCode.RETURN_STOPPED))))
    qtbot.waitUntil(lambda: len(dialogs(shell)) == 2)
    assert not second.is_over
    scripted.tell(job.id, FilesReturned(RestoreResult(1, ("z",))))
    qtbot.waitUntil(lambda: second.is_over)
    assert second._title.text() == "It is back in your folder, and verified."


def test_a_result_that_comes_at_last_is_shown_in_the_dialog_that_was_not_left(
    dialog: ReturnedDialog, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    dialog._patience.setInterval(1)
    dialog.cancel_button.click()
    qtbot.waitUntil(dialog.close_button.isVisible)
    scripted.tell(job.id, FilesReturned(RestoreResult(1, ("z",))))
    qtbot.waitUntil(lambda: dialog.is_over)
    assert dialog._title.text() == "It is back in your folder, and verified."


def test_a_drive_that_does_not_answer_is_told_in_the_dialog(
    shell: Shell, dialog: ReturnedDialog, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stalls, "silent_s", lambda _self, _job_id: 40)
    shell.care.changed.emit(job.id)
    assert dialog.progress._silence.text == "Waiting for the drive: it has not answered for 40 s."
    monkeypatch.setattr(Stalls, "silent_s", lambda _self, _job_id: 0)
    shell.care.changed.emit(job.id)
    assert dialog.progress._silence.text == ""


def test_a_check_under_way_is_said_to_be_finished_first(
    shell: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    scripted.tell(job.id, StatusChanged(Status(JobState.WORKING)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.WORKING)
    shell.window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    (dialog,) = dialogs(shell)
    assert dialog._title.text() == "The check that is under way is finished first…"


def test_a_job_that_ends_or_is_removed_meanwhile_is_told(
    shell: Shell, dialog: ReturnedDialog, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell.controller._threads[job.id].put(Stop())
    qtbot.waitUntil(lambda: dialog.is_over)
    assert dialog._title.text() == "Nothing was restored."
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialogs(shell))
    shell.controller.back_up_now(job.id)
    qtbot.waitUntil(lambda: shell.controller.is_running(job.id))
    shell.window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    (second,) = dialogs(shell)
    shell.window.removal_requested.emit(job.id)
    assert second.progress._words.text() == "This backup was removed or changed."


def test_the_banner_says_that_files_are_put_back() -> None:
    view = replace(VIEWS["working"], progress=STEP)
    assert headline(view, NOW).title == "Putting files back into your folder."


def test_a_long_return_is_stopped_in_the_middle_and_done_again(
    make_shell: ShellMaker, job: Job, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """With real files: what is back is complete, the rest is still held, and a second try brings it all."""
    monkeypatch.setattr(progress, "LEAST_PAUSE_S", 0.0)
    job = job._replace(interval_s=1, guard_count=3, guard_share=0.1)
    for number in range(60):
        path = Path(job.source, "docs", f"{number:02}.txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"content {number}")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    before = contents(job.source)
    make_shell.store().save_jobs((job,))
    shell = make_shell(runner.run)
    shell.start(Wish())

    def state() -> JobState:
        return shell.controller.status(job.id).state

    qtbot.waitUntil(lambda: state() is JobState.OK, timeout=LONG_MS)
    shutil.rmtree(Path(job.source, "docs"))
    qtbot.waitUntil(lambda: state() is JobState.HELD, timeout=LONG_MS)
    count, real = itertools.count(), progress.Meter.end_path
    is_amid, may_go_on = threading.Event(), threading.Event()

    def end_slowly(meter: progress.Meter, files: int) -> None:
        real(meter, files)
        if next(count) == 10:
            is_amid.set()
            assert may_go_on.wait(20)

    monkeypatch.setattr(progress.Meter, "end_path", end_slowly)
    review = shell.window.review(job.id)
    assert review is not None
    review.put_back_button.click()
    (dialog,) = dialogs(shell)
    qtbot.waitUntil(lambda: is_amid.is_set() and dialog._title.text().startswith("Putting back "), timeout=LONG_MS)
    dialog.cancel_button.click()
    may_go_on.set()
    qtbot.waitUntil(lambda: dialog.is_over, timeout=LONG_MS)
    assert dialog.progress._words.text().startswith("Stopped before the end")
    there = contents(job.source)
    assert 0 < len(there) < 60
    assert there.items() <= before.items()
    dialog.close_button.click()
    qtbot.waitUntil(lambda: state() is JobState.HELD and not dialogs(shell), timeout=LONG_MS)
    again = shell.window.review(job.id)
    assert again is not None
    again.put_back_button.click()
    qtbot.waitUntil(lambda: [one.is_over for one in dialogs(shell)] == [True], timeout=LONG_MS)
    assert contents(job.source) == before
    qtbot.waitUntil(lambda: state() is JobState.OK, timeout=LONG_MS)
    assert contents(job.destination.path) == before
