"""Elides a path in a cell in the middle of its folders, so that the file name stays readable."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from backup_gui.ui.text.format import isolated
from backup_gui.ui.widgets.labels import RowDelegate

# The role in which a model returns the path drawn in a cell; None without one.
PATH_ROLE = Qt.ItemDataRole.UserRole + 1
_MIDDLE = Qt.TextElideMode.ElideMiddle


class PathDelegate(RowDelegate):
    """Draws rows; elides a long path but keeps its last part."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Elide the path of a cell to its width."""
        super().initStyleOption(option, index)
        path = index.data(PATH_ROLE)
        if not isinstance(path, str):
            return
        style = option.widget.style()
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, option.widget)
        # The margin that the style leaves at both sides of the text.
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget) + 1
        width = area.width() - 2 * margin
        if width > 0:
            option.text = isolated(shortened(path, option.fontMetrics, width))


def shortened(path: str, metrics: QFontMetrics, width_px: int) -> str:
    """Elide a path in the middle of its folders, and its last part only if that alone is too long.

    The result fits, unless the width is too small for any text.
    """
    if metrics.horizontalAdvance(path) <= width_px:
        return path
    folder, divider, name = path.rpartition("/")
    name = f"{divider}{name}"
    if not folder or metrics.horizontalAdvance(f"…{name}") > width_px:
        return metrics.elidedText(name.removeprefix("/"), _MIDDLE, width_px)
    # Joined texts may be a little wider than the sum of both.
    for room_px in range(width_px - metrics.horizontalAdvance(name), 0, -1):
        text = metrics.elidedText(folder, _MIDDLE, room_px) + name
        if metrics.horizontalAdvance(text) <= width_px:
            return text
    return f"…{name}"
