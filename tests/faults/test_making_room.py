"""A drive that is nearly full: old versions give way to new content, but never in vain, and never the young ones."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backup_gui.cli.output import report_in_words
from backup_gui.engine.apply import create
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.content import TargetError
from backup_gui.engine.history.prune import NO_GAIN_KEY
from backup_gui.engine.rules.space import Room
from backup_gui.engine.rules.version_names import version_path
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.model.errors import DestinationFullError
from backup_gui.model.plans import NOTHING_REMOVED, PassStatus, ProblemCode, Scope
from tests.faults.scene import Scene
from tests.faults.volumes import remount, small_volume
from tests.helpers.trees import contents, read_tree

HOUR_S, DAY_S = 3_600, 86_400
KIB = 1 << 10
OLD = [f"old{number}" for number in range(8)]
LIVING = {*OLD, "old", "young", "future"}


def put(scene: Scene, name: str, age_s: float, content: bytes) -> None:
    """Put a version into the history that left the mirror some time ago."""
    left_at = datetime.fromtimestamp(scene.now_s() - age_s, UTC)
    stored = scene.history / version_path(name, left_at)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(content)


def kept_names(scene: Scene) -> list[str]:
    return sorted(path.partition("~")[0] for path in contents(scene.history))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A drive of 4 MiB with 1 MiB in the mirror, 1,600 KiB in the history, the oldest first, and the rest free.

    What the versions are of lives in the mirror, but it is empty now.
    """
    with small_volume(tmp_path / "volume", "size=4m,nr_inodes=100") as volume:
        made = Scene(tmp_path, volume)
        made.write("file", b"1" * 1024 * KIB)
        for name in LIVING:
            made.write(name, b"")
        made.make_pass()
        for number, name in enumerate(OLD):
            put(made, name, (20 - number) * DAY_S, name.encode() * 51_200)
        yield made


@pytest.mark.hazard(14, 45)
@pytest.mark.root
def test_old_versions_give_way_to_what_would_not_fit_oldest_first_and_no_more_than_needed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scene.write("file", b"2" * 1700 * KIB)
    report = scene.make_pass()
    assert report.status is PassStatus.COMPLETE
    # 1,472 KiB were free, so 228 and a little more are needed: two versions, of 200 KiB each.
    assert report.made_room == (2, 400 * KIB)
    assert report.thinned == NOTHING_REMOVED
    assert kept_names(scene) == ["file", *OLD[2:]]
    assert b"1" * 1024 * KIB in scene.in_history()
    scene.assert_in_step()
    text = caplog.text
    assert "The history was pruned to make room: 2 old versions removed, 409.6 kB" in text
    assert "2 old versions were removed to make room" in text


@pytest.mark.root
def test_a_quick_pass_makes_room_too(scene: Scene) -> None:
    scene.write("new", b"2" * 1700 * KIB)
    report = run_pass(scene.job, scene.catalog, Scope(paths=frozenset({"new"})))
    assert (report.status, report.made_room.versions) == (PassStatus.COMPLETE, 2)


@pytest.mark.root
def test_nothing_is_removed_for_what_would_not_fit_anyway_and_what_fits_is_copied(scene: Scene) -> None:
    before = scene.in_history()
    for name in ("a", "b", "c"):
        scene.write(name, name.encode() * 1300 * KIB)
    scene.write("small", b"small")
    report = scene.make_pass()
    assert report.status is PassStatus.PROBLEMS
    assert report.made_room == NOTHING_REMOVED
    assert scene.in_history() == before
    failed = {problem.path for problem in report.problems}
    assert len(failed) == 2
    assert {problem.code for problem in report.problems} == {ProblemCode.NO_SPACE}
    assert all(problem.reason == "The backup drive is full: 1.2 MB more is needed" for problem in report.problems)
    assert report.reason == "The backup drive is full: 2.5 MB more is needed"
    assert set(scene.in_mirror()) - LIVING == {"file", "small", "a", "b", "c"} - failed
    remount(scene.mirror.parent, "size=16m")
    assert scene.make_pass().status is PassStatus.COMPLETE
    scene.assert_in_step()
    assert scene.in_history() == before


@pytest.mark.root
def test_room_is_made_for_the_others_when_one_file_is_larger_than_the_drive(scene: Scene) -> None:
    scene.write("a giant", b"g" * 8192 * KIB)
    scene.write("file", b"2" * 1700 * KIB)
    report = scene.make_pass()
    assert [problem.path for problem in report.problems] == ["a giant"]
    assert report.made_room.versions == 2
    assert {path: size for path, size in scene.in_mirror().items() if path not in LIVING} == {"file": b"2" * 1700 * KIB}
    # It goes on failing, and takes no further version with it.
    again = scene.make_pass()
    assert [problem.path for problem in again.problems] == ["a giant"]
    assert again.made_room == NOTHING_REMOVED
    assert kept_names(scene) == ["file", *OLD[2:]]


@pytest.mark.root
def test_versions_of_the_last_hour_and_of_the_future_are_not_removed_to_make_room(scene: Scene) -> None:
    for path in read_tree(scene.history):
        (scene.history / path).unlink()
    put(scene, "young", HOUR_S - 100, b"y" * 400 * KIB)
    put(scene, "future", -DAY_S, b"f" * 400 * KIB)
    put(scene, "old", HOUR_S + 100, b"o" * 400 * KIB)
    scene.write("file", b"2" * 2300 * KIB)
    report = scene.make_pass()
    assert report.made_room == NOTHING_REMOVED
    assert [problem.path for problem in report.problems] == ["file"]
    assert scene.in_mirror()["file"] == b"1" * 1024 * KIB
    scene.write("file", b"2" * 2100 * KIB)
    report = scene.make_pass()
    assert (report.status, report.made_room.versions) == (PassStatus.COMPLETE, 1)
    assert kept_names(scene) == ["file", "future", "young"]


@pytest.mark.hazard(55)
@pytest.mark.root
def test_the_last_copies_never_give_way_unasked_and_the_drive_is_full_by_name(scene: Scene) -> None:
    for name in OLD:
        (scene.source / name).unlink()
    scene.make_pass()
    # Hours later, so that it is not their youth that protects them.
    kept = {path: content for path, content in contents(scene.history).items() if content}
    scene.write("download", b"d" * 2000 * KIB)
    report = scene.make_pass(after_s=3 * HOUR_S)
    assert {path: content for path, content in contents(scene.history).items() if content} == kept
    assert report.made_room == NOTHING_REMOVED
    assert [(problem.path, problem.code) for problem in report.problems] == [("download", ProblemCode.NO_SPACE)]
    assert report.spared.bytes == 8 * 200 * KIB
    assert report.reason.endswith("old versions that do not give way unasked take 1.6 MB of it")
    told = report_in_words(report)
    assert "The option --free-history lets them go, the oldest first." in told
    # What is written meanwhile is backed up all the same, and a word frees just what is needed.
    scene.write("small", b"small")
    scene.make_pass()
    assert scene.in_mirror()["small"] == b"small"
    scene.with_job(frees_history=True)
    report = scene.make_pass()
    assert (report.status, report.spared) == (PassStatus.COMPLETE, NOTHING_REMOVED)
    assert report.made_room.bytes == 600 * KIB
    left = [path.partition("~")[0] for path, content in contents(scene.history).items() if content]
    assert sorted(left) == OLD[3:]
    scene.assert_in_step()


@pytest.mark.hazard(55)
@pytest.mark.root
def test_versions_of_what_lives_go_before_the_last_copies_though_they_are_younger(scene: Scene) -> None:
    for name in OLD[:4]:
        (scene.source / name).unlink()
    scene.make_pass()
    scene.write("file", b"2" * 1900 * KIB)
    report = scene.make_pass(after_s=3 * HOUR_S)
    assert (report.status, report.made_room.versions) == (PassStatus.COMPLETE, 3)
    left = {path.partition("~")[0] for path, content in contents(scene.history).items() if len(content) == 200 * KIB}
    assert left == {*OLD[:4], OLD[7]}


@pytest.mark.hazard(55)
@pytest.mark.root
def test_versions_that_left_in_one_minute_are_joined_before_any_other_goes(scene: Scene) -> None:
    for path in scene.history.iterdir():
        path.unlink()
    put(scene, "old", 5 * DAY_S, b"o" * 300 * KIB)
    for number in range(4):
        # Of one minute, and of a file that the mirror has no more.
        put(scene, "gone", scene.now_s() % 60 + 120 - 10 - 5 * number, b"%d" % number * 300 * KIB)
    scene.write("new", b"n" * 1700 * KIB)
    report = scene.make_pass()
    assert report.status is PassStatus.COMPLETE
    left = sorted(content[:1] for content in scene.in_history())
    # The oldest of the minute stays, and the last there is.
    assert left == [b"0", b"2", b"3", b"o"]


@pytest.mark.hazard(55, 56)
@pytest.mark.root
def test_the_history_of_a_file_that_is_written_again_and_again_does_not_keep_its_current_content_out(
    scene: Scene,
) -> None:
    for path in scene.history.iterdir():
        path.unlink()
    for number in range(30):
        scene.write("file", b"%02d" % number * 256 * KIB)
        report = scene.make_pass()
        assert report.status is PassStatus.COMPLETE, report
        assert scene.in_mirror()["file"] == (scene.source / "file").read_bytes()
    # The oldest of the hour is the first content of all.
    assert b"1" * 1024 * KIB in scene.in_history()
    scene.assert_in_step()


@pytest.mark.root
def test_versions_kept_without_end_do_not_give_way(scene: Scene) -> None:
    scene.with_job(history_days=0)
    scene.write("file", b"2" * 1700 * KIB)
    report = scene.make_pass()
    assert [problem.path for problem in report.problems] == ["file"]
    assert kept_names(scene) == OLD
    scene.with_job(history_max_bytes=1 << 30)
    assert scene.make_pass().made_room.versions == 2


@pytest.mark.hazard(9)
@pytest.mark.root
def test_no_version_gives_way_while_the_guard_holds_something(scene: Scene) -> None:
    for number in range(40):
        scene.write(f"f{number}", b"f")
    scene.make_pass()
    scene.with_job(guard_count=2, guard_share=0.2)
    for number in range(36):
        (scene.source / f"f{number}").rename(scene.source / f"f{number}.encrypted")
        (scene.source / f"f{number}.encrypted").write_bytes(b"x" * 50 * KIB)
    held = scene.make_pass()
    assert held.held is not None
    assert held.made_room == NOTHING_REMOVED
    assert kept_names(scene) == OLD
    scene.write("new", b"n" * 400 * KIB)
    quick = run_pass(scene.job, scene.catalog, Scope(paths=frozenset({"new"})))
    assert quick.held is None
    assert [problem.path for problem in quick.problems] == ["new"]
    assert kept_names(scene) == OLD
    agreed = run_pass(scene.job, scene.catalog, Scope(trees=frozenset({""})), PassOptions(allowed=held.held))
    assert agreed.made_room.versions > 0


@pytest.mark.hazard(14)
@pytest.mark.root
def test_a_drive_out_of_file_entries_has_room_made_in_them(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=16m,nr_inodes=21") as volume:
        scene = Scene(tmp_path, volume)
        scene.write("file", b"old")
        scene.make_pass()
        for number in range(10):
            put(scene, "file", (20 - number) * DAY_S, b"%d" % number)
        # The volume's root, mirror, history, its marker, one file and ten versions are there: six more fit.
        for number in range(8):
            scene.write(f"new{number}", b"new")
        report = scene.make_pass()
        assert report.status is PassStatus.COMPLETE
        assert report.made_room == (2, 2 * 4 * KIB)
        assert scene.in_history() == {b"%d" % number for number in range(2, 10)}
        for number in range(2):
            scene.write(f"new{number}", b"newer")
        # Two versions, in a folder that is there; but it might not be.
        assert scene.make_pass().made_room == (3, 3 * 4 * KIB)
        scene.assert_in_step()


@pytest.mark.hazard(14)
@pytest.mark.root
def test_a_drive_with_too_many_files_is_told_as_such(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=16m,nr_inodes=12") as volume:
        scene = Scene(tmp_path, volume)
        for number in range(10):
            scene.write(f"{number}", b"new")
        report = scene.make_pass()
        assert len(report.problems) == 2
        assert report.reason == "There are too many files on the backup drive: 2 more do not fit"
        assert {problem.code for problem in report.problems} == {ProblemCode.NO_SPACE}
        assert {problem.reason for problem in report.problems} == {
            "The backup drive is full: it cannot hold more files, however small"
        }
        remount(volume, "nr_inodes=13")
        assert scene.make_pass().reason == "There are too many files on the backup drive: 1 more does not fit"
        remount(volume, "nr_inodes=100")
        assert scene.make_pass().status is PassStatus.COMPLETE
        scene.assert_in_step()


@pytest.mark.hazard(14, 25)
@pytest.mark.root
def test_a_file_of_holes_needs_only_room_for_what_is_between_them(scene: Scene) -> None:
    with (scene.source / "holes").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(32 << 20)
        file.write(b"x" * 1200 * KIB)
    report = scene.make_pass()
    assert (report.status, report.made_room) == (PassStatus.COMPLETE, NOTHING_REMOVED)
    scene.assert_in_step()
    assert kept_names(scene) == OLD


@pytest.mark.root
def test_no_version_gives_way_to_a_hole(scene: Scene) -> None:
    with (scene.source / "holes").open("wb") as file:
        file.write(b"x" * 100 * KIB)
        file.truncate(1700 * KIB)
    report = scene.make_pass()
    assert (report.status, report.made_room) == (PassStatus.COMPLETE, NOTHING_REMOVED)
    assert kept_names(scene) == OLD


@pytest.mark.root
def test_without_a_history_what_fits_is_copied_and_the_rest_told(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=2m") as volume:
        scene = Scene(tmp_path, volume, keeps_history=False)
        put(scene, "old", 20 * DAY_S, b"o" * 200 * KIB)
        scene.write("large", b"x" * 4096 * KIB)
        scene.write("small", b"x")
        report = scene.make_pass()
        assert [problem.path for problem in report.problems] == ["large"]
        assert report.made_room == NOTHING_REMOVED
        assert kept_names(scene) == ["old"]


@pytest.mark.root
def test_a_drive_without_room_for_the_destination_itself_is_full(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=1m,nr_inodes=1") as volume:
        scene = Scene(tmp_path, volume)
        with pytest.raises(DestinationFullError, match="drive is full"):
            scene.make_pass()
        remount(volume, "nr_inodes=100")
        scene.make_pass()
        scene.assert_in_step()


def test_a_drive_full_when_it_is_flushed_is_told_as_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("file", b"x")

    def refuse(_target: LocalDestination) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(LocalDestination, "flush", refuse)
        with pytest.raises(DestinationFullError):
            scene.make_pass()
    assert scene.in_mirror() == {}
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(14)
def test_a_quota_that_is_used_up_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("file", b"x" * 2000)
    scene.write("other", b"x" * 1000)

    def refuse(*_arguments: object, **_options: object) -> Any:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as patch:
        patch.setattr(MirrorWriter, "receive", refuse)
        report = scene.make_pass()
    assert {problem.code for problem in report.problems} == {ProblemCode.NO_SPACE}
    assert {problem.reason for problem in report.problems} == {"The backup drive is full: your quota on it is used up"}
    assert report.reason == "The backup drive is full: your quota on it is used up, and 3.0 kB more is needed"
    scene.make_pass()
    scene.assert_in_step()


def test_pruning_that_gains_nothing_is_not_done_again_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("anchor", b"x")
    for name in OLD:
        scene.write(name, b"")
    scene.make_pass()
    for number, name in enumerate(OLD):
        put(scene, name, (20 - number) * DAY_S, b"x" * 200 * KIB)
    # As on a volume whose snapshots keep what is removed.
    monkeypatch.setattr(MirrorWriter, "room", lambda _target: Room(100 * KIB, None, 4096))
    for number, (after_s, versions) in enumerate(((0, 2), (60, 0), (DAY_S, 2))):
        scene.write(f"new{number}", b"x" * 400 * KIB)
        assert scene.make_pass(after_s=after_s).made_room.versions == versions
    assert "hardly more room" in caplog.text
    scene.catalog.remember(NO_GAIN_KEY, "nonsense")
    scene.write("last", b"x" * 400 * KIB)
    assert scene.make_pass(after_s=DAY_S).made_room.versions == 2


def fail(*_arguments: object, **_options: object) -> Any:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_room_that_cannot_be_told_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("file", b"x")
    monkeypatch.setattr(MirrorWriter, "room", fail)
    scene.make_pass()
    scene.write("file", b"xx")
    assert scene.make_pass().status is PassStatus.COMPLETE
    scene.write("file", b"xxx")
    monkeypatch.setattr(MirrorWriter, "receive", lambda *_a, **_o: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    assert scene.make_pass().reason == "The backup drive is full: 3 bytes more is needed"


@pytest.mark.root
def test_a_drive_that_cannot_be_flushed_after_room_was_made_is_logged(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, calls = LocalDestination.flush, iter(range(100))

    def fail_first(target: LocalDestination) -> None:
        if next(calls) == 0:
            fail()
        real(target)

    monkeypatch.setattr(LocalDestination, "flush", fail_first)
    scene.write("file", b"2" * 1700 * KIB)
    report = scene.make_pass()
    assert (report.status, report.made_room.versions) == (PassStatus.COMPLETE, 2)
    assert "could not be flushed: Input/output error" in caplog.text


def test_a_file_whose_holes_cannot_be_told_counts_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, tmp_path)
    with (scene.source / "holes").open("wb") as file:
        file.truncate(64 << 20)
    monkeypatch.setattr(MirrorWriter, "room", lambda _target: Room(1 << 20, None, 4096))
    with monkeypatch.context() as patch:
        patch.setattr(create, "bytes_of_data", fail)
        assert [problem.path for problem in scene.make_pass().problems] == ["holes"]
    assert scene.make_pass().status is PassStatus.COMPLETE


@pytest.mark.root
def test_another_volume_mounted_in_the_history_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.write("file", b"x")
    scene.look_at_the_clock()
    put(scene, "own", 40 * DAY_S, b"own")
    put(scene, "young", HOUR_S, b"young")
    with small_volume(scene.history / "mounted", "size=1m"):
        put(scene, "mounted/foreign", 40 * DAY_S, b"foreign")
        assert scene.make_pass().thinned.versions == 1
        assert scene.in_history() == {b"foreign", b"young"}


@pytest.mark.hazard(55)
@pytest.mark.root
def test_at_the_users_word_room_is_made_for_as_much_as_fits(scene: Scene) -> None:
    before = scene.in_history()
    for name in ("a", "b", "c"):
        scene.write(name, name.encode() * 1300 * KIB)
    assert scene.make_pass().made_room == NOTHING_REMOVED
    assert scene.in_history() == before
    scene.with_job(frees_history=True)
    report = scene.make_pass()
    assert (len(report.problems), report.spared) == (1, NOTHING_REMOVED)
    assert 0 < report.made_room.versions < len(OLD)
    # Nothing more goes for what does not fit.
    assert scene.make_pass().made_room == NOTHING_REMOVED


@pytest.mark.hazard(55)
@pytest.mark.root
def test_at_the_users_word_file_entries_are_freed_for_as_many_as_fit(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", "size=16m,nr_inodes=21") as volume:
        scene = Scene(tmp_path, volume)
        scene.write("file", b"old")
        scene.make_pass()
        for number in range(10):
            put(scene, f"gone{number}", (20 - number) * DAY_S, b"%d" % number)
        for number in range(30):
            scene.write(f"new{number}", b"new")
        report = scene.make_pass()
        assert (report.made_room, report.spared.versions) == (NOTHING_REMOVED, 10)
        scene.with_job(frees_history=True)
        report = scene.make_pass()
        assert report.made_room.versions == 10
        assert (report.counts.created, len(report.problems)) == (10, 14)


@pytest.mark.hazard(14, 55)
@pytest.mark.root
@pytest.mark.parametrize("frees_history", [False, True])
def test_where_a_quota_is_used_up_old_versions_give_way_though_the_drive_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, frees_history: bool
) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.with_job(frees_history=frees_history)
    scene.write("lives", b"")
    scene.make_pass()
    for name in ("lives", "gone"):
        for number in range(4):
            put(scene, name, (20 - number) * DAY_S, name[:1].encode() * 40 * KIB)
    receive = MirrorWriter.receive

    def refuse_beyond(target: MirrorWriter, path: str, fd: int, source: os.stat_result, **options: Any) -> str:
        used = sum(map(len, [*contents(scene.mirror).values(), *contents(scene.history).values()]))
        if used + source.st_size > 330 * KIB:
            raise TargetError(errno.EDQUOT, os.strerror(errno.EDQUOT), path)
        return receive(target, path, fd, source, **options)

    monkeypatch.setattr(MirrorWriter, "receive", refuse_beyond)
    scene.write("new", b"n" * (325 if frees_history else 50) * KIB)
    report = scene.make_pass()
    assert [(problem.path, problem.code) for problem in report.problems] == [("new", ProblemCode.NO_SPACE)]
    report = scene.make_pass()
    assert report.status is PassStatus.COMPLETE
    scene.assert_in_step()
    left = kept_names(scene)
    assert (left.count("gone"), left.count("lives")) == ((0, 0) if frees_history else (4, 2))
    # It is forgotten with the first full pass that finds it is so no more.
    before = scene.in_history()
    scene.write("small", b"s" * KIB)
    assert scene.make_pass().made_room == NOTHING_REMOVED
    assert scene.in_history() == before
