"""How bytes and attributes get from an open source file into an open temporary: a part of ``target.py``, its alone."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.model import Entry

BLOCK_BYTES: Final = 8 << 20
# A large file is flushed while it is written: the flush that ends it is then short, and quitting need not wait.
FLUSH_EVERY_BYTES: Final = 64 << 20
# What a file system answers that has no such call, or not for this sort of file.
NOT_SUPPORTED: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.EXDEV}
)


class Cancelled(Exception):  # noqa: N818 - it is no error
    """The copy was given up on request."""


class Shortened(Exception):  # noqa: N818 - it is no error
    """The file ended before the size that it was said to have."""


def transfer(
    fd: int, out: int, before: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
) -> None:
    """Copy a file's content, leaving out the holes.

    Args:
        fd: The source, at its beginning.
        out: The copy, empty.
        before: The source's entry.
        on_bytes: Told of each block of a file larger than one; smaller ones count as a whole, when they are done.
        should_stop: Asked before each block.

    Raises:
        Cancelled: ``should_stop`` said so.
        Shortened: The source was cut off meanwhile.
        OSError: Reading or writing failed.
    """
    size_bytes = before.st_size
    has_holes = sys.platform != "win32" and size_bytes > 4096 and before.st_blocks * 512 < size_bytes
    unflushed = 0
    position = 0
    if size_bytes <= BLOCK_BYTES and not has_holes:
        position = _copy_block(fd, out, size_bytes)
        if position == size_bytes:
            # Nearly all files go this way.
            return
    while position < size_bytes:
        end = size_bytes
        if sys.platform != "win32" and has_holes:
            position, end = _next_data(fd, position, size_bytes)
            os.lseek(fd, position, os.SEEK_SET)
            _skip_to(out, position)
        while position < end:
            if should_stop():
                raise Cancelled
            count = _copy_block(fd, out, min(BLOCK_BYTES, end - position))
            if not count:
                raise Shortened
            position += count
            if size_bytes > BLOCK_BYTES:
                on_bytes(count)
            unflushed += count
            if unflushed >= FLUSH_EVERY_BYTES:
                flush_file(out)
                unflushed = 0
    if has_holes:
        os.ftruncate(out, size_bytes)


def _skip_to(out: int, position: int) -> None:
    """Go on writing after a hole.

    Raises:
        OSError: The file system has no files that large.
    """
    try:
        os.lseek(out, position, os.SEEK_SET)
    except OSError as error:
        # What writing there would be called "too large" for is only an invalid argument here.
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG)) from error


def _next_data(fd: int, position: int, size_bytes: int) -> tuple[int, int]:
    """Return where the next data after a position begins and ends; the file's end twice if there is none."""
    if sys.platform == "win32":
        return position, size_bytes
    try:
        start = os.lseek(fd, position, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size_bytes, size_bytes
        if error.errno == errno.EINVAL:
            return position, size_bytes
        raise
    return start, min(os.lseek(fd, start, os.SEEK_HOLE), size_bytes)


def _copy_block(fd: int, out: int, count: int) -> int:
    """Copy up to ``count`` bytes from where both files stand; inside the system, where it can."""
    if sys.platform == "linux":
        try:
            copied = os.copy_file_range(fd, out, count)
        except OSError as error:
            if error.errno not in NOT_SUPPORTED | {errno.EBADF, errno.ETXTBSY}:
                raise
        else:
            # Nothing copied is the end of the file, or a file system that only says that it can do this.
            if copied:
                return copied
    block = os.read(fd, min(count, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(out, view) :]
    return len(block)


def copy_attributes(fd: int, out: int) -> None:
    """Copy extended attributes, access lists among them, as far as the target takes them."""
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(fd)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(out, name, os.getxattr(fd, name))
        except OSError:
            # Best effort: a target without them, or attributes that only the system may set.
            continue


def flush_file(fd: int) -> None:
    """Return when a file's content is on the disk.

    Raises:
        OSError: It is not. It must not be tried again: the system may have dropped what it could not write.
    """
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - no such module on Windows

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fsync(fd)
