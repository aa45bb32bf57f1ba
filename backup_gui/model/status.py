"""The status of a job, as a window and a tray icon show it."""

from enum import Enum
from typing import NamedTuple

from backup_gui.model.plans import Held, Problem
from backup_gui.model.reasons import NO_REASON, Reason


class JobState(Enum):
    """What a job is doing or waiting for. The tray icon shows the worst state of all jobs."""

    OK = "ok"
    WORKING = "working"
    WAITING = "waiting"
    PAUSED = "paused"
    ATTENTION = "attention"
    HELD = "held"
    FAILED = "failed"


class Coverage(NamedTuple):
    """How the source is watched.

    Attributes:
        folders_live: Folders whose changes the system notifies.
        folders_polled: Folders that are only checked at every interval.
        reason: Why some are not live; empty if all are.
    """

    folders_live: int = 0
    folders_polled: int = 0
    reason: Reason = NO_REASON


class Backlog(NamedTuple):
    """What has changed and is not backed up yet.

    Attributes:
        files: How many files and links, including deleted ones that the mirror still has.
        bytes: How large they are.
        oldest_at: When the first of these changes was noticed, seconds since 1970, UTC; None if there are none.
        is_whole: Whether all of them were looked at; if not, ``bytes`` is a lower bound.
    """

    files: int = 0
    bytes: int = 0
    oldest_at: float | None = None
    is_whole: bool = True


NO_BACKLOG = Backlog()


class Status(NamedTuple):
    """Everything about a job that a window or a tray icon shows.

    Attributes:
        state: The state.
        reason: For waiting, failed and held: why.
        last_complete_at: End of the last pass after which everything was backed up, seconds since 1970, UTC.
        last_pass_at: End of the last pass, whatever its result.
        problems: Unresolved problems.
        notes: What is left out though nothing is lost by it, such as pipes.
        held: What is held for review.
        coverage: How the source is watched.
        pending: How many changed paths are not backed up yet.
        paused_until: End of the pause, seconds since 1970, UTC; None when paused without end or not paused.
        has_full_pass: Whether a full pass has been completed since the job started.
        kept: How many files stay in the backup by the user's decision, though the source lacks them or has others.
        backlog: Figures about ``pending``.
        placeholders: How many files and folders the last full pass left out since they are only in a cloud.
    """

    state: JobState
    reason: Reason = NO_REASON
    last_complete_at: float | None = None
    last_pass_at: float | None = None
    problems: tuple[Problem, ...] = ()
    held: Held | None = None
    coverage: Coverage = Coverage()
    pending: int = 0
    paused_until: float | None = None
    has_full_pass: bool = False
    kept: int = 0
    backlog: Backlog = NO_BACKLOG
    placeholders: int = 0
    notes: tuple[Problem, ...] = ()
