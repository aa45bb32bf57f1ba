"""What can be asked of a tree by whoever only reads it, wherever it lies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, Self

from backup_gui.engine.rules.portions import MOST_AT_ONCE, portions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backup_gui.model.entries import Entry


class WideFolderError(Exception):
    """A folder has more names than are listed at once."""


class TreeView(Protocol):
    """A mirror or a history, for reading; ``tree.Tree`` says what each call does. Each raises ``OSError`` if it cannot.

    Attributes:
        root: What the tree is called in messages: the absolute path of its root, where it has one.
        root_entry: The root when the tree was opened.
    """

    root: str
    root_entry: Entry

    def list(self, path: str, refused: dict[str, OSError] | None = None, most: int = sys.maxsize) -> dict[str, Entry]:
        """Return the entry of each name in a folder, of links their own."""

    def names(self, path: str) -> list[str]:  # type: ignore[valid-type]
        """Return the names in a folder."""

    def scan(self) -> Iterator[str]:
        """Yield the names in the root as they are read."""

    def look_at(self, path: str, names: Sequence[str], refused: dict[str, OSError]) -> dict[str, Entry]:
        """Return the entries of some names of a folder."""

    def look(self, path: str) -> Entry | None:
        """Return the entry at a path, or None if there is none."""

    def stat(self, path: str) -> Entry:
        """Return the entry at a path; it is an error if there is none."""

    def is_drive(self) -> bool:
        """Tell whether the root is a whole drive: what is beside it lies on another volume."""

    def read_link(self, path: str) -> str:
        """Return the text of a symbolic link."""

    def open_file(self, path: str) -> int:
        """Return a descriptor from which the content of a file can be read, and with it its mode and times."""


class OpenTree(TreeView, Protocol):
    """A tree that belongs to whoever opened it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_exception: object) -> None: ...

    def close(self) -> None:
        """Give all descriptors back."""


def list_or_name(
    tree: TreeView, path: str, refused: dict[str, OSError], most: int
) -> tuple[dict[str, Entry] | None, list[str]]:
    """Return the entries of a folder with at most ``most`` names, otherwise None and its names.

    Single entries that cannot be read go to ``refused``, with the errors.

    Raises:
        OSError: It cannot be read; single entries that cannot be read go to ``refused``.
    """
    try:
        return tree.list(path, refused, most), []
    except WideFolderError:
        return None, tree.names(path)


def listings(
    tree: TreeView, path: str, refused: dict[str, OSError]
) -> Iterator[tuple[dict[str, Entry], str | None, str | None]]:
    """Yield the entries of a folder, all at once or in portions, each with ``Portion.after`` and ``Portion.last``."""
    entries, names = list_or_name(tree, path, refused, MOST_AT_ONCE)
    if entries is not None:
        yield entries, None, None
    else:
        refused.clear()
    for portion in portions([], names):
        yield tree.look_at(path, portion.theirs, refused), portion.after, portion.last
