"""What the window is shown of a job, and what it asks for: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from backup_gui.model.job import Job
from backup_gui.model.passes import PassKind, PastChange, PastPass
from backup_gui.model.plans import Held, Progress
from backup_gui.model.status import JobState, Status
from backup_gui.ui.values.pace import Pace


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """Space on the backup's drive.

    Attributes:
        total_bytes: Its size.
        free_bytes: What the user may still write.
        history: Absolute path of the backup's history; empty if none is kept.
    """

    total_bytes: int
    free_bytes: int
    history: str = ""


@dataclass(frozen=True, slots=True)
class BackupSizes:
    """How much room a backup takes on its drive.

    Attributes:
        mirror_bytes: The backup itself.
        history_bytes: Its history.
        counted_at: When it was counted, seconds since 1970; None if it never was.
        is_counting: Whether it is being counted now.
    """

    mirror_bytes: int = 0
    history_bytes: int = 0
    counted_at: float | None = None
    is_counting: bool = False


class Saving(Enum):
    """Why everything is checked less often at the moment."""

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
        status: Its condition.
        progress: How far the pass under way is; None between passes.
        pace: How fast it goes.
        room: Space on the backup's drive; None while unknown.
        has_kept: Whether the user chose to keep what is held now.
        overdue_since: When it was last completely backed up, if that is too long ago; else None.
        silent_s: For how many seconds its drive has not answered, if that is long; else 0.
        saving: Why everything is checked less often at the moment.
        full_check_every_s: Seconds between full checks at the moment.
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
        """The state for icons: a backup that is overdue, or hangs, is never shown as if all were well."""
        if self.status.state not in _CALM:
            return self.status.state
        if self.overdue_since is not None:
            return JobState.ATTENTION
        return JobState.WAITING if self.silent_s else self.status.state


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
class PassQuery:
    """A wish for a page of earlier passes.

    Attributes:
        job_id: The job.
        serial: Which list it is for; the page carries it back.
        before: Only passes older than the one with this key; None for the newest.
        kind: Which sort of passes.
        search: Text in their reason or in a path that they changed.
    """

    job_id: str
    serial: int
    before: int | None = None
    kind: PassKind = PassKind.ALL
    search: str = ""


@dataclass(frozen=True, slots=True)
class PassPage:
    """The answer to a query.

    Attributes:
        query: The query.
        passes: The passes, newest first.
        is_last: Whether there are no older ones.
    """

    query: PassQuery
    passes: tuple[PastPass, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class FilesQuery:
    """A wish for the files that a pass changed, from an offset on."""

    job_id: str
    pass_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class FilesPage:
    """The answer: the files, and whether these are the last."""

    query: FilesQuery
    changes: tuple[PastChange, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class JobDraft:
    """What the form of a job holds, not checked yet.

    Attributes:
        serial: Which state of the form this is; the verdict carries it back.
        before: The job as it is; without an id for a new one.
        wanted: The job as it is to be.
    """

    serial: int
    before: Job
    wanted: Job


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
