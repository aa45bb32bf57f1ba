"""A plan's actions as a tree of folders, each with what lies under it. Pure.

A plan may have a million actions, so there is no object for each row: the rows of all folders stand one after another
in one array, and what is known of folders is in others. Opening a folder is a slice.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.model.plans import NO_COUNTS, Action, Counts, Op, counts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPS = tuple(Op)
# So many rows are looked through faster than folders are opened.
MOST_OPENED_ROWS = 200


class PlanTree(NamedTuple):
    """Actions under the folders that they are in; ``services/arrange_plan.py`` makes it.

    Folders have numbers; the root's is 0, and a folder's is larger than that of the one around it. A row is either an
    action by its place among the actions, or a folder by the complement of its number, which is negative. A folder with
    nothing but one folder in it, and with no action of its own, has no row: it is a part of the name of that one.

    Attributes:
        actions: The plan's actions, shown or not.
        entries: The rows of all folders, those of each in order.
        starts: For each folder, where its rows begin; and where the last one's end.
        total: How many actions are in it.
        parents: For each folder, the one whose row it is.
        places: For each folder, which of the rows there it is.
        owns: For each folder, the action of its own; -1 for none.
        examples: For each folder, some action under it.
        lengths: For each folder, how much of that action's path is its own.
        tallies: For each kind of action in its order, how many there are under each folder, without its own.
        sizes: For each folder, the bytes of all of them.
    """

    actions: Sequence[Action]
    entries: Sequence[int]
    starts: Sequence[int]
    total: int
    parents: Sequence[int] = (0,)
    places: Sequence[int] = (0,)
    owns: Sequence[int] = (-1,)
    examples: Sequence[int] = (-1,)
    lengths: Sequence[int] = (0,)
    tallies: tuple[Sequence[int], ...] = ((0,),) * len(_OPS)
    sizes: Sequence[int] = (0,)

    def row_count(self, folder: int) -> int:
        """How many rows a folder has."""
        return self.starts[folder + 1] - self.starts[folder]

    def entry(self, folder: int, row: int) -> int:
        """What is in a row of a folder."""
        return self.entries[self.starts[folder] + row]

    def action(self, entry: int) -> Action | None:
        """The action of a row; None for a folder without one of its own."""
        number = entry if entry >= 0 else self.owns[~entry]
        return self.actions[number] if number >= 0 else None

    def path(self, entry: int) -> str:
        """The path of a row."""
        if entry >= 0:
            return self.actions[entry].path
        folder = ~entry
        return self.actions[self.examples[folder]].path[: self.lengths[folder]]

    def name(self, folder: int, entry: int) -> str:
        """The path of a row from the folder on that has it."""
        return self.path(entry)[self.lengths[folder] + 1 if folder else 0 :]

    def counts(self, folder: int) -> Counts:
        """How many actions of each kind are under a folder, without its own; ``bytes`` is the size of all of them."""
        return counts_of({op: tally[folder] for op, tally in zip(_OPS, self.tallies, strict=True)}, self.sizes[folder])

    def unfold(self, folder: int, most_rows: int) -> list[int]:
        """Choose the folders under one that can be opened without too many rows coming into sight.

        Args:
            folder: Where to begin; it is not chosen itself.
            most_rows: How many rows may be in sight under it.

        Returns:
            Folders, level by level: all of a level or none.
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
        """Choose the folders to open so that there is something to choose between."""
        chosen: list[int] = []
        folder = 0
        while self.row_count(folder) == 1 and self.entry(folder, 0) < 0:
            folder = ~self.entry(folder, 0)
            chosen.append(folder)
        return chosen

    def _rows(self, folder: int) -> Sequence[int]:
        return self.entries[self.starts[folder] : self.starts[folder + 1]]


def flat(actions: Sequence[Action]) -> PlanTree:
    """Take actions as a list of whole paths in their own order: at once, however many they are."""
    return PlanTree(actions, range(len(actions)), (0, len(actions)), len(actions))


class Order(Enum):
    """What rows are ordered by."""

    PATH = "path"
    KIND = "kind"
    SIZE = "size"


class Arrangement(NamedTuple):
    """What somebody wants to see of a plan.

    Attributes:
        serial: Which wish this is; the answer carries it back.
        actions: The plan's actions.
        text: Only paths with this in them, whatever its case; empty for all.
        op: Only actions of this kind; None for all.
        order: What the rows of each folder are ordered by: folders come before files, but for their size.
        is_descending: Whether it is turned round.
        opened: Paths of folders that are open.
        opens_more: Whether those are to be opened, too, without which there is little to see.
    """

    serial: int
    actions: Sequence[Action]
    text: str = ""
    op: Op | None = None
    order: Order = Order.PATH
    is_descending: bool = False
    opened: frozenset[str] = frozenset()
    opens_more: bool = True


class Arranged(NamedTuple):
    """What there is to see.

    Attributes:
        serial: The wish's.
        tree: The actions wished for, in their folders.
        counts: Of each kind, how many have the text in their path; ``bytes`` is what these are going to copy.
        opened: The tree's folders that are to be open, each after the one around it.
    """

    serial: int
    tree: PlanTree
    counts: Counts = NO_COUNTS
    opened: tuple[int, ...] = ()
