"""The chart of the last 30 days: bytes above the line, files below it, days with problems marked by a triangle.

Uses the palette's colours. Everything in it is also available by keyboard, as a tooltip and as text.
"""

from __future__ import annotations

import math
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QCoreApplication,
    QDate,
    QEvent,
    QLocale,
    QPointF,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSlider,
    QSizePolicy,
    QToolTip,
    QWidget,
)

from backup_gui.model.passes import DayTotal
from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX, accent, figure, mix, muted, scaled_px, state_colour, surface
from backup_gui.ui.text.format import counted, files_text, isolated, size_text
from backup_gui.ui.widgets.labels import MutedLabel, PlainLabel
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

_tr = partial(QCoreApplication.translate, "DayChart")

DAYS = 30
_ISO = Qt.DateFormat.ISODate
_GAP_SHARE = 0.25
_SHORTEST_PX = 3.0
_MARK_PX = 10
_UPPER_SHARE = 0.6
_DECADES = 5.0


def last_days(totals: Sequence[DayTotal], today: QDate) -> tuple[DayTotal, ...]:
    """List the last 30 days, the oldest first, with empty totals for days without data."""
    known = {total.day: total for total in totals}
    names = [today.addDays(number - DAYS + 1).toString(_ISO) for number in range(DAYS)]
    return tuple(known.get(name, DayTotal(name)) for name in names)


def day_text(total: DayTotal) -> str:
    """One day in words."""
    date = isolated(QLocale().toString(QDate.fromString(total.day, _ISO), QLocale.FormatType.LongFormat))
    if not total.passes:
        return _tr("{date}: nothing to copy").format(date=date)
    figures = _tr("{date}: {files}, {size}").format(
        date=date, files=files_text(total.files), size=size_text(total.bytes)
    )
    if not total.troubled:
        return figures
    return _tr("{figures}. Problems in {checks}").format(
        figures=figures, checks=counted("%Ln checks", "%Ln check", total.troubled)
    )


def summary_text(days: Sequence[DayTotal]) -> str:
    """All days in one sentence or two."""
    files, size = sum(day.files for day in days), sum(day.bytes for day in days)
    if not any(day.passes for day in days):
        return _tr("Nothing was copied in the last 30 days.")
    text = _tr("Last 30 days: {files}, {size}.").format(files=files_text(files), size=size_text(size))
    troubled = sum(day.troubled > 0 for day in days)
    if not troubled:
        return text
    return f"{text} {counted('Problems on %Ln days.', 'Problems on %Ln day.', troubled)}"


class DayChart(QWidget):
    """The chart, with the selected day in words below it."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = DayPlot()
        self.words = MutedLabel()
        self.words.setMinimumHeight(self.words.fontMetrics().height())
        names = {_Key.BYTES: self.tr("Size"), _Key.FILES: self.tr("Files"), _Key.TROUBLE: self.tr("Problems")}
        foot = Row((self.words, 1), *(_SeriesLabel(key, text) for key, text in names.items()), spacing=2 * GRID_PX)
        Column(self.plot, foot, on=self, margins=0, spacing=GRID_PX)
        self.plot.chosen.connect(self.words.setText)
        self.show_days((), QDate.currentDate())

    def show_days(self, totals: Sequence[DayTotal], today: QDate) -> None:
        """Show the 30 days that end today."""
        self.plot.show_days(last_days(totals, today))


class _Key(Enum):
    """The meaning of a mark in the chart."""

    BYTES = "bytes"
    FILES = "files"
    TROUBLE = "trouble"


class _SeriesLabel(PlainLabel):
    """A mark and its meaning."""

    def __init__(self, key: _Key, text: str) -> None:
        super().__init__(text)
        self._key = key
        self.setIndent(scaled_px(self, 2 * GRID_PX))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_mirrored = self.isRightToLeft()
        side = scaled_px(self, _MARK_PX)
        left = self.width() - side - 1 if is_mirrored else 1.0
        area = QRectF(left, (self.height() - side) / 2, side, side)
        if self._key is _Key.TROUBLE:
            _paint_mark(painter, QPointF(area.center().x(), area.top()), side, self.palette())
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent(self.palette()) if self._key is _Key.BYTES else figure(self.palette()))
        painter.drawRoundedRect(area, 1.5, 1.5)


class DayPlot(QAbstractSlider):
    """The drawing, one column a day; the arrow keys go from day to day.

    For screen readers it is a slider over the days, with the newest at its end.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._days: tuple[DayTotal, ...] = ()
        self._current = -1
        self.setOrientation(Qt.Orientation.Horizontal)
        self.valueChanged.connect(self._choose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Files and bytes copied on each of the last 30 days"))

    def show_days(self, days: tuple[DayTotal, ...]) -> None:
        """Show these days, the oldest first."""
        if days == self._days:
            return
        self._days = days
        self._current = min(self._current, len(days) - 1)
        with QSignalBlocker(self):
            self.setRange(0, max(0, len(days) - 1))
            self.setValue(self._current if self._current >= 0 else self.maximum())
        self._tell()
        self.update()

    def day_at(self, x: float) -> int:
        """The day drawn at a horizontal position; -1 outside."""
        if not self._days or not 0 <= x < self.width():
            return -1
        column = int(x / self.width() * len(self._days))
        return len(self._days) - 1 - column if self.isRightToLeft() else column

    def sizeHint(self) -> QSize:
        """Wide enough to see each day, high enough for two rows of bars and the dates."""
        return QSize(40 * GRID_PX, scaled_px(self, 12 * GRID_PX) + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """A column of a few pixels for each day."""
        return QSize(20 * GRID_PX, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select another day."""
        last = len(self._days) - 1
        before = Qt.Key.Key_Right if self.isRightToLeft() else Qt.Key.Key_Left
        after = Qt.Key.Key_Left if self.isRightToLeft() else Qt.Key.Key_Right
        start = self._current if self._current >= 0 else last + 1
        targets = {before: start - 1, after: start + 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        target = targets.get(Qt.Key(event.key()))
        if target is None or last < 0:
            super().keyPressEvent(event)
            return
        self._choose(max(0, min(last, target)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page around this widget."""
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a day."""
        self._choose(self.day_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """Show a day's figures in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.day_at(event.pos().x())
            text = day_text(self._days[number]) if number >= 0 else ""
            area = self._column(number).toAlignedRect() if number >= 0 else self.rect()
            QToolTip.showText(event.globalPos(), text, self, area)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        axis = self._axis()
        most_bytes = max((day.bytes for day in self._days), default=0)
        most_files = max((day.files for day in self._days), default=0)
        files_colour = figure(palette)
        mark = scaled_px(self, _MARK_PX)
        for number, day in enumerate(self._days):
            column = self._column(number)
            if number == self._current:
                self._paint_choice(painter, column)
            gap = column.width() * _GAP_SHARE / 2
            bar = QRectF(column.left() + gap, 0, column.width() - 2 * gap, 0)
            room = axis - mark - 2
            self._paint_bar(painter, bar, axis, -_height(day.bytes, most_bytes, room), accent(palette))
            below = self._floor() - axis - 2
            self._paint_bar(painter, bar, axis + 2, _height(day.files, most_files, below), files_colour)
            if day.troubled:
                top = axis - _height(day.bytes, most_bytes, room) - mark - 1
                _paint_mark(painter, QPointF(column.center().x(), top), mark, palette)
        painter.setPen(QPen(files_colour, 1))
        painter.drawLine(QPointF(0, axis + 1), QPointF(self.width(), axis + 1))
        self._paint_dates(painter)

    def changeEvent(self, event: QEvent) -> None:
        """Update the text for another language or direction."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.LocaleChange, QEvent.Type.LanguageChange, QEvent.Type.LayoutDirectionChange}:
            self._tell()

    @Slot(int)
    def _choose(self, number: int) -> None:
        if number != self._current:
            self._current = number
            if number >= 0:
                self.setValue(number)
            self._tell()
            self.update()

    def _tell(self) -> None:
        words = day_text(self._days[self._current]) if self._current >= 0 else summary_text(self._days)
        busy = [day_text(day) for day in self._days if day.passes]
        described = ". ".join([words, *(busy if self._current < 0 else [])])
        if described != self.accessibleDescription():
            self.setAccessibleDescription(described)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.chosen.emit(words)

    def _floor(self) -> float:
        return self.height() - self.fontMetrics().height() - 2.0

    def _axis(self) -> float:
        return self._floor() * _UPPER_SHARE

    def _column(self, number: int) -> QRectF:
        width = self.width() / max(1, len(self._days))
        place = len(self._days) - 1 - number if self.isRightToLeft() else number
        return QRectF(place * width, 0, width, self._floor())

    def _paint_choice(self, painter: QPainter, column: QRectF) -> None:
        painter.setBrush(mix(accent(self.palette()), surface(self.palette()), 0.16))
        painter.setPen(QPen(accent(self.palette()), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(column.adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)

    @staticmethod
    def _paint_bar(painter: QPainter, bar: QRectF, from_y: float, height: float, colour: QColor) -> None:
        if height:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            top = from_y + min(0.0, height)
            painter.drawRoundedRect(QRectF(bar.left(), top, bar.width(), abs(height)), 1.5, 1.5)

    def _paint_dates(self, painter: QPainter) -> None:
        if not self._days:
            return
        painter.setPen(muted(self.palette()))
        first = QLocale().toString(QDate.fromString(self._days[0].day, _ISO), QLocale.FormatType.ShortFormat)
        left, right = (self.tr("Today"), first) if self.isRightToLeft() else (first, self.tr("Today"))
        area = QRectF(0, self._floor() + 2, self.width(), self.fontMetrics().height())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute, left)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute, right)


def _paint_mark(painter: QPainter, top: QPointF, side: float, palette: QPalette) -> None:
    """Paint the triangle of a day with problems, with its tip at a point."""
    half = side / 2
    corners = [top, top + QPointF(half, side - 1), top + QPointF(-half, side - 1)]
    painter.setPen(QPen(palette.windowText().color(), 1))
    painter.setBrush(state_colour(JobState.ATTENTION))
    painter.drawPolygon(QPolygonF(corners))


def _height(value: int, most: int, room_px: float) -> float:
    """Height of a bar on a logarithmic scale, so that a first copy does not make all other days invisible."""
    if value <= 0 or most <= 0:
        return 0.0
    return max(_SHORTEST_PX, room_px * (1 + math.log10(value / most) / _DECADES))
