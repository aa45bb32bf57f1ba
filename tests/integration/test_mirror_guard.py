"""What a pass holds for the word of the user, and what goes on meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from backup_gui.engine.fs.content import never
from backup_gui.engine.history import prune
from backup_gui.engine.restore.decisions import keep
from backup_gui.engine.restore.held import put_back_held
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.recent_losses import RecentLosses
from backup_gui.model.plans import FULL, Counts, Held, HeldCode, PassStatus, Scope
from tests.helpers.rig import (
    Rig,
    keep_times,
    paths,
    trees,
)
from tests.helpers.trees import contents, read_tree

COMPLETE, HELD = PassStatus.COMPLETE, PassStatus.HELD


# The guard


def fill(rig: Rig, count: int) -> None:
    for number in range(count):
        rig.write(f"docs/{number:03}", str(number))


@pytest.mark.hazard(9)
def test_a_mass_deletion_is_held_while_new_files_go_on(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(51):
        (rig.source / f"docs/{number:03}").unlink()
    rig.write("new", "new")
    (rig.source / "docs").chmod(0o711)
    report = rig.run()
    assert report.held is not None
    assert (report.status, report.held.code) == (HELD, HeldCode.MASS_CHANGE)
    assert (report.held.counts.deleted, report.held.mirror_files) == (51, 100)
    assert len(contents(rig.mirror)) == 101
    assert (rig.mirror / "new").exists()
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_what_was_not_agreed_to_stays_held(rig: Rig) -> None:
    fill(rig, 120)
    rig.run()
    for number in range(61):
        (rig.source / f"docs/{number:03}").unlink()
    held = rig.run().held
    for number in range(61, 119):
        (rig.source / f"docs/{number:03}").unlink()
    report = rig.run(allowed=held)
    assert report.status is HELD or report.counts.deleted == 61 + 58
    assert not (rig.mirror / "docs/000").exists()
    # 58 further ones of 120 are less than half.
    assert len(contents(rig.mirror)) == 1


def test_at_the_limits_nothing_is_held(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(50):
        (rig.source / f"docs/{number:03}").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


@pytest.mark.hazard(9)
def test_a_mass_rewrite_is_held_in_partial_passes_too(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(60):
        rig.write(f"docs/{number:03}", "encrypted")
    report = rig.run(paths(*(f"docs/{number:03}" for number in range(60))))
    assert report.status is HELD
    assert sum(content == b"encrypted" for content in contents(rig.mirror).values()) == 0


def test_a_mass_rewrite_that_keeps_sizes_and_times_is_held_too(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(60):
        file = rig.source / f"docs/{number:03}"
        keep_times(file, lambda file=file: file.write_bytes(b"x" * file.stat().st_size))  # type: ignore[misc]
    assert rig.run().status is HELD
    assert sum(content.startswith(b"x") for content in contents(rig.mirror).values()) <= 50


def test_folders_do_not_make_a_mass_deletion_of_files_look_small(rig: Rig) -> None:
    fill(rig, 60)
    for number in range(200):
        (rig.source / f"empty {number}").mkdir()
    rig.run()
    for number in range(60):
        (rig.source / f"docs/{number:03}").unlink()
    assert rig.run(trees("docs")).status is HELD
    assert len(contents(rig.mirror)) == 60


def test_a_deletion_is_measured_against_the_mirror_as_partial_passes_left_it(rig: Rig) -> None:
    rig.write("first")
    rig.run()
    fill(rig, 200)
    rig.run(trees("docs"))
    for number in range(60):
        (rig.source / f"docs/{number:03}").unlink()
    report = rig.run(paths(*(f"docs/{number:03}" for number in range(60))))
    assert (report.status, report.counts.deleted) == (COMPLETE, 60)


def test_the_standing_word_lets_everything_through(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    assert read_tree(rig.mirror) == {}


@pytest.mark.hazard(7)
def test_strangers_are_held_where_the_job_asks(rig: Rig) -> None:
    rig.options["asks_about_strangers"] = True
    rig.write("docs/ours", "1")
    rig.write_at(rig.mirror / "docs" / "stranger", "2")
    rig.write_at(rig.mirror / "folder" / "stranger", "3")
    report = rig.run()
    assert report.held is not None
    assert (report.status, report.held.code, report.held.counts.deleted) == (HELD, HeldCode.STRANGERS, 2)
    assert contents(rig.mirror) == {"docs/ours": b"1", "docs/stranger": b"2", "folder/stranger": b"3"}
    # What this program put there itself is not held.
    rig.write("docs/second", "4")
    rig.run()
    (rig.source / "docs" / "second").unlink()
    report = rig.run()
    assert (report.status, report.counts.deleted) == (HELD, 1)
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()
    assert rig.kept_contents() == [b"2", b"3", b"4"]


@pytest.mark.hazard(7)
def test_a_stranger_is_not_written_over_without_asking_where_the_job_asks(rig: Rig) -> None:
    rig.options |= {"asks_about_strangers": True, "keeps_history": False}
    rig.write("letter", "mine")
    rig.write_at(rig.mirror / "letter", "a stranger's only copy")
    report = rig.run()
    assert report.status is HELD
    assert contents(rig.mirror) == {"letter": b"a stranger's only copy"}


def test_a_stranger_in_a_folder_that_became_a_file_is_not_taken_away_without_asking(rig: Rig) -> None:
    rig.options["asks_about_strangers"] = True
    rig.write("thing/ours", "1")
    rig.run()
    rig.write_at(rig.mirror / "thing" / "stranger", "2")
    shutil.rmtree(rig.source / "thing")
    rig.write("thing", "now a file")
    report = rig.run()
    assert report.status is HELD
    assert (rig.mirror / "thing" / "stranger").read_text() == "2"
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_what_waits_behind_a_held_replacement_is_no_problem(rig: Rig) -> None:
    for number in range(60):
        rig.write(f"{number:02}", "a file")
    rig.run()
    for number in range(60):
        (rig.source / f"{number:02}").unlink()
        rig.write(f"{number:02}/now/a/folder", "x")
    report = rig.run()
    assert (report.status, report.problems) == (HELD, ())
    assert len(contents(rig.mirror)) == 60
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


# What goes on while something is held


def hold_a_folder(rig: Rig) -> Held:
    """Have the deletion of 60 of 63 files held."""
    for number in range(60):
        rig.write(f"gone/{number:02}", f"original {number}")
    for number in range(3):
        rig.write(f"docs/{number}", f"first {number}")
    rig.run()
    shutil.rmtree(rig.source / "gone")
    return check_held(rig, FULL)


def check_held(rig: Rig, scope: Scope, deleted: int = 60) -> Held:
    report = rig.run(scope)
    assert report.held is not None
    assert (report.status, report.held.counts) == (HELD, Counts(deleted=deleted))
    assert len([path for path in contents(rig.mirror) if path.startswith("gone/")]) == 60
    return report.held


def open_again(rig: Rig, path: Path) -> None:
    rig.catalog.close()
    rig.catalog = JobDatabase.open(path)


@pytest.mark.hazard(9)
@pytest.mark.parametrize("scope", [FULL, paths("docs/1"), trees("docs")], ids=["full", "path", "folder"])
def test_an_edit_goes_on_while_deletions_are_held(rig: Rig, tmp_path: Path, scope: Scope) -> None:
    open_again(rig, tmp_path / "job.sqlite")
    held = hold_a_folder(rig)
    for turn in range(5):
        rig.write("docs/1", f"edit {turn}")
        if scope.is_full:
            assert check_held(rig, FULL) == held
        else:
            assert rig.run(scope).status is COMPLETE
        assert contents(rig.mirror)["docs/1"] == b"edit %d" % turn
        open_again(rig, tmp_path / "job.sqlite")
    assert len(rig.kept()) == 5
    # A deletion is not let go on piece by piece, as somebody tells of it once more.
    (rig.source / "docs/2").unlink()
    report = rig.run(paths("docs/2", "gone/07", "gone"))
    assert report.held is not None
    assert {action.path for action in report.held.actions} == {"docs/2", "gone/07", "gone"} | {
        f"gone/{number:02}" for number in range(60)
    }
    assert (rig.mirror / "docs/2").exists()
    assert rig.run(allowed=check_held(rig, FULL, 61)).status is COMPLETE
    rig.check_in_step()


def test_a_deletion_of_a_quick_pass_waits_with_those_that_are_held(rig: Rig) -> None:
    hold_a_folder(rig)
    (rig.source / "docs/2").unlink()
    assert rig.run(paths("docs/2")).status is HELD
    assert (rig.mirror / "docs/2").exists()
    # What a program makes and removes again never waited.
    for turn in range(3):
        draft = rig.write(f"docs/draft {turn}~")
        assert rig.run(paths(f"docs/draft {turn}~")).status is COMPLETE
        draft.unlink()
        assert rig.run(paths(f"docs/draft {turn}~")).status is COMPLETE
        assert check_held(rig, FULL, 61).counts.deleted == 61


def test_what_was_written_lately_and_is_held_is_no_temporary_file(rig: Rig) -> None:
    fill(rig, 10)
    rig.run()
    for number in range(10, 60):
        rig.write(f"docs/{number:03}")
        rig.run(trees("docs"))
    for number in range(55):
        (rig.source / f"docs/{number:03}").unlink()
    for scope in (FULL, FULL, trees("docs"), paths("docs/050"), FULL):
        assert rig.run(scope).status is HELD
        assert len(contents(rig.mirror)) == 60


def test_what_happens_in_a_held_folder_goes_on(rig: Rig) -> None:
    hold_a_folder(rig)
    rig.write("gone/new", "new")
    rig.write("gone/00", "back, and another")
    report = rig.run()
    assert report.held is not None
    assert report.held.counts == Counts(deleted=59)
    there = contents(rig.mirror)
    assert (there["gone/new"], there["gone/00"], len(there)) == (b"new", b"back, and another", 64)
    (rig.source / "gone/new").rename(rig.source / "docs/moved out")
    (rig.source / "docs/0").rename(rig.source / "gone/moved in")
    report = rig.run()
    assert (report.status, report.counts.moved) == (HELD, 2)
    assert {"docs/moved out", "gone/moved in"} <= contents(rig.mirror).keys()
    assert "gone/new" not in contents(rig.mirror)


def test_what_comes_back_to_another_place_is_moved_out_of_the_held_folder(rig: Rig) -> None:
    hold_a_folder(rig)
    aside = rig.root / "aside"
    (rig.source / "docs/2").rename(aside)
    assert rig.run().status is HELD
    aside.rename(rig.source / "here")
    report = rig.run()
    assert (report.status, report.counts.moved) == (HELD, 1)
    assert "docs/2" not in contents(rig.mirror)


def test_a_file_in_the_place_of_a_held_folder_waits_with_it(rig: Rig) -> None:
    hold_a_folder(rig)
    rig.write("gone", "a file now")
    rig.write("docs/1", "edit")
    report = rig.run()
    assert report.held is not None
    assert (report.held.counts.deleted, report.held.counts.replaced, report.problems) == (60, 1, ())
    assert contents(rig.mirror)["docs/1"] == b"edit"
    assert (rig.mirror / "gone").is_dir()
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_an_edit_of_what_is_held_for_replacement_waits_as_it_is_now(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(60):
        rig.write(f"docs/{number:03}", "rewritten")
    held = rig.run().held
    assert held is not None
    rig.write("docs/000", "rewritten once more")
    (rig.source / "docs/099").unlink()
    report = rig.run(paths("docs/000", "docs/099"))
    assert (report.status, report.counts.deleted, report.counts.replaced) == (HELD, 1, 0)
    report = rig.run()
    assert report.held is not None
    assert report.held.counts == held.counts._replace(bytes=held.counts.bytes + len(" once more"))
    assert contents(rig.mirror)["docs/000"] == b"0"


@pytest.mark.hazard(9)
def test_what_is_encrypted_under_new_names_waits_however_many_there_are(rig: Rig) -> None:
    fill(rig, 1_100)
    rig.run()
    for number in range(1_100):
        file = rig.source / f"docs/{number:03}"
        file.unlink()
        rig.write(f"docs/{number:03}.locked", "encrypted")
    for scope in (FULL, FULL, trees("docs"), FULL):
        report = rig.run(scope)
        assert (report.status, report.counts.deleted) == (HELD, 0)
    assert len(contents(rig.mirror)) == 2_200


@pytest.mark.hazard(9)
def test_first_only_deleted_and_then_only_rewritten_keeps_to_the_limits(rig: Rig) -> None:
    fill(rig, 200)
    rig.run()
    for number in range(120):
        (rig.source / f"docs/{number:03}").unlink()
    assert rig.run().status is HELD
    for number in range(120, 200):
        rig.write(f"docs/{number:03}", "rewritten")
        rig.run(paths(f"docs/{number:03}"))
    for number in range(40):
        rig.write(f"docs/{number:03}", "rewritten")
        rig.run(paths(f"docs/{number:03}") if number % 2 else FULL)
    there = contents(rig.mirror).values()
    assert sum(content == b"rewritten" for content in there) == 100
    assert len(there) == 200


class Hours:
    """The clocks of a guard, which tests move."""

    def __init__(self, rig: Rig, path: Path) -> None:
        self.now_s = 1_000.0
        self._rig, self._path = rig, path
        self.restart()

    def restart(self) -> None:
        open_again(self._rig, self._path)
        self._rig.catalog.recent = RecentLosses(sqlite_of(self._rig.catalog), lambda: self.now_s, lambda: self.now_s)


def sqlite_of(catalog: JobDatabase) -> sqlite3.Connection:
    return catalog._connection


@pytest.mark.hazard(9)
@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_held_waits_for_days_and_edits_go_on(rig: Rig, tmp_path: Path, *, restarts: bool) -> None:
    hours = Hours(rig, tmp_path / "job.sqlite")
    fill(rig, 100)
    rig.run()
    for number in range(45):
        rig.write(f"docs/{number:03}", "edited")
        assert rig.run(paths(f"docs/{number:03}")).status is COMPLETE
    for number in range(90, 100):
        (rig.source / f"docs/{number:03}").unlink()
    report = rig.run()
    assert report.held is not None
    assert (report.held.code, report.held.lost_before, report.held.counts.deleted) == (HeldCode.SLOW_CHANGE, 45, 10)
    for day in range(3):
        hours.now_s += 86_400
        if restarts:
            hours.restart()
        for number in range(60):
            rig.write(f"docs/{number:03}", f"edited on day {day}")
            rig.run(paths(f"docs/{number:03}"))
            hours.now_s += 120
        report = rig.run()
        assert report.held is not None
        assert report.held.counts == Counts(deleted=10)
        assert len(contents(rig.mirror)) == 100
        assert sum(content == b"edited on day %d" % day for content in contents(rig.mirror).values()) == 60
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_what_was_refused_stays_and_edits_go_on(rig: Rig) -> None:
    keep(rig.job, rig.catalog, hold_a_folder(rig))
    for turn, scope in enumerate((FULL, trees("docs"), paths("docs/1"), FULL)):
        rig.write("docs/1", f"edit {turn}")
        report = rig.run(scope)
        assert (report.status, report.kept) == (COMPLETE, 60)
        assert contents(rig.mirror)["docs/1"] == b"edit %d" % turn
    assert len(contents(rig.mirror)) == 63


def test_after_putting_back_nothing_is_held(rig: Rig) -> None:
    held = hold_a_folder(rig)
    rig.write("docs/1", "edit")
    rig.run(paths("docs/1"))
    put_back_held(rig.job, rig.catalog, held, meter=Meter(lambda _: None), should_stop=never)
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    (rig.source / "docs/2").unlink()
    assert rig.run(paths("docs/2")).status is COMPLETE


def test_what_was_put_back_by_hand_is_held_no_more_with_the_rest(rig: Rig) -> None:
    hold_a_folder(rig)
    for number in range(15):
        rig.write(f"gone/{number:02}", f"original {number}")
        shutil.copystat(rig.mirror / f"gone/{number:02}", rig.source / f"gone/{number:02}")
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_the_history_loses_nothing_while_edits_go_on(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_a_folder(rig)
    monkeypatch.setattr(prune, "is_due", lambda *_: pytest.fail("old versions were looked for"))
    monkeypatch.setattr(prune, "make_room", lambda *_: pytest.fail("room was made"))
    rig.write("docs/1", "edit")
    rig.run(paths("docs/1"))
    rig.write("docs/1", "another")
    rig.run()
    assert rig.kept_contents() == [b"edit", b"first 1"]
