"""A plan's actions as a person wants to see them: by kind, by a word in the path, in an order. Pure.

A plan may have a million actions, and a sort of so many holds the interpreter for seconds, with everything that runs
in it, the window too. So small parts are sorted, and merged in steps that let others take turns.
"""

from __future__ import annotations

import heapq
from array import array
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.model import NO_COUNTS, Action, Counts, Op, counts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Sorted in about 2 ms.
_PART = 2_048


class Order(Enum):
    """What actions are ordered by."""

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
        order: What they are ordered by.
        is_descending: Whether the largest comes first.
    """

    serial: int
    actions: tuple[Action, ...]
    text: str = ""
    op: Op | None = None
    order: Order = Order.PATH
    is_descending: bool = False


class Arranged(NamedTuple):
    """What there is to see.

    Attributes:
        serial: The wish's.
        rows: Places in the plan's actions, in the order wished for.
        counts: Of each kind, how many have the text in their path; ``bytes`` is what these are going to copy.
    """

    serial: int
    rows: Sequence[int] = ()
    counts: Counts = NO_COUNTS


def arrange(wish: Arrangement, should_stop: Callable[[], bool]) -> Arranged | None:
    """Choose and order actions.

    Args:
        wish: What is wanted.
        should_stop: Asked often.

    Returns:
        The answer; None if it was stopped.
    """
    actions = wish.actions
    text = wish.text.casefold()
    tally = dict.fromkeys(Op, 0)
    size_bytes = 0
    parts: list[list[int]] = []
    part: list[int] = []
    key = _key(actions, wish.order)
    for number, action in enumerate(actions):
        if text and text not in action.path.casefold() and text not in (action.old_path or "").casefold():
            continue
        tally[action.op] += 1
        if action.op is Op.CREATE or action.op is Op.REPLACE:
            size_bytes += action.size_bytes
        if wish.op is not None and action.op is not wish.op:
            continue
        part.append(number)
        if len(part) == _PART:
            if should_stop():
                return None
            part.sort(key=key, reverse=wish.is_descending)
            parts.append(part)
            part = []
    part.sort(key=key, reverse=wish.is_descending)
    rows = array("L")
    for number in heapq.merge(*parts, part, key=key, reverse=wish.is_descending):
        rows.append(number)
        if len(rows) % _PART == 0 and should_stop():
            return None
    counts = counts_of(tally, size_bytes)
    return Arranged(wish.serial, rows, counts)


def _key(actions: tuple[Action, ...], order: Order) -> Callable[[int], tuple[object, ...]]:
    kinds = {op: number for number, op in enumerate(Op)}

    def by_path(number: int) -> tuple[object, ...]:
        path = actions[number].path
        # What is in a folder comes right after it, before "folder-2"; equal names in another case keep one order.
        return path.casefold().replace("/", "\0"), path

    def by_kind(number: int) -> tuple[object, ...]:
        return kinds[actions[number].op], *by_path(number)

    def by_size(number: int) -> tuple[object, ...]:
        return actions[number].size_bytes, *by_path(number)

    return {Order.PATH: by_path, Order.KIND: by_kind, Order.SIZE: by_size}[order]
