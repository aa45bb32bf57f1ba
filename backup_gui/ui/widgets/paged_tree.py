"""Base of all trees: a common look, and folders that fetch their rows in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Slot
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QTreeView

from backup_gui.ui.style.legibility import LEAST_SCALE
from backup_gui.ui.style.theme import ORDINARY_TEXT_PX, figure
from backup_gui.ui.widgets.labels import RowDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QRect

    from backup_gui.ui.widgets.paged_table import Index

# For ordinary text size, pointing to the end of the line.
_MARK = QPolygonF([QPointF(-2, -4), QPointF(2, 0), QPointF(-2, 4)])


class PagedTree(QTreeView):
    """A tree that fetches the next page of an opened folder when its end comes into view.

    Qt's own view does this only for the top level.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setItemDelegate(RowDelegate(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        # Wide enough for the marks, which grow with the text.
        self.setIndentation(max(self.indentation(), self.fontMetrics().height()))
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().rangeChanged.connect(self._on_scrolled)

    def has_more(self, parent: Index) -> bool:
        """Whether a folder has more rows than the view has."""
        return self.model().canFetchMore(parent)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """Draw the expand mark in proportion to the text; styles have only one size."""
        scale = self.fontMetrics().height() / ORDINARY_TEXT_PX
        if scale < LEAST_SCALE:
            super().drawBranches(painter, rect, index)
            return
        if not self.model().hasChildren(index):
            return
        # The mark is in the last indentation step; there is one for each level.
        beside = self.indentation() / 2
        is_mirrored = self.isRightToLeft()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(figure(self.palette()))
        painter.translate(rect.left() + beside if is_mirrored else rect.right() + 1 - beside, rect.center().y() + 0.5)
        painter.rotate(90 if self.isExpanded(index) else 180 if is_mirrored else 0)
        painter.scale(scale, scale)
        painter.drawPolygon(_MARK)
        painter.restore()

    @Slot()
    def _on_scrolled(self) -> None:
        model = self.model()
        area = self.viewport().rect()
        index = self.indexAt(area.topLeft())
        while index.isValid() and self.visualRect(index).top() <= area.bottom():
            parent = index.parent()
            if index.row() + 1 == model.rowCount(parent) and self.has_more(parent):
                model.fetchMore(parent)
                return
            index = self.indexBelow(index)
