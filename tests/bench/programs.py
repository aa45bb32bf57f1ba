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

from tests.bench.memory import peak_bytes

PROJECT = Path(__file__).resolve().parents[2]
OURS = "backup-gui"
RSYNC = "rsync -a --delete"


@dataclass(slots=True)
class Series:
    """All runs of one program at one task.

    Attributes:
        seconds: How long each took, as seen from outside.
        memory_bytes: The most memory that all of its processes had at one time, in a run that is not timed.
    """

    seconds: list[float] = field(default_factory=list)
    memory_bytes: int = 0

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
    """Run one program once and add how long it took."""
    start_s = time.perf_counter()
    with _start(program, source, place) as process:
        assert process.stderr is not None
        complaint = process.stderr.read()
        process.wait()
        series.seconds.append(time.perf_counter() - start_s)
    _check(process, complaint)


def weigh(program: Program, source: Path, place: Path, series: Series) -> None:
    """Run one program once and note how much memory it had; looking at that costs time, so that is not noted."""
    with _start(program, source, place) as process:
        series.memory_bytes = max(series.memory_bytes, peak_bytes(process))
        assert process.stderr is not None
        complaint = process.stderr.read()
    _check(process, complaint)


def _start(program: Program, source: Path, place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program.command(source, place / "mirror"),
        env=own_environment(place / "home"),
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _check(process: subprocess.Popen[str], complaint: str) -> None:
    if process.returncode != 0:
        sys.exit(f"{process.args!r} ended with {process.returncode}: {complaint}")


def own_environment(home: Path) -> dict[str, str]:
    """The environment of a program that keeps its data and settings in a folder."""
    return os.environ | {f"XDG_{name}_HOME": str(home) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
