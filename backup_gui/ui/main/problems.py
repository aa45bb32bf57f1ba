"""The Problems page: which files could not be backed up, why, and what to do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QWidget,
)

from backup_gui.model.plans import ProblemCode
from backup_gui.model.problems import MAY_BE_LEFT_OUT
from backup_gui.ui.style.theme import GRID_PX, PAGE_MARGINS_PX
from backup_gui.ui.text.format import isolated, path_in_words, path_text, tip_text
from backup_gui.ui.text.reasons import advice_text, said
from backup_gui.ui.widgets.empty_state import EmptyState
from backup_gui.ui.widgets.labels import MutedLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.paged_table import Index, RowsModel

if TYPE_CHECKING:
    from backup_gui.model.plans import Problem
    from backup_gui.ui.style.icons import Icons


class ProblemsModel(RowsModel):
    """The problems of one job.

    The view gets rows in pages, so 100,000 of them cost nothing until the user scrolls to them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.headings = (self.tr("File or folder"), self.tr("Reason"))
        self._problems: tuple[Problem, ...] = ()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        problem = self._problems[index.row()]
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return advice_text(problem)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"{path_in_words(problem.path)}\n{said(problem.reason)}.\n{advice_text(problem)}")
        if role == Qt.ItemDataRole.DisplayRole:
            return isolated(path_text(problem.path) if index.column() == 0 else said(problem.reason))
        return None

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show these problems in place of the previous ones."""
        if problems == self._problems:
            return
        self.beginResetModel()
        self._problems = problems
        self.show_first_page(len(problems))
        self.endResetModel()

    def problem(self, index: Index) -> Problem | None:
        """The problem at an index; None without one."""
        return self._problems[index.row()] if index.isValid() else None


class ProblemsPage(QStackedWidget):
    """The table of problems, with buttons for what can be done about them."""

    retry_requested = Signal()
    exclusion_requested = Signal(object)
    forget_drive_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.model = ProblemsModel()
        self._shown: tuple[Problem, ...] | None = None
        self._table = self._build_table()

        self._advice = MutedLabel()
        self._advice.setMinimumHeight(3 * self.fontMetrics().height())
        self._advice.setAlignment(Qt.AlignmentFlag.AlignTop)
        foot = self._build_foot()
        listing = QWidget()
        Column((self._table, 1), self._advice, foot, on=listing, margins=PAGE_MARGINS_PX, spacing=GRID_PX)

        hint = self.tr("If a file cannot be backed up, it is listed here by name, with the reason and what to do.")
        self.addWidget(EmptyState(icons, "check", self.tr("No problems"), hint))
        self.addWidget(listing)
        selection = self._table.selectionModel()
        selection.currentRowChanged.connect(self._on_row_changed)
        self.model.modelReset.connect(self._on_row_changed)
        self._on_row_changed()

    def _build_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(self.tr("What could not be backed up"))
        table.setModel(self.model)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows = table.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(table.fontMetrics().height() + GRID_PX + 2)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        return table

    def _build_foot(self) -> Row:
        self._retry = push_button(self.tr("T&ry again"), self.retry_requested)
        self._exclude = push_button(
            self.tr("Leave this &out from now on"), partial(self._request, self.exclusion_requested)
        )
        self._exclude.setToolTip(self.tr("Adds it to what this backup leaves out"))

        self._forget = push_button(
            self.tr("This drive will not &come back…"), partial(self._request, self.forget_drive_requested)
        )
        self._forget.setToolTip(self.tr("What the backup has of this drive then counts as deleted"))

        return Row(0, self._forget, self._exclude, self._retry)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show the problems of a job."""
        if problems is self._shown:
            return
        self._shown = problems
        before = self._table.currentIndex().row()
        place = self._table.verticalScrollBar().value()
        self.model.show_problems(problems)
        if problems and not self._table.currentIndex().isValid():
            # In a layout from right to left, selectRow() does nothing while the table has no width.
            row = min(max(before, 0), self.model.rowCount() - 1)
            self._table.setCurrentIndex(self.model.index(row, 0))
        self._table.verticalScrollBar().setValue(place)
        self.setCurrentIndex(int(bool(problems)))

    @Slot()
    def _on_row_changed(self) -> None:
        problem = self.model.problem(self._table.currentIndex())
        self._exclude.setVisible(problem is not None and problem.code in MAY_BE_LEFT_OUT)
        self._forget.setVisible(problem is not None and problem.code is ProblemCode.DRIVE_AWAY)
        if problem is None:
            self._advice.clear()
        else:
            self._advice.setText(f"{path_in_words(problem.path)}\n{said(problem.reason)}. {advice_text(problem)}")

    def _request(self, signal: SignalInstance, *_checked: bool) -> None:
        problem = self.model.problem(self._table.currentIndex())
        if problem is not None:
            signal.emit(problem.path)
