"""Puts files and links back into a folder: never over what is there, never through a link, and compared afterwards.

Which content is wanted is decided in ``history.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Self

from backup_gui.engine.model import EntryKind, kind_of
from backup_gui.engine.target import Target
from backup_gui.engine.tree import Tree, parent_of

if TYPE_CHECKING:
    from backup_gui.engine.model import Entry

_BLOCK_BYTES = 1 << 20


class Restorer:
    """Brings content from mirror and history into one folder.

    What it writes goes the same way as into a mirror: under a temporary name first, by descriptor, with owner, mode,
    times and attributes.

    Args:
        to: Absolute path of the folder; made if need be.

    Raises:
        OSError: It cannot be made or opened.
    """

    def __init__(self, to: str) -> None:
        os.makedirs(to, exist_ok=True)
        self._trees: dict[str, Tree] = {}
        self._made: dict[str, Entry | None] = {}
        self._target = Target(to, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folders made their metadata, flush, and give all descriptors back."""
        with contextlib.closing(self._target), contextlib.ExitStack() as stack:
            for tree in self._trees.values():
                stack.enter_context(contextlib.closing(tree))
            for folder, entry in sorted(self._made.items(), key=lambda item: item[0].count("/"), reverse=True):
                if entry is not None:
                    # Best effort, as in a mirror: the content is there.
                    with contextlib.suppress(OSError):
                        self._target.set_metadata(folder, entry)
            self._target.flush()

    def restore(self, root: str, stored: str, wanted: str) -> None:
        """Restore one file, link or empty folder.

        Args:
            root: Absolute path of the mirror or of the history.
            stored: Where it lies there.
            wanted: Where it shall lie in the folder.

        Raises:
            FileExistsError: Something is there.
            OSError: It could not be restored, or came out different.
        """
        tree = self._tree(root)
        entry = tree.stat(stored)
        kind = kind_of(entry)
        if kind is EntryKind.FOLDER:
            self._make_folders(wanted)
            if wanted in self._made:
                self._made[wanted] = entry
            return
        self._make_folders(parent_of(wanted))
        if kind is EntryKind.LINK:
            temporary = self._target.create_link(parent_of(wanted), tree.read_link(stored))
            with contextlib.suppress(OSError):
                self._target.set_metadata(temporary, entry)
        else:
            temporary = self._receive(tree, stored, parent_of(wanted))
        try:
            self._target.publish(temporary, wanted, may_replace=False)
        except OSError:
            self._target.discard(temporary)
            raise

    def _tree(self, root: str) -> Tree:
        if root not in self._trees:
            self._trees[root] = Tree(root)
        return self._trees[root]

    def _receive(self, tree: Tree, stored: str, folder: str) -> str:
        fd = tree.open_file(stored)
        try:
            temporary = self._target.receive(
                folder, fd, os.fstat(fd), on_bytes=lambda _count: None, should_stop=lambda: False
            )
            try:
                self._compare(fd, temporary)
            except OSError:
                self._target.discard(temporary)
                raise
        finally:
            os.close(fd)
        return temporary

    def _compare(self, fd: int, temporary: str) -> None:
        os.lseek(fd, 0, os.SEEK_SET)
        copy = self._target.open_file(temporary)
        try:
            while True:
                block = os.read(fd, _BLOCK_BYTES)
                if block != os.read(copy, _BLOCK_BYTES):
                    raise OSError(errno.EIO, "the copy differs from the original", temporary)
                if not block:
                    return
        finally:
            os.close(copy)

    def _make_folders(self, folder: str) -> None:
        missing: list[str] = []
        while folder and self._target.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        if folder and kind_of(self._target.stat(folder)) is not EntryKind.FOLDER:
            raise NotADirectoryError(errno.ENOTDIR, "a file or link is where its folder should be", folder)
        for descendant in reversed(missing):
            self._target.make_folder(descendant)
            self._made[descendant] = None
