"""Collects the results of a pass, and reports them while it runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import BLOCK_BYTES
from backup_gui.engine.rules.space import NO_ROOM, Amount, explained
from backup_gui.model.entries import FOLDER
from backup_gui.model.errors import DestinationUnusableError, TooManyOpenError
from backup_gui.model.paths import parents_of
from backup_gui.model.plans import (
    CREATE,
    DELETE,
    NO_COUNTS,
    NOTHING_REMOVED,
    REPLACE,
    Action,
    Counts,
    Op,
    ProblemCode,
    count_files,
    counts_of,
)
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.model.plans import Problem, Removed


# With more files than this, the pass is not about files that are written again and again.
_MOST_TOOK = 1_000


class PassOutcome:
    """The results.

    Attributes:
        counts: How many actions of each kind.
        folders: How many of them are about folders.
        problems: What could not be done.
        unsettled: Written paths whose time stamps are too young to be reliable.
        missed: Paths that were no longer as compared when their turn came.
        took: Files that took long to copy, and how many seconds.
        missing: What could not be written for lack of space.
        spared: Old versions that stayed nevertheless.
        added_files: How many more files and links the mirror has than before; negative for fewer.
    """

    __slots__ = ("added_files", "counts", "folders", "missed", "missing", "problems", "spared", "took", "unsettled")

    def __init__(self, counts: Counts = NO_COUNTS) -> None:
        self.counts = counts
        self.folders = NO_COUNTS
        self.problems: list[Problem] = []
        self.unsettled: list[str] = []
        self.missed: list[str] = []
        self.took: dict[str, float] = {}
        self.missing = NO_ROOM
        self.spared = NOTHING_REMOVED
        self.added_files = 0


class PassStats:
    """Collects the results of one pass.

    Args:
        target: The destination, asked for its free space when that runs out.
        meter: Counts files and bytes.
        on_done: Called with completed actions, some hundred at a time.
        on_problem: Called with each problem.
        spared: Old versions that stayed, though space is short.

    Attributes:
        touched: Folders that were changed, whose own mode and times are restored at the end.
        attributed: Those whose extended attributes are copied too, once their content is complete.
        unmade: Folders that could not be created, so that nothing can be put into them.
    """

    def __init__(
        self,
        target: Destination,
        *,
        meter: Meter,
        on_done: Callable[[list[Action]], None],
        on_problem: Callable[[Problem], None],
        spared: Removed = NOTHING_REMOVED,
    ) -> None:
        self._target = target
        self._meter = meter
        self._on_done = on_done
        self._on_problem = on_problem
        self.touched: set[str] = set()
        self.attributed: set[str] = set()
        self.unmade: set[str] = set()
        self._tally = dict.fromkeys(Op, 0)
        self._folder_tally = dict.fromkeys(Op, 0)
        self._bytes = 0
        self._outcome = PassOutcome()
        self._outcome.spared = spared

    @property
    def outcome(self) -> PassOutcome:
        """The results so far, also of a cancelled pass."""
        self._outcome.counts = counts_of(self._tally, self._bytes)
        self._outcome.folders = counts_of(self._folder_tally, 0)
        return self._outcome

    def is_unmade(self, path: str) -> bool:
        """Tell whether a path is or lies in a folder that could not be created."""
        return bool(self.unmade) and (path in self.unmade or any(parent in self.unmade for parent in parents_of(path)))

    def note(self, action: Action, written_bytes: int = 0) -> None:
        """Record an action; ``tell`` reports it."""
        self._tally[action.op] += 1
        self._bytes += written_bytes
        if action.kind is not FOLDER:
            if (action.op is CREATE and action.old_kind is None) or action.old_kind is FOLDER:
                self._outcome.added_files += 1
            elif action.op is DELETE:
                self._outcome.added_files -= 1
        elif action.op is REPLACE:
            self._outcome.added_files -= 1
        else:
            self._folder_tally[action.op] += 1

    def note_took(self, path: str, seconds: float) -> None:
        """Record how long copying a file took, or trying to. More than a limit are skipped."""
        if len(self._outcome.took) < _MOST_TOOK:
            self._outcome.took[path] = self._outcome.took.get(path, 0.0) + seconds

    def note_unsettled(self, path: str) -> None:
        """Record a path whose time stamp is too young to be reliable."""
        self._outcome.unsettled.append(path)

    def note_missed(self, path: str) -> None:
        """Record a path that was skipped, since the source no longer has what was compared."""
        self._outcome.missed.append(path)

    def tell(self, done: list[Action]) -> None:
        """Report recorded copies; there must be at least one."""
        self._meter.add_files(count_files(done), done[-1].path, sum(map(_bytes_not_counted, done)))
        self._on_done(done)

    def count(self, action: Action) -> None:
        """Record and report an action that copies nothing."""
        self.note(action)
        self._meter.add_files(count_files((action,)), action.path)
        self._on_done([action])

    def add_problem(self, found: Problem, size_bytes: int = 0) -> None:
        """Record and report a problem, and how much was to be written.

        Raises:
            DestinationUnusableError: It concerns the whole destination.
            TooManyOpenError: It concerns the whole process.
        """
        if found.code is ProblemCode.TOO_MANY_OPEN:
            raise TooManyOpenError
        if found.code is ProblemCode.READ_ONLY:
            raise DestinationUnusableError(Reason(found.code, more=Reason(ReasonCode.AT, path=self._target.root)))
        if found.code is ProblemCode.NO_SPACE:
            missing = self._outcome.missing
            self._outcome.missing = Amount(missing.bytes + size_bytes, missing.files + 1)
            with contextlib.suppress(OSError):
                found = explained(found, size_bytes, self._target.room())
        self._outcome.problems.append(found)
        self._on_problem(found)


def _bytes_not_counted(action: Action) -> int:
    """Return the bytes of a file so small that they were not counted while it was copied."""
    return action.size_bytes if action.size_bytes <= BLOCK_BYTES else 0
