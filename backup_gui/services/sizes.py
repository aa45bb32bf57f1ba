"""Counts how much room a backup and its history take. Knows nothing of Qt.

It goes through all of both, so it is never done in the window's thread, seldom, and without hurry.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from dataclasses import dataclass

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.history.usage import occupied_bytes
from backup_gui.model.paths import MARKER_NAME

# After so much work it rests as long: neither the window nor a job shall notice that somebody counts.
_WORK_S = 0.005


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much room is taken on the backup's drive.

    Attributes:
        mirror_bytes: By the mirror.
        history_bytes: By the history.
    """

    mirror_bytes: int
    history_bytes: int


def count_sizes(mirror: str, history: str | None, stop: threading.Event) -> Sizes | None:
    """Count the room that a mirror and its history take.

    Args:
        mirror: Absolute path.
        history: Absolute path; None if none is kept.
        stop: Ends the counting when set.

    Returns:
        The sizes; None if the mirror is not there or it was stopped.
    """
    seen: set[tuple[int, int]] = set()
    counted = _count(mirror, seen, stop, is_mirror=True)
    if counted is None:
        return None
    kept = _count(history, seen, stop) if history is not None else 0
    return None if stop.is_set() else Sizes(counted, kept or 0)


def _count(root: str, seen: set[tuple[int, int]], stop: threading.Event, *, is_mirror: bool = False) -> int | None:
    """Add up what is below a folder on its own volume, of a mirror what is its own; None if it is not there."""
    try:
        device = os.stat(root).st_dev
    except OSError:
        return None
    total_bytes = 0
    folders = [root]
    rested_s = time.monotonic()
    while folders and not stop.is_set():
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
                        stop.wait(_WORK_S)
                        rested_s = time.monotonic()
        except OSError:
            # What cannot be read, or went away meanwhile, cannot be counted either.
            continue
    return total_bytes
