"""The history: plain files beside the mirror, which can be found and read without this program or its database.

A version lies in the same folder as it did in the mirror, under its own name with the time at which it left the mirror:
``docs/report~20261122-210605Z.odt``. If two leave in one second, a counter follows the time.

Code here reads only what is asked for, remembers it for a while, and writes nothing.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from backup_gui.engine.destination.marker import read_markers
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.ownership.belonging import whose
from backup_gui.engine.rules.version_names import read_version_name, shortened_paths
from backup_gui.model.entries import Entry, EntryKind, kind_of
from backup_gui.model.errors import NewerDataError
from backup_gui.model.paths import join, parent_of
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Moment

# Files that left the mirror within so many seconds probably belong to one change.
_MOMENT_S = 2.0
_SETTLED_NS = 2_000_000_000
# A version takes about 700 bytes.
_MOST_REMEMBERED = 200_000


class VersionCache:
    """Caches the versions in the folders of one history, as long as the folders do not change."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[tuple[int, int, int], list[Version]]] = OrderedDict()
        self._size = 0

    def versions(self, tree: Tree, folder: str) -> "list[Version]":
        """List the versions in a folder of an open history, as ``versions_in`` does.

        Raises:
            OSError: The folder cannot be read.
        """
        entry = tree.look(folder)
        if entry is None:
            return []
        mark = entry.st_ino, entry.st_mtime_ns, entry.st_ctime_ns
        before, found = self._known.pop(folder, (None, []))
        self._size -= len(found)
        # A folder that has just changed may change again without a new time stamp.
        is_settled = time.time_ns() - entry.st_mtime_ns > _SETTLED_NS
        if before != mark or not is_settled:
            found = versions_in(tree, folder)
        self._known[folder] = mark, found
        self._size += len(found)
        while self._size > _MOST_REMEMBERED and len(self._known) > 1:
            _, (_, oldest) = self._known.popitem(last=False)
            self._size -= len(oldest)
        return found


def moments(history_root: str | None, should_stop: Callable[[], bool]) -> tuple[Moment, ...]:
    """Find the times at which files left the mirror.

    Args:
        history_root: Absolute path of the history; None if there is none.
        should_stop: Polled; returns True to cancel.

    Returns:
        The times, oldest first; files that left within two seconds count as one.

    Raises:
        Cancelled: ``should_stop`` returned True.
        NewerDataError: A later version of the program made the history.
        OSError: The history cannot be read.
    """
    refuse_newer_backup(history_root)
    counts: dict[float, int] = {}
    for version in list_versions(history_root) if history_root is not None else ():
        at = version.left_at.timestamp()
        counts[at] = counts.get(at, 0) + 1
        if should_stop():
            raise Cancelled
    found: list[Moment] = []
    for at in sorted(counts):
        if found and at - found[-1].at <= _MOMENT_S:
            found[-1] = Moment(found[-1].at, found[-1].files + counts[at])
        else:
            found.append(Moment(at, counts[at]))
    return tuple(found)


def refuse_newer_backup(*folders: str | None) -> None:
    """Refuse a mirror or history that a later version of the program made, which may mean something else by its names.

    Args:
        folders: Absolute paths; they need not exist, and None is passed over.

    Raises:
        NewerDataError: The marker of one says so.
    """
    for folder in filter(None, folders):
        for marker in read_markers(folder):
            if marker.is_newer:
                raise NewerDataError(Reason(ReasonCode.NEWER_BACKUP_THERE, detail=whose(marker), path=folder))


class Version(NamedTuple):
    """An earlier content of a path, kept in the history.

    Attributes:
        path: Its path in the mirror; the shortened one if the name was too long.
        left_at: When it left the mirror, UTC.
        number: Counter of versions that left in the same second.
        stored: Its path in the history.
        kind: File or link.
        size_bytes: Its size.
        mtime_ns: When its content was last changed.
    """

    path: str
    left_at: datetime
    number: int
    stored: str
    kind: EntryKind
    size_bytes: int
    mtime_ns: int


def list_versions(history_root: str, path: str = "") -> Iterator[Version]:
    """List the versions of a file, or of everything in and below a folder.

    Args:
        history_root: Absolute path of the history.
        path: Path of the file or folder in the mirror.

    Yields:
        The versions, folder by folder; within a folder by name and then by time, oldest first.

    Raises:
        OSError: The history cannot be read; if it does not exist there are simply no versions.
    """
    try:
        tree = Tree(history_root)
    except FileNotFoundError:
        return
    with tree:
        if path:
            wanted = {path, *shortened_paths(path)}
            yield from (version for version in versions_in(tree, parent_of(path)) if version.path in wanted)
            entry = tree.look(path)
            if entry is None or kind_of(entry) is not EntryKind.FOLDER:
                return
        pending = [path]
        while pending:
            folder = pending.pop()
            yield from versions_in(tree, folder)
            entries = tree.list(folder, {})
            pending.extend(
                join(folder, name)
                for name in sorted(entries, reverse=True)
                if kind_of(entries[name]) is EntryKind.FOLDER
            )


def versions_in(tree: Tree, folder: str) -> list[Version]:
    """List the versions in one folder of an open history.

    Args:
        tree: The history.
        folder: Path of the folder in the mirror.

    Returns:
        The versions by name and then by time, oldest first; none if the folder does not exist. Entries that cannot be
        read are skipped.

    Raises:
        OSError: The folder cannot be read.
    """
    try:
        entries = tree.list(folder, {})
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for stored, entry in entries.items():
        version = _version(folder, stored, entry)
        if version is not None:
            found.append(version)
    return sorted(found, key=lambda version: (version.path, version.left_at, version.number))


def _version(folder: str, stored: str, entry: Entry) -> Version | None:
    kind = kind_of(entry)
    read = read_version_name(stored) if kind in {EntryKind.FILE, EntryKind.LINK} else None
    if read is None:
        return None
    name, left_at, count = read
    return Version(join(folder, name), left_at, count, join(folder, stored), kind, entry.st_size, entry.st_mtime_ns)
