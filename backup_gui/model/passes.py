"""What the database records about earlier passes, as plain values for windows and lists. Reads nothing itself."""

from enum import Enum
from typing import NamedTuple

from backup_gui.model.reasons import Reason


class PassKind(Enum):
    """Filters for a list of passes."""

    ALL = "all"
    COPIED = "copied"
    DELETED = "deleted"
    MOVED = "moved"
    TROUBLE = "trouble"


class PastPass(NamedTuple):
    """One earlier pass.

    Attributes:
        id: Its key in the database.
        started_at: When it began, seconds since 1970, UTC.
        duration_s: How long it took.
        is_full: Whether the whole tree was compared.
        status: How it ended, as ``PassStatus``'s value.
        reason: Why it failed, if it did.
        created: New files and links.
        replaced: Files and links with new content.
        deleted: Deleted ones.
        moved: Renamed ones.
        bytes: Bytes copied.
        problems: Paths that could not be handled.
        recorded: How many of its changes are recorded by path.
        is_whole: Whether those are all.
    """

    id: int
    started_at: float
    duration_s: float
    is_full: bool
    status: str
    reason: Reason
    created: int
    replaced: int
    deleted: int
    moved: int
    bytes: int
    problems: int
    recorded: int = 0
    is_whole: bool = False


class PastChange(NamedTuple):
    """What a pass did to one path.

    Attributes:
        op: What it did, as ``Op``'s value.
        path: The path.
        old_path: For a move, where it was before; else empty.
    """

    op: str
    path: str
    old_path: str = ""


class DayTotal(NamedTuple):
    """Totals of all passes of one day.

    Attributes:
        day: The day in local time, as ``2026-11-22``.
        passes: How many had something to do.
        files: Files and links copied: new ones, and those with new content.
        bytes: Bytes copied.
        troubled: Passes that failed or had problems; cancelled ones do not count.
    """

    day: str
    passes: int = 0
    files: int = 0
    bytes: int = 0
    troubled: int = 0
