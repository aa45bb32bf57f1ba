"""Fills the system's queue of changes for a watcher that does not read, without changing the system's limits."""

from __future__ import annotations

import os
from itertools import cycle, islice
from pathlib import Path

_MAX_QUEUED_EVENTS = Path("/proc/sys/fs/inotify/max_queued_events")


def fill_queue(first: Path, second: Path) -> None:
    """Touch two watched paths in turn, since one path twice would be one event, until the queue overflows.

    Args:
        first: A path in a folder that is watched.
        second: Another one.
    """
    # A reader may have taken the first thousand or so before it stood still.
    events = 2 * int(_MAX_QUEUED_EVENTS.read_text())
    for path in islice(cycle((first, second)), events):
        os.utime(path)
