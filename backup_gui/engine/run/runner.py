"""Runs one job continuously: the same loop for the window and the command line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.engine.fs.privacy import close_to_others, make_private_folder
from backup_gui.engine.fs.system.descriptors import BUDGET
from backup_gui.engine.run.clock import Clock
from backup_gui.engine.run.loop import Loop, LoopParts, RunOutcome
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.preloading import preload
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.rows import catalog_file
from backup_gui.model.errors import DestinationBusyError, OwnFolderError, TooManyOpenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backup_gui.engine.watch.supervisor import SourceWatcher
    from backup_gui.model.events import Event
    from backup_gui.model.job import Job

__all__ = ["Mailbox", "RunOutcome", "run"]


def _watch(source: str, wake: Callable[[], None], should_stop: Callable[[], bool]) -> SourceWatcher:
    # Imported only if there is something to watch: it takes a tenth of the command line's start.
    from backup_gui.engine.watch.watcher import watch  # noqa: PLC0415

    return watch(source, wake, should_stop)


PARTS = LoopParts(Clock(), run_pass, JobDatabase.open, _watch)


def run(
    job: Job,
    commands: Mailbox,
    on_event: Callable[[Event], None],
    *,
    data_folder: Path,
    is_once: bool = False,
    is_dry_run: bool = False,
    parts: LoopParts = PARTS,
) -> RunOutcome:
    """Run a job until a command stops it, or for one full pass.

    Args:
        job: The job.
        commands: The mailbox for commands from any thread or from a signal handler.
        on_event: Called in this thread with every event; its exceptions end the run and are passed on.
        data_folder: Absolute path; the catalog lies in ``jobs`` below it.
        is_once: Make one full pass without watching.
        is_dry_run: Only plan.
        parts: The parts of the loop, replaceable in tests.

    Returns:
        How it ended. An invalid job, a destination that another instance is using, or an unusable folder of the program
        ends the run; with ``is_once``, so does every other error that prevents the pass.
    """
    preload(is_once=is_once or is_dry_run, watches=job.uses_notification)
    catalog_path = catalog_file(data_folder, job.id)
    loop = Loop(job, commands, on_event, catalog_path, parts, is_dry_run=is_dry_run)
    try:
        make_private_folder(data_folder)
        close_to_others(data_folder)
        with contextlib.ExitStack() as stack:
            stack.enter_context(BUDGET.job(loop.is_interrupted))
            while not is_dry_run:
                try:
                    stack.enter_context(DestinationLock(job.destination.path, data_folder / "locks"))
                except TooManyOpenError as error:
                    if is_once:
                        return RunOutcome(None, error, is_stopped=False)
                    if not loop.wait_out(error):
                        return RunOutcome(None, None, is_stopped=True)
                else:
                    break
            return loop.run_once() if is_once else loop.run_until_stopped()
    except (DestinationBusyError, OwnFolderError) as error:
        return RunOutcome(None, error, is_stopped=False)
    finally:
        loop.close()
