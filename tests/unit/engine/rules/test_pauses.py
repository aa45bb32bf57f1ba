"""A file that is written again and again is copied in growing pauses, and as soon as it rests."""

from __future__ import annotations

import itertools
import math
import os
from pathlib import Path

import pytest

from backup_gui.engine.rules.pauses import LONGEST_PAUSE_S, Pauses, state_of
from backup_gui.model.events import BackUpNow
from backup_gui.model.plans import PassStatus, Report
from backup_gui.model.status import JobState
from tests.helpers.rig import Rig, paths
from tests.unit.engine.run.test_loop import Call, World, report, working_for

IMAGE = "machine.img"


class Files:
    """What the files of a source look like, and a job's pauses."""

    def __init__(self) -> None:
        self.states: dict[str, int] = {}
        self.pauses = Pauses("/source", lambda _source, path: self.states.get(path))

    def write(self, path: str = IMAGE) -> None:
        self.states[path] = self.states.get(path, 0) + 1

    def copy(self, took_s: float, now_s: float, path: str = IMAGE) -> None:
        self.pauses.note({path: took_s}, now_s)


def copies(took_s: float, writes_every_s: float, for_s: float) -> list[float]:
    """Return when a file is copied that is written at intervals."""
    files = Files()
    made: list[float] = []
    now_s = next_write_s = 0.0
    while now_s < for_s:
        files.write()
        next_write_s = now_s + writes_every_s
        if files.pauses.take_due(now_s) or files.pauses.hold_back([IMAGE], now_s):
            made.append(now_s)
            now_s += took_s
            # It goes on being written meanwhile.
            files.copy(took_s, now_s)
        elif files.pauses.next_s() < next_write_s:
            now_s = files.pauses.next_s()
            continue
        now_s = max(now_s, next_write_s)
    return made


@pytest.mark.hazard(56)
@pytest.mark.parametrize(("took_s", "longest_s"), [(0.5, 12), (5, 120), (100, 720)])
def test_copying_a_file_that_is_always_written_takes_a_small_part_of_the_time(took_s: float, longest_s: float) -> None:
    made = copies(took_s, 1.0, 7_200)
    gaps = [later - earlier for earlier, later in itertools.pairwise(made)]
    assert max(gaps) <= longest_s
    share = len(made) * took_s / 7_200
    assert share < (0.06 if took_s * 20 <= LONGEST_PAUSE_S else 0.16)


@pytest.mark.hazard(56)
def test_what_is_copied_in_a_moment_or_changes_rarely_never_waits() -> None:
    assert len(copies(0.01, 1.0, 100)) == 100
    assert len(copies(0.5, 60.0, 6_000)) == 100


@pytest.mark.hazard(56)
def test_a_file_that_rests_is_copied_at_once() -> None:
    files = Files()
    files.copy(10, 100)
    files.write()
    assert files.pauses.hold_back([IMAGE, "other"], 101) == {"other"}
    assert files.pauses.is_waiting
    files.write()
    assert files.pauses.take_due(105) == frozenset()
    # Ten seconds after it was last written to, long before its pause of 200 is over.
    assert files.pauses.next_s() == 115
    assert files.pauses.take_due(114.9) == frozenset()
    assert files.pauses.take_due(115) == {IMAGE}
    assert not files.pauses.is_waiting
    assert math.isinf(files.pauses.next_s())


@pytest.mark.hazard(56)
def test_what_has_not_changed_since_it_was_copied_is_looked_at_without_waiting() -> None:
    files = Files()
    files.copy(10, 100)
    assert files.pauses.hold_back([IMAGE], 102) == {IMAGE}
    assert files.pauses.resting(102) == frozenset()
    files.write()
    assert files.pauses.resting(103) == {IMAGE}
    assert files.pauses.resting(500) == frozenset()


def test_what_is_no_longer_written_is_forgotten() -> None:
    files = Files()
    for number in range(100):
        files.copy(1, 100.0 + number, f"file{number}")
    files.copy(1, 10_000, "last")
    assert list(files.pauses._copied) == ["last"]


def test_how_a_file_looks_tells_whether_it_was_written_to(tmp_path: Path) -> None:
    file = tmp_path / "a"
    assert state_of(str(tmp_path), "a") is None
    file.write_bytes(b"x")
    before = state_of(str(tmp_path), "a")
    assert state_of(str(tmp_path), "a") == before
    file.write_bytes(b"xx")
    assert state_of(str(tmp_path), "a") != before
    assert state_of(str(tmp_path), "a\0b") is None


@pytest.mark.hazard(56)
def test_a_pass_leaves_what_is_to_wait_and_says_so(rig: Rig) -> None:
    rig.write(IMAGE, "1")
    rig.write("a", "1")
    rig.run()
    rig.write(IMAGE, "2")
    rig.write("a", "2")
    rig.write("new", "2")
    found = rig.run(resting=frozenset({IMAGE, "new", "elsewhere"}))
    assert (found.status, set(found.waiting)) == (PassStatus.COMPLETE, {IMAGE, "new"})
    assert (rig.mirror / IMAGE).read_text() == "1"
    assert (rig.mirror / "a").read_text() == "2"
    assert not (rig.mirror / "new").exists()
    found = rig.run(paths(IMAGE, "new"))
    assert found.waiting == ()
    rig.check_in_step()


@pytest.mark.hazard(56)
def test_deletions_links_and_other_names_of_a_file_do_not_wait(rig: Rig) -> None:
    rig.write(IMAGE, "1")
    rig.write("several", "1")
    os.link(rig.source / "several", rig.source / "other name")
    rig.run()
    (rig.source / IMAGE).unlink()
    (rig.source / IMAGE).symlink_to("several")
    with (rig.source / "several").open("a") as file:
        file.write("2")
    assert rig.run(resting=frozenset({IMAGE, "several", "other name"})).waiting == ()
    rig.check_in_step()


@pytest.mark.hazard(56)
def test_how_long_copies_take_is_told_of_those_that_take_a_while(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backup_gui.engine.apply.copy_files.LEAST_COPY_S", 0.0)
    rig.write(IMAGE, "1")
    assert [path for path, _ in rig.run().took] == [IMAGE]
    monkeypatch.setattr("backup_gui.engine.apply.copy_files.LEAST_COPY_S", 100.0)
    rig.write(IMAGE, "2")
    assert rig.run().took == ()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class Written:
    """Has a path of a runner's source look different each time that it was written to."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.count = 0
        monkeypatch.setattr("backup_gui.engine.rules.pauses.state_of", lambda _source, _path: self.count)

    def at(self, at_s: float, path: str = IMAGE) -> None:
        def write() -> None:
            self.count += 1
            self.world.watchers[-1].change(path)

        self.world.clock.at(at_s, write)


@pytest.mark.hazard(39, 56)
def test_a_running_job_holds_back_what_it_has_just_copied_and_goes_on_with_all_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(world, monkeypatch)
    slow = report(is_full=False, took=((IMAGE, 10.0),))
    world.answers = [report(), slow]
    for second in range(10, 150):
        written.at(float(second))
    world.change(30, "letter")
    world.run(until_s=300)
    times = [at_s for at_s, changed in world.partial if IMAGE in changed]
    # At first at once; then, as it never rests, after it was left alone for ten seconds when all was over.
    assert len(times) == 2
    assert times[0] < 16
    assert 158 <= times[1] <= 175
    assert next(at_s for at_s, changed in world.partial if changed == {"letter"}) < 36
    waiting = [status for status in world.statuses if status.pending]
    assert waiting
    assert waiting[-1].backlog.oldest_at is not None
    # What waits is not backed up: no pass in between is called complete.
    assert world.statuses[-1].state is JobState.OK


@pytest.mark.hazard(56)
def test_a_full_pass_leaves_it_too_but_not_one_that_the_user_asks_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(world, monkeypatch)
    world.answers = [report(), report(is_full=False, took=((IMAGE, 20.0),))]
    written.at(10)
    for second in range(20, 100):
        written.at(float(second))
    world.put(50, BackUpNow())
    world.run(until_s=60)
    assert [call.at_s for call in world.calls if call.scope.is_full and call.at_s > 1] == [50]
    assert world.resting[-1] == frozenset()


@pytest.mark.hazard(56)
def test_where_nothing_is_notified_checks_at_the_interval_leave_it_until_its_pause_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(world, monkeypatch)
    world.answers = [report(took=((IMAGE, 2.0),))]
    for second in range(100):
        world.clock.at(float(second) + 0.5, lambda: setattr(written, "count", written.count + 1))
    world.run(until_s=60, uses_notification=False)
    held = [call.at_s for call, resting in zip(world.calls, world.resting, strict=True) if IMAGE in resting]
    assert held
    assert min(held) < 6
    # Its pause is forty seconds.
    assert max(held) <= 41


@pytest.mark.hazard(56)
def test_a_file_whose_pause_ends_while_a_pass_leaves_it_is_copied_right_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(world, monkeypatch)

    def long_pass(call: Call) -> Report:
        assert world.resting[-1] == {IMAGE}
        return working_for(20, world)(call)._replace(waiting=(IMAGE,))

    world.answers = [report(), report(is_full=False, took=((IMAGE, 1.0),)), long_pass]
    written.at(10)
    written.at(19.5)
    world.run(until_s=60, full_pass_every_s=20)
    times = [at_s for at_s, changed in world.partial if IMAGE in changed]
    assert times == [10.5, pytest.approx(40, abs=0.5)]
    # The pass that left it is not said to have backed up everything.
    complete = {status.last_complete_at for status in world.statuses if status.last_complete_at is not None}
    at_s = sorted(round(at - world.clock.time() + world.clock.elapsed_s, 1) for at in complete)
    assert at_s[:3] == [0.0, 10.5, pytest.approx(times[1], abs=0.1)]
