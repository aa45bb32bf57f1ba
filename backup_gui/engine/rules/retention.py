"""Which versions of one path the history need not keep any longer. Pure: no file is touched and no clock is read.

Every version stays for a minute, one of each minute for an hour, one of each hour for a day, one of each day for as
many days as the user wants. Minutes, hours and days are those of UTC.

Of each of these the *oldest* version stays. A version is named by the time at which it left the mirror, so the oldest
one after a full hour is what the mirror had at that hour: the state at each full hour of the last day, and at each
midnight within the limit, can be restored exactly, whatever was thinned since. (The newest one of a day would be what
stood there for a moment before its last change; what had stood for months before the first change would be lost.)

The newest version of a path stays too: if the path was deleted, it is the last that there was of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Stamp(NamedTuple):
    """When a version left the mirror; in this order versions are older and newer.

    Attributes:
        left_s: Seconds since 1970, UTC.
        number: Which one of those that left in that second, counted from 0.
    """

    left_s: int
    number: int


class Ages(NamedTuple):
    """How old versions are.

    Attributes:
        now_s: The time now, seconds since 1970.
        since_s: What left the mirror before that time counts from it.
        steps: Where time went on without the system running, or is said to: when, and by how many seconds; oldest
            first. They do not count for what is younger than a day without them.
    """

    now_s: float
    since_s: float = -math.inf
    steps: tuple[tuple[float, float], ...] = ()

    def age_s(self, left_s: float) -> float:
        """Return the age of what left the mirror at a time."""
        left_s = max(left_s, self.since_s)
        age_s = self.now_s - left_s
        if self.steps and age_s > 0:
            ran_s = age_s - sum(length_s for at_s, length_s in self.steps if at_s > left_s)
            if ran_s < DAY_S:
                return max(0.0, ran_s)
        return age_s

    def before_s(self, age_s: float) -> float:
        """Return the time before which all is older than an age of less than a day that left the mirror."""
        before_s = self.now_s - age_s
        for at_s, length_s in reversed(self.steps):
            if at_s > before_s:
                before_s -= length_s
        return -math.inf if before_s < self.since_s else before_s


class Thinned(NamedTuple):
    """What becomes of the versions of one path.

    Attributes:
        surplus: Those that go, oldest first.
        next_s: The earliest time, seconds since 1970, at which another one may have to go if none is added; infinite
            if never.
    """

    surplus: tuple[Stamp, ...]
    next_s: float


def thin(stamps: Iterable[Stamp], ages: Ages, days: int) -> Thinned:
    """Choose the versions of one path that go.

    Args:
        stamps: All its versions, in any order.
        ages: How old they are. Versions that seem to be from the future stay, and do not count: a clock was wrong
            then, or is now.
        days: For how long versions are kept; 0 for all of them, without end.

    Returns:
        Those that go. What stays would stay too if this were asked again at the same time.
    """
    if not days:
        return Thinned((), math.inf)
    surplus = []
    now_s = ages.now_s
    # What does not count today may do so tomorrow.
    next_s = now_s + DAY_S if ages.steps else math.inf
    every = sorted(stamps)
    past = [stamp for stamp in every if stamp.left_s <= now_s]
    if len(past) < len(every):
        next_s = min(next_s, every[len(past)].left_s)
    last_span: tuple[float, float] | None = None
    for stamp in past:
        age_s = ages.age_s(stamp.left_s)
        if age_s >= days * DAY_S:
            surplus.append(stamp)
            continue
        length_s, until_s = _tier(age_s)
        span = length_s, stamp.left_s // length_s
        if span == last_span and stamp is not past[-1] and age_s >= MINUTE_S:
            surplus.append(stamp)
            continue
        last_span = span
        # The only one of its path has no other to give way to.
        ends_s = days * DAY_S if len(past) == 1 else min(until_s, days * DAY_S)
        next_s = min(next_s, now_s - age_s + ends_s)
    return Thinned(tuple(surplus), next_s)


def _tier(age_s: float) -> tuple[float, float]:
    """Return how long the spans are of which one version each is kept, and at which age that changes, in seconds."""
    if age_s < MINUTE_S:
        return MINUTE_S, MINUTE_S
    if age_s < HOUR_S:
        return MINUTE_S, HOUR_S
    if age_s < DAY_S:
        return HOUR_S, DAY_S
    return DAY_S, math.inf
