"""A job's state from pass to pass, and the events that report it. Does nothing itself."""

from collections.abc import Callable
from typing import NamedTuple

from backup_gui.engine.guard.unanswered import still_held
from backup_gui.model.events import Event, HeldBack
from backup_gui.model.paths import is_below
from backup_gui.model.plans import (
    Held,
    PassStatus,
    Problem,
    ProblemCode,
    Report,
    Scope,
    Stage,
    notes_of,
    without_notes,
)
from backup_gui.model.reasons import NO_REASON, Reason
from backup_gui.model.status import NO_BACKLOG, Backlog, Coverage, JobState, Status

# These depend on the path itself, whose changes are notified: trying again without a change is useless.
_LASTING = frozenset(
    {
        ProblemCode.NAME_NOT_POSSIBLE,
        ProblemCode.NAME_TOO_LONG,
        ProblemCode.NAME_RESERVED,
        ProblemCode.LEFT_OUT_IN_THE_WAY,
        ProblemCode.LINK_NOT_POSSIBLE,
        ProblemCode.TOO_LARGE,
        ProblemCode.KEPT,
        ProblemCode.STORED_LATER,
        ProblemCode.HISTORY_LOST,
    }
)

_UNKNOWN = Coverage()


class Trouble(NamedTuple):
    """Why passes currently fail.

    Attributes:
        state: Either ``WAITING`` or ``FAILED``.
        reason: Why.
    """

    state: JobState
    reason: Reason


class JobCondition(NamedTuple):
    """The part of a job's status that persists between passes.

    Attributes:
        problems: Unresolved problems.
        notes: As in ``Status``.
        held: What the guard holds.
        last_complete_at: As in ``Status``.
        last_pass_at: As in ``Status``.
        has_full_pass: Whether a full pass was completed.
        coverage: How the source is watched.
        source_folders: Folders that the last full pass saw.
        trouble: Why passes currently fail, if they do.
        is_paused: Whether the user has paused the job.
        paused_until: End of the pause, seconds since 1970, UTC.
        kept: As in ``Status``.
        placeholders: As in ``Status``.
    """

    problems: tuple[Problem, ...] = ()
    held: Held | None = None
    last_complete_at: float | None = None
    last_pass_at: float | None = None
    has_full_pass: bool = False
    coverage: Coverage = _UNKNOWN
    source_folders: int = 0
    trouble: Trouble | None = None
    is_paused: bool = False
    paused_until: float | None = None
    kept: int = 0
    placeholders: int = 0
    notes: tuple[Problem, ...] = ()

    def after(
        self, report: Report, scope: Scope, ended_at: float, *, is_polling: bool, is_behind: bool = False
    ) -> "JobCondition":
        """Return the state after a pass that was not cancelled.

        Args:
            report: What it did.
            scope: What it covered.
            ended_at: Seconds since 1970, UTC.
            is_polling: Whether changes are not notified, or not all of them, so that only a full pass verifies
                everything.
            is_behind: Whether a changed path is known that the pass did not copy.
        """
        found = standing_problems((*self.problems, *self.notes), report, scope)
        problems = without_notes(found)
        held = report.held if report.is_full else still_held(self.held, report.held)
        has_full_pass = self.has_full_pass or report.is_full
        is_complete = (
            report.status in {PassStatus.COMPLETE, PassStatus.PROBLEMS}
            and not is_behind
            and not problems
            and held is None
            and (report.is_full or (has_full_pass and not is_polling))
        )
        return self._replace(
            problems=problems,
            notes=notes_of(found),
            held=held,
            has_full_pass=has_full_pass,
            last_pass_at=ended_at,
            last_complete_at=ended_at if is_complete else self.last_complete_at,
            source_folders=report.source_folders if report.is_full else self.source_folders,
            # A full drive concerns the whole job, however many files have that problem.
            trouble=_full_drive(problems, report.reason),
            kept=report.kept,
            placeholders=report.placeholders if report.is_full else self.placeholders,
        )

    def after_cancel(self, report: Report, ended_at: float) -> "JobCondition":
        """Return the state after a cancelled pass; what it did not reach is unchanged."""
        every = (*self.problems, *self.notes, *report.problems)
        known = tuple({(problem.path, problem.stage): problem for problem in every}.values())
        return self._replace(problems=without_notes(known), notes=notes_of(known), last_pass_at=ended_at)

    def status(self, *, is_working: bool, pending: int, backlog: Backlog = NO_BACKLOG) -> Status:
        """Return the status to show; ``is_working`` if a pass is running that the user should see."""
        state, reason = self._state()
        if is_working:
            state, reason = JobState.WORKING, NO_REASON
        return Status(
            state=state,
            reason=reason,
            last_complete_at=self.last_complete_at,
            last_pass_at=self.last_pass_at,
            problems=self.problems,
            notes=self.notes,
            held=self.held,
            coverage=self.coverage,
            pending=pending,
            paused_until=self.paused_until,
            has_full_pass=self.has_full_pass,
            kept=self.kept,
            placeholders=self.placeholders,
            backlog=backlog,
        )

    def retry_scope(self) -> Scope:
        """Return the paths whose problems may be solved without an event, and unreadable folders as whole trees."""
        tried = [problem for problem in self.problems if problem.code not in _LASTING]
        trees = frozenset(problem.path for problem in tried if problem.stage is Stage.COMPARE)
        return Scope(frozenset(problem.path for problem in tried) - trees, trees)

    def widened(self, scope: Scope) -> Scope:
        """Return a scope in which folders that could not be read are compared with all their contents.

        A change in such a folder does not reveal what else in it was not seen. As a single entry it would only lose its
        problem.
        """
        unseen = scope.paths & self.retry_scope().trees
        return Scope(scope.paths - unseen, scope.trees | unseen) if unseen else scope

    def _state(self) -> tuple[JobState, Reason]:
        if self.is_paused:
            return JobState.PAUSED, NO_REASON
        if self.trouble is not None:
            return self.trouble.state, self.trouble.reason
        if self.held is not None:
            return JobState.HELD, self.held.reason
        if self.problems:
            return JobState.ATTENTION, NO_REASON
        # Nothing is verified before the first full pass, so the state is not OK.
        return (JobState.OK if self.has_full_pass else JobState.WORKING), NO_REASON


def _full_drive(problems: tuple[Problem, ...], reason: Reason) -> Trouble | None:
    for problem in problems:
        if problem.code is ProblemCode.NO_SPACE:
            return Trouble(JobState.FAILED, reason or problem.reason)
    return None


def standing_problems(standing: tuple[Problem, ...], report: Report, scope: Scope) -> tuple[Problem, ...]:
    """Replace the problems in the scope of a pass by those that it found.

    A single entry of the scope covers only itself: a folder may be in it because one entry in it changed, which says
    nothing about the others.
    """
    found = {(problem.path, problem.stage) for problem in report.problems}
    waiting = frozenset(report.waiting)

    def stands(problem: Problem) -> bool:
        if (problem.path, problem.stage) in found:
            return False
        is_covered = report.is_full or problem.path in scope.paths or is_below(problem.path, scope.trees)
        # What was not copied this time is unchanged.
        return problem.path in waiting or not is_covered

    return (*filter(stands, standing), *report.problems)


class Teller:
    """Emits events, and suppresses repetitions."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._listener_error: Exception | None = None
        self._held: Held | None = None
        self._reasons: set[str] = set()

    def tell(self, event: Event) -> None:
        """Emit an event.

        Raises:
            Exception: An error of the listener, which ``is_listeners`` recognises.
        """
        try:
            self._on_event(event)
        except Exception as error:
            self._listener_error = error
            raise

    def is_listeners(self, error: Exception) -> bool:
        """Tell whether an error came from the listener, and not from the pass that it passed through."""
        return error is self._listener_error

    def tell_held(self, held: Held | None) -> None:
        """Report what is held, if that has changed; None records that nothing is."""
        if held != self._held:
            self._held = held
            if held is not None:
                self.tell(HeldBack(held))

    def is_new(self, reason: str) -> bool:
        """Tell whether a reason that prevents passes was not reported yet, and mark it as reported."""
        if reason in self._reasons:
            return False
        self._reasons.add(reason)
        return True

    def forget_reasons(self) -> None:
        """Record that nothing prevents passes any longer."""
        self._reasons.clear()
