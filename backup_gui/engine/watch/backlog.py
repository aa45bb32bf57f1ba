"""What has changed and is not in the mirror yet, in figures: how many files, how many bytes, since when.

It counts what the watcher has told and nobody took, and what a pass took but did not bring into the mirror, as while
the backup's drive is away. Looks at the source's entries, follows no link, opens nothing.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.watch.dirty_paths import MAX_PATHS
from backup_gui.model.paths import is_below
from backup_gui.model.plans import Scope
from backup_gui.model.status import NO_BACKLOG, Backlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.watch.dirty_paths import Pending

# More looks than this would be felt in the job's thread; the figures then say "at least".
MOST_LOOKS = 1_000
_LOOK_EVERY_S = 1.0


class BacklogMeter:
    """Keeps the figures of one job. Used by the job's thread alone.

    Args:
        source: Absolute path of the source.
        look: Tells of one path, relative to the source, how large it is; None if it is not to be counted.
    """

    def __init__(self, source: str, look: Callable[[str, str], int | None] | None = None) -> None:
        self._source = source
        self._look = look if look is not None else size_of
        # When each was noticed to have changed, seconds since 1970, UTC.
        self._taken: dict[str, float] = {}
        self._more = 0
        # When the first of those was noticed that are known by number only.
        self._first_at: float | None = None
        self._seen: tuple[object, ...] = ()
        self._looked_s = 0.0
        self._figures = NO_BACKLOG

    @property
    def taken(self) -> int:
        """How many paths passes have taken without bringing them into the mirror."""
        return len(self._taken) + self._more

    def take(self, scope: Scope, pending: Pending, first_at: float) -> None:
        """Note what a pass takes; it is behind until the pass got through.

        Args:
            scope: The paths taken from the dirty set.
            pending: What the dirty set held just before.
            first_at: When its first change was noticed, seconds since 1970, UTC.
        """
        if not pending:
            return
        room = MAX_PATHS - len(self._taken)
        paths = [path for path in (*scope.paths, *scope.trees) if path and path not in self._taken]
        self._taken.update(dict.fromkeys(paths[:room], first_at))
        # What the dirty set has folded away is known by number only.
        self._more += max(0, len(paths) - room) + max(0, pending.size - len(scope.paths) - len(scope.trees))
        if self._first_at is None:
            self._first_at = first_at

    def settle(self, scope: Scope, waiting: Iterable[str] = (), now_at: float = 0.0) -> None:
        """A pass got through: what it looked at is in the mirror, or is a problem with a name.

        Args:
            scope: What it covered.
            waiting: What of that it did not copy, though it has changed.
            now_at: Seconds since 1970, UTC.
        """
        still = {path: self._taken.get(path, now_at) for path in waiting}
        # What is known by number only was in what this pass took: after one that failed all is looked at.
        self._more = 0
        if scope.is_full:
            self._taken.clear()
        else:
            for path in scope.paths:
                self._taken.pop(path, None)
            if scope.trees:
                self._taken = {path: at for path, at in self._taken.items() if not is_below(path, scope.trees)}
        self._taken.update(still)
        if not self._more:
            self._first_at = None

    def figures(
        self, waiting: Callable[[int], Iterable[str]], pending: Pending, now_s: float, now_at: float
    ) -> Backlog:
        """Tell how far the mirror is behind; looks at the files at most once a second.

        Args:
            waiting: Returns paths of the dirty set, at most as many as it is told.
            pending: What the dirty set holds.
            now_s: Monotonic time.
            now_at: Seconds since 1970, UTC.
        """
        if not pending.size and not self.taken:
            self._seen, self._figures = (), NO_BACKLOG
            return NO_BACKLOG
        seen = (pending.size, pending.last_s, self.taken)
        if seen != self._seen and (not self._seen or now_s - self._looked_s >= _LOOK_EVERY_S):
            self._seen, self._looked_s = seen, now_s
            self._figures = self._count(waiting, pending, now_s, now_at)
        return self._figures

    def _count(self, waiting: Callable[[int], Iterable[str]], pending: Pending, now_s: float, now_at: float) -> Backlog:
        paths = {*waiting(MOST_LOOKS)}
        behind = len(self._taken.keys() | paths) + self._more + max(0, pending.size - len(paths))
        files = size_bytes = looks = 0
        for path in (*paths, *(self._taken.keys() - paths)):
            if looks >= MOST_LOOKS:
                break
            looks += 1
            size = self._look(self._source, path)
            if size is not None:
                files += 1
                size_bytes += size
        starts = [*self._taken.values()]
        if self._more and self._first_at is not None:
            starts.append(self._first_at)
        if pending.size:
            starts.append(now_at - (now_s - pending.first_s))
        return Backlog(
            files=files + behind - looks,
            bytes=size_bytes,
            oldest_at=min(starts, default=now_at),
            is_whole=looks >= behind,
        )


def size_of(source: str, path: str) -> int | None:
    """Tell how large what has changed at a path is.

    Returns:
        Bytes; 0 for a link and for what is gone, since its going is to be backed up too; None for a folder, in which
        what has changed has a path of its own.
    """
    try:
        entry = os.lstat(os.path.join(source, path))
    except (OSError, ValueError):
        return 0
    if stat.S_ISDIR(entry.st_mode):
        return None
    return entry.st_size if stat.S_ISREG(entry.st_mode) else 0
