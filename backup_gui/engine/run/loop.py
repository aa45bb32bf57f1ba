"""The state machine of a running job: it decides when to make a pass, and handles the result.

``single_pass.py`` makes a pass. Everything happens in the calling thread. Time, passes, the catalog and the watcher are
passed in, so that every timing can be tested without waiting.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.guard.unanswered import still_held
from backup_gui.engine.restore.decisions import NOTHING_HELD, Answer, carry_out, decline
from backup_gui.engine.rules.pauses import Pauses
from backup_gui.engine.run.clock import Clock, DriveSentinel, SleepDetector
from backup_gui.engine.run.job_state import JobCondition, Teller, Trouble
from backup_gui.engine.run.mailbox import Inbox, Mailbox
from backup_gui.engine.run.schedule import Schedule
from backup_gui.engine.run.single_pass import PassOptions
from backup_gui.engine.state.database import JobDatabase, LazyDatabase
from backup_gui.engine.watch.backlog import BacklogMeter
from backup_gui.engine.watch.supervisor import WatcherMaker, WatchSupervisor
from backup_gui.model.errors import (
    BackupError,
    DestinationBusyError,
    JobError,
    NewerDataError,
    OtherBackupError,
    RootAbsentError,
)
from backup_gui.model.events import (
    ActionDone,
    AllowHeld,
    BackUpNow,
    CheckEvery,
    Event,
    ForgetDrive,
    GiveUp,
    HeldBack,
    KeepHeld,
    Pause,
    PlanMade,
    Progressed,
    PutBack,
    ReleaseKept,
    RemoveLeftOut,
    ReportMade,
    Resume,
    Started,
    StatusChanged,
    Stop,
    UndoPass,
    Waiting,
)
from backup_gui.model.job import Job
from backup_gui.model.plans import FULL, Held, HeldCode, PassStatus, Report, Scope
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.status import JobState, Status

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
# Any change may resolve what is held, but a full pass after each change would be too many.
HELD_AGAIN_S = 30.0


class RunOutcome(NamedTuple):
    """How a run ended.

    Attributes:
        report: The last pass, if one was made.
        error: What ended the run, if it was not completed or stopped.
        is_stopped: Whether it was stopped by a command.
        has_acted: Whether anything was changed in the mirror, also by a pass that failed later.
    """

    report: Report | None
    error: BackupError | None
    is_stopped: bool
    has_acted: bool = False


class LoopParts(NamedTuple):
    """The parts of a loop, replaceable in tests.

    Attributes:
        clock: Time.
        run_pass: Makes one pass.
        open_catalog: Opens a catalog.
        make_watcher: Creates a watcher of a source and sets its watches; also takes a callback for changes, and a
            function that returns True to cancel.
    """

    clock: Clock
    run_pass: Callable[[Job, JobDatabase, Scope, PassOptions], Report]
    open_catalog: Callable[[Path], JobDatabase]
    make_watcher: WatcherMaker


class Loop:
    """The state machine. All times are monotonic seconds, except those named ``_at``: seconds since 1970, UTC.

    The arguments are those of ``runner.run``.
    """

    def __init__(
        self,
        job: Job,
        commands: Mailbox,
        on_event: Callable[[Event], None],
        catalog_path: Path,
        parts: LoopParts,
        *,
        is_dry_run: bool,
    ) -> None:
        self._is_dry_run = is_dry_run
        self._job = job
        self._commands = commands
        self._inbox = Inbox(commands)
        self._teller = Teller(on_event)
        self._clock = clock = parts.clock
        self._run_pass = parts.run_pass
        self._database = LazyDatabase(catalog_path, parts.open_catalog)

        self._presence = DriveSentinel(job.destination.path)
        self._watching = WatchSupervisor(job, parts.make_watcher, commands.wake, self._inbox.interrupts)
        now_s = clock.monotonic()
        self._schedule = Schedule(job.interval_s, job.full_pass_every_s, now_s)
        self._look_s = now_s + LOOK_EVERY_S
        self._wakefulness = SleepDetector(clock)

        self._pauses = Pauses(job.source)
        self._backlog = BacklogMeter(job.source)
        self._condition = JobCondition()
        self._status: Status | None = None
        self._scope = Scope()
        self._is_working = False
        self._is_forced = False
        self._removes_left_out = False
        self._is_stopping = False
        # Whether files may have been restored into the source since the last pass, over content that only the mirror
        # has.
        self._was_away = False
        self._has_answered = False
        self._has_started = False
        self._has_acted = False
        self._allowed: Held | None = None
        self._report: Report | None = None

    def run_once(self) -> RunOutcome:
        """Make one full pass, and another one if the user has decided about what it held."""
        outcome = self._run_once()
        if self._has_answered and not self._is_stopping and outcome.error is None:
            outcome = self._run_once()
        return outcome

    def _run_once(self) -> RunOutcome:
        error: BackupError | None = None
        self._obey()
        if not self._is_stopping:
            self._is_forced = True
            try:
                self._report = self._make_pass(FULL)
            except OtherBackupError as caught:
                self._report = self._refuse(caught.held)
            except BackupError as caught:
                error = caught
                is_absent = isinstance(caught, RootAbsentError)
                self._set_trouble(JobState.WAITING if is_absent else JobState.FAILED, caught.reason)
            except Exception as caught:  # noqa: BLE001 - the worker's boundary; logged, and becomes a failed report
                self._report = self._report_of_crash(caught)
            self._is_working = False
            if self._report is not None:
                if self._report.held is None or not self._report.held.is_refusal:
                    self._accept(self._report, FULL)
                self._teller.tell(ReportMade(self._report))
            self._publish()
            self._obey()
        return self._outcome(error)

    def run_until_stopped(self) -> RunOutcome:
        """Make passes whenever they are due, until stopped."""
        self._was_away = True
        while True:
            self._obey()
            if self._is_stopping:
                return self._outcome()
            if self._status is None:
                self._publish()
            self._look_around()
            scope = self._take_due()
            if scope is None:
                self._publish()
                self._wait()
                continue
            try:
                self._attempt(scope)
            except (JobError, DestinationBusyError, NewerDataError) as error:
                return self._outcome(error)

    def is_interrupted(self) -> bool:
        """Tell whether a command has come that cancels the current work."""
        return self._inbox.interrupts()

    def wait_out(self, error: BackupError) -> bool:
        """Report why nothing can start now, wait a little, and return False if a command has stopped the run."""
        self._set_trouble(JobState.FAILED, error.reason)
        self._publish()
        self._wakefulness.wait(self._commands, LOOK_EVERY_S)
        self._obey()
        return not self._is_stopping

    def close(self) -> None:
        """Stop the watcher's threads and close the catalog."""
        self._watching.stop()
        self._database.close()

    # Between passes

    def _obey(self) -> None:
        while (command := self._inbox.take()) is not None:
            match command:
                case Stop():
                    self._is_stopping = True
                case Pause(until=until):
                    self._condition = self._condition._replace(is_paused=True, paused_until=until)
                    self._is_forced = False
                case Resume():
                    self._end_pause()
                case BackUpNow():
                    self._is_forced = True
                case RemoveLeftOut():
                    self._removes_left_out = self._is_forced = True
                case CheckEvery(full_pass_every_s=every_s):
                    self._schedule.check_every(max(self._job.full_pass_every_s, every_s or 0))
                case AllowHeld(held=held) if self._condition.held is not None:
                    self._allowed = held
                    self._is_forced = True
                case AllowHeld():
                    log.info("Nothing is held any more, so there is nothing to agree to")
                case KeepHeld() | ReleaseKept() | PutBack() | UndoPass() | ForgetDrive():
                    self._answer(command)
                case GiveUp():
                    # It has ended the restore that was running when it came; none is running now.
                    pass

    def _answer(self, command: Answer) -> None:
        """Carry out the user's decision, and then make a full pass."""
        if isinstance(command, KeepHeld | PutBack) and self._condition.held is None:
            log.info("Nothing is held any more, so there is nothing to decide")
            decline(command, NOTHING_HELD, self._teller.tell)
            return
        if self._is_dry_run:
            return
        self._is_working = True
        self._publish()
        try:
            catalog = self._opened_catalog()
        except BackupError as error:
            log.warning("What was decided could not be done: %s", error)
            decline(command, error.reason, self._teller.tell)
            self._is_working = False
            return
        if isinstance(command, KeepHeld | PutBack):
            # What was held of it was reviewed and refused.
            self._removes_left_out = False
        try:
            allowed = carry_out(
                command, self._job, catalog, should_stop=self._inbox.gives_up, on_event=self._teller.tell
            )
        except BackupError as error:
            log.warning("What was decided could not be done: %s", error)
        else:
            self._allowed = allowed or self._allowed
            self._is_forced = self._has_answered = True
        finally:
            self._is_working = False

    def _end_pause(self) -> None:
        self._was_away = True
        self._condition = self._condition._replace(is_paused=False, paused_until=None)

    def _look_around(self) -> None:
        """Check what is not notified: the end of a pause, a sleep, a dead watcher, a removed drive."""
        now_s, now_at = self._clock.monotonic(), self._clock.time()
        if self._wakefulness.has_slept(now_s, now_at):
            self._schedule.want_full(now_s)
        until = self._condition.paused_until
        if until is not None and now_at >= until:
            self._end_pause()
        if now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_EVERY_S
        if self._presence.is_lost():
            self._schedule.want_full(now_s)
        elif self._presence.is_touched():
            # Comparing the root shows whether anything is missing there; then the pass becomes a full one.
            self._schedule.compare_again(("",), now_s)
        if self._watching.is_lost():
            self._schedule.want_full(now_s)
        elif self._watching.has_new_gaps():
            # Some new folders are not watched; from now on they are checked at the interval.
            self._update_coverage()
            self._schedule.want_full(now_s + self._job.interval_s)

    def _take_due(self) -> Scope | None:
        """Return what to compare now, or None."""
        now_s = self._clock.monotonic()
        if self._is_forced:
            return FULL
        if self._condition.is_paused or self._next_s() > now_s:
            return None
        if self._schedule.is_full_due(now_s):
            return FULL
        due = self._schedule.take_due(now_s)
        rested = self._pauses.take_due(now_s)
        changed, needs_full = self._take_changes()
        if needs_full or due.is_full or changed.is_full:
            return FULL
        paths = rested | self._pauses.hold_back((due.paths | changed.paths) - rested, now_s)
        return self._condition.widened(Scope(paths, due.trees | changed.trees)) or None

    def _next_s(self) -> float:
        return self._schedule.next_s(self._watching.watcher.pending(), self._pauses.next_s())

    def _take_changes(self) -> tuple[Scope, bool]:
        """Take the changed paths; they count as backlog until a pass succeeds."""
        pending = self._watching.watcher.pending()
        first_at = self._clock.time() - (self._clock.monotonic() - pending.first_s)
        changed, needs_full = self._watching.watcher.take()
        self._backlog.take(changed, pending, first_at)
        return changed, needs_full

    def _wait(self) -> None:
        """Wait for a command, a change, or the next due time."""
        now_s = self._clock.monotonic()
        until_s = self._look_s
        if not self._condition.is_paused:
            until_s = min(until_s, self._next_s())
        elif self._condition.paused_until is not None:
            until_s = min(until_s, now_s + max(0.0, self._condition.paused_until - self._clock.time()))
        if self._wakefulness.wait(self._commands, max(0.0, until_s - now_s)):
            self._schedule.want_full(self._clock.monotonic())

    # Passes

    def _attempt(self, scope: Scope) -> None:
        """Make a pass and handle its result.

        Raises:
            JobError: The job is invalid, and always was.
            DestinationBusyError: Another instance is using the destination.
            NewerDataError: A later version wrote the job's data.
        """
        if scope.is_full:
            if not self._watching.ensure(self._clock.monotonic()):
                self._is_forced = False
                self._schedule.want_full(self._clock.monotonic())
                return
            # After the watches are set and before the comparison starts: it covers all changes until now.
            self._schedule.take_all()
            self._take_changes()
        started_s = self._clock.monotonic()
        try:
            report = self._make_pass(scope)
        except (DestinationBusyError, NewerDataError):
            raise
        except OtherBackupError as error:
            self._report = self._refuse(error.held)
            self._schedule.fail(self._clock.monotonic())
        except RootAbsentError as error:
            self._begin_waiting(error.reason)
        except BackupError as error:
            if isinstance(error, JobError) and not self._has_started:
                raise
            # The job was valid before: a file, a link or a mount is in place of a folder, and may be gone in a moment.
            self._begin_failure(self._failed_report(error.reason))
        except Exception as error:  # noqa: BLE001 - the worker's boundary; logged, and becomes a failed report
            self._report = self._report_of_crash(error)
            self._begin_failure(self._report)
        else:
            self._report = report
            if report.is_full:
                # Even if it began as a partial pass: the destination was not as the last pass had left it.
                scope = FULL
            if self._accept(report, scope):
                self._plan_next(report, scope, started_s)
                self._teller.tell(ReportMade(report))
            else:
                self._begin_failure(report)
        finally:
            self._is_working, self._scope = False, Scope()
        self._publish()

    def _make_pass(self, scope: Scope) -> Report:
        is_forced, self._is_forced = self._is_forced, False
        resting = frozenset() if is_forced else self._pauses.resting(self._clock.monotonic())
        self._scope = scope
        self._is_working = is_forced
        if is_forced:
            self._publish()
        job = self._job._replace(removes_left_out=True) if self._removes_left_out and scope.is_full else self._job
        catalog = self._opened_catalog()
        if (self._was_away or self._condition.is_paused) and not self._is_dry_run:
            catalog.forget_kept_lately()
        self._was_away = False
        options = PassOptions(
            allowed=self._allowed if scope.is_full else None,
            should_stop=self._inbox.interrupts,
            on_event=self._on_pass_event,
            is_dry_run=self._is_dry_run,
            now=self._clock.time,
            resting=resting,
        )
        return self._run_pass(job, catalog, scope, options)

    def _on_pass_event(self, event: Event) -> None:
        if isinstance(event, ActionDone):
            self._has_acted = not self._is_dry_run
            if self._condition.trouble is None:
                # The most frequent event by far.
                self._teller.tell(event)
                return
        self._note_started()
        trouble = self._condition.trouble
        if isinstance(event, HeldBack):
            held = event.held if self._scope.is_full else still_held(self._condition.held, event.held)
            self._teller.tell_held(held or event.held)
            return
        if isinstance(event, PlanMade) and event.counts.total > 0 and trouble is None:
            self._is_working = True
            self._publish()
        elif isinstance(event, ActionDone) and trouble is not None and not self._is_dry_run:
            # A failing destination is shown as working again once something has been written to it.
            self._condition = self._condition._replace(trouble=None)
            self._is_working = True
            self._publish()
        elif isinstance(event, Progressed):
            # Changes during a long pass count as backlog, too.
            self._publish()
        self._teller.tell(event)

    def _note_started(self) -> None:
        """Record that both folders were accepted."""
        if not self._has_started:
            self._has_started = True
            self._teller.tell(Started(self._job.source, self._job.destination.path))
        trouble = self._condition.trouble
        if trouble is not None and trouble.state is JobState.WAITING:
            self._condition = self._condition._replace(trouble=None)

    def _accept(self, report: Report, scope: Scope) -> bool:
        """Record what a pass has found; return False if it failed as a whole."""
        now_at = self._clock.time()
        if report.status is PassStatus.FAILED:
            self._set_trouble(JobState.FAILED, report.reason)
            return False
        self._note_started()
        if report.status is PassStatus.CANCELLED:
            self._condition = self._condition.after_cancel(report, now_at)
            return True
        self._teller.forget_reasons()
        before_at = self._condition.last_complete_at
        now_s = self._clock.monotonic()
        self._pauses.note(dict(report.took), now_s)
        self._backlog.settle(scope, (*report.waiting, *report.missed), now_at)
        is_behind = self._pauses.is_waiting or self._backlog.taken > 0
        self._condition = self._condition.after(
            report, scope, now_at, is_polling=self._watching.is_polling, is_behind=is_behind
        )
        complete_at = self._condition.last_complete_at
        if complete_at is not None and complete_at != before_at and not self._is_dry_run:
            self._opened_catalog().remember_complete(complete_at)
        if self._condition.held is not None or report.is_full:
            self._teller.tell_held(self._condition.held)
        if scope.is_full:
            self._allowed = None
            # Until everything is removed, or refused.
            self._removes_left_out = self._removes_left_out and report.status is PassStatus.HELD
        if self._job.takes_over:
            # The user approved taking over what is there now, not anything that may be there later.
            self._job = self._job._replace(takes_over=False)
        return True

    def _plan_next(self, report: Report, scope: Scope, started_s: float) -> None:
        """Schedule the next passes."""
        now_s = self._clock.monotonic()
        if report.status is PassStatus.CANCELLED:
            self._schedule.want_full(now_s)
            return
        self._schedule.recover()
        self._presence.note()
        if scope.is_full:
            self._update_coverage()
            self._schedule.full_pass_ended(started_s, now_s, is_polling=self._watching.is_polling)
        elif report.held is not None and report.held is self._condition.held:
            # A partial pass does not show everything that has to be reviewed.
            self._schedule.want_full(now_s)
        elif self._condition.held is not None:
            # Nor does it show whether that is still so, except that an empty source is no longer empty.
            is_refilled = self._condition.held.code is HeldCode.SOURCE_EMPTY
            self._schedule.want_full(now_s if is_refilled else now_s + HELD_AGAIN_S)
        self._schedule.compare_again((*report.unsettled, *report.missed), now_s)
        self._schedule.retry_problems(self._condition.retry_scope(), now_s)

    # Trouble

    def _begin_waiting(self, reason: Reason) -> None:
        self._set_trouble(JobState.WAITING, reason)
        self._schedule.wait_for_root(self._clock.monotonic())
        # When the root is back, its watches must be set at once.
        self._watching.forget_failures()
        if self._teller.is_new(reason):
            log.info("Waiting: %s", reason)
            self._teller.tell(Waiting(reason))

    def _refuse(self, held: Held) -> Report:
        """Hold a destination that belongs to another backup; nothing was compared, and the state of problems stays."""
        self._condition = self._condition._replace(held=held, trouble=None, last_pass_at=self._clock.time())
        self._allowed = None
        if self._teller.is_new(held.reason):
            log.info("Nothing is backed up: %s", held.reason)
        self._teller.tell_held(held)
        return Report(PassStatus.HELD, self._clock.time(), 0.0, is_full=True, held=held)

    def _begin_failure(self, report: Report) -> None:
        self._set_trouble(JobState.FAILED, report.reason)
        self._schedule.fail(self._clock.monotonic())
        if self._teller.is_new(report.reason):
            log.warning("The pass failed: %s", report.reason)
            self._teller.tell(ReportMade(report))

    def _report_of_crash(self, error: Exception) -> Report:
        """Turn an unexpected error into a failed report, and check the catalog. This is the worker's boundary."""
        if self._teller.is_listeners(error):
            raise error
        log.error("A pass ended unexpectedly", exc_info=error)
        self._database.doubt()
        return self._failed_report(Reason(ReasonCode.PASS_CRASHED, why=f"{type(error).__name__}: {error}"))

    def _set_trouble(self, state: JobState, reason: Reason) -> None:
        self._condition = self._condition._replace(trouble=Trouble(state, reason), last_pass_at=self._clock.time())

    def _failed_report(self, reason: Reason) -> Report:
        return Report(PassStatus.FAILED, self._clock.time(), 0.0, is_full=self._scope.is_full, reason=reason)

    # Helpers

    def _outcome(self, error: BackupError | None = None) -> RunOutcome:
        return RunOutcome(self._report, error, self._is_stopping, self._has_acted)

    def _update_coverage(self) -> None:
        coverage = self._watching.coverage(self._condition.source_folders)
        self._condition = self._condition._replace(coverage=coverage)

    def _opened_catalog(self) -> JobDatabase:
        was_open = self._database.is_open
        catalog = self._database.catalog()
        if not was_open and self._condition.last_complete_at is None:
            self._condition = self._condition._replace(last_complete_at=catalog.last_complete_at())
        return catalog

    def _publish(self) -> None:
        """Report the status if it has changed."""
        # Paths of the schedule are in the mirror already, and are only compared again.
        waiting = self._watching.watcher.pending()
        pending = waiting.size
        if self._scope:
            pending += 0 if self._scope.is_full else len(self._scope.paths) + len(self._scope.trees)
        else:
            # Includes what failed passes had taken, as while the drive is not connected.
            pending += self._backlog.taken
        figures = self._backlog.figures(
            self._watching.watcher.peek, waiting, self._clock.monotonic(), self._clock.time()
        )
        status = self._condition.status(is_working=self._is_working, pending=pending, backlog=figures)
        if status != self._status:
            self._status = status
            self._teller.tell(StatusChanged(status))
