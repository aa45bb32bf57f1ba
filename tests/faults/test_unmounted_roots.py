"""Drives that go, or are covered by another one, at any moment of a pass."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.roots.roots import forget_drive
from backup_gui.model.errors import BackupError, RootAbsentError
from backup_gui.model.events import ActionDone, Event, PlanMade, Progressed
from backup_gui.model.job import Place
from backup_gui.model.plans import HeldCode
from tests.faults.scene import Scene
from tests.faults.volumes import run_tool, small_volume
from tests.helpers.project import PROJECT
from tests.helpers.trees import contents, read_tree
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.root

FILES = [f"folder{number % 4}/f{number}" for number in range(20)]

# The moments at which something happens to a root, as a pass tells of them.
MOMENTS: dict[str, Callable[[Event], bool]] = {
    "while comparing": lambda event: isinstance(event, Progressed),
    "when planned": lambda event: isinstance(event, PlanMade),
    "after the first copies": lambda event: isinstance(event, ActionDone),
    "after a deletion": lambda event: isinstance(event, ActionDone) and event.action.path == "gone0",
}


class Once:
    """Does something at the first moment of a kind."""

    def __init__(self, is_moment: Callable[[Event], bool], action: Callable[[], object]) -> None:
        self._is_moment, self._action = is_moment, action
        self.is_done = False

    def __call__(self, event: Event) -> None:
        if not self.is_done and self._is_moment(event):
            self.is_done = True
            self._action()


@contextlib.contextmanager
def bound(folder: Path, point: Path) -> Iterator[None]:
    """Have a folder at a second place; however often it is taken away meanwhile, it is gone at the end."""
    point.mkdir(exist_ok=True)
    run_tool("mount", "--bind", str(folder), str(point))
    try:
        yield
    finally:
        while os.path.ismount(point):
            unmount(point)


@contextlib.contextmanager
def mounted_anew(point: Path) -> Iterator[None]:
    """Mount an empty drive of its own over a folder."""
    run_tool("mount", "-t", "tmpfs", "-o", "size=16m", "none", str(point))
    try:
        yield
    finally:
        unmount(point)


def unmount(point: Path) -> None:
    subprocess.run(["umount", "--lazy", str(point)], check=True)


def has_contents(root: Path, wanted: dict[str, bytes]) -> bool:
    try:
        return contents(root) == wanted
    except FileNotFoundError:
        return False  # it is being changed while it is read


def change(scene: Scene) -> None:
    for name in FILES:
        scene.write(name, b"newer " + name.encode())
    scene.write("added", b"added")
    for number in range(3):
        (scene.source / f"gone{number}").unlink()
    (scene.source / "moved").rename(scene.source / "folder1/moved")


def plant(scene: Scene) -> None:
    for name in (*FILES, "gone0", "gone1", "gone2", "moved"):
        scene.write(name, b"old " + name.encode())


def assert_nothing_lost(scene: Scene, before: dict[str, bytes]) -> None:
    present = {*scene.in_mirror().values(), *scene.in_history()}
    assert set(before.values()) <= present
    for name, content in scene.in_mirror().items():
        assert content in {before.get(name), b"newer " + name.encode(), b"added", b"old moved"} or ".~bg-" in name


@pytest.mark.hazard(1, 3)
@pytest.mark.parametrize("is_covered", [False, True], ids=["unmounted", "covered by another"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_source_that_goes_at_any_moment_deletes_nothing_that_it_still_has(
    tmp_path: Path, moment: str, *, is_covered: bool
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "stranger").write_bytes(b"another disk's")
    with contextlib.ExitStack() as stack:
        volume = stack.enter_context(small_volume(tmp_path / "volume", "size=16m"))
        scene = Scene(tmp_path, tmp_path)
        stack.enter_context(bound(volume, scene.source))
        plant(scene)
        scene.make_pass()
        before = scene.in_mirror()
        change(scene)
        still_there = contents(scene.source)

        def go() -> None:
            if is_covered:
                run_tool("mount", "--bind", str(other), str(scene.source))
            else:
                unmount(scene.source)

        go_once = Once(MOMENTS[moment], go)
        with pytest.raises(BackupError):
            scene.make_pass(go_once)
        assert go_once.is_done
        # Nothing that is in the source, wherever that is mounted now, has left the mirror or its history.
        assert_nothing_lost(scene, before)
        assert b"another disk's" not in scene.in_mirror().values()
        assert set(scene.in_mirror()) >= {name for name in before if name in still_there}
        # And as long as it is away, nothing is done at all.
        away = read_tree(scene.mirror)
        with pytest.raises(BackupError):
            scene.make_pass()
        assert read_tree(scene.mirror) == away
        if is_covered:
            unmount(scene.source)
        else:
            run_tool("mount", "--bind", str(volume), str(scene.source))
        scene.make_pass()
        scene.assert_in_step()


@pytest.mark.hazard(6)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_destination_that_goes_at_any_moment_leaves_nothing_where_it_was(tmp_path: Path, moment: str) -> None:
    drive = tmp_path / "drive"
    with contextlib.ExitStack() as stack:
        volume = stack.enter_context(small_volume(tmp_path / "volume", "size=16m"))
        stack.enter_context(bound(volume, drive))
        scene = Scene(tmp_path, drive)
        plant(scene)
        scene.make_pass()
        before = scene.in_mirror()
        change(scene)
        go_once = Once(MOMENTS[moment], lambda: unmount(drive))
        with contextlib.suppress(BackupError):
            scene.make_pass(go_once)
        assert go_once.is_done
        assert list(drive.iterdir()) == [], "written where the drive was mounted"
        with pytest.raises(BackupError):
            scene.make_pass()
        assert list(drive.iterdir()) == []
        run_tool("mount", "--bind", str(volume), str(drive))
        assert_nothing_lost(scene, before)
        scene.make_pass()
        scene.assert_in_step()


@pytest.mark.hazard(6)
@pytest.mark.parametrize("is_drive_itself", [False, True], ids=["a folder of the drive", "the whole drive"])
def test_the_users_word_does_not_fill_the_place_where_a_drive_was_mounted(
    tmp_path: Path, *, is_drive_itself: bool
) -> None:
    drive = tmp_path / "drive"
    scene = Scene(tmp_path, drive)
    scene.with_job(allows_mass_delete=True, keeps_history=False)
    if is_drive_itself:
        scene.with_job(destination=Place(str(drive)))
    mirror = Path(scene.job.destination.path)
    plant(scene)
    drive.mkdir()
    with mounted_anew(drive):
        scene.make_pass()
        assert contents(mirror) == contents(scene.source)
    for _ in range(2):
        with pytest.raises(RootAbsentError):
            scene.make_pass()
        assert list(drive.iterdir()) == []
    # Another drive in its place is taken by the user's word.
    with mounted_anew(drive):
        mirror.mkdir(exist_ok=True)
        (mirror / "known to the user").write_bytes(b"")
        scene.make_pass()
        assert contents(mirror) == contents(scene.source)


@pytest.mark.hazard(6, 7)
@pytest.mark.parametrize("keeps_history", [True, False], ids=["history", "no history"])
def test_what_a_new_drive_has_is_not_taken_for_what_was_put_on_the_old_one(
    tmp_path: Path, *, keeps_history: bool
) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    scene = Scene(tmp_path, drive, keeps_history=keeps_history)
    scene.with_job(asks_about_strangers=True)
    for name in ("one", "two", "three"):
        scene.write(name, name.encode())
    os.setxattr(scene.source / "two", "user.colour", b"red")
    with mounted_anew(drive):
        scene.make_pass()
    with mounted_anew(drive):
        scene.mirror.mkdir()
        (scene.mirror / "one").write_bytes(b"not ours")
        (scene.mirror / "two").write_bytes(b"two")
        times = (scene.source / "two").stat().st_mtime_ns
        os.utime(scene.mirror / "two", ns=(times, times))
        forget_drive(scene.catalog, "")
        report = scene.make_pass()
        assert report.held is not None
        assert (report.held.code, {action.path for action in report.held.actions}) == (HeldCode.STRANGERS, {"one"})
        assert scene.in_mirror() == {"one": b"not ours", "two": b"two", "three": b"three"}
        assert os.getxattr(scene.mirror / "two", "user.colour") == b"red"


@pytest.mark.hazard(6)
@pytest.mark.parametrize("has_folder", [False, True], ids=["empty", "with an empty folder"])
@pytest.mark.parametrize("says", ["the standing word", "forget the drive"])
@pytest.mark.parametrize("name", ["drive", "dr\udcffive"])
def test_a_new_drive_where_the_old_one_was_mounted_is_taken_by_the_users_word_alone(
    tmp_path: Path, says: str, name: str, *, has_folder: bool
) -> None:
    drive = tmp_path / name
    drive.mkdir()
    scene = Scene(tmp_path, drive)
    scene.with_job(destination=Place(str(drive / "backups" / "mine")))
    mirror = Path(scene.job.destination.path)
    plant(scene)
    with mounted_anew(drive):
        scene.make_pass()

    def say() -> None:
        if says == "the standing word":
            scene.with_job(allows_mass_delete=True)
        else:
            forget_drive(scene.catalog, "")

    def stays_empty(*, is_replaced: bool = False) -> None:
        for _ in range(2):
            with pytest.raises(RootAbsentError, match="^Another drive is" if is_replaced else "^The drive of the dest"):
                scene.make_pass()
            assert contents(drive) == {}

    with mounted_anew(drive):
        if has_folder:
            mirror.mkdir(parents=True)
        stays_empty(is_replaced=True)
    # The word alone does not fill the place where it was mounted, also if there is a folder by now.
    say()
    if has_folder:
        mirror.mkdir(parents=True)
    stays_empty()
    with mounted_anew(drive):
        if has_folder:
            mirror.mkdir(parents=True)
        scene.make_pass()
        assert contents(mirror) == contents(scene.source)
        # And from now on it is the destination's.
        scene.with_job(allows_mass_delete=False)
        scene.write("new", b"new")
        scene.make_pass()
        assert contents(mirror) == contents(scene.source)
    with mounted_anew(drive), pytest.raises(RootAbsentError):
        scene.make_pass()


@pytest.mark.hazard(6)
def test_a_volume_above_the_place_where_the_drive_was_mounted_is_not_taken_for_a_new_drive(tmp_path: Path) -> None:
    media = tmp_path / "media"
    drive = media / "me" / "drive"
    drive.mkdir(parents=True)
    scene = Scene(tmp_path, drive)
    scene.with_job(allows_mass_delete=True)
    plant(scene)
    with mounted_anew(drive):
        scene.make_pass()
    # As after a start of a system that mounts drives on a volume in memory.
    with mounted_anew(media):
        for folder in ("me", "me/drive"):
            with pytest.raises(RootAbsentError):
                scene.make_pass()
            (media / folder).mkdir()
        with pytest.raises(RootAbsentError):
            scene.make_pass()
        assert contents(media) == {}


@pytest.mark.hazard(4)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, to inject errors")
@pytest.mark.parametrize("error", ["EIO", "EACCES", "ESTALE"])
def test_a_listing_that_fails_at_any_call_deletes_nothing_that_the_source_still_has(tmp_path: Path, error: str) -> None:
    scene = Scene(tmp_path, tmp_path)
    plant(scene)
    scene.make_pass()
    (scene.source / "gone0").unlink()
    still_there = contents(scene.source)
    failed = 0
    for at in range(1, 40):
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=getdents64"]
        inject = ["-e", f"inject=getdents64:error={error}:when={at}", "-P", str(scene.source)]
        folders = [option for folder in sorted(scene.source.glob("folder*")) for option in ("-P", str(folder))]
        run = subprocess.run(
            [
                *(*command, *inject, *folders, sys.executable, "-m", "tests.faults.pass_driver"),
                *(scene.job.source, scene.job.destination.path),
            ],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if "ptrace" in run.stderr:
            pytest.skip(f"strace may not trace here: {run.stderr.strip()}")
        assert run.returncode == 0, run.stderr
        result: dict[str, Any] = json.loads(run.stdout)
        there = scene.in_mirror()
        assert {name: there.get(name) for name in still_there} == still_there, (at, result)
        if result["error"] is None and not result["problems"]:
            break
        failed += 1
    assert failed >= 2, "no call failed, so nothing was tried"
    assert read_tree(scene.mirror) == read_tree(scene.source)


@pytest.mark.hazard(1, 6, 38)
def test_the_program_waits_for_either_root_and_goes_on_within_seconds_of_its_return(tmp_path: Path) -> None:
    source, drive = tmp_path / "source", tmp_path / "drive"
    mirror = drive / "mirror"
    with contextlib.ExitStack() as stack:
        volumes = [
            stack.enter_context(small_volume(tmp_path / name, "size=16m")) for name in ("source volume", "drive volume")
        ]
        for volume, point in zip(volumes, (source, drive), strict=True):
            stack.enter_context(bound(volume, point))
        (source / "file").write_bytes(b"old")
        program = subprocess.Popen(
            [sys.executable, "-m", "backup_gui", "run", str(source), str(mirror), "--interval", "1", "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(program.wait)
        stack.callback(program.terminate)
        wait_until(partial(has_contents, mirror, {"file": b"old"}), "the first copy", timeout_s=30)
        for count in range(2):
            for volume, point in zip(volumes, (source, drive), strict=True):
                unmount(point)
                if point == drive:
                    (source / "file").write_bytes(b"newer %d" % count)
                assert list(point.iterdir()) == []
                run_tool("mount", "--bind", str(volume), str(point))
            wanted = {"file": b"newer %d" % count}
            wait_until(partial(has_contents, mirror, wanted), "the change", timeout_s=30)
        assert program.poll() is None
