"""Progress is counted in one place and told at most ten times a second."""

from __future__ import annotations

import pytest

from backup_gui.engine.rules.progress import LEAST_PAUSE_S, Meter
from backup_gui.model.plans import Phase, Progress


class Watch:
    """A clock that the test turns, and what was told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.told: list[Progress] = []
        self.meter = Meter(self.told.append, lambda: self.now_s)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_phase_begins_at_zero_and_says_so(watch: Watch) -> None:
    watch.meter.add_files(5, "x")
    watch.now_s += 3
    watch.meter.begin(Phase.COPYING, 7, 70)
    assert watch.told == [Progress(Phase.COPYING, 0, 7, 0, 70, "", 0.0)]


def test_what_is_done_adds_up(watch: Watch) -> None:
    watch.meter.begin(Phase.COPYING, 3, 60)
    watch.meter.add_bytes(10, "a")
    watch.meter.add_bytes(20, "a")
    watch.meter.add_files(1, "a")
    watch.meter.add_files(2, "b", 30)
    watch.now_s += 2.5
    watch.meter.end()
    assert watch.told[-1] == Progress(Phase.COPYING, 3, 3, 60, 60, "", 2.5)
    assert len(watch.told) == 2


def test_not_more_than_ten_a_second_are_told(watch: Watch) -> None:
    watch.meter.begin(Phase.COMPARING)
    for number in range(1_000):
        watch.now_s = 100 + number / 1_000
        watch.meter.add_files(1, f"{number}")
    assert 9 <= len(watch.told) - 1 <= 1 / LEAST_PAUSE_S
    pauses = [after.elapsed_s - before.elapsed_s for before, after in zip(watch.told, watch.told[1:], strict=False)]
    assert min(pauses) >= LEAST_PAUSE_S - 1e-9
    assert watch.told[-1].path != ""


def test_what_is_due_is_told_with_its_path(watch: Watch) -> None:
    watch.meter.begin(Phase.COPYING, 1, 100)
    watch.now_s += 0.125
    watch.meter.add_bytes(50, "docs/a")
    assert watch.told[-1] == Progress(Phase.COPYING, 0, 1, 50, 100, "docs/a", 0.125)
