"""Splits the listings of a wide folder into portions of some thousand names that match on both sides.

The stat result of a name takes 800 bytes on each side, so only the names of a wide folder are held all at once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from backup_gui.model.paths import encode

# A folder with more names than these is wide.
MOST_AT_ONCE: Final = 20_000
PORTION: Final = 4_096


class Portion(NamedTuple):
    """Consecutive names of a folder in the order of their bytes, which is also the database's order.

    Attributes:
        ours: Names of the source.
        theirs: Names of the mirror.
        after: The last name before these; None for the first of the folder.
        last: The last of these; None for the last of the folder.
    """

    ours: Sequence[str]
    theirs: Sequence[str]
    after: str | None
    last: str | None


def portions(ours: list[str], theirs: list[str]) -> Iterator[Portion]:
    """Sort the names of both sides in place, and yield them in portions."""
    sides = ours, theirs
    for names in sides:
        names.sort(key=encode)
    starts, after = [0, 0], None
    while any(start < len(names) for start, names in zip(starts, sides, strict=True)):
        bounds = [
            names[start + PORTION - 1]
            for start, names in zip(starts, sides, strict=True)
            if start + PORTION < len(names)
        ]
        if not bounds:
            yield Portion(ours[starts[0] :], theirs[starts[1] :], after, None)
            return
        last = min(bounds, key=encode)
        ends = [
            bisect_right(names, encode(last), start, key=encode) for start, names in zip(starts, sides, strict=True)
        ]
        yield Portion(ours[starts[0] : ends[0]], theirs[starts[1] : ends[1]], after, last)
        starts, after = ends, last
