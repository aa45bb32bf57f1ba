"""Exclusion rules in gitignore syntax.

For a job, excluded paths are not part of the source, so they do not belong in the mirror either. A path that becomes
excluded is deleted from the mirror like one deleted from the source: into the history, and checked by the guard.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from backup_gui.engine.rules.system_folders import is_system_folder
from backup_gui.model.errors import JobError
from backup_gui.model.paths import is_at_or_below, is_below, parent_of
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.rules.globs import Glob

# A pass goes folder by folder, so it needs few results at a time; a partial pass has scattered paths.
_REMEMBERED_FOLDERS = 4_096


# A filter's definition, in a form that can be sent to another process.
ExclusionFields = tuple[list[str], list[str], list[str]]


class ExclusionRules:
    """Decides which paths a job excludes.

    It is false if nothing can be excluded, so that hot loops can skip it.
    """

    __slots__ = ("_drive_roots", "_excludes_folder", "_holders", "_patterns", "_rules", "paths")

    def __init__(
        self,
        patterns: Iterable[str] = (),
        paths: Iterable[str] = (),
        drive_roots: Iterable[str] = (),
    ) -> None:
        """Parse the rules.

        Args:
            patterns: Rules in gitignore syntax. Later ones win; ``!`` includes again.
            paths: Paths that are always excluded, with everything below them.
            drive_roots: Folders in which the folders that systems keep for themselves on drives are excluded.

        Raises:
            JobError: A rule is invalid; the reason names it.
        """
        self._patterns = tuple(patterns)
        self._rules = _read(self._patterns)
        self.paths = frozenset(paths)
        self._drive_roots = frozenset(drive_roots)
        # Only these folders can contain something that is excluded by anything other than a rule.
        self._holders = self._drive_roots.union(map(parent_of, self.paths))
        # The cache belongs to the instance: a cache of the class would keep every filter alive.
        self._excludes_folder = lru_cache(_REMEMBERED_FOLDERS)(self._decide_folder)

    def __bool__(self) -> bool:
        """Return whether anything can be excluded at all."""
        return bool(self._rules or self._holders)

    def excludes(self, path: str, is_folder: bool) -> bool:  # noqa: FBT001 - hot, called with two positions
        """Tell whether a path is excluded, by itself or with a folder above it; the root never is.

        As in git, a rule cannot include again what lies in an excluded folder. A link to a folder is no folder.
        """
        if not path:
            return False
        if self._holders and (is_below(path, self.paths) or self._is_of_system(path, is_folder=is_folder)):
            return True
        return bool(self._rules) and self._excludes_by_rule(path, is_folder)

    @property
    def fields(self) -> ExclusionFields:
        """Return the arguments that create an equal filter."""
        return list(self._patterns), sorted(self.paths), sorted(self._drive_roots)

    def in_folder(self, folder: str) -> Callable[[str, bool], bool] | None:
        """Return the test for the names in a folder that is itself not excluded; None if it excludes nothing there.

        For the loop over all files: in nearly all folders only the rules have to be checked.
        """
        if folder in self._holders:
            return self.excludes
        return self._excludes_by_rule if self._rules else None

    def _is_of_system(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether a path is, or lies in, a folder that a system keeps for itself at the root of a drive."""
        for root in self._drive_roots:
            if is_at_or_below(path, root):
                name, slash, _ = (path[len(root) + 1 :] if root else path).partition("/")
                if (slash or is_folder) and is_system_folder(name):
                    return True
        return False

    def _excludes_by_rule(self, path: str, is_folder: bool) -> bool:  # noqa: FBT001 - as above
        if is_folder:
            return self._excludes_folder(path)
        folder, _, name = path.rpartition("/")
        if folder and self._excludes_folder(folder):
            return True
        return self._matches(path, name, is_folder=False)

    def _decide_folder(self, path: str) -> bool:
        # Iterates from the top down, without recursion: paths may be thousands of folders deep.
        start, end = 0, path.find("/")
        while end != -1:
            if self._matches(path[:end], path[start:end], is_folder=True):
                return True
            start, end = end + 1, path.find("/", end + 1)
        return self._matches(path, path[start:], is_folder=True)

    def _matches(self, path: str, name: str, *, is_folder: bool) -> bool:
        """Tell whether a rule excludes the path itself, without checking the folders above it."""
        for takes_back, needs_folder, is_of_names, matches in self._rules:
            if (is_folder or not needs_folder) and matches(name if is_of_names else path):
                return not takes_back
        return False


def _read(patterns: tuple[str, ...]) -> tuple[Glob, ...]:
    """Parse the rules; the last one comes first."""
    if not patterns:
        return ()
    # Imported only if there are rules: it is a measurable part of the command line's start.
    from backup_gui.engine.rules.globs import read_glob  # noqa: PLC0415

    found = []
    for pattern in reversed(patterns):
        if not pattern.strip():
            raise JobError(Reason(ReasonCode.RULE_EMPTY))
        if "\n" in pattern or "\r" in pattern:
            raise JobError(Reason(ReasonCode.RULE_LINES))
        try:
            glob = read_glob(pattern)
        except ValueError as error:
            raise JobError(Reason(ReasonCode.RULE_UNKNOWN, rule=pattern)) from error
        # Comments, and rules that cannot match anything, are skipped.
        if glob is not None:
            found.append(glob)
    return tuple(found)
