"""The command line of the engine, and the only place that decides exit statuses. Imports no Qt.

Exit statuses:

* 0: everything is in step.
* 1: done, but with problems.
* 2: unusable arguments or job.
* 3: changes are held, a root or the own data folder is absent or unusable, or another instance or another backup has
  the destination. Nothing of that was changed. With ``--quit``: the app is still running.
* 128 plus the signal's number: ended by a signal.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backup_gui.cli.arguments import build_parser, job_draft
from backup_gui.cli.output import Output, Printer, ProgressBar, answers, named, reason_fields, take_any_text, tell
from backup_gui.cli.reasons import CommandCode
from backup_gui.config.folders import own_folders
from backup_gui.config.logging import set_up_logging
from backup_gui.engine.fs import own_files
from backup_gui.model.errors import BackupError, DestinationBusyError, JobError, RootAbsentError, UnknownThenError
from backup_gui.model.events import HeldBack, KeepHeld, Stop, Waiting
from backup_gui.model.job import NOWHERE, Place
from backup_gui.model.path_text import meanings, one_line, readable
from backup_gui.model.plans import PassStatus, Phase, Progress, Report
from backup_gui.model.reasons import Code, Reason, system_words

if TYPE_CHECKING:
    from types import FrameType

    from backup_gui.model.events import Event

log = logging.getLogger(__name__)

OK = 0
PROBLEMS = 1
UNUSABLE = 2
HELD = 3
SIGNAL_BASE = 128


class RunApp(Protocol):
    """Starts the app with its window and tray icon."""

    def __call__(self, *, is_hidden: bool, source: str, destination: Place, interval_s: int) -> int:
        """Run the app until it is quit, and return its exit status."""


def main(arguments: list[str], run_app: RunApp, quit_app: Callable[[], bool | None]) -> int:
    """Run the program, and return its exit status.

    Args:
        arguments: The command line without the program's name.
        run_app: Starts the app if no command is given.
        quit_app: Ends the app that is running; returns whether it has ended, or None if there was none.
    """
    # The log and the refusals; ``Output`` sees to the results.
    take_any_text(sys.stderr)
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as exit_:  # argparse ends the process after an error and after --help
        return exit_.code if isinstance(exit_.code, int) else UNUSABLE
    if options.command is None:
        if options.quits:
            return _quit(quit_app)
        if (options.app_source is None) is not (options.app_destination is None):
            return _fail(Reason(CommandCode.APP_FOLDERS_TOGETHER), UNUSABLE)
        return run_app(
            is_hidden=options.hidden,
            source=options.app_source or "",
            destination=options.app_destination or NOWHERE,
            interval_s=options.app_interval or 0,
        )
    if options.hidden or options.quits or options.app_source or options.app_destination or options.app_interval:
        return _fail(Reason(CommandCode.OPTIONS_OF_APP), UNUSABLE)
    if options.log_file and _is_log_in_the_way(options):
        return _fail(Reason(CommandCode.LOG_IN_DESTINATION), UNUSABLE)
    level = logging.DEBUG if options.verbose else logging.INFO
    log_file = Path(options.log_file) if options.log_file else None
    # On a terminal, results and the progress bar show what the log would.
    stderr_level = logging.ERROR if _is_watched(options) and not options.verbose else level
    try:
        set_up_logging(level=level, file=log_file, stderr_level=stderr_level)
    except OSError as error:
        return _fail(_of_error(CommandCode.LOG_UNWRITTEN, options.log_file, error), UNUSABLE)
    output = Output(sys.stdout, is_json=options.json, bar=ProgressBar() if _is_watched(options) else None)
    interruption = Interruption()
    try:
        status = _COMMANDS[options.command](options, output, interruption)
    except BackupError as error:
        status = _fail(error.reason, status_of_error(error))
    finally:
        interruption.restore()
    output.close()
    if output.has_failed and status == OK:
        status = PROBLEMS
    return status if interruption.number is None else SIGNAL_BASE + interruption.number


def _quit(quit_app: Callable[[], bool | None]) -> int:
    try:
        has_ended = quit_app()
    except BackupError as error:
        return _fail(error.reason, status_of_error(error))
    if has_ended is None:
        Output(sys.stdout).write(str(Reason(CommandCode.APP_NOT_RUNNING)))
    elif not has_ended:
        return _fail(Reason(CommandCode.APP_STILL_RUNNING), HELD)
    return OK


def _fail(reason: Reason, status: int) -> int:
    tell(reason)
    return status


def _is_log_in_the_way(options: argparse.Namespace) -> bool:
    """Return whether the log would lie in the mirror, where it is a stranger. In a source it is excluded."""
    from backup_gui.engine.fs.volumes.nesting import is_within  # noqa: PLC0415

    destination: Place | str | None = getattr(options, "destination", None)
    return destination is not None and is_within(os.path.abspath(options.log_file), os.path.abspath(str(destination)))


def _is_watched(options: argparse.Namespace) -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and not options.json


class Interruption:
    """Turns the signals that ask a program to end into a request, so that the mirror stays consistent."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._on_interrupt: Callable[[], None] | None = None
        names = ("SIGINT", "SIGTERM", "SIGBREAK")
        # Even if they were ignored: a shell starts background commands so, and there is no other way to end them.
        self._previous = {
            number: signal.signal(number, self._on_signal)
            for name in names
            if (number := getattr(signal, name, None)) is not None
        }

    def then(self, action: Callable[[], None]) -> None:
        """Call ``action`` when a signal comes, or now if one has come already."""
        self._on_interrupt = action
        if self.number is not None:
            action()

    def has_come(self) -> bool:
        """Tell whether a signal has come."""
        return self.number is not None

    def restore(self) -> None:
        """Restore the previous signal handlers."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.number is not None:
            # The second signal: something hangs, such as a drive that does not respond. The mirror survives a kill.
            os._exit(SIGNAL_BASE + number)
        self.number = number
        if self._on_interrupt is not None:
            self._on_interrupt()


def _run(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    # Here and below, each command imports what only it needs, to keep the start fast.
    from backup_gui.config.job_factory import make_job  # noqa: PLC0415
    from backup_gui.engine.run import runner  # noqa: PLC0415

    folders = own_folders()
    own_files.note(*folders)
    job = make_job(job_draft(options))
    is_once = options.once or options.dry_run
    commands = runner.Mailbox()
    shows_actions = options.dry_run or options.verbose
    printer = Printer(output, shows_actions=shows_actions, is_dry_run=options.dry_run, is_once=is_once)

    def on_event(event: Event) -> None:
        printer(event)
        if options.keep_held and isinstance(event, HeldBack) and answers(event.held.code)["keep"] is not None:
            commands.put(KeepHeld(event.held))

    interruption.then(lambda: commands.put(Stop()))
    log.debug("Job %s: %s -> %s", job.id, readable(job.source), readable(job.destination.path))
    try:
        outcome = runner.run(
            job, commands, on_event, data_folder=folders.data, is_once=is_once, is_dry_run=options.dry_run
        )
    finally:
        output.clear_bar()
    if outcome.error is not None:
        status = status_of_error(outcome.error, has_acted=outcome.has_acted)
        if options.json and status == HELD:
            printer(Waiting(outcome.error.reason))
        return _fail(outcome.error.reason, status)
    return status_of_report(outcome.report, has_acted=outcome.has_acted)


def status_of_error(error: BackupError, *, has_acted: bool = False) -> int:
    """Return the exit status for the error that ended a run, before which it may have acted."""
    if isinstance(error, JobError):
        return UNUSABLE
    if isinstance(error, RootAbsentError | DestinationBusyError):
        return HELD
    return PROBLEMS if has_acted else HELD


def status_of_report(report: Report | None, *, has_acted: bool) -> int:
    """Return the exit status for the last pass of a run, if it made any."""
    if report is None or report.status is PassStatus.COMPLETE:
        return OK
    is_untouched = report.status is PassStatus.FAILED and not has_acted
    return HELD if report.status is PassStatus.HELD or is_untouched else PROBLEMS


def _verify(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.config.job_factory import make_job  # noqa: PLC0415
    from backup_gui.engine.destination.probe import CAPABILITIES_KEY  # noqa: PLC0415
    from backup_gui.engine.state.pass_log import remembered_facts  # noqa: PLC0415
    from backup_gui.engine.verify import verify  # noqa: PLC0415

    folders = own_folders()
    own_files.note(*folders)
    job = make_job(job_draft(options)._replace(keeps_history=False))
    seen = Progress(phase=Phase.COMPARING)

    def on_progress(progress: Progress) -> None:
        nonlocal seen
        seen = progress
        output.show(progress)

    count = problems = 0
    try:
        # From any job that has probed the drive.
        memories = remembered_facts(folders.data, CAPABILITIES_KEY)
        found = verify(
            job.source,
            job.destination,
            job.exclude,
            interruption.has_come,
            on_progress,
            memories,
            leaves_out_system_folders=job.leaves_out_system_folders,
        )
        for difference in found:
            code = difference.code
            count += code is None
            problems += code is not None
            if output.is_gone:
                break
            reason = difference.reason
            what = {"event": "difference", "kind": difference.kind.value} if code is None else {"event": "problem"}
            fields = {**what, "path": readable(difference.path), **reason_fields(reason)}
            line = f"{'' if code is None else 'problem: '}{named(difference.path)}: {one_line(reason)}"
            output.result(fields, line)
    finally:
        output.clear_bar()
    if interruption.has_come():
        return PROBLEMS
    tally = {"entries": seen.files_done, "bytes": seen.bytes_done, "differences": count}
    tally |= {"problems": problems} if problems else {}
    words = f"No difference: {seen.files_done:,} compared, {seen.bytes_done:,} bytes."
    words = f"{count:,} of {seen.files_done:,} differ." if count else words
    words = f"{words} {problems:,} cannot be in the backup." if problems else words
    output.result({"event": "verified", **tally}, words)
    return PROBLEMS if count or problems else OK


def _versions(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.engine.history.listing import list_versions  # noqa: PLC0415

    destination, history = _kept_places(options)
    _refuse_what_is_no_backup(destination, history)
    path = _path_within(options.path or "", destination, history)
    count = 0
    try:
        for version in list_versions(history, path):
            if interruption.has_come() or output.is_gone:
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
        return _fail(_of_error(CommandCode.HISTORY_UNREAD, history, error), PROBLEMS if count else HELD)
    if count == 0 and not options.json and not output.is_gone:
        tell(Reason(CommandCode.NO_VERSIONS))
    return OK


def _restore(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.config.job_factory import absolute  # noqa: PLC0415
    from backup_gui.engine.fs.content import Cancelled  # noqa: PLC0415
    from backup_gui.engine.fs.system.syscalls import own_ids  # noqa: PLC0415
    from backup_gui.engine.fs.volumes.nesting import is_within  # noqa: PLC0415
    from backup_gui.engine.fs.writable import is_writable  # noqa: PLC0415
    from backup_gui.engine.restore.restore_path import restore_path  # noqa: PLC0415

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
            should_stop=interruption.has_come,
        )
    except Cancelled:
        return _fail(Reason(CommandCode.RESTORED_NOTHING), PROBLEMS)
    except UnknownThenError:
        then = options.at.astimezone().isoformat(timespec="seconds")
        return _fail(Reason(CommandCode.UNKNOWN_THEN, date=then, path=path or destination), UNUSABLE)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename == path:
            return _fail(Reason(CommandCode.PATH_UNKNOWN, path=path), UNUSABLE)
        return _fail(_of_error(CommandCode.NOT_RESTORED, str(error.filename or to), error), HELD)
    if restored.failed and not restored.restored and os.path.isdir(to) and not is_writable(to):
        return _fail(Reason(CommandCode.NOT_RESTORED, why=restored.failed[0][1], path=to), HELD)
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
    from backup_gui.config.job_factory import absolute  # noqa: PLC0415
    from backup_gui.engine.destination.history_place import history_at  # noqa: PLC0415
    from backup_gui.engine.history.listing import refuse_newer_backup  # noqa: PLC0415

    destination = absolute(options.destination.path)
    history = history_at(destination, absolute(options.history) if options.history else "")
    if not os.path.isdir(destination) and not os.path.isdir(history):
        if os.path.lexists(destination):
            raise JobError(Reason(CommandCode.COMMAND_DESTINATION_NO_FOLDER, path=destination))
        raise RootAbsentError(Reason(CommandCode.NOTHING_THERE, path=destination))
    refuse_newer_backup(destination, history)
    return destination, history


def _refuse_what_is_no_backup(destination: str, history: str) -> None:
    """Refuse a folder that has no history and no marker, and that no known job backs up to."""
    from backup_gui.engine.destination.marker import read_markers  # noqa: PLC0415
    from backup_gui.engine.fs.volumes.identity import identify  # noqa: PLC0415
    from backup_gui.engine.roots.continuity import DESTINATION_KEY  # noqa: PLC0415
    from backup_gui.engine.state.pass_log import remembered_facts  # noqa: PLC0415

    if os.path.isdir(history) or read_markers(destination):
        return
    try:
        identity = str(identify(destination))
    except OSError as error:
        raise RootAbsentError(_of_error(CommandCode.DESTINATION_UNREAD, destination, error)) from error
    if identity not in remembered_facts(own_folders().data, DESTINATION_KEY):
        raise JobError(Reason(CommandCode.NO_BACKUP, path=destination))


def _of_error(code: Code, path: str, error: OSError) -> Reason:
    return Reason(code, why=system_words(error), path=path)


def _path_within(text: str, destination: str, history: str) -> str:
    """Return a path relative to the mirror's root, with ``/``.

    It is typed in this program's notation, unescaped, or absolute. Raises ``JobError`` if it lies outside the mirror.
    """
    first, *others = meanings(text)
    path = _relative(first, destination)
    if not others:
        return path
    from backup_gui.engine.history.snapshot import Snapshot  # noqa: PLC0415

    try:
        with Snapshot(destination, history) as snapshot:
            if snapshot.knows(path):
                return path
            for other in others:
                with contextlib.suppress(JobError):
                    if snapshot.knows(_relative(other, destination)):
                        return _relative(other, destination)
    except OSError as error:
        raise RootAbsentError(_of_error(CommandCode.BACKUP_UNREAD, destination, error)) from error
    return path


def _relative(path: str, destination: str) -> str:
    whole = os.path.normpath(os.path.join(destination, path))
    relative = os.path.relpath(whole, destination)
    if relative == os.curdir:
        return ""
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        raise JobError(Reason(CommandCode.PATH_OUTSIDE, path=path))
    return relative.replace(os.sep, "/")


def _decide(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.cli.history_commands import kept, passes, undo  # noqa: PLC0415

    command = {"passes": passes, "undo": undo, "kept": kept}[options.command]
    try:
        return PROBLEMS if command(options, output, interruption.has_come) else OK
    except OSError as error:
        if error.filename:
            return _fail(_of_error(CommandCode.NOT_DONE_AT, str(error.filename), error), HELD)
        return _fail(Reason(CommandCode.NOT_DONE, why=system_words(error)), HELD)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Output, Interruption], int]] = {
    "run": _run,
    "verify": _verify,
    "versions": _versions,
    "restore": _restore,
    "passes": _decide,
    "undo": _decide,
    "kept": _decide,
}
