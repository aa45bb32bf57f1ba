"""Which versions stay: one of each minute, hour and day, and what each of them can be restored from."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.rules.retention import DAY_S, HOUR_S, MINUTE_S, Ages, Stamp, thin

# Noon of a day, UTC.
NOW_S = 20_000 * DAY_S + 12 * HOUR_S
DAYS = 30


def kept(*ages_s: int, days: int = DAYS, now_s: int = NOW_S) -> list[int]:
    """The ages of the versions that stay, youngest first."""
    stamps = [Stamp(NOW_S - age_s, 0) for age_s in ages_s]
    gone = set(thin(stamps, Ages(now_s), days).surplus)
    return sorted(NOW_S - stamp.left_s for stamp in stamps if stamp not in gone)


def test_no_versions_are_thinned_to_none() -> None:
    assert thin((), Ages(NOW_S), DAYS) == ((), math.inf)


def test_every_version_of_the_last_minute_stays() -> None:
    stamps = [Stamp(NOW_S - age_s, number) for age_s in range(MINUTE_S) for number in range(3)]
    assert thin(stamps, Ages(NOW_S), DAYS).surplus == ()


def test_one_of_each_minute_stays_for_an_hour_and_it_is_the_oldest() -> None:
    ages = [*range(121, 181, 7), *range(601, 661, 7)]
    assert kept(30, *ages) == [30, 177, 657]


def test_one_of_each_hour_stays_for_a_day_and_one_of_each_day_after_that() -> None:
    hours = [at * HOUR_S + minute * 600 for at in range(1, 3) for minute in range(6)]
    assert kept(0, *hours) == [0, 1 * HOUR_S, 2 * HOUR_S, 2 * HOUR_S + 3000]
    days = [at * DAY_S + hour * HOUR_S for at in (3, 4) for hour in range(4)]
    assert kept(0, *days) == [0, 3 * DAY_S + 3 * HOUR_S, 4 * DAY_S + 3 * HOUR_S]


def test_many_edits_a_second_leave_one_a_minute() -> None:
    stamps = [Stamp(NOW_S - 300 + second, number) for second in range(120) for number in range(100)]
    surplus = set(thin(stamps, Ages(NOW_S), DAYS).surplus)
    left = [stamp for stamp in stamps if stamp not in surplus]
    assert left == [Stamp(NOW_S - 300, 0), Stamp(NOW_S - 240, 0), Stamp(NOW_S - 181, 99)]


def test_the_newest_version_stays_since_it_is_the_last_of_a_path_that_was_deleted() -> None:
    morning, evening = 3 * DAY_S + 9 * HOUR_S, 3 * DAY_S
    assert kept(morning, morning - 60, evening) == [evening, morning]


def test_all_go_at_the_limit_the_newest_too() -> None:
    limit = DAYS * DAY_S
    assert kept(limit - 1) == [limit - 1]
    assert kept(limit) == []
    assert kept(limit, limit + 1, 10 * limit) == []
    assert kept(DAY_S - 1, DAY_S, days=1) == [DAY_S - 1]


def test_without_a_limit_everything_stays() -> None:
    ages = [0, *range(100, 200), 10**9]
    assert kept(*ages, days=0) == sorted(ages)
    assert thin([Stamp(0, 0)], Ages(NOW_S), 0).next_s == math.inf


def test_versions_from_the_future_stay_and_do_not_count() -> None:
    future = [-HOUR_S, -HOUR_S + 1, -(10**9)]
    assert kept(*future, 200) == [*sorted(future), 200]
    # The newest of the past is the newest.
    evening, morning = 3 * DAY_S, 3 * DAY_S + 9 * HOUR_S
    assert kept(-HOUR_S, evening, morning) == [-HOUR_S, evening, morning]
    # The clock was set back by two months: everything seems to be from the future.
    ages = list(range(1000, 1100))
    assert kept(*ages, now_s=NOW_S - 60 * DAY_S) == ages


@pytest.mark.parametrize("age_s", [0, MINUTE_S, HOUR_S, DAY_S, 29 * DAY_S])
def test_a_single_version_is_quiet_until_its_end(age_s: int) -> None:
    assert thin([Stamp(NOW_S - age_s, 0)], Ages(NOW_S), DAYS) == ((), NOW_S - age_s + DAYS * DAY_S)


STAMPS = st.lists(
    st.builds(
        Stamp,
        # Many close together, at all ages, some of them from the future.
        st.integers(-2 * HOUR_S, 40 * DAY_S).map(lambda age_s: NOW_S - age_s)
        | st.integers(0, 3 * HOUR_S).map(lambda age_s: NOW_S - age_s)
        | st.integers(0, 4000).map(lambda steps: NOW_S - steps * 613),
        st.integers(0, 3),
    ),
    max_size=60,
    unique=True,
)
LIMITS = st.integers(0, 40)


def left_of(stamps: list[Stamp], now_s: float, days: int) -> list[Stamp]:
    surplus = thin(stamps, Ages(now_s), days).surplus
    assert set(surplus) <= set(stamps)
    assert len(set(surplus)) == len(surplus)
    return sorted(set(stamps) - set(surplus))


@given(STAMPS, LIMITS)
def test_thinning_twice_changes_nothing(stamps: list[Stamp], days: int) -> None:
    left = left_of(stamps, NOW_S, days)
    assert thin(left, Ages(NOW_S), days).surplus == ()


@given(STAMPS, st.integers(1, 40))
def test_of_each_span_in_range_exactly_the_oldest_stays_and_of_the_path_the_newest(
    stamps: list[Stamp], days: int
) -> None:
    spans: dict[tuple[int, int], list[Stamp]] = defaultdict(list)
    expected = {stamp for stamp in stamps if stamp.left_s > NOW_S - MINUTE_S}
    in_range = sorted(stamp for stamp in stamps if NOW_S - days * DAY_S < stamp.left_s <= NOW_S)
    for stamp in in_range:
        age_s = NOW_S - stamp.left_s
        length_s = MINUTE_S if age_s < HOUR_S else HOUR_S if age_s < DAY_S else DAY_S
        spans[length_s, stamp.left_s // length_s].append(stamp)
    expected |= {min(span) for span in spans.values()} | set(in_range[-1:])
    assert left_of(stamps, NOW_S, days) == sorted(expected)


def content_at(stamps: list[Stamp], at_s: int) -> Stamp | None:
    """What the mirror had at a time is what left it first from then on."""
    return min((stamp for stamp in stamps if stamp.left_s >= at_s), default=None)


@pytest.mark.hazard(45)
@given(STAMPS, st.lists(st.integers(0, 6 * HOUR_S), max_size=4))
def test_the_state_at_each_full_hour_and_midnight_outlives_any_number_of_thinnings(
    stamps: list[Stamp], pauses_s: list[int]
) -> None:
    left, now_s = stamps, NOW_S
    for pause_s in (0, *pauses_s):
        now_s += pause_s
        left = left_of(left, now_s, DAYS)
    for step_s, range_s in ((HOUR_S, DAY_S), (DAY_S, DAYS * DAY_S)):
        at_s = now_s // step_s * step_s
        while at_s > now_s - range_s:
            assert content_at(left, at_s) == content_at(stamps, at_s)
            at_s -= step_s


@given(STAMPS, st.integers(1, 40))
def test_nothing_has_to_go_before_the_time_that_was_told(stamps: list[Stamp], days: int) -> None:
    next_s = thin(stamps, Ages(NOW_S), days).next_s
    left = left_of(stamps, NOW_S, days)
    if math.isinf(next_s):
        assert left == []
        return
    assert next_s > NOW_S
    assert thin(left, Ages(next_s - 1), days).surplus == ()
