"""What watches over the jobs from outside, and what looks back, wired as in real life."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QObject, Signal
from pytestqt.qtbot import QtBot

from backup_gui.config.folders import OwnFolders, own_folders
from backup_gui.config.settings import Settings, parse_settings, settings_to_texts
from backup_gui.desktop.languages import found_languages, language_name, speak
from backup_gui.desktop.power import Supply
from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import CheckEvery, Event, ReportMade, StatusChanged, Stop
from backup_gui.model.job import Job
from backup_gui.model.plans import Counts, PassStatus, Report
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.status import JobState, Status
from backup_gui.presenters.overdue import DAY_S
from backup_gui.presenters.shell import Shell
from backup_gui.ui.main.board import Page
from backup_gui.ui.settings.app_dialog import SettingsDialog
from backup_gui.ui.values.job import BackupSizes, Saving
from tests.helpers.looks import accept_button, newest_rows
from tests.qt.conftest import NOW, RecordedTrayIcon, ScriptedRun, ShellMaker, ok_status

HIDDEN = Wish(shows_window=False)


class FakePower(QObject):
    """Stands for what follows battery and network."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.supply = Supply()

    def close(self) -> None:
        pass

    def set(self, supply: Supply) -> None:
        self.supply = supply
        self.changed.emit(supply)


def ignore(event: Event) -> None:
    """Take note of nothing."""


def start(make_shell: ShellMaker, job: Job, run: object, power: FakePower | None = None, **settings: int) -> Shell:
    store = make_shell.store()
    store.save_jobs((job,))
    store.save_settings(replace(Settings(), **settings))  # type: ignore[arg-type]
    make_shell.power = power or FakePower()
    shell = make_shell(run, store)
    shell.start(HIDDEN)
    return shell


def remember_complete(places: OwnFolders, job: Job, at: float) -> None:
    catalog = JobDatabase.open(places.data / "jobs" / f"{job.id}.sqlite")
    catalog.remember_complete(at)
    catalog.close()


@pytest.mark.parametrize("way", ["hangs", "dies"])
def test_a_job_that_never_says_anything_is_overdue_all_the_same(
    make_shell: ShellMaker, places: OwnFolders, job: Job, tray_icon: RecordedTrayIcon, qtbot: QtBot, way: str
) -> None:
    may_end = threading.Event()

    def stuck(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        if way == "dies":
            raise MemoryError
        may_end.wait(60)
        return RunOutcome(None, None, is_stopped=True)

    make_shell.store().keep(f"added/{job.id}", repr(NOW - 9 * DAY_S))
    remember_complete(places, job, NOW - 4 * DAY_S)
    shell = start(make_shell, job, stuck)
    try:
        qtbot.waitUntil(lambda: shell.care.monitor.overdue_since(job.id) == NOW - 4 * DAY_S)
        qtbot.waitUntil(lambda: any("4 days" in text for _, text in tray_icon.messages))
        view = shell.window.board.selected
        assert view is not None
        if way == "hangs":
            assert view.shown_state is JobState.ATTENTION
            assert "has not been backed up for 4 days" in shell.window.board.banner._title.text()
            assert "4 days" in tray_icon.tooltip
        tray_icon.messageClicked.emit()
        assert shell.window.isVisible()
        assert shell.window.board.tabs.currentIndex() == Page.OVERVIEW.value
    finally:
        may_end.set()


def test_a_complete_backup_ends_the_alarm(
    make_shell: ShellMaker, places: OwnFolders, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().keep(f"added/{job.id}", repr(NOW - 9 * DAY_S))
    shell = start(make_shell, job, scripted)
    qtbot.waitUntil(lambda: shell.care.monitor.overdue_since(job.id) is not None and scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: shell.window.board.banner._title.text() == "Everything is backed up.")
    assert shell.care.monitor.overdue_since(job.id) is None


def test_without_a_limit_nothing_is_overdue(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    make_shell.store().keep(f"added/{job.id}", repr(NOW - 900 * DAY_S))
    shell = start(make_shell, job, scripted, overdue_days=0)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    shell.care.monitor.check()
    assert tray_icon.messages == []
    shell._on_settings_saved(Settings(overdue_days=30))
    assert shell.care.monitor.overdue_since(job.id) == NOW - 900 * DAY_S


def test_on_battery_the_job_is_told_and_the_window_says_so(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    power = FakePower()
    shell = start(make_shell, job, scripted, power)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    power.set(Supply(is_on_battery=True))
    qtbot.waitUntil(lambda: scripted.received(job.id) == [CheckEvery(14_400)])
    qtbot.waitUntil(lambda: "On battery" in shell.window.board.overview._watched.text())
    power.set(Supply(is_on_battery=True, is_metered=True))
    power.set(Supply())
    qtbot.waitUntil(lambda: scripted.received(job.id) == [CheckEvery(14_400), CheckEvery(None)])
    assert "battery" not in shell.window.board.overview._watched.text()


def test_a_job_that_is_started_anew_on_battery_is_told_at_once(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    power = FakePower()
    power.supply = Supply(is_on_battery=True)
    shell = start(make_shell, job, scripted, power)
    qtbot.waitUntil(lambda: CheckEvery(14_400) in scripted.received(job.id))
    shell.controller.change(job.id, job._replace(interval_s=60))
    qtbot.waitUntil(lambda: [*map(type, scripted.received(job.id))] == [CheckEvery, Stop, CheckEvery])


def test_a_job_that_is_not_to_save_power_is_checked_as_often_as_ever(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    wasteful = job._replace(saves_power=False)
    shell = start(make_shell, wasteful, scripted, power := FakePower())
    qtbot.waitUntil(lambda: scripted.has_started(job.id) and not shell.tasks._running)
    power.set(Supply(is_on_battery=True))
    assert shell.care.saving(wasteful) == (Saving.NO, job.full_pass_every_s)
    assert shell.care.saving(job) == (Saving.BATTERY, 14_400)
    shell.quit()
    qtbot.waitUntil(lambda: Stop() in scripted.received(job.id))
    assert CheckEvery(14_400) not in scripted.received(job.id)


def test_a_metered_network_counts_only_for_folders_that_are_reached_over_it(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell = start(make_shell, job, scripted, power := FakePower())
    # Where the folders really are is known by then.
    qtbot.waitUntil(lambda: not shell.tasks._running)
    power.set(Supply(is_metered=True))
    assert shell.care.saving(job) == (Saving.NO, job.full_pass_every_s)
    shell.care._on_network_known(job.id, is_on_network=True)
    assert shell.care.saving(job) == (Saving.METERED, 14_400)
    qtbot.waitUntil(lambda: scripted.received(job.id) == [CheckEvery(14_400)])
    rare = job._replace(full_pass_every_s=100_000)
    assert shell.care.saving(rare) == (Saving.NO, 100_000)


def test_the_overview_looks_back_after_a_real_backup(
    make_shell: ShellMaker, job: Job, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        Path(job.source, name).write_bytes(b"x" * 20_000)
    shell = start(make_shell, job, runner.run)
    board = shell.window.board
    shell.window.show()
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.OK, timeout=15_000)
    qtbot.waitUntil(lambda: len(board.overview.room.legend_texts) == 3, timeout=15_000)
    assert board.overview.room.legend_texts[0].startswith("Backup: 6")
    qtbot.waitUntil(lambda: shell.overview._read_at.get(job.id) is not None)
    board.show_page(Page.ACTIVITY)
    model = board.activity_model(job.id)
    qtbot.waitUntil(lambda: bool(newest_rows(model, 1)) and newest_rows(model, 1)[0].pass_id > 0, timeout=10_000)
    assert len(newest_rows(model, 10)) == 1


def test_the_passes_of_an_earlier_run_are_listed_and_charted(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(job.source, "a").write_text("a")
    runner.run(job, Mailbox(), ignore, data_folder=own_folders().data, is_once=True)
    # The chart's 30 days end now, and the backup above was made by the real clock.
    import time

    monkeypatch.setattr("tests.qt.conftest.NOW", time.time())
    shell = start(make_shell, job, scripted)
    shell.window.show()
    shell.window.board.show_page(Page.ACTIVITY)
    model = shell.window.board.activity_model(job.id)
    qtbot.waitUntil(lambda: len(newest_rows(model, 10)) == 1)
    assert newest_rows(model, 1)[0].report.counts.created == 1
    qtbot.waitUntil(lambda: "1 file" in shell.window.board.overview.chart.words.text())


def test_sizes_are_counted_once_an_hour_or_when_asked(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    Path(job.destination.path).mkdir(parents=True)
    shell = start(make_shell, job, scripted)
    shell.window.show()
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.overview._sizes.get(job.id) is not None)
    qtbot.waitUntil(lambda: not shell.overview._sizes[job.id].is_counting)
    first = shell.overview._sizes[job.id]
    assert first.counted_at == NOW
    shell.window.board._show_selected()
    assert shell.overview._sizes[job.id] is first
    shell.window.board.overview.room.count_requested.emit()
    assert shell.overview._sizes[job.id].is_counting
    qtbot.waitUntil(lambda: not shell.overview._sizes[job.id].is_counting)


def test_sizes_are_counted_anew_after_a_pass_that_copies_much(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    mirror = Path(job.destination.path)
    mirror.mkdir(parents=True)
    shell = start(make_shell, job, scripted)
    shell.window.show()
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.overview._sizes.get(job.id, BackupSizes()).counted_at == NOW)
    assert shell.overview._sizes[job.id].mirror_bytes < 100_000
    (mirror / "large").write_bytes(bytes(100_000))
    scripted.tell(job.id, ReportMade(report_of(Counts(created=1, bytes=100_000))))
    scripted.tell(job.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: shell.overview._sizes[job.id].mirror_bytes >= 100_000)
    counted = shell.overview._sizes[job.id]
    scripted.tell(job.id, ReportMade(report_of(Counts(replaced=1, bytes=1_000))))
    scripted.tell(job.id, StatusChanged(ok_status(pending=1)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).pending == 1)
    assert shell.overview._sizes[job.id] is counted


def test_a_place_whose_folder_is_still_to_be_made_is_reachable_and_a_drive_that_left_is_not(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    assert not Path(job.destination.path).exists()
    shell = start(make_shell, job, scripted)
    shell.window.show()
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.window.board.selected.room is not None)  # type: ignore[union-attr]
    away = Reason(ReasonCode.DESTINATION_DRIVE_AWAY, path=job.destination.path)
    scripted.tell(job.id, StatusChanged(Status(JobState.WAITING, reason=away, last_complete_at=NOW)))
    # The figures of before would look as if it were there.
    qtbot.waitUntil(lambda: shell.window.board.selected.room is None)  # type: ignore[union-attr]
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.views._rooms[job.id] is None)
    # Nor are those of another drive in its place.
    Path(job.destination.path).mkdir(parents=True)
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.views._rooms[job.id] is not None)
    assert shell.window.board.selected.room is None  # type: ignore[union-attr]


def report_of(counts: Counts) -> Report:
    return Report(PassStatus.COMPLETE, NOW, 0.1, is_full=False, counts=counts)


def test_hidden_windows_count_nothing(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    Path(job.destination.path).mkdir(parents=True)
    shell = start(make_shell, job, scripted)
    shell.views.look_for_room()
    qtbot.waitUntil(lambda: shell.window.board.selected.room is not None)  # type: ignore[union-attr]
    assert shell.overview._sizes == {}


def test_a_removed_job_leaves_no_notes(make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    shell = start(make_shell, job, scripted)
    qtbot.waitUntil(lambda: make_shell.store().recall(f"added/{job.id}") != "")
    shell.jobs.remove(job.id)
    assert make_shell.store().recall(f"added/{job.id}") == ""


def test_new_settings_are_kept_and_read_back_and_nonsense_is_not() -> None:
    settings = Settings(overdue_days=7, saving_check_every_s=0)
    assert parse_settings(settings_to_texts(settings)) == settings
    for text in ("-1", "366", "x", "", "1e3", "9" * 50, "³", None):
        assert parse_settings({"overdue_days": text}).overdue_days == 3


def test_all_settings_are_given_back(qtbot: QtBot) -> None:
    settings = Settings(overdue_days=4, saving_check_every_s=5_400, language="xx")
    dialog = SettingsDialog(settings, [("de", "Deutsch")])
    qtbot.addWidget(dialog)
    accepted: list[Settings] = []
    dialog.settings_accepted.connect(accepted.append)
    assert dialog.overdue_combo.currentText() == "4 days"
    assert dialog.saving_combo.currentText() == "Only every 90 minutes"
    accept_button(dialog).click()
    for combo, value in ((dialog.overdue_combo, 0), (dialog.saving_combo, 0), (dialog.language_combo, "de")):
        combo.setCurrentIndex(combo.findData(value))
    accept_button(dialog).click()
    assert accepted == [settings, Settings(overdue_days=0, saving_check_every_s=0, language="de")]


def test_the_languages_are_those_that_are_there(tmp_path: Path) -> None:
    assert found_languages(tmp_path / "none") == ()
    for name in ("backup_gui_de.qm", "backup_gui_ar.qm", "qtbase_fr.qm", "backup_gui_nl.ts"):
        (tmp_path / name).touch()
    assert found_languages(tmp_path) == ("ar", "de")
    assert language_name("de") == "Deutsch"
    assert language_name("zz") != ""


def test_without_a_translation_the_program_stays_english(qapp: QCoreApplication, tmp_path: Path) -> None:
    before = QLocale()
    speak(qapp, tmp_path, "de")
    assert QLocale().language() == QLocale.Language.German
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"
    QLocale.setDefault(before)
