"""A plan's actions by kind, by a word and in an order."""

from __future__ import annotations

import sys
import threading
import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.arranging import Arranged, Arrangement, Order, arrange
from backup_gui.engine.model import Action, Counts, EntryKind, Op

FILE = EntryKind.FILE
PLAN = (
    Action(Op.DELETE, "b", FILE),
    Action(Op.CREATE, "a/z", FILE, 30),
    Action(Op.REPLACE, "a-b", FILE, 20),
    Action(Op.MOVE, "c", FILE, 50, old_path="Old/name"),
    Action(Op.CREATE, "A", EntryKind.FOLDER),
    Action(Op.SET_METADATA, "", EntryKind.FOLDER),
)


def never() -> bool:
    return False


def paths(**wish: object) -> list[str]:
    arranged = arrange(Arrangement(1, PLAN, **wish), never)  # type: ignore[arg-type]
    assert arranged is not None
    return [PLAN[row].path for row in arranged.rows]


def test_what_is_in_a_folder_follows_it() -> None:
    assert paths() == ["", "A", "a/z", "a-b", "b", "c"]


def test_each_order_can_be_turned_round() -> None:
    assert paths(is_descending=True) == ["c", "b", "a-b", "a/z", "A", ""]
    assert paths(order=Order.SIZE) == ["", "A", "b", "a-b", "a/z", "c"]
    assert paths(order=Order.SIZE, is_descending=True)[:3] == ["c", "a/z", "a-b"]
    assert paths(order=Order.KIND) == ["A", "a/z", "a-b", "b", "c", ""]


def test_a_word_is_found_whatever_its_case_and_in_the_old_path_too() -> None:
    assert paths(text="a") == ["A", "a/z", "a-b", "c"]
    assert paths(text="NAME") == ["c"]


def test_the_counts_are_of_all_kinds_that_have_the_word() -> None:
    arranged = arrange(Arrangement(7, PLAN, text="a", op=Op.CREATE), never)
    assert arranged == Arranged(7, arranged.rows if arranged else (), Counts(created=2, replaced=1, moved=1, bytes=50))
    assert arranged is not None
    assert [PLAN[row].path for row in arranged.rows] == ["A", "a/z"]


@given(st.lists(st.text(alphabet="aB/-é", max_size=6), max_size=60), st.booleans())
def test_every_action_is_there_once_and_in_order(names: list[str], is_descending: bool) -> None:  # noqa: FBT001
    plan = tuple(Action(Op.CREATE, name, FILE) for name in names) * 100
    arranged = arrange(Arrangement(1, plan, is_descending=is_descending), never)
    assert arranged is not None
    assert sorted(arranged.rows) == list(range(len(plan)))
    keys = [(plan[row].path.casefold().replace("/", "\0"), plan[row].path) for row in arranged.rows]
    assert keys == sorted(keys, reverse=is_descending)


def test_it_stops_when_asked_to() -> None:
    plan = PLAN * 5_000
    asked: list[None] = []

    def after(count: int) -> bool:
        asked.append(None)
        return len(asked) > count

    assert arrange(Arrangement(1, plan), lambda: after(0)) is None
    # While merging too.
    asked.clear()
    assert arrange(Arrangement(1, plan), lambda: after(20)) is None
    assert len(asked) == 21


def test_a_million_actions_leave_others_their_turns() -> None:
    """No step may keep the interpreter for long: the window runs in it as well."""
    plan = tuple(
        Action(Op.CREATE, f"folder {n * 7919 % 1000}/file {n * 104729 % 1_000_003}", FILE) for n in range(10**6)
    )
    beats: list[float] = []
    done = threading.Event()
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(0.000_5)

    def work() -> None:
        arrange(Arrangement(1, plan), never)
        done.set()

    thread = threading.Thread(target=work)
    try:
        thread.start()
        while not done.wait(0.005):
            beats.append(time.monotonic())
    finally:
        sys.setswitchinterval(before_s)
        thread.join()
    longest_s = max(later - earlier for earlier, later in pairwise(beats))
    sys.stdout.write(f"a million actions: longest gap {longest_s * 1e3:.0f} ms\n")
    assert longest_s < 0.25
