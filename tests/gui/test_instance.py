"""Only one app for each user."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from backup_gui.bridge.instance import Instance, Wish

SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from backup_gui.bridge.instance import Instance, Wish
application = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
if instance.take():
    sys.exit(7)
sys.exit(0 if instance.tell(Wish(source="/ä", destination="/b", interval_s=9)) else 8)
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
    assert blocker.args == [Wish(source="/ä", destination="/b", interval_s=9)]
    qtbot.waitUntil(lambda: second.poll() is not None)
    assert second.returncode == 0


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
    socket.connectToServer(first.name)
    socket.write(message)
    socket.flush()
    qtbot.waitUntil(lambda: socket.bytesAvailable() > 0)
    assert wishes == []
    socket.close()


def test_different_folders_do_not_know_each_other(first: Instance, tmp_path: Path) -> None:
    other = Instance(tmp_path / "other")
    assert other.take()
    other.release()
