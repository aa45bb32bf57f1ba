"""Clocks that jump, times of the future, and zones that change."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from backup_gui.engine.apply import create
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.plan import difference
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.model.plans import FULL, Counts
from tests.faults.scene import Scene
from tests.faults.volumes import plugged_in, small_volume
from tests.helpers.trees import contents

SECOND_NS = 1_000_000_000
KINDS = ("ext4", "ext4 with small inodes", "xfs", "xfs with small times", "btrfs", "ntfs", "exfat")
# Around the ends of what is counted in 32, 34 and 63 bits, of FAT and of NTFS, each with a fraction of a second too.
BORDERS_S = (-(1 << 34), -11_644_473_601, -9_223_372_037, -(1 << 31), -1, 0, 315_532_799, (1 << 31) - 1, 1 << 31)
LATER_S = (4_354_819_199, 9_223_372_036, 15_032_385_535, 15_032_385_536, 16_299_260_425, 1 << 36, 1 << 40)
YEAR_2100_NS = 4_102_444_800_000_000_000


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, tmp_path)


@pytest.mark.hazard(35, 45, 50)
def test_versions_kept_while_the_clock_jumps_back_and_forth_are_all_there(scene: Scene) -> None:
    noon_s = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    jumps_s = (0, 0, -86_400, 0, 86_400 * 3650, -86_400, 0, -86_400 * 9_000, 3_600, -3_600, 0, 0)
    for number, jump_s in enumerate(jumps_s):
        scene.write("file", b"version %d" % number)
        # Of the time that passes, only what the system runs is right.
        ran_s = 200.0 * number
        clock_s = noon_s + ran_s + jump_s
        run_pass(scene.job, scene.catalog, FULL, PassOptions(now=partial(float, clock_s), uptime=partial(float, ran_s)))
    assert scene.in_mirror() == {"file": b"version 11"}
    assert scene.in_history() == {b"version %d" % number for number in range(11)}
    versions = list(list_versions(str(scene.history), "file"))
    assert len(versions) == 11
    # Also what was named by a clock that was ten years ahead.
    order = [int((scene.history / version.stored).read_bytes().split()[1]) for version in versions]
    assert order == list(range(11))


@pytest.mark.hazard(35)
@pytest.mark.parametrize("stamp_ns", [YEAR_2100_NS, 1, -1_500_000_000])
def test_a_file_of_the_future_or_of_long_ago_is_mirrored_once_and_its_edits_are_found(
    scene: Scene, stamp_ns: int
) -> None:
    for content in (b"old", b"newer", b"newest version"):
        scene.write("file", content)
        os.utime(scene.source / "file", ns=(stamp_ns, stamp_ns))
        assert scene.make_pass().problems == ()
        assert scene.in_mirror() == {"file": content}
        assert scene.make_pass().counts == Counts()
        assert (scene.mirror / "file").stat().st_mtime_ns == stamp_ns


@pytest.fixture(params=KINDS)
def drive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """Have the source where all times can be kept, and the destination on a drive that may not."""
    with (
        small_volume(tmp_path / "memory", "size=8m") as memory,
        plugged_in(tmp_path, request.param, size_bytes=320 << 20) as stick,
    ):
        scene = Scene(memory, stick.point)
        scene.holds_links = request.param != "exfat"  # type: ignore[attr-defined]
        scene.replug = stick.replug  # type: ignore[attr-defined]
        yield scene


@pytest.mark.root
@pytest.mark.hazard(15, 33, 59)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_times_that_a_drive_cannot_keep_are_compared_as_it_keeps_them(
    drive: Scene, monkeypatch: pytest.MonkeyPatch, *, keeps_history: bool
) -> None:
    drive.with_job(keeps_history=keeps_history)
    for second in (*BORDERS_S, *LATER_S):
        # NTFS is served by a driver that rounds fractions before 1970 up and down as it comes.
        for fraction_ns in (0, 500_000_000) if second >= 0 else (0,):
            drive.write(f"{second}.{fraction_ns}", b"%d" % second)
            os.utime(drive.source / f"{second}.{fraction_ns}", ns=(second * SECOND_NS + fraction_ns,) * 2)
    os.link(drive.source / f"{1 << 40}.0", drive.source / "linked")
    assert drive.make_pass().problems == ()
    compared: list[str] = []

    def counting(_source: object, path: str, *_more: object) -> bool:
        compared.append(path)
        return True

    for module in (difference, create):
        monkeypatch.setattr(module, "has_same_content", counting)
    for _ in range(2):
        report = drive.make_pass()
        assert (report.counts, report.problems, compared) == (Counts(), (), [])
    monkeypatch.undo()
    os.link(drive.source / "linked", drive.source / "linked too")
    report = drive.make_pass()
    is_one_file = (drive.mirror / "linked").stat().st_ino == (drive.mirror / "linked too").stat().st_ino
    assert (report.counts.created, is_one_file) == (1, report.counts.bytes == 0)
    assert is_one_file or not drive.holds_links  # type: ignore[attr-defined]
    drive.replug()  # type: ignore[attr-defined]
    assert drive.make_pass().counts == Counts()
    for number, path in enumerate(sorted(os.listdir(drive.source))):
        if number % 3 == 0:
            (drive.source / path).write_bytes(b"edited")
        elif number % 3 == 1:
            (drive.source / path).unlink()
        else:
            (drive.source / path).rename(drive.source / f"moved {number}")
    report = drive.make_pass()
    assert (report.held, report.problems) == (None, ())
    assert drive.in_mirror() == contents(drive.source)


@pytest.mark.hazard(33)
def test_another_time_zone_and_the_end_of_summer_time_copy_nothing_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, stamp_s in enumerate((1_761_438_600, 1_761_440_400, 1_761_442_200, 1_774_747_800)):
        scene.write(f"f{number}", b"content %d" % number)
        os.utime(scene.source / f"f{number}", (stamp_s, stamp_s))
    scene.make_pass()
    try:
        for zone in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert scene.make_pass().counts == Counts()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.hazard(28)
def test_a_rename_that_changes_only_case_is_a_rename_in_the_mirror_too(scene: Scene) -> None:
    scene.write("Folder/Readme", b"read me")
    scene.write("file", b"file")
    scene.make_pass()
    inodes = {name: (scene.mirror / name).stat().st_ino for name in ("file", "Folder/Readme")}
    (scene.source / "file").rename(scene.source / "FILE")
    (scene.source / "Folder/Readme").rename(scene.source / "Folder/README")
    report = scene.make_pass()
    assert (report.counts.moved, report.counts.created, report.problems) == (2, 0, ())
    assert (scene.mirror / "FILE").stat().st_ino == inodes["file"]
    assert (scene.mirror / "Folder/README").stat().st_ino == inodes["Folder/Readme"]
    scene.assert_in_step()
