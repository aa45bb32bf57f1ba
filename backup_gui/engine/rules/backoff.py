"""How long to wait before something is tried again."""

from __future__ import annotations

QUIET_S = 0.5
LONGEST_PAUSE_S = 60.0


def growing_pause_s(first_s: float, times: int) -> float:
    """The pause before the next try after ``times`` failures: doubled each time, up to a minute.

    Never longer than a minute, also where the interval is: a drive that is back, or has room again, is to be noticed.
    """
    return min(first_s * 2.0 ** min(times, 16), LONGEST_PAUSE_S)
