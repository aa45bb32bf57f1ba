"""Finds other backups in a mirror, and removes actions from a plan that would touch them.

A drive used as a whole for a backup may contain another one, made earlier or by another computer. A comparison that
lists only differences does not look for markers. So they are looked for here, in the folders that a plan touches: the
cost depends on the plan, never on the tree.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import HISTORY_NAME, place_beside
from backup_gui.engine.destination.marker import UNREADABLE, parse_marker, read_open_file
from backup_gui.model.actions import Part
from backup_gui.model.entries import FOLDER
from backup_gui.model.paths import MARKER_NAME, join, parent_of, parents_of
from backup_gui.model.plans import CREATE, DELETE, REPLACE, Held, HeldCode, Stage, count_losses, is_loss
from backup_gui.model.problems import is_passing, problem_from
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.destination.marker import Marker
    from backup_gui.engine.guard.guard import Verdict
    from backup_gui.engine.ownership.belonging import Belonging
    from backup_gui.model.plans import Action, Plan


def set_apart(
    plan: Plan, target: DestinationView, belonging: Belonging, *, takes_over: bool
) -> tuple[Plan, Held | None]:
    """Remove the actions from a plan that would touch another backup in the mirror.

    Returns:
        The remaining plan, and what is held; None if there is no other backup that the user has not approved. A folder
        that could not be read becomes a problem, and is checked again with that.
    """
    if takes_over or not plan.actions:
        return plan, None
    finder = _Finder(target, belonging)
    found = finder.find(plan.actions)
    if finder.refused:
        plan = _without(plan, finder.refused)
    if not found:
        return plan, None
    around = {parent for path in found for parent in parents_of(path)}
    apart = Part(plan.actions).where(lambda action: _touches(action, found, around))
    if not apart:
        return plan, None
    path, marker = next(iter(found.items()))
    place = os.path.join(target.root, path)
    reason = Reason(ReasonCode.DESTINATION_AROUND_BACKUP, detail=marker.whose, path=place)
    keys = frozenset(marker.key(path) for path, marker in found.items())
    held = Held(HeldCode.OTHER_BACKUP, reason, count_losses(apart), plan.mirror_files, apart.settled(), claims=keys)
    return plan._replace(actions=Part(plan.actions).without(apart).settled()), held


def with_others(verdict: Verdict, others: Held | None) -> Verdict:
    """Add what is held because of other backups to a verdict that holds nothing else."""
    return verdict if verdict.held is not None else verdict._replace(held=others)


def _touches(action: Action, found: Mapping[str, object], around: set[str]) -> bool:
    """Tell whether an action is inside one of the found folders, or would take one away."""
    if action.op in {DELETE, REPLACE} and (action.path in around or action.path in found):
        return True
    paths = [action.path] if action.old_path is None else [action.path, action.old_path]
    return any(path in found or not found.keys().isdisjoint(parents_of(path)) for path in paths)


def _without(plan: Plan, refused: dict[str, OSError]) -> Plan:
    """Remove the actions that would touch unreadable folders from a plan; each of these becomes a problem."""
    around = {parent for path in refused for parent in parents_of(path)}
    return plan._replace(
        actions=Part(plan.actions).where(lambda action: not _touches(action, refused, around)).settled(),
        problems=(
            *plan.problems,
            *(problem_from(error, path, Stage.COMPARE, is_writing=True) for path, error in refused.items()),
        ),
    )


class _Finder:
    """Looks for markers, once in each folder; see ``set_apart`` for the arguments.

    Attributes:
        refused: Folders that could not be read, with the errors.
    """

    def __init__(self, target: DestinationView, belonging: Belonging) -> None:
        self._target = target
        self._belonging = belonging
        self.refused: dict[str, OSError] = {}
        # Folders that do not exist yet have no marker.
        self._made: set[str] = set()
        # For each folder, the folder of the other backup that it is or lies in, if any.
        self._known: dict[str, tuple[str, Marker] | None] = {"": None}

    def find(self, actions: Iterable[Action]) -> dict[str, Marker]:
        """Return the other backups that the actions touch: the folder of each, and its marker."""
        # There may be a million actions, mostly in the same folder as the one before.
        folders: dict[str, None] = {}
        last = None
        for action in actions:
            folder = action.path.rpartition("/")[0]
            if folder != last:
                folders[folder] = None
                last = folder
            if action.op is CREATE:
                if action.kind is FOLDER:
                    self._made.add(action.path)
                continue
            if action.old_path is not None:
                folders[parent_of(action.old_path)] = None
            if action.old_kind is FOLDER or not is_loss(action):
                folders[action.path] = None
        return dict(found for folder in folders if (found := self._owner(folder)) is not None)

    def _owner(self, folder: str) -> tuple[str, Marker] | None:
        if folder in self._known:
            return self._known[folder]
        chain = [folder]
        while (above := parent_of(chain[-1])) not in self._known:
            chain.append(above)
        found = self._known[above]
        for path in reversed(chain):
            if found is None and path not in self._made:
                try:
                    marker = self._marker(path)
                except OSError as error:
                    self.refused[path] = error
                    marker = None
                found = None if marker is None else (path, marker)
            self._known[path] = found
        return found

    def _marker(self, folder: str) -> Marker | None:
        """Return the marker that makes a folder another backup's mirror or history."""
        found = [self._attribute(folder), self._file(join(folder, MARKER_NAME))]
        for history in (place_beside(folder), join(folder, HISTORY_NAME)):
            marker = self._file(join(history, MARKER_NAME))
            is_its = marker is not None and marker.mirror_of(f"/{history}").replace(os.sep, "/") == f"/{folder}"
            found.append(marker if is_its else None)
        agreed = self._belonging.ids
        return next((marker for marker in found if marker is not None and marker.key(folder) not in agreed), None)

    def _attribute(self, folder: str) -> Marker | None:
        text = self._target.marker(folder)
        return None if text is None else parse_marker(text)

    def _file(self, path: str) -> Marker | None:
        try:
            entry = self._target.look(path)
            if entry is None:
                return None
            if not stat.S_ISREG(entry.st_mode):
                return UNREADABLE
            return read_open_file(self._target.open_file(path))
        except FileNotFoundError:
            return None
        except OSError as error:
            if is_passing(error):
                raise
            return UNREADABLE
