"""Writes into a mirror: the primitives by which new things come into it, each safe by itself.

New content is made beside its final name under a short temporary one, and a rename publishes it; what is published
never overwrites what it was not told of. Everything goes through directory descriptors and never through a symbolic
link, so that nothing outside the folder is touched. ``local.py`` decides what becomes of what was there before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.mirror_tree import OWNER_ALL
from backup_gui.engine.fs.attribute_calls import CALLS
from backup_gui.engine.fs.content import TargetError, receive
from backup_gui.engine.fs.system.syscalls import CAN_SYNC_VOLUME, flush_drive
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.mounts import stores_later
from backup_gui.engine.fs.volumes.volume import supports_syncfs
from backup_gui.engine.fs.xattrs import IN_STEP
from backup_gui.engine.rules.space import Room
from backup_gui.model.paths import TEMPORARY_PREFIX, is_temporary, join, parent_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.destination.metadata_writer import MetadataWriter
    from backup_gui.engine.destination.mirror_tree import MirrorTree
    from backup_gui.engine.fs.xattrs import AttributesResult as AttributesOutcome
    from backup_gui.model.entries import Entry


class MirrorWriter:
    """Writes into a mirror; each call raises ``OSError`` if it is refused.

    Attributes:
        stores_later: Whether it is a mounted cloud, of which nobody can tell when it has stored something.
        syncs_whole: Whether its volume is flushed as a whole; if not, each file is flushed by itself.
        without_attributes: Copies that lack some of their attributes, and why.
    """

    def __init__(self, tree: MirrorTree, metadata: MetadataWriter) -> None:
        self.tree = tree
        self.metadata = metadata
        self._at = tree.at
        self._temporary_prefix = TEMPORARY_PREFIX + os.urandom(4).hex()
        self._temporaries = 0
        # All folders that are not to be seen yet: those that have another name for now, and the ones in them. A new
        # folder is made under a temporary name too, and what comes into it right away under its own name there: it
        # appears complete, by one rename.
        self._unseen: set[str] = set()
        # There a new folder gets its name at once: such programs lose track of what is in one that is renamed.
        self.stores_later = stores_later(tree.location.mount)
        self.syncs_whole = CAN_SYNC_VOLUME and supports_syncfs(tree.location.mount)
        # Folders in which a name was made or removed since the last flush, where the whole cannot be flushed.
        self._unflushed: set[str] = set()
        self.without_attributes: dict[str, OSError] = {}

    # New content

    def receive(
        self,
        path: str,
        fd: int,
        source: Entry,
        *,
        on_bytes: Callable[[int, str], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """Copy an open source file, content and metadata, into a new temporary beside its final path; see ``transfer``.

        Returns:
            The temporary's path: the final one itself in a folder that is not to be seen yet. Its content is on the
            disk after the next ``flush``.

        Raises:
            Cancelled: ``should_stop`` said so; nothing is left.
            Shortened: The source was cut off meanwhile; nothing is left.
            TargetError: The destination refused it; nothing is left.
            OSError: Reading or writing failed; nothing is left.
        """
        final_path = path
        path = self.temporary_for(path)

        def tell(count: int) -> None:
            on_bytes(count, final_path)

        try:
            held = self._receive(path, fd, source, tell, should_stop)
        except TargetError as error:
            if error.errno not in {errno.EACCES, errno.EPERM} or not self.tree.open_up(parent_of(path)):
                raise
            os.lseek(fd, 0, os.SEEK_SET)
            held = self._receive(path, fd, source, tell, should_stop)
        if held is not IN_STEP:
            self.metadata.holds_attributes &= held.are_held
            if held.error is not None:
                self.without_attributes[final_path] = held.error
        return path

    def reserve(self, path: str) -> tuple[str, str]:
        """Return the path of a temporary for a final path, as ``receive`` does, and its path on the disk at present.

        The caller makes the temporary itself.
        """
        temporary = self.temporary_for(path)
        folder, _, name = temporary.rpartition("/")
        if folder not in self._unseen:
            return temporary, temporary
        return temporary, join(self._place_of(folder), name)

    def create_link(self, path: str, text: str) -> str:
        """Make a symbolic link as a temporary beside its final path; returns the temporary's path, as ``receive``."""
        path = self.temporary_for(path)
        name, folder = self._at(path)
        try:
            folder.symlink_at(text, name)
        except PermissionError:
            if not self.tree.open_up(parent_of(path)):
                raise
            # The folder above it was asked for meanwhile, for which this one may have been closed.
            name, folder = self._at(path)
            folder.symlink_at(text, name)
        return path

    def publish(self, temporary: str, path: str, *, may_replace: bool) -> None:
        """Give a temporary its final name, in one step; one that has it already comes with its folder.

        With ``may_replace`` what is there goes; a folder must be empty and removed before. Without, it is
        ``FileExistsError`` if something is there.
        """
        if temporary == path:
            self.note_unflushed(parent_of(path))
            return
        old, folder = self._at(temporary)
        new = path.rpartition("/")[2]
        if may_replace:
            folder.replace_at(old, folder, new)
        else:
            folder.rename_at(old, folder, new)
        if not self.syncs_whole:
            self._unflushed.add(parent_of(path))

    def discard(self, temporary: str) -> None:
        """Remove a temporary, a folder with all that is in it; it is no error if it is gone."""
        if not is_temporary(temporary.rpartition("/")[2]) and parent_of(temporary) not in self._unseen:
            raise ValueError(temporary)
        entry = self.tree.look(temporary)
        if entry is None:
            return
        if not stat.S_ISDIR(entry.st_mode):
            self._unlink(temporary)
            return
        folders = [temporary]
        for folder in folders:
            for name, child in self.tree.list(folder).items():
                if stat.S_ISDIR(child.st_mode):
                    folders.append(join(folder, name))
                else:
                    self._unlink(join(folder, name))
        for folder in reversed(folders):
            self.remove_folder(folder)

    def make_folder(self, path: str) -> None:
        """Make a folder that only its owner may enter; its final mode comes when its content is complete.

        It is not to be seen before ``reveal``, but can be used under its path from now on. It is ``FileExistsError`` if
        something is there already.
        """
        parent = parent_of(path)
        name, folder = self._at(path)
        is_staged = folder.follows_renames and not self.stores_later
        is_top = is_staged and parent not in self._unseen
        if is_top:
            if self.tree.look(path) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            name = self.temporary_for(path).rpartition("/")[2]
        try:
            folder.mkdir_at(name, OWNER_ALL)
        except PermissionError:
            if not self.tree.open_up(parent):
                raise
            # As above.
            _, folder = self._at(path)
            folder.mkdir_at(name, OWNER_ALL)
        inherited = self.metadata.inherited(folder)
        if inherited.access_list:
            with CALLS.reached(folder, name) as where:
                CALLS.drop_lists(where)
        if inherited.group and not self.metadata.holds_owner and self.metadata.capabilities.holds_owner:
            # It gets the group of other new files; else it gets the source's owner and group at the end of the pass.
            folder.set_owner_at(name, -1, self.metadata.rights.owner[1])
        if is_top:
            self.tree.staged[path] = name
        if is_staged:
            self._unseen.add(path)
        self.note_unflushed(parent)

    def make_scratch(self) -> str:
        """Make a folder for experiments, under a temporary name; ``discard`` removes it with all that is in it."""
        path = self.temporary_for("")
        self.tree.open_up("")
        name, folder = self._at(path)
        folder.mkdir_at(name, OWNER_ALL)
        return path

    def reveal(self) -> dict[str, OSError]:
        """Let the new folders be seen, each with what has come into it, in one step each.

        Returns:
            The paths that could not be given their name, and why; with what was in them they are gone.
        """
        failures = {}
        for path, temporary in list(self.tree.staged.items()):
            name, folder = self._at(path)
            try:
                folder.rename_at(temporary, folder, name)
            except OSError as error:
                failures[path] = error
                self._drop_folder(path)
            else:
                self.note_unflushed(parent_of(path))
        self.tree.staged.clear()
        self._unseen.clear()
        return failures

    def missing(self, paths: Iterable[str]) -> set[str]:
        """Look once more for what came with new folders, by their names: not every file system gets that rename right.

        Returns:
            The paths that are not listed, or cannot be.
        """
        by_folder: dict[str, set[str]] = {}
        for path in paths:
            by_folder.setdefault(parent_of(path), set()).add(path)
        self.tree.forget()
        gone: set[str] = set()
        for folder, wanted in by_folder.items():
            try:
                listed = self.tree.list(folder, {})
            except OSError:
                listed = {}
            gone.update(path for path in wanted if path.rpartition("/")[2] not in listed)
        if self.metadata.capabilities.limits_names:
            # A file system that takes several spellings for one name may list another one of them.
            gone = {path for path in gone if not self._can_be_seen(path)}
        return gone

    def _can_be_seen(self, path: str) -> bool:
        try:
            return self.tree.look(path) is not None
        except OSError:
            return False

    def drop_unseen_folders(self) -> None:
        """Remove the new folders that were not revealed; what cannot be removed is litter for the next pass."""
        for path in list(self.tree.staged):
            self._drop_folder(path)
        self._unseen.clear()

    def remove_file(self, path: str) -> None:
        """Remove a file or link for good; it is no error if it is gone."""
        self.tree.open_up(parent_of(path))
        self._unlink(path)
        self.note_unflushed(parent_of(path))

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder, and return whether it is gone; False if something is still in it."""
        self.tree.open_up(parent_of(path))
        self.tree.forget(path)
        name, folder = self._at(path)
        try:
            folder.rmdir_at(name)
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                return False
            raise
        self._unflushed.discard(path)
        self.note_unflushed(parent_of(path))
        return True

    # Room

    def room(self) -> Room:
        """Return how much room there is for this user."""
        return self.tree.root_folder.room()

    # Reaching the disk

    def flush(self) -> None:
        """Return when everything written so far is on the disk; an error says that some of it may be lost."""
        if self.syncs_whole:
            self.tree.root_folder.sync_volume()
        else:
            for folder in self._unflushed:
                flush_folder(self.tree, folder)
            # Once for a group: the content of its files was only handed to the drive.
            flush_drive(self.tree.root_fd)
        self._unflushed.clear()

    def flush_metadata(self, path: str, source: Entry) -> None:
        """Return when the metadata of a path is on the disk; an error also if the path may not be read."""
        # At once: a folder need not be open to be read when the next group is flushed.
        if stat.S_ISDIR(source.st_mode):
            flush_folder(self.tree, path)
        elif stat.S_ISREG(source.st_mode):
            name, folder = self._at(path)
            folder.flush_file_at(name)

    def temporary_for(self, path: str) -> str:
        """Return the path under which something new is made that is to be at ``path``."""
        folder = parent_of(path)
        if folder in self._unseen:
            return path
        self._temporaries += 1
        name = f"{self._temporary_prefix}{self._temporaries:08x}"
        return f"{folder}/{name}" if folder else name

    def note_unflushed(self, folder: str) -> None:
        """Have a folder flushed in which a name was made or removed, where the whole volume cannot be."""
        if not self.syncs_whole:
            self._unflushed.add(folder)

    # Inner parts

    def _receive(
        self, path: str, fd: int, source: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> AttributesOutcome:
        try:
            name, folder = self._at(path)
        except OSError as error:
            raise TargetError(error.errno, error.strerror, path) from error
        return receive(
            fd,
            source,
            name,
            folder,
            self.metadata.rights,
            flushes=not self.syncs_whole,
            inherited=self.metadata.inherited(folder),
            on_bytes=on_bytes,
            should_stop=should_stop,
        )

    def _place_of(self, folder: str) -> str:
        """Return where a new folder is on the disk at present: only the highest one has another name than its own."""
        above, _, name = folder.rpartition("/")
        if folder in self.tree.staged:
            return join(above, self.tree.staged[folder])
        return join(self._place_of(above), name)

    def _drop_folder(self, path: str) -> None:
        name = self.tree.staged.pop(path)
        # From here on its path is no longer known by the name that it should have had.
        self.tree.forget(path)
        with contextlib.suppress(OSError):
            self.discard(join(parent_of(path), name))

    def _unlink(self, path: str) -> None:
        name, folder = self._at(path)
        try:
            folder.unlink_at(name)
        except FileNotFoundError:
            return


def make_private_folder(path: str) -> None:
    """Make a folder that only its owner may enter, and those above it as usual, so that they reach the disk.

    It is no error if there is a folder already, and ``FileExistsError`` if something else is there.

    Raises:
        OSError: It could not be made.
    """
    missing: list[str] = []
    folder = path
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for descendant in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(descendant, OWNER_ALL if descendant == path else 0o777)
        with Tree(os.path.dirname(descendant)) as parent:
            flush_folder(parent, "")
    if not os.path.isdir(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def flush_folder(tree: Tree, folder: str) -> None:
    """Return when the names in a folder are on the disk; a folder that is gone has none.

    Raises:
        OSError: They are not.
    """
    try:
        tree.folder(folder).flush_dir()
    except (FileNotFoundError, NotADirectoryError):
        return
