"""Copies a file's content from the source to a temporary in the mirror, and tells whether it is one whole version.

The source is checked before and after. If it changed meanwhile, the copy is discarded and made again. If only the times
keep changing, as of a file that a mounted cloud still has to upload, the content decides.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import (
    Shortened,
    TargetError,
    bytes_of_data,
    is_same_version,
    may_have_holes,
)
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.ownership.intents import unseen
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.model.entries import Entry, Seen
    from backup_gui.model.plans import Action, Problem

TRIES = 3


class NotCopied(Exception):  # noqa: N818 - carries a problem, which is data
    """The file could not be copied; the attempt left nothing behind."""

    def __init__(self, why: Problem) -> None:
        super().__init__(why.reason)
        self.problem = why


class Vanished(Exception):  # noqa: N818 - it is no error
    """The file is gone from the source, or is no file any longer; a later pass handles what is there."""


def copy_file(
    source: Tree,
    target: Destination,
    path: str,
    *,
    on_bytes: Callable[[int], None],
    should_stop: Callable[[], bool],
    as_it_is: bool = False,
) -> tuple[str, Entry | Seen, bool]:
    """Copy a file into a temporary beside its final place.

    Args:
        source: The source.
        target: The destination.
        path: The file.
        on_bytes: Called with the size of each copied block.
        should_stop: Polled between blocks; returns True to cancel.
        as_it_is: Whether to accept a copy during which the file changed.

    Returns:
        The temporary's path, complete with metadata; the source's entry that was copied, without a change time if that
        differed before and after; and whether the copy is one whole version.

    Raises:
        NotCopied: It could not be copied.
        Vanished: The file no longer exists.
        Cancelled: ``should_stop`` returned True.
    """
    for tries_left in reversed(range(TRIES)):
        fd = _open_source(source, path)
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode):
                raise Vanished
            temporary = target.receive(path, fd, before, on_bytes=on_bytes, should_stop=should_stop)
        except Shortened:
            continue
        except TargetError as error:
            raise NotCopied(problem_from(error, path, Stage.COPY, is_writing=True)) from error
        except OSError as error:
            # An error in the middle usually comes from the drive written to; EIO usually is an unreadable sector of the
            # source.
            raise NotCopied(problem_from(error, path, Stage.COPY, is_writing=error.errno != errno.EIO)) from error
        finally:
            os.close(fd)
        if _is_unchanged(source, path, before):
            return temporary, before, True
        if as_it_is and _is_there(source, path):
            return temporary, before, False
        try:
            if not tries_left and _has_stood_still(source, target, path, temporary, before, should_stop):
                # It is unknown which time belongs to the content, so the next pass compares it again.
                return temporary, unseen(before), True
        except BaseException:
            _drop(target, temporary)
            raise
        _drop(target, temporary)
    raise NotCopied(problem(ProblemCode.KEEPS_CHANGING, path, Stage.COPY))


def data_bytes(source: Tree, action: Action) -> int:
    """Return how many bytes are written for a file: its size without holes.

    It calls the system, so use it only when space is short. If the file cannot be read or has changed, its full size
    counts.
    """
    try:
        entry = source.stat(action.path)
        size_bytes = action.size_bytes
        if entry.st_size != size_bytes or not may_have_holes(entry):
            return size_bytes
        fd = source.open_file(action.path)
        try:
            return bytes_of_data(fd, size_bytes)
        finally:
            os.close(fd)
    except OSError:
        return action.size_bytes


def _open_source(source: Tree, path: str) -> int:
    try:
        return source.open_file(path)
    except OSError as error:
        # ELOOP: a link has replaced the file; ENXIO: a socket has.
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}:
            raise Vanished from error
        raise NotCopied(problem_from(error, path, Stage.COPY)) from error


def _is_unchanged(source: Tree, path: str, before: Entry) -> bool:
    """Tell whether the path still leads to the file that was read, and whether the file is unchanged."""
    try:
        now = source.stat(path)
    except OSError:
        return False
    return is_same_version(before, now)


def _has_stood_still(
    source: Tree, target: Destination, path: str, temporary: str, before: Entry, should_stop: Callable[[], bool]
) -> bool:
    """Tell whether only times changed while a file was copied. If two reads are equal, it is one version.

    Raises:
        Cancelled: ``should_stop`` returned True.
    """
    try:
        now = source.stat(path)
        if (now.st_dev, now.st_ino, now.st_size) != (before.st_dev, before.st_ino, before.st_size):
            return False
        return has_same_content(source, path, target, temporary, should_stop)
    except OSError:
        return False


def _is_there(source: Tree, path: str) -> bool:
    try:
        return source.look(path) is not None
    except OSError:
        return False


def _drop(target: Destination, temporary: str) -> None:
    """Remove a temporary; if that fails too, the next pass removes it."""
    try:
        target.discard(temporary)
    except OSError:
        return
