"""A drive that does not answer hangs what writes to it, and nothing else: not the window, and not quitting."""

from __future__ import annotations

import contextlib
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from backup_gui.model.job import Job, Place
from backup_gui.threads import controller as controller_module
from backup_gui.threads.controller import Controller
from backup_gui.threads.job_thread import JobThread
from tests.faults.volumes import cuttable_disk, is_any_thread_stuck, run_tool
from tests.helpers.trees import contents

OLD, NEW = b"old", b"newer" * 1000


@pytest.mark.hazard(18)
@pytest.mark.root
def test_while_a_drive_does_not_answer_the_window_does_and_quitting_works(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned: list[JobThread] = []
    monkeypatch.setattr(controller_module, "_abandoned", abandoned)
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(OLD)
    with cuttable_disk(tmp_path) as disk, contextlib.ExitStack() as stack:
        mirror = disk.point / "mirror"
        controller = Controller(tmp_path / "data")
        # Should anything fail here: a thread that is left at work would end the whole run when it is destroyed.
        stack.callback(controller.shut_down, 20.0)
        controller.add(Job(str(source), Place(str(mirror)), id="job", name="job", interval_s=1))
        qtbot.waitUntil(lambda: contents(mirror) == {"file": OLD}, timeout=20_000)
        run_tool("fsfreeze", "--freeze", str(disk.point))
        try:
            (source / "file").write_bytes(NEW)
            (source / "second").write_bytes(NEW)
            qtbot.waitUntil(is_any_thread_stuck, timeout=20_000)
            beats: list[float] = []
            timer = QTimer()
            timer.timeout.connect(lambda: beats.append(time.monotonic()))
            timer.start(10)
            qtbot.waitUntil(lambda: len(beats) >= 50, timeout=5_000)
            timer.stop()
            assert max(late - early for early, late in pairwise(beats)) < 0.5
            began_s = time.monotonic()
            assert not controller.shut_down(0.5)
            assert time.monotonic() - began_s < 2.0
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", str(disk.point)], check=True)
        (thread,) = abandoned
        assert thread.wait(20_000)
        # Whatever of it was done by the thread that was left behind, each file is whole.
        there = contents(mirror)
        assert there["file"] in {OLD, NEW}
        assert there.get("second", NEW) == NEW
        abandoned.clear()
