"""Commands about what a backup holds: ``versions`` and ``restore``. They need no job, only the backup's folders."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from backup_gui.cli.exit_status import HELD, OK, PROBLEMS, UNUSABLE, fail, of_error
from backup_gui.cli.output import Output, named, reason_fields, tell
from backup_gui.cli.reasons import CommandCode
from backup_gui.config.folders import own_folders
from backup_gui.config.job_factory import absolute, absolute_place
from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.destination.marker import read_markers
from backup_gui.engine.destination.reading import refuse_newer_backup
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.volumes.identity import identify
from backup_gui.engine.fs.volumes.nesting import is_within
from backup_gui.engine.fs.writable import is_writable
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.roots.continuity import DESTINATION_KEY
from backup_gui.engine.state.pass_log import remembered_facts
from backup_gui.model.errors import JobError, RootAbsentError, UnknownThenError
from backup_gui.model.job import NOWHERE
from backup_gui.model.path_text import meanings, readable
from backup_gui.model.reasons import Reason

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def versions(options: argparse.Namespace, output: Output, has_come: Callable[[], bool]) -> int:
    """List old versions; return the exit status."""
    destination, history = _kept_places(options)
    _refuse_what_is_no_backup(destination, history)
    path = _path_within(options.path or "", destination, history)
    count = 0
    try:
        for version in list_versions(history, path):
            if has_come() or output.is_gone:
                break
            count += 1
            name, stored = readable(version.path), readable(os.path.join(history, *version.stored.split("/")))
            fields: dict[str, object] = {
                "event": "version",
                "path": name,
                "left_at": version.left_at.isoformat().replace("+00:00", "Z"),
                "kind": version.kind.value,
                "size_bytes": version.size_bytes,
                "stored": stored,
            }
            left_at = version.left_at.astimezone().isoformat(timespec="seconds")
            output.result(fields, f"{left_at}  {version.size_bytes:>15,}  {named(version.path)}", is_urgent=False)
    except OSError as error:
        return fail(of_error(CommandCode.HISTORY_UNREAD, history, error), PROBLEMS if count else HELD)
    if count == 0 and not options.json and not output.is_gone:
        tell(Reason(CommandCode.NO_VERSIONS))
    return OK


def restore(options: argparse.Namespace, output: Output, has_come: Callable[[], bool]) -> int:
    """Restore a path of a mirror or of its history into another folder; return the exit status."""
    destination, history = _kept_places(options)
    path = _path_within(options.path, destination, history)
    to = absolute(options.to)
    if os.path.lexists(to) and not os.path.isdir(to):
        raise JobError(Reason(CommandCode.RESTORED_INTO_NO_FOLDER, path=to))
    if is_within(to, destination) or is_within(to, history):
        raise JobError(Reason(CommandCode.RESTORED_INTO_BACKUP, path=to))
    if options.keep_set_id and own_ids()[0] != 0:
        raise JobError(Reason(CommandCode.SUPERUSER_ONLY))
    try:
        restored = restore_path(
            destination,
            history,
            path,
            options.at,
            to,
            keeps_set_id=options.keep_set_id,
            should_stop=has_come,
        )
    except Cancelled:
        return fail(Reason(CommandCode.RESTORED_NOTHING), PROBLEMS)
    except UnknownThenError:
        then = options.at.astimezone().isoformat(timespec="seconds")
        return fail(Reason(CommandCode.UNKNOWN_THEN, date=then, path=path or destination), UNUSABLE)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename == path:
            return fail(Reason(CommandCode.PATH_UNKNOWN, path=path), UNUSABLE)
        return fail(of_error(CommandCode.NOT_RESTORED, str(error.filename or to), error), HELD)
    if restored.failed and not restored.restored and os.path.isdir(to) and not is_writable(to):
        return fail(Reason(CommandCode.NOT_RESTORED, why=restored.failed[0][1], path=to), HELD)
    left_out = (*restored.skipped, *restored.failed)
    for name, reason in left_out:
        fields: dict[str, object] = {"event": "problem", "path": readable(name), **reason_fields(reason)}
        output.result(fields, f"problem: {named(name)}: {reason}")
    fields = {"event": "restored", "files": len(restored.restored), "problems": len(left_out), "to": readable(to)}
    fields |= reason_fields(restored.reason) if restored.reason else {}
    why = f" {restored.reason}." if restored.reason else ""
    output.result(fields, f"{len(restored.restored):,} restored into {readable(to)}, {len(left_out):,} not.{why}")
    return PROBLEMS if left_out else OK


def _kept_places(options: argparse.Namespace) -> tuple[str, str]:
    """Return the absolute paths of the mirror and of its history, at least one of which must exist.

    Raises:
        JobError: The mirror is no folder.
        NewerDataError: A later version of the program made them.
        RootAbsentError: Neither exists.
    """
    place = absolute_place(options.destination)
    destination, history = place.path, history_at(place, absolute_place(options.history or NOWHERE)).path
    if not os.path.isdir(destination) and not os.path.isdir(history):
        if os.path.lexists(destination):
            raise JobError(Reason(CommandCode.COMMAND_DESTINATION_NO_FOLDER, path=destination))
        raise RootAbsentError(Reason(CommandCode.NOTHING_THERE, path=destination))
    refuse_newer_backup(destination, history)
    return destination, history


def _refuse_what_is_no_backup(destination: str, history: str) -> None:
    """Refuse a folder that has no history and no marker, and that no known job backs up to."""
    if os.path.isdir(history) or read_markers(destination):
        return
    try:
        identity = str(identify(destination))
    except OSError as error:
        raise RootAbsentError(of_error(CommandCode.DESTINATION_UNREAD, destination, error)) from error
    if identity not in remembered_facts(own_folders().data, DESTINATION_KEY):
        raise JobError(Reason(CommandCode.NO_BACKUP, path=destination))


def _path_within(text: str, destination: str, history: str) -> str:
    """Return a path relative to the mirror's root, with ``/``.

    It is typed in this program's notation, unescaped, or absolute. Raises ``JobError`` if it lies outside the mirror.
    """
    first, *others = meanings(text)
    path = _relative(first, destination)
    if not others:
        return path
    try:
        with Snapshot(destination, history) as snapshot:
            if snapshot.knows(path):
                return path
            for other in others:
                with contextlib.suppress(JobError):
                    if snapshot.knows(_relative(other, destination)):
                        return _relative(other, destination)
    except OSError as error:
        raise RootAbsentError(of_error(CommandCode.BACKUP_UNREAD, destination, error)) from error
    return path


def _relative(path: str, destination: str) -> str:
    whole = os.path.normpath(os.path.join(destination, path))
    relative = os.path.relpath(whole, destination)
    if relative == os.curdir:
        return ""
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        raise JobError(Reason(CommandCode.PATH_OUTSIDE, path=path))
    return relative.replace(os.sep, "/")
