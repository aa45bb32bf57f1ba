"""A button for one of several exclusive filters; the selected one has bold text, a bar and a tinted background.

Styles only darken the background of a selected button a little, which is hardly visible in a dark window.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QStyle, QStyleOptionButton

from backup_gui.ui.style.theme import accent, mix, scaled_px

_WEIGHT = QFont.Weight.DemiBold
_BAR_PX = 3
# Share of the accent colour in the background, and of the text colour in the bar, which must stand out from it.
_TINT = 0.24
_BAR_SHARE = 0.3


class FilterButton(QPushButton):
    """Stays down while selected, and shows that by shape and colour."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.toggled.connect(self._mark)

    def sizeHint(self) -> QSize:
        """As wide as with bold text, so that nothing moves when the selection changes."""
        option, font = QStyleOptionButton(), QFont(self.font())
        self.initStyleOption(option)
        font.setWeight(_WEIGHT)
        option.fontMetrics = QFontMetrics(font)
        words = option.fontMetrics.size(Qt.TextFlag.TextShowMnemonic, self.text())
        return self.style().sizeFromContents(QStyle.ContentsType.CT_PushButton, option, words, self)

    def minimumSizeHint(self) -> QSize:
        """As wide as its text."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._mark()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar under the text of the selected button."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        painter = QPainter(self)
        palette, height = QApplication.palette(self), scaled_px(self, _BAR_PX)
        colour = mix(palette.buttonText().color(), accent(palette), _BAR_SHARE)
        # Inside the edge, and below the underline of the mnemonic.
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
