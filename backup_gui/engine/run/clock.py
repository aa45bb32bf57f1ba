"""Time, and waiting in it: a seam, so that the runner's tests need no real time."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backup_gui.engine.run.mailbox import Commands

# On Windows a waiting main thread does not run signal handlers: it has to come up for air.
_LONGEST_WAIT_S = 0.25 if sys.platform == "win32" else float("inf")


class Clock(Protocol):
    """What the runner knows of time."""

    def monotonic(self) -> float:
        """Seconds that never jump; they may stand still while the computer sleeps."""
        ...

    def time(self) -> float:
        """Seconds since 1970, UTC, as the user's clock has it."""
        ...

    def wait(self, commands: Commands, timeout_s: float) -> None:
        """Wait until something is in the mailbox, at most ``timeout_s`` seconds; may return early."""
        ...


class SystemClock:
    """The computer's own time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def wait(self, commands: Commands, timeout_s: float) -> None:
        """Wait until something is in the mailbox, at most ``timeout_s`` seconds."""
        commands.wait(min(timeout_s, _LONGEST_WAIT_S))
