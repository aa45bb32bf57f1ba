"""Logging: each record is one line, the file size is bounded, and every error that ends the program is recorded.

Imports nothing of Qt; ``qt_message_handler`` has the signature that ``qInstallMessageHandler`` expects.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.privacy import close_file, open_private
from backup_gui.model.path_text import one_line

if TYPE_CHECKING:
    from io import TextIOWrapper
    from pathlib import Path
    from types import TracebackType
    from typing import Protocol

    class QtContext(Protocol):
        """The part of ``QMessageLogContext`` that is used."""

        @property
        def category(self) -> str | None:
            """Return the category of the message within Qt."""


MAX_FILE_BYTES = 5 * 1024 * 1024
OLD_FILES = 2  # beside the current one: three in all
LOG_NAME = "backup-gui.log"
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(about)s%(message)s"
# For records made before logging was set up.
DEFAULTS = {"about": ""}

log = logging.getLogger(__name__)
_thread = threading.local()
_QT_LEVELS = {
    "QtDebugMsg": logging.DEBUG,
    "QtInfoMsg": logging.INFO,
    "QtWarningMsg": logging.WARNING,
    "QtCriticalMsg": logging.ERROR,
    "QtFatalMsg": logging.CRITICAL,
}


class OneLineFormatter(logging.Formatter):
    """Writes a record and its traceback as one line, since file names may contain line breaks."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, with control characters escaped."""
        return one_line(super().format(record))


class StderrHandler(logging.Handler):
    """Writes to the current ``sys.stderr``, which a progress bar replaces for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; a closed terminal must not stop a backup."""
        stream: TextIO | None = sys.stderr
        if stream is None:  # a windowed program has none
            return
        with contextlib.suppress(OSError, ValueError):
            stream.write(self.format(record) + "\n")
            stream.flush()


def set_up_logging(*, level: int = logging.INFO, file: Path | None = None, stderr_level: int | None = None) -> None:
    """Set up all logging of this process; another call replaces the earlier setup.

    Args:
        level: The lowest level recorded in the file and, by default, on stderr.
        file: The log file; its folder is created. Rotated at 5 MB; three files are kept.
        stderr_level: The lowest level shown on stderr; by default ``level``.

    Raises:
        OSError: The file cannot be opened; logging to stderr is set up all the same.
    """
    logging.setLogRecordFactory(_record)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if getattr(handler, "is_ours", False)]:
        root.removeHandler(handler)
        handler.close()
    shown_level = level if stderr_level is None else stderr_level
    root.setLevel(min(level, shown_level) if file is not None else shown_level)
    _add(root, StderrHandler(shown_level))
    sys.excepthook = log_unexpected
    threading.excepthook = log_unexpected_in_thread
    if file is not None:
        _add(root, _file_handler(file, level))


def _add(root: logging.Logger, handler: logging.Handler) -> None:
    handler.setFormatter(OneLineFormatter(FORMAT, defaults=DEFAULTS))
    handler.is_ours = True  # type: ignore[attr-defined]
    root.addHandler(handler)


def log_about(name: str) -> None:
    """Prefix all records of this thread with a name, such as a job's."""
    _thread.about = f"{name}: "


def _record(*arguments: Any, **options: Any) -> logging.LogRecord:  # noqa: ANN401 - whatever LogRecord takes
    record = logging.LogRecord(*arguments, **options)
    record.about = getattr(_thread, "about", "")
    return record


def _file_handler(file: Path, level: int) -> logging.Handler:
    # Imported only when a file is written: with its own imports it takes 10 ms of the start.
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415

    class PrivateFileHandler(RotatingFileHandler):
        """Creates files that only their owner may read, since they contain names of private files."""

        def _open(self) -> TextIOWrapper:
            return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=open_private)

    own_files.note(file, *(f"{file}.{number}" for number in range(1, OLD_FILES + 1)))
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(1, OLD_FILES + 1):
        close_file(file.with_name(f"{file.name}.{number}"))
    handler = PrivateFileHandler(
        file, maxBytes=MAX_FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8", errors="backslashreplace"
    )
    # A full disk under the log must neither stop a backup nor fill stderr with a traceback for each record.
    handler.handleError = lambda record: None  # type: ignore[method-assign] # noqa: ARG005
    handler.setLevel(level)
    return handler


def log_unexpected(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Log an uncaught exception; replaces ``sys.excepthook``."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.critical("Unexpected error", exc_info=(kind, error, traceback))


def log_unexpected_in_thread(arguments: threading.ExceptHookArgs) -> None:
    """Log an exception that ended a thread; replaces ``threading.excepthook``."""
    if issubclass(arguments.exc_type, SystemExit):
        return
    name = arguments.thread.name if arguments.thread is not None else "unknown"
    error = arguments.exc_value or arguments.exc_type()
    log.critical("Unexpected error in thread %s", name, exc_info=(arguments.exc_type, error, arguments.exc_traceback))


def qt_message_handler(mode: object, context: QtContext, message: str | None) -> None:
    """Log a message from Qt, whose types are known by name so that Qt need not be imported here."""
    level = _QT_LEVELS.get(getattr(mode, "name", ""), logging.WARNING)
    category = context.category or "default"
    logging.getLogger("qt").log(level, "%s: %s", category, message or "")
