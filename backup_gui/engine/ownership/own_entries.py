"""Determines whether this program put an entry into the mirror, or a stranger did.

With a history only the path counts: a copy that was changed by others goes into the history like any version. Without
one it could not be restored, so the copy must have the size and time that it was given.
"""

from __future__ import annotations

import contextlib
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.state.integers import read

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.state.database import Fingerprint, JobDatabase
    from backup_gui.engine.state.rows import Row
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action


class Ownership:
    """Recognises the program's own entries in a destination."""

    def __init__(self, target: DestinationView, catalog: JobDatabase) -> None:
        self._target = target
        self._catalog = catalog
        self._is_by_path = target.keeps_history

    def has(self, theirs: Entry, known: Fingerprint | Row | None) -> bool:
        """Tell whether an entry of the mirror is the program's own, given the catalog's record of its path."""
        if known is None or self._is_by_path or stat.S_ISDIR(theirs.st_mode):
            return known is not None
        # A time that was set through one hard link applies to the others too.
        return self.fits(theirs, known) or (theirs.st_nlink > 1 and self._is_another_names(theirs, known[0]))

    def _is_another_names(self, theirs: Entry, inode: int) -> bool:
        """Tell whether a file of the mirror fits the record of another one of its hard links."""
        for path, known in self._catalog.paths_of(inode):
            if self.fits(theirs, known):
                with contextlib.suppress(OSError):
                    there = self._target.look(path)
                    if there is not None and (there.st_dev, there.st_ino) == (theirs.st_dev, theirs.st_ino):
                        return True
        return False

    def fits(self, theirs: Entry, known: Fingerprint | Row) -> bool:
        """Tell whether a file or link of the mirror has the size and time it was given, as far as they are stored."""
        if known[2] != theirs.st_size:
            return False
        capabilities = self._target.capabilities
        if stat.S_ISLNK(theirs.st_mode) or not capabilities.holds_times:
            return True
        mtime_ns = read(known[3])
        return capabilities.is_same_time(mtime_ns, theirs.st_mtime_ns) or capabilities.is_shifted_time(
            mtime_ns, theirs.st_mtime_ns
        )

    def may_go(self, action: Action) -> bool:
        """Tell whether the entry at an action's path may be taken away: a stranger may have come since the plan.

        What the plan knew as a stranger's is taken away with the user's approval.

        Raises:
            OSError: It cannot be read.
        """
        if self._is_by_path or not action.is_known:
            return True
        there = self._target.look(action.path)
        # RACE: what a stranger puts there between this look and the next call is lost.
        return there is None or self.has(there, self._catalog.fingerprint(action.path))
