"""Decides which changes of a job's state are worth a notification.

Success gets none, except for the first complete backup. ``now`` is the time, seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QCoreApplication

from backup_gui.model.status import JobState, Status
from backup_gui.ui.text.format import counted
from backup_gui.ui.text.headline import headline, overdue_text
from backup_gui.ui.values.job import JobView

_tr = partial(QCoreApplication.translate, "Notices")

# An overdue notice for these reasons ends as soon as the state ends; any other ends with a complete backup.
_LEFT_AT_ONCE = frozenset({JobState.WAITING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification.

    Attributes:
        job_id: The job; empty for the app itself.
        state: The job's state, for the icon.
        title: Heading.
        text: One or two sentences.
        first_ids: The jobs whose first complete backup it reports.
        overdue_in: The state in which the backup became overdue, if it reports that.
    """

    job_id: str
    state: JobState
    title: str
    text: str
    first_ids: tuple[str, ...] = ()
    overdue_in: JobState | None = None

    @property
    def is_done_with(self) -> bool:
        """Whether there is nothing more to it once the user has opened the window."""
        return not self.job_id or bool(self.first_ids)

    @property
    def is_urgent(self) -> bool:
        """Whether the job needs the user to go on."""
        return self.state in {JobState.HELD, JobState.FAILED}

    def is_over(self, view: JobView) -> bool:
        """Whether the notice is no longer true."""
        state = view.status.state
        if self.first_ids:
            return False
        if self.overdue_in is not None:
            return view.overdue_since is None or (self.overdue_in in _LEFT_AT_ONCE and state is not self.overdue_in)
        return state is JobState.OK or (self.state is JobState.HELD and view.has_kept)


def button_text(notice: Notice) -> str:
    """Label of a notification's button."""
    if notice.state is JobState.HELD:
        return _tr("Review")
    if notice.state is JobState.OK:
        return _tr("Open")
    return _tr("Show")


def hidden_notice() -> Notice:
    """The notice that backups go on after the window was closed."""
    return Notice(
        "",
        JobState.OK,
        _tr("Folder Backup goes on"),
        _tr("Your files go on being backed up. Click the icon to open the window again."),
    )


@dataclass(slots=True)
class _Added:
    """Jobs that were added at once, by their first backups: still awaited, and complete."""

    awaited: set[str] = field(default_factory=set)
    complete: list[str] = field(default_factory=list)


class Notices:
    """Remembers what was reported about each job, also its first backup in an earlier run, to report nothing twice."""

    def __init__(self, celebrated: frozenset[str] = frozenset()) -> None:
        self._celebrated = set(celebrated)
        self._told: dict[str, JobState] = {}
        # For each job the ones that were added with it, as long as their first backups are not reported.
        self._added: dict[str, _Added] = {}

    def note_added(self, job_ids: Iterable[str]) -> None:
        """Note that the user has added jobs at once: their first backups are reported at once, too."""
        added = _Added(set(job_ids))
        for job_id in tuple(added.awaited):
            self._added[job_id] = added

    def on_status(self, view: JobView, now: float) -> Notice | None:
        """Make a notice of a job's new status; None if it is not worth one."""
        job, status = view.job, view.status
        if status.state is JobState.OK:
            self._told.pop(job.id, None)
            return self._first_backup(view)
        if status.state is not JobState.WORKING and (status.state is not JobState.WAITING or status.reason):
            # The others wait for it no longer.
            self._added.get(job.id, _Added()).awaited.discard(job.id)
        if status.state not in {JobState.ATTENTION, JobState.HELD, JobState.FAILED}:
            # Working or waiting in between does not repeat the notice.
            return None
        if self._told.get(job.id) is status.state:
            return None
        self._told[job.id] = status.state
        if status.state is JobState.HELD and view.has_kept:
            return None
        words = headline(view, now)
        return Notice(job.id, status.state, job.name, _body(words.title, status))

    def on_overdue(self, view: JobView, since: float, now: float) -> Notice:
        """Make the notice that a backup is overdue, which was complete or added at ``since``."""
        text = overdue_text(view, since, now)
        return Notice(view.job.id, JobState.ATTENTION, view.job.name, text, overdue_in=view.status.state)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
        self._told.pop(job_id, None)
        self._celebrated.discard(job_id)
        added = self._added.pop(job_id, _Added())
        added.awaited.discard(job_id)
        added.complete = [other for other in added.complete if other != job_id]

    def _first_backup(self, view: JobView) -> Notice | None:
        job = view.job
        if job.id not in self._celebrated:
            if view.status.last_complete_at is None or view.status.pending:
                return None
            self._celebrated.add(job.id)
            self._added.setdefault(job.id, _Added()).complete.append(job.id)
        added = self._added.get(job.id, _Added())
        added.awaited.discard(job.id)
        if added.awaited or not added.complete:
            # It is told with the others, or was told already.
            return None
        complete, added.complete = tuple(added.complete), []
        for job_id in complete:
            self._added.pop(job_id, None)
        if len(complete) > 1:
            title = _tr("Folder Backup")
            text = counted(
                "The first backups of %Ln folders are complete.",
                "The first backup of %Ln folder is complete.",
                len(complete),
            )
        else:
            title, text = job.name, _tr("The first backup is complete.")
        text += " " + _tr("From now on every change follows by itself.")
        return Notice(job.id, JobState.OK, title, text, complete)


def _body(title: str, status: Status) -> str:
    if status.state is JobState.ATTENTION:
        return title + " " + _tr("Everything else is backed up.")
    return title
