"""Records of files that are written again and again: mailboxes, databases, images of virtual machines.

* When the last version of a path went into the history, for the last hour: the history keeps at most one a minute.
* Since when a file could not be copied whole, because it changed while it was read. After ten minutes it is copied
  anyway: a copy that may be inconsistent is better than none. The history keeps the last whole version until the mirror
  has a whole copy again.

These records may be lost: then the history keeps one more version, and the ten minutes begin again.
"""

import sqlite3
import time
from collections.abc import Callable
from functools import cached_property
from typing import Final, NamedTuple

from backup_gui.model.paths import decode, encode

KEEP_EVERY_S: Final = 60.0
_REMEMBERED_S: Final = 3_600.0
PATIENCE_S: Final = 600.0
# A pass that keeps more than this is not about busy files, so its versions are not recorded.
_MOST_KEPT: Final = 10_000


class Restless(NamedTuple):
    """A file that changed while it was copied.

    Attributes:
        since_s: When that was first seen, seconds since 1970.
        is_torn: Whether the mirror has a copy that was made anyway.
        whole: Path in the history of the last whole version, if there is one.
    """

    since_s: float
    is_torn: bool = False
    whole: str | None = None


class Busy:
    """The busy files in one catalog. Changes are permanent after the catalog's next ``commit``.

    Attributes:
        now_s: Returns the time, seconds since 1970.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.now_s: Callable[[], float] = time.time
        self._noted = 0

    def begin(self, now_s: Callable[[], float]) -> None:
        """Begin a pass: forget versions that are older than an hour, by a clock in seconds since 1970."""
        self.now_s = now_s
        self.__dict__.pop("_known", None)
        self._noted = 0
        # For entries from the future, the clock was wrong then or is now.
        self._connection.execute(
            "DELETE FROM lately WHERE kept_s <= ? OR kept_s > ?", (now_s() - _REMEMBERED_S, now_s())
        )

    # Versions

    def was_kept_lately(self, path: str, at_s: float, within_s: float = KEEP_EVERY_S) -> bool:
        """Tell whether a version of a path went into the history less than ``within_s`` before ``at_s``."""
        found = self._connection.execute("SELECT kept_s FROM lately WHERE path = ?", (encode(path),)).fetchone()
        return found is not None and 0 <= at_s - float(found[0]) < within_s

    def may_go_unkept(self, path: str, at_s: float) -> bool:
        """Tell whether a version can be dropped when space is short: the history has an older one of the same hour."""
        return self.was_kept_lately(path, at_s, _REMEMBERED_S)

    def note_kept(self, path: str, at_s: float) -> None:
        """Record that a version of a path goes into the history."""
        self._noted += 1
        if self._noted <= _MOST_KEPT:
            self._connection.execute("INSERT OR REPLACE INTO lately VALUES (?, ?)", (encode(path), at_s))

    def forget_kept(self) -> None:
        """Forget the recent versions: the history keeps the next version of each path, however soon it follows."""
        self._connection.execute("DELETE FROM lately")

    # Files that change while they are copied

    def restless(self, path: str) -> Restless | None:
        """Return the record of a file that changed while it was copied; None for other files."""
        return self._known.get(path)

    def is_to_be_copied_as_it_is(self, path: str) -> bool:
        """Tell whether a file has been changing for so long that it is copied anyway."""
        known = self._known
        return path in known and self.now_s() - known[path].since_s >= PATIENCE_S

    def note_restless(self, path: str) -> None:
        """Record that a file could not be copied because it changed."""
        found = self.restless(path)
        if found is None or found.since_s > self.now_s():
            self._write(path, Restless(self.now_s()) if found is None else found._replace(since_s=self.now_s()))

    def note_torn(self, path: str, whole: str | None) -> None:
        """Record that the mirror has a copy of a file that changed while it was copied.

        ``whole`` is the path in the history of the version that it replaced, if that was a whole one.
        """
        found = self.restless(path) or Restless(self.now_s())
        self._write(path, found._replace(is_torn=True, whole=whole or found.whole))

    def note_whole(self, path: str) -> None:
        """Record that the mirror has a whole copy, or no copy."""
        if path in self._known:
            del self._known[path]
            self._connection.execute("DELETE FROM busy WHERE path = ?", (encode(path),))

    def versions(self) -> frozenset[str]:
        """Return the versions in the history that are the last whole ones of files whose copy is torn."""
        return frozenset(found.whole for found in self._known.values() if found.is_torn and found.whole)

    def version_moved(self, old: str, new: str) -> None:
        """Update the path of a version that was renamed in the history."""
        for path, found in tuple(self._known.items()):
            if found.whole == old:
                self._write(path, found._replace(whole=new))

    def forget(self) -> None:
        """Forget everything, because the mirror is another one."""
        for table in ("lately", "busy"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - both are from here
        self.__dict__.pop("_known", None)

    @cached_property
    def _known(self) -> dict[str, Restless]:
        """All of them, read once. After that it is a plain attribute, since every copied file asks."""
        rows = self._connection.execute("SELECT path, since_s, is_torn, whole FROM busy")
        return {
            decode(path): Restless(float(since_s), bool(is_torn), None if whole is None else decode(whole))
            for path, since_s, is_torn, whole in rows
        }

    def _write(self, path: str, found: Restless) -> None:
        self._known[path] = found
        whole = None if found.whole is None else encode(found.whole)
        self._connection.execute(
            "INSERT OR REPLACE INTO busy VALUES (?, ?, ?, ?)", (encode(path), found.since_s, found.is_torn, whole)
        )
