"""How soon a single change reaches the mirror while a large tree is watched, and what that costs."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.programs import PROJECT, own_environment

CHANGES = 15
# Long enough for everything that a change sets off to be over, such as the second look at a fresh time stamp.
SETTLING_S = 4.0
LOOK_EVERY_S = 0.005
LIMIT_S = 30.0


def follow(source: Path, place: Path) -> None:
    """Run the program over a mirror that is in step, change one file after another, and print what it took.

    Args:
        source: The source.
        place: Where the mirror and the program's own data are.
    """
    mirror = place / "mirror"
    process = subprocess.Popen(
        [sys.executable, "-m", "backup_gui", "run", str(source), str(mirror), "--json"],
        env=own_environment(place / "home"),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        while json.loads(process.stdout.readline())["event"] != "report":
            pass
        time.sleep(SETTLING_S)
        files = sorted(source.glob("part */folder */file 1*"))
        took, cost = [], []
        for number in range(CHANGES):
            cpu_s = cpu_seconds(process.pid)
            took.append(change(files[number * len(files) // CHANGES], source, mirror))
            time.sleep(SETTLING_S)
            cost.append(cpu_seconds(process.pid) - cpu_s)
        peak_bytes = memory_bytes(process.pid)
    finally:
        process.terminate()
        process.stdout.close()
        process.wait()
    print(f"single change while watching, {CHANGES} of them: in the mirror after", end=" ")
    print(f"{statistics.median(took):.2f} s (most {max(took):.2f} s);", end=" ")
    print(f"{statistics.median(cost) * 1e3:.0f} ms of CPU (most {max(cost) * 1e3:.0f} ms);", end=" ")
    print(f"peak memory {peak_bytes / 1e6:.0f} MB")


def change(file: Path, source: Path, mirror: Path) -> float:
    """Write a file anew; returns how long it takes until the mirror has it, in seconds."""
    content = f"changed at {time.time_ns()}".encode()
    began_s = time.monotonic()
    file.write_bytes(content)
    copy = mirror / file.relative_to(source)
    while copy.read_bytes() != content:
        if time.monotonic() - began_s > LIMIT_S:
            sys.exit(f"{file} has not reached the mirror")
        time.sleep(LOOK_EVERY_S)
    return time.monotonic() - began_s


def cpu_seconds(pid: int) -> float:
    """Time that all threads of a process have had a processor for, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def memory_bytes(pid: int) -> int:
    """The most memory that a process has had; the second one is over when the first pass is."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
