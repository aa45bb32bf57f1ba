"""The command line of the engine. Imports no Qt."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backup_gui.cli.arguments import build_parser, job_draft
from backup_gui.cli.exit_status import (
    HELD,
    OK,
    PROBLEMS,
    SIGNAL_BASE,
    UNUSABLE,
    fail,
    of_error,
    status_of_error,
    status_of_report,
)
from backup_gui.cli.output import Output, Printer, ProgressBar, answers, named, reason_fields, take_any_text
from backup_gui.cli.reasons import CommandCode
from backup_gui.config.folders import own_folders
from backup_gui.config.logging import set_up_logging
from backup_gui.engine.fs import own_files
from backup_gui.model.errors import BackupError
from backup_gui.model.events import HeldBack, KeepHeld, Stop, Waiting
from backup_gui.model.job import NOWHERE, Place
from backup_gui.model.path_text import one_line, readable
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.reasons import Reason, system_words

if TYPE_CHECKING:
    from types import FrameType

    from backup_gui.model.events import Event

log = logging.getLogger(__name__)


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
            return fail(Reason(CommandCode.APP_FOLDERS_TOGETHER), UNUSABLE)
        return run_app(
            is_hidden=options.hidden,
            source=options.app_source or "",
            destination=options.app_destination or NOWHERE,
            interval_s=options.app_interval or 0,
        )
    if options.hidden or options.quits or options.app_source or options.app_destination or options.app_interval:
        return fail(Reason(CommandCode.OPTIONS_OF_APP), UNUSABLE)
    if options.log_file and _is_log_in_the_way(options):
        return fail(Reason(CommandCode.LOG_IN_DESTINATION), UNUSABLE)
    level = logging.DEBUG if options.verbose else logging.INFO
    log_file = Path(options.log_file) if options.log_file else None
    # On a terminal, results and the progress bar show what the log would.
    stderr_level = logging.ERROR if _is_watched(options) and not options.verbose else level
    try:
        set_up_logging(level=level, file=log_file, stderr_level=stderr_level)
    except OSError as error:
        return fail(of_error(CommandCode.LOG_UNWRITTEN, options.log_file, error), UNUSABLE)
    output = Output(sys.stdout, is_json=options.json, bar=ProgressBar() if _is_watched(options) else None)
    interruption = Interruption()
    try:
        status = _COMMANDS[options.command](options, output, interruption)
    except BackupError as error:
        status = fail(error.reason, status_of_error(error))
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
        return fail(error.reason, status_of_error(error))
    if has_ended is None:
        Output(sys.stdout).write(str(Reason(CommandCode.APP_NOT_RUNNING)))
    elif not has_ended:
        return fail(Reason(CommandCode.APP_STILL_RUNNING), HELD)
    return OK


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
        return fail(outcome.error.reason, status)
    return status_of_report(outcome.report, has_acted=outcome.has_acted)


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
            if code is not None:
                # As in a pass, whatever the reason tells beyond it.
                fields["code"] = code.value
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


def _restore(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.cli import restore_commands  # noqa: PLC0415

    command = {"versions": restore_commands.versions, "restore": restore_commands.restore}[options.command]
    return command(options, output, interruption.has_come)


def _decide(options: argparse.Namespace, output: Output, interruption: Interruption) -> int:
    from backup_gui.cli.history_commands import kept, passes, undo  # noqa: PLC0415

    command = {"passes": passes, "undo": undo, "kept": kept}[options.command]
    try:
        return PROBLEMS if command(options, output, interruption.has_come) else OK
    except OSError as error:
        if error.filename:
            return fail(of_error(CommandCode.NOT_DONE_AT, str(error.filename), error), HELD)
        return fail(Reason(CommandCode.NOT_DONE, why=system_words(error)), HELD)


_COMMANDS: dict[str, Callable[[argparse.Namespace, Output, Interruption], int]] = {
    "run": _run,
    "verify": _verify,
    "versions": _restore,
    "restore": _restore,
    "passes": _decide,
    "undo": _decide,
    "kept": _decide,
}
