"""Whole passes as on Windows, by a stand-in for its kernel: links, files in use, read-only and hidden ones, clouds."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from backup_gui.engine.fs.windows import nt
from backup_gui.engine.restore.put_back import RestoreOptions
from backup_gui.engine.restore.writer import RestoreWriter
from backup_gui.engine.verify import verify
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, PassStatus, ProblemCode, Report
from backup_gui.model.restores import Policy
from tests.helpers.rig import Rig, done, keep_times, paths
from tests.helpers.trees import contents
from tests.helpers.windows import FakeWindows, use_windows

if sys.platform != "linux":
    pytest.skip("the stand-in is a folder of Linux", allow_module_level=True)

COMPLETE, PROBLEMS = PassStatus.COMPLETE, PassStatus.PROBLEMS
NOTHING = Counts()
ALL_THREE = nt.READ_ONLY | nt.HIDDEN | nt.SYSTEM


@pytest.fixture
def fake(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> FakeWindows:
    found = FakeWindows()
    use_windows(monkeypatch, found)
    return found


@pytest.fixture
def strangers(rig: Rig) -> Path:
    """A folder elsewhere, of which nothing is part of the backup."""
    folder = rig.root / "elsewhere"
    rig.write_at(folder / "theirs", "theirs")
    return folder


def codes(report: Report) -> list[tuple[str, object]]:
    return sorted((problem.path, problem.code) for problem in report.problems)


# Junctions


@pytest.mark.hazard(21)
def test_a_junction_in_the_source_is_copied_as_one_and_never_entered(
    rig: Rig, fake: FakeWindows, strangers: Path
) -> None:
    rig.write("docs/a", "one")
    fake.make_junction(rig.source / "away", strangers)
    fake.make_junction(rig.source / "docs" / "loop", rig.source)
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"docs/a": b"one"}
    for path in ("away", "docs/loop"):
        assert fake.link_text(rig.mirror / path) == fake.link_text(rig.source / path)
    assert done(rig.run()) == NOTHING


@pytest.mark.hazard(21)
def test_nothing_is_written_or_removed_through_a_junction_in_the_mirror(
    rig: Rig, fake: FakeWindows, strangers: Path
) -> None:
    rig.write("docs/a", "one")
    rig.run()
    shutil.rmtree(rig.mirror / "docs")
    fake.make_junction(rig.mirror / "docs", strangers)
    rig.write("docs/b", "two")
    for _ in range(2):
        rig.run()
    assert contents(strangers) == {"theirs": b"theirs"}
    assert contents(rig.mirror) == {"docs/a": b"one", "docs/b": b"two"}


def test_nothing_is_kept_through_a_junction_in_the_history(rig: Rig, fake: FakeWindows, strangers: Path) -> None:
    rig.write("docs/a", "one")
    rig.run()
    rig.write("docs/a", "two")
    rig.run()
    shutil.rmtree(rig.history / "docs")
    fake.make_junction(rig.history / "docs", strangers)
    rig.write("docs/a", "three")
    assert codes(rig.run()) == [("docs/a", ProblemCode.LINK_IN_HISTORY)]
    assert contents(strangers) == {"theirs": b"theirs"}


def test_nothing_is_restored_through_a_junction(rig: Rig, fake: FakeWindows, strangers: Path) -> None:
    rig.write_at(rig.mirror / "docs" / "a", "one")
    (rig.root / "to").mkdir()
    fake.make_junction(rig.root / "to" / "docs", strangers)
    with RestoreWriter(str(rig.root / "to"), RestoreOptions(Policy.SKIP)) as writer, pytest.raises(NotADirectoryError):
        writer.restore(str(rig.mirror), "docs/a", "docs/a")
    assert contents(strangers) == {"theirs": b"theirs"}


def test_a_junction_that_is_gone_or_is_something_else_goes_to_the_history(
    rig: Rig, fake: FakeWindows, strangers: Path
) -> None:
    for name in ("one", "other"):
        fake.make_junction(rig.source / name, strangers)
    rig.run()
    for name in ("one", "other"):
        (rig.source / name).rmdir()
    rig.write("other", "content")
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"other": b"content"}
    with os.scandir(rig.history) as kept:
        texts = [fake.link_text(Path(item.path)) for item in kept if item.is_dir()]
    assert len(texts) == 2
    assert contents(strangers) == {"theirs": b"theirs"}


def test_links_to_folders_stay_those_while_what_they_lead_to_is_not_there(rig: Rig, fake: FakeWindows) -> None:
    (rig.source / "link").mkdir()
    fake.note_link(rig.source / "link", "nowhere\\")
    assert rig.run().status is COMPLETE
    assert (rig.mirror / "link").is_dir()
    assert fake.link_text(rig.mirror / "link") == "nowhere\\"
    assert done(rig.run()) == NOTHING


# Files in use


@pytest.mark.hazard(41)
def test_a_source_file_in_use_is_told_as_that_and_its_copy_stays(rig: Rig, fake: FakeWindows) -> None:
    rig.write("mail", "old")
    rig.run()
    rig.write("mail", "newer")
    with fake.held(rig.source / "mail"):
        assert codes(rig.run()) == [("mail", ProblemCode.IN_USE)]
    assert contents(rig.mirror) == {"mail": b"old"}
    assert rig.run().status is COMPLETE


@pytest.mark.parametrize("share", [0, 7])
def test_a_mirrors_file_that_is_held_open_gets_no_more_versions(rig: Rig, fake: FakeWindows, share: int) -> None:
    fake.is_new = False
    rig.write("report", "old")
    rig.run()
    rig.write("report", "newer")
    with fake.held(rig.mirror / "report", share):
        for _ in range(3):
            assert codes(rig.run()) == [("report", ProblemCode.IN_USE)]
    # What is held for one program alone cannot even be removed under its other name.
    assert len(rig.kept()) == (1 if share == 0 else 0)
    assert rig.temporaries() == []
    assert rig.run().status is COMPLETE
    assert rig.kept_contents() == [b"old"]
    assert contents(rig.mirror) == {"report": b"newer"}


# Read-only, hidden and system files


@pytest.mark.parametrize("is_new", [True, False])
def test_read_only_files_are_replaced_kept_and_deleted(rig: Rig, fake: FakeWindows, *, is_new: bool) -> None:
    fake.is_new = is_new
    for name in ("object", "other"):
        fake.mark(rig.write(name, "old"), nt.READ_ONLY)
    rig.run()
    assert fake.marks(rig.mirror / "object") == nt.READ_ONLY
    rig.write("object", "newer")
    fake.mark(rig.source / "object", nt.READ_ONLY)
    fake.unmark(rig.source / "other", nt.READ_ONLY)
    (rig.source / "other").unlink()
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"object": b"newer"}
    assert rig.kept_contents() == [b"old", b"old"]
    assert fake.marks(rig.mirror / "object") == nt.READ_ONLY


def test_attributes_come_into_the_mirror_with_files_and_folders_and_alone(rig: Rig, fake: FakeWindows) -> None:
    rig.write("docs/file")
    rig.write("plain")
    for path in ("docs", "docs/file"):
        fake.mark(rig.source / path, ALL_THREE)
    assert rig.run().status is COMPLETE
    for path in ("docs", "docs/file"):
        assert fake.marks(rig.mirror / path) == ALL_THREE
    assert fake.marks(rig.mirror / "plain") == 0
    fake.unmark(rig.source / "docs/file", nt.HIDDEN)
    fake.mark(rig.source / "plain", nt.HIDDEN)
    assert rig.run().counts.metadata == 2
    assert fake.marks(rig.mirror / "docs/file") == nt.READ_ONLY | nt.SYSTEM
    assert fake.marks(rig.mirror / "plain") == nt.HIDDEN
    assert rig.run().counts.metadata == 0


# Edits


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_is_copied(rig: Rig, fake: FakeWindows) -> None:
    file = rig.write("file", "old")
    rig.run()
    keep_times(file, lambda: file.write_text("new"))
    assert done(rig.run()).replaced == 1
    assert contents(rig.mirror) == {"file": b"new"}


def test_a_full_pass_opens_nothing_but_folders_where_names_can_be_asked_for(
    rig: Rig, fake: FakeWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.asks_by_name = True
    for number in range(50):
        rig.write(f"folder/file {number}", str(number))
    rig.run()
    opened: list[str] = []
    open_at = fake.open_at

    def note(folder: int, name: str, access: int, options: int, disposition: int = nt.OPEN) -> int:
        opened.append(name)
        return open_at(folder, name, access, options, disposition)

    monkeypatch.setattr(fake, "open_at", note)
    report = rig.run()
    assert (report.is_full, done(report)) == (True, NOTHING)
    assert {name for name in opened if name.startswith("file")} == set()
    # One of each side is enough to be compared once it has changed.
    rig.write("folder/file 7", "edited")
    opened.clear()
    assert done(rig.run()).replaced == 1
    assert {name for name in opened if name.startswith("file")} == {"file 7"}


# Clouds


@pytest.mark.parametrize("attribute", [nt.OFFLINE, nt.RECALL_ON_OPEN, nt.RECALL_ON_DATA_ACCESS])
def test_what_is_only_in_a_cloud_is_left_out_and_counted(rig: Rig, fake: FakeWindows, attribute: int) -> None:
    rig.write("here", "content")
    fake.mark(rig.write("there", "in the cloud"), attribute)
    report = rig.run()
    assert (report.status, report.placeholders) == (COMPLETE, 1)
    assert contents(rig.mirror) == {"here": b"content"}
    assert fake.recalled == []


def test_a_file_whose_space_a_cloud_has_freed_keeps_its_copy(rig: Rig, fake: FakeWindows) -> None:
    for path in ("file", "folder/below"):
        rig.write(path, "content")
    rig.run()
    before = contents(rig.mirror)
    for path in ("file", "folder"):
        fake.mark(rig.source / path, nt.RECALL_ON_DATA_ACCESS)
    for scope in (paths("file", "folder/below", "folder"), None):
        report = rig.run() if scope is None else rig.run(scope)
        assert (report.status, done(report), report.placeholders) == (COMPLETE, NOTHING, 2)
    assert contents(rig.mirror) == before
    assert list(verify(str(rig.source), Place.parse(str(rig.mirror)))) == []
    assert fake.recalled == []
    # Brought back, it is a file like any other.
    fake.unmark(rig.source / "folder", nt.RECALL_ON_DATA_ACCESS)
    rig.write("folder/below", "edited")
    assert done(rig.run()).replaced == 1


@pytest.mark.parametrize("asks_by_name", [False, True])
def test_what_is_only_in_a_cloud_is_brought_and_backed_up_if_that_is_asked_for(
    rig: Rig, fake: FakeWindows, *, asks_by_name: bool
) -> None:
    fake.asks_by_name = asks_by_name
    rig.options["leaves_out_cloud_only"] = False
    for path in ("there", "folder/below"):
        fake.mark(rig.write(path, "in the cloud"), nt.RECALL_ON_DATA_ACCESS)
    fake.make_driven(rig.source / "there", 0x9000_001A)
    fake.mark(rig.source / "folder", nt.RECALL_ON_OPEN)
    report = rig.run()
    assert (report.status, report.placeholders) == (COMPLETE, 0)
    assert contents(rig.mirror) == {"there": b"in the cloud", "folder/below": b"in the cloud"}
    assert sorted(fake.recalled) == [str(rig.source / path) for path in ("folder/below", "there")]
    assert done(rig.run()) == NOTHING
    # Nobody asks any more: what the backup has stays.
    rig.options["leaves_out_cloud_only"] = True
    report = rig.run()
    assert (report.status, done(report), report.placeholders) == (COMPLETE, NOTHING, 2)
    assert len(contents(rig.mirror)) == 2


def test_a_copy_whose_space_a_cloud_has_freed_is_not_made_again(rig: Rig, fake: FakeWindows) -> None:
    rig.write("file", "content")
    rig.run()
    fake.mark(rig.mirror / "file", nt.RECALL_ON_DATA_ACCESS)
    assert done(rig.run()) == NOTHING
    rig.write("file", "edited")
    assert done(rig.run()).replaced == 1
    assert contents(rig.mirror) == {"file": b"edited"}
    assert fake.recalled == []


def test_a_placeholder_is_no_file() -> None:
    entry = nt.entry_of(nt.Facts(1, 1, 1, 1, 5, nt.RECALL_ON_OPEN, 0x9000_001A, 1), 0)
    assert kind_of(entry) is EntryKind.PLACEHOLDER
