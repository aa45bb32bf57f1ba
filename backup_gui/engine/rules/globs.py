"""Compiles gitignore patterns, as git reads them, into regular expressions that match in linear time.

A pattern such as ``*a*a*a*b`` has exponentially many ways to fail in a backtracking engine. None of them has to be
tried: the text between two stars has a fixed length, and its first match is as good as any later one. So each such step
is an atomic group, which never backtracks. The same holds for the folders between two ``**``.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

# Stands for a star in a parsed pattern; no expression for one character is empty.
_STAR: Final = ""
_ANY_CHARACTER: Final = "[^/]"
_WILDCARD: Final = re.compile(r"[*?[\\]")
# Only ASCII, as in git.
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Glob(NamedTuple):
    """A compiled pattern.

    Attributes:
        takes_back: Whether it begins with ``!``.
        needs_folder: Whether it matches folders only.
        is_of_names: Whether it is matched against the last part of a path instead of the whole.
        matches: Tests a name or a path, without a slash at its end; the result is true or false in a condition.
    """

    takes_back: bool
    needs_folder: bool
    is_of_names: bool
    matches: Callable[[str], object]


class _MatchesNothing(Exception):  # noqa: N818 - no error: git takes such a pattern, and nothing fits it
    pass


def read_glob(pattern: str) -> Glob | None:
    """Parse one line of a gitignore file.

    Returns:
        The pattern; None for a comment, and for what cannot match, such as a bracket that is never closed.

    Raises:
        ValueError: The pattern is invalid.
    """
    text = _without_trailing_spaces(pattern)
    if text.startswith("#"):
        return None
    takes_back = text.startswith("!")
    text = text[takes_back:]
    if not text:
        raise ValueError(pattern)
    needs_folder = text.endswith("/")
    text = text[:-1] if needs_folder else text
    is_of_names = "/" not in text
    text = text.removeprefix("/")
    try:
        return Glob(takes_back, needs_folder, is_of_names, _equals(text) or _matcher(text))
    except _MatchesNothing:
        return None


def _equals(text: str) -> Callable[[str], object] | None:
    """Return an equality test for a pattern without wildcards; most have none, and it is three times as fast."""
    if not text or text.startswith("/") or "//" in text or text.endswith("/"):
        raise _MatchesNothing
    return None if _WILDCARD.search(text) else text.__eq__


def _without_trailing_spaces(text: str) -> str:
    end = 0
    is_escaped = False
    for at, character in enumerate(text):
        if is_escaped or character != " ":
            end = at + 1
        is_escaped = character == "\\" and not is_escaped
    return text[:end]


def _segments(text: str) -> list[list[str]]:
    """Split a pattern at its slashes. Each segment is a list of stars and of expressions for one character.

    Raises:
        ValueError: The pattern is invalid.
        _MatchesNothing: A bracket is not closed.
    """
    segments: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "/":
            segments.append([])
        elif character == "*":
            segments[-1].append(_STAR)
        elif character == "?":
            segments[-1].append(_ANY_CHARACTER)
        elif character == "[":
            expression, at = _bracket(text, at)
            segments[-1].append(expression)
        else:
            if character == "\\":
                if text[at : at + 1] in {"", "/"}:
                    raise ValueError(text)
                character = text[at]
                at += 1
            segments[-1].append(re.escape(character))
    return segments


def _bracket(text: str, at: int) -> tuple[str, int]:
    """Parse a set of characters, from after its opening bracket.

    Returns:
        The expression for one of them, and the position after the closing bracket.

    Raises:
        ValueError: A range goes backwards.
        _MatchesNothing: The bracket is not closed, or its character class is unknown.
    """
    is_negated = text[at : at + 1] in {"!", "^"}
    at += is_negated
    items: list[str] = []
    # The character with which a following dash would form a range.
    first: str | None = None
    start = at
    while at == start or text[at : at + 1] != "]":
        character, after = _character(text, at)
        is_range = text[at] == "-" and first is not None and text[at + 1 : at + 2] not in {"", "]"}
        if is_range:
            assert first is not None
            last, at = _character(text, at + 1)
            if last < first:
                raise ValueError(text)
            items.append(f"{re.escape(first)}-{re.escape(last)}")
            first = None
        elif text.startswith("[:", at) and (end := text.find("]", at + 2)) > at + 2 and text[end - 1] == ":":
            if text[at + 2 : end - 1] not in _CLASSES:
                raise _MatchesNothing
            items.append(_CLASSES[text[at + 2 : end - 1]])
            first, at = None, end + 1
        else:
            items.append(re.escape(character))
            first, at = character, after
    return (f"[^/{''.join(items)}]" if is_negated else f"(?!/)[{''.join(items)}]"), at + 1


def _character(text: str, at: int) -> tuple[str, int]:
    """Return the next character of a set, and the position after it."""
    at += text[at : at + 1] == "\\"
    if at >= len(text):
        raise _MatchesNothing
    return text[at], at + 1


def _matcher(text: str) -> Callable[[str], object]:
    """Return the test for a pattern with wildcards; a name is a path with one part."""
    wildcard = _WILDCARD.search(text)
    assert wildcard is not None
    # git compares what precedes the first wildcard separately, and treats ``**`` right after it as the start of a
    # pattern.
    start = wildcard.start() if text.startswith("**", wildcard.start()) else 0
    # The parts between two ``**`` segments of the pattern.
    groups: list[list[str]] = [[]]
    for segment in _segments(text[start:]):
        if len(segment) > 1 and not any(segment):
            groups.append([])
        else:
            groups[-1].append(_of_segment(segment))
    *before, last = groups
    parts = [re.escape(text[:start])]
    for number, group in enumerate(before):
        found = "".join(one + "/" for one in group)
        parts.append(f"(?>(?:[^/]*+/)*?{found})" if number and found else found)
    if not last:
        parts.append(".*")
    else:
        parts.append(("(?:[^/]*+/)*?" if before else "") + "/".join(last))
    return re.compile("".join(parts), re.DOTALL).fullmatch


def _of_segment(segment: list[str]) -> str:
    """Return the expression for the name of one folder or file."""
    texts: list[str] = [""]
    for one in segment:
        if one == _STAR:
            texts.append("")
        else:
            texts[-1] += one
    first, *rest = texts
    if not rest:
        return first
    *middle, last = rest
    steps = "".join(f"(?>[^/]*?{text})" for text in middle if text)
    # With a star at the end it takes the rest; otherwise the text after the last star must be at the end.
    end = f"[^/]*{last}(?![^/])" if last else "[^/]*+"
    return f"(?>{first}{steps}{end})"
