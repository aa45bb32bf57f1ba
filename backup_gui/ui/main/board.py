"""The window's content once there are jobs: banner, list of jobs, and the pages of the selected job."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QSplitter,
    QTabWidget,
    QWidget,
)

from backup_gui.ui.activity.model import ActivityModel
from backup_gui.ui.activity.page import ActivityPage
from backup_gui.ui.history.page import HistoryPage
from backup_gui.ui.main.banner import Banner
from backup_gui.ui.main.job_list import CardDelegate, JobsModel
from backup_gui.ui.main.log import LogView
from backup_gui.ui.main.overview import Overview, add_pause_actions
from backup_gui.ui.main.problems import ProblemsPage
from backup_gui.ui.settings.page import JobSettings
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.text.format import Now
from backup_gui.ui.text.headline import Remedy, most_urgent, summary
from backup_gui.ui.values.history import subject_of
from backup_gui.ui.values.job import JobView, PassQuery, PauseWish
from backup_gui.ui.widgets.labels import push_button
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.model.passes import PastPass
    from backup_gui.model.plans import Report
    from backup_gui.ui.style.icons import Icons

_LIST_WIDTH_PX = 32 * GRID_PX


class Page(Enum):
    """The pages of a job, in their order."""

    OVERVIEW = 0
    ACTIVITY = 1
    PROBLEMS = 2
    HISTORY = 3
    SETTINGS = 4
    LOG = 5


class Board(QWidget):
    """Shows all jobs, and the pages of the selected one."""

    back_up_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    review_requested = Signal(object)
    explanation_requested = Signal(object)
    job_requested = Signal()
    edit_requested = Signal()
    selection_changed = Signal()
    new_drive_requested = Signal(object)
    passes_wanted = Signal(object)
    files_wanted = Signal(object)

    def __init__(self, icons: Icons, now: Now) -> None:
        super().__init__()
        self._icons = icons
        self._now = now
        self._activity_models: dict[str, ActivityModel] = {}
        # The job that the banner speaks of.
        self._banner_id = ""
        self.jobs = JobsModel(now)
        self.banner = Banner(icons)
        self.banner.remedy_requested.connect(self._on_banner_clicked)
        self.overview = Overview(icons, now)
        self.activity = ActivityPage(icons)
        self.problems = ProblemsPage(icons)
        self.history = HistoryPage(icons, now)
        self.settings = JobSettings(icons)
        self.log = LogView()
        self._connect_pages()

        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for page, title in (
            (self.overview, self.tr("O&verview")),
            (self.activity, self.tr("&Activity")),
            (self.problems, self.tr("&Problems")),
            (self.history, self.tr("H&istory")),
            (self.settings, self.tr("Se&ttings")),
            (self.log, self.tr("&Log")),
        ):
            self.tabs.addTab(page, title)

        self._pause_menu = QMenu(self)
        add_pause_actions(self._pause_menu, now, self._on_pause_chosen)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        splitter.addWidget(self._build_list())
        splitter.addWidget(self.tabs)
        splitter.setStretchFactor(1, 1)
        list_px = scaled_px(self, _LIST_WIDTH_PX)
        splitter.setSizes([list_px, 4 * list_px])
        self.tabs.currentChanged.connect(self._show_selected)
        Column(self.banner, (splitter, 1), on=self, margins=0, spacing=0)

    def put_job(self, view: JobView) -> None:
        """Show a job's state; select the first job."""
        is_first = self.jobs.rowCount() == 0
        self.jobs.put(view)
        if is_first:
            self.select_job(view.job.id)
            return
        before = self._banner_id
        self._show_banner()
        if self._banner_id != before or view.job.id == self.selected_id:
            self._show_selected()

    def remove_job(self, job_id: str) -> None:
        """Remove a job."""
        self.jobs.remove(job_id)
        self._activity_models.pop(job_id, None)
        self._show_selected()

    def add_report(self, job_id: str, report: Report) -> None:
        """Add a pass of a job."""
        self.activity_model(job_id).add(report)
        if job_id == self.selected_id and report.counts.total:
            self.history.note_change()

    def put_passes(self, query: PassQuery, passes: Sequence[PastPass], *, is_last: bool) -> None:
        """Show requested earlier passes, after which there may be no others."""
        self.activity_model(query.job_id).put_page(query, passes, is_last=is_last)
        self.activity.refresh()

    def select_job(self, job_id: str) -> None:
        """Select a job."""
        row = self.jobs.row_of(job_id)
        if row >= 0:
            self.list.setCurrentIndex(self.jobs.index(row))
            self._show_selected()

    def show_page(self, page: Page) -> None:
        """Bring a page to the front."""
        self.tabs.setCurrentIndex(page.value)

    def age(self) -> None:
        """Update texts such as "2 minutes ago"."""
        self.jobs.age()
        self._show_selected()

    @property
    def selected(self) -> JobView | None:
        """The selected job."""
        return self.jobs.view(self.list.currentIndex().row())

    @property
    def selected_id(self) -> str:
        """Key of the selected job; empty without one."""
        view = self.selected
        return view.job.id if view is not None else ""

    def _build_list(self) -> QWidget:
        self.list = QListView()
        self.list.setModel(self.jobs)
        self.list.setItemDelegate(CardDelegate(self._icons, self._now, self.list))
        self.list.setAccessibleName(self.tr("Backups"))
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMouseTracking(True)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.viewport().setAutoFillBackground(False)
        self.list.selectionModel().currentChanged.connect(self._show_selected)
        self.list.activated.connect(self.edit_requested)
        self.new_button = push_button(self.tr("&New backup…"), self.job_requested)
        self.new_button.setMinimumHeight(4 * GRID_PX)
        foot = Row(self.new_button, margins=(GRID_PX, GRID_PX // 2, GRID_PX, GRID_PX))
        side = QWidget()
        # Set it on the list alone, so that a wider button below widens the column.
        self.list.setMinimumWidth(25 * GRID_PX)
        Column((self.list, 1), foot, on=side, margins=(0, GRID_PX // 2, 0, 0), spacing=0)
        return side

    def _connect_pages(self) -> None:
        back_up = partial(self._request, self.back_up_requested)
        self.overview.back_up_requested.connect(back_up)
        self.overview.pause_requested.connect(self._on_pause_chosen)
        self.overview.resume_requested.connect(partial(self._request, self.resume_requested))
        self.overview.remedy_requested.connect(self._on_remedy_requested)
        self.overview.restore_requested.connect(partial(self.show_page, Page.HISTORY))
        self.problems.retry_requested.connect(back_up)

    def activity_model(self, job_id: str) -> ActivityModel:
        """The passes of a job."""
        if job_id not in self._activity_models:
            model = self._activity_models[job_id] = ActivityModel(self._icons, self._now, job_id)
            model.passes_wanted.connect(self.passes_wanted)
            model.files_wanted.connect(self.files_wanted)
        return self._activity_models[job_id]

    @Slot()
    def _show_selected(self) -> None:
        view = self.selected
        if view is None:
            return
        self._show_banner()
        self.overview.show_view(view, has_banner=view.job.id == self._banner_id)
        self.problems.show_problems(view.status.problems)
        self.history.show_subject(subject_of(view.job))
        self.settings.show_job(view.job)
        model = self.activity_model(view.job.id)
        self.activity.show_model(model)
        if self.tabs.currentIndex() == Page.ACTIVITY.value:
            model.begin()
        count = len(view.status.problems)
        title = self.tr("&Problems ({count})").format(count=count) if count else self.tr("&Problems")
        if self.tabs.tabText(Page.PROBLEMS.value) != title:
            self.tabs.setTabText(Page.PROBLEMS.value, title)
        self.selection_changed.emit()

    def _show_banner(self) -> None:
        """Show the state of all jobs."""
        views = self.jobs.views
        urgent = most_urgent(views)
        self._banner_id = urgent.job.id
        self.banner.show_headline(urgent.shown_state, summary(views, self._now()))

    def _request(self, signal: SignalInstance, *_checked: bool) -> None:
        """Emit a request about the selected job."""
        signal.emit(self.selected_id)

    @Slot(object)
    def _on_pause_chosen(self, until: float | None) -> None:
        self.pause_requested.emit(PauseWish(self.selected_id, until))

    @Slot(object)
    def _on_banner_clicked(self, remedy: Remedy) -> None:
        views = self.jobs.views
        if len(views) > 1 and not summary(views, self._now()).has_name:
            # It speaks for all.
            self.back_up_requested.emit("")
            return
        self.select_job(self._banner_id)
        self._on_remedy_requested(remedy)

    @Slot(object)
    def _on_remedy_requested(self, remedy: Remedy) -> None:
        signals = {
            Remedy.RESUME: self.resume_requested,
            Remedy.REVIEW: self.review_requested,
            Remedy.USE_DRIVE: self.new_drive_requested,
            Remedy.EXPLAIN: self.explanation_requested,
        }
        if remedy is Remedy.PAUSE:
            button = self.banner.button
            self._pause_menu.popup(button.mapToGlobal(QPoint(0, button.height())))
        elif remedy is Remedy.SHOW_PROBLEMS:
            self.show_page(Page.PROBLEMS)
        elif remedy is Remedy.SHOW_HISTORY_SIZE:
            self.show_page(Page.SETTINGS)
            self.settings.show_history()
        else:
            self._request(signals.get(remedy, self.back_up_requested))
