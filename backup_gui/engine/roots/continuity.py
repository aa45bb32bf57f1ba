"""Determines whether a destination is as the last pass left it: the same folder, a new one, or another in its place.

At any time, a destination may be deleted, emptied, recreated, or replaced by another folder, a link or another drive.
Then the records of the mirror do not describe what is there. A partial pass would report a nearly empty destination as
complete.

The folder's inode is compared where the file system keeps it. The names at the root are compared too, but only if the
root has changed since the last pass: many file systems reuse inodes, some at once. Code here writes only its records.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, Final

from backup_gui.engine.destination.history_place import is_not_the_mirrors, is_reserved, is_vacant
from backup_gui.engine.fs.volumes.identity import Identity, read_identity
from backup_gui.engine.fs.volumes.volume import keeps_folder_inodes, volume_of
from backup_gui.engine.state.database import DESTINATION_STAMP_KEY
from backup_gui.model.path_text import escape
from backup_gui.model.paths import is_temporary

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.destination.local import LocalDestination
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.entries import Entry

DESTINATION_KEY: Final = "destination"
_LEADS_KEY: Final = "destination leads to"


class Continuity(Enum):
    """The state of a destination, compared with how the last pass left it."""

    SAME = "the same"
    LACKING = "lacks something at its root, or may lack it"
    ANEW = "made anew"
    OTHER = "another"


def compare_with_last(target: LocalDestination, catalog: JobDatabase) -> Continuity:
    """Compare a destination with how the last pass left it.

    Args:
        target: The destination, open.
        catalog: The records of it.

    Returns:
        ``OTHER`` for another folder that is not empty, or that is now reached through a link. ``ANEW`` for an empty
        folder, and for another volume, which no pass opens without the user's approval. ``LACKING`` also until a full
        pass has recorded all that is there: the names recorded so far are too few to judge by.

    Raises:
        OSError: It cannot be read.
    """
    recorded = read_identity(catalog.fact(DESTINATION_KEY))
    if recorded is None:
        return Continuity.LACKING
    now = _identity(target)
    if now.volume != recorded.volume:
        return Continuity.ANEW
    leads_elsewhere = _leads_elsewhere(target, catalog.fact(_LEADS_KEY))
    keeps_inode = keeps_folder_inodes(target.root, target.tree.location.mount)
    is_other = now.inode != recorded.inode if keeps_inode else leads_elsewhere
    if is_other:
        return Continuity.ANEW if is_vacant(target) and not leads_elsewhere else Continuity.OTHER
    return _by_names(target, catalog)


def remember_folder(target: LocalDestination, catalog: JobDatabase) -> None:
    """Record which folder the destination is; permanent with the next ``commit``.

    Raises:
        OSError: It cannot be read.
    """
    catalog.remember(DESTINATION_KEY, str(_identity(target)))
    catalog.remember(_LEADS_KEY, escape(target.tree.location.path))


def remember_state(target: DestinationView, catalog: JobDatabase) -> None:
    """Record the destination's root times at the end of a pass; permanent with the next ``commit``."""
    # RACE: if something at the root is deleted between the end of the comparison and here, the next full pass notices.
    try:
        stamp = root_stamp(target.stat(""))
    except OSError:
        stamp = ""
    catalog.remember(DESTINATION_STAMP_KEY, stamp)


def root_stamp(entry: Entry) -> str:
    """Return a text that changes when a folder gets or loses a name; empty if the file system has no such time.

    Args:
        entry: The folder.
    """
    # The root folder of a FAT or exFAT volume has no times.
    return f"{entry.st_ctime_ns} {entry.st_mtime_ns}" if entry.st_ctime_ns > 0 else ""


def _identity(target: LocalDestination) -> Identity:
    return Identity(volume_of(target.tree.location), target.root_entry.st_ino)


def _leads_elsewhere(target: LocalDestination, recorded: str | None) -> bool:
    """Tell whether a root is reached through other links than before."""
    if recorded is None:
        return os.path.islink(target.root)
    return escape(target.tree.location.path) != recorded


def _by_names(target: LocalDestination, catalog: JobDatabase) -> Continuity:
    """Compare the names at the root with the recorded ones, if the root has changed since."""
    recorded = catalog.fact(DESTINATION_STAMP_KEY)
    if recorded is None:
        return Continuity.LACKING
    stamp = root_stamp(target.root_entry)
    if stamp and stamp == recorded:
        return Continuity.SAME
    there: frozenset[str] | None = None
    is_missing, is_there = False, False
    for name in catalog.names_in(""):
        if is_reserved(name):
            continue
        if there is None:
            there = frozenset(target.names(""))
        if name in there or target.look(name) is not None:
            is_there = True
        else:
            is_missing = True
    if not is_missing:
        return Continuity.SAME
    if not is_there and any(_may_be_anybodys(target, name) for name in there or ()):
        return Continuity.OTHER
    return Continuity.LACKING


def _may_be_anybodys(target: LocalDestination, name: str) -> bool:
    """Tell whether an entry at the root is neither this program's nor the drive's own."""
    entry = target.look(name)
    return entry is not None and not is_temporary(name) and not is_not_the_mirrors(target, name, entry)
