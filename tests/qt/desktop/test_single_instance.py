"""Only one app for each user."""

from __future__ import annotations

import errno
import os
import platform
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from backup_gui.desktop import single_instance as instance_module
from backup_gui.desktop.single_instance import LOCK_NAME, Instance, Wish
from backup_gui.model.errors import OwnFolderError
from backup_gui.model.job import Place

SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from backup_gui.desktop.single_instance import Instance, Wish
from backup_gui.model.job import Place
application = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
if instance.take():
    sys.exit(7)
sys.exit(0 if instance.tell(Wish(source="/ä", destination=Place("/b"), interval_s=9)) else 8)
"""


@pytest.fixture
def first(tmp_path: Path, qtbot: QtBot) -> Iterator[Instance]:
    instance = Instance(tmp_path)
    assert instance.take()
    yield instance
    instance.release()


def start_second(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SECOND, str(folder)])


def test_a_second_start_hands_over_its_wish_and_ends(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(first.wished, timeout=10_000) as blocker:
        second = start_second(tmp_path)
    assert blocker.args == [Wish(source="/ä", destination=Place("/b"), interval_s=9)]
    qtbot.waitUntil(lambda: second.poll() is not None)
    assert second.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe does not tell of the process")
def test_the_process_of_the_first_instance_is_known_though_it_does_not_answer(first: Instance, tmp_path: Path) -> None:
    assert Instance(tmp_path).other_pid() == os.getpid()
    first.stop_listening()
    assert Instance(tmp_path).other_pid() is None


@pytest.mark.posix("POSIX signals")
def test_an_instance_that_cannot_be_ended_stays_the_first(
    first: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(instance_module, "_WAYS_TO_END", ((15, 0.2), (9, 0.2)))
    monkeypatch.setattr(os, "kill", lambda pid, how: sent.append(how) if pid == os.getpid() else None)
    second = Instance(tmp_path)
    assert not second.take_from_hung(os.getpid())
    assert sent == [15, 9]
    # One that has another number is not the one that was shown.
    assert not second.take_from_hung(1)
    assert sent == [15, 9]
    second.release()


def test_one_that_does_not_end_in_time_is_told_apart(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    script = SECOND.split("if instance", maxsplit=1)[0] + "print(instance.end_other(1))"
    with qtbot.waitSignal(first.quit_requested, timeout=10_000):
        other = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    qtbot.waitUntil(lambda: other.poll() is not None)
    assert other.communicate()[0] == "False\n"


def test_a_wish_that_an_ending_instance_does_not_answer_reaches_the_next_one(tmp_path: Path, qtbot: QtBot) -> None:
    instance = Instance(tmp_path)
    assert instance._lock()
    ending = QLocalServer()
    assert ending.listen(next(instance._addresses()))
    with qtbot.waitSignal(ending.newConnection, timeout=10_000):
        second = start_second(tmp_path)
    ending.nextPendingConnection().abort()
    ending.close()
    instance.release()
    assert instance.take()
    with qtbot.waitSignal(instance.wished, timeout=10_000):
        pass
    qtbot.waitUntil(lambda: second.poll() is not None)
    assert second.returncode == 0
    instance.release()


def test_after_the_first_has_ended_the_next_one_is_first(first: Instance, tmp_path: Path) -> None:
    first.release()
    assert start_second(tmp_path).wait(10) == 7


def test_the_socket_of_a_killed_process_is_no_hindrance(tmp_path: Path, qtbot: QtBot) -> None:
    script = SECOND.split("if instance", maxsplit=1)[0] + "instance.take(); import os; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    instance = Instance(tmp_path)
    assert instance.take()
    assert start_second_answers(instance, tmp_path, qtbot)
    instance.release()


def start_second_answers(instance: Instance, folder: Path, qtbot: QtBot) -> bool:
    with qtbot.waitSignal(instance.wished, timeout=10_000):
        second = start_second(folder)
    qtbot.waitUntil(lambda: second.poll() is not None)
    return second.returncode == 0


@pytest.mark.parametrize("message", [b"nonsense\n", b"[1]\n", b'{"interval_s": "x"}\n', b"\xff\n"])
def test_nonsense_is_ignored(first: Instance, message: bytes, qtbot: QtBot) -> None:
    wishes: list[object] = []
    first.wished.connect(wishes.append)
    socket = QLocalSocket()
    socket.connectToServer(first._server.fullServerName())
    socket.write(message)
    socket.flush()
    qtbot.waitUntil(lambda: socket.bytesAvailable() > 0)
    assert wishes == []
    socket.close()


OTHER_CONTENTS = {
    "empty": b"",
    "zeroed": bytes(40),
    "of another machine": b"4242\npython3.11\nold-laptop\n0123456789abcdef0123456789abcdef\n11111111-2222\n",
    "of a process id that another program has now": f"{os.getppid()}\npython3\n{platform.node()}\n".encode(),
    "of this process": f"{os.getpid()}\npython3\n{platform.node()}\n".encode(),
    "no text": b"\xff\x00\xfe" * 1_000,
}


@pytest.mark.parametrize("content", OTHER_CONTENTS.values(), ids=OTHER_CONTENTS.keys())
def test_what_stands_in_the_lock_file_keeps_nobody_from_starting(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK_NAME).write_bytes(content)
    instance = Instance(tmp_path)
    assert instance.take()
    second = Instance(tmp_path)
    assert not second.take()
    second.release()
    instance.release()
    third = Instance(tmp_path)
    assert third.take()
    third.release()


def test_where_no_file_can_be_locked_whoever_answers_is_the_first(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_fd: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(instance_module, "lock_file", refuse)
    instance = Instance(tmp_path)
    assert instance.take()
    second = Instance(tmp_path)
    assert not second.take()
    second.release()
    instance.release()


@pytest.mark.hazard(69)
@pytest.mark.posix("sockets in folders")
@pytest.mark.parametrize("depth", [1, 30])
def test_the_socket_lies_where_nobody_else_can_put_one(tmp_path: Path, qtbot: QtBot, depth: int) -> None:
    folder = tmp_path.joinpath(*["a folder"] * depth)
    instance = Instance(folder)
    assert instance.take()
    place = Path(instance._server.fullServerName()).parent
    assert (place.stat().st_uid, stat.S_IMODE(place.stat().st_mode)) == (os.geteuid(), 0o700)
    assert place.resolve() == folder.resolve()
    assert start_second_answers(instance, folder, qtbot)
    instance.release()


@pytest.mark.hazard(69)
@pytest.mark.posix("users of sockets")
def test_what_another_user_wishes_is_refused(
    first: Instance, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[object] = []
    first.wished.connect(wishes.append)
    monkeypatch.setattr(instance_module, "_own_uid", lambda: 12_345)
    socket = QLocalSocket()
    socket.connectToServer(first._server.fullServerName())
    socket.write(b'{"source": "/etc", "destination": "/tmp/there"}\n')
    socket.flush()
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert wishes == []
    assert not Instance(tmp_path).tell(Wish()), "nor is another user's taken for the first one"


def test_a_state_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OwnFolderError, match=re.escape(str(tmp_path / "file"))):
        Instance(tmp_path / "file").take()
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(OwnFolderError, match=re.escape(str(tmp_path / LOCK_NAME))):
        Instance(tmp_path).take()


def test_different_folders_do_not_know_each_other(first: Instance, tmp_path: Path) -> None:
    other = Instance(tmp_path / "other")
    assert other.take()
    other.release()
