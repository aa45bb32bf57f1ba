"""One job, continuously: the only loop there is, behind the window and behind the command line.

It decides when a pass is made and what becomes of its outcome; what is in a pass is ``mirror.py``'s business. Everything
happens in the calling thread. Time, passes, the catalog and the watcher come from outside, so that every timing can be
tested without waiting.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from backup_gui.engine import mirror
from backup_gui.engine.catalog import Catalog
from backup_gui.engine.clock import Clock, Commands, SystemClock
from backup_gui.engine.condition import Condition, Trouble
from backup_gui.engine.dirty import Pending
from backup_gui.engine.errors import BackupError, CatalogError, DestinationBusyError, JobError, RootAbsentError
from backup_gui.engine.events import (
    ActionDone,
    AllowHeld,
    BackUpNow,
    Command,
    Event,
    HeldBack,
    Pause,
    PlanMade,
    ReportMade,
    Resume,
    Started,
    StatusChanged,
    Stop,
    Waiting,
)
from backup_gui.engine.model import FULL, Coverage, Held, Job, JobState, PassStatus, Report, Scope, Status
from backup_gui.engine.schedule import Schedule, growing_pause_s
from backup_gui.engine.watch import WatchCancelledError, WatchError, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Commands", "Outcome", "run"]

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
OFF_REASON = "Change notification is switched off"
# The user's clock has advanced by this much more than the computer has been running, so it was asleep.
_SLEEP_GAP_S = 5.0
# Where the steady clock goes on while the computer sleeps, waiting this much too long says the same.
_OVERSLEPT_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        report: The last pass, if one was made.
        error: What ended the run, if it did not end by itself or by being stopped.
        is_stopped: Whether it was told to stop.
    """

    report: Report | None
    error: BackupError | None
    is_stopped: bool


class PassMaker(Protocol):
    """``mirror.run_pass``."""

    def __call__(
        self,
        job: Job,
        catalog: Catalog,
        scope: Scope,
        *,
        allowed: Held | None,
        should_stop: Callable[[], bool],
        on_event: Callable[[Event], None],
        is_dry_run: bool,
    ) -> Report:
        """Compare, and carry out what differs."""
        ...


class SourceWatcher(Protocol):
    """What the loop needs of ``watch.Watcher``."""

    def take(self) -> tuple[Scope, bool]:
        """Empty the dirty set."""
        ...

    def pending(self) -> Pending:
        """What the dirty set holds."""
        ...

    def is_alive(self) -> bool:
        """Whether it still notices everything."""
        ...

    def is_complete(self) -> bool:
        """Whether no folder is known to be unwatched."""
        ...

    def coverage(self, source_folders: int) -> Coverage:
        """How the source is watched."""
        ...

    def stop(self) -> None:
        """End its threads."""
        ...


WatcherMaker = "Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher]"
_SYSTEM_CLOCK = SystemClock()


def run(
    job: Job,
    commands: Commands,
    on_event: Callable[[Event], None],
    *,
    data_folder: Path,
    is_once: bool = False,
    is_dry_run: bool = False,
    clock: Clock = _SYSTEM_CLOCK,
    run_pass: PassMaker = mirror.run_pass,
    open_catalog: Callable[[Path], Catalog] = Catalog.open,
    make_watcher: Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher] = watch,
) -> Outcome:
    """Run a job until it is told to stop, or for one full pass.

    Args:
        job: The job.
        commands: Where commands arrive, from any thread or from a signal handler.
        on_event: Called in this thread with everything that happens; what it raises ends the run and is passed on.
        data_folder: Absolute path; the catalog lies in ``jobs`` below it.
        is_once: Make one full pass without watching.
        is_dry_run: Only plan.
        clock: Time.
        run_pass: Makes one pass.
        open_catalog: Opens a catalog.
        make_watcher: Makes a watcher of a source whose watches are set; is given what to call on changes, and what
            says that setting the watches is to be given up.

    Returns:
        How it ended. A job that makes no sense, or a destination that another instance has, ends the run; with
        ``is_once`` so does every other reason for which the pass could not be made.
    """
    loop = _Loop(
        job, commands, on_event, data_folder / "jobs" / f"{job.id}.sqlite", clock, run_pass, open_catalog, make_watcher
    )
    loop.is_dry_run = is_dry_run
    try:
        return loop.run_once() if is_once else loop.run_until_stopped()
    finally:
        loop.close()


class _Inbox:
    """Commands as the loop sees them: taken in order between passes, looked at during them."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._received: deque[Command] = deque()
        # Passes may ask from several threads. A signal handler never takes this lock: it only puts.
        self._lock = threading.Lock()
        self._interrupts = 0

    def interrupts(self) -> bool:
        """Whether a command has arrived that ends the pass under way; cheap, since it is asked for every entry."""
        if not self._commands.is_empty():
            self._receive()
        return self._interrupts > 0

    def take(self) -> Command | None:
        self._receive()
        if not self._received:
            return None
        command = self._received.popleft()
        if isinstance(command, Stop | Pause):
            self._interrupts -= 1
        return command

    def _receive(self) -> None:
        with self._lock:
            while (command := self._commands.take()) is not None:
                self._received.append(command)
                if isinstance(command, Stop | Pause):
                    self._interrupts += 1


class _Loop:
    """The state machine. All times are monotonic seconds, except those named ``_at``: seconds since 1970."""

    def __init__(
        self,
        job: Job,
        commands: Commands,
        on_event: Callable[[Event], None],
        catalog_path: Path,
        clock: Clock,
        run_pass: PassMaker,
        open_catalog: Callable[[Path], Catalog],
        make_watcher: Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher],
    ) -> None:
        self.is_dry_run = False
        self._job = job
        self._commands = commands
        self._inbox = _Inbox(commands)
        self._on_event = on_event
        self._listener_error: Exception | None = None
        self._clock = clock
        self._run_pass = run_pass
        self._catalog_path = catalog_path
        self._open_catalog = open_catalog
        self._catalog: Catalog | None = None

        self._make_watcher = make_watcher
        self._watcher: SourceWatcher | None = None
        self._unwatched_reason = "" if job.uses_notification else OFF_REASON
        self._watch_failures = 0
        self._watch_again_s = 0.0

        now_s = clock.monotonic()
        self._schedule = Schedule(job.interval_s, job.full_pass_every_s, now_s)
        self._look_s = now_s + LOOK_EVERY_S
        self._seen_monotonic_s = now_s
        self._seen_at = clock.time()

        self._condition = Condition()
        self._status: Status | None = None
        self._scope = Scope()
        self._is_working = False
        self._is_forced = False
        self._is_stopping = False
        self._has_started = False
        self._allowed: Held | None = None
        self._told_held: Held | None = None
        self._told_reasons: set[str] = set()
        self._report: Report | None = None

    def run_once(self) -> Outcome:
        """Make one full pass."""
        error: BackupError | None = None
        self._obey()
        if not self._is_stopping:
            self._is_forced = True
            try:
                self._accept(self._make_pass(FULL), FULL)
            except BackupError as caught:
                error = caught
            except Exception as caught:
                if caught is self._listener_error:
                    raise
                self._note_crash(caught)
            self._is_working = False
            self._publish()
            self._obey()
        return Outcome(self._report, error, self._is_stopping)

    def run_until_stopped(self) -> Outcome:
        """Make passes whenever they are due."""
        while True:
            self._obey()
            if self._is_stopping:
                return Outcome(self._report, None, is_stopped=True)
            self._look_around()
            scope = self._take_due()
            if scope is None:
                self._publish()
                self._wait()
                continue
            try:
                self._attempt(scope)
            except (JobError, DestinationBusyError) as error:
                return Outcome(self._report, error, is_stopped=False)

    def close(self) -> None:
        """End the watcher's threads and close the catalog."""
        self._drop_watcher()
        self._close_catalog()

    # Between passes

    def _obey(self) -> None:
        while (command := self._inbox.take()) is not None:
            match command:
                case Stop():
                    self._is_stopping = True
                case Pause(until=until):
                    self._condition = replace(self._condition, is_paused=True, paused_until=until)
                case Resume():
                    self._end_pause()
                case BackUpNow():
                    self._is_forced = True
                case AllowHeld(held=held) if self._condition.held is not None:
                    self._allowed = held
                    self._is_forced = True
                case AllowHeld():
                    log.info("Nothing is held any more, so there is nothing to agree to")

    def _end_pause(self) -> None:
        self._condition = replace(self._condition, is_paused=False, paused_until=None)

    def _look_around(self) -> None:
        """Notice what nobody tells: the end of a pause, a sleep, a watcher that has died."""
        now_s, now_at = self._clock.monotonic(), self._clock.time()
        gap_s = (now_at - self._seen_at) - (now_s - self._seen_monotonic_s)
        self._seen_monotonic_s, self._seen_at = now_s, now_at
        if gap_s > _SLEEP_GAP_S:
            log.info("The clock went on by %.0f s while nothing ran here: full pass", gap_s)
            self._schedule.want_full(now_s)
        until = self._condition.paused_until
        if until is not None and now_at >= until:
            self._end_pause()
        if now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_EVERY_S
        if self._watcher is None:
            return
        if not self._watcher.is_alive():
            self._schedule.want_full(now_s)
        elif not self._condition.coverage.folders_polled and not self._watcher.is_complete():
            # New folders were not all watched; from now on they are checked at the interval.
            self._update_coverage()
            self._schedule.want_full(now_s + self._job.interval_s)

    def _take_due(self) -> Scope | None:
        """Take what is to be compared now, or None."""
        now_s = self._clock.monotonic()
        if self._is_forced:
            return FULL
        if self._condition.is_paused or self._schedule.next_s(self._pending()) > now_s:
            return None
        if self._schedule.is_full_due(now_s):
            return FULL
        due, needs_full = self._schedule.take_due(now_s), False
        if self._watcher is not None:
            changed, needs_full = self._watcher.take()
            due = Scope(due.paths | changed.paths, due.trees | changed.trees)
        return FULL if needs_full or due.is_full else due

    def _wait(self) -> None:
        """Wait for a command, a change, or the next time at which something is due."""
        now_s = self._clock.monotonic()
        until_s = self._look_s
        if not self._condition.is_paused:
            until_s = min(until_s, self._schedule.next_s(self._pending()))
        elif self._condition.paused_until is not None:
            until_s = min(until_s, now_s + max(0.0, self._condition.paused_until - self._clock.time()))
        timeout_s = max(0.0, until_s - now_s)
        self._clock.wait(self._commands, timeout_s)
        if self._clock.monotonic() - now_s > timeout_s + _OVERSLEPT_S:
            log.info("Waiting took much longer than asked for: full pass")
            self._schedule.want_full(self._clock.monotonic())

    # Passes

    def _attempt(self, scope: Scope) -> None:
        """Make a pass and deal with whatever comes of it.

        Raises:
            JobError: The job makes no sense.
            DestinationBusyError: Another instance has the destination.
        """
        if scope.is_full:
            if not self._ensure_watcher():
                self._schedule.want_full(self._clock.monotonic())
                return
            # After the watches are set and before anything is compared: what changed until now is covered.
            self._schedule.take_all()
            if self._watcher is not None:
                self._watcher.take()
        started_s = self._clock.monotonic()
        try:
            report = self._make_pass(scope)
        except (JobError, DestinationBusyError):
            raise
        except RootAbsentError as error:
            self._begin_waiting(str(error))
        except BackupError as error:
            self._begin_failure(str(error))
        except Exception as error:
            if error is self._listener_error:
                raise
            self._note_crash(error)
            # Its state is unknown, and opening it is what repairs it.
            self._close_catalog()
            self._begin_failure(self._report.reason if self._report is not None else "")
        else:
            self._accept(report, scope)
            self._plan_next(report, scope, started_s)
            self._tell(ReportMade(report))
        finally:
            self._is_working, self._scope = False, Scope()
        self._publish()

    def _make_pass(self, scope: Scope) -> Report:
        is_forced, self._is_forced = self._is_forced, False
        self._scope = scope
        self._is_working = is_forced
        if is_forced or self._status is None:
            self._publish()
        return self._run_pass(
            self._job,
            self._opened_catalog(),
            scope,
            allowed=self._allowed if scope.is_full else None,
            should_stop=self._inbox.interrupts,
            on_event=self._on_pass_event,
            is_dry_run=self.is_dry_run,
        )

    def _on_pass_event(self, event: Event) -> None:
        self._note_started()
        trouble = self._condition.trouble
        if isinstance(event, HeldBack):
            self._tell_held(event.held)
            return
        if isinstance(event, PlanMade) and event.counts.total > 0 and trouble is None:
            self._is_working = True
            self._publish()
        elif isinstance(event, ActionDone) and trouble is not None and not self.is_dry_run:
            # A failing destination is shown as working again once something has been written to it.
            self._condition = replace(self._condition, trouble=None)
            self._is_working = True
            self._publish()
        self._tell(event)

    def _note_started(self) -> None:
        """Both folders were accepted."""
        if not self._has_started:
            self._has_started = True
            self._tell(Started(self._job.source, self._job.destination))
        trouble = self._condition.trouble
        if trouble is not None and trouble.state is JobState.WAITING:
            self._condition = replace(self._condition, trouble=None)

    def _accept(self, report: Report, scope: Scope) -> None:
        """Remember what a pass has found."""
        self._note_started()
        self._report = report
        now_at = self._clock.time()
        if report.status is PassStatus.CANCELLED:
            self._condition = self._condition.after_cancel(report, now_at)
            return
        if report.status is PassStatus.FAILED:
            return
        self._told_reasons.clear()
        self._condition = self._condition.after(report, scope, now_at, is_polling=self._is_polling())
        if report.held is not None:
            self._tell_held(report.held)
        elif report.is_full:
            self._told_held = None
        if scope.is_full:
            self._allowed = None

    def _plan_next(self, report: Report, scope: Scope, started_s: float) -> None:
        """Set the times of the passes to come."""
        now_s = self._clock.monotonic()
        if report.status is PassStatus.CANCELLED:
            self._schedule.want_full(now_s)
            return
        if report.status is PassStatus.FAILED:
            self._set_trouble(JobState.FAILED, report.reason)
            self._schedule.fail(now_s)
            return
        self._schedule.recover()
        if scope.is_full:
            self._update_coverage()
            self._schedule.full_pass_ended(started_s, now_s, is_polling=self._is_polling())
        elif report.held is not None:
            # The part of the tree that was looked at does not show all that is to be agreed to.
            self._schedule.want_full(now_s)
        self._schedule.put_back(report.unsettled, now_s)
        self._schedule.retry_problems(self._condition.retry_scope(), now_s)

    # Trouble

    def _begin_waiting(self, reason: str) -> None:
        self._set_trouble(JobState.WAITING, reason)
        self._schedule.wait_for_root(self._clock.monotonic())
        # When the root is back its watches are to be set at once.
        self._watch_again_s, self._watch_failures = 0.0, 0
        if reason not in self._told_reasons:
            self._told_reasons.add(reason)
            log.info("Waiting: %s", reason)
            self._tell(Waiting(reason))

    def _begin_failure(self, reason: str) -> None:
        self._set_trouble(JobState.FAILED, reason)
        self._schedule.fail(self._clock.monotonic())
        if reason not in self._told_reasons:
            self._told_reasons.add(reason)
            log.warning("The pass failed: %s", reason)
            self._tell(ReportMade(self._failed_report(reason)))

    def _note_crash(self, error: Exception) -> None:
        """A pass has ended in a way that nobody foresaw: the worker's boundary, nothing goes further."""
        log.error("A pass ended unexpectedly", exc_info=error)
        self._report = self._failed_report(f"An unexpected error ended the pass: {type(error).__name__}: {error}")

    def _set_trouble(self, state: JobState, reason: str) -> None:
        self._condition = replace(self._condition, trouble=Trouble(state, reason), last_pass_at=self._clock.time())

    def _failed_report(self, reason: str) -> Report:
        return Report(PassStatus.FAILED, self._clock.time(), 0.0, is_full=self._scope.is_full, reason=reason)

    # Watching

    def _ensure_watcher(self) -> bool:
        """Have a live watcher if that is possible.

        Returns:
            Whether to go on: False if setting the watches was given up because a command has arrived.
        """
        if not self._job.uses_notification:
            return True
        if self._watcher is not None:
            if self._watcher.is_alive():
                return True
            log.info("Watching %r is set up anew", self._job.source)
            self._drop_watcher()
        now_s = self._clock.monotonic()
        if now_s < self._watch_again_s:
            return True
        try:
            self._watcher = self._make_watcher(self._job.source, self._commands.wake, self._inbox.interrupts)
        except WatchCancelledError:
            return False
        except WatchError as error:
            if self._unwatched_reason != str(error):
                log.warning("Not watching %r: %s", self._job.source, error)
            self._unwatched_reason = str(error)
            self._watch_again_s = now_s + growing_pause_s(self._job.interval_s, self._watch_failures)
            self._watch_failures += 1
            return True
        self._unwatched_reason, self._watch_failures = "", 0
        return True

    def _drop_watcher(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()

    def _update_coverage(self) -> None:
        folders = self._condition.source_folders
        if self._watcher is None:
            coverage = Coverage(0, folders, self._unwatched_reason)
        else:
            coverage = self._watcher.coverage(folders)
        self._condition = replace(self._condition, coverage=coverage)

    def _is_polling(self) -> bool:
        return self._watcher is None or self._condition.coverage.folders_polled > 0

    def _pending(self) -> Pending:
        return self._watcher.pending() if self._watcher is not None else Pending()

    # Small matters

    def _opened_catalog(self) -> Catalog:
        if self._catalog is None:
            try:
                self._catalog_path.parent.mkdir(parents=True, exist_ok=True)
                self._catalog = self._open_catalog(self._catalog_path)
            except OSError as error:
                raise CatalogError(f"The program's own data folder cannot be used: {error.strerror}") from error
        return self._catalog

    def _close_catalog(self) -> None:
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.close()

    def _tell_held(self, held: Held) -> None:
        if held != self._told_held:
            self._told_held = held
            self._tell(HeldBack(held))

    def _publish(self) -> None:
        """Tell the status, if it is another than before."""
        pending = self._pending().size + self._schedule.later_count
        if not self._scope.is_full:
            pending += len(self._scope.paths) + len(self._scope.trees)
        status = self._condition.status(is_working=self._is_working, pending=pending)
        if status != self._status:
            self._status = status
            self._tell(StatusChanged(status))

    def _tell(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception as error:
            # The caller's own mistake: recognised at the boundary, which would otherwise take it for the pass's.
            self._listener_error = error
            raise
