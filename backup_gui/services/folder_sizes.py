"""Counts what is in a folder, what exclusion rules leave out of it, and what a backup and its history take.

Blocks as long as a drive does: never called in the window's thread. Knows nothing of Qt.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.history.usage import occupied_bytes
from backup_gui.engine.plan.left_out import find_left_out, rules_of
from backup_gui.engine.rules.exclusions import Filter
from backup_gui.model.errors import JobError
from backup_gui.model.paths import MARKER_NAME, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.model.job import Job

# After so much work it rests as long: neither the window nor a job shall notice that somebody counts.
_WORK_S = 0.005


class Tally(NamedTuple):
    """What was counted.

    Attributes:
        files: Files and links.
        bytes: Sizes of the files together.
        is_whole: Whether everything could be looked at.
    """

    files: int = 0
    bytes: int = 0
    is_whole: bool = True


class LeftOut(NamedTuple):
    """What rules do to a folder.

    Attributes:
        left_out: What they leave out.
        kept: The rest.
    """

    left_out: Tally = Tally()
    kept: Tally = Tally()


def count_folder(root: str, should_stop: Callable[[], bool], tell: Callable[[Tally], None]) -> Tally | None:
    """Count a folder with all that is in it.

    Args:
        root: Absolute path of the folder.
        should_stop: Asked for every folder.
        tell: Told of the count so far, for every folder.

    Returns:
        The count; None if it was stopped or the folder cannot be read at all.
    """
    found = count_left_out(root, (), should_stop, lambda so_far: tell(so_far.kept))
    return None if found is None else found.kept


def count_left_out(
    root: str, rules: tuple[str, ...], should_stop: Callable[[], bool], tell: Callable[[LeftOut], None]
) -> LeftOut | None:
    """Count what exclusion rules leave out of a folder, and what they do not.

    What is no part of any backup, such as the program's own files, is not counted at all.

    Args:
        root: Absolute path of the folder.
        rules: The rules.
        should_stop: Asked for every folder.
        tell: Told of the count so far, for every folder.

    Returns:
        The count; None if it was stopped, the folder cannot be read at all, or a rule is not valid.
    """
    try:
        excludes = Filter(rules).excludes
    except JobError:
        return None
    never = Filter((), *find_left_out(root)).in_folder
    # Files and bytes, of what is kept and of what is left out.
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
                        # Such as a mount whose server is dead: the others count all the same.
                        is_whole = False
                        continue
                    if is_never is not None and is_never(name, is_folder):
                        continue
                    # What lies in a folder that is left out need not be asked about.
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


def count_copies(job: Job, should_stop: Callable[[], bool]) -> Tally | None:
    """Count what a mirror has of what its job leaves out by now.

    Args:
        job: The job.
        should_stop: Asked for every folder.

    Returns:
        The count; None if it was stopped, the mirror cannot be read at all, or a rule is not valid.
    """
    try:
        rules = rules_of(job)
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
            with os.scandir(os.path.join(job.destination, path)) as entries:
                for entry in entries:
                    found = entry.stat(follow_symlinks=False)
                    if not path and is_not_the_mirrors(job.destination, entry.name, found):
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
    return Tally(files, size_bytes, is_whole=is_whole)


def _size(entry: os.DirEntry[str]) -> int | None:
    """A file's size in bytes, 0 for anything else; None if it cannot be told."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _left_out(counts: list[list[int]], *, is_whole: bool) -> LeftOut:
    kept, left_out = counts
    return LeftOut(
        left_out=Tally(left_out[0], left_out[1], is_whole=is_whole), kept=Tally(kept[0], kept[1], is_whole=is_whole)
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much room is taken on the backup's drive.

    Attributes:
        mirror_bytes: By the mirror.
        history_bytes: By the history.
    """

    mirror_bytes: int
    history_bytes: int


def count_sizes(mirror: str, history: str | None, should_stop: Callable[[], bool]) -> Sizes | None:
    """Count the room that a mirror and its history take.

    Args:
        mirror: Absolute path.
        history: Absolute path; None if none is kept.
        should_stop: Asked for every folder.

    Returns:
        The sizes; None if the mirror is not there or it was stopped.
    """
    seen: set[tuple[int, int]] = set()
    counted = _count(mirror, seen, should_stop, is_mirror=True)
    if counted is None:
        return None
    kept = _count(history, seen, should_stop) if history is not None else 0
    return None if should_stop() else Sizes(counted, kept or 0)


def _count(
    root: str, seen: set[tuple[int, int]], should_stop: Callable[[], bool], *, is_mirror: bool = False
) -> int | None:
    """Add up what is below a folder on its own volume, of a mirror what is its own; None if it is not there."""
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
            # What cannot be read, or went away meanwhile, cannot be counted either.
            continue
    return total_bytes
