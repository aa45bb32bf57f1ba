"""The values that the engine's parts pass to each other.

They are immutable; they touch no file and decide nothing. Paths are relative to a root and use ``/``; the root itself
is the empty string. Bytes that are not valid text are kept as surrogate escapes.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from operator import sub
from typing import Final, NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.reasons import NO_REASON, Code, Codes, Reason, ReasonCode


class Op(Enum):
    """What an action does to one path of the mirror."""

    # Each member is a single object, so its identity serves as its hash. That makes counting a million actions a second
    # faster.
    __hash__ = object.__hash__

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    MOVE = "move"
    SET_METADATA = "set metadata"


# As in ``model/entries.py``.
CREATE: Final = Op.CREATE
REPLACE: Final = Op.REPLACE
DELETE: Final = Op.DELETE
SET_METADATA: Final = Op.SET_METADATA


# A plan may have a million of these. Creating a named tuple takes 0.7 microseconds, a frozen dataclass 3.9. Defining
# the class takes 0.3 instead of 1.7 milliseconds, which counts at the command line's start.
class Action(NamedTuple):
    """One step of a plan.

    Attributes:
        op: What to do.
        path: The path to change in the mirror.
        kind: What the source has there; for a deletion, what the mirror has there.
        size_bytes: Size of the file that is copied, moved, deleted or changed; 0 for anything else.
        old_path: For a move, where the content is now.
        old_kind: For a replacement, what the mirror has there now. For a creation, set if the mirror has the source's
            own file there (a hard link), which is no copy.
        is_known: Whether the database says that this program put the mirror's entry there.
        link_to: For a hard link, the path in the mirror of the file to link to.
        seen_at_ns: Change time of the source's file when it was compared; 0 if unknown. If it differs when the action
            is carried out, the comparison is out of date.
        copy_seen_at_ns: For metadata or a move of a file, the change time that the mirror's file had then.
        is_respelling: For a move, whether the destination's file system takes both paths for the same one, such as
            paths that differ only in case.
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
        paths: Paths compared as single entries, at the cost of one look each. A folder that is new in the source or
            gone from it is included with its contents.
        trees: Folders compared with all their contents; the root's path makes the pass a full one.
    """

    paths: frozenset[str] = frozenset()
    trees: frozenset[str] = frozenset()

    @property
    def is_full(self) -> bool:
        """Return whether the whole source is compared."""
        return "" in self.trees

    def __bool__(self) -> bool:
        """Return whether there is anything to compare."""
        return bool(self.paths or self.trees)


FULL = Scope(trees=frozenset({""}))


class Counts(NamedTuple):
    """How many paths of each kind a plan or a report covers, and how many bytes are copied."""

    created: int = 0
    replaced: int = 0
    deleted: int = 0
    moved: int = 0
    metadata: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        """Return the sum over all kinds."""
        return self.created + self.replaced + self.deleted + self.moved + self.metadata

    def without(self, part: "Counts") -> "Counts":
        """Return these counts without a part of them."""
        return Counts._make(map(sub, self, part))


NO_COUNTS = Counts()


class Plan(NamedTuple):
    """What a pass is going to do, in an order that can be carried out.

    Attributes:
        actions: The steps: folders before their contents, copies before links to them, and deletions last.
        problems: What could not be compared; nothing at or below such a path is deleted.
        litter: Temporary files in the mirror that an earlier run left unfinished.
        mirror_files: How many files and links the mirror had where it was compared.
        source_folders: How many folders the source had where it was compared, the root included.
        placeholders: How many files and folders were left out since they are only in a cloud.
        drives: Folders of the source where other volumes are mounted, or were before.
        is_full: Whether the whole tree was compared.
    """

    actions: Sequence[Action] = ()
    problems: "tuple[Problem, ...]" = ()
    litter: tuple[str, ...] = ()
    mirror_files: int = 0
    source_folders: int = 0
    placeholders: int = 0
    drives: frozenset[str] = frozenset()
    is_full: bool = True


def counts_of(tally: Mapping[Op, int], size_bytes: int) -> Counts:
    """Return ``Counts`` for a number of actions of each kind."""
    return Counts(
        created=tally[Op.CREATE],
        replaced=tally[Op.REPLACE],
        deleted=tally[Op.DELETE],
        moved=tally[Op.MOVE],
        metadata=tally[Op.SET_METADATA],
        bytes=size_bytes,
    )


def count_actions(actions: Iterable[Action]) -> Counts:
    """Count actions by kind."""
    tally = dict.fromkeys(Op, 0)
    size_bytes = 0
    for action in actions:
        op = action.op
        tally[op] += 1
        if op is CREATE or op is REPLACE:
            size_bytes += action.size_bytes
    return counts_of(tally, size_bytes)


def is_about_file(action: Action) -> bool:
    """Tell whether an action is about a file or link, also one that a folder replaces; people count these alone."""
    return action.kind is not EntryKind.FOLDER or action.op is REPLACE


def count_files(actions: Iterable[Action]) -> int:
    """Count the actions that are about files and links."""
    return sum(map(is_about_file, actions))


def is_loss(action: Action) -> bool:
    """Tell whether an action counts as a loss; deleting a folder does not, since its contents are counted."""
    return action.op is not Op.DELETE or action.kind is not EntryKind.FOLDER


def count_losses(actions: Iterable[Action]) -> Counts:
    """Count actions by kind, without deletions of folders."""
    return count_actions(filter(is_loss, actions))


class ProblemCode(Codes):
    """Why one path could not be handled."""

    NO_PERMISSION = Code("No permission to read this")
    PRIVACY = Code("macOS keeps this from Folder Backup until it has full disk access")
    NO_WRITE_PERMISSION = Code("No permission to write this in the backup")
    KEEPS_CHANGING = Code("The file keeps changing while it is being copied")
    COPIED_IN_USE = Code("Another program wrote to the file while it was copied, so the copy may not be whole")
    SPECIAL_FILE = Code("This is not a file or folder but a pipe, socket or device, which cannot be copied")
    IN_USE = Code("The file is open in another program")
    NO_SPACE = Code("The backup drive is full")
    TOO_LARGE = Code("The file is too large for the backup drive's file system")
    READ_ONLY = Code("The backup drive is read-only")
    READ_ERROR = Code("The drive reported an error while this was being read")
    WRITE_ERROR = Code("The backup drive reported an error while this was being written")
    NAME_NOT_POSSIBLE = Code("The name is not possible on the backup drive")
    NAME_TOO_LONG = Code("The name or path is too long for the backup drive")
    NAME_COLLISION = Code("The backup drive cannot tell this name from another one in the same folder")
    NAME_RESERVED = Code("The backup keeps this name for its history")
    LEFT_OUT_IN_THE_WAY = Code("In the backup, something that is left out is in its place")
    LINK_NOT_POSSIBLE = Code("Links are not possible on the backup drive")
    PROTECTED = Code("The copy in the backup is protected against changes")
    METADATA = Code("The content is backed up, but not all of its permissions, times or attributes")
    DRIVE_AWAY = Code("The drive that belongs in this folder is not there")
    MIRROR_CHANGED = Code("Something else changed the backup while it was being written")
    LINK_IN_HISTORY = Code("A link stands in the history where a folder belongs, so the old version has no place")
    KEPT = Code("The backup keeps its own version of this, as you decided, and not the one that is here now")
    STORED_LATER = Code("The backup lies in a mounted cloud: this program cannot tell when it is stored")
    TOO_MANY_OPEN = Code("Too many files are open, in this program or in the whole system")
    HISTORY_LOST = Code("The history was gone, with every version that was in it; a new one has been begun")
    OTHER = Code("The system refused")


class Stage(Enum):
    """Where in a pass a problem arose."""

    COMPARE = "compare"
    COPY = "copy"
    DELETE = "delete"
    MOVE = "move"
    METADATA = "metadata"
    HISTORY = "history"


class Problem(NamedTuple):
    """A path that could not be handled.

    Attributes:
        path: The path, relative to the source.
        stage: What was being done.
        code: The reason for programs.
        why: The reason, without the missing space; equal ones are shared.
        lacks_bytes: How much space is missing on a full drive; 0 if unknown.
    """

    path: str
    stage: Stage
    code: Code
    why: Reason
    lacks_bytes: int = 0

    @property
    def reason(self) -> Reason:
        """The reason with further details."""
        # Made only when it is shown: on a full drive each of a hundred thousand problems may lack another size.
        if not self.lacks_bytes:
            return self.why
        return Reason(self.code, more=Reason(ReasonCode.SIZE_LACKS, size=self.lacks_bytes))


# Nothing is lost by leaving these out, so a backup without other problems is complete.
NOTES: Final = frozenset({ProblemCode.SPECIAL_FILE})


def without_notes(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems that need the user or another try, without those by which nothing is lost."""
    return tuple(problem for problem in problems if problem.code not in NOTES)


def notes_of(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return those by which nothing is lost."""
    return tuple(problem for problem in problems if problem.code in NOTES)


class Phase(Enum):
    """What a pass is busy with."""

    COMPARING = "comparing"
    COPYING = "copying"
    RETURNING = "returning"


class Progress(NamedTuple):
    """How far a pass has come.

    Attributes:
        phase: What it is busy with.
        files_done: Files and links done; while comparing, entries seen.
        files_total: Files and links planned; 0 while comparing, when it is not known yet, and where only folders are.
        bytes_done: Bytes copied.
        bytes_total: Bytes planned.
        path: The path being handled.
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
    """Why the guard holds part of a plan."""

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
    """What the guard holds until the user decides.

    Attributes:
        code: What the user is asked about.
        reason: Why it is held, with its figures.
        counts: What is held.
        mirror_files: Files in the mirror, for "840 of 1,000".
        actions: The held actions, for review.
        lost_before: Files deleted or replaced within the hour before, if that is the reason.
        claims: If another backup owns a folder, that backup's identifiers. The user's approval applies to these only.
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
        """Return whether the pass did nothing at all because the destination belongs to another backup."""
        return self.code in _REFUSALS and not self.actions


class PassStatus(Enum):
    """How a pass ended."""

    COMPLETE = "complete"
    PROBLEMS = "problems"
    HELD = "held"
    CANCELLED = "cancelled"
    FAILED = "failed"


class HistorySize(NamedTuple):
    """Contents of a history.

    Attributes:
        bytes: Space that it takes on its volume. Files shared with the mirror take none.
        versions: How many versions there are.
    """

    bytes: int
    versions: int


class Removed(NamedTuple):
    """How many old versions were removed from the history, and the space that was freed."""

    versions: int = 0
    bytes: int = 0


NOTHING_REMOVED = Removed()


class MadeRoom(NamedTuple):
    """Old versions removed to make room, and those spared that only the user's permission would remove."""

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
        held: What is held for review, if anything.
        reason: For a failed pass, why.
        source_folders: Folders in the source, as far as compared.
        unsettled: Paths written so recently that their time stamps are not reliable yet.
        missed: Paths that were gone, or had become another file, when their turn came.
        made_room: Old versions removed before copying to free space.
        spared: Old versions not removed without permission, though space was short.
        took: Files that took long to copy, or to try: path and seconds.
        waiting: Changed files that were not copied because they had been copied just before.
        thinned: Old versions removed afterwards because of their age or the history's size limit.
        kept: Files that stay in the mirror against the source, by the user's decision.
        placeholders: Files and folders that were left out since they are only in a cloud.
        folders: How much of ``counts`` is about folders.
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
    placeholders: int = 0
    folders: Counts = NO_COUNTS

    @property
    def files(self) -> Counts:
        """What was done to files and links, which is what people count."""
        return self.counts.without(self.folders)

    @property
    def without_notes(self) -> "Report":
        """The same pass, complete if all that it could not copy is what nothing is lost by."""
        problems = without_notes(self.problems)
        if len(problems) == len(self.problems):
            return self
        is_complete = self.status is PassStatus.PROBLEMS and not problems
        return self._replace(problems=problems, status=PassStatus.COMPLETE if is_complete else self.status)
