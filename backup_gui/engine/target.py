"""The destination: the only module that writes to one.

What comes into it comes by the primitives of ``writer.py``, which is a part of this; what leaves the mirror goes to the
history by link or rename. Nothing outside the destination and its history is ever touched.

A further kind of destination would offer the same methods.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.errors import DestinationBusyError, RootAbsentError
from backup_gui.engine.history import read_version_name, version_path
from backup_gui.engine.identity import nearest_existing
from backup_gui.engine.lock import lock_file
from backup_gui.engine.system import rename_to_free_name
from backup_gui.engine.transfer import NOT_SUPPORTED, create
from backup_gui.engine.tree import HAS_FOLDER_DESCRIPTORS, Tree, parent_of
from backup_gui.engine.writer import OWNER_ALL, Writer, flush_folder

if TYPE_CHECKING:
    from backup_gui.engine.model import Entry


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
        # Whether the file system has hard links; None as long as nobody asked.
        self._has_hard_links: bool | None = None
        # Where the last version of each path went, until somebody takes note of it.
        self.kept_as: dict[str, str] = {}

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
            lock_file(self.root_fd)
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

    def create_hard_link(self, first: str, path: str) -> str | None:
        """Make a further name of a file, as a temporary beside its final path.

        Args:
            first: A file of the mirror.
            path: The final path.

        Returns:
            The temporary's path, as from ``receive``; None where the file system has no such links, or not that many,
            or not between these two folders.

        Raises:
            OSError: It could not be made this time.
        """
        if not self.abilities.holds_hard_links:
            return None
        self._open_up(parent_of(path))
        temporary = self._temporary_for(path)
        try:
            self._link(first, temporary)
        except OSError as error:
            if error.errno in {errno.EMLINK, errno.EXDEV}:
                return None
            if error.errno in NOT_SUPPORTED and not self._can_link(path):
                return None
            raise
        return temporary

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
        old, old_fd, new, new_fd = _pair(self._opened_history(), kept, self, path)
        try:
            rename_to_free_name(old, old_fd, new, new_fd)
        finally:
            _give_back(old_fd)
        self.kept_as.pop(path, None)
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

    def take_away(self, path: str) -> None:
        """Take a file or link out of the mirror, into the history if one is kept.

        Raises:
            OSError: It is still there.
        """
        if self.keeps_history:
            self.keep(path, datetime.now(UTC), leaves=True)
        else:
            self.remove_file(path)

    # Old versions

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
        super().flush()
        if self._history is not None and HAS_FOLDER_DESCRIPTORS and not self._syncs_whole:
            for folder in self._unflushed_history:
                flush_folder(self._history, folder)
        self._unflushed_history.clear()

    # Inner parts

    def _link(self, first: str, path: str) -> None:
        old, old_fd, new, new_fd = _pair(self, first, self, path)
        try:
            os.link(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd, follow_symlinks=False)
        finally:
            _give_back(old_fd)

    def _can_link(self, path: str) -> bool:
        """Try once whether the file system has hard links: what it refuses of one file it may allow of another."""
        if self._has_hard_links is None:
            one, two = self._temporary_for(path), self._temporary_for(path)
            if one == two:
                # In a folder that is not to be seen yet; it can be tried in the one that it is going to be in.
                return self._can_link(parent_of(path))
            try:
                name, folder_fd = self.at(one)
                os.close(create(name, folder_fd))
                self._has_hard_links = True
                self._link(one, two)
            except OSError as error:
                self._has_hard_links = self._has_hard_links is not True or error.errno not in NOT_SUPPORTED
            for temporary in (one, two):
                with contextlib.suppress(OSError):
                    self.discard(temporary)
        return self._has_hard_links

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
            if not self.is_root_in_place():
                raise RootAbsentError(f"The destination is not where it was any more: {self.root}")
            # The history need not lie where the destination is mounted.
            self._check_drive(os.stat(nearest_existing(self._history_root)))
            # RACE: pulled out at this moment, an empty folder is made where the drive was mounted.
            os.makedirs(self._history_root, mode=OWNER_ALL, exist_ok=True)
            history = Tree(self._history_root)
            try:
                self._check_drive(history.root_entry)
            except RootAbsentError:
                history.close()
                raise
            self._history = history
        return self._history

    def _check_drive(self, entry: Entry) -> None:
        """Make sure that a folder lies on the volume that the pass began with: it may have been pulled out since.

        Raises:
            RootAbsentError: It does not.
        """
        if entry.st_dev != self.root_entry.st_dev:
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
