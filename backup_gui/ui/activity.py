"""The Activity page: passes, newest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, Slot
from PySide6.QtWidgets import QHeaderView, QStackedLayout, QTreeView, QVBoxLayout, QWidget

from backup_gui.engine.model import JobState, PassStatus, Report
from backup_gui.ui.headline import held_text, problems_text
from backup_gui.ui.jobs import Index
from backup_gui.ui.labels import RowDelegate
from backup_gui.ui.rows import RIGHT, RowsModel
from backup_gui.ui.theme import GRID_PX
from backup_gui.ui.vacancy import Vacancy
from backup_gui.ui.wording import clock_text, counted, duration_text, exact_text, size_text

if TYPE_CHECKING:
    from backup_gui.ui.icons import Icons

_KEPT_ROWS = 10_000

_STATES = {
    PassStatus.COMPLETE: JobState.OK,
    PassStatus.PROBLEMS: JobState.ATTENTION,
    PassStatus.HELD: JobState.HELD,
    PassStatus.CANCELLED: JobState.PAUSED,
    PassStatus.FAILED: JobState.FAILED,
}


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass, or several one after the other that found nothing to do.

    Attributes:
        report: The latest of them.
        repeats: How many there were.
    """

    report: Report
    repeats: int = 1

    @property
    def is_quiet(self) -> bool:
        """Whether there was nothing to do."""
        return self.report.status is PassStatus.COMPLETE and self.report.counts.total == 0


class ActivityModel(RowsModel):
    """The passes of one job; rows are given to the view in pages."""

    figure_columns = frozenset({2, 3})

    def __init__(self, icons: Icons, now: Callable[[], float]) -> None:
        """Begin empty.

        Args:
            icons: For the state of each pass.
            now: The clock, seconds since 1970.
        """
        super().__init__()
        self._icons = icons
        self._now = now
        # Newest first. Both ends of a deque are cheap, and a row in sight is near its front.
        self._rows: deque[PassRow] = deque()

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def headings(self) -> tuple[str, ...]:
        """When, what, how much, how long."""
        return self.tr("When"), self.tr("What happened"), self.tr("Copied"), self.tr("Took")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        report = row.report
        ended_at = report.started_at + report.duration_s
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                clock_text(ended_at, self._now()),
                pass_text(row),
                size_text(report.counts.bytes) if report.counts.bytes else "",
                duration_text(report.duration_s),
            )[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return self._icons.state(_STATES[report.status])
        if role == Qt.ItemDataRole.ToolTipRole:
            return pass_text(row) if index.column() == 1 else exact_text(ended_at)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self.figure_columns:
            return RIGHT
        return None

    def add(self, report: Report) -> None:
        """Put a pass on top; one that found nothing to do joins those before it."""
        row = PassRow(report)
        if row.is_quiet and self._rows and self._rows[0].is_quiet:
            self._rows[0] = PassRow(report, self._rows[0].repeats + 1)
            self.dataChanged.emit(self.index(0, 0), self.index(0, 3))
            return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._rows.appendleft(row)
        self._shown += 1
        self.endInsertRows()
        if len(self._rows) > _KEPT_ROWS:
            self._drop_oldest()

    def rows(self, count: int) -> tuple[PassRow, ...]:
        """The newest rows."""
        return tuple(islice(self._rows, count))

    def _drop_oldest(self) -> None:
        last = len(self._rows) - 1
        if self._shown > last:
            self.beginRemoveRows(QModelIndex(), last, last)
            self._rows.pop()
            self._shown -= 1
            self.endRemoveRows()
        else:
            self._rows.pop()


class ActivityPage(QWidget):
    """The list of passes, or a friendly word while there are none."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Build the page without a model."""
        super().__init__(parent)
        self._model: ActivityModel | None = None
        self._list = QTreeView()
        self._list.setRootIsDecorated(False)
        self._list.setUniformRowHeights(True)
        self._list.setAlternatingRowColors(True)
        self._list.setAllColumnsShowFocus(True)
        self._list.setItemDelegate(RowDelegate(self._list))
        self._list.setAccessibleName(self.tr("What was done, newest first"))
        self._vacancy = Vacancy(
            icons,
            "activity",
            self.tr("Nothing has been done yet"),
            self.tr("Each time your files are checked or copied, it is noted here."),
        )
        self._listing = QWidget()
        column = QVBoxLayout(self._listing)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.addWidget(self._list)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._vacancy)
        self._stack.addWidget(self._listing)

    def show_model(self, model: ActivityModel) -> None:
        """Show the passes of a job."""
        if model is self._model:
            return
        if self._model is not None:
            self._model.rowsInserted.disconnect(self._on_rows_changed)
        self._model = model
        model.rowsInserted.connect(self._on_rows_changed)
        self._list.setModel(model)
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for section, width in ((0, 17), (2, 11), (3, 10)):
            header.resizeSection(section, width * GRID_PX)
        self._on_rows_changed()

    @Slot()
    def _on_rows_changed(self) -> None:
        has_rows = self._model is not None and (self._model.rowCount() > 0 or self._model.canFetchMore(QModelIndex()))
        self._stack.setCurrentWidget(self._listing if has_rows else self._vacancy)


def pass_text(row: PassRow) -> str:
    """What a pass did, in one sentence."""
    report = row.report
    if report.status is PassStatus.FAILED:
        return report.reason or _tr("The backup could not be made.")
    done = _done_text(report)
    if report.status is PassStatus.HELD and report.held is not None:
        return " ".join(part for part in (done, held_text(report.held)) if part)
    if report.status is PassStatus.CANCELLED:
        return " ".join(part for part in (_tr("Stopped before the end."), done) if part)
    if report.problems:
        return " ".join(part for part in (done, problems_text(len(report.problems))) if part)
    if row.repeats > 1:
        return counted(
            "Checked %Ln times, nothing had changed.",
            "Checked, nothing had changed.",
            row.repeats,
        )
    return done or _tr("Checked, nothing had changed.")


def _done_text(report: Report) -> str:
    counts = report.counts
    parts = []
    if counts.created:
        parts.append(counted("%Ln new", "%Ln new", counts.created))
    if counts.replaced:
        parts.append(counted("%Ln updated", "%Ln updated", counts.replaced))
    if counts.moved:
        parts.append(counted("%Ln moved", "%Ln moved", counts.moved))
    if counts.deleted:
        parts.append(counted("%Ln deleted", "%Ln deleted", counts.deleted))
    if counts.metadata and not parts:
        parts.append(counted("details of %Ln files brought up to date", "details of %Ln file updated", counts.metadata))
    if not parts:
        return ""
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _tr(text: str) -> str:
    return QCoreApplication.translate("Activity", text)
