"""Values for browsing the history and for restoring: what existed, what is wanted, and what the result was.

Times are seconds since 1970, UTC. Nothing here touches a file.
"""

from enum import Enum
from typing import NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.reasons import NO_REASON, Reason


class Item(NamedTuple):
    """A file, link or folder at an earlier time.

    Attributes:
        path: Its path in the source.
        kind: What it is.
        size_bytes: Its size; 0 for a folder.
        mtime_ns: When its content was last changed.
        root: Absolute path of the mirror or of the history that contains it.
        stored: Its path in there.
        left_at: When it left the mirror; None if it is in the mirror now.
        is_gone: Whether it had been deleted before the requested time.
    """

    path: str
    kind: EntryKind
    size_bytes: int
    mtime_ns: int
    root: str
    stored: str
    left_at: float | None = None
    is_gone: bool = False

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Return whether it can contain others."""
        return self.kind is EntryKind.FOLDER


class Moment(NamedTuple):
    """A time at which files left the mirror.

    Attributes:
        at: When.
        files: How many files and links did.
    """

    at: float
    files: int


class Search(NamedTuple):
    """The result of a search by name.

    Attributes:
        items: What was found.
        is_cut: Whether there are more matches.
    """

    items: tuple[Item, ...] = ()
    is_cut: bool = False


class Policy(Enum):
    """What to do if something else exists at the target.

    ``BESIDE`` does not look whether anything exists. The last two are for undoing: the restored file gets the name.
    """

    KEEP_BOTH = "keep both"
    REPLACE = "replace what the backup has, else keep both"
    SKIP = "skip"
    BESIDE = "always under another name"
    SET_ASIDE = "give another name to what is there"
    MAKE_WAY = "replace what the backup has, else set aside"


class Piece(NamedTuple):
    """One thing to restore.

    Attributes:
        root: Absolute path of the mirror or of the history. Empty for a folder of which only the name is known, and for
            content that is lost.
        stored: Path of its content in there.
        wanted: Its path in the target folder.
        size_bytes: Its size, for the progress.
        is_folder: Whether it is a folder, which is created without its contents.
        policy: What to do if the target exists; None for the policy of all pieces.
        moved_kind: What was moved from ``wanted`` to ``stored`` within the target folder, and is renamed back; None for
            what is copied.
    """

    root: str
    stored: str
    wanted: str
    size_bytes: int = 0
    is_folder: bool = False
    policy: Policy | None = None
    moved_kind: EntryKind | None = None


class Selection(NamedTuple):
    """What to restore for a path.

    Attributes:
        pieces: What, and from where.
        unseen: Paths that could not be read and folders that could not be listed, named as in the target folder, each
            with the error. What lies below them is unknown too.
    """

    pieces: tuple[Piece, ...]
    unseen: dict[str, OSError]


class RestoreResult(NamedTuple):
    """The result of a restore. Paths are relative to the target folder.

    Attributes:
        asked: How many were wanted: files and links, and if the job itself restores, folders.
        restored: Restored paths, each compared with its origin.
        present: Paths that had the wanted content already.
        beside: Files stored beside an existing one: the path wanted and the name given. If the existing file was set
            aside instead, the name is the one it got.
        replaced: Paths where an existing file was overwritten. They are in ``restored`` too.
        skipped: Paths left unchanged, each with the reason.
        failed: Paths that could not be restored, each with the reason.
        is_cancelled: Whether the restore was cancelled; what was done until then stays.
        reason: Why nothing could be done at all, or why it ended early; empty otherwise.
    """

    asked: int = 0
    restored: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    replaced: tuple[str, ...] = ()
    skipped: tuple[tuple[str, Reason], ...] = ()
    failed: tuple[tuple[str, Reason], ...] = ()
    is_cancelled: bool = False
    reason: Reason = NO_REASON
