"""Answers the requests of the first run: folders, drives, sizes, the check of a choice and a forecast."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from backup_gui.desktop.storage import Drive, drives, usual_folders
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Job
from backup_gui.model.plans import HeldCode, Op, Problem, Progress
from backup_gui.model.reasons import NO_REASON, Reason
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.folder_sizes import FolderSize, count_folder
from backup_gui.services.preview import expected_s, preview_plan
from backup_gui.services.suggestions import Proposal, propose
from backup_gui.ui.text.format import path_text
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.text.reasons import reason_text, said
from backup_gui.ui.values.first_run import FirstChoice, FirstForecast, FirstStart, FirstVerdict, FolderCount, PlaceOffer

if TYPE_CHECKING:
    from backup_gui.config.settings import Settings
    from backup_gui.threads.tasks import TaskContext
    from backup_gui.ui.first_run.steps import FirstRun

_MOST_PROBLEMS = 3


@dataclasses.dataclass(slots=True)
class _Sum:
    """The sum of what the first passes of several jobs will do."""

    files: int = 0
    bytes: int = 0
    problems: list[Problem] = dataclasses.field(default_factory=list)
    problem_count: int = 0
    strangers: int = 0
    reason: Reason = NO_REASON


class FirstRunPresenter(Presenter):
    """Serves the three steps of the first run, in the window and in dialogs.

    Args:
        settings: Returns the current settings of the app.
        adopt: Starts the new jobs.
    """

    def __init__(
        self,
        context: Context,
        *,
        settings: Callable[[], Settings],
        adopt: Callable[[FirstStart], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(context, parent)
        self._settings = settings
        self._adopt = adopt
        self._runs = 0
        # A connection to a method does not keep its object alive.
        self._presenters: dict[str, _StepsPresenter] = {}
        context.window.first_run_opened.connect(self._on_opened)
        self._on_opened(context.window.welcome)

    @Slot(object)
    def _on_opened(self, steps: FirstRun) -> None:
        self._runs += 1
        key = f"first {self._runs}"
        presenter = self._presenters[key] = _StepsPresenter(steps, key, self._context)
        steps.offers_requested.connect(partial(self._on_offers_requested, steps))
        steps.offers_requested.connect(presenter.offer)
        steps.folders.count_requested.connect(presenter.count)
        steps.check_requested.connect(presenter.check)
        steps.forecast_requested.connect(presenter.forecast)
        steps.start.plan_requested.connect(self._window.preview)
        steps.start_requested.connect(self._adopt)
        steps.start_requested.connect(presenter.stop)
        # Results must not reach a widget that is gone.
        steps.destroyed.connect(partial(self._on_destroyed, key))

    def _on_destroyed(self, key: str, *_: object) -> None:
        self._presenters.pop(key).stop()

    def _on_offers_requested(self, steps: FirstRun) -> None:
        steps.show_login(self._settings().start_at_login)


class _StepsPresenter:
    """Answers one first run."""

    def __init__(self, steps: FirstRun, key: str, context: Context) -> None:
        self._steps = steps
        self._key = key
        self._controller, self._tasks, self._data_folder = context.controller, context.tasks, context.data_folder
        self._keys: set[str] = set()

    def offer(self) -> None:
        """Find folders and drives to offer."""
        protected = tuple(job.source for job in self._controller.jobs)
        steps = self._steps
        self._tasks.start(self._key_of("folders"), lambda _: usual_folders(protected), steps.show_folders)
        self._tasks.start(
            self._key_of("places"), lambda _: drives(), lambda found: steps.show_places(tuple(map(_offer, found)))
        )

    def count(self, path: str) -> None:
        """Count the files and bytes of a folder."""
        self._tasks.start(
            self._key_of(f"count {path}"),
            lambda task: _count(path, task),
            lambda tally: self._show_tally(path, tally),
            on_progress=self._steps.show_count,
        )

    def check(self, choice: FirstChoice) -> None:
        """Check whether a choice is possible."""
        jobs, data_folder = self._controller.jobs, self._data_folder
        self._tasks.start(
            self._key_of("check"),
            lambda _: propose(
                choice.sources,
                choice.place,
                jobs,
                data_folder,
                is_whole_place=choice.is_whole_place,
                keeps_history=choice.keeps_history,
            ),
            lambda proposal: self._show_proposal(choice.serial, proposal),
            on_silent=partial(self._show_silence, choice.serial),
        )

    def forecast(self, jobs: tuple[Job, ...]) -> None:
        """Find out what the first passes will do."""
        data_folder = self._data_folder
        self._tasks.start(
            self._key_of("forecast"),
            lambda task: _preview_all(jobs, data_folder, task),
            self._show_sum,
            on_progress=self._show_looking,
        )

    def stop(self, *_: object) -> None:
        """Cancel all tasks of this first run."""
        for key in self._keys:
            self._tasks.cancel(key)

    def _key_of(self, name: str) -> str:
        key = f"{self._key} {name}"
        self._keys.add(key)
        return key

    def _show_tally(self, path: str, tally: FolderSize | None) -> None:
        if tally is not None:
            self._steps.show_count(FolderCount(path, tally.files, tally.bytes, is_done=True))
        else:
            self._steps.show_count(FolderCount(path, is_done=True, is_readable=False))

    def _show_proposal(self, serial: int, proposal: Proposal) -> None:
        self._steps.show_verdict(
            FirstVerdict(
                serial,
                proposal.jobs,
                fault=said(proposal.fault) if proposal.fault else "",
                note=said(proposal.note) if proposal.note else "",
                is_place_empty=proposal.is_place_empty,
            )
        )

    def _show_silence(self, serial: int, silent_s: int) -> None:
        if silent_s:
            self._steps.show_verdict(FirstVerdict(serial, fault=silence_text(silent_s)))

    def _show_looking(self, progress: Progress) -> None:
        self._steps.start.show_forecast(FirstForecast(files=progress.files_done))

    def _show_sum(self, found: _Sum) -> None:
        self._steps.start.show_forecast(
            FirstForecast(
                found.files,
                found.bytes,
                expected_s(found.files, found.bytes),
                problems=tuple((path_text(problem.path), reason_text(problem)) for problem in found.problems),
                problem_count=found.problem_count,
                strangers=found.strangers,
                is_done=True,
                reason=found.reason,
            )
        )


def _offer(place: Drive) -> PlaceOffer:
    return PlaceOffer(place.root, place.name, place.total_bytes, place.free_bytes, is_own=place.is_own)


def _count(path: str, task: TaskContext[FolderCount]) -> FolderSize | None:
    def tell(so_far: FolderSize) -> None:
        task.tell(FolderCount(path, so_far.files, so_far.bytes))

    return count_folder(path, task.should_stop, tell)


def _preview_all(jobs: tuple[Job, ...], data_folder: Path, task: TaskContext[Progress]) -> _Sum:
    total = _Sum()
    seen = 0
    last = 0

    def tell(progress: Progress) -> None:
        nonlocal last
        last = progress.files_done
        task.tell(progress._replace(files_done=seen + last))

    for job in jobs:
        found = preview_plan(job, data_folder, task.should_stop, tell)
        seen, last = seen + last, 0
        if found.reason:
            total.reason = found.reason
        copies = [
            action
            for action in found.actions
            if action.op in {Op.CREATE, Op.REPLACE} and action.kind is not EntryKind.FOLDER
        ]
        total.files += len(copies)
        total.bytes += sum(action.size_bytes for action in copies)
        total.problem_count += len(found.problems)
        total.problems.extend(found.problems[: _MOST_PROBLEMS - len(total.problems)])
        if found.held is not None and found.held.code is HeldCode.STRANGERS:
            total.strangers += found.held.counts.total
    return total
