"""The program under a sequence: its passes, its watcher and its memory, without anything to wait for but events.

The folders are real, the watcher is the real one, and passes are made as a running job makes them: of what was
notified, and once more of what was too young to be trusted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.watch.watcher import Watcher
from backup_gui.model.events import ActionDone, Event, PlanMade
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import FULL, PassStatus, ProblemCode, Scope
from tests.helpers.trees import contents
from tests.helpers.waiting import wait_until

# Written to after a burst: when this is notified, all that was before it is.
MARK = "mark"
# More than anything here comes to.
_MOST_PATHS = 1_000_000
_MOST_PASSES = 10
# Long enough where many programs run.
NOTICE_LIMIT_S = 60.0


def _nothing() -> None:
    pass


class Way(Enum):
    """How passes follow operations."""

    FULL = "full"  # a full pass after each
    FULL_AT_ONCE = "full-at-once"  # one full pass after all
    LIVE = "live"  # each is watched, and followed by a partial pass
    LIVE_AT_ONCE = "live-at-once"  # all are watched before the partial pass
    RESTART = "restart"  # the first is watched; the others come while the program does not run
    DURING_FULL = "during-full"  # the last comes in a full pass, between comparison and execution
    DURING_LIVE = "during-live"  # and in a partial one, while it is watched

    @property
    def is_at_once(self) -> bool:
        """Whether nothing is between the operations."""
        return self in {Way.FULL_AT_ONCE, Way.LIVE_AT_ONCE}

    @property
    def is_during(self) -> bool:
        """Whether the last operation comes in the midst of a pass."""
        return self in {Way.DURING_FULL, Way.DURING_LIVE}

    @property
    def watches(self) -> bool:
        """Whether changes are notified."""
        return self in {Way.LIVE, Way.LIVE_AT_ONCE, Way.RESTART, Way.DURING_LIVE}


class LostError(Exception):
    """Notifications were lost, and the program knows: it would make a full pass."""


class Program:
    """The program with one job, as long as it runs.

    Args:
        here: The folder with ``source`` and ``mirror`` in it.

    Attributes:
        problems: What could not be handled, in words.
        seen: All content that the mirror had after any pass.
    """

    def __init__(self, here: Path, *, watches: bool) -> None:
        self._job = Job(
            str(here / "source"),
            Place(str(here / "mirror")),
            id="job",
            name="job",
            allows_mass_delete=True,
            interval_s=1,
        )
        self._here = here
        self._watches = watches
        self._watcher: Watcher | None = None
        self._catalog: JobDatabase | None = None
        self._passes = 0
        self.problems: list[str] = []
        self.seen: set[bytes] = set()
        (here / "source" / MARK).touch()

    @property
    def catalog(self) -> JobDatabase:
        """What is remembered of the job."""
        assert self._catalog is not None
        return self._catalog

    def start(self, meanwhile: Callable[[], None] = _nothing) -> None:
        """Open what is remembered, set the watches, and make a full pass.

        Args:
            meanwhile: Called when that is planned.
        """
        self._catalog = JobDatabase.open(self._here / "data/job.sqlite")
        if self._watches:
            self._watcher = Watcher(self._job.source, lambda: None, max_paths=_MOST_PATHS)
            self._watcher.start()
        self.compare(FULL, meanwhile)

    def close(self) -> None:
        """End the watcher, and close what is remembered."""
        watcher, self._watcher = self._watcher, None
        catalog, self._catalog = self._catalog, None
        if watcher is not None:
            watcher.stop()
        if catalog is not None:
            catalog.close()

    def follow(self, meanwhile: Callable[[], None] = _nothing) -> None:
        """Bring the mirror into step with what has changed, as far as that was notified if anything is.

        Args:
            meanwhile: Called when the first pass is planned.
        """
        if self._watcher is None:
            self.compare(FULL, meanwhile)
            return
        scope = self._notified(self._watcher)
        for _ in range(_MOST_PASSES):
            unsettled, _ = self.compare(scope, meanwhile)
            if not unsettled:
                return
            scope, meanwhile = Scope(unsettled), _nothing
        self.problems.append(f"does not come to rest: {sorted(scope.paths)}")

    def compare(self, scope: Scope, meanwhile: Callable[[], None] = _nothing) -> tuple[frozenset[str], list[str]]:
        """Make a pass, by the clocks a minute after the one before.

        Args:
            scope: What is compared.
            meanwhile: Called when it is planned.

        Returns:
            What is to be looked at again, and what was done.
        """
        self._passes += 1
        ahead_s = self._passes * 61.0
        done: list[str] = []

        def take(event: Event) -> None:
            if isinstance(event, PlanMade):
                meanwhile()
            elif isinstance(event, ActionDone):
                done.append(f"{event.action.path}: {event.action.op.value}")

        report = run_pass(
            self._job,
            self.catalog,
            scope,
            PassOptions(on_event=take, now=lambda: time.time() + ahead_s, uptime=lambda: uptime_s() + ahead_s),
        )
        if report.is_full and not scope.is_full:
            self.problems.append("a partial pass became a full one")
        if report.status not in {PassStatus.COMPLETE, PassStatus.PROBLEMS}:
            self.problems.append(f"the pass is {report.status.value}: {report.reason}")
        if meanwhile is _nothing:
            # Pipes are told of, and not mirrored.
            self.problems += [
                str(problem) for problem in report.problems if problem.code is not ProblemCode.SPECIAL_FILE
            ]
        self.seen.update(contents(self._job.destination.path).values())
        return frozenset((*report.unsettled, *report.missed)), done

    def _notified(self, watcher: Watcher) -> Scope:
        """Wait until everything so far is notified.

        Raises:
            LostError: The system has dropped something, as one does that is short of memory.
        """
        os.utime(self._here / "source" / MARK)
        wait_until(
            lambda: watcher.pending().needs_full or MARK in watcher.peek(_MOST_PATHS), "notified", NOTICE_LIMIT_S
        )
        scope, needs_full = watcher.take()
        if needs_full:
            raise LostError
        return scope


def let_time_pass(here: Path) -> None:
    """Wait until the file system's clock has gone on, so that what comes now is younger than all there is."""
    probe = here / "probe"
    probe.touch()
    before_ns = probe.stat().st_ctime_ns

    def has_gone_on() -> bool:
        probe.touch()
        return probe.stat().st_ctime_ns > before_ns

    wait_until(has_gone_on, "the file system's clock")
