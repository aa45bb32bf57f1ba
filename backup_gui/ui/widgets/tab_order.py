"""Sets the tab order where controls are not created in the order of their positions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QDialogButtonBox, QWidget


def tab_through(controls: Iterable[QWidget]) -> None:
    """Set the tab order of controls, which must be in their window already."""
    for one, following in pairwise(controls):
        QWidget.setTabOrder(one, following)


def tab_as_laid_out(box: QDialogButtonBox) -> None:
    """Set the tab order of a dialog's buttons to the platform's order of buttons."""
    layout = box.layout()
    items = [layout.itemAt(index) for index in range(layout.count())] if layout is not None else []
    tab_through(widget for item in items if item is not None and (widget := item.widget()) is not None)
