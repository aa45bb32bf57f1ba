"""A process that is killed, whenever it is, leaves every file whole; the next one finishes the work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from tests.helpers.project import PROJECT

# A kill leaves the disk alone, so none is needed.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
LEAST_KILLS = 60


def killed_at_each_call(*options: str) -> list[dict[str, Any]]:
    """Run the driver, and return what it tells of each kill."""
    base = tempfile.mkdtemp(prefix="backup-gui-kill-", dir=FAST)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tests.faults.killed_driver", base, *options],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    finally:
        shutil.rmtree(base)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.hazard(13)
@pytest.mark.skipif(sys.platform != "linux", reason="kills at calls that only Linux has")
@pytest.mark.parametrize("options", [(), ("bare",)], ids=["with a history", "without"])
def test_a_kill_at_any_call_leaves_whole_files_and_the_next_pass_converges(options: tuple[str, ...]) -> None:
    lines = killed_at_each_call(*options)
    assert [line for line in lines if line["faults"] or line["differences"]] == []
    assert [line["is_killed"] for line in lines[:-1]] == [True] * (len(lines) - 1)
    assert lines[-1]["status"] == 0, "the last pass was to run to its end"
    assert len(lines) > LEAST_KILLS
