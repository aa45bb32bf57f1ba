"""The disk of the program's own data is full: the backup goes on, and remembers again when there is room."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.state.database import JobDatabase
from tests.faults.volumes import run_tool, small_volume
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.root

LIMIT_S = 60
PROGRAM = (sys.executable, "-m", "backup_gui")


@pytest.fixture(params=["tmpfs", "ext4 with small blocks"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of 1 to 4 MB. With small blocks a page of memory may have only a part of its place on the disk."""
    if request.param == "tmpfs":
        with small_volume(tmp_path / "own disk", "size=1m") as point:
            yield point
        return
    image, point = tmp_path / "image", tmp_path / "own disk"
    with image.open("wb") as file:
        file.truncate(4 << 20)
    run_tool("mkfs.ext4", "-q", "-b", "1024", "-O", "^has_journal", "-m", "0", str(image))
    point.mkdir()
    run_tool("mount", "-o", "loop", str(image), str(point))
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


@pytest.fixture
def environment(disk: Path) -> dict[str, str]:
    return {**os.environ, "XDG_DATA_HOME": str(disk / "data"), "XDG_STATE_HOME": str(disk / "state")}


class Scene:
    def __init__(self, base: Path, environment: dict[str, str]) -> None:
        self.source, self.mirror, self.environment = base / "source", base / "mirror", environment
        self.source.mkdir()

    def write(self, count: int, name: str) -> None:
        for number in range(count):
            (self.source / f"{name}, which is a rather long one, {number}").write_text(name)

    def command(self, *options: str) -> list[str]:
        return [*PROGRAM, "run", str(self.source), str(self.mirror), "--json", *options]

    def once(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("--once"), capture_output=True, text=True, timeout=LIMIT_S, check=False, env=self.environment
        )

    def are_in_step(self) -> bool:
        try:
            return self.mirror.exists() and read_tree(self.mirror) == read_tree(self.source)
        except FileNotFoundError:
            # Temporaries come and go while they are read.
            return False


@pytest.fixture
def scene(tmp_path: Path, environment: dict[str, str]) -> Scene:
    return Scene(tmp_path, environment)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        size_bytes = 1 << 16
        while size_bytes:
            try:
                while file.write(b"\0" * size_bytes):
                    pass
            except OSError:
                size_bytes //= 2
    return filler


def report(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert found["event"] == "report", result
    return found


@pytest.mark.hazard(67)
def test_a_pass_on_a_full_own_disk_backs_up_everything_and_the_next_ones_remember_again(
    scene: Scene, disk: Path
) -> None:
    scene.write(100, "first")
    assert scene.once().returncode == 0
    filler = fill(disk)
    scene.write(500, "second")
    for _ in range(2):
        result = scene.once()
        assert result.returncode == 0, result
        assert scene.are_in_step()
        assert "Traceback" not in result.stderr
        assert "Error" not in result.stdout + result.stderr
        assert str(disk) in result.stderr, "it says which disk is full"
    filler.unlink()
    (scene.source / "third").write_text("third")
    assert "is full" not in scene.once().stderr
    # What is remembered is told by a deletion that is not a stranger's.
    deleted = next(scene.source.iterdir())
    deleted.unlink()
    result = scene.once()
    assert (report(result)["created"], report(result)["deleted"]) == (0, 1)
    assert scene.are_in_step()


@pytest.mark.hazard(67)
def test_an_own_disk_that_becomes_full_in_a_long_run_is_told_once_and_taken_up_again(scene: Scene, disk: Path) -> None:
    scene.write(10, "first")
    with subprocess.Popen(
        scene.command("--interval", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=scene.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            wait_until(scene.are_in_step, "the backup", LIMIT_S)
            filler = fill(disk)
            scene.write(500, "second")
            wait_until(scene.are_in_step, "the backup", LIMIT_S)
            (scene.source / "third").write_text("third")
            wait_until(scene.are_in_step, "the backup", LIMIT_S)
            filler.unlink()
            for line in process.stderr:
                assert "Traceback" not in line
                if "can be written again" in line:
                    break
                (scene.source / "third").write_text(line)
        finally:
            process.terminate()
            rest = process.stdout.read()
            process.wait(LIMIT_S)
    assert "unexpected" not in rest
    assert '"failed"' not in rest


@pytest.mark.hazard(67)
def test_an_own_disk_that_is_full_from_the_start_is_named(scene: Scene, disk: Path) -> None:
    fill(disk)
    scene.write(10, "first")
    result = scene.once()
    assert "Traceback" not in result.stderr
    assert str(disk) in result.stderr
    assert (result.returncode, scene.are_in_step()) in {(0, True), (3, False)}


@pytest.mark.hazard(67)
@pytest.mark.parametrize("maker", [("mkfs.ext4", "-q", "-b", "1024"), ("mkfs.ext2", "-q", "-b", "1024")])
def test_what_is_shared_with_readers_has_its_whole_place_on_a_disk_with_small_blocks(
    tmp_path: Path, maker: tuple[str, ...]
) -> None:
    image, point = tmp_path / "image", tmp_path / "own disk"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    run_tool(*maker, str(image))
    point.mkdir()
    run_tool("mount", "-o", "loop", str(image), str(point))
    try:
        for key in ("once", "again"):
            catalog = JobDatabase.open(point / "job.sqlite")
            shared = os.stat(point / "job.sqlite-shm")
            assert shared.st_blocks * 512 >= shared.st_size >= 32 << 10
            # Its locks are still held: readers and a second writer are told apart from a first one.
            reader = sqlite3.connect(point / "job.sqlite")
            query = "SELECT value FROM meta WHERE key = ?"
            catalog.remember(key, "value")
            assert reader.execute(query, (key,)).fetchone() is None
            catalog.commit()
            assert reader.execute(query, (key,)).fetchone() == ("value",)
            reader.close()
            assert shared.st_ino == os.stat(point / "job.sqlite-shm").st_ino
            catalog.close()
            assert not (point / "job.sqlite-shm").exists()
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)
