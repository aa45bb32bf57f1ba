"""What follows from what a file system can hold."""

from __future__ import annotations

from typing import Any

import pytest

from backup_gui.engine.rules.capabilities import (
    ALL,
    FAT,
    FAT_EARLIEST_NS,
    FAT_LARGEST_BYTES,
    FAT_LATEST_NS,
    NO_LIMIT,
    Capabilities,
    read_capabilities,
    write_capabilities,
)

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS
NOW_NS = 1_600_000_001_500_000_000


def test_the_usual_file_system_limits_nothing() -> None:
    assert (ALL.folds_names, ALL.limits_names, ALL.limits_times) == (False, False, False)
    assert ALL.in_words() == ""
    assert ALL.is_same_time(NOW_NS, NOW_NS)
    assert not ALL.is_same_time(NOW_NS, NOW_NS + 1)
    assert not ALL.is_shifted_time(NOW_NS, NOW_NS + HOUR_NS)


def test_what_is_not_kept_is_said_in_words() -> None:
    assert FAT._replace(largest_bytes=FAT_LARGEST_BYTES).in_words() == (
        "some names, permissions, symbolic links, exact times, files of more than 4294967295 bytes"
    )
    assert Capabilities(holds_times=False).in_words() == "exact times"


@pytest.mark.parametrize(
    "change",
    [
        {"folds_case": True},
        {"folds_forms": True},
        {"forbidden": ":"},
        {"holds_bytes": False},
        {"holds_ends": False},
        {"holds_device_names": False},
    ],
)
def test_each_limit_of_names_counts(change: dict[str, Any]) -> None:
    assert ALL._replace(**change).limits_names


@pytest.mark.parametrize(
    ("ours_ns", "theirs_ns", "is_same"),
    [
        (NOW_NS, NOW_NS - 1_500_000_000, True),
        (NOW_NS, NOW_NS + 2 * SECOND_NS, False),
        (0, FAT_EARLIEST_NS, True),
        (0, 0, False),
        (FAT_LATEST_NS + 10**18, FAT_LATEST_NS, True),
        (FAT_EARLIEST_NS - 1, FAT_EARLIEST_NS + SECOND_NS, True),
    ],
)
def test_times_are_the_same_within_step_and_range(ours_ns: int, theirs_ns: int, is_same: bool) -> None:  # noqa: FBT001
    assert FAT.is_same_time(ours_ns, theirs_ns) is is_same


@pytest.mark.parametrize(
    ("ours_s", "theirs_s", "is_same"),
    [
        (1 << 40, (1 << 31) - 1, True),
        (1 << 40, 15_032_385_535, True),
        ((1 << 31) - 0.5, (1 << 31) - 1, True),
        ((1 << 31) - 2, (1 << 31) - 1, False),
        (-(1 << 40), -(1 << 31), True),
        (0.5 - (1 << 31), -(1 << 31), True),
        (1 - (1 << 31), -(1 << 31), False),
        (-(1 << 40), -11_644_473_600, True),
        (1, 0, False),
        (1 << 40, 4_000_000_000, False),
        (-(1 << 40), -2_000_000_000, False),
        (1 << 40, (1 << 31) - 0.5, False),
    ],
)
def test_a_time_beyond_the_last_one_of_any_file_system_is_the_same_as_that(
    ours_s: float,
    theirs_s: float,
    is_same: bool,  # noqa: FBT001
) -> None:
    assert ALL.is_same_time(int(ours_s * SECOND_NS), int(theirs_s * SECOND_NS)) is is_same


@pytest.mark.parametrize(
    ("shift_ns", "is_shifted"),
    [
        (HOUR_NS, True),
        (-HOUR_NS, True),
        (HOUR_NS + SECOND_NS, True),
        (HOUR_NS - SECOND_NS, True),
        (HOUR_NS + 2 * SECOND_NS, False),
        (HOUR_NS - 2 * SECOND_NS, False),
        (5 * HOUR_NS + 45 * 60 * SECOND_NS, True),
        (26 * HOUR_NS, True),
        (27 * HOUR_NS, False),
        (100 * SECOND_NS, False),
    ],
)
def test_times_of_another_zone_differ_by_quarters_of_hours(shift_ns: int, is_shifted: bool) -> None:  # noqa: FBT001
    assert FAT.is_shifted_time(NOW_NS, NOW_NS + shift_ns) is is_shifted


def test_abilities_are_read_as_they_were_written() -> None:
    for capabilities in (ALL, FAT, Capabilities(forbidden='":\x01', largest_bytes=7, earliest_ns=-NO_LIMIT + 1)):
        assert read_capabilities(write_capabilities(capabilities)) == capabilities


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"folds_case": true}', '"x"'])
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert read_capabilities(text) is None


def test_fields_of_another_sort_are_not_believed() -> None:
    text = write_capabilities(FAT)
    assert read_capabilities(text.replace('"folds_case": true', '"folds_case": 1')) is None
    assert read_capabilities(text.replace('"folds_case"', '"folds_all"')) is None
