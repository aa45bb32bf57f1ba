"""Whether a destination is what the last pass left: the same folder, one made anew, or another one in its place.

While the program runs, and while it does not, a destination may be deleted, emptied, made anew, or replaced by another
folder, a link or another drive. What is remembered of the mirror then says nothing of what is there, and a pass over
what has changed in the source would call complete what has hardly anything in it.

The folder's number tells, where the file system keeps it, and so do the names at the root: those are looked at only if
the root was touched since the last pass. Numbers are used again by many file systems, also at once. Looks, and writes
nothing but what it remembers.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, Final

from backup_gui.engine.destination.history_place import is_not_the_mirrors, is_reserved, is_vacant
from backup_gui.engine.fs.volumes.identity import Identity, read_identity
from backup_gui.engine.fs.volumes.volume import has_lasting_inodes, volume_id
from backup_gui.model.path_text import escape
from backup_gui.model.paths import is_temporary

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Target
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.entries import Entry

DESTINATION_KEY: Final = "destination"
_LEADS_KEY: Final = "destination leads to"
_STAMP_KEY: Final = "destination's root changed at"


class Continuity(Enum):
    """What a destination is, compared with what the last pass left."""

    SAME = "the same"
    LACKING = "lacks something at its root"
    ANEW = "made anew"
    OTHER = "another"


def compare_with_last(target: Target, catalog: Catalog) -> Continuity:
    """Find out what a destination is, compared with what the last pass left there.

    Args:
        target: The destination, open.
        catalog: What is remembered of it.

    Returns:
        ``OTHER`` for a folder that somebody else uses, or that a link leads to which did not before; ``ANEW`` for
        an empty one, and for another volume, which no pass gets to without the user's word.

    Raises:
        OSError: It cannot be told.
    """
    recorded = read_identity(catalog.fact(DESTINATION_KEY))
    if recorded is None:
        return Continuity.SAME
    now = _identity(target)
    if now.volume != recorded.volume:
        return Continuity.ANEW
    leads_elsewhere = _leads_elsewhere(target.root, catalog.fact(_LEADS_KEY))
    is_other = now.inode != recorded.inode if has_lasting_inodes(target.root) else leads_elsewhere
    if is_other:
        return Continuity.ANEW if is_vacant(target.root) and not leads_elsewhere else Continuity.OTHER
    return _by_names(target, catalog)


def remember_folder(target: Target, catalog: Catalog) -> None:
    """Remember which folder the destination is; permanent with the next ``commit``.

    Raises:
        OSError: It cannot be looked at.
    """
    catalog.remember(DESTINATION_KEY, str(_identity(target)))
    catalog.remember(_LEADS_KEY, escape(os.path.realpath(target.root)))


def remember_state(target: Target, catalog: Catalog) -> None:
    """Remember when the destination's root was changed, at the end of a pass; permanent with the next ``commit``."""
    # RACE: what is deleted at the root between the end of the comparison and here is noticed by the next full pass.
    try:
        stamp = root_stamp(target.stat(""))
    except OSError:
        stamp = ""
    if stamp != catalog.fact(_STAMP_KEY):
        catalog.remember(_STAMP_KEY, stamp)


def root_stamp(entry: Entry) -> str:
    """Return what changes when a name comes into a folder, or leaves it; empty where the file system has no such time.

    Args:
        entry: The folder.
    """
    # The root folder of a FAT or exFAT volume has no time of its own.
    return f"{entry.st_ctime_ns} {entry.st_mtime_ns}" if entry.st_ctime_ns > 0 else ""


def _identity(target: Target) -> Identity:
    return Identity(volume_id(target.root), target.root_entry.st_ino)


def _leads_elsewhere(root: str, recorded: str | None) -> bool:
    """Tell whether a root is reached through links that it was not reached through before."""
    if recorded is None:
        return os.path.islink(root)
    return escape(os.path.realpath(root)) != recorded


def _by_names(target: Target, catalog: Catalog) -> Continuity:
    """Compare the names at the root with those that were put there, if it was touched since."""
    stamp = root_stamp(target.root_entry)
    if stamp and stamp == catalog.fact(_STAMP_KEY):
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


def _may_be_anybodys(target: Target, name: str) -> bool:
    """Tell whether what is at the root is neither this program's nor the drive's own."""
    entry = target.look(name)
    return entry is not None and not is_temporary(name) and not is_not_the_mirrors(target.root, name, entry)
