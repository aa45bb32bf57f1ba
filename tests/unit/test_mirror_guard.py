"""What a pass holds for the word of the user, and what goes on meanwhile."""

from __future__ import annotations

import shutil

import pytest

from backup_gui.engine.model import HeldCode, PassStatus
from tests.helpers.trees import contents, read_tree
from tests.unit.conftest import (
    Rig,
    keep_times,
    paths,
    trees,
)

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
