"""What the lists of the window share: rows given to the view in pages, and one look for all tables."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from backup_gui.ui.style.theme import GRID_PX

PAGE_ROWS = 500
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex


class RowsModel(QAbstractTableModel):
    """A table whose rows cost nothing until they are looked at.

    Subclasses say what is in a cell (``data``), and how many rows there are with ``show_first_page``.
    """

    # Columns with figures, which are aligned at their last digit.
    figure_columns: frozenset[int] = frozenset()

    def __init__(self, headings: tuple[str, ...]) -> None:
        """Begin empty.

        Args:
            headings: What is written over the columns.
        """
        super().__init__()
        self._headings = headings
        self._total = self._shown = 0

    def show_first_page(self, total: int) -> None:
        """Begin anew; to be called between ``beginResetModel`` and ``endResetModel``.

        Args:
            total: How many rows there are from now on.
        """
        self._total = total
        self._shown = min(total, PAGE_ROWS)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """How many rows the view knows by now."""
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """As many as there are headings."""
        return 0 if parent.isValid() else len(self._headings)

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether there are more rows."""
        return not parent.isValid() and self._shown < self._total

    def fetchMore(self, parent: Index) -> None:  # noqa: ARG002, N802 - Qt's signature
        """Give the view the next page."""
        last = min(self._total, self._shown + PAGE_ROWS) - 1
        self.beginInsertRows(QModelIndex(), self._shown, last)
        self._shown = last + 1
        self.endInsertRows()

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in self.figure_columns:
            return RIGHT
        return self._headings[section] if role == Qt.ItemDataRole.DisplayRole else None


def make_table(name: str) -> QTableView:
    """Make a table in the look of all tables of the window.

    Args:
        name: What screen readers call it.
    """
    table = QTableView()
    table.setAccessibleName(name)
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
    return table
