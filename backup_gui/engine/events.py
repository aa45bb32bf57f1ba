"""What a running job tells, and what it can be told.

Events are facts about one job, in the order in which they happened; commands are wishes. Both are plain values, so
the same runner serves the window, the terminal and tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from backup_gui.engine.model import Action, Counts, Held, Problem, Progress, Report, Status


@dataclass(frozen=True, slots=True)
class Started:
    """The job has begun: both folders were accepted."""

    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class PlanMade:
    """A comparison is done; ``counts`` is what is going to happen."""

    counts: Counts
    is_full: bool


@dataclass(frozen=True, slots=True)
class ActionDone:
    """One action was carried out (or, in a dry run, would have been)."""

    action: Action


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """A path could not be handled."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The guard holds a part of the plan."""

    held: Held


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing can be done for now; it goes on by itself when the cause is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the pass is; at most ten a second."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class ReportMade:
    """A pass has ended."""

    report: Report


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The job's condition is now this."""

    status: Status


Event = Started | PlanMade | ActionDone | ProblemFound | HeldBack | Waiting | Progressed | ReportMade | StatusChanged


@dataclass(frozen=True, slots=True)
class BackUpNow:
    """Make a full pass as soon as possible, also if paused."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop working until ``until`` (seconds since 1970, UTC), or until told to resume if None."""

    until: float | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """End a pause."""


@dataclass(frozen=True, slots=True)
class AllowHeld:
    """The user agrees with what the guard holds now; ``held`` is exactly what was shown."""

    held: Held


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run; a pass under way is cancelled."""


Command = BackUpNow | Pause | Resume | AllowHeld | Stop
