"""Which versions to remove when space is short, and in which order. Reads the mirror, and changes nothing.

First come versions that share a minute with an older one, then those of files that the mirror still has, the oldest
first. What the mirror no longer has exists nowhere else. It is removed only with the user's permission, given by a size
limit or explicitly, and its last version after everything else.

Versions of the last hour stay, however short the space is. Every version stays for that long, and in this time a
mistake is most often noticed. Without this rule, the versions kept by one pass would become the space for the next one,
and a program gone wild would wipe the history of what it destroys. The exception is a file that is written again and
again: its later versions are removed, since the history must not keep its current content out of the mirror. Its oldest
version of the hour stays.
"""

from __future__ import annotations

import stat
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from backup_gui.engine.rules.retention import HOUR_S, MINUTE_S, Ages

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.history.listing import Folder, Version

LEAST_AGE_S: Final = HOUR_S
# A path with more versions in the last hour is being written again and again.
MOST_YOUNG: Final = 3


class Rank(IntEnum):
    """Why a version may be removed; the lowest rank is removed first."""

    JOINED = 0  # another one left in the same minute
    LIVING = 1  # a version of a file that the mirror has
    CROWDED = 2  # one of many versions of such a file in the last hour
    GONE = 3  # a version of a file that the mirror no longer has, but not the last one
    LAST = 4  # the last version of such a file


UNASKED: Final = Rank.CROWDED


class Yielding:
    """Ranks the versions of a history.

    Args:
        target: The destination.
        ages: How old versions are.
        spares_young: Whether versions of the last hour stay without exception.
        protected: Paths in the history of versions that always stay.
    """

    def __init__(
        self, target: DestinationView, ages: Ages, *, spares_young: bool = False, protected: Collection[str] = ()
    ) -> None:
        self._target = target
        self._ages = ages
        self._spares_young = spares_young
        self._protected = protected
        self._before_s = ages.before_s(LEAST_AGE_S)

    def ranks(self, folder: Folder, most: Rank) -> dict[str, Rank]:
        """Rank the versions in one folder of the history, up to the highest rank that may be removed.

        Returns:
            Ranks by path in the history, without the versions that stay.
        """
        found: dict[str, Rank] = {}
        for path, versions in folder.by_path().items():
            past = [version for version in versions if version.stamp.left_s <= self._ages.now_s]
            for version, rank in self._rank(past, is_living=self._is_living(path)):
                if rank is not None and rank <= most and version.stored not in self._protected:
                    found[version.stored] = rank
        return found

    def _rank(self, versions: list[Version], *, is_living: bool) -> list[tuple[Version, Rank | None]]:
        """Rank all versions of one path, oldest first."""
        young = sum(version.stamp.left_s >= self._before_s for version in versions)
        ranked: list[tuple[Version, Rank | None]] = []
        last_minute = -1
        for number, version in enumerate(versions):
            is_last = number == len(versions) - 1
            left_s = version.stamp.left_s
            is_old = left_s < self._before_s
            rank: Rank | None = None
            if left_s // MINUTE_S == last_minute and not is_last and self._ages.age_s(left_s) >= MINUTE_S:
                rank = Rank.JOINED
            elif is_old:
                rank = Rank.LIVING if is_living else Rank.LAST if is_last else Rank.GONE
            elif is_living and not self._spares_young and young > MOST_YOUNG and number > len(versions) - young:
                rank = Rank.CROWDED
            last_minute = left_s // MINUTE_S
            ranked.append((version, rank))
        return ranked

    def _is_living(self, path: str) -> bool:
        """Tell whether the mirror has a file or link at a path; False if it cannot be read."""
        try:
            there = self._target.look(path)
        except OSError:
            return False
        return there is not None and not stat.S_ISDIR(there.st_mode)
