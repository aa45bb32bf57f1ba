"""Work in the background that takes long enough to be watched and given up, such as counting a folder.

``Background`` has the threads; here is what makes such work stop, and what it tells on the way, which is handed to the
window's thread at most ten times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backup_gui.threads.liveness import Heart

if TYPE_CHECKING:
    from backup_gui.threads.background import Background

LEAST_PAUSE_S = 0.1


class Errand:
    """What the work itself sees: whether it is still wanted, and where to tell how far it is."""

    def __init__(self, tell: Callable[[object], None], now: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            tell: Takes what is told, in the thread of the work.
            now: Monotonic seconds.
        """
        self._tell = tell
        self._now = now
        self._told_s = now()
        self.heart = Heart()
        self._is_over = False

    def should_stop(self) -> bool:
        """Whether nobody wants the result any more."""
        self.heart.beat()
        return self._is_over

    def stop(self) -> None:
        """Want it no more; from any thread."""
        self._is_over = True

    def tell(self, value: object) -> None:
        """Tell how far the work is; of what is told too often, only some gets through."""
        now_s = self._now()
        if not self._is_over and now_s - self._told_s >= LEAST_PAUSE_S:
            self._told_s = now_s
            self._tell(value)


class _Running(NamedTuple):
    """An errand under way, and who is to be told of it."""

    errand: Errand
    on_told: Callable[[object], None]
    on_silent: Callable[[int], None]


class Errands(QObject):
    """Runs errands by key: a new one with the same key takes the place of the old one."""

    _told = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        """Begin without any.

        Args:
            background: Has the threads.
            parent: Owner.
        """
        super().__init__(parent)
        self._background = background
        self._running: dict[str, _Running] = {}
        background.silence_changed.connect(self._on_silence_changed)
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    def begin(
        self,
        key: str,
        work: Callable[[Errand], object],
        on_done: Callable[[object], None],
        on_told: Callable[[object], None] | None = None,
        on_silent: Callable[[int], None] | None = None,
    ) -> None:
        """Begin some work; what runs with the same key is given up.

        Args:
            key: What it is about.
            work: Called in another thread; must not touch any Qt object.
            on_done: Called in the window's thread with what it returned, unless it was given up or raised.
            on_told: Called in the window's thread with what it told.
            on_silent: Called in the window's thread when it hangs, as on a drive that does not answer: for how many
                seconds, and with 0 when it goes on.
        """
        self.cancel(key)
        errand = Errand(lambda value: self._told.emit((key, errand, value)))
        self._running[key] = _Running(errand, on_told or _ignore, on_silent or _ignore)
        deliver = partial(self._on_done, key, errand, on_done)
        self._background.submit(key, partial(work, errand), deliver, replaces=True, heart=errand.heart)

    def cancel(self, key: str) -> None:
        """Give up the work with a key, if there is any."""
        running = self._running.pop(key, None)
        if running is not None:
            running.errand.stop()

    def is_running(self, key: str) -> bool:
        """Whether work with a key was begun and has not ended."""
        return key in self._running

    def close(self) -> None:
        """Give everything up."""
        for key in list(self._running):
            self.cancel(key)

    def _on_done(self, key: str, errand: Errand, on_done: Callable[[object], None], result: object) -> None:
        running = self._running.get(key)
        if running is not None and running.errand is errand:
            del self._running[key]
            on_done(result)

    def _on_told(self, told: tuple[str, Errand, object]) -> None:
        key, errand, value = told
        running = self._running.get(key)
        if running is not None and running.errand is errand:
            running.on_told(value)

    @Slot(object)
    def _on_silence_changed(self, key: str) -> None:
        running = self._running.get(key)
        if running is not None:
            running.on_silent(self._background.silent_s(key))


def _ignore(value: object) -> None:
    """Take note of nothing."""
