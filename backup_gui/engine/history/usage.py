"""What a history holds: how much room its versions take, and which of them are the oldest. Looks, and changes nothing.

One folder is in memory at a time. Room is counted as the system counts it: in blocks, and once for a file that has
several names. A version that is also a name of a file elsewhere, in the mirror above all, takes none.
"""

from __future__ import annotations

import heapq
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.fs.content import never
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.retention import Stamp
from backup_gui.engine.rules.space import NO_ROOM, Amount
from backup_gui.engine.rules.version_names import read_version_name
from backup_gui.model.paths import join
from backup_gui.model.plans import HistorySize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from backup_gui.model.entries import Entry

# So many versions are chosen at a time: some 20 MB of memory.
MOST_CHOSEN: Final = 25_000
_BLOCK_BYTES: Final = 512


class Stored(NamedTuple):
    """One version as it lies in the history.

    Attributes:
        stamp: When it left the mirror.
        name: The name that its path had in the mirror, without the folder.
        stored: Its path in the history.
        entry: What is there.
    """

    stamp: Stamp
    name: str
    stored: str
    entry: Entry


class Folder(NamedTuple):
    """One folder of the history.

    Attributes:
        path: Its path.
        versions: The versions in it, in no order.
        has_others: Whether anything else is in it.
    """

    path: str
    versions: list[Stored]
    has_others: bool


def folders_of(
    history: Tree, should_stop: Callable[[], bool], on_error: Callable[[str, OSError], None]
) -> Iterator[Folder]:
    """List a history folder by folder; never through a link, and never on another volume.

    Args:
        history: The history.
        should_stop: Asked before each folder; the list then ends early.
        on_error: Told of each folder that cannot be read, and of what cannot be looked at, and why; the others follow.

    Yields:
        The folders, each before those in it.
    """
    device = history.root_entry.st_dev
    pending = [""]
    while pending and not should_stop():
        path = pending.pop()
        refused: dict[str, OSError] = {}
        try:
            entries = history.list(path, refused)
        except FileNotFoundError:
            continue
        except OSError as error:
            on_error(path, error)
            continue
        for name, why in refused.items():
            on_error(join(path, name), why)
        versions = []
        for stored, entry in entries.items():
            mode = entry.st_mode
            if stat.S_ISDIR(mode):
                if entry.st_dev == device:
                    pending.append(join(path, stored))
                continue
            read = read_version_name(stored) if stat.S_ISREG(mode) or stat.S_ISLNK(mode) else None
            if read is not None:
                name, left_at, count = read
                versions.append(Stored(Stamp(int(left_at.timestamp()), count), name, join(path, stored), entry))
        yield Folder(path, versions, len(versions) < len(entries) + len(refused))


def occupied_bytes(entry: Entry) -> int:
    """Return how much room a file takes on its volume, whatever its length."""
    blocks: int | None = getattr(entry, "st_blocks", None)
    return entry.st_size if blocks is None else blocks * _BLOCK_BYTES


class _Shared(NamedTuple):
    """A file with several names, as far as they were found in the history.

    Attributes:
        names: How many of its names were found.
        links: How many it has.
        size_bytes: What it takes.
        last: The one of the names found that goes last: with it, the room becomes free.
        may_go: Whether all of them may go.
    """

    names: int
    links: int
    size_bytes: int
    last: Name
    may_go: bool


# What tells a version of a file with several names from the others, in the order in which they go: rank, time, path.
Name = tuple[int, Stamp, str]


class Tally:
    """Adds up what versions take. Remembers nothing of a version, unless its file has several names."""

    def __init__(self) -> None:
        self._versions = 0
        self._oldest_s: int | None = None
        self._size_bytes = 0
        self._removable_bytes = 0
        self._removable_files = 0
        self._shared: dict[int, _Shared] = {}

    def add(self, version: Stored, rank: int | None = None) -> None:
        """Count a version.

        Args:
            version: The version.
            rank: Which ones go before it, as from ``yielding.py``; None if it stays.
        """
        stamp, entry = version.stamp, version.entry
        size_bytes = occupied_bytes(entry)
        self._versions += 1
        if self._oldest_s is None or stamp.left_s < self._oldest_s:
            self._oldest_s = stamp.left_s
        if entry.st_nlink == 1:
            self._size_bytes += size_bytes
            if rank is not None:
                self._removable_bytes += size_bytes
                self._removable_files += 1
            return
        name, may_go = (rank or 0, stamp, version.stored), rank is not None
        known = self._shared.get(entry.st_ino)
        if known is None:
            self._shared[entry.st_ino] = _Shared(1, entry.st_nlink, size_bytes, name, may_go)
        else:
            self._shared[entry.st_ino] = known._replace(
                names=known.names + 1, last=max(known.last, name), may_go=known.may_go and may_go
            )

    def last_names(self) -> dict[int, Name]:
        """Return the files that can go with all their several names: inode, and the name that goes last."""
        own = ((inode, shared) for inode, shared in self._shared.items() if shared.names >= shared.links)
        return {inode: shared.last for inode, shared in own if shared.may_go}

    def size(self) -> HistorySize:
        """Return what all versions take."""
        size_bytes = self._size_bytes + sum(shared.size_bytes for shared in self._own())
        return HistorySize(size_bytes, self._versions, self._oldest_s)

    def removable(self) -> Amount:
        """Return what would be free if all went that may go."""
        own = [shared for shared in self._own() if shared.may_go]
        size_bytes = self._removable_bytes + sum(shared.size_bytes for shared in own)
        return Amount(size_bytes, self._removable_files + len(own))

    def _own(self) -> Iterator[_Shared]:
        return (shared for shared in self._shared.values() if shared.names >= shared.links)


def _pass_over(_path: str, _error: OSError) -> None:
    """Leave a folder out that cannot be read."""


def measure(
    history_root: str,
    should_stop: Callable[[], bool] = never,
    on_error: Callable[[str, OSError], None] = _pass_over,
) -> HistorySize | None:
    """Measure a history; takes some seconds for a large one, so never in a window's thread.

    Args:
        history_root: Absolute path of the history.
        should_stop: Asked between folders.
        on_error: Told of each folder that cannot be read, and why; what is in it is not counted.

    Returns:
        What is in it; None if it was stopped.

    Raises:
        OSError: It cannot be read at all. One that does not exist is simply empty.
    """
    tally = Tally()
    try:
        history = Tree(history_root)
    except FileNotFoundError:
        return tally.size()
    with history:
        add_up(tally, folders_of(history, should_stop, on_error))
    return None if should_stop() else tally.size()


def add_up(tally: Tally, folders: Iterable[Folder]) -> None:
    """Count all versions in some folders."""
    for folder in folders:
        for version in folder.versions:
            tally.add(version)


class Candidate(NamedTuple):
    """A version that may go; the later it goes, the smaller.

    Attributes:
        order_key: Rank, time and counter, negative, so that what goes last comes first.
        is_free: False for the one of several names with which its file's room becomes free.
        stored: Its path in the history.
        freed: What becomes free with it.
        inode: What was there when it was chosen.
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
    """Choose the versions that go first, of the same rank the oldest, just as many as are needed.

    Args:
        folders: The history.
        needed: What is to become free.
        ranks_of: Returns the ranks of a folder's versions by their paths in the history; what has none stays.
        last_names: From ``Tally.last_names``: files that can go with all their names. These go together, as if all
            went as late as the last of them.

    Returns:
        The versions, as they go: at most ``MOST_CHOSEN``, and fewer than are needed if there are no more.
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


def _candidate(version: Stored, rank: int, needed: Amount, last_names: dict[int, Name]) -> Candidate | None:
    """Make a candidate of a version; None if nothing that is needed becomes free with it."""
    stamp, entry = version.stamp, version.entry
    freed = Amount(occupied_bytes(entry), 1)
    is_last_name = True
    if entry.st_nlink > 1:
        last = last_names.get(entry.st_ino)
        if last is None:
            return None
        is_last_name = (rank, stamp, version.stored) == last
        rank, stamp, freed = last[0], last[1], freed if is_last_name else NO_ROOM
    elif not freed.bytes and not needed.files:
        return None
    return Candidate((-rank, -stamp.left_s, -stamp.number), not is_last_name, version.stored, freed, entry.st_ino)
