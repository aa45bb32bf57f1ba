"""Keeps the mouse wheel from changing values that only happen to be under the pointer while a page is scrolled."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox

_STILL_THERE = frozenset({Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason})


class WheelGuard(QObject):
    """Gives a field's wheel to the page until the field was clicked, and again once the focus has left it."""

    def __init__(self, field: QAbstractSpinBox | QComboBox | QAbstractSlider) -> None:
        super().__init__(field)
        self._was_clicked = False
        # The wheel gives no focus either.
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ignore the wheel, so that it reaches the page."""
        kind = event.type()
        if kind == QEvent.Type.Wheel and not self._was_clicked:
            event.ignore()
            return True
        if kind == QEvent.Type.MouseButtonPress:
            self._was_clicked = True
        elif isinstance(event, QFocusEvent) and event.reason() not in _STILL_THERE:
            # The field of a spin box gets the press of a button, and hands on the focus.
            self._was_clicked = event.gotFocus() and event.reason() == Qt.FocusReason.MouseFocusReason
        return super().eventFilter(watched, event)
