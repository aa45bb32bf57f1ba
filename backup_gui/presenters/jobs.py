"""Adds, changes, removes and saves jobs as the user asks."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.engine.state.register import forget_folders
from backup_gui.engine.state.rows import catalog_file
from backup_gui.model.job import NEW_JOB, Job
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.job_check import Findings, examine, leave_out
from backup_gui.threads.tasks import ignore_result
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.job import PauseWish

if TYPE_CHECKING:
    from backup_gui.desktop.single_instance import Wish

log = logging.getLogger(__name__)


class JobsPresenter(Presenter):
    """Keeps the running and the saved jobs as the user wants them."""

    job_put = Signal(object)
    job_dropped = Signal(object)
    jobs_saved = Signal()
    places_changed = Signal()

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        context.window.removal_requested.connect(self.remove)
        context.window.board.problems.exclusion_requested.connect(self._on_exclusion_requested)

    @Slot(object)
    def pause(self, wish: PauseWish) -> None:
        """Pause a job, also in the next run of the program."""
        self._controller.pause(wish.job_id, wish.until)
        self._store.save_jobs(self._controller.jobs)

    @Slot(object)
    def resume(self, job_id: str) -> None:
        """Resume a job, also in the next run of the program."""
        self._controller.resume(job_id)
        self._store.save_jobs(self._controller.jobs)

    def put(self, old_id: str, job: Job) -> None:
        """Replace a job by another one, or add it."""
        if old_id and self._controller.job(old_id) is not None:
            if old_id != job.id:
                self.job_dropped.emit(old_id)
            self._controller.change(old_id, job)
            if old_id != job.id:
                self._forget(old_id)
        else:
            self._controller.add(job)
        self.job_put.emit(job)
        # To the window, a job with another folder is a new job, so tell it the order.
        self._window.board.jobs.order([known.id for known in self._controller.jobs])
        self._settle(job.id)

    def add(self, jobs: Iterable[Job], selected_id: str) -> None:
        """Start those of some jobs that do not run yet, and select one of them."""
        for job in jobs:
            if self._controller.job(job.id) is None:
                self._controller.add(job)
                self.job_put.emit(job)
        self._settle(selected_id)

    def add_pair(self, wish: Wish) -> None:
        """Add the job that a start of the program asked for, if it is valid; select it if it already runs."""
        for job in self._controller.jobs:
            if (job.source, job.destination) == (wish.source, wish.destination):
                self._window.board.select_job(job.id)
                return
        wanted = NEW_JOB._replace(source=wish.source, destination=wish.destination)
        if wish.interval_s:
            wanted = wanted._replace(interval_s=wish.interval_s)
        others, data_folder = self._controller.jobs, self._data_folder
        self._tasks.start(
            "pair", lambda _: examine(wanted, None, others, data_folder), self._on_pair_examined, waits=True
        )

    @Slot(object)
    def remove(self, job_id: str) -> None:
        """Remove a job; its backup stays."""
        self._controller.remove(job_id)
        self.job_dropped.emit(job_id)
        self._forget(job_id)
        self._save()

    def _on_pair_examined(self, findings: Findings) -> None:
        if findings.job is None:
            text = "\n".join(said(fault) for fault in findings.faults.values())
            log.warning("The requested backup cannot be added: %s", "; ".join(findings.faults.values()))
            self._window.show_problem(self.tr("This backup cannot be added"), text)
        elif self._controller.job(findings.job.id) is None:
            self.add((findings.job,), findings.job.id)

    @Slot(object)
    def _on_exclusion_requested(self, path: str) -> None:
        job = self._controller.job(self._window.board.selected_id)
        if job is not None:
            self._controller.change(job.id, leave_out(job, path))
            self._save()

    def _forget(self, job_id: str) -> None:
        """Remove the folders of a removed job from its database, so that they do not block other jobs."""
        file = catalog_file(self._data_folder, job_id)
        # RACE: a pass that is just starting may note its folders again. Worst case: the user gets a needless question.
        self._tasks.start(f"forget {job_id}", lambda _: forget_folders(file), ignore_result, waits=True)

    def _settle(self, selected_id: str) -> None:
        self._save()
        self._window.board.select_job(selected_id)
        self.places_changed.emit()

    def _save(self) -> None:
        if not self._store.save_jobs(self._controller.jobs):
            self._window.show_problem(
                self.tr("The settings could not be saved"),
                self.tr("The backups go on, but changes to them are lost when the app ends."),
            )
        self.jobs_saved.emit()
