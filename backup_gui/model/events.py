"""Events that a running job emits, and commands that it accepts.

Events are facts about one job, in the order in which they happened. Commands are requests. Both are plain values, so
the same runner serves the window, the terminal and tests.
"""

from typing import NamedTuple

from backup_gui.model.plans import Action, Counts, Held, Problem, Progress, Report
from backup_gui.model.reasons import Reason
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import Status


class Started(NamedTuple):
    """The job has started: both folders were accepted."""

    source: str
    destination: str


class PlanMade(NamedTuple):
    """A comparison is complete; ``counts`` are the planned actions."""

    counts: Counts
    is_full: bool


class ActionDone(NamedTuple):
    """An action was carried out, or in a dry run would have been."""

    action: Action


class ProblemFound(NamedTuple):
    """A path could not be handled."""

    problem: Problem


class HeldBack(NamedTuple):
    """The guard holds part of the plan."""

    held: Held


class Waiting(NamedTuple):
    """The job cannot proceed for now. It continues by itself once the cause is gone."""

    reason: Reason


class Progressed(NamedTuple):
    """How far the pass has come; emitted at most ten times a second."""

    progress: Progress


class ReportMade(NamedTuple):
    """A pass has ended."""

    report: Report


class StatusChanged(NamedTuple):
    """The job's status has changed to this."""

    status: Status


class FilesReturned(NamedTuple):
    """Files were restored into the source at the user's request."""

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


# Commands are distinguished by class. Named tuples compare as tuples, so ``wish`` keeps commands of different classes
# unequal.


class BackUpNow(NamedTuple):
    """Make a full pass as soon as possible, even if paused."""

    wish: str = "back up now"


class Pause(NamedTuple):
    """Stop working until ``until`` (seconds since 1970, UTC), or until ``Resume`` if None."""

    until: float | None = None
    wish: str = "pause"


class Resume(NamedTuple):
    """End a pause."""

    wish: str = "resume"


class AllowHeld(NamedTuple):
    """The user approves what the guard holds now; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "allow held"


class KeepHeld(NamedTuple):
    """The user refuses what the guard holds, and the mirror keeps it; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "keep held"


class ReleaseKept(NamedTuple):
    """Withdraw a refusal for these paths, or for all if None. The guard judges them again."""

    paths: tuple[str, ...] | None = None
    wish: str = "release kept"


class PutBack(NamedTuple):
    """Restore the held files into the source; ``held`` is exactly what was shown."""

    held: Held
    wish: str = "put back"


class UndoPass(NamedTuple):
    """Restore what a pass removed from the mirror into the source; ``id`` is the pass's key."""

    id: int
    wish: str = "undo pass"


class GiveUp(NamedTuple):
    """Cancel the restore under way; what is restored stays. Later requests are not affected."""

    wish: str = "give up"


class ForgetDrive(NamedTuple):
    """The drive that was mounted at ``path`` in the source is gone for good; an empty path means the destination's."""

    path: str
    wish: str = "forget drive"


class RemoveLeftOut(NamedTuple):
    """Move excluded entries from the mirror into the history, once. The guard judges this like any deletion."""

    wish: str = "remove left out"


class CheckEvery(NamedTuple):
    """Make full passes at least ``full_pass_every_s`` seconds apart, as on battery; None restores the job's interval.

    Changes that the system notifies are still copied at once.
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
