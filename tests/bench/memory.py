"""How much memory a program has with all processes that it starts."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

LOOK_EVERY_S = 0.02


def peak_bytes(process: subprocess.Popen[str]) -> int:
    """Look at a process and all below it until it ends; returns the most that they had at one time.

    What several of them share, such as the interpreter's code, counts once: each page counts for a process in so many
    parts as processes have it (proportional set size).
    """
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(proportional_bytes, descent(process.pid))))
        time.sleep(LOOK_EVERY_S)
    return peak


def descent(pid: int) -> list[int]:
    """A process, and all that it and its children have started."""
    family = [pid]
    for member in family:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                family.extend(map(int, (task / "children").read_text().split()))
        except (FileNotFoundError, ProcessLookupError):
            # Ended in this moment.
            continue
    return family


def proportional_bytes(pid: int) -> int:
    """Memory of one process; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
