"""Rows and columns of widgets, each built in one expression, and the tab order where that is not enough."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QBoxLayout, QDialogButtonBox, QLayout, QWidget

# A widget or layout, alone or with its stretch; a number is empty space of that stretch.
Part = QWidget | QLayout | int | tuple[QWidget | QLayout, int]


class _Box(QBoxLayout):
    """Parts one after the other.

    Args:
        parts: The parts in their order.
        on: The widget that gets this as its layout; None for a layout within another one.
        margins: Left, top, right and bottom margin in pixels, or one number for all; the style's if None.
        spacing: Pixels between the parts; the style's if None.
    """

    _direction: QBoxLayout.Direction

    def __init__(
        self,
        *parts: Part,
        on: QWidget | None = None,
        margins: tuple[int, int, int, int] | int | None = None,
        spacing: int | None = None,
    ) -> None:
        super().__init__(self._direction, on)
        if margins is not None:
            self.setContentsMargins(*(margins if isinstance(margins, tuple) else (margins,) * 4))
        if spacing is not None:
            self.setSpacing(spacing)
        self.add(*parts)

    def add(self, *parts: Part) -> None:
        """Append parts."""
        for part in parts:
            content, stretch = part if isinstance(part, tuple) else (part, 0)
            if isinstance(content, int):
                self.addStretch(content)
            elif isinstance(content, QWidget):
                self.addWidget(content, stretch)
            else:
                self.addLayout(content, stretch)


class Row(_Box):
    """Parts side by side, in the direction of the language."""

    _direction = QBoxLayout.Direction.LeftToRight


class Column(_Box):
    """Parts below each other."""

    _direction = QBoxLayout.Direction.TopToBottom


def tab_through(controls: Iterable[QWidget]) -> None:
    """Set the tab order of controls, which must be in their window already."""
    for one, following in pairwise(controls):
        QWidget.setTabOrder(one, following)


def tab_as_laid_out(box: QDialogButtonBox) -> None:
    """Set the tab order of a dialog's buttons to the platform's order of buttons."""
    layout = box.layout()
    items = [layout.itemAt(index) for index in range(layout.count())] if layout is not None else []
    tab_through(widget for item in items if item is not None and (widget := item.widget()) is not None)
