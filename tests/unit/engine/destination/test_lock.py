"""Only one instance at a time has a destination."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from backup_gui.engine.destination import lock
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.engine.fs.system.peers import may_write
from backup_gui.engine.fs.system.syscalls import lock_file
from backup_gui.model.errors import DestinationBusyError

HOLDER = """
import sys
from pathlib import Path
from backup_gui.engine.destination.lock import DestinationLock
lock = DestinationLock(sys.argv[1], Path(sys.argv[2]))
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.hazard(42)
@pytest.mark.parametrize("platform", [sys.platform, pytest.param("darwin", marks=pytest.mark.posix("its calls"))])
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
        assert holder.stdout.readline().rstrip() == b"locked"
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


@pytest.mark.posix("folders that are opened")
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


STRANGER = """
import hashlib, os, socket, sys, fcntl
place, way, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
fd = os.open(place, os.O_RDONLY) if way == "folder" else -1
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
if fd >= 0:
    fcntl.flock(fd, fcntl.LOCK_SH)
kept = []
base = "\\0backup-gui/destination/" + hashlib.sha256(os.fsencode(place)).hexdigest()
for number in range(40 if way == "all" else 1):
    name = base + (f"/{number}" if number else "")
    kept.append(socket.socket(socket.AF_UNIX))
    kept[-1].bind(name)
    if way != "silent":
        kept[-1].listen(0)
    if way == "full":
        for _ in range(3):
            kept.append(socket.socket(socket.AF_UNIX))
            kept[-1].setblocking(False)
            try:
                kept[-1].connect(name)
            except BlockingIOError:
                break
print("locked", flush=True)
sys.stdin.read()
"""
STRANGERS_UID = 65534


@contextlib.contextmanager
def stranger(place: Path, way: str, uid: int = STRANGERS_UID) -> Iterator[None]:
    """Let another user have the name of a destination's lock, or the folder itself locked."""
    command = [sys.executable, "-c", STRANGER, str(place), way, str(uid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            process.kill()


@pytest.mark.root
@pytest.mark.hazard(69)
@pytest.mark.skipif(sys.platform != "linux", reason="names of sockets")
@pytest.mark.parametrize("way", ["silent", "listening", "full", "all", "folder"])
def test_a_user_who_may_not_write_there_cannot_take_the_lock_of_a_destination(tmp_path: Path, way: str) -> None:
    place = tmp_path / "mirror"
    place.mkdir(mode=0o755)
    with (
        stranger(place, way),
        DestinationLock(str(place), tmp_path / "locks"),
        LocalDestination(str(place), None) as target,
    ):
        target.lock()
        with pytest.raises(DestinationBusyError):
            DestinationLock(str(place), tmp_path / "locks")
        if way != "all":
            with pytest.raises(DestinationBusyError):
                DestinationLock(str(place), tmp_path / "locks of another folder of data")


@pytest.mark.root
@pytest.mark.hazard(42)
@pytest.mark.skipif(sys.platform != "linux", reason="names of sockets")
@pytest.mark.parametrize("way", ["listening", "folder"])
def test_another_user_who_may_write_there_is_another_instance(open_folder: Path, way: str) -> None:
    place = open_folder / "mirror"
    place.mkdir()
    os.chown(place, STRANGERS_UID, STRANGERS_UID)
    with stranger(place, way):
        with pytest.raises(DestinationBusyError):
            DestinationLock(str(place), open_folder / "locks")
        if way == "folder":
            with LocalDestination(str(place), None) as target, pytest.raises(DestinationBusyError):
                target.lock()


@pytest.mark.posix("modes")
@pytest.mark.parametrize(
    ("mode", "above", "expected"),
    [(0o777, 0o755, True), (0o755, 0o755, False), (0o775, 0o755, False), (0o773, 0o755, True), (0o777, 0o700, False)],
)
def test_who_may_write_is_told_by_modes_all_the_way_down(
    open_folder: Path, mode: int, above: int, *, expected: bool
) -> None:
    place = open_folder / "above" / "mirror"
    place.mkdir(parents=True)
    place.chmod(mode)
    place.parent.chmod(above)
    assert may_write(12_345, str(place)) is expected
    assert may_write(0, str(place))


def test_a_home_folder_without_room_for_a_lock_keeps_nobody_from_backing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: str, _flags: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lock, "open_private", refuse)
    with DestinationLock(str(tmp_path / "mirror"), tmp_path / "locks"):
        if sys.platform == "linux":
            with pytest.raises(DestinationBusyError):
                DestinationLock(str(tmp_path / "mirror"), tmp_path / "locks")


def test_another_spelling_of_what_is_not_there_yet_is_the_same_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on Windows.
    monkeypatch.setattr(os.path, "normcase", str.lower)
    with (
        DestinationLock(str(tmp_path / "Mirror"), tmp_path / "locks"),
        pytest.raises(DestinationBusyError),
    ):
        DestinationLock(str(tmp_path / "mirror"), tmp_path / "locks")
