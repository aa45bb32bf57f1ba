"""When passes are due, in seconds on a clock that is only a number here."""

from __future__ import annotations

import math

from backup_gui.engine.rules.backoff import LONGEST_PAUSE_S, QUIET_S
from backup_gui.engine.run.schedule import UNSETTLED_S, Schedule
from backup_gui.engine.watch.dirty_paths import MAX_PATHS, Pending
from backup_gui.model.plans import FULL, Scope

INTERVAL_S, FULL_S = 5.0, 3_600.0
NOTHING = Pending()


def schedule_after_full_pass(at_s: float = 0.0) -> Schedule:
    """Make a schedule whose first full pass has ended."""
    schedule = Schedule(INTERVAL_S, FULL_S, at_s)
    schedule.take_all()
    schedule.full_pass_ended(at_s, at_s, is_polling=False)
    return schedule


def test_the_first_full_pass_is_due_at_once_and_the_next_one_after_its_interval() -> None:
    schedule = Schedule(INTERVAL_S, FULL_S, 7.0)
    assert (schedule.next_s(NOTHING), schedule.is_full_due(7.0)) == (7.0, True)
    assert schedule.take_all() == FULL
    schedule.full_pass_ended(7.0, 10.0, is_polling=False)
    assert (schedule.next_s(NOTHING), schedule.is_full_due(10.0 + FULL_S - 1)) == (10.0 + FULL_S, False)


def test_a_change_waits_for_quiet_but_not_longer_than_the_interval() -> None:
    schedule = schedule_after_full_pass()
    assert schedule.next_s(Pending(1, first_s=10.0, last_s=10.0)) == 10.0 + QUIET_S
    assert schedule.next_s(Pending(9, first_s=10.0, last_s=14.9)) == 10.0 + INTERVAL_S
    assert schedule.next_s(Pending(1, first_s=10.0, last_s=10.0), rested_s=3.0) == 3.0


def test_without_notification_full_passes_take_at_most_half_of_the_time() -> None:
    schedule = Schedule(INTERVAL_S, FULL_S, 0.0)
    for took_s, next_s in ((1.0, INTERVAL_S), (20.0, 40.0), (900.0, 900.0 + LONGEST_PAUSE_S)):
        schedule.take_all()
        schedule.full_pass_ended(0.0, took_s, is_polling=True)
        # What was asked for before is done, so only the new time counts.
        assert schedule.next_s(NOTHING) == next_s


def test_a_failed_pass_is_tried_again_as_a_full_one_in_growing_pauses() -> None:
    schedule = schedule_after_full_pass()
    pauses_s = []
    for _ in range(5):
        schedule.fail(100.0)
        pauses_s.append(schedule.next_s(Pending(1, first_s=50.0, last_s=50.0)) - 100.0)
        assert schedule.is_full_due(100.0)
    assert pauses_s == [5.0, 10.0, 20.0, 40.0, LONGEST_PAUSE_S]
    schedule.recover()
    assert not schedule.is_full_due(100.0)
    schedule.wait_for_root(100.0)
    assert schedule.next_s(NOTHING) == 100.0 + INTERVAL_S


def test_paths_that_were_put_back_are_due_later_each_time() -> None:
    schedule = schedule_after_full_pass()
    now_s, pauses_s = 100.0, []
    for _ in range(7):
        schedule.compare_again(["busy"], now_s)
        due_s = schedule.next_s(NOTHING)
        pauses_s.append(due_s - now_s)
        assert schedule.take_due(due_s - 0.1) == Scope()
        assert schedule.take_due(due_s) == Scope(frozenset({"busy"}))
        now_s = due_s
    assert pauses_s == [UNSETTLED_S, 4.0, 8.0, 16.0, 32.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    # A path that was settled in between begins anew.
    schedule.take_due(now_s)
    schedule.compare_again(["busy"], now_s)
    assert schedule.next_s(NOTHING) == now_s + UNSETTLED_S


def test_too_many_paths_that_were_put_back_become_one_full_pass() -> None:
    schedule = schedule_after_full_pass()
    schedule.compare_again(map(str, range(MAX_PATHS + 1)), 100.0)
    assert schedule.is_full_due(100.0 + UNSETTLED_S)
    assert schedule.take_due(math.inf) == Scope()


def test_paths_with_problems_are_tried_again_in_growing_pauses_while_they_are_the_same() -> None:
    schedule = schedule_after_full_pass()
    problems = Scope(frozenset({"a"}), frozenset({"folder"}))
    now_s, pauses_s = 100.0, []
    for _ in range(3):
        schedule.retry_problems(problems, now_s)
        due_s = schedule.next_s(NOTHING)
        pauses_s.append(due_s - now_s)
        # A pass about something else does not put the next try off.
        schedule.retry_problems(problems, now_s + 1.0)
        assert schedule.next_s(NOTHING) == due_s
        assert schedule.take_due(due_s) == problems
        now_s = due_s
    assert pauses_s == [5.0, 10.0, 20.0]
    schedule.retry_problems(Scope(frozenset({"other"})), now_s)
    assert schedule.next_s(NOTHING) == now_s + INTERVAL_S
    schedule.retry_problems(Scope(), now_s)
    assert schedule.next_s(NOTHING) == FULL_S


def test_another_distance_of_full_passes_moves_the_planned_one_but_not_one_that_was_asked_for() -> None:
    schedule = schedule_after_full_pass()
    schedule.check_every(60.0)
    assert schedule.next_s(NOTHING) == 60.0
    schedule.check_every(7_200.0)
    assert schedule.next_s(NOTHING) == 7_200.0
    schedule.want_full(30.0)
    schedule.check_every(60.0)
    assert schedule.next_s(NOTHING) == 30.0
