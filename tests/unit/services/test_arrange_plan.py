"""A plan's actions by kind, by a word and in an order, under the folders that they are in."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.fs.content import Cancelled
from backup_gui.model.entries import EntryKind
from backup_gui.model.plan_tree import MOST_OPENED_ROWS, Arranged, Arrangement, PlanTree, SortKey, flat
from backup_gui.model.plans import Action, Counts, Op, count_actions
from backup_gui.services.arrange_plan import arrange

FILE = EntryKind.FILE
FOLDER = EntryKind.FOLDER
PLAN = (
    Action(Op.DELETE, "b", FILE),
    Action(Op.CREATE, "a/z", FILE, 30),
    Action(Op.REPLACE, "a-b", FILE, 20),
    Action(Op.MOVE, "c", FILE, 50, old_path="Old/name"),
    Action(Op.CREATE, "A", FOLDER),
    Action(Op.SET_METADATA, "", FOLDER),
)
nested = st.lists(st.sampled_from(("a", "B", "b-", "é")), min_size=1, max_size=5).map("/".join)
names = nested | st.text(alphabet="aB/-é", max_size=6)
plans = st.lists(
    st.builds(
        Action,
        st.sampled_from(Op),
        names,
        st.sampled_from((FILE, FOLDER)),
        st.integers(0, 10**6),
        old_path=st.none() | names,
    ),
    max_size=60,
).map(tuple)


def never() -> bool:
    return False


def arranged(plan: tuple[Action, ...] = PLAN, **wish: object) -> Arranged:
    return arrange(Arrangement(plan, **wish), never)  # type: ignore[arg-type]


def rows(tree: PlanTree, folder: int = 0) -> list[int]:
    return [tree.entry(folder, row) for row in range(tree.row_count(folder))]


def every_row(tree: PlanTree, folder: int = 0) -> Iterator[tuple[int, int]]:
    """All rows from above to below, each with the folder that it is in."""
    for entry in rows(tree, folder):
        yield folder, entry
        if entry < 0:
            yield from every_row(tree, ~entry)


def listed(**wish: object) -> list[str]:
    tree = arranged(**wish).tree  # type: ignore[arg-type]
    return [tree.path(entry) for _, entry in every_row(tree)]


def opened(plan: tuple[Action, ...], **wish: object) -> list[str]:
    found = arranged(plan, **wish)
    return [found.tree.path(~folder) for folder in found.opened]


def files(*paths: str) -> tuple[Action, ...]:
    return tuple(Action(Op.CREATE, path, FILE, 10) for path in paths)


def test_what_is_in_a_folder_follows_it_and_folders_come_first() -> None:
    assert listed() == ["a", "a/z", "", "A", "a-b", "b", "c"]


def test_each_order_can_be_turned_round() -> None:
    assert listed(is_descending=True) == ["c", "b", "a-b", "A", "", "a", "a/z"]
    assert listed(order=SortKey.SIZE) == ["", "A", "b", "a-b", "a", "a/z", "c"]
    assert listed(order=SortKey.SIZE, is_descending=True) == ["c", "a", "a/z", "a-b", "b", "A", ""]
    assert listed(order=SortKey.KIND) == ["a", "a/z", "A", "a-b", "b", "c", ""]


def test_folders_are_ordered_by_all_that_is_in_them() -> None:
    plan = (
        *(Action(Op.CREATE, f"many/{number}", FILE, 10) for number in range(9)),
        Action(Op.DELETE, "many/x", FILE, 1),
        Action(Op.DELETE, "few/deep/1", FILE, 70),
        Action(Op.DELETE, "few/2", FILE, 15),
        Action(Op.REPLACE, "one", FILE, 88),
    )
    tree = arranged(plan, order=SortKey.SIZE).tree
    assert [tree.path(entry) for entry in rows(tree)] == ["few", "one", "many"]
    tree = arranged(plan, order=SortKey.KIND).tree
    assert [tree.path(entry) for entry in rows(tree)] == ["many", "one", "few"]


def test_a_word_is_found_whatever_its_case_and_in_the_old_path_too() -> None:
    assert listed(text="a") == ["a", "a/z", "A", "a-b", "c"]
    assert listed(text="NAME") == ["c"]


def test_the_counts_are_of_all_kinds_that_have_the_word() -> None:
    found = arrange(Arrangement(PLAN, text="a", op=Op.CREATE), never)
    assert found.counts == Counts(created=2, replaced=1, moved=1, bytes=50)
    assert found.tree.counts(0).total == 2
    assert [found.tree.path(entry) for entry in rows(found.tree)] == ["a", "A"]


def test_a_folder_tells_what_is_in_it_and_what_happens_to_itself() -> None:
    plan = (
        Action(Op.DELETE, "Photos", FOLDER),
        Action(Op.DELETE, "Photos/2019", FOLDER),
        Action(Op.DELETE, "Photos/2019/b.jpg", FILE, 30),
        Action(Op.DELETE, "Photos/2019/a.jpg", FILE, 40),
        Action(Op.MOVE, "Photos/c.jpg", FILE, 5, old_path="c.jpg"),
    )
    tree = arranged(plan).tree
    (photos,) = rows(tree)
    year, moved = rows(tree, ~photos)
    assert tree.action(photos) == plan[0]
    assert tree.counts(~photos) == Counts(deleted=3, moved=1, bytes=75)
    assert tree.name(~photos, year) == "2019"
    assert tree.counts(~year) == Counts(deleted=2, bytes=70)
    assert tree.action(moved) == plan[4]
    assert tree.parents[~year] == ~photos
    assert tree.places[~year] == 0
    assert tree.counts(0) == count_actions(plan)._replace(bytes=75)


def test_folders_with_nothing_but_a_folder_in_them_share_its_row() -> None:
    tree = arranged(files("a/b/c/1", "a/b/c/2", "d/e/f/3", "d/g/4")).tree
    assert [tree.name(folder, entry) for folder, entry in every_row(tree)] == [
        *("a/b/c", "1", "2"),
        *("d", "e/f", "3", "g", "4"),
    ]
    # One to which something happens has a row of its own.
    plan = (*files("a/b/c/1"), Action(Op.CREATE, "a/b", FOLDER))
    tree = arranged(plan).tree
    assert [tree.name(folder, entry) for folder, entry in every_row(tree)] == ["a/b", "c", "1"]


def test_two_actions_of_one_path_are_both_there() -> None:
    plan = (Action(Op.DELETE, "x", FOLDER), Action(Op.DELETE, "x/1", FILE), Action(Op.CREATE, "x", FILE, 7))
    tree = arranged(plan).tree
    folder, other = rows(tree)
    assert tree.action(folder) == plan[0]
    assert tree.action(other) == plan[2]


def test_a_small_plan_is_opened_and_a_large_one_where_there_is_something_to_choose() -> None:
    small = files(*(f"{n % 3}/{n % 5}/{n}" for n in range(100)))
    assert len(opened(small)) == 3 + 15
    large = files(*(f"all/{n % 3}/{n}" for n in range(300)), "all/x")
    assert opened(large) == ["all"]
    assert opened(files(*(f"{n % 3}/{n}" for n in range(300)))) == []
    assert opened(files(*(f"one/{n}" for n in range(300)))) == ["one"]


def test_a_search_opens_what_it_has_found_as_long_as_it_can_be_looked_through() -> None:
    plan = files(*(f"{n % 3}/{n % 30}/hay {n}" for n in range(3_000)), "x/y/needle", "x/z/needle")
    assert opened(plan, text="needle") == ["x", "x/y", "x/z"]
    # The folders come into sight, the 3,000 files in them do not.
    assert 3 + 30 < MOST_OPENED_ROWS < 3_000
    assert opened(plan, text="hay") == ["0", "1", "2"]


def test_what_was_open_stays_open() -> None:
    plan = files(*(f"{n % 3}/{n % 30}/{n}" for n in range(3_000)))
    kept = frozenset({"1", "1/4", "gone", ""})
    assert opened(plan, opened=kept) == ["1", "1/4"]
    assert opened(plan[:60], opened=kept, opens_more=False) == ["1", "1/4"]
    assert opened(plan[:60], opens_more=False) == []


def test_a_row_is_opened_level_by_level() -> None:
    tree = arranged(files(*(f"top/{n % 4}/{n}" for n in range(40)), "top/other")).tree
    (top,) = rows(tree)
    assert tree.unfold(~top, 44) == []
    assert sorted(tree.path(~folder) for folder in tree.unfold(~top, 45)) == ["top/0", "top/1", "top/2", "top/3"]
    assert tree.unfold(~top, 4) == []


@given(
    plans,
    st.text(alphabet="aBé/", max_size=2),
    st.none() | st.sampled_from(Op),
    st.sampled_from(SortKey),
    st.booleans(),
)
def test_the_tree_holds_exactly_what_is_wanted_of_a_plan(
    plan: tuple[Action, ...],
    text: str,
    op: Op | None,
    order: SortKey,
    is_descending: bool,  # noqa: FBT001
) -> None:
    found = arranged(plan, text=text, op=op, order=order, is_descending=is_descending)
    tree = found.tree
    word = text.casefold()
    having = [one for one in plan if word in one.path.casefold() or word in (one.old_path or "").casefold()]
    wanted = [action for action in having if op in {None, action.op}]
    actions = [action for _, entry in every_row(tree) if (action := tree.action(entry)) is not None]
    assert Counter(actions) == Counter(wanted)
    assert found.counts == count_actions(having)
    for folder, entry in every_row(tree):
        # A row's name follows its folder's path.
        begin = f"{tree.path(~folder)}/" if folder else ""
        assert tree.path(entry) == begin + tree.name(folder, entry)
        if entry >= 0:
            continue
        under = [action for _, row in every_row(tree, ~entry) if (action := tree.action(row)) is not None]
        own = tree.action(entry)
        sizes = sum(action.size_bytes for action in under) + (own.size_bytes if own is not None else 0)
        assert tree.counts(~entry) == count_actions(under)._replace(bytes=sizes)
        assert tree.parents[~entry] == folder
        assert rows(tree, folder)[tree.places[~entry]] == entry
        assert own is not None or len(rows(tree, ~entry)) > 1 or rows(tree, ~entry)[0] >= 0
    assert all(tree.row_count(folder) for folder in found.opened)


@given(st.lists(names, max_size=60), st.booleans())
def test_the_rows_of_each_folder_are_in_order(paths: list[str], is_descending: bool) -> None:  # noqa: FBT001
    tree = arranged(files(*paths) * 100, is_descending=is_descending).tree
    for folder in {folder for folder, _ in every_row(tree)}:
        found = [(entry, tree.name(folder, entry)) for entry in rows(tree, folder)]
        keys = [
            (entry >= 0, name.casefold() if entry >= 0 else name.casefold().replace("/", "\0"), name)
            for entry, name in found
        ]
        assert keys == sorted(keys, reverse=is_descending)


@pytest.mark.parametrize("is_descending", [False, True])
def test_a_folder_too_large_for_one_sort_is_in_order(is_descending: bool) -> None:  # noqa: FBT001
    plan = files(*(f"all/{n * 3_571 % 5_003:04}" for n in range(5_003)))
    tree = arranged(plan, is_descending=is_descending).tree
    (folder,) = rows(tree)
    found = [tree.path(entry) for entry in rows(tree, ~folder)]
    assert found == sorted((action.path for action in plan), reverse=is_descending)


def test_a_list_is_made_of_a_plan_at_once() -> None:
    tree = flat(PLAN)
    assert [tree.action(entry) for entry in rows(tree)] == list(PLAN)
    assert [tree.name(0, entry) for entry in rows(tree)] == [action.path for action in PLAN]


@pytest.mark.parametrize("paths", [[f"{n}" for n in range(30_000)], [f"{n}/{n}" for n in range(30_000)]])
def test_it_stops_whenever_it_is_asked_to(paths: list[str]) -> None:
    plan = files(*paths)
    asked = 0
    last = 10**9

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > last

    arrange(Arrangement(plan), should_stop)
    most = asked
    # It is asked after each few thousand of steps: while choosing, finding folders, sorting and merging.
    assert most > 5 * len(plan) // 2_048
    for last in range(0, most, most // 12):
        asked = 0
        with pytest.raises(Cancelled):
            arrange(Arrangement(plan), should_stop)
        assert asked == last + 1


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("forms", "count"),
    [(("folder {many}/file {one}",), 10**6), (("file {one}", "{many}/folder {one}/file"), 4 * 10**5)],
    ids=["a million in a thousand folders", "half of them in folders of their own"],
)
def test_many_actions_leave_others_their_turns(forms: tuple[str, ...], count: int) -> None:
    """No step may keep the interpreter for long: the window runs in it as well."""
    plan = files(
        *(forms[n % len(forms)].format(many=n * 7919 % 1000, one=n * 104729 % 1_000_003) for n in range(count))
    )
    steps_s: list[float] = []
    began_s = 0.0

    def note() -> bool:
        nonlocal began_s
        now_s = time.thread_time()
        steps_s.append(now_s - began_s)
        began_s = now_s
        return False

    # No other thread, and no other program, has a part in the time that this one has computed; nor has what measures
    # coverage, which makes each line some three times slower.
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        began_s = time.thread_time()
        arranged = arrange(Arrangement(plan), note)
        note()
        assert arranged.tree.counts(0).total == count
        del arranged
        note()
    finally:
        sys.settrace(tracer)
    longest_s = max(steps_s)
    sys.stdout.write(f"{count} actions: {len(steps_s)} steps, the longest {longest_s * 1e3:.0f} ms\n")
    # It is asked whether to stop, which is as good as any moment to change turns, after each part of the plan.
    assert len(steps_s) > 4 * count // 2_048
    assert longest_s < 0.25
