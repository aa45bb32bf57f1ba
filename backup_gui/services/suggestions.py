"""Creates the jobs for folders and a backup place that the user has chosen.

It blocks as long as a drive does, so it is never called in the window's thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from backup_gui.config.job_factory import absolute, default_name
from backup_gui.engine.fs import native
from backup_gui.model.job import NEW_JOB, Job, Place
from backup_gui.model.reasons import NO_REASON, Reason
from backup_gui.services.job_check import examine, is_empty


@dataclass(frozen=True, slots=True)
class Proposal:
    """The jobs for what the user has chosen.

    Attributes:
        jobs: One for each source; empty if one of them is impossible.
        fault: Why it is impossible.
        note: A remark.
        is_place_empty: Whether the chosen folder is empty, or does not exist.
    """

    jobs: tuple[Job, ...] = ()
    fault: Reason = NO_REASON
    note: Reason = NO_REASON
    is_place_empty: bool = True


def propose(
    sources: tuple[str, ...],
    place: str,
    others: tuple[Job, ...],
    data_folder: Path | None = None,
    *,
    is_whole_place: bool = False,
    keeps_history: bool = True,
) -> Proposal:
    """Create the jobs for a choice, or return the first fault; with notes in any case.

    Args:
        sources: Folders to back up.
        place: The folder that becomes the backup, or in which it is created.
        others: The existing jobs.
        data_folder: The folder with the catalogs, see ``examine``.
        is_whole_place: Whether the folder itself is used, instead of a new one in it. For one source only.
        keeps_history: Whether replaced and deleted files are kept.
    """
    place = absolute(place) if place else ""
    is_place_empty = is_empty(place)
    jobs: list[Job] = []
    notes: list[Reason] = []
    for source, destination in _pairs(sources, place, is_whole_place=is_whole_place):
        wanted = NEW_JOB._replace(source=source, destination=Place(destination), keeps_history=keeps_history)
        if any(_is_same(source, other.source) for other in jobs):
            continue
        findings = examine(wanted, None, (*others, *jobs), data_folder)
        if findings.job is None:
            return Proposal(fault=next(iter(findings.faults.values()), NO_REASON), is_place_empty=is_place_empty)
        jobs.append(findings.job)
        notes.extend(note for note in findings.notes.values() if note not in notes)
    return Proposal(tuple(jobs), note=notes[0] if notes else NO_REASON, is_place_empty=is_place_empty)


def _pairs(sources: tuple[str, ...], place: str, *, is_whole_place: bool) -> list[tuple[str, str]]:
    if is_whole_place and len(sources) == 1:
        return [(sources[0], place)]
    taken: set[str] = set()
    pairs = []
    for source in sources:
        name = default_name(absolute(source))
        unique, number = name, 1
        while os.path.normcase(unique).casefold() in taken:
            number += 1
            unique = f"{name} {number}"
        taken.add(os.path.normcase(unique).casefold())
        pairs.append((source, os.path.join(place, unique)))
    return pairs


def _is_same(path: str, other: str) -> bool:
    return native.real_path(absolute(path)) == native.real_path(other)
