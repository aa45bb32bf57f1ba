"""A plan's actions as a tree of folders, each with its totals. Pure.

A plan may have a million actions, so rows are no objects. One array holds the rows of all folders, one folder after
another; further arrays hold the data of folders. Opening a folder is a slice.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from backup_gui.model.plans import NO_COUNTS, Action, Counts, Op, counts_of

_OPS = tuple(Op)
# Searching so many rows is faster than opening folders.
MOST_OPENED_ROWS = 200


class PlanTree(NamedTuple):
    """Actions grouped by folder, as ``services/arrange_plan.py`` builds it.

    Folders are numbered. The root is 0, and each folder has a larger number than its parent. A row is either the
    position of an action, or the bitwise complement of a folder's number, which is negative. A folder that contains
    only one other folder and has no action of its own gets no row: its name becomes part of that folder's.

    Attributes:
        actions: The plan's actions, shown or not.
        entries: The rows of all folders, those of each in order.
        starts: For each folder, where its rows begin; then the end of the last one's.
        parents: For each folder, the folder that contains its row.
        places: For each folder, the position of its row there.
        owns: For each folder, the position of its own action; -1 for none.
        examples: For each folder, the position of any action below it.
        lengths: For each folder, how many characters of that action's path are the folder's path.
        tallies: For each kind of action in the order of ``Op``: how many are below each folder, without its own.
        sizes: For each folder, the bytes of all of them.
    """

    actions: Sequence[Action]
    entries: Sequence[int]
    starts: Sequence[int]
    parents: Sequence[int] = (0,)
    places: Sequence[int] = (0,)
    owns: Sequence[int] = (-1,)
    examples: Sequence[int] = (-1,)
    lengths: Sequence[int] = (0,)
    tallies: tuple[Sequence[int], ...] = ((0,),) * len(_OPS)
    sizes: Sequence[int] = (0,)

    def row_count(self, folder: int) -> int:
        """Return how many rows a folder has."""
        return self.starts[folder + 1] - self.starts[folder]

    def entry(self, folder: int, row: int) -> int:
        """Return the entry in a row of a folder."""
        return self.entries[self.starts[folder] + row]

    def action(self, entry: int) -> Action | None:
        """Return the action of an entry; None for a folder without its own action."""
        number = entry if entry >= 0 else self.owns[~entry]
        return self.actions[number] if number >= 0 else None

    def path(self, entry: int) -> str:
        """Return the path of an entry."""
        if entry >= 0:
            return self.actions[entry].path
        folder = ~entry
        return self.actions[self.examples[folder]].path[: self.lengths[folder]]

    def name(self, folder: int, entry: int) -> str:
        """Return the path of an entry, relative to the folder whose row it is."""
        return self.path(entry)[self.lengths[folder] + 1 if folder else 0 :]

    def counts(self, folder: int) -> Counts:
        """Count the actions below a folder, without its own; ``bytes`` is the size of all of them."""
        return counts_of({op: tally[folder] for op, tally in zip(_OPS, self.tallies, strict=True)}, self.sizes[folder])

    def unfold(self, folder: int, most_rows: int) -> list[int]:
        """Choose which folders below a folder to open, so that at most so many rows are visible below it.

        Returns:
            Folders, level by level; a level is included as a whole or not at all.
        """
        chosen: list[int] = []
        level = [folder]
        new_rows = in_sight = self.row_count(folder)
        while new_rows and in_sight <= most_rows:
            chosen += level
            level = [~entry for one in level for entry in self._rows(one) if entry < 0]
            new_rows = sum(self.row_count(one) for one in level)
            in_sight += new_rows
        return chosen[1:]

    def single_way(self) -> list[int]:
        """Choose the folders to open until one has more than a single folder in it."""
        chosen: list[int] = []
        folder = 0
        while self.row_count(folder) == 1 and self.entry(folder, 0) < 0:
            folder = ~self.entry(folder, 0)
            chosen.append(folder)
        return chosen

    def _rows(self, folder: int) -> Sequence[int]:
        return self.entries[self.starts[folder] : self.starts[folder + 1]]


def flat(actions: Sequence[Action]) -> PlanTree:
    """Return the actions as a flat list of whole paths in their own order, in constant time."""
    return PlanTree(actions, range(len(actions)), (0, len(actions)))


class SortKey(Enum):
    """What rows are sorted by."""

    PATH = "path"
    KIND = "kind"
    SIZE = "size"


class Arrangement(NamedTuple):
    """A request for a view of a plan.

    Attributes:
        actions: The plan's actions.
        text: Only paths that contain this text, ignoring case; empty for all.
        op: Only actions of this kind; None for all.
        order: What the rows of each folder are sorted by. Folders come before files, except by size.
        is_descending: Whether the order is reversed.
        opened: Paths of the open folders.
        opens_more: Whether to open further folders so that enough rows are visible.
    """

    actions: Sequence[Action]
    text: str = ""
    op: Op | None = None
    order: SortKey = SortKey.PATH
    is_descending: bool = False
    opened: frozenset[str] = frozenset()
    opens_more: bool = True


class Arranged(NamedTuple):
    """The answer to an ``Arrangement``.

    Attributes:
        tree: The matching actions, in their folders.
        counts: For each kind, how many paths contain the text; ``bytes`` is what they will copy.
        opened: The tree's folders to open, parents first.
    """

    tree: PlanTree
    counts: Counts = NO_COUNTS
    opened: tuple[int, ...] = ()
