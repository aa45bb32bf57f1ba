"""One folder tree, opened once and read through directory descriptors.

The root is opened by its path, everything below it component by component from the root's descriptor and never
through a symbolic link, so that a pass keeps looking at the tree that it started with, however the paths that lead
there are changed meanwhile. Nothing here writes.

Where the system has no directory descriptors (Windows), the same calls go by absolute paths.
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

from backup_gui.engine.fs.system.descriptors import BUDGET, MOST_KEPT
from backup_gui.engine.fs.volumes.mounts import kind_of_device
from backup_gui.model.paths import parent_of, parents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backup_gui.model.entries import Entry

HAS_FOLDER_DESCRIPTORS = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
OPEN_ROOT = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
OPEN_FOLDER = OPEN_ROOT | getattr(os, "O_NOFOLLOW", 0)
# A pipe put in a file's place after it was listed must not block the pass, hence O_NONBLOCK.
OPEN_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class WideFolderError(Exception):
    """A folder has more names than are listed at once."""


def _look_at(name: str, where: int | str, entries: dict[str, Entry], refused: dict[str, OSError] | None) -> None:
    """Look at a name of an open folder, for its listing.

    Raises:
        OSError: Nothing in it may be looked at; or this one may not, and nobody takes that.
    """
    try:
        if isinstance(where, int):
            entries[name] = os.stat(name, dir_fd=where, follow_symlinks=False)
        else:
            entries[name] = os.lstat(os.path.join(where, name))
    except FileNotFoundError:
        pass
    except OSError as error:
        if refused is None:
            raise
        if not refused and isinstance(error, PermissionError) and isinstance(where, int):
            # In a folder that may be read and not entered this is so of every name: it fails itself.
            os.stat(".", dir_fd=where)
        refused[name] = error


class Tree:
    """A root folder and what is below it, for reading.

    Args:
        root: Absolute path of the folder.

    Raises:
        OSError: The root cannot be opened or is not a folder.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._folders: OrderedDict[str, int] = OrderedDict()
        # The folder asked for last is nearly always the one asked for next.
        self._last_path: str | None = None
        self._last_fd = -1
        self._is_counted = False
        if HAS_FOLDER_DESCRIPTORS:
            # The root itself may be reached through links: it is the folder that the user named.
            self.root_fd = os.open(root, OPEN_ROOT)
            try:
                self.root_entry = os.fstat(self.root_fd)
            except OSError:
                os.close(self.root_fd)
                raise
        else:
            self.root_fd = -1
            self.root_entry = os.stat(root)
            if not os.path.isdir(root):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), root)
        BUDGET.add_tree()
        self._is_counted = True
        # Some programs that serve a file system list a folder once for each time that it is opened, and then nothing.
        with self._closed_on_failure():
            self._lists_anew = HAS_FOLDER_DESCRIPTORS and kind_of_device(self.root_entry.st_dev).startswith("fuse")

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
        if self.root_fd >= 0:
            os.close(self.root_fd)
            self.root_fd = -1

    @contextlib.contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        """Leave nothing open if it cannot be told what a tree is to know of itself from the beginning."""
        try:
            yield
        except BaseException:
            Tree.close(self)
            raise

    def is_root_in_place(self) -> bool:
        """Tell whether the root's path still leads to the folder that was opened."""
        try:
            now = os.stat(self.root)
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
        where = self.folder(path) if HAS_FOLDER_DESCRIPTORS else self._absolute(path)
        if HAS_FOLDER_DESCRIPTORS and not self._lists_anew:
            try:
                with os.scandir(where) as listing:
                    entries = {item.name: item.stat(follow_symlinks=False) for item in islice(listing, most)}
                    if next(listing, None) is None:
                        return entries
                raise WideFolderError
            except FileNotFoundError:
                # One of the names has vanished meanwhile: once more, one by one.
                pass
            except OSError as error:
                # One of the names cannot be looked at; what the listing itself fails with names only the descriptor.
                if refused is None or not isinstance(error.filename, str):
                    raise
        if not isinstance(where, int):
            return self._list_one_by_one(most, where, refused)
        # Opened anew: it may have been listed before.
        again = os.open(".", OPEN_FOLDER, dir_fd=where)
        try:
            return self._list_one_by_one(most, again, refused)
        finally:
            os.close(again)

    def names(self, path: str) -> list[str]:  # type: ignore[valid-type]
        """List the names in a folder.

        Raises:
            OSError: The folder could not be read to its end.
        """
        if not HAS_FOLDER_DESCRIPTORS:
            return os.listdir(self._absolute(path))
        again = os.open(".", OPEN_FOLDER, dir_fd=self.folder(path))
        try:
            return os.listdir(again)
        finally:
            os.close(again)

    def look_at(self, path: str, names: Sequence[str], refused: dict[str, OSError]) -> dict[str, Entry]:
        """Return the entries of some names of a folder, as ``list``.

        Raises:
            OSError: Nothing in the folder may be looked at, or it is not there.
        """
        entries: dict[str, Entry] = {}
        if not names:
            # Of a folder that is yet to be made.
            return entries
        where = self.folder(path) if HAS_FOLDER_DESCRIPTORS else self._absolute(path)
        for name in names:
            _look_at(name, where, entries, refused)
        return entries

    def _list_one_by_one(self, most: int, where: int | str, refused: dict[str, OSError] | None) -> dict[str, Entry]:
        """List an open folder in which names vanish or cannot be looked at.

        Raises:
            OSError: It could not be read to its end, or nothing in it may be looked at.
            WideFolderError: There are more names.
        """
        entries: dict[str, Entry] = {}
        with os.scandir(where) as listing:
            for item in islice(listing, most):
                # On Windows what the listing carries has no inode: the file is asked itself.
                _look_at(item.name, where, entries, refused)
            if next(listing, None) is not None:
                raise WideFolderError
        return entries

    def is_empty(self) -> bool:
        """Tell whether the root has nothing in it.

        Raises:
            OSError: It could not be listed.
        """
        if not HAS_FOLDER_DESCRIPTORS:
            with os.scandir(self.root) as listing:
                return next(listing, None) is None
        again = os.open(".", OPEN_FOLDER, dir_fd=self.root_fd)
        try:
            with os.scandir(again) as entries:
                return next(entries, None) is None
        finally:
            os.close(again)

    def stat(self, path: str) -> Entry:
        """Return the entry at a path, links not followed.

        Raises:
            OSError: As for ``os.lstat``.
        """
        if not path:
            return os.fstat(self.root_fd) if HAS_FOLDER_DESCRIPTORS else os.stat(self.root)
        name, folder_fd = self.at(path)
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)

    def look(self, path: str) -> Entry | None:
        """Return the entry at a path, or None if there is none, also for want of the folder it would be in.

        Raises:
            OSError: It cannot be told, for example for want of permission.
        """
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
        """Tell whether the folders that a path leads through are there, so that what it leads to might be, too.

        Raises:
            OSError: It cannot be told.
        """
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
        """Open a file for reading, never through a link and never waiting for a pipe.

        Raises:
            OSError: As for ``os.open``.
        """
        name, folder_fd = self.at(path)
        return os.open(name, OPEN_FILE, dir_fd=folder_fd)

    def read_link(self, path: str) -> str:
        """Return the text of a symbolic link.

        Raises:
            OSError: As for ``os.readlink``.
        """
        name, folder_fd = self.at(path)
        return os.readlink(name, dir_fd=folder_fd)

    def at(self, path: str) -> tuple[str, int | None]:
        """Return what the system's calls take for a path: a name and the descriptor of the folder it is in.

        Raises:
            OSError: The folder cannot be opened.
        """
        folder, _, name = path.rpartition("/")
        if folder == self._last_path:
            return name, self._last_fd
        if not HAS_FOLDER_DESCRIPTORS:
            return self._absolute(path), None
        return name, self.folder(folder)

    def folder(self, path: str) -> int:
        """Return the descriptor of a folder; it belongs to the tree and may be closed by later calls.

        Raises:
            OSError: A component is missing, is no folder, or may not be entered.
        """
        if path == self._last_path:
            return self._last_fd
        if not path:
            self._last_path, self._last_fd = path, self.root_fd
            return self.root_fd
        folders = self._folders
        fd = folders.get(path)
        if fd is not None:
            folders.move_to_end(path)
            self._last_path, self._last_fd = path, fd
            return fd
        # From the nearest ancestor that is open, one component at a time: no path is ever too long for the
        # system, and each component is checked not to be a link.
        ancestor = self._nearest_open(path)
        current = folders[ancestor] if ancestor else self.root_fd
        start = len(ancestor) + 1 if ancestor else 0
        while start <= len(path):
            end = path.find("/", start)
            end = len(path) if end < 0 else end
            current = os.open(self.name_on_disk(path[:end]), OPEN_FOLDER, dir_fd=current)
            folders[path[:end]] = current
            start = end + 1
            for _ in range(BUDGET.keep(len(folders))):
                oldest, oldest_fd = folders.popitem(last=False)
                if oldest == self._last_path:
                    # Should a component below be missing, nothing takes its place, and its number becomes another's.
                    self._last_path = None
                os.close(oldest_fd)
        self._last_path, self._last_fd = path, current
        return current

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
            os.close(self._folders.pop(folder))
        if gone:
            BUDGET.give_back(len(gone))

    def _absolute(self, path: str) -> str:
        """Return the absolute path, on Windows in the form that is not limited to 260 characters."""
        whole = os.path.normpath(os.path.join(self.root, path))
        if os.name == "nt" and not whole.startswith("\\\\"):
            return "\\\\?\\" + whole
        return whole
