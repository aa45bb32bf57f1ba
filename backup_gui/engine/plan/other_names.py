"""Other names of files that a partial comparison has to look at too.

Of a file with several names only the one is notified through which it was written to; and that may be gone by now, or
be another file's. What the others are the catalog knows, by the inode that the source's file had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.state.database import Catalog


class OtherNames:
    """Collects names, each once.

    Args:
        catalog: What is known from earlier passes.
        is_full: Whether everything is compared in any case, so that nothing need be collected.
    """

    def __init__(self, catalog: Catalog, *, is_full: bool) -> None:
        self._catalog = catalog
        self._is_full = is_full
        self._inodes: set[int] = set()
        self._waiting: set[str] = set()
        self._done: set[int] = set()

    def note(self, inode: int) -> None:
        """Note a file that was, or may have been, written to."""
        if not self._is_full:
            self._inodes.add(inode)

    def note_gone(self, folder: str, names: Collection[str] | None = None) -> None:
        """Note the files that had names in a folder, by its path in the catalog: all of them, or those of some names.

        To be called before the catalog forgets them.
        """
        if not self._is_full and (names is None or names):
            self._waiting.update(
                other for name, other in self._catalog.other_names(folder) if names is None or name in names
            )

    def take(self) -> list[str]:
        """Return what has been found since the last time, in order."""
        for inode in self._inodes - self._done:
            self._waiting.update(path for path, _ in self._catalog.paths_of(inode))
        self._done |= self._inodes
        self._inodes.clear()
        found = sorted(self._waiting)
        self._waiting.clear()
        return found
