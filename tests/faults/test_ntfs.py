"""A destination on NTFS, mounted in the ways in which its driver can be asked to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import Place
from backup_gui.model.plans import PassStatus, ProblemCode, Report, Scope
from backup_gui.model.reasons import Code
from tests.faults.scene import Scene
from tests.faults.volumes import Stick, plugged_in
from tests.helpers.trees import contents, read_tree

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts images"),
]

SECOND_NS = 1_000_000_000
ODD_NS = 1_600_000_001_987_654_321
NAME, COLLISION = ProblemCode.NAME_NOT_POSSIBLE, ProblemCode.NAME_COLLISION


@pytest.fixture
def options() -> str:
    return ""


@pytest.fixture
def stick(tmp_path: Path, options: str) -> Iterator[Stick]:
    with plugged_in(tmp_path, "ntfs", options) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path, stick: Stick) -> Scene:
    return Scene(tmp_path, stick.point)


def write(scene: Scene, path: str, content: str, mtime_ns: int = ODD_NS) -> None:
    scene.write(path, content.encode())
    os.utime(scene.source / path, ns=(mtime_ns, mtime_ns))


def codes(report: Report) -> dict[str, Code]:
    return {problem.path: problem.code for problem in report.problems}


def assert_settled(scene: Scene, stick: Stick, report: Report) -> None:
    """Check that further passes find nothing to do and name the same problems, also after the drive was away."""
    for _ in range(2):
        again = scene.make_pass()
        assert (again.counts.total, set(again.problems)) == (0, set(report.problems))
        stick.replug()
    assert scene.temporaries() == []


@pytest.mark.hazard(26, 30)
def test_as_it_is_mounted_by_default_it_holds_all_but_bytes_and_permissions(scene: Scene, stick: Stick) -> None:
    paths = ("plain", "a:b", "con", "dot.", "blank ", "new\nline", "Case", "case", "é", "e\u0301", "n" * 255, "$MFT")
    for path in paths:
        write(scene, path, f"in {path}")
    write(scene, "old", "1", -40 * 31_557_600 * SECOND_NS)
    write(scene, "half \udced\udca0\udc80", "x")
    (scene.source / "plain").chmod(0o600)
    os.chown(scene.source / "plain", 1234, 1234)
    (scene.source / "link").symlink_to("plain")
    report = scene.make_pass()
    assert codes(report) == {"half \udced\udca0\udc80": NAME}
    assert scene.in_mirror() == {path: f"in {path}".encode() for path in paths} | {"old": b"1"}
    assert (scene.mirror / "link").readlink() == Path("plain")
    assert_settled(scene, stick, report)


@pytest.mark.hazard(26)
@pytest.mark.parametrize("options", ["permissions"])
def test_with_permissions_it_holds_them(scene: Scene, stick: Stick) -> None:
    write(scene, "docs/a", "1")
    (scene.source / "docs/a").chmod(0o4640)
    os.chown(scene.source / "docs", 1234, 1234)
    (scene.source / "docs").chmod(0o2750)
    report = scene.make_pass()
    assert report.status is PassStatus.COMPLETE
    modes = {path: oct(node.mode) for path, node in read_tree(scene.mirror).items()}
    assert modes == {"docs": "0o2750", "docs/a": "0o4640"}
    assert (scene.mirror / "docs").stat().st_uid == 1234
    (scene.source / "docs/a").chmod(0o600)
    assert scene.make_pass().counts.metadata == 1
    assert_settled(scene, stick, report)


@pytest.mark.hazard(31)
@pytest.mark.parametrize("options", ["windows_names"])
def test_mounted_with_the_names_of_windows_others_are_named_as_problems(scene: Scene, stick: Stick) -> None:
    reasons = {
        "a:b": "it contains ':'",
        "con": "Windows keeps this name for a device",
        "Lpt1.txt": "Windows keeps this name for a device",
        "dot.": "it ends with a space or a full stop",
        "new\nline": "it contains a control character",
    }
    for path in (*reasons, "plain", "console", "docs/com1/inside"):
        write(scene, path, path)
    report = scene.make_pass()
    assert {problem.path: problem.reason.partition(": ")[2] for problem in report.problems} == reasons | {
        "docs/com1": "Windows keeps this name for a device; nothing in this folder is backed up"
    }
    assert set(scene.in_mirror()) == {"plain", "console"}
    assert_settled(scene, stick, report)


@pytest.mark.hazard(28, 29)
@pytest.mark.parametrize("options", ["ignore_case"])
def test_mounted_without_regard_to_case_names_are_listed_otherwise_and_still_the_same(
    scene: Scene, stick: Stick
) -> None:
    for path in ("Report", "Docs/Inside", "plain", "PLAIN"):
        write(scene, path, path)
    report = scene.make_pass()
    assert codes(report) == {"plain": COLLISION}
    assert scene.in_mirror() == {"report": b"Report", "docs/inside": b"Docs/Inside", "plain": b"PLAIN"}
    assert_settled(scene, stick, report)
    write(scene, "Docs/Inside", "edited", ODD_NS + 10 * SECOND_NS)
    (scene.source / "Report").rename(scene.source / "REPORT")
    dirty = frozenset({"Docs/Inside", "Report", "REPORT"})
    assert run_pass(scene.job, scene.catalog, Scope(paths=dirty)).counts.replaced == 1
    assert scene.in_mirror() == {"report": b"Report", "docs/inside": b"edited", "plain": b"PLAIN"}
    (scene.source / "PLAIN").unlink()
    report = scene.make_pass()
    assert scene.in_mirror() == {"report": b"Report", "docs/inside": b"edited", "plain": b"plain"}
    assert report.status is PassStatus.COMPLETE
    assert_settled(scene, stick, report)


@pytest.mark.hazard(31)
def test_names_that_the_volume_keeps_for_itself_are_left_alone(scene: Scene, stick: Stick) -> None:
    scene.with_job(destination=Place(str(stick.point)), keeps_history=False)
    write(scene, "$MFT", "x")
    write(scene, "$Extend/x", "x")
    write(scene, "plain", "1")
    report = scene.make_pass()
    assert codes(report) == {"$MFT": NAME, "$Extend": NAME}
    assert contents(stick.point) == {"plain": b"1"}
    stick.replug()
    again = scene.make_pass()
    assert (again.counts.total, codes(again)) == (0, codes(report))


def test_edits_reach_the_history_and_come_back_from_it(scene: Scene, stick: Stick, tmp_path: Path) -> None:
    for path in ("edited", "deleted", "moved"):
        write(scene, path, f"old {path}")
    scene.make_pass()
    stick.replug()
    write(scene, "edited", "new edited", ODD_NS + 10 * SECOND_NS)
    (scene.source / "deleted").unlink()
    (scene.source / "moved").rename(scene.source / "MOVED")
    report = scene.make_pass()
    assert (report.counts.moved, report.counts.replaced, report.counts.deleted) == (1, 1, 1)
    assert scene.in_mirror() == {"edited": b"new edited", "MOVED": b"old moved"}
    assert scene.in_history() == {b"old edited", b"old deleted"}
    assert_settled(scene, stick, report)
    assert restore_path(str(scene.mirror), str(scene.history), "", None, str(tmp_path / "back")).failed == ()
    assert contents(tmp_path / "back") == {
        "edited": b"new edited",
        "MOVED": b"old moved",
        "deleted": b"old deleted",
    }


@pytest.mark.hazard(6)
def test_a_drive_that_is_away_and_comes_back(scene: Scene, stick: Stick) -> None:
    write(scene, "a", "1")
    scene.make_pass()
    stick.unplug()
    write(scene, "a", "22")
    with pytest.raises(RootAbsentError):
        scene.make_pass()
    assert os.listdir(stick.point) == []
    stick.plug_in()
    assert scene.make_pass().counts.replaced == 1
    assert scene.in_mirror() == {"a": b"22"}
