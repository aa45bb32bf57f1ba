"""Writes the manual page ``backup-gui(1)`` from the parser of the command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from backup_gui import __version__  # noqa: E402 - the project need not be installed
from backup_gui.cli.arguments import build_parser  # noqa: E402

_ABOUT = """\
Folder Backup keeps a mirror of a folder in another place, such as a USB drive, as plain files and folders.
What was replaced or deleted is kept in a history beside it.
Started without a command, it opens its window and stays in the tray; it notices every change within seconds.
Started with a command, it needs no screen.
"""
_STATUSES = (
    ("0", "Everything is in step."),
    ("1", "Done, but with problems, which are listed by name."),
    ("2", "The arguments cannot be used, or there is no screen for the window."),
    ("3", "Changes are held, a folder is absent, or another backup has the destination: nothing of that was changed."),
    ("3", "With --quit: the app is still running."),
    ("130, 143", "Ended by a signal."),
)
_FILES = (
    ("~/.config/backup-gui/", "The settings, and each backup that the window runs."),
    ("~/.local/share/backup-gui/", "What is known of each backup. Without it, all is compared anew."),
    ("~/.local/state/backup-gui/backup-gui.log", "The log of the window."),
    ("DESTINATION.history/", "What was replaced or deleted, under its path, with the time in its name."),
)
_EXAMPLES = (
    ("backup-gui run ~/Documents /media/me/Drive/Documents --once --dry-run", "Print what a first backup would do."),
    ("backup-gui run ~/Documents /media/me/Drive/Documents", "Keep the copy current until Ctrl+C."),
    ("backup-gui restore /media/me/Drive/Documents letters --to ~/Restored", "Bring a folder back."),
)


def page(day: datetime) -> str:
    """Return the page in the format of man.

    Args:
        day: Its date.
    """
    parser = build_parser()
    lines = [
        f'.TH BACKUP-GUI 1 {day:%Y-%m-%d} "Folder Backup {__version__}" "User Commands"',
        ".SH NAME",
        r"backup-gui \- " + _text(_first_lower(parser.description)),
        ".SH SYNOPSIS",
        *_usage("", parser),
    ]
    commands = _commands(parser)
    for name, command in commands:
        lines += [".br", *_usage(name, command)]
    lines += [".SH DESCRIPTION", _text(_ABOUT), ".SH OPTIONS", *_options(parser), ".SH COMMANDS"]
    for name, command in commands:
        lines += [f".SS {_text(name)}", _text(command.description or ""), *_options(command)]
        if command.epilog and not command.epilog.startswith("Exit status"):
            lines += [".PP", _text(command.epilog)]
    for heading, rows in (("EXIT STATUS", _STATUSES), ("FILES", _FILES), ("EXAMPLES", _EXAMPLES)):
        lines.append(f".SH {heading}")
        for term, meaning in rows:
            lines += [".TP", rf"\fB{_text(term)}\fR", _text(meaning)]
    return "\n".join(lines) + "\n"


def _commands(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 - there is no other way to the commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return list(action.choices.items())
    return []


def _shown(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001
        if action.help != argparse.SUPPRESS and not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield action


def _usage(command: str, parser: argparse.ArgumentParser) -> Iterable[str]:
    parts = [rf"\fBbackup\-gui\fR \fB{_text(command)}\fR" if command else r"\fBbackup\-gui\fR"]
    for action in _shown(parser):
        if action.option_strings:
            if action.required:
                parts.append(_option(action))
        else:
            name = rf"\fI{_text(str(action.metavar))}\fR"
            parts.append(f"[{name}]" if action.nargs == "?" else name)
    parts.append(r"[\fIoptions\fR]")
    yield " ".join(parts)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in _shown(parser):
        yield ".TP"
        yield _option(action) if action.option_strings else rf"\fI{_text(str(action.metavar))}\fR"
        yield _text((action.help or "").replace("%%", "%"))


def _option(action: argparse.Action) -> str:
    names = ", ".join(rf"\fB{_text(name)}\fR" for name in action.option_strings)
    takes_value = action.nargs != 0
    return rf"{names} \fI{_text(str(action.metavar))}\fR" if takes_value else names


def _first_lower(text: str | None) -> str:
    return (text or "")[:1].lower() + (text or "")[1:].rstrip(".")


def _text(text: str) -> str:
    """Escape what man would take as its own."""
    text = text.strip().replace("\\", r"\e").replace("-", r"\-").replace("~", r"\(ti").replace('"', r"\(dq")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


if __name__ == "__main__":
    print(page(datetime.now(UTC)), end="")
