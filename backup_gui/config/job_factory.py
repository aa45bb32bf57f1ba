"""Builds jobs and checks them, so that the engine never gets an unusable one. Imports nothing of Qt.

``job_faults`` is pure and fast enough for every keystroke. ``folder_faults`` reads the file system, which may hang, so
it is never called in the window's thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import os

from backup_gui.config.folders import home
from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.destination.job_folders import Nesting, folders_at, nesting_of
from backup_gui.engine.fs import native
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.errors import JobError, OwnFolderError
from backup_gui.model.job import LIMITS, MAX_NAME_LENGTH, Job, Place
from backup_gui.model.path_text import readable
from backup_gui.model.reasons import Reason, ReasonCode


def make_job(draft: Job) -> Job:
    """Complete a job and check it, also against the file system.

    The draft's source need not exist at the moment, and its destination need not exist yet. Without an id, one is
    derived from the two folders, so that the same pair finds its catalog again.

    Raises:
        JobError: Something is wrong; the reason is one plain sentence.
    """
    _refuse(job_faults(draft), draft)
    source, destination = absolute(draft.source), absolute_place(draft.destination)
    job = draft._replace(
        source=source,
        destination=destination,
        history=absolute_place(draft.history),
        id=draft.id or job_id(source, destination.path),
        name=draft.name.strip() or default_name(source),
    )
    _refuse(job_faults(job), job)
    _refuse(folder_faults(job), job)
    return job


def job_id(source: str, destination: str) -> str:
    """Derive a job's stable key from its folders: 16 hexadecimal digits.

    It uses the paths as given, without resolving links: if a link is redirected to another folder, it is still the same
    job, and its catalog reveals the swap.
    """
    pair = "\0".join(os.path.normcase(path) for path in (source, destination))
    return hashlib.sha256(pair.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def default_name(source: str) -> str:
    """Name a job after its source."""
    return readable(os.path.basename(source.rstrip("/\\")) or source)[:MAX_NAME_LENGTH]


# What is said of folders in each other, at which field.
_NESTED = {
    Nesting.SAME: ("destination", ReasonCode.TYPED_SAME),
    Nesting.DESTINATION_IN_SOURCE: ("destination", ReasonCode.TYPED_DESTINATION_IN_SOURCE),
    Nesting.SOURCE_IN_DESTINATION: ("destination", ReasonCode.TYPED_SOURCE_IN_DESTINATION),
    Nesting.SOURCE_MOUNTED_IN_DESTINATION: ("destination", ReasonCode.TYPED_SOURCE_IN_DESTINATION),
    Nesting.SOURCE_IN_OWN: ("source", ReasonCode.TYPED_SOURCE_IN_OWN),
    Nesting.DESTINATION_AROUND_OWN: ("destination", ReasonCode.TYPED_DESTINATION_AROUND_OWN),
    Nesting.HISTORY_IN_SOURCE: ("history", ReasonCode.TYPED_HISTORY_IN_SOURCE),
    Nesting.SOURCE_IN_HISTORY: ("history", ReasonCode.TYPED_SOURCE_IN_HISTORY),
    Nesting.HISTORY_IN_DESTINATION: ("history", ReasonCode.TYPED_HISTORY_IN_DESTINATION),
    Nesting.DESTINATION_IN_HISTORY: ("history", ReasonCode.TYPED_DESTINATION_IN_HISTORY),
    Nesting.HISTORY_AROUND_OWN: ("history", ReasonCode.TYPED_HISTORY_AROUND_OWN),
}

_MISSING = {
    "source": ReasonCode.TYPED_SOURCE_MISSING,
    "destination": ReasonCode.TYPED_DESTINATION_MISSING,
}
_SPACES = {
    "source": ReasonCode.TYPED_SOURCE_SPACES,
    "destination": ReasonCode.TYPED_DESTINATION_SPACES,
    "history": ReasonCode.TYPED_HISTORY_SPACES,
}
_ODD_CHARACTER = {
    "source": ReasonCode.TYPED_SOURCE_CHARACTER,
    "destination": ReasonCode.TYPED_DESTINATION_CHARACTER,
    "history": ReasonCode.TYPED_HISTORY_CHARACTER,
}
_NO_FOLDER = {
    "source": ReasonCode.TYPED_SOURCE_NO_FOLDER,
    "destination": ReasonCode.TYPED_DESTINATION_NO_FOLDER,
    "history": ReasonCode.TYPED_HISTORY_NO_FOLDER,
}


def absolute(path: str) -> str:
    """Make a path absolute, and expand ``~``.

    ``..`` after a link means the parent of the link's target, so the system resolves such paths.

    Raises:
        JobError: It begins with ``~``, and there is no home folder. A folder named ``~`` is never created instead.
    """
    expanded = _expanded(path)
    if os.pardir in expanded.replace("\\", "/").split("/"):
        return native.real_path(expanded)
    return os.path.abspath(expanded)


def absolute_place(place: Place) -> Place:
    """Make the path of a place absolute, as ``absolute``; an empty place stays so."""
    return place and Place(absolute(place.path))


def _expanded(path: str) -> str:
    expanded = os.path.expanduser(path)
    if path == "~" or path.startswith("~/"):
        try:
            expanded = home() + path[1:]
        except OwnFolderError as error:
            raise JobError(Reason(ReasonCode.NO_HOME, path=path)) from error
    return expanded


def job_faults(job: Job) -> dict[str, Reason]:
    """Return a reason for each field that is wrong, without reading any file; for use while the user types.

    Paths may still be relative or empty.
    """
    faults: dict[str, Reason] = {}
    for name, path, is_needed in (
        ("source", job.source, True),
        ("destination", job.destination.path, True),
        ("history", job.history.path, False),
    ):
        if not path and is_needed:
            faults[name] = Reason(_MISSING[name])
        elif path and not path.strip():
            faults[name] = Reason(_SPACES[name])
        elif "\0" in path:
            faults[name] = Reason(_ODD_CHARACTER[name])
    if not faults:
        faults.update(_equal_paths(job))
    for name, (least, most, code) in LIMITS.items():
        value = getattr(job, name)
        number = len(value) if isinstance(value, str) else value
        if number < least or (most is not None and number > most):
            faults[name] = Reason(code, number=least if most is None else most)
    try:
        ExclusionRules(job.exclude)
    except JobError as error:
        faults["exclude"] = error.reason
    return faults


def _equal_paths(job: Job) -> dict[str, Reason]:
    """Refuse paths that are equal as text; ``folder_faults`` checks the folders."""
    source, destination = _lexical(job.source), _lexical(job.destination.path)
    if source == destination:
        return {"destination": Reason(ReasonCode.TYPED_SAME)}
    if job.keeps_history and job.history and _lexical(job.history.path) in (source, destination):
        return {"history": Reason(ReasonCode.TYPED_HISTORY_SAME)}
    return {}


def _lexical(path: str) -> str:
    with contextlib.suppress(JobError):
        path = _expanded(path)
    return os.path.normcase(os.path.abspath(path))


def folder_faults(job: Job) -> dict[str, Reason]:
    """Return a reason for each field of a job without ``job_faults`` that the file system shows to be wrong.

    May block on a drive that does not respond. A folder that does not exist is no fault: a drive may not be connected.
    """
    destination = absolute_place(job.destination)
    folders = {"source": absolute(job.source), "destination": destination.path}
    if job.keeps_history:
        folders["history"] = history_at(destination, absolute_place(job.history)).path
    faults = {
        name: Reason(_NO_FOLDER[name])
        for name, path in folders.items()
        # A link without an existing target may lead to a drive that is not connected.
        if os.path.exists(path) and not os.path.isdir(path)
    }
    if faults:
        return faults
    nesting = nesting_of(folders_at(folders["source"], destination.path, folders.get("history")))
    if nesting is None:
        return {}
    name, code = _NESTED[nesting]
    return {name: Reason(code)}


def _refuse(faults: dict[str, Reason], job: Job) -> None:
    """Raise the first fault, with its path."""
    for name, fault in faults.items():
        path = {"source": job.source, "destination": job.destination.path, "history": job.history.path}.get(name)
        raise JobError(Reason(ReasonCode.ABOUT, detail=fault, path=path) if path else fault)
