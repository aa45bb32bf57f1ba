"""What time it is for the history: by the user's clock as far as it can be believed, and by how long the system ran.

A clock can be wrong in both directions. One that is suddenly a month ahead makes every version a month older than it
is, and thinning by age would remove them for good. One that is behind, as after a start with a dead battery, gives
versions a name so long ago that they would go as soon as the clock is right. That the computer was switched off for a
month looks like the first, and then old versions are to go. What tells them apart is whether the new time holds: a
wrong clock is mostly set right again within a day.

So a time of our own goes along with the user's clock. Of two looks at the clock it is known how long the system has run
in between, at the least. If the clock differs from that by no more than a long weekend, it is right. Our own time goes
forward with it at once; if the clock is behind, our own time goes on at half the speed until it has caught up. (If that
follows a step forward within an hour, as where a clock is set right after the start, our own time goes back with it,
but not beyond the last name that was given.) If the clock differs by more, our own time goes on by what the system
runs, and the clock is believed once the system has run for a day with it, however often it was off meanwhile.

* A version is named by our own time where the clock is behind it, so versions are in order whatever the clock does.
* A version's age is by our own time, too. As long as it is younger than a day of running, only running counts: the time
  that the clock was set forward, or the computer switched off, counts when the system has run for a day since.
* What left the mirror by a time that never held for a day, or before anything was remembered, as when a catalog was
  lost, counts from the moment at which it was known to be there.

Where nothing is remembered, the newest version in the history is the last look at a clock.

Versions kept while the clock is ahead by more than three days have a name from the future, since it may be the right
time after all; ``redating.py`` names them anew once the clock is set right.

What this does not protect from: a clock that is wrong for longer than a day of running.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.history.usage import folders_of
from backup_gui.engine.rules.retention import DAY_S, Ages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.destination.destination import Target
    from backup_gui.engine.state.database import Catalog

log = logging.getLogger(__name__)

BELIEF_KEY: Final = "believed clock"
AHEAD_KEY: Final = "clock was ahead by"
MOST_AHEAD_S: Final = 3.0 * DAY_S
PROOF_S: Final = 1.0 * DAY_S
# What is known of the clock is written no more often, as long as nothing happens: a pass may come every second.
_NOTE_EVERY_S: Final = 600.0
_NO_DOUBT: Final = -1.0
# More than the clocks of a sound computer drift apart between two looks.
_DRIFT_S: Final = 0.5
_LEAST_STEP_S: Final = 60.0
_MOST_STEPS: Final = 64
# For so long after a start a clock may be ahead until it is set right.
_BRIEFLY_S: Final = 3_600.0
_UPTIME_FILE: Final = "/proc/uptime"
# The last moment that a version can be named by.
_LATEST_S: Final = 253_402_300_799.0


def uptime_s() -> float:
    """Return how long the system has been running, seconds, with the time asleep where the system counts it."""
    if sys.platform == "linux":
        try:
            # As the clocks of the system say it, but for programs that are told another time than the system has.
            with open(_UPTIME_FILE, encoding="utf-8") as file:
                return float(file.read().split()[0])
        except (OSError, ValueError, IndexError):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Step(NamedTuple):
    """Our own time went on by more than the system ran: the clock was set forward, or the computer was off or asleep.

    Attributes:
        at_s: Our own time after it, seconds since 1970.
        length_s: By how much more.
        ran_s: How long the system had run in all.
    """

    at_s: float
    length_s: float
    ran_s: float


class Ahead(NamedTuple):
    """The clock was ahead of our own time, and not believed: versions may be named by it.

    Attributes:
        by_s: By how much.
        from_s: Our own time before which it was not, seconds since 1970.
    """

    by_s: float
    from_s: float


class Belief(NamedTuple):
    """What is known of time after a look at the clock. Times are our own, seconds since 1970.

    Attributes:
        now_s: The time of the look.
        run_s: How long the system had been running, seconds.
        ran_s: How long it has run in all since the first look, seconds.
        doubted_s: For how long of that a time in doubt has held; negative if none is in doubt.
        proven_s: For how long of that our own time agreed with the clock, at the most a day.
        since_s: What left the mirror before that time counts from it.
        named_s: The newest name that a version was given.
        named_ran_s: ``ran_s`` when it was given.
        off_s: By how much the user's clock was ahead.
        steps: Those of the last day of running, oldest first.
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
        """Whether the user's clock is not believed."""
        return self.doubted_s >= 0

    def ages(self) -> Ages:
        """How old versions are."""
        return Ages(self.now_s, self.since_s, tuple((step.at_s, step.length_s) for step in self.steps))


def follow(catalog: Catalog, clock_s: float, run_s: float) -> None:
    """Look at the clock in a pass that may not come to the history: whether a time holds is seen all the same.

    Args:
        catalog: Remembers what was seen of the clock, permanently.
        clock_s: The user's clock, seconds since 1970, UTC.
        run_s: How long the system has been running, seconds.
    """
    if _seen(catalog) is not None:
        look(catalog, clock_s, run_s)


def look(catalog: Catalog, clock_s: float, run_s: float) -> Belief:
    """Look at the clock, and remember what was seen.

    Args:
        catalog: As for ``follow``.
        clock_s: As for ``follow``.
        run_s: As for ``follow``.
    """
    before = _seen(catalog)
    if before is None:
        first = Belief(clock_s, run_s)
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
            log.info("The clock is believed")
            # If it was set right, what was named meanwhile left when our own time said so. If it was right all along,
            # our own time was not, and what was named by it has its right name.
            off_s = clock_s - before.now_s - passed_s
            shift_s = off_s if abs(off_s) > MOST_AHEAD_S else 0.0
            _note_aheads(catalog, (Ahead(by_s - shift_s, from_s + shift_s) for by_s, from_s in aheads(catalog)))
    is_step = abs(now.now_s - before.now_s - passed_s) > _DRIFT_S or abs(now.off_s - before.off_s) > _DRIFT_S
    if passed_s >= _NOTE_EVERY_S or is_step or now.is_in_doubt is not before.is_in_doubt:
        _note(catalog, now)
    return now


def aheads(catalog: Catalog) -> tuple[Ahead, ...]:
    """Return by how much the clock was ahead, as far as versions named by it may be there; the oldest first."""
    try:
        numbers = [float(part) for part in (catalog.fact(AHEAD_KEY) or "").split()]
    except ValueError:
        return ()
    if len(numbers) % 2 or not all(map(math.isfinite, numbers)):
        return ()
    found = (Ahead(*numbers[first : first + 2]) for first in range(0, len(numbers), 2))
    return tuple(ahead for ahead in found if ahead.by_s > MOST_AHEAD_S)


def forget_aheads(catalog: Catalog) -> None:
    """Forget it: they have their right names now."""
    _note_aheads(catalog, ())
    catalog.commit()


def _note_aheads(catalog: Catalog, found: Iterable[Ahead]) -> None:
    """Remember by how much the clock was ahead, permanent after the catalog's next ``commit``."""
    kept = [ahead for ahead in found if ahead.by_s > MOST_AHEAD_S][-_MOST_STEPS:]
    text = " ".join(repr(number) for ahead in kept for number in ahead)
    if text != (catalog.fact(AHEAD_KEY) or ""):
        catalog.remember(AHEAD_KEY, text)


class HistoryClock:
    """The time in the history of one pass.

    Args:
        belief: What the pass saw when it began.
        clock: The user's clock, seconds since 1970, UTC.
        uptime: How long the system has been running, seconds.
    """

    def __init__(self, belief: Belief, clock: Callable[[], float], uptime: Callable[[], float]) -> None:
        self._belief = belief
        self._clock = clock
        self._uptime = uptime
        self._has_named = False

    @property
    def is_in_doubt(self) -> bool:
        """Whether the user's clock is not believed."""
        return self._belief.is_in_doubt

    def now_s(self) -> float:
        """Our own time, seconds since 1970."""
        return self._belief.now_s + max(0.0, self._uptime() - self._belief.run_s)

    def ages(self) -> Ages:
        """How old versions are."""
        return self._belief.ages()._replace(now_s=self.now_s())

    def name(self) -> datetime:
        """Return the time by which to name a version that leaves the mirror now: never an earlier one than before."""
        now_s, clock_s = self.now_s(), self._clock()
        named_s = max(now_s, clock_s)
        # A time in doubt does not bind: it may be from the future.
        held_s = named_s if named_s - now_s <= MOST_AHEAD_S else now_s
        if held_s >= self._belief.named_s:
            ran_s = self._belief.ran_s + (now_s - self._belief.now_s)
            self._belief = self._belief._replace(named_s=held_s, named_ran_s=ran_s)
            self._has_named = True
        return datetime.fromtimestamp(min(max(named_s, 0.0), _LATEST_S), UTC)

    def note(self, catalog: Catalog) -> None:
        """Remember the newest name that was given, permanent after the catalog's next ``commit``."""
        if self._has_named:
            catalog.remember(BELIEF_KEY, _text(self._belief))


def believable(
    catalog: Catalog,
    clock: Callable[[], float],
    uptime: Callable[[], float],
    target: Target,
    should_stop: Callable[[], bool],
) -> HistoryClock:
    """Return the time for the history of a pass.

    Args:
        catalog: As for ``follow``.
        clock: The user's clock, seconds since 1970, UTC.
        uptime: How long the system has been running, seconds.
        target: Has the history.
        should_stop: Asked while all of the history is listed, where nothing is remembered.
    """
    clock_s, run_s = clock(), uptime()
    if _seen(catalog) is None:
        try:
            newest_s = _newest_s(target, should_stop)
        except OSError:
            # What cannot be opened cannot be thinned out either.
            return HistoryClock(Belief(clock_s, run_s), clock, uptime)
        if should_stop():
            return HistoryClock(Belief(clock_s, run_s, since_s=clock_s), clock, uptime)
        if newest_s is not None:
            is_in_doubt = abs(clock_s - newest_s) > MOST_AHEAD_S
            now_s = newest_s if is_in_doubt else clock_s
            if is_in_doubt:
                _warn(clock_s - newest_s)
            # Nobody knows any more when its versions were first there.
            doubted_s = 0.0 if is_in_doubt else _NO_DOUBT
            _note_aheads(catalog, [Ahead(clock_s - now_s, now_s)])
            _note(catalog, Belief(now_s, run_s, doubted_s=doubted_s, since_s=now_s, off_s=clock_s - now_s))
    return HistoryClock(look(catalog, clock_s, run_s), clock, uptime)


def _after(before: Belief, clock_s: float, run_s: float) -> Belief:
    """Say what is known after a look at the clock, from what was known before it."""
    # Since a start of the system in between it has run for as long as it says itself.
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
            # If it is believed in the end, what was named by it must not be older than it is either.
            now = now._replace(steps=_bounded((*now.steps, Step(clock_s, off_s - before.off_s, ran_s))))
        return now._replace(doubted_s=doubted_s) if doubted_s < PROOF_S else _give_in(now, clock_s, doubted_s)
    now = now._replace(doubted_s=_NO_DOUBT, off_s=0.0, proven_s=min(PROOF_S, now.proven_s + passed_s))
    if off_s < 0:
        # Names must stay in order, and those that are to come must not all fall on one moment.
        least_s = now.named_s + (ran_s - now.named_ran_s) / 2
        if not any(ran_s - step.ran_s < _BRIEFLY_S for step in now.steps):
            # It did not just go forward: what the user saw as the time may be asked for.
            least_s = max(least_s, before.now_s + passed_s / 2)
        return now._replace(now_s=max(clock_s, min(now.now_s, least_s)))
    steps = now.steps
    if off_s >= _LEAST_STEP_S:
        steps = _bounded((*steps, Step(clock_s, off_s, ran_s)))
    return now._replace(now_s=clock_s, steps=steps)


def _give_in(now: Belief, clock_s: float, doubted_s: float) -> Belief:
    """Believe a time that has held for long enough."""
    since_s = min(now.since_s, clock_s)
    if clock_s > now.now_s and now.proven_s < PROOF_S:
        # It is the time before that was wrong: nobody knows how old what left the mirror then is, but it was there.
        since_s = clock_s - doubted_s
    named_s = 0.0 if clock_s < now.now_s else now.named_s
    return now._replace(
        now_s=clock_s, doubted_s=_NO_DOUBT, proven_s=PROOF_S, since_s=since_s, named_s=named_s, off_s=0.0
    )


def _bounded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Take the oldest two for one where there are too many: what left the mirror between them counts as younger."""
    if len(steps) <= _MOST_STEPS:
        return steps
    first, second, *rest = steps
    return (second._replace(length_s=first.length_s + second.length_s), *rest)


def _newest_s(target: Target, should_stop: Callable[[], bool]) -> float | None:
    history = target.history_tree()
    if history is None:
        return None
    folders = folders_of(history, should_stop, lambda _path, _error: None)
    newest_s = max((version.stamp.left_s for folder in folders for version in folder.versions), default=None)
    return None if newest_s is None else float(newest_s)


def _warn(off_s: float) -> None:
    days = off_s / DAY_S
    log.warning("The clock is %+.1f days off: the history does not go by it before a day of running", days)


def _seen(catalog: Catalog) -> Belief | None:
    """Read what was known after the last look; None if nothing is, or makes no sense."""
    try:
        numbers = [float(part) for part in (catalog.fact(BELIEF_KEY) or "").split()]
    except ValueError:
        return None
    if not all(map(math.isfinite, numbers)):
        return None
    if len(numbers) == 3:
        # As an earlier version of this program has it, whose time is taken to have held.
        return Belief(numbers[0], numbers[1], doubted_s=numbers[2], proven_s=PROOF_S)
    if len(numbers) < 9 or len(numbers) % 3:
        return None
    now_s, run_s, ran_s, doubted_s, proven_s, since_s, named_s, named_ran_s, off_s, *rest = numbers
    steps = tuple(Step(*rest[first : first + 3]) for first in range(0, len(rest), 3))
    return Belief(now_s, run_s, ran_s, doubted_s, proven_s, since_s, named_s, named_ran_s, off_s, steps)


def _text(belief: Belief) -> str:
    *numbers, steps = belief
    return " ".join(repr(number) for number in (*numbers, *(part for step in steps for part in step)))


def _note(catalog: Catalog, belief: Belief) -> None:
    catalog.remember(BELIEF_KEY, _text(belief))
    # At once: the pass may end early, and what is not permanent would keep others from writing as long as it waits.
    catalog.commit()
