"""What a running job tells, and what it can be told.

Events are facts about one job, in the order in which they happened; commands are wishes. Both are plain values, so
the same runner serves the window, the terminal and tests.
"""

from __future__ import annotations

from typing import NamedTuple

from backup_gui.model.plans import Action, Counts, Held, Problem, Progress, Report
from backup_gui.model.reasons import Reason
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import Status


class Started(NamedTuple):
    """The job has begun: both folders were accepted."""

    source: str
    destination: str


class PlanMade(NamedTuple):
    """A comparison is done; ``counts`` is what is going to happen."""

    counts: Counts
    is_full: bool


class ActionDone(NamedTuple):
    """One action was carried out (or, in a dry run, would have been)."""

    action: Action


class ProblemFound(NamedTuple):
    """A path could not be handled."""

    problem: Problem


class HeldBack(NamedTuple):
    """The guard holds a part of the plan."""

    held: Held


class Waiting(NamedTuple):
    """Nothing can be done for now; it goes on by itself when the cause is gone."""

    reason: Reason


class Progressed(NamedTuple):
    """How far the pass is; at most ten a second."""

    progress: Progress


class ReportMade(NamedTuple):
    """A pass has ended."""

    report: Report


class StatusChanged(NamedTuple):
    """The job's condition is now this."""

    status: Status


class FilesReturned(NamedTuple):
    """Files were brought back into the source, as the user had asked."""

    returned: RestoreResult


Event = (
    Started
    | PlanMade
    | ActionDone
    | ProblemFound
    | HeldBack
    | Waiting
    | Progressed
    | ReportMade
    | StatusChanged
    | FilesReturned
)


# Commands are told apart by their class; ``wish`` keeps two of different classes from being equal, as tuples would be.


class BackUpNow(NamedTuple):
    """Make a full pass as soon as possible, also if paused."""

    wish: str = "back up now"


class Pause(NamedTuple):
    """Stop working until ``until`` (seconds since 1970, UTC), or until told to resume if None."""

    until: float | None = None
    wish: str = "pause"


class Resume(NamedTuple):
    """End a pause."""

    wish: str = "resume"


class AllowHeld(NamedTuple):
    """The user agrees with what the guard holds now; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "allow held"


class KeepHeld(NamedTuple):
    """The user refuses what the guard holds now, for good: the mirror keeps it; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "keep held"


class ReleaseKept(NamedTuple):
    """The user takes back a refusal: of these paths, or of all if None. The guard judges them again."""

    paths: tuple[str, ...] | None = None
    wish: str = "release kept"


class PutBack(NamedTuple):
    """Bring what is held back into the source; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "put back"


class UndoPass(NamedTuple):
    """Bring back into the source what a pass has taken away from the mirror; ``id`` is the pass's key."""

    id: int
    wish: str = "undo pass"


class GiveUp(NamedTuple):
    """End what is being brought back into the source; what is back stays. Ends nothing that is asked for later."""

    wish: str = "give up"


class ForgetDrive(NamedTuple):
    """A drive that was mounted at ``path`` in the source is gone for good; if empty, the destination's."""

    path: str
    wish: str = "forget drive"


class RemoveLeftOut(NamedTuple):
    """Remove from the mirror what is left out, once, into the history; the guard judges it like any deletion."""

    wish: str = "remove left out"


class CheckEvery(NamedTuple):
    """Make full passes at least ``full_pass_every_s`` seconds apart, as on battery; None for as often as the job says.

    Changes that are notified are copied at once all the same.
    """

    full_pass_every_s: int | None = None
    wish: str = "check every"


class Stop(NamedTuple):
    """End the run; a pass under way is cancelled."""

    wish: str = "stop"


Command = (
    BackUpNow
    | Pause
    | Resume
    | RemoveLeftOut
    | CheckEvery
    | AllowHeld
    | KeepHeld
    | ReleaseKept
    | PutBack
    | UndoPass
    | GiveUp
    | ForgetDrive
    | Stop
)
