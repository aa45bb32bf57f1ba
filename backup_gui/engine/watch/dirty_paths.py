"""The dirty set: which paths may have changed since they were last compared, in bounded memory.

Filled by the watcher's thread, emptied by the runner's. What is in it are hints and nothing more: every path is looked
at again by the pass that takes it. This module touches no file.
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

# A folder with at least this many dirty entries of its own is compared as a whole once the set is full.
_FOLD_FROM = 16


class Pending(NamedTuple):
    """What a dirty set holds, without taking it.

    Attributes:
        size: Entries waiting, those folded away included.
        first_s: Monotonic time of the first hint since the set was last emptied.
        last_s: Monotonic time of the latest one.
        needs_full: Whether only a full pass can tell what has changed.
    """

    size: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    needs_full: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to compare."""
        return self.size > 0 or self.needs_full


class DirtySet:
    """Paths that may have changed. Safe to use from several threads.

    Args:
        max_paths: Entries kept one by one. Above that, folders with many of them are taken as a whole, and if that is
            not enough, a full pass is asked for.
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
        """Note single entries.

        Returns:
            Whether the set was empty before, so that somebody needs to be told.
        """
        with self._lock:
            was_empty = self._touch()
            if not self._needs_full:
                self._paths.update(path for path in paths if not is_below(path, self._trees))
                self._keep_bounded()
            return was_empty

    def add_tree(self, *paths: str) -> bool:
        """Note folders with everything below them; the root's own path asks for a full pass.

        Returns:
            Whether the set was empty before.
        """
        with self._lock:
            was_empty = self._touch()
            if not self._needs_full:
                self._trees.update(path for path in paths if not is_below(path, self._trees))
                if "" in self._trees:
                    self._give_up()
                self._keep_bounded()
            return was_empty

    def require_full(self) -> bool:
        """Note that nobody knows what has changed.

        Returns:
            Whether the set was empty before.
        """
        with self._lock:
            was_empty = self._touch()
            self._give_up()
            return was_empty

    def take(self) -> tuple[Scope, bool]:
        """Empty the set at one moment.

        Returns:
            What was in it, without what is below one of its trees; and whether a full pass is needed instead.
        """
        with self._lock:
            paths, trees, needs_full = self._paths, self._trees, self._needs_full
            self._paths, self._trees, self._needs_full = set(), set(), False
            self._folded, self._first_s = 0, None
        top_trees = frozenset(tree for tree in trees if not is_below(parent_of(tree), trees))
        return Scope(frozenset(path for path in paths if not is_below(path, top_trees)), top_trees), needs_full

    def pending(self) -> Pending:
        """Look without taking."""
        with self._lock:
            if self._first_s is None:
                return Pending()
            size = len(self._paths) + len(self._trees) + self._folded
            return Pending(size, self._first_s, self._last_s, self._needs_full)

    def peek(self, limit: int) -> tuple[str, ...]:
        """Some of the paths, without taking them: at most ``limit``."""
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
        # The root is no candidate: taking it as a whole is the full pass that comes last.
        tally = Counter(parent_of(path) for path in self._paths)
        self._trees.update(folder for folder, count in tally.items() if folder and count >= _FOLD_FROM)
        self._paths = {path for path in self._paths if not is_below(path, self._trees)}
        self._trees = {tree for tree in self._trees if not is_below(parent_of(tree), self._trees)}
        kept = len(self._paths) + len(self._trees)
        self._folded += size - kept
        # Less than half free would mean folding again and again, at the cost of the whole set each time.
        if kept > self._max_paths // 2:
            self._give_up()
