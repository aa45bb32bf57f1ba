"""Where the history of a destination lies: the one place that decides it, and knows the name that is kept for it.

Beside the destination, as ``<destination>.history``, where that is on the same volume: a version is kept by a link or a
rename, which no volume allows to another one. Where the destination is a whole drive, nothing beside it is on it, so
the history lies in it, as ``.backup-history``. That name is the history's at the root of every destination.

What is decided depends on what is mounted now, so it is asked anew whenever it is needed. Asking may take as long as a
drive takes to answer. Nothing here writes.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.engine.fs.volumes.mounts import is_on_one_volume
from backup_gui.engine.rules.system_folders import is_system_folder
from backup_gui.model.job import HISTORY_SUFFIX, NOWHERE, Place
from backup_gui.model.paths import MARKER_NAME

if TYPE_CHECKING:
    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.model.entries import Entry
    from backup_gui.model.job import Job

HISTORY_NAME: Final = ".backup-history"


def history_of(job: Job) -> Place | None:
    """Return where a job's history lies; None if it keeps none."""
    return history_at(job.destination, job.history) if job.keeps_history else None


def history_at(destination: Place, chosen: Place = NOWHERE) -> Place:
    """Return where a destination's history lies.

    Args:
        destination: Need not exist.
        chosen: What the user has chosen for it; empty for where the program puts it.

    Returns:
        What was chosen; else the history beside the destination if there is one and it can be used, or the one in the
        destination if there is one; else the place where it is going to be made.
    """
    return chosen or Place(_default_place(destination.path))


def _default_place(destination: str) -> str:
    beside, inside = place_beside(destination), place_inside(destination)
    if os.path.dirname(destination) == destination:
        # The neighbour of a file system's root lies in it.
        return inside
    anchor = nearest_existing(destination)
    if os.path.isdir(beside):
        return beside if is_on_one_volume(beside, anchor) else inside
    if os.path.lexists(inside):
        return inside
    return beside if is_on_one_volume(nearest_existing(os.path.dirname(destination)), anchor) else inside


def place_beside(destination: str) -> str:
    """Return the path that a destination's history has beside it. Pure."""
    return destination.rstrip("/\\") + HISTORY_SUFFIX


def place_inside(destination: str) -> str:
    """Return the path that a destination's history has in it. Pure."""
    return os.path.join(destination, HISTORY_NAME)


def is_place_inside(history: str, destination: str) -> bool:
    """Tell whether a history has its own place in a destination, where alone one may lie. Pure."""
    return os.path.normcase(history) == os.path.normcase(place_inside(destination))


def is_reserved(name: str) -> bool:
    """Tell whether a name at the root of a destination is kept for its history, in any spelling that a drive may fold.

    Pure.
    """
    return len(name) == len(HISTORY_NAME) and name.casefold() == HISTORY_NAME


def is_not_the_mirrors(tree: TreeView, name: str, entry: Entry) -> bool:
    """Tell whether something at the root of a mirror is no part of it: its history, its marker, or the drive's own."""
    if is_reserved(name) or name == MARKER_NAME:
        return True
    return stat.S_ISDIR(entry.st_mode) and is_system_folder(name) and tree.is_drive()


def is_vacant(tree: TreeView) -> bool:
    """Tell whether a tree has nothing in it that would count as a mirror's.

    Raises:
        OSError: Its root cannot be read.
    """
    return all(is_not_the_mirrors(tree, name, tree.stat(name)) for name in tree.scan())
