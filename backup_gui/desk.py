"""Connects window and tray icon with jobs and settings: what each side tells becomes the other's values.

The only place besides ``app.py`` that knows both ``ui`` and ``bridge``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QSystemTrayIcon

from backup_gui import __version__
from backup_gui.bridge.alarm import Overdue
from backup_gui.bridge.autostart import LoginEntry, login_entry, start_command
from backup_gui.bridge.background import Background
from backup_gui.bridge.controller import SHUTDOWN_S, Controller, JobNews, JobReport
from backup_gui.bridge.errands import Errands
from backup_gui.bridge.inspection import Findings, examine, is_folder, leave_out, room
from backup_gui.bridge.instance import Wish
from backup_gui.bridge.logrelay import LogRelay
from backup_gui.bridge.power import Power, system_power
from backup_gui.bridge.worker import Run
from backup_gui.caredesk import CareDesk
from backup_gui.config import Appearance, Settings
from backup_gui.engine import runner
from backup_gui.engine.model import Held, Job, JobState
from backup_gui.firstdesk import FirstDesk
from backup_gui.formdesk import FormDesk, verdict
from backup_gui.overviewdesk import OverviewDesk
from backup_gui.plandesk import PlanDesk
from backup_gui.restoredesk import RestoreDesk
from backup_gui.ui.board import Page
from backup_gui.ui.firstvalues import FirstStart
from backup_gui.ui.jobview import (
    ExcludeWish,
    HeldAnswer,
    JobDraft,
    JobView,
    PauseWish,
    Room,
)
from backup_gui.ui.mainwindow import MainWindow
from backup_gui.ui.notices import Notice, Notices
from backup_gui.ui.pace import Pace, PaceMeter
from backup_gui.ui.sentences import said
from backup_gui.ui.tray import Tray, TrayIcon

if TYPE_CHECKING:
    from backup_gui.bridge.store import Store
    from backup_gui.places import Places
    from backup_gui.ui.icons import Icons

log = logging.getLogger(__name__)

_ROOM_EVERY_MS = 60_000
_TRAY_EVERY_MS = 1_000
# A tray may come later than the app at login; after this the window is shown minimised instead.
_TRAY_PATIENCE_MS = 10_000
_FIRST = "first"
# Someone at a window can be asked.
_NEW_JOB = Job("", "", id="", name="", asks_about_strangers=True)


def _ignore_appearance(appearance: Appearance) -> None:
    """Leave the colours as they are."""


@dataclass(frozen=True, slots=True)
class System:
    """What the desk needs of the system around it; tests put something else in its place.

    Attributes:
        run: The runner.
        now: Seconds since 1970.
        make_tray_icon: Makes the platform's tray icon.
        has_tray: Whether there is a tray.
        entry: Makes the entry with which the app is started at login.
        apply_appearance: Gives all windows other colours.
        open_folder: Opens a folder in the file manager.
        make_power: Makes what follows battery and network.
        languages: Code and name of each language there is a translation for.
    """

    run: Run = runner.run
    now: Callable[[], float] = time.time
    make_tray_icon: Callable[[], TrayIcon] = QSystemTrayIcon
    has_tray: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable
    entry: Callable[[], LoginEntry] = login_entry
    apply_appearance: Callable[[Appearance], None] = _ignore_appearance
    open_folder: Callable[[QUrl], bool] = QDesktopServices.openUrl
    make_power: Callable[[QObject], Power] = system_power
    languages: tuple[tuple[str, str], ...] = ()


class Desk(QObject):
    """The app without its event loop."""

    finished = Signal()

    def __init__(self, icons: Icons, store: Store, places: Places, system: System) -> None:
        """Build window, tray icon and controller; nothing runs yet.

        Args:
            icons: The icons.
            store: Jobs and settings.
            places: The program's own folders.
            system: The system around it.
        """
        super().__init__()
        self._store = store
        self._places = places
        self._system = system
        self._settings = store.settings()
        self._kept: dict[str, Held] = {}
        self._rooms: dict[str, Room] = {}
        self._paces: dict[str, tuple[PaceMeter, Pace]] = {}
        self._views: dict[str, JobView] = {}
        self._notices = Notices(store.told(_FIRST))
        self._is_over = False
        self.has_ended_cleanly = True

        self.background = Background(self)
        self.errands = Errands(self.background, self)
        self.controller = Controller(places.data, run=system.run, parent=self)
        self.window = MainWindow(icons, system.now, __version__, has_tray=system.has_tray)
        self.overview = OverviewDesk(self.window, self.controller, self.background, places.data, system.now, self)
        self.care = CareDesk(
            self.window, self.controller, self.background, store, places.data, system.now, system.make_power, self
        )
        self.restoring = RestoreDesk(icons, self.window, self.controller, system.now, self._on_folder_requested, self)
        self._tray_icon = system.make_tray_icon()
        self.tray = Tray(icons, self._tray_icon, system.now, self)
        self._relay = LogRelay(self)
        self._plans = PlanDesk(self.window, self.errands, places.data, self)
        self._forms = FormDesk(
            self.window.board.settings, self.controller, self.background, self.errands, self._put_job, self
        )
        self._first = FirstDesk(
            self.window,
            self.controller,
            self.errands,
            places.data,
            settings=lambda: self._settings,
            adopt=self._adopt,
            parent=self,
        )
        self._room_timer = self._timer(_ROOM_EVERY_MS, self._look_for_room)
        self._tray_timer = self._timer(_TRAY_EVERY_MS, self._show_tray, is_single=True)
        self._patience_timer = self._timer(_TRAY_PATIENCE_MS, self._on_patience_over, is_single=True)
        self._connect()

    def start(self, wish: Wish) -> None:
        """Show what is to be seen and run the jobs.

        Args:
            wish: What the start of the program asked for.
        """
        geometry = self._store.geometry()
        if not geometry.isEmpty():
            self.window.restoreGeometry(geometry)
        self.tray.show()
        for job in self._store.jobs:
            self.controller.add(job)
            self.care.watch(job)
        self._room_timer.start()
        self._look_for_room()
        if self._settings.start_at_login:
            # The program may have moved since the entry was made.
            self._write_login_entry(self._settings)
        self.grant(wish)
        if not wish.shows_window and not self._system.has_tray():
            self._patience_timer.start()
        if self._store.faults:
            self.window.show_problem(
                self.tr("Some settings could not be read"), "\n".join(map(said, self._store.faults))
            )

    def grant(self, wish: Wish) -> None:
        """Do what a start of the program asked for, this one's or a second one's."""
        if wish.shows_window:
            self.window.come_up()
        if wish.source and wish.destination:
            self._add_pair(wish)

    def quit(self) -> None:
        """End the app without asking."""
        self.shut_down()
        self.finished.emit()

    def shut_down(self) -> None:
        """Stop the jobs, within two seconds, and put everything away. Further calls do nothing."""
        if self._is_over:
            return
        self._is_over = True
        for timer in (self._room_timer, self._tray_timer, self._patience_timer):
            timer.stop()
        self._store.save_geometry(self.window.saved_geometry())
        self.window.hide()
        self.tray.hide()
        self.overview.close()
        self.care.close()
        self.restoring.close()
        began_s = time.monotonic()
        self.has_ended_cleanly = self.controller.shut_down(SHUTDOWN_S)
        self.restoring.wait(max(0.0, SHUTDOWN_S - (time.monotonic() - began_s)))
        self.errands.close()
        self.background.close()
        self._relay.close()

    # From the jobs to the window

    @Slot(object)
    def _on_news(self, news: JobNews) -> None:
        job = self.controller.job(news.job_id)
        if job is None:
            return
        before = self._views.get(job.id)
        held = news.status.held
        if held is None or not _is_same(held, self._kept.get(job.id)):
            self._kept.pop(job.id, None)
        view = JobView(
            job=job,
            status=news.status,
            progress=news.progress,
            pace=self._pace(news),
            room=self._rooms.get(job.id),
            has_kept=job.id in self._kept,
        )
        self.care.note_status(job.id, news.status)
        view = self.care.complete(view)
        self._views[job.id] = view
        self.window.put_job(view)
        if before is None or before.shown_state is not view.shown_state:
            self._show_tray()
        elif not self._tray_timer.isActive():
            # The tray's words change with every file, and each change is a message to another process.
            self._tray_timer.start()
        self._tell(self._notices.on_status(view, self._system.now()))

    @Slot(object)
    def _on_report_made(self, news: JobReport) -> None:
        self.window.add_report(news.job_id, news.report)
        self.overview.note_report(news.job_id, news.report)
        if news.report.counts.bytes or news.report.counts.deleted:
            self._look_for_room()

    @Slot(object)
    def _on_care_changed(self, job_id: str) -> None:
        view = self._views.get(job_id)
        if view is not None and (shown := self.care.complete(view)) != view:
            self._views[job_id] = shown
            self.window.put_job(shown)
            self._show_tray()

    @Slot(object)
    def _on_reminded(self, overdue: Overdue) -> None:
        view = self._views.get(overdue.job_id)
        if view is not None and overdue.since is not None:
            self._tell(self._notices.on_overdue(view, overdue.since, self._system.now()))

    def _pace(self, news: JobNews) -> Pace:
        if news.progress is None:
            self._paces.pop(news.job_id, None)
            return Pace()
        meter, _ = self._paces.get(news.job_id) or (PaceMeter(), Pace())
        pace = meter.add(news.progress)
        self._paces[news.job_id] = (meter, pace)
        return pace

    def _tell(self, notice: Notice | None) -> None:
        if notice is None:
            return
        if notice.is_first_backup:
            self._store.note_told(f"{_FIRST}/{notice.job_id}")
        if self._settings.notifications_enabled:
            self.tray.tell(notice)

    def _show_tray(self) -> None:
        self._tray_timer.stop()
        self.tray.show_jobs(tuple(self._views[job.id] for job in self.controller.jobs if job.id in self._views))

    def _look_for_room(self) -> None:
        for job in self.controller.jobs:
            self.background.submit(f"room {job.id}", partial(room, job.destination), partial(self._on_room, job.id))

    def _on_room(self, job_id: str, found: object) -> None:
        view = self._views.get(job_id)
        if view is None:
            return
        if isinstance(found, tuple):
            self._rooms[job_id] = Room(total_bytes=found[0], free_bytes=found[1])
        else:
            self._rooms.pop(job_id, None)
        if view.room != self._rooms.get(job_id):
            self._views[job_id] = replace(view, room=self._rooms.get(job_id))
            self.window.put_job(self._views[job_id])

    # From the window to the jobs

    @Slot(object)
    def _on_pause_requested(self, wish: PauseWish) -> None:
        self.controller.pause(wish.job_id, wish.until)
        self._store.save_jobs(self.controller.jobs)

    @Slot(object)
    def _on_resume_requested(self, job_id: str) -> None:
        self.controller.resume(job_id)
        self._store.save_jobs(self.controller.jobs)

    @Slot(object)
    def _on_check_requested(self, draft: JobDraft) -> None:
        before = self.controller.job(draft.job_id)
        others = tuple(job for job in self.controller.jobs if job.id != draft.job_id)
        work = partial(examine, _wanted(draft, before), before, others)
        self.background.submit("draft", work, partial(self._on_examined, draft.serial))

    def _on_examined(self, serial: int, findings: object) -> None:
        if isinstance(findings, Findings):
            self.window.show_verdict(verdict(serial, findings))

    @Slot(object)
    def _on_job_saved(self, job: Job) -> None:
        self._put_job(self.window.edited_id, job)

    def _put_job(self, old_id: str, job: Job) -> None:
        """Put a job in the place of another one, or add it."""
        if old_id and self.controller.job(old_id) is not None:
            if old_id != job.id:
                self._forget(old_id)
            self.controller.change(old_id, job)
        else:
            self.controller.add(job)
        self.care.watch(job)
        self._save()
        self.window.board.select_job(job.id)
        self._look_for_room()

    def _adopt(self, start: FirstStart) -> None:
        """Run the jobs of a first run."""
        for job in start.jobs:
            if self.controller.job(job.id) is None:
                self.controller.add(job)
        self._save()
        self.window.board.select_job(start.jobs[0].id)
        self._look_for_room()
        if start.starts_at_login and not self._settings.start_at_login:
            self._on_settings_saved(replace(self._settings, start_at_login=True))

    def _add_pair(self, wish: Wish) -> None:
        for job in self.controller.jobs:
            if (job.source, job.destination) == (wish.source, wish.destination):
                self.window.board.select_job(job.id)
                return
        wanted = replace(_NEW_JOB, source=wish.source, destination=wish.destination)
        if wish.interval_s:
            wanted = replace(wanted, interval_s=wish.interval_s)
        work = partial(examine, wanted, None, self.controller.jobs)
        self.background.submit("pair", work, self._on_pair_examined)

    @Slot(object)
    def _on_pair_examined(self, findings: object) -> None:
        if not isinstance(findings, Findings):
            return
        if findings.job is None:
            text = "\n".join(said(fault) for fault in findings.faults.values())
            log.warning("The backup asked for cannot be added: %s", "; ".join(findings.faults.values()))
            self.window.show_problem(self.tr("This backup cannot be added"), text)
        elif self.controller.job(findings.job.id) is None:
            self.controller.add(findings.job)
            self.care.watch(findings.job)
            self._save()
            self.window.board.select_job(findings.job.id)
            self._look_for_room()

    @Slot(object)
    def _on_removal_requested(self, job_id: str) -> None:
        self.controller.remove(job_id)
        self._forget(job_id)
        self._save()

    @Slot(object)
    def _on_exclusion_requested(self, wish: ExcludeWish) -> None:
        job = self.controller.job(wish.job_id)
        if job is not None:
            self.controller.change(job.id, leave_out(job, wish.path))
            self._save()

    @Slot(object)
    def _on_held_answered(self, answer: HeldAnswer) -> None:
        if answer.is_right:
            self._kept.pop(answer.job_id, None)
            self.controller.allow_held(answer.job_id, answer.held)
            return
        self.controller.keep_held(answer.job_id, answer.held)
        # What is shown until the job has done it.
        self._kept[answer.job_id] = answer.held
        view = self._views.get(answer.job_id)
        if view is not None and view.status.held is not None and _is_same(view.status.held, answer.held):
            self._views[answer.job_id] = replace(view, has_kept=True)
            self.window.put_job(self._views[answer.job_id])
            self._show_tray()

    @Slot()
    def _on_settings_requested(self) -> None:
        self.window.come_up()
        self.window.show_settings(self._settings, self._system.languages)

    @Slot(object)
    def _on_settings_saved(self, settings: Settings) -> None:
        before, self._settings = self._settings, settings
        self._store.save_settings(settings)
        self.care.take_settings(settings)
        if settings.appearance is not before.appearance:
            self._system.apply_appearance(settings.appearance)
        if settings.start_at_login:
            self._write_login_entry(settings)
        elif before.start_at_login:
            self.background.submit("login", self._system.entry().remove, _ignore)

    @Slot(object)
    def _on_folder_requested(self, path: str) -> None:
        self.background.submit(f"open {path}", partial(is_folder, path), partial(self._on_folder_seen, path))

    def _on_folder_seen(self, path: str, is_there: object) -> None:
        if is_there:
            self._system.open_folder(QUrl.fromLocalFile(path))
        else:
            self.window.show_problem(
                self.tr("This folder is not there at the moment"),
                self.tr("It may be on a drive that is away, or nothing has been put into it yet."),
            )

    @Slot()
    def _on_log_folder_requested(self) -> None:
        self._on_folder_requested(str(self._places.state))

    # From the tray, and the end

    @Slot(object)
    def _on_problems_requested(self, job_id: str) -> None:
        self.window.show_job(job_id, Page.PROBLEMS)

    @Slot(object)
    def _on_notice_clicked(self, notice: Notice) -> None:
        has_problems = notice.state is JobState.ATTENTION and not notice.is_overdue
        page = Page.PROBLEMS if has_problems else Page.OVERVIEW
        self.window.show_job(notice.job_id, page)
        if notice.state is JobState.HELD:
            self.window.review(notice.job_id)

    @Slot()
    def _on_closed_to_tray(self) -> None:
        self._store.save_geometry(self.window.saved_geometry())
        if not self._store.was_told("closed"):
            self._store.note_told("closed")
            self.tray.tell_hidden()

    @Slot()
    def _on_patience_over(self) -> None:
        if not self._system.has_tray() and not self.window.isVisible():
            self.window.showMinimized()

    @Slot()
    def _on_quit_requested(self) -> None:
        if not self.controller.jobs or self._store.was_told("quit"):
            self.quit()
            return
        self.window.come_up()
        self.window.ask_to_quit()

    @Slot(object)
    def _on_quit_confirmed(self, is_last_time: object) -> None:
        if is_last_time:
            self._store.note_told("quit")
        self.quit()

    # Small things

    def _connect(self) -> None:
        controller, window, tray = self.controller, self.window, self.tray
        controller.news.connect(self._on_news)
        controller.report_made.connect(self._on_report_made)
        self._relay.lines_ready.connect(window.add_log_lines)
        self.care.changed.connect(self._on_care_changed)
        self.care.reminded.connect(self._on_reminded)
        for part in (window, tray):
            part.back_up_requested.connect(controller.back_up_now)
            part.pause_requested.connect(self._on_pause_requested)
            part.resume_requested.connect(self._on_resume_requested)
            part.settings_requested.connect(self._on_settings_requested)
            part.quit_requested.connect(self._on_quit_requested)
        window.check_requested.connect(self._on_check_requested)
        window.job_saved.connect(self._on_job_saved)
        window.removal_requested.connect(self._on_removal_requested)
        window.folder_requested.connect(self._on_folder_requested)
        window.log_folder_requested.connect(self._on_log_folder_requested)
        window.held_answered.connect(self._on_held_answered)
        window.exclusion_requested.connect(self._on_exclusion_requested)
        window.settings_saved.connect(self._on_settings_saved)
        window.quit_confirmed.connect(self._on_quit_confirmed)
        window.closed_to_tray.connect(self._on_closed_to_tray)
        tray.open_requested.connect(window.come_up)
        tray.restore_requested.connect(window.show_history)
        tray.problems_requested.connect(self._on_problems_requested)
        tray.notice_clicked.connect(self._on_notice_clicked)

    def _timer(self, every_ms: int, slot: Callable[[], None], *, is_single: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(every_ms)
        timer.setSingleShot(is_single)
        timer.timeout.connect(slot)
        return timer

    def _forget(self, job_id: str) -> None:
        self.window.remove_job(job_id)
        for known in (self._views, self._rooms, self._kept, self._paces):
            known.pop(job_id, None)
        self._notices.forget(job_id)
        self.overview.forget(job_id)
        self.care.forget(job_id)

    def _save(self) -> None:
        if not self._store.save_jobs(self.controller.jobs):
            self.window.show_problem(
                self.tr("The settings could not be saved"),
                self.tr("The backups go on, but changes to them are lost when the app ends."),
            )
        self._show_tray()

    def _write_login_entry(self, settings: Settings) -> None:
        command = start_command(is_hidden=settings.start_hidden)
        self.background.submit("login", partial(self._system.entry().write, command), _ignore)


def _wanted(draft: JobDraft, before: Job | None) -> Job:
    """The job that a draft asks for; options that the dialog does not show stay as they were."""
    base = before if before is not None else _NEW_JOB
    return replace(
        base,
        source=draft.source,
        destination=draft.destination,
        # A history chosen elsewhere belongs to the old destination.
        history=base.history if draft.destination == base.destination else "",
        name=draft.name,
        interval_s=draft.interval_s,
        exclude=draft.exclude,
        keeps_history=draft.keeps_history,
    )


def _is_same(held: Held, other: Held | None) -> bool:
    """Whether the same is held again; without going through what may be a million actions."""
    return other is not None and (held.code, held.counts, held.mirror_files) == (
        other.code,
        other.counts,
        other.mirror_files,
    )


def _ignore(result: object) -> None:
    """Take note of nothing."""
