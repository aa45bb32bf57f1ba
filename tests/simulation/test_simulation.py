"""The whole runner under one seed, in simulated time; ``python -m tests.simulation`` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from backup_gui.engine.run.single_pass import PassOptions
from tests.helpers.project import PROJECT
from tests.simulation.__main__ import explained, tell
from tests.simulation.scheduler import Scheduler
from tests.simulation.story import JOBS, STEPS
from tests.simulation.system import simulated_system

SEEDS = 20
# A failure is told soon, even if a shorter one might be found.
SHRINK_S = 20.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the events are those that inotify sends")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_in_whatever_order_the_promises_hold_and_all_comes_to_rest(seed: int) -> None:
    told = tell(seed, STEPS, JOBS)
    assert not told.failure, explained(seed, STEPS, JOBS, told, shrink_s=SHRINK_S)
    assert told.passes > JOBS


def test_the_same_seed_gives_the_same_trace_twice() -> None:
    first, second = tell(1, STEPS, JOBS), tell(1, STEPS, JOBS)
    assert len(first.trace) > STEPS
    assert second == first


def test_a_trace_hangs_on_nothing_but_its_seed() -> None:
    traces = {traced(2, hash_seed) for hash_seed in ("0", "1", "1234")}
    assert len(traces) == 1
    assert traces != {traced(3, "0")}


def test_no_clock_of_the_system_is_left_to_a_pass() -> None:
    scheduler = Scheduler()
    with simulated_system(scheduler, os.fspath):
        options = PassOptions()
        assert (options.now(), options.uptime()) == (scheduler.time(), scheduler.uptime())
    assert PassOptions().uptime() != scheduler.uptime()


def traced(seed: int, hash_seed: str) -> str:
    """Return what a process of its own prints of a seed, whose sets are in another order."""
    command = ("-m", "tests.simulation", "--seed", str(seed), "--trace", "--processes", "1")
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    printed = subprocess.run(
        [sys.executable, *command], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    # How long it took in real time is told last.
    return printed.rpartition("\n1 seeds")[0]
