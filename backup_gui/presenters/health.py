"""Connects the window with what watches jobs from outside: overdue monitor, stalls, battery, network, crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.desktop.crash_handler import Crash, CrashRelay
from backup_gui.desktop.diagnostics import ErrorKeeper, describe
from backup_gui.desktop.power import Power
from backup_gui.engine.fs.volumes.mounts import can_watch
from backup_gui.engine.state.pass_log import PassLogReader
from backup_gui.engine.state.rows import catalog_file
from backup_gui.presenters.overdue import OverdueMonitor
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.threads.liveness import Stalls
from backup_gui.ui.values.job import JobView, Saving

if TYPE_CHECKING:
    from backup_gui.config.settings import Settings
    from backup_gui.model.job import Job
    from backup_gui.threads.controller import JobNews


class HealthPresenter(Presenter):
    """Watches all jobs. Emits ``changed`` for a job whose view changes, and ``reminded`` to remind the user."""

    changed = Signal(object)
    reminded = Signal(object)

    def __init__(self, context: Context, make_power: Callable[[QObject], Power], parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._settings = context.store.settings()
        self._on_network: set[str] = set()
        self._errors = ErrorKeeper()
        self._crashes = CrashRelay(self)
        self._crashes.crashed.connect(self._on_crashed)
        self.monitor = OverdueMonitor(context.store, context.now, self._settings.overdue_days, self)
        self.monitor.changed.connect(self.changed)
        self.monitor.reminded.connect(self.reminded)
        self._stalls = Stalls(context.controller.pulses, parent=self)
        self._stalls.changed.connect(self.changed)
        self._power = make_power(self)
        self._power.changed.connect(self._spare)
        context.window.diagnostics_requested.connect(self._on_diagnostics_requested)

    def close(self) -> None:
        """Stop watching."""
        self.monitor.stop()
        self._stalls.stop()
        self._power.close()
        self._crashes.close()
        self._errors.close()

    @Slot(object)
    def watch(self, job: Job) -> None:
        """Watch a new or changed job."""
        self.monitor.watch(job.id)
        log_reader = PassLogReader(catalog_file(self._data_folder, job.id))
        # A job that hangs from its start never tells the age of its backup, but its database does.
        self._tasks.start(
            f"complete {job.id}",
            lambda _: log_reader.last_complete_at(),
            lambda at: self._on_last_complete(job.id, at),
            waits=True,
        )
        self._tasks.start(
            f"network {job.id}",
            lambda _: _is_on_network(job),
            lambda is_on_network: self._on_network_known(job.id, is_on_network=is_on_network),
            waits=True,
        )

    def forget(self, job_id: str) -> None:
        """Stop watching a job."""
        self.monitor.forget(job_id)
        self._on_network.discard(job_id)
        self._controller.check_every(job_id, None)

    @Slot(object)
    def note_news(self, news: JobNews) -> None:
        """Pass the time of a job's last complete backup to the monitor."""
        if news.status.last_complete_at is not None:
            self.monitor.note_complete(news.job_id, news.status.last_complete_at)

    def take_settings(self, settings: Settings) -> None:
        """Apply new settings."""
        self._settings = settings
        self.monitor.set_limit(settings.overdue_days)
        self._spare()

    def saving(self, job: Job) -> tuple[Saving, int]:
        """Why full passes of a job are less frequent at present, and the seconds between them."""
        supply, every_s = self._power.supply, self._settings.saving_check_every_s
        if every_s > job.full_pass_every_s and job.uses_notification and job.saves_power:
            if supply.is_on_battery:
                return Saving.BATTERY, every_s
            if supply.is_metered and job.id in self._on_network:
                return Saving.METERED, every_s
        return Saving.NO, job.full_pass_every_s

    def complete(self, view: JobView) -> JobView:
        """Add to a view what this object knows of its job."""
        saving, every_s = self.saving(view.job)
        return replace(
            view,
            overdue_since=self.monitor.overdue_since(view.job.id),
            silent_s=self._stalls.silent_s(view.job.id),
            saving=saving,
            full_check_every_s=every_s,
        )

    @Slot()
    def _spare(self) -> None:
        """Tell each job how often to make full passes at present."""
        for job in self._controller.jobs:
            why, every_s = self.saving(job)
            self._controller.check_every(job.id, None if why is Saving.NO else every_s)
            self.changed.emit(job.id)

    def _on_last_complete(self, job_id: str, at: float | None) -> None:
        if at is not None:
            self.monitor.note_complete(job_id, at)
        self.monitor.check()

    def _on_network_known(self, job_id: str, *, is_on_network: bool) -> None:
        (self._on_network.add if is_on_network else self._on_network.discard)(job_id)
        self._spare()

    @Slot(object)
    def _on_crashed(self, crash: Crash) -> None:
        self._window.show_crash(f"{crash.kind} ({crash.place})", crash.details)

    @Slot()
    def _on_diagnostics_requested(self) -> None:
        jobs = tuple((job, self._controller.status(job.id)) for job in self._controller.jobs)
        notes = self._errors.notes()
        plain, full = (describe(jobs, self._settings, notes, has_names=has_names) for has_names in (False, True))
        self._window.show_diagnostics(plain, full)


def _is_on_network(job: Job) -> bool:
    """Whether one of a job's folders is on a network drive. Reads the table of mounts and touches no drive."""
    return any(can_watch(path) for path in (job.source, job.destination.path))
