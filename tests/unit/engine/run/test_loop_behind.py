"""The running job: how far it tells to be behind, and how often it makes full passes on battery."""

from __future__ import annotations

from pathlib import Path

import pytest

from backup_gui.model.errors import RootAbsentError
from backup_gui.model.events import CheckEvery, Pause, Progressed
from backup_gui.model.plans import Phase, Progress, Report
from backup_gui.model.reasons import of_system
from backup_gui.model.status import NO_BACKLOG
from tests.unit.engine.run.test_loop import Call, World, report

AWAY = RootAbsentError(of_system("The drive is away."))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def at(world: World, seconds: float) -> float:
    return world.clock.time() - world.clock.elapsed_s + seconds


def test_what_changed_before_the_drive_went_stays_counted_while_it_is_away(world: World) -> None:
    world.answers = [report()]
    world.always = AWAY
    world.change(10, "a", "b")
    world.change(100, "c")
    world.run(until_s=200)
    last = world.statuses[-1]
    assert last.pending == 3
    assert last.backlog.files == 3
    assert last.backlog.oldest_at == pytest.approx(at(world, 10))


def test_what_waited_for_the_drive_is_not_behind_once_it_was_copied(world: World) -> None:
    world.answers = [report(), AWAY, AWAY, report()]
    world.change(10, "a")
    world.run(until_s=200)
    assert world.statuses[-1].pending == 0
    assert world.statuses[-1].backlog == NO_BACKLOG


def test_a_pause_shows_how_far_behind_it_is(world: World) -> None:
    world.put(5, Pause())
    world.change(10, "a")
    world.change(40, "b")
    world.run(until_s=100)
    assert world.statuses[-1].backlog.files == 2
    assert world.statuses[-1].backlog.oldest_at == pytest.approx(at(world, 10))


def test_what_changes_during_a_long_pass_is_told_while_it_goes_on(world: World) -> None:
    told: list[int] = []

    def long_pass(call: Call) -> Report:
        world.watchers[-1].change("a")
        call.on_event(Progressed(Progress(Phase.COPYING)))
        told.append(world.statuses[-1].backlog.files)
        return report()

    world.answers = [long_pass]
    world.run(until_s=1)
    assert told == [1]


def test_on_battery_full_passes_are_further_apart_and_nothing_else_changes(world: World) -> None:
    world.put(100, CheckEvery(14_400))
    world.change(5_000, "a")
    world.run(until_s=20_000)
    assert world.full_times == [0.0, 14_400.0]
    assert [paths for _, paths in world.partial] == [{"a"}]


def test_back_on_mains_a_full_pass_that_is_due_by_then_is_made_at_once(world: World) -> None:
    world.put(100, CheckEvery(14_400))
    world.put(9_000, CheckEvery(None))
    world.run(until_s=13_000)
    assert world.full_times == [0.0, 9_000.0, 12_600.0]


def test_the_setting_for_battery_never_makes_full_passes_more_frequent(world: World) -> None:
    world.put(100, CheckEvery(60))
    world.run(until_s=8_000)
    assert world.full_times == [0.0, 3_600.0, 7_200.0]


def test_where_changes_are_not_notified_the_interval_goes_on_on_battery(world: World) -> None:
    world.put(100, CheckEvery(14_400))
    world.run(until_s=200, uses_notification=False, interval_s=50)
    assert world.full_times == [0.0, 50.0, 100.0, 150.0]


def test_a_full_pass_that_was_asked_for_is_not_put_off_by_the_battery(world: World) -> None:
    def overflow() -> None:
        world.watchers[-1].overflow()

    world.clock.at(50, overflow)
    world.put(50, CheckEvery(14_400))
    world.run(until_s=300)
    assert len(world.full_times) == 2
