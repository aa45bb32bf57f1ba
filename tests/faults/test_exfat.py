"""A destination on exFAT: one case for all names, no links, no permissions, times from 1980 on in steps."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.destination.history_place import HISTORY_NAME
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs import posix
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.events import ActionDone, Event, PlanMade
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, Op, PassStatus, ProblemCode, Report, Scope
from backup_gui.model.reasons import Code
from tests.faults.scene import Scene
from tests.faults.volumes import Stick, plugged_in
from tests.helpers.project import PROJECT
from tests.helpers.rig import count_recorded
from tests.helpers.trees import contents, read_tree

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts images"),
]

SECOND_NS = 1_000_000_000
# An odd second, and all that comes after it.
ODD_NS = 1_600_000_001_987_654_321
YEARS_S = 31_557_600
COLLISION, NAME, LINK = ProblemCode.NAME_COLLISION, ProblemCode.NAME_NOT_POSSIBLE, ProblemCode.LINK_NOT_POSSIBLE


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Stick]:
    with plugged_in(tmp_path, "exfat") as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path, stick: Stick) -> Scene:
    return Scene(tmp_path, stick.point)


def write(scene: Scene, path: str, content: str, mtime_ns: int = ODD_NS) -> None:
    scene.write(path, content.encode())
    os.utime(scene.source / path, ns=(mtime_ns, mtime_ns))


def names(folder: Path) -> set[str]:
    """The names in a folder, as they are listed."""
    return set(os.listdir(folder))


def partial(scene: Scene, *paths: str) -> Report:
    return run_pass(scene.job, scene.catalog, Scope(paths=frozenset(paths)))


def codes(report: Report) -> dict[str, Code]:
    return {problem.path: problem.code for problem in report.problems}


def assert_settled(scene: Scene, report: Report) -> None:
    """Check that a further pass, and one after the drive was away, find nothing to do and name the same problems."""
    again = scene.make_pass()
    assert (again.counts.total, set(again.problems)) == (0, set(report.problems))
    assert scene.temporaries() == []


@pytest.mark.hazard(14, 21, 30, 31)
def test_what_can_be_held_is_backed_up_and_the_rest_is_named_with_its_reason(scene: Scene, stick: Stick) -> None:
    possible = {
        "plain": "1",
        "con": "2",
        "ends with a dot.": "3",
        "ends with a blank ": "4",
        "n" * 255: "5",
        "ü" * 127: "6",
        "é": "7",
        "e\u0301": "8",
        "$MFT": "9",
        "docs/deep/report.odt": "10",
        "straße": "11",
        "strasse": "12",
        "old": "13",
        "far": "14",
    }
    impossible = {
        "a:b": "it contains ':'",
        "a*": "it contains '*'",
        "back\\slash": "it contains '\\'",
        "new\nline": "it contains a control character",
        "\udcff": "it contains bytes that are not text",
        # Half of a character: this driver ends when it is given one, and leaves a drive that it cannot read.
        "half \udced\udca0\udc80": "it contains bytes that are not text",
    }
    for path, content in possible.items():
        write(scene, path, content)
    for path in impossible:
        write(scene, path, "x")
    write(scene, "folder: no/inside", "x")
    os.utime(scene.source / "old", ns=(-20 * YEARS_S * SECOND_NS,) * 2)
    os.utime(scene.source / "far", ns=(200 * YEARS_S * SECOND_NS,) * 2)
    (scene.source / "set-id").write_bytes(b"15")
    (scene.source / "set-id").chmod(0o4711)
    os.chown(scene.source / "plain", 1234, 1234)
    (scene.source / "link").symlink_to("plain")
    (scene.source / "dangling").symlink_to("nowhere")
    with (scene.source / "holes").open("wb") as file:
        file.seek(1 << 20)
        file.write(b"end")

    report = scene.make_pass()

    reasons = {problem.path: (problem.code, problem.reason.partition(": ")[2]) for problem in report.problems}
    assert reasons == {path: (NAME, reason) for path, reason in impossible.items()} | {
        "folder: no": (NAME, "it contains ':'; nothing in this folder is backed up"),
        "link": (LINK, ""),
        "dangling": (LINK, ""),
    }
    there = scene.in_mirror()
    assert {path: there[path].decode() for path in possible} == possible
    assert set(there) == {*possible, "set-id", "holes"}
    assert there["holes"] == bytes(1 << 20) + b"end"
    assert scene.in_history() == set()
    assert_settled(scene, report)
    stick.replug()
    assert_settled(scene, report)


def call(*arguments: str) -> tuple[int, list[dict[str, object]]]:
    """Run the program: its exit status, and what it told."""
    run = subprocess.run(
        [sys.executable, "-m", "backup_gui", *arguments, "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.hazard(21, 29, 31)
def test_verify_names_what_can_never_be_there_as_a_pass_does(scene: Scene, stick: Stick) -> None:
    for path in (
        "plain",
        "Case",
        "case",
        "CASE",
        "Docs/a",
        "docs/b",
        "a:b",
        "new\nline",
        "folder: no/inside",
        "Σ",
        "ς",
    ):
        write(scene, path, path)
    (scene.source / "link").symlink_to("plain")
    os.mkfifo(scene.source / "pipe")
    write(scene, "old", "before 1980", -20 * YEARS_S * SECOND_NS)
    (scene.source / "plain").chmod(0o4711)
    os.chown(scene.source / "plain", 1234, 1234)
    folders = str(scene.source), str(scene.mirror)
    status, told = call("run", *folders, "--once")
    problems = {(event["path"], event["code"], event["reason"]) for event in told if event["event"] == "problem"}
    assert (status, len(problems)) == (1, 9)
    stick.replug()

    status, told = call("verify", *folders)
    named = {(event.get("path"), event.get("code"), event.get("reason")) for event in told[:-1]}
    assert (status, named) == (1, problems)
    tally = {"event": "verified", "differences": 0, "problems": len(problems)}
    assert tally.items() <= told[-1].items()

    (scene.mirror / "plain").write_text("PLAIN")
    (scene.mirror / "CASE").unlink()
    stick.replug()
    status, told = call("verify", *folders)
    differences = {event["path"]: event["kind"] for event in told if event["event"] == "difference"}
    # Which of the three is going to be there is for the next pass to say.
    missing = dict.fromkeys(("CASE", "Case", "case"), "missing")
    assert (status, differences) == (1, {"plain": "content"} | missing)
    # With all that is remembered lost, nothing is passed over.
    shutil.rmtree(os.environ["XDG_DATA_HOME"])
    status, told = call("verify", *folders)
    assert status == 1
    assert {event.get("path") for event in told} >= {*differences, *(path for path, *_ in problems)}


def test_the_second_pass_tries_nothing_out_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write(scene, "a", "1")
    scene.make_pass()
    before = scene.mirror.stat()
    monkeypatch.setattr(writer.MirrorWriter, "make_scratch", lambda _self: pytest.fail("tried out again"))
    assert scene.make_pass().counts.total == 0
    assert scene.mirror.stat().st_mtime_ns == before.st_mtime_ns


def test_edits_deletions_and_moves_reach_it_and_its_history(scene: Scene, stick: Stick, tmp_path: Path) -> None:
    for path in ("edited", "deleted", "docs/moved", "becomes a link", "becomes a folder"):
        write(scene, path, f"old {path}")
    assert scene.make_pass().status is PassStatus.COMPLETE
    stick.replug()
    write(scene, "edited", "new edited", ODD_NS + 10 * SECOND_NS)
    (scene.source / "deleted").unlink()
    (scene.source / "docs/moved").rename(scene.source / "moved")
    (scene.source / "becomes a link").unlink()
    (scene.source / "becomes a link").symlink_to("edited")
    (scene.source / "becomes a folder").unlink()
    write(scene, "becomes a folder/inside", "new inside")

    report = scene.make_pass()

    assert codes(report) == {"becomes a link": LINK}
    assert (report.counts.moved, report.counts.bytes) == (1, len("new edited") + len("new inside"))
    assert scene.in_mirror() == {
        "edited": b"new edited",
        "moved": b"old docs/moved",
        "becomes a folder/inside": b"new inside",
    }
    assert scene.in_history() == {b"old edited", b"old deleted", b"old becomes a link", b"old becomes a folder"}
    assert_settled(scene, report)
    versions = {version.path: version for version in list_versions(str(scene.history))}
    assert set(versions) == {"edited", "deleted", "becomes a link", "becomes a folder"}
    done = restore_path(str(scene.mirror), str(scene.history), "deleted", None, str(tmp_path / "restored"))
    assert (done.restored, contents(tmp_path / "restored")) == (("deleted",), {"deleted": b"old deleted"})


def test_restoring_onto_it_brings_back_content(scene: Scene, stick: Stick) -> None:
    write(scene, "docs/a", "1")
    os.chown(scene.source / "docs/a", 1234, 1234)
    (scene.source / "docs/a").chmod(0o4640)
    scene.make_pass()
    done = restore_path(str(scene.source), None, "docs", None, str(stick.point / "restored"))
    assert (done.restored, done.failed) == (("docs/a",), ())
    assert contents(stick.point / "restored") == {"docs/a": b"1"}


# Names that differ in case only


@pytest.mark.hazard(28)
@pytest.mark.parametrize("is_partial", [False, True])
def test_a_name_that_changes_its_case_only_is_renamed_and_not_copied(scene: Scene, is_partial: bool) -> None:  # noqa: FBT001
    write(scene, "file", "1")
    write(scene, "docs/deep/inside", "2")
    write(scene, "docs/other", "3")
    scene.make_pass()
    (scene.source / "file").rename(scene.source / "FILE")
    (scene.source / "docs/deep").rename(scene.source / "docs/Deep")
    (scene.source / "docs").rename(scene.source / "DOCS")
    write(scene, "DOCS/Deep/inside", "edited", ODD_NS + 10 * SECOND_NS)

    dirty = ("file", "FILE", "docs", "DOCS", "docs/deep", "DOCS/Deep", "DOCS/Deep/inside")
    report = partial(scene, *dirty) if is_partial else scene.make_pass()

    assert (report.status, report.counts.moved, report.counts.bytes) == (PassStatus.COMPLETE, 3, len("edited"))
    assert names(scene.mirror) == {"FILE", "DOCS"}
    assert names(scene.mirror / "DOCS") == {"Deep", "other"}
    assert scene.in_mirror() == scene_contents(scene)
    assert scene.in_history() == {b"2"}
    assert count_recorded(scene.catalog) == 5
    assert_settled(scene, report)


def scene_contents(scene: Scene) -> dict[str, bytes]:
    return contents(scene.source)


@pytest.mark.hazard(28)
def test_an_edit_that_keeps_its_size_is_seen_in_a_folder_that_changed_its_case(scene: Scene) -> None:
    write(scene, "docs/a", "one")
    scene.make_pass()
    (scene.source / "docs").rename(scene.source / "DOCS")
    write(scene, "DOCS/a", "two")
    scene.make_pass()
    assert scene.in_mirror() == {"DOCS/a": b"two"}


@pytest.mark.hazard(28, 34)
def test_an_edit_that_keeps_size_and_time_is_seen_in_a_file_that_changed_its_case(scene: Scene) -> None:
    write(scene, "docs/a", "one")
    scene.make_pass()
    (scene.source / "docs/a").rename(scene.source / "docs/A")
    write(scene, "docs/A", "two")
    scene.make_pass()
    assert scene.in_mirror() == {"docs/A": b"two"}
    assert scene.in_history() == {b"one"}


@pytest.mark.parametrize("change", ["the source's file goes", "the mirror's file goes", "the drive refuses"])
def test_a_spelling_that_cannot_be_changed_any_more_does_no_harm(
    scene: Scene, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scene, "file", "1")
    write(scene, "other", "2")
    scene.make_pass()
    (scene.source / "file").rename(scene.source / "FILE")

    def intrude(event: Event) -> None:
        if isinstance(event, PlanMade) and change != "the drive refuses":
            (scene.source / "FILE" if "source" in change else scene.mirror / "file").unlink()

    def refuse(_self: LocalDestination, _old_path: str, _new_path: str) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        if change == "the drive refuses":
            patched.setattr(LocalDestination, "respell", refuse)
        report = scene.make_pass(on_event=intrude)
    assert report.counts.total == 0
    assert codes(report) == ({"FILE": ProblemCode.WRITE_ERROR} if change == "the drive refuses" else {})
    assert scene.make_pass().status is PassStatus.COMPLETE
    assert scene.in_mirror() == scene_contents(scene)
    assert_settled(scene, scene.make_pass())


@pytest.mark.hazard(29)
def test_of_two_names_that_are_one_there_the_first_comes_in_and_stays(scene: Scene, stick: Stick) -> None:
    for path in ("Case", "case", "CASE", "Docs/a", "docs/b", "other"):
        write(scene, path, path)
    report = scene.make_pass()
    assert codes(report) == {"Case": COLLISION, "case": COLLISION, "docs": COLLISION}
    assert "“CASE”" in report.problems[0].reason
    kept = {"CASE": b"CASE", "Docs/a": b"Docs/a", "other": b"other"}
    for _ in range(3):
        assert scene.in_mirror() == kept
        assert_settled(scene, report)
        stick.replug()
    write(scene, "case", "edited", ODD_NS + 10 * SECOND_NS)
    assert codes(partial(scene, "case", "docs/b", "Docs")) == {"case": COLLISION, "docs": COLLISION}
    assert scene.in_mirror() == kept
    write(scene, "CASE", "edited too", ODD_NS + 20 * SECOND_NS)
    assert partial(scene, "CASE").counts.replaced == 1
    assert scene.in_mirror() == kept | {"CASE": b"edited too"}
    assert scene.in_history() == {b"CASE"}


@pytest.mark.hazard(29)
def test_what_is_in_the_mirror_already_wins(scene: Scene) -> None:
    write(scene, "case", "1")
    scene.make_pass()
    write(scene, "Case", "2")
    for report in (partial(scene, "Case"), scene.make_pass()):
        assert codes(report) == {"Case": COLLISION}
        assert scene.in_mirror() == {"case": b"1"}


@pytest.mark.hazard(29)
@pytest.mark.parametrize("is_partial", [False, True])
@pytest.mark.parametrize("goes", ["is deleted", "is renamed", "is excluded"])
def test_when_the_one_goes_the_other_comes_in(scene: Scene, goes: str, is_partial: bool) -> None:  # noqa: FBT001
    write(scene, "Case", "first")
    write(scene, "case", "second", ODD_NS + 10 * SECOND_NS)
    write(scene, "Docs/a", "in Docs")
    write(scene, "docs/b", "in docs")
    scene.make_pass()
    expected = {"case": b"second", "docs/b": b"in docs"}
    if goes == "is deleted":
        (scene.source / "Case").unlink()
        shutil.rmtree(scene.source / "Docs")
    elif goes == "is renamed":
        (scene.source / "Case").rename(scene.source / "elsewhere")
        (scene.source / "Docs").rename(scene.source / "papers")
        expected |= {"elsewhere": b"first", "papers/a": b"in Docs"}
    else:
        scene.with_job(exclude=("Case", "Docs"))
    report = partial(scene, "Case", "Docs", "elsewhere", "papers") if is_partial else scene.make_pass()
    assert (report.status, scene.in_mirror()) == (PassStatus.COMPLETE, expected)
    assert names(scene.mirror) == {path.partition("/")[0] for path in expected}
    assert {*scene.in_mirror().values(), *scene.in_history()} == {b"first", b"second", b"in Docs", b"in docs"}
    # Late news of a name that is none any more takes nothing away.
    assert partial(scene, "Case", "Docs/a", "Docs").counts.total == 0
    assert_settled(scene, report)


@pytest.mark.hazard(29)
def test_names_that_only_the_driver_takes_for_one_do_not_overwrite_each_other(scene: Scene) -> None:
    # Three letters of which two are one to the driver, and all to nobody; and one that is another for all.
    for name in ("σ", "ς", "Σ", "ß", "SS"):
        write(scene, name, name)
    report = scene.make_pass()
    assert codes(report) == {"ς": COLLISION, "σ": COLLISION}
    assert names(scene.mirror) == {"Σ", "ß", "SS"}
    assert_settled(scene, report)


@pytest.mark.hazard(31)
def test_a_dry_run_names_what_is_not_possible_and_writes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write(scene, "plain", "1")
    scene.make_pass()
    for path in ("Case", "case", "a:b"):
        write(scene, path, "x")
    before = read_tree(scene.mirror.parent)
    monkeypatch.setattr(writer.MirrorWriter, "make_scratch", lambda _self: pytest.fail("written to"))
    report = run_pass(scene.job, scene.catalog, Scope(trees=frozenset({""})), PassOptions(is_dry_run=True))
    assert codes(report) == {"case": COLLISION, "a:b": NAME}
    assert report.counts.created == 1
    assert read_tree(scene.mirror.parent) == before


@pytest.mark.hazard(29)
def test_a_name_that_somebody_else_takes_in_another_case_during_a_pass_is_not_overwritten(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scene, "plain", "1")
    scene.make_pass()
    write(scene, "case", "ours")
    write(scene, "docs/a", "ours too")

    def intrude(event: Event) -> None:
        if isinstance(event, PlanMade):
            (scene.mirror / "CASE").write_text("theirs")
            (scene.mirror / "DOCS").mkdir()

    report = scene.make_pass(on_event=intrude)
    assert codes(report) == {"case": COLLISION, "docs": COLLISION}
    assert scene.in_mirror() == {"plain": b"1", "CASE": b"theirs"}
    # Now they are seen for what they are: strangers, which go to the history.
    assert scene.make_pass().status is PassStatus.COMPLETE
    assert scene.in_mirror() == scene_contents(scene)
    assert scene.in_history() == {b"theirs"}
    assert_settled(scene, scene.make_pass())


@pytest.mark.hazard(31)
def test_partial_passes_name_what_is_not_possible_and_take_new_folders_whole(scene: Scene) -> None:
    scene.make_pass()
    os.mkfifo(scene.source / "pipe")
    (scene.source / "link").symlink_to("pipe")
    write(scene, "a:b", "x")
    write(scene, "new/deep/inside", "1")
    write(scene, "folder:/x", "x")
    report = partial(scene, "pipe", "link", "a:b", "new/deep/inside", "folder:/x", "folder:", "never/was", "nothing")
    assert codes(report) == {"pipe": ProblemCode.SPECIAL_FILE, "link": LINK, "a:b": NAME, "folder:": NAME}
    assert len(report.problems) == 4
    assert scene.in_mirror() == {"new/deep/inside": b"1"}


# Times


@pytest.mark.hazard(33)
def test_what_changes_all_times_by_whole_hours_copies_nothing_anew(scene: Scene) -> None:
    for number in range(5):
        write(scene, f"docs/{number}", f"content {number}", ODD_NS + number * SECOND_NS)
    scene.make_pass()
    # As they look from another time zone, or after the clocks were changed.
    for hours in (1, -5, 5.75):
        for number in range(5):
            shifted_ns = ODD_NS + number * SECOND_NS + int(hours * 3600) * SECOND_NS
            os.utime(scene.mirror / f"docs/{number}", ns=(shifted_ns, shifted_ns))
        assert scene.make_pass().counts.total == 0
    # Also if nothing is remembered: then the contents are compared.
    scene.catalog = JobDatabase.in_memory()
    write(scene, "docs/0", "another 0", ODD_NS)
    assert scene.make_pass().counts == Counts(replaced=1, bytes=len("another 0"))
    assert scene.in_history() == {b"content 0"}
    # A time that is no zone's is set right, and an edit of the source that keeps the size is copied.
    os.utime(scene.mirror / "docs/1", ns=(ODD_NS, ODD_NS + 1000 * SECOND_NS))
    write(scene, "docs/2", "CONTENT 2", ODD_NS + 3600 * SECOND_NS)
    assert scene.make_pass().counts == Counts(replaced=1, metadata=1, bytes=len("CONTENT 2"))


@pytest.mark.hazard(33)
def test_a_mirror_at_the_mount_point_itself_comes_to_rest(scene: Scene, stick: Stick) -> None:
    write(scene, "docs/a", "1")
    scene.with_job(destination=Place(str(stick.point)), keeps_history=False)
    report = scene.make_pass()
    stick.replug()
    again = scene.make_pass()
    assert (report.status, again.counts.total) == (PassStatus.COMPLETE, 0)


@pytest.mark.hazard(53, 57)
def test_a_whole_stick_keeps_its_history_in_it_and_is_the_same_one_whenever_it_is_plugged_in(
    scene: Scene, stick: Stick
) -> None:
    mirror, history = stick.point, stick.point / HISTORY_NAME
    own = mirror / "System Volume Information"
    own.mkdir()
    (own / "WPSettings.dat").write_bytes(b"the stick's")
    scene.with_job(destination=Place(str(mirror)))
    for name in ("a", "docs/b"):
        write(scene, name, "1")
    write(scene, ".Backup-HISTORY/mine", "one name with the history's to the stick")
    report = scene.make_pass()
    assert [(problem.path, problem.code) for problem in report.problems] == [
        (".Backup-HISTORY", ProblemCode.NAME_RESERVED)
    ]
    for number, change in enumerate(("22", "333")):
        stick.replug()
        write(scene, "docs/b", change)
        report = scene.make_pass()
        assert (report.status, report.counts.replaced) == (PassStatus.PROBLEMS, 1)
        assert len(contents(history)) == number + 1
    (scene.source / "docs" / "b").unlink()
    scene.make_pass()
    stick.replug()
    assert scene.make_pass().counts.total == 0
    assert sorted(contents(history).values()) == [b"1", b"22", b"333"]
    assert contents(own) == {"WPSettings.dat": b"the stick's"}
    # What is deleted on it between two checks is noticed although its root has no time of its own.
    (mirror / "a").unlink()
    write(scene, "new", "4")
    report = run_pass(scene.job, scene.catalog, Scope(frozenset({"new"})))
    assert (report.is_full, report.counts.created) == (True, 2)


@pytest.mark.hazard(57)
def test_a_folder_of_a_stick_is_the_same_one_though_its_number_is_another(scene: Scene, stick: Stick) -> None:
    write(scene, "a", "1")
    scene.make_pass()
    for number in range(3):
        stick.replug()
        # Numbers are given in the order in which folders are looked at.
        for other in range(number + 1):
            (stick.point / f"other {other}").mkdir(exist_ok=True)
        write(scene, "a", "1" * (number + 2))
        assert scene.make_pass().status is PassStatus.COMPLETE


# Faults


def test_files_are_flushed_one_by_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(posix, "sync_volume", lambda _fd: pytest.fail("not known to reach the disk here"))
    for name in ("a", "docs/b", "docs/c"):
        write(scene, name, name)
    scene.make_pass()
    assert len([path for path in flushed if not os.path.isdir(path) and path.startswith(f"{scene.mirror}/")]) == 3
    assert {str(scene.mirror), str(scene.mirror / "docs")} <= set(flushed)


@pytest.mark.hazard(22)
def test_a_version_that_cannot_be_replaced_gets_its_place_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write(scene, "a", "old")
    scene.make_pass()
    write(scene, "a", "newer", ODD_NS + 10 * SECOND_NS)
    publish = writer.MirrorWriter.publish

    def refuse(self: writer.MirrorWriter, temporary: str, path: str, *, may_replace: bool) -> None:
        if may_replace:
            assert not (scene.mirror / "a").exists(), "there are no hard links"
            raise OSError(5, "Input/output error")
        publish(self, temporary, path, may_replace=may_replace)

    with monkeypatch.context() as patched:
        patched.setattr(writer.MirrorWriter, "publish", refuse)
        assert codes(scene.make_pass()) == {"a": ProblemCode.WRITE_ERROR}
    assert (scene.in_mirror(), scene.in_history()) == ({"a": b"old"}, set())
    assert scene.make_pass().counts.replaced == 1
    assert (scene.in_mirror(), scene.in_history()) == ({"a": b"newer"}, {b"old"})
    assert_settled(scene, scene.make_pass())


@pytest.mark.hazard(6)
def test_a_drive_pulled_out_in_mid_pass_leaves_its_mount_point_bare_and_goes_on_when_it_is_back(
    scene: Scene, stick: Stick
) -> None:
    for number in range(20):
        write(scene, f"docs/{number}", "old")
    write(scene, "z first", "old")
    scene.make_pass()
    for number in range(20):
        write(scene, f"docs/{number}", f"new {number}", ODD_NS + 10 * SECOND_NS)
    write(scene, "more/deep/x", "new x")

    def pull_out(event: Event) -> None:
        if not isinstance(event, ActionDone):
            stick.unplug(is_pulled=True)

    with contextlib.suppress(RootAbsentError):
        scene.make_pass(on_event=pull_out)
    assert names(stick.point) == set()
    with pytest.raises(RootAbsentError):
        scene.make_pass()
    assert names(stick.point) == set()
    stick.plug_in()
    scene.make_pass()
    assert scene.in_mirror() == scene_contents(scene)
    assert_settled(scene, scene.make_pass())


@pytest.mark.hazard(28)
def test_actions_that_only_spell_anew_are_told_as_moves(scene: Scene) -> None:
    write(scene, "docs/a", "1")
    scene.make_pass()
    (scene.source / "docs").rename(scene.source / "DOCS")
    told: list[Event] = []
    scene.make_pass(on_event=told.append)
    done = [event.action for event in told if isinstance(event, ActionDone)]
    assert [(action.op, action.old_path, action.path, action.kind) for action in done] == [
        (Op.MOVE, "docs", "DOCS", EntryKind.FOLDER)
    ]


@pytest.mark.hazard(13)
def test_a_kill_at_any_call_loses_nothing_and_the_next_pass_converges(stick: Stick, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_on_stick", str(tmp_path / "disk"), str(stick.point)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line for line in lines if line["faults"] or line["differences"]] == []
    assert [line["is_killed"] for line in lines[:-1]] == [True] * (len(lines) - 1)
    assert lines[-1]["status"] == 0, "the last pass was to run to its end"
    assert len(lines) > 40
