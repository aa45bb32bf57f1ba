"""The destination: the only module that writes to one.

What comes into it comes by the primitives of ``writer.py``, which is a part of this; what leaves the mirror goes to the
history by link or rename. Nothing outside the destination and its history is ever touched.

A further kind of destination would offer the same methods.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.errors import DestinationBusyError, RootAbsentError
from backup_gui.engine.history import version_path
from backup_gui.engine.identity import nearest_existing
from backup_gui.engine.lock import lock_file
from backup_gui.engine.system import rename_to_free_name
from backup_gui.engine.transfer import NOT_SUPPORTED
from backup_gui.engine.tree import HAS_FOLDER_DESCRIPTORS, Tree, parent_of
from backup_gui.engine.writer import OWNER_ALL, Writer, flush_folder

if TYPE_CHECKING:
    from datetime import datetime


class Target(Writer):
    """A destination folder and its history.

    Args:
        root: Absolute path of the destination, which exists.
        history_root: Absolute path of the history, on the same volume, made when it is first needed; None to keep
            none.

    Raises:
        OSError: The destination cannot be opened or is not a folder.
    """

    def __init__(self, root: str, history_root: str | None) -> None:
        super().__init__(root)
        self._history_root = history_root
        self._history: Tree | None = None
        self._history_folders: set[str] = set()
        # As for the mirror itself, but in the history.
        self._unflushed_history: set[str] = set()

    @property
    def keeps_history(self) -> bool:
        """Whether what leaves the mirror is kept."""
        return self._history_root is not None

    def close(self) -> None:
        """Give all descriptors back."""
        self._close_history()
        super().close()

    def lock(self) -> None:
        """Keep other processes from writing here as long as this target is open.

        Raises:
            DestinationBusyError: One is.
        """
        if not HAS_FOLDER_DESCRIPTORS:
            return
        try:
            lock_file(self._root_fd)
        except BlockingIOError as error:
            raise DestinationBusyError(f"Another program instance is writing to {self.root}.") from error
        except OSError:
            # Some network file systems have no locks on folders; the lock of the job itself still holds.
            return

    def move(self, old_path: str, new_path: str) -> None:
        """Rename within the mirror; never onto something.

        Raises:
            FileExistsError: The new path is taken.
            OSError: The rename was refused.
        """
        self._open_up(parent_of(old_path))
        self._open_up(parent_of(new_path))
        old, old_fd, new, new_fd = _pair(self, old_path, self, new_path)
        try:
            rename_to_free_name(old, old_fd, new, new_fd)
        finally:
            _give_back(old_fd)
        self.forget(old_path)
        self._note(parent_of(old_path))
        self._note(parent_of(new_path))

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
        return kept

    def put_back(self, kept: str, path: str) -> None:
        """Give a version that was kept a moment ago its place in the mirror back, if nothing is there.

        Raises:
            OSError: It could not be put back, and is still in the history.
        """
        if self.look(path) is not None:
            return
        old, old_fd, new, new_fd = _pair(self._opened_history(), kept, self, path)
        try:
            rename_to_free_name(old, old_fd, new, new_fd)
        finally:
            _give_back(old_fd)
        self._note(parent_of(path))
        self._unflushed_history.add(parent_of(kept))

    def respell(self, old_path: str, new_path: str) -> None:
        """Give something another spelling of its name, which the file system takes for the same name.

        Args:
            old_path: The path as it is listed.
            new_path: The path as it is to be listed, in the same folder.

        Raises:
            FileExistsError: Both are listed: they are not one after all.
            FileNotFoundError: The old one is not listed any more.
            OSError: The rename was refused; it has its old name.
        """
        folder = parent_of(old_path)
        self._open_up(folder)
        before = self.list(folder)
        old, new = (path.rpartition("/")[2] for path in (old_path, new_path))
        if new in before:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_path)
        if old not in before:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), old_path)
        self._rename_over_itself(old_path, new_path)
        # What was opened by way of either name may lead nowhere now.
        self.forget(old_path)
        self.forget(new_path)
        if new not in self.list(folder):
            # Taken for a rename onto itself, of which there is nothing to do: by way of another name.
            # RACE: killed in between, it has a temporary name, which the next pass removes before it copies anew.
            between = self._temporary_for(new_path)
            self._rename_over_itself(old_path, between)
            try:
                self._rename_over_itself(between, new_path)
            except OSError:
                self._rename_over_itself(between, old_path)
                raise
        self._note(folder)

    def is_listed(self, path: str) -> bool:
        """Tell whether a name is listed in just this spelling in the folder that it is in.

        Raises:
            OSError: The folder cannot be listed.
        """
        return path.rpartition("/")[2] in self.list(parent_of(path))

    def remove_file(self, path: str) -> None:
        """Remove a file or link for good; it is no error if it is gone.

        Raises:
            OSError: It could not be removed.
        """
        self._open_up(parent_of(path))
        self._unlink(path)
        self._note(parent_of(path))

    def flush(self) -> None:
        """Return when everything written so far is on the disk, in the history too.

        Raises:
            OSError: Some of it is not, and may be lost.
        """
        super().flush()
        if self._history is not None and HAS_FOLDER_DESCRIPTORS and not self._syncs_whole:
            for folder in self._unflushed_history:
                flush_folder(self._history, folder)
        self._unflushed_history.clear()

    # Inner parts

    def _rename_over_itself(self, old_path: str, new_path: str) -> None:
        # RACE: something that another program puts under the new name in this moment is lost; but where names are
        # folded, it would be what has the old one.
        old, folder_fd = self.at(old_path)
        new, _ = self.at(new_path)
        os.rename(old, new, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)

    def _keep(self, path: str, left_at: datetime, *, leaves: bool) -> str:
        self._make_history_folder(parent_of(path))
        history = self._opened_history()
        count = 0
        while True:
            kept = version_path(path, left_at, count)
            old, old_fd, new, new_fd = _pair(self, path, history, kept)
            try:
                if leaves or not self.abilities.holds_hard_links or not self._links(old, old_fd, new, new_fd):
                    rename_to_free_name(old, old_fd, new, new_fd)
            except FileExistsError:
                count += 1
            else:
                return kept
            finally:
                _give_back(old_fd)

    def _close_history(self) -> None:
        if self._history is not None:
            self._history.close()
            self._history = None
        self._history_folders.clear()

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
        if self._history is None:
            assert self._history_root is not None
            self._check_drive(nearest_existing(self._history_root))
            # RACE: pulled out at this moment, an empty folder is made where the drive was mounted.
            os.makedirs(self._history_root, mode=OWNER_ALL, exist_ok=True)
            self._check_drive(self._history_root)
            self._history = Tree(self._history_root)
        return self._history

    def _check_drive(self, path: str) -> None:
        """Make sure that a path lies on the volume that the pass began with: it may have been pulled out since.

        Raises:
            RootAbsentError: It does not.
        """
        if os.stat(path).st_dev != self.root_entry.st_dev:
            raise RootAbsentError(f"The drive of the destination is not there any more: {self.root}")

    def _make_history_folder(self, path: str) -> None:
        history = self._opened_history()
        if not path or path in self._history_folders:
            return
        missing = []
        folder = path
        while folder and folder not in self._history_folders and history.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        for descendant in reversed(missing):
            name, parent_fd = history.at(descendant)
            os.mkdir(name, OWNER_ALL, dir_fd=parent_fd)
            self._unflushed_history.add(parent_of(descendant))
        self._history_folders.add(path)


def make_root(path: str) -> None:
    """Make a destination, and the folders above it, if it is not there.

    Raises:
        OSError: It could not be made.
    """
    os.makedirs(path, exist_ok=True)


def _pair(old_tree: Tree, old_path: str, new_tree: Tree, new_path: str) -> tuple[str, int | None, str, int | None]:
    """Return names and descriptors for a call on two paths; the first descriptor is a copy, to be given back."""
    old, old_fd = old_tree.at(old_path)
    if old_fd is not None:
        # Opening the second folder may close the first one's.
        old_fd = os.dup(old_fd)
    try:
        new, new_fd = new_tree.at(new_path)
    except OSError:
        _give_back(old_fd)
        raise
    return old, old_fd, new, new_fd


def _give_back(fd: int | None) -> None:
    if fd is not None:
        os.close(fd)
