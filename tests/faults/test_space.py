"""A destination without room, without entries to give, or not to be written to."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from backup_gui.model.errors import BackupError, DestinationUnusableError
from backup_gui.model.plans import PassStatus, ProblemCode
from tests.faults.scene import Scene
from tests.faults.volumes import plugged_in, remount, run_tool, small_volume

FILES = [f"f{number}" for number in range(10)]


@pytest.mark.hazard(14)
@pytest.mark.root
def test_a_full_drive_keeps_the_old_versions_and_the_backup_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=1m") as volume:
        scene = Scene(tmp_path, volume)
        for name in FILES:
            scene.write(name, b"old " + name.encode() * 10_000)
        scene.make_pass()
        before = scene.in_mirror()
        for name in FILES:
            scene.write(name, b"new " + name.encode() * 90_000)
        scene.write("small", b"small")
        report = scene.make_pass()
        assert report.status is PassStatus.PROBLEMS
        assert {problem.code for problem in report.problems} == {ProblemCode.NO_SPACE}
        assert report.reason
        there = scene.in_mirror()
        failed = {problem.path for problem in report.problems}
        assert failed
        for name in (*FILES, "small"):
            expected = before.get(name) if name in failed else (scene.source / name).read_bytes()
            assert there.get(name) == expected
        assert scene.temporaries() == []
        assert set(before.values()) <= {*there.values(), *scene.in_history()}
        remount(volume, "size=32m")
        assert scene.make_pass().problems == ()
        scene.assert_in_step()
        assert set(before.values()) <= scene.in_history()


@pytest.mark.hazard(14)
@pytest.mark.root
def test_a_drive_without_free_inodes_keeps_the_old_versions_and_the_backup_goes_on_later(tmp_path: Path) -> None:
    # The root, the mirror, the history with its marker, and the files; nothing is left for a version.
    with small_volume(tmp_path / "volume", f"size=16m,nr_inodes={len(FILES) + 4}") as volume:
        scene = Scene(tmp_path, volume)
        for name in FILES:
            scene.write(name, b"old " + name.encode())
        scene.make_pass()
        before = scene.in_mirror()
        assert set(before) == set(FILES)
        for name in FILES:
            scene.write(name, b"newer " + name.encode())
        scene.write("folder/more", b"more")
        try:
            problems = scene.make_pass().problems
        except BackupError:
            problems = ()
        else:
            assert {problem.code for problem in problems} == {ProblemCode.NO_SPACE}
        assert {name: content for name, content in scene.in_mirror().items() if content.startswith(b"old")} == before
        assert scene.temporaries() == []
        remount(volume, "nr_inodes=1000")
        assert scene.make_pass().problems == ()
        scene.assert_in_step()
        assert set(before.values()) <= scene.in_history()


@pytest.mark.hazard(14)
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit for the size of files here")
def test_a_file_too_large_for_the_drive_is_one_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("large", b"x" * 300_000)
    scene.write("small", b"small")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        report = scene.make_pass()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(problem.path, problem.code) for problem in report.problems] == [("large", ProblemCode.TOO_LARGE)]
    assert scene.in_mirror() == {"small": b"small"}
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(16)
@pytest.mark.root
def test_a_drive_that_became_read_only_ends_the_pass_and_nothing_else(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=4m") as volume:
        scene = Scene(tmp_path, volume)
        for name in FILES:
            scene.write(name, b"old")
        scene.make_pass()
        before = scene.in_mirror()
        scene.write("f0", b"new")
        (scene.source / "f1").unlink()
        scene.write("more", b"more")
        remount(volume, "ro")
        try:
            with pytest.raises(DestinationUnusableError, match=r"(?i)read-only"):
                scene.make_pass()
            assert scene.in_mirror() == before
        finally:
            remount(volume, "rw")
        scene.make_pass()
        scene.assert_in_step()


@pytest.mark.hazard(27)
@pytest.mark.root
def test_an_immutable_file_is_a_problem_of_its_own_and_stays_immutable(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)
    for name in ("protected", "protected too", "free"):
        scene.write(name, b"old")
    scene.make_pass()
    protected = [str(scene.mirror / name) for name in ("protected", "protected too")]
    run_tool("chattr", "+i", *protected)
    try:
        scene.write("protected", b"new")
        (scene.source / "protected too").unlink()
        scene.write("free", b"new")
        report = scene.make_pass()
        assert sorted((problem.path, problem.code) for problem in report.problems) == [
            ("protected", ProblemCode.PROTECTED),
            ("protected too", ProblemCode.PROTECTED),
        ]
        assert scene.in_mirror() == {"protected": b"old", "protected too": b"old", "free": b"new"}
        assert scene.temporaries() == []
        listed = subprocess.run(["lsattr", *protected], capture_output=True, text=True, check=True).stdout
        assert all("i" in line.split()[0] for line in listed.splitlines())
    finally:
        run_tool("chattr", "-i", *protected)
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(14)
def test_a_file_too_large_for_the_file_system_is_one_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    with plugged_in(tmp_path, "ext2", size_bytes=20 << 30) as stick:
        scene = Scene(tmp_path, stick.point)
        scene.write("small", b"1")
        # With blocks of 1 KiB a file there can have 16 GiB; this one is a hole for the most part.
        with (scene.source / "large").open("wb") as file:
            file.truncate(17 << 30)
        for _ in range(2):
            report = scene.make_pass()
            assert [(problem.path, problem.code) for problem in report.problems] == [("large", ProblemCode.TOO_LARGE)]
            assert scene.in_mirror() == {"small": b"1"}
            assert scene.temporaries() == []
        (scene.source / "large").unlink()
        # The folder lost an entry that the mirror never had: what is left to be done is the folder's own time.
        scene.make_pass()
        scene.assert_in_step()
