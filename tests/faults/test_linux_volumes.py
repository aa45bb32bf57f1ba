"""Source and destination on the other file systems that Linux computers have: all that ext4 holds, they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_place import HISTORY_NAME
from backup_gui.engine.history.listing import list_versions
from backup_gui.model.errors import JobError
from backup_gui.model.job import Place
from backup_gui.model.plans import ProblemCode
from tests.faults.scene import Scene
from tests.faults.volumes import Stick, plugged_in, run_tool, small_volume
from tests.helpers.trees import contents

pytestmark = pytest.mark.root

SIZE_BYTES = 320 << 20
MIB = 1 << 20


@pytest.fixture(params=["btrfs", "xfs"])
def stick(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stick]:
    with plugged_in(tmp_path, request.param, size_bytes=SIZE_BYTES) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path, stick: Stick) -> Scene:
    return Scene(tmp_path, stick.point)


def fill(scene: Scene) -> None:
    """Make one of everything."""
    for name in ("plain", "a:b", "new\nline", "\udcff", "é", "e\u0301", "n" * 255, "Case", "case", "deep/er/file"):
        scene.write(name, name.encode(errors="surrogateescape"))
    (scene.source / "empty").mkdir()
    (scene.source / "link").symlink_to("plain")
    (scene.source / "dangling").symlink_to("nowhere")
    (scene.source / "set-id").write_bytes(b"x")
    os.chown(scene.source / "set-id", 1234, 1234)
    (scene.source / "set-id").chmod(0o4711)
    os.link(scene.source / "plain", scene.source / "deep" / "same")
    os.setxattr(scene.source / "plain", "user.colour", b"red")
    run_tool("setfacl", "-m", "u:1234:r", str(scene.source / "deep/er/file"))
    with (scene.source / "holes").open("wb") as file:
        file.seek(64 * MIB)
        file.write(b"end")
    os.utime(scene.source / "plain", ns=(1, 1_600_000_001_987_654_321))


@pytest.mark.hazard(21, 23, 25, 26)
def test_everything_is_held_and_found_unchanged_after_the_drive_was_away(scene: Scene, stick: Stick) -> None:
    fill(scene)
    report = scene.make_pass()
    assert report.problems == ()
    scene.assert_in_step()
    assert (scene.mirror / "holes").stat().st_blocks * 512 < MIB
    owned = (scene.mirror / "set-id").stat()
    assert (owned.st_uid, owned.st_gid, owned.st_mode & 0o7777) == (1234, 1234, 0o4711)
    stick.replug()
    scene.assert_in_step()


def test_edits_deletions_and_moves_reach_it_and_its_history(scene: Scene) -> None:
    fill(scene)
    scene.make_pass()
    inode = (scene.mirror / "deep/er/file").stat().st_ino
    scene.write("Case", b"edited")
    (scene.source / "a:b").unlink()
    (scene.source / "deep/er").rename(scene.source / "elsewhere")
    counts = scene.make_pass().counts
    # Of a folder that moved the file is moved, and its old place deleted.
    assert (counts.replaced, counts.moved, counts.deleted) == (1, 1, 2)
    scene.assert_in_step()
    assert (scene.mirror / "elsewhere/file").stat().st_ino == inode
    assert scene.in_history() == {b"Case", b"a:b"}
    assert {version.path for version in list_versions(str(scene.history))} == {"Case", "a:b"}


def test_with_the_source_on_it_too_contents_are_shared_and_not_written_again(stick: Stick) -> None:
    scene = Scene(stick.point, stick.point)
    content = os.urandom(16 * MIB)
    scene.write("large", content)
    os.sync()
    free = os.statvfs(stick.point)
    scene.make_pass()
    os.sync()
    after = os.statvfs(stick.point)
    assert (free.f_bfree - after.f_bfree) * free.f_bsize < 8 * MIB
    assert scene.in_mirror() == {"large": content}
    # An edit of the one is none of the other.
    with (scene.source / "large").open("r+b") as file:
        file.write(b"edited")
    assert scene.in_mirror() == {"large": content}
    scene.make_pass()
    scene.assert_in_step()
    assert scene.in_history() == {content}


@pytest.fixture
def subvolumes(tmp_path: Path) -> Iterator[Path]:
    with plugged_in(tmp_path, "btrfs", size_bytes=SIZE_BYTES) as stick:
        yield stick.point


def make_subvolume(path: Path) -> Path:
    run_tool("btrfs", "subvolume", "create", str(path))
    return path


@pytest.mark.hazard(23)
def test_subvolumes_and_snapshots_within_the_source_are_folders_like_others(subvolumes: Path, tmp_path: Path) -> None:
    scene = Scene(subvolumes, tmp_path)
    scene.write("file", b"1")
    within = make_subvolume(scene.source / "within")
    (within / "file").write_bytes(b"2")
    os.link(within / "file", within / "same")
    run_tool("btrfs", "subvolume", "snapshot", "-r", str(within), str(scene.source / "snapshot"))
    assert (within / "file").stat().st_ino == (scene.source / "snapshot/file").stat().st_ino
    assert scene.make_pass().problems == ()
    scene.assert_in_step()
    # The same inode number, size and time, in another volume: neither a move nor one more name of the same file.
    (within / "file").unlink()
    (within / "same").unlink()
    scene.make_pass()
    scene.assert_in_step()
    assert contents(scene.mirror) == {"file": b"1", "snapshot/file": b"2", "snapshot/same": b"2"}


@pytest.mark.hazard(64)
@pytest.mark.parametrize("is_snapshot", [False, True])
def test_a_subvolume_or_snapshot_that_is_deleted_is_deleted_from_the_mirror(
    subvolumes: Path, tmp_path: Path, *, is_snapshot: bool
) -> None:
    scene = Scene(subvolumes, tmp_path)
    scene.write("file", b"1")
    within = make_subvolume(scene.source / "within")
    (within / "file").write_bytes(b"2")
    (within / "same").write_bytes(b"3")
    gone = within
    if is_snapshot:
        gone = scene.source / "snapshot"
        run_tool("btrfs", "subvolume", "snapshot", str(within), str(gone))
    assert scene.make_pass().problems == ()
    run_tool("btrfs", "subvolume", "delete", str(gone))
    report = scene.make_pass()
    assert report.problems == ()
    assert scene.in_mirror() == contents(scene.source)
    assert scene.in_history() == {b"2", b"3"}


@pytest.mark.hazard(5)
def test_a_subvolume_that_is_mounted_and_away_keeps_its_copy_and_is_named(subvolumes: Path, tmp_path: Path) -> None:
    scene = Scene(subvolumes, tmp_path)
    scene.write("file", b"1")
    outer = make_subvolume(scene.source / "outer")
    point = outer / "point"
    point.mkdir()
    with small_volume(tmp_path / "drive", "size=1m") as drive:
        (drive / "file").write_bytes(b"2")
        run_tool("mount", "--bind", str(drive), str(point))
        try:
            scene.make_pass()
        finally:
            run_tool("umount", str(point))
        # The place itself is not on the root's device either.
        report = scene.make_pass()
    assert [(problem.path, problem.code) for problem in report.problems] == [("outer/point", ProblemCode.DRIVE_AWAY)]
    assert scene.in_mirror() == {"file": b"1", "outer/point/file": b"2"}


@pytest.mark.hazard(53)
def test_the_history_of_a_mirror_that_is_a_subvolume_of_its_own_lies_in_it(subvolumes: Path, tmp_path: Path) -> None:
    scene = Scene(tmp_path, subvolumes)
    scene.write("file", b"1")
    make_subvolume(scene.mirror)
    scene.make_pass()
    scene.write("file", b"22")
    scene.make_pass()
    assert list(contents(scene.mirror / HISTORY_NAME).values()) == [b"1"]
    assert (scene.mirror / "file").read_bytes() == b"22"
    # One that is chosen for it outside cannot be used.
    scene.with_job(history=Place(str(scene.history)))
    with pytest.raises(JobError, match="The history must lie on the drive of the destination"):
        scene.make_pass()
    assert not scene.history.exists()
