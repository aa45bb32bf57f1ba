"""What the window is shown of a job, and what it asks for: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from backup_gui.engine.model import Held, Job, JobState, Progress, Status
from backup_gui.ui.pace import Pace


@dataclass(frozen=True, slots=True)
class Room:
    """Space on the backup's drive.

    Attributes:
        total_bytes: Its size.
        free_bytes: What the user may still write.
    """

    total_bytes: int
    free_bytes: int


_UNKNOWN = Status(JobState.WAITING)
_NO_PACE = Pace()


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as the window shows it.

    Attributes:
        job: The job.
        status: Its condition.
        progress: How far the pass under way is; None between passes.
        pace: How fast it goes.
        room: Space on the backup's drive; None while unknown.
        has_kept: Whether the user chose to keep what is held now.
    """

    job: Job
    status: Status = _UNKNOWN
    progress: Progress | None = None
    pace: Pace = _NO_PACE
    room: Room | None = None
    has_kept: bool = False


@dataclass(frozen=True, slots=True)
class PauseWish:
    """The user wants a job to pause.

    Attributes:
        job_id: The job; empty for all.
        until: End, seconds since 1970; None for "until I resume".
    """

    job_id: str
    until: float | None


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """The user has answered about exactly what was shown.

    Attributes:
        job_id: The job.
        held: What was shown.
        is_right: Whether it may be carried out.
    """

    job_id: str
    held: Held
    is_right: bool


@dataclass(frozen=True, slots=True)
class PutBackWish:
    """The user wants what would be deleted from the backup to be in the source again.

    Attributes:
        job_id: The job.
        held: What was shown.
    """

    job_id: str
    held: Held


@dataclass(frozen=True, slots=True)
class ExcludeWish:
    """The user wants a path left out of the backup from now on."""

    job_id: str
    path: str


@dataclass(frozen=True, slots=True)
class JobDraft:
    """What the job dialog holds, not checked yet.

    Attributes:
        serial: Which state of the dialog this is; the verdict carries it back.
        job_id: The job edited; empty for a new one.
        name: What the user calls it; empty to take the source's name.
        source: Folder to protect.
        destination: Folder for the backup.
        interval_s: Seconds between checks.
        exclude: Exclusion rules.
        keeps_history: Whether replaced and deleted files are kept.
    """

    serial: int
    job_id: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    interval_s: int = 5
    exclude: tuple[str, ...] = ()
    keeps_history: bool = True


class Level(Enum):
    """How serious a remark about a draft is."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about one field of a draft."""

    level: Level = Level.FINE
    text: str = ""


@dataclass(frozen=True, slots=True)
class DraftVerdict:
    """What a check of a draft found.

    Attributes:
        serial: The draft's serial.
        source: About the source.
        destination: About the destination.
        other: About anything else, such as the exclusion rules.
        job: The job made of it; None if it cannot be used.
    """

    serial: int
    source: Remark = Remark()
    destination: Remark = Remark()
    other: Remark = Remark()
    job: Job | None = None
