"""Many actions, packed: the same ones in the same order, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import product

import pytest

from backup_gui.model import actions
from backup_gui.model.actions import Actions, Agreed, Part, actions_of
from backup_gui.model.entries import EntryKind
from backup_gui.model.plans import Action, Op
from tests.helpers.rig import HOSTILE_NAMES

MANY = 100_000
# 5 to 8 were measured for names with numbers in them; an action by itself takes 200 and more.
MOST_BYTES_EACH = 40
BEYOND = (0, 1, 255, 1 << 31, 1 << 64, (1 << 200) + 1, -1, -(1 << 70))


def odd() -> list[Action]:
    """Actions with everything that an action can have."""
    found = [
        Action(op, f"{number}/{name}", kind, number, old_kind=old_kind, is_known=bool(number % 2))
        for number, (op, kind, old_kind, name) in enumerate(
            product(Op, EntryKind, (None, *EntryKind), (HOSTILE_NAMES[3], "\udcff", "a\nb"))
        )
    ]
    found += [Action(Op.CREATE, name, EntryKind.FILE, link_to=f"of/{name}") for name in HOSTILE_NAMES]
    found += [Action(Op.MOVE, name, EntryKind.FILE, old_path=f"\udc80{name}", is_respelling=True) for name in ("", "x")]
    found += [Action(Op.SET_METADATA, "n", EntryKind.FILE, n, seen_at_ns=n, copy_seen_at_ns=-n) for n in BEYOND]
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pack three at a time, and from six on."""
    monkeypatch.setattr(actions, "PACK", 3)
    monkeypatch.setattr(actions, "FEW", 6)


@pytest.mark.hazard(48)
@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 8, 9, 10, 1_000])
@pytest.mark.usefixtures("small")
def test_packed_actions_are_the_ones_that_were_packed(count: int) -> None:
    given = odd()[:count]
    packed = Actions(given)
    assert len(packed) == len(given)
    assert list(packed) == given
    assert [type(action) for action in packed] == [Action] * len(given)
    assert [(action.op is was.op, action.kind is was.kind) for action, was in zip(packed, given, strict=True)] == [
        (True, True)
    ] * len(given)
    assert list(reversed(packed)) == given[::-1]
    assert [packed[place] for place in range(len(given))] == given
    assert [packed[-place] for place in range(1, len(given) + 1)] == given[::-1]
    assert packed[1:4] == tuple(given[1:4])
    with pytest.raises(IndexError):
        packed[len(given)]


@pytest.mark.usefixtures("small")
def test_few_are_handed_on_as_they_are_and_many_packed() -> None:
    given = odd()
    assert actions_of(given[:5]) == tuple(given[:5])
    many = actions_of(given)
    assert isinstance(many, Actions)
    assert many == given
    assert many == actions_of(given)
    assert many != actions_of(given[1:])
    assert many != (*given[:-1], given[0])


@pytest.mark.usefixtures("small")
def test_what_is_left_out_goes_from_a_place_on_and_more_can_be_added() -> None:
    given = [Action(Op.DELETE, str(number % 7), EntryKind.FILE, number) for number in range(30)]
    packed = Actions(given)
    assert packed[20] == given[20]
    packed.leave_out({"3", "6"}, 14)
    packed.append(given[3])
    expected = [*given[:14], *(action for action in given[14:] if action.path not in {"3", "6"}), given[3]]
    assert list(packed) == expected
    assert [packed[place] for place in range(len(packed))] == expected


@pytest.mark.usefixtures("small")
def test_parts_of_a_plan_keep_its_order() -> None:
    given = [Action(Op.DELETE, str(number), EntryKind.FILE, number) for number in range(30)]
    whole = Part(actions_of(given))

    def every(step: int) -> Callable[[Action], bool]:
        return lambda action: action.size_bytes % step == 0

    twos, threes = whole.where(every(2)), whole.where(every(3))
    assert [action.size_bytes for action in twos.where(every(3))] == [0, 6, 12, 18, 24]
    assert [action.size_bytes for action in threes.and_also(whole.where(every(10)))] == [
        *(0, 3, 6, 9, 10, 12, 15, 18, 20, 21, 24, 27)
    ]
    assert list(threes.without(twos).paths()) == ["3", "9", "15", "21", "27"]
    assert threes.without(twos).settled() == tuple(given[number] for number in (3, 9, 15, 21, 27))
    assert len(threes.without(threes)) == len(Part.none_of(given)) == 0
    assert not threes.without(threes)
    assert whole.settled() == given


def deletions(names: Callable[[int], str]) -> Actions:
    return Actions(
        Action(Op.DELETE, names(number), EntryKind.FILE, number * 7_919, is_known=True) for number in range(MANY)
    )


@pytest.mark.slow
@pytest.mark.hazard(48)
@pytest.mark.parametrize(
    "names",
    [
        lambda number: f"folder{number // 10_000:03}/sub{number // 100 % 100:02}/file-{number % 100:03}.txt",
        lambda number: f"{number:07}",
        lambda number: f"Photos/2019/{number // 500} Summer at the lake/IMG_{number * 7_919 % 1_000_003:09}.jpeg",
    ],
    ids=["in many folders", "in one", "long"],
)
def test_a_planned_deletion_takes_less_than_its_path(
    monkeypatch: pytest.MonkeyPatch, names: Callable[[int], str]
) -> None:
    """A million of them have to fit beside everything else, and parts of them too."""
    monkeypatch.setattr(actions, "FEW", 0)
    deletions(names)[0]
    tracemalloc.start()
    try:
        planned = deletions(names)
        part = Part(planned).where(lambda action: action.size_bytes % 2 == 0).settled()
        kept_bytes, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(planned), len(part)) == (MANY, MANY // 2)
    assert kept_bytes < MANY * 1.5 * MOST_BYTES_EACH
    # A pack at a time.
    assert most_bytes - kept_bytes < 2_000_000


@pytest.mark.parametrize("has_equal_hashes", [False, True])
@pytest.mark.usefixtures("small")
def test_agreed_to_are_exactly_the_actions_that_were_shown(
    monkeypatch: pytest.MonkeyPatch, *, has_equal_hashes: bool
) -> None:
    if has_equal_hashes:
        monkeypatch.setattr(actions, "_hash_of", lambda action: len(action.path) % 2)
    shown = [Action(op, f"{number}", EntryKind.FILE) for op in (Op.DELETE, Op.REPLACE) for number in range(0, 40, 3)]
    agreed = Agreed(actions_of(shown))
    for op in Op:
        found = [number for number in range(45) if Action(op, f"{number}", EntryKind.FILE, 7) in agreed]
        assert found == (list(range(0, 40, 3)) if op in {Op.DELETE, Op.REPLACE} else [])
    assert shown[0] not in Agreed(())


@pytest.mark.hazard(48)
def test_what_was_agreed_to_is_known_in_few_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "FEW", 0)
    shown = deletions(lambda number: f"folder{number // 100}/{number}")
    shown[0]
    tracemalloc.start()
    try:
        agreed = Agreed(shown)
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert shown[MANY - 1] in agreed
    assert kept_bytes < MANY * 20
