"""Sends uncaught exceptions of any thread to the window, at a limited rate.

The previous hooks log them; this module only decides which of them the window shows.
"""

from __future__ import annotations

import sys
import threading
import traceback
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import QObject, Signal

_MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Crash:
    """An uncaught exception.

    Attributes:
        kind: The exception's name.
        place: Where it was raised, as ``module.py:123``.
        details: The traceback as text.
    """

    kind: str
    place: str
    details: str


class CrashRelay(QObject):
    """Replaces the hooks of ``sys`` and ``threading`` until ``close``."""

    crashed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}
        self._old_hook, self._old_thread_hook = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_error
        threading.excepthook = self._on_thread_error

    def close(self) -> None:
        """Restore the previous hooks, unless other code has replaced them meanwhile."""
        if sys.excepthook == self._on_error:
            sys.excepthook = self._old_hook
        if threading.excepthook == self._on_thread_error:
            threading.excepthook = self._old_thread_hook

    def _on_error(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._old_hook(kind, error, trace)
        self._tell(kind, error, trace)

    def _on_thread_error(self, arguments: threading.ExceptHookArgs) -> None:
        self._old_thread_hook(arguments)
        error = arguments.exc_value or arguments.exc_type()
        self._tell(arguments.exc_type, error, arguments.exc_traceback)

    def _tell(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, Exception):
            # SystemExit and KeyboardInterrupt are no errors.
            return
        key = (kind.__name__, place_of(trace))
        with self._lock:
            if key not in self._counts and len(self._counts) >= _MOST_PLACES:
                return
            count = self._counts[key] = self._counts.get(key, 0) + 1
        # An error in painting recurs with every frame, so report only every doubling of the count.
        if count & (count - 1) == 0:
            details = "".join(traceback.format_exception(kind, error, trace))
            self.crashed.emit(Crash(*key, details))


def place_of(trace: TracebackType | None) -> str:
    """Where an exception was raised, as ``module.py:123``; "?" without a traceback."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return "?"
    name = frames[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f"{name}:{frames[-1].lineno}"
