"""What a pass of a job would do, without doing it. Imports nothing of Qt.

It blocks for as long as comparing both folders takes, so it is never called in the window's thread.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase, refuse_newer_catalog
from backup_gui.engine.state.rows import catalog_file, open_for_reading
from backup_gui.model.actions import Actions
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import BackupError
from backup_gui.model.events import ActionDone, Progressed
from backup_gui.model.plans import FULL, Counts, Op, PassStatus, ProblemCode, Stage, count_actions
from backup_gui.model.problems import problem
from backup_gui.model.reasons import NO_REASON, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from backup_gui.model.events import Event
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Held, Problem, Progress

# Time for a file besides its content, and speed of a slow drive; for a first estimate.
_FILE_S = 0.002
_BYTES_PER_S = 60e6


class PlanPreview(NamedTuple):
    """What a pass would do.

    Attributes:
        actions: All planned actions, including those that the guard would hold.
        counts: How many there are of each kind.
        held: What the guard would hold.
        problems: What could not be backed up.
        reason: Why no pass is possible; otherwise empty.
    """

    actions: Sequence[Action] = ()
    counts: Counts = Counts()
    held: Held | None = None
    problems: tuple[Problem, ...] = ()
    reason: Reason = NO_REASON


def preview_plan(
    job: Job, data_folder: Path, should_stop: Callable[[], bool], tell: Callable[[Progress], None]
) -> PlanPreview:
    """Find out what a full pass of a job would do; writes neither to its folders nor to its catalog.

    The job need not have run before.

    Raises:
        Cancelled: ``should_stop`` returned True.
    """
    actions = Actions()

    def on_event(event: Event) -> None:
        if isinstance(event, ActionDone):
            actions.append(event.action)
        elif isinstance(event, Progressed):
            tell(event.progress)

    try:
        with _copied_catalog(catalog_file(data_folder, job.id)) as catalog:
            report = run_pass(
                job, catalog, FULL, PassOptions(should_stop=should_stop, on_event=on_event, is_dry_run=True)
            )
    except BackupError as error:
        return PlanPreview(reason=error.reason)
    if report.status is PassStatus.CANCELLED:
        raise Cancelled
    unreadable = _unreadable(job.source, actions, should_stop)
    if report.held is not None:
        actions.extend(report.held.actions)
    planned = actions.settled()
    problems = (*report.without_notes.problems, *unreadable)
    return PlanPreview(planned, count_actions(planned), report.held, problems, report.reason)


def expected_s(files: int, size_bytes: int) -> float:
    """Estimate how long the first copy of so many files takes, in seconds."""
    return files * _FILE_S + size_bytes / _BYTES_PER_S


@contextlib.contextmanager
def _copied_catalog(path: Path) -> Iterator[JobDatabase]:
    """Open a copy of a job's catalog: the job may be writing to it, and a pass may add an index."""
    if not path.is_file():
        with contextlib.closing(JobDatabase.in_memory()) as catalog:
            yield catalog
        return
    refuse_newer_catalog(path)
    with tempfile.TemporaryDirectory(prefix="backup-gui-") as folder:
        copy = Path(folder, "catalog.sqlite")
        try:
            with (
                contextlib.closing(open_for_reading(path, wait_s=10.0)) as original,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                original.backup(target)
        except sqlite3.Error:
            # As in the job itself: without the catalog, everything is compared again.
            copy.unlink(missing_ok=True)
        with contextlib.closing(JobDatabase.open(copy)) as catalog:
            yield catalog


def _unreadable(source: str, actions: Iterable[Action], should_stop: Callable[[], bool]) -> tuple[Problem, ...]:
    """Find the files to copy that cannot be read: comparing needs access to their folders only."""
    found = []
    for number, action in enumerate(actions):
        if number % 1_000 == 0 and should_stop():
            raise Cancelled
        if action.kind is EntryKind.FILE and action.op in {Op.CREATE, Op.REPLACE}:
            path = os.path.join(source, action.path)
            if not os.access(path, os.R_OK) and os.path.lexists(path):
                found.append(problem(ProblemCode.NO_PERMISSION, action.path, Stage.COPY))
    return tuple(found)
