"""The button of one kind among several, of which one is chosen: that one has bold words, a bar and a ground of its own.

Styles only darken the ground of what is chosen a little, which is next to nothing in a dark window.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QStyle, QStyleOptionButton, QWidget

from backup_gui.ui.style.theme import accent, mix, scaled_px

_WEIGHT = QFont.Weight.DemiBold
_BAR_PX = 3
# How much of the accent is in the ground, and of the words' colour in the bar, which must stand out from that.
_TINT = 0.24
_BAR_SHARE = 0.3


class FilterButton(QPushButton):
    """Stays down when it is chosen, and shows that by shape and by colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Build it without words."""
        super().__init__(parent)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.toggled.connect(self._mark)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as with bold words, so that nothing moves when another one is chosen."""
        option, font = QStyleOptionButton(), QFont(self.font())
        self.initStyleOption(option)
        font.setWeight(_WEIGHT)
        option.fontMetrics = QFontMetrics(font)
        words = option.fontMetrics.size(Qt.TextFlag.TextShowMnemonic, self.text())
        return self.style().sizeFromContents(QStyle.ContentsType.CT_PushButton, option, words, self)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as its words."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._mark()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw a bar under the words of the one that is chosen."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        painter = QPainter(self)
        palette, height = QApplication.palette(self), scaled_px(self, _BAR_PX)
        colour = mix(palette.buttonText().color(), accent(palette), _BAR_SHARE)
        # Inside the edge, and below the line under the letter of its key.
        painter.fillRect(self.rect().adjusted(2, self.height() - height - 2, -2, -2), colour)

    @Slot()
    def _mark(self) -> None:
        font, palette = QFont(), QApplication.palette(self)
        if self.isChecked():
            font.setWeight(_WEIGHT)
            role = QPalette.ColorRole.Button
            palette.setColor(role, mix(accent(palette), palette.color(role), _TINT))
        self.setFont(font)
        self.setPalette(palette)
