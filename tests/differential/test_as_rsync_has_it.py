"""Random edits end in the mirror as rsync has them, in full passes and while the program watches.

The long form, with hundreds of seeds: ``python -m tests.differential``.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.differential.trials import bursts_of, full_passes, place, program, try_live, try_once, wait_until_in_step
from tests.helpers.exchange import exchange

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("rsync") is None, reason="needs rsync, and links"),
]


@pytest.mark.hazard(62, 63)
@pytest.mark.parametrize("seed", range(0, 40, 8))
def test_the_mirror_is_as_rsync_makes_it_after_each_full_pass(seed: int) -> None:
    assert [said for said in map(try_once, map(bursts_of, range(seed, seed + 8))) if said] == []


@pytest.mark.hazard(61, 63)
@pytest.mark.parametrize("seed", range(5))
def test_the_mirror_is_as_rsync_makes_it_after_each_burst_that_the_program_watched(seed: int) -> None:
    assert try_live(bursts_of(seed)) == ""


def exchange_folders(source: Path) -> None:
    exchange(str(source / "a"), str(source / "b"))


def exchange_at_other_depths(source: Path) -> None:
    exchange(str(source / "a/same"), str(source / "b/same/same"))


def exchange_above_and_below(source: Path) -> None:
    exchange_at_other_depths(source)
    exchange_folders(source)


def rename_over(source: Path) -> None:
    (source / "b/empty").mkdir()
    (source / "a").rename(source / "b/empty")


def move_what_was_just_made(source: Path) -> None:
    (source / "a").rename(source / "b/a")
    (source / "b/a/new/newer").mkdir(parents=True)
    (source / "b").rename(source / "c")


@pytest.mark.hazard(61)
@pytest.mark.parametrize(
    "move", [exchange_folders, exchange_at_other_depths, exchange_above_and_below, rename_over, move_what_was_just_made]
)
def test_edits_below_folders_that_changed_places_are_mirrored_without_a_full_pass(move: Callable[[Path], None]) -> None:
    with place() as here:
        source = here / "source"
        for folder in ("a/same/one", "b/same/same/two"):
            (source / folder).mkdir(parents=True)
            (source / folder / "file").write_text(folder)
        with program(here) as running:
            assert wait_until_in_step(here, running) == []
            move(source)
            assert wait_until_in_step(here, running) == []
            for folder, _, _ in os.walk(source):
                Path(folder, "written afterwards").write_text(folder)
            assert wait_until_in_step(here, running) == []
        assert full_passes(here) == 1
