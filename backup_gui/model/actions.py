"""Compact sequences of actions, for plans with up to a million of them.

An ``Action`` with its strings takes about 200 bytes, so a million take 200 MB. The first 100,000 are stored as they
are. Later ones are packed in blocks of 1,024, compressed to 5 to 40 bytes each, and unpacked on access. Packing an
action takes a microsecond, unpacking it half of one. A subset of a plan is a ``Part``, with one byte for each action.

This module decides nothing.
"""

from __future__ import annotations

import marshal
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from itertools import chain, compress
from operator import eq, gt, or_
from typing import TYPE_CHECKING, Any, Final, Self, overload

from backup_gui.model.entries import EntryKind
from backup_gui.model.plans import Action, Op

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

# Actions in a block. Smaller blocks take more memory; larger ones take longer to look up a single action.
PACK: Final = 1_024
# The first so many are stored unpacked.
FEW: Final = 100_000
_QUICKEST = 1
# Enum members are the only fields that ``marshal`` cannot store, so they are packed as numbers.
_OPS: Final = tuple(Op)
_KINDS: Final[tuple[EntryKind | None, ...]] = (*EntryKind, None)
_NUMBERS: Final[dict[Op | EntryKind | None, int]] = {
    **{op: number for number, op in enumerate(_OPS)},
    **{kind: number for number, kind in enumerate(_KINDS)},
}
_number = _NUMBERS.__getitem__
# No path contains it.
_BETWEEN = "\0"
# Does what ``Action._make`` does, without a Python call for each action.
_action = partial(tuple.__new__, Action)


class Actions(Sequence[Action]):
    """A sequence of actions that can be appended to."""

    __slots__ = ("_first", "_loose", "_packs", "_place", "_unpacked")

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._first: list[Action] = []
        self._packs: list[bytes] = []
        self._loose: list[Action] = []
        # The block unpacked last: the next action asked for is nearly always in the same one.
        self._place = -1
        self._unpacked: tuple[Action, ...] = ()
        self.extend(actions)

    def append(self, action: Action) -> None:
        """Append an action."""
        if len(self._first) < FEW:
            self._first.append(action)
            return
        self._loose.append(action)
        if len(self._loose) == PACK:
            self._packs.append(_packed(self._loose))
            self._loose.clear()

    def extend(self, actions: Iterable[Action]) -> None:
        """Append several actions."""
        append = self.append
        for action in actions:
            append(action)

    def leave_out(self, paths: Container[str], start: int) -> None:
        """Remove the actions at position ``start`` and later whose path is in ``paths``."""
        left = Actions(action for place, action in enumerate(self) if place < start or action.path not in paths)
        self._first, self._packs, self._loose = left._first, left._packs, left._loose
        self._place = -1

    def settled(self) -> Sequence[Action]:
        """Return the finished sequence: a tuple if nothing was packed, otherwise itself."""
        return self if self._packs or self._loose else tuple(self._first)

    def __len__(self) -> int:
        """Return the number of actions."""
        return len(self._first) + len(self._packs) * PACK + len(self._loose)

    def __iter__(self) -> Iterator[Action]:
        """Yield the actions in order."""
        return chain(self._first, chain.from_iterable(map(_unpack, self._packs)), self._loose)

    def __reversed__(self) -> Iterator[Action]:
        """Yield the actions in reverse order."""
        yield from reversed(self._loose)
        for packed in reversed(self._packs):
            yield from reversed(tuple(_unpack(packed)))
        yield from reversed(self._first)

    @overload
    def __getitem__(self, place: int) -> Action: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Action]: ...
    def __getitem__(self, place: int | slice) -> Action | Sequence[Action]:
        """Return one action, or a tuple of them for a slice."""
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        place = range(len(self))[place]
        if place < len(self._first):
            return self._first[place]
        pack, place_in_it = divmod(place - len(self._first), PACK)
        if pack == len(self._packs):
            return self._loose[place_in_it]
        if pack != self._place:
            self._place, self._unpacked = pack, tuple(_unpack(self._packs[pack]))
        return self._unpacked[place_in_it]

    def __eq__(self, other: object) -> bool:
        """Return whether the other sequence has equal actions in the same order."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return self is other or (len(self) == len(other) and all(map(eq, self, other)))

    # Mutable, so not hashable.
    __hash__ = None  # type: ignore[assignment]


def actions_of(actions: Iterable[Action]) -> Sequence[Action]:
    """Return actions in their smallest form: a tuple if they are few, packed if they are many."""
    return Actions(actions).settled()


class Agreed:
    """The actions that the user has approved, looked up by operation and path; takes 16 bytes for each."""

    __slots__ = ("_actions", "_hashes", "_places")

    def __init__(self, actions: Sequence[Action]) -> None:
        self._actions = actions
        hashes = array("q", map(_hash_of, actions))
        self._places = array("q", sorted(range(len(hashes)), key=hashes.__getitem__))
        self._hashes = array("q", map(hashes.__getitem__, self._places))

    def __contains__(self, action: Action) -> bool:
        """Return whether the user approved this operation on this path."""
        if not self._places:
            return False
        wanted = _hash_of(action)
        for at in range(bisect_left(self._hashes, wanted), len(self._hashes)):
            if self._hashes[at] != wanted:
                break
            agreed = self._actions[self._places[at]]
            if (agreed.op, agreed.path) == (action.op, action.path):
                return True
        return False


def _hash_of(action: Action) -> int:
    return hash((action.op, action.path))


class Part:
    """A subset of a plan's actions, in the plan's order.

    Args:
        actions: All actions of the plan.
        marks: One byte for each action: 1 if the subset contains it, otherwise 0. None selects all.
    """

    __slots__ = ("_actions", "_marks")

    def __init__(self, actions: Sequence[Action], marks: bytes | None = None) -> None:
        self._actions = actions
        self._marks = b"\1" * len(actions) if marks is None else marks

    @classmethod
    def none_of(cls, actions: Sequence[Action]) -> Self:
        """Return an empty subset of a plan."""
        return cls(actions, bytes(len(actions)))

    def __len__(self) -> int:
        """Return the number of actions in the subset."""
        return self._marks.count(1)

    def __iter__(self) -> Iterator[Action]:
        """Yield the actions of the subset."""
        return compress(self._actions, self._marks)

    def paths(self) -> Iterator[str]:
        """Yield the path of each action."""
        return (action.path for action in self)

    def where(self, is_wanted: Callable[[Action], bool]) -> Self:
        """Return the subset for which a condition holds."""
        if 0 not in self._marks:
            return type(self)(self._actions, bytes(map(is_wanted, self._actions)))
        marks = bytearray(len(self._marks))
        for place, action in zip(compress(range(len(marks)), self._marks), self, strict=True):
            if is_wanted(action):
                marks[place] = 1
        return type(self)(self._actions, bytes(marks))

    def and_also(self, other: Self) -> Self:
        """Return the union with another subset of the same plan."""
        return type(self)(self._actions, bytes(map(or_, self._marks, other._marks)))

    def without(self, other: Self) -> Self:
        """Return this subset without the actions of another one of the same plan."""
        return type(self)(self._actions, bytes(map(gt, self._marks, other._marks)))

    def settled(self) -> Sequence[Action]:
        """Return the actions as a compact sequence."""
        return self._actions if 0 not in self._marks else actions_of(self)


def _packed(actions: list[Action]) -> bytes:
    ops, paths, kinds, sizes, old_paths, old_kinds, *rest = zip(*actions, strict=True)
    columns: Any = (
        bytes(map(_number, ops)),
        _BETWEEN.join(paths),
        bytes(map(_number, kinds)),
        sizes,
        old_paths,
        bytes(map(_number, old_kinds)),
        *rest,
    )
    return zlib.compress(marshal.dumps(columns), _QUICKEST)


def _unpack(packed: bytes) -> Iterator[Action]:
    ops, paths, kinds, sizes, old_paths, old_kinds, *rest = marshal.loads(zlib.decompress(packed))  # noqa: S302 - ours
    columns = (
        map(_OPS.__getitem__, ops),
        paths.split(_BETWEEN),
        map(_KINDS.__getitem__, kinds),
        sizes,
        old_paths,
        map(_KINDS.__getitem__, old_kinds),
        *rest,
    )
    return map(_action, zip(*columns, strict=True))
