"""Timers of the window's thread that call something at equal intervals until they are stopped."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def periodic(owner: QObject, interval_ms: int, slot: Callable[[], None]) -> QTimer:
    """Make a timer that calls a slot again and again, from its ``start`` on; the first time after an interval.

    Args:
        owner: Lives as long as it, and in its thread.
        interval_ms: Between two calls.
        slot: What is called.
    """
    timer = QTimer(owner)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)
    return timer
