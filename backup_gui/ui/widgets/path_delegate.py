"""Cells with a whole path: what does not fit is left out of the folders, so that the name of the file can be read."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from backup_gui.ui.text.format import isolated
from backup_gui.ui.widgets.labels import RowDelegate

# The role in which a model tells a path that stands in a cell, as it is drawn; nothing where there is none.
PATH_ROLE = Qt.ItemDataRole.UserRole + 1
_MIDDLE = Qt.TextElideMode.ElideMiddle


class PathDelegate(RowDelegate):
    """Draws rows; a path that is too long for its cell keeps its last part."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802
        """Shorten a path for the cell that it is drawn in."""
        super().initStyleOption(option, index)
        path = index.data(PATH_ROLE)
        if not isinstance(path, str):
            return
        style = option.widget.style()
        area = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, option.widget)
        # As the style leaves it free at both sides of its words.
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget) + 1
        width = area.width() - 2 * margin
        if width > 0:
            option.text = isolated(shortened(path, option.fontMetrics, width))


def shortened(path: str, metrics: QFontMetrics, width_px: int) -> str:
    """Shorten a path in the middle of its folders, and its last part only if that alone is too long.

    Args:
        path: The path, with "/" between its parts.
        metrics: The font that it is drawn in.
        width_px: How wide it may be.

    Returns:
        A text that is no wider, but for a width in which nothing can be read.
    """
    if metrics.horizontalAdvance(path) <= width_px:
        return path
    folder, divider, name = path.rpartition("/")
    name = f"{divider}{name}"
    if not folder or metrics.horizontalAdvance(f"…{name}") > width_px:
        return metrics.elidedText(name.removeprefix("/"), _MIDDLE, width_px)
    # Side by side, two texts may be a little wider than each alone.
    for room_px in range(width_px - metrics.horizontalAdvance(name), 0, -1):
        text = metrics.elidedText(folder, _MIDDLE, room_px) + name
        if metrics.horizontalAdvance(text) <= width_px:
            return text
    return f"…{name}"
