"""The calls of macOS, with a library in the place of its own that behaves as its manual pages say."""

from __future__ import annotations

import errno
import os

import pytest

from backup_gui.engine.fs.system import darwin


class Drive:
    """Takes the command to flush, or refuses it."""

    def __init__(self, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code = code
        self.asked: list[str] = []
        monkeypatch.setattr(os, "fsync", lambda _fd: self.asked.append("fsync"))

    def control(self, _fd: int, command: int) -> int:
        assert command == darwin.F_FULLFSYNC
        self.asked.append("full")
        if self.code:
            raise OSError(self.code, os.strerror(self.code))
        return 0


@pytest.mark.hazard(12)
def test_a_drive_is_told_to_write_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = Drive(0, monkeypatch)
    darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full"]


@pytest.mark.hazard(12)
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_a_file_system_without_such_a_flush_is_flushed_in_the_usual_way(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    drive = Drive(code, monkeypatch)
    darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full", "fsync"]


@pytest.mark.hazard(15)
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EBADF])
def test_a_drive_that_fails_is_not_asked_again(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    drive = Drive(code, monkeypatch)
    with pytest.raises(OSError, match=os.strerror(code)):
        darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full"]
