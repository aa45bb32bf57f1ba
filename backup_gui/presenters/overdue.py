"""Detects overdue backups by their age alone, independently of what the job reports.

Lives in the window's thread with a timer of its own, so it also works if a job's thread hangs, has died or never
started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.desktop.periodic import periodic
from backup_gui.ui.text.format import Now

if TYPE_CHECKING:
    from backup_gui.config.store import Store

CHECK_EVERY_MS = 60_000
DAY_S = 86_400.0


class OverdueMonitor(QObject):
    """Watches the age of each job's last complete backup; 0 days mean no limit. Its signals carry the job's key."""

    changed = Signal(object)
    reminded = Signal(object)

    def __init__(self, store: Store, now: Now, limit_days: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._now = now
        self._limit_days = limit_days
        # When each job was last complete, or added.
        self._since: dict[str, float] = {}
        self._overdue: set[str] = set()
        self._timer = periodic(self, CHECK_EVERY_MS, self.check)
        self._timer.start()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def overdue_since(self, job_id: str) -> float | None:
        """When the last complete backup of a job ended, or the job was added; None if it is not overdue."""
        return self._since[job_id] if job_id in self._overdue else None

    def watch(self, job_id: str) -> None:
        """Watch a job; until a complete backup is known, its age counts from the first call."""
        key = f"added/{job_id}"
        added_at = _number(self._store.recall(key))
        if added_at is None:
            added_at = self._now()
            self._store.keep(key, repr(added_at))
        self._since[job_id] = max(added_at, self._since.get(job_id, added_at))

    def forget(self, job_id: str) -> None:
        """Stop watching a job."""
        self._since.pop(job_id, None)
        self._overdue.discard(job_id)
        for key in (f"added/{job_id}", f"reminded/{job_id}"):
            self._store.keep(key, "")

    def note_complete(self, job_id: str, at: float) -> None:
        """Note that a backup was complete at a time, in seconds since 1970; ignored if older than known."""
        since = self._since.get(job_id)
        if since is None or at <= since:
            return
        self._since[job_id] = at
        if job_id in self._overdue:
            self.check()

    def set_limit(self, limit_days: int) -> None:
        """Set another limit."""
        if limit_days != self._limit_days:
            self._limit_days = limit_days
            self.check()

    @Slot()
    def check(self) -> None:
        """Compare all ages with the limit."""
        now = self._now()
        for job_id, since in list(self._since.items()):
            is_overdue = self._limit_days > 0 and now - since >= self._limit_days * DAY_S
            if is_overdue is not (job_id in self._overdue):
                (self._overdue.add if is_overdue else self._overdue.discard)(job_id)
                self.changed.emit(job_id)
            if is_overdue:
                self._remind(job_id, now)

    def _remind(self, job_id: str, now: float) -> None:
        key = f"reminded/{job_id}"
        last = _number(self._store.recall(key))
        # A note from the future was written before the clock was set back.
        if last is None or last > now or now - last >= DAY_S:
            self._store.keep(key, repr(now))
            self.reminded.emit(job_id)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
