"""A thin bar that shows what fills the backup drive: the backup, its history and other files; also in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QWidget

from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX, accent, around, figure, mix, scaled_px, state_colour, surface, track
from backup_gui.ui.text.format import Now, clock_text, size_text
from backup_gui.ui.values.job import BackupSizes, FreeSpace
from backup_gui.ui.widgets.labels import FieldLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from collections.abc import Callable

_SCARCE_SHARE = 0.1
_SWATCH_PX = 11
_BETWEEN_PX = 2.0


class _Part(NamedTuple):
    """A part of the drive: its name, size and brush."""

    name: str
    size_bytes: int
    brush: Callable[[QPalette], QBrush]


class RoomBar(QWidget):
    """The use of the backup's drive, as a drawing and in words."""

    count_requested = Signal()

    def __init__(self, now: Now) -> None:
        super().__init__()
        self._now = now
        # Differs from all real figures, so that the first ones are shown.
        self._figures: tuple[FreeSpace | None, BackupSizes | None] = (FreeSpace(-1, -1), None)
        self._bar = _Bar()
        self._words = FieldLabel()
        self._legend = [_ShareLabel() for _ in range(3)]
        self._note = FieldLabel()
        self._count = push_button(self.tr("&Count again"), self.count_requested)
        self._count.setToolTip(self.tr("Counts how much room the backup and its history take"))
        self._count.setFlat(True)
        legend = Row(*self._legend, 0, spacing=2 * GRID_PX)
        foot = Row((self._note, 1), self._count)
        Column(self._words, self._bar, legend, foot, on=self, margins=0, spacing=GRID_PX // 2)
        self.show_room(None)

    @property
    def legend_texts(self) -> tuple[str, ...]:
        """The texts below the bar."""
        return tuple(entry.text for entry in self._legend if not entry.isHidden())

    def show_room(self, room: FreeSpace | None, sizes: BackupSizes | None = None) -> None:
        """Show figures, or that the drive is away, or that its content is not counted yet."""
        if (room, sizes) == self._figures:
            # Each progress of a pass calls this, mostly with the same figures.
            return
        self._figures = room, sizes
        is_known = room is not None and room.total_bytes > 0
        for widget in (self._bar, self._note, self._count):
            widget.setVisible(is_known)
        if room is None or not is_known:
            self._words.setText(self.tr("Not reachable at the moment"))
            for entry in self._legend:
                entry.setVisible(False)
            return
        free, total = size_text(room.free_bytes), size_text(room.total_bytes)
        self._words.setText(self.tr("{free} free of {total}").format(free=free, total=total))
        parts = self._parts(room, sizes)
        self._bar.show_parts(parts, room)
        for number, entry in enumerate(self._legend):
            entry.setVisible(number < len(parts))
            if number < len(parts):
                entry.show_part(parts[number])
        self._bar.setAccessibleName(", ".join([self._words.text(), *self.legend_texts]))
        self._show_note(sizes)

    def _parts(self, room: FreeSpace, sizes: BackupSizes | None) -> tuple[_Part, ...]:
        used = max(0, room.total_bytes - room.free_bytes)
        if sizes is None or sizes.counted_at is None:
            return (_Part(self.tr("Used"), used, _backup_brush),)
        # Counting takes time, and the drive changes meanwhile.
        mirror = min(used, sizes.mirror_bytes)
        history = min(used - mirror, sizes.history_bytes)
        return (
            _Part(self.tr("Backup"), mirror, _backup_brush),
            _Part(self.tr("History"), history, _history_brush),
            _Part(self.tr("Other"), used - mirror - history, _other_brush),
        )

    def _show_note(self, sizes: BackupSizes | None) -> None:
        is_counting = sizes is not None and sizes.is_counting
        self._count.setEnabled(not is_counting)
        if is_counting:
            self._note.setText(self.tr("Counting…"))
        elif sizes is None or sizes.counted_at is None:
            self._note.setText(self.tr("Not counted yet"))
        else:
            self._note.setText(self.tr("Counted at {time}").format(time=clock_text(sizes.counted_at, self._now())))


class _ShareLabel(QWidget):
    """A swatch and its meaning."""

    def __init__(self) -> None:
        super().__init__()
        self._part: _Part | None = None
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        row = Row(on=self, margins=0, spacing=0)
        row.addSpacing(scaled_px(self, 2 * GRID_PX))
        row.add(self._words)

    @property
    def text(self) -> str:
        return self._words.text()

    def show_part(self, part: _Part) -> None:
        self._part = part
        self._words.setText(self.tr("{part}: {size}").format(part=part.name, size=size_text(part.size_bytes)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        if self._part is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = scaled_px(self, _SWATCH_PX)
        is_mirrored = self.isRightToLeft()
        left = self.width() - side - 0.5 if is_mirrored else 0.5
        area = QRectF(left, (self.height() - side) / 2, side, side)
        painter.setPen(figure(self.palette()))
        painter.setBrush(surface(self.palette()))
        painter.drawRoundedRect(area, 2, 2)
        painter.setBrush(self._part.brush(self.palette()))
        painter.drawRoundedRect(area, 2, 2)


class _Bar(QProgressBar):
    """The drawing, which repeats the words. Its value is the used share of the drive in percent."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[_Part, ...] = ()
        self._room = FreeSpace(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_parts(self, parts: tuple[_Part, ...], room: FreeSpace) -> None:
        """Fill the bar."""
        self._parts, self._room = parts, room
        self.setValue(round(100 * (1 - room.free_bytes / room.total_bytes)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(20 * GRID_PX, GRID_PX + GRID_PX // 2)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setClipPath(shape)
        palette = around(self)
        is_scarce = self._room.free_bytes < _SCARCE_SHARE * self._room.total_bytes
        painter.fillRect(
            area, mix(state_colour(JobState.FAILED), surface(palette), 0.35) if is_scarce else track(palette)
        )
        is_mirrored = self.isRightToLeft()
        done = 0.0
        for part in self._parts:
            width = area.width() * part.size_bytes / self._room.total_bytes
            left = area.width() - done - width if is_mirrored else done
            place = QRectF(left, 0, width, area.height())
            painter.fillRect(place, surface(palette))
            # A gap separates neighbours for users who cannot tell their colours apart.
            gap = min(_BETWEEN_PX, width / 2)
            painter.fillRect(
                place.adjusted(gap if is_mirrored else 0, 0, 0 if is_mirrored else -gap, 0), part.brush(palette)
            )
            done += width
        painter.setClipping(False)
        painter.setPen(figure(palette))
        inner = area.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inner, inner.height() / 2, inner.height() / 2)


def _backup_brush(palette: QPalette) -> QBrush:
    return QBrush(accent(palette))


def _history_brush(palette: QPalette) -> QBrush:
    # Stripes make it distinct also for users who see no colours.
    return QBrush(accent(palette), Qt.BrushStyle.BDiagPattern)


def _other_brush(palette: QPalette) -> QBrush:
    return QBrush(figure(palette))
