"""Which versions give way when room is short, and in which order. Looks at the mirror, and changes nothing.

Versions that share a minute with an older one go first, then those of files that still live in the mirror, the oldest
first. What the mirror does not have any more exists nowhere else: it goes only if the user has said so, by a limit to
the history's size or by a plain word, and the last version of it after all others.

What left the mirror less than an hour ago stays, however short the room is. That is as long as every version stays; in
this time a mistake is most often noticed; and without it, the versions that one pass keeps would be the room that the
next one writes to, so that a program gone wild wipes the history of what it destroys. Only of a file that is written
again and again the later ones go: the history must not keep its current content out. The oldest one of the hour stays.
"""

from __future__ import annotations

import stat
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from backup_gui.engine.rules.retention import HOUR_S, MINUTE_S, Ages
from backup_gui.model.paths import join

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.destination.destination import Target
    from backup_gui.engine.history.usage import Folder, Stored

LEAST_AGE_S: Final = HOUR_S
# A path with more versions of the last hour than this is written again and again.
MOST_YOUNG: Final = 3


class Rank(IntEnum):
    """Why a version may go; the lowest go first."""

    JOINED = 0  # another one left in the same minute
    LIVING = 1  # a version of a file that the mirror has
    CROWDED = 2  # one of many of the last hour of such a file
    GONE = 3  # a version of what the mirror does not have any more, but not the last one
    LAST = 4  # the last of it


UNASKED: Final = Rank.CROWDED


class Yielding:
    """Ranks the versions of a history.

    Args:
        target: The destination.
        ages: How old versions are.
        spares_young: Whether what left the mirror less than an hour ago stays without exception.
        protected: Versions that stay in any case: their paths in the history.
    """

    def __init__(
        self, target: Target, ages: Ages, *, spares_young: bool = False, protected: Collection[str] = ()
    ) -> None:
        self._target = target
        self._ages = ages
        self._spares_young = spares_young
        self._protected = protected
        self._before_s = ages.before_s(LEAST_AGE_S)

    def ranks(self, folder: Folder, most: Rank) -> dict[str, Rank]:
        """Rank the versions in one folder of the history.

        Args:
            folder: The folder.
            most: What has a higher rank stays.

        Returns:
            By the path in the history; what stays is left out.
        """
        by_name: dict[str, list[Stored]] = {}
        for version in folder.versions:
            if version.stamp.left_s <= self._ages.now_s:
                by_name.setdefault(version.name, []).append(version)
        found: dict[str, Rank] = {}
        for name, versions in by_name.items():
            versions.sort()
            for version, rank in self._rank(versions, is_living=self._is_living(join(folder.path, name))):
                if rank is not None and rank <= most and version.stored not in self._protected:
                    found[version.stored] = rank
        return found

    def _rank(self, versions: list[Stored], *, is_living: bool) -> list[tuple[Stored, Rank | None]]:
        """Rank all versions of one path, the oldest first."""
        young = sum(version.stamp.left_s >= self._before_s for version in versions)
        ranked: list[tuple[Stored, Rank | None]] = []
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
        """Tell whether the mirror has a file or link at a path; what cannot be told counts as gone."""
        try:
            there = self._target.look(path)
        except OSError:
            return False
        return there is not None and not stat.S_ISDIR(there.st_mode)
