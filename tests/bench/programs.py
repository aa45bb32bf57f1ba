"""The programs compared, and what it takes to run one of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = "backup-gui"
RSYNC = "rsync -a --delete"


@dataclass(slots=True)
class Series:
    """All runs of one program at one task."""

    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def median_s(self) -> float:
        """The middle run."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Program:
    """One of those compared.

    Attributes:
        name: What the table calls it.
        command: Builds the command line for a source and a destination.
    """

    name: str
    command: Callable[[Path, Path], list[str]]


PROGRAMS = (
    Program(
        OURS,
        # The command that users have.
        lambda source, destination: [
            *(str(Path(sys.executable).with_name("backup-gui")), "run", str(source), str(destination), "--once"),
        ],
    ),
    Program(RSYNC, lambda s, d: ["rsync", "-a", "--delete", f"{s}/", f"{d}/"]),
    Program("cp -a", lambda s, d: ["cp", "-aT", str(s), str(d)]),
)


def run(program: Program, source: Path, place: Path, series: Series) -> None:
    """Run one program once and add what it took."""
    environment = own_environment(place / "home")
    command = program.command(source, place / "mirror")
    start_s = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    with process.stderr:
        complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    series.seconds.append(time.perf_counter() - start_s)
    process.returncode = os.waitstatus_to_exitcode(status)
    series.peak_bytes = max(series.peak_bytes, usage.ru_maxrss * 1024)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}: {complaint}")


def own_environment(home: Path) -> dict[str, str]:
    """The environment of a program that keeps its data and settings in a folder."""
    return os.environ | {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
