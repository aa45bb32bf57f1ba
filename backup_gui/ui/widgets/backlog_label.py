"""A line that says how far the backup is behind, and keeps counting while it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from backup_gui.model.plans import Phase, Progress
from backup_gui.model.status import JobState, Status
from backup_gui.ui.text.format import counted
from backup_gui.ui.widgets.labels import Words

if TYPE_CHECKING:
    from collections.abc import Callable
from backup_gui.ui.text.backlog import behind_text, changes_text

_TICK_MS = 1_000


class BehindLabel(Words):
    """The figures as one line, which goes on with the clock as long as it is seen."""

    def __init__(self, now: Callable[[], float], parent: QWidget | None = None) -> None:
        """Show nothing yet.

        Args:
            now: The clock, seconds since 1970.
            parent: Owner.
        """
        super().__init__(parent=parent)
        self._now = now
        self._status: Status | None = None
        self._progress: Progress | None = None
        self.setWordWrap(True)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    def show_status(self, status: Status, progress: Progress | None = None) -> None:
        """Show how far a job is behind, and what a pass that is under way has still to do."""
        self._status, self._progress = status, progress
        self._on_tick()
        self._run()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Count while it is seen."""
        super().showEvent(event)
        self._on_tick()
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Rest while it is not."""
        super().hideEvent(event)
        self._timer.stop()

    def _run(self) -> None:
        is_behind = self._status is not None and self._status.backlog.oldest_at is not None
        if is_behind and self.isVisible():
            if not self._timer.isActive():
                self._timer.start()
        else:
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


def _is_known(status: Status) -> bool:
    """Whether everything was looked at since the start, so that what is not known to have changed has not."""
    return status.has_full_pass or status.state is JobState.OK


def _rest_text(status: Status, progress: Progress | None) -> str:
    """What a pass has still to do, if that is more than what is known to have changed, as in a first one."""
    # What is put back into the source is in the backup already.
    if progress is None or progress.phase is Phase.RETURNING:
        return ""
    rest = progress.files_total - progress.files_done
    return changes_text(rest) if rest > max(status.pending, status.backlog.files) else ""


def _left_text(status: Status) -> str:
    """What is not backed up because it cannot be; empty if there is nothing."""
    count = len(status.problems)
    return counted("%Ln files, see Problems", "%Ln file, see Problems", count) if count else ""
