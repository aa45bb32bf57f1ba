"""Keeps what leaves a folder as versions in a history beside it, by link or rename; never a copy.

The history is made before anything is copied, and only on the volume that the pass began with.
"""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.destination.mirror_writer import Writer, flush_folder, make_private_folder
from backup_gui.engine.fs.content import NOT_SUPPORTED
from backup_gui.engine.fs.metadata import OWNER_ALL
from backup_gui.engine.fs.system.syscalls import rename_to_free_name
from backup_gui.engine.fs.tree import HAS_FOLDER_DESCRIPTORS, Tree
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.engine.fs.writable import is_open, is_read_only
from backup_gui.engine.rules.version_names import read_version_name, version_path
from backup_gui.model.errors import (
    BackupError,
    DestinationUnusableError,
    HistoryUnusableError,
    LinkInHistoryError,
    RootAbsentError,
)
from backup_gui.model.paths import parent_of
from backup_gui.model.problems import is_full, of_unwritable
from backup_gui.model.reasons import Reason, ReasonCode, of_system

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.model.entries import Entry


class Keeper(Writer):
    """A folder and its history.

    Args:
        root: Absolute path of the folder, which exists.
        history_root: Absolute path of the history, on the same volume, made when it is not there; None to keep
            none.

    Attributes:
        kept_as: Where the last version of each path went, until somebody takes note of it.
        dated: Tells the time by which versions are named.
        must_keep: Whether nothing is to be replaced that cannot be kept, not even for want of room.
        has_had_history: Whether the history was there, or was made, in this pass.
        has_new_history: Whether the history had to be made.
        has_lost_history: Whether it had to be made once more.

    Raises:
        OSError: The folder cannot be opened or is none.
    """

    def __init__(self, root: str, history_root: str | None) -> None:
        super().__init__(root)
        self._history_root = history_root
        self._history: Tree | None = None
        self._history_folders: set[str] = set()
        # As for the folder itself, but in the history.
        self._unflushed_history: set[str] = set()
        self.kept_as: dict[str, str] = {}
        self.dated: Callable[[], datetime] = _now
        self.must_keep = False
        self.has_new_history = False
        self.has_lost_history = False
        self.has_had_history = False

    @property
    def history_root(self) -> str | None:
        """Absolute path of the history; None if none is kept."""
        return self._history_root

    @property
    def keeps_history(self) -> bool:
        """Whether what leaves the mirror is kept."""
        return self._history_root is not None

    def prepare_history(self) -> None:
        """Make the history if it is not there yet, and make sure that it can be written to, before anything is copied.

        Raises:
            RootAbsentError: The drive is not there any more.
            DestinationUnusableError: It cannot be made, opened or written to; the text names the folder at fault.
        """
        if self._history_root is None:
            return
        try:
            self._opened_history()
        except OSError as error:
            if is_full(error):
                # What fits is copied all the same, and it is made as soon as there is room.
                return
            folder = nearest_existing(self._history_root)
            code = ReasonCode.HISTORY_UNOPENED if folder == self._history_root else ReasonCode.HISTORY_UNMADE
            raise DestinationUnusableError(Reason(code, detail=of_unwritable(error), path=folder)) from error
        if not is_open(self._history_root):
            why = of_system(os.strerror(errno.EACCES))
            raise DestinationUnusableError(Reason(ReasonCode.HISTORY_CLOSED, detail=why, path=self._history_root))

    def close(self) -> None:
        """Give all descriptors back."""
        self._close_history()
        super().close()

    def keep(self, path: str, left_at: datetime, *, leaves: bool) -> str | None:
        """Keep what is at a path as a version in the history.

        Args:
            path: The file or link.
            left_at: When it leaves the mirror, UTC.
            leaves: Whether its name goes with it. If not, it stays under its name until it is replaced.

        Returns:
            The version's path in the history, or None if no history is kept or nothing was there.

        Raises:
            OSError: It could not be kept, and is still where it was.
        """
        if self._history_root is None:
            return None
        there = self.look(path)
        if there is None:
            return None
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if leaves:
            self._open_up(parent_of(path))
        try:
            kept = self._keep(path, left_at, leaves=leaves)
        except FileNotFoundError:
            if self.look(path) is None:
                return None
            # It is the history that is gone, or a folder in it: somebody is tidying up.
            self._close_history()
            kept = self._keep(path, left_at, leaves=leaves)
        self._note(parent_of(path))
        self._unflushed_history.add(parent_of(path))
        self.kept_as[path] = kept
        return kept

    def put_back(self, kept: str, path: str) -> None:
        """Give a version that was kept a moment ago its place in the mirror back, if nothing is there.

        Raises:
            OSError: It could not be put back, and is still in the history.
        """
        if self.look(path) is not None:
            return
        old, old_fd, new, new_fd = pair(self._opened_history(), kept, self, path)
        try:
            rename_to_free_name(old, old_fd, new, new_fd)
        finally:
            give_back(old_fd)
        self.kept_as.pop(path, None)
        self._note(parent_of(path))
        self._unflushed_history.add(parent_of(kept))

    def open_history(self) -> Tree:
        """Return the history, made if it is not there yet.

        Raises:
            RootAbsentError: The destination's drive is not there any more.
            OSError: It cannot be made or opened.
        """
        return self._opened_history()

    def history_tree(self) -> Tree | None:
        """Return the history for reading; None if none is kept or nothing was ever kept.

        Raises:
            OSError: It cannot be opened.
        """
        if self._history_root is None:
            return None
        try:
            # Not opened for keeping: that would make it.
            self._history = self._history or Tree(self._history_root)
        except FileNotFoundError:
            return None
        return self._history

    def remove_version(self, path: str, inode: int) -> bool:
        """Remove a version from the history for good.

        Args:
            path: Its path in the history.
            inode: What was seen there.

        Returns:
            Whether it was removed; False if something else is there now, or nothing.

        Raises:
            ValueError: It is not named as versions are.
            OSError: It could not be removed.
        """
        if read_version_name(path.rpartition("/")[2]) is None:
            raise ValueError(path)
        history = self._opened_history()
        now = history.look(path)
        # A folder of that name is one of the mirror's, or a stranger's.
        if now is None or stat.S_ISDIR(now.st_mode) or now.st_ino != inode:
            return False
        name, folder_fd = history.at(path)
        # RACE: what somebody else gives this very name between the look and here is removed.
        os.unlink(name, dir_fd=folder_fd)
        return True

    def rename_version(self, stored: str, path: str, left_at: datetime) -> str:
        """Give a version the name of another time.

        Args:
            stored: Its path in the history.
            path: The path that it had in the mirror.
            left_at: When it left the mirror, UTC.

        Returns:
            Its path in the history now.

        Raises:
            OSError: It has its old name.
        """
        history = self._opened_history()
        count = 0
        while True:
            renamed = version_path(path, left_at, count)
            count += 1
            old, old_fd, new, new_fd = pair(history, stored, history, renamed)
            try:
                rename_to_free_name(old, old_fd, new, new_fd)
            except FileExistsError:
                continue
            finally:
                give_back(old_fd)
            self._unflushed_history.add(parent_of(stored))
            return renamed

    def remove_history_folders(self, path: str) -> None:
        """Remove a folder of the history that versions were removed from, and those above it, as far as they are empty.

        Raises:
            OSError: One could not be removed for another reason.
        """
        history = self._opened_history()
        while path:
            history.forget(path)
            try:
                name, folder_fd = history.at(path)
                os.rmdir(name, dir_fd=folder_fd)
            except FileNotFoundError:
                # Removed by a run that was ended before it came to those above.
                pass
            except OSError as error:
                if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                    return
                raise
            path = parent_of(path)

    def flush(self) -> None:
        """Return when everything written so far is on the disk, in the history too.

        Raises:
            OSError: Some of it is not, and may be lost.
        """
        self._flush_history()
        super().flush()

    # Inner parts

    def _flush_history(self) -> None:
        """Bring the history's names to the disk: before the mirror's folders, which they may have left."""
        if self._history is not None and HAS_FOLDER_DESCRIPTORS and not self._syncs_whole:
            for folder in self._unflushed_history:
                flush_folder(self._history, folder)
        self._unflushed_history.clear()

    def _flush_metadata(self, path: str, source: Entry) -> None:
        self._flush_history()
        super()._flush_metadata(path, source)

    def _keep(self, path: str, left_at: datetime, *, leaves: bool) -> str:
        self._make_history_folder(parent_of(path))
        history = self._opened_history()
        count = 0
        while True:
            kept = version_path(path, left_at, count)
            old, old_fd, new, new_fd = pair(self, path, history, kept)
            try:
                if leaves or not self.abilities.holds_hard_links or not self._links(old, old_fd, new, new_fd):
                    rename_to_free_name(old, old_fd, new, new_fd)
            except FileExistsError:
                count += 1
            else:
                return kept
            finally:
                give_back(old_fd)

    def _links(self, old: str, old_fd: int | None, new: str, new_fd: int | None) -> bool:
        """Link a file into the history; False where the file system has no hard links."""
        try:
            os.link(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd, follow_symlinks=False)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError as error:
            if error.errno in NOT_SUPPORTED:
                return False
            raise
        return True

    def _opened_history(self) -> Tree:
        if self._history is not None and not self._history.is_root_in_place():
            # Somebody moved it away, or put another one in its place: versions go where they are looked for.
            self._close_history()
        if self._history is None:
            assert self._history_root is not None
            if not self.is_root_in_place():
                raise RootAbsentError(Reason(ReasonCode.DESTINATION_MOVED, path=self.root))
            # The history need not lie where the destination is mounted.
            self._check_drive(os.stat(nearest_existing(self._history_root)))
            is_new = not os.path.lexists(self._history_root)
            # RACE: pulled out at this moment, an empty folder is made where the drive was mounted.
            try:
                make_private_folder(self._history_root)
            except FileExistsError as error:
                raise HistoryUnusableError(Reason(ReasonCode.HISTORY_NO_FOLDER, path=self._history_root)) from error
            history = Tree(self._history_root)
            try:
                self._check_drive(history.root_entry)
                self._check_owner(history)
            except BackupError:
                history.close()
                raise
            self._history = history
            # Made a second time in one pass, it was there a moment ago.
            self.has_lost_history |= is_new and self.has_had_history
            self.has_new_history |= is_new
            self.has_had_history = True
        return self._history

    def _close_history(self) -> None:
        if self._history is not None:
            self._history.close()
            self._history = None
        self._history_folders.clear()

    def _check_drive(self, entry: Entry) -> None:
        """Make sure that a folder lies on the volume that the pass began with: it may have been pulled out since.

        Raises:
            RootAbsentError: It does not.
        """
        if entry.st_dev != self.root_entry.st_dev:
            raise RootAbsentError(Reason(ReasonCode.DESTINATION_DRIVE_GONE, path=self.root))

    def _check_owner(self, history: Tree) -> None:
        """Make sure that a history is the own user's alone: whoever may write in it decides what becomes of versions.

        Raises:
            HistoryUnusableError: It is a link, or others may write in it.
        """
        entry = history.root_entry
        try:
            # The folder was opened by way of its path: what stands there now must be that folder itself.
            there = os.lstat(history.root)
        except OSError as error:
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_GONE, path=history.root)) from error
        if stat.S_ISLNK(there.st_mode):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_LINK, path=history.root))
        if (there.st_dev, there.st_ino) != (entry.st_dev, entry.st_ino):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_SUPPLANTED, path=history.root))
        if is_read_only(history.root):
            # Nobody can write there now, nor could it be tried out whether its file system has owners and modes.
            return
        user = self.rights.owner[0]
        if self.abilities.holds_owner and user >= 0 and entry.st_uid != user:
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_FOREIGN, path=history.root))
        if self.abilities.holds_modes and user >= 0 and entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise HistoryUnusableError(Reason(ReasonCode.HISTORY_SHARED, path=history.root))

    def _make_history_folder(self, path: str) -> None:
        history = self._opened_history()
        if not path or path in self._history_folders:
            return
        missing = []
        folder = path
        while folder and folder not in self._history_folders and history.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        if folder and stat.S_ISLNK(history.stat(folder).st_mode):
            raise LinkInHistoryError(folder)
        for descendant in reversed(missing):
            name, parent_fd = history.at(descendant)
            os.mkdir(name, OWNER_ALL, dir_fd=parent_fd)
            self._unflushed_history.add(parent_of(descendant))
        self._history_folders.add(path)


def _now() -> datetime:
    return datetime.now(UTC)


def pair(old_tree: Tree, old_path: str, new_tree: Tree, new_path: str) -> tuple[str, int | None, str, int | None]:
    """Return names and descriptors for a call on two paths; the first descriptor is a copy, to be given back."""
    old, old_fd = old_tree.at(old_path)
    if old_fd is not None:
        # Opening the second folder may close the first one's.
        old_fd = os.dup(old_fd)
    try:
        new, new_fd = new_tree.at(new_path)
    except OSError:
        give_back(old_fd)
        raise
    return old, old_fd, new, new_fd


def give_back(fd: int | None) -> None:
    """Close a descriptor that ``pair`` returned first, if there is one."""
    if fd is not None:
        os.close(fd)
