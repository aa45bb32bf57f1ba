"""A mount within the source or the mirror whose program has died: its name answers nothing, and costs nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.engine.watch.watcher import watch
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, Problem, ProblemCode
from backup_gui.model.reasons import Code
from tests.faults.scene import Scene
from tests.helpers.trees import contents
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.hazard(58),
    pytest.mark.skipif(not os.path.exists("/dev/fuse") or os.geteuid() != 0, reason="mounts a file system"),
]


def is_dead(point: Path) -> bool:
    try:
        os.lstat(point)
    except OSError as error:
        return error.errno == errno.ENOTCONN
    return False


@contextlib.contextmanager
def dead_mount(point: Path, real: Path) -> Iterator[None]:
    """Mount a folder on another by way of a program, and kill that."""
    real.mkdir()
    program = subprocess.Popen(["bindfs", "-f", "-o", "nonempty", str(real), str(point)])
    try:
        wait_until(lambda: os.path.ismount(point), "the mount")
        program.kill()
        program.wait()
        # The system remembers for a second what it was told.
        wait_until(lambda: is_dead(point), "the end of what is remembered")
        yield
    finally:
        program.kill()
        program.wait()
        subprocess.run(["umount", "--lazy", str(point)], check=False)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path, tmp_path)
    made.write("cloud/file", b"in the cloud")
    made.write("docs/file", b"1")
    made.write("top", b"2")
    made.catalog.close()
    made.catalog = JobDatabase.open(tmp_path / "catalog.sqlite")
    made.make_pass()
    yield made
    made.catalog.close()


def named(problems: tuple[Problem, ...]) -> list[tuple[str, Code]]:
    return [(problem.path, problem.code) for problem in problems]


def test_a_dead_mount_in_the_source_keeps_its_copy_and_everything_else_is_backed_up(
    scene: Scene, tmp_path: Path
) -> None:
    with dead_mount(scene.source / "cloud", tmp_path / "real"):
        scene.write("docs/file", b"new")
        (scene.source / "top").unlink()
        assert named(scene.make_pass().problems) == [("cloud", ProblemCode.READ_ERROR)]
        assert contents(scene.mirror) == {"cloud/file": b"in the cloud", "docs/file": b"new"}
        again = scene.make_pass()
        assert (again.counts, len(again.problems)) == (Counts(), 1)
        found = [(item.path, item.kind) for item in verify(str(scene.source), Place(str(scene.mirror)))]
        assert found == [("cloud", DifferenceKind.UNREADABLE)]
    scene.assert_in_step()


def test_a_dead_mount_in_the_mirror_is_named_and_everything_else_is_backed_up(scene: Scene, tmp_path: Path) -> None:
    with dead_mount(scene.mirror / "cloud", tmp_path / "real"):
        scene.write("cloud/file", b"not possible now")
        scene.write("docs/file", b"new")
        assert named(scene.make_pass().problems) == [("cloud", ProblemCode.WRITE_ERROR)]
        assert (scene.mirror / "docs/file").read_bytes() == b"new"
    scene.make_pass()
    scene.assert_in_step()


def test_watches_are_set_around_a_dead_mount_and_it_does_not_have_everything_checked_at_the_interval(
    scene: Scene, tmp_path: Path
) -> None:
    with dead_mount(scene.source / "cloud", tmp_path / "real"):
        watcher = watch(str(scene.source), lambda: None, lambda: False)
        try:
            assert watcher.coverage(2).folders_polled == 0
            (scene.source / "docs/new").write_bytes(b"1")
            wait_until(lambda: watcher.pending().size > 0, "the change")
        finally:
            watcher.stop()
