"""The destination: the only module that writes to one, with the parts that it is made of.

``mirror_writer.py`` has the primitives for what comes into it, ``history_writer.py`` moves what leaves to the history.
Nothing outside the destination and its history is ever touched.

A further kind of destination would offer the same methods.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os

from backup_gui.engine.destination.history_writer import Keeper, give_back, pair
from backup_gui.engine.destination.lock import is_locked_by_strangers, lock_file
from backup_gui.engine.fs.content import NOT_SUPPORTED, create
from backup_gui.engine.fs.system.syscalls import rename_to_free_name
from backup_gui.engine.fs.tree import HAS_FOLDER_DESCRIPTORS
from backup_gui.model.errors import DestinationBusyError
from backup_gui.model.path_text import escape
from backup_gui.model.paths import parent_of
from backup_gui.model.reasons import Reason, ReasonCode

log = logging.getLogger(__name__)


class Target(Keeper):
    """A destination folder and its history; see ``Keeper`` for the arguments."""

    def __init__(self, root: str, history_root: str | None) -> None:
        super().__init__(root, history_root)
        # Whether the file system has hard links; None as long as nobody asked.
        self._has_hard_links: bool | None = None

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
            if is_locked_by_strangers(self.root_fd, os.path.realpath(self.root)):
                log.warning("Somebody who may not write to %s has locked it", escape(self.root))
                return
            raise DestinationBusyError(Reason(ReasonCode.WRITTEN_ELSEWHERE, path=self.root)) from error
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
        old, old_fd, new, new_fd = pair(self, old_path, self, new_path)
        try:
            rename_to_free_name(old, old_fd, new, new_fd)
        finally:
            give_back(old_fd)
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
            self.keep(path, self.dated(), leaves=True)
        else:
            self.remove_file(path)

    # Inner parts

    def _link(self, first: str, path: str) -> None:
        old, old_fd, new, new_fd = pair(self, first, self, path)
        try:
            os.link(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd, follow_symlinks=False)
        finally:
            give_back(old_fd)

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
