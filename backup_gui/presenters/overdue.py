"""Detects overdue backups by their age alone, independently of what the job reports.

Lives in the window's thread with a timer of its own, so it also works if a job's thread hangs, has died or never
started.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.desktop.periodic import periodic

CHECK_EVERY_MS = 60_000
DAY_S = 86_400.0


class Memory(Protocol):
    """Short notes that outlast the program; ``Store`` keeps them."""

    def recall(self, key: str) -> str:
        """Read a note; empty if there is none."""
        ...

    def keep(self, key: str, text: str) -> None:
        """Keep a note."""
        ...


@dataclass(frozen=True, slots=True)
class Overdue:
    """Whether one job is overdue.

    Attributes:
        job_id: The job.
        since: When its last complete backup ended, or when it was added; None if it is not overdue.
    """

    job_id: str
    since: float | None


class OverdueMonitor(QObject):
    """Watches the age of each job's last complete backup.

    Args:
        memory: Keeps when a job was added and when the user was reminded.
        now: The clock, seconds since 1970.
        limit_days: Age at which a backup is overdue; 0 for never.
    """

    changed = Signal(object)
    reminded = Signal(object)

    def __init__(
        self, memory: Memory, now: Callable[[], float], limit_days: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._memory = memory
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

    def watch(self, job_id: str) -> None:
        """Watch a job; until a complete backup is known, its age counts from the first call."""
        key = f"added/{job_id}"
        added_at = _number(self._memory.recall(key))
        if added_at is None:
            added_at = self._now()
            self._memory.keep(key, repr(added_at))
        self._since[job_id] = max(added_at, self._since.get(job_id, added_at))

    def forget(self, job_id: str) -> None:
        """Stop watching a job."""
        self._since.pop(job_id, None)
        self._overdue.discard(job_id)
        for key in (f"added/{job_id}", f"reminded/{job_id}"):
            self._memory.keep(key, "")

    def note_complete(self, job_id: str, at: float) -> None:
        """Note a complete backup.

        Args:
            job_id: The job.
            at: When it was complete, seconds since 1970; ignored if older than known.
        """
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
                self.changed.emit(Overdue(job_id, since if is_overdue else None))
            if is_overdue:
                self._remind(job_id, since, now)

    def _remind(self, job_id: str, since: float, now: float) -> None:
        key = f"reminded/{job_id}"
        last = _number(self._memory.recall(key))
        # A note from the future was written before the clock was set back.
        if last is None or last > now or now - last >= DAY_S:
            self._memory.keep(key, repr(now))
            self.reminded.emit(Overdue(job_id, since))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
