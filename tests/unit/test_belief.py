"""Old versions are not removed by a clock that is wrong, and are by one that holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backup_gui.engine import belief, upkeep
from backup_gui.engine.belief import BELIEF_KEY, MOST_AHEAD_S, ahead_s
from backup_gui.engine.catalog import Catalog
from backup_gui.engine.errors import RootAbsentError
from backup_gui.engine.model import PassStatus
from backup_gui.engine.thinning import DAY_S, HOUR_S
from backup_gui.engine.tree import Tree
from tests.helpers.trees import contents
from tests.unit.conftest import Rig
from tests.unit.test_upkeep import BLOCK, NOW_S, put

# None of them has to go within some hours, and most of them if these were days.
AGES_S = (20, 40 * 60, 5 * HOUR_S, 7 * HOUR_S, 2 * DAY_S, 20 * DAY_S)


class Computer:
    """A computer with a clock that can be wrong, and a job on it.

    Attributes:
        rig: The job.
        true_s: How much time has passed.
        wrong_s: How far the clock is ahead.
        up_s: How long the system has been running.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.true_s = self.wrong_s = 0.0
        self.up_s = 10.0 * DAY_S

    def run(self, hours: float = 0.0, *, every_h: float = 1.0) -> None:
        """Let time pass, with passes in between."""
        until_s = self.true_s + hours * HOUR_S
        while True:
            report = self.rig.run(now=self._clock, uptime=self._uptime)
            assert report.status is PassStatus.COMPLETE
            if self.true_s >= until_s:
                return
            step_s = min(every_h * HOUR_S, until_s - self.true_s)
            self.true_s += step_s
            self.up_s += step_s

    def be_off(self, hours: float) -> None:
        """Be switched off for a while, and on again."""
        self.true_s += hours * HOUR_S
        self.up_s = 60.0

    def _clock(self) -> float:
        return NOW_S + self.true_s + self.wrong_s

    def _uptime(self) -> float:
        return self.up_s

    def versions(self) -> int:
        return len(self.rig.kept())


@pytest.fixture
def computer(rig: Rig) -> Computer:
    made = Computer(rig)
    for age_s in AGES_S:
        put(rig, "docs/a", age_s, f"{age_s}")
    made.run()
    assert made.versions() == len(AGES_S)
    return made


@pytest.mark.hazard(35, 45)
@pytest.mark.parametrize("days", [4, 30, 4000])
def test_a_clock_set_forward_and_back_removes_nothing(computer: Computer, days: int) -> None:
    computer.wrong_s = days * DAY_S
    computer.run(2)
    assert computer.versions() == len(AGES_S)
    computer.wrong_s = 0
    # Nor is what was kept with the clock wrong taken for old, or the right time doubted.
    computer.run(2)
    assert computer.versions() == len(AGES_S)
    assert ahead_s(computer.rig.catalog, NOW_S + computer.true_s, computer.up_s) == 0
    computer.wrong_s = days * DAY_S
    computer.run(2)
    assert computer.versions() == len(AGES_S), "the first time must not have counted"


@pytest.mark.hazard(35, 45)
def test_a_clock_set_forward_does_not_make_the_last_hour_old_for_the_size(computer: Computer) -> None:
    computer.rig.options |= {"history_days": 0, "history_max_bytes": BLOCK}
    computer.wrong_s = 30 * DAY_S
    computer.run()
    assert {*contents(computer.rig.history).values()} == {b"20", b"2400"}


@pytest.mark.hazard(35, 45)
def test_while_the_clock_is_doubted_versions_come_of_age_by_the_time_that_has_passed(computer: Computer) -> None:
    put(computer.rig, "b", 30 * DAY_S - 2 * HOUR_S, "comes of age in two hours")
    upkeep.note_additions(computer.rig.catalog)
    computer.wrong_s = 400 * DAY_S
    computer.run(1)
    assert computer.versions() == len(AGES_S) + 1
    computer.run(3)
    assert computer.versions() == len(AGES_S)


@pytest.mark.hazard(35, 45)
def test_after_a_month_without_power_old_versions_go_when_the_system_has_run_for_a_day(computer: Computer) -> None:
    computer.be_off(30 * 24)
    computer.run(7)
    for _ in range(2):
        computer.be_off(17)
        computer.run(7)
        # By the hours that the system has run, one of those of the first day has given way to the others.
        assert computer.versions() >= len(AGES_S) - 1
    # Also if it is away for longer in between.
    computer.be_off(6 * 24)
    computer.run(7)
    assert computer.versions() == 0


@pytest.mark.parametrize("rest", ["night", "weekend", "asleep"])
def test_an_ordinary_rest_is_not_doubted(computer: Computer, rest: str) -> None:
    for _ in range(3):
        if rest == "asleep":
            computer.true_s += 70 * HOUR_S
        else:
            computer.be_off(14 if rest == "night" else 64)
        computer.run()
    assert computer.versions() < len(AGES_S)


def test_a_clock_that_began_in_the_past_is_not_the_measure_for_long(computer: Computer) -> None:
    computer.wrong_s = -50 * 365 * DAY_S
    computer.run(2)
    computer.wrong_s = 0
    computer.run(24 * 12, every_h=12)
    assert computer.versions() == 3, "the newest, and one of each day that is young enough"


def test_a_wrong_time_that_holds_is_believed_and_so_is_the_right_one_afterwards(computer: Computer) -> None:
    catalog = computer.rig.catalog
    computer.wrong_s = 300 * DAY_S
    computer.run(26)
    assert computer.versions() == 0
    computer.wrong_s = 0
    computer.run(30)
    clock_s = NOW_S + computer.true_s
    assert ahead_s(catalog, clock_s + 300 * DAY_S, computer.up_s) == pytest.approx(300 * DAY_S)


@pytest.mark.hazard(35)
def test_a_time_holds_also_while_the_drive_is_away(computer: Computer) -> None:
    away = computer.rig.root / "away"
    computer.be_off(40 * 24)
    computer.run()
    computer.rig.source.rename(away)
    for _ in range(25):
        computer.true_s += HOUR_S
        computer.up_s += HOUR_S
        with pytest.raises(RootAbsentError):
            computer.run()
    away.rename(computer.rig.source)
    computer.run()
    assert computer.versions() == 0


@pytest.mark.hazard(35, 46)
@pytest.mark.parametrize("days", [4, 40, 400])
def test_a_catalog_lost_while_the_clock_is_ahead_removes_nothing(rig: Rig, days: int) -> None:
    for age_s in AGES_S:
        put(rig, "docs/a", age_s, f"{age_s}")
    computer = Computer(rig)
    computer.wrong_s = days * DAY_S
    computer.run(5)
    assert computer.versions() >= len(AGES_S) - 2, "those within the first hours may be thinned among themselves"
    computer.wrong_s = 0
    computer.run(1)
    assert computer.versions() >= len(AGES_S) - 2


@pytest.mark.hazard(35, 46)
def test_a_catalog_lost_while_the_drive_is_away_and_the_clock_ahead_removes_nothing(rig: Rig) -> None:
    put(rig, "docs/a", 60, "x")
    computer = Computer(rig)
    computer.wrong_s = 60 * DAY_S
    rig.source.rename(rig.root / "away")
    with pytest.raises(RootAbsentError):
        computer.run()
    (rig.root / "away").rename(rig.source)
    computer.run(2)
    assert computer.versions() == 1


@pytest.mark.hazard(35, 46)
def test_one_folder_of_the_history_that_cannot_be_read_hides_nothing_of_the_others(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(rig, "docs/a", 60, "x")
    put(rig, "closed/a", 60, "x")
    listed = Tree.list

    def refuse(self: Tree, path: str) -> object:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(self, path)

    monkeypatch.setattr(Tree, "list", refuse)
    computer = Computer(rig)
    computer.wrong_s = 60 * DAY_S
    computer.run(2)
    assert computer.versions() == 2


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    made = Catalog.in_memory()
    yield made
    made.close()


@pytest.mark.parametrize("text", ["", "x", "1 2", "nan 1 1", "1e999 1 -1", "1 2 3 4"])
def test_a_damaged_memory_begins_anew(catalog: Catalog, text: str) -> None:
    catalog.remember(BELIEF_KEY, text)
    assert ahead_s(catalog, NOW_S, 5.0) == 0
    assert ahead_s(catalog, NOW_S + 2 * MOST_AHEAD_S, 6.0) == 2 * MOST_AHEAD_S - 1


def test_little_is_written(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(catalog, "remember", lambda *fact: written.append(fact))
    catalog._connection.execute("INSERT INTO meta VALUES (?, ?)", (BELIEF_KEY, f"{NOW_S} 0.0 -1.0"))
    for second in range(1, 600):
        assert ahead_s(catalog, NOW_S + second, second) == 0
    assert written == []
    ahead_s(catalog, NOW_S + 600, 600)
    assert len(written) == 1


def test_the_system_says_how_long_it_has_been_running() -> None:
    one = belief.uptime_s()
    assert 0 < one <= belief.uptime_s()
