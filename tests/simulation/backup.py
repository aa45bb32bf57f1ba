"""One job in the simulation: its folders, its user, its runner as a task, and what it tells."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileSystemEvent,
)

from backup_gui.engine.run import runner
from backup_gui.engine.run import single_pass as mirror
from backup_gui.engine.run.clock import Clock
from backup_gui.engine.run.loop import LoopParts
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.model.errors import WatchCancelledError
from backup_gui.model.events import (
    ActionDone,
    AllowHeld,
    Command,
    Event,
    FilesReturned,
    HeldBack,
    Pause,
    PlanMade,
    ProblemFound,
    PutBack,
    ReportMade,
    Started,
    StatusChanged,
    UndoPass,
    Waiting,
)
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Counts, Held, PassStatus, Report, Scope
from backup_gui.model.status import JobState, Status
from tests.helpers.trees import Node, read_tree
from tests.property.faulty_os import MortalCatalog
from tests.simulation.edits import User
from tests.simulation.promises import Moment, Promises
from tests.simulation.scheduler import Scheduler, Task
from tests.simulation.system import Drive, SimulatedSystem
from tests.simulation.watcher import SimulatedWatcher

# Setting the watches of a source takes that long.
WATCHING_S = 0.05
STARTED_AGAIN_S = 2.0
MOST_PASSES = 50
MOST_PASSES_A_SECOND = 4
# A command is heeded by then, however slow the system is.
HEEDED_S = 60.0
# The user's word may come between two looks for commands, and so be good for the pass after the next one only.
PASSES_OF_A_WORD = 2


class Absence(Enum):
    """What is where the source was, while it is away."""

    NOTHING = "leaves nothing"
    EMPTY = "leaves an empty folder"
    OTHER = "leaves another folder"
    BARE = "leaves an empty folder on another volume"
    OTHER_VOLUME = "leaves another folder on another volume"
    CONTENT = "stays, and all that is in it goes"

    @property
    def is_on_another_volume(self) -> bool:
        """Whether what is there now lies on another volume than the source."""
        return self in {Absence.BARE, Absence.OTHER_VOLUME}


class SimulatedCommands(Mailbox):
    """A mailbox that wakes a task instead of a thread."""

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake_task = wake

    def put(self, command: Command) -> None:
        super().put(command)
        self._wake_task()

    def wake(self) -> None:
        super().wake()
        self._wake_task()


class SimulatedClock(Clock):
    """The scheduler's clock, as the runner has it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def monotonic(self) -> float:
        return self._scheduler.monotonic()

    def time(self) -> float:
        return self._scheduler.time()

    def wait(self, commands: Mailbox, timeout_s: float) -> None:
        if commands.is_empty():
            self._scheduler.pause_until_woken(timeout_s)


class Backup:
    """A job and all around it.

    Args:
        name: What the job is called.
        base: The folder that has everything.
        drive: The folder that stands for the drive of the destination.
        scheduler: Time and turns.
        system: What the engine has for a system.
        say: Told of everything that happens, as a line.
        options: Options of the job.
    """

    def __init__(
        self,
        name: str,
        base: Path,
        drive: Path,
        scheduler: Scheduler,
        system: SimulatedSystem,
        say: Callable[[str], None],
        **options: Any,
    ) -> None:
        self.name = name
        self.base = base
        self.drive = drive
        self.source = base / f"source of {name}"
        self.away = base / f"source of {name}, away"
        self.mirror = drive / f"mirror of {name}"
        self.history = drive / f"mirror of {name}.history"
        self.scheduler = scheduler
        self._system = system
        self._say = say
        self._options = options
        self.source.mkdir()
        self.user = User(self.source, lambda: round(scheduler.time() * 1e9))
        self.promises = Promises(self.source, self.mirror, self.history)
        self.promises.see_source(scheduler.now_s, scheduler.now_s, frozenset())
        self.calls = Drive(name, self.say)

        self.commands = SimulatedCommands(self._wake)
        self.task: Task | None = None
        self._catalogs: list[MortalCatalog] = []
        self._watcher: SimulatedWatcher | None = None
        self._moment = Moment(0.0, is_full=True)
        # When the last backup was complete before the pass under way began.
        self._complete_before: float | None = None
        # Whether this run of the program has begun a pass.
        self._has_begun = False
        self._starts = 0
        self.status: Status | None = None
        self.report: Report | None = None
        self.held: Held | None = None
        self.passes = 0
        # How many answers are waited for that come with files brought back.
        self.returning = 0
        self.last_command: Command | None = None
        self.commanded_s = 0.0
        # Until when something that disturbs a backup has its effect.
        self.disturbed_s = scheduler.now_s
        self._back_s = -math.inf
        self.absence: Absence | None = None
        # How often the source has gone or returned.
        self._comings_and_goings = 0
        # How often its user has changed something in it.
        self.edits = 0
        # For how many more passes the user has agreed to what is held.
        self._agreed_passes = 0
        # What could not be handled in the pass under way, or the last one.
        self._problems_told = 0
        self.is_over = False

    # The runner

    @property
    def job(self) -> Job:
        place = Place(str(self.mirror))
        given = {"source": str(self.source), "destination": place, "id": self.name, "name": self.name}
        return Job(**(given | self._options))

    @property
    def is_running(self) -> bool:
        """Whether the runner is at work or waits."""
        return self.task is not None and not self.task.has_ended

    def start(self, **options: Any) -> None:
        """Start the runner, with options changed."""
        self._options |= options
        self._starts += 1
        self.disturb()
        self.returning = 0
        self._has_begun = False
        self.last_command = None
        self.held = None
        self.commands = SimulatedCommands(self._wake)
        self.status = None
        self.task = Task(self.name, self._run)
        # Another start draws other names.
        self.calls.random.seed(f"{self.name} {self._starts}")
        self._system.drives[self.task] = self.calls
        self.say("start")
        self.scheduler.start(self.task)

    def kill(self) -> None:
        """Kill the runner, wherever it is."""
        if self.task is not None and self.is_running:
            self.say("kill")
            self.scheduler.kill(self.task)

    def put(self, command: Command) -> None:
        """Tell the runner something."""
        if not self.is_running:
            return
        self.say(f"command: {command.wish}")
        self.disturb()
        self.last_command, self.commanded_s = command, self.scheduler.now_s
        if isinstance(command, AllowHeld):
            self._agreed_passes = PASSES_OF_A_WORD
        if isinstance(command, PutBack | UndoPass):
            self.returning += 1
        self.commands.put(command)

    def disturb(self, until_s: float = -math.inf) -> None:
        """Note that something happens that a backup takes some time to get over."""
        self.disturbed_s = max(self.disturbed_s, until_s, self.scheduler.now_s)

    def _wake(self) -> None:
        if self.task is not None:
            self.scheduler.wake(self.task)

    def _run(self) -> None:
        task = self.scheduler.current
        try:
            outcome = runner.run(
                self.job,
                self.commands,
                self._on_event,
                data_folder=self.base / "data",
                parts=LoopParts(SimulatedClock(self.scheduler), self._run_pass, self._open_catalog, self._make_watcher),
            )
        finally:
            if task.is_killed:
                for catalog in self._catalogs:
                    catalog.abandon()
            self._catalogs.clear()
            self.returning = 0
            # A stopped or killed program is started again, as one that has given up for a fault that is over.
            self.scheduler.at(self.scheduler.now_s + STARTED_AGAIN_S, self._start_again)
        self.say(f"ended: {'stopped' if outcome.is_stopped else self._plain(str(outcome.error))}")

    def _start_again(self) -> None:
        if not self.is_running and not self.is_over:
            self.start()

    def _open_catalog(self, path: Path) -> MortalCatalog:
        catalog = _Catalog.open(path)
        catalog.task = self.scheduler.current
        self._catalogs.append(catalog)
        return catalog

    def _run_pass(self, job: Job, catalog: Any, scope: Scope, options: mirror.PassOptions) -> Report:
        self.passes += 1
        if self.passes > MOST_PASSES + MOST_PASSES_A_SECOND * self.scheduler.elapsed_s:
            self.scheduler.fail(AssertionError(f"{self.name} makes pass after pass without a pause"))
        taken_s = self._watcher.taken_s if self._watcher is not None else self.scheduler.now_s
        # What changes from here on may be missed by a partial pass, and by one that looks at everything as well.
        self._moment = Moment(min(taken_s, self.scheduler.now_s), scope.is_full)
        self._complete_before, self._has_begun = catalog.last_complete_at(), True
        paths = ", ".join(sorted(map(repr, scope.paths | scope.trees)))
        self.say(f"pass {self.passes}: {'full' if scope.is_full else paths}")
        self._problems_told = 0
        doubt = self._doubt()
        before = self.promises.mirror() if doubt else {}
        try:
            report = mirror.run_pass(job, catalog, scope, options)
        finally:
            if doubt and doubt == self._doubt():
                self._check_nothing_taken(before)
        if report.is_full and report.status not in {PassStatus.CANCELLED, PassStatus.FAILED}:
            self._agreed_passes -= 1
        self._moment = self._moment._replace(is_full=report.is_full)
        if report.status not in {PassStatus.CANCELLED, PassStatus.FAILED}:
            self.promises.get_through(self._moment)
        return report

    def _doubt(self) -> str:
        """Tell why nothing of the source may be taken for deleted; nothing if there is no reason."""
        if self._agreed_passes > 0:
            return ""
        if self.absence is not None:
            return f"{self.absence.value} {self._comings_and_goings}"
        return f"is empty {self.edits}" if self.source.is_dir() and not os.listdir(self.source) else ""

    def _check_nothing_taken(self, before: dict[str, Node]) -> None:
        """Check that a pass over a source that was away, or empty, all the time has taken nothing from the mirror."""
        if not self.mirror.is_dir() or self.scheduler.current.is_killed:
            return
        after = self.promises.mirror()
        taken = [path for path, node in sorted(before.items()) if not _is_still(node, after.get(path))]
        if taken:
            said = f"{self.name}: taken from the mirror though the source {self._doubt()}: {', '.join(taken)}"
            self.scheduler.fail(AssertionError(said))

    def _make_watcher(self, source: str, wake: Callable[[], None], should_stop: Callable[[], bool]) -> SimulatedWatcher:
        self.scheduler.pause(WATCHING_S)
        if should_stop():
            raise WatchCancelledError
        watcher = SimulatedWatcher(source, wake, self.scheduler)
        watcher.start(should_stop)
        self._watcher = watcher
        return watcher

    # Its user

    def deliver(self, event: FileSystemEvent) -> None:
        """Have the watcher told of a change."""
        if self._watcher is not None:
            self._watcher.deliver(event)

    def end_watching(self) -> None:
        """Have the watcher's threads end: nobody is told of anything until the program looks after them."""
        if self._watcher is not None:
            self._watcher.has_ended = True
            self.promises.lose_events(self.scheduler.now_s)

    @property
    def has_lost_watcher(self) -> bool:
        """Whether the watcher's threads have ended, and the program has not noticed it yet."""
        return self._watcher is not None and self._watcher.has_ended and not self._watcher.is_stopped

    def overflow(self) -> None:
        """Have the watcher told that events were lost."""
        if self._watcher is not None:
            self._watcher.overflow()

    # What is told

    def say(self, line: str) -> None:
        self._say(f"{self.name}: {line}")

    def _on_event(self, event: Event) -> None:
        if self.task is not None and self.task.is_killed:
            return
        said = self._said(event)
        if said:
            self.say(said)
        if isinstance(event, ProblemFound):
            self._problems_told += 1
        elif isinstance(event, HeldBack):
            self.held = event.held
        elif isinstance(event, ActionDone):
            is_paused = self.status is not None and self.status.state is JobState.PAUSED
            assert not is_paused, f"{self.name} works though it is paused"
        elif isinstance(event, ReportMade):
            self.report = event.report
        elif isinstance(event, FilesReturned):
            self._see_returned()
        elif isinstance(event, StatusChanged):
            self.status = event.status
            self._check_status(event.status)
        if isinstance(event, ActionDone | ReportMade):
            self.check()

    def _check_status(self, status: Status) -> None:
        is_news = self._has_begun and status.last_complete_at not in {None, self._complete_before}
        self._complete_before = status.last_complete_at
        was_there = not self.is_source_away and self._back_s < self._moment.began_s and self.mirror.is_dir()
        if is_news:
            is_clean = not status.problems and status.held is None and not self._problems_told
            assert is_clean, f"{self.name} is said to be complete with a problem: {status}"
        # What the user has refused stays in the mirror without being missing from it.
        if is_news and was_there and not status.kept:
            self.promises.check_complete(self._moment, self.job.exclude)
        if status.state is JobState.OK:
            is_fine = not status.problems and status.held is None
            assert is_fine, f"{self.name} is said to be fine: {status}"

    def check(self) -> None:
        """Check what must hold at any moment."""
        if not self.returning and not self.is_source_away:
            assert self.promises.is_source_as_seen(), f"{self.name}: the source was written to"
        if os.path.lexists(self.drive_away):
            assert not self.drive.is_dir() or not os.listdir(self.drive), f"{self.name}: written where the drive was"
        if isinstance(self.last_command, Pause) and self.scheduler.now_s - self.commanded_s > HEEDED_S:
            is_heeded = not self.is_running or self.status is None or self.status.state is JobState.PAUSED
            assert is_heeded or self.last_command.until is not None, f"{self.name} was told to pause, but is not paused"
        self.promises.check(self.scheduler.now_s, keeps_history=self.job.keeps_history)

    def _see_returned(self) -> None:
        """Take note of what was brought back into the source, which the kernel tells of as of anybody's changes."""
        self.returning = max(0, self.returning - 1)
        if self.is_source_away or not self.source.is_dir():
            return
        self.disturb()
        self.user.settle_times()
        # The full pass that follows covers it.
        for path in self.promises.see_source(self.scheduler.now_s, math.inf, frozenset()):
            self.deliver(FileModifiedEvent(str(self.source / path)))

    def _said(self, event: Event) -> str:
        said = ""
        match event:
            case Started():
                said = "started"
            case PlanMade(counts=counts, is_full=is_full):
                said = f"plan: {_counted(counts)}{', full' if is_full else ''}"
            case ActionDone(action=action):
                old = "" if action.old_path is None else f" from {action.old_path!r}"
                said = f"{action.op.value} {action.kind.value} {action.path!r}{old}"
            case ProblemFound(problem=problem):
                said = f"problem: {problem.path!r} {problem.stage.value} {problem.code.value}"
            case HeldBack(held=held):
                said = f"held: {held.code.value}, {_counted(held.counts)}"
            case Waiting(reason=reason):
                said = f"waiting: {self._plain(reason)}"
            case ReportMade(report=report):
                full = "full " if report.is_full else ""
                why = f" {self._plain(report.reason)}" if report.reason else ""
                said = f"report: {full}{report.status.value}, {_counted(report.counts)}{why}"
            case StatusChanged(status=status):
                said = self._said_of_status(status)
            case FilesReturned(returned=returned):
                said = f"returned: {len(returned.restored)} of {returned.asked}, {self._plain(returned.reason)}"
        return said

    def _said_of_status(self, status: Status) -> str:
        at = status.last_complete_at
        parts = (
            f"status: {status.state.value}",
            f"{len(status.problems)} problems",
            f"{status.pending} pending",
            f"complete {'never' if at is None else f'{at:.3f}'}",
            f"{status.backlog.files} behind",
            self._plain(status.reason),
        )
        return ", ".join(filter(None, parts))

    def _plain(self, text: str) -> str:
        return text.replace(str(self.base), "")

    def picture(self) -> list[str]:
        """Describe source, mirror and history, as far as none of it is by chance."""
        lines = []
        for root in (self.source, self.mirror, self.history):
            for path, node in sorted(read_tree(root).items()):
                at = node.mtime_ns if node.kind == "file" else ""
                digest = hashlib.sha256(node.content).hexdigest()[:12]
                lines.append(f"{root.name}/{path!r} {node.kind} {node.mode:o} {at} {digest}")
        return lines

    # What becomes of the source

    def remove_source(self, how: Absence, size: int) -> None:
        """Take the source away, as a drive that is unplugged, a folder that is moved or one whose content is.

        Args:
            how: What is there then.
            size: How large the files of another folder are.
        """
        self.say(f"the source goes: it {how.value}")
        self.absence = how
        self._comings_and_goings += 1
        if how is Absence.CONTENT:
            self.away.mkdir()
            self._move_all(self.source, self.away, DirDeletedEvent, FileDeletedEvent)
            return
        self.source.rename(self.away)
        if how is not Absence.NOTHING:
            self.source.mkdir()
        if how in {Absence.OTHER, Absence.OTHER_VOLUME}:
            for name in (*sorted(os.listdir(self.away))[:1], "of another folder"):
                content = self.user.content(size)
                self.promises.contents.add(content)
                (self.source / name).write_bytes(content)
        if self.source.is_dir():
            self.user.settle_times()

    def return_source(self) -> None:
        """Bring the source back."""
        how, self.absence = self.absence, None
        if how is None:
            return
        self._comings_and_goings += 1
        if how is Absence.CONTENT:
            self._move_all(self.away, self.source, DirCreatedEvent, FileCreatedEvent)
            self.away.rmdir()
        else:
            if self.source.is_dir():
                shutil.rmtree(self.source)
            self.away.rename(self.source)
        self._back_s = self.scheduler.now_s
        self.say("the source returns")

    def _move_all(self, old: Path, new: Path, of_folder: type[FileSystemEvent], of_file: type[FileSystemEvent]) -> None:
        """Move all that is in a folder to another one; the watcher is told of what happens in the source."""
        for name in sorted(os.listdir(old)):
            is_folder = (old / name).is_dir() and not (old / name).is_symlink()
            (old / name).rename(new / name)
            self.deliver((of_folder if is_folder else of_file)(str(self.source / name)))
        self.deliver(DirModifiedEvent(str(self.source)))
        self.user.settle_times()

    @property
    def drive_away(self) -> Path:
        """Where the drive is while it is away."""
        return self.drive.with_name(f"{self.drive.name}, away")

    @property
    def is_source_away(self) -> bool:
        return self.absence is not None


class _Catalog(MortalCatalog):
    """A catalog that forgets what was not committed when its task is killed."""

    task: Task | None = None

    def commit(self) -> None:
        if self.task is None or not self.task.is_killed:
            super().commit()

    def close(self) -> None:
        if self.task is None or not self.task.is_killed:
            super().close()


def _is_still(before: Node, after: Node | None) -> bool:
    return after is not None and (before.kind, before.content) == (after.kind, after.content)


def _counted(counts: Counts) -> str:
    fields = [f"{count} {name}" for name, count in zip(counts._fields, counts, strict=True) if count]
    return ", ".join(fields) or "nothing"
