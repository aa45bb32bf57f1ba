"""Room on a volume: how much there is, and taking it before it is needed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def room_bytes(folder: Path) -> int:
    """Return how much room there is for this user on a folder's disk; much if it cannot be told."""
    if sys.platform == "win32":
        return sys.maxsize
    try:
        found = os.statvfs(folder)
    except OSError:
        return sys.maxsize
    return found.f_bavail * found.f_frsize


def give_place(path: str, size_bytes: int, page_bytes: int) -> None:
    """Give the beginning of an open file its place on a disk whose blocks are smaller than pages.

    Raises:
        OSError: There is no room for it, or the system does not tell what is open.
    """
    if sys.platform != "linux" or os.statvfs(os.path.dirname(path)).f_frsize >= page_bytes:
        return
    # By the descriptor that there is: closing another one of the same file would end its locks.
    for fd in os.listdir("/proc/self/fd"):
        try:
            is_it = os.readlink(f"/proc/self/fd/{fd}") == path
        except OSError:
            continue
        if is_it:
            os.posix_fallocate(int(fd), 0, size_bytes)
            return
