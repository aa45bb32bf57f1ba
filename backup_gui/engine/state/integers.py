"""Integers of any size in SQLite, whose integers have 64 bits.

Some file systems have times far beyond the year 2262, in nanoseconds, and sums of sizes can be larger still. A number
that does not fit is stored as its digits in a blob. The blob differs from any number, and can be read back exactly.
"""

from __future__ import annotations

from typing import Final

_LEAST: Final = -(1 << 63)
_MOST: Final = (1 << 63) - 1
UNSIGNED: Final = (1 << 64) - 1


def stored(number: int) -> int | bytes:
    """Return the stored form of a number."""
    return number if _LEAST <= number <= _MOST else b"%d" % number


def read(value: int | bytes) -> int:
    """Return the number from its stored form; ``ValueError`` if it is none, since the file is damaged."""
    return int(value)


def within(number: int) -> int:
    """Return the nearest 64-bit number, for sums that need not be exact."""
    return min(max(number, _LEAST), _MOST)


def signed(number: int) -> int:
    """Return an unsigned 64-bit number, as some file systems have for inodes, as a signed one.

    ``& UNSIGNED`` reverses it. The 128-bit numbers of ReFS lose their upper half.
    """
    number &= UNSIGNED
    return number - (1 << 64) if number > _MOST else number
