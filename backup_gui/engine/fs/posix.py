"""Folders by their descriptors, as Linux and macOS have them; ``folder.py`` says what each call does.

What is opened stays the same folder, whatever becomes of the paths that led there, and no path is ever too long.
Each file passes through several of these calls, so each is one call of the system and little else.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs.system.syscalls import flush_file, lock_file, permit_downloads, sync_volume, system_call
from backup_gui.model.entries import PLACEHOLDER_TYPE
from backup_gui.model.paths import encode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from backup_gui.engine.rules.space import Room
    from backup_gui.model.entries import Entry

# Nothing here is for Windows, and type checkers are to know it.
assert sys.platform != "win32"

_OPEN_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY
_OPEN_FOLDER: Final = _OPEN_ROOT | os.O_NOFOLLOW
# A pipe put in a file's place after it was listed must not block the pass, hence O_NONBLOCK.
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
# Other systems than macOS refuse links; only tests open anything in this way there.
_OPEN_ITSELF: Final = (_OPEN_FILE & ~os.O_NOFOLLOW) | getattr(os, "O_SYMLINK", os.O_NOFOLLOW)
_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_GONE: Final = " (deleted)"
# SF_DATALESS: the content is in a cloud.
_DATALESS: Final = 0x4000_0000
_RENAME_TYPES: Final = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
_RENAME_NOREPLACE: Final = 1
_RENAME_EXCL: Final = 4

# A rename that fails if the new name is taken, by the name that each system has for it, with that system's flag.
_rename_new, _NEW = (
    (system_call("renameatx_np", *_RENAME_TYPES, system="darwin"), _RENAME_EXCL)
    if sys.platform == "darwin"
    else (system_call("renameat2", *_RENAME_TYPES), _RENAME_NOREPLACE)
)
# What says that a file system, or the system itself, has no such rename.
_NO_SUCH_RENAME: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})


def real_path(path: str) -> str:
    """Return an absolute path without links; what does not exist is taken as it is written.

    As ``os.path.realpath``, which looks at each folder above by itself, where the kernel tells it at once.
    """
    if sys.platform == "linux":
        try:
            fd = os.open(path, os.O_PATH)
            try:
                found = os.readlink(f"/proc/self/fd/{fd}")
            finally:
                os.close(fd)
        except OSError:
            return os.path.realpath(path)
        # The kernel says otherwise that the folder is gone, or that no path leads to it from the process's root.
        if found.startswith("/") and not found.endswith(_GONE):
            return found
    return os.path.realpath(path)


class PosixEntry:
    """A descriptor, as ``folder.OpenEntry``."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def stat(self) -> Entry:
        return os.fstat(self.fd)

    def set_owner(self, user: int, group: int) -> None:
        os.fchown(self.fd, user, group)

    def set_mode(self, mode: int) -> None:
        os.fchmod(self.fd, mode)

    def set_times(self, times_ns: tuple[int, int]) -> None:
        os.utime(self.fd, ns=times_ns)


class PosixFolder(PosixEntry):
    """A folder's descriptor, as ``folder.FolderHandle``."""

    __slots__ = ()
    follows_renames: Final = True

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def duplicate(self) -> PosixFolder:
        return type(self)(os.dup(self.fd))

    def reopen(self) -> PosixFolder:
        return type(self)(os.open(".", _OPEN_FOLDER, dir_fd=self.fd))

    def open_dir_at(self, name: str) -> PosixFolder:
        return type(self)(os.open(name, _OPEN_FOLDER, dir_fd=self.fd))

    def entries(self, most: int) -> dict[str, Entry] | None:
        with os.scandir(self.fd) as listing:
            found = {item.name: item.stat(follow_symlinks=False) for item in islice(listing, most)}
            return found if next(listing, None) is None else None

    def names(self) -> list[str]:
        return os.listdir(self.fd)

    def scan(self) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        return os.scandir(self.fd)

    def stat_at(self, name: str) -> Entry:
        return os.stat(name, dir_fd=self.fd, follow_symlinks=False)

    def open_file_at(self, name: str) -> int:
        return os.open(name, _OPEN_FILE, dir_fd=self.fd)

    def open_itself_at(self, name: str) -> int:
        """Open a file, a folder or a link itself, to read what is told of it."""
        return os.open(name, _OPEN_ITSELF, dir_fd=self.fd)

    def readlink_at(self, name: str) -> str:
        return os.readlink(name, dir_fd=self.fd)

    def path_of(self, name: str) -> str:
        # What the descriptor is open on is reached by its name among the process's own, and that name is a link.
        return f"/proc/self/fd/{self.fd}/{name or '.'}"

    def create_at(self, name: str) -> int:
        return os.open(name, _CREATE, 0o600, dir_fd=self.fd)

    def mkdir_at(self, name: str, mode: int) -> None:
        os.mkdir(name, mode, dir_fd=self.fd)

    def symlink_at(self, text: str, name: str) -> None:
        os.symlink(text, name, dir_fd=self.fd)

    def link_at(self, name: str, folder: PosixFolder, new_name: str) -> None:
        os.link(name, new_name, src_dir_fd=self.fd, dst_dir_fd=folder.fd, follow_symlinks=False)

    def rename_at(self, name: str, folder: PosixFolder, new_name: str) -> None:
        if _rename_new is not None:
            if _rename_new(self.fd, encode(name), folder.fd, encode(new_name), _NEW) == 0:
                return
            code = ctypes.get_errno()
            if code not in _NO_SUCH_RENAME:
                raise OSError(code, os.strerror(code), new_name)
        # RACE: what somebody else puts there between the look and the rename is lost; only where the file system (or
        # the platform) cannot do both in one step.
        try:
            os.stat(new_name, dir_fd=folder.fd, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=folder.fd)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)

    def replace_at(self, name: str, folder: PosixFolder, new_name: str) -> None:
        os.replace(name, new_name, src_dir_fd=self.fd, dst_dir_fd=folder.fd)

    def respell_at(self, name: str, new_name: str) -> None:
        os.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def unlink_at(self, name: str) -> None:
        os.unlink(name, dir_fd=self.fd)

    def rmdir_at(self, name: str) -> None:
        os.rmdir(name, dir_fd=self.fd)

    def opened(self, fd: int) -> PosixEntry:
        return PosixEntry(fd)

    def set_owner_at(self, name: str, user: int, group: int) -> None:
        os.chown(name, user, group, dir_fd=self.fd, follow_symlinks=False)

    def set_mode_at(self, name: str, mode: int) -> None:
        if sys.platform != "linux":
            follows = os.chmod not in os.supports_follow_symlinks
            os.chmod(name, stat.S_IMODE(mode), dir_fd=self.fd, follow_symlinks=follows)
            return
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=self.fd)
        try:
            if stat.S_IFMT(os.fstat(fd).st_mode) == stat.S_IFMT(mode):
                os.chmod(f"/proc/self/fd/{fd}", stat.S_IMODE(mode))
        finally:
            os.close(fd)

    def set_times_at(self, name: str, times_ns: tuple[int, int], *, is_link: bool = False) -> None:
        os.utime(name, ns=times_ns, dir_fd=self.fd, follow_symlinks=False)

    def flush_dir(self) -> None:
        try:
            os.fsync(self.fd)
        except OSError as error:
            # Some network file systems refuse to flush folders; their names are the server's business.
            if error.errno not in {errno.EINVAL, errno.EBADF, errno.ENOTSUP}:
                raise

    def flush_file_at(self, name: str) -> None:
        fd = self.open_file_at(name)
        try:
            flush_file(fd)
        finally:
            os.close(fd)

    def sync_volume(self) -> None:
        sync_volume(self.fd)

    def room(self) -> Room:
        from backup_gui.engine.rules.space import Room  # noqa: PLC0415 - the second process needs none

        found = os.fstatvfs(self.fd)
        # Of file systems that make room for a file's entry when it is needed, all these numbers are 0.
        free_files = found.f_favail if found.f_files else None
        return Room(found.f_bavail * found.f_frsize, free_files, found.f_frsize)

    def lock(self) -> None:
        lock_file(self.fd)


class MacFolder(PosixFolder):
    """A folder of macOS, of which some entries have their content in a cloud."""

    __slots__ = ()

    def entries(self, most: int) -> dict[str, Entry] | None:
        found = super().entries(most)
        return None if found is None else {name: as_placeholder(entry) for name, entry in found.items()}

    def stat_at(self, name: str) -> Entry:
        return as_placeholder(super().stat_at(name))


def as_placeholder(entry: Entry) -> Entry:
    """Return an entry of macOS as one that has its content elsewhere, if it has.

    Reading the content, or listing a folder of that kind, would bring it from there.
    """
    if not getattr(entry, "st_flags", 0) & _DATALESS:
        return entry
    times_ns = {name: getattr(entry, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
    seconds = (time_ns // 1_000_000_000 for time_ns in times_ns.values())
    owner = (entry.st_uid, entry.st_gid, entry.st_size)
    mode = PLACEHOLDER_TYPE | stat.S_IMODE(entry.st_mode)
    return os.stat_result((mode, entry.st_ino, entry.st_dev, entry.st_nlink, *owner, *seconds), times_ns)


def open_root(path: str, *, downloads: bool = False) -> PosixFolder:
    """Open a folder by its path, which may lead through links: it is the folder that the user named.

    Args:
        path: Absolute path.
        downloads: Whether what has its content in a cloud is as any other file, whose reading brings it from there.

    Raises:
        OSError: It cannot be opened, or is no folder.
    """
    fd = os.open(path, _OPEN_ROOT)
    if downloads:
        permit_downloads()
    return MacFolder(fd) if sys.platform == "darwin" and not downloads else PosixFolder(fd)


def open_file(path: str) -> int:
    """Open a file by its path for reading, as ``FolderHandle.open_file_at``.

    Raises:
        OSError: As for ``os.open``.
    """
    return os.open(path, _OPEN_FILE)
