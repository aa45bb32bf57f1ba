"""Figures about changes that are not in the mirror yet: how many files, how many bytes, since when.

They cover changes that the watcher noticed and no pass took, and those that a pass took without copying them, as while
the backup's drive is away. Code here only reads the attributes of the source's entries; it follows no link.
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

# More lookups would noticeably slow the job's thread; the figures then say "at least".
MOST_LOOKS = 1_000
_LOOK_EVERY_S = 1.0


class BacklogMeter:
    """Keeps the figures of one job. Only the job's thread may use it.

    Args:
        source: Absolute path of the source.
        look: Returns the size in bytes of a path, given the source and the relative path; None if it does not count.
    """

    def __init__(self, source: str, look: Callable[[str, str], int | None] | None = None) -> None:
        self._source = source
        self._look = look if look is not None else size_of
        # When the change of each path was noticed, seconds since 1970, UTC.
        self._taken: dict[str, float] = {}
        self._more = 0
        # When the first change was noticed among those of which only the number is known.
        self._first_at: float | None = None
        self._seen: tuple[object, ...] = ()
        self._looked_s = 0.0
        self._figures = NO_BACKLOG

    @property
    def taken(self) -> int:
        """Return how many paths passes have taken without copying them."""
        return len(self._taken) + self._more

    def take(self, scope: Scope, pending: Pending, first_at: float) -> None:
        """Record what a pass takes; it counts as backlog until the pass succeeds.

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
        # Of folded paths only the number is known.
        self._more += max(0, len(paths) - room) + max(0, pending.size - len(scope.paths) - len(scope.trees))
        if self._first_at is None:
            self._first_at = first_at

    def settle(self, scope: Scope, waiting: Iterable[str] = (), now_at: float = 0.0) -> None:
        """Record that a pass succeeded: what it compared is in the mirror, or is a reported problem.

        Changed paths that it left waiting were not copied.
        """
        still = {path: self._taken.get(path, now_at) for path in waiting}
        # This pass has covered these: after a failed pass the next one is full.
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
        """Return the figures; looks at the files at most once a second.

        ``waiting`` returns paths of the dirty set, at most as many as its argument.
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
        looked = (*paths, *(self._taken.keys() - paths))[:MOST_LOOKS]
        sizes = [size for path in looked if (size := self._look(self._source, path)) is not None]
        starts = [*self._taken.values()]
        if self._more and self._first_at is not None:
            starts.append(self._first_at)
        if pending.size:
            starts.append(now_at - (now_s - pending.first_s))
        return Backlog(
            files=len(sizes) + behind - len(looked),
            bytes=sum(sizes),
            oldest_at=min(starts, default=now_at),
            is_whole=len(looked) >= behind,
        )


def size_of(source: str, path: str) -> int | None:
    """Return the size of a changed path: 0 for a link and for a deleted path, since deletions count too.

    None for a folder, since changes in it have paths of their own.
    """
    try:
        entry = os.lstat(os.path.join(source, path))
    except (OSError, ValueError):
        return 0
    if stat.S_ISDIR(entry.st_mode):
        return None
    return entry.st_size if stat.S_ISREG(entry.st_mode) else 0
