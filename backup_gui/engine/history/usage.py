"""How much space the versions in a history take, and which of them are the oldest. Changes nothing.

Space is counted as the system counts it: in blocks, and once for a file with
several hard links. A version that is also a hard link to a file elsewhere, usually in the mirror, takes none.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.destination.reading import open_if_there
from backup_gui.engine.fs.content import never
from backup_gui.engine.history.listing import folders_of, ignore_error
from backup_gui.engine.rules.retention import Stamp
from backup_gui.engine.rules.space import NO_ROOM, Amount
from backup_gui.model.plans import HistorySize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from backup_gui.engine.history.listing import Folder, Version

# How many versions are chosen at a time; they take about 20 MB of memory.
MOST_CHOSEN: Final = 25_000


class _Shared(NamedTuple):
    """A file with several hard links, as far as they were found in the history.

    Attributes:
        names: How many of its links were found.
        links: How many it has.
        size_bytes: The space it takes.
        last: The found link that is removed last; removing it frees the space.
        may_go: Whether all of them may be removed.
    """

    names: int
    links: int
    size_bytes: int
    last: Name
    may_go: bool


# Identifies a link of such a file, and sorts by order of removal: rank, time, path.
Name = tuple[int, Stamp, str]


class UsageCounter:
    """Adds up the space of versions. Holds data of single versions only for files with several hard links."""

    def __init__(self) -> None:
        self._versions = 0
        self._size_bytes = 0
        self._removable_bytes = 0
        self._removable_files = 0
        self._shared: dict[int, _Shared] = {}

    def add_all(
        self, folders: Iterable[Folder], ranks_of: Callable[[Folder], Mapping[str, int]] = lambda _folder: {}
    ) -> None:
        """Count the versions in some folders; for their ranks see ``oldest``."""
        for folder in folders:
            ranks = ranks_of(folder)
            for version in folder.versions:
                self.add(version, ranks.get(version.stored))

    def add(self, version: Version, rank: int | None = None) -> None:
        """Count a version with its rank, as from ``yielding.py``; None if it stays."""
        size_bytes = version.space_bytes
        self._versions += 1
        if version.links == 1:
            self._size_bytes += size_bytes
            if rank is not None:
                self._removable_bytes += size_bytes
                self._removable_files += 1
            return
        name, may_go = (rank or 0, version.stamp, version.stored), rank is not None
        known = self._shared.get(version.inode)
        if known is None:
            self._shared[version.inode] = _Shared(1, version.links, size_bytes, name, may_go)
        else:
            self._shared[version.inode] = known._replace(
                names=known.names + 1, last=max(known.last, name), may_go=known.may_go and may_go
            )

    def last_names(self) -> dict[int, Name]:
        """Return the files whose links may all be removed: inode, and the link that is removed last."""
        own = ((inode, shared) for inode, shared in self._shared.items() if shared.names >= shared.links)
        return {inode: shared.last for inode, shared in own if shared.may_go}

    def size(self) -> HistorySize:
        """Return the size of all versions."""
        size_bytes = self._size_bytes + sum(shared.size_bytes for shared in self._own())
        return HistorySize(size_bytes, self._versions)

    def removable(self) -> Amount:
        """Return what removing everything that may be removed would free."""
        own = [shared for shared in self._own() if shared.may_go]
        size_bytes = self._removable_bytes + sum(shared.size_bytes for shared in own)
        return Amount(size_bytes, self._removable_files + len(own))

    def _own(self) -> Iterator[_Shared]:
        return (shared for shared in self._shared.values() if shared.names >= shared.links)


def measure(history_root: str, should_stop: Callable[[], bool] = never) -> HistorySize | None:
    """Measure a history; None if cancelled. Takes seconds for a large one, so do not call it in a window's thread.

    The contents of what cannot be read do not count. A history that does not exist is empty.

    Raises:
        OSError: It cannot be read at all.
    """
    tally = UsageCounter()
    history = open_if_there(history_root)
    if history is None:
        return tally.size()
    with history:
        tally.add_all(folders_of(history, should_stop, ignore_error))
    return None if should_stop() else tally.size()


class Candidate(NamedTuple):
    """A version that may be removed; the later it is removed, the smaller.

    Attributes:
        order_key: Rank, time and counter, negated, so that what is removed last sorts first.
        is_free: False if removing it frees the file's space; True for the file's other hard links.
        stored: Its path in the history.
        freed: What removing it frees.
        inode: Its inode when it was chosen.
    """

    order_key: tuple[int, int, int]
    is_free: bool
    stored: str
    freed: Amount
    inode: int


def oldest(
    folders: Iterable[Folder],
    needed: Amount,
    ranks_of: Callable[[Folder], Mapping[str, int]],
    last_names: dict[int, Name],
) -> list[Candidate]:
    """Choose the versions to remove, lowest rank first and then oldest first, in the order of removal.

    At most ``MOST_CHOSEN``, and no more than needed.

    Args:
        folders: The history.
        needed: How much to free.
        ranks_of: Returns the ranks of a folder's versions by their paths in the history; versions without a rank stay.
        last_names: From ``UsageCounter.last_names``: files whose links may all be removed. Their links are removed
            together, at the position of the last one.
    """
    chosen: list[Candidate] = []
    size_bytes = files = 0
    for folder in folders:
        ranks = ranks_of(folder)
        for version in folder.versions:
            rank = ranks.get(version.stored)
            candidate = None if rank is None else _candidate(version, rank, needed, last_names)
            if candidate is None:
                continue
            heapq.heappush(chosen, candidate)
            size_bytes += candidate.freed.bytes
            files += candidate.freed.files
            while chosen and (
                len(chosen) > MOST_CHOSEN
                or (
                    size_bytes - chosen[0].freed.bytes >= needed.bytes and files - chosen[0].freed.files >= needed.files
                )
            ):
                youngest = heapq.heappop(chosen)
                size_bytes -= youngest.freed.bytes
                files -= youngest.freed.files
    return sorted(chosen, reverse=True)


def _candidate(version: Version, rank: int, needed: Amount, last_names: dict[int, Name]) -> Candidate | None:
    """Return the candidate for a version; None if removing it frees nothing that is needed."""
    stamp = version.stamp
    freed = Amount(version.space_bytes, 1)
    is_last_name = True
    if version.links > 1:
        last = last_names.get(version.inode)
        if last is None:
            return None
        is_last_name = (rank, stamp, version.stored) == last
        rank, stamp, freed = last[0], last[1], freed if is_last_name else NO_ROOM
    elif not freed.bytes and not needed.files:
        return None
    return Candidate((-rank, -stamp.left_s, -stamp.number), not is_last_name, version.stored, freed, version.inode)
