"""The mailbox of a runner, and the loop's view of it."""

import queue
import threading
from collections import deque
from typing import NamedTuple

from backup_gui.model.events import Command, GiveUp, Pause, Stop


class Pulse(NamedTuple):
    """A sign of life of a runner.

    Attributes:
        looks: How often it has looked for commands. It does so at every step, however long a pass takes.
        is_at_rest: Whether it waits for something to do.
        ran_ns: Processor time of its thread, nanoseconds; 0 if unknown.
    """

    looks: int
    is_at_rest: bool
    ran_ns: int = 0


class Mailbox:
    """Thread-safe mailbox of one runner: any thread puts, the runner's thread takes.

    A signal handler that interrupts the waiting thread may also call ``put`` and ``wake``. A condition or a
    ``queue.Queue`` would deadlock then, because the interrupted code holds the lock that the handler needs.
    ``queue.SimpleQueue.put`` is documented as reentrant for this case, and ``put`` does nothing else.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        # Entries received while waiting and not taken yet; only the runner's thread uses it.
        self._received: deque[Command | None] = deque()
        # Other threads only read it: when it stops changing, the runner hangs in a system call.
        self._looks = 0
        self._is_at_rest = False

    def put(self, command: Command) -> None:
        """Add a command."""
        self._queue.put(command)

    def wake(self) -> None:
        """Wake the runner, because something else is new."""
        self._queue.put(None)

    def is_empty(self) -> bool:
        """Return whether the mailbox is empty; cheaper than ``take``."""
        self._looks += 1
        return not self._received and self._queue.empty()

    @property
    def pulse(self) -> Pulse:
        """Return the runner's sign of life; any thread may call it."""
        return Pulse(self._looks, self._is_at_rest)

    def take(self) -> Command | None:
        """Return and remove the oldest command; None if there is none."""
        self._looks += 1
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
        self._is_at_rest = True
        try:
            self._received.append(self._queue.get(timeout=min(timeout_s, threading.TIMEOUT_MAX)))
        except queue.Empty:
            return
        finally:
            self._is_at_rest = False
            self._looks += 1


class Inbox:
    """The loop's view of the commands: taken in order between passes, only looked at during them."""

    def __init__(self, commands: Mailbox) -> None:
        self._commands = commands
        self._received: deque[Command] = deque()
        # Passes may ask from several threads. Signal handlers never take this lock: they only put.
        self._lock = threading.Lock()
        self._interrupts = 0
        self._surrenders = 0

    def interrupts(self) -> bool:
        """Return whether a command has come that ends the current pass; cheap, since it is polled for every entry."""
        if not self._commands.is_empty():
            self._receive()
        return self._interrupts > 0

    def gives_up(self) -> bool:
        """Return whether a command has come that ends the current restore."""
        return self.interrupts() or self._surrenders > 0

    def take(self) -> Command | None:
        """Return and remove the oldest command; None if there is none."""
        self._receive()
        if not self._received:
            return None
        command = self._received.popleft()
        if isinstance(command, Stop | Pause):
            self._interrupts -= 1
        elif isinstance(command, GiveUp):
            self._surrenders -= 1
        return command

    def _receive(self) -> None:
        with self._lock:
            while (command := self._commands.take()) is not None:
                self._received.append(command)
                if isinstance(command, Stop | Pause):
                    self._interrupts += 1
                elif isinstance(command, GiveUp):
                    self._surrenders += 1
