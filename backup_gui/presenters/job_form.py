"""Answers the requests of a job's form: checks it, counts what its rules leave out, measures its history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Slot

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.history.usage import measure
from backup_gui.model.events import RemoveLeftOut
from backup_gui.model.job import Job
from backup_gui.model.plans import HistorySize
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.folder_sizes import FolderSize, LeftOutSizes, count_copies, count_left_out
from backup_gui.services.job_check import examine
from backup_gui.threads.controller import JobReport
from backup_gui.ui.dialogs.messages import ask_to_remove_left_out
from backup_gui.ui.settings.page import JobSettings
from backup_gui.ui.settings.rules_panel import RulesWish
from backup_gui.ui.values.job import JobDraft

_NOTHING = HistorySize(0, 0)


class JobFormPresenter(Presenter):
    """Serves one form: the Settings page of the jobs, or the dialog for a new one."""

    def __init__(self, context: Context, page: JobSettings, replace_job: Callable[[str, Job], None]) -> None:
        super().__init__(context, page)
        self._page = page
        self._replace_job = replace_job
        # Two forms may be open at once.
        self._prefix = f"form {id(page)} "
        page.check_requested.connect(self._on_check_requested)
        page.rules.count_requested.connect(self._on_count_requested)
        page.rules.count_cancelled.connect(partial(self._tasks.cancel, self._prefix + "rules"))
        page.requests_cancelled.connect(partial(self._tasks.cancel, self._prefix))
        page.size_requested.connect(self._on_size_requested)
        page.copies_requested.connect(self._on_copies_requested)
        page.removal_requested.connect(self._on_removal_requested)
        page.apply_requested.connect(self._on_apply_requested)
        self._controller.report_made.connect(self._on_report_made)

    @Slot(object)
    def _on_check_requested(self, draft: JobDraft) -> None:
        before = self._controller.job(draft.before.id)
        others = tuple(job for job in self._controller.jobs if job.id != draft.before.id)
        data_folder = self._data_folder
        self._tasks.start(
            self._prefix + "check",
            lambda _: examine(draft.wanted, before, others, data_folder),
            lambda found: self._page.show_findings(draft, found.job, found.faults, found.notes),
            on_silent=partial(self._page.show_silence, draft),
        )

    @Slot(object)
    def _on_count_requested(self, wish: RulesWish) -> None:
        self._tasks.start(
            self._prefix + "rules",
            lambda task: count_left_out(wish.source, wish.rules, task.should_stop, task.tell),
            partial(self._show_count, is_done=True),
            on_progress=partial(self._show_count, is_done=False),
        )

    def _show_count(self, found: LeftOutSizes | None, *, is_done: bool) -> None:
        if found is None:
            self._page.rules.show_no_count()
        else:
            out = found.left_out
            self._page.rules.show_count(out.files, out.bytes, is_done=is_done, is_whole=out.is_whole)

    @Slot(object)
    def _on_size_requested(self, job: Job) -> None:
        if not job.id or not job.keeps_history:
            self._page.limits.show_size(_NOTHING)
            return
        self._tasks.start(
            self._prefix + "history size",
            lambda task: _measure(job, task.should_stop),
            self._page.limits.show_size,
        )

    @Slot(object)
    def _on_copies_requested(self, job: Job) -> None:
        self._tasks.start(
            self._prefix + "copies of what is left out",
            lambda task: count_copies(job, task.should_stop),
            self._show_copies,
        )

    def _show_copies(self, found: FolderSize | None) -> None:
        size = found or FolderSize()
        self._page.rules.show_copies(size.files, size.bytes)

    @Slot(object)
    def _on_report_made(self, news: JobReport) -> None:
        """Count again what a full pass may have removed: a count may have begun before it."""
        job = self._controller.job(news.job_id)
        is_shown = news.job_id == self._page.job_id and self._page.isVisible()
        if job is not None and is_shown and news.report.is_full and self._page.rules.copies:
            self._on_copies_requested(job)

    @Slot(object)
    def _on_removal_requested(self, job: Job) -> None:
        files, on_yes = self._page.rules.copies, partial(self._remove_left_out, job.id)
        ask_to_remove_left_out(files, on_yes, self._page.window(), keeps_history=job.keeps_history)

    def _remove_left_out(self, job_id: str) -> None:
        self._controller.send(job_id, RemoveLeftOut())
        if job_id == self._page.job_id:
            self._page.rules.show_copies(0, 0)

    @Slot(object)
    def _on_apply_requested(self, draft: JobDraft) -> None:
        now = self._controller.job(draft.before.id)
        if not draft.before.id:
            self._replace_job("", draft.wanted)
        elif now is not None:
            self._replace_job(now.id, merged(now, draft.before, draft.wanted))


def merged(now: Job, before: Job, wanted: Job) -> Job:
    """The current job with the changes made in a form; the job may have been paused meanwhile."""
    changes = {name: getattr(wanted, name) for name in Job._fields if getattr(wanted, name) != getattr(before, name)}
    return now._replace(**changes)


def _measure(job: Job, should_stop: Callable[[], bool]) -> HistorySize | None:
    root = history_of(job)
    if root is None:
        return _NOTHING
    try:
        return measure(str(root), should_stop)
    except OSError:
        return None
