"""The runner with a fake clock, fake passes and fake watchers: what happens when, to the tenth of a second."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.engine.run import clock, runner
from backup_gui.engine.run.clock import Clock
from backup_gui.engine.run.loop import HELD_AGAIN_S, LoopParts
from backup_gui.engine.run.mailbox import Mailbox, Pulse
from backup_gui.engine.run.single_pass import PassOptions
from backup_gui.engine.watch.dirty_paths import DirtySet, Pending
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import (
    BackupError,
    CatalogError,
    DestinationBusyError,
    DestinationFullError,
    DestinationUnusableError,
    JobError,
    NewerDataError,
    OtherBackupError,
    RootAbsentError,
    WatchCancelledError,
    WatchError,
)
from backup_gui.model.events import (
    ActionDone,
    AllowHeld,
    BackUpNow,
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
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import (
    FULL,
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Problem,
    ProblemCode,
    Report,
    Scope,
    Stage,
)
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode, of_system
from backup_gui.model.status import Coverage, JobState, Status
from tests.helpers.fake_clock import FakeClock
from tests.helpers.waiting import wait_until


@dataclass
class Call:
    scope: Scope
    at_s: float
    allowed: Held | None
    is_dry_run: bool
    should_stop: Callable[[], bool]
    on_event: Callable[[Event], None]


class FakeWatcher:
    def __init__(self, world: World, wake: Callable[[], None]) -> None:
        self._world = world
        self._wake = wake
        self.dirty = DirtySet(monotonic=world.clock.monotonic)
        self.is_live = True
        self.is_stopped = False
        self.has_gaps = False
        self.made_at_s = world.clock.elapsed_s

    def change(self, *paths: str) -> None:
        if self.dirty.add(*paths):
            self._wake()

    def change_tree(self, path: str) -> None:
        if self.dirty.add_tree(path):
            self._wake()

    def overflow(self) -> None:
        self.is_live = False
        self.lose()

    def lose(self) -> None:
        """Say that changes were lost, and go on, as on Windows."""
        if self.dirty.require_full():
            self._wake()

    def take(self) -> tuple[Scope, bool]:
        return self.dirty.take()

    def pending(self) -> Pending:
        return self.dirty.pending()

    def peek(self, limit: int) -> tuple[str, ...]:
        return self.dirty.peek(limit)

    def is_alive(self) -> bool:
        return self.is_live and not self.is_stopped

    def is_complete(self) -> bool:
        return not self.has_gaps

    def coverage(self, source_folders: int) -> Coverage:
        polled = 3 if self.has_gaps else 0
        return Coverage(source_folders - polled, polled, of_system("limit" if polled else ""))

    def stop(self) -> None:
        self.is_stopped = True


class FakeCatalog:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_closed = False
        self.complete_at: float | None = None
        self.kept_forgotten = 0

    def last_complete_at(self) -> float | None:
        return self.complete_at

    def remember_complete(self, at: float) -> None:
        self.complete_at = at

    def forget_kept_lately(self) -> None:
        self.kept_forgotten += 1

    def resume(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True


Answer = Report | Exception | Callable[[Call], Report]


@dataclass
class World:
    """Everything around one runner."""

    tmp: Path
    clock: FakeClock = field(default_factory=FakeClock)
    commands: Mailbox = field(default_factory=Mailbox)
    events: list[Event] = field(default_factory=list)
    event_times: list[float] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    resting: list[frozenset[str]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    always: Answer | None = None
    watchers: list[FakeWatcher] = field(default_factory=list)
    watch_errors: list[Exception] = field(default_factory=list)
    watch_tries: list[float] = field(default_factory=list)
    catalogs: list[FakeCatalog] = field(default_factory=list)
    catalog_errors: list[Exception] = field(default_factory=list)

    def run(
        self, until_s: float = 0.0, *, is_once: bool = False, is_dry_run: bool = False, **options: Any
    ) -> runner.RunOutcome:
        if until_s:
            self.clock.at(until_s, lambda: self.commands.put(Stop()))
        job = Job(source="/source", destination=Place(str(self.tmp / "mirror")), id="j1", name="Documents", **options)
        return runner.run(
            job,
            self.commands,
            self._on_event,
            data_folder=self.tmp,
            is_once=is_once,
            is_dry_run=is_dry_run,
            parts=LoopParts(
                self.clock,
                self._run_pass,
                self._open_catalog,  # type: ignore[arg-type]
                self._make_watcher,
            ),
        )

    def put(self, at_s: float, command: Any) -> None:
        self.clock.at(at_s, lambda: self.commands.put(command))

    def change(self, at_s: float, *paths: str) -> None:
        self.clock.at(at_s, lambda: self.watchers[-1].change(*paths))

    @property
    def times(self) -> list[float]:
        return [round(call.at_s, 3) for call in self.calls]

    @property
    def full_times(self) -> list[float]:
        return [round(call.at_s, 3) for call in self.calls if call.scope.is_full]

    @property
    def partial(self) -> list[tuple[float, set[str]]]:
        return [
            (round(call.at_s, 3), set(call.scope.paths | call.scope.trees))
            for call in self.calls
            if not call.scope.is_full
        ]

    @property
    def statuses(self) -> list[Status]:
        return [event.status for event in self.events if isinstance(event, StatusChanged)]

    @property
    def states(self) -> list[JobState]:
        """The states in order, without repetition."""
        found: list[JobState] = []
        for status in self.statuses:
            if not found or found[-1] is not status.state:
                found.append(status.state)
        return found

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _on_event(self, event: Event) -> None:
        self.events.append(event)
        self.event_times.append(self.clock.elapsed_s)

    def _run_pass(self, job: Job, catalog: Any, scope: Scope, options: PassOptions) -> Report:
        assert options.now() == self.clock.time()
        self.resting.append(options.resting)
        assert not catalog.is_closed
        call = Call(
            scope,
            self.clock.elapsed_s,
            options.allowed,
            options.is_dry_run,
            options.should_stop,
            options.on_event,
        )
        self.calls.append(call)
        self.jobs.append(job)
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(call)
        return answer or report(is_full=scope.is_full)

    def _open_catalog(self, path: Path) -> FakeCatalog:
        assert path.parent.is_dir()
        if self.catalog_errors:
            raise self.catalog_errors.pop(0)
        self.catalogs.append(FakeCatalog(path))
        return self.catalogs[-1]

    def _make_watcher(self, source: str, wake: Callable[[], None], should_stop: Callable[[], bool]) -> FakeWatcher:
        assert source == "/source"
        self.watch_tries.append(self.clock.elapsed_s)
        if self.watch_errors:
            raise self.watch_errors.pop(0)
        self.watchers.append(FakeWatcher(self, wake))
        return self.watchers[-1]


def report(status: PassStatus = PassStatus.COMPLETE, *, is_full: bool = True, **fields: Any) -> Report:
    fields.setdefault("source_folders", 10)
    return Report(status, 0.0, 0.0, is_full=is_full, **fields)


def problem(path: str, code: Code = ProblemCode.IN_USE, stage: Stage = Stage.COPY) -> Problem:
    return Problem(path, stage, code, of_system("in use"))


def with_problems(*problems: Problem) -> Callable[[Call], Report]:
    return lambda call: report(PassStatus.PROBLEMS, is_full=call.scope.is_full, problems=problems)


def held_back(count: int = 60) -> Held:
    return Held(HeldCode.MASS_CHANGE, of_system("60 of 100 files would be deleted"), Counts(deleted=count), 100)


def with_held(held: Held) -> Callable[[Call], Report]:
    def answer(call: Call) -> Report:
        call.on_event(HeldBack(held))
        return report(PassStatus.HELD, is_full=call.scope.is_full, held=held)

    return answer


def working_for(seconds: float, world: World, status: PassStatus = PassStatus.COMPLETE) -> Callable[[Call], Report]:
    """A pass that takes its time, in steps of 0.1 s, and heeds ``should_stop``."""

    def answer(call: Call) -> Report:
        call.on_event(PlanMade(Counts(created=1), call.scope.is_full))
        for _ in range(round(seconds * 10)):
            world.clock.advance(0.1)
            if call.should_stop():
                return report(PassStatus.CANCELLED, is_full=call.scope.is_full)
        return report(status, is_full=call.scope.is_full)

    return answer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# Start and end


def test_run_starts_with_watches_then_a_full_pass_and_says_so(world: World) -> None:
    outcome = world.run(until_s=3)
    assert world.calls[0].scope == FULL
    assert world.times == [0.0]
    assert len(world.watchers) == 1
    assert world.told(Started) == [Started("/source", str(world.tmp / "mirror"))]
    assert world.states == [JobState.WORKING, JobState.OK]
    assert outcome == runner.RunOutcome(report(), None, is_stopped=True)


def test_watches_are_set_before_the_first_comparison(world: World) -> None:
    world.answers = [lambda _: report() if world.watchers else pytest.fail("compared without watches")]
    world.run(until_s=1)


def test_catalog_lies_in_the_data_folder_and_is_closed_at_the_end(world: World) -> None:
    world.run(until_s=1)
    assert [catalog.path for catalog in world.catalogs] == [world.tmp / "jobs" / "j1.sqlite"]
    assert world.catalogs[0].is_closed
    assert world.watchers[0].is_stopped


def test_started_is_told_before_anything_of_the_pass(world: World) -> None:
    world.answers = [working_for(1, world)]
    world.run(until_s=2)
    kinds = [type(event) for event in world.events]
    assert kinds.index(Started) < kinds.index(PlanMade) < kinds.index(ReportMade)


def test_stop_before_the_start_makes_no_pass(world: World) -> None:
    world.commands.put(Stop())
    assert world.run() == runner.RunOutcome(None, None, is_stopped=True)
    assert not world.calls


def test_stop_cancels_the_pass_under_way_within_moments(world: World) -> None:
    world.answers = [working_for(1_000, world)]
    outcome = world.run(until_s=7)
    assert outcome.is_stopped
    assert outcome.report is not None
    assert outcome.report.status is PassStatus.CANCELLED
    assert world.clock.elapsed_s == pytest.approx(7, abs=0.2)


@pytest.mark.parametrize("error", [JobError(of_system("nested")), DestinationBusyError(of_system("another instance"))])
def test_senseless_job_or_busy_destination_ends_the_run(world: World, error: BackupError) -> None:
    world.answers = [error]
    assert world.run() == runner.RunOutcome(None, error, is_stopped=False)
    assert not world.told(Started)
    assert world.watchers[0].is_stopped


def test_busy_destination_later_on_ends_the_run_too(world: World) -> None:
    error = DestinationBusyError(of_system("another instance"))
    world.answers = [report(), error]
    world.change(2, "a")
    assert world.run() == runner.RunOutcome(report(), error, is_stopped=False)


@pytest.mark.hazard(57)
def test_folders_that_make_no_sense_for_a_while_are_tried_again(world: World) -> None:
    world.answers = [report(), JobError(of_system("The destination is not a folder")), report()]
    world.change(2, "a")
    outcome = world.run(until_s=20)
    assert outcome == runner.RunOutcome(report(), None, is_stopped=True)
    assert JobState.FAILED in {status.state for status in world.statuses}
    assert [call.scope for call in world.calls][2:] == [FULL]
    assert world.statuses[-1].state is JobState.OK


def test_error_of_the_listener_is_passed_on(world: World) -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, PlanMade):
            raise ZeroDivisionError

    world.answers = [working_for(1, world)]
    world._on_event = on_event  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        world.run(until_s=5)
    assert world.watchers[0].is_stopped
    assert world.catalogs[0].is_closed


def test_dry_run_is_handed_on(world: World) -> None:
    world.change(1, "a")
    world.run(until_s=3, is_dry_run=True)
    assert [call.is_dry_run for call in world.calls] == [True, True]


# One pass only


def test_once_makes_one_full_pass_without_watching(world: World) -> None:
    outcome = world.run(is_once=True)
    assert [call.scope for call in world.calls] == [FULL]
    assert not world.watchers
    assert outcome == runner.RunOutcome(report(), None, is_stopped=False)
    assert world.told(ReportMade) == [ReportMade(report())]
    assert world.told(Started)
    assert world.statuses[-1].last_complete_at is not None


def test_once_can_be_stopped(world: World) -> None:
    world.answers = [working_for(1_000, world)]
    outcome = world.run(until_s=7, is_once=True)
    assert outcome.is_stopped
    assert outcome.report is not None
    assert outcome.report.status is PassStatus.CANCELLED


def test_once_stopped_beforehand_makes_no_pass(world: World) -> None:
    world.commands.put(Stop())
    assert world.run(is_once=True) == runner.RunOutcome(None, None, is_stopped=True)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RootAbsentError(of_system("no drive")), JobState.WAITING),
        (DestinationFullError(of_system("full")), JobState.FAILED),
        (JobError(of_system("nested")), JobState.FAILED),
    ],
)
def test_once_hands_back_what_stood_in_the_way(world: World, error: BackupError, state: JobState) -> None:
    world.answers = [error]
    assert world.run(is_once=True) == runner.RunOutcome(None, error, is_stopped=False)
    assert world.statuses[-1].state is state


def test_once_turns_a_crash_into_a_failed_report(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.answers = [ValueError("bug")]
    outcome = world.run(is_once=True)
    assert outcome.report is not None
    assert outcome.report.status is PassStatus.FAILED
    assert "ValueError: bug" in outcome.report.reason
    assert "Traceback" in caplog.text


def test_once_passes_on_the_listeners_error(world: World) -> None:
    def on_event(event: Event) -> None:
        if isinstance(event, PlanMade):
            raise ZeroDivisionError

    world.answers = [working_for(1, world)]
    world._on_event = on_event  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        world.run(is_once=True)


# Changes


def test_change_is_taken_after_the_quiet_time(world: World) -> None:
    world.change(10, "a/b", "a")
    world.run(until_s=20)
    assert world.partial == [(10.5, {"a/b", "a"})]
    assert world.full_times == [0.0]


def test_quiet_time_begins_anew_with_each_change(world: World) -> None:
    for at_s in (10.0, 10.3, 10.6):
        world.change(at_s, f"file{at_s}")
    world.run(until_s=20)
    assert world.partial == [(11.1, {"file10.0", "file10.3", "file10.6"})]


@pytest.mark.hazard(39)
def test_path_that_never_rests_is_taken_after_one_interval(world: World) -> None:
    for tenth in range(200):
        world.change(10 + tenth / 10, "log")
    world.run(until_s=40)
    assert [at_s for at_s, _ in world.partial][:3] == [15.0, 20.1, 25.2]


def test_quiet_time_is_never_longer_than_the_interval(world: World) -> None:
    for tenth in range(100):
        world.change(10 + tenth / 10, "log")
    world.run(until_s=40, interval_s=1)
    gaps = [b - a for (a, _), (b, _) in zip(world.partial, world.partial[1:], strict=False)]
    assert world.partial[0][0] == 11.0
    assert max(gaps) <= 1.2


def test_change_before_the_first_pass_begins_needs_no_second_one(world: World) -> None:
    def make_watcher(source: str, wake: Callable[[], None], should_stop: Callable[[], bool]) -> FakeWatcher:
        watcher = FakeWatcher(world, wake)
        world.watchers.append(watcher)
        watcher.change("a")
        return watcher

    world._make_watcher = make_watcher  # type: ignore[method-assign]
    world.run(until_s=20)
    assert world.times == [0.0]


def test_change_during_a_pass_is_taken_by_the_next(world: World) -> None:
    world.answers = [working_for(3, world)]
    world.change(2, "a")
    world.run(until_s=20)
    assert world.partial == [(3.0, {"a"})]


def test_full_pass_comes_every_hour_while_watching_works(world: World) -> None:
    world.run(until_s=8_000)
    assert world.full_times == [0.0, 3_600.0, 7_200.0]


def test_full_pass_time_is_the_users_setting(world: World) -> None:
    world.run(until_s=350, full_pass_every_s=100)
    assert world.full_times == [0.0, 100.0, 200.0, 300.0]


def test_full_pass_clears_what_was_waiting(world: World) -> None:
    world.change(99.8, "a")
    world.run(until_s=150, full_pass_every_s=100)
    assert world.times == [0.0, 100.0]


def test_pending_counts_dirty_paths_and_falls_to_zero(world: World) -> None:
    world.change(10, "a", "b", "c")
    world.run(until_s=20)
    assert 3 in [status.pending for status in world.statuses]
    assert world.statuses[-1].pending == 0


@pytest.mark.hazard(35)
def test_unsettled_paths_are_compared_again_after_two_seconds(world: World) -> None:
    world.answers = [report(unsettled=("a",))]
    world.run(until_s=20)
    assert world.partial == [(2.0, {"a"})]
    assert world.statuses[-1].pending == 0


def test_path_that_never_settles_is_looked_at_less_and_less(world: World) -> None:
    world.always = lambda call: report(is_full=call.scope.is_full, unsettled=("future",))
    world.run(until_s=400)
    gaps = [b - a for a, b in zip(world.times, world.times[1:], strict=False)]
    assert gaps == [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_very_many_unsettled_paths_become_one_full_pass(world: World) -> None:
    world.answers = [report(unsettled=tuple(map(str, range(10_001))))]
    world.run(until_s=20)
    assert world.full_times == [0.0, 2.0]
    assert not world.partial


# Full passes out of turn


@pytest.mark.hazard(36)
def test_overflow_leads_to_new_watches_and_a_full_pass(world: World) -> None:
    def overflow() -> None:
        world.watchers[0].overflow()

    world.clock.at(11, overflow)
    world.run(until_s=30)
    assert world.full_times == [0.0, 11.5]
    assert [watcher.made_at_s for watcher in world.watchers] == [0.0, 11.5]
    assert world.watchers[0].is_stopped


@pytest.mark.hazard(36)
@pytest.mark.parametrize("is_busy", [False, True])
def test_lost_changes_bring_a_full_pass_within_five_seconds_where_the_watcher_goes_on(
    world: World, *, is_busy: bool
) -> None:
    def lose() -> None:
        world.watchers[0].lose()

    world.clock.at(11, lose)
    for tick in range(100 if is_busy else 0):
        world.clock.at(11 + tick / 10, lambda: world.watchers[0].change("busy"))
    world.run(until_s=30)
    assert world.full_times == [0.0, 16.0 if is_busy else 11.5]
    assert len(world.watchers) == 1


@pytest.mark.hazard(38)
def test_dead_watcher_is_noticed_within_five_seconds(world: World) -> None:
    def die() -> None:
        world.watchers[0].is_live = False

    world.clock.at(11, die)
    world.run(until_s=30)
    assert world.full_times == [0.0, 15.0]
    assert len(world.watchers) == 2


@pytest.mark.hazard(6)
def test_destination_that_goes_away_is_noticed_within_five_seconds(world: World) -> None:
    mirror = world.tmp / "mirror"
    mirror.mkdir()

    def pull() -> None:
        mirror.rmdir()
        world.answers = [RootAbsentError(of_system("The drive is not there"))]

    world.clock.at(11, pull)
    world.run(until_s=19)
    assert world.full_times == [0.0, 15.0]
    assert world.statuses[-1].state is JobState.WAITING


@pytest.mark.hazard(6)
def test_destination_on_another_drive_than_before_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.tmp / "mirror").mkdir()
    # What lay below the drive's folder shows when the drive is gone: a folder too, but of another file system.
    world.clock.at(11, lambda: monkeypatch.setattr(clock, "_look", lambda _: clock._Seen(-1, 1, "")))
    world.run(until_s=60)
    assert world.full_times == [0.0, 15.0], "looked at once: the pass has accepted what is there now"


@pytest.mark.hazard(57)
def test_another_folder_in_the_destinations_place_is_noticed_within_five_seconds(world: World) -> None:
    mirror = world.tmp / "mirror"
    mirror.mkdir()

    def replace() -> None:
        # Two at a time, so that the second cannot get the first one's number again.
        (world.tmp / "other").mkdir()
        mirror.rename(world.tmp / "aside")
        (world.tmp / "other").rename(mirror)

    world.clock.at(11, replace)
    world.run(until_s=60)
    assert world.full_times == [0.0, 15.0]


@pytest.mark.hazard(57)
def test_what_comes_into_the_destinations_root_or_leaves_it_is_looked_at_soon(world: World) -> None:
    mirror = world.tmp / "mirror"
    (mirror / "docs").mkdir(parents=True)
    world.clock.at(11, (mirror / "docs").rmdir)
    world.clock.at(31, (mirror / "stranger").mkdir)
    world.run(until_s=60)
    assert world.full_times == [0.0]
    # Where it happens again and again, in growing pauses.
    assert world.partial == [(17.0, {""}), (39.0, {""})]


@pytest.mark.hazard(57)
def test_a_quick_pass_that_became_a_full_one_counts_as_such(world: World) -> None:
    world.answers = [report(), report(is_full=True)]
    world.change(1_000, "a")
    world.run(until_s=4_590)
    assert world.full_times == [0.0], "the next one is due an hour after that"


def test_destination_that_stays_is_no_reason_for_a_pass(world: World) -> None:
    (world.tmp / "mirror").mkdir()
    world.run(until_s=600)
    assert world.full_times == [0.0]


def test_destination_that_becomes_a_file_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    known = clock.DriveSentinel(str(folder))
    known.note()
    assert not known.is_lost(), "what never was there cannot get lost"
    folder.mkdir()
    assert not known.is_lost()
    known.note()
    assert not known.is_lost()
    folder.rmdir()
    folder.write_text("x")
    assert known.is_lost()


@pytest.mark.hazard(40)
def test_sleep_leads_to_a_full_pass(world: World) -> None:
    world.clock.at(11, lambda: world.clock.sleep(3_000))
    world.run(until_s=30)
    assert world.full_times == [0.0, 15.0]


@pytest.mark.hazard(35)
def test_small_or_backward_clock_step_is_no_sleep(world: World) -> None:
    world.clock.at(11, lambda: world.clock.sleep(3))
    world.clock.at(21, lambda: world.clock.sleep(-5_000))
    world.run(until_s=60)
    assert world.full_times == [0.0]


@pytest.mark.hazard(40)
def test_steady_clock_that_counts_sleep_is_understood_too(world: World) -> None:
    real_wait = world.clock.wait

    def wait(commands: Mailbox, timeout_s: float) -> None:
        real_wait(commands, timeout_s + (500 if 10 <= world.clock.elapsed_s < 15 else 0))

    world.clock.wait = wait  # type: ignore[method-assign]
    world.run(until_s=600)
    assert len(world.full_times) == 2


def test_back_up_now_makes_a_full_pass_at_once_and_shows_it(world: World) -> None:
    world.put(10, BackUpNow())
    world.run(until_s=20)
    assert world.full_times == [0.0, 10.0]
    assert world.states == [JobState.WORKING, JobState.OK, JobState.WORKING, JobState.OK]


# Without notification


def test_without_notification_a_full_pass_is_made_at_every_interval(world: World) -> None:
    world.run(until_s=21, uses_notification=False)
    assert world.full_times == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert not world.watchers
    assert world.statuses[-1].coverage == Coverage(0, 10, Reason(ReasonCode.WATCHING_OFF))


def test_unwatchable_source_is_polled_and_tried_again_in_growing_pauses(world: World) -> None:
    world.watch_errors = [WatchError(of_system("network"))] * 1_000
    world.run(until_s=300)
    assert world.full_times[:4] == [0.0, 5.0, 10.0, 15.0]
    assert world.watch_tries[:6] == [0.0, 5.0, 15.0, 35.0, 75.0, 135.0]
    assert world.statuses[-1].coverage == Coverage(0, 10, of_system("network"))
    assert world.states == [JobState.WORKING, JobState.OK]


def test_watching_that_becomes_possible_ends_the_polling(world: World) -> None:
    world.watch_errors = [WatchError(of_system("limit")), WatchError(of_system("limit"))]
    world.run(until_s=300)
    assert world.full_times == [0.0, 5.0, 10.0, 15.0]
    assert world.statuses[-1].coverage == Coverage(10, 0, NO_REASON)


@pytest.mark.hazard(37)
def test_incomplete_coverage_is_shown_and_polled_while_events_still_count(world: World) -> None:
    world.answers = [lambda _: _with_gaps(world)]
    world.change(6, "a")
    world.run(until_s=16)
    assert world.full_times == [0.0, 5.0, 10.0, 15.0]
    assert world.partial == [(6.5, {"a"})]
    assert world.statuses[-1].coverage == Coverage(7, 3, of_system("limit"))


def test_gap_that_arises_later_is_noticed_and_polled(world: World) -> None:
    world.clock.at(11, lambda: _with_gaps(world))
    world.run(until_s=31)
    assert world.full_times == [0.0, 20.0, 25.0, 30.0]
    assert world.statuses[-1].coverage.folders_polled == 3


def test_polling_a_huge_tree_takes_half_of_the_time_at_most(world: World) -> None:
    world.always = working_for(20, world)
    world.run(until_s=130, uses_notification=False)
    assert world.full_times == pytest.approx([0.0, 40.0, 80.0, 120.0], abs=0.01)


def test_pause_after_a_long_copy_is_bounded_when_polling(world: World) -> None:
    world.answers = [working_for(4_000, world)]
    world.run(until_s=4_070, uses_notification=False)
    assert world.full_times[:2] == pytest.approx([0.0, 4_060.0], abs=0.1)


def _with_gaps(world: World) -> Report:
    world.watchers[-1].has_gaps = True
    return report()


# Problems


@pytest.mark.hazard(41)
def test_problems_are_shown_and_retried_in_growing_pauses(world: World) -> None:
    world.always = with_problems(problem("a"))
    world.run(until_s=250)
    assert [at_s for at_s, _ in world.partial] == [5.0, 15.0, 35.0, 75.0, 135.0, 195.0]
    assert all(paths == {"a"} for _, paths in world.partial)
    assert world.states[-1] is JobState.ATTENTION
    assert world.statuses[-1].problems == (problem("a"),)
    assert world.statuses[-1].last_complete_at is None


def test_problem_that_is_gone_at_its_retry_turns_the_job_green(world: World) -> None:
    world.answers = [with_problems(problem("a"))]
    world.run(until_s=20)
    assert world.states == [JobState.WORKING, JobState.ATTENTION, JobState.OK]
    assert world.statuses[-1].last_complete_at == pytest.approx(world.clock.time() - 15)


def test_partial_pass_leaves_problems_outside_its_scope_standing(world: World) -> None:
    world.answers = [with_problems(problem("folder/locked"))]
    world.change(1, "folder/new", "folder")
    world.run(until_s=4)
    assert world.statuses[-1].problems == (problem("folder/locked"),)
    assert world.statuses[-1].state is JobState.ATTENTION


def test_partial_pass_of_a_tree_replaces_the_problems_below_it(world: World) -> None:
    world.answers = [with_problems(problem("folder/x/locked"), problem("other")), report(is_full=False)]
    world.clock.at(1, lambda: world.watchers[0].change_tree("folder"))
    world.run(until_s=4)
    assert world.statuses[-1].problems == (problem("other"),)


def test_full_pass_replaces_all_problems(world: World) -> None:
    world.answers = [with_problems(problem("a"), problem("b")), with_problems(problem("c"))]
    world.put(2, BackUpNow())
    world.run(until_s=4)
    assert world.statuses[-1].problems == (problem("c"),)


def test_cancelled_full_pass_keeps_the_problems_it_did_not_reach(world: World) -> None:
    def cancelled(call: Call) -> Report:
        world.commands.put(Pause())
        assert call.should_stop()
        return report(PassStatus.CANCELLED, problems=(problem("b"),))

    world.answers = [with_problems(problem("a")), cancelled]
    world.put(2, BackUpNow())
    world.run(until_s=4)
    assert world.statuses[-1].problems == (problem("a"), problem("b"))


def test_unreadable_folder_is_retried_as_a_whole(world: World) -> None:
    world.answers = [with_problems(problem("private", ProblemCode.NO_PERMISSION, Stage.COMPARE))]
    world.run(until_s=6)
    assert world.calls[1].scope == Scope(trees=frozenset({"private"}))


@pytest.mark.hazard(4)
@pytest.mark.parametrize("folder", ["private", ""], ids=("a folder", "the root"))
def test_a_folder_that_could_not_be_looked_at_is_compared_with_all_in_it_once_something_is_told_of_it(
    world: World, folder: str
) -> None:
    world.answers = [with_problems(problem(folder, ProblemCode.READ_ERROR, Stage.COMPARE))]
    world.change(1.0, folder, "elsewhere")
    world.run(until_s=4.0)
    _, scope = (call.scope for call in world.calls)
    assert folder in scope.trees, "the problem would go with what else is in there unseen"
    assert scope.is_full or scope.paths == {"elsewhere"}
    assert world.statuses[-1].problems == ()


def test_problem_that_lies_in_the_path_itself_is_not_retried(world: World) -> None:
    world.always = with_problems(problem("a:b", ProblemCode.NAME_NOT_POSSIBLE))
    world.run(until_s=600)
    assert world.times == [0.0]
    assert world.states[-1] is JobState.ATTENTION


@pytest.mark.hazard(24)
def test_a_backup_that_lacks_only_what_has_no_content_is_complete(world: World) -> None:
    pipe = problem("pipe", ProblemCode.SPECIAL_FILE)
    world.always = with_problems(pipe)
    world.run(until_s=600)
    assert world.times == [0.0]
    last = world.statuses[-1]
    assert (last.state, last.problems, last.notes) == (JobState.OK, (), (pipe,))
    assert last.last_complete_at is not None


def test_a_note_goes_with_what_it_is_about_and_hides_no_problem(world: World) -> None:
    pipe, other = problem("pipe", ProblemCode.SPECIAL_FILE), problem("a")
    world.answers = [with_problems(pipe, other), with_problems(other)]
    world.change(1.0, "pipe")
    world.run(until_s=4.0)
    found = [(status.problems, status.notes) for status in world.statuses if status.last_pass_at is not None]
    assert found[0] == ((other,), (pipe,))
    assert found[-1] == ((other,), ())
    assert world.states[-1] is JobState.ATTENTION


def test_new_problem_is_retried_soon_though_old_ones_wait_long(world: World) -> None:
    world.always = with_problems(problem("a"))

    def worse(call: Call) -> Report:
        world.always = with_problems(problem("a"), problem("b"))
        return with_problems(problem("a"), problem("b"))(call)

    world.clock.at(80, lambda: world.answers.append(worse))
    world.change(80, "b")
    world.run(until_s=86)
    assert world.partial[-2:] == [(80.5, {"b"}), (85.5, {"a", "b"})]


def test_long_interval_is_also_the_pause_between_retries(world: World) -> None:
    world.always = with_problems(problem("a"))
    world.run(until_s=1_000, interval_s=300)
    assert [at_s for at_s, _ in world.partial] == [300.0, 600.0, 900.0]


# Waiting and failing


def test_absent_root_is_said_once_and_looked_for_at_each_interval(world: World) -> None:
    world.answers = [RootAbsentError(of_system("The drive is not there"))] * 3
    world.run(until_s=30)
    assert world.full_times == [0.0, 5.0, 10.0, 15.0]
    assert world.told(Waiting) == [Waiting(of_system("The drive is not there"))]
    assert world.states == [JobState.WORKING, JobState.WAITING, JobState.OK]
    assert world.event_times[world.events.index(world.told(Started)[0])] == 15.0


def test_each_reason_for_waiting_is_said_once(world: World) -> None:
    first, second = RootAbsentError(of_system("no drive")), RootAbsentError(of_system("another drive"))
    world.answers = [first, second, first, second]
    world.run(until_s=30)
    assert world.told(Waiting) == [Waiting(of_system("no drive")), Waiting(of_system("another drive"))]


def test_reason_is_said_again_after_the_root_was_there(world: World) -> None:
    world.answers = [RootAbsentError(of_system("no drive")), report(), RootAbsentError(of_system("no drive"))]
    world.put(10, BackUpNow())
    world.run(until_s=20)
    assert len(world.told(Waiting)) == 2


def test_roots_return_leads_to_new_watches_before_the_full_pass(world: World) -> None:
    def vanish() -> None:
        world.watchers[0].is_live = False
        world.watch_errors = [WatchError(Reason(ReasonCode.WATCHED_ABSENT))] * 2
        world.answers = [RootAbsentError(of_system("no source")), RootAbsentError(of_system("no source"))]

    world.clock.at(11, vanish)
    world.run(until_s=40)
    assert world.full_times == [0.0, 15.0, 20.0, 25.0]
    assert [watcher.made_at_s for watcher in world.watchers] == [0.0, 25.0]
    assert world.statuses[-1].coverage.reason == ""


def test_absent_root_is_looked_for_every_minute_at_least(world: World) -> None:
    world.answers = [RootAbsentError(of_system("no drive"))]
    world.run(until_s=100, interval_s=604_800)
    assert world.full_times == [0.0, 60.0]


def test_changes_while_waiting_do_not_cause_further_tries(world: World) -> None:
    world.always = RootAbsentError(of_system("no drive"))
    world.change(1, "a")
    world.change(2, "b")
    world.run(until_s=12)
    assert world.times == [0.0, 5.0, 10.0]
    assert world.statuses[-1].state is JobState.WAITING


@pytest.mark.hazard(16)
@pytest.mark.parametrize(
    "error", [DestinationFullError(of_system("No room")), DestinationUnusableError(of_system("No room"))]
)
def test_unusable_destination_is_said_once_and_tried_in_growing_pauses(world: World, error: BackupError) -> None:
    world.answers = [error] * 6
    world.run(until_s=200)
    assert world.full_times == [0.0, 5.0, 15.0, 35.0, 75.0, 135.0, 195.0]
    failed = [event for event in world.told(ReportMade) if event.report.status is PassStatus.FAILED]
    assert [event.report.reason for event in failed] == ["No room"]
    assert world.states == [JobState.WORKING, JobState.FAILED, JobState.OK]
    assert next(status.reason for status in world.statuses if status.state is JobState.FAILED) == "No room"


def test_full_destination_in_a_partial_pass_is_recovered_from_by_a_full_pass(world: World) -> None:
    world.answers = [report(), DestinationFullError(of_system("No room"))]
    world.change(2, "a")
    world.run(until_s=20)
    assert world.times == [0.0, 2.5, 7.5]
    assert world.full_times == [0.0, 7.5]


def test_retry_that_plans_but_writes_nothing_does_not_flicker(world: World) -> None:
    def plans_and_fails(call: Call) -> Report:
        call.on_event(PlanMade(Counts(created=5), is_full=True))
        raise DestinationFullError(of_system("No room"))

    world.answers = [DestinationFullError(of_system("No room")), plans_and_fails, plans_and_fails]
    world.run(until_s=30)
    assert world.states == [JobState.WORKING, JobState.FAILED]


def test_failed_job_is_shown_at_work_as_soon_as_something_is_written(world: World) -> None:
    def writes(call: Call) -> Report:
        call.on_event(PlanMade(Counts(created=5), is_full=True))
        call.on_event(ActionDone(Action(Op.CREATE, "a", EntryKind.FILE)))
        assert world.statuses[-1].state is JobState.WORKING
        return report()

    world.answers = [DestinationFullError(of_system("No room")), writes]
    world.run(until_s=30)
    assert world.states == [JobState.WORKING, JobState.FAILED, JobState.WORKING, JobState.OK]


def test_back_up_now_does_not_wait_for_the_next_try(world: World) -> None:
    world.answers = [DestinationFullError(of_system("No room"))] * 5
    world.put(80, BackUpNow())
    world.run(until_s=90)
    assert 80.0 in world.full_times


def test_crash_of_a_pass_is_logged_shown_and_recovered_from(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.answers = [ValueError("bug"), ValueError("bug")]
    world.run(until_s=30)
    assert world.full_times == [0.0, 5.0, 15.0]
    assert world.states == [JobState.WORKING, JobState.FAILED, JobState.OK]
    failed = [event.report for event in world.told(ReportMade) if event.report.status is PassStatus.FAILED]
    assert [found.reason for found in failed] == ["An unexpected error ended the pass: ValueError: bug"]
    assert "Traceback" in caplog.text
    # It is opened anew each time: that is what repairs a damaged one.
    assert [catalog.is_closed for catalog in world.catalogs] == [True, True, True]


def test_failed_report_counts_as_a_failure(world: World) -> None:
    world.answers = [report(PassStatus.FAILED, reason=of_system("broken"))] * 2
    world.run(until_s=30)
    assert world.full_times == [0.0, 5.0, 15.0]
    assert world.states == [JobState.WORKING, JobState.FAILED, JobState.OK]
    assert len([event for event in world.told(ReportMade) if event.report.status is PassStatus.FAILED]) == 1


@pytest.mark.parametrize("error", [CatalogError(of_system("no catalog")), PermissionError(13, "Permission denied")])
def test_catalog_that_cannot_be_opened_is_a_failure(world: World, error: Exception) -> None:
    world.catalog_errors = [error]
    world.run(until_s=8)
    assert world.times == [5.0]
    assert world.states == [JobState.WORKING, JobState.FAILED, JobState.OK]


def test_data_of_a_newer_version_ends_the_run(world: World) -> None:
    world.catalog_errors = [NewerDataError(of_system("newer"))] * 9
    outcome = world.run(until_s=30)
    assert isinstance(outcome.error, NewerDataError)
    assert world.times == []


# The guard


def test_held_part_is_said_once_and_the_rest_goes_on(world: World) -> None:
    world.answers = [with_held(held_back())]
    world.change(10, "new")
    world.run(until_s=20)
    assert world.told(HeldBack) == [HeldBack(held_back())]
    assert world.partial == [(10.5, {"new"})]
    assert world.states == [JobState.WORKING, JobState.HELD]
    assert world.statuses[-1].held == held_back()
    assert world.statuses[-1].last_complete_at is None


def test_same_held_part_is_not_said_again_and_another_one_is(world: World) -> None:
    world.answers = [with_held(held_back()), with_held(held_back()), with_held(held_back(61))]
    world.put(10, BackUpNow())
    world.put(20, BackUpNow())
    world.run(until_s=30)
    assert world.told(HeldBack) == [HeldBack(held_back()), HeldBack(held_back(61))]


def test_users_word_leads_to_a_full_pass_that_may_do_it(world: World) -> None:
    world.answers = [with_held(held_back())]
    world.put(10, AllowHeld(held_back()))
    world.run(until_s=20)
    assert [(call.at_s, call.scope, call.allowed) for call in world.calls[1:]] == [(10.0, FULL, held_back())]
    assert world.states == [JobState.WORKING, JobState.HELD, JobState.WORKING, JobState.OK]


def test_users_word_is_good_for_one_pass(world: World) -> None:
    world.answers = [with_held(held_back())]
    world.put(10, AllowHeld(held_back()))
    world.put(15, BackUpNow())
    world.run(until_s=20)
    assert [call.allowed for call in world.calls] == [None, held_back(), None]


def test_users_word_outlives_a_pass_that_did_not_get_through(world: World) -> None:
    world.answers = [with_held(held_back()), RootAbsentError(of_system("no drive"))]
    world.put(10, AllowHeld(held_back()))
    world.run(until_s=20)
    assert [call.allowed for call in world.calls] == [None, held_back(), held_back()]


def test_word_for_nothing_held_is_ignored(world: World) -> None:
    world.put(10, AllowHeld(held_back()))
    world.run(until_s=20)
    assert world.times == [0.0]


def test_held_part_of_a_partial_pass_is_shown_in_full(world: World) -> None:
    world.answers = [report(), with_held(held_back(60)), with_held(held_back(70))]
    world.change(10, "a")
    world.run(until_s=20)
    assert world.times == [0.0, 10.5, 10.5]
    assert world.full_times == [0.0, 10.5]
    assert world.statuses[-1].held == held_back(70)


def test_a_quick_pass_that_holds_more_of_the_same_says_nothing_new(world: World) -> None:
    many = tuple(Action(Op.DELETE, str(number), EntryKind.FILE) for number in range(60))
    one_more = (Action(Op.DELETE, "one more", EntryKind.FILE),)
    full, part = held_back(60)._replace(actions=many), held_back(1)._replace(actions=one_more)
    world.answers = [with_held(full), with_held(part), with_held(part), with_held(full)]
    world.change(10, "a")
    world.change(12, "b")
    world.run(until_s=60)
    assert world.told(HeldBack) == [HeldBack(full)]
    assert world.full_times == [0.0, 10.5 + HELD_AGAIN_S]
    assert world.statuses[-1].held == full


def test_a_quick_pass_that_holds_something_else_is_shown_in_full(world: World) -> None:
    deletion, edit = Action(Op.DELETE, "a", EntryKind.FILE), Action(Op.REPLACE, "b", EntryKind.FILE)
    first, other = (held_back()._replace(actions=(action,)) for action in (deletion, edit))
    both = held_back(70)._replace(actions=(deletion, edit))
    world.answers = [with_held(first), with_held(other), with_held(both)]
    world.change(10, "b")
    world.run(until_s=20)
    assert world.full_times == [0.0, 10.5]
    assert world.statuses[-1].held == both


def test_held_part_that_is_gone_is_forgotten_and_said_again_when_it_recurs(world: World) -> None:
    world.answers = [with_held(held_back()), report(), with_held(held_back())]
    world.put(10, BackUpNow())
    world.put(20, BackUpNow())
    world.run(until_s=30)
    assert len(world.told(HeldBack)) == 2
    assert JobState.OK in world.states


# A destination that is another backup's


def of_another(*claims: str, code: HeldCode = HeldCode.OTHER_BACKUP) -> OtherBackupError:
    reason = f"The destination holds another backup: {claims}"
    return OtherBackupError(Held(code, of_system(reason), Counts(), 0, claims=frozenset(claims)))


@pytest.mark.hazard(52)
def test_a_refusal_is_said_once_and_tried_again_in_growing_pauses(world: World) -> None:
    world.always = of_another("a")
    world.run(until_s=120)
    assert world.told(HeldBack) == [HeldBack(of_another("a").held)]
    assert world.states == [JobState.WORKING, JobState.HELD]
    assert not world.told(Started)
    assert 3 < len(world.calls) < 20
    pauses = [later - sooner for sooner, later in zip(world.times, world.times[1:], strict=False)]
    assert pauses == sorted(pauses)


@pytest.mark.hazard(52)
def test_a_refusal_of_a_single_pass_is_its_report_and_touches_nothing_remembered(world: World) -> None:
    world.always = of_another("a")
    outcome = world.run(is_once=True)
    assert outcome.error is None
    assert outcome.report is not None
    assert (outcome.report.status, outcome.report.held) == (PassStatus.HELD, of_another("a").held)
    assert [event.report for event in world.told(ReportMade)] == [outcome.report]


@pytest.mark.hazard(52)
def test_the_users_word_about_another_backup_reaches_the_next_pass_and_no_other(world: World) -> None:
    world.answers = [of_another("a"), of_another("b")]
    world.put(1, AllowHeld(of_another("a").held))
    world.put(30, BackUpNow())
    world.run(until_s=60)
    assert [call.allowed and call.allowed.claims for call in world.calls[:3]] == [None, {"a"}, None]
    assert world.states[-1] is JobState.OK
    assert world.statuses[-1].held is None


@pytest.mark.hazard(52)
def test_the_word_to_take_over_is_good_for_one_pass(world: World) -> None:
    world.answers = [RootAbsentError(Reason(ReasonCode.SOURCE_AWAY, path="/source"))]
    world.put(20, BackUpNow())
    world.put(30, BackUpNow())
    world.run(until_s=40, takes_over=True)
    assert [job.takes_over for job in world.jobs[:4]] == [True, True, False, False]


def test_what_is_held_is_looked_at_again_some_time_after_a_change_and_not_after_each(world: World) -> None:
    world.answers = [with_held(held_back())]
    for second in range(10, 20):
        world.change(second, "back")
    world.run(until_s=60)
    assert world.full_times == [0.0, 10.5 + HELD_AGAIN_S]
    assert world.states[-1] is JobState.OK


def test_a_source_that_is_empty_no_more_is_checked_in_full_at_once(world: World) -> None:
    world.answers = [with_held(held_back()._replace(code=HeldCode.SOURCE_EMPTY))]
    world.change(10, "back")
    world.run(until_s=20)
    assert world.full_times == [0.0, 10.5]
    assert world.states[-1] is JobState.OK


# Pause


def test_pause_holds_everything_and_resume_takes_up_the_changes(world: World) -> None:
    world.put(10, Pause())
    world.change(20, "a")
    world.put(100, Resume())
    world.run(until_s=120)
    assert world.times == [0.0, 100.0]
    assert world.partial == [(100.0, {"a"})]
    assert world.states == [JobState.WORKING, JobState.OK, JobState.PAUSED, JobState.OK]


def test_pause_ends_by_itself_at_its_time(world: World) -> None:
    until = world.clock.time() + 60
    world.put(10, Pause(until))
    world.change(20, "a")
    world.run(until_s=120)
    assert world.partial == [(60.0, {"a"})]
    assert until in [status.paused_until for status in world.statuses]
    assert world.statuses[-1].paused_until is None


def test_timed_pause_goes_by_the_users_clock(world: World) -> None:
    world.put(10, Pause(world.clock.time() + 3_600))
    world.clock.at(20, lambda: world.clock.sleep(7_200))
    world.run(until_s=60)
    assert world.statuses[-1].state is JobState.OK
    assert world.full_times == [0.0, 20.0]


def test_back_up_now_works_while_paused_and_the_pause_stays(world: World) -> None:
    world.put(10, Pause())
    world.put(20, BackUpNow())
    world.change(30, "a")
    world.run(until_s=60)
    assert world.times == [0.0, 20.0]
    assert world.states == [JobState.WORKING, JobState.OK, JobState.PAUSED, JobState.WORKING, JobState.PAUSED]
    assert world.statuses[-1].pending == 1


@pytest.mark.hazard(56)
def test_what_files_that_are_brought_back_take_the_place_of_is_kept_however_soon(world: World) -> None:
    """They are brought back while the job does not run or is paused."""
    forgotten: list[int] = []

    def note(_call: Call) -> Report:
        forgotten.append(world.catalogs[-1].kept_forgotten)
        return report()

    world.always = note
    world.change(5, "a")
    world.put(10, Pause(world.clock.time() + 10))
    world.change(15, "a")
    world.put(30, Pause())
    world.put(35, BackUpNow())
    world.change(36, "a")
    world.put(40, Resume())
    world.change(50, "a")
    world.run(until_s=60)
    # At the start, not at a change, at the pause's own end, during a pause and after it, and not any more.
    assert forgotten == [1, 1, 2, 3, 4, 4]


@pytest.mark.hazard(56)
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_single_pass_knows_what_the_last_one_kept(world: World, *, is_dry_run: bool) -> None:
    world.run(is_once=True, is_dry_run=is_dry_run)
    assert world.catalogs[-1].kept_forgotten == 0


def test_pause_during_a_pass_cancels_it_and_resume_makes_a_full_one(world: World) -> None:
    world.answers = [report(), working_for(1_000, world)]
    world.change(10, "a")
    world.put(12, Pause())
    world.put(50, Resume())
    world.run(until_s=60)
    assert world.times == [0.0, 10.5, 50.0]
    assert world.full_times == [0.0, 50.0]
    assert [event.report.status for event in world.told(ReportMade)][1] is PassStatus.CANCELLED
    paused = [t for e, t in zip(world.events, world.event_times, strict=True) if _is_state(e, JobState.PAUSED)]
    assert paused[0] == pytest.approx(12, abs=0.2)


def test_later_pause_outweighs_a_wish_for_a_backup(world: World) -> None:
    def put_both() -> None:
        world.commands.put(BackUpNow())
        world.commands.put(Pause())

    world.clock.at(10, put_both)
    world.run(until_s=20)
    assert world.times == [0.0]


def test_pause_while_watches_are_set_gives_that_up(world: World) -> None:
    world.watch_errors = [WatchCancelledError()]
    world.commands.put(Pause())
    world.commands.put(BackUpNow())
    world.put(30, Resume())
    world.run(until_s=40)
    assert world.times == [30.0]
    assert world.watch_tries == [0.0, 30.0]


def test_stop_while_paused_ends_the_run(world: World) -> None:
    world.put(10, Pause())
    assert world.run(until_s=1_000).is_stopped
    assert world.times == [0.0]


def _is_state(event: Event, state: JobState) -> bool:
    return isinstance(event, StatusChanged) and event.status.state is state


# Status


def test_partial_pass_that_does_something_is_shown_and_an_idle_one_is_not(world: World) -> None:
    world.answers = [report(), report(is_full=False), working_for(1, world)]
    world.change(10, "idle")
    world.change(20, "busy")
    world.run(until_s=30)
    assert world.states == [JobState.WORKING, JobState.OK, JobState.WORKING, JobState.OK]


def test_hourly_pass_that_finds_nothing_is_not_shown(world: World) -> None:
    world.run(until_s=8_000)
    assert world.states == [JobState.WORKING, JobState.OK]


def test_equal_status_is_told_once(world: World) -> None:
    world.run(until_s=30, uses_notification=False)
    assert len(world.statuses) == len(set(world.statuses))


def test_last_complete_time_is_the_end_of_the_last_clean_pass(world: World) -> None:
    world.answers = [report(), with_problems(problem("a"))]
    world.change(10, "a")
    start_at = world.clock.time()
    world.run(until_s=12)
    assert world.statuses[-1].last_complete_at == start_at
    assert world.statuses[-1].last_pass_at == start_at + 10.5


def test_backup_is_not_complete_while_a_problem_elsewhere_stands(world: World) -> None:
    world.answers = [report(), with_problems(problem("a")), report(is_full=False)]
    world.change(10, "a")
    world.change(12, "b")
    start_at = world.clock.time()
    world.run(until_s=14)
    assert world.partial == [(10.5, {"a"}), (12.5, {"b"})]
    assert world.statuses[-1].last_complete_at == start_at
    assert world.states[-1] is JobState.ATTENTION


def test_partial_pass_verifies_everything_only_while_all_changes_are_notified(world: World) -> None:
    world.answers = [lambda _: _with_gaps(world)]
    world.change(6, "a")
    start_at = world.clock.time()
    world.run(until_s=8)
    assert world.statuses[-1].last_complete_at == start_at + 5
    assert world.statuses[-1].last_pass_at == start_at + 6.5


def test_nothing_is_green_before_a_full_pass(world: World) -> None:
    world.answers = [working_for(1_000, world)]
    world.put(10, Pause())
    world.put(20, Resume())
    world.answers.append(working_for(5, world))
    world.run(until_s=22)
    assert JobState.OK not in world.states
    assert not world.statuses[-1].has_full_pass


def test_idle_runner_wakes_up_rarely(world: World) -> None:
    world.run(until_s=3_000)
    assert world.clock.waits <= 3_000 / 5 + 5


# The real clock and mailbox


@pytest.mark.hazard(18)
def test_a_pass_gives_signs_of_life_at_every_step(world: World) -> None:
    pulses: list[Pulse] = []

    def work(call: Call) -> Report:
        for _ in range(3):
            assert not call.should_stop()
            pulses.append(world.commands.pulse)
        return report()

    world.answers = [work]
    world.run(until_s=1)
    assert len(set(pulses)) == 3
    assert not any(pulse.is_at_rest for pulse in pulses)


@pytest.mark.hazard(18)
def test_who_waits_for_something_to_do_is_at_rest() -> None:
    commands = Mailbox()
    waiter = threading.Thread(target=commands.wait, args=(60.0,))
    before = commands.pulse
    assert not before.is_at_rest
    waiter.start()
    wait_until(lambda: commands.pulse.is_at_rest, "rest")
    commands.put(Stop())
    waiter.join(5)
    assert not commands.pulse.is_at_rest
    assert commands.pulse != before


def test_command_from_another_thread_ends_the_waiting_at_once() -> None:
    commands = Mailbox()
    waiter = threading.Thread(target=Clock().wait, args=(commands, 60.0))
    waiter.start()
    commands.put(Stop())
    waiter.join(5)
    assert not waiter.is_alive()
    assert commands.take() == Stop()
    assert commands.take() is None


@pytest.mark.posix("SIGALRM")
def test_command_put_by_a_signal_handler_in_the_waiting_thread_arrives() -> None:
    commands = Mailbox()
    before = signal.signal(signal.SIGALRM, lambda *_: commands.put(Stop()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        commands.wait(30.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert commands.take() == Stop()


@pytest.mark.posix("SIGALRM")
def test_signal_storm_while_taking_loses_nothing_and_never_hangs() -> None:
    commands = Mailbox()
    sent = 0

    def on_signal(*_: object) -> None:
        nonlocal sent
        sent += 1
        commands.put(BackUpNow())

    before = signal.signal(signal.SIGALRM, on_signal)
    taken = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        while taken < 200:
            commands.wait(0.01)
            while commands.take() is not None:
                taken += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    while commands.take() is not None:
        taken += 1
    assert taken == sent


def test_run_with_the_real_clock_stops_at_once(world: World) -> None:
    has_pass = threading.Event()

    def run_pass(*_: object) -> Report:
        has_pass.set()
        return report()

    outcomes: list[runner.RunOutcome] = []
    mirror = str(world.tmp / "mirror")
    job = Job(source="/source", destination=Place(mirror), id="j1", name="Documents", uses_notification=False)
    thread = threading.Thread(
        target=lambda: outcomes.append(
            runner.run(
                job,
                world.commands,
                world.events.append,
                data_folder=world.tmp,
                parts=runner.PARTS._replace(
                    run_pass=run_pass,
                    open_catalog=FakeCatalog,  # type: ignore[arg-type]
                ),
            )
        )
    )
    thread.start()
    assert has_pass.wait(5)
    world.commands.put(Stop())
    thread.join(5)
    assert not thread.is_alive()
    assert outcomes[0].is_stopped


def test_waiting_ends_early_if_something_was_left_before() -> None:
    commands = Mailbox()
    commands.wake()
    commands.wait(30)
    commands.wait(30)
    assert commands.take() is None
    commands.wait(0)
    commands.wait(0.001)
    assert commands.is_empty()


# The real thing


def test_real_watcher_pass_and_catalog_keep_a_folder_in_step(world: World, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "mirror"
    (source / "a" / "b").mkdir(parents=True)
    (source / "a" / "b" / "file").write_text("1")
    job = Job(source=str(source), destination=Place(str(destination)), id="j1", name="Documents", interval_s=1)
    changed = threading.Event()

    def on_event(event: Event) -> None:
        world.events.append(event)
        changed.set()

    def until(is_so: Callable[[], bool]) -> None:
        for _ in range(200):
            if is_so():
                return
            changed.wait(0.1)
            changed.clear()
        raise AssertionError(world.statuses[-1])

    outcomes: list[runner.RunOutcome] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(runner.run(job, world.commands, on_event, data_folder=tmp_path / "data"))
    )
    thread.start()
    try:
        until(lambda: bool(world.statuses) and world.statuses[-1].state is JobState.OK)
        assert (destination / "a" / "b" / "file").read_text() == "1"
        assert world.statuses[-1].coverage == Coverage(3, 0, NO_REASON)
        (source / "a" / "b" / "file").write_text("two")
        (source / "new").mkdir()
        (source / "new" / "file").write_text("3")
        until((destination / "new" / "file").exists)
        until(lambda: (destination / "a" / "b" / "file").read_text() == "two")
        (source / "new").rename(source / "a" / "moved")
        until(lambda: (destination / "a" / "moved" / "file").exists() and not (destination / "new").exists())
        source.rename(tmp_path / "elsewhere")
        until(lambda: world.statuses[-1].state is JobState.WAITING)
        assert (destination / "a" / "b" / "file").read_text() == "two"
        (tmp_path / "elsewhere").rename(source)
        (source / "back").touch()
        until((destination / "back").exists)
        until(lambda: world.statuses[-1].state is JobState.OK)
    finally:
        world.commands.put(Stop())
        thread.join(10)
    assert not thread.is_alive()
    assert outcomes[0].is_stopped
    assert sum(report_made.report.is_full for report_made in world.told(ReportMade)) == 2


def test_full_drive_is_the_state_of_the_whole_job_until_the_files_fit(world: World) -> None:
    full = problem("big", ProblemCode.NO_SPACE)
    world.answers = [with_problems(full), with_problems(problem("other")), report()]
    world.change(3, "other")
    world.put(20, BackUpNow())
    world.run(30)
    shown = [status.state for status in world.statuses if status.state is not JobState.WORKING]
    assert shown[0] is JobState.FAILED
    assert JobState.ATTENTION not in shown, "another file's problem hides the full drive"
    assert shown[-1] is JobState.OK


def test_destination_of_another_instance_ends_the_run(world: World) -> None:
    with DestinationLock(str(world.tmp / "mirror"), world.tmp / "locks"):
        outcome = world.run(30)
    assert isinstance(outcome.error, DestinationBusyError)
    assert world.calls == []
    assert world.run(60).error is None, "the lock outlives its holder"


def test_last_complete_backup_is_known_while_the_drive_is_away_after_a_restart(tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "mirror"
    source.mkdir()
    job = Job(source=str(source), destination=Place(str(destination)), id="j1", name="Documents")
    commands = Mailbox()
    statuses: list[Status] = []

    def on_event(event: Event) -> None:
        if isinstance(event, StatusChanged):
            statuses.append(event.status)
            if event.status.state in {JobState.OK, JobState.WAITING}:
                commands.put(Stop())

    runner.run(job, commands, on_event, data_folder=tmp_path / "data")
    completed_at = statuses[-1].last_complete_at
    assert completed_at is not None
    source.rename(tmp_path / "away")
    runner.run(job, commands, on_event, data_folder=tmp_path / "data")
    assert statuses[-1].state is JobState.WAITING
    assert statuses[-1].last_complete_at == completed_at


def test_what_was_missed_is_compared_again_in_two_seconds_and_until_then_nothing_is_called_complete(
    world: World,
) -> None:
    world.answers = [report(), report(is_full=False, missed=("a",)), report(is_full=False)]
    world.change(10, "a")
    world.change(11, "b")
    world.run(until_s=20)
    assert world.partial == [(10.5, {"a"}), (11.5, {"b"}), (12.5, {"a"})]
    complete = {status.last_complete_at for status in world.statuses if status.last_complete_at is not None}
    assert sorted(round(at - world.clock.time() + world.clock.elapsed_s, 1) for at in complete) == [0.0, 12.5]
