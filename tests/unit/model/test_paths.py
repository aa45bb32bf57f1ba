"""Paths as text: their bytes, their parts, and the names that are the program's own."""

from __future__ import annotations

import os

import pytest

from backup_gui.model.paths import encode, is_temporary, join, parent_of
from tests.helpers.rig import HOSTILE_NAMES


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_paths_are_encoded_as_the_system_has_them(name: str) -> None:
    assert encode(name) == os.fsencode(name)


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
