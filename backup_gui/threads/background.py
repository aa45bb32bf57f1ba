"""Short work that may block, such as a look at a drive, off the window's thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backup_gui.threads.liveness import Heart, Stalls

log = logging.getLogger(__name__)

_MOST_THREADS = 8
# Those that hang cost no time but memory; so many of them are a fault that no more threads would mend.
_MOST_IN_ALL = 64


class _Work(NamedTuple):
    """Something to be done.

    Attributes:
        do: Called in a thread.
        deliver: Called in the window's thread with what it returned.
        replaces: Whether it takes the place of work with the same key that hangs.
        heart: Its sign of life.
    """

    do: Callable[[], object]
    deliver: Callable[[object], None]
    replaces: bool
    heart: Heart


class Background(QObject):
    """Runs functions in threads and delivers what they return in the window's thread.

    Daemon threads of Python's and no QThreadPool: a drive that does not answer must not keep the program from ending,
    and a pool waits for its threads without limit when it is destroyed. Threads that hang on such a drive do not keep
    others from their work.
    """

    silence_changed = Signal(object)
    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin without work."""
        super().__init__(parent)
        self._running: dict[str, Heart] = {}
        # Threads that hang in work whose place other work has taken.
        self._left: set[Heart] = set()
        self._next: dict[str, _Work] = {}
        self._is_closed = False
        self._stalls = Stalls(
            lambda: {key: heart.pulse for key, heart in self._running.items()}, parent=self, rests=True
        )
        self._stalls.changed.connect(self._on_silence_changed)
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        key: str,
        work: Callable[[], object],
        deliver: Callable[[object], None],
        *,
        replaces: bool = False,
        heart: Heart | None = None,
    ) -> None:
        """Do some work.

        Args:
            key: What the work is about. While work with a key runs, only the latest further one with it waits.
            work: Called in another thread; must not touch any Qt object.
            deliver: Called in the window's thread with what ``work`` returned; not called if it raised.
            replaces: Whether work with the same key that hangs is left to itself for this one.
            heart: The sign of life of the work, if it gives some itself.
        """
        if self._is_closed:
            return
        self._next[key] = _Work(work, deliver, replaces, heart or Heart())
        self._begin_waiting()

    def silent_s(self, key: str) -> int:
        """For how long the work with a key hangs, as ``Stalls.silent_s`` says; 0 if it does not."""
        return self._stalls.silent_s(key)

    def close(self) -> None:
        """Take no more work and deliver nothing more; what hangs is left behind."""
        self._is_closed = True
        self._stalls.stop()
        self._next.clear()

    def _begin_waiting(self) -> None:
        for key in list(self._next):
            if key in self._running and self._next[key].replaces and self.silent_s(key):
                self._left.add(self._running.pop(key))
            if key not in self._running and self._has_room():
                self._begin(key, self._next.pop(key))

    def _has_room(self) -> bool:
        hanging = sum(self.silent_s(key) > 0 for key in self._running)
        return len(self._running) - hanging < _MOST_THREADS and len(self._running) + len(self._left) < _MOST_IN_ALL

    def _begin(self, key: str, work: _Work) -> None:
        self._running[key] = work.heart
        thread = threading.Thread(target=self._run, args=(key, work), name=f"look {key}", daemon=True)
        thread.start()
        self._stalls.start()

    def _run(self, key: str, work: _Work) -> None:
        work.heart.begin()
        result: object = None
        has_result = False
        try:
            result = work.do()
            has_result = True
        except Exception:
            # The boundary of the thread: an error is recorded, and the next work with the key goes on.
            log.exception("Work in the background failed: %s", key)
        if self._is_closed:
            return
        # RACE: the program may end between these two lines; then there is nothing left to send the signal, and the
        # thread ends with it.
        with contextlib.suppress(RuntimeError):
            self._done.emit((key, work.heart, work.deliver if has_result else None, result))

    def _on_done(self, outcome: tuple[str, Heart, Callable[[object], None] | None, object]) -> None:
        key, heart, deliver, result = outcome
        is_left = heart in self._left
        self._left.discard(heart)
        if not is_left:
            self._running.pop(key, None)
        if self._is_closed:
            return
        self._stalls.look()
        if deliver is not None and not is_left:
            deliver(result)
        self._begin_waiting()

    @Slot(object)
    def _on_silence_changed(self, key: str) -> None:
        self.silence_changed.emit(key)
        self._begin_waiting()
