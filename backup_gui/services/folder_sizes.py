"""Counts the contents of a folder, what exclusion rules exclude from it, and the size of a backup and its history.

It blocks as long as a drive does, so it is never called in the window's thread. Imports nothing of Qt.
"""

from __future__ import annotations

import contextlib
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.destination.reading import open_tree
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.tree_view import listings
from backup_gui.engine.history.listing import occupied_bytes
from backup_gui.engine.plan.left_out import find_left_out, rules_of
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.errors import JobError
from backup_gui.model.paths import MARKER_NAME, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.model.entries import Entry
    from backup_gui.model.job import Job, Place

# After so much work it pauses as long, so that it slows down neither the window nor a job.
_WORK_S = 0.005
_NO_RULES = ExclusionRules()


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
    """Count a folder with all its contents, as ``count_left_out``."""
    found = count_left_out(root, (), should_stop, lambda so_far: tell(so_far.kept))
    return None if found is None else found.kept


def count_left_out(
    root: str, rules: tuple[str, ...], should_stop: Callable[[], bool], tell: Callable[[LeftOutSizes], None]
) -> LeftOutSizes | None:
    """Count what exclusion rules exclude from a folder, and the rest; tell the count so far for every folder.

    Entries that are never part of a backup, such as the program's own files, are not counted at all. None if cancelled,
    the folder cannot be read at all, or a rule is invalid.
    """
    try:
        chosen = ExclusionRules(rules)
    except JobError:
        return None
    return _sizes(root, should_stop, tell, chosen, ExclusionRules((), *find_left_out(root)))


def count_copies(job: Job, should_stop: Callable[[], bool]) -> FolderSize | None:
    """Count what a mirror still has of what its job now excludes; None as in ``count_left_out``."""
    try:
        rules = rules_of(job, folders_of(job))
    except JobError:
        return None
    if not rules:
        return FolderSize()
    found = _sizes(str(job.destination), should_stop, lambda _so_far: None, rules, is_mirror=True)
    return None if found is None else found.left_out


def count_sizes(mirror: Place, history: Place | None, should_stop: Callable[[], bool]) -> tuple[int, int] | None:
    """Count the bytes of a mirror and of its history, if one is kept; None if unreadable or cancelled."""
    seen: set[tuple[int, int]] = set()
    counted = _space(str(mirror), seen, should_stop, is_mirror=True)
    if counted is None:
        return None
    kept = _space(str(history), seen, should_stop) if history is not None else 0
    return None if should_stop() else (counted, kept or 0)


def _sizes(
    root: str,
    should_stop: Callable[[], bool],
    tell: Callable[[LeftOutSizes], None],
    rules: ExclusionRules,
    never: ExclusionRules = _NO_RULES,
    *,
    is_mirror: bool = False,
) -> LeftOutSizes | None:
    files, sizes, is_whole = [0, 0], [0, 0], True
    so_far = LeftOutSizes()
    try:
        with open_tree(root) as tree:
            for found, is_seen in _contents(tree, should_stop, rules, never, is_mirror=is_mirror):
                is_whole = is_whole and is_seen
                for entry, is_out in found:
                    files[is_out] += 1
                    sizes[is_out] += entry.st_size if stat.S_ISREG(entry.st_mode) else 0
                kept, left_out = (FolderSize(*size, is_whole) for size in zip(files, sizes, strict=True))
                so_far = LeftOutSizes(left_out, kept)
                tell(so_far)
    except (Cancelled, OSError):
        return None
    return so_far


def _space(
    root: str, seen: set[tuple[int, int]], should_stop: Callable[[], bool], *, is_mirror: bool = False
) -> int | None:
    """Add up what is below a folder on the same volume; None if it cannot be opened."""
    try:
        tree = open_tree(root)
    except OSError:
        return None
    total_bytes = 0
    began_s = time.monotonic()
    with tree, contextlib.suppress(Cancelled, OSError):
        for found, _ in _contents(tree, should_stop, is_mirror=is_mirror, is_one_volume=True):
            for entry, _ in found:
                if entry.st_nlink <= 1 or (entry.st_dev, entry.st_ino) not in seen:
                    if entry.st_nlink > 1:
                        seen.add((entry.st_dev, entry.st_ino))
                    total_bytes += occupied_bytes(entry)
            worked_s = time.monotonic() - began_s
            if worked_s > _WORK_S:
                time.sleep(worked_s)
                began_s = time.monotonic()
    return total_bytes


def _contents(
    tree: TreeView,
    should_stop: Callable[[], bool],
    rules: ExclusionRules = _NO_RULES,
    never: ExclusionRules = _NO_RULES,
    *,
    is_mirror: bool = False,
    is_one_volume: bool = False,
) -> Iterator[tuple[list[tuple[Entry, bool]], bool]]:
    """Yield what is in each folder besides folders, with whether it is excluded, and whether all could be looked at.

    Args:
        tree: The folder.
        should_stop: Polled for every folder; returns True to cancel.
        rules: What is excluded.
        never: What does not count at all.
        is_mirror: Whether entries at the root that are not part of a mirror do not count.
        is_one_volume: Whether what is on other volumes does not count.

    Raises:
        Cancelled: ``should_stop`` returned True.
        OSError: The root cannot be listed; what else cannot be read is not counted.
    """
    volumes = {tree.root_entry.st_dev, 0}
    pending = [("", False)]
    while pending:
        if should_stop():
            raise Cancelled
        folder, is_folder_out = pending.pop()
        is_never, excludes = never.in_folder(folder), rules.in_folder(folder)
        refused: dict[str, OSError] = {}
        try:
            for entries, _, _ in listings(tree, folder, refused):
                found = []
                for name, entry in entries.items():
                    path, is_folder = join(folder, name), stat.S_ISDIR(entry.st_mode)
                    if name == MARKER_NAME or (is_never is not None and is_never(path, is_folder)):
                        continue
                    if is_mirror and not folder and is_not_the_mirrors(tree, name, entry):
                        continue
                    is_out = is_folder_out or (excludes is not None and excludes(path, is_folder))
                    if not is_folder:
                        found.append((entry, is_out))
                    elif not is_one_volume or entry.st_dev in volumes:
                        pending.append((path, is_out))
                yield found, not refused
        except OSError:
            if not folder:
                raise
            yield [], False
