"""The time for the history, derived from the user's clock as far as it is trusted, and from the system's uptime.

A clock can be wrong in both directions. If it is suddenly a month ahead, every version appears a month too old, and
thinning by age would remove them for good. If it is behind, as after a start with a dead battery, versions get names so
old that they would be removed as soon as the clock is right. A computer that was off for a month looks like the first
case, but then old versions should go. What distinguishes them is whether the new time lasts: a wrong clock is mostly
corrected within a day.

So the program keeps a *trusted time* beside the user's clock. Between two looks at the clock, the uptime gives the
least time that has passed. If the clock differs from that by no more than a long weekend, it is trusted, and the
trusted time follows it forward at once. If the clock is behind, the trusted time runs at half speed until the clock has
caught up. An exception is a forward step within the last hour, as of a clock that is corrected after the start. Then
the trusted time goes back with the clock, but not before the last name given. If the clock differs by more, the trusted
time advances by the uptime only. The clock is trusted again once the system has run for a day with it, even with
interruptions.

* A version is named by the trusted time if the clock is behind it, so versions stay in order whatever the clock does.
* A version's age is measured in trusted time, too. Until a version is older than a day of uptime, only uptime counts.
  Time that the clock skipped, or the computer was off, counts after the system has run for a day since.
* A version counts from the moment at which it was known to exist if it left by a time that never held for a day. So
  does one that left before anything was recorded, as when a catalog was lost.

If nothing is recorded, the newest version in the history counts as the last look at the clock.

Versions kept while the clock is ahead by more than three days get names from the future, since that time may be right.
``redating.py`` renames them once the clock is corrected.

This does not protect against a clock that is wrong for longer than a day of uptime.
"""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.history.listing import folders_of, ignore_error
from backup_gui.engine.rules.retention import DAY_S, Ages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)

CLOCK_KEY: Final = "believed clock"
AHEAD_KEY: Final = "clock was ahead by"
MOST_AHEAD_S: Final = 3.0 * DAY_S
PROOF_S: Final = 1.0 * DAY_S
# Least time between two routine records of the clock: a pass may come every second.
_NOTE_EVERY_S: Final = 600.0
_NO_DOUBT: Final = -1.0
# The clocks of a sound computer drift apart by less than this between two looks.
_DRIFT_S: Final = 0.5
_LEAST_STEP_S: Final = 60.0
_MOST_STEPS: Final = 64
# For so long after a start a clock may be ahead until it is corrected.
_BRIEFLY_S: Final = 3_600.0
# The last time that a version's name can have.
_LATEST_S: Final = 253_402_300_799.0


class Step(NamedTuple):
    """The trusted time advanced by more than the uptime: the clock was set forward, or the computer was off or asleep.

    Attributes:
        at_s: Trusted time after it, seconds since 1970.
        length_s: By how much more.
        ran_s: Total uptime until then.
    """

    at_s: float
    length_s: float
    ran_s: float


class Ahead(NamedTuple):
    """The clock was ahead of the trusted time and not trusted: versions may be named by it.

    Attributes:
        by_s: By how much.
        from_s: Trusted time before which it was not ahead, seconds since 1970.
    """

    by_s: float
    from_s: float


class ClockState(NamedTuple):
    """What is known about time after a look at the clock. Times are trusted times, seconds since 1970.

    Attributes:
        now_s: The time of the look.
        run_s: The system's uptime, seconds.
        ran_s: Total uptime since the first look, seconds.
        doubted_s: For how much uptime a doubted time has held; negative if the clock is trusted.
        proven_s: For how much uptime the trusted time agreed with the clock, at most a day.
        since_s: Versions that left the mirror before this time age from it on.
        named_s: The newest time that a version was named by.
        named_ran_s: ``ran_s`` at that moment.
        off_s: By how much the user's clock was ahead.
        steps: Those of the last day of uptime, oldest first.
    """

    now_s: float
    run_s: float
    ran_s: float = 0.0
    doubted_s: float = _NO_DOUBT
    proven_s: float = 0.0
    since_s: float = 0.0
    named_s: float = 0.0
    named_ran_s: float = 0.0
    off_s: float = 0.0
    steps: tuple[Step, ...] = ()

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the user's clock is not trusted."""
        return self.doubted_s >= 0

    def ages(self) -> Ages:
        """Return the means to compute the ages of versions."""
        return Ages(self.now_s, self.since_s, tuple((step.at_s, step.length_s) for step in self.steps))


def follow(catalog: JobDatabase, clock_s: float, run_s: float) -> None:
    """Look at the clock in a pass that may not use the history, to see whether a time holds.

    Args:
        catalog: Records permanently what was seen of the clock.
        clock_s: The user's clock, seconds since 1970, UTC.
        run_s: The system's uptime, seconds.
    """
    before = seen(catalog)
    if before is not None:
        look(catalog, before, clock_s, run_s)


def look(catalog: JobDatabase, before: ClockState | None, clock_s: float, run_s: float) -> ClockState:
    """Look at the clock after an earlier look, if there was one, and record the result; see ``follow``."""
    if before is None:
        first = ClockState(clock_s, run_s)
        _note(catalog, first)
        return first
    now = _after(before, clock_s, run_s)
    passed_s = now.ran_s - before.ran_s
    if now.off_s > MOST_AHEAD_S and not (before.is_in_doubt and abs(now.off_s - before.off_s) < _LEAST_STEP_S):
        _note_aheads(catalog, (*aheads(catalog), Ahead(now.off_s, before.now_s)))
    if now.is_in_doubt is not before.is_in_doubt:
        if now.is_in_doubt:
            _warn(clock_s - now.now_s)
        else:
            log.info("The clock is trusted")
            # If the clock was corrected, versions named meanwhile left at the trusted time. If it was right all along,
            # the trusted time was wrong, and their names are right.
            off_s = clock_s - before.now_s - passed_s
            shift_s = off_s if abs(off_s) > MOST_AHEAD_S else 0.0
            _note_aheads(catalog, (Ahead(by_s - shift_s, from_s + shift_s) for by_s, from_s in aheads(catalog)))
    is_step = abs(now.now_s - before.now_s - passed_s) > _DRIFT_S or abs(now.off_s - before.off_s) > _DRIFT_S
    if passed_s >= _NOTE_EVERY_S or is_step or now.is_in_doubt is not before.is_in_doubt:
        _note(catalog, now)
    return now


def aheads(catalog: JobDatabase) -> tuple[Ahead, ...]:
    """Return by how much the clock was ahead whenever it may have named versions, oldest first."""
    numbers = _numbers(catalog, AHEAD_KEY)
    if len(numbers) % 2:
        return ()
    found = (Ahead(*numbers[first : first + 2]) for first in range(0, len(numbers), 2))
    return tuple(ahead for ahead in found if ahead.by_s > MOST_AHEAD_S)


def forget_aheads(catalog: JobDatabase) -> None:
    """Clear these records, because the versions have their right names now."""
    _note_aheads(catalog, ())
    catalog.commit()


def _note_aheads(catalog: JobDatabase, found: Iterable[Ahead]) -> None:
    """Record by how much the clock was ahead; permanent after the catalog's next ``commit``."""
    kept = [ahead for ahead in found if ahead.by_s > MOST_AHEAD_S][-_MOST_STEPS:]
    text = " ".join(repr(number) for ahead in kept for number in ahead)
    if text != (catalog.fact(AHEAD_KEY) or ""):
        catalog.remember(AHEAD_KEY, text)


class HistoryClock:
    """The trusted time during one pass: its state when the pass began, the user's clock and the system's uptime."""

    def __init__(self, state: ClockState, clock: Callable[[], float], uptime: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._uptime = uptime
        self._has_named = False

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the user's clock is not trusted."""
        return self._state.is_in_doubt

    def now_s(self) -> float:
        """Return the trusted time, seconds since 1970."""
        return self._state.now_s + max(0.0, self._uptime() - self._state.run_s)

    def ages(self) -> Ages:
        """Return the means to compute the ages of versions."""
        return self._state.ages()._replace(now_s=self.now_s())

    def name(self) -> datetime:
        """Return the time to name a version that leaves the mirror now; never earlier than the last one."""
        now_s, clock_s = self.now_s(), self._clock()
        named_s = max(now_s, clock_s)
        # A doubted time does not count as the newest name, since it may lie in the future.
        held_s = named_s if named_s - now_s <= MOST_AHEAD_S else now_s
        if held_s >= self._state.named_s:
            ran_s = self._state.ran_s + (now_s - self._state.now_s)
            self._state = self._state._replace(named_s=held_s, named_ran_s=ran_s)
            self._has_named = True
        return datetime.fromtimestamp(min(max(named_s, 0.0), _LATEST_S), UTC)

    def note(self, catalog: JobDatabase) -> None:
        """Record the newest name given; permanent after the catalog's next ``commit``."""
        if self._has_named:
            catalog.remember(CLOCK_KEY, _text(self._state))


def trusted_clock(
    catalog: JobDatabase,
    clock: Callable[[], float],
    uptime: Callable[[], float],
    target: Destination,
    should_stop: Callable[[], bool],
) -> HistoryClock:
    """Return the history's clock for a pass.

    If nothing is recorded, the whole history is listed, and ``should_stop`` polled.
    """
    clock_s, run_s = clock(), uptime()
    before = seen(catalog)
    if before is None:
        try:
            newest_s = _newest_s(target, should_stop)
        except OSError:
            # A history that cannot be opened cannot be thinned either.
            return HistoryClock(ClockState(clock_s, run_s), clock, uptime)
        if should_stop():
            return HistoryClock(ClockState(clock_s, run_s, since_s=clock_s), clock, uptime)
        if newest_s is not None:
            is_in_doubt = abs(clock_s - newest_s) > MOST_AHEAD_S
            now_s = newest_s if is_in_doubt else clock_s
            if is_in_doubt:
                _warn(clock_s - newest_s)
            # It is unknown since when its versions have existed.
            doubted_s = 0.0 if is_in_doubt else _NO_DOUBT
            _note_aheads(catalog, [Ahead(clock_s - now_s, now_s)])
            before = ClockState(now_s, run_s, doubted_s=doubted_s, since_s=now_s, off_s=clock_s - now_s)
            _note(catalog, before)
    return HistoryClock(look(catalog, before, clock_s, run_s), clock, uptime)


def _after(before: ClockState, clock_s: float, run_s: float) -> ClockState:
    """Return the state after a look at the clock, from the state before it."""
    # After a restart of the system, the uptime is the least time that has passed.
    passed_s = run_s - before.run_s if run_s >= before.run_s else max(0.0, run_s)
    ran_s = before.ran_s + passed_s
    now = before._replace(
        now_s=before.now_s + passed_s,
        run_s=run_s,
        ran_s=ran_s,
        steps=tuple(step for step in before.steps if ran_s - step.ran_s < PROOF_S),
    )
    off_s = clock_s - now.now_s
    if abs(off_s) > MOST_AHEAD_S:
        doubted_s = before.doubted_s + passed_s if before.is_in_doubt else 0.0
        now = now._replace(off_s=off_s)
        if before.is_in_doubt and off_s - before.off_s >= _LEAST_STEP_S:
            # If this time is trusted in the end, versions named by it must not appear too old either.
            now = now._replace(steps=_bounded((*now.steps, Step(clock_s, off_s - before.off_s, ran_s))))
        return now._replace(doubted_s=doubted_s) if doubted_s < PROOF_S else _give_in(now, clock_s, doubted_s)
    now = now._replace(doubted_s=_NO_DOUBT, off_s=0.0, proven_s=min(PROOF_S, now.proven_s + passed_s))
    if off_s < 0:
        # Names must stay in order, and future names must not all have the same time.
        least_s = now.named_s + (ran_s - now.named_ran_s) / 2
        if not any(ran_s - step.ran_s < _BRIEFLY_S for step in now.steps):
            # Not after a recent forward step: users may ask for the times that they have seen on the clock.
            least_s = max(least_s, before.now_s + passed_s / 2)
        return now._replace(now_s=max(clock_s, min(now.now_s, least_s)))
    steps = now.steps
    if off_s >= _LEAST_STEP_S:
        steps = _bounded((*steps, Step(clock_s, off_s, ran_s)))
    return now._replace(now_s=clock_s, steps=steps)


def _give_in(now: ClockState, clock_s: float, doubted_s: float) -> ClockState:
    """Trust a time that has held for long enough."""
    since_s = min(now.since_s, clock_s)
    if clock_s > now.now_s and now.proven_s < PROOF_S:
        # The time before was wrong. The age of what left the mirror then is unknown, but it existed by then.
        since_s = clock_s - doubted_s
    named_s = 0.0 if clock_s < now.now_s else now.named_s
    return now._replace(
        now_s=clock_s, doubted_s=_NO_DOUBT, proven_s=PROOF_S, since_s=since_s, named_s=named_s, off_s=0.0
    )


def _bounded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """If there are too many steps, merge the oldest two; versions that left between them count as younger."""
    if len(steps) <= _MOST_STEPS:
        return steps
    first, second, *rest = steps
    return (second._replace(length_s=first.length_s + second.length_s), *rest)


def _newest_s(target: Destination, should_stop: Callable[[], bool]) -> float | None:
    history = target.history.tree()
    if history is None:
        return None
    folders = folders_of(history, should_stop, ignore_error)
    return max((float(version.stamp.left_s) for folder in folders for version in folder.versions), default=None)


def _warn(off_s: float) -> None:
    days = off_s / DAY_S
    log.warning("The clock is %+.1f days off: the history ignores it until it has held for a day of uptime", days)


def seen(catalog: JobDatabase) -> ClockState | None:
    """Read the state after the last look; None if it is missing or invalid."""
    numbers = _numbers(catalog, CLOCK_KEY)
    if len(numbers) == 3:
        # Written by an earlier version of this program, whose time counts as proven.
        return ClockState(numbers[0], numbers[1], doubted_s=numbers[2], proven_s=PROOF_S)
    if len(numbers) < 9 or len(numbers) % 3:
        return None
    now_s, run_s, ran_s, doubted_s, proven_s, since_s, named_s, named_ran_s, off_s, *rest = numbers
    steps = tuple(Step(*rest[first : first + 3]) for first in range(0, len(rest), 3))
    return ClockState(now_s, run_s, ran_s, doubted_s, proven_s, since_s, named_s, named_ran_s, off_s, steps)


def _numbers(catalog: JobDatabase, key: str) -> list[float]:
    """Read the numbers of a fact; none if it is missing or invalid."""
    try:
        numbers = [float(part) for part in (catalog.fact(key) or "").split()]
    except ValueError:
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _text(state: ClockState) -> str:
    *numbers, steps = state
    return " ".join(repr(number) for number in (*numbers, *(part for step in steps for part in step)))


def _note(catalog: JobDatabase, state: ClockState) -> None:
    catalog.remember(CLOCK_KEY, _text(state))
    # At once: the pass may end early, and an open transaction would block other writers.
    catalog.commit()
