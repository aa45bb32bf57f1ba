"""What differs from system to system."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from backup_gui.engine.fs.system import platform


def test_the_system_says_how_long_it_has_been_running() -> None:
    one = platform.uptime_s()
    assert 0 < one <= platform.uptime_s()


@pytest.mark.posix("clock_gettime")
@pytest.mark.hazard(50)
def test_a_program_that_is_told_another_time_still_knows_how_long_the_system_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: 946_685_100.0)
    if sys.platform == "linux":
        assert platform.uptime_s() == pytest.approx(float(Path("/proc/uptime").read_text().split()[0]), abs=60)
    monkeypatch.setattr(platform, "_UPTIME_FILE", "/nowhere")
    assert platform.uptime_s() > 0
