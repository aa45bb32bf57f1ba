"""Escaping paths must be readable, harmless and reversible."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.model import path_text
from backup_gui.model.path_text import escape, meanings, one_line, readable, unescape

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.posix("names are bytes")
@pytest.mark.hazard(30)
@given(st.binary())
def test_every_name_a_file_can_have_survives_the_round_trip(name: bytes) -> None:
    path = os.fsdecode(name)
    assert unescape(escape(path)) == path


@pytest.mark.hazard(30)
@given(ANY_TEXT)
def test_any_text_survives_the_round_trip_as_one_line_of_valid_text(text: str) -> None:
    escaped = escape(text)
    assert unescape(escaped) == text
    assert len(escaped.splitlines()) <= 1
    escaped.encode()


@given(ANY_TEXT, ANY_TEXT)
def test_two_paths_are_never_escaped_alike(left: str, right: str) -> None:
    assert (escape(left) == escape(right)) == (left == right)


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("Bücher/日本/report 1.odt", "Bücher/日本/report 1.odt"),
        ("a\nb", r"a\nb"),
        ("a\\nb", r"a\\nb"),
        ("\udcff", r"\xff"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b", r"\u009b"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
    ],
)
def test_the_notation_is_as_documented(path: str, escaped: str) -> None:
    assert escape(path) == escaped


@pytest.mark.parametrize("text", ["\\", "a\\q", "\\x4", "\\xZZ", "\\\\\\", "\\X41"])
def test_what_was_never_written_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="backslash"):
        unescape(text)


@pytest.fixture
def backslash_separates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a backslash stand between the parts of a path, as on Windows."""
    monkeypatch.setattr(path_text, "_IS_SEPARATOR", True)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("C:\\Users\\new", "C:\\Users\\new"),
        ("\\\\nas\\share", "\\\\nas\\share"),
        ("C:\\gpj.\u202eexe", "C:\\gpj.\\u202eexe"),
        ("C:\\a\ud800b\x7f", "C:\\a\\ud800b\\x7f"),
    ],
)
@pytest.mark.usefixtures("backslash_separates")
def test_a_path_of_windows_is_written_with_single_backslashes_and_read_back(path: str, written: str) -> None:
    assert readable(path) == written
    assert path in meanings(written)
    assert unescape(escape(path)) == path, "what is stored is the same on every system"


@pytest.mark.usefixtures("backslash_separates")
@pytest.mark.parametrize("text", ["docs\\new.txt", "docs\\x41", "C:\\t", "a\\\\b", "C:\\x00"])
def test_what_is_typed_on_windows_has_no_escapes_of_what_no_name_has(text: str) -> None:
    assert meanings(text) == (text,)


@pytest.mark.posix("a backslash separates there")
def test_elsewhere_a_backslash_is_part_of_a_name() -> None:
    assert readable("a\\nb") == escape("a\\nb")
    assert meanings("back\\\\slash")[0] == "back\\slash"


def test_one_line_keeps_backslashes() -> None:
    assert one_line("C:\\new\nline") == "C:\\new\\nline"
