"""Only one instance at a time has a destination."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from backup_gui.engine.errors import DestinationBusyError
from backup_gui.engine.lock import DestinationLock, lock_file

HOLDER = """
import sys
from pathlib import Path
from backup_gui.engine.lock import DestinationLock
lock = DestinationLock(sys.argv[1], Path(sys.argv[2]))
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.hazard(42)
@pytest.mark.parametrize("platform", [sys.platform, "darwin"])
def test_a_second_lock_is_refused_until_the_first_is_released(
    tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    destination, folder = str(tmp_path / "mirror"), tmp_path / "data" / "locks"
    first = DestinationLock(destination, folder)
    with pytest.raises(DestinationBusyError, match="already"):
        DestinationLock(destination, folder)
    DestinationLock(str(tmp_path / "other"), folder).release()
    first.release()
    first.release()
    with DestinationLock(destination, folder):
        pass
    with DestinationLock(destination, folder):
        pass
    assert not (tmp_path / "mirror").exists()


def test_a_destination_has_one_lock_by_whichever_path_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with DestinationLock(str(tmp_path / "real" / "mirror"), tmp_path):
        for path in ("link/mirror", "real/../real/mirror", "real/mirror/"):
            with pytest.raises(DestinationBusyError):
                DestinationLock(f"{tmp_path}/{path}", tmp_path)


@pytest.mark.hazard(42)
def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    destination = str(tmp_path / "mirror")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, destination, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(DestinationBusyError):
            DestinationLock(destination, tmp_path)
        holder.kill()
        holder.wait()
    DestinationLock(destination, tmp_path).release()


@pytest.mark.skipif(sys.platform != "linux", reason="the lock is a socket's name there only")
def test_other_errors_are_not_taken_for_another_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(socket.socket):
        def bind(self, _address: object) -> None:
            raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(PermissionError):
        DestinationLock(str(tmp_path), tmp_path)


def test_on_windows_a_byte_of_the_file_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int, int]] = []
    msvcrt = ModuleType("msvcrt")
    msvcrt.LK_NBLCK = 2  # type: ignore[attr-defined]
    msvcrt.locking = lambda *arguments: calls.append(arguments)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(sys, "platform", "win32")
    with DestinationLock(str(tmp_path / "mirror"), tmp_path):
        ((_fd, kind, count),) = calls
        assert (kind, count) == (2, 1)


def test_a_locked_folder_is_free_again_when_it_is_closed(tmp_path: Path) -> None:
    first = os.open(tmp_path, os.O_RDONLY)
    second = os.open(tmp_path, os.O_RDONLY)
    try:
        lock_file(first)
        with pytest.raises(BlockingIOError):
            lock_file(second)
        os.close(first)
        first = -1
        lock_file(second)
    finally:
        for fd in (first, second):
            if fd >= 0:
                os.close(fd)
