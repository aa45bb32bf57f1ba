"""One file from the source to a temporary: whole, or not at all, and why."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from backup_gui.engine.apply.copy_files import TRIES, FileCopier
from backup_gui.engine.apply.publish import Ready
from backup_gui.engine.apply.stats import PassOutcome, PassStats
from backup_gui.engine.destination.destination import Destination
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs import content as transfer_module
from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.pass_context import PassContext
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import FILE, Entry
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import Action, Op, Problem, ProblemCode, Stage
from backup_gui.model.reasons import Code
from tests.helpers.descriptors import open_below
from tests.helpers.memory_destination import MemoryDestination
from tests.helpers.rig import as_nobody
from tests.helpers.single import discard
from tests.helpers.trees import read_tree


class Stats(PassStats):
    """Keeps problems that would end a pass, too."""

    def add_problem(self, found: Problem, size_bytes: int = 0) -> None:
        del size_bytes
        self.outcome.problems.append(found)


class Pair:
    """An open source and an open destination."""

    def __init__(self, root: Path) -> None:
        self.root, self.ours, self.theirs = root, root / "ours", root / "theirs"
        self.ours.mkdir()
        self.theirs.mkdir()
        self.source = Tree(str(self.ours))
        self.target = LocalDestination(str(self.theirs), None)

    def try_to_copy(
        self, *paths: str, should_stop: Callable[[], bool] = lambda: False, target: Destination | None = None
    ) -> tuple[list[Ready], PassOutcome]:
        """Return what was copied, and what became of the rest."""
        meter = Meter(lambda _progress: None)
        target = target or self.target
        stats = Stats(target, meter=meter, on_done=lambda _done: None, on_problem=lambda _problem: None)
        job = Job(source=str(self.ours), destination=Place.parse(str(self.theirs)), id="j", name="job")
        copied: list[Ready] = []
        with closing(JobDatabase.in_memory()) as catalog:
            context = PassContext(
                job, self.source, target, catalog, ExclusionRules(()), meter, should_stop, target.falls_together
            )
            FileCopier(context, stats, copied.append).copy([Action(Op.CREATE, path, FILE) for path in paths])
        outcome = stats.outcome
        told = [*outcome.missed, *(found.path for found in outcome.problems), *(ready.action.path for ready in copied)]
        assert sorted(told) == sorted(paths)
        return copied, outcome

    def copy(self, path: str = "file", should_stop: Callable[[], bool] = lambda: False) -> Ready:
        (ready,), _ = self.try_to_copy(path, should_stop=should_stop)
        return ready

    def has_vanished(self, path: str = "file") -> bool:
        copied, outcome = self.try_to_copy(path)
        return not copied and outcome.missed == [path]

    def refused(self, path: str = "file") -> tuple[Code, Stage]:
        _, outcome = self.try_to_copy(path)
        (found,) = outcome.problems
        assert read_tree(self.theirs) == {}
        return found.code, found.stage


@pytest.fixture
def pair(place: Path) -> Iterator[Pair]:
    made = Pair(place)
    yield made
    made.source.close()
    made.target.close()


def meanwhile(pair: Pair, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object], times: int = 100) -> None:
    """Do something each time that content has been read, up to so many times."""
    real = transfer_module.transfer
    left = iter(range(times))

    def transfer(
        fd: int, out: int, before: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        real(fd, out, before, on_bytes, should_stop)
        if next(left, None) is not None:
            change()

    monkeypatch.setattr(transfer_module, "transfer", transfer)


def replace_where_possible(new: Path, old: Path) -> None:
    """Replace a file that is open, which an old Windows, and wine, does not let its own programs do."""
    with suppress(PermissionError):
        os.replace(new, old)


def test_a_copy_is_whole_and_comes_with_what_it_is_a_copy_of(pair: Pair) -> None:
    (pair.ours / "deep").mkdir()
    (pair.theirs / "deep").mkdir()
    (pair.ours / "deep" / "file").write_bytes(b"content")
    _, temporary, entry, is_whole = pair.copy("deep/file")
    assert is_whole
    assert is_temporary(temporary.removeprefix("deep/"))
    assert (pair.theirs / temporary).read_bytes() == b"content"
    assert entry.st_ino == (pair.ours / "deep" / "file").stat().st_ino
    assert (pair.theirs / temporary).stat().st_mtime_ns == entry.st_mtime_ns


@pytest.mark.posix("pipes and sockets")
def test_what_is_gone_or_no_file_any_more_has_vanished(pair: Pair) -> None:
    (pair.ours / "link").symlink_to("/etc/passwd")
    os.mkfifo(pair.ours / "pipe")
    (pair.ours / "folder").mkdir()
    (pair.ours / "plain").touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(pair.ours / "socket"))
    for path in ("none", "no/such", "plain/below", "link", "pipe", "socket", "folder"):
        assert pair.has_vanished(path)
    assert read_tree(pair.theirs) == {}


def test_a_file_that_is_cut_grown_or_touched_meanwhile_is_copied_anew(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pair.ours / "file"
    for change in (
        lambda: file.write_bytes(b"longer than before"),
        lambda: file.write_bytes(b"cut"),
        lambda: file.chmod(0o640),
        lambda: os.utime(file, ns=(0, 7)),
        partial(replace_where_possible, pair.ours / "other", file),
    ):
        (pair.ours / "other").write_bytes(b"another file")
        file.write_bytes(b"as it was")
        with monkeypatch.context() as patch:
            meanwhile(pair, patch, change, times=1)
            _, temporary, entry, is_whole = pair.copy()
            assert is_whole
        assert (pair.theirs / temporary).read_bytes() == file.read_bytes()
        now = native.entry_at(str(file))
        assert (entry.st_ino, entry.st_ctime_ns) == (now.st_ino, now.st_ctime_ns)
        discard(pair.target, temporary)
        assert read_tree(pair.theirs) == {}


def test_a_file_cut_off_while_it_is_read_is_copied_anew(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    file = pair.ours / "file"
    file.write_bytes(b"as it was before")
    real = transfer_module.transfer
    cuts = iter([9, 5])

    def transfer(
        fd: int, out: int, before: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        if (size_bytes := next(cuts, None)) is not None:
            os.truncate(file, size_bytes)
        real(fd, out, before, on_bytes, should_stop)

    monkeypatch.setattr(transfer_module, "transfer", transfer)
    _, temporary, _, _ = pair.copy()
    assert (pair.theirs / temporary).read_bytes() == b"as it"
    assert len(read_tree(pair.theirs)) == 1


def test_what_changed_in_a_batch_is_copied_again_after_the_others(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (pair.ours / name).write_bytes(b"as it was")
    meanwhile(pair, monkeypatch, lambda: (pair.ours / "a").write_bytes(b"edited"), times=1)
    copied, _ = pair.try_to_copy("a", "missing", "b", "c")
    assert [ready.action.path for ready in copied] == ["b", "c", "a"]
    assert (pair.theirs / copied[-1].temporary).read_bytes() == b"edited"
    assert len(read_tree(pair.theirs)) == 3


def test_what_is_copied_at_the_same_time_shares_the_time_that_it_took(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0

    def wait(call: str, _path: str) -> None:
        nonlocal now_s
        now_s += 4.0 if call == "write" else 0.0

    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    names = [str(number) for number in range(5)]
    for name in names:
        (pair.ours / name).write_bytes(b"x")
    for takes, wanted in ((1, dict.fromkeys(names, 4.0)), (3, {"0": 4.0, "3": 4.0})):
        target = MemoryDestination(takes=takes)
        target.before = wait
        _, outcome = pair.try_to_copy(*names, target=target)
        assert outcome.took == wanted


def test_a_file_that_keeps_changing_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    file = pair.ours / "file"
    file.write_bytes(b"x")
    calls: list[int] = []

    def grow() -> None:
        calls.append(1)
        with file.open("ab") as log:
            log.write(b"x")

    meanwhile(pair, monkeypatch, grow)
    assert pair.refused() == (ProblemCode.KEEPS_CHANGING, Stage.COPY)
    assert len(calls) == TRIES


def test_a_file_that_vanishes_meanwhile_leaves_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    (pair.ours / "file").write_bytes(b"x")
    meanwhile(pair, monkeypatch, (pair.ours / "file").unlink)
    assert pair.has_vanished()
    assert read_tree(pair.theirs) == {}


def test_a_temporary_that_cannot_be_dropped_is_left_as_litter(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    (pair.ours / "file").write_bytes(b"x")
    meanwhile(pair, monkeypatch, lambda: (pair.ours / "file").chmod(0o640), times=1)

    def refuse(_writer: MirrorWriter, _temporary: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(MirrorWriter, "discard", refuse)
    pair.copy()
    assert len(read_tree(pair.theirs)) == 2


def test_a_file_that_may_not_be_read_is_told(pair: Pair) -> None:
    (pair.ours / "file").touch()
    with as_nobody(pair.root):
        (pair.ours / "file").chmod(0)
        assert pair.refused() == (ProblemCode.NO_PERMISSION, Stage.COPY)


@pytest.mark.root
def test_a_destination_that_may_not_be_written_is_told(pair: Pair) -> None:
    (pair.ours / "file").touch()
    with as_nobody(pair.ours):
        assert pair.refused() == (ProblemCode.NO_WRITE_PERMISSION, Stage.COPY)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (errno.EIO, ProblemCode.READ_ERROR),
        (errno.ENOSPC, ProblemCode.NO_SPACE),
        (errno.EFBIG, ProblemCode.TOO_LARGE),
        (errno.EROFS, ProblemCode.READ_ONLY),
    ],
)
def test_a_copy_that_fails_in_the_middle_leaves_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, code: int, wanted: Code
) -> None:
    (pair.ours / "file").write_bytes(b"x")

    def fail() -> None:
        raise OSError(code, os.strerror(code))

    meanwhile(pair, monkeypatch, fail)
    assert pair.refused() == (wanted, Stage.COPY)


def test_a_copy_that_is_given_up_leaves_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backup_gui.engine.fs.content.BLOCK_BYTES", 10)
    (pair.ours / "file").write_bytes(b"x" * 100)
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        pair.copy(should_stop=lambda: next(answers))
    assert read_tree(pair.theirs) == {}


# Comparing content

BLOCK = 1 << 20


@pytest.mark.parametrize(
    ("ours", "theirs", "is_same"),
    [
        (b"", b"", True),
        (b"a", b"a", True),
        (b"a", b"b", False),
        (b"", b"b", False),
        (b"a", b"", False),
        (b"a", b"ab", False),
        (b"ab", b"a", False),
        (b"x" * BLOCK, b"x" * BLOCK, True),
        (b"x" * BLOCK, b"x" * BLOCK + b"y", False),
        (b"x" * BLOCK + b"y", b"x" * BLOCK, False),
        (b"x" * BLOCK + b"y", b"x" * BLOCK + b"z", False),
        (b"x" * BLOCK + b"y", b"x" * BLOCK + b"y", True),
    ],
)
def test_content_is_compared_to_the_last_byte(pair: Pair, ours: bytes, theirs: bytes, *, is_same: bool) -> None:
    (pair.ours / "file").write_bytes(ours)
    (pair.theirs / "file").write_bytes(theirs)
    assert has_same_content(pair.source, "file", pair.target, "file", lambda: False) is is_same


def test_a_comparison_stops_when_it_is_told_to_and_leaves_nothing_open(pair: Pair) -> None:
    before = open_below(pair.ours.parent)
    (pair.theirs / "file").touch()
    with pytest.raises(FileNotFoundError):
        has_same_content(pair.source, "file", pair.target, "file", lambda: False)
    (pair.ours / "file").touch()
    assert not has_same_content(pair.source, "file", pair.target, "missing", lambda: False)
    with pytest.raises(Cancelled):
        has_same_content(pair.source, "file", pair.target, "file", lambda: True)
    assert open_below(pair.ours.parent) == before
