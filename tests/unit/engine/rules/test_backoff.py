"""Pauses between tries grow, but never beyond a minute."""

from __future__ import annotations

import pytest

from backup_gui.engine.rules.backoff import LONGEST_PAUSE_S, growing_pause_s


def test_a_pause_doubles_with_each_failure_up_to_a_minute() -> None:
    assert [growing_pause_s(5, times) for times in range(5)] == [5, 10, 20, 40, LONGEST_PAUSE_S]


@pytest.mark.parametrize(("first_s", "times"), [(3_600.0, 0), (5.0, 10**6)])
def test_no_interval_and_no_number_of_failures_makes_a_pause_longer(first_s: float, times: int) -> None:
    assert growing_pause_s(first_s, times) == LONGEST_PAUSE_S
