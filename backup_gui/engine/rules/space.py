"""Whether what a pass will write fits on the destination, and the reason if it does not. Touches no file."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import Action, Counts, Op, Problem, ProblemCode, Removed
from backup_gui.model.reasons import Reason, ReasonCode

# File systems need additional space for block maps and checksums: less than this fraction of the content.
_OVERHEAD_SHARE = 128
_HOLDS_NO_MORE_FILES = Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.HOLDS_NO_MORE_FILES))


class Amount(NamedTuple):
    """Space on a volume.

    Attributes:
        bytes: Bytes.
        files: Files, folders and links; many file systems limit their number.
    """

    bytes: int
    files: int

    def lacks(self, wanted: "Amount") -> "Amount":
        """Return what is missing from this amount."""
        return Amount(max(0, wanted.bytes - self.bytes), max(0, wanted.files - self.files))

    def up_to(self, most: "Amount") -> "Amount":
        """Return this amount, limited by another one."""
        return Amount(min(self.bytes, most.bytes), min(self.files, most.files))

    def __bool__(self) -> bool:
        """Return whether the amount is not zero."""
        return self.bytes > 0 or self.files > 0


NO_ROOM = Amount(0, 0)


class Room(NamedTuple):
    """The space on the destination's volume.

    Attributes:
        free_bytes: What this user may still write.
        free_files: How many files, folders and links can still be created; None if only bytes limit them.
        block_bytes: File sizes are rounded up to a multiple of this.
        may_be_more: Whether there may be more space than that, because the rest of a quota is not reported.
    """

    free_bytes: int
    free_files: int | None
    block_bytes: int
    may_be_more: bool = False

    def lacks(self, wanted: Amount) -> Amount:
        """Return what is missing from the free space."""
        free_files = wanted.files if self.free_files is None else self.free_files
        return Amount(self.free_bytes, free_files).lacks(wanted)


def most_needed(counts: Counts, block_bytes: int) -> Amount:
    """Return an upper bound of what actions need, from their counts alone."""
    # Each may round up twice, let a folder grow, and need the first folder for its version in the history.
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
    """Add up what actions need. A replacement counts in full, since its old version stays in the history.

    Args:
        actions: The actions.
        block_bytes: File sizes are rounded up to a multiple of this.
        size_of: Returns how many bytes are written for a file.
        most: The most that could ever be free. Larger files are not counted, since they never fit.
        leaves_rest: Whether files that do not fit together with the preceding ones are not counted either.

    Returns:
        A little more than that, for the file system's own needs.
    """
    size_bytes = files = 0
    # Folders that grow by a block, and folders that the history may need.
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


def explained(problem: Problem, size_bytes: int, room: Room | None) -> Problem:
    """Add what was missing of the space there was to a problem of a full drive, as far as the system reports it."""
    if problem.code is not ProblemCode.NO_SPACE or problem.why.arguments or room is None:
        return problem
    lacking = room.lacks(Amount(size_bytes, 1))
    if lacking.bytes:
        return Problem(problem.path, problem.stage, problem.code, problem.why, lacking.bytes)
    if lacking.files:
        return problem._replace(why=_HOLDS_NO_MORE_FILES)
    return problem


def is_of_quota(problem: Problem) -> bool:
    """Tell whether the user's quota on the drive is used up."""
    more = problem.why.arguments.get("more")
    return isinstance(more, Reason) and more.code is ReasonCode.QUOTA_USED_UP


def full_reason(missing: Amount, room: Room | None, *, is_quota: bool) -> Reason:
    """Return the reason that a drive, or with ``is_quota`` the user's quota on it, is full, with the missing amount."""
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
    """Add what the history could free with the user's permission to the reason that a drive is full."""
    return Reason(ReasonCode.SPARED, detail=reason, size=spared.bytes)


def made_room_in_words(removed: Removed) -> str:
    """Say in one sentence how many old versions were removed to make space."""
    if removed.versions == 1:
        return "1 old version was removed to make room"
    return f"{removed.versions:,} old versions were removed to make room"
