"""Bases of the models of tables and trees: headings, and rows that the view gets in pages."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

PAGE_ROWS = 500
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex


class Headings:
    """The columns of a model, each with a heading; precedes Qt's own model among the base classes.

    Headings of columns with figures are right-aligned like them.
    """

    headings: tuple[str, ...]
    figure_columns: frozenset[int] = frozenset()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002 - Qt's signature
        """The number of headings."""
        return len(self.headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Headings of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        is_figure = role == Qt.ItemDataRole.TextAlignmentRole and section in self.figure_columns
        return RIGHT if is_figure else None


class RowsModel(Headings, QAbstractTableModel):
    """A table whose rows cost nothing until the user scrolls to them.

    Subclasses implement ``data``, and set the number of rows with ``show_first_page``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._total = self._shown = 0

    def show_first_page(self, total: int) -> None:
        """Show the first of so many rows; call this between ``beginResetModel`` and ``endResetModel``."""
        self._total = total
        self._shown = min(total, PAGE_ROWS)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """How many rows the view has so far."""
        return 0 if parent.isValid() else self._shown

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are more rows."""
        return not parent.isValid() and self._shown < self._total

    def fetchMore(self, parent: Index) -> None:  # noqa: ARG002 - Qt's signature
        """Give the view the next page."""
        last = min(self._total, self._shown + PAGE_ROWS) - 1
        self.beginInsertRows(QModelIndex(), self._shown, last)
        self._shown = last + 1
        self.endInsertRows()
