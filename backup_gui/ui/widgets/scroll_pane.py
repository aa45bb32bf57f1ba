"""A part of a dialog that scrolls where the screen is too small for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from backup_gui.ui.style.theme import GRID_PX, opening_size


class ScrollPane(QScrollArea):
    """Shows its content whole where there is room, and else as much of it as fits.

    Args:
        content: What it shows; never narrower than it needs.
        width_px: Width of the content, for ordinary text.
    """

    def __init__(self, content: QWidget, width_px: int = 72 * GRID_PX) -> None:
        super().__init__()
        self._content = content
        self._width_px = width_px
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        for part in (self.viewport(), content):
            part.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """As high as the content is at its width."""
        width = max(opening_size(self, QSize(self._width_px, 0)).width(), self.minimumSizeHint().width())
        height = self._content.heightForWidth(width - self.verticalScrollBar().sizeHint().width())
        return QSize(width, max(height, self._content.minimumSizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        """As wide as the content needs."""
        needed = self._content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(needed, 12 * GRID_PX)
