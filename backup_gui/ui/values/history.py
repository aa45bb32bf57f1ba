"""Plain values that the History page shows, and its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backup_gui.model.restores import Item, Policy

if TYPE_CHECKING:
    from backup_gui.model.job import Job, Place


@dataclass(frozen=True, slots=True)
class Subject:
    """The backup that a History page shows.

    Attributes:
        name: The user's name for it.
        destination: Where the mirror lies.
        history: Where the history lies; empty for the usual place, None if no history is kept.
        job_id: The job; empty for a backup folder without one.
        source: Absolute path of the folder that was backed up; empty if unknown.
    """

    name: str
    destination: Place
    history: Place | None
    job_id: str = ""
    source: str = ""


def subject_of(job: Job) -> Subject:
    """The backup of a job, for its History page."""
    return Subject(job.name, job.destination, job.history if job.keeps_history else None, job.id, job.source)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the page. Each answer repeats its request, so that the page can ignore late answers.

    Attributes:
        subject: The backup.
        path: The file or folder; empty for the root, and where it does not matter.
        at: The requested time, seconds since 1970; None for now.
        shows_gone: Whether to include files that had been deleted before.
        text: Text to search for.
        item: The item to preview.
    """

    subject: Subject
    path: str = ""
    at: float | None = None
    shows_gone: bool = False
    text: str = ""
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """A request to restore items, folders with their contents, as they were at the time that the page showed.

    Without a folder to save to, each goes to its original place.
    """

    subject: Subject
    items: tuple[Item, ...]
    at: float | None = None
    to: str = ""
    policy: Policy = Policy.KEEP_BOTH
