"""Whether what a pass is going to write fits on the destination, and how it is said if it does not. Touches no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import Op, ProblemCode
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.model.plans import Action, Counts, Problem, Removed

# Beyond the content itself, file systems need room for where it lies and for checksums: less than this share of it.
_OVERHEAD_SHARE = 128


class Amount(NamedTuple):
    """Room on a volume.

    Attributes:
        bytes: Bytes.
        files: Files, folders and links, of which many file systems can only hold so many.
    """

    bytes: int
    files: int

    def lacks(self, wanted: Amount) -> Amount:
        """Return how much more is wanted than this."""
        return Amount(max(0, wanted.bytes - self.bytes), max(0, wanted.files - self.files))

    def up_to(self, most: Amount) -> Amount:
        """Return this, but no more than another amount."""
        return Amount(min(self.bytes, most.bytes), min(self.files, most.files))

    def __bool__(self) -> bool:
        """Whether it is anything at all."""
        return self.bytes > 0 or self.files > 0


NO_ROOM = Amount(0, 0)


class Room(NamedTuple):
    """The room on the destination's volume.

    Attributes:
        free_bytes: What this user may still write.
        free_files: How many files, folders and links can still be made; None if only bytes limit them.
        block_bytes: What a file's size is rounded up to.
        may_be_more: Whether there may be more room than that: how much of a quota is left is not told.
    """

    free_bytes: int
    free_files: int | None
    block_bytes: int
    may_be_more: bool = False

    def lacks(self, wanted: Amount) -> Amount:
        """Return how much more is wanted than there is."""
        free_files = wanted.files if self.free_files is None else self.free_files
        return Amount(self.free_bytes, free_files).lacks(wanted)


def most_needed(counts: Counts, block_bytes: int) -> Amount:
    """Return more than what actions need, from their counts alone."""
    # Each at most rounds up twice, lets a folder grow, and is the first of a folder in the history.
    size_bytes = counts.bytes + counts.bytes // _OVERHEAD_SHARE + 4 * counts.total * block_bytes
    return Amount(size_bytes, 2 * counts.total)


def needed(
    actions: Iterable[Action],
    block_bytes: int,
    size_of: Callable[[Action], int],
    most: Amount | None = None,
    *,
    leaves_rest: bool = False,
) -> Amount:
    """Add up what actions need. A file that is replaced needs room in full: its old version stays in the history.

    Args:
        actions: The actions.
        block_bytes: What a file's size is rounded up to.
        size_of: How many bytes are written for a file.
        most: What there could be at the most: a file that is larger than that is left out, since it does not fit
            whatever is done.
        leaves_rest: Whether what does not fit together with what comes before it is left out, too.

    Returns:
        A little more than that, for what the file system itself needs.
    """
    size_bytes = files = 0
    # Folders that grow by a block, and those that may have to be made in the history.
    growing: set[str] = set()
    kept: set[str] = set()
    for action in actions:
        if action.op is Op.DELETE or action.op is Op.REPLACE:
            kept.add(parent_of(action.path))
        if action.op is not Op.CREATE and action.op is not Op.REPLACE:
            continue
        content_bytes = size_of(action) if action.kind is EntryKind.FILE else 0
        content_bytes += content_bytes // _OVERHEAD_SHARE
        if most is not None and content_bytes > most.bytes:
            continue
        content_bytes = -(-content_bytes // block_bytes) * block_bytes
        if most is not None and leaves_rest:
            folders = len(growing) + len(kept) + 1
            is_over = size_bytes + content_bytes + folders * block_bytes > most.bytes
            if is_over or files + 1 + len(kept) > most.files:
                continue
        size_bytes += content_bytes
        files += 1
        growing.add(parent_of(action.path))
    return Amount(size_bytes + (len(growing) + len(kept)) * block_bytes, files + len(kept))


def explained(problem: Problem, size_bytes: int, room: Room) -> Problem:
    """Add to a problem of a full drive what it lacks, as far as the system tells.

    Args:
        problem: The problem.
        size_bytes: What was to be written.
        room: What there was.
    """
    if problem.code is not ProblemCode.NO_SPACE or problem.reason.arguments:
        return problem
    lacking = room.lacks(Amount(size_bytes, 1))
    if lacking.bytes:
        more = Reason(ReasonCode.SIZE_LACKS, size=lacking.bytes)
    elif lacking.files:
        more = Reason(ReasonCode.HOLDS_NO_MORE_FILES)
    else:
        return problem
    return problem._replace(reason=Reason(problem.code, more=more))


def is_of_quota(problem: Problem) -> bool:
    """Tell whether it is the user's share of the drive that is used up."""
    more = problem.reason.arguments.get("more")
    return isinstance(more, Reason) and more.code is ReasonCode.QUOTA_USED_UP


def full_reason(missing: Amount, room: Room | None, *, is_quota: bool) -> Reason:
    """Say that a drive is full, and what it lacks.

    Args:
        missing: What could not be written for want of room.
        room: What there is now; None if it cannot be told.
        is_quota: Whether it is the user's share of the drive that is used up.
    """
    lacking = missing if room is None else room.lacks(missing)
    if is_quota:
        return Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.QUOTA_LACKS, size=missing.bytes))
    if lacking.files and not lacking.bytes and room is not None:
        code = ReasonCode.ONE_FILE_TOO_MANY if lacking.files == 1 else ReasonCode.TOO_MANY_FILES
        return Reason(code, count=lacking.files)
    size_bytes = lacking.bytes or missing.bytes
    if not size_bytes:
        return Reason(ProblemCode.NO_SPACE)
    return Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=size_bytes))


def with_spared(reason: Reason, spared: Removed) -> Reason:
    """Add to the reason that a drive is full what the history could give, but does not unasked."""
    return Reason(ReasonCode.SPARED, detail=reason, size=spared.bytes)


def made_room_in_words(removed: Removed) -> str:
    """Say in one sentence that old versions gave way to new content."""
    if removed.versions == 1:
        return "1 old version was removed to make room"
    return f"{removed.versions:,} old versions were removed to make room"
