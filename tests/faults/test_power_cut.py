"""After a power cut at any moment every file is whole, and what was acknowledged is there in its new version."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backup_gui.engine.apply import publish
from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.model.errors import BackupError
from backup_gui.model.events import ActionDone, Event
from backup_gui.model.plans import Op
from tests.faults.scene import Scene
from tests.faults.volumes import CuttableDisk, cuttable_disk

pytestmark = pytest.mark.root

FILES = [f"folder{number % 3}/f{number}" for number in range(24)]
GROUP_FILES = 8
# What a pass over these files flushes: twice for each group, once for the deletions and folders.
FLUSHES = 2 * len(FILES) // GROUP_FILES + 1


class PowerCut(BaseException):
    """There is nothing left to run on."""


@pytest.fixture(params=["ext4", "xfs", "btrfs"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[CuttableDisk]:
    with cuttable_disk(tmp_path, request.param) as disk:
        yield disk


@pytest.fixture
def scene(tmp_path: Path, disk: CuttableDisk, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A mirror whose first versions are on the disk, and whose files are all to be replaced, moved or deleted."""
    monkeypatch.setattr(publish, "GROUP_FILES", GROUP_FILES)
    scene = Scene(tmp_path, disk.point)
    for name in FILES:
        scene.write(name, old(name))
    for name in ("gone", "folder0/gone", "moved", "closed"):
        scene.write(name, old(name))
    scene.make_pass()
    disk.flush_something_else()
    for name in FILES:
        scene.write(name, new(name))
    scene.write("added", new("added"))
    (scene.source / "gone").unlink()
    (scene.source / "folder0/gone").unlink()
    (scene.source / "moved").rename(scene.source / "folder1/moved")
    (scene.source / "closed").chmod(0o600)
    return scene


def old(name: str) -> bytes:
    return b"old %s;" % name.encode() * 300


def new(name: str) -> bytes:
    return b"newer %s;" % name.encode() * 400


def cut_at_flush(
    scene: Scene, disk: CuttableDisk, monkeypatch: pytest.MonkeyPatch, *, at: int, is_after: bool, writes_log: bool
) -> list[tuple[Op, str]]:
    """Make a pass and cut the power right before or after one of its flushes; returns what was acknowledged."""
    acknowledged: list[tuple[Op, str]] = []
    flushes = 0
    flush = LocalDestination.flush

    def cut() -> None:
        if writes_log:
            disk.flush_something_else()
        disk.cut()
        raise PowerCut

    def counted(self: LocalDestination) -> None:
        nonlocal flushes
        flushes += 1
        if flushes == at and not is_after:
            cut()
        flush(self)
        if flushes == at and is_after:
            cut()

    def note(event: Event) -> None:
        if isinstance(event, ActionDone):
            acknowledged.append((event.action.op, event.action.path))

    with monkeypatch.context() as patch:
        patch.setattr(LocalDestination, "flush", counted)
        with suppress(PowerCut):
            scene.make_pass(note)
            disk.cut()
    return acknowledged


def restart(disk: CuttableDisk) -> None:
    disk.unmount()
    disk.mount()


def assert_all_whole(scene: Scene) -> None:
    names = {*FILES, "gone", "folder0/gone", "moved", "closed"}
    there, kept = scene.in_mirror(), scene.in_history()
    for name, content in there.items():
        versions = {old(name), new(name), old("moved")} if name == "folder1/moved" else {old(name), new(name)}
        assert content in versions or ".~bg-" in name, f"{name} is not whole: {len(content)} bytes"
    lost = [name for name in names if old(name) not in {*there.values(), *kept}]
    assert lost == []


@pytest.mark.hazard(12)
@pytest.mark.parametrize("writes_log", [False, True], ids=["alone", "log-written"])
@pytest.mark.parametrize(("at", "is_after"), [(1, False), (1, True), (2, False), (2, True), (FLUSHES, False)])
def test_a_power_cut_leaves_whole_files_and_everything_acknowledged(
    scene: Scene, disk: CuttableDisk, monkeypatch: pytest.MonkeyPatch, *, at: int, is_after: bool, writes_log: bool
) -> None:
    acknowledged = cut_at_flush(scene, disk, monkeypatch, at=at, is_after=is_after, writes_log=writes_log)
    restart(disk)
    assert_all_whole(scene)
    there = scene.in_mirror()
    copied = [path for op, path in acknowledged if op in {Op.CREATE, Op.REPLACE} and path in {*FILES, "added"}]
    assert [path for path in copied if there.get(path) != new(path)] == []
    assert [path for path in copied if path in FILES and old(path) not in scene.in_history()] == []
    if at > 2:
        assert len(copied) >= GROUP_FILES, "the cut was to come after a group was done"
    with suppress(BackupError):
        scene.make_pass()
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(12)
@pytest.mark.parametrize("flushes_whole", [True, False], ids=["whole", "each-file"])
@pytest.mark.parametrize("writes_log", [False, True], ids=["alone", "log-written"])
def test_a_power_cut_after_the_report_loses_nothing_of_it(
    scene: Scene, disk: CuttableDisk, monkeypatch: pytest.MonkeyPatch, *, flushes_whole: bool, writes_log: bool
) -> None:
    if not flushes_whole:
        monkeypatch.setattr(writer, "supports_syncfs", lambda _path: False)
    report = scene.make_pass()
    if writes_log:
        disk.flush_something_else()
    disk.cut()
    assert report.problems == ()
    restart(disk)
    assert_all_whole(scene)
    assert scene.in_mirror() == {
        **{name: new(name) for name in (*FILES, "added")},
        "folder1/moved": old("moved"),
        "closed": old("closed"),
    }
    assert stat.S_IMODE((scene.mirror / "closed").stat().st_mode) == 0o600
    assert {*map(old, FILES), old("gone"), old("folder0/gone")} <= scene.in_history()
    scene.assert_in_step()
