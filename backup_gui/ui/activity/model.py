"""The passes of a job as a tree, newest first, with the files that each changed below it.

Passes of this run come as reports. The model requests earlier passes and all files when the view needs them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, Signal

from backup_gui.model.passes import PassKind, PastChange, PastPass
from backup_gui.model.plans import PassStatus, Report
from backup_gui.model.status import JobState
from backup_gui.ui.activity.pass_row import PassRow, file_data, pass_text, row_of
from backup_gui.ui.text.format import Now, clock_text, duration_text, exact_text, isolated, size_text, tip_text
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.job import FilesQuery, PassQuery
from backup_gui.ui.widgets.paged_table import RIGHT, Headings, Index

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_KEPT_ROWS = 10_000
_PAGE_ROWS = 200
# Numbers of rows grow towards the newest, so that a new row on top renumbers none.
_FIRST_NUMBER = 1 << 30

_STATES = {
    PassStatus.COMPLETE: JobState.OK,
    PassStatus.PROBLEMS: JobState.ATTENTION,
    PassStatus.HELD: JobState.HELD,
    PassStatus.CANCELLED: JobState.PAUSED,
    PassStatus.FAILED: JobState.FAILED,
}


class ActivityModel(Headings, QAbstractItemModel):
    """The passes of one job; the view gets rows in pages."""

    figure_columns = frozenset({2, 3})
    passes_wanted = Signal(object)
    files_wanted = Signal(object)

    def __init__(self, icons: Icons, now: Now, job_id: str = "") -> None:
        super().__init__()
        self.headings = (self.tr("When"), self.tr("What happened"), self.tr("Copied"), self.tr("Took"))
        self._icons = icons
        self._now = now
        self._job_id = job_id
        self._kind, self._search = PassKind.ALL, ""
        # Newest first. Both ends of a deque are cheap, and a row in sight is near its front.
        self._rows: deque[PassRow] = deque()
        self._live: deque[PassRow] = deque(maxlen=_KEPT_ROWS)
        self._shown = 0
        self._top = _FIRST_NUMBER
        self._files: dict[int, list[PastChange]] = {}
        # Passes whose files are all known, and those with a request under way.
        self._complete: set[int] = set()
        self._asked: set[int] = set()
        self._has_older = self._is_asking = False
        self._oldest_id: int | None = None

    # The tree

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        """The index of a pass, or of a file of one."""
        if not 0 <= column < 4 or not 0 <= row < self.rowCount(parent):
            return QModelIndex()
        return self.createIndex(row, column, self._top - parent.row() if parent.isValid() else 0)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # the other one is QObject's
        """The pass of a file."""
        number = index.internalId() if index.isValid() else 0
        return self.createIndex(self._top - number, 0, 0) if number else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """How many rows the view has so far."""
        if not parent.isValid():
            return self._shown
        if parent.internalId() or parent.column():
            return 0
        return len(self._files.get(self._rows[parent.row()].pass_id, ()))

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:
        """Whether a row can be opened."""
        if not parent.isValid():
            return self._shown > 0
        if parent.internalId() or parent.column():
            return False
        row = self._rows[parent.row()]
        return row.has_files and not (row.pass_id in self._complete and not self._files.get(row.pass_id))

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are older passes, or more files."""
        if not parent.isValid():
            return self._shown < len(self._rows) or (self._has_older and not self._is_asking)
        if parent.internalId():
            return False
        row = self._rows[parent.row()]
        return row.has_files and row.pass_id not in self._complete and row.pass_id not in self._asked

    def fetchMore(self, parent: Index) -> None:
        """Give the view the next page, or request it."""
        if parent.isValid():
            row = self._rows[parent.row()]
            self._asked.add(row.pass_id)
            self.files_wanted.emit(FilesQuery(self._job_id, row.pass_id, len(self._files.get(row.pass_id, ()))))
        elif self._shown < len(self._rows):
            last = min(len(self._rows), self._shown + _PAGE_ROWS) - 1
            self.beginInsertRows(QModelIndex(), self._shown, last)
            self._shown = last + 1
            self.endInsertRows()
        elif self._has_older:
            self._ask()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        if index.internalId():
            row = self._rows[self._top - index.internalId()]
            return file_data(self._files[row.pass_id][index.row()], index.column(), role)
        row = self._rows[index.row()]
        report = row.report
        ended_at = report.started_at + report.duration_s
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                clock_text(ended_at, self._now()),
                isolated(pass_text(row)),
                size_text(report.counts.bytes) if report.counts.bytes else "",
                duration_text(report.duration_s),
            )[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return self._icons.state(_STATES[report.status])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(pass_text(row)) if index.column() == 1 else exact_text(ended_at)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self.figure_columns:
            return RIGHT
        return None

    # What comes in

    def add(self, report: Report) -> None:
        """Add a pass on top; join it with the previous one if both found nothing to do."""
        report = report.without_notes
        report = report._replace(counts=report.files)
        row = PassRow(report, problems=len(report.problems))
        if row.is_quiet and self._live and self._live[0].is_quiet:
            row = replace(row, repeats=self._live.popleft().repeats + 1)
        self._live.appendleft(row)
        if not self._is_wanted(row):
            return
        if row.repeats > 1 and self._rows and self._rows[0].is_quiet:
            self._rows[0] = row
            self.dataChanged.emit(self.index(0, 0), self.index(0, 3))
            return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._rows.appendleft(row)
        self._top += 1
        self._shown += 1
        self.endInsertRows()
        if len(self._rows) > _KEPT_ROWS:
            self._drop_oldest()

    def name_passes(self, keys: dict[float, int]) -> None:
        """Note the database keys of passes, by their start time."""
        for rows in (self._live, self._rows):
            for number, row in enumerate(islice(rows, _PAGE_ROWS)):
                key = keys.get(row.report.started_at)
                if key is not None and key != row.pass_id:
                    rows[number] = replace(row, pass_id=key)
                    if rows is self._rows and number < self._shown:
                        self.dataChanged.emit(self.index(number, 0), self.index(number, 3))

    def begin(self) -> None:
        """Request the passes of earlier runs, unless requested before."""
        if not self._has_older and self._oldest_id is None and not self._is_asking:
            self._has_older = True
            self._ask()

    def set_filter(self, kind: PassKind, search: str) -> None:
        """Show only some passes from now on."""
        if (kind, search) == (self._kind, self._search):
            return
        self._kind, self._search = kind, search
        self.beginResetModel()
        self._rows = deque(row for row in self._live if self._is_wanted(row))
        self._shown = min(len(self._rows), _PAGE_ROWS)
        self._top = _FIRST_NUMBER
        self._files.clear()
        self._complete.clear()
        self._asked.clear()
        self._oldest_id = None
        self._has_older, self._is_asking = True, False
        self.endResetModel()
        self._ask()

    def put_page(self, query: PassQuery, passes: Sequence[PastPass], *, is_last: bool) -> None:
        """Add requested older passes, newest first; ignore those for a previous filter."""
        if query != self._query():
            return
        self._is_asking = False
        self._has_older = not is_last
        if passes:
            self._oldest_id = passes[-1].id
        self.name_passes({past.started_at: past.id for past in passes})
        here = {row.report.started_at for row in self._rows}
        rows = [row_of(past) for past in passes if past.started_at not in here]
        if not rows:
            return
        was_all_shown = self._shown == len(self._rows)
        if was_all_shown:
            self.beginInsertRows(QModelIndex(), self._shown, self._shown + len(rows) - 1)
        self._rows.extend(rows)
        if was_all_shown:
            self._shown = len(self._rows)
            self.endInsertRows()

    def put_files(self, query: FilesQuery, changes: Sequence[PastChange], *, is_last: bool) -> None:
        """Add the requested files of a pass, of which these may be the last."""
        key = query.pass_id
        self._asked.discard(key)
        known = self._files.get(key, [])
        row = next((number for number, row in enumerate(self._rows) if row.pass_id == key), -1)
        if row < 0 or query.offset != len(known):
            return
        if is_last:
            self._complete.add(key)
        if changes:
            parent = self.index(row, 0)
            self.beginInsertRows(parent, len(known), len(known) + len(changes) - 1)
            self._files[key] = [*known, *changes]
            self.endInsertRows()
        else:
            # Its files are no longer known, so the row can be neither opened nor undone.
            if not known:
                self._rows[row] = replace(self._rows[row], is_forgotten=True)
            self.dataChanged.emit(self.index(row, 0), self.index(row, 3))

    # Queries

    def row_at(self, index: Index) -> PassRow | None:
        """The pass at an index, also at one of its files."""
        if not index.isValid():
            return None
        number = index.internalId()
        return self._rows[self._top - number if number else index.row()]

    @property
    def is_filtered(self) -> bool:
        """Whether only some passes are shown."""
        return self._kind is not PassKind.ALL or bool(self._search)

    def _ask(self) -> None:
        self._is_asking = True
        self.passes_wanted.emit(self._query())

    def _query(self) -> PassQuery:
        return PassQuery(self._job_id, self._oldest_id, self._kind, self._search)

    def _is_wanted(self, row: PassRow) -> bool:
        counts = row.report.counts
        fits = {
            PassKind.ALL: True,
            PassKind.COPIED: counts.created + counts.replaced > 0,
            PassKind.DELETED: counts.deleted > 0,
            PassKind.MOVED: counts.moved > 0,
            PassKind.TROUBLE: row.report.status is not PassStatus.COMPLETE,
        }[self._kind]
        return fits and self._search.casefold() in said(row.report.reason).casefold()

    def _drop_oldest(self) -> None:
        last = len(self._rows) - 1
        self._has_older = False
        if self._shown > last:
            self.beginRemoveRows(QModelIndex(), last, last)
            self._rows.pop()
            self._shown -= 1
            self.endRemoveRows()
        else:
            self._rows.pop()
