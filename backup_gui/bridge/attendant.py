"""One thread for work that takes long and may be given up, such as reading a history or restoring."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from backup_gui.engine.errors import BackupError
from backup_gui.engine.transfer import Cancelled

log = logging.getLogger(__name__)

MOST_WAITING = 256
_NEWS_EVERY_S = 0.1

StopAsked = Callable[[], bool]


class Errand(NamedTuple):
    """Something to be done.

    Attributes:
        work: Called in the thread, with a function that tells whether to give up; must not touch any Qt object but
            values.
        deliver: Called in the window's thread with what ``work`` returned.
        fail: Called in the window's thread with what ``work`` raised, or with ``Cancelled`` if it never began.
    """

    work: Callable[[StopAsked], object]
    deliver: Callable[[object], None]
    fail: Callable[[object], None]


class Attendant(QObject):
    """Does errands one after the other, in the order in which they came.

    The thread begins with the first errand and ends with the last. It is Python's own and a daemon: a drive that does
    not answer must not keep the program from ending.
    """

    _done = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        """Begin without errands.

        Args:
            name: The thread's name.
            parent: Owner.
        """
        super().__init__(parent)
        self._name = name
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, Errand] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._key = ""
        self._stop = threading.Event()
        self._is_outdated = False
        self._is_closed = False
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)

    def submit(self, key: str, errand: Errand) -> None:
        """Have an errand done.

        Args:
            key: What it is about. What waits or runs with the same key is given up for it, and its outcome is not told.
            errand: The errand. If too many wait, the oldest is given up.
        """
        with self._lock:
            if self._is_closed:
                return
            self._waiting.pop(key, None)
            self._waiting[key] = errand
            if key == self._key:
                self._is_outdated = True
                self._stop.set()
            while len(self._waiting) > MOST_WAITING:
                _, oldest = self._waiting.popitem(last=False)
                self.post(oldest.fail, Cancelled())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def give_up(self, key: str = "") -> None:
        """Give up the errand with a key, or all; what comes of it is told."""
        with self._lock:
            for waiting in [waiting for waiting in self._waiting if key in ("", waiting)]:
                self.post(self._waiting.pop(waiting).fail, Cancelled())
            if key in ("", self._key):
                self._stop.set()

    def post(self, deliver: Callable[[object], None], value: object) -> None:
        """Tell the window's thread something, from the thread."""
        if not self._is_closed:
            # RACE: the program may end between these two lines; then there is nothing left to send the signal.
            with contextlib.suppress(RuntimeError):
                self._done.emit((deliver, value))

    def close(self) -> None:
        """Give everything up and deliver nothing more; returns at once."""
        self._is_closed = True
        self.give_up()

    def wait(self, limit_s: float) -> bool:
        """Wait for the thread to end.

        Args:
            limit_s: How long at most.

        Returns:
            Whether it has ended. If not, it hangs in the system, and ends with the process.
        """
        thread = self._thread
        if thread is not None:
            thread.join(limit_s)
        return thread is None or not thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._key, self._thread = "", None
                    return
                self._key, errand = self._waiting.popitem(last=False)
                self._stop = stop = threading.Event()
                self._is_outdated = False
            deliver: Callable[[object], None]
            result: object
            try:
                deliver, result = errand.deliver, errand.work(stop.is_set)
            except Exception as error:
                # The boundary of the thread: whoever asked is told.
                if not isinstance(error, Cancelled | OSError | BackupError):
                    log.exception("%s failed", self._name)
                deliver, result = errand.fail, error
            with self._lock:
                is_outdated = self._is_outdated
            if not is_outdated:
                self.post(deliver, result)

    def _on_done(self, outcome: tuple[Callable[[object], None], object]) -> None:
        deliver, result = outcome
        if not self._is_closed:
            deliver(result)


class Throttle:
    """Lets through what is told in quick succession at most ten times a second, and drops the rest."""

    def __init__(self, tell: Callable[[object], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            tell: Told what gets through.
            clock: Monotonic seconds.
        """
        self._tell = tell
        self._clock = clock
        self._next_s = 0.0

    def __call__(self, value: object) -> None:
        """Tell a value, unless one was told just before."""
        now_s = self._clock()
        if now_s >= self._next_s:
            self._next_s = now_s + _NEWS_EVERY_S
            self._tell(value)
