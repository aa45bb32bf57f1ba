"""Other volumes mounted within the source. One that is not mounted must not cause deletions in the mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.fs.volumes.mounts import points_below
from backup_gui.model.paths import is_at_or_below, parent_of
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.rules.exclusions import ExclusionRules
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Problem


class Submounts:
    """The volumes within a source, before and now.

    Args:
        source: The source.
        remembered: Folders on which another volume was mounted before.
        rules: The exclusions; excluded drives are not reported.
        problems: Receives each drive that is not mounted, once.

    Attributes:
        known: Those mounted before, and those found since.
    """

    def __init__(
        self, source: Tree, remembered: Collection[str], rules: ExclusionRules, problems: list[Problem]
    ) -> None:
        self._source = source
        self._rules = rules
        self._problems = problems
        self._root_device = source.root_entry.st_dev
        self._points: frozenset[str] | None = None
        self._away: set[str] = set()
        self.known = set(remembered)

    def notice(self, path: str, ours: Entry) -> None:
        """Record that another volume is mounted on a folder of the source, for passes in which it is not.

        A subvolume has its own device number, too, but it is not mounted: it counts as an ordinary folder.
        """
        if ours.st_dev == self._root_device:
            return
        is_known = path in self.known
        if not is_known and any(is_at_or_below(path, drive) for drive in self.known):
            return
        if self._is_mounted(path, ours):
            self.known.add(path)
        elif is_known and self._begins_a_device(path, ours):
            # A subvolume that was recorded as a drive. An empty mount point would be on the same device as its parent.
            self.known.discard(path)

    def _is_mounted(self, path: str, ours: Entry) -> bool:
        """Tell whether something is mounted on an existing folder."""
        if self._points is None:
            self._points = points_below(self._source.root)
        if self._points is not None:
            return path in self._points
        return self._begins_a_device(path, ours)

    def _begins_a_device(self, path: str, ours: Entry) -> bool:
        above = self._source.look(parent_of(path))
        return above is not None and above.st_dev != ours.st_dev

    def is_away(self, path: str) -> bool:
        """Tell whether a path belongs to a volume that is not mounted, and report the volume as a problem once.

        A volume that does not respond is reported with the system's error.
        """
        for drive in self.known:
            if not is_at_or_below(path, drive) or self._rules.excludes(drive, True):
                continue
            try:
                ours = self._source.look(drive)
                is_away = ours is None or not self._is_mounted(drive, ours)
            except OSError as error:
                self._name(drive, problem_from(error, drive, Stage.COMPARE))
                return True
            if is_away:
                self.name_as_away(drive)
                return True
        return False

    def name_as_away(self, drive: str) -> None:
        """Report a volume that is not mounted as a problem, once."""
        self._name(drive, problem(ProblemCode.DRIVE_AWAY, drive, Stage.COMPARE))

    def _name(self, drive: str, found: Problem) -> None:
        if drive not in self._away:
            self._away.add(drive)
            self._problems.append(found)
