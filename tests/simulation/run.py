"""Runs a story: jobs, users and the system take their turns until all of it is told and everything has come to rest."""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import math
import os
import random
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from watchdog.events import FileSystemEvent

from backup_gui.model.events import (
    AllowHeld,
    BackUpNow,
    CheckEvery,
    GiveUp,
    KeepHeld,
    Pause,
    PutBack,
    ReleaseKept,
    RemoveLeftOut,
    Resume,
    Stop,
    UndoPass,
)
from backup_gui.model.plans import NO_COUNTS, PassStatus
from backup_gui.model.status import JobState, Status
from tests.property.world import FAST
from tests.simulation.backup import Absence, Backup
from tests.simulation.edits import NAMES, Pick
from tests.simulation.scheduler import START_S, Scheduler
from tests.simulation.story import EDITS, IN_STEPS, Happening, Story
from tests.simulation.system import READS, ROOM, WRITES, Failing, simulated_system

FULL_PASS_EVERY_S = 300
INTERVAL_S = 5
# By then everything has been compared once more, however many pauses have grown.
REST_S = 2 * FULL_PASS_EVERY_S + 120
# In that long an idle job does nothing but a few looks.
IDLE_S = FULL_PASS_EVERY_S * 2
LATEST_S = 3.0
# By then it is noticed that the watcher's threads have ended.
NOTICED_S = 10.0
# In that long a job gets over what has happened to it, whatever pauses have grown.
CALM_S = 150.0
FAULTS = (
    (errno.EIO, READS),
    (errno.EIO, WRITES),
    (errno.EACCES, READS),
    (errno.EACCES, WRITES),
    (errno.ENOSPC, ROOM),
    (errno.ESTALE, READS),
    (errno.EROFS, WRITES),
    (errno.EMFILE, frozenset({"open", "open for writing", "scandir"})),
    (errno.EIO, frozenset({"rename", "renameat2", "link", "unlink"})),
    (errno.EIO, frozenset({"syncfs", "fsync"})),
)
# Those that only one of the checks stands against are more often.
ABSENCES = (*Absence, Absence.OTHER, Absence.OTHER_VOLUME, Absence.CONTENT)
# What is held is agreed to so often; what then remains held is held for ever.
MOST_ANSWERS = 3
OPTIONS = {
    "interval_s": INTERVAL_S,
    "full_pass_every_s": FULL_PASS_EVERY_S,
    "guard_count": 6,
    "history_days": 0,
}


class Telling(NamedTuple):
    """What came of a story.

    Attributes:
        trace: What happened, line by line.
        failure: What was wrong; empty if nothing was.
        passes: How many passes there were.
        lasted_s: How long it took by the simulated clock.
    """

    trace: tuple[str, ...]
    failure: str
    passes: int
    lasted_s: float


def run(story: Story) -> Telling:
    """Run a story in folders of its own."""
    base = Path(tempfile.mkdtemp(prefix="backup-gui-simulation-", dir=FAST))
    try:
        return _Run(story, base).tell()
    finally:
        shutil.rmtree(base)


class _Run:
    def __init__(self, story: Story, base: Path) -> None:
        self._story = story
        self._base = base
        self._scheduler = Scheduler()
        self._trace: list[str] = []
        self._backups: list[Backup] = []

    def tell(self) -> Telling:
        failure = ""
        scheduler = self._scheduler
        with simulated_system(scheduler, self._volume_id) as system, self._logged():
            try:
                for number in range(self._story.jobs):
                    name = f"job {number + 1}"
                    drive = self._base / f"drive {self._story.drives[number] + 1}"
                    drive.mkdir(exist_ok=True)
                    backup = Backup(name, self._base, drive, scheduler, system, self._say, **OPTIONS)
                    backup.calls.pace_s = self._story.pace_s[number]
                    self._backups.append(backup)
                    for which in range(6):
                        backup.user.do(("write", "make_folder", "write")[which % 3], Pick(which, which * 3, which + 20))
                    backup.promises.see_source(scheduler.now_s, scheduler.now_s, frozenset())
                    backup.start()
                for happening in self._story.happenings:
                    scheduler.at(START_S + happening.after_s, functools.partial(self._happen, happening))
                last = self._story.happenings[-1:]
                scheduler.run_until(START_S + (last[0].after_s if last else 0.0))
                self._come_to_rest()
                for backup in self._backups:
                    self._trace.extend(backup.picture())
            except Exception as error:  # noqa: BLE001 - told with the trace
                failure = _in_words(error)
                self._say(f"FAILURE: {failure}")
            finally:
                self._end()
        return Telling(tuple(self._trace), failure, sum(backup.passes for backup in self._backups), scheduler.elapsed_s)

    # What happens

    def _happen(self, happening: Happening) -> None:
        for one in self._backups:
            self._check_calm(one)
        backup = self._backups[happening.job]
        if happening.kind in EDITS:
            if not backup.is_source_away:
                self._edit(backup, happening)
        else:
            getattr(self, f"_{happening.kind}")(backup, happening.pick)
        for one in self._backups:
            one.check()

    def _edit(self, backup: Backup, happening: Happening) -> None:
        said, events = backup.user.do(happening.kind, happening.pick)
        if not said:
            return
        backup.edits += 1
        backup.say(f"user: {said}, told {happening.telling}")
        noticed_s = self._tell(backup, events, happening.telling, happening.pick)
        if backup.has_lost_watcher:
            # A full pass covers it as soon as that is noticed.
            noticed_s, events = self._scheduler.now_s + NOTICED_S, []
        # What is brought back meanwhile is told of later.
        noticed_s = math.inf if backup.returning else noticed_s
        backup.disturb(noticed_s if math.isfinite(noticed_s) else 0.0)
        told = {
            os.path.relpath(os.fsdecode(path), backup.source)
            for event in events
            for path in (event.src_path, event.dest_path)
            if path
        }
        backup.promises.see_source(
            self._scheduler.now_s, noticed_s, frozenset(told), is_in_steps=happening.kind in IN_STEPS
        )

    def _tell(self, backup: Backup, events: list[FileSystemEvent], telling: str, pick: Pick) -> float:
        """Have the program told of something; returns when it is told of all of it."""
        now_s = self._scheduler.now_s
        if telling == "never":
            return math.inf
        if telling == "overflow":
            at_s = now_s + 0.1
            self._scheduler.at(at_s, backup.overflow)
            return at_s
        draw = random.Random(f"{pick} {telling}")
        latest_s = now_s
        for event in events * (2 if telling == "twice" else 1):
            delay_s = 0.001
            if telling == "late":
                delay_s = LATEST_S
            elif telling in {"in disorder", "twice"}:
                delay_s = draw.uniform(0.0, LATEST_S)
            latest_s = max(latest_s, now_s + delay_s)
            self._scheduler.at(now_s + delay_s, functools.partial(backup.deliver, event))
        return latest_s

    # What else happens

    def _pause(self, backup: Backup, pick: Pick) -> None:
        backup.put(Pause(None if pick.size % 2 else self._scheduler.time() + 20))

    def _resume(self, backup: Backup, pick: Pick) -> None:
        backup.put(Resume())

    def _back_up_now(self, backup: Backup, pick: Pick) -> None:
        backup.put(BackUpNow())

    def _check_every(self, backup: Backup, pick: Pick) -> None:
        backup.put(CheckEvery(None if pick.size % 2 else 2 * FULL_PASS_EVERY_S))

    def _remove_left_out(self, backup: Backup, pick: Pick) -> None:
        backup.put(RemoveLeftOut())

    def _allow_held(self, backup: Backup, pick: Pick) -> None:
        if backup.held is not None and not backup.is_source_away:
            backup.put(AllowHeld(backup.held))

    def _keep_held(self, backup: Backup, pick: Pick) -> None:
        if backup.held is not None and not backup.is_source_away:
            backup.put(KeepHeld(backup.held))

    def _put_back(self, backup: Backup, pick: Pick) -> None:
        if backup.held is not None and not backup.is_source_away:
            backup.put(PutBack(backup.held))

    def _release_kept(self, backup: Backup, pick: Pick) -> None:
        backup.put(ReleaseKept())

    def _undo_pass(self, backup: Backup, pick: Pick) -> None:
        if not backup.is_source_away:
            backup.put(UndoPass(1 + pick.which % max(1, backup.passes)))

    def _give_up(self, backup: Backup, pick: Pick) -> None:
        backup.put(GiveUp())

    def _calls_fail(self, backup: Backup, pick: Pick) -> None:
        error, names = FAULTS[pick.which % len(FAULTS)]
        until_s = self._scheduler.now_s + (0.1, 2.0, 20.0)[pick.other % 3]
        every = (1, 2, 7, 30)[pick.other // 3 % 4]
        backup.say(f"each {every}. of {len(names)} calls fails for a while: {os.strerror(error)}")
        backup.calls.failing.append(Failing(error, names, until_s, every))
        backup.disturb(until_s)

    def _name_fails(self, backup: Backup, pick: Pick) -> None:
        """Have everything of one name refused, so that a problem stands while passes over all else are made."""
        name, until_s = NAMES[pick.which % len(NAMES)], self._scheduler.now_s + (20.0, 100.0)[pick.other % 2]
        backup.say(f"what is called {name} cannot be opened for a while")
        backup.calls.failing.append(Failing(errno.EACCES, frozenset({"open"}), until_s, path=name))
        backup.disturb(until_s)

    def _calls_take_long(self, backup: Backup, pick: Pick) -> None:
        backup.calls.pace_s = (0.000_2, 0.002, 0.02, 0.1)[pick.which % 4]
        backup.say(f"each call takes {backup.calls.pace_s} s")
        backup.disturb()

    def _watcher_ends(self, backup: Backup, pick: Pick) -> None:
        backup.say("the watcher ends")
        backup.end_watching()
        backup.disturb()

    def _source_goes(self, backup: Backup, pick: Pick) -> None:
        if self._is_begun(backup) and not backup.is_source_away and not backup.returning:
            backup.remove_source(ABSENCES[pick.other % len(ABSENCES)], pick.size)
            backup.disturb()

    def _source_returns(self, backup: Backup, pick: Pick) -> None:
        backup.return_source()
        backup.disturb()

    def _drive_goes(self, backup: Backup, pick: Pick) -> None:
        sharing = [one for one in self._backups if one.drive == backup.drive]
        if all(map(self._is_begun, sharing)) and not os.path.lexists(backup.drive_away):
            self._say(f"{backup.drive.name} goes")
            backup.drive.rename(backup.drive_away)
            if pick.size % 2:
                backup.drive.mkdir()
            for one in sharing:
                one.disturb()

    def _drive_returns(self, backup: Backup, pick: Pick) -> None:
        if os.path.lexists(backup.drive_away):
            self._say(f"{backup.drive.name} returns")
            if backup.drive.is_dir():
                backup.drive.rmdir()
            backup.drive_away.rename(backup.drive)
            for one in self._backups:
                one.disturb()

    def _kill(self, backup: Backup, pick: Pick) -> None:
        backup.kill()

    def _stop(self, backup: Backup, pick: Pick) -> None:
        backup.put(Stop())

    def _clock_is_set(self, backup: Backup, pick: Pick) -> None:
        by_s = (-86_400.0, -3_600.0, -30.0, 30.0, 3_600.0, 200_000.0)[pick.which % 6]
        self._say(f"the clock is set by {by_s} s")
        self._scheduler.set_clock(by_s)

    def _computer_sleeps(self, backup: Backup, pick: Pick) -> None:
        self._say("the computer sleeps")
        self._scheduler.sleep((2.0, 60.0, 30_000.0)[pick.which % 3])

    def _is_begun(self, backup: Backup) -> bool:
        """Tell whether the program has seen both folders, so that it knows them again."""
        return backup.status is not None and backup.status.last_complete_at is not None

    def _check_calm(self, backup: Backup) -> None:
        """Check that a job to which nothing has happened for a while is in step, whatever happens to others."""
        status = backup.status
        is_away = backup.is_source_away or os.path.lexists(backup.drive_away)
        if self._scheduler.now_s - backup.disturbed_s < CALM_S or is_away or status is None or not backup.is_running:
            return
        if status.held is not None or status.kept or backup.returning or isinstance(backup.last_command, Pause):
            return
        if status.state is not JobState.PAUSED and backup.promises.is_told_of_all(self._scheduler.now_s):
            self._check_rest(backup)

    # The end

    def _come_to_rest(self) -> None:
        """End all that goes wrong, give it time, and see that all is backed up and nothing more is done."""
        scheduler = self._scheduler
        self._say("all goes well from here on")
        for backup in self._backups:
            backup.calls.failing.clear()
            backup.calls.pace_s = self._story.pace_s[0]
            backup.return_source()
            self._drive_returns(backup, Pick(0, 0, 0))
            if not backup.is_running:
                backup.start()
            backup.put(Resume())
            backup.put(ReleaseKept())
        scheduler.run_until(scheduler.now_s + REST_S)
        for _ in range(MOST_ANSWERS):
            held = [backup for backup in self._backups if backup.status is not None and backup.status.held is not None]
            for backup in held:
                assert backup.status is not None
                assert backup.status.held is not None
                backup.put(AllowHeld(backup.status.held))
            if held:
                scheduler.run_until(scheduler.now_s + 60)
        for backup in self._backups:
            self._check_rest(backup)
        self._say("everything is looked at once more")
        for backup in self._backups:
            backup.report = None
            backup.put(BackUpNow())
        scheduler.run_until(scheduler.now_s + 60)
        for backup in self._backups:
            report = backup.report
            assert report is not None, f"{backup.name}: no pass was made when one was asked for"
            assert report.status is PassStatus.COMPLETE, f"{backup.name}: {report}"
            assert report.counts == NO_COUNTS, f"{backup.name}: a further pass did something: {report.counts}"
        passes = [backup.passes for backup in self._backups]
        scheduler.run_until(scheduler.now_s + IDLE_S)
        for backup, before in zip(self._backups, passes, strict=True):
            assert backup.passes - before <= IDLE_S // FULL_PASS_EVERY_S + 1, f"{backup.name} does not come to rest"
            self._check_rest(backup)

    def _check_rest(self, backup: Backup) -> None:
        backup.check()
        assert backup.is_running, f"{backup.name} runs no more"
        assert backup.status is not None
        assert backup.status.state is JobState.OK, f"{backup.name} is not green: {_short(backup.status)}"
        assert not backup.status.pending, f"{backup.name} is behind: {_short(backup.status)}"
        backup.promises.check_in_step()

    def _end(self) -> None:
        scheduler = self._scheduler
        scheduler.failure = None
        for backup in self._backups:
            backup.is_over = True
            backup.kill()
            if backup.task is not None:
                scheduler.end(backup.task)

    # Small matters

    def _say(self, line: str) -> None:
        self._trace.append(f"{self._scheduler.elapsed_s:11.4f}  {line}")

    def _volume_id(self, path: str) -> str:
        os.stat(path)
        for backup in self._backups:
            if Path(path) == backup.source and backup.absence is not None and backup.absence.is_on_another_volume:
                return "another"
            if Path(path).is_relative_to(backup.drive) and not os.path.lexists(backup.drive_away):
                return backup.drive.name
        return "system"

    @contextlib.contextmanager
    def _logged(self) -> Iterator[None]:
        """Take what the engine says of its own mistakes for failures."""
        run = self

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                # Others of that level are told to the user, too: such as a full disk of the program's own.
                if record.levelno >= logging.ERROR and record.exc_info is not None:
                    trace = "".join(traceback.format_exception(record.exc_info[1]))
                    run._scheduler.fail(AssertionError(f"logged: {record.getMessage()} {trace}"))

        handler = Handler()
        root = logging.getLogger("backup_gui")
        root.addHandler(handler)
        propagates, root.propagate = root.propagate, False
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.propagate = propagates


def _in_words(error: BaseException) -> str:
    if isinstance(error, AssertionError):
        return str(error)
    return "".join(traceback.format_exception(error))


def _short(status: Status) -> str:
    return str(status._replace(held=None, problems=status.problems[:3]))
