"""Puts files and links back into a folder: over what is there only if told to, never through a link, and compared.

Which content is wanted is decided in ``history/snapshot.py``, ``held.py`` and ``undo.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from backup_gui.engine.destination.reading import open_tree
from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import (
    SET_ID,
    TargetError,
    close_written,
    ignore_count,
    is_same_version,
    narrowed,
    transfer,
)
from backup_gui.engine.fs.same_content import has_same_bytes, has_same_content
from backup_gui.engine.fs.system.syscalls import flush_drive, flush_file, own_ids
from backup_gui.engine.fs.tree import Tree, rename_between
from backup_gui.engine.fs.xattrs import copy_attributes
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import TEMPORARY_PREFIX, join, parent_of
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_gui.engine.fs.folder import FolderHandle, OpenEntry
    from backup_gui.engine.fs.tree_view import OpenTree, TreeView
    from backup_gui.engine.restore.put_back import RestoreOptions
    from backup_gui.model.entries import Entry

_ALL_BUT_OWNER: Final = stat.S_IRWXG | stat.S_IRWXO


class CopyDiffersError(OSError):
    """What was written is not what was read."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, Reason(ReasonCode.RETURN_DIFFERS))


class _Like(NamedTuple):
    """What is set of a folder, under the names that an entry has for it."""

    st_mode: int
    st_uid: int
    st_gid: int
    st_atime_ns: int
    st_mtime_ns: int


class RestoreWriter:
    """Brings content from mirror and history into one folder; each call raises ``OSError`` if it fails."""

    def __init__(self, to: str, options: RestoreOptions, on_bytes: Callable[[int], None] = ignore_count) -> None:
        if options.makes_folder:
            os.makedirs(to, exist_ok=True)
        self._to = Tree(to)
        self._inherits = options.is_by_job
        self._rights_of = options.rights_of
        self._keeps_set_id = options.keeps_set_id
        self._on_bytes = on_bytes
        self._should_stop = options.should_stop
        self._roots: dict[str, OpenTree] = {}
        # Folders made here, with the metadata that they get when their content is complete.
        self._made: dict[str, Entry | _Like | None] = {}
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

    def look(self, wanted: str) -> Entry | None:
        """Return what is at a path of the folder now, links not followed; None if nothing is.

        Raises:
            OSError: It cannot be told.
        """
        return self._to.look(wanted)

    def holds(self, wanted: str, root: str, stored: str) -> bool:
        """Tell whether the folder holds just this content at a path already: what is stored in a mirror or history.

        What cannot be read in the folder is not taken for the same.

        Raises:
            Cancelled: ``should_stop`` said so.
            OSError: The content cannot be read; what cannot be read in the folder is not taken for the same.
        """
        tree = self._root(root)
        there, here = tree.look(stored), self._to.look(wanted)
        if there is None or here is None or kind_of(there) is not kind_of(here):
            return False
        if kind_of(here) is EntryKind.LINK:
            return self._to.read_link(wanted) == tree.read_link(stored)
        if kind_of(here) is not EntryKind.FILE or here.st_size != there.st_size:
            return False
        return has_same_content(tree, stored, self._to, wanted, self._should_stop)

    def restore(
        self,
        root: str,
        stored: str,
        wanted: str,
        make_way: Callable[[], None] | None = None,
        *,
        replaces: Entry | None = None,
    ) -> None:
        """Restore one file, one link, or a folder without what is in it.

        Args:
            root: Absolute path of the mirror or of the history.
            stored: Where it lies there.
            wanted: Where it shall lie in the folder.
            make_way: Called when a file or link is complete, and only its final name is missing.
            replaces: The file or link that may be written over; None to write over nothing.

        Raises:
            FileExistsError: Something is there, and not what ``replaces`` says.
            Cancelled: ``should_stop`` said so.
            TargetError: It is the folder restored to that refused.
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
            old, to_folder = self._to.at(temporary)
            new = wanted.rpartition("/")[2]
            if replaces is None:
                to_folder.rename_at(old, to_folder, new)
            else:
                self._replace(old, wanted, replaces)
        except BaseException:
            with contextlib.suppress(OSError):
                name, to_folder = self._to.at(temporary)
                to_folder.unlink_at(name)
            raise

    def _replace(self, old: str, wanted: str, replaces: Entry) -> None:
        """Rename a temporary over exactly the file or link that was meant."""
        new, folder = self._unchanged(wanted, replaces)
        # RACE: what another program writes into it between this look and the rename is lost. No system offers both in
        # one step.
        folder.replace_at(old, folder, new)

    def _unchanged(self, wanted: str, meant: Entry) -> tuple[str, FolderHandle]:
        """Return where a file or link lies; ``FileExistsError`` if it is another one, or was touched since."""
        at = self._to.at(wanted)
        now = self._to.look(wanted)
        if now is None or kind_of(now) is EntryKind.FOLDER or not is_same_version(meant, now):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), wanted)
        return at

    def remove(self, wanted: str, meant: Entry) -> None:
        """Remove exactly the file or link that is meant; ``FileExistsError`` if something else is there."""
        name, folder = self._unchanged(wanted, meant)
        # RACE: as when it is replaced.
        folder.unlink_at(name)

    def rename(self, old: str, new: str) -> None:
        """Give another name to what is in the folder, never over anything.

        Raises:
            FileExistsError: Something has that name.
            OSError: It could not be renamed.
        """
        self._to.forget(old)
        rename_between(self._to, old, self._to, new)

    def _root(self, root: str) -> OpenTree:
        if root not in self._roots:
            self._roots[root] = open_tree(root)
        return self._roots[root]

    def make_folders(self, folder: str) -> None:
        """Make a folder and those that it is in, as far as they are missing.

        It is ``NotADirectoryError`` if a file or link is in the place of one.
        """
        missing: list[str] = []
        while folder and self._to.look(folder) is None:
            missing.append(folder)
            folder = parent_of(folder)
        if folder and kind_of(self._to.stat(folder)) is not EntryKind.FOLDER:
            raise NotADirectoryError(errno.ENOTDIR, Reason(ReasonCode.RETURN_NO_FOLDER), folder)
        parent = self._to.stat(folder) if missing and self._inherits else None
        for descendant in reversed(missing):
            name, above = self._to.at(descendant)
            with _told_as_targets():
                above.mkdir_at(name, stat.S_IRWXU)
            self._made[descendant] = parent if parent is None else self._like(parent, descendant)

    def _like(self, parent: Entry, folder: str) -> Entry | _Like:
        """Say what a folder that was made is to be like: as it was, or else as the one that it is in."""
        if self._rights_of is None:
            return parent
        rights = self._rights_of(folder)
        mode = parent.st_mode & ~_ALL_BUT_OWNER if rights is None else stat.S_IFDIR | rights.mode
        uid, gid = (parent.st_uid, parent.st_gid) if rights is None else (rights.uid, rights.gid)
        return _Like(mode, uid, gid, parent.st_atime_ns, parent.st_mtime_ns)

    def _make_link(self, text: str, temporary: str, entry: Entry) -> None:
        name, folder = self._to.at(temporary)
        with _told_as_targets():
            folder.symlink_at(text, name)
        with contextlib.suppress(OSError):
            folder.set_times_at(name, (entry.st_atime_ns, entry.st_mtime_ns), is_link=True)

    def _copy(self, tree: TreeView, stored: str, temporary: str) -> None:
        fd = tree.open_file(stored)
        try:
            entry = native.entry_of(fd)
            name, folder = self._to.at(temporary)
            with _told_as_targets():
                out = folder.create_at(name)
            copy = folder.opened(out)
            try:
                if entry.st_size:
                    transfer(fd, out, entry, self._on_bytes, self._should_stop)
                for written in (fd, out):
                    os.lseek(written, 0, os.SEEK_SET)
                if not has_same_bytes(fd, out, self._should_stop):
                    raise CopyDiffersError
                # After the owner, since a new one takes away capabilities.
                self._set_owner(copy, entry)
                copy_attributes(fd, out)
                self._set_metadata(copy, entry)
                flush_file(out)
                flush_drive(out)
            finally:
                close_written(out)
        finally:
            os.close(fd)

    def _set_folder_metadata(self, folder: str, entry: Entry | _Like) -> None:
        self._set_metadata(self._to.folder(folder), entry)

    def _set_metadata(self, it: OpenEntry, entry: Entry | _Like) -> None:
        """Set owner, mode and times; set-id bits only if wanted and with the owner whose rights they give."""
        mode = stat.S_IMODE(entry.st_mode)
        has_owner = self._set_owner(it, entry)
        # Of a folder the bit only says which group new files in it belong to.
        if not has_owner or (not self._keeps_set_id and stat.S_ISREG(entry.st_mode)):
            mode &= ~SET_ID
        if it.stat().st_gid != entry.st_gid:
            mode = narrowed(mode)
        # Some file systems know no owners and no modes; the content is there all the same.
        with contextlib.suppress(PermissionError):
            it.set_mode(mode)
        it.set_times((entry.st_atime_ns, entry.st_mtime_ns))

    def _set_owner(self, it: OpenEntry, entry: Entry | _Like) -> bool:
        """Give a file or folder its owner where that is possible; tells whether it has that user."""
        if not self._is_superuser:
            return entry.st_uid == own_ids()[0]
        now = it.stat()
        if (now.st_uid, now.st_gid) != (entry.st_uid, entry.st_gid):
            try:
                it.set_owner(entry.st_uid, entry.st_gid)
            except PermissionError:
                return False
        return True


@contextlib.contextmanager
def _told_as_targets() -> Iterator[None]:
    """Tell errors as those of the folder restored to."""
    try:
        yield
    except OSError as error:
        raise TargetError(error.errno, error.strerror, error.filename) from error
