"""Carries out the user's decisions about held actions, a past pass, or a missing drive.

It runs in the job's own thread, between two passes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.identity import identify
from backup_gui.engine.roots.roots import SOURCE_KEY, forget_drive
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.kept_paths import refuse
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import BackupError, RootAbsentError
from backup_gui.model.events import (
    FilesReturned,
    ForgetDrive,
    KeepHeld,
    Progressed,
    PutBack,
    ReleaseKept,
    UndoPass,
)
from backup_gui.model.plans import NO_COUNTS, Action, Held, HeldCode, Op
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, of_error
from backup_gui.model.restores import RestoreResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.events import Event
    from backup_gui.model.job import Job

log = logging.getLogger(__name__)

Answer = KeepHeld | ReleaseKept | PutBack | UndoPass | ForgetDrive

NOTHING_HELD = Reason(ReasonCode.RETURN_NOT_HELD)


def carry_out(
    command: Answer,
    job: Job,
    catalog: JobDatabase,
    *,
    should_stop: Callable[[], bool],
    on_event: Callable[[Event], None],
) -> Held | None:
    """Carry out a decision.

    Returns:
        The actions that the decision allows in the next pass; None for none.

    Raises:
        BackupError: It failed, and nothing has changed. For a restore, an event says so too.
    """
    match command:
        case KeepHeld(held=held):
            keep(job, catalog, held)
        case ReleaseKept(paths=paths):
            catalog.kept.release(paths)
            catalog.commit()
        case ForgetDrive(path=path):
            forget_drive(catalog, path)
        case PutBack() | UndoPass():
            return _put_back(command, job, catalog, should_stop, on_event)
    return None


def decline(command: Answer, reason: Reason, on_event: Callable[[Event], None]) -> None:
    """Report that a restore failed as a whole, and why. Other decisions report no result."""
    if isinstance(command, PutBack | UndoPass):
        on_event(FilesReturned(RestoreResult(reason=reason)))


def keep(job: Job, catalog: JobDatabase, held: Held) -> None:
    """Keep what is held in the mirror permanently.

    Raises:
        RootAbsentError: The source is missing, so its current content is unknown. Or the destination was replaced, and
            the user has to agree to it first.
    """
    if held.code is HeldCode.DESTINATION_REPLACED:
        raise RootAbsentError(held.reason)
    if held.code in {HeldCode.OTHER_BACKUP, HeldCode.NEWER_BACKUP}:
        # It belongs to another backup, and stays as it is until the user decides otherwise.
        return
    try:
        with Tree(job.source) as source:
            catalog.kept.add(refuse(held, source))
        if held.code is HeldCode.SOURCE_REPLACED:
            # The user has seen what the new folder lacks, so it is the source from now on.
            catalog.remember(SOURCE_KEY, str(identify(job.source)))
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.SOURCE_AWAY, path=job.source)) from error
    catalog.commit()
    log.info("%d files are kept in the backup as the user decided", catalog.kept.count())


def _put_back(
    command: PutBack | UndoPass,
    job: Job,
    catalog: JobDatabase,
    should_stop: Callable[[], bool],
    on_event: Callable[[Event], None],
) -> Held | None:
    meter = Meter(lambda progress: on_event(Progressed(progress)))
    try:
        if isinstance(command, PutBack):
            from backup_gui.engine.restore.held import put_back_held  # noqa: PLC0415 - no pass needs it

            returned = put_back_held(job, catalog, command.held, meter=meter, should_stop=should_stop)
        else:
            from backup_gui.engine.restore.undo import undo_pass  # noqa: PLC0415 - no pass needs it

            returned = undo_pass(job, catalog, command.id, meter=meter, should_stop=should_stop)
    except (BackupError, OSError) as error:
        reason = error.reason if isinstance(error, BackupError) else of_error(error)
        decline(command, reason, on_event)
        if isinstance(error, BackupError):
            raise
        raise RootAbsentError(Reason(ReasonCode.SOURCE_UNWRITTEN, why=reason)) from error
    on_event(FilesReturned(returned))
    log.info(
        "Brought back into the source: %d of %d, %d beside, %d left alone, %d failed",
        *(len(returned.restored), returned.asked, len(returned.beside), len(returned.skipped), len(returned.failed)),
    )
    if isinstance(command, PutBack):
        return None
    # The restored files replace in the mirror what the undone pass brought: the user asked for that.
    actions = tuple(Action(Op.REPLACE, path, EntryKind.FILE) for path in returned.restored)
    return Held(HeldCode.MASS_CHANGE, NO_REASON, NO_COUNTS, 0, actions) if actions else None
