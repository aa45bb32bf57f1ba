"""Notices that the computer has slept: nobody tells, and what changed around a sleep may have been missed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backup_gui.engine.run.clock import Clock
    from backup_gui.engine.run.mailbox import Commands

log = logging.getLogger(__name__)

# The user's clock has advanced by this much more than the computer has been running, so it was asleep.
_SLEEP_GAP_S = 5.0
# Where the steady clock goes on while the computer sleeps, waiting this much too long says the same.
_OVERSLEPT_S = 30.0


class Wakefulness:
    """Watches the clocks.

    Args:
        clock: The steady clock and the user's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen_monotonic_s = clock.monotonic()
        self._seen_at = clock.time()

    def has_slept(self, now_s: float, now_at: float) -> bool:
        """Tell whether the computer has slept since this was asked last.

        Args:
            now_s: The steady clock, seconds.
            now_at: The user's clock, seconds since 1970, UTC.
        """
        gap_s = (now_at - self._seen_at) - (now_s - self._seen_monotonic_s)
        self._seen_monotonic_s, self._seen_at = now_s, now_at
        if gap_s > _SLEEP_GAP_S:
            log.info("The clock went on by %.0f s while nothing ran here: full pass", gap_s)
            return True
        return False

    def wait(self, commands: Commands, timeout_s: float) -> bool:
        """Wait for a command, or until the time is over; tells whether the computer has slept meanwhile."""
        began_s = self._clock.monotonic()
        self._clock.wait(commands, timeout_s)
        if self._clock.monotonic() - began_s > timeout_s + _OVERSLEPT_S:
            log.info("Waiting took much longer than asked for: full pass")
            return True
        return False
