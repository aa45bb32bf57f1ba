"""Paths as text: their bytes, their parts, and the names that are the program's own."""

from __future__ import annotations

import os

import pytest

from backup_gui.model.paths import (
    MARKER_NAME,
    decode,
    encode,
    is_at_or_below,
    is_below,
    is_own,
    is_temporary,
    join,
    parent_of,
    parents_of,
)
from tests.helpers.rig import HOSTILE_NAMES


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_paths_are_encoded_as_the_system_has_them(name: str) -> None:
    assert encode(name) == os.fsencode(name)
    assert decode(encode(name)) == name


def test_only_names_of_the_exact_form_are_temporary() -> None:
    assert is_temporary(".~bg-0123456789abcdef")
    for name in (
        ".~bg-0123456789abcde",
        ".~bg-0123456789abcdef0",
        ".~bg-0123456789abcdeg",
        ".~bg-0123456789ABCDEF",
        ".~bg-0123456789abcdef\n",
        "x.~bg-0123456789abcdef",
        "",
    ):
        assert not is_temporary(name)


def test_paths_are_joined_and_taken_apart() -> None:
    assert (join("", "a"), join("a/b", "c")) == ("a", "a/b/c")
    assert (parent_of("a"), parent_of("a/b/c"), parent_of("")) == ("", "a/b", "")
    assert parents_of("a/b/c") == ["a/b", "a"]
    assert parents_of("a") == []


def test_only_the_marker_and_unfinished_files_are_the_programs_own() -> None:
    assert is_own(MARKER_NAME)
    assert is_own(".~bg-0123456789abcdef")
    for name in (f"{MARKER_NAME}x", f"x{MARKER_NAME}", ".~bg-", ".~bg-backup.json.txt", ".bg-backup.json"):
        assert not is_own(name)


def test_a_path_is_below_a_folder_only_at_a_whole_name() -> None:
    assert is_at_or_below("a/b", "a")
    assert is_at_or_below("a", "a")
    assert is_at_or_below("a", "")
    assert not is_at_or_below("ab", "a")
    assert not is_at_or_below("a", "a/b")
    folders = {"a/b", "c"}
    assert [is_below(path, folders) for path in ("a", "a/b", "a/b/c/d", "a/bc", "c/d", "cd")] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert is_below("x", {""})
    assert not is_below("x", set())
