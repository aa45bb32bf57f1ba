"""Describes versions, jobs and recent errors, for a report that the user can give to a helper.

The report has private names only if the user wants that. Otherwise it has only the pattern of each log record, without
its arguments, such as file names.
"""

from __future__ import annotations

import logging
import os
import platform
import sqlite3
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from backup_gui import __version__
from backup_gui.config.settings import Settings, settings_to_texts
from backup_gui.desktop.crash_handler import place_of
from backup_gui.model.job import Job
from backup_gui.model.path_text import one_line
from backup_gui.model.status import Status

_KEPT = 50


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A warning or an error of the log: the pattern of its message without arguments, and its full text."""

    plain: str
    full: str


class ErrorKeeper(logging.Handler):
    """Keeps the last warnings and errors in both forms, until ``close``."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._notes: deque[LogEntry] = deque(maxlen=_KEPT)
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        plain = f"{self._time(record)} {record.levelname} {record.name}: {record.msg}"
        if record.exc_info and record.exc_info[0] is not None:
            plain += f" [{record.exc_info[0].__name__} at {place_of(record.exc_info[2])}]"
        self._notes.append(LogEntry(one_line(plain), one_line(self.format(record))))

    def notes(self) -> tuple[LogEntry, ...]:
        """The last warnings and errors, the oldest first."""
        return tuple(self._notes.copy())

    def close(self) -> None:
        """Remove this handler from the root logger."""
        logging.getLogger().removeHandler(self)
        super().close()

    @staticmethod
    def _time(record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def describe(
    jobs: tuple[tuple[Job, Status], ...], settings: Settings, notes: tuple[LogEntry, ...], *, has_names: bool
) -> str:
    """Write the report; it may contain names of jobs, folders and files only if ``has_names``."""
    lines = [f"Folder Backup {__version__}", *_versions(), "", "Settings"]
    lines += [f"  {name}: {text}" for name, text in settings_to_texts(settings).items()]
    for number, (job, status) in enumerate(jobs, start=1):
        lines += ["", *_job_lines(number, job, status, has_names=has_names)]
    lines += ["", f"Last warnings and errors: {len(notes)}"]
    lines += [f"  {note.full if has_names else note.plain}" for note in notes]
    return "\n".join(lines) + "\n"


def _versions() -> list[str]:
    desktop = os.environ.get("XDG_CURRENT_DESKTOP") or "unknown"
    return [
        f"Python {platform.python_version()}, Qt {qVersion()}, PySide6 {PySide6.__version__}",
        f"SQLite {sqlite3.sqlite_version}, watchdog {_version('watchdog')}",
        f"System: {platform.system()} {platform.release()} {platform.machine()}",
        f"Desktop: {desktop}, platform {QGuiApplication.platformName()}",
    ]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _job_lines(number: int, job: Job, status: Status, *, has_names: bool) -> list[str]:
    codes = Counter(problem.code.value for problem in status.problems)
    lines = [
        f"Backup {number}: {status.state.value}",
        f"  last complete: {_moment(status.last_complete_at)}, last pass: {_moment(status.last_pass_at)}",
        f"  interval {job.interval_s} s, full check every {job.full_pass_every_s} s, rules {len(job.exclude)}",
        f"  history {'on' if job.keeps_history else 'off'}, waiting changes: {status.pending}",
        f"  folders: {status.coverage.folders_live} live, {status.coverage.folders_polled} checked",
        f"  problems: {', '.join(f'{code} {count}' for code, count in sorted(codes.items())) or 'none'}",
    ]
    if status.held is not None:
        lines.append(f"  held: {status.held.code.value}, {status.held.counts.total} of {status.held.mirror_files}")
    if has_names:
        texts = (
            ("name", job.name),
            ("source", job.source),
            ("destination", job.destination.path),
            ("reason", status.reason),
        )
        lines += [f"  {name}: {one_line(text)}" for name, text in texts if text]
    return lines


def _moment(at: float | None) -> str:
    return "never" if at is None else datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d %H:%MZ")
