"""Folders by their absolute paths, where the system has no descriptors of them; ``folder.py`` says what each call does.

On Windows a path has the form that is not limited to 260 characters.
RACE: a folder that is replaced by a link in the middle of a pass leads the pass to where the link does.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from itertools import islice
from typing import TYPE_CHECKING, Final

from backup_gui.engine.rules.space import Room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from backup_gui.model.entries import Entry

_OPEN_FILE: Final = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_BLOCK_BYTES: Final = 4_096


class ClosedEntry:
    """An open file of which no metadata can be set as long as it is open, as ``folder.OpenEntry``."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def stat(self) -> Entry:
        return os.fstat(self._fd)

    def set_owner(self, user: int, group: int) -> None:
        pass

    def set_mode(self, mode: int) -> None:
        pass

    def set_times(self, times_ns: tuple[int, int]) -> None:
        pass


class PathFolder:
    """A folder's absolute path, as ``folder.FolderHandle``."""

    fd = -1
    follows_renames: Final = False
    sets_times_open: Final = False

    def __init__(self, path: str) -> None:
        self._path = path

    def close(self) -> None:
        pass

    def duplicate(self) -> PathFolder:
        return self

    def reopen(self) -> PathFolder:
        return self

    def open_dir_at(self, name: str) -> PathFolder:
        return PathFolder(self.path_of(name))

    def stat(self) -> Entry:
        return os.stat(self._path)

    def set_owner(self, user: int, group: int) -> None:
        pass

    def set_mode(self, mode: int) -> None:
        pass

    def set_times(self, times_ns: tuple[int, int]) -> None:
        os.utime(self._path, ns=times_ns)

    def entries(self, most: int) -> dict[str, Entry] | None:
        with os.scandir(self._path) as listing:
            # On Windows what the listing carries has no inode: the file is asked itself.
            found = {item.name: os.lstat(self.path_of(item.name)) for item in islice(listing, most)}
            return found if next(listing, None) is None else None

    def names(self) -> list[str]:
        return os.listdir(self._path)

    def scan(self) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        return os.scandir(self._path)

    def stat_at(self, name: str) -> Entry:
        return os.lstat(self.path_of(name))

    def open_file_at(self, name: str) -> int:
        return os.open(self.path_of(name), _OPEN_FILE)

    def readlink_at(self, name: str) -> str:
        return os.readlink(self.path_of(name))

    def path_of(self, name: str) -> str:
        return os.path.join(self._path, name) if name else self._path

    def create_at(self, name: str) -> int:
        return os.open(self.path_of(name), _CREATE, 0o600)

    def mkdir_at(self, name: str, mode: int) -> None:
        os.mkdir(self.path_of(name), mode)

    def symlink_at(self, text: str, name: str) -> None:
        os.symlink(text, self.path_of(name))

    def link_at(self, name: str, folder: PathFolder, new_name: str) -> None:
        os.link(self.path_of(name), folder.path_of(new_name), follow_symlinks=False)

    def rename_at(self, name: str, folder: PathFolder, new_name: str) -> None:
        new = folder.path_of(new_name)
        # RACE: what somebody else puts there between the look and the rename is lost, where renaming replaces.
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)
        os.rename(self.path_of(name), new)

    def replace_at(self, name: str, folder: PathFolder, new_name: str) -> None:
        os.replace(self.path_of(name), folder.path_of(new_name))

    def respell_at(self, name: str, new_name: str) -> None:
        os.rename(self.path_of(name), self.path_of(new_name))

    def unlink_at(self, name: str) -> None:
        os.unlink(self.path_of(name))

    def rmdir_at(self, name: str) -> None:
        os.rmdir(self.path_of(name))

    def opened(self, fd: int) -> ClosedEntry:
        return ClosedEntry(fd)

    def set_owner_at(self, name: str, user: int, group: int) -> None:
        pass

    def set_mode_at(self, name: str, mode: int) -> None:
        # On Windows all that there is of it is whether a file may be written to.
        follows = os.chmod not in os.supports_follow_symlinks
        os.chmod(self.path_of(name), stat.S_IMODE(mode), follow_symlinks=follows)

    def set_times_at(self, name: str, times_ns: tuple[int, int], *, is_link: bool = False) -> None:
        if not is_link:
            os.utime(self.path_of(name), ns=times_ns)

    def flush_dir(self) -> None:
        pass

    def flush_file_at(self, name: str) -> None:
        pass

    def sync_volume(self) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def room(self) -> Room:
        return Room(shutil.disk_usage(self._path).free, None, _BLOCK_BYTES)

    def lock(self) -> None:
        pass


def open_root(path: str) -> PathFolder:
    """Open a folder by its path.

    Args:
        path: Absolute path.

    Raises:
        OSError: It is not there, or is no folder.
    """
    if not stat.S_ISDIR(os.stat(path).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return PathFolder(_unlimited(os.path.normpath(path)))


def open_file(path: str) -> int:
    """Open a file by its path for reading, as ``FolderHandle.open_file_at``.

    Raises:
        OSError: As for ``os.open``.
    """
    return os.open(path, _OPEN_FILE)


def _unlimited(path: str) -> str:
    """Return a path in the form that is not limited to 260 characters, where there is such a limit."""
    return "\\\\?\\" + path if os.name == "nt" and not path.startswith("\\\\") else path
