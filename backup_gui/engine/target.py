"""The destination: the only module that writes to one.

Primitives that are safe each by itself: new content is made beside its final name under a short temporary one, and a
rename publishes it; what is published never overwrites what it was not told of; what leaves the mirror goes to the
history by link or rename. Everything goes through directory descriptors and never through a symbolic link, so that
nothing outside the destination and its history is touched.

A further kind of destination would offer the same methods.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from backup_gui.engine.errors import DestinationBusyError
from backup_gui.engine.history import version_path
from backup_gui.engine.lock import lock_file
from backup_gui.engine.system import CAN_SYNC_VOLUME, own_ids, rename_to_free_name, sync_volume
from backup_gui.engine.transfer import NOT_SUPPORTED, copy_attributes, flush_file, transfer
from backup_gui.engine.tree import HAS_FOLDER_DESCRIPTORS, TEMPORARY_PREFIX, Tree, is_temporary, join, parent_of
from backup_gui.engine.volume import supports_syncfs, time_step_ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backup_gui.engine.model import Entry

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_OWNER_ALL: Final = stat.S_IRWXU
_SET_ID: Final = stat.S_ISUID | stat.S_ISGID


class TargetError(OSError):
    """It is the destination that refused, not the source."""


class Target(Tree):
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
        self._temporary_prefix = TEMPORARY_PREFIX + os.urandom(4).hex()
        self._temporaries = 0
        # A new folder is made under a temporary name too, and what comes into it right away under its own name there:
        # it appears complete, by one rename. The final path of each, and its name on the disk for now.
        self._staged: dict[str, str] = {}
        # All folders that are not to be seen yet: those, and the ones in them.
        self._unseen: set[str] = set()
        self._owner = own_ids()
        self._is_superuser = self._owner[0] == 0
        self._syncs_whole = CAN_SYNC_VOLUME and supports_syncfs(root)
        # Folders in which a name was made or removed since the last flush, where the whole cannot be flushed.
        self._unflushed: set[str] = set()
        self._unflushed_history: set[str] = set()

        # Whether folders that their own owner may not read or write are changed for the length of a pass.
        self.opens_up = True
        # Owners are set, and so compared, only by those who may set them.
        self.holds_owner = self._is_superuser
        self.time_step_ns = time_step_ns(root)

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

    # New content

    def receive(
        self,
        path: str,
        fd: int,
        source: Entry,
        *,
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """Copy an open source file, content and metadata, into a new temporary beside its final path.

        Args:
            path: The final path.
            fd: The source file's descriptor, at its beginning.
            source: The source file's entry.
            on_bytes: Told of each whole block copied.
            should_stop: Asked before each block of a large file.

        Returns:
            The temporary's path: the final one itself in a folder that is not to be seen yet. Its content is on the
            disk after the next ``flush``.

        Raises:
            Cancelled: ``should_stop`` said so; nothing is left.
            Shortened: The source was cut off meanwhile; nothing is left.
            TargetError: The destination refused it; nothing is left.
            OSError: Reading or writing failed; nothing is left.
        """
        path = self._temporary_for(path)
        try:
            out = self._create(path)
        except OSError as error:
            raise TargetError(error.errno, error.strerror, path) from error
        try:
            if source.st_size:
                transfer(fd, out, source, on_bytes, should_stop)
            try:
                self._finish(out, fd, source)
            except OSError as error:
                raise TargetError(error.errno, error.strerror, path) from error
        except BaseException:
            os.close(out)
            with contextlib.suppress(OSError):
                self.discard(path)
            raise
        os.close(out)
        if sys.platform == "win32":
            self.set_metadata(path, source)
        return path

    def _finish(self, out: int, fd: int, source: Entry) -> None:
        """Give a complete copy its metadata, and flush it where that is done file by file."""
        if sys.platform != "win32":
            # In this order: a new owner takes away set-id bits and capabilities.
            if self._is_superuser and (source.st_uid, source.st_gid) != self._owner:
                os.fchown(out, source.st_uid, source.st_gid)
            copy_attributes(fd, out)
            os.fchmod(out, self.mode_of(source))
            os.utime(out, ns=(source.st_atime_ns, source.st_mtime_ns))
        if not self._syncs_whole:
            flush_file(out)

    def mode_of(self, source: Entry) -> int:
        """Return the mode that the copy of a source's entry has.

        Without the right to give a file to its owner, a program of somebody else's must not come to run as our own
        user: it loses its set-id bits.
        """
        mode = source.st_mode & 0o7777
        if mode & _SET_ID and not self._is_superuser and (source.st_uid, source.st_gid) != self._owner:
            mode &= ~_SET_ID
        return mode

    def _create(self, path: str) -> int:
        name, folder_fd = self.at(path)
        try:
            return os.open(name, _CREATE, 0o600, dir_fd=folder_fd)
        except PermissionError:
            if not self._open_up(parent_of(path)):
                raise
        return os.open(name, _CREATE, 0o600, dir_fd=folder_fd)

    def create_link(self, path: str, text: str) -> str:
        """Make a symbolic link as a temporary beside its final path; returns the temporary's path, as ``receive``.

        Raises:
            OSError: It could not be made.
        """
        path = self._temporary_for(path)
        name, folder_fd = self.at(path)
        try:
            os.symlink(text, name, dir_fd=folder_fd)
        except PermissionError:
            if not self._open_up(parent_of(path)):
                raise
            os.symlink(text, name, dir_fd=folder_fd)
        return path

    def publish(self, temporary: str, path: str, *, may_replace: bool) -> None:
        """Give a temporary its final name, in one step; one that has it already comes with its folder.

        Args:
            temporary: Path of the temporary, in the same folder.
            path: The final path.
            may_replace: Whether something that is there goes; a folder must be empty and removed before.

        Raises:
            FileExistsError: Something is there that the caller does not know of.
            OSError: The rename was refused.
        """
        if temporary == path:
            self._note(parent_of(path))
            return
        old, folder_fd = self.at(temporary)
        new = path.rpartition("/")[2] if folder_fd is not None else self.at(path)[0]
        if may_replace:
            os.replace(old, new, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
        else:
            rename_to_free_name(old, folder_fd, new, folder_fd)
        if not self._syncs_whole:
            self._unflushed.add(parent_of(path))

    def discard(self, temporary: str) -> None:
        """Remove a temporary, a folder with all that is in it; it is no error if it is gone.

        Raises:
            ValueError: It is no temporary.
            OSError: It could not be removed.
        """
        if not is_temporary(temporary.rpartition("/")[2]) and parent_of(temporary) not in self._unseen:
            raise ValueError(temporary)
        entry = self.look(temporary)
        if entry is None:
            return
        if not stat.S_ISDIR(entry.st_mode):
            self._unlink(temporary)
            return
        folders = [temporary]
        for folder in folders:
            for name, child in self.list(folder).items():
                if stat.S_ISDIR(child.st_mode):
                    folders.append(join(folder, name))
                else:
                    self._unlink(join(folder, name))
        for folder in reversed(folders):
            self.remove_folder(folder)

    def make_folder(self, path: str) -> None:
        """Make a folder that only its owner may enter; its final mode comes when its content is complete.

        It is not to be seen before ``reveal``, but can be used under its path from now on.

        Raises:
            FileExistsError: Something is there already.
            OSError: It could not be made.
        """
        parent = parent_of(path)
        name, folder_fd = self.at(path)
        is_top = HAS_FOLDER_DESCRIPTORS and parent not in self._unseen
        if is_top:
            if self.look(path) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            name = self._temporary_for(path).rpartition("/")[2]
        try:
            os.mkdir(name, _OWNER_ALL, dir_fd=folder_fd)
        except PermissionError:
            if not self._open_up(parent):
                raise
            os.mkdir(name, _OWNER_ALL, dir_fd=folder_fd)
        if is_top:
            self._staged[path] = name
        if HAS_FOLDER_DESCRIPTORS:
            self._unseen.add(path)
        self._note(parent)

    @property
    def has_unseen_folders(self) -> bool:
        """Whether there are new folders to reveal."""
        return bool(self._staged)

    def reveal(self) -> dict[str, OSError]:
        """Let the new folders be seen, each with what has come into it, in one step each.

        Returns:
            The paths that could not be given their name, and why; with what was in them they are gone.
        """
        failures = {}
        for path, temporary in list(self._staged.items()):
            name, folder_fd = self.at(path)
            try:
                rename_to_free_name(temporary, folder_fd, name, folder_fd)
            except OSError as error:
                failures[path] = error
                self._drop_folder(path)
            else:
                self._note(parent_of(path))
        self._staged.clear()
        self._unseen.clear()
        return failures

    def drop_unseen_folders(self) -> None:
        """Remove the new folders that were not revealed; what cannot be removed is litter for the next pass."""
        for path in list(self._staged):
            self._drop_folder(path)
        self._unseen.clear()

    # What is there already

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

    def remove_file(self, path: str) -> None:
        """Remove a file or link for good; it is no error if it is gone.

        Raises:
            OSError: It could not be removed.
        """
        self._open_up(parent_of(path))
        self._unlink(path)
        self._note(parent_of(path))

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder.

        Returns:
            Whether it is gone; False if something is still in it.

        Raises:
            OSError: It could not be removed.
        """
        self._open_up(parent_of(path))
        self.forget(path)
        name, folder_fd = self.at(path)
        try:
            os.rmdir(name, dir_fd=folder_fd)
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                return False
            raise
        self._unflushed.discard(path)
        self._note(parent_of(path))
        return True

    def set_metadata(self, path: str, source: Entry) -> None:
        """Give a path of the mirror the owner, mode and times that the source has.

        Raises:
            OSError: They were refused.
        """
        if not path:
            self._set_root_metadata(source)
            return
        name, folder_fd = self.at(path)
        is_link = stat.S_ISLNK(source.st_mode)
        if sys.platform != "win32" and self._is_superuser:
            os.chown(name, source.st_uid, source.st_gid, dir_fd=folder_fd, follow_symlinks=False)
        if not is_link:
            self._set_mode(path, stat.S_IFMT(source.st_mode) | self.mode_of(source))
        if HAS_FOLDER_DESCRIPTORS:
            os.utime(name, ns=(source.st_atime_ns, source.st_mtime_ns), dir_fd=folder_fd, follow_symlinks=False)
        elif not is_link:
            os.utime(name, ns=(source.st_atime_ns, source.st_mtime_ns))

    def free_bytes(self) -> int:
        """Return how much room there is for this user.

        Raises:
            OSError: It cannot be told.
        """
        if sys.platform == "win32":
            import shutil  # noqa: PLC0415 - slow to import, and needed only there

            return shutil.disk_usage(self.root).free
        room = os.fstatvfs(self._root_fd)
        return room.f_bavail * room.f_frsize

    # Reaching the disk

    def flush(self) -> None:
        """Return when everything written so far is on the disk.

        Raises:
            OSError: Some of it is not, and may be lost.
        """
        if self._syncs_whole:
            sync_volume(self._root_fd)
        elif HAS_FOLDER_DESCRIPTORS:
            for folder in self._unflushed:
                _flush_folder(self, folder)
            if self._history is not None:
                for folder in self._unflushed_history:
                    _flush_folder(self._history, folder)
        self._unflushed.clear()
        self._unflushed_history.clear()

    def list(self, path: str) -> dict[str, Entry]:
        """List a folder, as ``Tree.list``; one whose owner may not read it, but who owns it, is opened up.

        Raises:
            OSError: The folder could not be read to its end.
        """
        try:
            return super().list(path)
        except PermissionError:
            if not self.opens_up or not self._open_up(path):
                raise
        return super().list(path)

    # Inner parts

    def name_on_disk(self, path: str) -> str:
        """Return the name that a path's last part has on the disk at present."""
        return self._staged.get(path) or path.rpartition("/")[2]

    def _temporary_for(self, path: str) -> str:
        """Return the path under which something new is made that is to be at ``path``."""
        folder = parent_of(path)
        if folder in self._unseen:
            return path
        self._temporaries += 1
        name = f"{self._temporary_prefix}{self._temporaries:08x}"
        return f"{folder}/{name}" if folder else name

    def _drop_folder(self, path: str) -> None:
        name = self._staged.pop(path)
        # From here on its path is no longer known by the name that it should have had.
        self.forget(path)
        with contextlib.suppress(OSError):
            self.discard(join(parent_of(path), name))

    def _unlink(self, path: str) -> None:
        name, folder_fd = self.at(path)
        try:
            os.unlink(name, dir_fd=folder_fd)
        except FileNotFoundError:
            return

    def _note(self, folder: str) -> None:
        if not self._syncs_whole:
            self._unflushed.add(folder)

    def _open_up(self, folder: str) -> bool:
        """Let the owner write in a folder of the mirror whose source is write-protected.

        Returns:
            Whether the mode was changed. Its own mode comes back when the pass sets the metadata of the folders that
            it touched.
        """
        if sys.platform == "win32" or self._is_superuser:
            return False
        entry = self.stat(folder)
        mode = stat.S_IMODE(entry.st_mode)
        if mode & _OWNER_ALL == _OWNER_ALL:
            return False
        try:
            if folder:
                self._set_mode(folder, stat.S_IFMT(entry.st_mode) | mode | _OWNER_ALL)
            else:
                os.fchmod(self._root_fd, mode | _OWNER_ALL)
        except PermissionError:
            return False
        return True

    def _keep(self, path: str, left_at: datetime, *, leaves: bool) -> str:
        self._make_history_folder(parent_of(path))
        history = self._opened_history()
        count = 0
        while True:
            kept = version_path(path, left_at, count)
            old, old_fd, new, new_fd = _pair(self, path, history, kept)
            try:
                if leaves or not self._links(old, old_fd, new, new_fd):
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

    def _set_mode(self, path: str, kind_and_mode: int) -> None:
        """Set a mode without following a link and without needing to be allowed to open what it is for."""
        mode = stat.S_IMODE(kind_and_mode)
        name, folder_fd = self.at(path)
        if sys.platform != "linux":
            os.chmod(name, mode, dir_fd=folder_fd, follow_symlinks=os.chmod not in os.supports_follow_symlinks)
            return
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder_fd)
        try:
            if stat.S_IFMT(os.fstat(fd).st_mode) == stat.S_IFMT(kind_and_mode):
                os.chmod(f"/proc/self/fd/{fd}", mode)
        finally:
            os.close(fd)

    def _set_root_metadata(self, source: Entry) -> None:
        if sys.platform == "win32":
            os.utime(self.root, ns=(source.st_atime_ns, source.st_mtime_ns))
            return
        if self._is_superuser:
            os.fchown(self._root_fd, source.st_uid, source.st_gid)
        os.fchmod(self._root_fd, self.mode_of(source))
        os.utime(self._root_fd, ns=(source.st_atime_ns, source.st_mtime_ns))

    def _opened_history(self) -> Tree:
        if self._history is None:
            assert self._history_root is not None
            os.makedirs(self._history_root, mode=_OWNER_ALL, exist_ok=True)
            self._history = Tree(self._history_root)
        return self._history

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
            os.mkdir(name, _OWNER_ALL, dir_fd=parent_fd)
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


def _flush_folder(tree: Tree, folder: str) -> None:
    try:
        os.fsync(tree.folder(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        # Some network file systems refuse to flush folders; their names are the server's business.
        if error.errno not in {errno.EINVAL, errno.EBADF, errno.ENOTSUP}:
            raise
