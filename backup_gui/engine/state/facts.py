"""What a job remembers as single values, by key, such as the disk of its source.

A pass asks for some thirty of them, so all are read at once, and served from memory until the next pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backup_gui.engine.state.connection import MemoryConnection


class Facts:
    """The remembered facts of one job."""

    def __init__(self, connection: MemoryConnection) -> None:
        self._connection = connection
        self._known: dict[str, str] = {}
        # The database that they were read from; None to read them again.
        self._read_from: int | None = None

    def get(self, key: str) -> str | None:
        """Return a fact; None if it is unknown."""
        # A database that goes on elsewhere may lack what was not yet permanent.
        if self._read_from != self._connection.moves:
            rows = self._connection.execute("SELECT key, value FROM meta")
            self._known = {str(key): str(value) for key, value in rows}
            self._read_from = self._connection.moves
        return self._known.get(key)

    def remember(self, key: str, value: str) -> None:
        """Remember a fact; one that is known already writes nothing."""
        if self.get(key) != value:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
            self._known[key] = value

    def forget(self, keys: Iterable[str]) -> None:
        """Forget facts."""
        self._connection.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in keys])
        self._read_from = None

    def read_again(self) -> None:
        """Ask the database again for the next fact: another program may have remembered something meanwhile."""
        self._read_from = None
