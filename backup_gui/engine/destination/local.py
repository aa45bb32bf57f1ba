"""A destination in a folder that the system has mounted, with the parts that it is made of.

``mirror_writer.py`` has the primitives for what comes into it, ``history_writer.py`` moves what leaves to the history.
Nothing outside the destination and its history is ever touched.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.marker import attribute_of
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.destination.probe import falls_together
from backup_gui.engine.fs.content import NOT_SUPPORTED
from backup_gui.engine.fs.system.locks import is_locked_by_strangers
from backup_gui.engine.fs.system.worker_process import WorkerProcess
from backup_gui.engine.fs.tree import pair
from backup_gui.engine.fs.volumes.volume import keeps_folder_inodes
from backup_gui.engine.fs.writable import refuse_unwritable
from backup_gui.model.errors import DestinationBusyError
from backup_gui.model.path_text import escape
from backup_gui.model.paths import parent_of
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action

log = logging.getLogger(__name__)


class LocalDestination(MirrorWriter):
    """A mirror and its history; see ``Destination`` for what they are to the engine.

    Args:
        root: Absolute path of the mirror, which exists.
        history_root: Absolute path of the history, on the same volume; None to keep none.

    Attributes:
        history: The history.
        dated: Tells the time by which versions are named.

    Raises:
        OSError: The folder cannot be opened or is none.
    """

    def __init__(self, root: str, history_root: str | None) -> None:
        super().__init__(root)
        self.history = HistoryWriter(self, history_root)
        self.dated: Callable[[], datetime] = _now
        # Whether the file system has hard links; None as long as nobody asked.
        self._has_hard_links: bool | None = None

    @property
    def keeps_history(self) -> bool:
        """Whether what leaves the mirror is kept."""
        return self.history.root is not None

    def close(self) -> None:
        """Give all descriptors back."""
        self.history.close()
        super().close()

    def marker(self, folder: str) -> bytes | None:
        """Return the marker that a folder has as an attribute, as it is written; None if it has none.

        Raises:
            OSError: It cannot be told just now.
        """
        return attribute_of(self, folder)

    def is_in_place(self) -> bool:
        """Tell whether the destination's path still leads to the folder that was opened."""
        if self.is_root_in_place():
            return True
        try:
            is_on_drive = os.stat(self.root).st_dev == self.root_entry.st_dev
        except OSError:
            return False
        return is_on_drive and not keeps_folder_inodes(self.root)

    def helper(self, source: Tree) -> WorkerProcess | None:
        """Start the second process; None if it cannot help."""
        return WorkerProcess.start_for(source, self, self.capabilities)

    def falls_together(self, one: str, other: str) -> bool:
        """Tell by an experiment, which leaves nothing, whether two names are one to the file system."""
        return falls_together(self, one, other)

    def refuse_unwritable(self, actions: Sequence[Action]) -> None:
        """Make sure that something of what is to be done can be done.

        Raises:
            DestinationUnusableError: Nothing can.
        """
        refuse_unwritable(self, self.rights.owner[0], actions)

    def lock(self) -> None:
        """Keep other processes from writing here as long as this target is open.

        Raises:
            DestinationBusyError: One is.
        """
        try:
            self.root_folder.lock()
        except BlockingIOError as error:
            if is_locked_by_strangers(self.root_entry.st_ino, os.path.realpath(self.root)):
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
        self.open_up(parent_of(old_path))
        self.open_up(parent_of(new_path))
        old, old_folder, new, new_folder = pair(self, old_path, self, new_path)
        try:
            old_folder.rename_at(old, new_folder, new)
        finally:
            old_folder.close()
        self.forget(old_path)
        self.note_unflushed(parent_of(old_path))
        self.note_unflushed(parent_of(new_path))

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
        if not self.capabilities.holds_hard_links:
            return None
        self.open_up(parent_of(path))
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
        self.open_up(folder)
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
        self.note_unflushed(folder)

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
        self.open_up(parent_of(path))
        self._unlink(path)
        self.note_unflushed(parent_of(path))

    def take_away(self, path: str) -> None:
        """Take a file or link out of the mirror, into the history if one is kept.

        Raises:
            OSError: It is still there.
        """
        if self.keeps_history:
            self.history.keep(path, self.dated(), leaves=True)
        else:
            self.remove_file(path)

    def flush(self) -> None:
        """Return when everything written so far is on the disk, in the history too.

        Raises:
            OSError: Some of it is not, and may be lost.
        """
        self.history.flush()
        super().flush()

    # Inner parts

    def _flush_metadata(self, path: str, source: Entry) -> None:
        self.history.flush()
        super()._flush_metadata(path, source)

    def _link(self, first: str, path: str) -> None:
        old, old_folder, new, new_folder = pair(self, first, self, path)
        try:
            old_folder.link_at(old, new_folder, new)
        finally:
            old_folder.close()

    def _can_link(self, path: str) -> bool:
        """Try once whether the file system has hard links: what it refuses of one file it may allow of another."""
        if self._has_hard_links is None:
            one, two = self._temporary_for(path), self._temporary_for(path)
            if one == two:
                # In a folder that is not to be seen yet; it can be tried in the one that it is going to be in.
                return self._can_link(parent_of(path))
            try:
                name, folder = self.at(one)
                os.close(folder.create_at(name))
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
        old, folder = self.at(old_path)
        new, _ = self.at(new_path)
        folder.respell_at(old, new)


def _now() -> datetime:
    return datetime.now(UTC)
