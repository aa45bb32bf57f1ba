"""The mailbox of a runner, and the runner's view of it."""

import queue
import threading
from collections import deque
from typing import NamedTuple

from backup_gui.model.events import Command, GiveUp, Pause, Stop


class Pulse(NamedTuple):
    """A sign of life of a runner.

    Attributes:
        looks: How often it has looked for commands; it does so at every step, however long a pass takes.
        is_at_rest: Whether it waits for something to do.
        ran_ns: How long its thread has kept a processor busy, nanoseconds; 0 where that cannot be told.
    """

    looks: int
    is_at_rest: bool
    ran_ns: int = 0


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
        # Others only read it: when it stands still, the runner hangs in a call of the system.
        self._looks = 0
        self._is_at_rest = False

    def put(self, command: Command) -> None:
        """Leave a command."""
        self._queue.put(command)

    def wake(self) -> None:
        """End the runner's waiting: there is something new elsewhere."""
        self._queue.put(None)

    def is_empty(self) -> bool:
        """Whether nothing was put since all was taken; costs less than ``take``."""
        self._looks += 1
        return not self._received and self._queue.empty()

    @property
    def pulse(self) -> Pulse:
        """The runner's sign of life; for any thread."""
        return Pulse(self._looks, self._is_at_rest)

    def take(self) -> Command | None:
        """Take the oldest command, or None if there is none."""
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
    """Commands as the loop sees them: taken in order between passes, looked at during them.

    Args:
        commands: The mailbox; nobody else takes from it.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._received: deque[Command] = deque()
        # Passes may ask from several threads. A signal handler never takes this lock: it only puts.
        self._lock = threading.Lock()
        self._interrupts = 0
        self._surrenders = 0

    def interrupts(self) -> bool:
        """Whether a command has arrived that ends the pass under way; cheap, since it is asked for every entry."""
        if not self._commands.is_empty():
            self._receive()
        return self._interrupts > 0

    def gives_up(self) -> bool:
        """Whether a command has arrived that ends what is being brought back."""
        return self.interrupts() or self._surrenders > 0

    def take(self) -> Command | None:
        """Take the oldest command, or None if there is none."""
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
