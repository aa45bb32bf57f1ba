"""The second process starts where it can help, ends with the pass, and its end is no harm."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from backup_gui import __main__ as start
from backup_gui.engine.apply import copy_worker, worker_start
from backup_gui.engine.apply.worker_start import WorkerStart
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs.system import worker_process
from backup_gui.engine.fs.system.worker_process import WorkerProcess
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan import scan_worker
from tests.helpers.project import PROJECT
from tests.helpers.rig import Rig
from tests.helpers.second_process import kill
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.posix("its limits are those of POSIX"),
    pytest.mark.skipif(sys.platform != "linux", reason="the second process is used on Linux only"),
]


def test_one_processor_alone_starts_no_process(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
        assert WorkerProcess.start_for(source, target.tree, target.capabilities) is None


def test_one_process_is_started_at_most(rig: Rig) -> None:
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        starts: list[WorkerProcess] = []

        def begin() -> WorkerProcess:
            starts.append(WorkerProcess(source, target.tree))
            return starts[-1]

        worker_start = WorkerStart(begin)
        assert starts == []
        assert worker_start.get() is worker_start.get() is starts[0]
        worker_start.close()
        assert starts[0]._exit_code == 0
        assert worker_start.get() is None
        assert len(starts) == 1


def test_one_that_cannot_start_is_not_tried_again() -> None:
    tries: list[int] = []
    worker_start = WorkerStart(lambda: tries.append(1))
    assert (worker_start.get(), worker_start.get(), tries) == (None, None, [1])
    worker_start.close()


def test_what_it_is_asked_it_answers_in_order_and_the_rest_is_waited_for(rig: Rig) -> None:
    rig.write("a", "a")
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        process = WorkerProcess(source, target.tree)
        for name in ("first", "second"):
            assert process.takes_more()
            process.hand_over(copy_worker.__name__, [*target.rights.owner, [], True], [name], [("a", f"copy {name}")])
        assert not process.takes_more()
        assert process._ahead
        batch = process.answers(waits=True)
        assert batch is not None
        assert batch[0] == ["first"]
        assert batch[1] is not None
        process.close()
        assert not process._ahead
    assert sorted(os.listdir(rig.mirror)) == ["copy first", "copy second"]


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """Have so many open that those to come have numbers beyond what ``select`` can be asked of."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4_096:
        pytest.skip("the system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4_096), hard))
    opened = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while opened[-1] < 1_100:
            opened.append(os.dup(opened[0]))
        yield
    finally:
        for fd in opened:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_answers_however_many_files_are_open(rig: Rig, many_open_files: None) -> None:
    rig.write("a", "a")
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        process = WorkerProcess(source, target.tree)
        process.hand_over(copy_worker.__name__, [*target.rights.owner, [], True], ["one"], [("a", "copy")])
        wait_until(lambda: process.answers() is not None, "it answers")
        process.close()
    assert os.listdir(rig.mirror) == ["copy"]


def test_after_its_end_every_batch_comes_back_without_answers(rig: Rig) -> None:
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        process = WorkerProcess(source, target.tree)
        kill(process)
        process.hand_over(copy_worker.__name__, [], ["one"], [])
        assert process.answers(waits=True) == (["one"], None)
        assert process.answers(waits=True) is None
        assert not process.takes_more()
        process.close()


def test_it_ends_with_its_parent_however_that_ends(rig: Rig) -> None:
    """The parent is killed in the middle of everything; the child must not go on writing for somebody else."""
    rig.mirror.mkdir()
    script = (
        "import sys, signal\n"
        "from backup_gui.engine.fs.system.worker_process import WorkerProcess\n"
        "from backup_gui.engine.destination.local import LocalDestination\n"
        "from backup_gui.engine.fs.tree import Tree\n"
        "child = WorkerProcess(Tree(sys.argv[1]), LocalDestination(sys.argv[2], None).tree)\n"
        "print(child._pid, flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(rig.source), str(rig.mirror)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
        wait_until(lambda: not is_running(pid), "the end of the second process")


def test_it_is_in_a_group_of_its_own_and_has_no_file_open_but_its_own(rig: Rig) -> None:
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target, rig.write("other").open():
        process = WorkerProcess(source, target.tree)
        # With the first answer it has opened all that it keeps open.
        process.hand_over(copy_worker.__name__, [*target.rights.owner, [], True], ["gone"], [("gone", "copy")])
        assert process.answers(waits=True) == (["gone"], [None])
        assert os.getpgid(process._pid) == process._pid
        ends = {os.readlink(f"/proc/self/fd/{fd}") for fd in (process._asking, process._answering)}
        # What this process was started with, as by a shell, goes on to those that it starts.
        handed_on = {fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 1 and is_inheritable(fd)}
        opened = {os.readlink(f"/proc/{process._pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process._pid}/fd")}
        opened -= {os.readlink(f"/proc/self/fd/{fd}") for fd in handed_on}
        assert opened == {*ends, str(rig.source), str(rig.mirror)}
        process.close()
        assert not Path(f"/proc/{process._pid}").exists()


def test_it_ends_also_where_nobody_is_told_of_ends(rig: Rig) -> None:
    """A program can be started so that the system itself clears away what ends."""
    rig.mirror.mkdir()
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
            process = WorkerProcess(source, target.tree)
            process.close()
            assert not is_running(process._pid)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_where_no_more_files_can_be_opened_none_is_started_and_none_is_left_open(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        opened = os.listdir("/proc/self/fd")
        # Room for one of the two pipes.
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, opened)) + 3, hard))
        try:
            full = [os.dup(0) for _ in range(max(map(int, opened)) + 3 - len(opened) - 2)]
            assert WorkerProcess.start_for(source, target.tree, target.capabilities) is None
            for fd in full:
                os.close(fd)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert os.listdir("/proc/self/fd") == opened


@pytest.mark.parametrize(
    ("task", "heavy"),
    [
        (copy_worker, {"logging", "pathlib", "sqlite3", "subprocess", "datetime", "dataclasses"}),
        (scan_worker, {"logging", "subprocess", "dataclasses", "backup_gui.engine.state.database"}),
    ],
)
def test_it_imports_little(task: ModuleType, heavy: set[str]) -> None:
    """It starts while the pass waits for it, so what takes milliseconds to import counts."""
    code = f"{worker_process._command()[-1].partition('; from')[0]}; import {task.__name__}"
    code = f"{code}; print({heavy!r} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def is_inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:
        # That of the listing, which is closed again.
        return False


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/backup-gui/backup-gui")
    command = worker_process._command()
    assert command == ["/opt/backup-gui/backup-gui", worker_process.OPTION]
    given: list[list[str]] = []
    monkeypatch.setattr(worker_process, "serve", given.append)
    monkeypatch.setattr(sys, "argv", [*command, "1", "2"])
    assert start.main() == 0
    assert given == [["1", "2"]]


def test_a_packaged_program_s_second_process_is_its_own_start_and_does_its_part(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the package, the program is one file that knows nothing but what it is called with."""
    program = rig.root / "backup-gui"
    program.write_text(f'#!/bin/sh\ncd / && PYTHONPATH="{PROJECT}" exec "{sys.executable}" -m backup_gui "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    rig.write("a", "content")
    rig.mirror.mkdir()
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        process = WorkerProcess(source, target.tree)
        process.hand_over(copy_worker.__name__, [*target.rights.owner, [], True], ["a"], [("a", "copy")])
        assert process.answers(waits=True) == (["a"], [seen(rig.source / "a")])
        process.close()
        assert process._exit_code == 0
    assert (rig.mirror / "copy").read_text() == "content"


def seen(file: Path) -> tuple[int, int, int, int, int]:
    entry = file.stat()
    return entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns, entry.st_nlink


@pytest.mark.parametrize("program", ["gone", "not to be started", "ends at once"])
def test_a_packaged_program_that_cannot_start_itself_works_in_one_process(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    file = rig.root / "backup-gui"
    if program != "gone":
        file.write_text("#!/bin/sh\nexit 1\n")
        file.chmod(0o755 if program == "ends at once" else 0o644)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr(worker_start, "WORTHWHILE_COPIES", 3)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(file))
    for number in range(40):
        rig.write(f"folder/{number}", f"content of {number}")
    assert rig.run().problems == ()
    assert read_tree(rig.mirror) == read_tree(rig.source)
