"""The second process copies as the pass itself would, and whatever becomes of it costs nothing but time."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backup_gui.engine.apply import batches, copy_worker, worker_start
from backup_gui.engine.apply import publish as publishing
from backup_gui.engine.apply.copy_worker import SMALL_BYTES, CopyWorker, Order
from backup_gui.engine.apply.publish import Publisher
from backup_gui.engine.destination import local
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.content import receive
from backup_gui.engine.fs.system import worker_process
from backup_gui.engine.fs.system.worker_process import WorkerProcess, serve
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.roots import roots
from backup_gui.engine.rules.capabilities import ALL
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import Seen
from backup_gui.model.events import PlanMade
from tests.helpers.rig import HOSTILE_NAMES, Rig
from tests.helpers.second_process import kill
from tests.helpers.trees import contents, read_tree
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the second process is used on Linux only")
MANY = 200
_Copied = tuple[Order, Seen | None]


@pytest.fixture
def many(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A source with more small files than a pass copies by itself, in old and new folders, under all sorts of names."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr(worker_start, "WORTHWHILE_COPIES", MANY)
    for number in range(MANY):
        rig.write(f"folder {number % 7}/deeper/file {number}", f"content of {number}")
    for name in HOSTILE_NAMES:
        rig.write(f"hostile/{name}", os.fsencode(name))
    rig.write("hostile/mode").chmod(0o4751)
    rig.write("empty", "")
    return rig


@pytest.fixture
def started(many: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[WorkerProcess]]:
    """The processes that passes start."""
    assert many.source.exists()
    processes: list[WorkerProcess] = []

    class Noted(WorkerProcess):
        def __init__(self, source: Tree, target: Tree) -> None:
            super().__init__(source, target)
            processes.append(self)

        def takes_more(self) -> bool:
            # However slow its start is, it gets as many files as it can.
            wait_until(lambda: not self._ahead or worker_process._has_message(self._answering), "an answer")
            return super().takes_more()

    monkeypatch.setattr(local, "WorkerProcess", Noted)
    yield processes
    for process in processes:
        assert process._exit_code is not None


def note_results(monkeypatch: pytest.MonkeyPatch) -> list[_Copied]:
    seen: list[_Copied] = []
    results = CopyWorker.results

    def noted(self: CopyWorker, *, waits: bool) -> Iterator[_Copied]:
        for copied in results(self, waits=waits):
            seen.append(copied)
            yield copied

    monkeypatch.setattr(CopyWorker, "results", noted)
    return seen


def test_both_processes_together_make_an_exact_mirror(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = note_results(monkeypatch)
    report = many.run()
    assert read_tree(many.mirror) == read_tree(many.source)
    assert report.counts.created == len(read_tree(many.source))
    assert len(started) == 1
    by_it = sum(entry is not None for _, entry in seen)
    assert 0 < by_it < report.counts.created
    assert many.run().counts.total == 0


def test_replaced_files_go_to_the_history_as_ever(many: Rig, started: list[WorkerProcess]) -> None:
    many.options["guard_count"] = 10**6
    many.run()
    old = read_tree(many.mirror)
    for path in list(many.source.rglob("file *")):
        path.write_text(f"new {path.name}")
    report = many.run()
    assert report.counts.replaced == MANY
    assert read_tree(many.mirror) == read_tree(many.source)
    kept = contents(many.history).values()
    assert len(kept) == MANY
    assert set(kept) == {f"content of {number}".encode() for number in range(MANY)}
    assert len(started) == 2
    assert old != read_tree(many.mirror)


def test_a_process_that_is_killed_leaves_nothing_undone(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = CopyWorker.hand_over
    handed = []

    def kill_at_third(self: CopyWorker, orders: list[Order]) -> None:
        hand_over(self, orders)
        handed.append(orders)
        if len(handed) == 3:
            kill(self._process)

    monkeypatch.setattr(CopyWorker, "hand_over", kill_at_third)
    report = many.run()
    assert report.problems == ()
    assert read_tree(many.mirror) == read_tree(many.source)
    assert len(handed) >= 3
    assert len(started) == 1


def test_a_process_that_ended_before_the_first_order_leaves_nothing_undone(
    many: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_command", lambda: [sys.executable, "-c", "pass"])
    assert many.run().problems == ()
    assert read_tree(many.mirror) == read_tree(many.source)


def test_without_a_second_process_the_pass_copies_alone(many: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_command", lambda: ["/nonexistent/program"])
    assert many.run().problems == ()
    assert read_tree(many.mirror) == read_tree(many.source)


@pytest.mark.parametrize("lacking", [{"holds_owner": False}, {"holds_modes": False}, {"earliest_ns": 0}])
def test_a_drive_that_does_not_keep_what_it_is_given_starts_no_process(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch, lacking: dict[str, Any]
) -> None:
    monkeypatch.setattr(roots, "capabilities_of", lambda *_arguments, **_options: ALL._replace(**lacking))
    assert many.run().counts.created == len(read_tree(many.source))
    assert started == []


def test_a_pass_that_is_stopped_leaves_no_temporaries_and_no_process(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = []
    hand_over = CopyWorker.hand_over

    def note(self: CopyWorker, orders: list[Order]) -> None:
        hand_over(self, orders)
        handed.append(orders)

    monkeypatch.setattr(CopyWorker, "hand_over", note)
    many.run(should_stop=lambda: len(handed) == 4)
    assert len(started) == 1
    assert os.listdir(many.mirror) == []


def test_what_the_process_cannot_copy_is_named_by_the_pass(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that the other process does not get to read are left to the pass, with its tries and its sentences."""
    reserve = MirrorWriter.reserve

    def reserve_elsewhere(self: MirrorWriter, path: str) -> tuple[str, str]:
        temporary, _ = reserve(self, path)
        return temporary, "no such folder/name"

    monkeypatch.setattr(MirrorWriter, "reserve", reserve_elsewhere)
    seen = note_results(monkeypatch)
    assert many.run().problems == ()
    assert read_tree(many.mirror) == read_tree(many.source)
    assert len(seen) > 0
    assert [order for order, entry in seen if entry is not None] == []
    assert len(started) == 1


@pytest.mark.hazard(59)
def test_what_one_file_raises_that_the_process_left_to_the_pass_ends_nothing_else(
    many: Rig, started: list[WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "folder 3/deeper/file 10"
    results, receive_here = CopyWorker.results, MirrorWriter.receive

    def left_one(self: CopyWorker, *, waits: bool) -> Iterator[_Copied]:
        for order, entry in results(self, waits=waits):
            if order.action.path == odd:
                (many.mirror / order.on_disk).unlink()
                yield order, None
            else:
                yield order, entry

    def fail(self: MirrorWriter, path: str, *arguments: Any, **options: Any) -> str:
        if path == odd:
            raise OverflowError("a number that no file should have")
        return receive_here(self, path, *arguments, **options)

    monkeypatch.setattr(CopyWorker, "results", left_one)
    monkeypatch.setattr(MirrorWriter, "receive", fail)
    report = many.run()
    assert len(started) == 1
    assert [problem.path for problem in report.problems] == [odd]
    assert read_tree(many.mirror).keys() == read_tree(many.source).keys() - {odd}


def test_few_files_start_no_process(rig: Rig, started: list[WorkerProcess]) -> None:
    for path in list(rig.source.rglob("file *"))[: MANY // 2]:
        path.unlink()
    rig.run()
    assert read_tree(rig.mirror) == read_tree(rig.source)
    assert started == []


def test_it_starts_while_the_rest_is_still_being_compared(many: Rig, started: list[WorkerProcess]) -> None:
    at_plan: list[int] = []
    many.run(on_event=lambda event: at_plan.append(len(started)) if isinstance(event, PlanMade) else None)
    assert at_plan == [1]
    assert len(started) == 1


def test_it_ends_when_nothing_comes_of_the_plan(many: Rig, started: list[WorkerProcess]) -> None:
    many.run(should_stop=lambda: bool(started))
    assert len(started) == 1
    assert os.listdir(many.mirror) == []


def test_it_ends_when_most_of_what_is_to_be_copied_is_not_small(rig: Rig, started: list[WorkerProcess]) -> None:
    for number, path in enumerate(sorted(rig.source.rglob("file *"))):
        path.unlink()
        path.symlink_to(f"text {number}")
    rig.run()
    assert read_tree(rig.mirror) == read_tree(rig.source)
    assert len(started) == 1


def test_looking_at_what_would_be_done_starts_no_process(many: Rig, started: list[WorkerProcess]) -> None:
    many.run(is_dry_run=True)
    assert started == []


# Recording what was published, while the other process goes on


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "GROUP_FILES", 40)
    monkeypatch.setattr(batches, "PORTION_FILES", 3)


@pytest.mark.usefixtures("small_groups", "started")
def test_a_file_is_recorded_once_and_after_its_name_is_on_the_disk(many: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, str]] = []

    def noting(owner: type, name: str, path_of: Callable[..., str]) -> None:
        call = getattr(owner, name)

        def noted(self: object, *arguments: Any, **options: Any) -> Any:
            steps.append((name, path_of(*arguments)))
            return call(self, *arguments, **options)

        monkeypatch.setattr(owner, name, noted)

    noting(MirrorWriter, "publish", lambda _temporary, path: path)
    noting(LocalDestination, "flush", lambda: "")
    noting(JobDatabase, "record", lambda path, _entry: path)
    for file in list(many.source.rglob("file *")):
        many.write_at(many.mirror / file.relative_to(many.source), "another")
    many.options["guard_count"] = 10**6
    assert many.run().counts.replaced == MANY
    published = [path for name, path in steps if name == "publish" and "file " in path]
    assert len(published) == len(set(published)) == MANY
    for path in published:
        assert steps.count(("record", path)) == 1
        between = steps[steps.index(("publish", path)) : steps.index(("record", path))]
        assert ("flush", "") in between


@pytest.mark.usefixtures("small_groups", "started")
def test_what_was_published_before_a_stop_is_recorded(many: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[str] = []
    publish = Publisher.publish

    def note(self: Publisher) -> None:
        publish(self)
        published.extend(ready.action.path for ready in self._published)

    monkeypatch.setattr(Publisher, "publish", note)
    report = many.run(should_stop=lambda: bool(published))
    assert len(published) >= 40
    assert report.counts.created == len(published)
    for path in published:
        folder, _, name = path.rpartition("/")
        assert (many.mirror / path).exists() is (name in many.catalog.folder(folder)), path


# The other end


class Served:
    """The other end, running in a thread of this process."""

    def __init__(self, rig: Rig) -> None:
        rig.mirror.mkdir(exist_ok=True)
        self.source, self.target = Tree(str(rig.source)), LocalDestination(str(rig.mirror), None)
        ours, self.reading = os.pipe(), os.pipe()
        self.orders_in, self.orders_out = ours
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        numbers = (os.getppid(), self.source.root_fd, self.target.tree.root_fd)
        serve([str(number) for number in numbers], reading=self.orders_in, writing=self.reading[1])

    def __call__(self, *orders: tuple[str, str]) -> list[bool]:
        worker_process._send(
            self.orders_out, [copy_worker.__name__, [*self.target.rights.owner, [], True], list(orders)]
        )
        answers = worker_process._next_message(self.reading[0])
        assert answers is not None
        return [answer is not None for answer in answers]

    def close(self) -> None:
        os.close(self.orders_out)
        self.thread.join()
        for fd in (self.orders_in, *self.reading):
            os.close(fd)
        self.source.close()
        self.target.close()


@pytest.fixture
def served(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    rig.write("present", "present")
    monkeypatch.setattr(worker_process, "end_with_parent", lambda _parent: None)
    # The descriptors are this process's own here.
    monkeypatch.setattr(os, "getppid", os.getpid)
    made = Served(rig)
    yield made
    made.close()


def test_it_copies_what_goes_smoothly(rig: Rig, served: Served) -> None:
    assert served(("present", "copy")) == [True]
    assert read_tree(rig.mirror)["copy"] == read_tree(rig.source)["present"]


def test_it_leaves_the_rest_alone(rig: Rig, served: Served) -> None:
    os.mkfifo(rig.source / "pipe")
    os.symlink("present", rig.source / "link")
    rig.write("large", "x" * (2 * SMALL_BYTES + 1))
    rig.write_at(rig.mirror / "taken", "taken")
    names = ("absent", "pipe", "link", "large", "present")
    answers = served(*[(name, f"copy of {name}") for name in names[:-1]], ("present", "taken"))
    assert answers == [False] * len(names)
    assert (rig.mirror / "taken").read_text() == "taken"
    assert sorted(os.listdir(rig.mirror)) == ["taken"]


@pytest.mark.parametrize("happens", ["changed", "gone"])
def test_it_leaves_nothing_of_a_file_that_changes_meanwhile(
    rig: Rig, served: Served, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    def receive_and_change(*arguments: object, **options: object) -> None:
        receive(*arguments, **options)  # type: ignore[arg-type]
        if happens == "gone":
            (rig.source / "present").unlink()
        else:
            (rig.source / "present").write_text("later")

    monkeypatch.setattr(copy_worker, "receive", receive_and_change)
    assert served(("present", "copy")) == [False]
    assert os.listdir(rig.mirror) == []
