"""Links put into the way while a pass runs lead it nowhere: neither out of the destination, nor out of the source."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs.system.descriptors import MOST_KEPT
from backup_gui.engine.fs.tree import Tree
from backup_gui.model.events import ActionDone, Event, PlanMade
from backup_gui.model.plans import Op
from tests.faults.scene import Scene
from tests.helpers.single import receive
from tests.property.world import look_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the answers of the system differ")

# More than are kept open from the comparison to the execution, so that they are opened anew.
FOLDERS = [f"folder{number:03}" for number in range(MOST_KEPT + 20)]
SECRET = b"outside"
PASSES = 12


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that looks like source and mirror, in which nothing may be changed and nothing read."""
    outside = tmp_path / "outside"
    for name in FOLDERS:
        (outside / name).mkdir(parents=True)
        for file in ("changed", "gone"):
            (outside / name / file).write_bytes(SECRET)
    return outside


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A mirror in step and, in each folder, a file to copy and one to delete."""
    scene = Scene(tmp_path, tmp_path)
    for name in FOLDERS:
        scene.write(f"{name}/changed", b"old")
        scene.write(f"{name}/gone", b"old")
    scene.make_pass()
    for name in FOLDERS:
        scene.write(f"{name}/changed", b"newer")
        (scene.source / name / "gone").unlink()
    return scene


def swap_for_links(root: Path, outside: Path, aside: Path) -> None:
    aside.mkdir()
    for name in FOLDERS:
        (root / name).rename(aside / name)
        (root / name).symlink_to(outside / name)


def swap_back(root: Path, aside: Path) -> None:
    for name in FOLDERS:
        if (root / name).is_symlink():
            (root / name).unlink()
            (aside / name).rename(root / name)


@pytest.mark.hazard(44)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_folders_of_the_mirror_swapped_for_links_are_not_followed(
    scene: Scene, outside: Path, tmp_path: Path, *, keeps_history: bool
) -> None:
    scene.with_job(keeps_history=keeps_history)
    before = look_at(outside)

    def swap(event: Event) -> None:
        if isinstance(event, PlanMade):
            swap_for_links(scene.mirror, outside, tmp_path / "aside")

    report = scene.make_pass(swap)
    assert look_at(outside) == before
    assert report.problems
    swap_back(scene.mirror, tmp_path / "aside")
    scene.make_pass()
    scene.assert_in_step()


def test_folders_of_the_history_swapped_for_links_are_not_followed(scene: Scene, outside: Path) -> None:
    before = look_at(outside)
    for name in FOLDERS:
        (scene.history / name).symlink_to(outside / name)
    report = scene.make_pass()
    assert look_at(outside) == before
    # What cannot be kept is not replaced either.
    assert {problem.path for problem in report.problems} == {
        f"{name}/{file}" for name in FOLDERS for file in ("changed", "gone")
    }
    assert set(scene.in_mirror().values()) == {b"old"}
    assert scene.temporaries() == []


def test_folders_of_the_history_swapped_for_links_after_they_were_used_are_not_followed(
    scene: Scene, outside: Path, tmp_path: Path
) -> None:
    before = look_at(outside)

    def swap(event: Event) -> None:
        # Deletions come last: each folder of the history has been made by then, and has got what was replaced.
        if isinstance(event, ActionDone) and event.action.op is Op.DELETE and not (tmp_path / "aside").exists():
            swap_for_links(scene.history, outside, tmp_path / "aside")

    report = scene.make_pass(swap)
    assert look_at(outside) == before
    assert report.problems
    assert set(scene.in_mirror().values()) == {b"newer", b"old"}


def test_folders_of_the_source_swapped_for_links_are_not_read(scene: Scene, outside: Path, tmp_path: Path) -> None:
    def swap(event: Event) -> None:
        if isinstance(event, PlanMade):
            swap_for_links(scene.source, outside, tmp_path / "aside")

    scene.make_pass(swap)
    assert SECRET not in scene.in_mirror().values()
    swap_back(scene.source, tmp_path / "aside")
    scene.make_pass()
    scene.assert_in_step()


def test_a_file_of_the_source_swapped_for_a_link_is_not_read(scene: Scene, outside: Path) -> None:
    swapped = scene.source / FOLDERS[-1] / "changed"

    def swap(event: Event) -> None:
        if isinstance(event, PlanMade):
            swapped.unlink()
            swapped.symlink_to(outside / FOLDERS[0] / "changed")

    scene.make_pass(swap)
    assert SECRET not in scene.in_mirror().values()
    scene.make_pass()
    scene.assert_in_step()


def test_no_file_is_opened_through_a_link(scene: Scene, outside: Path) -> None:
    (scene.source / "link").symlink_to(outside / FOLDERS[0] / "changed")
    (scene.source / "way").symlink_to(outside / FOLDERS[0])
    with Tree(scene.job.source) as tree:
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            tree.open_file("link")
        with pytest.raises(NotADirectoryError):
            tree.open_file("way/changed")


@pytest.mark.hazard(44)
def test_a_temporary_is_never_written_through_a_link_planted_under_its_name(scene: Scene, outside: Path) -> None:
    planted = outside / "planted"
    planted.write_bytes(SECRET)
    before = look_at(outside)
    with (
        LocalDestination(scene.job.destination.path, None) as target,
        (scene.source / FOLDERS[0] / "changed").open("rb") as file,
    ):
        # The name is random, so only a test can know it beforehand.
        (scene.mirror / f"{target._mirror._temporary_prefix}{1:08x}").symlink_to(planted)
        with pytest.raises(OSError, match=os.strerror(errno.EEXIST)):
            receive(target, "changed", file.fileno())
    assert look_at(outside) == before


@pytest.mark.hazard(44)
def test_a_link_swapped_in_and_out_all_the_time_leads_nowhere(scene: Scene, outside: Path, tmp_path: Path) -> None:
    before = look_at(outside)
    folder, aside = scene.mirror / FOLDERS[0], scene.mirror / "aside"
    is_over = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        while not is_over.is_set():
            # The pass under test may have put something there, or taken something away.
            try:
                folder.rename(aside)
                folder.symlink_to(outside / FOLDERS[0])
                folder.unlink()
                aside.rename(folder)
                swaps += 1
            except OSError:
                if folder.is_symlink():
                    folder.unlink(missing_ok=True)
                if aside.exists() and not folder.exists():
                    aside.rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for number in range(PASSES):
            for name in ("changed", "added", "more"):
                scene.write(f"{FOLDERS[0]}/{name}", b"version %d" % number)
            scene.make_pass()
    finally:
        is_over.set()
        thread.join()
    assert look_at(outside) == before
    assert swaps
    scene.make_pass()
    scene.make_pass()
    scene.assert_in_step()


def test_a_history_removed_during_a_pass_costs_no_version(scene: Scene, tmp_path: Path) -> None:
    gone_to = tmp_path / "history put aside"

    def remove(event: Event) -> None:
        if isinstance(event, ActionDone) and scene.history.exists() and not gone_to.exists():
            scene.history.rename(gone_to)

    scene.make_pass(remove)
    scene.make_pass()
    scene.assert_in_step()


def test_a_version_is_kept_or_the_file_stays_when_the_history_is_deleted_meanwhile(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("folder/a", b"a")
    scene.write("folder/b", b"b")
    scene.make_pass()
    with LocalDestination(scene.job.destination.path, str(history_of(scene.job))) as target:
        target.history.keep("folder/a", datetime.now(UTC), leaves=False)
        shutil.rmtree(scene.history)
        # Either it is kept, or it is told that it could not be; never that there was nothing to keep.
        try:
            kept = target.history.keep("folder/b", datetime.now(UTC), leaves=False)
        except OSError:
            return
        assert kept is not None
        assert b"b" in scene.in_history()
