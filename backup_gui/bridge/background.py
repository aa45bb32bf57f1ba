"""Short work that may block, such as a look at a drive, off the window's thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

log = logging.getLogger(__name__)

_MOST_THREADS = 8


class Background(QObject):
    """Runs functions in threads and delivers what they return in the window's thread.

    Daemon threads of Python's and no QThreadPool: a drive that does not answer must not keep the program from ending,
    and a pool waits for its threads without limit when it is destroyed.
    """

    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin without work."""
        super().__init__(parent)
        self._running: dict[str, threading.Thread] = {}
        self._next: dict[str, tuple[Callable[[], object], Callable[[object], None]]] = {}
        self._is_closed = False
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)

    def submit(self, key: str, work: Callable[[], object], deliver: Callable[[object], None]) -> None:
        """Do some work.

        Args:
            key: What the work is about. While work with a key runs, only the latest further one with it waits.
            work: Called in another thread; must not touch any Qt object.
            deliver: Called in the window's thread with what ``work`` returned; not called if it raised.
        """
        if self._is_closed:
            return
        if key in self._running or len(self._running) >= _MOST_THREADS:
            self._next[key] = (work, deliver)
            return
        thread = threading.Thread(target=self._run, args=(key, work, deliver), name=f"look {key}", daemon=True)
        self._running[key] = thread
        thread.start()

    def close(self) -> None:
        """Take no more work and deliver nothing more; what hangs is left behind."""
        self._is_closed = True
        self._next.clear()

    def _run(self, key: str, work: Callable[[], object], deliver: Callable[[object], None]) -> None:
        result: object = None
        has_result = False
        try:
            result = work()
            has_result = True
        except Exception:
            # The boundary of the thread: an error is recorded, and the next work with the key goes on.
            log.exception("Work in the background failed: %s", key)
        if self._is_closed:
            return
        # RACE: the program may end between these two lines; then there is nothing left to send the signal, and the
        # thread ends with it.
        with contextlib.suppress(RuntimeError):
            self._done.emit((key, deliver if has_result else None, result))

    def _on_done(self, outcome: tuple[str, Callable[[object], None] | None, object]) -> None:
        key, deliver, result = outcome
        self._running.pop(key, None)
        if self._is_closed:
            return
        if deliver is not None:
            deliver(result)
        for waiting in list(self._next):
            if waiting not in self._running and len(self._running) < _MOST_THREADS:
                work, then = self._next.pop(waiting)
                self.submit(waiting, work, then)
