"""The dirty set: which paths may have changed since they were last compared, in bounded memory.

The watcher's thread fills it, the runner's thread empties it. Its entries are only hints: the pass that takes a path
compares it again. This module touches no file.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.model.paths import is_below, parent_of
from backup_gui.model.plans import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PATHS = 10_000

# Once the set is full, a folder with at least this many dirty entries is compared as a whole.
_FOLD_FROM = 16


class Pending(NamedTuple):
    """What a dirty set holds, without taking it.

    Attributes:
        size: Number of entries, including folded ones.
        first_s: Monotonic time of the first hint since the set was last emptied.
        last_s: Monotonic time of the latest one.
        needs_full: Whether only a full pass can find what has changed.
    """

    size: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    needs_full: bool = False

    def __bool__(self) -> bool:
        """Return whether there is anything to compare."""
        return self.size > 0 or self.needs_full


class DirtySet:
    """Paths that may have changed. Thread-safe.

    Args:
        max_paths: Most single entries kept. Above that, folders with many entries are folded into one entry for the
            whole folder. If that is not enough, the set requires a full pass.
        monotonic: The clock, in seconds.
    """

    def __init__(self, max_paths: int = MAX_PATHS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._max_paths = max_paths
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._trees: set[str] = set()
        self._folded = 0
        self._needs_full = False
        self._first_s: float | None = None
        self._last_s = 0.0

    def add(self, *paths: str) -> bool:
        """Add single entries; return whether the set was empty before, so that the runner has to be woken."""
        with self._lock:
            was_empty = self._touch()
            if not self._needs_full:
                self._paths.update(path for path in paths if not is_below(path, self._trees))
                self._keep_bounded()
            return was_empty

    def add_tree(self, *paths: str) -> bool:
        """Add folders with everything below them, as ``add``; the root's path requires a full pass."""
        with self._lock:
            was_empty = self._touch()
            if not self._needs_full:
                self._trees.update(path for path in paths if not is_below(path, self._trees))
                if "" in self._trees:
                    self._give_up()
                self._keep_bounded()
            return was_empty

    def require_full(self) -> bool:
        """Record that it is unknown what has changed; returns the same as ``add``."""
        with self._lock:
            was_empty = self._touch()
            self._give_up()
            return was_empty

    def take(self) -> tuple[Scope, bool]:
        """Empty the set atomically; return its content, and whether a full pass is needed instead.

        Paths below one of its trees are left out.
        """
        with self._lock:
            paths, trees, needs_full = self._paths, self._trees, self._needs_full
            self._paths, self._trees, self._needs_full = set(), set(), False
            self._folded, self._first_s = 0, None
        top_trees = frozenset(tree for tree in trees if not is_below(parent_of(tree), trees))
        return Scope(frozenset(path for path in paths if not is_below(path, top_trees)), top_trees), needs_full

    def pending(self) -> Pending:
        """Describe the content without taking it."""
        with self._lock:
            if self._first_s is None:
                return Pending()
            size = len(self._paths) + len(self._trees) + self._folded
            return Pending(size, self._first_s, self._last_s, self._needs_full)

    def peek(self, limit: int) -> tuple[str, ...]:
        """Return at most ``limit`` of the paths without taking them."""
        with self._lock:
            return tuple(islice(chain(self._paths, self._trees), limit))

    def _touch(self) -> bool:
        was_empty = self._first_s is None
        self._last_s = self._monotonic()
        if self._first_s is None:
            self._first_s = self._last_s
        return was_empty

    def _give_up(self) -> None:
        self._needs_full = True
        self._folded += len(self._paths) + len(self._trees)
        self._paths.clear()
        self._trees.clear()

    def _keep_bounded(self) -> None:
        size = len(self._paths) + len(self._trees)
        if size <= self._max_paths:
            return
        # The root is not folded: comparing it as a whole is the full pass, which is the last resort.
        tally = Counter(parent_of(path) for path in self._paths)
        self._trees.update(folder for folder, count in tally.items() if folder and count >= _FOLD_FROM)
        self._paths = {path for path in self._paths if not is_below(path, self._trees)}
        self._trees = {tree for tree in self._trees if not is_below(parent_of(tree), self._trees)}
        kept = len(self._paths) + len(self._trees)
        self._folded += size - kept
        # If less than half were free, folding would happen again and again, each time over the whole set.
        if kept > self._max_paths // 2:
            self._give_up()
