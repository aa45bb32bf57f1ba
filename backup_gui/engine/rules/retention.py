"""Which versions of one path the history can remove. Pure: touches no file and reads no clock.

Every version stays for a minute. Of the older ones, one of each minute stays for an hour, one of each hour for a day,
and one of each day for as many days as the user wants. Minutes, hours and days are those of UTC.

Of each period the *oldest* version stays. A version is named by the time at which it left the mirror, so the oldest one
after a full hour is what the mirror had at that hour. So the state at each full hour of the last day, and at each
midnight within the limit, can always be restored exactly. (The newest version of a day would only be a brief state
before the last change; the state of the months before the first change would be lost.)

The newest version of a path stays too: if the path was deleted, it is the last one that exists.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Stamp(NamedTuple):
    """When a version left the mirror; stamps sort from old to new.

    Attributes:
        left_s: Seconds since 1970, UTC.
        number: Counter of versions that left in the same second, from 0.
    """

    left_s: int
    number: int


class Ages(NamedTuple):
    """Computes the ages of versions.

    Attributes:
        now_s: The time now, seconds since 1970.
        since_s: Versions that left the mirror before this time age from it on.
        steps: Forward jumps of the clock while the system did not run, or seemed not to: when, and by how many seconds;
            oldest first. They do not count for versions that are younger than a day without them.
    """

    now_s: float
    since_s: float = -math.inf
    steps: tuple[tuple[float, float], ...] = ()

    def age_s(self, left_s: float) -> float:
        """Return the age in seconds of a version that left the mirror at a time."""
        left_s = max(left_s, self.since_s)
        age_s = self.now_s - left_s
        if self.steps and age_s > 0:
            ran_s = age_s - sum(length_s for at_s, length_s in self.steps if at_s > left_s)
            if ran_s < DAY_S:
                return max(0.0, ran_s)
        return age_s

    def before_s(self, age_s: float) -> float:
        """Return the time before which all versions are older than ``age_s``, which must be under a day."""
        before_s = self.now_s - age_s
        for at_s, length_s in reversed(self.steps):
            if at_s > before_s:
                before_s -= length_s
        return -math.inf if before_s < self.since_s else before_s


class Thinned(NamedTuple):
    """Which versions of one path to remove.

    Attributes:
        surplus: The versions to remove, oldest first.
        next_s: The earliest time, seconds since 1970, at which another one may become surplus if none is added;
            infinite if never.
    """

    surplus: tuple[Stamp, ...]
    next_s: float


def thin(stamps: Iterable[Stamp], ages: Ages, days: int) -> Thinned:
    """Choose which versions of one path to remove, given all of them; 0 days keeps all without limit.

    Versions from the future stay and do not count: the clock was wrong then, or is now. Asking again at the same time
    would keep all that stay.
    """
    if not days:
        return Thinned((), math.inf)
    surplus = []
    now_s = ages.now_s
    # A version that does not count today may count tomorrow.
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
        # The only version of its path never competes with another.
        ends_s = days * DAY_S if len(past) == 1 else min(until_s, days * DAY_S)
        next_s = min(next_s, now_s - age_s + ends_s)
    return Thinned(tuple(surplus), next_s)


def _tier(age_s: float) -> tuple[float, float]:
    """Return the length of the periods at an age, of which one version each stays, and the age at which it changes.

    Both are in seconds.
    """
    if age_s < MINUTE_S:
        return MINUTE_S, MINUTE_S
    if age_s < HOUR_S:
        return MINUTE_S, HOUR_S
    if age_s < DAY_S:
        return HOUR_S, DAY_S
    return DAY_S, math.inf
