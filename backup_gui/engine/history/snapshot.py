"""A folder as it stood at some time, read folder by folder from its mirror and its history.

Only what is asked for is read, so that a history of any size costs nothing until it is looked at. Nothing here writes.
When a file came into the mirror is not written down anywhere that outlives a lost catalog: what was last changed after
a time is taken not to have been there then.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import deque
from typing import TYPE_CHECKING, Self

from backup_gui.engine.destination.history_place import HISTORY_NAME, history_at, is_not_the_mirrors
from backup_gui.engine.fs.content import Cancelled, never
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history.listing import Shelf
from backup_gui.engine.rules.version_names import shortened_paths
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import HISTORY_SUFFIX
from backup_gui.model.paths import is_at_or_below, is_own, join, parent_of
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Item, Piece, Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backup_gui.engine.history.listing import Version
    from backup_gui.model.entries import Entry

# How many entries are looked at to tell whether a folder had anything in it; beyond that it is taken to have had.
_LONGEST_LOOK = 2_000
_SECOND_NS = 1_000_000_000


def backup_at(folder: str) -> tuple[str, str | None]:
    """Tell what a folder that the user chose is the backup of.

    Args:
        folder: Absolute path of a mirror, or of the history beside it or in it.

    Returns:
        Absolute paths of the mirror and of its history; None for the history if there is none.

    Raises:
        OSError: There is no such folder, or it cannot be read.
    """
    mirror = folder.rstrip("/\\") or folder
    above, _, name = mirror.rpartition(os.sep)
    if name == HISTORY_NAME:
        with Tree(folder):
            return above or os.sep, folder
    if mirror.endswith(HISTORY_SUFFIX) and mirror != HISTORY_SUFFIX:
        mirror = mirror[: -len(HISTORY_SUFFIX)]
        with Tree(folder):
            return mirror, folder
    with Tree(folder):
        pass
    history = history_at(mirror)
    try:
        with Tree(history):
            return mirror, history
    except FileNotFoundError:
        return mirror, None


class Past:
    """A mirror and its history, open for reading.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        should_stop: Asked again and again whether to give up.
        shelf: What is remembered of the same history from before.

    Raises:
        RootAbsentError: Neither of them is there.
        OSError: One of them cannot be opened.
    """

    def __init__(
        self,
        destination: str,
        history_root: str | None,
        should_stop: Callable[[], bool] = never,
        shelf: Shelf | None = None,
    ) -> None:
        self._shelf = shelf if shelf is not None else Shelf()
        self._should_stop = should_stop
        self._mirror = _opened(destination)
        try:
            self._history = _opened(history_root) if history_root is not None else None
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
        """Give all descriptors back."""
        for tree in (self._mirror, getattr(self, "_history", None)):
            if tree is not None:
                tree.close()

    def folder(self, path: str, at: float | None, *, shows_gone: bool = False) -> tuple[Item, ...]:
        """List a folder as it stood.

        Args:
            path: The folder; the empty string for the topmost.
            at: The time whose state is wanted; None for now. A second counts as a whole.
            shows_gone: Whether what had been deleted before then is listed too, with its last content.

        Returns:
            Folders first, then files and links, by name.

        Raises:
            Cancelled: ``should_stop`` said so.
            OSError: It cannot be read.
        """
        if self._should_stop():
            raise Cancelled
        entries = self._in_mirror(path)
        items = self._files(path, entries, at, shows_gone=shows_gone)
        items += self._folders(path, entries, at, shows_gone=shows_gone)
        return tuple(sorted(items, key=_order))

    def versions(self, path: str) -> tuple[Item, ...]:
        """List all contents of one file or link that are known, the one in the mirror first, then the newest.

        Raises:
            OSError: They cannot be read.
        """
        found = []
        entry = self._mirror.look(path) if self._mirror is not None else None
        if entry is not None and self._mirror is not None and kind_of(entry) in {EntryKind.FILE, EntryKind.LINK}:
            found.append(_item(path, entry, self._mirror.root))
        if self._history is not None:
            wanted = {path, *shortened_paths(path)}
            versions = [
                version for version in self._shelf.versions(self._history, parent_of(path)) if version.path in wanted
            ]
            versions.sort(key=lambda version: (version.left_at, version.number), reverse=True)
            found.extend(self._version_item(path, version) for version in versions)
        return tuple(found)

    def search(self, text: str, at: float | None, *, shows_gone: bool, limit: int) -> Search:
        """Search everything by name, whatever the case.

        Args:
            text: What the name has in it.
            at: As for ``folder``.
            shows_gone: As for ``folder``.
            limit: How many are wanted at most.

        Raises:
            Cancelled: ``should_stop`` said so.
            OSError: The topmost folder cannot be read; others that cannot be are left out.
        """
        wanted = text.casefold()
        found: list[Item] = []
        for item in self._below("", at, shows_gone=shows_gone):
            if wanted in item.name.casefold():
                if len(found) == limit:
                    return Search(tuple(found), is_cut=True)
                found.append(item)
        return Search(tuple(found))

    def pieces(self, items: Iterable[Item], at: float | None, *, keeps_folders: bool) -> tuple[Piece, ...]:
        """Find what has to be brought back for some items: themselves, and all that is in the folders among them.

        Args:
            items: What the user chose. Of a folder that was gone everything comes back, each file with its last
                content.
            at: The time as of which they were listed.
            keeps_folders: Whether everything shall lie in the same folders as in the source; otherwise the items
                themselves lie at the top.

        Raises:
            Cancelled: ``should_stop`` said so.
            OSError: One of the folders cannot be read.
        """
        chosen = _topmost(items)
        found: dict[str, Piece] = {}
        for item in chosen:
            base = "" if keeps_folders else parent_of(item.path)
            below = self._below(item.path, at, shows_gone=item.is_gone, is_strict=True) if item.is_folder else ()
            for one in (item, *below):
                wanted = one.path.removeprefix(base + "/") if base else one.path
                # Two items of one name, from different folders, are told apart when they are brought back.
                key = wanted if keeps_folders else one.path
                # A folder known only from the history has no metadata of its own there.
                if not (one.is_folder and one.left_at is not None):
                    found[key] = Piece(one.root, one.stored, wanted, one.size_bytes, one.is_folder)
        return tuple(found.values())

    def _below(self, folder: str, at: float | None, *, shows_gone: bool, is_strict: bool = False) -> Iterator[Item]:
        pending = deque([folder])
        while pending:
            here = pending.popleft()
            try:
                items = self.folder(here, at, shows_gone=shows_gone)
            except OSError:
                if is_strict or here == folder:
                    raise
                continue
            yield from items
            pending.extend(item.path for item in items if item.is_folder)

    def _in_mirror(self, folder: str) -> dict[str, Entry]:
        """List a folder of the mirror, at its root without what is not its own."""
        entries = _listed(self._mirror, folder)
        if folder or self._mirror is None:
            return entries
        root = self._mirror.root
        return {name: entry for name, entry in entries.items() if not is_not_the_mirrors(root, name, entry)}

    def _files(self, folder: str, entries: dict[str, Entry], at: float | None, *, shows_gone: bool) -> list[Item]:
        """List the files and links of a folder as it stood."""
        present = {
            join(folder, name): entry
            for name, entry in entries.items()
            if kind_of(entry) in {EntryKind.FILE, EntryKind.LINK} and not is_own(name)
        }
        histories = self._histories(folder, present)
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
                if at is None or version.left_at.timestamp() <= at
            ]
            if shows_gone and gone:
                items.append(self._version_item(path, gone[-1])._replace(is_gone=True))
        return items

    def _histories(self, folder: str, present: dict[str, Entry]) -> dict[str, list[Version]]:
        """List the versions of each path in a folder, oldest first."""
        if self._history is None:
            return {}
        # Versions of a long name are known by a shortened one; they belong to what the mirror has under the long one.
        long_names = {shortened: path for path in present for shortened in shortened_paths(path)}
        found: dict[str, list[Version]] = {}
        for version in self._shelf.versions(self._history, folder):
            found.setdefault(long_names.get(version.path, version.path), []).append(version)
        for versions in found.values():
            versions.sort(key=lambda version: (version.left_at, version.number))
        return found

    def _standing(self, path: str, entry: Entry | None, versions: list[Version], at: float | None) -> Item | None:
        """Choose the content that a path had at a time; None if there was none."""
        now = _item(path, entry, self._mirror.root) if entry is not None and self._mirror is not None else None
        if at is None:
            return now
        # What the mirror had at a time is what left it first after that time.
        left_next = next((version for version in versions if version.left_at.timestamp() > at), None)
        item = self._version_item(path, left_next) if left_next is not None else now
        if item is None:
            return None
        # Names of versions know whole seconds: what left in the next one was there, however new it was.
        has_just_left = item.left_at is not None and item.left_at - at <= 1
        return item if has_just_left or item.mtime_ns < _end_ns(at) else None

    def _folders(self, folder: str, entries: dict[str, Entry], at: float | None, *, shows_gone: bool) -> list[Item]:
        """List the folders in a folder as it stood."""
        items = []
        kept = _listed(self._history, folder)
        for name in entries.keys() | kept.keys():
            path = join(folder, name)
            here, there = _folder_entry(entries, name), _folder_entry(kept, name)
            if here is not None and self._mirror is not None and self._stood(path, here, at):
                items.append(_item(path, here, self._mirror.root))
            elif there is not None and self._history is not None:
                is_standing = at is not None and self._had_any(path, at, shows_gone=False)
                if is_standing or (shows_gone and self._had_any(path, at, shows_gone=True)):
                    item = _item(path, there, self._history.root)._replace(left_at=there.st_mtime_ns / _SECOND_NS)
                    items.append(item._replace(is_gone=not is_standing))
        return items

    def _stood(self, path: str, entry: Entry, at: float | None) -> bool:
        """Tell whether a folder of the mirror was there at a time."""
        # Nothing was added to it or taken from it since, so it was there; else by what was in it.
        return at is None or entry.st_mtime_ns < _end_ns(at) or self._had_any(path, at, shows_gone=False)

    def _had_any(self, path: str, at: float | None, *, shows_gone: bool) -> bool:
        """Tell whether a folder had any file or link in it, at whatever depth."""
        pending, looked = deque([path]), 0
        while pending:
            if self._should_stop():
                raise Cancelled
            if looked > _LONGEST_LOOK:
                return True
            here = pending.popleft()
            entries = self._in_mirror(here)
            if self._files(here, entries, at, shows_gone=shows_gone):
                return True
            names = {name for name in entries if _folder_entry(entries, name) is not None}
            kept = _listed(self._history, here)
            names.update(name for name in kept if _folder_entry(kept, name) is not None)
            pending.extend(join(here, name) for name in sorted(names))
            looked += len(entries) + len(kept) + 1
        return False

    def _version_item(self, path: str, version: Version) -> Item:
        assert self._history is not None
        left_at = version.left_at.timestamp()
        return Item(
            path, version.kind, version.size_bytes, version.mtime_ns, self._history.root, version.stored, left_at
        )


def _opened(root: str) -> Tree | None:
    try:
        return Tree(root)
    except FileNotFoundError:
        return None


def _listed(tree: Tree | None, folder: str) -> dict[str, Entry]:
    """List a folder of one side; what cannot be looked at hides nothing of the others."""
    if tree is not None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return tree.list(folder, {})
    return {}


def _folder_entry(entries: dict[str, Entry], name: str) -> Entry | None:
    entry = entries.get(name)
    is_folder = entry is not None and kind_of(entry) is EntryKind.FOLDER and not is_own(name)
    return entry if is_folder else None


def _item(path: str, entry: Entry, root: str) -> Item:
    kind = kind_of(entry)
    return Item(path, kind, 0 if kind is EntryKind.FOLDER else entry.st_size, entry.st_mtime_ns, root, path)


def _end_ns(at: float) -> int:
    """The end of the second that a time falls into."""
    return (math.floor(at) + 1) * _SECOND_NS


def _order(item: Item) -> tuple[bool, str, str]:
    return not item.is_folder, item.name.casefold(), item.name


def _topmost(items: Iterable[Item]) -> list[Item]:
    """Leave out what lies in a folder that is chosen too; unless it had been deleted, and the folder had not."""
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
