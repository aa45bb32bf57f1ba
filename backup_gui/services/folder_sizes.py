"""Counts the contents of a folder, what exclusion rules exclude from it, and the size of a backup and its history.

It blocks as long as a drive does, so it is never called in the window's thread. Imports nothing of Qt.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.history.listing import occupied_bytes
from backup_gui.engine.plan.left_out import find_left_out, rules_of
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.errors import JobError
from backup_gui.model.paths import MARKER_NAME, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.model.job import Job

# After so much work it pauses as long, so that it slows down neither the window nor a job.
_WORK_S = 0.005


class FolderSize(NamedTuple):
    """The result of a count.

    Attributes:
        files: Files and links.
        bytes: Total size of the files.
        is_whole: Whether everything could be read.
    """

    files: int = 0
    bytes: int = 0
    is_whole: bool = True


class LeftOutSizes(NamedTuple):
    """The effect of rules on a folder.

    Attributes:
        left_out: What they exclude.
        kept: The rest.
    """

    left_out: FolderSize = FolderSize()
    kept: FolderSize = FolderSize()


def count_folder(root: str, should_stop: Callable[[], bool], tell: Callable[[FolderSize], None]) -> FolderSize | None:
    """Count a folder with all its contents.

    Args:
        root: Absolute path of the folder.
        should_stop: Polled for every folder; returns True to cancel.
        tell: Called for every folder with the count so far.

    Returns:
        The count; None if cancelled or the folder cannot be read at all.
    """
    found = count_left_out(root, (), should_stop, lambda so_far: tell(so_far.kept))
    return None if found is None else found.kept


def count_left_out(
    root: str, rules: tuple[str, ...], should_stop: Callable[[], bool], tell: Callable[[LeftOutSizes], None]
) -> LeftOutSizes | None:
    """Count what exclusion rules exclude from a folder, and the rest.

    Entries that are never part of a backup, such as the program's own files, are not counted at all.

    Args:
        root: Absolute path of the folder.
        rules: The rules.
        should_stop: Polled for every folder; returns True to cancel.
        tell: Called for every folder with the count so far.

    Returns:
        The count; None if cancelled, the folder cannot be read at all, or a rule is invalid.
    """
    try:
        excludes = ExclusionRules(rules).excludes
    except JobError:
        return None
    never = ExclusionRules((), *find_left_out(root)).in_folder
    # Files and bytes, of kept and of excluded files.
    counts = [[0, 0], [0, 0]]
    is_whole = True
    pending: list[tuple[str, bool]] = [("", False)]
    while pending:
        if should_stop():
            return None
        path, is_out = pending.pop()
        prefix = path + "/" if path else ""
        is_never = never(path)
        try:
            with os.scandir(os.path.join(root, path)) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    try:
                        is_folder = entry.is_dir(follow_symlinks=False)
                    except OSError:
                        # For example a mount whose server is dead; the others still count.
                        is_whole = False
                        continue
                    if is_never is not None and is_never(name, is_folder):
                        continue
                    # The contents of an excluded folder need no check.
                    is_entry_out = is_out or (bool(rules) and excludes(name, is_folder))
                    if is_folder:
                        pending.append((name, is_entry_out))
                        continue
                    count = counts[is_entry_out]
                    count[0] += 1
                    size_bytes = _size(entry)
                    count[1] += size_bytes or 0
                    is_whole = is_whole and size_bytes is not None
        except OSError:
            if not path:
                return None
            is_whole = False
        tell(_left_out(counts, is_whole=is_whole))
    return _left_out(counts, is_whole=is_whole)


def count_copies(job: Job, should_stop: Callable[[], bool]) -> FolderSize | None:
    """Count what a mirror still has of what its job now excludes.

    Args:
        job: The job.
        should_stop: Polled for every folder; returns True to cancel.

    Returns:
        The count; None if cancelled, the mirror cannot be read at all, or a rule is invalid.
    """
    try:
        rules = rules_of(job, folders_of(job))
    except JobError:
        return None
    files = size_bytes = 0
    is_whole = True
    pending = [("", False)] if rules else []
    while pending:
        if should_stop():
            return None
        path, is_out = pending.pop()
        excludes = rules.in_folder(path)
        try:
            with os.scandir(os.path.join(job.destination.path, path)) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    if not path and is_not_the_mirrors(job.destination.path, entry.name, found):
                        continue
                    name = join(path, entry.name)
                    is_folder = stat.S_ISDIR(found.st_mode)
                    is_entry_out = is_out or (excludes is not None and excludes(name, is_folder))
                    if is_folder:
                        pending.append((name, is_entry_out))
                    elif is_entry_out:
                        files += 1
                        size_bytes += found.st_size if stat.S_ISREG(found.st_mode) else 0
        except OSError:
            if not path:
                return None
            is_whole = False
    return FolderSize(files, size_bytes, is_whole=is_whole)


def _size(entry: os.DirEntry[str]) -> int | None:
    """Return a file's size in bytes, 0 for anything else; None if it cannot be read."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _left_out(counts: list[list[int]], *, is_whole: bool) -> LeftOutSizes:
    kept, left_out = counts
    return LeftOutSizes(
        left_out=FolderSize(left_out[0], left_out[1], is_whole=is_whole),
        kept=FolderSize(kept[0], kept[1], is_whole=is_whole),
    )


def count_sizes(mirror: str, history: str | None, should_stop: Callable[[], bool]) -> tuple[int, int] | None:
    """Count the space that a mirror and its history take.

    Args:
        mirror: Absolute path.
        history: Absolute path; None if none is kept.
        should_stop: Polled for every folder; returns True to cancel.

    Returns:
        Bytes of the mirror and of the history; None if the mirror does not exist or the count was cancelled.
    """
    seen: set[tuple[int, int]] = set()
    counted = _count(mirror, seen, should_stop, is_mirror=True)
    if counted is None:
        return None
    kept = _count(history, seen, should_stop) if history is not None else 0
    return None if should_stop() else (counted, kept or 0)


def _count(
    root: str, seen: set[tuple[int, int]], should_stop: Callable[[], bool], *, is_mirror: bool = False
) -> int | None:
    """Add up what is below a folder on the same volume; None if it does not exist.

    At the root of a mirror, entries that are not part of it do not count.
    """
    try:
        device = os.stat(root).st_dev
    except OSError:
        return None
    total_bytes = 0
    folders = [root]
    rested_s = time.monotonic()
    while folders and not should_stop():
        try:
            folder = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    if entry.name == MARKER_NAME:
                        continue
                    if is_mirror and folder == root and is_not_the_mirrors(root, entry.name, found):
                        continue
                    if stat.S_ISDIR(found.st_mode):
                        if found.st_dev in {device, 0}:
                            folders.append(entry.path)
                    elif found.st_nlink <= 1 or (found.st_dev, found.st_ino) not in seen:
                        if found.st_nlink > 1:
                            seen.add((found.st_dev, found.st_ino))
                        total_bytes += occupied_bytes(found)
                    if time.monotonic() - rested_s > _WORK_S:
                        time.sleep(_WORK_S)
                        rested_s = time.monotonic()
        except OSError:
            # What cannot be read, or has vanished meanwhile, is not counted.
            continue
    return total_bytes
