"""Collects log lines from any thread, and emits them in the window's thread a few times a second."""

from __future__ import annotations

import logging
from collections import deque

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.config.logging import DEFAULTS
from backup_gui.desktop.periodic import periodic
from backup_gui.model.path_text import one_line

_EVERY_MS = 250
_MOST_LINES = 1_000
_FORMAT = "%(asctime)s  %(levelname)-8s %(about)s%(message)s"


class LogRelay(QObject):
    """Emits the lines of the root logger until ``close``."""

    lines_ready = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handler = _Gatherer()
        self._timer = periodic(self, _EVERY_MS, self._on_timeout)
        self._timer.start()
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """Stop collecting."""
        self._timer.stop()
        logging.getLogger().removeHandler(self._handler)

    @Slot()
    def _on_timeout(self) -> None:
        lines = self._handler.take()
        if lines:
            self.lines_ready.emit(lines)


class _Gatherer(logging.Handler):
    """Keeps the last lines; the log file has all of them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S", defaults=DEFAULTS))
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(one_line(self.format(record)))

    def take(self) -> tuple[str, ...]:
        # One by one, as other threads go on adding.
        return tuple(self._lines.popleft() for _ in range(len(self._lines)))
