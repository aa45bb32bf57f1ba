"""Time that passes only when everybody waits, and tasks of which one runs at a time: all order comes from the queue.

A task is a thread, but never runs beside another one: whoever waits hands the baton to whoever is due next. So a run
has one order only, whatever the system's threads do.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from tests.property.faulty_os import Killed

START_AT = 1_700_000_000.0
START_S = 1_000.0
# What runs hot is noticed by this many turns at one moment.
MOST_TURNS = 200_000


class Task:
    """Something that runs and waits in turns.

    Args:
        name: What it is called.
        work: What it does; None for the thread that makes the scheduler.
    """

    def __init__(self, name: str, work: Callable[[], object] | None = None) -> None:
        self.name = name
        self.work = work
        self.baton = threading.Semaphore(0)
        self.turn = -1
        self.can_be_woken = False
        self.is_killed = False
        self.has_ended = False
        self.thread: threading.Thread | None = None


class Scheduler:
    """The clock and the queue of what is to happen. All times ending in ``_s`` are on the steady clock."""

    def __init__(self) -> None:
        self.now_s = START_S
        self._ahead_s = START_AT - START_S
        self._slept_s = 0.0
        self._queue: list[tuple[float, int, Task | Callable[[], object]]] = []
        self._number = itertools.count()
        self._main = Task("main")
        self.current = self._main
        self._turns = 0
        self.failure: BaseException | None = None

    # Clocks

    def monotonic(self) -> float:
        """The steady clock, which stands still while the computer sleeps."""
        return self.now_s

    def time(self) -> float:
        """The user's clock, seconds since 1970, UTC."""
        return self.now_s + self._ahead_s

    def uptime(self) -> float:
        """How long the computer has been on, with the time asleep."""
        return self.now_s + self._slept_s

    @property
    def elapsed_s(self) -> float:
        """How long the run has taken so far."""
        return self.now_s - START_S

    def set_clock(self, by_s: float) -> None:
        """Set the user's clock forward, or back."""
        self._ahead_s += by_s

    def sleep(self, seconds: float) -> None:
        """Have the computer asleep."""
        self._ahead_s += seconds
        self._slept_s += seconds

    # The queue

    def at(self, at_s: float, action: Callable[[], object]) -> None:
        """Have something happen at a moment, in between what tasks do; it must not wait."""
        heapq.heappush(self._queue, (at_s, next(self._number), action))

    def start(self, task: Task) -> None:
        """Start a task now."""
        task.thread = threading.Thread(target=self._run_task, args=(task,), name=task.name, daemon=True)
        self._enqueue(task, self.now_s)
        task.thread.start()

    def pause(self, seconds: float) -> None:
        """Wait, as the task that runs.

        Raises:
            Killed: It is to run no more.
        """
        me = self.current
        if not me.is_killed:
            self._wait(me, self.now_s + seconds)
        if me.is_killed:
            raise Killed

    def pause_until_woken(self, seconds: float) -> None:
        """Wait, as the task that runs, for a call of ``wake``, but not longer than so many seconds."""
        self.current.can_be_woken = True
        try:
            self.pause(seconds)
        finally:
            self.current.can_be_woken = False

    def wake(self, task: Task) -> None:
        """End a task's waiting, if it can be ended."""
        if task.can_be_woken:
            task.can_be_woken = False
            self._enqueue(task, self.now_s)

    def kill(self, task: Task) -> None:
        """Have a task run no more, wherever it is; it ends at this moment."""
        if not task.has_ended:
            task.is_killed = True
            self._enqueue(task, self.now_s)

    def run_until(self, until_s: float) -> None:
        """Let all of it happen up to a moment; for the thread that made the scheduler.

        Raises:
            BaseException: What an action or a task has raised.
        """
        if self.failure is None:
            self._wait(self._main, until_s)
        if self.failure is not None:
            raise self.failure

    def end(self, task: Task) -> None:
        """Wait until a task that is to end has ended; for the thread that made the scheduler."""
        while not task.has_ended and task.thread is not None:
            self._wait(self._main, self.now_s)

    def fail(self, error: BaseException) -> None:
        """Note what went wrong, and let nothing else happen."""
        if self.failure is None:
            self.failure = error
            self._enqueue(self._main, -1.0)

    def _enqueue(self, task: Task, at_s: float) -> None:
        task.turn = next(self._number)
        heapq.heappush(self._queue, (at_s, task.turn, task))

    def _wait(self, me: Task, until_s: float) -> None:
        self._enqueue(me, until_s)
        if self._hand_over(me):
            me.baton.acquire()
        self.current = me

    def _hand_over(self, me: Task) -> bool:
        """Let things happen until a task is due; tells whether it is another one, which has the baton now."""
        while True:
            at_s, number, due = heapq.heappop(self._queue)
            if isinstance(due, Task) and due.turn != number:
                continue
            self._turns = self._turns + 1 if at_s <= self.now_s else 0
            if self._turns > MOST_TURNS:
                self._turns = 0
                self.fail(AssertionError(f"runs hot: {due.name if isinstance(due, Task) else due}"))
                continue
            self.now_s = max(self.now_s, at_s)
            if due is me:
                return False
            if isinstance(due, Task):
                due.baton.release()
                return True
            # What happens in between is nobody's.
            self.current = self._main
            try:
                due()
            except BaseException as error:  # noqa: BLE001 - told by whoever made the scheduler
                self.fail(error)

    def _run_task(self, task: Task) -> None:
        task.baton.acquire()
        self.current = task
        try:
            if not task.is_killed:
                assert task.work is not None
                task.work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - told by whoever made the scheduler
            self.fail(error)
        task.has_ended = True
        self._hand_over(task)
