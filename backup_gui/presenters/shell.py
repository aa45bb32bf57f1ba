"""Creates and connects window, tray icon, jobs, settings and all other presenters."""

from __future__ import annotations

import hashlib
import logging
import os.path
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSysInfo, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QSystemTrayIcon

from backup_gui import __version__
from backup_gui.config.settings import Appearance, Settings
from backup_gui.desktop.autostart import LoginEntry, LoginState, login_entry, start_command
from backup_gui.desktop.log_relay import LogRelay
from backup_gui.desktop.notifier import Notifier, desktop_notifier
from backup_gui.desktop.power import Power, system_power
from backup_gui.desktop.single_instance import Wish
from backup_gui.desktop.tray.host import TrayHost, system_tray_host
from backup_gui.engine.run import runner
from backup_gui.presenters.decisions import DecisionsPresenter
from backup_gui.presenters.first_run import FirstRunPresenter
from backup_gui.presenters.health import HealthPresenter
from backup_gui.presenters.history import HistoryPresenter
from backup_gui.presenters.job_form import JobFormPresenter
from backup_gui.presenters.job_views import JobViewsPresenter
from backup_gui.presenters.jobs import JobsPresenter
from backup_gui.presenters.overview import OverviewPresenter
from backup_gui.presenters.plan import PlanPresenter
from backup_gui.presenters.presenter import Context
from backup_gui.presenters.tray import TrayPresenter
from backup_gui.threads.controller import SHUTDOWN_S, Controller, JobReport
from backup_gui.threads.job_thread import Run
from backup_gui.threads.tasks import TaskRunner, ignore_result
from backup_gui.ui.main.tray import TrayIcon
from backup_gui.ui.main.window import MainWindow
from backup_gui.ui.text.format import Now
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.first_run import FirstStart
from backup_gui.ui.values.job import JobView

if TYPE_CHECKING:
    from backup_gui.config.folders import OwnFolders
    from backup_gui.config.store import Store
    from backup_gui.ui.first_run.steps import FirstRun
    from backup_gui.ui.settings.page import JobSettings
    from backup_gui.ui.style.icons import Icons

log = logging.getLogger(__name__)

# Noted once the entry for the login was written: if it is gone later, the user has removed it.
_LOGIN_ENTRY = "login-entry"


@dataclass(frozen=True, slots=True)
class System:
    """The services of the system, and code and name of each available translation; tests replace them."""

    run: Run = runner.run
    now: Now = time.time
    make_tray_icon: Callable[[], TrayIcon] = QSystemTrayIcon
    make_tray_host: Callable[[QObject], TrayHost] = system_tray_host
    make_notifier: Callable[[QObject], Notifier | None] = desktop_notifier
    entry: Callable[[], LoginEntry] = login_entry
    apply_appearance: Callable[[Appearance], None] = ignore_result
    open_folder: Callable[[QUrl], bool] = QDesktopServices.openUrl
    make_power: Callable[[QObject], Power] = system_power
    languages: tuple[tuple[str, str], ...] = ()


class Shell(QObject):
    """The app without its event loop: creates window, tray icon and controller, and starts them with ``start``."""

    finished = Signal()

    def __init__(self, icons: Icons, store: Store, folders: OwnFolders, system: System) -> None:
        super().__init__()
        self._store = store
        self._folders = folders
        self._system = system
        self._settings = store.settings()
        self._is_over = False
        self.has_ended_cleanly = True

        self.tasks = TaskRunner(parent=self)
        self.controller = Controller(folders.data, run=system.run, parent=self)
        tray_host = system.make_tray_host(self)
        self.window = MainWindow(icons, system.now, __version__, has_tray=tray_host.holds_icon)
        context = self._context = Context(
            icons,
            self.window,
            self.controller,
            self.tasks,
            store,
            folders.data,
            system.now,
            self._on_folder_requested,
        )
        self.overview = OverviewPresenter(context, self)
        self.care = HealthPresenter(context, system.make_power, self)
        self.restoring = HistoryPresenter(context, self)
        self.answers = DecisionsPresenter(context, self)
        self.views = JobViewsPresenter(context, self._completed, self)
        self.jobs = JobsPresenter(context, self)
        self._trays = TrayPresenter(
            context,
            system.make_tray_icon,
            tray_host,
            lambda: self.views.shown,
            self,
            make_notifier=system.make_notifier,
        )
        self.tray = self._trays.tray
        self._relay = LogRelay(self)
        self._plans = PlanPresenter(context, self)
        self._serve_form(self.window.board.settings)
        self.window.form_opened.connect(self._serve_form)
        self._serve_first_run(self.window.welcome)
        self.window.first_run_opened.connect(self._serve_first_run)
        self._connect()

    def start(self, wish: Wish) -> None:
        """Show tray icon and window, start the jobs, and do what the start of the program asked for."""
        geometry = self._store.geometry()
        if not geometry.isEmpty():
            self.window.restoreGeometry(geometry)
        self._trays.begin(shows_window=wish.shows_window)
        for job in self._store.jobs:
            self.controller.add(job)
            self.care.watch(job)
        self.views.start()
        entry = self._system.entry()
        was_on = self._settings.start_at_login
        self.tasks.start(
            "login", lambda _: entry.state(), lambda state: self._on_login_entry_seen(state, was_on=was_on), waits=True
        )
        self.grant(wish)
        if self._store.faults:
            self.window.show_problem(
                self.tr("Some settings could not be read"), "\n".join(map(said, self._store.faults))
            )

    def grant(self, wish: Wish) -> None:
        """Do what this start or a second start of the program asked for."""
        if wish.shows_window:
            self.window.come_up()
        if wish.source and wish.destination:
            self.jobs.add_pair(wish)

    def quit(self) -> None:
        """End the app without asking."""
        self.shut_down()
        self.finished.emit()

    def shut_down(self) -> None:
        """Stop the jobs within two seconds and close everything. Further calls do nothing."""
        if self._is_over:
            return
        self._is_over = True
        self.views.stop()
        self._store.save_geometry(self.window.saveGeometry())
        self.window.hide()
        self._trays.close()
        self.tasks.close()
        self.care.close()
        self.restoring.close()
        began_s = time.monotonic()
        self.has_ended_cleanly = self.controller.shut_down(SHUTDOWN_S)
        self.restoring.wait(max(0.0, SHUTDOWN_S - (time.monotonic() - began_s)))
        self._relay.close()

    # From the jobs to the window

    @Slot(object)
    def _on_report_made(self, news: JobReport) -> None:
        self.window.board.add_report(news.job_id, news.report)
        self.overview.note_report(news.job_id, news.report)
        if news.report.counts.bytes or news.report.counts.deleted:
            self.views.look_for_room()

    def _completed(self, view: JobView) -> JobView:
        """Add to a view what other presenters know of its job."""
        return self.answers.complete(self.care.complete(view))

    @Slot(object)
    def _on_reminded(self, job_id: str) -> None:
        view = self.views.view(job_id)
        if view is not None and view.overdue_since is not None:
            self._trays.remind(view, view.overdue_since)

    # From the window to the jobs

    def _adopt(self, start: FirstStart) -> None:
        """Start the jobs of a first run."""
        self._trays.note_added(job.id for job in start.jobs)
        self.jobs.add(start.jobs, start.jobs[0].id)
        if start.starts_at_login and not self._settings.start_at_login:
            self._on_settings_saved(replace(self._settings, start_at_login=True))

    @Slot(object)
    def _serve_form(self, form: JobSettings) -> None:
        JobFormPresenter(self._context, form, self.jobs.put)

    @Slot(object)
    def _serve_first_run(self, steps: FirstRun) -> None:
        FirstRunPresenter(self._context, steps, adopt=self._adopt)

    @Slot()
    def _on_settings_requested(self) -> None:
        self.window.come_up()
        self.window.show_settings(self._settings, self._system.languages)

    @Slot(object)
    def _on_settings_saved(self, settings: Settings) -> None:
        before, self._settings = self._settings, settings
        self._store.save_settings(settings)
        self._trays.is_telling = settings.notifications_enabled
        self.care.take_settings(settings)
        if settings.appearance is not before.appearance:
            self._system.apply_appearance(settings.appearance)
        if settings.start_at_login:
            self._write_login_entry(settings)
        elif before.start_at_login:
            entry = self._system.entry()
            self.tasks.start("login", lambda _: entry.remove(), ignore_result, waits=True)

    def _on_login_entry_seen(self, state: LoginState, *, was_on: bool) -> None:
        """Let the setting show what is so: an installer may have made the entry, and the desktop switched it off."""
        if self._settings.start_at_login != was_on:
            # The user has changed the setting meanwhile.
            return
        # The settings may have come from another computer, where the entry stayed behind.
        is_on = state is LoginState.ON or (
            was_on and state is LoginState.ABSENT and not self._store.was_told(_login_entry_key())
        )
        if is_on != was_on:
            self._settings = replace(self._settings, start_at_login=is_on)
            self._store.save_settings(self._settings)
        if is_on:
            # The program may have moved since the entry was written.
            self._write_login_entry(self._settings)

    @Slot(object)
    def _on_folder_requested(self, path: str) -> None:
        self.tasks.start(
            f"open {path}",
            lambda _: os.path.isdir(path),
            lambda is_there: self._on_folder_seen(path, is_there=is_there),
            waits=True,
        )

    def _on_folder_seen(self, path: str, *, is_there: bool) -> None:
        if is_there:
            self._system.open_folder(QUrl.fromLocalFile(path))
        else:
            self.window.show_problem(
                self.tr("This folder is not there at the moment"),
                self.tr("It may be on a drive that is away, or nothing has been put into it yet."),
            )

    # The end

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
        # In this order: the view tells whether the job is overdue.
        controller.news.connect(self.care.note_news)
        controller.news.connect(self.views.take)
        controller.report_made.connect(self._on_report_made)
        self._relay.lines_ready.connect(window.board.log.add_lines)
        self.care.changed.connect(self.views.renew)
        self.answers.changed.connect(self.views.renew)
        self.views.news_shown.connect(self._trays.note_view)
        self.views.view_changed.connect(self._trays.show_jobs)
        self.jobs.job_put.connect(self.care.watch)
        self.jobs.job_dropped.connect(self._forget)
        self.jobs.jobs_saved.connect(self._trays.show_jobs)
        self.jobs.places_changed.connect(self.views.look_for_room)
        self.care.reminded.connect(self._on_reminded)
        for source in (window.board, window.menus, tray):
            source.back_up_requested.connect(controller.back_up_now)
            source.pause_requested.connect(self.jobs.pause)
            source.resume_requested.connect(self.jobs.resume)
        for page in (window.board.overview, window.menus):
            page.folder_requested.connect(self._on_folder_requested)
        for part in (window, tray):
            part.settings_requested.connect(self._on_settings_requested)
            part.quit_requested.connect(self._on_quit_requested)
        window.log_folder_requested.connect(partial(self._on_folder_requested, str(self._folders.state)))
        window.settings_saved.connect(self._on_settings_saved)
        window.quit_confirmed.connect(self._on_quit_confirmed)

    @Slot(object)
    def _forget(self, job_id: str) -> None:
        self.window.remove_job(job_id)
        for part in (self.views, self._trays, self.overview, self.care, self.answers):
            part.forget(job_id)

    def _write_login_entry(self, settings: Settings) -> None:
        entry, command = self._system.entry(), start_command(is_hidden=settings.start_hidden)
        self.tasks.start(
            "login", lambda _: entry.write(command), lambda _: self._store.note_told(_login_entry_key()), waits=True
        )


def _login_entry_key() -> str:
    """The note that an entry was written on this computer: settings with notes may come from another one."""
    computer = hashlib.sha256(QSysInfo.machineUniqueId().data()).hexdigest()
    return f"{_LOGIN_ENTRY}/{computer[:16]}"
