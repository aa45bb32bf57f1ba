"""What is said about folders before they become a job's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_place import HISTORY_NAME
from backup_gui.engine.fs.volumes import drive_places
from backup_gui.engine.fs.volumes.drive_places import DrivesFolder
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.run import runner
from backup_gui.engine.run.single_pass import ignore
from backup_gui.model.job import Job, Place
from backup_gui.model.reasons import NO_REASON, ReasonCode
from backup_gui.services import job_check
from backup_gui.services import job_check as inspection
from backup_gui.services.job_check import Findings, examine, leave_out, room, room_for_new
from backup_gui.services.suggestions import propose
from backup_gui.ui.text.reasons import said
from tests.helpers.rig import mounted

NEW = Job("", Place(""), id="", name="", asks_about_strangers=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    return source


def look(source: Path | str, destination: Path | str, others: tuple[Job, ...] = (), **options: object) -> Findings:
    wanted = NEW._replace(source=str(source), destination=Place(str(destination)), **options)  # type: ignore[arg-type]
    return examine(wanted, None, others)


def test_good_folders_make_a_job(source: Path, tmp_path: Path) -> None:
    findings = look(source, tmp_path / "new" / "backup")
    assert findings.faults == {}
    assert findings.job is not None
    assert findings.job.name == "source"
    assert findings.job.asks_about_strangers
    assert not (tmp_path / "new").exists()


def test_of_other_jobs_only_what_they_write_to_is_looked_at(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = NEW._replace(source=str(tmp_path / "hung"), destination=Place(str(tmp_path / "taken")), name="other")
    real_stat = os.stat

    def stat(path: str | Path, **options: bool) -> os.stat_result:
        assert not str(path).startswith(other.source)
        return real_stat(path, **options)

    monkeypatch.setattr(os, "stat", stat)
    for place in ("taken", "taken/below", "taken.history"):
        assert look(source, tmp_path / place, (other,)).faults["destination"].code is ReasonCode.PLACE_TAKEN
    assert look(source, tmp_path / "free", (other,)).faults == {}


def test_empty_fields_are_wrong(source: Path) -> None:
    assert set(look("", "").faults) == {"source", "destination"}


def test_a_missing_source_is_wrong_for_a_new_job(tmp_path: Path) -> None:
    assert look(tmp_path / "none", tmp_path / "b").faults == {"source": "There is no such folder at the moment."}


def test_a_missing_source_is_only_noted_for_a_job_that_had_it(source: Path, tmp_path: Path) -> None:
    job = look(source, tmp_path / "b").job
    assert job is not None
    source.rmdir()
    findings = examine(job._replace(interval_s=9), job, ())
    assert findings.job == job._replace(interval_s=9)
    assert "source" in findings.notes


def test_a_file_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "source" in look(tmp_path / "file", tmp_path / "b").faults


@pytest.mark.parametrize("inside", [".", "inside", "inside/../deeper"])
def test_a_backup_inside_the_source_is_refused(source: Path, inside: str) -> None:
    assert "destination" in look(source, source / inside).faults


def test_a_source_inside_the_backup_is_refused(source: Path, tmp_path: Path) -> None:
    assert "destination" in look(source, tmp_path).faults


def test_home_and_what_is_around_it_are_refused(source: Path) -> None:
    home = Path.home()
    assert "home folder" in look(source, home).faults["destination"]
    elsewhere = home / "source"
    elsewhere.mkdir()
    assert set(look(elsewhere, home.parent).faults) == {"destination"}


@pytest.mark.posix("POSIX folders")
def test_system_folders_are_refused(source: Path) -> None:
    assert "system" in look(source, "/usr/backup").faults["destination"]


def test_a_place_that_another_backup_uses_is_refused(source: Path, tmp_path: Path) -> None:
    other = Job("/x", Place(str(tmp_path / "taken")), id="o", name="Other")
    for folder in ("taken", "taken/deeper", "taken.history"):
        assert "Other" in look(source, tmp_path / folder, (other,)).faults["destination"]


def test_a_folder_that_is_not_empty_is_noted_with_a_better_one(source: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    findings = look(source, tmp_path / "full")
    assert findings.job is not None
    assert str(tmp_path / "full" / "source") in findings.notes["destination"]


@pytest.mark.hazard(53)
@pytest.mark.root
def test_a_whole_drive_is_taken_and_it_is_said_where_its_history_lies(source: Path, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    with mounted(drive):
        (drive / "lost+found").mkdir()
        findings = look(source, drive)
        assert findings.job is not None
        assert findings.faults == {}
        where = f"Replaced and deleted files are kept on this drive, in {drive / HISTORY_NAME}"
        assert findings.notes == {"destination": where}
        proposal = propose((str(source),), str(drive), (), is_whole_place=True)
        assert (proposal.fault, proposal.is_place_empty, proposal.note) == ("", True, where)
        assert [job.destination.path for job in proposal.jobs] == [str(drive)]
        (drive / "photo").write_text("x")
        notes = look(source, drive).notes["destination"]
        assert notes.code is ReasonCode.LINES
        assert notes.endswith(f"\n{where}")
        assert "\n" in said(notes)
        assert "history" not in look(source, drive, keeps_history=False).notes["destination"]


@pytest.mark.posix("drives are in folders")
@pytest.mark.hazard(6)
def test_a_drive_that_is_not_there_is_noted_and_no_fault(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive_places, "PLACES", (DrivesFolder(str(tmp_path / "media"), levels=2),))
    findings = look(source, tmp_path / "media" / "me" / "Stick" / "folder")
    assert findings.job is not None
    assert "No drive is there at the moment" in findings.notes["destination"]


def test_the_same_drive_is_noted(source: Path, tmp_path: Path) -> None:
    assert "same drive" in look(source, tmp_path / "b").notes["destination"]


def test_a_bad_rule_is_told(source: Path, tmp_path: Path) -> None:
    assert (
        "exclude" in look(source, tmp_path / "b", exclude=("[",)).faults
        or look(source, tmp_path / "b", exclude=("!",)).faults
    )


def test_other_folders_make_another_job(source: Path, tmp_path: Path) -> None:
    job = look(source, tmp_path / "b").job
    assert job is not None
    moved = examine(job._replace(destination=Place(str(tmp_path / "c"))), job, ()).job
    assert moved is not None
    assert moved.id != job.id


@pytest.mark.parametrize("path", ["a.txt", "dir/sub", "we[i]rd*?.txt", "#note", "!bang", "end ", "back\\slash"])
def test_leaving_out_one_path_leaves_out_exactly_it(path: str) -> None:
    rules = ExclusionRules(leave_out(NEW, path).exclude)
    assert rules.excludes(path, is_folder=False)
    assert not rules.excludes("other/" + path, is_folder=False)
    assert not rules.excludes("a", is_folder=False)


def test_room_is_that_of_the_drive_and_unknown_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = room(str(tmp_path))
    assert found is not None
    assert 0 < found[1] <= found[0]
    assert room(str(tmp_path / "none")) is None
    made_later = room_for_new(str(tmp_path / "none" / "below"))
    assert made_later is not None
    assert made_later[0] == found[0]
    monkeypatch.setattr(job_check, "is_drive_missing", lambda _path: True)
    assert room_for_new(str(tmp_path / "none")) is None


@pytest.fixture
def known(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A backup that was made, by a job whose catalog lies in ``data``."""
    # The tests' own folder may lie in memory, in a folder of the system's.
    monkeypatch.setattr(inspection, "_SYSTEM_FOLDERS", ())
    (source / "file").write_text("x")
    theirs = look(source, tmp_path / "drive" / "theirs").job
    assert theirs is not None
    outcome = runner.run(theirs, runner.Mailbox(), ignore, data_folder=tmp_path / "data", is_once=True)
    assert outcome.error is None
    return theirs


def warned(source: Path, destination: Path, data_folder: Path | None, **options: object) -> str:
    """Return what a draft is warned of, said as the form says it."""
    wanted = NEW._replace(source=str(source), destination=Place(str(destination)), **options)  # type: ignore[arg-type]
    findings = examine(wanted, None, (), data_folder)
    assert findings.job is not None, findings.faults
    return said(findings.notes.get("destination", NO_REASON))


@pytest.mark.hazard(52)
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("theirs", "The destination holds another backup"),
        ("theirs/in it", "The destination lies in another backup"),
        ("theirs.history", "The destination is the history of another backup"),
        ("theirs.history/in it", "The destination lies in another backup"),
    ],
)
def test_a_draft_is_warned_of_the_marker_of_another_backup(place: str, words: str, known: Job, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    # No catalog tells: it may be another computer's.
    note = warned(own, tmp_path / "drive" / place, None)
    assert note.startswith(words)
    assert known.source in note
    assert "without your word" in note
    assert not (tmp_path / "drive" / place / "in it").exists()
    assert not warned(own, tmp_path / "drive" / "beside", tmp_path / "data").startswith("The ")


@pytest.mark.hazard(52)
def test_a_draft_is_warned_of_the_folders_of_other_jobs(known: Job, tmp_path: Path) -> None:
    own, data = tmp_path / "own", tmp_path / "data"
    own.mkdir()
    assert warned(own, Path(known.source), data).startswith("The destination is or has in it the source of another")
    assert warned(own, tmp_path / "drive", data).startswith("The destination has another backup in it")
    assert warned(Path(known.destination.path), Path(known.source), data).startswith("The source is the backup of")
    shared = warned(own, tmp_path / "new", data, history=Place(f"{known.destination}.history"))
    assert shared.startswith("The history belongs to another backup")


@pytest.mark.hazard(52)
def test_a_draft_of_the_own_backup_is_not_warned(known: Job, tmp_path: Path) -> None:
    # Added again after it was removed, or after the program was installed anew.
    for data in (tmp_path / "data", tmp_path / "new data"):
        assert "another backup" not in warned(Path(known.source), Path(known.destination.path), data)
