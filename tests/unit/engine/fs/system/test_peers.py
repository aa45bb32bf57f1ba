"""Who is at the other end of a local socket."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from backup_gui.engine.fs.system import peers


@pytest.mark.skipif(sys.platform == "win32", reason="sockets of a folder")
def test_a_process_of_another_system_is_not_taken_for_oneself(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peers.peer_pid(ours) == os.getpid()
        # What the kernel tells of a process that one's own container does not see.
        monkeypatch.setattr(peers, "_credentials", lambda _connection: (0, 1_000, 1_000))
        assert peers.peer_pid(ours) is None or sys.platform != "linux"
