"""Old versions are not removed by a clock that is wrong, and are by one that holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history import prune
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.history.trusted_clock import (
    AHEAD_KEY,
    CLOCK_KEY,
    MOST_AHEAD_S,
    ClockState,
    HistoryClock,
    aheads,
    look,
    seen,
)
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.rules.retention import DAY_S, HOUR_S
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.plans import PassStatus
from tests.helpers.rig import Rig
from tests.helpers.trees import contents
from tests.unit.engine.history.test_prune import BLOCK, NOW_S, put

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

    def look(self) -> ClockState:
        return look(self.rig.catalog, seen(self.rig.catalog), self._clock(), self.up_s)

    def versions(self) -> int:
        return len(self.rig.kept())


@pytest.fixture
def computer(rig: Rig) -> Computer:
    made = Computer(rig)
    # The clock has been right for long enough.
    made.true_s = -2 * DAY_S
    made.run(48)
    for age_s in AGES_S:
        put(rig, "docs/a", age_s, f"{age_s}")
    prune.note_additions(rig.catalog)
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
    assert not computer.look().is_in_doubt
    computer.wrong_s = days * DAY_S
    computer.run(2)
    assert computer.versions() == len(AGES_S), "the first time must not have counted"


@pytest.mark.posix("sizes are counted in blocks")
@pytest.mark.hazard(35, 45)
def test_a_clock_set_forward_does_not_make_the_last_hour_old_for_the_size(computer: Computer) -> None:
    computer.rig.options |= {"history_days": 0, "history_max_bytes": BLOCK}
    computer.wrong_s = 30 * DAY_S
    computer.run()
    assert {*contents(computer.rig.history).values()} == {b"20", b"2400"}


@pytest.mark.hazard(35, 45)
def test_while_the_clock_is_doubted_versions_come_of_age_by_the_time_that_has_passed(computer: Computer) -> None:
    put(computer.rig, "b", 30 * DAY_S - 2 * HOUR_S, "comes of age in two hours")
    prune.note_additions(computer.rig.catalog)
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


@pytest.mark.hazard(50)
@pytest.mark.parametrize("rest", ["night", "weekend", "asleep"])
def test_an_ordinary_rest_is_not_doubted_but_counts_for_the_young_only_after_a_day_of_running(
    computer: Computer, rest: str
) -> None:
    for _ in range(3):
        if rest == "asleep":
            computer.true_s += 70 * HOUR_S
        else:
            computer.be_off(14 if rest == "night" else 64)
        computer.run()
        assert not computer.look().is_in_doubt
    assert computer.versions() == len(AGES_S)
    computer.run(25)
    assert computer.versions() < len(AGES_S)


def test_a_clock_that_began_in_the_past_is_not_the_measure_for_long(computer: Computer) -> None:
    computer.wrong_s = -50 * 365 * DAY_S
    computer.run(2)
    computer.wrong_s = 0
    computer.run(24 * 12, every_h=12)
    assert computer.versions() == 3, "the newest, and one of each day that is young enough"


def test_a_wrong_time_that_holds_is_believed_and_so_is_the_right_one_afterwards(computer: Computer) -> None:
    computer.wrong_s = 300 * DAY_S
    computer.run(26)
    assert computer.versions() == 0
    computer.wrong_s = 0
    computer.run(30)
    assert not computer.look().is_in_doubt
    computer.wrong_s = 300 * DAY_S
    assert computer.look().is_in_doubt


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
    # And the time to come is the right one, at once.
    assert computer.look().now_s == pytest.approx(NOW_S + computer.true_s)


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

    def refuse(self: Tree, path: str, *more: Any) -> object:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(self, path, *more)

    monkeypatch.setattr(Tree, "list", refuse)
    computer = Computer(rig)
    computer.wrong_s = 60 * DAY_S
    computer.run(2)
    assert computer.versions() == 2


@pytest.fixture
def catalog() -> Iterator[JobDatabase]:
    made = JobDatabase.in_memory()
    yield made
    made.close()


@pytest.mark.parametrize("text", ["", "x", "1 2", "nan 1 1", "1e999 1 -1", "1 2 3 4", "1 2 3 4 5 6 7 8 9 10"])
def test_a_damaged_memory_begins_anew(catalog: JobDatabase, text: str) -> None:
    catalog.remember(CLOCK_KEY, text)
    assert not look(catalog, seen(catalog), NOW_S, 5.0).is_in_doubt
    assert look(catalog, seen(catalog), NOW_S + 2 * MOST_AHEAD_S, 6.0).now_s == NOW_S + 1


def test_little_is_written(catalog: JobDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(catalog, "remember", lambda *fact: written.append(fact))
    catalog._connection.execute("INSERT INTO meta VALUES (?, ?)", (CLOCK_KEY, f"{NOW_S} 0.0 -1.0"))
    for second in range(1, 600):
        assert look(catalog, seen(catalog), NOW_S + second, second).now_s == NOW_S + second
    assert written == []
    look(catalog, seen(catalog), NOW_S + 600, 600)
    assert len(written) == 1


class Diary:
    """A computer that names versions in between, restarts the program at each step, and knows what really passed.

    Attributes:
        named: Each name given, with how long the system had run in all.
    """

    def __init__(self, catalog: JobDatabase, clock_s: float) -> None:
        self.catalog = catalog
        self.clock_s = clock_s
        self.up_s = 0.0
        self.ran_s = 0.0
        self.named: list[tuple[float, float]] = []
        self.look()

    def look(self) -> HistoryClock:
        state = look(self.catalog, seen(self.catalog), self.clock_s, self.up_s)
        return HistoryClock(state, lambda: self.clock_s, lambda: self.up_s)

    def name(self) -> float:
        clock = self.look()
        named_s = clock.name().timestamp()
        clock.note(self.catalog)
        self.named.append((named_s, self.ran_s))
        return named_s

    def run(self, seconds: float) -> None:
        self.clock_s += seconds
        self.up_s += seconds
        self.ran_s += seconds

    def be_off(self, seconds: float) -> None:
        self.clock_s += seconds
        self.up_s = 0.0


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.floats(1, 30 * HOUR_S)),
        st.tuples(st.just("off"), st.floats(60, 40 * DAY_S)),
        st.tuples(st.just("set"), st.floats(-2 * DAY_S, 2 * DAY_S)),
        st.tuples(st.just("set"), st.sampled_from([-9_000 * DAY_S, -40 * DAY_S, -HOUR_S, HOUR_S, 400 * DAY_S])),
    ),
    max_size=25,
)


@pytest.mark.hazard(50)
@given(_STEPS)
def test_nothing_is_older_than_it_is_before_the_system_has_run_for_a_day_with_it(
    steps: list[tuple[str, float]],
) -> None:
    catalog = JobDatabase.in_memory()
    diary = Diary(catalog, NOW_S)
    for kind, length in steps:
        diary.name()
        if kind == "run":
            diary.run(length)
        elif kind == "off":
            diary.be_off(length)
        elif diary.clock_s + length > 0:
            diary.clock_s += length
        ages = diary.look().ages()
        for named_s, ran_s in diary.named:
            ran = diary.ran_s - ran_s
            if ran < DAY_S:
                # Names have whole seconds, and steps of less than a minute are none.
                assert ages.age_s(math.floor(named_s)) <= ran + 1 + 60 * len(steps)
    # Whatever was, a clock that is right and stays so is believed in the end.
    for _ in range(60):
        diary.run(12 * HOUR_S)
        diary.look()
    assert diary.look().now_s() == pytest.approx(diary.clock_s)
    catalog.close()


@pytest.mark.hazard(50)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.floats(0.01, 5 * HOUR_S)),
            st.tuples(st.just("off"), st.floats(60, 2 * DAY_S)),
            st.tuples(st.just("set"), st.floats(-1.4 * DAY_S, 1.4 * DAY_S)),
            st.tuples(st.just("wrong"), st.floats(-9_000 * DAY_S, -4 * DAY_S)),
        ),
        max_size=25,
    )
)
def test_names_are_in_order_whatever_a_clock_does_that_is_a_little_wrong_or_far_behind(
    steps: list[tuple[str, float]],
) -> None:
    catalog = JobDatabase.in_memory()
    diary = Diary(catalog, NOW_S)
    diary.run(10 * DAY_S)
    for kind, length in steps:
        before_s = diary.name()
        right_s = diary.clock_s
        if kind == "run":
            diary.run(length)
        elif kind == "off":
            diary.be_off(length)
        elif kind == "set":
            diary.clock_s += length
        else:
            # Set right again before it could be believed.
            diary.clock_s += length
            assert diary.name() >= before_s
            diary.run(60)
            assert diary.name() >= before_s
            diary.clock_s = right_s + 60
        assert diary.name() >= before_s
    catalog.close()


@pytest.mark.hazard(50)
def test_names_go_on_at_half_the_speed_until_a_clock_that_was_set_back_has_caught_up() -> None:
    catalog = JobDatabase.in_memory()
    diary = Diary(catalog, NOW_S)
    diary.run(HOUR_S)
    first_s = diary.name()
    diary.clock_s -= HOUR_S
    names = []
    for _ in range(130):
        diary.run(60)
        names.append(diary.name() - first_s)
    assert names[:120] == [30.0 * number for number in range(1, 121)]
    assert names[120:] == [3_600.0 + 60 * number for number in range(1, 11)]
    catalog.close()


@pytest.mark.hazard(50)
def test_a_clock_that_was_ahead_while_nothing_was_named_is_followed_back_at_once(catalog: JobDatabase) -> None:
    diary = Diary(catalog, NOW_S)
    diary.run(HOUR_S)
    diary.name()
    diary.clock_s += 2 * HOUR_S
    diary.look()
    diary.clock_s -= 2 * HOUR_S
    diary.run(60)
    assert diary.name() == NOW_S + HOUR_S + 60


@pytest.mark.hazard(50)
def test_a_clock_that_is_behind_at_the_start_names_no_version_by_it_and_nothing_goes_when_it_is_right(
    computer: Computer,
) -> None:
    rig = computer.rig
    rig.write("deleted", "the last there is")
    rig.write("edited", "first")
    computer.run(1)
    computer.be_off(12)
    computer.wrong_s = -26 * 365 * DAY_S
    (rig.source / "deleted").unlink()
    rig.write("edited", "second")
    computer.run()
    computer.run(0.1)
    computer.wrong_s = 0
    rig.write("edited", "third")
    computer.run(3)
    versions = list(list_versions(str(rig.history), "edited"))
    assert [(rig.history / version.stored).read_text() for version in versions] == ["first", "second"]
    left_s = [version.left_at.timestamp() for version in list_versions(str(rig.history)) if "/" not in version.path]
    assert len(left_s) == 3
    assert all(NOW_S + HOUR_S <= left <= NOW_S + 2 * DAY_S for left in left_s)
    restored = restore_path(str(rig.mirror), str(rig.history), "deleted", None, str(rig.root / "to"))
    assert restored.restored == ("deleted",)


@pytest.mark.hazard(50)
def test_what_is_kept_before_the_clock_was_ever_right_is_kept_for_all_its_days(rig: Rig) -> None:
    computer = Computer(rig)
    computer.wrong_s = -26 * 365 * DAY_S
    rig.write("deleted", "the last there is")
    rig.write("stays")
    computer.run()
    (rig.source / "deleted").unlink()
    computer.run(0.5)
    computer.wrong_s = 0
    computer.run(20 * 24, every_h=12)
    assert rig.kept_contents() == [b"the last there is"]
    computer.run(12 * 24, every_h=12)
    assert rig.kept_contents() == []


@pytest.mark.hazard(46, 50)
@pytest.mark.parametrize("wrong_days", [-9_000, -40, 0, 40])
def test_after_the_catalog_was_lost_versions_count_from_when_they_were_seen_again(
    computer: Computer, wrong_days: int
) -> None:
    rig = computer.rig
    put(rig, "b", 9_000 * DAY_S, "named by a clock that was behind")
    rig.forget_everything()
    computer.wrong_s = wrong_days * DAY_S
    computer.run()
    computer.wrong_s = 0
    computer.run(3)
    assert b"named by a clock that was behind" in rig.kept_contents()
    assert computer.versions() >= len(AGES_S) - 1


@pytest.mark.hazard(50)
def test_a_folder_as_it_stood_is_right_though_the_clock_was_set_back_in_mid_run(computer: Computer) -> None:
    rig = computer.rig
    rig.write("notes", "0")
    computer.run()
    stood = {}
    for number in range(1, 6):
        computer.run(1)
        stood[number - 1] = computer.look().now_s
        computer.run(1)
        if number == 3:
            computer.wrong_s -= 5 * HOUR_S
        rig.write("notes", str(number))
        computer.run()
    for number, at_s in stood.items():
        to = rig.root / f"to {number}"
        at = datetime.fromtimestamp(at_s, UTC)
        restore_path(str(rig.mirror), str(rig.history), "notes", at, str(to))
        assert (to / "notes").read_text() == str(number)


@pytest.mark.hazard(50)
def test_several_versions_of_one_moment_are_all_kept_in_order(rig: Rig) -> None:
    rig.write("a", "0")
    rig.write("stays")
    rig.run(now=lambda: NOW_S, uptime=lambda: 5.0)
    for number in range(1, 4):
        (rig.source / "a").unlink()
        # The clock stands still, or goes back.
        rig.run(now=lambda number=number: NOW_S - number, uptime=lambda: 5.0)
        rig.write("a", str(number))
        rig.run(now=lambda: NOW_S, uptime=lambda: 5.0)
    versions = list(list_versions(str(rig.history), "a"))
    assert [version.stamp.number for version in versions] == [0, 1, 2]
    assert [(rig.history / version.stored).read_text() for version in versions] == ["0", "1", "2"]


@pytest.mark.hazard(50)
def test_what_was_named_while_the_clock_was_ahead_gets_its_right_time_when_that_is_set_right(
    computer: Computer,
) -> None:
    rig = computer.rig
    rig.write("notes", "0")
    rig.write("gone", "the last there is")
    computer.run(1)
    computer.wrong_s = 400 * DAY_S
    rig.write("notes", "1")
    (rig.source / "gone").unlink()
    computer.run(1)
    rig.write("notes", "2")
    computer.run()
    (last,) = rig.catalog.passlog.passes(limit=1)
    computer.wrong_s = 0
    computer.run(0.5)
    rig.write("notes", "3")
    computer.run()
    versions = list(list_versions(str(rig.history), "notes"))
    assert [(rig.history / version.stored).read_text() for version in versions] == ["0", "1", "2"]
    left_s = [version.left_at.timestamp() - NOW_S for version in (*versions, *list_versions(str(rig.history), "gone"))]
    assert left_s == pytest.approx([HOUR_S, 2 * HOUR_S, 2.5 * HOUR_S, HOUR_S], abs=2)
    # Undoing finds it.
    (change,) = rig.catalog.passlog.changes(last.id)
    assert change.stored is not None
    assert (rig.history / change.stored).read_text() == "1"


def test_after_a_long_rest_the_time_is_right_and_no_version_is_named_anew(computer: Computer) -> None:
    rig = computer.rig
    rig.write("notes", "0")
    computer.run(1)
    computer.be_off(40 * 24)
    rig.write("notes", "1")
    computer.run()
    (version,) = list_versions(str(rig.history), "notes")
    computer.run(30)
    assert list(list_versions(str(rig.history), "notes")) == [version]
    assert aheads(rig.catalog) == ()


@pytest.mark.hazard(50)
@pytest.mark.parametrize(
    "days",
    [(4_800, 63_000), (63_000, 4_800), (4_000, -7_000), (4_000, 3_600, -7_000), (400, -5, 400)],
    ids=lambda days: " ".join(map(str, days)),
)
def test_whatever_times_a_clock_goes_through_what_was_named_meanwhile_gets_its_right_time(
    computer: Computer, days: tuple[int, ...]
) -> None:
    rig = computer.rig
    for number in range(len(days)):
        rig.write(f"gone {number}", f"the last there is of {number}")
    rig.write("notes", "0")
    computer.run(1)
    for number, wrong_days in enumerate(days):
        computer.wrong_s = wrong_days * DAY_S
        rig.write("notes", str(number + 1))
        (rig.source / f"gone {number}").unlink()
        computer.run(1)
    computer.wrong_s = 0
    computer.run(1)
    left_s = [
        version.left_at.timestamp() - NOW_S
        for path in ("notes", *(f"gone {number}" for number in range(len(days))))
        for version in list_versions(str(rig.history), path)
    ]
    hours = range(1, len(days) + 1)
    assert left_s == pytest.approx([hour * HOUR_S for hour in (*hours, *hours)], abs=2)
    assert aheads(rig.catalog) == ()
    # They are kept for all their days.
    computer.run(20 * 24, every_h=12)
    assert {f"the last there is of {number}".encode() for number in range(len(days))} <= {*rig.kept_contents()}


@pytest.mark.hazard(50)
@pytest.mark.parametrize("days", [(1, 400), (1, 400, -1), (0.02, 400, 1), (2, 70_000, 12)])
def test_what_is_named_anew_keeps_its_order_also_where_a_small_step_came_before(
    computer: Computer, days: tuple[float, ...]
) -> None:
    rig = computer.rig
    rig.write("notes", "0")
    computer.run(1)
    number = 0
    for wrong_days in days:
        computer.wrong_s = wrong_days * DAY_S
        for _ in range(2):
            number += 1
            rig.write("notes", str(number))
            computer.run(0.1)
    computer.wrong_s = 0
    computer.run(0.1)
    versions = list(list_versions(str(rig.history), "notes"))
    assert [(rig.history / version.stored).read_text() for version in versions] == [str(n) for n in range(number)]
    assert versions[-1].left_at.timestamp() - NOW_S - computer.true_s < MOST_AHEAD_S


@pytest.mark.hazard(50)
def test_a_time_that_is_believed_is_the_measure_for_what_was_named_by_one_still_further_ahead(
    computer: Computer,
) -> None:
    rig = computer.rig
    for name in ("one", "two", "three"):
        rig.write(name, name)
    computer.run(1)
    computer.wrong_s = 9_000 * DAY_S
    (rig.source / "one").unlink()
    computer.run(1)
    computer.wrong_s = 40 * DAY_S
    (rig.source / "two").unlink()
    computer.run(25)
    assert not computer.look().is_in_doubt
    (one,), (two,) = (list(list_versions(str(rig.history), path)) for path in ("one", "two"))
    left_s = [version.left_at.timestamp() - NOW_S - 40 * DAY_S for version in (one, two)]
    assert left_s == pytest.approx([HOUR_S, 2 * HOUR_S], abs=2)


@pytest.mark.parametrize("text", ["", "x", "nan 1", "1e999 1", "-5 1", "10 1", "1e9"])
def test_a_damaged_memory_of_a_clock_that_was_ahead_names_nothing_anew(catalog: JobDatabase, text: str) -> None:
    catalog.remember(AHEAD_KEY, text)
    assert aheads(catalog) == ()
