"""Reads days, earlier passes and sizes for the Overview and Activity pages from databases and drives.

Reads in the background, and only what the window shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Slot

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.state.pass_log import PAGE_ROWS, PassLogReader
from backup_gui.engine.state.rows import catalog_file
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.folder_sizes import count_sizes
from backup_gui.ui.values.job import BackupSizes, FilesQuery, PassQuery

if TYPE_CHECKING:
    from backup_gui.model.passes import DayTotal
    from backup_gui.model.plans import Report

COUNT_EVERY_S = 3_600.0
# A pass that copies more than this share of what was counted makes the count untrue, as the first backup does.
_TRUE_SHARE = 0.1
_DAYS_BACK_S = 31 * 86_400.0
_T = TypeVar("_T")


class OverviewPresenter(Presenter):
    """Answers the requests of the Overview and Activity pages."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._sizes: dict[str, BackupSizes] = {}
        self._days: dict[str, tuple[DayTotal, ...]] = {}
        # When they were last read.
        self._read_at: dict[str, float] = {}
        board = context.window.board
        board.selection_changed.connect(self._on_selection_changed)
        board.overview.room.count_requested.connect(lambda: self._count(board.selected_id))
        board.passes_wanted.connect(self._on_passes_wanted)
        board.files_wanted.connect(self._on_files_wanted)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
        for known in (self._sizes, self._days, self._read_at):
            known.pop(job_id, None)

    def note_report(self, job_id: str, report: Report) -> None:
        """Update the chart after a pass, and read the key of the pass from the database."""
        if report.counts.total or report.without_notes.problems or report.held is not None:
            model = self._window.board.activity_model(job_id)
            self._read(f"keys {job_id}", job_id, lambda log: log.keys(report.started_at), model.name_passes)
            self._read_days(job_id)
        sizes = self._sizes.get(job_id)
        if sizes is not None and report.counts.bytes > _TRUE_SHARE * (sizes.mirror_bytes + sizes.history_bytes):
            self._put(job_id, replace(sizes, counted_at=None))

    def _count(self, job_id: str) -> None:
        """Measure how much space a backup takes."""
        job = self._controller.job(job_id)
        before = self._sizes.get(job_id, BackupSizes())
        if job is None or before.is_counting:
            return
        self._put(job_id, replace(before, is_counting=True))
        self._tasks.start(
            f"sizes {job_id}",
            lambda task: count_sizes(job.destination, history_of(job), task.should_stop),
            lambda sizes: self._on_counted(job_id, sizes),
            waits=True,
        )

    @Slot()
    def _on_selection_changed(self) -> None:
        # Called on every update of the window, so this must be cheap.
        view = self._window.board.selected
        if view is not None:
            self._show(view.job.id)
        if view is None or not self._window.isVisible():
            return
        job_id, now = view.job.id, self._now()
        if now - self._read_at.get(job_id, 0.0) >= COUNT_EVERY_S:
            self._read_days(job_id)
        counted_at = self._sizes.get(job_id, BackupSizes()).counted_at
        # Counting would slow down a pass that writes to the same drive.
        if view.room is not None and view.progress is None and now - (counted_at or 0.0) >= COUNT_EVERY_S:
            self._count(job_id)

    def _read_days(self, job_id: str) -> None:
        now = self._read_at[job_id] = self._now()
        on_read = partial(self.put_days, job_id)
        self._read(f"days {job_id}", job_id, lambda log: log.days(now - _DAYS_BACK_S), on_read)

    def put_days(self, job_id: str, days: tuple[DayTotal, ...]) -> None:
        """Show what each day's passes copied."""
        self._days[job_id] = days
        self._show(job_id)

    def _show(self, job_id: str) -> None:
        page = self._window.board.overview
        if job_id == self._window.board.selected_id:
            page.show_days(self._days.get(job_id, ()))
            page.show_sizes(self._sizes.get(job_id))

    @Slot(object)
    def _on_passes_wanted(self, query: PassQuery) -> None:
        self._read(
            f"passes {query.job_id}",
            query.job_id,
            lambda log: log.page(before=query.before, kind=query.kind, search=query.search),
            lambda passes: self._window.board.put_passes(query, passes, is_last=len(passes) < PAGE_ROWS),
        )

    @Slot(object)
    def _on_files_wanted(self, query: FilesQuery) -> None:
        model = self._window.board.activity_model(query.job_id)
        self._read(
            f"files {query.job_id} {query.pass_id}",
            query.job_id,
            lambda log: log.changes(query.pass_id, offset=query.offset),
            lambda changes: model.put_files(query, changes, is_last=len(changes) < PAGE_ROWS),
        )

    def _read(self, key: str, job_id: str, read: Callable[[PassLogReader], _T], show: Callable[[_T], None]) -> None:
        """Read from a job's database, and show the result unless the job was removed meanwhile."""
        log_reader = PassLogReader(catalog_file(self._data_folder, job_id))

        def on_done(found: _T) -> None:
            if self._is_known(job_id):
                show(found)

        self._tasks.start(key, lambda _: read(log_reader), on_done, waits=True)

    def _on_counted(self, job_id: str, sizes: tuple[int, int] | None) -> None:
        if not self._is_known(job_id):
            return
        if sizes is not None:
            self._put(job_id, BackupSizes(*sizes, counted_at=self._now()))
        else:
            before = self._sizes.get(job_id, BackupSizes())
            self._put(job_id, replace(before, is_counting=False))

    def _put(self, job_id: str, sizes: BackupSizes) -> None:
        self._sizes[job_id] = sizes
        self._show(job_id)

    def _is_known(self, job_id: str) -> bool:
        """Whether the job still exists; an answer may come after its removal."""
        return self._controller.job(job_id) is not None
