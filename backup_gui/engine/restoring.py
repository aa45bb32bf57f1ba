"""Puts files and links back into a folder: never over what is there, never through a link, and compared afterwards.

Which content is wanted is decided in ``history.py``, ``putback.py`` and ``undo.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Self

from backup_gui.engine.attributes import copy_attributes
from backup_gui.engine.model import EntryKind, kind_of
from backup_gui.engine.system import own_ids, rename_to_free_name
from backup_gui.engine.transfer import flush_file, transfer
from backup_gui.engine.tree import HAS_FOLDER_DESCRIPTORS, TEMPORARY_PREFIX, Tree, join, parent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.model import Entry

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_BLOCK_BYTES = 1 << 20


class Restorer:
    """Brings content from mirror and history into one folder.

    Args:
        to: Absolute path of the folder; made if need be.
        inherits: Whether folders that are made, and of which nothing else is known, get mode and owner of the folder
            that they are in; otherwise they are their owner's alone.

    Raises:
        OSError: It cannot be made or opened.
    """

    def __init__(self, to: str, *, inherits: bool = False) -> None:
        os.makedirs(to, exist_ok=True)
        self._to = Tree(to)
        self._inherits = inherits
        self._roots: dict[str, Tree] = {}
        # Folders made here, with the metadata that they get when their content is complete.
        self._made: dict[str, Entry | None] = {}
        self._is_superuser = own_ids()[0] == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folders made their metadata, and give all descriptors back."""
        with contextlib.closing(self._to), contextlib.ExitStack() as stack:
            for tree in self._roots.values():
                stack.enter_context(contextlib.closing(tree))
            for folder, entry in sorted(self._made.items(), key=lambda item: item[0].count("/"), reverse=True):
                if entry is not None:
                    # Best effort, as in a mirror: the content is there.
                    with contextlib.suppress(OSError):
                        self._set_folder_metadata(folder, entry)

    def restore(self, root: str, stored: str, wanted: str, make_way: Callable[[], None] | None = None) -> None:
        """Restore one file, one link, or a folder without what is in it.

        Args:
            root: Absolute path of the mirror or of the history.
            stored: Where it lies there.
            wanted: Where it shall lie in the folder.
            make_way: Called when a file or link is complete, and only its final name is missing.

        Raises:
            FileExistsError: Something is there.
            OSError: It could not be restored, or came out different.
        """
        tree = self._root(root)
        entry = tree.stat(stored)
        kind = kind_of(entry)
        if kind is EntryKind.FOLDER:
            self.make_folders(wanted)
            if wanted in self._made:
                self._made[wanted] = entry
            return
        folder = parent_of(wanted)
        self.make_folders(folder)
        temporary = join(folder, TEMPORARY_PREFIX + os.urandom(8).hex())
        try:
            if kind is EntryKind.LINK:
                self._make_link(tree.read_link(stored), temporary, entry)
            else:
                self._copy(tree, stored, temporary)
            if make_way is not None:
                make_way()
            old, folder_fd = self._to.at(temporary)
            new, _ = self._to.at(wanted)
            rename_to_free_name(old, folder_fd, new, folder_fd)
        except BaseException:
            with contextlib.suppress(OSError):
                name, folder_fd = self._to.at(temporary)
                os.unlink(name, dir_fd=folder_fd)
            raise

    def make_folders(self, folder: str) -> None:
        """Make a folder and those that it is in, as far as they are missing.

        Raises:
            NotADirectoryError: A file or link is in the place of one.
            OSError: One could not be made.
        """
        missing: list[str] = []
        while folder and self._to.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        if folder and kind_of(self._to.stat(folder)) is not EntryKind.FOLDER:
            raise NotADirectoryError(errno.ENOTDIR, "a file or link is where its folder should be", folder)
        parent = self._to.stat(folder) if missing and self._inherits else None
        for descendant in reversed(missing):
            name, folder_fd = self._to.at(descendant)
            os.mkdir(name, stat.S_IRWXU, dir_fd=folder_fd)
            self._made[descendant] = parent

    def _root(self, root: str) -> Tree:
        if root not in self._roots:
            self._roots[root] = Tree(root)
        return self._roots[root]

    def _make_link(self, text: str, temporary: str, entry: Entry) -> None:
        name, folder_fd = self._to.at(temporary)
        os.symlink(text, name, dir_fd=folder_fd)
        if HAS_FOLDER_DESCRIPTORS:
            with contextlib.suppress(OSError):
                os.utime(name, ns=(entry.st_atime_ns, entry.st_mtime_ns), dir_fd=folder_fd, follow_symlinks=False)

    def _copy(self, tree: Tree, stored: str, temporary: str) -> None:
        fd = tree.open_file(stored)
        try:
            entry = os.fstat(fd)
            name, folder_fd = self._to.at(temporary)
            out = os.open(name, _CREATE, 0o600, dir_fd=folder_fd)
            try:
                if entry.st_size:
                    transfer(fd, out, entry, lambda _count: None, lambda: False)
                _compare(fd, out)
                # After the owner, since a new one takes away capabilities.
                self._set_owner(out, entry)
                copy_attributes(fd, out)
                if sys.platform != "win32":
                    self._set_metadata(out, entry)
                flush_file(out)
            finally:
                os.close(out)
            if sys.platform == "win32":
                os.utime(name, ns=(entry.st_atime_ns, entry.st_mtime_ns))
        finally:
            os.close(fd)

    def _set_folder_metadata(self, folder: str, entry: Entry) -> None:
        if HAS_FOLDER_DESCRIPTORS:
            self._set_metadata(self._to.folder(folder), entry)
        else:
            os.utime(self._to.at(folder)[0], ns=(entry.st_atime_ns, entry.st_mtime_ns))

    def _set_metadata(self, fd: int, entry: Entry) -> None:
        """Set owner, mode and times; without the owner set-id bits would be the restoring user's, so they go."""
        if sys.platform == "win32":
            return
        mode = stat.S_IMODE(entry.st_mode)
        if not self._set_owner(fd, entry):
            mode &= ~(stat.S_ISUID | stat.S_ISGID)
        # Some file systems know no owners and no modes; the content is there all the same.
        with contextlib.suppress(PermissionError):
            os.fchmod(fd, mode)
        os.utime(fd, ns=(entry.st_atime_ns, entry.st_mtime_ns))

    def _set_owner(self, fd: int, entry: Entry) -> bool:
        """Give a file or folder its owner where that is possible; tells whether it has that user."""
        if sys.platform == "win32":
            return False
        if not self._is_superuser:
            return entry.st_uid == own_ids()[0]
        now = os.fstat(fd)
        if (now.st_uid, now.st_gid) != (entry.st_uid, entry.st_gid):
            try:
                os.fchown(fd, entry.st_uid, entry.st_gid)
            except PermissionError:
                return False
        return True


def _compare(fd: int, copy: int) -> None:
    """Compare two files from their beginning to their end.

    Raises:
        OSError: They differ, or one cannot be read.
    """
    os.lseek(fd, 0, os.SEEK_SET)
    os.lseek(copy, 0, os.SEEK_SET)
    while True:
        block = os.read(fd, _BLOCK_BYTES)
        if block != os.read(copy, _BLOCK_BYTES):
            raise OSError(errno.EIO, "the copy differs from the original")
        if not block:
            return
