"""Sequences that chance meets too rarely, each the smallest one that shows what must hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from backup_gui.model.paths import TEMPORARY_PREFIX
from tests.faults.scene import Scene
from tests.helpers.trees import read_tree

TEMPORARY = TEMPORARY_PREFIX + "0123456789abcdef"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, tmp_path)
    scene.write("file", b"old")
    scene.write("folder/file", b"old too")
    scene.make_pass()
    return scene


@pytest.mark.hazard(22)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_a_file_takes_the_place_of_a_folder(scene: Scene, *, keeps_history: bool) -> None:
    scene.with_job(keeps_history=keeps_history)
    shutil.rmtree(scene.source / "folder")
    scene.write("folder", b"a file now")
    assert scene.make_pass().problems == ()
    scene.assert_in_step()
    if keeps_history:
        assert b"old too" in scene.in_history()
        # The history has the folder's content where it was, and no second, empty folder with a version's name.
        assert [path for path in read_tree(scene.history) if "/" not in path] == ["folder"]


@pytest.mark.hazard(22)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_a_link_takes_the_place_of_a_folder(scene: Scene, *, keeps_history: bool) -> None:
    scene.with_job(keeps_history=keeps_history)
    shutil.rmtree(scene.source / "folder")
    (scene.source / "folder").symlink_to("file")
    assert scene.make_pass().problems == ()
    scene.assert_in_step()


@pytest.mark.parametrize("new_name", ["file", "renamed"])
def test_an_edit_that_keeps_size_and_time_is_found_also_if_the_file_is_renamed(scene: Scene, new_name: str) -> None:
    full = scene.source / "file"
    before = full.stat()
    full.write_bytes(b"new")
    while full.stat().st_ctime_ns == before.st_ctime_ns:
        os.utime(full, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(full, ns=(before.st_atime_ns, before.st_mtime_ns))
    full.rename(scene.source / new_name)
    scene.make_pass()
    assert scene.in_mirror()[new_name] == b"new"
    scene.assert_in_step()
    assert b"old" in scene.in_history()


def test_a_file_that_is_only_renamed_is_moved_and_not_copied(scene: Scene) -> None:
    inode = (scene.mirror / "file").stat().st_ino
    (scene.source / "file").rename(scene.source / "folder/renamed")
    report = scene.make_pass()
    assert (report.counts.moved, report.counts.created, report.counts.bytes) == (1, 0, 0)
    assert (scene.mirror / "folder/renamed").stat().st_ino == inode
    scene.assert_in_step()


@pytest.mark.hazard(19)
def test_litter_is_removed_wherever_it_lies(scene: Scene) -> None:
    (scene.mirror / TEMPORARY).write_bytes(b"half")
    (scene.mirror / "folder" / TEMPORARY).symlink_to("nowhere")
    scene.make_pass()
    scene.assert_in_step()


def test_an_unfinished_folder_is_removed_with_all_in_it_and_links_in_it_are_not_followed(
    scene: Scene, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"outside")
    (scene.mirror / TEMPORARY / "deep").mkdir(parents=True)
    (scene.mirror / TEMPORARY / "deep/file").write_bytes(b"half")
    (scene.mirror / TEMPORARY / "link").symlink_to(outside)
    assert scene.make_pass().problems == ()
    scene.assert_in_step()
    assert (outside / "file").read_bytes() == b"outside"
