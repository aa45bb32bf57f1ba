"""Names of one file, attributes and access lists on file systems that hold them, hold few of them, or none."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.model.plans import Counts, PassStatus
from tests.faults.scene import Scene
from tests.faults.volumes import run_tool, small_volume
from tests.helpers.access_lists import access_list
from tests.helpers.trees import contents, read_attributes, read_tree
from tests.helpers.unprivileged import Unprivileged

IMAGE_BYTES = 32 << 20
ACCESS_LIST, DEFAULT_LIST = "system.posix_acl_access", "system.posix_acl_default"
EXT4 = ("mkfs.ext4", "-q", "-O", "^ea_inode")
# The owner of everything is the one who mounted it, as on a drive that a desktop mounts.
MOUNT_EXFAT = ("mount.exfat-fuse", "-o", "nonempty")


@contextlib.contextmanager
def image(base: Path, make: tuple[str, ...], mount: tuple[str, ...] = ("mount",)) -> Iterator[Path]:
    """Make a file system in a file and mount it."""
    file, point = base / "image", base / "drive"
    point.mkdir()
    with file.open("wb") as opened:
        opened.truncate(IMAGE_BYTES)
    run_tool(*make, str(file))
    device = subprocess.run(
        ["losetup", "--find", "--show", str(file)], check=True, capture_output=True, text=True
    ).stdout.strip()
    try:
        run_tool(*mount, device, str(point))
        try:
            yield point
        finally:
            subprocess.run(["umount", str(point)], check=True)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


def fill(scene: Scene) -> None:
    """Make names of one file, attributes and access lists of every sort."""
    scene.write("a", b"shared")
    scene.write("folder/other", b"other")
    for old, new in (("a", "b"), ("a", "folder/c"), ("folder/other", "other too")):
        os.link(scene.source / old, scene.source / new)
    for path in ("a", "folder", ""):
        os.setxattr(scene.source / path, "user.a", b"1")
    os.setxattr(scene.source / "folder/other", ACCESS_LIST, access_list(1234))
    os.setxattr(scene.source / "folder", DEFAULT_LIST, access_list(4321))
    scene.write("folder/inherits", b"from the folder")


@pytest.mark.hazard(23, 26)
@pytest.mark.root
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_volume_that_holds_everything_gets_everything(tmp_path: Path, kind: str) -> None:
    volume = small_volume(tmp_path / "volume", "size=10m") if kind == "tmpfs" else image(tmp_path, EXT4)
    with volume as point:
        scene = Scene(tmp_path, point)
        fill(scene)
        assert scene.make_pass().problems == ()
        assert (scene.mirror / "a").stat().st_nlink == 3
        assert read_attributes(scene.mirror) == read_attributes(scene.source)
        scene.assert_in_step()
        os.removexattr(scene.source / "folder", DEFAULT_LIST)
        os.setxattr(scene.source / "folder/c", "user.b", b"2")
        (scene.source / "a").unlink()
        report = scene.make_pass()
        assert (report.counts.bytes, report.counts.replaced) == (0, 0)
        scene.assert_in_step()


@pytest.mark.hazard(26)
@pytest.mark.root
def test_a_volume_without_attributes_gets_the_content_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    point = tmp_path / "volume"
    point.mkdir()
    run_tool("mount", "-t", "ramfs", "none", str(point))
    try:
        with pytest.raises(OSError, match="not supported"):
            os.setxattr(point, "user.a", b"1")
        scene = Scene(tmp_path, point)
        fill(scene)
        with caplog.at_level(logging.WARNING):
            report = scene.make_pass()
            assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
            assert contents(scene.mirror) == contents(scene.source)
            assert (scene.mirror / "a").stat().st_nlink == 3
            assert scene.make_pass().counts == Counts()
            scene.write("new", b"new")
            os.setxattr(scene.source / "new", ACCESS_LIST, access_list(1234))
            scene.make_pass()
            assert scene.make_pass().counts == Counts()
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)
    assert len(caplog.records) == 1


@pytest.mark.root
def test_a_file_with_more_attributes_than_the_volume_holds_is_backed_up_with_those_that_fit(tmp_path: Path) -> None:
    with image(tmp_path, EXT4) as point, small_volume(tmp_path / "volume", "size=10m") as volume:
        scene = Scene(volume, point)
        scene.write("file", b"content")
        os.setxattr(scene.source / "file", "user.large", b"x" * 30_000)
        os.setxattr(scene.source / "file", "user.small", b"x")
        report = scene.make_pass()
        assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
        assert scene.in_mirror() == {"file": b"content"}
        assert read_attributes(scene.mirror / "file") == (("user.small", b"x"),)
        assert scene.make_pass().counts == Counts()


@pytest.mark.hazard(23, 26)
@pytest.mark.root
def test_where_there_are_neither_links_nor_attributes_a_rerun_does_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with image(tmp_path, ("mkfs.exfat",), MOUNT_EXFAT) as point, caplog.at_level(logging.WARNING):
        scene = Scene(tmp_path, point)
        fill(scene)
        report = scene.make_pass()
        assert contents(scene.mirror) == contents(scene.source)
        assert report.counts.bytes == 6 * 3 + 5 * 2 + 15
        again = scene.make_pass()
        assert (again.counts.created, again.counts.replaced, again.counts.deleted, again.counts.bytes) == (0, 0, 0, 0)
        os.link(scene.source / "a", scene.source / "d")
        assert scene.make_pass().counts.created == 1
        assert contents(scene.mirror) == contents(scene.source)
        again = scene.make_pass()
        assert (again.counts.created, again.counts.replaced, again.counts.deleted, again.counts.bytes) == (0, 0, 0, 0)
        assert scene.temporaries() == []
    assert len(caplog.records) == 1


@pytest.mark.hazard(27)
@pytest.mark.root
def test_a_protected_first_name_is_a_problem_and_the_others_are_linked_when_it_is_not_any_more(tmp_path: Path) -> None:
    with image(tmp_path, EXT4) as point:
        scene = Scene(tmp_path, point)
        scene.write("a", b"shared")
        scene.make_pass()
        run_tool("chattr", "+i", str(scene.mirror / "a"))
        try:
            os.link(scene.source / "a", scene.source / "b")
            report = scene.make_pass()
            assert {problem.path for problem in report.problems} == {"b"}
        finally:
            subprocess.run(["chattr", "-i", str(scene.mirror / "a")], check=True)
        report = scene.make_pass()
        assert (report.problems, report.counts.created, report.counts.bytes) == ((), 1, 0)
        scene.assert_in_step()


@pytest.mark.hazard(26)
def test_a_user_without_powers_keeps_names_attributes_and_access_lists(
    open_folder: Path, unprivileged: Unprivileged
) -> None:
    (open_folder / "home").mkdir()
    scene = Scene(open_folder, open_folder)
    fill(scene)
    os.setxattr(scene.source / "folder/inherits", "user.own", b"1")
    (scene.source / "folder/inherits").chmod(0o400)
    unprivileged.own(open_folder)

    def run() -> dict[str, object]:
        process = unprivileged.run(
            *("-m", "backup_gui", "run", str(scene.source), str(scene.mirror), "--once", "--json"),
            home=open_folder / "home",
        )
        events = [json.loads(line) for line in process.stdout.splitlines()]
        assert process.returncode == 0, process.stdout + process.stderr
        return next(event for event in events if event["event"] == "report")

    run()
    assert read_tree(scene.mirror) == read_tree(scene.source)
    assert (scene.mirror / "a").stat().st_uid == unprivileged.uid
    (scene.source / "folder").chmod(0o550)
    os.setxattr(scene.source / "folder", "user.b", b"2")
    os.setxattr(scene.source / "folder/inherits", "user.own", b"2")
    os.link(scene.source / "a", scene.source / "d")
    unprivileged.own(scene.source)
    report = run()
    assert (report["bytes_copied"], report["replaced"]) == (0, 0)
    assert read_tree(scene.mirror) == read_tree(scene.source)
    assert [run()[count] for count in ("created", "replaced", "deleted", "moved")] == [0, 0, 0, 0]
