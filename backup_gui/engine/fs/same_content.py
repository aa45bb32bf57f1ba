"""Whether two files hold the same bytes, read up to the first difference."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import Cancelled, ignore_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.fs.tree_view import TreeView

COMPARED_BYTES = 1 << 20


def has_same_content(
    source: TreeView,
    path: str,
    target: TreeView,
    target_path: str,
    should_stop: Callable[[], bool],
    on_bytes: Callable[[int], None] = ignore_count,
) -> bool:
    """Compare the content of a file in the source and one in the mirror, byte by byte, up to the first difference.

    What of the mirror cannot be read is not the same: a new copy takes its place.

    Raises:
        OSError: The source's could not be read.
        Cancelled: ``should_stop`` said so, which is asked before each block.
    """
    ours = source.open_file(path)
    try:
        try:
            theirs = target.open_file(target_path)
        except OSError:
            return False
        try:
            return has_same_bytes(ours, theirs, should_stop, on_bytes, has_to_be_readable=False)
        finally:
            os.close(theirs)
    finally:
        os.close(ours)


def has_same_bytes(
    ours: int,
    theirs: int,
    should_stop: Callable[[], bool],
    on_bytes: Callable[[int], None] = ignore_count,
    *,
    has_to_be_readable: bool = True,
) -> bool:
    """Compare two open files from where they stand, up to the first difference.

    With ``has_to_be_readable`` it is an error if the other cannot be read; otherwise it is not the same then.

    Raises:
        OSError: One could not be read.
        Cancelled: ``should_stop`` said so, which is asked before each block.
    """
    # What grows after this is changed again, which its entry tells.
    left_bytes = os.fstat(ours).st_size
    if os.fstat(theirs).st_size != left_bytes:
        return False
    continues = _continues_with if has_to_be_readable else _continues_readably_with
    while True:
        if should_stop():
            raise Cancelled
        if left_bytes <= 0:
            return True
        block = _read(ours, min(left_bytes, COMPARED_BYTES))
        if not block or not continues(theirs, block):
            return False
        left_bytes -= len(block)
        on_bytes(len(block))


def _continues_with(fd: int, block: bytes) -> bool:
    return _read(fd, len(block)) == block


def _continues_readably_with(fd: int, block: bytes) -> bool:
    try:
        return _continues_with(fd, block)
    except OSError:
        return False


def _read(fd: int, count: int) -> bytes:
    """Read so many bytes, less only at the file's end: a single call may bring less, over a network above all."""
    block = native.read(fd, count)
    while 0 < len(block) < count:
        more = native.read(fd, count - len(block))
        if not more:
            break
        block += more
    return block
