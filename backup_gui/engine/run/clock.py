"""Time and waiting, replaceable in tests. Detects that the computer slept, or that a drive was removed."""

from __future__ import annotations

import logging
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.fs.system.platform import LONGEST_WAIT_S
from backup_gui.engine.fs.volumes.mounts import mount_of
from backup_gui.engine.fs.volumes.volume import keeps_folder_inodes
from backup_gui.engine.roots.continuity import root_stamp

if TYPE_CHECKING:
    from backup_gui.engine.run.mailbox import Mailbox

log = logging.getLogger(__name__)

# If the user's clock has advanced by this much more than the monotonic clock, the computer was asleep.
_SLEEP_GAP_S = 5.0
# Where the monotonic clock includes sleep, a wait that lasts this much too long means the same.
_OVERSLEPT_S = 30.0


class Clock:
    """The system's clocks; tests replace them."""

    def monotonic(self) -> float:
        """Return monotonic seconds; they may stand still while the computer sleeps."""
        return time.monotonic()

    def time(self) -> float:
        """Return the user's clock: seconds since 1970, UTC."""
        return time.time()

    def wait(self, commands: Mailbox, timeout_s: float) -> None:
        """Wait for an entry in the mailbox, at most ``timeout_s`` seconds; may return early."""
        commands.wait(min(timeout_s, LONGEST_WAIT_S))


class SleepDetector:
    """Detects from the clocks that the computer has slept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen_monotonic_s = clock.monotonic()
        self._seen_at = clock.time()

    def has_slept(self, now_s: float, now_at: float) -> bool:
        """Tell whether the computer has slept since the last call, by the monotonic clock and the user's."""
        gap_s = (now_at - self._seen_at) - (now_s - self._seen_monotonic_s)
        self._seen_monotonic_s, self._seen_at = now_s, now_at
        if gap_s > _SLEEP_GAP_S:
            log.info("The clock advanced by %.0f s while the job did not run: full pass", gap_s)
            return True
        return False

    def wait(self, commands: Mailbox, timeout_s: float) -> bool:
        """Wait for a command or the timeout; return whether the computer has slept meanwhile."""
        began_s = self._clock.monotonic()
        self._clock.wait(commands, timeout_s)
        if self._clock.monotonic() - began_s > timeout_s + _OVERSLEPT_S:
            log.info("A wait took much longer than requested: full pass")
            return True
        return False


class _Seen(NamedTuple):
    """The state of a folder.

    Attributes:
        device: Its file system.
        inode: Its inode.
        stamp: Its times, which change when names are added or removed.
    """

    device: int
    inode: int
    stamp: str


class DriveSentinel:
    """Detects that the destination's folder was replaced or changed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: _Seen | None = None
        self._has_lasting_inode = False

    def note(self) -> None:
        """Record the current state of the folder, or that it does not exist."""
        self._seen = _look(self._path)
        self._has_lasting_inode = self._seen is not None and keeps_folder_inodes(self._path, mount_of(self._path))

    def is_lost(self) -> bool:
        """Return whether the recorded folder is gone, on another file system, or replaced by another one."""
        if self._seen is None:
            return False
        now = _look(self._path)
        if now is None or now.device != self._seen.device:
            return True
        # Some file systems give a folder another inode at each look.
        return self._has_lasting_inode and now.inode != self._seen.inode

    def is_touched(self) -> bool:
        """Return whether names were added to the folder or removed; each change is reported once."""
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
