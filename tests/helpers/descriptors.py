"""Which files a process has open, for tests that nothing is left open."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path

DESCRIPTORS = "/proc/self/fd"
# wine shows the folder of the Linux below it, too, whose numbers are not those of Windows.
HAS_DESCRIPTORS = os.name == "posix" and os.path.isdir(DESCRIPTORS)


def open_below(root: Path) -> list[str]:
    """What this process has open at and below a folder, sorted; empty where the system does not tell.

    Descriptors are not just counted: those of earlier tests are closed whenever the interpreter clears up after them.
    """
    found = []
    for number in os.listdir(DESCRIPTORS) if HAS_DESCRIPTORS else ():
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"{DESCRIPTORS}/{number}"))
    return sorted(path for path in found if path == str(root) or path.startswith(f"{root}/"))


def count_open() -> int:
    """How many descriptors this process has, after the interpreter has cleared up; 0 where the system does not tell."""
    gc.collect()
    return len(os.listdir(DESCRIPTORS)) if HAS_DESCRIPTORS else 0
