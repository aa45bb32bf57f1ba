"""The versions of a history as they lie there: what is in a folder, remembered for a while, and when things left.

Only what is asked for is read, and nothing here writes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.history.versions import list_versions, versions_in
from backup_gui.model.restores import Moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.history.versions import Version

# What left the mirror within so many seconds was most likely one change.
_MOMENT_S = 2.0
_SETTLED_NS = 2_000_000_000
# A version takes about 700 bytes.
_MOST_REMEMBERED = 200_000


class Shelf:
    """Remembers the versions in folders of one history that were read lately, as long as the folders do not change."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[tuple[int, int, int], list[Version]]] = OrderedDict()
        self._size = 0

    def versions(self, tree: Tree, folder: str) -> list[Version]:
        """List the versions in a folder of an open history, as ``versions_in`` does.

        Raises:
            OSError: The folder cannot be read.
        """
        entry = tree.look(folder)
        if entry is None:
            return []
        mark = entry.st_ino, entry.st_mtime_ns, entry.st_ctime_ns
        before, found = self._known.pop(folder, (None, []))
        self._size -= len(found)
        # What was changed only now may be changed again without a new stamp.
        is_settled = time.time_ns() - entry.st_mtime_ns > _SETTLED_NS
        if before != mark or not is_settled:
            found = versions_in(tree, folder)
        self._known[folder] = mark, found
        self._size += len(found)
        while self._size > _MOST_REMEMBERED and len(self._known) > 1:
            _, (_, oldest) = self._known.popitem(last=False)
            self._size -= len(oldest)
        return found


def moments(history_root: str | None, should_stop: Callable[[], bool]) -> tuple[Moment, ...]:
    """Find the times at which something left the mirror.

    Args:
        history_root: Absolute path of the history; None if there is none.
        should_stop: Asked again and again whether to give up.

    Returns:
        The times, oldest first; what left within two seconds counts as one.

    Raises:
        Cancelled: ``should_stop`` said so.
        OSError: The history cannot be read.
    """
    counts: dict[float, int] = {}
    for version in list_versions(history_root) if history_root is not None else ():
        at = version.left_at.timestamp()
        counts[at] = counts.get(at, 0) + 1
        if should_stop():
            raise Cancelled
    found: list[Moment] = []
    for at in sorted(counts):
        if found and at - found[-1].at <= _MOMENT_S:
            found[-1] = Moment(found[-1].at, found[-1].files + counts[at])
        else:
            found.append(Moment(at, counts[at]))
    return tuple(found)
