"""What a pass has done so far, and who is told of it while it goes on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import BLOCK_BYTES
from backup_gui.engine.rules.pauses import LEAST_COPY_S
from backup_gui.engine.rules.space import NO_ROOM, Amount, explained
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import DestinationUnusableError, TooManyOpenError
from backup_gui.model.paths import parents_of
from backup_gui.model.plans import NO_COUNTS, NOTHING_REMOVED, Action, Counts, Op, ProblemCode, counts_of
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.model.plans import Problem, Removed


# More files than these are no matter of some that are written again and again.
_MOST_TOOK = 1_000


class Outcome:
    """What was done.

    Attributes:
        counts: How much of each sort.
        problems: What could not be done.
        unsettled: Paths written whose time stamp is too young to be trusted.
        missed: Paths that were another thing than the one compared when their turn came.
        took: Files that took a while to be copied, and how many seconds.
        missing: What could not be written for want of room.
        spared: Old versions that stayed all the same.
        added_files: How many more files and links the mirror has than before, or fewer.
    """

    __slots__ = ("added_files", "counts", "missed", "missing", "problems", "spared", "took", "unsettled")

    def __init__(self, counts: Counts = NO_COUNTS) -> None:
        self.counts = counts
        self.problems: list[Problem] = []
        self.unsettled: list[str] = []
        self.missed: list[str] = []
        self.took: dict[str, float] = {}
        self.missing = NO_ROOM
        self.spared = NOTHING_REMOVED
        self.added_files = 0


class Ledger:
    """The book of one pass.

    Args:
        target: The destination, asked for its room when that runs out.
        meter: Told of files and bytes.
        on_done: Told of actions done, some hundred at a time.
        on_problem: Told of each problem.
        spared: Old versions that stayed, though there is not enough room.

    Attributes:
        touched: Folders in which something was changed, which get their own mode and times back in the end.
        attributed: Those whose attributes are to be brought into step, too, once their content is complete.
        unmade: Folders that could not be made, so that nothing can be put into them.
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
        self._bytes = 0
        self._outcome = Outcome()
        self._outcome.spared = spared

    @property
    def outcome(self) -> Outcome:
        """What was done until now, also by a pass that was given up."""
        self._outcome.counts = counts_of(self._tally, self._bytes)
        return self._outcome

    def is_unmade(self, path: str) -> bool:
        """Tell whether a path is or lies in a folder that could not be made."""
        return bool(self.unmade) and (path in self.unmade or any(parent in self.unmade for parent in parents_of(path)))

    def note(self, action: Action, written_bytes: int = 0) -> None:
        """Note what was done; ``tell`` says so."""
        self._tally[action.op] += 1
        self._bytes += written_bytes
        if action.kind is not EntryKind.FOLDER:
            if (action.op is Op.CREATE and action.old_kind is None) or action.old_kind is EntryKind.FOLDER:
                self._outcome.added_files += 1
            elif action.op is Op.DELETE:
                self._outcome.added_files -= 1
        elif action.op is Op.REPLACE:
            self._outcome.added_files -= 1

    def note_took(self, path: str, seconds: float) -> None:
        """Note how long copying a file took, or trying to; of the first copy of a large tree not of each."""
        if seconds >= LEAST_COPY_S and len(self._outcome.took) < _MOST_TOOK:
            self._outcome.took[path] = seconds

    def note_unsettled(self, path: str) -> None:
        """Note a path whose time stamp is too young to be trusted."""
        self._outcome.unsettled.append(path)

    def note_missed(self, path: str) -> None:
        """Note a path that was left as it was, since the source has no more there what was compared."""
        self._outcome.missed.append(path)

    def tell(self, done: list[Action]) -> None:
        """Tell of copies that were noted, of one at least."""
        self._meter.add_files(len(done), done[-1].path, sum(map(_bytes_not_counted, done)))
        self._on_done(done)

    def count(self, action: Action) -> None:
        """Note something that was done without copying, and tell of it."""
        self.note(action)
        self._meter.add_files(1, action.path)
        self._on_done([action])

    def add_problem(self, found: Problem, size_bytes: int = 0) -> None:
        """Note what could not be done, and tell of it.

        Args:
            found: The problem.
            size_bytes: How much was to be written.

        Raises:
            DestinationUnusableError: It is one of the whole destination.
            TooManyOpenError: It is one of the whole process.
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
    """Return the bytes of a file so small that none of them were counted while it was copied."""
    return action.size_bytes if action.size_bytes <= BLOCK_BYTES else 0
