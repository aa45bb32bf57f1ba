"""The values that the engine's parts hand to each other.

Everything here is immutable and free of behaviour beyond reading itself: no file is touched, nothing is decided.
Paths are relative to a root and use ``/``; the root itself is the empty string. Bytes that are not valid text are
kept as surrogate escapes.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.reasons import NO_REASON, Code, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Op(Enum):
    """What an action does to one path of the mirror."""

    # There is one object of each, so its identity is its hash: counting a million actions is a second faster.
    __hash__ = object.__hash__

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    MOVE = "move"
    SET_METADATA = "set metadata"


# A plan may have a million of these. Made as a named tuple one takes 0.7 microseconds, as a frozen dataclass 3.9; and
# a class of this kind is defined in 0.3 milliseconds instead of 1.7, which the command line's start is made of.
class Action(NamedTuple):
    """One step of a plan.

    Attributes:
        op: What to do.
        path: The path in the mirror that is to change.
        kind: What the source has there; for a deletion, what the mirror has there.
        size_bytes: Size of the file that is copied, moved, deleted or changed, 0 for anything else.
        old_path: For a move, where the content is now.
        old_kind: For a replacement, what the mirror has there now; for something new, that the mirror has the source's
            own file there, which is no copy.
        is_known: For what the mirror has there now, whether the catalog says that this program put it there.
        link_to: For a file with several names, the path of the mirror whose file this is to be a name of.
        seen_at_ns: The change time that the source's file had when it was compared. If it is another when the action
            is carried out, what was found out then no longer counts. 0 if that is not known.
        copy_seen_at_ns: For metadata or a move of a file, the change time that the mirror's file had then.
        is_respelling: For a move, whether both paths are one to the destination's file system, such as those that
            differ in upper and lower case only.
    """

    op: Op
    path: str
    kind: EntryKind
    size_bytes: int = 0
    old_path: str | None = None
    old_kind: EntryKind | None = None
    is_known: bool = True
    link_to: str | None = None
    seen_at_ns: int = 0
    copy_seen_at_ns: int = 0
    is_respelling: bool = False


class Scope(NamedTuple):
    """Which part of the source a pass compares.

    Attributes:
        paths: Paths that are compared as single entries: cost of one look each. A folder that is new in the source
            or gone from it is taken with all that is in it.
        trees: Folders that are compared with all that is in them; the root's own path makes the pass a full one.
    """

    paths: frozenset[str] = frozenset()
    trees: frozenset[str] = frozenset()

    @property
    def is_full(self) -> bool:
        """Whether the whole source is compared."""
        return "" in self.trees

    def __bool__(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.paths or self.trees)


FULL = Scope(trees=frozenset({""}))


class Counts(NamedTuple):
    """How many paths of each sort a plan or a report is about, and how many bytes are copied."""

    created: int = 0
    replaced: int = 0
    deleted: int = 0
    moved: int = 0
    metadata: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        """All actions together."""
        return self.created + self.replaced + self.deleted + self.moved + self.metadata


NO_COUNTS = Counts()


class Plan(NamedTuple):
    """What a pass is going to do, in an order that can be carried out as it stands.

    Attributes:
        actions: The steps: folders before what is in them, copies before links to them, and deletions last.
        problems: What could not be compared; nothing under such a path is deleted.
        litter: Unfinished temporaries of an earlier run in the mirror.
        mirror_files: How many files and links the mirror had where it was compared.
        source_folders: How many folders the source had where it was compared, the root included.
        drives: Folders of the source that other volumes were found to be mounted on, or remembered to be.
        is_full: Whether the whole tree was compared.
    """

    actions: Sequence[Action] = ()
    problems: tuple[Problem, ...] = ()
    litter: tuple[str, ...] = ()
    mirror_files: int = 0
    source_folders: int = 0
    drives: frozenset[str] = frozenset()
    is_full: bool = True


def counts_of(tally: Mapping[Op, int], size_bytes: int) -> Counts:
    """Return the counts for a number of actions of each sort."""
    return Counts(
        created=tally[Op.CREATE],
        replaced=tally[Op.REPLACE],
        deleted=tally[Op.DELETE],
        moved=tally[Op.MOVE],
        metadata=tally[Op.SET_METADATA],
        bytes=size_bytes,
    )


def count_actions(actions: Iterable[Action]) -> Counts:
    """Count actions by what they do."""
    tally = dict.fromkeys(Op, 0)
    size_bytes = 0
    for action in actions:
        tally[action.op] += 1
        if action.op is Op.CREATE or action.op is Op.REPLACE:
            size_bytes += action.size_bytes
    return counts_of(tally, size_bytes)


def is_loss(action: Action) -> bool:
    """Tell whether an action that takes away is a loss: the deletion of a folder is none, what is in it counts."""
    return action.op is not Op.DELETE or action.kind is not EntryKind.FOLDER


def count_losses(actions: Iterable[Action]) -> Counts:
    """Count actions by what they do, without those that are no loss."""
    return count_actions(filter(is_loss, actions))


class ProblemCode(Code):
    """Why one path could not be handled."""

    NO_PERMISSION = ("no-permission", "No permission to read this")
    NO_WRITE_PERMISSION = ("no-write-permission", "No permission to write this in the backup")
    KEEPS_CHANGING = ("keeps-changing", "The file keeps changing while it is being copied")
    COPIED_IN_USE = (
        "copied-in-use",
        "Another program wrote to the file while it was copied, so the copy may not be whole",
    )
    SPECIAL_FILE = ("special-file", "This is not a file or folder but a pipe, socket or device, which cannot be copied")
    IN_USE = ("in-use", "The file is open in another program")
    NO_SPACE = ("no-space", "The backup drive is full")
    TOO_LARGE = ("too-large", "The file is too large for the backup drive's file system")
    READ_ONLY = ("read-only", "The backup drive is read-only")
    READ_ERROR = ("read-error", "The drive reported an error while this was being read")
    WRITE_ERROR = ("write-error", "The backup drive reported an error while this was being written")
    NAME_NOT_POSSIBLE = ("name-not-possible", "The name is not possible on the backup drive")
    NAME_TOO_LONG = ("name-too-long", "The name or path is too long for the backup drive")
    NAME_COLLISION = ("name-collision", "The backup drive cannot tell this name from another one in the same folder")
    NAME_RESERVED = ("name-reserved", "The backup keeps this name for its history")
    LEFT_OUT_IN_THE_WAY = ("left-out-in-the-way", "In the backup, something that is left out is in its place")
    LINK_NOT_POSSIBLE = ("link-not-possible", "Links are not possible on the backup drive")
    PROTECTED = ("protected", "The copy in the backup is protected against changes")
    METADATA = ("metadata", "The content is backed up, but not all of its permissions, times or attributes")
    DRIVE_AWAY = ("drive-away", "The drive that belongs in this folder is not there")
    MIRROR_CHANGED = ("mirror-changed", "Something else changed the backup while it was being written")
    LINK_IN_HISTORY = (
        "link-in-history",
        "A link stands in the history where a folder belongs, so the old version has no place",
    )
    KEPT = ("kept", "The backup keeps its own version of this, as you decided, and not the one that is here now")
    STORED_LATER = ("stored-later", "The backup lies in a mounted cloud: this program cannot tell when it is stored")
    TOO_MANY_OPEN = ("too-many-open", "Too many files are open, in this program or in the whole system")
    HISTORY_LOST = ("history-lost", "The history was gone, with every version that was in it; a new one has been begun")
    OTHER = ("other", "The system refused")


class Stage(Enum):
    """Where in a pass a problem arose."""

    COMPARE = "compare"
    COPY = "copy"
    DELETE = "delete"
    MOVE = "move"
    METADATA = "metadata"
    HISTORY = "history"


class Problem(NamedTuple):
    """One path that could not be handled.

    Attributes:
        path: The path, relative to the source.
        stage: What was being done.
        code: The reason for programs.
        reason: The same with what there is more to know of it.
    """

    path: str
    stage: Stage
    code: ProblemCode
    reason: Reason


class Phase(Enum):
    """What a pass is busy with."""

    COMPARING = "comparing"
    COPYING = "copying"
    RETURNING = "returning"


class Progress(NamedTuple):
    """How far a pass has come.

    Attributes:
        phase: What it is busy with.
        files_done: Actions done; while comparing, entries seen.
        files_total: Actions planned; 0 while comparing, when it is not known yet.
        bytes_done: Bytes copied.
        bytes_total: Bytes planned.
        path: What is being handled.
        elapsed_s: Seconds since the phase began.
    """

    phase: Phase
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    path: str = ""
    elapsed_s: float = 0.0


class HeldCode(Enum):
    """Why the guard holds a part of a plan."""

    MASS_CHANGE = "mass-change"
    SLOW_CHANGE = "slow-change"
    SOURCE_EMPTY = "source-empty"
    SOURCE_REPLACED = "source-replaced"
    DESTINATION_REPLACED = "destination-replaced"
    STRANGERS = "strangers"
    OTHER_BACKUP = "other-backup"
    NEWER_BACKUP = "newer-backup"


_REFUSALS = frozenset({HeldCode.OTHER_BACKUP, HeldCode.NEWER_BACKUP})


class Held(NamedTuple):
    """What the guard holds until the user agrees.

    Attributes:
        code: What the user is asked about.
        reason: Why it is held, with its figures.
        counts: What is held.
        mirror_files: Files in the mirror, for "840 of 1,000".
        actions: The actions held, for the user's review.
        lost_before: Files that were deleted or replaced within the hour before, where that is the reason.
        claims: Where another backup has a folder: what that backup is known by, for the user's word to be about it
            and no other.
    """

    code: HeldCode
    reason: Reason
    counts: Counts
    mirror_files: int
    actions: Sequence[Action] = ()
    lost_before: int = 0
    claims: frozenset[str] = frozenset()

    @property
    def is_refusal(self) -> bool:
        """Whether nothing at all was done, since the destination is another backup's."""
        return self.code in _REFUSALS and not self.actions


class PassStatus(Enum):
    """How a pass ended."""

    COMPLETE = "complete"
    PROBLEMS = "problems"
    HELD = "held"
    CANCELLED = "cancelled"
    FAILED = "failed"


class HistorySize(NamedTuple):
    """What a history holds.

    Attributes:
        bytes: The room that it takes on its volume. What is also in the mirror takes none.
        versions: How many versions there are.
        oldest_s: When the oldest one left the mirror, seconds since 1970, UTC; None if there is none.
    """

    bytes: int
    versions: int
    oldest_s: int | None


class Removed(NamedTuple):
    """Old versions that were removed from the history.

    Attributes:
        versions: How many.
        bytes: The room that became free.
    """

    versions: int = 0
    bytes: int = 0


NOTHING_REMOVED = Removed()


class MadeRoom(NamedTuple):
    """What came of making room for new content.

    Attributes:
        removed: What was removed.
        spared: What stayed, and would be removed at the user's word.
    """

    removed: Removed = NOTHING_REMOVED
    spared: Removed = NOTHING_REMOVED


NO_ROOM_MADE = MadeRoom()


class Report(NamedTuple):
    """What one pass did.

    Attributes:
        status: How it ended.
        started_at: When it began, seconds since 1970, UTC.
        duration_s: How long it took.
        is_full: Whether the whole tree was compared.
        counts: What was done.
        problems: Paths that could not be handled.
        held: What waits for the user's word, if anything.
        reason: For a failed pass, why.
        source_folders: Folders in the source, as far as compared.
        unsettled: Paths written so recently that their time stamp cannot be trusted yet.
        missed: Paths that were gone, or another thing than the one compared, when their turn came.
        made_room: Old versions that were removed before the copying, so that it fits.
        spared: Old versions that did not give way unasked, though there was no room for new content.
        took: Files that took a while to be copied, or to be tried: path, and seconds.
        waiting: Files that have changed and were not copied, since they were copied just before.
        thinned: Old versions that were removed after it, for their age or for the limit to the history's size.
        kept: Files that stay in the mirror against the source, at the user's word.
    """

    status: PassStatus
    started_at: float
    duration_s: float
    is_full: bool
    counts: Counts = NO_COUNTS
    problems: tuple[Problem, ...] = ()
    held: Held | None = None
    reason: Reason = NO_REASON
    source_folders: int = 0
    unsettled: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    took: tuple[tuple[str, float], ...] = ()
    waiting: tuple[str, ...] = ()
    made_room: Removed = NOTHING_REMOVED
    thinned: Removed = NOTHING_REMOVED
    spared: Removed = NOTHING_REMOVED
    kept: int = 0
