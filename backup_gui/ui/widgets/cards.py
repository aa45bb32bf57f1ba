"""Cards that work as check boxes or radio buttons, with a name, a line of detail and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton, QSizePolicy, QStyle, QStyleOptionButton

from backup_gui.model.status import JobState
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.theme import GRID_PX, accent, around, mix, muted, outline, scaled_font, scaled_px, surface
from backup_gui.ui.text.format import tip_text

if TYPE_CHECKING:
    _Button = QAbstractButton
else:
    _Button = object

_RADIUS_PX = 8.0
_PADDING_PX = GRID_PX + 4
_MARK_PX = 16
_SLACK_PX = 4
_BETWEEN_PX = 4


class _Card(_Button):
    """A button with the drawing of a card; precedes the style's own button among the base classes.

    It stays a standard button for keyboard and screen readers.
    """

    _mark: QStyle.PrimitiveElement

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.title = self.detail = self.figure = self.remark = ""
        self.state: JobState | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_words(self, title: str, detail: str, figure: str, remark: str = "", state: JobState | None = None) -> None:
        """Show other words, and the icon of a state beside the remark."""
        self.title, self.detail, self.figure, self.remark, self.state = title, detail, figure, remark, state
        self.setAccessibleName(title)
        self.setAccessibleDescription(". ".join(text for text in (detail, figure, remark) if text))
        self.setToolTip(tip_text(detail))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines, wide enough for name and figures; long details are elided."""
        first, second = self._metrics()
        right = self._right_width()
        left = max(first.horizontalAdvance(self.title), min(second.horizontalAdvance(self.detail), 24 * GRID_PX))
        width = 2 * _PADDING_PX + self._indicator_size().width() + GRID_PX + left + right + 3 * GRID_PX
        return QSize(width, first.height() + _BETWEEN_PX + max(second.height(), self._mark_side()) + 2 * _PADDING_PX)

    def minimumSizeHint(self) -> QSize:
        """The least width; text is elided to it."""
        return QSize(24 * GRID_PX, self.sizeHint().height())

    def hitButton(self, pos: QPoint) -> bool:
        """Treat the whole card as the button."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the card."""
        palette = around(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = surface(palette)
        if self.isChecked():
            ground = mix(accent(palette), ground, 0.12)
        elif self.underMouse():
            ground = mix(accent(palette), ground, 0.05)
        is_marked = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(accent(palette) if is_marked else outline(palette), 2 if self.hasFocus() else 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _RADIUS_PX, _RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_indicator(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_indicator(self, painter: QPainter) -> None:
        option = QStyleOptionButton()
        option.initFrom(self)
        option.state |= QStyle.StateFlag.State_On if self.isChecked() else QStyle.StateFlag.State_Off
        size = self._indicator_size()
        area = QRect(QPoint(_PADDING_PX, (self.height() - size.height()) // 2), size)
        option.rect = QStyle.visualRect(self.layoutDirection(), self.rect(), area)
        self.style().drawPrimitive(self._mark, option, painter, self)

    def _paint_words(self, painter: QPainter) -> None:
        palette = around(self)
        first, second = self._metrics()
        left = _PADDING_PX + self._indicator_size().width() + GRID_PX + 4
        right = self._right_width()
        inner = self.rect().adjusted(left, _PADDING_PX, -_PADDING_PX, -_PADDING_PX)
        words_width = inner.width() - right - (GRID_PX if right else 0)
        top = QRect(inner.left(), inner.top(), inner.width(), first.height())
        bottom = QRect(inner.left(), inner.bottom() - second.height() + 1, inner.width(), second.height())
        strong, quiet = palette.windowText().color(), muted(palette)
        title_font, rest_font = _fonts(self.font())
        self._line(painter, top, title_font, strong, self.title, words_width, is_left=True)
        self._line(painter, bottom, rest_font, quiet, self.detail, words_width, is_left=True)
        self._line(painter, top, rest_font, strong, self.figure, right, is_left=False)
        mark = self._mark_side() + GRID_PX // 2 if self.state is not None else 0
        self._line(painter, bottom, rest_font, strong, self.remark, right - mark, is_left=False)
        if self.state is not None:
            width = second.horizontalAdvance(self.remark) + _SLACK_PX
            side = self._mark_side()
            at = QRect(bottom.right() - width - mark, bottom.center().y() - side // 2, side, side)
            at = QStyle.visualRect(self.layoutDirection(), self.rect(), at)
            name = f"state-{self.state.value}"
            ratio = self.devicePixelRatioF()
            painter.drawPixmap(at.topLeft(), self._icons.picture(name, at.size(), strong, ratio))

    def _line(
        self, painter: QPainter, area: QRect, font: QFont, colour: QColor, text: str, width: int, *, is_left: bool
    ) -> None:
        box = QRect(area.left() if is_left else area.right() - width + 1, area.top(), max(0, width), area.height())
        direction = self.layoutDirection()
        side = Qt.AlignmentFlag.AlignLeft if is_left else Qt.AlignmentFlag.AlignRight
        flags = QStyle.visualAlignment(direction, side | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(font)
        painter.setPen(colour)
        # The layout decides the side, but paths run from left to right in every language.
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(QStyle.visualRect(direction, self.rect(), box), int(flags), shown)

    def _right_width(self) -> int:
        _, second = self._metrics()
        mark = self._mark_side() + GRID_PX // 2 if self.state is not None else 0
        # A little more than the text, as rounding would elide it.
        return max(second.horizontalAdvance(self.figure), second.horizontalAdvance(self.remark) + mark) + _SLACK_PX

    def _mark_side(self) -> int:
        return scaled_px(self, _MARK_PX)

    def _metrics(self) -> tuple[QFontMetrics, QFontMetrics]:
        first, second = _fonts(self.font())
        return QFontMetrics(first), QFontMetrics(second)

    def _indicator_size(self) -> QSize:
        style = self.style()
        metric = QStyle.PixelMetric
        return QSize(
            style.pixelMetric(metric.PM_IndicatorWidth, None, self),
            style.pixelMetric(metric.PM_IndicatorHeight, None, self),
        )


class TickCard(_Card, QCheckBox):
    """A card with a check box."""

    _mark = QStyle.PrimitiveElement.PE_IndicatorCheckBox


class ChoiceCard(_Card, QRadioButton):
    """A card with a radio button."""

    _mark = QStyle.PrimitiveElement.PE_IndicatorRadioButton


def _fonts(font: QFont) -> tuple[QFont, QFont]:
    return scaled_font(font, 1.08, is_bold=True), scaled_font(font, 0.95)
