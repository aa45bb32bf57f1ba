"""Records what is about to get a name or a time in the mirror, so that after a crash it does not count as a stranger.

Needed only without a history: strangers are then recognised by size and time, and held for review. The record is on the
disk before the change, and is removed once the change itself is recorded.
"""

from __future__ import annotations

import contextlib
import stat
from typing import TYPE_CHECKING, Final

from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.state.database import LACKING_NS, UNSEEN_NS
from backup_gui.model.entries import EntryKind, Seen
from backup_gui.model.plans import Action, Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.entries import Entry

# Each record waits for the disk, so many are written together.
_AHEAD: Final = 500
# Recorded as the size of a folder, which is never compared.
_FOLDER_BYTES: Final = -1
# What only renames, or sets times.
IN_PLACE: Final = frozenset({Op.MOVE, Op.SET_METADATA})


class Intents:
    """The records of one pass."""

    def __init__(self, source: Tree, target: DestinationView, catalog: JobDatabase) -> None:
        self._source = source
        self._catalog = catalog
        self._is_needed = not target.keeps_history
        self._noted: dict[str, Seen] = {}

    def note(self, found: Iterable[tuple[str, Entry | Seen]]) -> None:
        """Record what paths of the mirror are about to become, with the state that will be recorded for them."""
        if not self._is_needed:
            return
        new = {path: Seen(entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns) for path, entry in found}
        if any(self._noted.get(path) != seen for path, seen in new.items()):
            self._noted.update(new)
            self._catalog.intend(new.items())

    def note_in_place(self, path: str, entry: Entry | Seen) -> None:
        """Record that an entry of the mirror is about to get another name or other times."""
        self.note([(path, unseen(entry))])

    def look_ahead(self, actions: Sequence[Action], start: int) -> None:
        """Record the next actions that only rename or set times, unless the first of them is recorded already."""
        if not self._is_needed or not _is_in_place(actions[start]) or actions[start].path in self._noted:
            return
        found = []
        for action in filter(_is_in_place, actions[start : start + _AHEAD]):
            with contextlib.suppress(OSError):
                found.append((action.path, unseen(self._source.stat(action.path))))
        self.note(found)

    def fulfil(self) -> None:
        """Remove all records, because the changes are recorded."""
        if self._noted:
            self._noted.clear()
            self._catalog.fulfil()


def lacking(entry: Entry | Seen) -> Seen:
    """Return the record of an entry that has the source's content, but not all of its attributes."""
    return Seen(entry.st_ino, LACKING_NS, entry.st_size, entry.st_mtime_ns)


def of_folder(entry: Entry | Seen) -> Seen:
    """Return the record of a new folder, which gets its attributes once its contents are complete."""
    return Seen(entry.st_ino, LACKING_NS, _FOLDER_BYTES, entry.st_mtime_ns)


def unseen(entry: Entry | Seen) -> Seen:
    """Return the record of an entry that is the program's own, but has to be compared again."""
    return Seen(entry.st_ino, UNSEEN_NS, entry.st_size, entry.st_mtime_ns)


def settle(target: DestinationView, catalog: JobDatabase) -> None:
    """Record what an interrupted pass has done, according to the current state of the mirror."""
    noted = catalog.intended()
    if not noted:
        return
    ownership = Ownership(target, catalog)
    for path, known in noted:
        # The pass compares entries that cannot be read here, and reports them.
        with contextlib.suppress(OSError):
            there = target.look(path)
            before = catalog.fingerprint(path)
            if there is None or (before is not None and ownership.fits(there, before)):
                continue
            is_folder = known.size_bytes == _FOLDER_BYTES
            if is_folder is stat.S_ISDIR(there.st_mode) and (is_folder or ownership.fits(there, known)):
                catalog.record(path, Seen(*known))
    catalog.fulfil()
    catalog.commit()


def _is_in_place(action: Action) -> bool:
    return action.op in IN_PLACE and action.kind is not EntryKind.FOLDER
