"""Change notification on Windows: what happens, and that something was lost. These run on Windows only."""

# ruff: noqa: E402 - which system it is is asked first
from __future__ import annotations

import ctypes
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "win32":
    pytest.skip("the notifications of Windows", allow_module_level=True)
# Type checkers are to know it, too.
assert sys.platform == "win32"

from watchdog.observers.winapi import DirectoryChangeReader

from backup_gui.engine.fs.windows.notifications import Emitter, Reader
from backup_gui.engine.watch.watcher import watch
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
