"""What is lost bit by bit, over many passes, is held as what is lost at once; ordinary work is not."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.restore.decisions import keep
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import DestinationUnusableError
from backup_gui.model.events import HeldBack
from backup_gui.model.plans import FULL, Held, HeldCode, PassStatus
from tests.helpers.rig import Rig, paths, trees
from tests.helpers.trees import contents

COMPLETE, HELD, CANCELLED = PassStatus.COMPLETE, PassStatus.HELD, PassStatus.CANCELLED


def fill(rig: Rig, count: int, folder: str = "docs") -> None:
    for number in range(count):
        rig.write(f"{folder}/{number:03}", f"original {folder} {number}")


def originals(rig: Rig) -> int:
    return sum(content.startswith(b"original") for content in contents(rig.mirror).values())


def encrypt(rig: Rig, number: int) -> None:
    (rig.source / f"docs/{number:03}").unlink()
    rig.write(f"docs/{number:03}.locked", f"encrypted {number}")


def rewrite(rig: Rig, number: int) -> None:
    rig.write(f"docs/{number:03}", f"encrypted {number}")


def delete(rig: Rig, number: int) -> None:
    (rig.source / f"docs/{number:03}").unlink()


def spoil(rig: Rig, harm: Callable[[Rig, int], None], count: int = 100) -> tuple[int, Held | None]:
    """Harm files one by one, a pass after each; returns how many passes went through, and what was held then."""
    for number in range(count):
        harm(rig, number)
        report = rig.run(trees("docs"))
        if report.held is not None:
            return number, report.held
        assert report.status is COMPLETE
    return count, None


@pytest.mark.hazard(9)
@pytest.mark.parametrize("harm", [encrypt, rewrite, delete])
def test_files_spoiled_one_by_one_are_held_like_all_at_once(rig: Rig, harm: Callable[[Rig, int], None]) -> None:
    fill(rig, 100)
    rig.run()
    passes, held = spoil(rig, harm)
    assert held is not None
    assert (passes, held.code, held.lost_before) == (50, HeldCode.SLOW_CHANGE, 50)
    assert originals(rig) == 50
    # The rest goes too, and new files go on.
    for number in range(51, 100):
        harm(rig, number)
    rig.write("docs/new", "new")
    report = rig.run()
    assert report.held is not None
    assert originals(rig) == 50
    assert "docs/new" in contents(rig.mirror)
    assert len([content for content in rig.kept_contents() if content.startswith(b"original")]) == 50
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()
    assert len([content for content in rig.kept_contents() if content.startswith(b"original")]) == 100


@pytest.mark.hazard(9)
def test_a_restart_does_not_make_the_guard_forget(rig: Rig, tmp_path: Path) -> None:
    rig.catalog.close()
    rig.catalog = JobDatabase.open(tmp_path / "job.sqlite")
    fill(rig, 100)
    rig.run()
    for number in range(100):
        encrypt(rig, number)
        if rig.run(trees("docs")).held is not None:
            break
        rig.catalog.close()
        rig.catalog = JobDatabase.open(tmp_path / "job.sqlite")
    assert originals(rig) == 50


def test_what_a_cancelled_pass_has_done_counts_too(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for round_ in range(4):
        for number in range(round_ * 20, round_ * 20 + 20):
            delete(rig, number)
        done: list[object] = []
        # Stopped by the user in the middle of each pass.
        rig.run(trees("docs"), on_event=done.append, should_stop=lambda done=done: len(done) > 15)
    lost = 100 - originals(rig)
    report = rig.run()
    assert report.held is not None
    assert 0 < lost <= 50
    assert originals(rig) >= 50


def test_the_users_word_starts_the_hour_anew(rig: Rig) -> None:
    fill(rig, 300)
    rig.run()
    for number in range(0, 300, 10):
        for one in range(number, number + 10):
            delete(rig, one)
        report = rig.run()
        if report.held is not None:
            break
    assert report.held is not None
    assert (originals(rig), report.held.counts.deleted) == (150, 10)
    assert rig.run(allowed=report.held).status is COMPLETE
    assert originals(rig) == 140
    # 70 of these 140 are no more than half.
    for number in range(160, 230):
        delete(rig, number)
        assert rig.run(trees("docs")).status is COMPLETE
    delete(rig, 230)
    assert rig.run(trees("docs")).status is HELD


def test_the_standing_word_lets_it_all_through_and_leaves_nothing_behind(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    spoil(rig, delete, 50)
    rig.options["allows_mass_delete"] = True
    for number in range(50, 80):
        delete(rig, number)
        assert rig.run(trees("docs")).status is COMPLETE
    rig.options["allows_mass_delete"] = False
    delete(rig, 80)
    assert rig.run().status is COMPLETE


def test_the_limits_are_the_jobs(rig: Rig) -> None:
    rig.options |= {"guard_count": 5, "guard_share": 0.1}
    fill(rig, 100)
    rig.run()
    assert spoil(rig, delete)[0] == 10


def test_a_small_folder_can_be_cleared_one_by_one(rig: Rig) -> None:
    fill(rig, 49)
    rig.write("stays", "original")
    rig.run()
    assert spoil(rig, delete, 49) == (49, None)
    rig.check_in_step()


def test_little_of_a_large_folder_is_not_held_in_any_number_of_passes(rig: Rig) -> None:
    fill(rig, 100)
    fill(rig, 150, "more")
    rig.run()
    assert spoil(rig, encrypt) == (100, None)
    rig.check_in_step()


# Ordinary work


def test_going_back_and_forth_between_two_versions_counts_once(rig: Rig) -> None:
    fill(rig, 40)
    fill(rig, 45, "rest")
    rig.run()
    for branch in range(12):
        for number in range(40):
            if branch % 2:
                rig.write(f"docs/{number:03}", f"original {number} of branch {branch}")
            else:
                (rig.source / f"docs/{number:03}").unlink()
        assert rig.run().status is COMPLETE
        rig.check_in_step()


def test_a_build_folder_made_again_and_again_is_not_held(rig: Rig) -> None:
    fill(rig, 60)
    for build in range(8):
        for number in range(45):
            rig.write(f"build/{number}.o", f"build {build}")
        assert rig.run().status is COMPLETE
        shutil.rmtree(rig.source / "build")
        assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_a_log_that_changes_in_every_pass_is_not_held(rig: Rig) -> None:
    fill(rig, 60)
    rig.run()
    for line in range(150):
        rig.write("docs/000", f"line {line}")
        assert rig.run(paths("docs/000")).status is COMPLETE


def test_a_program_that_saves_by_rename_with_ever_new_drafts_is_not_held(rig: Rig) -> None:
    fill(rig, 60)
    rig.run()
    for save in range(120):
        draft = rig.write(f"docs/draft-{save}~", f"version {save}")
        assert rig.run(trees("docs")).status is COMPLETE
        draft.replace(rig.source / "docs/000")
        assert rig.run(trees("docs")).status is COMPLETE
    rig.check_in_step()


def test_a_folder_that_is_moved_about_is_no_loss(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for turn in range(3):
        (rig.source / ("docs" if turn % 2 == 0 else "papers")).rename(
            rig.source / ("papers" if turn % 2 == 0 else "docs")
        )
        report = rig.run()
        assert (report.status, report.counts.moved, report.counts.deleted) == (COMPLETE, 100, 1)
    rig.check_in_step()


@pytest.mark.hazard(60)
def test_a_folder_that_is_moved_and_touched_at_once_is_no_loss(rig: Rig) -> None:
    fill(rig, 200)
    rig.run()
    inodes = {file.name: file.stat().st_ino for file in (rig.mirror / "docs").iterdir()}
    (rig.source / "docs").rename(rig.source / "papers")
    for file in (rig.source / "papers").iterdir():
        os.utime(file)
    report = rig.run()
    assert (report.status, report.counts.moved, report.counts.bytes) == (COMPLETE, 200, 0)
    assert {file.name: file.stat().st_ino for file in (rig.mirror / "papers").iterdir()} == inodes
    rig.check_in_step()


def test_a_large_import_that_is_cleared_up_again_is_not_held(rig: Rig) -> None:
    fill(rig, 60)
    rig.run()
    fill(rig, 200, "unpacked")
    rig.run()
    for number in range(0, 120, 10):
        for one in range(number, number + 10):
            (rig.source / f"unpacked/{one:03}").unlink()
        assert rig.run().status is COMPLETE
    rig.check_in_step()


# What belongs to the guard besides


def test_a_first_run_into_a_folder_that_is_not_empty_is_guarded(rig: Rig) -> None:
    rig.write("ours", "1")
    for number in range(60):
        rig.write_at(rig.mirror / f"stranger {number}", f"stranger {number}")
    report = rig.run()
    assert report.held is not None
    assert (report.held.code, report.held.counts.deleted) == (HeldCode.MASS_CHANGE, 60)
    assert len(contents(rig.mirror)) == 61
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_a_first_run_without_limits_to_pass_takes_strangers_to_the_history(rig: Rig) -> None:
    rig.write("ours", "1")
    for number in range(50):
        rig.write_at(rig.mirror / f"stranger {number}", f"stranger {number}")
    assert rig.run().status is COMPLETE
    assert len(rig.kept()) == 50


def test_a_dry_run_is_told_what_would_be_held_and_remembers_nothing(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    spoil(rig, delete, 50)
    delete(rig, 50)
    for _ in range(2):
        assert rig.run(is_dry_run=True).status is HELD
    rig.run(is_dry_run=True, allowed=rig.run(is_dry_run=True).held)
    assert rig.run().status is HELD


def test_a_cancelled_pass_tells_what_it_did_and_the_count_of_files_stays_right(rig: Rig) -> None:
    fill(rig, 20)
    rig.run()
    for number in range(10):
        delete(rig, number)
    events: list[object] = []
    report = rig.run(FULL, on_event=events.append, should_stop=lambda: len(events) > 8)
    assert report.status is CANCELLED
    assert 0 < report.counts.deleted < 10
    newest = rig.catalog.passlog.passes()[0]
    assert (newest.status, newest.deleted) == ("cancelled", report.counts.deleted)
    assert int(rig.catalog.fact("mirror files") or 0) == originals(rig)
    rig.run()
    assert int(rig.catalog.fact("mirror files") or 0) == 10


def test_what_a_failed_pass_has_done_counts_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(40):
        delete(rig, number)
    real = LocalDestination.flush

    def fail_after_the_deletions(target: LocalDestination) -> None:
        if originals(rig) == 60:
            raise OSError(5, "Input/output error")
        real(target)

    with monkeypatch.context() as patch:
        patch.setattr(LocalDestination, "flush", fail_after_the_deletions)
        with pytest.raises(DestinationUnusableError):
            rig.run()
    (newest, *_) = rig.catalog.passlog.passes()
    assert (newest.status, newest.deleted, newest.recorded) == ("failed", 40, 40)
    assert int(rig.catalog.fact("mirror files") or 0) == 60
    for number in range(40, 51):
        delete(rig, number)
    assert rig.run(trees("docs")).status is HELD


@pytest.mark.hazard(9)
@pytest.mark.parametrize("harm", [encrypt, rewrite, delete])
@pytest.mark.parametrize("at_once", [100, 1])
def test_what_is_held_waits_for_the_users_word_however_long(
    rig: Rig, harm: Callable[[Rig, int], None], at_once: int
) -> None:
    fill(rig, 180)
    rig.run()
    for number in range(100):
        harm(rig, number)
        if (number + 1) % at_once == 0:
            rig.run(trees("docs"))
    assert rig.run().status is HELD
    left = originals(rig)
    for hours in range(1, 4):
        jump(rig, hours * 3_700.0)
        assert rig.run().status is HELD
        assert originals(rig) == left
    report = rig.run(allowed=rig.told(HeldBack)[-1].held)
    assert report.held is None
    jump(rig, 5 * 3_700.0)
    assert rig.run().status is COMPLETE


def jump(rig: Rig, seconds: float) -> None:
    """Let the guard's clock be so much later than the system's."""
    rig.catalog.recent._steady = lambda: time.monotonic() + seconds


@pytest.mark.hazard(9)
def test_new_names_do_not_raise_the_limit_while_the_old_ones_are_held(rig: Rig) -> None:
    fill(rig, 120)
    rig.run()
    for number in range(120):
        encrypt(rig, number)
    assert rig.run().status is HELD
    assert len(contents(rig.mirror)) == 240
    # Quick passes see but one deletion each, in a mirror that seems to be twice as large.
    for number in range(120):
        rig.run(paths(f"docs/{number:03}"))
    assert originals(rig) >= 60


@pytest.mark.hazard(9)
def test_new_names_do_not_raise_the_limit_while_the_mirror_keeps_the_old_ones(rig: Rig) -> None:
    rig.options["guard_share"] = 0.2
    fill(rig, 200)
    fill(rig, 100, "kept")
    rig.run()
    for number in range(100):
        (rig.source / f"kept/{number:03}").unlink()
        rig.write(f"kept/{number:03}.locked", "encrypted")
    held = rig.run().held
    assert held is not None
    keep(rig.job, rig.catalog, held)
    assert rig.run().held is None
    for number in range(200):
        rewrite(rig, number)
        rig.run(paths(f"docs/{number:03}"))
    assert originals(rig) == 300 - 60
