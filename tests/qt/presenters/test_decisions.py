"""What the user decides, from the click to the files: held, kept, undone, a drive that is gone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.destination.marker import Marker
from backup_gui.engine.run import runner
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import FilesReturned, ForgetDrive, PutBack, ReleaseKept, StatusChanged, UndoPass
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import (
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Problem,
    ProblemCode,
    Report,
    Stage,
)
from backup_gui.model.reasons import Reason, ReasonCode, of_system
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState, Status
from backup_gui.presenters.shell import Shell
from backup_gui.ui.activity.pass_row import PassRow
from backup_gui.ui.dialogs.returned import ReturnedDialog, returned_title
from backup_gui.ui.main.board import Page
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.headline import Remedy, headline
from backup_gui.ui.values.job import HeldAnswer, JobView
from tests.faults.test_unmounted_roots import mounted_anew
from tests.helpers.looks import notes_of
from tests.helpers.screens import HELD, PROBLEMS
from tests.helpers.trees import contents
from tests.qt.conftest import ScriptedRun, ShellMaker, ok_status

LONG_MS = 20_000
LONG_AGO_S = 1_700_000_000
COUNT = 10


def settle(shell: Shell, job: Job, qtbot: QtBot, *, kept: int = 0) -> None:
    """Wait until a job has nothing more to do."""

    def is_settled() -> bool:
        status = shell.controller.status(job.id)
        return status.state is JobState.OK and status.kept == kept and not status.pending

    qtbot.waitUntil(is_settled, timeout=LONG_MS)


def box_of(window: QWidget) -> QMessageBox:
    """The question that is open."""
    (box,) = (found for found in window.findChildren(QMessageBox) if found.isVisible())
    return box


def say_yes(window: QWidget) -> None:
    box = box_of(window)
    next(one for one in box.buttons() if box.buttonRole(one) is QMessageBox.ButtonRole.AcceptRole).click()


def result_of(shell: Shell, qtbot: QtBot) -> ReturnedDialog:
    """What is told when files were brought back."""
    qtbot.waitUntil(lambda: shell.window.findChild(ReturnedDialog) is not None, timeout=LONG_MS)
    dialog = shell.window.findChild(ReturnedDialog)
    assert dialog is not None
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: dialog.is_over, timeout=LONG_MS)
    return dialog


@pytest.fixture
def careful(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> tuple[Shell, Job]:
    """A job that runs, with ten files backed up, which holds more than three deletions."""
    job = job._replace(interval_s=1, guard_count=3, guard_share=0.3)
    for number in range(COUNT):
        path = Path(job.source, f"{number}.txt")
        path.write_text(f"content {number}")
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    store = make_shell.store()
    store.save_jobs((job,))
    shell = make_shell(runner.run, store)
    shell.start(Wish())
    settle(shell, job, qtbot)
    return shell, job


def lose_files(shell: Shell, job: Job, qtbot: QtBot) -> dict[str, bytes]:
    """Delete eight files, which the guard holds; returns what was there before."""
    before = contents(Path(job.source))
    for number in range(8):
        Path(job.source, f"{number}.txt").unlink()

    def is_held() -> bool:
        status = shell.controller.status(job.id)
        return status.state is JobState.HELD and status.held is not None and status.held.counts.deleted == 8

    qtbot.waitUntil(is_held, timeout=LONG_MS)
    return before


def test_what_is_held_is_put_back_into_the_folder(
    careful: tuple[Shell, Job], make_shell: ShellMaker, qtbot: QtBot
) -> None:
    shell, job = careful
    before = lose_files(shell, job, qtbot)
    dialog = shell.window.review(job.id)
    assert dialog is not None
    dialog.put_back_button.click()
    result = result_of(shell, qtbot)
    assert result._title.text() == "All 8 files and folders are back in your folder, and verified."
    assert contents(Path(job.source)) == before
    settle(shell, job, qtbot)
    assert contents(Path(job.destination.path)) == before
    result.open_button.click()
    qtbot.waitUntil(lambda: make_shell.opened == [job.source])


def test_what_is_kept_is_kept_after_a_new_start_until_it_is_taken_back(
    careful: tuple[Shell, Job], make_shell: ShellMaker, qtbot: QtBot
) -> None:
    shell, job = careful
    before = lose_files(shell, job, qtbot)
    overview = shell.window.board.overview
    assert not overview.kept_label.isVisible()
    review = shell.window.review(job.id)
    assert review is not None
    review.keep_button.click()
    assert "chose to keep" in shell.window.board.banner._title.text()
    settle(shell, job, qtbot, kept=8)
    assert overview.kept_label.text() == "8 files are kept in the backup that your folder does not have."
    assert overview.release_button.isVisible()
    shell.shut_down()

    shell = make_shell(runner.run)
    shell.start(Wish())
    settle(shell, job, qtbot, kept=8)
    assert contents(Path(job.destination.path)) == before
    shell.window.board.overview.release_button.click()
    assert box_of(shell.window).text() == "Keep these 8 files no more?"
    say_yes(shell.window)
    # So many deletions at once are a question again.
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.HELD, timeout=LONG_MS)
    assert shell.controller.status(job.id).kept == 0
    assert contents(Path(job.destination.path)) == before
    again = shell.window.review(job.id)
    assert again is not None
    again.allow_button.click()
    settle(shell, job, qtbot)
    assert contents(Path(job.destination.path)).keys() == {"8.txt", "9.txt"}
    assert not shell.window.board.overview.kept_label.isVisible()


def test_a_pass_that_deleted_files_is_undone(careful: tuple[Shell, Job], qtbot: QtBot) -> None:
    shell, job = careful
    before = contents(Path(job.source))
    for number in range(2):
        Path(job.source, f"{number}.txt").unlink()
    qtbot.waitUntil(lambda: len(os.listdir(job.destination.path)) == COUNT - 2, timeout=LONG_MS)
    settle(shell, job, qtbot)
    board = shell.window.board
    board.show_page(Page.ACTIVITY)
    page = board.activity

    def undo_both() -> bool:
        model = page._list.model()
        for number in range(model.rowCount()):
            page._list.setCurrentIndex(model.index(number, 0))
            row = page._model.row_at(page._list.currentIndex())  # type: ignore[union-attr]
            if row is not None and row.files_taken == 2:
                return page.undo_button.isEnabled()
        return False

    qtbot.waitUntil(undo_both, timeout=LONG_MS)
    page.undo_button.click()
    box = box_of(shell.window)
    assert box.informativeText().startswith("2 files come back into your folder")
    # Enter alone does nothing.
    assert box.buttonRole(box.defaultButton()) is QMessageBox.ButtonRole.RejectRole
    box.defaultButton().click()
    assert len(contents(Path(job.source))) == COUNT - 2
    qtbot.waitUntil(lambda: not shell.window.findChildren(QMessageBox))
    page.undo_button.click()
    say_yes(shell.window)
    assert result_of(shell, qtbot)._title.text() == "All 2 files and folders are back in your folder, and verified."
    assert contents(Path(job.source)) == before
    qtbot.waitUntil(lambda: set(os.listdir(job.destination.path)) == set(before), timeout=LONG_MS)
    settle(shell, job, qtbot)
    assert contents(Path(job.destination.path)) == before


@pytest.fixture
def running(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> Shell:
    """A job whose runner does what it is told."""
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    return shell


def test_a_drive_is_forgotten_only_when_the_user_means_it(
    running: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    away = Problem("Camera <b>", Stage.COMPARE, ProblemCode.DRIVE_AWAY, of_system("x"))
    status = Status(JobState.ATTENTION, problems=(away, *PROBLEMS))
    scripted.tell(job.id, StatusChanged(status))
    page = running.window.board.problems
    running.window.board.show_page(Page.PROBLEMS)
    qtbot.waitUntil(page._forget.isVisible)
    page._forget.click()
    box = box_of(running.window)
    assert box.text() == "Will the drive of “Camera <b>” never come back?"
    assert "goes to the history" in box.informativeText()
    box.defaultButton().click()
    qtbot.waitUntil(lambda: not running.window.findChildren(QMessageBox))
    page._forget.click()
    say_yes(running.window)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [ForgetDrive("Camera <b>")])


def test_without_a_history_the_question_says_that_it_is_gone(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job._replace(keeps_history=False),))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(ok_status()._replace(kept=1)))
    qtbot.waitUntil(shell.window.board.overview.release_button.isVisible)
    shell.window.board.overview.release_button.click()
    assert box_of(shell.window).text() == "Keep this file no more?"
    assert "No history is kept" in box_of(shell.window).informativeText()
    say_yes(shell.window)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [ReleaseKept(None)])


@pytest.mark.parametrize("keeps_history", [True, False])
def test_a_new_drive_is_used_only_when_the_user_means_it(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot, *, keeps_history: bool
) -> None:
    make_shell.store().save_jobs((job._replace(keeps_history=keeps_history),))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    banner = shell.window.board.banner
    away = Status(JobState.WAITING, reason=Reason(ReasonCode.DESTINATION_DRIVE_AWAY, path=job.destination.path))
    scripted.tell(job.id, StatusChanged(away))
    qtbot.waitUntil(lambda: banner._title.text().startswith("Waiting for the drive of “Documents”"))
    assert banner.button.text() == "What is this?"
    replaced = away._replace(reason=Reason(ReasonCode.DESTINATION_REPLACED, path=job.destination.path))
    scripted.tell(job.id, StatusChanged(replaced))
    title = f"Another drive is where the backup of “Documents” was: {job.destination}"
    qtbot.waitUntil(lambda: banner._title.text() == title)
    assert banner.button.text() == "Use this new drive…"
    banner.button.click()
    box = box_of(shell.window)
    assert ("a new history begins" in box.informativeText()) is keeps_history
    assert "you are asked before they leave it" in box.informativeText()
    box.defaultButton().click()
    qtbot.waitUntil(lambda: not shell.window.findChildren(QMessageBox))
    assert scripted.received(job.id) == []
    banner.button.click()
    say_yes(shell.window)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [ForgetDrive("")])


@pytest.mark.hazard(6)
@pytest.mark.root
def test_a_backup_goes_on_upon_a_new_drive_after_one_click_and_one_answer(
    make_shell: ShellMaker, job: Job, tmp_path: Path, qtbot: QtBot
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    Path(job.source, "a").write_text("1")
    job = job._replace(destination=Place(str(drive / "backup")), interval_s=1, asks_about_strangers=True)
    make_shell.store().save_jobs((job,))
    shell = make_shell(runner.run)
    banner = shell.window.board.banner
    with mounted_anew(drive):
        shell.start(Wish())
        settle(shell, job, qtbot)
    qtbot.waitUntil(lambda: banner._title.text().startswith("Waiting for the drive of"), timeout=LONG_MS)
    with mounted_anew(drive):
        Path(drive, "backup").mkdir()
        Path(drive, "backup", "of somebody").write_text("2")
        qtbot.waitUntil(lambda: banner._title.text().startswith("Another drive is"), timeout=LONG_MS)
        assert contents(drive) == {"backup/of somebody": b"2"}
        banner.button.click()
        say_yes(shell.window)
        # What was there is a question of its own.
        qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.HELD, timeout=LONG_MS)
        assert contents(drive) == {"backup/a": b"1", "backup/of somebody": b"2"}
        shell.shut_down()


def test_answers_reach_the_job_and_nobody_else(running: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    window = running.window
    report = Report(PassStatus.COMPLETE, 1.0, 1.0, is_full=True, counts=Counts(deleted=1))
    window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    window.board.activity.undo_requested.emit(PassRow(report, pass_id=7))
    assert box_of(window).informativeText().startswith("1 file comes back")
    say_yes(window)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [PutBack(HELD), UndoPass(7)])


def test_without_a_job_nothing_is_asked(make_shell: ShellMaker, scripted: ScriptedRun) -> None:
    board = make_shell(scripted).window.board
    board.problems.forget_drive_requested.emit("x")
    board.problems.exclusion_requested.emit("x")
    board.overview.release_requested.emit()
    board.overview.room.count_requested.emit()
    assert not board.window().findChildren(QMessageBox)


def test_a_job_that_has_ended_says_so_instead_of_doing_nothing(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(lambda *_args, **_options: RunOutcome(None, None, is_stopped=False))
    shell.start(Wish())
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.FAILED)
    shell.window.held_answered.emit(HeldAnswer(job.id, PutBack(HELD)))
    assert "not running" in box_of(shell.window).text()


def test_what_could_not_be_brought_back_is_named_with_the_reason(
    running: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    returned = RestoreResult(
        asked=4,
        restored=("a", "docs/b"),
        beside=(("docs/b", "docs/b (before undoing 2026-11-22 21.06.05)"),),
        skipped=(("c", Reason(ReasonCode.RETURN_THERE_ALREADY)),),
        failed=(("d", of_system("Input/output error")),),
        reason=Reason(ReasonCode.RETURN_STOPPED),
    )
    scripted.tell(job.id, FilesReturned(returned))
    dialog = result_of(running, qtbot)
    assert dialog._title.text() == "2 of 4 files and folders are back in your folder, and verified."
    assert dialog.progress._words.text() == f"Stopped before the end.\nFolder: {job.source}"
    assert notes_of(dialog) == (
        ("d", "Input/output error"),
        ("c", "Something is there already and was left alone"),
        ("docs/b", "Beside it is now “b (before undoing 2026-11-22 21.06.05)”"),
    )
    assert dialog.open_button.isVisible()


def test_nothing_brought_back_is_never_called_a_success(icons: Icons, qtbot: QtBot) -> None:
    for returned, title in (
        (RestoreResult(reason=Reason(ReasonCode.SOURCE_AWAY, path="/x")), "Nothing was brought back."),
        (RestoreResult(asked=1, failed=(("a", of_system("x")),)), "It could not be brought back into your folder."),
        (RestoreResult(asked=1, restored=("a",)), "It is back in your folder, and verified."),
        (RestoreResult(asked=2, restored=("a",)), "1 of 2 files and folders are back in your folder, and verified."),
    ):
        assert returned_title(returned) == title
    dialog = ReturnedDialog(icons, "/x", RestoreResult(reason=Reason(ReasonCode.SOURCE_AWAY, path="/x")))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.open_button.isVisible()
    assert dialog.progress._words.text().startswith("The source folder is not there: /x")


# A destination that is another backup's


@pytest.fixture
def late(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> tuple[Shell, Job]:
    """A job whose destination another computer has used before, with the same folder name and other files."""
    destination = Path(job.destination.path)
    destination.mkdir(parents=True)
    (destination / "theirs.txt").write_text("theirs")
    history = Path(f"{destination}.history")
    history.mkdir()
    theirs = Marker("ab" * 16, "another", "<b>laptop</b>", "/home/eve/Documents", "1 uuid:1", f"../{destination.name}")
    (history / MARKER_NAME).write_text(json.dumps(theirs._asdict()))
    Path(job.source, "ours.txt").write_text("ours")
    store = make_shell.store()
    job = job._replace(interval_s=1)
    store.save_jobs((job,))
    shell = make_shell(runner.run, store)
    shell.start(Wish())
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.HELD, timeout=LONG_MS)
    return shell, job


@pytest.mark.hazard(52)
def test_a_place_of_another_backup_is_taken_over_after_one_click_and_one_answer(
    late: tuple[Shell, Job], qtbot: QtBot
) -> None:
    shell, job = late
    view = shell.window.board.jobs.view(0)
    assert view is not None
    words = headline(view, 0.0)
    assert "/home/eve/Documents" in words.title
    assert "laptop" in words.title
    assert words.remedy is Remedy.REVIEW
    assert contents(job.destination.path) == {"theirs.txt": b"theirs"}
    shell.window.review(job.id)
    assert "/home/eve/Documents" in box_of(shell.window).informativeText()
    say_yes(shell.window)
    settle(shell, job, qtbot)
    assert contents(job.destination.path) == {"ours.txt": b"ours"}
    assert list(contents(f"{job.destination}.history").values()) == [b"theirs"]


@pytest.mark.hazard(52)
def test_without_an_answer_a_place_of_another_backup_stays_as_it_is(late: tuple[Shell, Job], qtbot: QtBot) -> None:
    shell, job = late
    shell.window.review(job.id)
    box_of(shell.window).reject()
    shell.controller.back_up_now(job.id)
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.HELD, timeout=LONG_MS)
    assert contents(job.destination.path) == {"theirs.txt": b"theirs"}


@pytest.mark.hazard(52)
def test_what_a_later_version_made_is_told_and_not_asked_about(qtbot: QtBot, job: Job) -> None:
    owner = Reason(ReasonCode.OF_FOLDER_SINCE, path="/a", computer="b", date="2026-11-28")
    reason = Reason(ReasonCode.NEWER_BACKUP_THERE, detail=owner, path="/copy")
    view = JobView(job, Status(JobState.HELD, held=Held(HeldCode.NEWER_BACKUP, reason, Counts(), 0)))
    assert headline(view, 0.0).remedy is Remedy.TRY_AGAIN


@pytest.mark.hazard(52)
def test_another_backup_in_the_mirror_is_reviewed_with_two_answers(qtbot: QtBot, icons: Icons, job: Job) -> None:
    actions = (Action(Op.DELETE, "far/Photos/p1", EntryKind.FILE, 3),)
    owner = Reason(ReasonCode.OF_FOLDER_SINCE, path="/photos", computer="b", date="2026-11-28")
    reason = Reason(ReasonCode.DESTINATION_AROUND_BACKUP, detail=owner, path="/copy/far/Photos")
    held = Held(HeldCode.OTHER_BACKUP, reason, Counts(deleted=1), 10, actions, claims=frozenset({"id"}))
    dialog = ReviewDialog(icons, job, held)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.allow_button.isVisible()
    assert not dialog.keep_button.isVisible()
    assert not dialog.put_back_button.isVisible()
