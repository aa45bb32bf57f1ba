"""A source that changes while it is read never gives the mirror a mixture of two versions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply.copy_files import TRIES
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.model.plans import ProblemCode
from tests.faults.scene import Scene

OLD, NEW = b"old" * 1000, b"new!" * 1000


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def replace_by_another(path: Path) -> None:
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"x" * before.st_size)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


def edit_keeping_size_and_time(path: Path) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"edited, %d" % time.monotonic_ns())
    while path.stat().st_ctime_ns == before.st_ctime_ns:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def touch(path: Path) -> None:
    before = path.stat()
    while path.stat().st_mtime_ns == before.st_mtime_ns:
        os.utime(path)


CHANGES = [append, truncate, replace_by_another, edit_keeping_size_and_time]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, tmp_path)
    scene.write("busy", OLD)
    scene.make_pass()
    scene.write("busy", NEW)
    scene.write("calm", b"calm")
    return scene


def change_while_read(
    monkeypatch: pytest.MonkeyPatch, path: Path, change: Callable[[Path], None], *, most: int, is_late: bool
) -> list[int]:
    """Change a file each time it is copied, before or after its content is read; returns the list of such times."""
    receive = MirrorWriter.receive
    times: list[int] = []

    def disturbed(target: MirrorWriter, folder: str, fd: int, source: os.stat_result, **options: Any) -> str:
        is_it = source.st_ino == os.stat(path).st_ino if path.exists() else False
        if not is_it or len(times) >= most:
            return receive(target, folder, fd, source, **options)
        times.append(len(times))
        if not is_late:
            change(path)
        temporary = receive(target, folder, fd, source, **options)
        if is_late:
            change(path)
        return temporary

    monkeypatch.setattr(MirrorWriter, "receive", disturbed)
    return times


@pytest.mark.hazard(10)
@pytest.mark.parametrize(
    ("change", "is_late"),
    # What was written before it was read, and not after, is read twice alike: that is whole.
    [(edit_keeping_size_and_time, True), *product((append, truncate, replace_by_another), (False, True))],
)
def test_a_file_that_keeps_changing_is_reported_and_its_old_copy_stays(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], *, is_late: bool
) -> None:
    times = change_while_read(monkeypatch, scene.source / "busy", change, most=1000, is_late=is_late)
    report = scene.make_pass()
    assert len(times) == TRIES
    assert [(problem.path, problem.code) for problem in report.problems] == [("busy", ProblemCode.KEEPS_CHANGING)]
    assert scene.in_mirror() == {"busy": OLD, "calm": b"calm"}
    assert scene.temporaries() == []
    monkeypatch.undo()
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(10)
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_once_is_copied_as_it_is_then(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    change_while_read(monkeypatch, scene.source / "busy", change, most=1, is_late=True)
    assert scene.make_pass().problems == ()
    monkeypatch.undo()
    scene.assert_in_step()


@pytest.mark.hazard(10)
@pytest.mark.parametrize("is_late", [False, True])
def test_a_file_whose_times_alone_never_stand_still_is_copied_and_compared_once_more_by_the_next_pass(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, is_late: bool
) -> None:
    scene.write("new/busy", OLD)
    times = change_while_read(monkeypatch, scene.source / "busy", touch, most=1000, is_late=is_late)
    more = change_while_read(monkeypatch, scene.source / "new/busy", touch, most=1000, is_late=is_late)
    assert scene.make_pass().problems == ()
    assert (len(times), len(more)) == (TRIES, TRIES)
    assert scene.in_mirror() == {"busy": NEW, "calm": b"calm", "new/busy": OLD}
    known = scene.catalog.fingerprint("busy")
    monkeypatch.undo()
    # The time that was recorded may belong to another content.
    edited = scene.source / "busy"
    edited.write_bytes(NEW[::-1])
    os.utime(edited, ns=(0, scene.mirror.joinpath("busy").stat().st_mtime_ns))
    assert known is not None
    scene.catalog._connection.execute(
        "UPDATE files SET ctime_ns = ? WHERE name = ? AND typeof(ctime_ns) = 'integer'",
        (edited.stat().st_ctime_ns, b"busy"),
    )
    assert scene.make_pass().problems == ()
    scene.assert_in_step()


@pytest.mark.hazard(11)
def test_a_file_that_vanishes_while_it_is_read_is_no_problem(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    change_while_read(monkeypatch, scene.source / "busy", Path.unlink, most=1, is_late=False)
    assert scene.make_pass().problems == ()
    assert scene.in_mirror() == {"busy": OLD, "calm": b"calm"}
    assert scene.temporaries() == []
    monkeypatch.undo()
    scene.make_pass()
    scene.assert_in_step()
    assert OLD in scene.in_history()
