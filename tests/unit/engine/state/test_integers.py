"""Numbers of any size go into SQLite and come back exactly; sums stop at 64 bits."""

from __future__ import annotations

import sqlite3

import pytest

from backup_gui.engine.state.integers import read, stored, within

LEAST, MOST = -(1 << 63), (1 << 63) - 1


@pytest.mark.parametrize("number", [0, -1, LEAST, MOST, LEAST - 1, MOST + 1, 10**30, -(10**30)])
def test_a_number_comes_back_as_it_was_stored(number: int) -> None:
    connection = sqlite3.connect(":memory:")
    found = connection.execute("SELECT ?", (stored(number),)).fetchone()[0]
    connection.close()
    assert read(found) == number


def test_only_what_does_not_fit_is_stored_in_another_form() -> None:
    assert [type(stored(number)) for number in (LEAST - 1, LEAST, MOST, MOST + 1)] == [bytes, int, int, bytes]


def test_what_is_no_number_is_damage() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        read(b"x")


def test_a_sum_stops_at_64_bits() -> None:
    assert [within(number) for number in (LEAST - 1, -5, 5, MOST + 1)] == [LEAST, -5, 5, MOST]
