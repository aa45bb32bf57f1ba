"""How long to wait before trying again."""

from __future__ import annotations

QUIET_S = 0.5
LONGEST_PAUSE_S = 60.0


def growing_pause_s(first_s: float, times: int) -> float:
    """Return the pause after ``times`` failures, in seconds: doubled each time, up to a minute.

    The limit also applies to longer intervals, so that a drive that is back, or has space again, is noticed.
    """
    return min(first_s * 2.0 ** min(times, 16), LONGEST_PAUSE_S)
