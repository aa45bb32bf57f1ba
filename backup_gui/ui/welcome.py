"""What someone without any job sees: one sentence, one picture, one button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from backup_gui.ui.labels import MutedLabel, PrimaryButton
from backup_gui.ui.theme import GRID_PX, scaled_font

if TYPE_CHECKING:
    from backup_gui.ui.icons import Icons

_PICTURE = QSize(280, 110)


class Welcome(QWidget):
    """The first thing a new user sees."""

    job_requested = Signal()
    backup_requested = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Build it."""
        super().__init__(parent)
        self._icons = icons
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(self.tr("What do you want to keep safe?"))
        title.setFont(scaled_font(self.font(), 1.9, is_bold=True))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = MutedLabel(
            self.tr(
                "Choose a folder and a place for its backup. From then on every change is copied within seconds, "
                "and what you replace or delete is kept."
            )
        )
        text.setFont(scaled_font(self.font(), 1.1))
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        text.setFixedWidth(60 * GRID_PX)
        self.button = PrimaryButton(self.tr("&Choose a folder…"))
        self.button.setFont(scaled_font(self.font(), 1.1, is_bold=True))
        self.button.setMinimumSize(26 * GRID_PX, 5 * GRID_PX)
        self.button.clicked.connect(self.job_requested)
        hint = MutedLabel(self.tr("You can also drop a folder here."))
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)

        self.restore_button = QPushButton(self.tr("&Restore from a backup folder…"))
        self.restore_button.setToolTip(self.tr("Brings files back from a backup that was made before, also elsewhere"))
        self.restore_button.clicked.connect(self.backup_requested)

        column = QVBoxLayout(self)
        column.setSpacing(2 * GRID_PX)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addSpacing(GRID_PX)
        column.addWidget(title)
        for widget in (text, self.button):
            row = QHBoxLayout()
            row.addStretch()
            row.addWidget(widget)
            row.addStretch()
            column.addLayout(row)
        column.addWidget(hint)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.restore_button)
        row.addStretch()
        column.addLayout(row)
        column.addStretch(3)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        colour = self.palette().windowText().color()
        self._picture.setPixmap(self._icons.picture("welcome", _PICTURE, colour, self.devicePixelRatioF()))
