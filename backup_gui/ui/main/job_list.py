"""The list of jobs, one card each, in a list view that supports keyboard and screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from backup_gui.ui.style.theme import GRID_PX, ORDINARY_TEXT_PX, accent, mix, muted, outline, scaled_font, surface
from backup_gui.ui.text.format import Now, exact_text, path_text, size_text, tip_text
from backup_gui.ui.text.headline import SEVERITY, TROUBLE, card_text, own_text, state_text
from backup_gui.ui.widgets.paged_table import Index

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.values.job import JobView

VIEW_ROLE = Qt.ItemDataRole.UserRole + 1

_ICON_PX = 28
_RADIUS_PX = 8.0


class JobsModel(QAbstractListModel):
    """The jobs: those in trouble first, the worst on top, then the others in their order."""

    def __init__(self, now: Now) -> None:
        super().__init__()
        self._now = now
        self._views: list[JobView] = []
        self._order: list[str] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """How many jobs there are."""
        return 0 if parent.isValid() else len(self._views)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One job, in words or as the value that the delegate paints."""
        if not index.isValid():
            return None
        view = self._views[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return view.job.name
        if role == VIEW_ROLE:
            return view
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole}:
            return f"{view.job.name}: {state_text(view.shown_state)}. {own_text(view, self._now())}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self._tooltip(view))
        return None

    @property
    def views(self) -> tuple[JobView, ...]:
        """All jobs, as they are listed."""
        return tuple(self._views)

    def view(self, row: int) -> JobView | None:
        """The job at a row."""
        return self._views[row] if 0 <= row < len(self._views) else None

    def row_of(self, job_id: str) -> int:
        """The row of a job; -1 without one."""
        return next((row for row, view in enumerate(self._views) if view.job.id == job_id), -1)

    def put(self, view: JobView) -> None:
        """Add or update a job."""
        row = self.row_of(view.job.id)
        if row < 0:
            self.beginInsertRows(QModelIndex(), len(self._views), len(self._views))
            self._views.append(view)
            self.endInsertRows()
            self._order.append(view.job.id)
            self._sort()
            return
        has_other_height = (view.room is None) is not (self._views[row].room is None)
        self._views[row] = view
        self.dataChanged.emit(self.index(row), self.index(row))
        if has_other_height:
            self.layoutChanged.emit()
        self._sort()

    def remove(self, job_id: str) -> None:
        """Remove a job."""
        row = self.row_of(job_id)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._views[row]
            self.endRemoveRows()
            self._order.remove(job_id)

    def order(self, job_ids: Sequence[str]) -> None:
        """Sort the jobs that are not in trouble in the given order."""
        self._order = [known for known in job_ids if self.row_of(known) >= 0]
        self._sort()

    def _sort(self) -> None:
        places = {job_id: place for place, job_id in enumerate(self._order)}
        wanted = sorted(self._views, key=lambda view: (-_trouble(view), places[view.job.id]))
        for row, view in enumerate(wanted):
            old_row = self.row_of(view.job.id)
            if old_row != row:
                self.beginMoveRows(QModelIndex(), old_row, old_row, QModelIndex(), row)
                self._views.insert(row, self._views.pop(old_row))
                self.endMoveRows()

    def age(self) -> None:
        """Update texts such as "2 minutes ago"."""
        if self._views:
            self.dataChanged.emit(self.index(0), self.index(len(self._views) - 1))

    def _tooltip(self, view: JobView) -> str:
        lines = [f"{path_text(view.job.source)}\n→ {path_text(view.job.destination.path)}"]
        if view.status.last_complete_at is not None:
            lines.append(self.tr("Last complete backup: {time}").format(time=exact_text(view.status.last_complete_at)))
        if view.room is not None:
            lines.append(self.tr("Free on the backup's drive: {size}").format(size=size_text(view.room.free_bytes)))
        return "\n".join(lines)


class CardDelegate(QStyledItemDelegate):
    """Paints a job as a card: state, name, both folders, time of the last backup and free space."""

    def __init__(self, icons: Icons, now: Now, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons = icons
        self._now = now

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Four lines, or five if the free space is known, and the distances."""
        view: JobView = index.data(VIEW_ROLE)
        name, rest = self._fonts(option.font)
        count = 3 if view.room is None else 4
        lines = QFontMetrics(name).height() + count * (QFontMetrics(rest).height() + 1)
        return QSize(26 * GRID_PX, lines + 4 * GRID_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one card."""
        view: JobView = index.data(VIEW_ROLE)
        palette = option.palette
        area = option.rect.adjusted(GRID_PX, GRID_PX // 2, -GRID_PX, -GRID_PX // 2)
        state = option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = surface(palette)
        if is_selected:
            ground = mix(accent(palette), ground, 0.14)
        elif state & QStyle.StateFlag.State_MouseOver:
            ground = mix(accent(palette), ground, 0.05)
        line = accent(palette) if is_selected else outline(palette)
        painter.setPen(QPen(line, 2 if has_focus and is_selected else 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)

        inner = area.adjusted(GRID_PX + 4, GRID_PX + 4, -GRID_PX - 4, -GRID_PX)
        is_rtl = option.direction == Qt.LayoutDirection.RightToLeft
        side = self._side(option.font)
        self._paint_icon(painter, view, inner, side, is_rtl=is_rtl)
        space = side + GRID_PX + 4
        words = inner.adjusted(0, 0, -space, 0) if is_rtl else inner.adjusted(space, 0, 0, 0)
        self._paint_words(painter, view, words, palette, option.font, is_rtl=is_rtl)
        painter.restore()

    def _paint_icon(self, painter: QPainter, view: JobView, inner: QRect, side: int, *, is_rtl: bool) -> None:
        left = inner.right() + 1 - side if is_rtl else inner.left()
        ratio = painter.device().devicePixelRatio()
        name = f"state-{view.shown_state.value}"
        pixmap = self._icons.picture(name, QSize(side, side), QColor(), ratio)
        painter.drawPixmap(QPoint(left, inner.top() + 2), pixmap)

    def _paint_words(
        self, painter: QPainter, view: JobView, area: QRect, palette: QPalette, font: QFont, *, is_rtl: bool
    ) -> None:
        name_font, rest_font = self._fonts(font)
        destination = leads_to(path_text(view.job.destination.path), is_rtl=is_rtl)
        lines = [
            (
                path_text(view.job.name),
                name_font,
                palette.color(QPalette.ColorRole.WindowText),
                Qt.TextElideMode.ElideRight,
            ),
            (path_text(view.job.source), rest_font, muted(palette), Qt.TextElideMode.ElideMiddle),
            (destination, rest_font, muted(palette), Qt.TextElideMode.ElideMiddle),
            (
                card_text(view, self._now()),
                rest_font,
                palette.color(QPalette.ColorRole.WindowText),
                Qt.TextElideMode.ElideRight,
            ),
        ]
        if view.room is not None:
            free = self.tr("{size} free").format(size=size_text(view.room.free_bytes))
            lines.append((free, rest_font, muted(palette), Qt.TextElideMode.ElideRight))
        top = area.top()
        flags = QStyle.visualAlignment(painter.layoutDirection(), Qt.AlignmentFlag.AlignLeading)
        flags |= Qt.AlignmentFlag.AlignVCenter
        # Paths run from left to right in every language.
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        for text, line_font, colour, elide in lines:
            metrics = QFontMetrics(line_font)
            painter.setFont(line_font)
            painter.setPen(colour)
            rect = QRect(area.left(), top, area.width(), metrics.height())
            painter.drawText(rect, int(flags), metrics.elidedText(text, elide, area.width()))
            top += metrics.height() + 1

    @staticmethod
    def _side(font: QFont) -> int:
        """Size of the icon, which grows with the text."""
        return round(_ICON_PX * max(1.0, QFontMetrics(font).height() / ORDINARY_TEXT_PX))

    @staticmethod
    def _fonts(font: QFont) -> tuple[QFont, QFont]:
        return scaled_font(font, 1.05, is_bold=True), scaled_font(font, 0.92)


def _trouble(view: JobView) -> int:
    """How urgently a job needs the user; 0 if it does not."""
    return SEVERITY.index(view.shown_state) if view.shown_state in TROUBLE else 0


def leads_to(path: str, *, is_rtl: bool) -> str:
    """A path with an arrow at the start of the line; paths run from left to right in every language."""
    return f"{path} ←" if is_rtl else f"→ {path}"
