"""The options of the command line, and one clear sentence for each error in them. Touches no file."""

from __future__ import annotations

import argparse
import contextlib
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from backup_gui import __version__
from backup_gui.model.job import DEFAULT_INTERVAL_S, MAX_INTERVAL_S, Job, Place
from backup_gui.model.path_text import one_line

if TYPE_CHECKING:
    from typing import NoReturn

PROGRAM = "backup-gui"
_HISTORY = "DESTINATION.history, or DESTINATION/.backup-history on a whole drive"
_UNUSABLE = 2
_MAX_DIGITS = 20  # longer texts are out of range anyway, and Python refuses to convert very long ones
_OF_ANY_WIDTH: Final = partial(argparse.HelpFormatter, width=80)


class _Parser(argparse.ArgumentParser):
    """A parser that reports an error in two lines: the usage and a sentence."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        # argparse formats each option once to validate it. A fixed width avoids importing the modules that determine
        # the terminal's width, which takes longer than declaring all options.
        super().__init__(formatter_class=_OF_ANY_WIDTH, allow_abbrev=False, **settings)

    def format_help(self) -> str:
        """Return the help page, as wide as the terminal."""
        self.formatter_class = argparse.HelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit with status 2."""
        needed = [str(action.metavar) for action in self._get_positional_actions() if action.nargs != "?"]
        needed += [f"{a.option_strings[0]} {a.metavar}" for a in self._get_optional_actions() if a.required]
        usage = " ".join((self.prog, *needed, "[options]"))
        if sys.stderr is not None:
            # The list of all options would push the sentence off the screen; --help has them.
            with contextlib.suppress(OSError):
                sys.stderr.write(f"usage: {usage}; see --help\n{PROGRAM}: {one_line(message)}\n")
        raise SystemExit(_UNUSABLE)


def build_parser() -> argparse.ArgumentParser:
    """Declare all commands and options; ``command`` of the result is None if the app is to be started."""
    parser: argparse.ArgumentParser = _Parser(
        prog=PROGRAM,
        description="Keeps an exact, current copy of a folder, with a history of what was replaced or deleted.",
        epilog="Without a command, the window and the tray icon.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("--hidden", action="store_true", help="start with the tray icon only")
    parser.add_argument(
        "--quit", dest="quits", action="store_true", help="end the app that is running, and wait until it has ended"
    )
    # A backup that the app creates at its start: for scripts, so not in the help.
    parser.add_argument("--source", dest="app_source", type=path, help=argparse.SUPPRESS)
    parser.add_argument("--destination", dest="app_destination", type=place, help=argparse.SUPPRESS)
    parser.add_argument("--interval", dest="app_interval", type=interval, help=argparse.SUPPRESS)
    # The name is given again, since argparse would format a help page to find it.
    commands = parser.add_subparsers(prog=PROGRAM, dest="command", metavar="COMMAND", title="commands")
    _add_run(commands)
    _add_verify(commands)
    _add_versions(commands)
    _add_restore(commands)
    _add_passes(commands)
    _add_undo(commands)
    _add_kept_files(commands)
    for command in commands.choices.values():
        _add_output(command)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="mirror continuously, without a screen, until interrupted",
        description="Mirror SOURCE into DESTINATION continuously, until SIGINT or SIGTERM.",
        epilog="Exit status: 0 everything is in step; 1 done, but with problems; 2 unusable arguments or job; "
        "3 held, a folder is absent or cannot be used, or another instance or another backup has the destination: "
        "nothing of that was touched; 130 or 143 after a signal.",
    )
    _add_folders(run)
    run.add_argument(
        "--interval",
        dest="interval_s",
        type=interval,
        metavar="SECONDS",
        help=f"time between checks, 1 to {MAX_INTERVAL_S} (a week); default {DEFAULT_INTERVAL_S}",
    )
    run.add_argument("--once", action="store_true", help="make one full pass, then exit")
    run.add_argument("--dry-run", action="store_true", help="print what one full pass would do, and write nothing")
    _add_exclude(run)
    run.add_argument(
        "--delete-excluded",
        dest="removes_left_out",
        action="store_true",
        help="remove what is left out from the mirror, too, into the history; otherwise it is left alone there",
    )
    history = run.add_mutually_exclusive_group()
    history.add_argument(
        "--history",
        type=place,
        metavar="DIR",
        help=f"where replaced and deleted versions are kept; default {_HISTORY}",
    )
    history.add_argument(
        "--no-history", dest="keeps_history", action="store_false", help="keep no replaced and deleted versions"
    )
    word = run.add_mutually_exclusive_group()
    word.add_argument(
        "--allow-mass-delete",
        dest="allows_mass_delete",
        action="store_true",
        help="go on even if most of the mirror would be deleted or replaced, or the source is suddenly empty",
    )
    word.add_argument(
        "--keep-held",
        action="store_true",
        help="keep in the mirror what would be held as unusually much, for good; see the command kept",
    )
    run.add_argument(
        "--free-history",
        dest="frees_history",
        action="store_true",
        help="on a full drive, let even the last versions of what exists nowhere else give way, the oldest first",
    )
    run.add_argument(
        "--take-over",
        dest="takes_over",
        action="store_true",
        help="make the destination this backup's even though it, or its history, is another backup's",
    )
    run.add_argument(
        "--poll",
        dest="uses_notification",
        action="store_false",
        help="use no change notification, but check everything at every interval",
    )


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verify = commands.add_parser(
        "verify",
        help="compare contents byte by byte",
        description="Compare SOURCE and DESTINATION byte by byte. Exit status 1, and the names, if anything differs "
        "or can never be in the backup.",
    )
    _add_folders(verify)
    _add_exclude(verify)


def _add_versions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    versions = commands.add_parser(
        "versions",
        help="list kept versions",
        description="List the versions that the history keeps: when each left the mirror, its size, and its path.",
    )
    _add_kept(versions)
    versions.add_argument(
        "path", metavar="PATH", type=path, nargs="?", help="a file or folder in DESTINATION; default all"
    )


def _add_restore(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    restore = commands.add_parser(
        "restore",
        help="bring back a file or folder",
        description="Restore a file or folder into a folder, never over what is there: its newest known content, "
        "also if it was deleted since, or as it stood at TIME.",
    )
    _add_kept(restore)
    restore.add_argument("path", metavar="PATH", type=path, help='a file or folder in DESTINATION; "." for everything')
    restore.add_argument(
        "--at", type=moment, metavar="TIME", help="ISO 8601, such as 2026-11-22T21:06:05; local time if it has no zone"
    )
    restore.add_argument("--to", type=path, required=True, metavar="DIR", help="the folder to restore into")
    restore.add_argument(
        "--keep-set-id",
        action="store_true",
        help="programs run as their owner for everybody again (set-user-ID, set-group-ID); for the superuser only",
    )


def _add_passes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    passes = commands.add_parser(
        "passes",
        help="list what was done",
        description="List the passes that changed something, newest first; with a pass's number, its paths.",
    )
    _add_folders(passes)
    passes.add_argument("pass_id", metavar="PASS", type=number, nargs="?", help="the number of one pass")
    passes.add_argument("--limit", type=number, default=50, metavar="N", help="how many lines; default 50")


def _add_undo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    undo = commands.add_parser(
        "undo",
        help="undo a pass",
        description="Put back into SOURCE what a pass replaced, deleted or moved in DESTINATION. Nothing that is in"
        " SOURCE now is lost: what was changed since is kept beside.",
    )
    _add_folders(undo)
    undo.add_argument("pass_id", metavar="PASS", type=number, help="its number, see the command passes")
    undo.add_argument("--history", type=place, metavar="DIR", help=f"the history; default {_HISTORY}")


def _add_kept_files(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kept = commands.add_parser(
        "kept",
        help="list what is kept against the source",
        description="List what stays in DESTINATION although SOURCE lacks it or has another content, as you decided.",
    )
    _add_folders(kept)
    kept.add_argument("--release", action="store_true", help="take the decision back; it is judged again")


def job_draft(options: argparse.Namespace) -> Job:
    """Take the job out of a command's options: each that has the name of a field of ``Job`` as its ``dest``."""
    chosen = {name: value for name in Job._fields if (value := getattr(options, name, None)) is not None}
    return Job(**chosen)._replace(exclude=tuple(chosen.get("exclude", ())))


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", type=path, help="the folder protected")
    parser.add_argument("destination", metavar="DESTINATION", type=place, help="the folder that mirrors it")


def _add_kept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("destination", metavar="DESTINATION", type=place, help="the folder that mirrors the source")
    parser.add_argument("--history", type=place, metavar="DIR", help=f"the history; default {_HISTORY}")


def _add_exclude(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        type=pattern,
        metavar="PATTERN",
        help="leave out what matches, in gitignore syntax; may be given several times; a copy that is there stays",
    )
    parser.add_argument(
        "--include-system-folders",
        dest="leaves_out_system_folders",
        action="store_false",
        help="back up what systems keep for themselves at the root of a drive, too, such as lost+found and .Trash-1000",
    )
    parser.add_argument(
        "--include-cloud-only",
        dest="leaves_out_cloud_only",
        action="store_false",
        help="back up files that are only in a cloud, too, such as freed files of OneDrive; this downloads them",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write one JSON object a line to stdout")
    parser.add_argument("--log-file", type=path, metavar="FILE", help="also write the log to FILE")
    parser.add_argument("--verbose", action="store_true", help="show each action and a detailed log")


def path(text: str) -> str:
    """Accept any path but an empty one."""
    if not text:
        raise argparse.ArgumentTypeError("a path is needed, not an empty text")
    return text


def place(text: str) -> Place:
    """Accept any place but an empty one."""
    return Place.parse(path(text))


def pattern(text: str) -> str:
    """Accept any exclusion rule but an empty one; the job checks the rules themselves."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a pattern is needed, not an empty text")
    return text


def number(text: str) -> int:
    """Parse a whole number from 1."""
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS - 2 or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 is needed")
    return int(text)


def interval(text: str) -> int:
    """Parse whole seconds from one to a week."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"a whole number of seconds from 1 to {MAX_INTERVAL_S} is needed")
    seconds = int(text) if len(text) <= _MAX_DIGITS else MAX_INTERVAL_S + 1
    if seconds < 1:
        raise argparse.ArgumentTypeError("the interval must be at least 1 second")
    if seconds > MAX_INTERVAL_S:
        raise argparse.ArgumentTypeError(f"the interval must be at most {MAX_INTERVAL_S} seconds (a week)")
    return seconds


def moment(text: str) -> datetime:
    """Parse a time in ISO 8601, local if it has no zone; the result is in UTC."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise argparse.ArgumentTypeError(
            "a time such as 2026-11-22T21:06:05 or 2026-11-22T21:06:05Z is needed"
        ) from error
