"""The history: plain files beside the mirror, found, read and restored from without this program or its catalog.

A version lies in the same folder as it did in the mirror, under its own name with the time at which it left the
mirror: ``docs/report~20261122-210605Z.odt``. If two leave in one second, a counter follows the time.

Nothing here writes to a destination; what leaves the mirror is moved here by ``target.py``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.version_names import read_version_name, shortened_paths
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import join, parent_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.model.entries import Entry


class Version(NamedTuple):
    """One kept earlier content of one path.

    Attributes:
        path: The path that it had in the mirror. For a name that had to be shortened, the shortened one.
        left_at: When it left the mirror, UTC.
        number: Which one of those that left in that second.
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
    """List the versions of one file, or of everything in a folder and below it.

    Args:
        history_root: Absolute path of the history.
        path: The file or folder, as it was called in the mirror.

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
    """List the versions that lie in one folder of an open history.

    Args:
        tree: The history.
        folder: The folder, as it was called in the mirror.

    Returns:
        The versions by name and then by time, oldest first; none if there is no such folder. What cannot be looked at
        hides nothing of the others.

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
