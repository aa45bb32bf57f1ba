"""Very many files, and very many problems: bounded memory, bounded time, and one word for each state."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings

from backup_gui.engine.apply import copy_files
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import run
from backup_gui.model.events import Event, ProblemFound, ReportMade, StatusChanged, Stop
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import PassStatus, ProblemCode
from backup_gui.model.status import JobState
from tests.faults.scene import Scene
from tests.helpers.project import PROJECT

IS_NIGHTLY = settings().max_examples > 1_000
UNREADABLE = 100_000
VERY_MANY = 1_000_000 if IS_NIGHTLY else 50_000
# Held for each name of a huge folder, or for each deletion in a plan, besides what any pass takes.
MOST_BYTES_EACH = 150
MOST_BYTES_ANYWAY = 50_000_000
# 100 KB were measured; if everything seen were kept it would be 20 MB.
MOST_GROWTH_KB = 3_000
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

MEASURE = """
import sys
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.model.job import Job
from backup_gui.model.job import Place
from backup_gui.model.plans import FULL
from pathlib import Path
job = Job(sys.argv[1], Place(sys.argv[2]), id="job", name="job", allows_mass_delete=len(sys.argv) > 4)
catalog = JobDatabase.open(Path(sys.argv[3]))
def most_kb():
    # Not getrusage: what that tells begins with the memory of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = most_kb()
report = run_pass(job, catalog, FULL)
catalog.close()
assert not report.problems, report.problems[:3]
print(most_kb() - before, report.counts.total, report.held.counts.deleted if report.held else 0)
"""


@pytest.fixture
def base() -> Iterator[Path]:
    folder = tempfile.mkdtemp(prefix="backup-gui-many-", dir=FAST)
    yield Path(folder)
    shutil.rmtree(folder)


def make_files(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        os.close(os.open(folder / f"{number:07}", os.O_CREAT | os.O_WRONLY, 0o644))


def measure(base: Path, source: Path, *words: str) -> tuple[int, int, int]:
    """Make a full pass in a process of its own.

    Returns:
        By how many KB it grew, how much there was to do, and how many deletions were held.
    """
    files = source, base / f"mirror of {source.name}", base / f"{source.name}.sqlite"
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, *files, *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=3_000 if IS_NIGHTLY else 300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    grown, total, held = map(int, run.stdout.split())
    return grown, total, held


@pytest.mark.hazard(48)
@pytest.mark.timeout(7_200 if IS_NIGHTLY else 600)
@pytest.mark.skipif(sys.platform != "linux", reason="reads the most memory used from /proc")
@pytest.mark.parametrize("each", [VERY_MANY, 100], ids=["in one folder", "in many"])
def test_very_many_files_cost_little_memory_each_when_they_come_stay_and_go(base: Path, each: int) -> None:
    source = base / "source"
    for number in range(VERY_MANY // each):
        make_files(source / f"folder{number}", each)
    (source / "it stays").write_bytes(b"x")
    passes = [("come", ()), ("stay", ()), ("held", ()), ("gone", ("allowed",))]
    grown_kb = {}
    for name, words in passes:
        if name == "held":
            for folder in source.glob("folder*"):
                shutil.rmtree(folder)
        grown_kb[name], total, held = measure(base, source, *words)
        # The folder itself gets another time when something in it goes.
        assert total >= VERY_MANY if name in {"come", "gone"} else total <= 1
        assert held == (VERY_MANY if name == "held" else 0)
    most_kb = (MOST_BYTES_ANYWAY + VERY_MANY * MOST_BYTES_EACH) // 1_024
    assert {name: kb for name, kb in grown_kb.items() if kb > most_kb} == {}, grown_kb


@pytest.mark.hazard(48)
@pytest.mark.skipif(sys.platform != "linux", reason="reads the most memory used from /proc")
def test_the_memory_of_an_unchanged_pass_does_not_grow_with_the_tree(base: Path) -> None:
    for name, folders in (("small", 10), ("large", 200)):
        for number in range(folders):
            make_files(base / name / f"folder{number}", 150)
        measure(base, base / name)
    small_kb, total, _ = measure(base, base / "small")
    assert total == 0
    large_kb, total, _ = measure(base, base / "large")
    assert total == 0
    assert large_kb - small_kb < MOST_GROWTH_KB


@pytest.mark.hazard(47)
def test_an_error_for_every_file_is_a_problem_each_and_one_change_of_state(
    base: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_files(base / "source", UNREADABLE)

    def refuse(_tree: Tree, path: str) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(Tree, "open_file", refuse)
    # Nothing is refused to a second process: with one processor there is none.
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    caplog.set_level(logging.INFO)
    commands = Mailbox()
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, ReportMade) and sum(isinstance(known, ReportMade) for known in events) == 2:
            commands.put(Stop())

    job = Job(
        str(base / "source"), Place(str(base / "mirror")), id="job", name="job", interval_s=1, uses_notification=False
    )
    run(job, commands, listen, data_folder=base / "data")
    reports = [event.report for event in events if isinstance(event, ReportMade)]
    assert [len(report.problems) for report in reports] == [UNREADABLE] * 2
    assert {report.status for report in reports} == {PassStatus.PROBLEMS}
    assert sum(isinstance(event, ProblemFound) for event in events) == 2 * UNREADABLE
    states = [event.status.state for event in events if isinstance(event, StatusChanged)]
    # How far the job is behind is told too; what counts is how often the state becomes another one.
    assert [state for state, before in pairwise([None, *states]) if state is not before].count(JobState.ATTENTION) <= 2
    # One line for a pass, and not one for each file.
    assert len(caplog.records) < 20


@pytest.mark.hazard(41)
@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_locked_by_another_program_on_windows_is_a_problem_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("locked", b"old")
    scene.make_pass()
    scene.write("locked", b"newer")
    scene.write("other", b"other")
    open_file = Tree.open_file

    def refuse(tree: Tree, path: str) -> int:
        if path == "locked" and tree.root == scene.job.source:
            error = PermissionError(errno.EACCES, "locked", path)
            monkeypatch.setattr(error, "winerror", winerror, raising=False)
            raise error
        return open_file(tree, path)

    with monkeypatch.context() as patch:
        patch.setattr(Tree, "open_file", refuse)
        report = scene.make_pass()
    expected = ProblemCode.NO_PERMISSION if winerror == 5 else ProblemCode.IN_USE
    assert [(problem.path, problem.code) for problem in report.problems] == [("locked", expected)]
    assert scene.in_mirror() == {"locked": b"old", "other": b"other"}
    assert copy_files.TRIES > 1
    assert scene.make_pass().problems == ()
    scene.assert_in_step()


@pytest.mark.posix("no such limit")
def test_a_small_limit_of_open_files_is_raised_as_far_as_the_user_may(base: Path) -> None:
    """As where many jobs run at the same time on a desktop that begins with a limit of 256 or 1,024."""
    import resource  # not on every system

    for number in range(200):
        folder = base / "source" / str(number) / "in it"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    result = subprocess.run(
        [sys.executable, "-m", "backup_gui", "run", base / "source", base / "mirror", "--once"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 4_096)),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Too many open files" not in result.stderr
