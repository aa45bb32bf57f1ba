"""``make bench``: speed and memory of the command line beside rsync and cp, on the same tree, as whole processes.

Trees on tmpfs, where no disk hides what the programs themselves cost. The programs take turns, so that what slows the
machine meanwhile slows all of them. Nothing is switched off: flushes, history, guard and catalog are on. Memory is that
of all processes of a program together, with each page that they share once (PSS).
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import tempfile
from pathlib import Path

from tests.bench.following import follow
from tests.bench.programs import OURS, PROGRAMS, PROJECT, Series, run, weigh
from tests.bench.trees import make_tree

SHARED_MEMORY = Path("/dev/shm")
LARGE_MEDIAN_BYTES = 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description="Pass these as ARGS='…'.")
    parser.add_argument("--files", type=int, default=10_000, help="files in the tree (default: 10000)")
    parser.add_argument("--runs", type=int, default=9, help="runs of each program (default: 9)")
    parser.add_argument("--large", type=int, default=300_000, help="files in the large tree, 0 for none (300000)")
    parser.add_argument("--large-runs", type=int, default=5, help="runs over the large tree (default: 5)")
    options = parser.parse_args()
    # As it is where the program was installed, whatever the environment says of writing byte code.
    compileall.compile_dir(PROJECT / "backup_gui", quiet=1)
    base = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="backup-gui-bench-", dir=base) as folder:
        compare(Path(folder), options.files, options.runs)
    if options.large:
        with tempfile.TemporaryDirectory(prefix="backup-gui-bench-", dir=base) as folder:
            compare_large(Path(folder), options.large, options.large_runs)


def compare(folder: Path, files: int, runs: int) -> None:
    """Let all programs mirror into a new destination and then once more, in turns."""
    source = folder / "source"
    size_bytes = make_tree(source, files)
    print(f"{files:,} files, {size_bytes / 1e6:.0f} MB, on {folder}; {runs} runs each, medians\n")
    first = {program.name: Series() for program in PROGRAMS}
    unchanged = {program.name: Series() for program in PROGRAMS}
    # The last time for memory alone.
    for measure in (*[run] * runs, weigh):
        for program in PROGRAMS:
            place = folder / "place"
            (place / "home").mkdir(parents=True)
            for series in (first, unchanged):
                measure(program, source, place, series[program.name])
            shutil.rmtree(place)
    print_table("first mirror", first)
    print_table("unchanged", unchanged)


def compare_large(folder: Path, files: int, runs: int) -> None:
    """Let all programs look over a tree that is in step, in turns; then follow single changes of it."""
    source = folder / "source"
    size_bytes = make_tree(source, files, LARGE_MEDIAN_BYTES)
    print(f"{files:,} files, {size_bytes / 1e6:.0f} MB, on {folder}; {runs} runs each, medians\n")
    first = {program.name: Series() for program in PROGRAMS}
    unchanged = {program.name: Series() for program in PROGRAMS}
    for program in PROGRAMS:
        (folder / program.name / "home").mkdir(parents=True)
        run(program, source, folder / program.name, first[program.name])
    for _ in range(runs):
        for program in PROGRAMS:
            run(program, source, folder / program.name, unchanged[program.name])
    for program in PROGRAMS:
        weigh(program, source, folder / program.name, unchanged[program.name])
    print_table("first (one run)", first)
    print_table("unchanged", unchanged)
    follow(source, folder / OURS)


def print_table(title: str, table: dict[str, Series]) -> None:
    """Print medians, the spread, memory, and how long ours takes for one second of each other."""
    ours_s = table[OURS].median_s
    print(f"{title:<20} {'median':>9} {'least':>9} {'most':>9} {'memory':>8} {'ours/this':>10}")
    for name, series in table.items():
        memory = f"{series.memory_bytes / 1e6:>5.0f} MB" if series.memory_bytes else f"{'-':>8}"
        figures = f"{series.median_s:>7.3f} s {min(series.seconds):>7.3f} s {max(series.seconds):>7.3f} s"
        print(f"{name:<20} {figures} {memory} {ours_s / series.median_s:>10.2f}")
    print()


if __name__ == "__main__":
    main()
