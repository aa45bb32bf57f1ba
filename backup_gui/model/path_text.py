r"""Writes any path as one line of valid text, and reads it back.

File names may contain line breaks, control characters, marks that reverse the reading direction, and bytes that are
not valid text (kept as surrogate escapes). All paths that are stored, or written for people or programs, from the log
to the JSON events, are written here, so there is a single notation:

====================================  ==============
a backslash                           ``\\``
line feed, carriage return, tab       ``\n \r \t``
other control characters              ``\x1b``
a byte that is not valid text         ``\xff``
other invisible or misleading marks   ``\u202e``
====================================  ==============

``\x00`` to ``\x7f`` stand for characters and ``\x80`` to ``\xff`` for bytes, so the notation is unambiguous.

What is stored is always written so (``escape``), since a drive is read on other systems too. Where a backslash stands
between the parts of a path, people and programs get it single (``readable``): there, no name contains one.
"""

from __future__ import annotations

import os
import re

# Control characters, both kinds of line separators, direction marks, lone surrogates and the byte order mark.
_HARMFUL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff"
# Whether a backslash stands between the parts of a path.
_IS_SEPARATOR = os.sep == "\\"
_IN_LINES = re.compile(f"[{_HARMFUL}]")
_ESCAPES = re.compile(r"\\(?:([\\nrt])|x([0-9a-f]{2})|u([0-9a-f]{4}))")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG = {escaped[1]: character for character, escaped in _SHORT.items()}
_FIRST_BYTE = 0xDC80
_LAST_BYTE = 0xDCFF
_BYTES_BASE = 0xDC00


def escape(path: str) -> str:
    """Write any path as one line of valid text, to be stored; ``unescape`` reverses it."""
    return one_line(path.replace("\\", "\\\\"))


def readable(path: str) -> str:
    """Write any path as one line of valid text, for people and programs.

    On Windows its backslashes are as they are. ``meanings`` reads it.
    """
    return one_line(path) if _IS_SEPARATOR else escape(path)


def one_line(text: str) -> str:
    """Make a text one line of valid text, and leave its backslashes as they are.

    For messages and tracebacks whose paths may already be escaped. It cannot be reversed.
    """
    return _IN_LINES.sub(_escaped, text)


def unescape(text: str) -> str:
    """Reverse ``escape``; raises ``ValueError`` at a backslash followed by something that it never writes."""
    rest = _ESCAPES.sub("", text)
    if "\\" in rest:
        raise ValueError("a backslash stands alone")
    return _ESCAPES.sub(_meant, text)


def meanings(text: str) -> tuple[str, ...]:
    r"""Return the paths that a typed text may mean, the most likely one first.

    Text that ``escape`` could have written is unescaped first: ``back\\slash`` means the name with one backslash,
    although a name with two may exist. Other text means itself first; so do absolute paths, since a shell has completed
    them. On Windows each text means itself first, and then what ``readable`` writes so.
    """
    if "\\" not in text:
        return (text,)
    if _IS_SEPARATOR:
        meant = _ESCAPES.sub(_meant_if_harmful, text)
        return (text,) if meant == text else (text, meant)
    try:
        meant = unescape(text)
    except ValueError:
        return (text,)
    if "\0" in meant:
        # No name contains this character.
        return (text,)
    is_as_written = escape(meant) == text and not os.path.isabs(text)
    return (meant, text) if is_as_written else (text, meant)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT.get(character)
    if short is not None:
        return short
    number = ord(character)
    if _FIRST_BYTE <= number <= _LAST_BYTE:
        return f"\\x{number - _BYTES_BASE:02x}"
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}"


def _meant_if_harmful(match: re.Match[str]) -> str:
    """Return what an escape stands for if Windows allows that in a name, and it is never written as it is."""
    meant = _meant(match)
    return meant if meant > "\x1f" and _IN_LINES.fullmatch(meant) else match[0]


def _meant(match: re.Match[str]) -> str:
    short, byte, wide = match.groups()
    if short is not None:
        return _LONG[short]
    if wide is not None:
        return chr(int(wide, 16))
    number = int(byte, 16)
    return chr(number) if number < 0x80 else chr(_BYTES_BASE + number)
