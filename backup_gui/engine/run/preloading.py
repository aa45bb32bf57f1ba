"""Imports, before a job begins, the modules that its passes would otherwise import on first use.

To start fast, slow and rarely needed modules are imported where they are used. An import opens files of the program,
however. In the middle of a pass it would fail if no more files can be opened, if an update has removed or replaced the
program, or if its disk does not respond. Such a failure would not even show its reason: the interpreter treats a folder
that it cannot list as empty.
"""

from __future__ import annotations

from importlib import import_module

from backup_gui.engine.fs.system.platform import HAS_INOTIFY, LATE_MODULES, LATE_OWN_MODULES, OBSERVER_MODULE

_EVERYWHERE = (
    "backup_gui.engine.rules.globs",
    "backup_gui.engine.rules.names",
    "backup_gui.engine.rules.space",
    "backup_gui.engine.history.redating",
    "backup_gui.engine.plan.name_mapping",
    "backup_gui.engine.history.prune",
    "ctypes",
    # Used for reading files of the system, and looked up by name.
    "encodings.ascii",
    "hashlib",
    "json",
    "logging",
)
OF_A_PASS = (*_EVERYWHERE, *LATE_MODULES, *LATE_OWN_MODULES)
# These carry out the user's decisions between two passes of a long run.
OF_A_LONG_RUN = (
    "backup_gui.engine.restore.held",
    "backup_gui.engine.restore.undo",
)
OF_WATCHING = (
    "backup_gui.engine.watch.watcher",
    "backup_gui.engine.watch.inotify" if HAS_INOTIFY else OBSERVER_MODULE,
)


def preload(*, is_once: bool, watches: bool) -> None:
    """Import everything that a job may need from now on: for one pass, or also for watching between passes.

    Raises:
        ImportError: A part of the program is missing.
    """
    names = OF_A_PASS if is_once else OF_A_PASS + OF_A_LONG_RUN
    for name in names + OF_WATCHING if watches and not is_once else names:
        import_module(name)
