"""How far the user's clock can be believed: for the removal of old versions, and for nothing else.

A clock that is suddenly a month ahead makes every version a month older than it is, and thinning by age would remove
them for good. That the computer was switched off for a month looks the same, and then they are to go. What tells the
two apart is whether the new time holds: a wrong clock is mostly set right again within a day.

So a time of our own goes along with the user's clock. Of two looks at the clock it is known how long the system has run
in between, at the least. If the clock is ahead of that by no more than a long weekend, it is right. If it is ahead by
more, our own time goes on by no more than the system runs, and the clock is believed once the system has run for a day
with it, however often it was switched off meanwhile. A clock that is behind removes nothing before its time, and is
followed at once; whether our own time was the wrong one is found out in the same way.

Where nothing is remembered, as when a catalog was lost, the newest version in the history is the last look at a clock.

What this does not protect from: a clock that is wrong by less than three days, or for longer than a day of running.
Versions kept while the clock is ahead have a name from the future: they stay until that time has come.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from typing import TYPE_CHECKING, Final

from backup_gui.engine.holdings import folders_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.target import Target

log = logging.getLogger(__name__)

BELIEF_KEY: Final = "believed clock"
_DAY_S: Final = 86_400.0
MOST_AHEAD_S: Final = 3 * _DAY_S
PROOF_S: Final = _DAY_S
# What is known of the clock is written no more often: a pass may come every second.
_NOTE_EVERY_S: Final = 600.0
_NO_DOUBT: Final = -1.0


def uptime_s() -> float:
    """Return how long the system has been running, seconds, with the time asleep where the system counts it."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def follow(catalog: Catalog, now_s: float, run_s: float) -> None:
    """Look at the clock in a pass that may not come to the history: whether a time holds is seen all the same.

    Args:
        catalog: Remembers what was seen of the clock, permanently.
        now_s: The user's clock, seconds since 1970, UTC.
        run_s: How long the system has been running, seconds.
    """
    if _seen(catalog) is not None:
        ahead_s(catalog, now_s, run_s)


def believable(
    catalog: Catalog, now: Callable[[], float], run_s: float, target: Target, should_stop: Callable[[], bool]
) -> Callable[[], float]:
    """Return a clock for the removal of old versions of a history: the user's, as far as it can be believed.

    Args:
        catalog: As for ``follow``.
        now: The user's clock, seconds since 1970, UTC.
        run_s: As for ``follow``.
        target: Has the history.
        should_stop: Asked while all of the history is listed, where nothing is remembered.
    """
    if _seen(catalog) is None:
        try:
            newest_s = _newest_s(target, should_stop)
        except OSError:
            # What cannot be opened cannot be thinned out either.
            return now
        if should_stop():
            return now
        if newest_s is not None and now() - newest_s > MOST_AHEAD_S:
            _warn(now() - newest_s)
            _note(catalog, newest_s, run_s, 0.0)
    behind_s = ahead_s(catalog, now(), run_s)
    return (lambda: now() - behind_s) if behind_s else now


def ahead_s(catalog: Catalog, now_s: float, run_s: float) -> float:
    """Say how far the user's clock is ahead of the time that can be believed, and remember the look at it.

    Args:
        catalog: As for ``follow``.
        now_s: As for ``follow``.
        run_s: As for ``follow``.

    Returns:
        Seconds, never less than 0; 0 nearly always.
    """
    seen = _seen(catalog)
    if seen is None:
        _note(catalog, now_s, run_s, _NO_DOUBT)
        return 0.0
    believed_s, last_run_s, held_s = seen
    # Since a start of the system in between it has run for as long as it says itself.
    ran_s = run_s - last_run_s if run_s >= last_run_s else run_s
    believed_s += ran_s
    was_in_doubt = held_s >= 0
    is_in_doubt = abs(now_s - believed_s) > MOST_AHEAD_S
    if is_in_doubt:
        held_s = held_s + ran_s if was_in_doubt else 0.0
        is_in_doubt = held_s < PROOF_S
    if not is_in_doubt:
        believed_s, held_s = now_s, _NO_DOUBT
    if is_in_doubt is not was_in_doubt:
        if is_in_doubt:
            _warn(now_s - believed_s)
        else:
            log.info("The clock is believed")
    if ran_s >= _NOTE_EVERY_S or is_in_doubt is not was_in_doubt:
        _note(catalog, believed_s, run_s, held_s)
    return max(0.0, now_s - believed_s)


def _newest_s(target: Target, should_stop: Callable[[], bool]) -> float | None:
    history = target.history_tree()
    if history is None:
        return None
    folders = folders_of(history, should_stop, lambda _path, _error: None)
    newest_s = max((version.stamp.left_s for folder in folders for version in folder.versions), default=None)
    return None if newest_s is None else float(newest_s)


def _warn(off_s: float) -> None:
    days = off_s / _DAY_S
    log.warning("The clock is %+.1f days off: the history is not thinned by it before a day of running", days)


def _seen(catalog: Catalog) -> tuple[float, float, float] | None:
    """Read what was seen last: our own time, how long the system had run, and for how long a doubtful time has held."""
    try:
        believed_s, run_s, held_s = (float(part) for part in (catalog.fact(BELIEF_KEY) or "").split())
    except ValueError:
        return None
    return (believed_s, run_s, held_s) if all(map(math.isfinite, (believed_s, run_s, held_s))) else None


def _note(catalog: Catalog, believed_s: float, run_s: float, held_s: float) -> None:
    catalog.remember(BELIEF_KEY, f"{believed_s!r} {run_s!r} {held_s!r}")
    # At once: the pass may end early, and what is not permanent would keep others from writing as long as it waits.
    catalog.commit()
