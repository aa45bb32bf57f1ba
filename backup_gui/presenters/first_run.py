"""Answers the requests of the first run: folders, drives, sizes, the check of a choice and a forecast."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from backup_gui.desktop.storage import PlaceOffer, drives, usual_folders
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Job
from backup_gui.model.plans import HeldCode, Op, Problem, Progress
from backup_gui.model.reasons import NO_REASON
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.folder_sizes import FolderSize, count_folder
from backup_gui.services.preview import expected_s, preview_plan
from backup_gui.services.suggestions import Proposal, propose
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.first_run import FirstChoice, FirstForecast, FirstStart

if TYPE_CHECKING:
    from backup_gui.threads.tasks import TaskContext, TaskRunner
    from backup_gui.ui.first_run.steps import FirstRun


class FirstRunPresenter(Presenter):
    """Serves the three steps of a first run, which own it, in the window or in a dialog.

    Args:
        adopt: Starts the new jobs.
    """

    def __init__(self, context: Context, steps: FirstRun, *, adopt: Callable[[FirstStart], None]) -> None:
        super().__init__(context, steps)
        self._steps = steps
        # Several first runs may be open at once.
        self._prefix = f"first run {id(self)} "
        steps.offers_requested.connect(self._on_offers_requested)
        steps.folders.count_requested.connect(self._on_count_requested)
        steps.check_requested.connect(self._on_check_requested)
        steps.forecast_requested.connect(self._on_forecast_requested)
        steps.start.plan_requested.connect(self._window.preview)
        stop = partial(_cancel, self._tasks, self._prefix)
        steps.start_requested.connect(adopt)
        steps.start_requested.connect(stop)
        # Results must not reach a widget that is gone.
        self.destroyed.connect(stop)

    @Slot()
    def _on_offers_requested(self) -> None:
        """Find folders and drives to offer."""
        steps = self._steps
        steps.show_login(self._store.settings().start_at_login)
        protected = tuple(job.source for job in self._controller.jobs)
        self._tasks.start(self._prefix + "folders", lambda _: usual_folders(protected), steps.show_folders)
        used = tuple(job.destination.path for job in self._controller.jobs)
        self._tasks.start(self._prefix + "places", lambda _: _used_first(drives(), used), steps.show_places)

    @Slot(object)
    def _on_count_requested(self, path: str) -> None:
        self._tasks.start(
            f"{self._prefix}count {path}",
            lambda task: count_folder(path, task.should_stop, task.tell),
            partial(self._show_count, path, is_done=True),
            on_progress=partial(self._show_count, path, is_done=False),
        )

    @Slot(object)
    def _on_check_requested(self, choice: FirstChoice) -> None:
        jobs, data_folder = self._controller.jobs, self._data_folder
        self._tasks.start(
            self._prefix + "check",
            lambda _: propose(
                choice.sources,
                choice.place,
                jobs,
                data_folder,
                is_whole_place=choice.is_whole_place,
                keeps_history=choice.keeps_history,
            ),
            partial(self._show_proposal, choice),
            on_silent=partial(self._show_silence, choice),
        )

    @Slot(object)
    def _on_forecast_requested(self, jobs: tuple[Job, ...]) -> None:
        data_folder = self._data_folder
        self._tasks.start(
            self._prefix + "forecast",
            lambda task: _forecast(jobs, data_folder, task),
            self._steps.start.show_forecast,
            on_progress=self._show_looking,
        )

    def _show_count(self, path: str, found: FolderSize | None, *, is_done: bool) -> None:
        size = found or FolderSize()
        self._steps.folders.show_count(path, size.files, size.bytes, is_done=is_done, is_readable=found is not None)

    def _show_proposal(self, choice: FirstChoice, proposal: Proposal) -> None:
        self._steps.show_verdict(
            choice,
            proposal.jobs,
            said(proposal.fault or proposal.note),
            is_wrong=bool(proposal.fault),
            is_place_empty=proposal.is_place_empty,
        )

    def _show_silence(self, choice: FirstChoice, silent_s: int) -> None:
        if silent_s:
            self._steps.show_verdict(choice, (), silence_text(silent_s), is_wrong=True)

    def _show_looking(self, progress: Progress) -> None:
        self._steps.start.show_forecast(FirstForecast(files=progress.files_done))


def _used_first(places: tuple[PlaceOffer, ...], destinations: tuple[str, ...]) -> tuple[PlaceOffer, ...]:
    """Put the drives first that other backups go to."""

    def is_unused(place: PlaceOffer) -> bool:
        return not any(Path(path).is_relative_to(place.root) for path in destinations)

    return tuple(sorted(places, key=is_unused))


def _cancel(tasks: TaskRunner, prefix: str, *_: object) -> None:
    tasks.cancel(prefix)


def _forecast(jobs: tuple[Job, ...], data_folder: Path, task: TaskContext[Progress]) -> FirstForecast:
    """Add up what the first passes of several jobs will do."""
    seen = last = files = size_bytes = strangers = 0
    problems: list[Problem] = []
    reason = NO_REASON

    def tell(progress: Progress) -> None:
        nonlocal last
        last = progress.files_done
        task.tell(progress._replace(files_done=seen + last))

    for job in jobs:
        found = preview_plan(job, data_folder, task.should_stop, tell)
        seen, last = seen + last, 0
        reason = found.reason or reason
        copies = [
            action
            for action in found.actions
            if action.op in {Op.CREATE, Op.REPLACE} and action.kind is not EntryKind.FOLDER
        ]
        files += len(copies)
        size_bytes += sum(action.size_bytes for action in copies)
        problems += found.problems
        if found.held is not None and found.held.code is HeldCode.STRANGERS:
            strangers += found.held.counts.total
    return FirstForecast(
        files,
        size_bytes,
        expected_s(files, size_bytes),
        problems=tuple(problems),
        strangers=strangers,
        is_done=True,
        reason=reason,
    )
