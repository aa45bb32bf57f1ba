"""What the guard remembers of the last hour: each path once, on a clock of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from backup_gui.engine.state import recent_losses as recent_module
from backup_gui.engine.state.recent_losses import FLEETING, MADE, WINDOW_S, Lately, RecentLosses
from backup_gui.engine.state.schema import bring_up_to_date
from backup_gui.model.entries import EntryKind
from backup_gui.model.plans import Action, Op

FILE, FOLDER = EntryKind.FILE, EntryKind.FOLDER


class Times:
    """Two clocks that tests move."""

    def __init__(self) -> None:
        self.wall_at = 1_700_000_000.0
        self.steady_s = 50.0

    def pass_by(self, seconds: float) -> None:
        self.wall_at += seconds
        self.steady_s += seconds


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    bring_up_to_date(made)
    yield made
    made.close()


@pytest.fixture
def recent(connection: sqlite3.Connection, times: Times) -> RecentLosses:
    return open_memory(connection, times)


def open_memory(connection: sqlite3.Connection, times: Times) -> RecentLosses:
    return RecentLosses(connection, wall=lambda: times.wall_at, steady=lambda: times.steady_s)


def deleted(*paths: str) -> list[Action]:
    return [Action(Op.DELETE, path, FILE) for path in paths]


def replaced(*paths: str) -> list[Action]:
    return [Action(Op.REPLACE, path, FILE, old_kind=FILE) for path in paths]


def created(*paths: str) -> list[Action]:
    return [Action(Op.CREATE, path, FILE) for path in paths]


def test_nothing_is_remembered_at_first(recent: RecentLosses) -> None:
    assert recent.look(["a"]) == Lately()
    assert not recent.has_gone()


def test_each_path_counts_once_however_often_it_changes(recent: RecentLosses, times: Times) -> None:
    for _ in range(100):
        times.pass_by(1)
        recent.record(replaced("log", "n\udcff"), FLEETING)
    assert recent.look(["log", "other"]) == Lately(lost=2, counted=frozenset({"log"}))
    recent.record(deleted("log", "x"), FLEETING)
    assert recent.look(["n\udcff", "x"]) == Lately(lost=3, gone=2, old_gone=2, counted=frozenset({"n\udcff", "x"}))


def test_what_is_gone_and_comes_back_is_still_lost_once(recent: RecentLosses) -> None:
    for made in (FLEETING, MADE, None):
        recent.record(deleted("a"), made)
        assert recent.has_gone()
        assert recent.look(["a"]) == Lately(lost=1, gone=1, old_gone=1, counted=frozenset({"a"}))
        recent.record(created("a"), made)
        assert recent.look(["a"]) == Lately(lost=1, counted=frozenset({"a"}))
        assert not recent.has_gone()


def test_a_file_that_comes_and_goes_within_the_hour_is_no_loss(recent: RecentLosses) -> None:
    recent.record(created("draft~"), FLEETING)
    assert recent.look(["draft~"]) == Lately(made=1, counted=frozenset({"draft~"}))
    recent.record(replaced("draft~"), FLEETING)
    recent.record(deleted("draft~"), FLEETING)
    assert recent.look(["draft~"]) == Lately(counted=frozenset({"draft~"}))
    recent.record(created("draft~"), FLEETING)
    assert recent.look(["draft~"]) == Lately(made=1, counted=frozenset({"draft~"}))


def test_what_came_with_many_others_is_a_loss_but_not_an_old_one(recent: RecentLosses) -> None:
    recent.record(created("a", "b"), MADE)
    assert recent.look(["a", "b"]) == Lately(made=2, new=frozenset({"a", "b"}))
    recent.record(deleted("a"), FLEETING)
    recent.record(replaced("b"), FLEETING)
    assert recent.look(["a", "b"]) == Lately(lost=2, gone=1, counted=frozenset({"a", "b"}))


def test_an_import_is_not_remembered(recent: RecentLosses) -> None:
    recent.record(created("a", "b"), None)
    assert recent.look(["a"]) == Lately()


def test_a_change_of_kind_loses_the_file_and_never_the_folder(recent: RecentLosses) -> None:
    recent.record([Action(Op.REPLACE, "a", FOLDER, old_kind=FILE)], FLEETING)
    recent.record([Action(Op.REPLACE, "b", FILE, old_kind=FOLDER)], FLEETING)
    recent.record([Action(Op.DELETE, "c", FOLDER), Action(Op.CREATE, "d", FOLDER)], FLEETING)
    assert recent.look(["a", "b", "c"]) == Lately(lost=1, gone=1, old_gone=1, made=1, counted=frozenset({"a", "b"}))


def test_a_moved_file_takes_its_past_along(recent: RecentLosses) -> None:
    recent.record(replaced("old"), FLEETING)
    recent.record([Action(Op.MOVE, "new", FILE, old_path="old")], FLEETING)
    assert recent.look(["old", "new"]) == Lately(lost=1, counted=frozenset({"new"}))


def test_after_an_hour_it_is_forgotten(recent: RecentLosses, times: Times) -> None:
    recent.record(deleted("a"), FLEETING)
    times.pass_by(WINDOW_S / 2)
    recent.record(deleted("b"), FLEETING)
    times.pass_by(WINDOW_S / 2)
    assert recent.look(["a"]).lost == 2
    times.pass_by(1)
    assert recent.look(["a", "b"]) == Lately(lost=1, gone=1, old_gone=1, counted=frozenset({"b"}))
    recent.record(deleted("c"), FLEETING)
    assert recent.look([]).lost == 2


def test_a_restart_does_not_forget(connection: sqlite3.Connection, recent: RecentLosses, times: Times) -> None:
    recent.record(deleted("a"), FLEETING)
    times.pass_by(WINDOW_S - 1)
    assert open_memory(connection, times).look([]).lost == 1
    times.pass_by(2)
    assert open_memory(connection, times).look([]).lost == 0


@pytest.mark.parametrize("jump_s", [-1e9, -7_200.0, 7_200.0, 1e9])
def test_a_clock_that_is_set_while_it_runs_changes_nothing(recent: RecentLosses, times: Times, jump_s: float) -> None:
    recent.record(deleted("a"), FLEETING)
    times.wall_at += jump_s
    times.pass_by(60)
    assert recent.look([]).lost == 1
    times.pass_by(WINDOW_S)
    assert recent.look([]).lost == 0


def test_a_clock_set_back_between_two_runs_keeps_it_for_longer(
    connection: sqlite3.Connection, recent: RecentLosses, times: Times
) -> None:
    recent.record(deleted("a"), FLEETING)
    times.wall_at -= 1e9
    again = open_memory(connection, times)
    assert again.look([]).lost == 1
    times.pass_by(WINDOW_S + 1)
    assert again.look([]).lost == 0


def test_a_clock_that_cannot_be_read_begins_anew(
    connection: sqlite3.Connection, recent: RecentLosses, times: Times
) -> None:
    recent.record(deleted("a"), FLEETING)
    connection.execute("UPDATE meta SET value = 'noon'")
    assert open_memory(connection, times).look([]).lost == 1


def test_the_users_word_starts_the_hour_anew(recent: RecentLosses) -> None:
    recent.record(deleted("a", "b"), FLEETING)
    recent.start_anew()
    assert recent.look(["a"]) == Lately()


def test_many_paths_are_looked_up_as_single_ones_are(recent: RecentLosses) -> None:
    recent.record(deleted(*(str(number) for number in range(1_500))), FLEETING)
    found = recent.look([str(number) for number in range(1_000, 3_000)])
    assert (found.lost, len(found.counted)) == (1_500, 500)


def test_the_oldest_go_when_there_are_too_many(
    recent: RecentLosses, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_module, "MOST_PATHS", 3)
    for name in "abcde":
        recent.record(deleted(name), FLEETING)
        times.pass_by(1)
    assert recent.look("abcde").counted == frozenset("cde")


def test_what_counted_when_something_began_to_wait_goes_on_counting_for_that(
    recent: RecentLosses, times: Times
) -> None:
    recent.record(deleted("a"), FLEETING)
    times.pass_by(WINDOW_S / 2)
    recent.held_since_s = recent.now_s
    times.pass_by(60)
    recent.record(deleted("soon after"), FLEETING)
    times.pass_by(WINDOW_S * 3)
    recent.record(deleted("b"), FLEETING)
    assert recent.look(["a", "b"]) == Lately(lost=1, gone=1, old_gone=1, counted=frozenset("b"))
    assert recent.look(["a", "b"], since_held=True) == Lately(lost=2, gone=2, old_gone=2, counted=frozenset("ab"))
    recent.held_since_s = None
    recent.record(deleted("c"), FLEETING)
    assert recent.look([], since_held=True).lost == 2


def test_what_came_by_itself_is_told_from_what_came_with_others(recent: RecentLosses) -> None:
    recent.record(created("docs/a~", "docs/b~", "c~"), FLEETING)
    recent.record(created("docs/d"), MADE)
    recent.record(deleted("docs/b~", "e"), FLEETING)
    assert recent.fleeting(["docs/a~", "docs/b~", "c~", "docs/d", "e"]) == {"docs/a~", "c~"}
    assert recent.made_in() == {"docs": 2, "": 1}


def test_what_waits_for_the_users_word_is_nothing_that_comes_and_goes(recent: RecentLosses) -> None:
    recent.record(created("a", "b"), FLEETING)
    recent.count_as_losses(["a", "c"])
    assert recent.fleeting(["a", "b", "c"]) == {"b"}
    recent.record(deleted("a", "b"), FLEETING)
    assert recent.look([]).lost == 1
