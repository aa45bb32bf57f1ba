"""One seed: a source, random edits in bursts, and after each what the program and what rsync make of it.

What differs on purpose: pipes are not mirrored, and nothing is held, since the user has agreed to everything.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import FULL, NO_COUNTS, ProblemCode
from tests.differential.edits import Editor
from tests.helpers.project import PROJECT
from tests.helpers.trees import Node, read_tree
from tests.helpers.waiting import wait_until

FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
FIRST_EDITS = 25
MOST_EDITS = 8
BURSTS = 4
# Long enough for a program that works beside many others; it needs a second or two.
LIVE_LIMIT_S = 30.0

# The seeds of edits, burst by burst.
Bursts = Sequence[Sequence[int]]


class Owned(NamedTuple):
    """What a tree holds at one path, and whose it is."""

    node: Node
    owner: int
    group: int


def bursts_of(seed: int) -> list[list[int]]:
    """Return the seeds of the edits that a seed stands for; the first burst makes the tree."""
    numbers = random.Random(seed)
    sizes = [FIRST_EDITS, *(numbers.randint(1, MOST_EDITS) for _ in range(BURSTS))]
    return [[numbers.randrange(10**9) for _ in range(size)] for size in sizes]


def try_once(bursts: Bursts) -> str:
    """Make a full pass after each burst; returns what is not as rsync has it, or nothing."""
    with place() as here:
        editor = Editor(here / "source")
        job = Job(
            str(here / "source"),
            Place(str(here / "mirror")),
            id="job",
            name="job",
            keeps_history=False,
            allows_mass_delete=True,
        )
        catalog = JobDatabase.in_memory()
        edits: list[str] = []
        try:
            for number, burst in enumerate(bursts):
                edits += [f"{number}: {editor.edit(seed)}" for seed in burst]
                report = run_pass(job, catalog, FULL)
                found = [str(problem) for problem in report.problems if problem.code is not ProblemCode.SPECIAL_FILE]
                found += differences(here)
                again = run_pass(job, catalog, FULL)
                if again.counts != NO_COUNTS:
                    found.append(f"a second pass does {again.counts}")
                if found:
                    return "\n".join((*edits, f"after burst {number}:", *found))
        finally:
            catalog.close()
    return ""


def try_live(bursts: Bursts) -> str:
    """Let the program watch while bursts of edits come; returns what is not as rsync has it, or nothing."""
    with place() as here:
        editor = Editor(here / "source")
        edits = [f"0: {editor.edit(seed)}" for seed in bursts[0]]
        with program(here) as running:
            for number, burst in enumerate(bursts):
                if number:
                    editor.note_seen()
                    edits += [f"{number}: {editor.edit(seed)}" for seed in burst]
                found = wait_until_in_step(here, running)
                if found:
                    return "\n".join((*edits, f"after burst {number}:", *found, *_log(here)[-8:]))
        if full_passes(here) > 1:
            return "\n".join((*edits, "a further full pass: something was not notified", *_log(here)[-30:]))
    return ""


def shrunk(bursts: Bursts, attempt: Callable[[Bursts], str]) -> list[list[int]]:
    """Take out what a failure does not need: halves of bursts, quarters and so on, down to single edits."""
    left = [list(burst) for burst in bursts]
    for number in reversed(range(len(left))):
        size = max(1, len(left[number]) // 2)
        while size:
            start = 0
            while start < len(left[number]):
                fewer = [*left[:number], left[number][:start] + left[number][start + size :], *left[number + 1 :]]
                if attempt(fewer):
                    left = fewer
                else:
                    start += size
            size //= 2
    return left


def differences(here: Path) -> list[str]:
    """Copy the source with rsync, and say in what the mirror is another than that copy."""
    copy = here / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    subprocess.run(
        [
            # Into nothing: into an earlier copy it would not take apart names that are no longer one file. Times that
            # agree to the second are not the same.
            *("rsync", "-aHAX", "--delete", "--modify-window=-1", "--no-devices", "--no-specials"),
            *(f"{here / 'source'}/", f"{copy}/"),
        ],
        check=True,
        capture_output=True,
    )
    wanted, found = _read(copy), _read(here / "mirror")
    return [
        f"{path}: is {found.get(path)} and should be {wanted.get(path)}"
        for path in sorted(wanted.keys() | found.keys())
        if wanted.get(path) != found.get(path)
    ]


def wait_until_in_step(here: Path, running: subprocess.Popen[bytes]) -> list[str]:
    """Wait until the mirror is as rsync has the source; returns in what it is not, if that does not come."""
    found: list[str] = []

    def is_enough() -> bool:
        nonlocal found
        try:
            found = differences(here)
        except OSError as error:
            # Temporaries come and go while they are read.
            found = [str(error)]
        return not found or running.poll() is not None

    try:
        wait_until(is_enough, "in step", LIVE_LIMIT_S)
    except TimeoutError as error:
        return [*found, str(error)]
    return [*found, f"it ended with {running.returncode}"] if running.poll() is not None else []


def full_passes(here: Path) -> int:
    """Count the full passes that the program has told of."""
    reports = [json.loads(line) for line in _log(here) if line.startswith('{"event":"report"')]
    return sum(report["full"] for report in reports)


@contextmanager
def place() -> Iterator[Path]:
    """Make a folder with an empty source, for one trial."""
    with tempfile.TemporaryDirectory(prefix="backup-gui-differential-", dir=FAST) as folder:
        here = Path(folder)
        (here / "source").mkdir()
        yield here


@contextmanager
def program(here: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program, watching."""
    home = here / "home"
    home.mkdir()
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    with (home / "log").open("ab") as log:
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "backup_gui", "run", str(here / "source"), str(here / "mirror"), "--json"),
                *("--interval", "1", "--allow-mass-delete", "--no-history"),
            ],
            cwd=PROJECT,
            env=os.environ | places | {"HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.send_signal(signal.SIGTERM)
        running.wait(60)


def _read(root: Path) -> dict[str, Owned]:
    found = {}
    for path, node in read_tree(root).items():
        status = os.lstat(root / path)
        found[path] = Owned(node, status.st_uid, status.st_gid)
    return found


def _log(here: Path) -> list[str]:
    return (here / "home/log").read_text(errors="replace").splitlines()
