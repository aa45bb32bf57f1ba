"""Commands about what passes did and what the user decided: ``passes``, ``undo`` and ``kept``.

They use the catalog of the job for the two folders. Commands that write take the destination's lock, so that no pass
runs meanwhile.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.cli.arguments import job_draft
from backup_gui.cli.output import Output, counts_in_words, named, reason_fields, tell
from backup_gui.cli.reasons import CommandCode
from backup_gui.config.folders import own_folders
from backup_gui.config.job_factory import make_job
from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.database import JobDatabase, refuse_newer_catalog
from backup_gui.engine.state.integrity import reason_of
from backup_gui.engine.state.kept_paths import Kept
from backup_gui.engine.state.pass_log import PassLog
from backup_gui.engine.state.rows import catalog_file, open_for_reading
from backup_gui.model.errors import CatalogError, JobError
from backup_gui.model.path_text import readable
from backup_gui.model.plans import Counts
from backup_gui.model.reasons import Reason

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from backup_gui.engine.state.pass_log import Change
    from backup_gui.model.job import Job
    from backup_gui.model.passes import PastPass
    from backup_gui.model.restores import RestoreResult


def passes(options: argparse.Namespace, output: Output, _has_come: Callable[[], bool]) -> bool:
    """List passes, or the paths of one; return whether something failed."""
    with _reading(make_job(job_draft(options))) as connection:
        log = PassLog(connection)
        if options.pass_id is None:
            for record in log.passes(options.limit):
                _print_pass(record, output)
        elif log.find(options.pass_id) is None:
            raise JobError(Reason(CommandCode.NO_SUCH_PASS, number=options.pass_id))
        else:
            for change in log.changes(options.pass_id, options.limit):
                _print_change(change, output)
    return False


def undo(options: argparse.Namespace, output: Output, has_come: Callable[[], bool]) -> bool:
    """Undo a pass; return whether something failed."""
    from backup_gui.engine.restore.undo import undo_pass  # noqa: PLC0415 - the other commands do not need it

    job = make_job(job_draft(options))
    with _writing(job) as catalog:
        if catalog.passlog.find(options.pass_id) is None:
            raise JobError(Reason(CommandCode.NO_SUCH_PASS, number=options.pass_id))
        returned = undo_pass(job, catalog, options.pass_id, meter=Meter(), should_stop=has_come)
    _print_returned(returned, output)
    return bool(returned.reason or returned.skipped or returned.failed)


def kept(options: argparse.Namespace, output: Output, _has_come: Callable[[], bool]) -> bool:
    """List what is kept, or stop keeping it; return whether something failed."""
    job = make_job(job_draft(options))
    count = 0
    with _reading(job) as connection:
        for path in Kept(connection).paths():
            count += 1
            fields = {"event": "kept", "path": readable(path.path), "folder": path.is_folder}
            output.result(fields, named(path.path), is_urgent=False)
    if not count and not options.json:
        # No output would look like a failure.
        tell(Reason(CommandCode.NOTHING_KEPT))
    if options.release:
        with _writing(job) as catalog:
            catalog.kept.release()
    return False


@contextlib.contextmanager
def _reading(job: Job) -> Iterator[sqlite3.Connection]:
    """Open a job's catalog for reading, while the job may write it."""
    path = _catalog_path(job)
    refuse_newer_catalog(path)
    try:
        with contextlib.closing(open_for_reading(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        reason = Reason(CommandCode.DATA_UNREAD, detail=reason_of(error), path=str(path))
        raise CatalogError(reason) from error


@contextlib.contextmanager
def _writing(job: Job) -> Iterator[JobDatabase]:
    """Open a job's catalog while no pass runs."""
    lock = DestinationLock(job.destination.path, own_folders().data / "locks")
    with lock, contextlib.closing(JobDatabase.open(_catalog_path(job))) as catalog:
        yield catalog


def _catalog_path(job: Job) -> Path:
    path = catalog_file(own_folders().data, job.id)
    if not path.exists():
        raise JobError(Reason(CommandCode.NOTHING_KNOWN))
    return path


def _print_pass(record: PastPass, output: Output) -> None:
    counts = Counts(record.created, record.replaced, record.deleted, record.moved, bytes=record.bytes)
    started_at = datetime.fromtimestamp(record.started_at, UTC)
    fields: dict[str, object] = {
        "event": "pass",
        "id": record.id,
        "status": record.status,
        "started_at": started_at.isoformat().replace("+00:00", "Z"),
        "created": record.created,
        "replaced": record.replaced,
        "deleted": record.deleted,
        "moved": record.moved,
        "problems": record.problems,
        "known_by_name": record.recorded,
    }
    line = f"{record.id:>6}  {started_at.astimezone().isoformat(timespec='seconds')}  {counts_in_words(counts)}"
    output.result(fields, line, is_urgent=False)


def _print_change(change: Change, output: Output) -> None:
    fields: dict[str, object] = {"event": "change", "op": change.op.value, "path": readable(change.path)}
    origin = ""
    if change.old_path is not None:
        fields["old_path"] = readable(change.old_path)
        origin = f"{named(change.old_path)} -> "
    output.result(fields, f"{change.op.value}: {origin}{named(change.path)}", is_urgent=False)


def _print_returned(returned: RestoreResult, output: Output) -> None:
    for path, name in returned.beside:
        fields: dict[str, object] = {"event": "beside", "path": readable(path), "name": readable(name)}
        output.result(fields, f"kept beside: {named(path)}: {named(name)}")
    for path, reason in (*returned.skipped, *returned.failed):
        fields = {"event": "problem", "path": readable(path), **reason_fields(reason)}
        output.result(fields, f"problem: {named(path)}: {reason}")
    done, left = len(returned.restored), returned.asked - len(returned.restored)
    told = reason_fields(returned.reason) if returned.reason else {"reason": ""}
    fields = {"event": "undone", "asked": returned.asked, "restored": done, **told}
    why = f" {returned.reason}." if returned.reason else ""
    output.result(fields, f"{done:,} of {returned.asked:,} brought back, {left:,} not.{why}")
