"""Exclusion rules in gitignore syntax.

What is excluded is not part of the source as a job sees it, so it does not belong in the mirror either: a path that
becomes excluded later is deleted from the mirror like one that was deleted from the source, into the history and past
the guard.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.errors import JobError
from backup_gui.engine.escaping import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pathspec.pattern import RegexPattern

# A pass asks folder by folder, so few verdicts are needed at a time; a partial pass asks for scattered paths.
_REMEMBERED_FOLDERS = 4_096

# In pathspec's expressions neither "." nor "$" treats a line feed as the ordinary character that it is in a file
# name, so this private character takes its place. No rule can hold a line feed: it would be two rules.
_LINE_FEED_STAND_IN = "\ue00a"

# What takes the place of pathspec's expressions for rules that match any path, or any folder. Its others begin with
# "^", and end at the end of what the rule names or at the slash after it: they match the whole of a path only if the
# rule names the path itself.
_ANY: Final = re.compile(".+", re.DOTALL)
_ANY_FOLDER: Final = re.compile(".+/", re.DOTALL)


class Filter:
    """Decides which paths a job leaves out.

    Falsy without rules, so that hot loops can skip it.
    """

    __slots__ = ("_excludes_folder", "_rules")

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        """Read the rules.

        Args:
            patterns: Rules in gitignore syntax; later ones win, ``!`` takes back.

        Raises:
            JobError: A rule is not valid; the text says which.
        """
        self._rules = _read(tuple(patterns))
        # A bound cache, not one of the class: that would keep every filter alive for ever.
        self._excludes_folder = lru_cache(_REMEMBERED_FOLDERS)(self._decide_folder)

    def __bool__(self) -> bool:
        """Whether anything can be excluded at all."""
        return bool(self._rules)

    def excludes(self, path: str, is_folder: bool) -> bool:  # noqa: FBT001 - hot, called with two positions
        """Tell whether a path is left out, by itself or with a folder above it.

        As in git, what lies in an excluded folder cannot be taken back.

        Args:
            path: Relative to the source, with ``/``; the root, which is never left out, is the empty string.
            is_folder: Whether it is a folder (not a link to one).
        """
        if not self._rules or not path:
            return False
        if is_folder:
            return self._excludes_folder(path)
        folder = path.rpartition("/")[0]
        if folder and self._excludes_folder(folder):
            return True
        return self._matches(path)

    def _decide_folder(self, path: str) -> bool:
        # From the top down and not recursively: paths may be thousands of folders deep.
        end = path.find("/")
        while end != -1:
            if self._matches(path[:end] + "/"):
                return True
            end = path.find("/", end + 1)
        return self._matches(path + "/")

    def _matches(self, path: str) -> bool:
        """Tell whether a path itself is left out, whatever becomes of those above it; a folder's ends with ``/``."""
        path = path.replace("\n", _LINE_FEED_STAND_IN)
        for rule in self._rules:
            if rule.matches(path) is not None:
                return rule.excludes
        return False


class _Rule(NamedTuple):
    """One rule.

    Attributes:
        excludes: Whether what it matches is left out, or taken back.
        matches: Finds out whether it matches a path itself, and not only a folder above it.
    """

    excludes: bool
    matches: Callable[[str], re.Match[str] | None]


def _read(patterns: tuple[str, ...]) -> tuple[_Rule, ...]:
    """Read rules; the last one comes first."""
    found = []
    for pattern in reversed(patterns):
        if not pattern.strip():
            raise JobError("An exclusion rule is empty.")
        if "\n" in pattern or "\r" in pattern:
            raise JobError("An exclusion rule must be a single line.")
        try:
            parsed = _parse(_as_git_means_it(pattern))
        except (ValueError, re.error) as error:
            raise JobError(f"This exclusion rule is not understood: {escape(pattern)}") from error
        # Comments, and rules that can match nothing, are neither.
        if parsed.include is not None and parsed.regex is not None:
            expression = parsed.regex
            if not expression.pattern.startswith("^"):
                expression = _ANY if expression.search("file") else _ANY_FOLDER
            found.append(_Rule(parsed.include, expression.fullmatch))
    return tuple(found)


def _parse(rule: str) -> RegexPattern:
    """Read rules such as ``[[]``, for which Python's expressions warn of what they may mean in a later version."""
    # Imported only where there are rules: it costs a tenth of the command line's start.
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return GitIgnoreSpecPattern(rule)


def _as_git_means_it(pattern: str) -> str:
    """Spell ``folder/**`` so that it leaves out what is in the folder but not the folder, as git means it.

    pathspec takes the folder for matched too; git never asks, since it does not know empty folders.
    """
    trimmed = pattern.rstrip(" ")
    if trimmed.endswith("/**/"):
        return trimmed + "*/"
    return trimmed + "/*" if trimmed.endswith("/**") else pattern
