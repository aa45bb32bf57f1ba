"""A folder at an earlier time, read folder by folder from its mirror and its history.

Code here reads only what is asked for, so a history costs nothing until it is browsed, and writes nothing.

The time at which a file came into the mirror is not stored anywhere that survives a lost catalog. So a file whose
content changed after the given time counts as absent at that time.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import deque
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Self

from backup_gui.engine.destination.history_place import HISTORY_NAME, history_at, is_not_the_mirrors
from backup_gui.engine.destination.reading import open_if_there, open_tree, refuse_newer_backup
from backup_gui.engine.fs.content import Cancelled, never
from backup_gui.engine.history.listing import NO_FOLDER, list_versions, read_folder
from backup_gui.engine.rules.version_names import shortened_paths
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import HISTORY_SUFFIX, Place
from backup_gui.model.paths import is_at_or_below, is_own, join, parent_of, parents_of
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Item, Piece, Search, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backup_gui.engine.history.listing import Folder, Version, VersionCache
    from backup_gui.model.entries import Entry

# How many entries to search for the content of a folder. If there are more, the folder counts as not empty.
_LONGEST_LOOK = 2_000
_SECOND_NS = 1_000_000_000
_CONTENT = frozenset({EntryKind.FILE, EntryKind.LINK})


def backup_at(folder: str) -> tuple[Place, Place | None]:
    """Find the backup that a chosen folder belongs to: a mirror, or the history beside it or in it.

    Returns:
        Where the mirror lies, and where its history does; None if there is none.

    Raises:
        OSError: The folder does not exist, or cannot be read.
    """
    mirror = folder.rstrip("/\\") or folder
    above, _, name = mirror.rpartition(os.sep)
    with open_tree(folder):
        if name == HISTORY_NAME:
            return Place(above or os.sep), Place(folder)
        if mirror.endswith(HISTORY_SUFFIX) and mirror != HISTORY_SUFFIX:
            return Place(mirror.removesuffix(HISTORY_SUFFIX)), Place(folder)
    history = history_at(Place(mirror))
    with open_if_there(str(history)) or contextlib.nullcontext() as tree:
        return Place(mirror), None if tree is None else history


class Snapshot:
    """A mirror and its history, open for reading.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        should_stop: Polled; returns True to cancel, and then ``Cancelled`` is raised.
        cache: Caches the history's folders across snapshots; None to cache nothing.

    Raises:
        NewerDataError: A later version of the program made them.
        RootAbsentError: Neither of them exists.
        OSError: One of them cannot be opened.
    """

    def __init__(
        self,
        destination: str,
        history_root: str | None,
        should_stop: Callable[[], bool] = never,
        cache: VersionCache | None = None,
    ) -> None:
        refuse_newer_backup(destination, history_root)
        self._read = read_folder if cache is None else cache.folder
        self._should_stop = should_stop
        self._destination = destination
        self._history_root = history_root or ""
        self._mirror = open_if_there(destination)
        try:
            self._history = open_if_there(history_root) if history_root is not None else None
        except OSError:
            self.close()
            raise
        if self._mirror is None and self._history is None:
            raise RootAbsentError(Reason(ReasonCode.BACKUP_AWAY))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors."""
        for tree in (self._mirror, getattr(self, "_history", None)):
            if tree is not None:
                tree.close()

    def folder(self, path: str, at: float | None, *, shows_gone: bool = False) -> tuple[Item, ...]:
        """List a folder as it was at the end of a second, or is now with None.

        With ``shows_gone``, files that had been deleted before then are included, with their last content.

        Returns:
            Folders first, then files and links, by name.

        Raises:
            Cancelled: ``should_stop`` returned True.
            OSError: It cannot be read.
        """
        if self._should_stop():
            raise Cancelled
        entries = self._in_mirror(path)
        kept = self._kept(path) if shows_gone or at is not None else NO_FOLDER
        items = self._files(path, entries, kept, at, shows_gone=shows_gone)
        items += self._folders(path, entries, kept, at, shows_gone=shows_gone)
        return tuple(sorted(items, key=_order))

    def versions(self, path: str) -> tuple[Item, ...]:
        """List all known contents of a file or link: the one in the mirror first, then the versions, newest first.

        Raises:
            OSError: They cannot be read.
        """
        found = []
        entry = self._look(path)
        if entry is not None and kind_of(entry) in _CONTENT:
            found.append(self._item(path, entry))
        found.extend(self._version_item(path, version) for version in reversed(self._versions_of(path)))
        return tuple(found)

    def search(self, text: str, at: float | None, *, shows_gone: bool, limit: int) -> Search:
        """Search everything by name, ignoring case, as ``folder`` lists it; at most ``limit`` are wanted.

        Folders that cannot be read are skipped, except the root.

        Raises:
            Cancelled: ``should_stop`` returned True.
            OSError: The root cannot be read; other unreadable folders are skipped.
        """
        wanted = text.casefold()
        matches = (item for item in self._below("", at, shows_gone=shows_gone) if wanted in item.name.casefold())
        found = tuple(islice(matches, limit + 1))
        return Search(found[:limit], is_cut=len(found) > limit)

    def pieces(self, items: Iterable[Item], at: float | None, *, keeps_folders: bool) -> Selection:
        """Find what to restore for some items: the items and the contents of folders among them, as they were listed.

        Of a deleted folder everything is restored, each file with its last content. With ``keeps_folders`` it is
        restored into the same folders as in the source; otherwise the items themselves are at the top.

        Raises:
            Cancelled: ``should_stop`` returned True.
        """
        pieces: dict[str, Piece] = {}
        unseen: dict[str, OSError] = {}
        for item in _topmost(items):
            found = {item.path: item}
            refused: dict[str, OSError] = {}
            if item.is_folder:
                self._gather(found, item.path, at, shows_gone=item.is_gone, unseen=refused)
            base = "" if keeps_folders else parent_of(item.path)
            pieces.update(_pieces(found, base))
            unseen.update({_below(path, base): error for path, error in refused.items()})
        return Selection(tuple(pieces.values()), unseen)

    def select(self, path: str, at: float | None) -> Selection:
        """Find what to restore for a path: itself, and what was below it.

        Args:
            path: A file, link or folder; the empty string for everything.
            at: The time; the end of its second counts. None for the newest known content of each path, including
                deleted ones.

        Returns:
            Where each content lies, with target paths relative to the folder that contains ``path``.

        Raises:
            OSError: The path itself is a folder that cannot be read.
        """
        found: dict[str, Item] = {}
        unseen: dict[str, OSError] = {}
        self._gather(found, path, at, shows_gone=at is None, unseen=unseen)
        if path in unseen and not found:
            raise unseen[path]
        if path:
            self._add_named(found, path, at)
        base = parent_of(path)
        refused = {_below(name, base): error for name, error in unseen.items()}
        return Selection(tuple(_pieces(found, base).values()), refused)

    def knows(self, path: str) -> bool:
        """Tell whether the mirror or the history has a path, at any time.

        Raises:
            OSError: One of them cannot be read.
        """
        if self._look(path) is not None:
            return True
        return self._history is not None and next(list_versions(self._history_root, path), None) is not None

    def _below(self, folder: str, at: float | None, *, shows_gone: bool) -> Iterator[Item]:
        pending = deque([folder])
        while pending:
            here = pending.popleft()
            try:
                items = self.folder(here, at, shows_gone=shows_gone)
            except OSError:
                if here == folder:
                    raise
                continue
            yield from items
            pending.extend(item.path for item in items if item.is_folder)

    def _gather(
        self,
        found: dict[str, Item],
        top: str,
        at: float | None,
        *,
        shows_gone: bool,
        unseen: dict[str, OSError],
    ) -> None:
        """Add everything that was below a folder; reads each folder of the mirror and the history once.

        Args:
            found: Receives the items, by path.
            top: The folder.
            at: As for ``folder``.
            shows_gone: As for ``folder``.
            unseen: Receives the paths that cannot be read and the folders that cannot be listed, with the errors.
        """
        changed: list[Item] = []
        pending = [top]
        while pending:
            if self._should_stop():
                raise Cancelled
            folder = pending.pop()
            kept = NO_FOLDER
            entries: dict[str, Entry] | None = None
            try:
                entries = self._in_mirror(folder, unseen)
                kept = self._kept(folder) if shows_gone or at is not None else NO_FOLDER
            except OSError as error:
                unseen[folder] = error
                if entries is None or at is not None:
                    # Its contents are unknown, and restoring it empty would look as if there had been none.
                    _drop_folder(found, folder)
                    continue
            for item in self._files(folder, entries, kept, at, shows_gone=shows_gone):
                _add(found, item)
            here = _folders(folder, entries)
            for path in sorted({*here, *kept.folders}):
                if path in here:
                    item = self._item(path, here[path])
                    if at is None or item.mtime_ns < _end_ns(at):
                        _add(found, item)
                    else:
                        changed.append(item)
                pending.append(path)
        _add_those_that_had_any(found, changed)

    def _add_named(self, found: dict[str, Item], path: str, at: float | None) -> None:
        """Add what was requested by its own name: it may have existed then, even if its content has a later time."""
        entry = self._look(path)
        present = entry if entry is not None and kind_of(entry) in _CONTENT else None
        versions = self._versions_of(path)
        item = self._standing(path, present, versions, at, is_named=True)
        if item is None and at is None and versions:
            item = self._version_item(path, versions[-1])._replace(is_gone=True)
        if item is not None:
            _add(found, item)
        if entry is not None and kind_of(entry) is EntryKind.FOLDER:
            folder = self._item(path, entry)
            if at is None or folder.mtime_ns < _end_ns(at):
                _add(found, folder)
            else:
                _add_those_that_had_any(found, [folder])

    def _look(self, path: str) -> Entry | None:
        """Return the mirror's entry at a path; None if there is none."""
        return None if self._mirror is None else self._mirror.look(path)

    def _in_mirror(self, folder: str, unseen: dict[str, OSError] | None = None) -> dict[str, Entry]:
        """List a folder of the mirror; at the root, without entries that are not part of it."""
        refused: dict[str, OSError] = {}
        entries: dict[str, Entry] = {}
        if self._mirror is not None:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                entries = self._mirror.list(folder, refused)
        if unseen is not None:
            unseen.update({join(folder, name): error for name, error in refused.items()})
        if folder or self._mirror is None:
            return entries
        return {name: entry for name, entry in entries.items() if not is_not_the_mirrors(self._mirror, name, entry)}

    def _kept(self, folder: str) -> Folder:
        """Read a folder of the history."""
        return NO_FOLDER if self._history is None else self._read(self._history, folder)

    def _files(
        self, folder: str, entries: dict[str, Entry], kept: Folder, at: float | None, *, shows_gone: bool
    ) -> list[Item]:
        """List the files and links of a folder as it was."""
        present = {
            join(folder, name): entry
            for name, entry in entries.items()
            if kind_of(entry) in _CONTENT and not is_own(name)
        }
        histories = _histories(folder, entries, kept)
        items = []
        for path in present.keys() | histories.keys():
            standing = self._standing(path, present.get(path), histories.get(path, []), at)
            if standing is not None:
                items.append(standing)
                continue
            gone = [
                version
                for version in histories.get(path, [])
                if path not in present or at is not None
                if at is None or version.stamp.left_s <= at
            ]
            if shows_gone and gone:
                items.append(self._version_item(path, gone[-1])._replace(is_gone=True))
        return items

    def _versions_of(self, path: str) -> list[Version]:
        """List the versions of one path, oldest first."""
        wanted = {path, *shortened_paths(path)}
        versions = [version for version in self._kept(parent_of(path)).versions if version.path in wanted]
        return sorted(versions, key=attrgetter("stamp"))

    def _standing(
        self, path: str, entry: Entry | None, versions: list[Version], at: float | None, *, is_named: bool = False
    ) -> Item | None:
        """Choose the content that a path had at a time; None if there was none. Its versions come oldest first.

        If the path was requested by its own name, times of the mirror and the history count too: its content's time
        comes from a clock that may have been wrong.
        """
        now = None if entry is None else self._item(path, entry)
        if at is None:
            return now
        # The first version that left the mirror after a time is the content at that time.
        left_next = next((version for version in versions if version.stamp.left_s > at), None)
        item = self._version_item(path, left_next) if left_next is not None else now
        if item is None:
            return None
        # Versions are named by whole seconds: what left in the next second was there, however new its content.
        has_just_left = item.left_at is not None and item.left_at - at <= 1
        if has_just_left or item.mtime_ns < _end_ns(at):
            return item
        had_left = bool(versions) and versions[0].stamp.left_s <= at
        had_come = item.left_at is None and entry is not None and entry.st_ctime_ns < _end_ns(at)
        return item if is_named and (had_left or had_come) else None

    def _folders(
        self, folder: str, entries: dict[str, Entry], kept: Folder, at: float | None, *, shows_gone: bool
    ) -> list[Item]:
        """List the folders in a folder as it was."""
        items = []
        here, there = _folders(folder, entries), set(kept.folders)
        for path in here.keys() | there:
            if path in here and self._stood(path, here[path], at):
                items.append(self._item(path, here[path]))
            elif self._history is not None and path in there:
                is_standing = at is not None and self._had_any(path, at, shows_gone=False)
                entry = self._history.look(path)
                if entry is not None and (is_standing or (shows_gone and self._had_any(path, at, shows_gone=True))):
                    mtime_ns, left_at = entry.st_mtime_ns, entry.st_mtime_ns / _SECOND_NS
                    root, is_gone = self._history_root, not is_standing
                    items.append(Item(path, EntryKind.FOLDER, 0, mtime_ns, root, path, left_at, is_gone))
        return items

    def _stood(self, path: str, entry: Entry, at: float | None) -> bool:
        """Tell whether a folder of the mirror existed at a time."""
        # If nothing was added to or removed from it since, it existed; otherwise its contents decide.
        return at is None or entry.st_mtime_ns < _end_ns(at) or self._had_any(path, at, shows_gone=False)

    def _had_any(self, path: str, at: float | None, *, shows_gone: bool) -> bool:
        """Tell whether a folder contained any file or link, or a folder that has not changed since, at any depth."""
        pending, looked = deque([path]), 0
        while pending:
            if self._should_stop():
                raise Cancelled
            if looked > _LONGEST_LOOK:
                return True
            here = pending.popleft()
            entries, kept = self._in_mirror(here), self._kept(here)
            if self._files(here, entries, kept, at, shows_gone=shows_gone):
                return True
            folders = _folders(here, entries)
            if at is not None and any(entry.st_mtime_ns < _end_ns(at) for entry in folders.values()):
                return True
            pending.extend(sorted({*folders, *kept.folders}))
            looked += len(entries) + len(kept.versions) + len(kept.folders) + 1
        return False

    def _item(self, path: str, entry: Entry) -> Item:
        """Return what the mirror has at a path."""
        kind = kind_of(entry)
        size_bytes = 0 if kind is EntryKind.FOLDER else entry.st_size
        return Item(path, kind, size_bytes, entry.st_mtime_ns, self._destination, path)

    def _version_item(self, path: str, version: Version) -> Item:
        """Return a version of a path."""
        left_s, root = version.stamp.left_s, self._history_root
        return Item(path, version.kind, version.size_bytes, version.mtime_ns, root, version.stored, left_s)


def _add(found: dict[str, Item], item: Item) -> None:
    """Add an item. Of several at one path, an existing one precedes a deleted one, then a file precedes a folder."""
    before = found.get(item.path)
    if before is None or (item.is_gone, item.is_folder) < (before.is_gone, before.is_folder):
        found[item.path] = item


def _drop_folder(found: dict[str, Item], path: str) -> None:
    if path in found and found[path].is_folder:
        del found[path]


def _add_those_that_had_any(found: dict[str, Item], folders: list[Item]) -> None:
    """Add the folders that contain a found path at any depth."""
    had_any = {folder for path in found for folder in parents_of(path)} if folders else set()
    for item in folders:
        if item.path in had_any:
            _add(found, item)


def _pieces(found: dict[str, Item], base: str) -> dict[str, Piece]:
    """Return where each item's content lies, and its target path relative to ``base``."""
    pieces = {}
    for path in sorted(found):
        item = found[path]
        # The history has no metadata of its folders.
        if not (item.is_folder and item.left_at is not None):
            pieces[path] = Piece(item.root, item.stored, _below(path, base), item.size_bytes, item.is_folder)
    return pieces


def _below(path: str, base: str) -> str:
    return path.removeprefix(base + "/") if base else path


def _histories(folder: str, entries: dict[str, Entry], kept: Folder) -> dict[str, list[Version]]:
    """Return the versions of each path in a folder, oldest first."""
    # Versions of a long name have a shortened name; they belong to the mirror's entry with the long one.
    paths = (join(folder, name) for name in entries) if kept.versions else ()
    long_names = {shortened: path for path in paths for shortened in shortened_paths(path)}
    found: dict[str, list[Version]] = {}
    for version in sorted(kept.versions, key=attrgetter("stamp")):
        found.setdefault(long_names.get(version.path, version.path), []).append(version)
    return found


def _folders(folder: str, entries: dict[str, Entry]) -> dict[str, Entry]:
    """Choose the folders of a listing, without the program's own; by path."""
    return {
        join(folder, name): entry
        for name, entry in entries.items()
        if kind_of(entry) is EntryKind.FOLDER and not is_own(name)
    }


def _end_ns(at: float) -> int:
    """Return the end of the second that contains a time."""
    return (math.floor(at) + 1) * _SECOND_NS


def _order(item: Item) -> tuple[bool, str, str]:
    return not item.is_folder, item.name.casefold(), item.name


def _topmost(items: Iterable[Item]) -> list[Item]:
    """Drop items in a chosen folder, except deleted items if the folder itself exists."""
    chosen = sorted(items, key=lambda item: item.path)
    folders = [item for item in chosen if item.is_folder]
    return [
        item
        for item in chosen
        if not any(
            folder is not item
            and is_at_or_below(item.path, folder.path)
            and item.path != folder.path
            and item.is_gone <= folder.is_gone
            for folder in folders
        )
    ]
