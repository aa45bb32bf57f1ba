"""Bytes and attributes from one open file to another: holes, cuts, refusals, and being told to stop."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backup_gui.engine.fs import content as transfer_module
from backup_gui.engine.fs.content import Cancelled, Shortened, transfer
from backup_gui.engine.fs.system.syscalls import flush_drive, flush_file

if sys.platform != "win32":
    import fcntl

Refusal = Callable[..., int]


# Windows changes the ends of lines otherwise.
BINARY = getattr(os, "O_BINARY", 0)


class Copy:
    """A source file and an empty copy, both open."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.copy = folder / "copy"
        self.told: list[int] = []

    def open(self, content: bytes) -> None:
        self.source.write_bytes(content)
        self.reopen()

    def reopen(self) -> None:
        self.fd = os.open(self.source, os.O_RDONLY | BINARY)
        self.out = os.open(self.copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        transfer(self.fd, self.out, os.fstat(self.fd), self.told.append, should_stop)

    def close(self) -> None:
        os.close(self.fd)
        os.close(self.out)


@pytest.fixture
def files(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    monkeypatch.setattr(transfer_module, "BLOCK_BYTES", 10_000)
    made = Copy(place)
    yield made
    made.close()


def refuse(code: int) -> Refusal:
    def call(*_arguments: object) -> int:
        raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("size_bytes", [0, 1, 9_999, 10_000, 10_001, 100_000])
@pytest.mark.parametrize("code", [0, errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ETXTBSY])
def test_every_byte_arrives(files: Copy, size_bytes: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if code:
        monkeypatch.setattr(os, "copy_file_range", refuse(code), raising=False)
    content = os.urandom(size_bytes)
    files.open(content)
    files.run()
    assert files.copy.read_bytes() == content
    assert sum(files.told) == (size_bytes if size_bytes > 10_000 else 0)


def test_a_call_that_copies_a_little_at_a_time_is_repeated(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(fd: int, out: int, count: int) -> int:
        return os.write(out, os.read(fd, min(count, 7)))

    monkeypatch.setattr(os, "copy_file_range", few, raising=False)
    for size_bytes in (100, 20_000):
        content = os.urandom(size_bytes)
        files.open(content)
        files.run()
        assert files.copy.read_bytes() == content
        if size_bytes == 100:
            files.close()


def test_a_call_that_copies_nothing_is_not_believed(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "copy_file_range", lambda *_arguments: 0, raising=False)
    files.open(b"content")
    files.run()
    assert files.copy.read_bytes() == b"content"


@pytest.mark.parametrize("size_bytes", [5, 50_000])
def test_a_file_shorter_than_it_was_said_to_be_is_told(files: Copy, size_bytes: int) -> None:
    files.open(b"x" * size_bytes)
    before = os.fstat(files.fd)
    os.truncate(files.source, size_bytes - 2)
    with pytest.raises(Shortened):
        transfer(files.fd, files.out, before, files.told.append, lambda: False)


@pytest.mark.posix("copy_file_range")
def test_other_errors_are_not_swallowed(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    files.open(b"content")
    monkeypatch.setattr(os, "copy_file_range", refuse(errno.EIO), raising=False)
    with pytest.raises(OSError, match="Input/output"):
        files.run()


def test_a_large_copy_stops_when_it_is_told_to(files: Copy) -> None:
    files.open(b"x" * 100_000)
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        files.run(lambda: next(answers))
    assert sum(files.told) == 20_000


def test_a_large_copy_is_flushed_while_it_is_written(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(transfer_module, "FLUSH_EVERY_BYTES", 30_000)
    monkeypatch.setattr(transfer_module, "flush_file", flushed.append)
    files.open(b"x" * 100_000)
    files.run()
    assert flushed == [files.out] * 3


MIB = 1 << 20
HOLES = [
    ([], 10 * MIB),
    ([(0, b"head")], 10 * MIB),
    ([(5 * MIB, b"middle")], 10 * MIB),
    ([(10 * MIB - 4, b"tail")], 10 * MIB),
    ([(0, b"a"), (3 * MIB, b"b" * 50_000), (7 * MIB + 1, b"c")], 10 * MIB + 3),
]


@pytest.mark.posix("blocks")
@pytest.mark.hazard(25)
@pytest.mark.parametrize(("parts", "size_bytes"), HOLES)
@pytest.mark.parametrize("seeks", [True, False])
def test_holes_stay_holes(
    files: Copy, parts: list[tuple[int, bytes]], size_bytes: int, *, seeks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(files.source, "wb") as file:
        for position, content in parts:
            file.seek(position)
            file.write(content)
        file.truncate(size_bytes)
    files.reopen()
    if not seeks:
        real = os.lseek

        def lseek(fd: int, position: int, whence: int) -> int:
            if whence in {os.SEEK_DATA, os.SEEK_HOLE}:
                raise OSError(errno.EINVAL, "Invalid argument")
            return real(fd, position, whence)

        monkeypatch.setattr(os, "lseek", lseek)
    files.run()
    monkeypatch.undo()
    assert files.copy.read_bytes() == files.source.read_bytes()
    if seeks:
        assert files.copy.stat().st_blocks <= files.source.stat().st_blocks


@pytest.mark.posix("holes")
def test_a_seek_that_fails_otherwise_is_told(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    files.open(b"")
    os.truncate(files.source, 100_000)
    monkeypatch.setattr(os, "lseek", refuse(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        files.run()


def test_on_windows_nothing_is_known_of_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert transfer_module._next_data(-1, 5, 10) == (5, 10)


@pytest.mark.posix("fcntl")
def test_a_flush_reaches_the_disk_also_on_macos(files: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    files.open(b"")
    calls: list[object] = []
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append(("fsync", fd)))
    flush_file(files.out)
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda fd, command: calls.append((command, fd)))
    flush_drive(files.out)
    assert calls == [("fsync", files.out)]
    monkeypatch.setattr(sys, "platform", "darwin")
    flush_drive(files.out)
    assert calls == [("fsync", files.out), (51, files.out)]
