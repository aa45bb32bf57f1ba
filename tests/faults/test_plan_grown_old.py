"""What changes between the comparison and the moment at which a plan is carried out is respected."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.model.events import Event, PlanMade
from tests.faults.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, tmp_path)
    for name in ("gone", "folder/gone", "moved", "stays"):
        scene.write(name, name.encode())
    scene.make_pass()
    return scene


def once_planned(action: Callable[[], object]) -> Callable[[Event], None]:
    """Do something when the plan is made and nothing of it is done yet."""

    def listen(event: Event) -> None:
        if isinstance(event, PlanMade):
            action()

    return listen


def test_what_is_back_in_the_source_is_not_deleted(scene: Scene, tmp_path: Path) -> None:
    scene.with_job(keeps_history=False)
    (scene.source / "folder/gone").rename(tmp_path / "aside")
    scene.make_pass(once_planned(lambda: (tmp_path / "aside").rename(scene.source / "folder/gone")))
    assert scene.in_mirror()["folder/gone"] == b"folder/gone"
    scene.make_pass()
    scene.assert_in_step()


def test_what_is_back_under_its_old_name_is_not_moved(scene: Scene, tmp_path: Path) -> None:
    (scene.source / "moved").rename(scene.source / "folder/moved")
    scene.make_pass(once_planned(lambda: (scene.source / "folder/moved").rename(scene.source / "moved")))
    assert scene.in_mirror()["moved"] == b"moved"
    scene.make_pass()
    scene.assert_in_step()


def test_what_a_stranger_puts_where_a_new_file_is_to_go_is_kept(scene: Scene) -> None:
    scene.write("new", b"new")
    scene.make_pass(once_planned(lambda: (scene.mirror / "new").write_bytes(b"strange")))
    assert b"strange" in scene.in_history()
    scene.make_pass()
    scene.assert_in_step()


def test_what_a_stranger_puts_where_a_file_is_to_be_moved_is_kept(scene: Scene) -> None:
    (scene.source / "moved").rename(scene.source / "folder/moved")
    scene.make_pass(once_planned(lambda: (scene.mirror / "folder/moved").write_bytes(b"strange")))
    scene.make_pass()
    scene.assert_in_step()
    assert b"strange" in scene.in_history()


@pytest.mark.hazard(43)
def test_what_a_stranger_makes_of_a_file_that_is_to_be_replaced_is_kept(scene: Scene) -> None:
    scene.write("stays", b"newer")
    scene.make_pass(once_planned(lambda: (scene.mirror / "stays").write_bytes(b"strange")))
    assert b"strange" in scene.in_history()
    scene.make_pass()
    scene.assert_in_step()


def test_a_folder_that_a_stranger_fills_is_not_removed_with_it(scene: Scene) -> None:
    scene.with_job(keeps_history=False)
    (scene.source / "folder/gone").unlink()
    (scene.source / "folder").rmdir()
    scene.make_pass(once_planned(lambda: (scene.mirror / "folder/strange").write_bytes(b"strange")))
    assert scene.in_mirror()["folder/strange"] == b"strange"


def edit_unseen(file: Path, content: bytes) -> None:
    """Edit a file in place, and set its time back."""
    before = file.stat()
    with file.open("r+b") as opened:
        opened.write(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


@pytest.mark.hazard(62)
@pytest.mark.parametrize("touched_before", [False, True])
def test_an_edit_of_what_is_to_be_moved_comes_with_the_move(scene: Scene, *, touched_before: bool) -> None:
    new = scene.source / "elsewhere"
    (scene.source / "moved").rename(new)
    if touched_before:
        new.chmod(0o600)
    scene.make_pass(once_planned(lambda: edit_unseen(new, b"MOVED")))
    assert scene.in_mirror()["elsewhere"] == b"MOVED"
    assert "moved" not in scene.in_mirror()
    scene.assert_in_step()


@pytest.mark.hazard(62)
def test_what_was_only_touched_since_is_moved_all_the_same(scene: Scene) -> None:
    new = scene.source / "elsewhere"
    (scene.source / "moved").rename(new)
    inode = (scene.mirror / "moved").stat().st_ino
    report = scene.make_pass(once_planned(lambda: new.chmod(0o640)))
    assert report.counts.moved == 1
    assert (scene.mirror / "elsewhere").stat().st_ino == inode
    scene.assert_in_step()


@pytest.mark.hazard(62)
@pytest.mark.parametrize("side", ["source", "mirror"])
def test_an_edit_of_what_was_touched_and_is_to_be_moved_is_seen(scene: Scene, side: str) -> None:
    new = scene.source / "elsewhere"
    (scene.source / "moved").rename(new)
    os.utime(new, ns=(0, 1_000_000_000))
    edited = new if side == "source" else scene.mirror / "moved"
    scene.make_pass(once_planned(lambda: edit_unseen(edited, b"MOVED")))
    assert scene.in_mirror()["elsewhere"] == new.read_bytes()
    assert "moved" not in scene.in_mirror()
    assert {b"moved", b"MOVED"} == {*scene.in_history(), new.read_bytes()}
    scene.assert_in_step()


@pytest.mark.hazard(62)
def test_what_was_touched_is_moved_and_touched_once_more_all_the_same(scene: Scene) -> None:
    new = scene.source / "elsewhere"
    (scene.source / "moved").rename(new)
    os.utime(new, ns=(0, 1_000_000_000))
    inode = (scene.mirror / "moved").stat().st_ino
    report = scene.make_pass(once_planned(lambda: os.utime(new, ns=(0, 2_000_000_000))))
    assert report.counts.moved == 1
    assert (scene.mirror / "elsewhere").stat().st_ino == inode
    scene.assert_in_step()


@pytest.mark.hazard(62)
def test_an_edit_before_new_metadata_are_set_is_found_by_the_next_look(scene: Scene) -> None:
    file = scene.source / "stays"
    # Long ago, so that it is not looked at again for being young.
    os.utime(file, ns=(0, 1_000_000_000))
    scene.make_pass()
    file.chmod(0o640)
    report = scene.make_pass(once_planned(lambda: edit_unseen(file, b"STAYS")))
    assert "stays" in report.unsettled
    scene.make_pass()
    assert scene.in_mirror()["stays"] == b"STAYS"
    scene.assert_in_step()


@pytest.mark.root
@pytest.mark.hazard(62)
def test_metadata_of_what_stands_in_a_files_place_by_now_are_not_given_to_the_file(scene: Scene) -> None:
    file, link = scene.source / "stays", scene.source / "link"
    link.symlink_to("stays")
    scene.make_pass()
    file.chmod(0o640)

    def replace_by_folder() -> None:
        file.unlink()
        file.mkdir(0o777)

    os.chown(link, 1234, 4321, follow_symlinks=False)

    def replace_both() -> None:
        replace_by_folder()
        link.unlink()
        link.mkdir(0o777)
        os.chown(link, 5678, 8765)

    before = (scene.mirror / "link").lstat()
    scene.make_pass(once_planned(replace_both))
    assert (scene.mirror / "stays").stat().st_mode & 0o777 == 0o644
    now = (scene.mirror / "link").lstat()
    assert (now.st_uid, now.st_mtime_ns) == (before.st_uid, before.st_mtime_ns)
    scene.make_pass()
    scene.assert_in_step()
