"""One folder tree, opened once and read through directory descriptors.

The root is opened by its path, everything below it component by component from the root's descriptor and never
through a symbolic link, so that a pass keeps looking at the tree that it started with, however the paths that lead
there are changed meanwhile. A tree never writes. How a folder is open on this system is known to ``folder.py`` alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, Self

from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.descriptors import BUDGET, LEAST_KEPT, MOST_KEPT
from backup_gui.engine.fs.tree_view import WideFolderError
from backup_gui.engine.fs.volumes.mounts import is_on_one_volume, kind_of_device
from backup_gui.model.paths import parent_of, parents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.model.entries import Entry


def _look_at(name: str, folder: FolderHandle, entries: dict[str, Entry], refused: dict[str, OSError] | None) -> None:
    """Look at a name of an open folder, for its listing.

    Raises:
        OSError: Nothing in it may be looked at; or this one may not, and nobody takes that.
    """
    try:
        entries[name] = folder.stat_at(name)
    except FileNotFoundError:
        pass
    except OSError as error:
        if refused is None:
            raise
        if not refused and isinstance(error, PermissionError):
            # In a folder that may be read and not entered this is so of every name: it fails itself.
            folder.stat_at(".")
        refused[name] = error


class Tree:
    """A root folder and what is below it, for reading. Each call raises ``OSError``, as the system does.

    Args:
        root: Absolute path of the folder.
        downloads: Whether files whose content is in a cloud are as any others: reading brings them from there.
    """

    def __init__(self, root: str, *, downloads: bool = False) -> None:
        self.root = root
        self._folders: OrderedDict[str, FolderHandle] = OrderedDict()
        # The folder asked for last is nearly always the one asked for next.
        self._last_path: str | None = None
        self._is_counted = False
        # The root itself may be reached through links: it is the folder that the user named.
        self.root_folder: FolderHandle = native.open_root(root, downloads=downloads)
        self._last_folder: FolderHandle = self.root_folder
        try:
            self.root_entry = self.root_folder.stat()
        except OSError:
            self.root_folder.close()
            raise
        BUDGET.add_tree()
        self._is_counted = True
        # Some programs that serve a file system list a folder once for each time that it is opened, and then nothing.
        self._lists_anew: bool | None = None

    @property
    def root_fd(self) -> int:
        """The root's descriptor, for another process; -1 where there is none."""
        return self.root_folder.fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all descriptors back."""
        self.forget()
        if self._is_counted:
            BUDGET.remove_tree()
            self._is_counted = False
        self.root_folder.close()

    @contextlib.contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Leave nothing open if it cannot be told what a tree is to know of itself from the beginning."""
        try:
            yield
        except BaseException:
            Tree.close(self)
            raise

    def is_root_in_place(self) -> bool:
        """Tell whether the root's path still leads to the folder that was opened."""
        try:
            now = native.entry_at(self.root)
        except OSError:
            return False
        return (now.st_dev, now.st_ino) == (self.root_entry.st_dev, self.root_entry.st_ino)

    def list(self, path: str, refused: dict[str, OSError] | None = None, most: int = sys.maxsize) -> dict[str, Entry]:
        """List a folder.

        Args:
            path: The folder, relative to the root.
            refused: Takes the names that cannot be looked at, such as that of a mount whose server is dead, and why;
                what is there under them, and below, cannot be told. Without it one such name fails the whole listing.
            most: How many names there may be.

        Returns:
            The entry of each name, links not followed. Names that vanish meanwhile are left out.

        Raises:
            OSError: The folder could not be read to its end. No part of it is returned, so that nobody takes what
                could not be listed for deleted.
            WideFolderError: There are more names; ``names`` and ``look_at`` take less memory.
        """
        folder = self.folder(path)
        if self._lists_anew is None:
            self._lists_anew = kind_of_device(self.root_entry.st_dev).startswith("fuse")
        if not self._lists_anew:
            try:
                entries = folder.entries(most)
            except FileNotFoundError:
                # One of the names has vanished meanwhile: once more, one by one.
                pass
            except OSError as error:
                # One of the names cannot be looked at; what the listing itself fails with names only the descriptor.
                if refused is None or not isinstance(error.filename, str):
                    raise
            else:
                if entries is None:
                    raise WideFolderError
                return entries
        # Opened anew: it may have been listed before.
        again = folder.reopen()
        try:
            return _list_one_by_one(most, again, refused)
        finally:
            again.close()

    def names(self, path: str) -> list[str]:  # type: ignore[valid-type]
        """List the names in a folder."""
        again = self.folder(path).reopen()
        try:
            return again.names()
        finally:
            again.close()

    def look_at(self, path: str, names: Sequence[str], refused: dict[str, OSError]) -> dict[str, Entry]:
        """Return the entries of some names of a folder, as ``list``.

        Raises:
            OSError: Nothing in the folder may be looked at, or it is not there.
        """
        entries: dict[str, Entry] = {}
        if not names:
            # Of a folder that is yet to be made.
            return entries
        folder = self.folder(path)
        for name in names:
            _look_at(name, folder, entries, refused)
        return entries

    def entry_of(self, fd: int) -> Entry:
        """Return the entry of one of its files that is open."""
        return self.root_folder.opened(fd).stat()

    def scan(self) -> Iterator[str]:
        """Yield the names in the root as they are read."""
        with contextlib.closing(self.root_folder.reopen()) as again, again.scan() as listing:
            yield from (item.name for item in listing)

    def is_empty(self) -> bool:
        """Tell whether the root has nothing in it."""
        return next(self.scan(), None) is None

    def is_drive(self) -> bool:
        """Tell whether the root is a whole drive: what is beside it lies on another volume."""
        root = native.real_path(self.root)
        above = os.path.dirname(root)
        return above == root or not is_on_one_volume(root, above)

    def stat(self, path: str) -> Entry:
        """Return the entry at a path, links not followed."""
        folder, _, name = path.rpartition("/")
        if not name:
            return self.root_folder.stat()
        return (self._last_folder if folder == self._last_path else self.folder(folder)).stat_at(name)

    def look(self, path: str) -> Entry | None:
        """Return the entry at a path, or None if there is none, also for want of the folder it would be in."""
        try:
            return self.stat(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                raise
            # Where a link stands in a folder's place, macOS answers ELOOP, and Linux ENOTDIR. The same, with folders
            # all the way, is an error of the drive.
            if self._is_way_of_folders(path):
                raise
            return None

    def _is_way_of_folders(self, path: str) -> bool:
        """Tell whether the folders that a path leads through are there, so that what it leads to might be, too."""
        for parent in parents_of(path):
            try:
                return stat.S_ISDIR(self.stat(parent).st_mode)
            except FileNotFoundError:
                return False
            except OSError as error:
                if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                    raise
        return True

    def open_file(self, path: str) -> int:
        """Open a file for reading, never through a link and never waiting for a pipe."""
        folder, _, name = path.rpartition("/")
        return (self._last_folder if folder == self._last_path else self.folder(folder)).open_file_at(name)

    def read_link(self, path: str) -> str:
        """Return the text of a symbolic link."""
        name, folder = self.at(path)
        return folder.readlink_at(name)

    def at(self, path: str) -> tuple[str, FolderHandle]:
        """Return the last name of a path and the folder that it is in, which belongs to the tree as ``folder`` says."""
        folder, _, name = path.rpartition("/")
        return name, self._last_folder if folder == self._last_path else self.folder(folder)

    def folder(self, path: str) -> FolderHandle:
        """Return a folder, open; it belongs to the tree and may be closed by later calls."""
        if path == self._last_path:
            return self._last_folder
        if not path:
            self._last_path, self._last_folder = path, self.root_folder
            return self.root_folder
        folders = self._folders
        known = folders.get(path)
        if known is not None:
            folders.move_to_end(path)
            self._last_path, self._last_folder = path, known
            return known
        # From the nearest ancestor that is open, one component at a time: no path is ever too long for the
        # system, and each component is checked not to be a link.
        ancestor = self._nearest_open(path)
        current = folders[ancestor] if ancestor else self.root_folder
        start = len(ancestor) + 1 if ancestor else 0
        while start <= len(path):
            end = path.find("/", start)
            end = len(path) if end < 0 else end
            current = current.open_dir_at(self.name_on_disk(path[:end]))
            folders[path[:end]] = current
            start = end + 1
            for _ in range(self._surplus()):
                oldest, oldest_folder = folders.popitem(last=False)
                if oldest == self._last_path:
                    # Should a component below be missing, nothing takes its place.
                    self._last_path = None
                oldest_folder.close()
        self._last_path, self._last_folder = path, current
        return current

    def _surplus(self) -> int:
        """Return how many of the folders kept open have to be closed; they are counted out already."""
        kept = len(self._folders)
        surplus = BUDGET.keep(kept)
        if not self.root_folder.follows_renames:
            # What is open here is in the way of whoever renames a folder above it.
            further = max(kept - surplus - LEAST_KEPT, 0)
            BUDGET.give_back(further)
            surplus += further
        return surplus

    def _nearest_open(self, path: str) -> str:
        """Return the nearest folder above a path that is open; the root's own path if none is."""
        folders = self._folders
        if path.count("/") > MOST_KEPT:
            # Climbing up thousands of levels takes milliseconds; there are never many folders open.
            return max((folder for folder in folders if path.startswith(folder + "/")), key=len, default="")
        ancestor = parent_of(path)
        while ancestor and ancestor not in folders:
            ancestor = parent_of(ancestor)
        return ancestor

    def name_on_disk(self, path: str) -> str:
        """Return the name under which a folder is found in the folder that it is in."""
        return path.rpartition("/")[2]

    def forget(self, path: str = "") -> None:
        """Close the descriptors of a folder and of all below it, for when it is moved, removed or replaced."""
        self._last_path = None
        below = path + "/" if path else ""
        gone = [folder for folder in self._folders if folder == path or folder.startswith(below)]
        for folder in gone:
            self._folders.pop(folder).close()
        if gone:
            BUDGET.give_back(len(gone))


def _list_one_by_one(most: int, folder: FolderHandle, refused: dict[str, OSError] | None) -> dict[str, Entry]:
    """List an open folder in which names vanish or cannot be looked at.

    Raises:
        OSError: It could not be read to its end, or nothing in it may be looked at.
        WideFolderError: There are more names.
    """
    entries: dict[str, Entry] = {}
    with folder.scan() as listing:
        for item in islice(listing, most):
            _look_at(item.name, folder, entries, refused)
        if next(listing, None) is not None:
            raise WideFolderError
    return entries


def rename_between(old_tree: Tree, old_path: str, new_tree: Tree, new_path: str, *, links: bool = False) -> None:
    """Give what is at a path of one tree a path in another one, never onto something; with ``links`` a further one."""
    old, old_folder = old_tree.at(old_path)
    # Opening the second folder may close the first one.
    old_folder = old_folder.duplicate()
    try:
        new, new_folder = new_tree.at(new_path)
        (old_folder.link_at if links else old_folder.rename_at)(old, new_folder, new)
    finally:
        old_folder.close()
