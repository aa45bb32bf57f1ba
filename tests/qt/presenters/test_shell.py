"""The whole app in one process: window, tray icon, jobs and settings, wired as they are in real life."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from backup_gui.config.folders import OwnFolders
from backup_gui.config.job_factory import make_job
from backup_gui.config.settings import Appearance, Settings
from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.run import runner
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.register import ReadFacts, other_jobs, remember_folders
from backup_gui.model.events import AllowHeld, BackUpNow, KeepHeld, ReportMade, StatusChanged
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Counts, PassStatus, Phase, Progress, Report
from backup_gui.model.reasons import of_system
from backup_gui.model.status import JobState, Status
from backup_gui.presenters.shell import Shell, _login_entry_key
from backup_gui.ui.main.board import Page
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.settings.page import NewJobDialog
from tests.helpers.looks import newest_rows
from tests.helpers.screens import HELD, PROBLEMS
from tests.qt.conftest import RecordedEntry, RecordedTrayIcon, ScriptedRun, ShellMaker, make_test_job, ok_status

HIDDEN = Wish(shows_window=False)


def saved_jobs(maker: ShellMaker) -> tuple[Job, ...]:
    return maker.store().jobs


def wait_for_status(qtbot: QtBot, shell: Shell, status: Status) -> None:
    """Wait until the only job stands so."""
    qtbot.waitUntil(lambda: shell.controller.status(shell.controller.jobs[0].id) == status)


def test_two_real_jobs_back_up_side_by_side(
    make_shell: ShellMaker, tmp_path: Path, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    jobs = (make_test_job(tmp_path, "One"), make_test_job(tmp_path, "Two"))
    for job in jobs:
        Path(job.source, "file.txt").write_text(job.name)
    store = make_shell.store()
    store.save_jobs(jobs)
    shell = make_shell(runner.run, store)
    shell.start(HIDDEN)
    qtbot.waitUntil(lambda: all(shell.controller.status(job.id).state is JobState.OK for job in jobs), timeout=15_000)
    for job in jobs:
        assert Path(job.destination.path, "file.txt").read_text() == job.name
    qtbot.waitUntil(lambda: shell.window.board.banner._title.text() == "Everything is backed up.", timeout=10_000)
    qtbot.waitUntil(lambda: "One: Everything is backed up." in tray_icon.tooltip, timeout=10_000)
    qtbot.waitUntil(lambda: len(tray_icon.messages) == 2, timeout=10_000)
    assert {title for title, _ in tray_icon.messages} == {"One", "Two"}
    qtbot.waitUntil(lambda: shell.window.board.selected.room is not None)  # type: ignore[union-attr]


def test_the_first_backup_is_told_only_in_the_first_run(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    for _ in range(2):
        shell = make_shell(scripted)
        shell.start(HIDDEN)
        qtbot.waitUntil(lambda: scripted.has_started(job.id))
        scripted.tell(job.id, StatusChanged(ok_status()))
        wait_for_status(qtbot, shell, ok_status())
        shell.shut_down()
        scripted._tell.clear()
    assert len(tray_icon.messages) == 1


def test_notifications_can_be_turned_off(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    store = make_shell.store()
    store.save_jobs((job,))
    store.save_settings(Settings(notifications_enabled=False))
    shell = make_shell(scripted, store)
    shell.start(HIDDEN)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.FAILED, reason=of_system("full"))))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.FAILED)
    assert tray_icon.messages == []


def test_one_notification_for_one_change_of_state(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell._trays.begin(shows_window=True)
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    attention = Status(JobState.ATTENTION, problems=PROBLEMS)
    for status in (attention, Status(JobState.WORKING), attention._replace(pending=2)):
        scripted.tell(job.id, StatusChanged(status))
        wait_for_status(qtbot, shell, status)
    assert len(tray_icon.messages) == 1
    tray_icon.messageClicked.emit()
    assert shell.window.isVisible()
    assert shell.window.board.tabs.currentIndex() == Page.PROBLEMS.value


def test_a_click_on_what_is_held_opens_the_review_unless_notifications_were_turned_off(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: len(tray_icon.messages) == 1)
    tray_icon.messageClicked.emit()
    assert shell.window.isVisible()
    assert shell.window.findChild(ReviewDialog) is not None
    shell.window.settings_saved.emit(Settings(notifications_enabled=False))
    failed = Status(JobState.FAILED, reason=of_system("full"))
    scripted.tell(job.id, StatusChanged(failed))
    wait_for_status(qtbot, shell, failed)
    assert len(tray_icon.messages) == 1


def test_a_job_is_added_with_the_dialog(
    make_shell: ShellMaker, tmp_path: Path, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    source = tmp_path / "Photos"
    source.mkdir()
    shell = make_shell(scripted)
    shell.start(Wish())
    assert shell.window.welcome.isVisible()
    shell.window.menus.by_hand_action.trigger()
    dialog = shell.window.findChild(NewJobDialog)
    assert dialog is not None
    form = dialog.form
    form.source_field.edit.setText(str(source))
    form.destination_field.edit.setText(str(source / "inside"))
    qtbot.waitUntil(lambda: form.destination_remark.text == "The destination lies inside the source.")
    form.destination_field.edit.setText(str(tmp_path / "backup"))
    qtbot.waitUntil(dialog.start_button.isEnabled)
    assert form.limits.size_label.text() == "Nothing is kept yet"
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    (job,) = shell.controller.jobs
    assert (job.source, job.destination.path, job.name) == (str(source), str(tmp_path / "backup"), "Photos")
    assert job.asks_about_strangers
    assert saved_jobs(make_shell) == (job,)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    assert shell.window.board.isVisible()


def test_a_job_is_edited_in_its_place(
    make_shell: ShellMaker, tmp_path: Path, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    jobs = (make_test_job(tmp_path, "One"), make_test_job(tmp_path, "Two"))
    make_shell.store().save_jobs(jobs)
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.board.select_job("one")
    shell.window.menus.edit_action.trigger()
    page = shell.window.board.settings
    qtbot.waitUntil(page.isVisible)
    page.interval_field.spin.setValue(60)
    qtbot.waitUntil(page.apply_button.isEnabled)
    QTest.mouseClick(page.apply_button, Qt.MouseButton.LeftButton)
    assert shell.controller.jobs == (jobs[0]._replace(interval_s=60), jobs[1])
    assert saved_jobs(make_shell) == shell.controller.jobs


def test_a_removed_job_leaves_its_backup(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    Path(job.destination.path).mkdir(parents=True)
    Path(job.destination.path, "copy").write_text("x")
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.removal_requested.emit(job.id)
    assert shell.controller.jobs == ()
    assert saved_jobs(make_shell) == ()
    assert shell.window.welcome.isVisible()
    assert Path(job.destination.path, "copy").read_text() == "x"


@pytest.mark.hazard(52)
@pytest.mark.parametrize("is_removed", [True, False])
def test_a_job_that_is_no_more_stands_in_no_other_ones_way(
    make_shell: ShellMaker,
    job: Job,
    scripted: ScriptedRun,
    places: OwnFolders,
    tmp_path: Path,
    qtbot: QtBot,
    *,
    is_removed: bool,
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    file = places.data / "jobs" / f"{job.id}.sqlite"
    with contextlib.closing(JobDatabase.open(file)) as catalog:
        remember_folders(catalog, job.source, job.destination.path, None)
        catalog.commit()
    asking = ReadFacts(file.with_name("another.sqlite"))
    assert len(list(other_jobs(asking))) == 1
    shell.start(Wish())
    if is_removed:
        shell.window.removal_requested.emit(job.id)
    else:
        shell.jobs.put(job.id, make_job(Job(job.source, Place(str(tmp_path / "elsewhere")))))
    qtbot.waitUntil(lambda: not list(other_jobs(asking)))


def test_what_is_held_is_reviewed_and_allowed(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: shell.window.board.banner.button.text() == "Review…")
    QTest.mouseClick(shell.window.board.banner.button, Qt.MouseButton.LeftButton)
    dialog = shell.window.findChild(ReviewDialog)
    assert dialog is not None
    dialog.allow_button.click()
    qtbot.waitUntil(lambda: scripted.received(job.id) == [AllowHeld(HELD)])


def test_what_is_held_and_kept_stays_kept(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).held == HELD)
    dialog = shell.window.review(job.id)
    assert dialog is not None
    dialog.keep_button.click()
    assert "chose to keep" in shell.window.board.banner._title.text()
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD._replace(), pending=1)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).pending == 1)
    assert "chose to keep" in shell.window.board.banner._title.text()
    assert scripted.received(job.id) == [KeepHeld(HELD)]
    assert len(tray_icon.messages) == 1
    scripted.tell(job.id, StatusChanged(ok_status()._replace(kept=840)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).kept == 840)
    assert "chose to keep" not in shell.window.board.banner._title.text()


def test_a_problem_is_left_out_from_now_on(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.ATTENTION, problems=PROBLEMS)))
    qtbot.waitUntil(lambda: shell.window.board.problems.model._total == 3)
    shell.window.board.problems.exclusion_requested.emit("Mail/Inbox [old].mbox")
    (changed,) = saved_jobs(make_shell)
    assert changed.exclude == ("/Mail/Inbox\\ \\[old\\].mbox",)


def test_closing_says_once_that_the_backups_go_on(
    make_shell: ShellMaker, scripted: ScriptedRun, tray_icon: RecordedTrayIcon
) -> None:
    for _ in range(2):
        shell = make_shell(scripted)
        shell.start(Wish())
        for _ in range(2):
            shell.window.close()
            assert not shell.window.isVisible()
            shell.tray.open_action.trigger()
            assert shell.window.isVisible()
        shell.shut_down()
    assert [title for title, _ in tray_icon.messages] == ["Folder Backup goes on"]


def test_quitting_says_what_it_means_until_told_not_to(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    shell.tray.quit_action.trigger()
    box = shell.window.findChild(QMessageBox)
    assert box is not None
    assert "not backed up until you open it again" in box.informativeText()
    box.checkBox().setChecked(True)
    with qtbot.waitSignal(shell.finished):
        box.defaultButton().click()
    assert shell.has_ended_cleanly
    again = make_shell(scripted)
    again.start(HIDDEN)
    with qtbot.waitSignal(again.finished):
        again.window.menus.quit_action.trigger()


def test_the_job_of_the_command_line_is_added_once(
    make_shell: ShellMaker, tmp_path: Path, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    source = tmp_path / "Photos"
    source.mkdir()
    wish = Wish(source=str(source), destination=Place(str(tmp_path / "backup")), interval_s=9)
    shell = make_shell(scripted)
    shell.start(wish)
    qtbot.waitUntil(lambda: len(shell.controller.jobs) == 1)
    shell.grant(wish)
    shell.grant(replace(wish, destination=Place(str(source))))
    qtbot.waitUntil(lambda: shell.window.findChild(QMessageBox) is not None)
    (job,) = shell.controller.jobs
    assert job.interval_s == 9
    assert saved_jobs(make_shell) == (job,)


def test_hidden_means_hidden_where_there_is_a_tray(
    make_shell: ShellMaker, scripted: ScriptedRun, tray_icon: RecordedTrayIcon
) -> None:
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    assert not shell.window.isVisible()
    assert tray_icon.is_visible
    shell.grant(Wish())
    assert shell.window.isVisible()


def test_without_a_tray_hidden_becomes_minimised(make_shell: ShellMaker, scripted: ScriptedRun, qtbot: QtBot) -> None:
    make_shell.tray_host.has_tray = False
    shell = make_shell(scripted)
    shell._trays.patience.setInterval(0)
    shell.start(HIDDEN)
    qtbot.waitUntil(shell.window.isMinimized)


def test_a_tray_that_comes_late_gets_the_icon(
    make_shell: ShellMaker, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    host = make_shell.tray_host
    host.has_tray = False
    shell = make_shell(scripted)
    shell.start(Wish())
    assert not tray_icon.icons, "Qt decides with the first icon for the kind of tray"
    shell.window.close()
    assert shell.window.isMinimized()
    host.has_tray, host.has_registered = True, False
    host.changed.emit()
    assert tray_icon.is_visible
    shell.window.come_up()
    shell.window.close()
    assert shell.window.isMinimized(), "the tray does not have the icon yet"
    host.has_registered = True
    host.changed.emit()
    shell.window.come_up()
    shell.window.close()
    assert not shell.window.isVisible()
    # It ends, and nobody could reach the window.
    shell._trays.patience.setInterval(0)
    host.has_tray = False
    host.changed.emit()
    qtbot.waitUntil(shell.window.isMinimized)


def test_in_a_tray_that_has_restarted_the_icon_is_shown_again(
    make_shell: ShellMaker, scripted: ScriptedRun, tray_icon: RecordedTrayIcon
) -> None:
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    made = len(tray_icon.icons)
    tray_icon.is_visible = False
    for has_tray in (False, True):
        make_shell.tray_host.has_tray = has_tray
        make_shell.tray_host.changed.emit()
        assert tray_icon.is_visible is has_tray
    # Qt could not make another one.
    assert len(tray_icon.icons) == made


def test_settings_take_effect_and_are_kept(
    make_shell: ShellMaker, scripted: ScriptedRun, entry: RecordedEntry, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    settings = Settings(start_at_login=True, appearance=Appearance.DARK)
    shell.window.settings_saved.emit(settings)
    qtbot.waitUntil(entry.is_there)
    assert entry.command is not None
    assert entry.command[-1] == "--hidden"
    assert make_shell.appearances == [Appearance.DARK]
    assert make_shell.store().settings() == settings
    shell.window.settings_saved.emit(replace(settings, start_at_login=False))
    qtbot.waitUntil(lambda: not entry.is_there())


def test_the_setting_shows_an_entry_that_an_installer_made(
    make_shell: ShellMaker, scripted: ScriptedRun, entry: RecordedEntry, qtbot: QtBot
) -> None:
    entry.write(("backup-gui.exe",))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: make_shell.store().settings().start_at_login)
    shell.window.settings_saved.emit(Settings(start_at_login=False))
    qtbot.waitUntil(lambda: not entry.is_there())


def test_an_entry_for_login_that_was_switched_off_elsewhere_stays_off(
    make_shell: ShellMaker, scripted: ScriptedRun, entry: RecordedEntry, qtbot: QtBot
) -> None:
    entry.write(("backup-gui",))
    entry.is_switched_off = True
    make_shell.store().save_settings(Settings(start_at_login=True))
    make_shell(scripted).start(HIDDEN)
    qtbot.waitUntil(lambda: not make_shell.store().settings().start_at_login)
    assert entry.command == ("backup-gui",)


def test_an_entry_for_login_that_was_deleted_elsewhere_is_not_made_again(
    make_shell: ShellMaker, scripted: ScriptedRun, entry: RecordedEntry, qtbot: QtBot
) -> None:
    # No entry was written yet: these settings come from another computer.
    make_shell.store().save_settings(Settings(start_at_login=True))
    shell = make_shell(scripted)
    shell.start(HIDDEN)
    qtbot.waitUntil(lambda: make_shell.store().was_told(_login_entry_key()))
    assert entry.is_there()
    shell.shut_down()
    entry.remove()
    make_shell(scripted).start(HIDDEN)
    qtbot.waitUntil(lambda: not make_shell.store().settings().start_at_login)
    assert not entry.is_there()


def test_damaged_settings_are_reported(make_shell: ShellMaker, scripted: ScriptedRun, own_places: Path) -> None:
    folder = own_places / "config" / "backup-gui"
    folder.mkdir()
    (folder / "settings.ini").write_bytes(b"\x00\xff")
    shell = make_shell(scripted)
    shell.start(Wish())
    box = shell.window.findChild(QMessageBox)
    assert box is not None
    assert "kept as" in box.informativeText()


def test_a_job_that_gets_another_folder_keeps_its_place(
    make_shell: ShellMaker, scripted: ScriptedRun, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    jobs = [make_test_job(tmp_path, name) for name in ("A", "B", "C")]
    shell.jobs.add(jobs, "a")
    shell.jobs.put("b", jobs[1]._replace(id="other", destination=Place(str(tmp_path / "elsewhere"))))
    board = shell.window.board
    assert [view.job.id for view in board.jobs._views] == ["a", "other", "c"]
    assert board.selected_id == "other"
    qtbot.waitUntil(lambda: all(scripted.has_started(job_id) for job_id in ("a", "other", "c")))


def test_the_log_is_shown(make_shell: ShellMaker, scripted: ScriptedRun, qtbot: QtBot) -> None:
    shell = make_shell(scripted)
    logging.getLogger("backup_gui.test").warning("a line\nwith a break")
    qtbot.waitUntil(lambda: "a line\\nwith a break" in shell.window.board.log._text.toPlainText())


def test_folders_are_opened_if_they_are_there(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.board.overview.folder_requested.emit(job.source)
    qtbot.waitUntil(lambda: make_shell.opened == [job.source])
    shell.window.board.overview.folder_requested.emit(job.destination.path)
    qtbot.waitUntil(lambda: shell.window.findChild(QMessageBox) is not None)
    assert make_shell.opened == [job.source]


def test_a_paused_job_is_still_paused_after_a_new_start(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.tray.pause_menu.actions()[-1].trigger()
    assert not saved_jobs(make_shell)[0].is_enabled
    shell.shut_down()
    again = make_shell(scripted)
    again.start(Wish())
    qtbot.waitUntil(lambda: again.controller.status(job.id).state is JobState.PAUSED)
    again.tray.resume_action.trigger()
    assert saved_jobs(make_shell)[0].is_enabled


def test_back_up_now_reaches_the_runner(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    shell.window.menus.back_up_action.trigger()
    shell.tray.back_up_action.trigger()
    qtbot.waitUntil(lambda: scripted.received(job.id) == [BackUpNow(), BackUpNow()])


def test_reports_and_progress_are_shown(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    from backup_gui.model.events import Progressed

    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.WORKING)))
    scripted.tell(job.id, Progressed(Progress(Phase.COPYING, 1, 4, 0, 0, "a", 1.0)))
    qtbot.waitUntil(lambda: shell.window.board.banner._title.text() == "Copying 1 of 4 files.")
    report = Report(PassStatus.COMPLETE, 1.0, 1.0, is_full=True, counts=Counts(created=4, bytes=9))
    scripted.tell(job.id, ReportMade(report))
    scripted.tell(job.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: shell.window.board.banner._title.text() == "Everything is backed up.")
    (row,) = newest_rows(shell.window.board.activity_model(job.id), 5)
    assert row.report == report
