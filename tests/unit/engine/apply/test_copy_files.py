"""One file from the source to a temporary: whole, or not at all, and why."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backup_gui.engine.apply import create
from backup_gui.engine.apply.create import Vanished, copy_file
from backup_gui.engine.apply.publish import NotCopied
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs import content as transfer_module
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.tree import Tree
from backup_gui.model.entries import Entry, Seen
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.reasons import Code
from tests.helpers.descriptors import count_open
from tests.helpers.rig import as_nobody
from tests.helpers.trees import read_tree


class Pair:
    """An open source and an open destination."""

    def __init__(self, root: Path) -> None:
        self.root, self.ours, self.theirs = root, root / "ours", root / "theirs"
        self.ours.mkdir()
        self.theirs.mkdir()
        self.source = Tree(str(self.ours))
        self.target = LocalDestination(str(self.theirs), None)

    def copy(
        self, path: str = "file", should_stop: Callable[[], bool] = lambda: False, *, as_it_is: bool = False
    ) -> tuple[str, Entry | Seen, bool]:
        return copy_file(
            self.source,
            self.target,
            path,
            on_bytes=lambda _count: None,
            should_stop=should_stop,
            as_it_is=as_it_is,
        )

    def refused(self, path: str = "file") -> tuple[Code, Stage]:
        with pytest.raises(NotCopied) as caught:
            self.copy(path)
        assert read_tree(self.theirs) == {}
        assert caught.value.problem.path == path
        assert str(caught.value) == caught.value.problem.reason
        return caught.value.problem.code, caught.value.problem.stage


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


def test_a_copy_is_whole_and_comes_with_what_it_is_a_copy_of(pair: Pair) -> None:
    (pair.ours / "deep").mkdir()
    (pair.theirs / "deep").mkdir()
    (pair.ours / "deep" / "file").write_bytes(b"content")
    temporary, entry, is_whole = pair.copy("deep/file")
    assert is_whole
    assert is_temporary(temporary.removeprefix("deep/"))
    assert (pair.theirs / temporary).read_bytes() == b"content"
    assert entry.st_ino == (pair.ours / "deep" / "file").stat().st_ino
    assert (pair.theirs / temporary).stat().st_mtime_ns == entry.st_mtime_ns


def test_what_is_gone_or_no_file_any_more_has_vanished(pair: Pair) -> None:
    (pair.ours / "link").symlink_to("/etc/passwd")
    os.mkfifo(pair.ours / "pipe")
    (pair.ours / "folder").mkdir()
    (pair.ours / "plain").touch()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(pair.ours / "socket"))
    for path in ("none", "no/such", "plain/below", "link", "pipe", "socket", "folder"):
        with pytest.raises(Vanished):
            pair.copy(path)
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
        lambda: os.replace(pair.ours / "other", file),
    ):
        (pair.ours / "other").write_bytes(b"another file")
        file.write_bytes(b"as it was")
        with monkeypatch.context() as patch:
            meanwhile(pair, patch, change, times=1)
            temporary, entry, is_whole = pair.copy()
            assert is_whole
        assert (pair.theirs / temporary).read_bytes() == file.read_bytes()
        assert (entry.st_ino, entry.st_ctime_ns) == (file.stat().st_ino, file.stat().st_ctime_ns)
        pair.target.discard(temporary)
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
    temporary, _, _ = pair.copy()
    assert (pair.theirs / temporary).read_bytes() == b"as it"
    assert len(read_tree(pair.theirs)) == 1


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
    assert len(calls) == create.TRIES


def test_a_file_that_vanishes_meanwhile_leaves_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    (pair.ours / "file").write_bytes(b"x")
    meanwhile(pair, monkeypatch, (pair.ours / "file").unlink)
    with pytest.raises(Vanished):
        pair.copy()
    assert read_tree(pair.theirs) == {}


def test_a_temporary_that_cannot_be_dropped_is_left_as_litter(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    (pair.ours / "file").write_bytes(b"x")
    meanwhile(pair, monkeypatch, lambda: (pair.ours / "file").chmod(0o640), times=1)

    def refuse(_temporary: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(pair.target, "discard", refuse)
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
    before = count_open()
    (pair.theirs / "file").touch()
    with pytest.raises(FileNotFoundError):
        has_same_content(pair.source, "file", pair.target, "file", lambda: False)
    (pair.ours / "file").touch()
    assert not has_same_content(pair.source, "file", pair.target, "missing", lambda: False)
    with pytest.raises(Cancelled):
        has_same_content(pair.source, "file", pair.target, "file", lambda: True)
    assert count_open() == before
