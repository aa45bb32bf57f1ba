"""Keeps what leaves a folder as versions in a history beside it, by link or rename; never a copy.

The history is made before anything is copied, and only on the volume that the pass began with.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.mirror_tree import OWNER_ALL
from backup_gui.engine.destination.mirror_writer import flush_folder, make_private_folder
from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import NOT_SUPPORTED
from backup_gui.engine.fs.system.syscalls import flush_drive
from backup_gui.engine.fs.tree import Tree, rename_between
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.engine.fs.writable import is_open, is_read_only
from backup_gui.engine.rules.version_names import read_version_name, version_path
from backup_gui.model.entries import is_same_file
from backup_gui.model.errors import (
    BackupError,
    DestinationUnusableError,
    HistoryUnusableError,
    LinkInHistoryError,
    RootAbsentError,
)
from backup_gui.model.paths import join, parent_of
from backup_gui.model.problems import is_full, of_unwritable
from backup_gui.model.reasons import Reason, ReasonCode, of_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backup_gui.engine.destination.mirror_writer import MirrorWriter
    from backup_gui.model.entries import Entry


class HistoryWriter:
    """The history of a mirror; see ``destination.History`` for what it is to the engine.

    Args:
        mirror: Writes into the mirror that it belongs to; what is kept comes out of it.
        root: Absolute path of the history, on the same volume, made when it is not there; None to keep none.
    """

    def __init__(self, mirror: MirrorWriter, root: str | None) -> None:
        self.root = root
        self._mirror = mirror.tree
        self._writer = mirror
        self._tree: Tree | None = None
        # Folders that are known to be there.
        self._folders: set[str] = set()
        # Folders in which a name was made or removed since the last flush, where the whole cannot be flushed.
        self._unflushed: set[str] = set()
        self.kept_as: dict[str, str] = {}
        self.must_keep = False
        self.is_new = False
        self.is_lost = False
        self.was_there = False

    def prepare(self) -> None:
        if self.root is None:
            return
        try:
            self.open()
        except OSError as error:
            if is_full(error):
                # What fits is copied all the same, and it is made as soon as there is room.
                return
            folder = nearest_existing(self.root)
            code = ReasonCode.HISTORY_UNOPENED if folder == self.root else ReasonCode.HISTORY_UNMADE
            raise DestinationUnusableError(Reason(code, detail=of_unwritable(error), path=folder)) from error
        if not is_open(self.root):
            why = of_system(os.strerror(errno.EACCES))
            raise DestinationUnusableError(Reason(ReasonCode.HISTORY_CLOSED, detail=why, path=self.root))

    def open(self) -> Tree:
        """Return the history, made if it is not there yet.

        Raises:
            RootAbsentError: The destination's drive is not there any more.
            HistoryUnusableError: What is there is no folder of the user's own.
            OSError: It cannot be made or opened.
        """
        if self._tree is not None and not self._tree.is_root_in_place():
            # Somebody moved it away, or put another one in its place: versions go where they are looked for.
            self.close()
        if self._tree is None:
            assert self.root is not None
            if not self._mirror.is_root_in_place():
                raise RootAbsentError(Reason(ReasonCode.DESTINATION_MOVED, path=self._mirror.root))
            # The history need not lie where the destination is mounted.
            self._check_drive(native.entry_at(nearest_existing(self.root)))
            is_new = not os.path.lexists(self.root)
            # RACE: pulled out at this moment, an empty folder is made where the drive was mounted.
            try:
                make_private_folder(self.root)
            except FileExistsError as error:
                raise HistoryUnusableError(Reason(ReasonCode.HISTORY_NO_FOLDER, path=self.root)) from error
            history = Tree(self.root)
            try:
                self._check_drive(history.root_entry)
                self._check_owner(history)
            except BackupError:
                history.close()
                raise
            self._tree = history
            # Made a second time in one pass, it was there a moment ago.
            self.is_lost |= is_new and self.was_there
            self.is_new |= is_new
            self.was_there = True
        return self._tree

    def close(self) -> None:
        if self._tree is not None:
            self._tree.close()
            self._tree = None
        self._folders.clear()

    def keep(self, path: str, left_at: datetime, *, leaves: bool) -> str | None:
        """Keep a file or link as a version in the history, unless nothing is there; without ``leaves`` it stays, too.

        Returns:
            The version's path in the history, or None if no history is kept or nothing was there.

        Raises:
            OSError: It could not be kept, and is still where it was.
        """
        if self.root is None:
            return None
        there = self._mirror.look(path)
        if there is None:
            return None
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if leaves:
            self._mirror.open_up(parent_of(path))
        try:
            kept = self._keep(path, left_at, there, leaves=leaves)
        except FileNotFoundError:
            if self._mirror.look(path) is None:
                return None
            # It is the history that is gone, or a folder in it: somebody is tidying up.
            self.close()
            kept = self._keep(path, left_at, there, leaves=leaves)
        self._writer.note_unflushed(parent_of(path))
        self._unflushed.add(parent_of(path))
        self.kept_as[path] = kept
        return kept

    def undo_keep(self, kept: str, path: str) -> None:
        """Take back that a version was kept a moment ago: what it was made of has its place in the mirror again.

        If the mirror still has it, the version is only a further name of it. Anything else there stays, and so does the
        version. If it fails, the version is still in the history.
        """
        history, there = self.open(), self._mirror.look(path)
        if there is None:
            rename_between(history, kept, self._mirror, path)
        elif is_same_file(there, history.stat(kept)):
            name, folder = history.at(kept)
            folder.unlink_at(name)
        else:
            return
        self.kept_as.pop(path, None)
        self._writer.note_unflushed(parent_of(path))
        self._unflushed.add(parent_of(kept))

    def tree(self) -> Tree | None:
        if self.root is None:
            return None
        try:
            # Not opened for keeping: that would make it.
            self._tree = self._tree or Tree(self.root)
        except FileNotFoundError:
            return None
        return self._tree

    def remove_version(self, path: str, token: int) -> bool:
        if read_version_name(path.rpartition("/")[2]) is None:
            raise ValueError(path)
        history = self.open()
        now = history.look(path)
        # A folder of that name is one of the mirror's, or a stranger's.
        if now is None or stat.S_ISDIR(now.st_mode) or now.st_ino != token:
            return False
        name, folder = history.at(path)
        # RACE: what somebody else gives this very name between the look and here is removed.
        folder.unlink_at(name)
        return True

    def rename_version(self, stored: str, path: str, left_at: datetime) -> str:
        history = self.open()
        renamed = _first_free(path, left_at, lambda name: rename_between(history, stored, history, name))
        self._unflushed.add(parent_of(stored))
        return renamed

    def remove_folders(self, path: str) -> None:
        history = self.open()
        while path:
            history.forget(path)
            try:
                name, folder = history.at(path)
                folder.rmdir_at(name)
            except FileNotFoundError:
                # Removed by a run that was ended before it came to those above.
                pass
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                    return
                raise
            path = parent_of(path)

    def flush(self) -> None:
        # Before the mirror's folders, which the names may have left. The mirror flushes a volume as a whole.
        if self._tree is not None and not self._writer.syncs_whole:
            for folder in self._unflushed:
                flush_folder(self._tree, folder)
            if self._unflushed:
                # A drive may write the mirror's names before these, which it was given first.
                flush_drive(self._tree.root_fd)
        self._unflushed.clear()

    # Inner parts

    def _kept_before(self, path: str, there: Entry) -> str | None:
        """Find a version that is only a further name of what the mirror still has.

        It was kept for a replacement that then failed, and could not be taken back, as of a file that is held open.
        """
        if there.st_nlink < 2:
            return None
        folder, _, name = path.rpartition("/")
        history = self.open()

        def is_of_it(stored: str) -> bool:
            read = read_version_name(stored)
            return read is not None and read[0] == name

        # Only its own versions are looked at: all of a large folder may be replaced at once.
        versions = list(filter(is_of_it, history.names(folder)))
        for stored, entry in history.look_at(folder, versions, {}).items():
            if is_same_file(there, entry):
                return join(folder, stored)
        return None

    def _keep(self, path: str, left_at: datetime, there: Entry, *, leaves: bool) -> str:
        self._make_folder(parent_of(path))
        history = self.open()
        before = None if leaves else self._kept_before(path, there)
        if before is not None:
            try:
                return self.rename_version(before, path, left_at)
            except OSError:
                # It has an earlier time than it should, and all that it had.
                return before
        links = not leaves and self._writer.metadata.capabilities.holds_hard_links

        def put(kept: str) -> None:
            if not (links and _links(self._mirror, path, history, kept)):
                rename_between(self._mirror, path, history, kept)

        return _first_free(path, left_at, put)

    def _check_drive(self, entry: Entry) -> None:
        """Make sure that a folder lies on the volume that the pass began with: it may have been pulled out since.

        Raises:
            RootAbsentError: It does not.
        """
        if entry.st_dev != self._mirror.root_entry.st_dev:
            raise RootAbsentError(Reason(ReasonCode.DESTINATION_DRIVE_GONE, path=self._mirror.root))

    def _check_owner(self, history: Tree) -> None:
        """Make sure that a history is the own user's alone: whoever may write in it decides what becomes of versions.

        Raises:
            HistoryUnusableError: It is a link, or others may write in it.
        """
        entry = history.root_entry
        try:
            # The folder was opened by way of its path: what stands there now must be that folder itself.
            there = native.entry_at(history.root, follow_symlinks=False)
        except OSError as error:
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_GONE, path=history.root)) from error
        if stat.S_ISLNK(there.st_mode):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_LINK, path=history.root))
        if (there.st_dev, there.st_ino) != (entry.st_dev, entry.st_ino):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_SUPPLANTED, path=history.root))
        if is_read_only(history.root):
            # Nobody can write there now, nor could it be tried out whether its file system has owners and modes.
            return
        capabilities, user = self._writer.metadata.capabilities, self._writer.metadata.rights.owner[0]
        if capabilities.holds_owner and user >= 0 and entry.st_uid != user:
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_FOREIGN, path=history.root))
        if (
            self._writer.metadata.capabilities.holds_modes
            and user >= 0
            and entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        ):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_SHARED, path=history.root))

    def _make_folder(self, path: str) -> None:
        history = self.open()
        if not path or path in self._folders:
            return
        missing = []
        folder = path
        while folder and folder not in self._folders and history.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        if folder and stat.S_ISLNK(history.stat(folder).st_mode):
            raise LinkInHistoryError(folder)
        for descendant in reversed(missing):
            name, parent = history.at(descendant)
            parent.mkdir_at(name, OWNER_ALL)
            self._unflushed.add(parent_of(descendant))
        self._folders.add(path)


def _first_free(path: str, left_at: datetime, put: Callable[[str], None]) -> str:
    """Put a version under the first of its names that is free, and return that."""
    number = 0
    while True:
        name = version_path(path, left_at, number)
        try:
            put(name)
        except FileExistsError:
            number += 1
        else:
            return name


def _links(mirror: Tree, path: str, history: Tree, kept: str) -> bool:
    """Link a file into the history; False where the file system has no hard links."""
    try:
        rename_between(mirror, path, history, kept, links=True)
    except OSError as error:
        if error.errno in NOT_SUPPORTED:
            return False
        raise
    return True
