"""The banner at the top: the state of the most urgent job, and a button for what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy

from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX, PANEL_MARGINS_PX, outline, scaled_px, tint
from backup_gui.ui.text.headline import Headline, Remedy, remedy_text, state_text
from backup_gui.ui.widgets.labels import ElidedLabel, Heading
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_ICON_PX = 40


class Banner(QFrame):
    """Icon, words and a button for one state."""

    remedy_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._state = JobState.WAITING
        self._remedy = Remedy.BACK_UP
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("State of the backup"))

        self._icon = QLabel()
        side = scaled_px(self, _ICON_PX)
        self._icon.setFixedSize(side, side)
        self._title = Heading(self, factor=1.3)
        self._title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._detail = ElidedLabel()
        self.button = QPushButton()
        self.button.setMinimumHeight(4 * GRID_PX)
        self.button.clicked.connect(self._on_clicked)

        words = Column(0, self._title, self._detail, 0, spacing=GRID_PX // 4)
        Row(self._icon, (words, 1), self.button, on=self, margins=PANEL_MARGINS_PX, spacing=2 * GRID_PX)
        self.setMinimumHeight(9 * GRID_PX)

    def show_headline(self, state: JobState, words: Headline) -> None:
        """Show a state in words, and the button that they offer."""
        if state is not self._state or self._icon.pixmap().isNull():
            self._state = state
            self._draw_icon()
            self.update()
        self._title.setText(words.title)
        self._title.setAccessibleName(f"{state_text(state)}: {words.title}")
        self._detail.set_full_text(words.detail)
        self._detail.setVisible(bool(words.detail))
        self._remedy = words.remedy
        self.button.setText(remedy_text(words.remedy))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the background in a tint of the state's colour."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tint(self._state, self.palette()))
        painter.setPen(outline(self.palette()))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())

    def _draw_icon(self) -> None:
        self._icon.setPixmap(self._icons.state_picture(self._state, _ICON_PX, self))
        self._icon.setAccessibleName(state_text(self._state))

    @Slot()
    def _on_clicked(self) -> None:
        self.remedy_requested.emit(self._remedy)
