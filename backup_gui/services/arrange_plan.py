"""Arranges a plan's actions for display: filtered by kind and path, grouped by folder and sorted. Pure.

A plan may have a million actions. Sorting so many at once blocks the interpreter for seconds, and with it the window.
So small parts are sorted, and merged in steps between which other threads can run.
"""

from __future__ import annotations

import heapq
from array import array
from typing import TYPE_CHECKING, TypeVar

from backup_gui.engine.fs.content import Cancelled
from backup_gui.model.plan_tree import MOST_OPENED_ROWS, Arranged, Arrangement, PlanTree, SortKey
from backup_gui.model.plans import Counts, Op, counts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_T = TypeVar("_T")

# Sorting so many takes about 2 ms.
_PART = 2_048
_SHELVES = 512
_KINDS = {op: number for number, op in enumerate(Op)}


def arrange(wish: Arrangement, should_stop: Callable[[], bool]) -> Arranged:
    """Choose actions, group them by folder and sort them there.

    Raises:
        Cancelled: ``should_stop`` returned True.
    """
    chosen, counts = _choose(wish, should_stop)
    grower = _Grower(wish, should_stop)
    tree = grower.grow(chosen)
    folders = {folder for path in wish.opened if (folder := grower.find(path)) and tree.row_count(folder)}
    grower.forget()
    if wish.opens_more:
        folders |= _worth_opening(tree, is_search=bool(wish.text))
    return Arranged(tree, counts, tuple(sorted(folders)))


def _steps(items: Iterable[_T], should_stop: Callable[[], bool]) -> Iterator[_T]:
    for number, item in enumerate(items):
        if number % _PART == 0 and should_stop():
            raise Cancelled
        yield item


def _choose(wish: Arrangement, should_stop: Callable[[], bool]) -> tuple[array[int], Counts]:
    """Choose the actions by position, and count those that contain the text."""
    text = wish.text.casefold()
    tally = dict.fromkeys(Op, 0)
    size_bytes = 0
    chosen = array("q")
    for number, action in enumerate(_steps(wish.actions, should_stop)):
        if text and text not in action.path.casefold() and text not in (action.old_path or "").casefold():
            continue
        tally[action.op] += 1
        if action.op is Op.CREATE or action.op is Op.REPLACE:
            size_bytes += action.size_bytes
        if wish.op is None or action.op is wish.op:
            chosen.append(number)
    return chosen, counts_of(tally, size_bytes)


class _Grower:
    """Builds the tree: finds the folders, adds up their contents, gives each its rows and sorts these."""

    def __init__(self, wish: Arrangement, should_stop: Callable[[], bool]) -> None:
        # In small parts, since a dictionary of a million blocks the interpreter while it grows, and while it is freed.
        self._folders: list[dict[str, int]] = [{} for _ in range(_SHELVES)]
        self._shelf("")[""] = 0
        self._wish = wish
        self._actions = wish.actions
        self._should_stop = should_stop
        # As in ``PlanTree``; folders are found from the top down, so each has a larger number than its parent.
        self._parents = array("q", [0])
        self._examples = array("q", [-1])
        self._lengths = array("q", [0])

    def grow(self, chosen: Sequence[int]) -> PlanTree:
        """Build the tree of the actions with these numbers."""
        # The folder of each action; -1 for an action on a folder in the tree, which has no row of its own.
        homes = array("q")
        for number in self._steps(chosen):
            homes.append(self._home_of(number))
        count = len(self._parents)
        rows, sizes, owns = self._filled(count), self._filled(count), self._filled(count, -1)
        tallies = tuple(self._filled(count) for _ in Op)
        for place, number in enumerate(self._steps(chosen)):
            action = self._actions[number]
            home = homes[place]
            tallies[_KINDS[action.op]][home] += 1
            folder = self.find(action.path)
            if folder and owns[folder] < 0:
                owns[folder] = number
                sizes[folder] += action.size_bytes
                homes[place] = -1
            else:
                rows[home] += 1
                sizes[home] += action.size_bytes
        folders_in = self._add_up(sizes, *tallies)
        is_link = self._pass_over_links(rows, owns, folders_in)
        starts = self._starts(rows)
        entries = self._entries(chosen, homes, is_link, starts)
        places = self._filled(count)
        tree = PlanTree(
            *(self._actions, entries, starts, self._parents, places),
            *(owns, self._examples, self._lengths, tallies, sizes),
        )
        self._sort(tree, entries)
        for place, entry in enumerate(self._steps(entries)):
            if entry < 0:
                places[~entry] = place - starts[self._parents[~entry]]
        return tree

    def find(self, path: str) -> int:
        """Return the folder with a path; 0 if it is the root, or unknown."""
        return self._shelf(path).get(path, 0)

    def forget(self) -> None:
        """Free what was needed to build the tree."""
        while self._folders:
            self._folders.pop()

    def _shelf(self, path: str) -> dict[str, int]:
        return self._folders[hash(path) % _SHELVES]

    def _home_of(self, number: int) -> int:
        """Return the folder of an action; create it and its parents if they are new."""
        path = self._actions[number].path.rpartition("/")[0]
        missing = []
        while (folder := self._shelf(path).get(path, -1)) < 0:
            missing.append(path)
            path = path.rpartition("/")[0]
        for path in reversed(missing):
            self._parents.append(folder)
            self._examples.append(number)
            self._lengths.append(len(path))
            folder = self._shelf(path)[path] = len(self._parents) - 1
        return folder

    def _add_up(self, *figures: array[int]) -> array[int]:
        """Add the figures of each folder to its parent's; return how many folders each contains."""
        folders_in = self._filled(len(self._parents))
        for folder in self._steps(range(len(self._parents) - 1, 0, -1)):
            parent = self._parents[folder]
            folders_in[parent] += 1
            for figure in figures:
                figure[parent] += figure[folder]
        return folders_in

    def _pass_over_links(self, rows: array[int], owns: array[int], folders_in: array[int]) -> bytearray:
        """Merge folders that only contain one other folder, and count the rows of each remaining folder."""
        is_link = bytearray(len(self._parents))
        for folder in self._steps(range(1, len(self._parents))):
            parent = self._parents[folder]
            if is_link[parent]:
                parent = self._parents[folder] = self._parents[parent]
            if owns[folder] < 0 and rows[folder] == 0 and folders_in[folder] == 1:
                is_link[folder] = 1
            else:
                rows[parent] += 1
        return is_link

    def _starts(self, rows: array[int]) -> array[int]:
        starts = array("q", [0])
        for count in self._steps(rows):
            starts.append(starts[-1] + count)
        return starts

    def _entries(
        self, chosen: Sequence[int], homes: Sequence[int], is_link: bytearray, starts: array[int]
    ) -> array[int]:
        """Return the rows of all folders, unsorted."""
        entries = self._filled(starts[-1])
        free = starts[:]
        for folder in self._steps(range(1, len(self._parents))):
            if not is_link[folder]:
                home = self._parents[folder]
                entries[free[home]] = ~folder
                free[home] += 1
        for home, number in self._steps(zip(homes, chosen, strict=True)):
            if home >= 0:
                entries[free[home]] = number
                free[home] += 1
        return entries

    def _sort(self, tree: PlanTree, entries: array[int]) -> None:
        """Sort the rows of each folder."""
        is_descending = self._wish.is_descending
        for folder in self._steps(range(len(self._parents))):
            start, end = tree.starts[folder], tree.starts[folder + 1]
            if end - start < 2:
                continue
            key = _key(tree, folder, self._wish.order)
            parts = [
                sorted(entries[begin : min(end, begin + _PART)], key=key, reverse=is_descending)
                for begin in self._steps(range(start, end, _PART))
            ]
            if len(parts) == 1:
                entries[start:end] = array("q", parts[0])
                continue
            for place, entry in enumerate(self._steps(heapq.merge(*parts, key=key, reverse=is_descending)), start):
                entries[place] = entry

    def _filled(self, count: int, value: int = 0) -> array[int]:
        return array("q", [value]) * count

    def _steps(self, items: Iterable[_T]) -> Iterator[_T]:
        return _steps(items, self._should_stop)


def _key(tree: PlanTree, folder: int, order: SortKey) -> Callable[[int], tuple[object, ...]]:
    """Return the sort key for the rows of a folder."""
    actions = tree.actions
    skipped = tree.lengths[folder] + 1 if folder else 0

    def by_path(entry: int) -> tuple[object, ...]:
        if entry >= 0:
            name = actions[entry].path[skipped:]
            # Names that differ only in case keep a fixed order.
            return True, name.casefold(), name
        name = tree.path(entry)[skipped:]
        # Several folders may share a row: "a/b" comes before "a-b".
        return False, name.casefold().replace("/", "\0"), name

    def by_kind(entry: int) -> tuple[object, ...]:
        if entry >= 0:
            return _KINDS[actions[entry].op], *by_path(entry)
        under = [tally[~entry] for tally in tree.tallies]
        return under.index(max(under)), *by_path(entry)

    def by_size(entry: int) -> tuple[object, ...]:
        return actions[entry].size_bytes if entry >= 0 else tree.sizes[~entry], *by_path(entry)

    return {SortKey.PATH: by_path, SortKey.KIND: by_kind, SortKey.SIZE: by_size}[order]


def _worth_opening(tree: PlanTree, *, is_search: bool) -> set[int]:
    """Choose folders that show little while closed, or that contain matches."""
    opened = tree.single_way()
    if is_search or len(tree.entries) <= MOST_OPENED_ROWS:
        opened += tree.unfold(opened[-1] if opened else 0, MOST_OPENED_ROWS)
    return set(opened)
