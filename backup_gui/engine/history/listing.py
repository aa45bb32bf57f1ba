"""The history: plain files beside the mirror, which can be found and read without this program or its database.

A version lies in the same folder as it did in the mirror, under its own name with the time at which it left the mirror:
``docs/report~20261122-210605Z.odt``. If two leave in one second, a counter follows the time.

Code here reads only what is asked for, remembers it for a while, and writes nothing.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from backup_gui.engine.destination.reading import open_if_there, refuse_newer_backup
from backup_gui.engine.fs.content import Cancelled, never
from backup_gui.engine.fs.tree_view import TreeView
from backup_gui.engine.rules.retention import Stamp
from backup_gui.engine.rules.version_names import read_version_name, shortened_paths
from backup_gui.model.entries import Entry, EntryKind, kind_of
from backup_gui.model.paths import join, parent_of
from backup_gui.model.restores import Moment

# Files that left the mirror within so many seconds probably belong to one change.
_MOMENT_S = 2.0
_SETTLED_NS = 2_000_000_000
# A version takes about 500 bytes; with its stat result it would take twice as much.
_MOST_REMEMBERED = 200_000
_BLOCK_BYTES: Final = 512


class Version(NamedTuple):
    """An earlier content of a path, kept in the history.

    Attributes:
        path: Its path in the mirror; the shortened one if the name was too long.
        stamp: When it left the mirror.
        stored: Its path in the history.
        kind: File or link.
        size_bytes: Its size.
        mtime_ns: When its content was last changed.
        space_bytes: How much space it takes on its volume, whatever its size.
        inode: Its inode.
        links: How many hard links it has.
    """

    path: str
    stamp: Stamp
    stored: str
    kind: EntryKind
    size_bytes: int
    mtime_ns: int
    space_bytes: int
    inode: int
    links: int

    @property
    def left_at(self) -> datetime:
        """Return when it left the mirror, UTC."""
        return datetime.fromtimestamp(self.stamp.left_s, UTC)


class Folder(NamedTuple):
    """A folder of the history.

    Attributes:
        path: Its path.
        versions: The versions in it, in no order.
        folders: Paths of the folders in it on the same volume, in no order.
        has_others: Whether it contains anything but versions.
    """

    path: str
    versions: list[Version]
    folders: list[str]
    has_others: bool

    def by_path(self) -> dict[str, list[Version]]:
        """Return the versions of each path in the mirror, oldest first."""
        found: dict[str, list[Version]] = {}
        for version in sorted(self.versions):
            found.setdefault(version.path, []).append(version)
        return found


NO_FOLDER: Final = Folder("", [], [], has_others=False)


class VersionCache:
    """Caches the folders of one history, as long as they do not change."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[tuple[int, int, int], Folder]] = OrderedDict()
        self._size = 0

    def folder(self, tree: TreeView, path: str) -> Folder:
        """Read a folder of an open history, as ``read_folder`` does.

        Raises:
            OSError: The folder cannot be read.
        """
        entry = tree.look(path)
        if entry is None:
            return NO_FOLDER
        mark = entry.st_ino, entry.st_mtime_ns, entry.st_ctime_ns
        before, found = self._known.pop(path, (None, NO_FOLDER))
        self._size -= len(found.versions)
        # A folder that has just changed may change again without a new time stamp.
        is_settled = time.time_ns() - entry.st_mtime_ns > _SETTLED_NS
        if before != mark or not is_settled:
            found = read_folder(tree, path)
        self._known[path] = mark, found
        self._size += len(found.versions)
        while self._size > _MOST_REMEMBERED and len(self._known) > 1:
            _, (_, oldest) = self._known.popitem(last=False)
            self._size -= len(oldest.versions)
        return found


def moments(history_root: str | None, should_stop: Callable[[], bool]) -> tuple[Moment, ...]:
    """Find the times at which files left the mirror, oldest first; files that left within two seconds count as one.

    Raises:
        Cancelled: ``should_stop`` returned True.
        NewerDataError: A later version of the program made the history.
        OSError: The history cannot be read.
    """
    refuse_newer_backup(history_root)
    counts: Counter[int] = Counter()
    for version in list_versions(history_root) if history_root is not None else ():
        counts[version.stamp.left_s] += 1
        if should_stop():
            raise Cancelled
    found: list[Moment] = []
    for at in sorted(counts):
        if found and at - found[-1].at <= _MOMENT_S:
            found[-1] = Moment(found[-1].at, found[-1].files + counts[at])
        else:
            found.append(Moment(at, counts[at]))
    return tuple(found)


def list_versions(history_root: str, path: str = "") -> Iterator[Version]:
    """List the versions of a file, or of everything in and below a folder; none if there is no history.

    Yields:
        The versions, folder by folder; within a folder by name and then by time, oldest first.

    Raises:
        OSError: The history cannot be read; if it does not exist there are simply no versions.
    """
    tree = open_if_there(history_root)
    if tree is None:
        return
    with tree:
        if path:
            wanted = {path, *shortened_paths(path)}
            found = read_folder(tree, parent_of(path)).versions
            yield from sorted(version for version in found if version.path in wanted)
            entry = tree.look(path)
            if entry is None or kind_of(entry) is not EntryKind.FOLDER:
                return
        for folder in folders_of(tree, top=path):
            yield from sorted(folder.versions)


def read_folder(tree: TreeView, path: str) -> Folder:
    """Read one folder of an open history; an empty one if it does not exist. Skips entries that cannot be read.

    Raises:
        OSError: The folder cannot be read.
    """
    try:
        return _read_folder(tree, path, {})
    except (FileNotFoundError, NotADirectoryError):
        return NO_FOLDER


def ignore_error(_path: str, _error: OSError) -> None:
    """Skip what cannot be read: for ``folders_of``."""


def folders_of(
    history: TreeView,
    should_stop: Callable[[], bool] = never,
    on_error: Callable[[str, OSError], None] | None = None,
    top: str = "",
) -> Iterator[Folder]:
    """List a history folder by folder, without following links or entering other volumes.

    Args:
        history: The history.
        should_stop: Polled before each folder; returns True to end the list early.
        on_error: Called with each path that cannot be read, and the error; the others follow. None skips single entries
            that cannot be read, and raises the error of a folder.
        top: The folder to begin with.

    Yields:
        The folders by name, each before those in it. Only one is in memory at a time.

    Raises:
        OSError: A folder cannot be read, and ``on_error`` is None.
    """
    pending = [top]
    while pending and not should_stop():
        path = pending.pop()
        refused: dict[str, OSError] = {}
        try:
            folder = _read_folder(history, path, refused)
        except FileNotFoundError:
            continue
        except OSError as error:
            if on_error is None:
                raise
            on_error(path, error)
            continue
        if on_error is not None:
            for name, why in refused.items():
                on_error(join(path, name), why)
        pending.extend(sorted(folder.folders, reverse=True))
        yield folder


def _read_folder(history: TreeView, path: str, refused: dict[str, OSError]) -> Folder:
    """Read one folder; entries that cannot be read go to ``refused``."""
    device = history.root_entry.st_dev
    entries = history.list(path, refused)
    versions: list[Version] = []
    folders: list[str] = []
    for name, entry in entries.items():
        kind = kind_of(entry)
        stored = join(path, name)
        if kind is EntryKind.FOLDER:
            if entry.st_dev == device:
                folders.append(stored)
        elif kind is not EntryKind.SPECIAL and (read := read_version_name(name)) is not None:
            its_name, left_at, number = read
            versions.append(
                Version(
                    join(path, its_name),
                    Stamp(int(left_at.timestamp()), number),
                    stored,
                    kind,
                    entry.st_size,
                    entry.st_mtime_ns,
                    occupied_bytes(entry),
                    entry.st_ino,
                    entry.st_nlink,
                )
            )
    return Folder(path, versions, folders, len(versions) < len(entries) + len(refused))


def occupied_bytes(entry: Entry) -> int:
    """Return how much space a file takes on its volume, whatever its length."""
    blocks: int | None = getattr(entry, "st_blocks", None)
    return entry.st_size if blocks is None else blocks * _BLOCK_BYTES
