"""When a job's next pass is due. Pure arithmetic on monotonic seconds: reads no clock and never waits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backup_gui.engine.rules.backoff import LONGEST_PAUSE_S, QUIET_S, growing_pause_s
from backup_gui.engine.watch.dirty_paths import MAX_PATHS, Pending
from backup_gui.model.plans import FULL, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

UNSETTLED_S = 2.0


class Schedule:
    """Due times of passes.

    Args:
        interval_s: The job's interval.
        full_pass_every_s: Seconds between full passes while all changes are notified.
        now_s: Monotonic time; the first full pass is due at once.
    """

    def __init__(self, interval_s: float, full_pass_every_s: float, now_s: float) -> None:
        self._interval_s = interval_s
        self._full_pass_every_s = full_pass_every_s
        self._quiet_s = min(QUIET_S, interval_s)
        self._full_at_s = now_s
        # End of the last full pass, and the due time derived from it; None while passes follow the interval.
        self._full_ended_s = now_s
        self._planned_s: float | None = None
        self._retry_at_s: float | None = None
        self._failures = 0
        # Paths with their own due time, and the pause that led to it.
        self._later: dict[str, tuple[float, float]] = {}
        self._taken_pauses: dict[str, float] = {}
        self._problems: Scope = Scope()
        self._problems_at_s = math.inf
        self._problem_tries = 0

    def want_full(self, at_s: float) -> None:
        """Request a full pass at a time, or earlier if one is due earlier."""
        self._full_at_s = min(self._full_at_s, at_s)

    def check_every(self, full_pass_every_s: float) -> None:
        """Change the time between full passes, also of the next one unless an earlier one was requested."""
        self._full_pass_every_s = full_pass_every_s
        if self._planned_s is not None and self._full_at_s == self._planned_s:
            self._full_at_s = self._planned_s = self._full_ended_s + full_pass_every_s

    def next_s(self, pending: Pending, rested_s: float = math.inf) -> float:
        """Return the monotonic time at which the next pass is due; a waiting file is due at ``rested_s``."""
        if self._retry_at_s is not None:
            return self._retry_at_s
        return min(self._full_at_s, self._partial_at_s(pending), rested_s)

    def is_full_due(self, now_s: float) -> bool:
        """Return whether the next pass is a full one; after a failure it always is."""
        return self._retry_at_s is not None or self._full_at_s <= now_s

    def take_due(self, now_s: float) -> Scope:
        """Take the paths that are due to be compared again, and the paths with problems if it is their time."""
        due = {path for path, (at_s, _) in self._later.items() if at_s <= now_s}
        self._taken_pauses = {path: self._later.pop(path)[1] for path in due}
        problems = Scope()
        if self._problems_at_s <= now_s:
            problems, self._problems_at_s = self._problems, math.inf
        return Scope(frozenset(due) | problems.paths, problems.trees)

    def take_all(self) -> Scope:
        """Take everything, because a full pass begins."""
        self._taken_pauses = {path: pause_s for path, (_, pause_s) in self._later.items()}
        self._later.clear()
        self._problems_at_s = math.inf
        return FULL

    def compare_again(self, paths: Iterable[str], now_s: float) -> None:
        """Compare paths again in two seconds; the pause grows each time."""
        for path in paths:
            pause_s = min(2 * self._taken_pauses.get(path, UNSETTLED_S / 2), LONGEST_PAUSE_S)
            self._later[path] = (now_s + pause_s, pause_s)
        if len(self._later) > MAX_PATHS:
            # As after the first copy of a large tree that was just unpacked: one full comparison is cheaper.
            self.want_full(now_s + UNSETTLED_S)
            self._later.clear()

    def retry_problems(self, scope: Scope, now_s: float) -> None:
        """Try paths with problems again: after an interval, then in growing pauses while the problems are the same."""
        if scope != self._problems:
            self._problem_tries = 0
        elif math.isfinite(self._problems_at_s):
            # This pass did not cover them.
            return
        self._problems = scope
        if not scope:
            self._problems_at_s = math.inf
            return
        self._problems_at_s = now_s + max(self._interval_s, growing_pause_s(self._interval_s, self._problem_tries))
        self._problem_tries += 1

    def wait_for_root(self, now_s: float) -> None:
        """Look again after an interval, because a root is absent."""
        self._retry_at_s = now_s + growing_pause_s(self._interval_s, 0)

    def fail(self, now_s: float) -> None:
        """Try again after a growing pause, because a pass failed as a whole."""
        self._retry_at_s = now_s + growing_pause_s(self._interval_s, self._failures)
        self._failures += 1

    def recover(self) -> None:
        """Reset the pauses after a successful pass."""
        self._retry_at_s = None
        self._failures = 0

    def full_pass_ended(self, started_s: float, ended_s: float, *, is_polling: bool) -> None:
        """Set the time of the next full pass, which comes earlier where not all changes are notified."""
        if is_polling:
            # If comparing the tree takes longer than the interval, use at most half of the time for it.
            rest_s = min(ended_s - started_s, LONGEST_PAUSE_S)
            self._full_at_s = max(started_s + self._interval_s, ended_s + rest_s)
            self._planned_s = None
        else:
            self._full_at_s = self._planned_s = ended_s + self._full_pass_every_s
            self._full_ended_s = ended_s

    def _partial_at_s(self, pending: Pending) -> float:
        at_s = self._problems_at_s
        if pending:
            # Once it is quiet; if it never is, one interval after the first change.
            at_s = min(at_s, pending.last_s + self._quiet_s, pending.first_s + self._interval_s)
        if self._later:
            at_s = min(at_s, *(due_s for due_s, _ in self._later.values()))
        return at_s
