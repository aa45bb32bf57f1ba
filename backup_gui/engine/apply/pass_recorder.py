"""Records what a pass does while it runs, for the guard's memory and for undoing the pass.

A first copy of a large folder only creates paths, whose names are not needed: they cost nothing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.guard.guard import TAKES_AWAY
from backup_gui.engine.state.pass_log import CHANGES_A_PASS, NEW_PATHS_A_PASS, Change
from backup_gui.engine.state.recent_losses import FLEETING, MADE, MOST_MADE
from backup_gui.model.actions import Agreed
from backup_gui.model.plans import CREATE, SET_METADATA

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Counts, Held, Plan, Report

_BATCH = 500


class PassRecorder:
    """The record of one pass. What the user has allowed does not count as lost."""

    def __init__(
        self, job: Job, catalog: JobDatabase, target: Destination, plan: Plan, counts: Counts, allowed: Held | None
    ) -> None:
        self._catalog = catalog
        self._kept_as = target.history.kept_as
        self._agreed = Agreed(allowed.actions if allowed else ())
        self._guards = not job.allows_mass_delete
        self._names_new = counts.created <= NEW_PATHS_A_PASS
        is_first = plan.is_full and plan.mirror_files == 0
        self._made: int | None = None
        if not is_first and counts.created <= MOST_MADE:
            self._made = FLEETING if counts.created <= job.guard_count else MADE
        self._remembers_new = self._made is not None or catalog.recent.has_gone()
        self._changes: list[Change] = []
        self._is_whole = self._names_new
        self._unwritten: list[Action] = []

    def note(self, actions: list[Action]) -> None:
        """Record actions that were carried out, some hundred at a time or single ones."""
        if not self._names_new and not self._remembers_new:
            actions = [action for action in actions if action.op is not CREATE]
        for action in actions:
            op = action.op
            if op is SET_METADATA:
                continue
            if op is not CREATE or self._names_new:
                stored = self._kept_as.pop(action.path, None) if self._kept_as else None
                if len(self._changes) < CHANGES_A_PASS:
                    self._changes.append(Change(op, action.kind, action.path, action.old_path, action.old_kind, stored))
                else:
                    self._is_whole = False
            if op is CREATE:
                if self._remembers_new:
                    self._unwritten.append(action)
            elif op not in TAKES_AWAY or action not in self._agreed:
                self._unwritten.append(action)
        if len(self._unwritten) >= _BATCH:
            self._write()

    def close(self, report: Report) -> None:
        """Add the pass to the catalog; permanent after its next ``commit``."""
        self._write()
        self._catalog.passlog.add(report, self._changes, is_whole=self._is_whole)

    def _write(self) -> None:
        if self._unwritten and self._guards:
            self._catalog.recent.record(self._unwritten, self._made)
        self._unwritten.clear()
