"""A line that shows the backlog, and updates the age of its oldest change."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent

from backup_gui.desktop.periodic import periodic
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.status import JobState, Status
from backup_gui.ui.text.backlog import behind_text, changes_text
from backup_gui.ui.text.format import Now, counted
from backup_gui.ui.widgets.labels import PlainLabel

_TICK_MS = 1_000


class BacklogLabel(PlainLabel):
    """The backlog in one line, which keeps up with the clock while visible."""

    def __init__(self, now: Now) -> None:
        super().__init__()
        self._now = now
        self._status: Status | None = None
        self._progress: Progress | None = None
        self.setWordWrap(True)
        self._timer = periodic(self, _TICK_MS, self._on_tick)

    def show_status(self, status: Status, progress: Progress | None = None) -> None:
        """Show the backlog of a job, and the remaining work of its current pass."""
        self._status, self._progress = status, progress
        self._on_tick()

    def showEvent(self, event: QShowEvent) -> None:
        """Start counting when shown."""
        super().showEvent(event)
        self._on_tick()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop counting when hidden."""
        super().hideEvent(event)
        self._timer.stop()

    @Slot()
    def _on_tick(self) -> None:
        if self._status is None:
            return
        words = (
            _rest_text(self._status, self._progress)
            or behind_text(self._status, self._now())
            or _left_text(self._status)
            or (self.tr("Nothing") if _is_known(self._status) else self.tr("Not known until everything was looked at"))
        )
        if words != self.text():
            self.setText(words)
        if self._status.backlog.oldest_at is None or not self.isVisible():
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()


def _is_known(status: Status) -> bool:
    """Whether the job has compared everything since its start, so that it knows all changes."""
    return status.has_full_pass or status.state is JobState.OK


def _rest_text(status: Status, progress: Progress | None) -> str:
    """The remaining work of a pass, if it is more than the known changes, as in a first pass."""
    # A restore into the source leaves nothing to back up.
    if progress is None or progress.phase is Phase.RETURNING:
        return ""
    rest = progress.files_total - progress.files_done
    return changes_text(rest) if rest > max(status.pending, status.backlog.files) else ""


def _left_text(status: Status) -> str:
    """How many files cannot be backed up; empty if none."""
    count = len(status.problems)
    return counted("%Ln files, see Problems", "%Ln file, see Problems", count) if count else ""
