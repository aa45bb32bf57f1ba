"""The way of the Tab key, where the order in which controls were made is not the one in which they are seen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QDialogButtonBox, QWidget


def tab_through(controls: Iterable[QWidget]) -> None:
    """Have the Tab key go through controls in this order; they must be in their window already."""
    for one, following in pairwise(controls):
        QWidget.setTabOrder(one, following)


def tab_as_laid_out(box: QDialogButtonBox) -> None:
    """Have the Tab key go through the buttons of a dialog in the order that the platform has them in."""
    layout = box.layout()
    items = [layout.itemAt(index) for index in range(layout.count())] if layout is not None else []
    tab_through(widget for item in items if item is not None and (widget := item.widget()) is not None)
