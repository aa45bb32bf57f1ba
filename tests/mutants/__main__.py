"""Takes out the protections of the program one at a time, each in a copy, and shows which test notices.

``python -m tests.mutants`` runs all of them; ``python -m tests.mutants barrier lock`` those whose name contains one of
the words. Exit status: 0 if every one was noticed, 1 if one survived or could not be tried. What is skipped here, for
want of root or of a tool, is named and does not count.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from tests.helpers.project import PROJECT
from tests.mutants import MUTATIONS
from tests.mutants.mutation import Mutation

COPIED = ("backup_gui", "tests", "resources", "pyproject.toml")
# The tests need a disk only where they make one of their own.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SIDE_BY_SIDE = 2
LIMIT_S = 300

NOTICED, SURVIVED, SKIPPED, BROKEN = "noticed", "SURVIVED", "skipped", "BROKEN"
FAILED_STATUS, PASSED_STATUS = 1, 0


class Result(NamedTuple):
    """What became of one mutation.

    Attributes:
        verdict: One of the words above.
        detail: The test that noticed it, or why it could not be tried.
        duration_s: How long that took.
    """

    verdict: str
    detail: str
    duration_s: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only mutations whose name contains one of these")
    parser.add_argument("--jobs", type=int, default=SIDE_BY_SIDE, help=f"how many at a time; default {SIDE_BY_SIDE}")
    options = parser.parse_args()
    chosen = [m for m in MUTATIONS if not options.words or any(word in m.name for word in options.words)]
    began = time.monotonic()
    # A test that fails anyway would notice everything.
    baseline = run_tests(None, {test for mutation in chosen for test in mutation.tests})
    if baseline.verdict not in {SURVIVED, SKIPPED}:
        print(f"The tests fail already without any mutation: {baseline.detail}")
        return 1
    width = max(len(mutation.name) for mutation in chosen)
    tally = dict.fromkeys((NOTICED, SURVIVED, SKIPPED, BROKEN), 0)
    with ThreadPoolExecutor(options.jobs) as pool:
        for mutation, result in zip(chosen, pool.map(try_out, chosen), strict=True):
            tally[result.verdict] += 1
            print(
                f"{mutation.name:{width}}  {mutation.module:22}  {result.verdict:8}  {result.duration_s:4.0f} s  "
                f"{result.detail}",
                flush=True,
            )
    print(f"{', '.join(f'{count} {verdict}' for verdict, count in tally.items())}; {time.monotonic() - began:.0f} s")
    return 1 if tally[SURVIVED] or tally[BROKEN] else 0


def try_out(mutation: Mutation) -> Result:
    """Apply one mutation to a copy and run its tests there."""
    return run_tests(mutation, mutation.tests)


def run_tests(mutation: Mutation | None, tests: Iterable[str]) -> Result:
    """Run tests on a copy of the project.

    Args:
        mutation: What to take out of the copy; None for nothing.
        tests: The tests, relative to the folder of tests.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="backup-gui-mutant-", dir=FAST) as folder:
        # Some tests run the program as another user, who must be able to come here.
        Path(folder).chmod(0o755)
        copy = Path(folder) / "project"
        copy.mkdir()
        for name in COPIED:
            if (PROJECT / name).is_dir():
                shutil.copytree(PROJECT / name, copy / name)
            else:
                shutil.copy2(PROJECT / name, copy / name)
        if mutation is not None:
            mutation.apply(copy / "backup_gui")
        command = [
            *(() if shutil.which("nice") is None else ("nice", "-n", "19")),
            *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/temporary"),
            *("--junitxml", f"{folder}/results.xml", *(f"tests/{test}" for test in sorted(tests))),
        ]
        # Each run draws the same examples: what is noticed today is noticed tomorrow.
        environment = os.environ | {"HYPOTHESIS_PROFILE": "ci", "PYTHONPATH": str(copy)}
        try:
            run = subprocess.run(
                command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return Result(BROKEN, f"no end within {LIMIT_S} s", time.monotonic() - began)
        verdict, detail = judge(run, Path(folder) / "results.xml")
    return Result(verdict, detail, time.monotonic() - began)


def judge(run: subprocess.CompletedProcess[str], results: Path) -> tuple[str, str]:
    """Say what a run of tests shows, and by which test."""
    if run.returncode not in {PASSED_STATUS, FAILED_STATUS}:
        return BROKEN, " ".join((run.stdout + run.stderr).split())[-300:]
    skipped = []
    is_any_passed = False
    for case in ET.parse(results).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            return NOTICED, name
        reason = case.find("skipped")
        if reason is None:
            is_any_passed = True
        else:
            skipped.append(f"{name}: {reason.get('message')}")
    return (SURVIVED, "") if is_any_passed or not skipped else (SKIPPED, skipped[0])


if __name__ == "__main__":
    sys.exit(main())
