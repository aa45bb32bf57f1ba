"""Time and the runner's mailbox: everything that the runner waits for, so that tests run without real time."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backup_gui.engine.events import Command

# On Windows a waiting main thread does not run signal handlers: it has to come up for air.
_LONGEST_WAIT_S = 0.25 if sys.platform == "win32" else float("inf")


class Commands:
    """Thread-safe mailbox of one runner: any thread puts, the runner's thread takes.

    ``put`` and ``wake`` may also be called from a signal handler that interrupts the very thread that waits here. A
    condition or a ``queue.Queue`` would deadlock then, because the interrupted code holds their lock, which the handler
    needs. ``queue.SimpleQueue.put`` is documented as reentrant for this case, and nothing else happens in ``put``.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        # Only the runner's side uses it: what was received while waiting and not taken yet.
        self._received: deque[Command | None] = deque()

    def put(self, command: Command) -> None:
        """Leave a command."""
        self._queue.put(command)

    def wake(self) -> None:
        """End the runner's waiting: there is something new elsewhere."""
        self._queue.put(None)

    def is_empty(self) -> bool:
        """Whether nothing was put since all was taken; costs less than ``take``."""
        return not self._received and self._queue.empty()

    def take(self) -> Command | None:
        """Take the oldest command, or None if there is none."""
        while True:
            try:
                command = self._received.popleft() if self._received else self._queue.get_nowait()
            except queue.Empty:
                return None
            if command is not None:
                return command

    def wait(self, timeout_s: float) -> None:
        """Return as soon as something is put, or after ``timeout_s`` seconds."""
        if self._received or timeout_s <= 0:
            return
        try:
            self._received.append(self._queue.get(timeout=min(timeout_s, threading.TIMEOUT_MAX)))
        except queue.Empty:
            return


class Clock(Protocol):
    """What the runner knows of time."""

    def monotonic(self) -> float:
        """Seconds that never jump; they may stand still while the computer sleeps."""
        ...

    def time(self) -> float:
        """Seconds since 1970, UTC, as the user's clock has it."""
        ...

    def wait(self, commands: Commands, timeout_s: float) -> None:
        """Wait until something is in the mailbox, at most ``timeout_s`` seconds; may return early."""
        ...


class SystemClock:
    """The computer's own time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def wait(self, commands: Commands, timeout_s: float) -> None:
        """Wait until something is in the mailbox, at most ``timeout_s`` seconds."""
        commands.wait(min(timeout_s, _LONGEST_WAIT_S))
