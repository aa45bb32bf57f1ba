"""From a deleted file to its return, with the window, the jobs and real files, as in real life."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.config.folders import OwnFolders
from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.destination.marker import FORMAT
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.run import runner
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.schema import SCHEMA_VERSION
from backup_gui.model.errors import JobError
from backup_gui.model.events import Pause, Resume, StatusChanged
from backup_gui.model.job import Job
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import HeldCode
from backup_gui.model.reasons import Reason, ReasonCode, of_system
from backup_gui.model.status import JobState, Status
from backup_gui.presenters import history as historypresenter
from backup_gui.presenters.shell import Shell
from backup_gui.services import browse as archive
from backup_gui.ui.history.page import HistoryPage, HistoryWindow
from backup_gui.ui.history.restore_dialog import RestoreDialog
from backup_gui.ui.main.board import Page
from backup_gui.ui.values.history import RestoreWish, subject_of
from tests.helpers.looks import notes_of
from tests.helpers.trees import contents
from tests.qt.conftest import ScriptedRun, ShellMaker, ok_status

LONG_MS = 20_000
LONG_AGO_S = 1_700_000_000


def row_of(page: HistoryPage, name: str, parent: QModelIndex | None = None) -> QModelIndex:
    """The row of a file or folder in sight."""
    top = parent if parent is not None else QModelIndex()
    for row in range(page.model.rowCount(top)):
        index = page.model.index(row, 0, top)
        if index.data() == name:
            return index
    return QModelIndex()


def click_row(page: HistoryPage, name: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: row_of(page, name).isValid(), timeout=LONG_MS)
    place = page.tree.visualRect(row_of(page, name)).center()
    QTest.mouseClick(page.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def result_of(shell: Shell, qtbot: QtBot) -> RestoreDialog:
    """The dialog of a restore when it is over."""
    dialog: list[RestoreDialog] = []

    def is_over() -> bool:
        dialog[:] = [found for found in shell.window.findChildren(RestoreDialog) if found.isVisible()]
        return bool(dialog) and dialog[0].is_over

    qtbot.waitUntil(is_over, timeout=LONG_MS)
    return dialog[0]


def is_complete(shell: Shell, job: Job) -> bool:
    status = shell.controller.status(job.id)
    return status.state is JobState.OK and not status.pending


@pytest.fixture
def backed_up(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> Shell:
    """A job that runs, with a report backed up and then deleted, and a note that was changed."""
    job = job._replace(interval_s=1)
    source = Path(job.source)
    (source / "report.txt").write_text("the report")
    (source / "note.txt").write_text("first")
    (source / "docs").mkdir()
    (source / "docs" / "plan.txt").write_text("the plan")
    for path in (source / "report.txt", source / "note.txt", source / "docs" / "plan.txt", source / "docs"):
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    store = make_shell.store()
    store.save_jobs((job,))
    shell = make_shell(runner.run, store)
    shell.start(Wish())
    mirror, history = Path(job.destination.path), Path(str(history_of(job)))
    qtbot.waitUntil(lambda: is_complete(shell, job) and (mirror / "report.txt").exists(), timeout=LONG_MS)
    (source / "report.txt").unlink()
    (source / "note.txt").write_text("second, longer")
    qtbot.waitUntil(lambda: not (mirror / "report.txt").exists(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: len(contents(history)) == 2, timeout=LONG_MS)
    qtbot.waitUntil(lambda: is_complete(shell, job), timeout=LONG_MS)
    return shell


def test_a_deleted_file_comes_back_with_four_clicks(backed_up: Shell, job: Job, qtbot: QtBot) -> None:
    shell = backed_up
    page, source = shell.window.board.history, Path(job.source)
    QTest.mouseClick(shell.window.board.overview.restore_button, Qt.MouseButton.LeftButton)
    assert page.isVisible()
    QTest.mouseClick(page.gone_check, Qt.MouseButton.LeftButton, pos=QPoint(8, page.gone_check.height() // 2))
    click_row(page, "report.txt", qtbot)
    qtbot.waitUntil(lambda: page.versions.text.toPlainText() == "the report", timeout=LONG_MS)
    QTest.mouseClick(page.back_button, Qt.MouseButton.LeftButton)
    dialog = result_of(shell, qtbot)
    assert dialog._title.text() == "The file was restored and verified."
    assert (source / "report.txt").read_text() == "the report"
    # The job goes on by itself.
    qtbot.waitUntil((Path(job.destination.path) / "report.txt").exists, timeout=LONG_MS)
    qtbot.waitUntil(lambda: is_complete(shell, job), timeout=LONG_MS)
    assert shell.controller.jobs[0].is_enabled


def test_an_older_version_replaces_the_file_which_goes_to_the_history(backed_up: Shell, job: Job, qtbot: QtBot) -> None:
    shell = backed_up
    page, source = shell.window.board.history, Path(job.source)
    shell.tray.restore_action.trigger()
    click_row(page, "note.txt", qtbot)
    qtbot.waitUntil(lambda: page.versions.list.count() == 2, timeout=LONG_MS)
    assert "Now" in page.versions.list.item(0).text()
    page.versions.list.setCurrentRow(1)
    qtbot.waitUntil(lambda: page.versions.text.toPlainText() == "first", timeout=LONG_MS)
    page._policy.setCurrentIndex(1)
    page.back_button.click()
    dialog = result_of(shell, qtbot)
    assert "goes to the history" in dialog.progress._words.text()
    assert contents(source).keys() == {"note.txt", "docs/plan.txt"}
    assert (source / "note.txt").read_text() == "first"
    history = Path(str(history_of(job)))
    qtbot.waitUntil(lambda: b"second, longer" in contents(history).values(), timeout=LONG_MS)
    assert b"first" in contents(history).values()


def test_both_are_kept_unless_the_user_chooses_otherwise(backed_up: Shell, job: Job, qtbot: QtBot) -> None:
    shell = backed_up
    page, source = shell.window.board.history, Path(job.source)
    shell.window.show_history()
    qtbot.waitUntil(lambda: page.time.slider.maximum() >= 1, timeout=LONG_MS)
    page.time.slider.setValue(0)
    qtbot.waitUntil(lambda: row_of(page, "report.txt").isValid(), timeout=LONG_MS)
    assert page.time._words.text().startswith("As it was on ")
    page.tree.selectAll()
    page.back_button.click()
    dialog = result_of(shell, qtbot)
    assert dialog._title.text() == "All 3 files were restored and verified."
    ((path, word),) = notes_of(dialog)
    assert path == "note.txt"
    assert "note (restored " in word
    found = contents(source)
    assert found["note.txt"] == b"second, longer"
    assert found["report.txt"] == b"the report"
    assert sorted(found.values()) == [b"first", b"second, longer", b"the plan", b"the report"]


def test_a_backup_folder_is_restored_from_without_any_job(
    backed_up: Shell, make_shell: ShellMaker, job: Job, tmp_path: Path, qtbot: QtBot
) -> None:
    backed_up.shut_down()
    backed_up._store.save_jobs(())
    shell = make_shell(runner.run)
    shell.start(Wish())
    QTest.mouseClick(shell.window.welcome.restore_button, Qt.MouseButton.LeftButton)
    chooser = shell.window.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit(job.destination.path)
    chooser.close()
    qtbot.waitUntil(lambda: shell.window.findChild(HistoryWindow) is not None, timeout=LONG_MS)
    window = shell.window.findChild(HistoryWindow)
    assert window is not None
    page = window.page
    assert not page.back_button.isVisible()
    page.gone_check.setChecked(True)
    click_row(page, "report.txt", qtbot)
    qtbot.waitUntil(page.save_button.isEnabled)
    page.save_to(str(tmp_path / "saved"))
    dialog = result_of(shell, qtbot)
    assert contents(tmp_path / "saved") == {"report.txt": b"the report"}
    dialog.open_button.click()
    qtbot.waitUntil(lambda: make_shell.opened == [str(tmp_path / "saved")])
    dialog.close_button.click()
    window.close()
    qtbot.waitUntil(lambda: len(shell.restoring._presenters) == 1)


def test_a_folder_that_cannot_be_read_is_told(
    make_shell: ShellMaker, scripted: ScriptedRun, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.tray.restore_action.trigger()
    assert shell.window.findChild(QFileDialog) is not None
    shell.window.backup_chosen.emit(str(tmp_path / "none"))
    qtbot.waitUntil(lambda: shell.window.findChild(QMessageBox) is not None)


@pytest.fixture
def scene(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> Shell:
    """A job whose runner does what it is told, with one file in its backup."""
    Path(job.destination.path).mkdir(parents=True)
    Path(job.destination.path, "a").write_text("1")
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.OK)
    shell.window.show_history()
    click_row(shell.window.board.history, "a", qtbot)
    return shell


def test_files_are_found_by_name(scene: Shell, job: Job, qtbot: QtBot) -> None:
    page = scene.window.board.history
    Path(job.destination.path, "deep").mkdir()
    Path(job.destination.path, "deep", "Needle").write_text("1")
    QTest.keyClicks(page.search, "need")
    qtbot.waitUntil(lambda: row_of(page, "deep/Needle").isValid(), timeout=LONG_MS)
    QTest.keyClicks(page.search, "x")
    qtbot.waitUntil(lambda: page.list.currentWidget() is page.list.empty_states["none"], timeout=LONG_MS)


def test_the_job_is_paused_while_it_restores_into_its_own_source(
    scene: Shell, job: Job, scripted: ScriptedRun, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    seen: list[object] = []
    real = archive.restore_items

    def note(*arguments: Any, **options: Any) -> Any:
        seen.append((scene.controller.status(job.id).state, scripted.received(job.id)))
        return real(*arguments, **options)

    monkeypatch.setattr(archive, "restore_items", note)
    scene.window.board.history.back_button.click()
    assert result_of(scene, qtbot)._title.text() == "The file was restored and verified."
    assert seen == [(JobState.PAUSED, [Pause(None)])]
    qtbot.waitUntil(lambda: scripted.received(job.id) == [Pause(None), Resume()])
    assert scene.controller.jobs[0].is_enabled
    assert contents(job.source) == {"a": b"1"}


def test_a_pause_of_the_users_is_not_ended_by_a_restore(
    scene: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    scene.window.menus.pause_menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: scene.controller.status(job.id).state is JobState.PAUSED)
    scene.window.board.history.back_button.click()
    result_of(scene, qtbot)
    assert scripted.received(job.id) == [Pause(None)]


def test_a_pause_chosen_during_a_restore_stays(scene: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    scene.controller.suspend(job.id)
    scene.controller.pause(job.id, None)
    scene.controller.release(job.id)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [Pause(None), Pause(None)])


def test_saving_elsewhere_does_not_pause_the_job(
    scene: Shell, job: Job, scripted: ScriptedRun, tmp_path: Path, qtbot: QtBot
) -> None:
    scene.window.board.history.save_to(str(tmp_path / "saved"))
    result_of(scene, qtbot)
    assert contents(tmp_path / "saved") == {"a": b"1"}
    assert scripted.received(job.id) == []


def test_nothing_is_put_back_while_the_source_is_away(
    scene: Shell, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    scripted.tell(job.id, StatusChanged(Status(JobState.WAITING, reason=of_system("The folder is not there."))))
    qtbot.waitUntil(lambda: scene.controller.status(job.id).state is JobState.WAITING)
    scene.window.board.history.back_button.click()
    dialog = result_of(scene, qtbot)
    assert dialog.progress._words.text() == "The folder is not there. You can save the files elsewhere."
    assert contents(job.source) == {}
    assert scripted.received(job.id) == []


def test_a_job_that_does_not_pause_is_told(
    scene: Shell, job: Job, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(historypresenter, "_PAUSE_PATIENCE_MS", 1)
    monkeypatch.setattr(scene.controller, "is_at_rest", lambda _job_id: False)
    scene.window.board.history.back_button.click()
    assert "could not be paused" in result_of(scene, qtbot).progress._words.text()
    assert contents(job.source) == {}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "x"), "The folder to restore to is not there"),
        (OSError(28, "No space left"), "No space left"),
        # In the window's words, whose numbers have separators.
        (JobError(Reason(ReasonCode.TYPED_INTERVAL, number=604_800)), "from 1 to 604,800 seconds"),
        (ZeroDivisionError(), "The log has the details"),
        (Cancelled(), "You have stopped it."),
    ],
)
def test_a_restore_that_fails_as_a_whole_is_told_and_the_job_goes_on(
    scene: Shell,
    job: Job,
    scripted: ScriptedRun,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    error: Exception,
    words: str,
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(archive, "restore_items", refuse)
    scene.window.board.history.back_button.click()
    assert words in result_of(scene, qtbot).progress._words.text()
    qtbot.waitUntil(lambda: Resume() in scripted.received(job.id))


def test_a_backup_that_has_gone_is_told(scene: Shell, job: Job, tmp_path: Path, qtbot: QtBot) -> None:
    Path(job.destination.path).rename(tmp_path / "moved")
    page = scene.window.board.history
    page.save_to(str(tmp_path / "saved"))
    assert "not there at the moment" in result_of(scene, qtbot).progress._words.text()
    page.note_change()
    qtbot.waitUntil(lambda: page.list.currentWidget() is page.list.empty_states["failed"], timeout=LONG_MS)
    (tmp_path / "moved").rename(job.destination.path)
    scene.window.board.show_page(Page.OVERVIEW)
    scene.window.board.show_page(Page.HISTORY)
    qtbot.waitUntil(lambda: row_of(page, "a").isValid(), timeout=LONG_MS)


def test_a_restore_can_be_stopped(
    scene: Shell, job: Job, scripted: ScriptedRun, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun = threading.Event()
    real: Any = archive.restore_items

    def slow(*arguments: Any, **keywords: Any) -> Any:
        *wanted, options = arguments
        begun.set()
        while not options.should_stop():
            threading.Event().wait(0.005)
        return real(*wanted, options._replace(should_stop=lambda: False), **keywords)._replace(is_cancelled=True)

    monkeypatch.setattr(archive, "restore_items", slow)
    scene.window.board.history.back_button.click()
    qtbot.waitUntil(begun.is_set)
    (dialog,) = scene.window.findChildren(RestoreDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.cancel_button.isEnabled()
    assert result_of(scene, qtbot)._title.text().startswith("Stopped.")
    qtbot.waitUntil(lambda: Resume() in scripted.received(job.id))
    dialog.close()
    assert not dialog.isVisible()


def test_quitting_stops_a_restore_within_two_seconds(
    scene: Shell, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(*arguments: Any, **_keywords: Any) -> Any:
        begun.set()
        while not arguments[-1].should_stop():
            threading.Event().wait(0.005)
        ended.set()

    monkeypatch.setattr(archive, "restore_items", slow)
    scene.window.board.history.back_button.click()
    qtbot.waitUntil(begun.is_set)
    scene.shut_down()
    assert ended.is_set()
    assert scene.has_ended_cleanly


def test_stopping_before_the_job_is_paused_restores_nothing(
    scene: Shell, job: Job, scripted: ScriptedRun, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(scene.controller, "is_at_rest", lambda _job_id: False)
    scene.window.board.history.restore_requested.emit(
        RestoreWish(subject_of(job), scene.window.board.history.wished_items())
    )
    (dialog,) = scene.window.findChildren(RestoreDialog)
    dialog.close()
    assert result_of(scene, qtbot).progress._words.text() == "You have stopped it."
    assert contents(job.source) == {}
    qtbot.waitUntil(lambda: Resume() in scripted.received(job.id))


def test_a_backup_of_a_newer_version_is_not_read_and_the_page_says_why(
    backed_up: Shell, job: Job, qtbot: QtBot
) -> None:
    history = Path(str(history_of(job)))
    marker = history / MARKER_NAME
    marker.write_text(json.dumps(json.loads(marker.read_bytes()) | {"format": FORMAT + 1}))
    before = contents(history), contents(Path(job.destination.path))
    page = backed_up.window.board.history
    QTest.mouseClick(backed_up.window.board.overview.restore_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page._note.isVisible, timeout=LONG_MS)
    assert page._note.text().startswith("A later version of this program has made the backup that is there")
    assert page.list.part == "failed"
    # The job is refused as well, by its next full pass.
    backed_up.controller.back_up_now(job.id)
    qtbot.waitUntil(lambda: is_held_by_a_newer_version(backed_up, job), timeout=LONG_MS)
    assert (contents(history), contents(Path(job.destination.path))) == before


def labels(window: QWidget) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel) if label.isVisible()]


def is_held_by_a_newer_version(shell: Shell, job: Job) -> bool:
    held = shell.controller.status(job.id).held
    return held is not None and held.code is HeldCode.NEWER_BACKUP


def test_a_catalog_of_a_newer_version_is_left_as_it_is_and_the_window_says_why(
    make_shell: ShellMaker, job: Job, places: OwnFolders, qtbot: QtBot
) -> None:
    catalog = places.data / "jobs" / f"{job.id}.sqlite"
    JobDatabase.open(catalog).close()
    connection = sqlite3.connect(catalog)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = catalog.read_bytes()
    (Path(job.source) / "note.txt").write_text("new")
    store = make_shell.store()
    store.save_jobs((job,))
    shell = make_shell(runner.run, store)
    shell.start(Wish())
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.FAILED, timeout=LONG_MS)
    assert shell.controller.status(job.id).reason == Reason(ReasonCode.DATA_NEWER, path=str(catalog))
    shell.window.show()
    qtbot.waitUntil(lambda: any("by a newer version" in text for text in labels(shell.window)), timeout=LONG_MS)
    shell.window.board.show_page(Page.ACTIVITY)
    assert catalog.read_bytes() == before
    assert [file.name for file in catalog.parent.iterdir()] == [catalog.name]
    assert not Path(job.destination.path).exists()
