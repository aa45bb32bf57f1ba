"""Checks folders before a job uses them, and the space on drives.

It blocks as long as a drive does, so it is never called in the window's thread. Imports nothing of Qt.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from backup_gui.config.folders import home_or_root
from backup_gui.config.job_factory import absolute, absolute_place, default_name, folder_faults, job_faults, make_job
from backup_gui.engine.destination.history_place import history_at, history_of, is_place_inside, is_vacant
from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.destination.reading import open_tree
from backup_gui.engine.fs.volumes.disks import are_on_one_disk
from backup_gui.engine.fs.volumes.drive_places import is_drive_missing
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.engine.fs.volumes.nesting import Location, is_within
from backup_gui.engine.ownership.belonging import foresee_conflict
from backup_gui.engine.state.register import ReadFacts
from backup_gui.engine.state.rows import catalog_file
from backup_gui.model.errors import JobError
from backup_gui.model.job import Job, Place
from backup_gui.model.path_text import one_line
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, lines, system_words

_SYSTEM_FOLDERS = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of checking the folders and options of a job.

    Attributes:
        job: The job; None if it cannot be used.
        faults: Reasons by the fields that are wrong.
        notes: Remarks by fields that are not wrong.
    """

    job: Job | None = None
    faults: dict[str, Reason] = field(default_factory=dict)
    notes: dict[str, Reason] = field(default_factory=dict)


def examine(wanted: Job, before: Job | None, others: tuple[Job, ...], data_folder: Path | None = None) -> Findings:
    """Check a job that the user is about to add or change.

    Args:
        wanted: The job as entered; its paths may be relative or empty, its name too.
        before: The job that it replaces; None for a new one.
        others: All other jobs.
        data_folder: The folder with the catalogs, which know further backups; None to check only the folders.

    Returns:
        The faults and notes, and the job if nothing is wrong.
    """
    faults = job_faults(wanted) or folder_faults(wanted)
    if faults:
        return Findings(faults=faults)
    source, destination = absolute(wanted.source), absolute(wanted.destination.path)
    is_same_pair = before is not None and (source, destination) == (before.source, before.destination.path)
    faults, notes = {}, {}
    source_fault = _source_fault(source)
    if source_fault and not is_same_pair:
        faults["source"] = source_fault
    elif source_fault:
        notes["source"] = source_fault
    destination_fault = _destination_fault(destination, others)
    if destination_fault:
        faults["destination"] = destination_fault
    elif not is_same_pair:
        told = (_destination_note(source, destination), _history_note(destination, wanted))
        if any(told):
            notes["destination"] = lines(*filter(None, told))
    if faults:
        return Findings(faults=faults, notes=notes)
    # Another pair of folders is another job, which must not use the old one's catalog.
    known_id = before.id if before is not None and is_same_pair else ""
    try:
        job = make_job(wanted._replace(source=source, destination=Place(destination), id=known_id))
    except JobError as error:
        return Findings(faults={"other": error.reason}, notes=notes)
    if any(job.id == other.id for other in others):
        return Findings(faults={"destination": Reason(ReasonCode.PAIR_EXISTS)}, notes=notes)
    belonging = NO_REASON if is_same_pair else _belonging_note(job, data_folder)
    if belonging:
        # More important than the other notes.
        notes["destination"] = belonging
    return Findings(job=job, notes=notes)


def room(path: str) -> tuple[int, int] | None:
    """Return the size of a folder's drive and what the user may still write, in bytes; None if there is no folder."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return None
    return usage.total, usage.free


def room_for_new(path: str) -> tuple[int, int] | None:
    """The same for a folder that may still have to be made; None if its drive is away."""
    return None if is_drive_missing(path) else room(nearest_existing(path))


def is_empty(path: str) -> bool:
    """Tell whether a folder has nothing in it that would count as a mirror's; also if it cannot be read."""
    try:
        with open_tree(path) as tree:
            return is_vacant(tree)
    except OSError:
        return True


def leave_out(job: Job, path: str) -> Job:
    """Add a rule to a job that excludes exactly one path."""
    escaped = "".join(f"\\{character}" if character in "\\*?[]!# " else character for character in path)
    rule = f"/{escaped}"
    return job if rule in job.exclude else job._replace(exclude=(*job.exclude, rule))


def _source_fault(source: str) -> Reason:
    try:
        with os.scandir(source) as entries:
            next(entries, None)
    except FileNotFoundError:
        return Reason(ReasonCode.PLACE_ABSENT)
    except NotADirectoryError:
        return Reason(ReasonCode.PLACE_NO_FOLDER)
    except PermissionError:
        return Reason(ReasonCode.PLACE_UNREAD)
    except OSError as error:
        return Reason(ReasonCode.PLACE_FAILS, why=system_words(error))
    return NO_REASON


def _destination_fault(destination: str, others: tuple[Job, ...]) -> Reason:
    if is_within(home_or_root(), destination):
        return Reason(ReasonCode.PLACE_OF_HOME)
    if os.name == "posix" and any(is_within(destination, folder) for folder in _SYSTEM_FOLDERS):
        return Reason(ReasonCode.PLACE_OF_SYSTEM)
    place = Location(destination)
    for other in others:
        # Its source is not looked at: it may lie on a drive that does not answer.
        if any(place.overlaps(Location(one.path)) for one in (other.destination, history_of(other)) if one):
            return Reason(ReasonCode.PLACE_TAKEN, name=one_line(other.name))
    parent = nearest_existing(destination)
    if is_drive_missing(destination):
        # The empty mount point says nothing about the drive.
        return NO_REASON
    if not os.access(parent, os.W_OK | os.X_OK):
        return Reason(ReasonCode.PLACE_UNWRITTEN)
    return NO_REASON


def _destination_note(source: str, destination: str) -> Reason:
    if is_drive_missing(destination):
        return Reason(ReasonCode.PLACE_NO_DRIVE)
    if not is_empty(destination):
        inside = os.path.join(destination, default_name(source))
        return Reason(ReasonCode.PLACE_NOT_EMPTY, path=inside)
    try:
        is_same_drive = are_on_one_disk(source, nearest_existing(destination))
    except OSError:
        return NO_REASON
    if is_same_drive:
        return Reason(ReasonCode.PLACE_ON_SAME_DRIVE)
    return NO_REASON


def _belonging_note(job: Job, data_folder: Path | None) -> Reason:
    """Return whose the folders are, if another backup's. The job can be saved, and asks the user when it runs."""
    file = None if data_folder is None else catalog_file(data_folder, job.id)
    conflict = foresee_conflict(folders_of(job), ReadFacts(file))
    return lines(conflict, Reason(ReasonCode.PLACE_UNTOUCHED)) if conflict else NO_REASON


def _history_note(destination: str, wanted: Job) -> Reason:
    """Return where the history lies if that is in the destination, where users would not expect it."""
    if not wanted.keeps_history:
        return NO_REASON
    history = history_at(Place(destination), absolute_place(wanted.history)).path
    if not is_place_inside(history, destination):
        return NO_REASON
    return Reason(ReasonCode.HISTORY_ON_DRIVE, path=history)
