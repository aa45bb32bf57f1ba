"""The values of looking back and of bringing back: what was there, what is wanted, and what became of it.

Times are seconds since 1970, UTC. Nothing here touches a file.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.reasons import NO_REASON, Reason


class Item(NamedTuple):
    """One file, link or folder as it once was.

    Attributes:
        path: Its path in the source.
        kind: What it is.
        size_bytes: Its size; 0 for a folder.
        mtime_ns: When its content was last changed.
        root: Absolute path of the mirror or of the history, where its content lies.
        stored: Where in there.
        left_at: When it left the mirror; None for what is in the mirror now.
        is_gone: Whether it had been deleted before the time that was asked for.
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
        """Whether it may have others in it."""
        return self.kind is EntryKind.FOLDER


class Moment(NamedTuple):
    """A time at which something left the mirror.

    Attributes:
        at: When.
        files: How many files and links did.
    """

    at: float
    files: int


class Search(NamedTuple):
    """What a search by name found.

    Attributes:
        items: What was found.
        is_cut: Whether there is more.
    """

    items: tuple[Item, ...] = ()
    is_cut: bool = False


class Policy(Enum):
    """What is done where something is there already."""

    KEEP_BOTH = "keep both"
    REPLACE = "replace"
    SKIP = "skip"


class Piece(NamedTuple):
    """One thing to be brought back.

    Attributes:
        root: Absolute path of the mirror or of the history.
        stored: Where its content lies in there.
        wanted: Where it shall lie in the folder restored to.
        size_bytes: Its size, for the progress.
        is_folder: Whether it is a folder, which is made without what is in it.
    """

    root: str
    stored: str
    wanted: str
    size_bytes: int = 0
    is_folder: bool = False


class Selection(NamedTuple):
    """What is to be brought back of a path.

    Attributes:
        pieces: What, and from where.
        unseen: Paths of which nobody can tell what they are, and why; what is below them is not known either.
    """

    pieces: tuple[Piece, ...]
    unseen: dict[str, OSError]


class Step(NamedTuple):
    """How far bringing back has come.

    Attributes:
        files_done: Files and links handled.
        files_total: Files and links wanted; 0 while they are still being counted.
        bytes_done: Bytes handled.
        bytes_total: Bytes wanted.
        path: What is being handled.
    """

    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    path: str = ""


class RestoreResult(NamedTuple):
    """What became of bringing files back. Paths are those in the folder restored to.

    Attributes:
        asked: How many were wanted: files and links, and where the job itself brings back, folders.
        restored: Those that are back, each compared with what it came from.
        present: Those that were there already with just this content.
        beside: What lies beside something else: the path wanted and the name given. Where what was there was set aside,
            that is what was given another name.
        replaced: Those that something else was written over for. They are in ``restored`` too.
        skipped: Those left alone, each with the reason.
        failed: Those that could not be brought back, each with the reason.
        is_cancelled: Whether it was given up on request; what was done until then stays.
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
