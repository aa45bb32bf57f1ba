"""Finds folders worth protecting and places for their backups, and makes jobs of what was chosen.

Blocks as long as a drive does: never called in the window's thread. Of Qt it uses only what may be used in any thread.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QStorageInfo

from backup_gui.config.folders import home_or_root
from backup_gui.config.settings import absolute, default_name
from backup_gui.engine.destination.history_place import is_vacant
from backup_gui.engine.fs.volumes.disks import disks_of
from backup_gui.model.job import Job
from backup_gui.services.job_check import examine

# What shows something else than a drive's own files.
_NO_DRIVES = re.compile(
    r"auto|bpf|cgroup|config|debugfs|dev|efi|fuse\.(gvfsd-fuse|lxcfs|portal)|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    r"proc|pstore|ramfs|rpc_|securityfs|squashfs|swap|sysfs|tmpfs|tracefs|udf|binfmt_"
)
_NO_PLACES = ("/boot", "/efi", "/snap", "/run/user", "/var/lib/docker", "/System/Volumes")
BACKUPS_FOLDER = "Backups"


@dataclass(frozen=True, slots=True)
class Place:
    """A drive that a backup could be put on.

    Attributes:
        root: Absolute path of the folder that the backup's folder is made in.
        name: What the drive is called.
        total_bytes: Its size.
        free_bytes: What the user may still write.
        is_own: Whether it is the drive that the system or the home folder is on, be it in another part of it.
    """

    root: str
    name: str
    total_bytes: int
    free_bytes: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user has chosen.

    Attributes:
        sources: Folders to protect.
        place: The folder in which, or as which, the backup is to be.
        is_whole_place: Whether the folder is used as it is, instead of a new one in it. For one source only.
        keeps_history: Whether replaced and deleted files are kept.
    """

    sources: tuple[str, ...]
    place: str
    is_whole_place: bool = False
    keeps_history: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """The jobs that come of a choice.

    Attributes:
        jobs: One for each source; empty if one of them cannot be.
        fault: Why not, in one sentence.
        note: What is worth knowing.
        is_place_empty: Whether nothing is in the folder chosen, or it does not exist.
    """

    jobs: tuple[Job, ...] = ()
    fault: str = ""
    note: str = ""
    is_place_empty: bool = True


def usual_folders(protected: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders most people have their files in, as far as they are there and not protected yet."""
    where = QStandardPaths.StandardLocation
    found: list[str] = []
    for location in (where.DocumentsLocation, where.PicturesLocation, where.DesktopLocation):
        path = QStandardPaths.writableLocation(location)
        # A folder that was never set up is said to be the home folder itself.
        is_home = bool(path) and os.path.realpath(path) == os.path.realpath(home_or_root())
        if path and not is_home and os.path.isdir(path) and path not in found and path not in protected:
            found.append(path)
    return tuple(found)


def places() -> tuple[Place, ...]:
    """Return the drives that can be written to, others than the system's first, then those with the most room."""
    found: dict[int, Place] = {}
    home_disks = _disks(home_or_root())
    for volume in QStorageInfo.mountedVolumes():
        root = volume.rootPath()
        kind = bytes(volume.fileSystemType().data()).decode(errors="replace")
        if _NO_DRIVES.match(kind) or root.startswith(_NO_PLACES) or not volume.isReady() or volume.isReadOnly():
            continue
        device = _device(root)
        if device is None or device in found or volume.bytesTotal() <= 0:
            continue
        is_own = bool(_disks(root) & home_disks) or root == "/"
        if is_own:
            root = os.path.join(home_or_root(), BACKUPS_FOLDER)
        elif not os.access(root, os.W_OK | os.X_OK):
            continue
        name = "" if is_own else volume.displayName() or os.path.basename(root) or root
        found[device] = Place(root, name, volume.bytesTotal(), volume.bytesAvailable(), is_own)
    own = [place for place in found.values() if place.is_own]
    rest = sorted((place for place in found.values() if not place.is_own), key=lambda place: -place.free_bytes)
    # The system may lie on one drive and the home folder on another; both lead to the same folder.
    return (*rest, *own[:1])


def propose(choice: Choice, others: tuple[Job, ...], data_folder: Path | None = None) -> Proposal:
    """Make jobs of what was chosen, or say why that is not possible.

    Args:
        choice: The choice.
        others: The jobs there are already.
        data_folder: Where the catalogs are, see ``examine``.

    Returns:
        The jobs, or the first fault; with notes in any case.
    """
    place = absolute(choice.place) if choice.place else ""
    is_empty = _is_empty(place)
    jobs: list[Job] = []
    notes: list[str] = []
    for source, destination in _pairs(choice, place):
        wanted = Job(source, destination, id="", name="", keeps_history=choice.keeps_history, asks_about_strangers=True)
        if any(_is_same(source, other.source) for other in jobs):
            continue
        findings = examine(wanted, None, (*others, *jobs), data_folder)
        if findings.job is None:
            return Proposal(fault=next(iter(findings.faults.values()), ""), is_place_empty=is_empty)
        jobs.append(findings.job)
        notes.extend(note for note in findings.notes.values() if note not in notes)
    return Proposal(tuple(jobs), note=notes[0] if notes else "", is_place_empty=is_empty)


def _pairs(choice: Choice, place: str) -> list[tuple[str, str]]:
    if choice.is_whole_place and len(choice.sources) == 1:
        return [(choice.sources[0], place)]
    taken: set[str] = set()
    pairs = []
    for source in choice.sources:
        name = default_name(absolute(source))
        unique, number = name, 1
        while os.path.normcase(unique).casefold() in taken:
            number += 1
            unique = f"{name} {number}"
        taken.add(os.path.normcase(unique).casefold())
        pairs.append((source, os.path.join(place, unique)))
    return pairs


def _is_same(path: str, other: str) -> bool:
    return os.path.realpath(absolute(path)) == os.path.realpath(other)


def _is_empty(path: str) -> bool:
    try:
        return is_vacant(path)
    except OSError:
        return True


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _disks(path: str) -> frozenset[str]:
    try:
        return disks_of(path)
    except OSError:
        return frozenset()
