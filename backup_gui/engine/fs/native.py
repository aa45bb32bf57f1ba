"""How this system opens folders and files, and what it says of them: the one place that chooses between the systems.

What is open is not read with ``os.read`` and ``os.fstat``, since Windows says there neither what is locked nor when a
file was changed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver

if sys.platform == "win32":
    from functools import partial

    from backup_gui.engine.fs.windows import folder, handles
    from backup_gui.engine.fs.windows.handles import read, real_path
    from backup_gui.engine.fs.windows.nt_calls import CALLS

    entry_at = partial(handles.entry_at, CALLS)
    entry_of = partial(handles.entry_of, CALLS)
    open_file = partial(handles.open_file, CALLS)
    open_root = partial(folder.open_root, CALLS)
    volume_of = partial(handles.volume_of, CALLS)
    disks_of = partial(handles.disks_of, CALLS)
    file_system_of = partial(handles.file_system_of, CALLS)
    is_remote = partial(handles.is_remote, CALLS)
else:
    from os import fstat as entry_of
    from os import read
    from os import stat as entry_at

    from backup_gui.engine.fs.posix import open_file, open_root, real_path

    def is_remote(_path: str) -> bool:
        """Tell whether a path lies on another computer: where there is a table of mounts, that tells."""
        return False

    def disks_of(_path: str) -> frozenset[str]:
        """Return names of the disks that a path lies on; none where the tree of devices tells more."""
        return frozenset()

    def file_system_of(_path: str) -> str:
        """Return the name of a file system; empty where the table of mounts tells more."""
        return ""

    def volume_of(_path: str) -> str:
        """Return what a volume is known by; empty where the table of mounts tells more."""
        return ""


__all__ = [
    "change_observer",
    "disks_of",
    "entry_at",
    "entry_of",
    "file_system_of",
    "is_remote",
    "open_file",
    "open_root",
    "read",
    "real_path",
    "volume_of",
]


def change_observer(on_overflow: Callable[[], None]) -> BaseObserver:
    """Return an observer of changes that watches nothing yet; not for Linux, see ``watch/inotify.py``.

    Args:
        on_overflow: Called from another thread when changes were lost, where the system tells.
    """
    if sys.platform == "win32":
        from backup_gui.engine.fs.windows.notifications import make_observer  # noqa: PLC0415 - slow to import

        return make_observer(on_overflow)
    from watchdog.observers import Observer  # noqa: PLC0415 - slow to import

    return Observer()
