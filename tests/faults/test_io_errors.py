"""What fails to reach the disk is never taken for backed up."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import ActionDone, Event
from tests.faults.scene import Scene
from tests.helpers.project import PROJECT
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strace") is None, reason="needs strace, to inject errors"
)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Three files to be replaced."""
    scene = Scene(tmp_path, tmp_path)
    for name in ("a", "b", "c"):
        scene.write(name, b"old " + name.encode())
    scene.make_pass()
    for name in ("a", "b", "c"):
        scene.write(name, b"newer " + name.encode())
    return scene


def make_pass_with(scene: Scene, fault: str, *options: str) -> dict[str, Any]:
    """Make a pass in which the system fails as told, and return what it reported."""
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={fault.partition(':')[0]}",
        "-e",
        f"inject={fault}",
    ]
    run = subprocess.run(
        [
            *command,
            sys.executable,
            "-m",
            "tests.faults.pass_driver",
            scene.job.source,
            scene.job.destination.path,
            *options,
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
    return result


def assert_whole(scene: Scene) -> None:
    for name, content in scene.in_mirror().items():
        assert content in {b"old " + name.encode(), b"newer " + name.encode()}
    for name in ("a", "b", "c"):
        assert b"old " + name.encode() in {*scene.in_mirror().values(), *scene.in_history()}


@pytest.mark.hazard(15)
def test_content_that_cannot_be_flushed_is_not_published(scene: Scene) -> None:
    result = make_pass_with(scene, "syncfs:error=EIO:when=1")
    assert result["error"] == "DestinationUnusableError"
    assert scene.in_mirror() == {name: b"old " + name.encode() for name in ("a", "b", "c")}
    assert scene.temporaries() == []
    scene.make_pass()
    scene.assert_in_step()


def test_names_that_cannot_be_flushed_are_not_reported_as_backed_up(scene: Scene) -> None:
    result = make_pass_with(scene, "syncfs:error=EIO:when=2")
    assert result["error"] == "DestinationUnusableError"
    assert_whole(scene)
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(15)
def test_one_file_that_cannot_be_flushed_is_a_problem_of_the_destination(scene: Scene) -> None:
    result = make_pass_with(scene, "fsync:error=EIO:when=1", "--each")
    assert list(result["problems"].values()) == ["write-error"]
    assert_whole(scene)
    (failed,) = result["problems"]
    assert scene.in_mirror()[failed] == b"old " + failed.encode()
    assert scene.temporaries() == []
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(15)
def test_an_unreadable_sector_is_a_problem_of_one_file(scene: Scene) -> None:
    result = make_pass_with(scene, "copy_file_range:error=EIO:when=2")
    assert list(result["problems"].values()) == ["read-error"]
    (failed,) = result["problems"]
    assert scene.in_mirror()[failed] == b"old " + failed.encode()
    assert_whole(scene)
    assert scene.temporaries() == []
    scene.make_pass()
    scene.assert_in_step()


def test_a_system_without_copying_inside_is_copied_by_hand(scene: Scene) -> None:
    result = make_pass_with(scene, "copy_file_range:error=ENOSYS")
    assert result == {"error": None, "problems": {}}
    assert read_tree(scene.mirror) == read_tree(scene.source)


def test_a_file_system_without_renames_that_spare_what_is_there_is_still_served(scene: Scene) -> None:
    scene.write("new", b"new")
    result = make_pass_with(scene, "renameat2:error=EINVAL")
    assert result == {"error": None, "problems": {}}
    assert read_tree(scene.mirror) == read_tree(scene.source)


def test_where_a_volume_cannot_be_flushed_as_a_whole_every_file_and_folder_is(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    fsync = os.fsync

    def note(fd: int) -> None:
        flushed.add(os.fstat(fd).st_ino)
        fsync(fd)

    monkeypatch.setattr(writer, "supports_syncfs", lambda _path: False)
    monkeypatch.setattr(os, "fsync", note)
    scene.write("new/deep/file", b"new")
    scene.write("new/file", b"new")
    scene.make_pass()
    paths = ["", *read_tree(scene.mirror)]
    assert [path for path in paths if (scene.mirror / path).stat().st_ino not in flushed] == []
    assert scene.history.stat().st_ino in flushed


@pytest.mark.hazard(12)
def test_each_folder_is_flushed_before_what_is_new_in_it_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    at_flush: dict[int, set[str]] = {}
    fsync = os.fsync

    def note(fd: int) -> None:
        fsync(fd)
        found = os.fstat(fd)
        if stat.S_ISDIR(found.st_mode):
            at_flush.setdefault(found.st_ino, set()).update(os.listdir(fd))

    missing: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, ActionDone) and event.action.kind is EntryKind.FILE:
            folder, _, name = event.action.path.rpartition("/")
            if name not in at_flush.get((scene.mirror / folder).stat().st_ino, ()):
                missing.append(event.action.path)

    monkeypatch.setattr(writer, "supports_syncfs", lambda _path: False)
    monkeypatch.setattr(os, "fsync", note)
    scene.write("new/deep/file", b"new")
    scene.write("new/file", b"new")
    scene.make_pass(listen)
    scene.assert_in_step()
    assert missing == []
