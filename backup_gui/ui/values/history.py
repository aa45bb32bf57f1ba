"""What the History page is shown, and what it asks for: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backup_gui.model.restores import Item, Policy

if TYPE_CHECKING:
    from backup_gui.model.job import Job


@dataclass(frozen=True, slots=True)
class Subject:
    """What a History page is about.

    Attributes:
        name: What the user calls it.
        destination: Absolute path of the mirror.
        history: Absolute path of the history; empty for where the program puts it, and None if none is kept.
        job_id: The job; empty for a backup folder without one.
        source: Absolute path of the folder that was backed up; empty if unknown.
    """

    name: str
    destination: str
    history: str | None
    job_id: str = ""
    source: str = ""


def subject_of(job: Job) -> Subject:
    """What the History page of a job is about."""
    return Subject(job.name, job.destination, job.history if job.keeps_history else None, job.id, job.source)


@dataclass(frozen=True, slots=True)
class Asked:
    """Something the page wants to know. It is handed back with the answer, so that late answers are recognised.

    Attributes:
        subject: What the page is about.
        serial: Which state of the page this is.
        path: Of which file or folder; the empty string for the topmost one, and where it does not matter.
        at: The time whose state is wanted, seconds since 1970; None for now.
        shows_gone: Whether what had been deleted before is wanted too.
        text: What is searched for.
        item: What is looked at.
    """

    subject: Subject
    serial: int
    path: str = ""
    at: float | None = None
    shows_gone: bool = False
    text: str = ""
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """The user wants something back.

    Attributes:
        subject: What it is from.
        items: What is wanted, folders with all that stood in them.
        at: The time as of which they were shown; None for now.
        to: Absolute path of the folder to save to; empty to put everything back where it was.
        policy: What is done where something is there.
    """

    subject: Subject
    items: tuple[Item, ...]
    at: float | None = None
    to: str = ""
    policy: Policy = Policy.KEEP_BOTH
