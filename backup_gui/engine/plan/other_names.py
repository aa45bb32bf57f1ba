"""Further hard links that a partial comparison has to look at.

The system notifies only the name through which a file was written, and that name may be gone by now, or belong to
another file. The catalog knows the other names, by the inode of the source's file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.state.database import JobDatabase


class OtherNames:
    """Collects names, each once; none if everything is compared in any case."""

    def __init__(self, catalog: JobDatabase, *, is_full: bool) -> None:
        self._catalog = catalog
        self._is_full = is_full
        self._inodes: set[int] = set()
        self._waiting: set[str] = set()
        self._done: set[int] = set()

    def note(self, inode: int) -> None:
        """Record a file that was, or may have been, written to."""
        if not self._is_full:
            self._inodes.add(inode)

    def note_gone(self, folder: str, names: Collection[str] | None = None) -> None:
        """Record the files that had names in a folder of the catalog: all of them, or only those with some names.

        Call it before the catalog drops their records.
        """
        if not self._is_full and (names is None or names):
            self._waiting.update(
                other for name, other in self._catalog.other_names(folder) if names is None or name in names
            )

    def take(self) -> list[str]:
        """Return the paths found since the last call, sorted."""
        for inode in self._inodes - self._done:
            self._waiting.update(path for path, _ in self._catalog.paths_of(inode))
        self._done |= self._inodes
        self._inodes.clear()
        found = sorted(self._waiting)
        self._waiting.clear()
        return found
