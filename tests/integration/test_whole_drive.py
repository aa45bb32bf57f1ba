"""A whole drive as destination: its history lies in it, and the drive's own folders stay as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backup_gui.cli import main as cli
from backup_gui.engine.destination.history_place import HISTORY_NAME, history_of
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.history.snapshot import backup_at
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.restore.undo import undo_pass
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.model.job import Place
from backup_gui.model.plans import PassStatus, ProblemCode
from backup_gui.services.browse import Backup
from backup_gui.services.folder_sizes import count_sizes
from tests.helpers.rig import Rig, mounted, paths
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.root

COMPLETE = PassStatus.COMPLETE
DRIVES_OWN = ("lost+found", ".Trash-1000", "System Volume Information", "$RECYCLE.BIN", ".Spotlight-V100")


@pytest.fixture
def drive(rig: Rig) -> Iterator[Rig]:
    """A rig whose mirror is the root of a volume of its own, with the folders that systems leave there."""
    rig.mirror.mkdir()
    with mounted(rig.mirror):
        for name in DRIVES_OWN:
            rig.write_at(rig.mirror / name / "inside", f"the drive's {name}")
        yield rig


def mirror_alone(rig: Rig) -> dict[str, bytes]:
    """The mirror's own files."""
    foreign = (*DRIVES_OWN, HISTORY_NAME)
    return {path: text for path, text in contents(rig.mirror).items() if path.partition("/")[0] not in foreign}


def kept_inside(rig: Rig) -> list[bytes]:
    return sorted(contents(rig.mirror / HISTORY_NAME).values())


def check_drives_own(rig: Rig) -> None:
    for name in DRIVES_OWN:
        assert contents(rig.mirror / name) == {"inside": f"the drive's {name}".encode()}


@pytest.mark.hazard(53)
def test_a_whole_drive_is_mirrored_to_with_its_history_in_it(drive: Rig) -> None:
    drive.write("a", "1")
    drive.write("docs/b", "2")
    assert drive.run().status is COMPLETE
    drive.write("a", "11")
    (drive.source / "docs" / "b").unlink()
    assert drive.run().status is COMPLETE
    assert mirror_alone(drive) == {"a": b"11"}
    assert kept_inside(drive) == [b"1", b"2"]
    # Nor is it taken for something to be compared or deleted, however it is looked at.
    for scope in (None, paths("a", HISTORY_NAME, f"{HISTORY_NAME}/docs", "lost+found", "lost+found/inside", "")):
        report = drive.run() if scope is None else drive.run(scope)
        assert (report.status, report.counts.total) == (COMPLETE, 0)
    assert kept_inside(drive) == [b"1", b"2"]
    check_drives_own(drive)
    assert not drive.history.exists()


@pytest.mark.hazard(53)
def test_the_drives_own_folders_are_neither_strangers_nor_counted(drive: Rig) -> None:
    drive.write("a", "1")
    drive.options["asks_about_strangers"] = True
    report = drive.run()
    assert (report.status, report.held) == (COMPLETE, None)
    drive.options["guard_count"] = 0
    for name in ("a", "b", "c"):
        drive.write(name, "1")
    drive.run()
    (drive.source / "a").unlink()
    (drive.source / "b").unlink()
    report = drive.run()
    assert report.held is not None
    assert report.held.mirror_files == 3
    check_drives_own(drive)


@pytest.mark.hazard(53)
def test_without_a_history_from_now_on_the_one_that_is_there_stays(drive: Rig) -> None:
    drive.write("a", "1")
    drive.run()
    drive.write("a", "2")
    drive.run()
    drive.options["keeps_history"] = False
    drive.forget_everything()
    assert drive.run().status is COMPLETE
    drive.write("a", "3")
    drive.run(paths("a"))
    assert kept_inside(drive) == [b"1"]
    check_drives_own(drive)


@pytest.mark.hazard(53)
def test_what_was_mirrored_under_the_name_before_it_was_reserved_stays(drive: Rig) -> None:
    drive.write("a", "1")
    drive.run()
    drive.write("a", "2")
    drive.run()
    drive.catalog.record(HISTORY_NAME, (drive.mirror / HISTORY_NAME).stat())
    for scope in (None, paths(HISTORY_NAME)):
        assert (drive.run() if scope is None else drive.run(scope)).counts.deleted == 0
    assert kept_inside(drive) == [b"1"]


@pytest.mark.hazard(53)
@pytest.mark.parametrize("name", [HISTORY_NAME, ".BACKUP-history"])
def test_a_sources_own_folder_of_the_historys_name_is_a_problem_by_name(drive: Rig, name: str) -> None:
    drive.write("a", "1")
    drive.write(f"{name}/mine", "2")
    drive.write(f"deeper/{HISTORY_NAME}/mine", "3")
    for scope in (None, paths(name), paths(f"{name}/mine", f"{name}/other")):
        report = drive.run() if scope is None else drive.run(scope)
        assert [(problem.path, problem.code) for problem in report.problems] == [(name, ProblemCode.NAME_RESERVED)]
    assert mirror_alone(drive) == {"a": b"1", f"deeper/{HISTORY_NAME}/mine": b"3"}
    found = list(verify(str(drive.source), Place(str(drive.mirror))))
    assert [(one.path, one.kind, one.code) for one in found] == [
        (name, DifferenceKind.NOT_HELD, ProblemCode.NAME_RESERVED)
    ]
    drive.options["exclude"] = (f"/{name}",)
    assert drive.run().status is COMPLETE
    assert drive.run(paths(f"{name}/mine")).status is COMPLETE
    assert list(verify(str(drive.source), Place(str(drive.mirror)), (f"/{name}",))) == []


@pytest.mark.hazard(53)
def test_the_name_is_reserved_also_where_the_history_lies_beside_or_there_is_none(rig: Rig) -> None:
    # Whoever looks for the history of a folder later has nothing but its names.
    rig.write(f"{HISTORY_NAME}/mine", "2")
    rig.write("a", "1")
    for keeps in (True, False):
        rig.options["keeps_history"] = keeps
        assert {problem.code for problem in rig.run().problems} == {ProblemCode.NAME_RESERVED}
        assert contents(rig.mirror) == {"a": b"1"}


@pytest.mark.hazard(53)
def test_a_drive_is_verified_without_what_is_not_the_mirrors(drive: Rig) -> None:
    drive.write("a", "1")
    drive.run()
    drive.write("a", "2")
    drive.run()
    assert list(verify(str(drive.source), Place(str(drive.mirror)))) == []
    (drive.mirror / "stranger").write_text("x")
    assert [one.path for one in verify(str(drive.source), Place(str(drive.mirror)))] == ["stranger"]


@pytest.mark.hazard(53)
def test_folders_of_such_names_that_the_source_has_are_followed(drive: Rig) -> None:
    drive.write("LOST.DIR/photo", "the source's")
    assert drive.run().status is COMPLETE
    assert mirror_alone(drive) == {"LOST.DIR/photo": b"the source's"}
    (drive.source / "LOST.DIR" / "photo").unlink()
    (drive.source / "LOST.DIR").rmdir()
    assert drive.run().held is not None
    drive.write("other", "x")
    assert drive.run().status is COMPLETE
    assert mirror_alone(drive) == {"other": b"x"}


@pytest.mark.hazard(53)
def test_a_folder_of_such_a_name_where_no_drive_begins_is_a_stranger(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write_at(rig.mirror / "lost+found" / "x", "a stranger's")
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"a": b"1"}
    assert rig.kept_contents() == [b"a stranger's"]


@pytest.mark.hazard(53)
def test_without_a_job_the_same_history_is_found(drive: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    drive.write("docs/a", "1")
    drive.run()
    drive.write("docs/a", "22")
    drive.run()
    history = str(drive.mirror / HISTORY_NAME)
    assert str(history_of(drive.job)) == history
    assert cli.main(["versions", str(drive.mirror), "--json"], lambda **_: 1, lambda: None) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["path"], Path(one["stored"]).parent) for one in listed] == [("docs/a", Path(history, "docs"))]
    to = drive.root / "back"
    assert cli.main(["restore", str(drive.mirror), ".", "--to", str(to)], lambda **_: 1, lambda: None) == 0
    assert contents(to) == {"docs/a": b"22"}
    assert [version.path for version in list_versions(history)] == ["docs/a"]
    restored = restore_path(
        str(drive.mirror), history, "", datetime.now(UTC) + timedelta(hours=1), str(drive.root / "second")
    )
    assert restored.failed == ()
    assert contents(drive.root / "second") == {"docs/a": b"22"}


@pytest.mark.hazard(53)
def test_nothing_is_restored_into_the_history_of_a_drive(drive: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    drive.write("a", "1")
    drive.run()
    status = cli.main(
        ["restore", str(drive.mirror), "a", "--to", str(drive.mirror / HISTORY_NAME)], lambda **_: 1, lambda: None
    )
    assert status == 2
    assert "backup itself" in capsys.readouterr().err


@pytest.mark.hazard(53)
def test_the_window_reads_the_same_history_and_shows_what_is_the_mirrors(drive: Rig) -> None:
    drive.write("a", "1")
    drive.write("b", "1")
    drive.run()
    (drive.source / "b").unlink()
    drive.run()
    for folder in (drive.mirror, drive.mirror / HISTORY_NAME):
        backup = Backup(*backup_at(str(folder)))
        assert tuple(backup) == (Place(str(drive.mirror)), Place(str(drive.mirror / HISTORY_NAME)))
        with backup.open(lambda: False) as past:
            listed = past.folder("", None, shows_gone=True)
        assert [(item.path, item.is_gone) for item in listed] == [("a", False), ("b", True)]


@pytest.mark.hazard(53)
def test_the_size_of_the_mirror_is_without_history_and_drives_own(drive: Rig) -> None:
    block = b"x" * 4096
    drive.write("a", block)
    drive.run()
    drive.write("a", block * 2)
    drive.run()
    sizes = count_sizes(drive.job.destination, history_of(drive.job), lambda: False)
    assert sizes is not None
    assert sizes == (2 * 4096, 4096)


@pytest.mark.hazard(53)
def test_a_pass_on_a_drive_is_undone_from_the_history_in_it(drive: Rig) -> None:
    drive.write("a", "1")
    drive.write("b", "1")
    drive.run()
    (drive.source / "b").unlink()
    drive.run()
    key = drive.catalog.passlog.passes(1)[0].id
    meter = Meter(lambda _progress: None)
    returned = undo_pass(drive.job, drive.catalog, key, meter=meter, should_stop=lambda: False)
    assert returned.restored == ("b",)
    assert (drive.source / "b").read_text() == "1"


@pytest.mark.hazard(53)
def test_a_dry_run_on_a_drive_writes_nothing(drive: Rig) -> None:
    drive.write("a", "1")
    drive.write(f"{HISTORY_NAME}/mine")
    before = read_tree(drive.mirror)
    drive.run(is_dry_run=True)
    assert read_tree(drive.mirror) == before
    assert sorted(os.listdir(drive.root)) == ["mirror", "source"]
