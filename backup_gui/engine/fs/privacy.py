"""Keeps the program's own folders and files to the user who runs it: the paths of private files stand in them.

What a umask lets others read is taken back, also from what an earlier version has made. Never loosens anything.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from backup_gui.model.errors import OwnFolderError
from backup_gui.model.reasons import Reason, ReasonCode, of_error

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make one of the program's own folders, or take from others what they may do in the one that is there.

    Args:
        folder: Absolute path. Folders above it are made too, as closed as it is.

    Raises:
        OwnFolderError: It cannot be made, or is of no use; the sentence names it.
    """
    try:
        missing = []
        above = folder
        while not above.exists():
            missing.append(above)
            above = above.parent
        for one in reversed(missing):
            with contextlib.suppress(FileExistsError):
                one.mkdir(mode=_FOLDER_MODE)
                # A umask may have taken away what its owner needs.
                one.chmod(_FOLDER_MODE)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise OwnFolderError(own_folder_reason(folder, error)) from error
    _close(folder)


def own_folder_reason(folder: Path, error: OSError) -> Reason:
    """Say that one of the program's own folders cannot be used, and why."""
    return Reason(ReasonCode.OWN_FOLDER_UNUSABLE, detail=of_error(error), path=str(folder))


def close_to_others(folder: Path) -> None:
    """Take from others what they may do with one of the program's own folders and with all that is in it.

    What cannot be changed, such as another user's files or those on a drive without modes, stays as it is.
    """
    if sys.platform == "win32":
        return
    pending = [folder]
    while pending:
        one = pending.pop()
        _close(one)
        with contextlib.suppress(OSError), os.scandir(one) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(one / entry.name)
                elif entry.is_file(follow_symlinks=False):
                    close_file(one / entry.name)


def close_file(path: Path) -> None:
    """Take from others what they may do with a file, if it is one and is there."""
    with contextlib.suppress(OSError):
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode) and mode & _OTHERS and sys.platform != "win32":
            os.chmod(path, stat.S_IMODE(mode) & ~_OTHERS)


def open_private(path: str, flags: int) -> int:
    """Open a file that nobody else may read, whatever the umask; for ``open``'s argument ``opener``.

    Raises:
        OSError: It cannot be opened.
    """
    fd = os.open(path, flags, _FILE_MODE)
    with contextlib.suppress(OSError):
        found = os.fstat(fd)
        mode = found.st_mode
        # A device or a pipe, as /dev/stderr is, is none of ours, nor is what a link leads to.
        is_own = stat.S_ISREG(mode) and os.path.samestat(found, os.lstat(path))
        if sys.platform != "win32" and is_own and mode & _OTHERS:
            os.fchmod(fd, stat.S_IMODE(mode) & ~_OTHERS)
    return fd


def make_private_file(path: Path) -> None:
    """Make an empty file that nobody else may read, or close the one that is there.

    One that is there is not opened: that would take away what SQLite has locked of it in this process.

    Raises:
        OSError: It can neither be made nor is it there.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    except FileExistsError:
        close_file(path)
        return
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.fchmod(fd, _FILE_MODE)
    os.close(fd)


def _close(folder: Path) -> None:
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & _OTHERS and sys.platform != "win32":
            folder.chmod(mode & ~_OTHERS)
