"""Which files a process has open, for tests that nothing is left open."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path


def open_below(root: Path) -> list[str]:
    """What this process has open at and below a folder, sorted; empty where the system does not tell.

    Descriptors are not just counted: those of earlier tests are closed whenever the interpreter clears up after them.
    """
    found = []
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return sorted(path for path in found if path == str(root) or path.startswith(f"{root}/"))


def count_open() -> int:
    """How many descriptors this process has, after the interpreter has cleared up; 0 where the system does not tell."""
    gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
