"""Keeps what the window shows of each job: status, progress, pace, free space, and what other presenters add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.desktop.periodic import periodic
from backup_gui.engine.destination.history_place import history_of
from backup_gui.model.reasons import ReasonCode
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.job_check import room, room_for_new
from backup_gui.ui.values.job import FreeSpace, JobView
from backup_gui.ui.values.pace import Pace, PaceMeter

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.model.status import Status
    from backup_gui.threads.controller import JobNews

_ROOM_EVERY_MS = 60_000
_DESTINATION_AWAY = frozenset(
    {
        ReasonCode.DESTINATION_AWAY,
        ReasonCode.DESTINATION_DRIVE_AWAY,
        ReasonCode.DESTINATION_DRIVE_GONE,
        ReasonCode.DESTINATION_REPLACED,
    }
)


class JobViewsPresenter(Presenter):
    """Shows all jobs in the window.

    Args:
        complete: Adds to a view what the job itself does not tell.
    """

    news_shown = Signal(object)
    view_changed = Signal()

    def __init__(self, context: Context, complete: Callable[[JobView], JobView], parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._complete = complete
        self._rooms: dict[str, FreeSpace | None] = {}
        self._meters: dict[str, PaceMeter] = {}
        self._views: dict[str, JobView] = {}
        self._room_timer = periodic(self, _ROOM_EVERY_MS, self.look_for_room)

    def start(self) -> None:
        """Measure the free space of all drives, now and every minute."""
        self._room_timer.start()
        self.look_for_room()

    def stop(self) -> None:
        """Stop measuring."""
        self._room_timer.stop()

    @property
    def shown(self) -> tuple[JobView, ...]:
        """The views of all shown jobs, in the order of the jobs."""
        return tuple(self._views[job.id] for job in self._controller.jobs if job.id in self._views)

    def view(self, job_id: str) -> JobView | None:
        """The view of a job; None if there is none."""
        return self._views.get(job_id)

    def forget(self, job_id: str) -> None:
        """Remove a job's view."""
        for known in (self._views, self._rooms, self._meters):
            known.pop(job_id, None)

    @Slot(object)
    def take(self, news: JobNews) -> None:
        """Show news of a job; then emit ``news_shown``."""
        job = self._controller.job(news.job_id)
        if job is None:
            return
        view = JobView(
            job=job,
            status=news.status,
            progress=news.progress,
            pace=self._pace(news),
            room=_room_in(news.status, self._rooms.get(job.id)),
        )
        view = self._complete(view)
        self._views[job.id] = view
        self._window.put_job(view)
        self.news_shown.emit(view)

    @Slot(object)
    def renew(self, job_id: str) -> None:
        """Update a view if what other presenters add to it has changed; then emit ``view_changed``."""
        view = self._views.get(job_id)
        if view is not None and (shown := self._complete(view)) != view:
            self._views[job_id] = shown
            self._window.put_job(shown)
            self.view_changed.emit()

    @Slot()
    def look_for_room(self) -> None:
        """Measure the free space of all drives."""
        for job in self._controller.jobs:
            on_done = partial(self._on_room, job.id)
            view = self._views.get(job.id)
            # The folder of a backup that was never complete may still have to be made.
            is_new = view is None or view.status.last_complete_at is None
            find = room_for_new if is_new else room
            self._tasks.start(f"room {job.id}", partial(_room, job, find), on_done, waits=True)

    def _on_room(self, job_id: str, found: FreeSpace | None) -> None:
        view = self._views.get(job_id)
        if view is None:
            return
        self._rooms[job_id] = found
        if view.room != (shown := _room_in(view.status, found)):
            self._views[job_id] = replace(view, room=shown)
            self._window.put_job(self._views[job_id])

    def _pace(self, news: JobNews) -> Pace:
        if news.progress is None:
            self._meters.pop(news.job_id, None)
            return Pace()
        return self._meters.setdefault(news.job_id, PaceMeter()).add(news.progress)


def _room_in(status: Status, found: FreeSpace | None) -> FreeSpace | None:
    """Return what was measured, unless that is of another drive in the place of the backup's."""
    return None if status.reason.code in _DESTINATION_AWAY else found


def _room(job: Job, find: Callable[[str], tuple[int, int] | None], _: object) -> FreeSpace | None:
    found = find(job.destination.path)
    return None if found is None else FreeSpace(*found, history=str(history_of(job) or ""))
