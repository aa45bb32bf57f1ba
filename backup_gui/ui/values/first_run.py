"""Plain values that the first run shows, and its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backup_gui.model.reasons import NO_REASON, Reason

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Problem


@dataclass(frozen=True, slots=True)
class FirstChoice:
    """What the user has chosen so far, not checked yet. A whole place is used itself, instead of a new folder in it."""

    sources: tuple[str, ...]
    place: str
    is_whole_place: bool = False
    keeps_history: bool = True


@dataclass(frozen=True, slots=True)
class FirstForecast:
    """What the first pass of the jobs will do.

    Attributes:
        files: Files to copy.
        bytes: Their sizes together.
        expected_s: About how long it takes, in seconds.
        problems: Paths that cannot be copied.
        strangers: Files of others in the backup's folder that a pass would remove.
        is_done: Whether the forecast is complete.
        reason: Why no forecast is possible, if so.
    """

    files: int = 0
    bytes: int = 0
    expected_s: float = 0.0
    problems: tuple[Problem, ...] = ()
    strangers: int = 0
    is_done: bool = False
    reason: Reason = NO_REASON


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The user wants these jobs to run from now on."""

    jobs: tuple[Job, ...]
    starts_at_login: bool
