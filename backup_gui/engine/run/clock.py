"""Time and waiting, a seam for tests; and what nobody tells: that the computer slept, that a drive was pulled out."""

from __future__ import annotations

import logging
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from backup_gui.engine.fs.system.platform import LONGEST_WAIT_S
from backup_gui.engine.fs.volumes.volume import has_lasting_inodes
from backup_gui.engine.roots.continuity import root_stamp

if TYPE_CHECKING:
    from backup_gui.engine.run.mailbox import Commands

log = logging.getLogger(__name__)

# The user's clock has advanced by this much more than the computer has been running, so it was asleep.
_SLEEP_GAP_S = 5.0
# Where the steady clock goes on while the computer sleeps, waiting this much too long says the same.
_OVERSLEPT_S = 30.0


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
        commands.wait(min(timeout_s, LONGEST_WAIT_S))


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


class _Seen(NamedTuple):
    """What a folder was.

    Attributes:
        device: Its file system.
        inode: Its number there.
        stamp: When names last came into it or left it.
    """

    device: int
    inode: int
    stamp: str


class Presence:
    """Remembers which folder a destination was, and when it was last changed."""

    def __init__(self, path: str) -> None:
        """Know nothing of it yet.

        Args:
            path: Absolute path of the folder.
        """
        self._path = path
        self._seen: _Seen | None = None
        self._has_lasting_inode = False

    def note(self) -> None:
        """Remember the folder as it is now, or that there is none."""
        self._seen = _look(self._path)
        self._has_lasting_inode = self._seen is not None and has_lasting_inodes(self._path)

    def is_lost(self) -> bool:
        """Whether the folder was there and is not any more, or is on another file system, or another one."""
        if self._seen is None:
            return False
        now = _look(self._path)
        if now is None or now.device != self._seen.device:
            return True
        # Some file systems give a folder another number each time it is looked at.
        return self._has_lasting_inode and now.inode != self._seen.inode

    def is_touched(self) -> bool:
        """Whether names have come into the folder or left it, once for each time."""
        now = _look(self._path)
        if self._seen is None or now is None or now.stamp == self._seen.stamp:
            return False
        self._seen = self._seen._replace(stamp=now.stamp)
        return True


def _look(path: str) -> _Seen | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    return _Seen(status.st_dev, status.st_ino, root_stamp(status))
