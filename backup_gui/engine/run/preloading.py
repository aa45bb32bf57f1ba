"""Imports, before a job begins, what its passes import only when they come to need it.

Start-up counts, so what is slow to import and rarely needed is imported where it is used. An import opens files of the
program, though: in the middle of a pass it would fail where no more files can be opened, where the program was removed
or replaced by an update, or where the disk that it lies on does not answer. The interpreter takes a folder that it
cannot list for an empty one, so such a failure does not even tell its reason.
"""

from __future__ import annotations

from importlib import import_module

from backup_gui.engine.fs.system.platform import HAS_INOTIFY, LATE_MODULES

_EVERYWHERE = (
    "backup_gui.engine.rules.globs",
    "backup_gui.engine.rules.names",
    "backup_gui.engine.history.redating",
    "backup_gui.engine.plan.name_mapping",
    "backup_gui.engine.history.prune",
    "ctypes",
    # What the system tells of itself is read in it, and it is looked up by its name.
    "encodings.ascii",
    "hashlib",
    "json",
    "logging",
)
OF_A_PASS = (*_EVERYWHERE, *LATE_MODULES)
# What the user decides between two passes of a long run is done by these.
OF_A_LONG_RUN = (
    "backup_gui.engine.restore.held",
    "backup_gui.engine.restore.undo",
)
OF_WATCHING = (
    "backup_gui.engine.watch.watcher",
    "backup_gui.engine.watch.inotify" if HAS_INOTIFY else "watchdog.observers",
)


def preload(*, is_once: bool, watches: bool) -> None:
    """Import all that a job may need from now on.

    Args:
        is_once: Whether one pass is made and nothing else.
        watches: Whether the source is watched between passes.

    Raises:
        ImportError: A part of the program is not there.
    """
    names = OF_A_PASS if is_once else OF_A_PASS + OF_A_LONG_RUN
    for name in names + OF_WATCHING if watches and not is_once else names:
        import_module(name)
