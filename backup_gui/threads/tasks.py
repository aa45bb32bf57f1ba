"""One thread for work that takes long and may be given up, such as reading a history or restoring."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.run.mailbox import Pulse
from backup_gui.model.errors import BackupError
from backup_gui.threads.liveness import Heart, Stalls

log = logging.getLogger(__name__)

MOST_WAITING = 256
_NEWS_EVERY_S = 0.1
# Threads that hang cost no time but memory.
_MOST_LEFT = 16

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


class _Hand:
    """One thread, and the errand that it is at."""

    def __init__(self, work: Callable[[_Hand], None], name: str) -> None:
        self.heart = Heart()
        self.key = ""
        self.stop = threading.Event()
        self.is_outdated = False
        self.thread = threading.Thread(target=work, args=(self,), name=name, daemon=True)

    def should_stop(self) -> bool:
        """Whether to give up the errand under way; each question is a sign of life."""
        self.heart.beat()
        return self.stop.is_set()


class Attendant(QObject):
    """Does errands one after the other, in the order in which they came.

    The thread begins with the first errand and ends with the last. It is Python's own and a daemon: a drive that does
    not answer must not keep the program from ending. One that hangs on such a drive is told of, and left to itself if
    what it does was given up: what waits is then done by another one.
    """

    silence_changed = Signal(object)
    left = Signal()
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
        self._hand: _Hand | None = None
        self._left: set[_Hand] = set()
        self._is_closed = False
        self._stalls = Stalls(self._pulses, parent=self, rests=True)
        self._stalls.changed.connect(self._on_silence_changed)
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
            if self._hand is not None and key == self._hand.key:
                self._hand.is_outdated = True
                self._hand.stop.set()
            while len(self._waiting) > MOST_WAITING:
                _, oldest = self._waiting.popitem(last=False)
                self.post(oldest.fail, Cancelled())
            self._begin()
        self._stalls.start()
        self._leave_if_hanging()

    def give_up(self, key: str = "") -> None:
        """Give up the errand with a key, or all; what comes of it is told."""
        with self._lock:
            for waiting in [waiting for waiting in self._waiting if key in ("", waiting)]:
                self.post(self._waiting.pop(waiting).fail, Cancelled())
            if self._hand is not None and key in ("", self._hand.key):
                self._hand.stop.set()
        self._leave_if_hanging()

    def leave(self, key: str) -> None:
        """Leave the errand under way to itself, if it is the one with a key; what waits is done by another thread.

        It is given up, and what comes of it is told whenever it ends.
        """
        # Whoever shares something with the thread must know before another one begins.
        self.left.emit()
        with self._lock:
            hand = self._hand
            if hand is None or hand.key != key or len(self._left) >= _MOST_LEFT:
                return
            log.warning("%s does not get on and is left to itself: %s", self._name, key)
            hand.stop.set()
            self._left.add(hand)
            self._hand = None
            self._begin()
        self._stalls.look()

    @property
    def silent_s(self) -> int:
        """For how long the thread hangs, as ``Stalls.silent_s`` says; 0 if it does not."""
        return self._stalls.silent_s(self._name)

    @property
    def is_at_work(self) -> bool:
        """Whether there is anything that it does or has to do; what was left to itself does not count."""
        return self._hand is not None

    def post(self, deliver: Callable[[object], None], value: object) -> None:
        """Tell the window's thread something, from the thread."""
        if not self._is_closed:
            # RACE: the program may end between these two lines; then there is nothing left to send the signal.
            with contextlib.suppress(RuntimeError):
                self._done.emit((deliver, value))

    def close(self) -> None:
        """Give everything up and deliver nothing more; returns at once."""
        self._is_closed = True
        self._stalls.stop()
        self.give_up()

    def wait(self, limit_s: float) -> bool:
        """Wait for the thread to end.

        Args:
            limit_s: How long at most.

        Returns:
            Whether it has ended. If not, it hangs in the system, and ends with the process.
        """
        hand = self._hand
        if hand is not None:
            hand.thread.join(limit_s)
        return hand is None or not hand.thread.is_alive()

    def _begin(self) -> None:
        """Begin a thread if something waits for one; the lock is held."""
        if self._hand is None and self._waiting:
            self._hand = _Hand(self._run, self._name)
            self._hand.thread.start()

    def _pulses(self) -> dict[str, Pulse]:
        hand = self._hand
        return {} if hand is None else {self._name: hand.heart.pulse}

    def _leave_if_hanging(self) -> None:
        hand = self._hand
        if hand is not None and self.silent_s and hand.stop.is_set():
            self.leave(hand.key)

    @Slot(object)
    def _on_silence_changed(self, _name: object) -> None:
        self._leave_if_hanging()
        self.silence_changed.emit(self.silent_s)

    def _run(self, hand: _Hand) -> None:
        hand.heart.begin()
        while (errand := self._take(hand)) is not None:
            deliver: Callable[[object], None]
            result: object
            try:
                deliver, result = errand.deliver, errand.work(hand.should_stop)
            except Exception as error:
                # The boundary of the thread: whoever asked is told.
                if not isinstance(error, Cancelled | OSError | BackupError):
                    log.exception("%s failed", self._name)
                deliver, result = errand.fail, error
            with self._lock:
                is_outdated = hand.is_outdated
            if not is_outdated:
                self.post(deliver, result)

    def _take(self, hand: _Hand) -> Errand | None:
        """Take what a thread is to do next; None if it is to end."""
        with self._lock:
            if hand in self._left:
                self._left.discard(hand)
                return None
            if not self._waiting:
                self._hand = None
                return None
            hand.key, errand = self._waiting.popitem(last=False)
            # A new one, since what was told of the errand before must not reach this one.
            hand.stop = threading.Event()
            hand.is_outdated = False
            return errand

    def _on_done(self, outcome: tuple[Callable[[object], None], object]) -> None:
        deliver, result = outcome
        if self._is_closed:
            return
        self._stalls.look()
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
