"""Change notification on Windows: what happens, and that something was lost. These run on Windows only."""

# ruff: noqa: E402 - which system it is is asked first
from __future__ import annotations

import ctypes
import errno
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "win32":
    pytest.skip("the notifications of Windows", allow_module_level=True)
# Type checkers are to know it, too.
assert sys.platform == "win32"

from watchdog.observers import winapi
from watchdog.observers.winapi import DirectoryChangeReader

from backup_gui.engine.fs.windows import notifications
from backup_gui.engine.fs.windows.notifications import Emitter, Reader
from backup_gui.engine.watch.watcher import watch
from backup_gui.model.errors import WatchError
from tests.helpers.waiting import wait_until


@pytest.mark.parametrize("winerror", [None, 1022])
def test_lost_changes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int | None) -> None:
    told: list[bool] = []
    reader = Reader(str(tmp_path), lambda: told.append(True))

    def lose(_self: Any, _handle: Any, _buffer: Any, nbytes: Any) -> None:
        if winerror is not None:
            raise OSError(0, "too many changes", None, winerror)
        nbytes.value = 0

    monkeypatch.setattr(DirectoryChangeReader, "_run_inner", lose)
    reader._run_inner(None, None, ctypes.c_uint32())
    assert told == [True]


def test_what_was_read_and_what_was_ended_is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    reader = Reader(str(tmp_path), lambda: told.append(True))
    for value in (12, None):

        def read(_self: Any, _handle: Any, _buffer: Any, nbytes: Any, value: int | None = value) -> None:
            if value is not None:
                nbytes.value = value

        monkeypatch.setattr(DirectoryChangeReader, "_run_inner", read)
        reader._run_inner(None, None, ctypes.c_uint32())
    monkeypatch.setattr(DirectoryChangeReader, "_run_inner", lambda *_arguments: (_ for _ in ()).throw(OSError(0, "x")))
    with pytest.raises(OSError, match="x"):
        reader._run_inner(None, None, ctypes.c_uint32())
    assert told == []


def test_a_read_that_is_cancelled_at_the_end_is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    reader = Reader(str(tmp_path), lambda: told.append(True))

    def be_cancelled(_self: Any, _handle: Any, _buffer: Any, nbytes: Any) -> None:
        reader.stop()
        nbytes.value = 0

    monkeypatch.setattr(DirectoryChangeReader, "_run_inner", be_cancelled)
    reader._run_inner(None, None, ctypes.c_uint32())
    assert told == []


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts how often a read was cancelled; no read of the system takes place."""
    count = threading.Semaphore(0)
    monkeypatch.setattr(winapi, "CancelIoEx", lambda *_arguments: count.release())
    return count


def test_a_read_that_was_only_about_to_begin_when_it_was_cancelled_ends_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cancelled: threading.Semaphore
) -> None:
    def read(_self: Any, _handle: Any, _buffer: Any, nbytes: Any) -> None:
        # Whether to go on was asked before; it begins after the first cancellation, and ends by the second one.
        cancelled.acquire()
        cancelled.acquire()
        nbytes.value = 0

    monkeypatch.setattr(DirectoryChangeReader, "_run_inner", read)
    told: list[bool] = []
    reader = Reader(str(tmp_path), lambda: told.append(True))
    reader.start()
    reader.stop()
    assert not reader.is_alive()
    assert told == []


def test_a_read_that_never_ends_does_not_hold_up_the_end_of_the_program(tmp_path: Path) -> None:
    reader = Reader(str(tmp_path), lambda: None)
    reader.start()
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "watch-read")
    assert thread.daemon
    reader.stop()
    assert not thread.is_alive()


def test_readers_begin_and_end_at_once_as_often_as_one_likes(tmp_path: Path) -> None:
    for _ in range(50):
        reader = Reader(str(tmp_path), lambda: None)
        reader.start()
        assert reader.is_alive()
        reader.stop()
        reader.stop()
        assert not reader.is_alive()


def test_a_folder_that_cannot_be_read_is_told_when_it_begins(tmp_path: Path) -> None:
    reader = Reader(str(tmp_path / "none"), lambda: None)
    with pytest.raises(FileNotFoundError):
        reader.start()
    reader.stop()
    with pytest.raises(WatchError, match="not there"):
        watch(str(tmp_path / "none"), lambda: None)


def test_a_folder_that_does_not_answer_is_told_when_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    real = winapi._get_directory_handle

    def wait(path: str) -> Any:
        answer.wait()
        return real(path)

    monkeypatch.setattr(notifications, "_BEGIN_LIMIT_S", 0.01)
    monkeypatch.setattr(winapi, "_get_directory_handle", wait)
    reader = Reader(str(tmp_path), lambda: None)
    try:
        with pytest.raises(OSError) as raised:  # noqa: PT011 - the words differ
            reader.start()
    finally:
        answer.set()
    assert raised.value.errno == errno.ETIMEDOUT
    reader.stop()


def test_a_read_that_fails_ends_the_watcher_and_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = threading.Event()

    def read(_self: Any, _handle: Any, _buffer: Any, _nbytes: Any) -> None:
        failing.wait()
        raise OSError(0, "the device is not connected", None, 1167)

    monkeypatch.setattr(DirectoryChangeReader, "_run_inner", read)
    watcher = watch(str(tmp_path), lambda: None)
    try:
        assert watcher.is_alive()
        failing.set()
        wait_until(lambda: not watcher.is_alive(), "the end of the reader")
    finally:
        failing.set()
        watcher.stop()


def test_a_watched_folder_tells_of_changes_and_of_lost_ones(tmp_path: Path) -> None:
    woken = threading.Event()
    watcher = watch(str(tmp_path), woken.set)
    try:
        assert watcher.is_alive()
        (tmp_path / "file").write_bytes(b"content")
        assert woken.wait(5)
        wait_until(lambda: "file" in watcher.peek(9), "the notification")
        watcher.take()
        observer = watcher._observer
        assert observer is not None
        for emitter in observer.emitters:
            assert isinstance(emitter, Emitter)
            emitter.on_overflow()
        _, needs_full = watcher.take()
        assert needs_full
    finally:
        watcher.stop()
    assert not watcher.is_alive()
