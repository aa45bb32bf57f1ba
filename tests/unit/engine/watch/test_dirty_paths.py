from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.watch.dirty_paths import DirtySet, Pending
from backup_gui.model.paths import is_below
from backup_gui.model.plans import Scope

PATHS = st.lists(st.sampled_from("abc"), max_size=4).map("/".join)


def test_taking_empties_the_set() -> None:
    dirty = DirtySet()
    assert dirty.add("a/b", "a")
    assert not dirty.add("c")
    assert dirty.take() == (Scope(frozenset({"a/b", "a", "c"})), False)
    assert dirty.take() == (Scope(), False)
    assert dirty.add("d")


def test_first_and_last_time_are_kept_until_it_is_taken() -> None:
    now_s = 1.0
    dirty = DirtySet(monotonic=lambda: now_s)
    assert dirty.pending() == Pending()
    dirty.add("a")
    now_s = 3.0
    dirty.add("a")
    assert dirty.pending() == Pending(1, 1.0, 3.0)
    dirty.take()
    assert not dirty.pending()


def test_what_lies_below_a_tree_is_dropped() -> None:
    dirty = DirtySet()
    dirty.add("a/b/c", "ab")
    dirty.add_tree("a/b", "a")
    dirty.add("a/x")
    assert dirty.take() == (Scope(frozenset({"ab"}), frozenset({"a"})), False)


def test_root_as_a_tree_is_a_full_pass() -> None:
    dirty = DirtySet()
    dirty.add("a")
    dirty.add_tree("")
    assert dirty.pending().needs_full
    assert dirty.take() == (Scope(), True)


def test_too_many_in_one_folder_fold_into_it() -> None:
    dirty = DirtySet(max_paths=100)
    dirty.add("other/file", "")
    for number in range(150):
        dirty.add(f"many/{number}")
    assert dirty.pending().size >= 100
    assert dirty.take() == (Scope(frozenset({"other/file", ""}), frozenset({"many"})), False)


@pytest.mark.hazard(48)
def test_too_many_in_too_many_folders_are_a_full_pass() -> None:
    dirty = DirtySet(max_paths=100)
    for number in range(150):
        dirty.add(f"{number}/file")
    assert dirty.pending().needs_full
    assert dirty.pending().size >= 100
    assert dirty.take() == (Scope(), True)


def test_full_pass_once_asked_for_is_not_forgotten() -> None:
    dirty = DirtySet()
    dirty.require_full()
    dirty.add("a")
    dirty.add_tree("b")
    assert dirty.take() == (Scope(), True)


def test_is_below_goes_by_whole_names() -> None:
    assert is_below("a/b", {"a"})
    assert is_below("a", {"a"})
    assert is_below("anything", {""})
    assert not is_below("ab", {"a"})
    assert not is_below("a", {"a/b"})
    assert not is_below("a", set())


@given(st.lists(st.tuples(st.booleans(), PATHS)), st.integers(1, 12))
def test_nothing_that_was_noted_is_ever_lost(notes: list[tuple[bool, str]], max_paths: int) -> None:
    dirty = DirtySet(max_paths=max_paths)
    for is_tree, path in notes:
        (dirty.add_tree if is_tree else dirty.add)(path)
    size = dirty.pending().size
    scope, needs_full = dirty.take()
    assert len(scope.paths) + len(scope.trees) <= max_paths
    assert bool(notes) == (size > 0 or needs_full)
    for is_tree, path in notes:
        assert needs_full or is_below(path, scope.trees) or (not is_tree and path in scope.paths)
