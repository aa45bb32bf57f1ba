"""How bytes get from an open source file into an open temporary: a part of ``destination.py``, its alone."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs import native
from backup_gui.engine.fs.attribute_calls import CALLS
from backup_gui.engine.fs.system.syscalls import flush_file
from backup_gui.engine.fs.xattrs import NOTHING_INHERITED, copy_attributes
from backup_gui.engine.rules.capabilities import ALL, Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.fs.folder import FolderHandle, OpenEntry
    from backup_gui.engine.fs.xattrs import AttributesResult, Inherited
    from backup_gui.model.entries import Entry

BLOCK_BYTES: Final = 8 << 20
# A large file is flushed while it is written: the flush that ends it is then short, and quitting need not wait.
FLUSH_EVERY_BYTES: Final = 64 << 20
# What a file system answers that has no such call, or not for this sort of file.
NOT_SUPPORTED: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.EXDEV}
)


SET_ID: Final = stat.S_ISUID | stat.S_ISGID


def never() -> bool:
    """Say no: the default for ``should_stop``."""
    return False


def ignore_count(_count: int) -> None:
    """Tell nobody: the default for ``on_bytes`` and ``on_copies``."""


class Cancelled(Exception):  # noqa: N818 - it is no error
    """The copy was given up on request."""


class Shortened(Exception):  # noqa: N818 - it is no error
    """The file ended before the size that it was said to have."""


class TargetError(OSError):
    """It is the destination that refused, not the source."""


class Rights:
    """What this process may give to the files that it makes. Immutable; each file asks several times.

    Attributes:
        owner: The user and group that new files belong to.
        capabilities: What the file system keeps of what it is given.
        distrusted: Device numbers of the volumes on which the system heeds no set-id bits (mounted ``nosuid``).
        is_superuser: Whether files may be given to others.
        sets_owner: Whether files can be given to others, and stay theirs; only then are owners set, and so compared.
    """

    __slots__ = ("_limits_times", "capabilities", "distrusted", "is_superuser", "owner", "sets_owner")

    def __init__(
        self, owner: tuple[int, int], capabilities: Capabilities = ALL, distrusted: frozenset[int] = frozenset()
    ) -> None:
        self.owner: Final = owner
        self.capabilities: Final = capabilities
        self.distrusted: Final = distrusted
        self.is_superuser: Final = owner[0] == 0
        self.sets_owner: Final = self.is_superuser and capabilities.holds_owner
        self._limits_times: Final = capabilities.limits_times

    def mode_of(self, source: Entry) -> int:
        """Return the mode that the copy of a source's entry has.

        Without the right to give a file to its owner, a program of somebody else's must not come to run as our own
        user: it loses its set-id bits. So does one from a volume on which they have no effect, such as a stick that
        anybody may have prepared: on the destination's volume they would.

        Nor can the copy have the source's group then. Who is in its own group may have been among all others there, and
        the other way round, so each of them may only do what both may do there.
        """
        mode = source.st_mode & 0o7777
        if source.st_gid != self.owner[1] and not self.sets_owner:
            mode = narrowed(mode)
        if not mode & SET_ID:
            return mode
        is_distrusted = source.st_dev in self.distrusted and stat.S_ISREG(source.st_mode)
        if is_distrusted or (not self.sets_owner and (source.st_uid, source.st_gid) != self.owner):
            mode &= ~SET_ID
        return mode

    def times_of(self, source: Entry) -> tuple[int, int]:
        """Return the times of access and change that the copy of a source's entry gets, nanoseconds.

        What is out of the file system's range would come back as any time at all when it is mounted the next time.
        """
        if not self._limits_times:
            return source.st_atime_ns, source.st_mtime_ns
        held = self.capabilities.held_time_ns
        return held(source.st_atime_ns), held(source.st_mtime_ns)


def narrowed(mode: int) -> int:
    """Return a mode with which a file that changes its group can be used by nobody who could not use it before."""
    both = mode >> 3 & mode & 0o7
    return mode & ~0o77 | both << 3 | both


def receive(
    fd: int,
    source: Entry,
    name: str,
    folder: FolderHandle,
    rights: Rights,
    *,
    flushes: bool,
    inherited: Inherited = NOTHING_INHERITED,
    on_bytes: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> AttributesResult:
    """Copy an open file, content and metadata, to a new one; if that fails, nothing is left of it.

    The file is read from its beginning. ``inherited`` is what the folder gives to what is made in it, which the source
    may not have; ``flushes``, whether the content is on the disk in the end. For the rest see ``transfer``.

    Returns:
        What became of the extended attributes; all else is complete.

    Raises:
        Cancelled: ``should_stop`` said so.
        Shortened: The source was cut off meanwhile.
        TargetError: The destination refused it.
        OSError: Reading or writing failed.
    """
    try:
        out = folder.create_at(name)
    except OSError as error:
        raise TargetError(error.errno, error.strerror, name) from error
    try:
        try:
            if source.st_size:
                transfer(fd, out, source, on_bytes, should_stop)
            try:
                if inherited.access_list:
                    CALLS.drop_lists(out)
                copy = folder.opened(out)
                outcome = _finish(copy, out, fd, source, rights, takes_group=inherited.group)
                if flushes:
                    flush_file(out)
            except OSError as error:
                raise TargetError(error.errno, error.strerror, name) from error
        finally:
            close_written(out)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.unlink_at(name)
        raise
    return outcome


def close_written(fd: int) -> None:
    """Close a file that was written to. Some file systems tell only now that they could not take all of it.

    Raises:
        TargetError: They did; the descriptor is free all the same.
    """
    try:
        os.close(fd)
    except OSError as error:
        raise TargetError(error.errno, error.strerror) from error


def is_same_version(before: Entry, after: Entry) -> bool:
    """Tell from a file's entries before and after it was read whether what was read is one version."""
    return (
        before.st_size == after.st_size
        and before.st_mtime_ns == after.st_mtime_ns
        and before.st_ctime_ns == after.st_ctime_ns
        and before.st_ino == after.st_ino
        and before.st_dev == after.st_dev
    )


def _finish(
    copy: OpenEntry, out: int, fd: int, source: Entry, rights: Rights, *, takes_group: bool
) -> AttributesResult:
    """Give a complete copy its metadata; with ``takes_group`` it may have the group of the folder that it is in."""
    # In this order: a new owner takes away set-id bits and capabilities.
    if rights.sets_owner and (takes_group or (source.st_uid, source.st_gid) != rights.owner):
        copy.set_owner(source.st_uid, source.st_gid)
    elif takes_group and rights.capabilities.holds_owner:
        copy.set_owner(-1, rights.owner[1])
    outcome = copy_attributes(fd, out)
    if rights.capabilities.holds_modes:
        copy.set_mode(rights.mode_of(source))
    copy.set_times(rights.times_of(source))
    return outcome


def transfer(
    fd: int, out: int, before: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
) -> None:
    """Copy a file's content, leaving out the holes, from the beginning of both files.

    ``on_bytes`` is told of each block of a file larger than one; smaller ones count as a whole, when they are done.

    Raises:
        Cancelled: ``should_stop`` said so, which is asked before each block.
        Shortened: The source was cut off meanwhile.
        OSError: Reading or writing failed.
    """
    size_bytes = before.st_size
    has_holes = size_bytes > 4096 and may_have_holes(before)
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
    """Go on writing after a hole; an error if the file system has no files that large."""
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


def may_have_holes(entry: Entry) -> bool:
    """Tell from a file's entry whether it takes less room on its disk than its size says. Pure."""
    return sys.platform != "win32" and entry.st_blocks * 512 < entry.st_size


def bytes_of_data(fd: int, size_bytes: int) -> int:
    """Return how much of a file is not in holes.

    Raises:
        OSError: It cannot be told.
    """
    total = position = 0
    while position < size_bytes:
        start, position = _next_data(fd, position, size_bytes)
        total += position - start
    return total


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
    block = native.read(fd, min(count, 1 << 20))
    view = memoryview(block)
    while view:
        view = view[os.write(out, view) :]
    return len(block)


def forget_cached(fd: int) -> None:
    """Let the system forget what it holds of an open file in memory, so that the disk itself is read.

    Only a hint: some file systems do not take it, and what is in memory is read then.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
