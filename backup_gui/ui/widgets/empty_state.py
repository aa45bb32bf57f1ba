"""The note on an empty page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QLabel, QWidget

from backup_gui.ui.style.theme import GRID_PX, muted, scaled_font, scaled_size
from backup_gui.ui.widgets.labels import MutedLabel
from backup_gui.ui.widgets.layouts import Column

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_ICON_PX = 48


class EmptyState(QWidget):
    """An icon, a heading and a sentence in the middle of an empty page: what will appear here, and when."""

    def __init__(self, icons: Icons, icon: str, title: str, text: str) -> None:
        super().__init__()
        self._icons = icons
        self._name = icon
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading = QLabel(title)
        heading.setFont(scaled_font(self.font(), 1.2, is_bold=True))
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        sentence = MutedLabel(text)
        sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        sentence.setMinimumWidth(40 * GRID_PX)
        Column(2, self._picture, heading, sentence, 3, on=self, spacing=GRID_PX)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        size = scaled_size(self, QSize(_ICON_PX, _ICON_PX))
        self._picture.setPixmap(self._icons.picture(self._name, size, muted(self.palette()), self.devicePixelRatioF()))
