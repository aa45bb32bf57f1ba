"""Growing pauses for files that are written again and again, so that copying one does not occupy the drives all day.

If a file changes again soon after it was copied, its next copy waits until the file rests. It waits at most about
twenty times as long as the last copy took, and never more than ten minutes. How long it has to rest grows with each
such copy. A file that is copied in a moment never waits.

Everything happens in the job's thread. All times are monotonic seconds.
"""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from backup_gui.engine.rules.backoff import QUIET_S

PAUSE_TIMES: Final = 20.0
LONGEST_PAUSE_S: Final = 600.0
# Faster copies need no record: the pause would be shorter than the usual quiet time.
LEAST_COPY_S: Final = QUIET_S / PAUSE_TIMES
# From this copy on, the required rest is nearly as long as the pause.
_MOST_AGAIN: Final = 4


class _Copied(NamedTuple):
    """The last copy of a file.

    Attributes:
        ended_s: When it ended.
        took_s: How long it took.
        again: How many times in a row the file was copied because it had changed again.
        state: What the file looked like afterwards.
        changed_s: When it was last seen to have changed after that; infinite if it has not.
        seen: What it looked like then.
    """

    ended_s: float
    took_s: float
    again: int
    state: object
    changed_s: float = math.inf
    seen: object = None

    @property
    def pause_s(self) -> float:
        """Return the longest time from this copy to the next one."""
        return min(self.took_s * PAUSE_TIMES, LONGEST_PAUSE_S)

    @property
    def due_s(self) -> float:
        """Return when the next copy is made."""
        rest_s = min(self.pause_s, max(QUIET_S, self.took_s * 2.0**self.again))
        return min(self.ended_s + self.pause_s, self.changed_s + rest_s)


class Pauses:
    """The files of one job that may have to wait.

    Args:
        source: Absolute path of the source.
        look: Returns the state of a file, given the source and the relative path. Two states are equal while the file
            has not changed.
    """

    def __init__(self, source: str, look: Callable[[str, str], object] | None = None) -> None:
        self._source = source
        self._look = look if look is not None else state_of
        self._copied: dict[str, _Copied] = {}
        self._waiting: set[str] = set()

    @property
    def is_waiting(self) -> bool:
        """Return whether a changed file is waiting to be copied."""
        return bool(self._waiting)

    def hold_back(self, paths: Iterable[str], now_s: float) -> frozenset[str]:
        """Return the paths to compare now; files that changed too soon after they were copied wait."""
        if not self._copied:
            return frozenset(paths)
        return frozenset(path for path in paths if not self._is_to_wait(path, now_s))

    def resting(self, now_s: float) -> frozenset[str]:
        """Return the changed files that a pass must not copy now."""
        return frozenset(path for path in tuple(self._copied) if self._is_to_wait(path, now_s))

    def take_due(self, now_s: float) -> frozenset[str]:
        """Remove and return the files that have waited long enough."""
        due = frozenset(path for path in self._waiting if self._see(path, now_s).due_s <= now_s)
        self._waiting -= due
        return due

    def next_s(self) -> float:
        """Return when the first waiting file is due; infinite if none waits."""
        return min((self._copied[path].due_s for path in self._waiting), default=math.inf)

    def note(self, took_s: Mapping[str, float], now_s: float) -> None:
        """Record what a pass that ended now has copied, or tried to copy, and how long each took that took long."""
        for path, seconds in took_s.items():
            if seconds < LEAST_COPY_S:
                continue
            before = self._copied.get(path)
            is_again = before is not None and now_s - seconds - before.ended_s <= 2 * before.pause_s
            again = min(before.again + 1, _MOST_AGAIN) if before is not None and is_again else 0
            self._copied[path] = _Copied(now_s, seconds, again, self._look(self._source, path))
            self._waiting.discard(path)
        for path in [path for path, last in self._copied.items() if now_s > last.ended_s + 2 * last.pause_s]:
            if path not in self._waiting:
                del self._copied[path]

    def _is_to_wait(self, path: str, now_s: float) -> bool:
        if path not in self._copied:
            return False
        last = self._see(path, now_s)
        if math.isinf(last.changed_s) or last.due_s <= now_s:
            self._waiting.discard(path)
            return False
        self._waiting.add(path)
        return True

    def _see(self, path: str, now_s: float) -> _Copied:
        """Check whether a file has changed since the last look."""
        last = self._copied[path]
        state = self._look(self._source, path)
        if state != (last.state if math.isinf(last.changed_s) else last.seen):
            last = self._copied[path] = last._replace(changed_s=now_s, seen=state)
        return last


def state_of(source: str, path: str) -> object:
    """Return a file's state without opening it; None if it is gone."""
    try:
        entry = os.lstat(os.path.join(source, path))
    except (OSError, ValueError):
        return None
    return entry.st_ino, entry.st_size, entry.st_mtime_ns
