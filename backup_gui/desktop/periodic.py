"""Timers that call a slot at equal intervals until they are stopped, or once after a delay."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def periodic(owner: QObject, interval_ms: int, slot: Callable[[], None]) -> QTimer:
    """Create a timer of an object that calls a slot at each interval after its ``start``."""
    timer = QTimer(owner)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)
    return timer


def delayed(owner: QObject, delay_ms: int, slot: Callable[[], None]) -> QTimer:
    """Create a timer of an object that calls a slot once, this long after its last ``start``."""
    timer = periodic(owner, delay_ms, slot)
    timer.setSingleShot(True)
    return timer
