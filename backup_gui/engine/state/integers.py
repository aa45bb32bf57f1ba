"""Whole numbers of any size in SQLite, which has 64 bits for one.

File systems have times far beyond the year 2262, in nanoseconds, and a sum of sizes can be longer still. What does not
fit is stored as its digits in a blob: that compares as another value than any number, and reads back exactly.
"""

from __future__ import annotations

from typing import Final

_LEAST: Final = -(1 << 63)
_MOST: Final = (1 << 63) - 1


def stored(number: int) -> int | bytes:
    """Return the form in which a number is stored."""
    return number if _LEAST <= number <= _MOST else b"%d" % number


def read(value: int | bytes) -> int:
    """Return the number that is stored.

    Raises:
        ValueError: It is none: the file is damaged.
    """
    return int(value)


def within(number: int) -> int:
    """Return the nearest number that has 64 bits, for sums that nobody needs to know more exactly."""
    return min(max(number, _LEAST), _MOST)
