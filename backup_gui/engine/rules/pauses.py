"""Growing pauses for files that are written again and again, so that copying one does not keep the drives busy all day.

A file that changes again soon after it was copied is copied the next time after about twenty times as long as that
took, at the most ten minutes; or as soon as it rests. What counts as rest grows with each such copy. A file that is
copied in a moment is never kept waiting.

Everything happens in the job's thread. All times are monotonic seconds.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.rules.backoff import QUIET_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PAUSE_TIMES: Final = 20.0
LONGEST_PAUSE_S: Final = 600.0
# A file that is copied in less time is not worth any memory: its pause would be shorter than the usual quiet time.
LEAST_COPY_S: Final = QUIET_S / PAUSE_TIMES
# From this copy on, what counts as rest is as long as the pause nearly is.
_MOST_AGAIN: Final = 4


class _Copied(NamedTuple):
    """The last copy of a file.

    Attributes:
        ended_s: When it was done.
        took_s: How long it took.
        again: How many times in a row the file was copied since it had changed again.
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
        """How long after the copy the next one is made at the latest."""
        return min(self.took_s * PAUSE_TIMES, LONGEST_PAUSE_S)

    @property
    def due_s(self) -> float:
        """When the next one is made."""
        rest_s = min(self.pause_s, max(QUIET_S, self.took_s * 2.0**self.again))
        return min(self.ended_s + self.pause_s, self.changed_s + rest_s)


class Pauses:
    """The files of one job that may have to wait.

    Args:
        source: Absolute path of the source.
        look: Tells of a path, relative to the source, what its file looks like: two answers are equal as long as it
            has not changed.
    """

    def __init__(self, source: str, look: Callable[[str, str], object] | None = None) -> None:
        self._source = source
        self._look = look if look is not None else state_of
        self._copied: dict[str, _Copied] = {}
        self._waiting: set[str] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether a file has changed and is not copied yet."""
        return bool(self._waiting)

    def hold_back(self, paths: Iterable[str], now_s: float) -> frozenset[str]:
        """Hold back what has changed too soon after it was copied.

        Args:
            paths: What is to be compared.
            now_s: The time.

        Returns:
            What goes on.
        """
        if not self._copied:
            return frozenset(paths)
        return frozenset(path for path in paths if not self._is_to_wait(path, now_s))

    def resting(self, now_s: float) -> frozenset[str]:
        """Return the files that a pass is not to copy now, if they have changed."""
        return frozenset(path for path in tuple(self._copied) if self._is_to_wait(path, now_s))

    def take_due(self, now_s: float) -> frozenset[str]:
        """Take the files that have waited for long enough."""
        due = set()
        for path in self._waiting:
            self._see(path, now_s)
            if self._copied[path].due_s <= now_s:
                due.add(path)
        self._waiting -= due
        return frozenset(due)

    def next_s(self) -> float:
        """Return when the first of the files that wait may be copied."""
        return min((self._copied[path].due_s for path in self._waiting), default=math.inf)

    def note(self, took_s: Mapping[str, float], now_s: float) -> None:
        """Note what a pass has copied, or tried to copy.

        Args:
            took_s: How long that took, for each file for which it took a while.
            now_s: When the pass ended.
        """
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
        """Look whether a file has changed since it was last looked at."""
        last = self._copied[path]
        state = self._look(self._source, path)
        if state != (last.state if math.isinf(last.changed_s) else last.seen):
            last = self._copied[path] = last._replace(changed_s=now_s, seen=state)
        return last


def state_of(source: str, path: str) -> object:
    """Tell what a file looks like, without opening it; None if it is gone."""
    try:
        entry = os.lstat(os.path.join(source, path))
    except (OSError, ValueError):
        return None
    return entry.st_ino, entry.st_size, entry.st_mtime_ns
