"""A thin bar that shows how full the backup's drive is, with the same in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from backup_gui.engine.model import JobState
from backup_gui.ui.jobview import Room
from backup_gui.ui.labels import MutedLabel
from backup_gui.ui.theme import GRID_PX, accent, mix, state_colour
from backup_gui.ui.wording import size_text

_SCARCE_SHARE = 0.1


class RoomBar(QWidget):
    """Used and free space, drawn and written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Build it without figures."""
        super().__init__(parent)
        self._bar = _Bar()
        self._words = MutedLabel()
        self._words.setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        column.addWidget(self._words)
        column.addWidget(self._bar)
        self.show_room(None)

    @property
    def words(self) -> QLabel:
        """The figures in words."""
        return self._words

    def show_room(self, room: Room | None) -> None:
        """Show figures, or that they are unknown."""
        if room is None or room.total_bytes <= 0:
            self._words.setText(self.tr("Not reachable at the moment"))
            self._bar.setVisible(False)
            return
        free, total = size_text(room.free_bytes), size_text(room.total_bytes)
        self._words.setText(self.tr("{free} free of {total}").format(free=free, total=total))
        self._bar.setVisible(True)
        self._bar.show_share(1 - room.free_bytes / room.total_bytes)
        self._bar.setAccessibleName(self._words.text())


class _Bar(QWidget):
    """The drawing; it says nothing that the words do not."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_share(self, share: float) -> None:
        """Fill a share, 0 to 1."""
        self._share = min(1.0, max(0.0, share))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(20 * GRID_PX, GRID_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's signature
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setClipPath(outline)
        palette = self.palette()
        painter.fillRect(area, mix(palette.windowText().color(), palette.window().color(), 0.14))
        colour = state_colour(JobState.FAILED) if 1 - self._share < _SCARCE_SHARE else accent(palette)
        painter.fillRect(QRectF(0, 0, area.width() * self._share, area.height()), colour)
