"""The budget of open files: what trees may keep open, whose turn it is, and what a want of descriptors is called."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from backup_gui.config.job_factory import make_job
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.engine.fs import tree
from backup_gui.engine.fs.content import never
from backup_gui.engine.fs.system import descriptors
from backup_gui.engine.fs.system.descriptors import (
    LEAST_KEPT,
    MOST_KEPT,
    TURN_S,
    Budget,
    is_shortage,
    shortage_told,
    waited_out,
)
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.run import single_pass as mirror
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import DestinationUnusableError, RootAbsentError, TooManyOpenError
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import FULL, PassStatus
from backup_gui.model.reasons import NO_REASON, of_system
from tests.helpers.descriptors import open_below
from tests.helpers.single import publish
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.hazard(71)
SHORTAGE = OSError(errno.EMFILE, os.strerror(errno.EMFILE))


class Process:
    """A process that may have so many files open, and has."""

    def __init__(self, limit: int | None, others: int = 10) -> None:
        self.limit = limit
        self.others = others
        self.now_s = 100.0
        self.budget = Budget(lambda: self.limit, self.count, lambda: self.now_s)

    def count(self) -> int:
        return self.others + self.budget._kept


class FakeTree:
    """Opens as many folders as it is asked to, and closes as many as it is told to."""

    def __init__(self, budget: Budget) -> None:
        self.kept = 0
        self._budget = budget
        budget.add_tree()

    def open(self, count: int) -> int:
        for _ in range(count):
            self.kept += 1
            self.kept -= self._budget.keep(self.kept)
        return self.kept

    def close(self) -> None:
        self._budget.give_back(self.kept)
        self._budget.remove_tree()


def no_room(*_arguments: object, **_options: object) -> int:
    raise SHORTAGE


@pytest.mark.parametrize("limit", [None, 1_024, 10_240])
def test_the_trees_of_one_job_keep_as_many_folders_as_are_of_use(limit: int | None) -> None:
    budget = Process(limit).budget
    with budget.job(never), budget.turn(never):
        trees = [FakeTree(budget) for _ in range(3)]
        assert [found.open(1_000) for found in trees] == [MOST_KEPT] * 3
        for found in trees:
            found.close()
    assert budget._kept == 0


def test_the_more_trees_there_are_the_less_each_keeps_and_all_go_on() -> None:
    process = Process(512)
    trees = [FakeTree(process.budget)]
    assert trees[0].open(1_000) == MOST_KEPT
    for _ in range(20):
        trees.append(FakeTree(process.budget))
        for found in trees:
            assert found.open(100) >= LEAST_KEPT
        assert process.count() <= 512 - 8
    assert {found.kept for found in trees} == {22}
    for found in trees[1:]:
        found.close()
    assert trees[0].open(100) == MOST_KEPT


def test_a_tree_that_opens_nothing_has_what_others_may_not_have() -> None:
    process = Process(160)
    idle = FakeTree(process.budget)
    assert idle.open(100) == MOST_KEPT
    others = [FakeTree(process.budget) for _ in range(4)]
    for found in others:
        found.open(100)
    assert process.count() <= 160 - 8
    assert min(found.kept for found in others) >= LEAST_KEPT


@pytest.mark.parametrize("others", [10, 100, 10_000])
def test_where_there_is_no_room_at_all_a_tree_keeps_what_it_takes_to_go_on(others: int) -> None:
    process = Process(64, others)
    with process.budget.turn(never):
        assert FakeTree(process.budget).open(100) >= LEAST_KEPT


def test_a_pass_alone_always_begins() -> None:
    process = Process(16, others=16)
    with process.budget.turn(never):
        pass


def test_passes_that_do_not_fit_beside_the_others_wait_in_line() -> None:
    process = Process(128, others=50)
    budget = process.budget
    order: list[str] = []
    begun = {name: threading.Event() for name in ("first", "second", "third")}
    ends = {name: threading.Event() for name in begun}

    def work(name: str) -> None:
        with budget.turn(never):
            order.append(name)
            begun[name].set()
            assert ends[name].wait(10)

    threads = {name: threading.Thread(target=work, args=(name,), daemon=True) for name in begun}
    threads["first"].start()
    assert begun["first"].wait(10)
    process.others = 100
    for number, name in enumerate(("second", "third"), start=1):
        threads[name].start()
        while len(budget._waiting) < number and len(order) == 1:
            threads[name].join(0.001)
    assert order == ["first"]
    ends["first"].set()
    assert begun["second"].wait(10)
    assert not begun["third"].is_set()
    process.others = 10
    assert begun["third"].wait(10)
    for name, thread in threads.items():
        ends[name].set()
        thread.join()
    assert order == ["first", "second", "third"]
    assert budget._passes == 0


def test_a_job_waits_for_what_it_is_going_to_keep_open() -> None:
    process = Process(128, others=100)
    asked = []

    def should_stop() -> bool:
        asked.append(process.budget._jobs)
        process.others -= 10
        return False

    with process.budget.turn(never), process.budget.job(should_stop):
        assert process.budget._jobs == 1
    # Not with 100 others, not with 90, and then with 80: 16 for the pass and 9 for the job, and 8 in reserve.
    assert asked == [0]


def test_a_pass_that_is_to_stop_waits_for_nothing() -> None:
    process = Process(64, others=60)
    with process.budget.turn(never), process.budget.turn(lambda: True):
        assert process.budget._passes == 2


def test_nobody_waits_for_ever_for_passes_that_hang() -> None:
    process = Process(64, others=60)

    def should_stop() -> bool:
        process.now_s += TURN_S / 4
        return process.now_s > began_s + 3 * TURN_S

    began_s = process.now_s
    with process.budget.turn(never):
        with process.budget.turn(should_stop):
            assert process.now_s == began_s + TURN_S
        assert process.budget._passes == 1


@pytest.mark.posix("a limit of open files")
def test_what_cannot_be_opened_ends_a_pass_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(64)
    monkeypatch.setattr(os, "pipe", no_room)
    with pytest.raises(TooManyOpenError), process.budget.turn(never):
        raise AssertionError("it has begun")
    assert process.budget._passes == 0


@pytest.mark.posix("a limit of open files")
def test_checking_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    closed: list[int] = []
    dup, close, pipe = os.dup, os.close, os.pipe

    def noted_close(fd: int) -> None:
        closed.append(fd)
        close(fd)

    def noted_pipe() -> tuple[int, int]:
        opened.extend(ends := pipe())
        return ends

    monkeypatch.setattr(os, "close", noted_close)
    monkeypatch.setattr(os, "pipe", noted_pipe)

    def limited(fd: int) -> int:
        if len(opened) == 5:
            raise SHORTAGE
        opened.append(dup(fd))
        return opened[-1]

    monkeypatch.setattr(os, "dup", limited)
    with pytest.raises(TooManyOpenError):
        Process(64).budget.check()
    assert sorted(closed) == sorted(opened)


def test_a_want_of_descriptors_is_known_whatever_it_was_turned_into() -> None:
    found = DestinationUnusableError(NO_REASON)
    found.__cause__ = OSError(errno.ENFILE, "")
    assert is_shortage(found)
    assert not is_shortage(OSError(errno.EACCES, ""))
    assert not is_shortage(DestinationUnusableError(NO_REASON))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_it_is_told_as_what_it_is(number: int) -> None:
    with pytest.raises(TooManyOpenError, match=r"^Too many files are open"), shortage_told():
        raise OSError(number, os.strerror(number))


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RootAbsentError, match="gone"), shortage_told():
        raise RootAbsentError(of_system("gone"))


def test_what_the_system_tells_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("backup_gui.engine.fs.system.descriptors.time.sleep", pauses.append)
    answers: Iterator[object] = iter([SHORTAGE, SHORTAGE, b"told"])

    def call() -> object:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert waited_out(call) == b"told"
    assert len(pauses) == 2
    with pytest.raises(OSError, match="Too many open files"):
        waited_out(no_room)
    with pytest.raises(TooManyOpenError), Process(64).budget.turn(never):
        waited_out(no_room)
    with pytest.raises(OSError, match="Too many open files"):
        waited_out(no_room)
    with pytest.raises(FileNotFoundError):
        waited_out(lambda: os.stat("/nowhere/at/all"))


@pytest.mark.posix("folders are reached by their paths")
def test_a_tree_with_hardly_any_folders_open_finds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(32)
    monkeypatch.setattr(tree, "BUDGET", process.budget)
    deep = tmp_path / "/".join(f"level{number}" for number in range(10))
    deep.mkdir(parents=True)
    for number in range(10):
        (tmp_path / f"folder{number}" / "a" / "b").mkdir(parents=True)
        (tmp_path / f"folder{number}" / "a" / "b" / "name").write_text(str(number))
    with Tree(str(tmp_path)) as found:
        for _ in range(2):
            assert found.list(deep.relative_to(tmp_path).as_posix()) == {}
            for number in range(10):
                fd = found.open_file(f"folder{number}/a/b/name")
                assert os.read(fd, 9) == str(number).encode()
                os.close(fd)
                assert len(open_below(tmp_path)) <= 1 + LEAST_KEPT
                assert process.budget._kept == len(open_below(tmp_path)) - 1
        found.forget("folder9")
        assert process.budget._kept == len(open_below(tmp_path)) - 1
    assert process.budget._kept == 0
    assert process.budget._trees == 0


@pytest.mark.posix("folders are reached by their paths")
def test_a_folder_that_was_closed_for_another_one_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "BUDGET", Process(32).budget)
    deep, other = (tmp_path / "/".join(name * 6) for name in ("d", "o"))
    deep.mkdir(parents=True)
    other.mkdir(parents=True)
    refused: list[str] = []

    def refuse_once(name: str) -> None:
        real = getattr(os, name)

        def refusing(*arguments: str, **options: int) -> None:
            if name not in refused:
                refused.append(name)
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            real(*arguments, **options)

        monkeypatch.setattr(os, name, refusing)

    with LocalDestination(str(tmp_path), None) as target:
        # As where a folder's mode is changed, which is reached from the one above.
        monkeypatch.setattr(target.tree, "open_up", lambda _folder: target.list("o/o/o/o/o/o") == {})
        refuse_once("symlink")
        link = target.create_link("d/d/d/d/d/d/link", "nowhere")
        publish(target, link, "d/d/d/d/d/d/link", may_replace=False)
        refuse_once("mkdir")
        target.make_folder("d/d/d/d/d/d/folder")
        assert target.reveal() == {}
    assert refused == ["symlink", "mkdir"]
    assert sorted(found.name for found in deep.iterdir()) == ["folder", "link"]
    assert list(other.iterdir()) == []


# A pass that runs out of them


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    for number in range(5):
        (root / f"folder{number}").mkdir(parents=True)
        (root / f"folder{number}" / "file").write_text(str(number))
    return root


@contextlib.contextmanager
def short_of_descriptors(calls: int, name: str = "os.open") -> Iterator[None]:
    """Let a function of the system's open anything only so many times."""
    left = calls
    module, _, function = name.rpartition(".")
    real = getattr(import_module(module), function)

    def refusing(*arguments: object, **options: object) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name, refusing)
        yield


@pytest.mark.posix("a limit of open files")
@pytest.mark.parametrize(("name", "least"), [("os.open", 20), ("os.scandir", 10), ("os.listdir", 1), ("os.dup", 3)])
def test_wherever_a_pass_runs_out_of_descriptors_it_says_so_and_the_next_one_finishes(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, name: str, least: int
) -> None:
    monkeypatch.setattr(descriptors, "_PATIENCE", 0)
    job = make_job(Job(str(source), Place(str(tmp_path / "mirror"))))
    catalog = JobDatabase.in_memory()
    idle = descriptors.BUDGET._kept, descriptors.BUDGET._trees
    reports = [mirror.run_pass(job, catalog, FULL)]
    before = read_tree(tmp_path / "mirror")
    (source / "folder1/file").write_text("another text")
    (source / "folder2/file").unlink()
    (source / "folder3").rename(source / "moved")
    (source / "new").mkdir()
    (source / "new/file").write_text("new")
    refused = 0
    while True:
        with short_of_descriptors(refused, name):
            try:
                report = mirror.run_pass(job, catalog, FULL)
            except TooManyOpenError:
                refused += 1
            else:
                reports.append(report)
                break
        assert open_below(tmp_path) == []
        assert (descriptors.BUDGET._kept, descriptors.BUDGET._trees) == idle
        # Nothing that the source has was taken for deleted.
        there = read_tree(tmp_path / "mirror")
        gone = {path for path in before if path not in there}
        assert gone <= {"folder2/file", "folder3", "folder3/file"}
        assert refused < 500
    assert refused >= least
    assert [report.status for report in reports] == [PassStatus.COMPLETE] * 2
    assert [report.problems for report in reports] == [(), ()]
    assert read_tree(tmp_path / "mirror") == read_tree(source)
    catalog.close()


def test_a_lock_that_cannot_be_told_is_no_lock(tmp_path: Path) -> None:
    with short_of_descriptors(0), pytest.raises(TooManyOpenError):
        DestinationLock(str(tmp_path / "mirror"), tmp_path / "locks")
    DestinationLock(str(tmp_path / "mirror"), tmp_path / "locks").release()
