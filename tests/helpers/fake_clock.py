"""A clock for tests: time passes only while somebody waits, and then at once."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from backup_gui.engine.run.clock import Clock
from backup_gui.engine.run.mailbox import Mailbox

MOST_WAITS = 200_000


class FakeClock(Clock):
    """Starts at 1,000 s on the steady clock; actions can be planned for moments counted from there."""

    def __init__(self) -> None:
        self.start_s = 1_000.0
        self._now_s = self.start_s
        self._now_at = 1_700_000_000.0
        self._plan: list[tuple[float, int, Callable[[], object]]] = []
        self._number = itertools.count()
        self.waits = 0

    def monotonic(self) -> float:
        return self._now_s

    def time(self) -> float:
        return self._now_at

    @property
    def elapsed_s(self) -> float:
        return self._now_s - self.start_s

    def at(self, elapsed_s: float, action: Callable[[], object]) -> None:
        """Plan an action; it happens when the waiting comes to its moment."""
        heapq.heappush(self._plan, (self.start_s + elapsed_s, next(self._number), action))

    def advance(self, seconds: float) -> None:
        """Let time pass without waiting, as in a long pass; what falls into it happens."""
        self._run_plan(self._now_s + seconds, lambda: False)

    def sleep(self, seconds: float) -> None:
        """Have the computer asleep: the user's clock goes on, the steady one does not."""
        self._now_at += seconds

    def wait(self, commands: Mailbox, timeout_s: float) -> None:
        self.waits += 1
        assert self.waits < MOST_WAITS, "the runner runs hot, or was never stopped"
        assert timeout_s >= 0
        if commands.is_empty():
            self._run_plan(self._now_s + timeout_s, lambda: not commands.is_empty())

    def _run_plan(self, until_s: float, is_enough: Callable[[], bool]) -> None:
        while self._plan and self._plan[0][0] <= until_s:
            at_s, _, action = heapq.heappop(self._plan)
            self._move_to(at_s)
            action()
            if is_enough():
                return
        self._move_to(until_s)

    def _move_to(self, at_s: float) -> None:
        seconds = max(0.0, at_s - self._now_s)
        self._now_s += seconds
        self._now_at += seconds
