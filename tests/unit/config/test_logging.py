"""One record is one line, the file is bounded, and what ends the program is recorded."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import threading
from dataclasses import dataclass
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from backup_gui.config import logging as logs


def test_a_record_with_hostile_names_and_a_traceback_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "state" / "log"
    logs.set_up_logging(file=file)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("x").exception("%s", "a\nb\udcff\x1b")
    lines = file.read_text().splitlines()
    assert len(lines) == 1
    assert r"a\nb\xff\x1b" in lines[0]
    assert "ValueError" in lines[0]


def test_each_thread_says_what_it_is_about(tmp_path: Path) -> None:
    file = tmp_path / "log"
    logs.set_up_logging(file=file)

    def work(name: str) -> None:
        logs.log_about(name)
        logging.getLogger("x").warning("begins")

    for name in ("Documents", "two\nlines"):
        thread = threading.Thread(target=work, args=(name,))
        thread.start()
        thread.join()
    logging.getLogger("x").warning("ends")
    assert [line.split(" x: ")[1] for line in file.read_text().splitlines()] == [
        "Documents: begins",
        r"two\nlines: begins",
        "ends",
    ]


def test_levels_of_file_and_stderr_are_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log"
    logs.set_up_logging(level=logging.DEBUG, file=file, stderr_level=logging.ERROR)
    logging.getLogger("x").debug("small")
    logging.getLogger("x").error("large")
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["small", "large"]
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["large"]


@pytest.mark.hazard(47)
def test_the_log_never_grows_beyond_three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_FILE_BYTES", 1_000)
    logs.set_up_logging(file=tmp_path / "log", stderr_level=logging.CRITICAL)
    for _ in range(200):
        logging.getLogger("x").info("y" * 50)
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(sizes) == {"log", "log.1", "log.2"}
    assert all(size <= 1_000 for size in sizes.values())


def test_setting_up_twice_does_not_log_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logging()
    logs.set_up_logging()
    logging.getLogger("x").info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_a_log_file_that_cannot_be_opened_is_told_and_stderr_still_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OSError, match="directory" if os.name == "posix" else "Permission denied"):
        logs.set_up_logging(file=tmp_path)
    logging.getLogger("x").info("still")
    assert "still" in capsys.readouterr().err


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_under_the_log_is_borne_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logging(file=tmp_path / "log", stderr_level=logging.CRITICAL)
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, RotatingFileHandler))
    handler.setStream(FullDisk()).close()  # type: ignore[arg-type,union-attr]
    logging.getLogger("x").error("lost")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_stderr_that_is_gone_stops_nothing(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if stream is not None:
        stream.close()
    logs.set_up_logging()
    monkeypatch.setattr(sys, "stderr", stream)
    logging.getLogger("x").error("lost")


def test_an_uncaught_error_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logging()
    error = RuntimeError("boom")
    sys.excepthook(RuntimeError, error, None)
    assert "CRITICAL backup_gui.config.logging: Unexpected error\\nRuntimeError: boom" in capsys.readouterr().err


def test_an_interrupt_from_the_keyboard_is_not_an_unexpected_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logging()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert "Unexpected" not in capsys.readouterr().err


def test_an_error_that_ends_a_thread_is_recorded_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logging()
    thread = threading.Thread(name="walker")
    error = RuntimeError("boom")
    threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, None, thread)))
    shown = capsys.readouterr().err
    assert "Unexpected error in thread walker" in shown
    assert "boom" in shown
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(), None, thread)))
    assert capsys.readouterr().err == ""


class QtMsgType(Enum):
    QtWarningMsg = 1
    QtFatalMsg = 3
    QtNewMsg = 99


@dataclass(frozen=True)
class Context:
    category: str | None


@pytest.mark.parametrize(
    ("mode", "level"),
    [(QtMsgType.QtWarningMsg, "WARNING"), (QtMsgType.QtFatalMsg, "CRITICAL"), (QtMsgType.QtNewMsg, "WARNING")],
)
def test_messages_of_qt_are_recorded_at_their_level(
    mode: QtMsgType, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up_logging()
    logs.qt_message_handler(mode, Context(None), "a\nb")
    assert f"{level} qt: default: a\\nb" in capsys.readouterr().err
