"""Plain values that the window shows of a job, and its requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from backup_gui.model.events import AllowHeld, KeepHeld, PutBack
from backup_gui.model.job import Job
from backup_gui.model.passes import PassKind
from backup_gui.model.plans import Progress
from backup_gui.model.status import JobState, Status
from backup_gui.ui.values.pace import Pace


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """Space on the backup's drive, and the path of the backup's history; empty if none is kept."""

    total_bytes: int
    free_bytes: int
    history: str = ""


@dataclass(frozen=True, slots=True)
class BackupSizes:
    """How much space a backup and its history take on their drive, and when they were counted; None if never."""

    mirror_bytes: int = 0
    history_bytes: int = 0
    counted_at: float | None = None
    is_counting: bool = False


class Saving(Enum):
    """Why full passes are less frequent at present."""

    NO = "no"
    BATTERY = "battery"
    METERED = "metered"


_UNKNOWN = Status(JobState.WAITING)
_NO_PACE = Pace()
_CALM = frozenset({JobState.OK, JobState.WORKING, JobState.WAITING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as the window shows it.

    Attributes:
        job: The job.
        status: Its status.
        progress: The progress of the current pass; None between passes.
        pace: The pace of the current pass.
        room: Space on the backup's drive; None while unknown.
        has_kept: Whether the user has refused the held changes.
        overdue_since: When its last complete backup ended, if it is overdue; otherwise None.
        silent_s: For how many seconds its drive has not answered, if that is long; otherwise 0.
        saving: Why full passes are less frequent at present.
        full_check_every_s: Seconds between full passes at present.
    """

    job: Job
    status: Status = _UNKNOWN
    progress: Progress | None = None
    pace: Pace = _NO_PACE
    room: FreeSpace | None = None
    has_kept: bool = False
    overdue_since: float | None = None
    silent_s: int = 0
    saving: Saving = Saving.NO
    full_check_every_s: int = 0

    @property
    def shown_state(self) -> JobState:
        """The state for icons: an overdue or hanging backup never gets the icon of a good one."""
        if self.status.state not in _CALM:
            return self.status.state
        if self.overdue_since is not None:
            return JobState.ATTENTION
        return JobState.WAITING if self.silent_s else self.status.state


@dataclass(frozen=True, slots=True)
class PauseWish:
    """A request to pause a job, or all if none is named, until seconds since 1970; None until the user resumes."""

    job_id: str
    until: float | None


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """The user's answer about held changes. The command names them, and applies to them alone."""

    job_id: str
    command: AllowHeld | KeepHeld | PutBack


@dataclass(frozen=True, slots=True)
class PassQuery:
    """A request for a page of passes before the one with a key, None for the newest.

    It searches their reasons and the paths that they changed.
    """

    job_id: str
    before: int | None = None
    kind: PassKind = PassKind.ALL
    search: str = ""


@dataclass(frozen=True, slots=True)
class FilesQuery:
    """A request for the files that a pass changed, from an offset on."""

    job_id: str
    pass_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class JobDraft:
    """The content of a job's form, not checked yet: the job before the change, without an id if new, and after it."""

    before: Job
    wanted: Job
