"""Decides which change of a job's state is worth a notification.

Success is quiet, but for the first complete backup.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from backup_gui.model.status import JobState, Status
from backup_gui.ui.text.headline import headline, overdue_text
from backup_gui.ui.values.job import JobView

# A drive that is back and a backup that goes on are news at once; all else is over with a complete backup.
_LEFT_AT_ONCE = frozenset({JobState.WAITING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification.

    Attributes:
        job_id: The job that it is about; empty for the app itself.
        state: Its state, for the icon.
        title: Heading.
        text: One or two sentences.
        is_first_backup: Whether it tells of the first complete backup.
        is_overdue: Whether it tells that the backup is overdue.
        reason: The state in which a backup became overdue.
    """

    job_id: str
    state: JobState
    title: str
    text: str
    is_first_backup: bool = False
    is_overdue: bool = False
    reason: JobState | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether nothing goes on without the user."""
        return self.state in {JobState.HELD, JobState.FAILED}

    def is_over(self, view: JobView) -> bool:
        """Tell whether what it says of a job is true no more."""
        state = view.status.state
        if self.is_first_backup:
            return False
        if self.is_overdue:
            return view.overdue_since is None or (self.reason in _LEFT_AT_ONCE and state is not self.reason)
        return state is JobState.OK or (self.state is JobState.HELD and view.has_kept)


def button_text(notice: Notice) -> str:
    """What a notification's button says."""
    if notice.state is JobState.HELD:
        return QCoreApplication.translate("Notices", "Review")
    if notice.state is JobState.OK:
        return QCoreApplication.translate("Notices", "Open")
    return QCoreApplication.translate("Notices", "Show")


def hidden_notice() -> Notice:
    """That closing the window did not end the backups."""
    return Notice(
        "",
        JobState.OK,
        QCoreApplication.translate("Notices", "Folder Backup goes on"),
        QCoreApplication.translate(
            "Notices", "Your files go on being backed up. Click the icon to open the window again."
        ),
    )


class Notices:
    """Remembers what was said about each job, so that nothing is said twice."""

    def __init__(self, celebrated: frozenset[str] = frozenset()) -> None:
        """Begin.

        Args:
            celebrated: Jobs whose first complete backup was told in an earlier run.
        """
        self._celebrated = set(celebrated)
        self._told: dict[str, JobState] = {}

    def on_status(self, view: JobView, now: float) -> Notice | None:
        """Take a job's new status.

        Args:
            view: The job with its new status.
            now: The time, seconds since 1970.

        Returns:
            What to tell the user, if anything.
        """
        job, status = view.job, view.status
        if status.state is JobState.OK:
            self._told.pop(job.id, None)
            return self._first_backup(view)
        if status.state not in {JobState.ATTENTION, JobState.HELD, JobState.FAILED}:
            # Working or waiting in between does not make the same trouble news again.
            return None
        if self._told.get(job.id) is status.state:
            return None
        self._told[job.id] = status.state
        if status.state is JobState.HELD and view.has_kept:
            return None
        words = headline(view, now)
        return Notice(job.id, status.state, job.name, _body(words.title, status))

    def on_overdue(self, view: JobView, since: float, now: float) -> Notice:
        """Tell that a backup is overdue.

        Args:
            view: The job.
            since: When it was last completely backed up, or added.
            now: The time, seconds since 1970.
        """
        text = overdue_text(view, since, now)
        return Notice(view.job.id, JobState.ATTENTION, view.job.name, text, is_overdue=True, reason=view.status.state)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
        self._told.pop(job_id, None)
        self._celebrated.discard(job_id)

    def _first_backup(self, view: JobView) -> Notice | None:
        job = view.job
        if job.id in self._celebrated or view.status.last_complete_at is None or view.status.pending:
            return None
        self._celebrated.add(job.id)
        text = QCoreApplication.translate(
            "Notices", "The first backup is complete. From now on every change follows by itself."
        )
        return Notice(job.id, JobState.OK, job.name, text, is_first_backup=True)


def _body(title: str, status: Status) -> str:
    if status.state is JobState.ATTENTION:
        return title + " " + QCoreApplication.translate("Notices", "Everything else is backed up.")
    return title
