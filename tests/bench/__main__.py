"""``make bench``: speed and memory of the command line beside rsync and cp, on the same tree, as whole processes.

A tree of small files on tmpfs, where no disk hides what the programs themselves cost. The programs take turns, so that
what slows the machine meanwhile slows all of them. Nothing is switched off: flushes, history and catalog are on.
"""

from __future__ import annotations

import argparse
import compileall
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FILES_PER_FOLDER = 100
# As in real trees of documents and programs: half of the files are smaller than 3 KB, one in ten is larger than 30 KB,
# and the mean is 15 KB.
MEDIAN_BYTES = 3_000
SPREAD = 1.8
LARGEST_BYTES = 4 << 20
OURS = "backup-gui"
SHARED_MEMORY = Path("/dev/shm")


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
        lambda source, destination: [
            *(sys.executable, "-m", "backup_gui", "run", str(source), str(destination), "--once"),
        ],
    ),
    Program("rsync -a --delete", lambda s, d: ["rsync", "-a", "--delete", f"{s}/", f"{d}/"]),
    Program("cp -a", lambda s, d: ["cp", "-aT", str(s), str(d)]),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description="Pass these as ARGS='…'.")
    parser.add_argument("--files", type=int, default=10_000, help="files in the tree (default: 10000)")
    parser.add_argument("--runs", type=int, default=7, help="runs of each program (default: 7)")
    options = parser.parse_args()
    # As it is where the program was installed, whatever the environment says of writing byte code.
    compileall.compile_dir(PROJECT / "backup_gui", quiet=1)
    base = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="backup-gui-bench-", dir=base) as folder:
        source = Path(folder) / "source"
        size_bytes = make_tree(source, options.files)
        print(f"{options.files:,} files, {size_bytes / 1e6:.0f} MB, on {folder}; {options.runs} runs each, medians\n")
        first, unchanged = measure(Path(folder), source, options.runs)
    print_table("first mirror", first)
    print_table("unchanged", unchanged)
    print(f"peak memory of {OURS}: {max(first[OURS].peak_bytes, unchanged[OURS].peak_bytes) / 1e6:.0f} MB")


def make_tree(root: Path, files: int) -> int:
    """Make a tree that is the same each time; returns its size in bytes."""
    chance = random.Random(1)
    content = chance.randbytes(LARGEST_BYTES + 4_096)
    size_bytes = 0
    for number in range(files):
        folder = root / f"part {number // (FILES_PER_FOLDER * 10)}" / f"folder {number // FILES_PER_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        start = chance.randrange(4_096)
        length = min(int(chance.lognormvariate(math.log(MEDIAN_BYTES), SPREAD)), LARGEST_BYTES)
        (folder / f"file {number}.dat").write_bytes(content[start : start + length])
        size_bytes += length
    # Files written a moment ago are looked at twice by a careful program; those of a real tree are older.
    old_ns = time.time_ns() - 3_600 * 10**9
    for path in [*root.rglob("*"), root]:
        os.utime(path, ns=(old_ns, old_ns))
    return size_bytes


def measure(folder: Path, source: Path, runs: int) -> tuple[dict[str, Series], dict[str, Series]]:
    """Let all programs mirror into a new destination and then once more, in turns.

    Returns:
        The first mirrors and the unchanged passes, by the program's name.
    """
    first = {program.name: Series() for program in PROGRAMS}
    unchanged = {program.name: Series() for program in PROGRAMS}
    for _ in range(runs):
        for program in PROGRAMS:
            place = folder / "place"
            (place / "home").mkdir(parents=True)
            for series in (first, unchanged):
                run(program, source, place, series[program.name])
            shutil.rmtree(place)
    return first, unchanged


def run(program: Program, source: Path, place: Path, series: Series) -> None:
    """Run one program once and add what it took."""
    home = str(place / "home")
    environment = os.environ | {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE", "CACHE")}
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


def print_table(title: str, table: dict[str, Series]) -> None:
    """Print medians, the spread, and how long ours takes for one second of each other."""
    ours_s = table[OURS].median_s
    print(f"{title:<20} {'median':>9} {'least':>9} {'most':>9} {'ours/this':>10}")
    for name, series in table.items():
        figures = f"{series.median_s:>7.3f} s {min(series.seconds):>7.3f} s {max(series.seconds):>7.3f} s"
        print(f"{name:<20} {figures} {ours_s / series.median_s:>10.2f}")
    print()


if __name__ == "__main__":
    main()
