"""What the user refuses of what the guard holds stays in the mirror, and nothing else does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backup_gui.engine.restore.decisions import keep
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.kept_paths import KeptPath
from backup_gui.engine.verify import verify
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, Held, HeldCode, PassStatus, ProblemCode, Report
from tests.helpers.rig import HOSTILE_NAMES, Rig, keep_times, paths, trees
from tests.helpers.trees import contents, read_tree

COMPLETE, HELD, PROBLEMS = PassStatus.COMPLETE, PassStatus.HELD, PassStatus.PROBLEMS


def fill(rig: Rig, count: int = 60, folder: str = "docs") -> None:
    for number in range(count):
        rig.write(f"{folder}/{number:03}", f"original {number}")


def refuse(rig: Rig) -> Held:
    """Have a pass that holds something, and refuse it."""
    held = rig.run().held
    assert held is not None
    keep(rig.job, rig.catalog, held)
    return held


def lose_all(rig: Rig) -> None:
    fill(rig)
    rig.write("stays")
    rig.run()
    shutil.rmtree(rig.source / "docs")
    refuse(rig)


def test_refused_deletions_stay_in_the_mirror_and_the_job_goes_on(rig: Rig) -> None:
    lose_all(rig)
    rig.write("new", "new")
    for report in (rig.run(), rig.run(), rig.run(trees("docs")), rig.run(paths("docs", "docs/000"))):
        assert (report.status, report.kept, report.counts.deleted) == (COMPLETE, 60, 0)
    assert len(contents(rig.mirror)) == 62
    assert rig.kept() == {}


def test_they_are_remembered_across_restarts(rig: Rig, tmp_path: Path) -> None:
    rig.catalog.close()
    rig.catalog = JobDatabase.open(tmp_path / "job.sqlite")
    lose_all(rig)
    rig.catalog._connection.close()  # as if killed
    rig.catalog = JobDatabase.open(tmp_path / "job.sqlite")
    assert rig.run().status is COMPLETE
    assert len(contents(rig.mirror)) == 61


def test_other_deletions_go_through_the_guard_as_ever(rig: Rig) -> None:
    lose_all(rig)
    fill(rig, 150, "more")
    rig.run()
    (rig.source / "stays").unlink()
    report = rig.run()
    assert (report.status, report.counts.deleted, report.kept) == (COMPLETE, 1, 60)
    shutil.rmtree(rig.source / "more")
    report = rig.run()
    assert report.held is not None
    assert (report.held.counts.deleted, report.kept) == (150, 60)
    assert rig.run(allowed=report.held).status is COMPLETE
    assert len(contents(rig.mirror)) == 60


def test_a_file_that_comes_back_is_like_any_other_from_then_on(rig: Rig) -> None:
    lose_all(rig)
    rig.run()
    # One comes back with the very content, one with another.
    shutil.copy2(rig.mirror / "docs/000", rig.write("docs/000"))
    rig.write("docs/001", "another")
    report = rig.run()
    assert (report.status, report.kept) == (COMPLETE, 58)
    assert (rig.mirror / "docs/001").read_text() == "another"
    for name in ("000", "001"):
        (rig.source / "docs" / name).unlink()
    report = rig.run()
    assert (report.status, report.counts.deleted, report.kept) == (COMPLETE, 2, 58)
    assert len(contents(rig.mirror)) == 59


def test_taken_back_it_is_held_again(rig: Rig) -> None:
    lose_all(rig)
    rig.run()
    rig.catalog.kept.release(["docs/000", "docs/001", "docs"])
    report = rig.run()
    assert (report.status, report.counts.deleted, report.kept) == (COMPLETE, 2, 58)
    rig.catalog.kept.release()
    report = rig.run()
    assert report.held is not None
    assert (report.held.counts.deleted, report.kept) == (58, 0)


def test_folders_and_links_are_kept_with_their_files(rig: Rig) -> None:
    fill(rig)
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"docs/deep/{name}", f"hostile {number}")
    (rig.source / "docs/empty").mkdir()
    (rig.source / "docs/link").symlink_to("nowhere")
    rig.write("stays")
    rig.run()
    before = {path: node for path, node in read_tree(rig.mirror).items() if path.startswith("docs")}
    shutil.rmtree(rig.source / "docs")
    refuse(rig)
    for _ in range(2):
        report = rig.run()
        assert (report.status, report.kept) == (COMPLETE, 60 + len(HOSTILE_NAMES) + 1)
    assert {path: node for path, node in read_tree(rig.mirror).items() if path.startswith("docs")} == before


def test_a_folder_stays_as_long_as_something_in_it_is_kept(rig: Rig) -> None:
    lose_all(rig)
    rig.catalog.kept.release(["docs", *(f"docs/{number:03}" for number in range(59))])
    rig.options["guard_count"] = 100
    report = rig.run()
    assert (report.status, report.counts.deleted, report.kept) == (COMPLETE, 59, 1)
    assert contents(rig.mirror / "docs") == {"059": b"original 59"}
    assert rig.run().counts == Counts()


def encrypt_all(rig: Rig) -> None:
    fill(rig)
    rig.write("stays")
    rig.run()
    for number in range(60):
        rig.write(f"docs/{number:03}", f"encrypted {number}")
    refuse(rig)


def originals(rig: Rig) -> int:
    return sum(content.startswith(b"original") for content in contents(rig.mirror).values())


def test_refused_replacements_stay_and_are_named_since_the_source_is_not_backed_up(rig: Rig) -> None:
    encrypt_all(rig)
    for report in (rig.run(), rig.run()):
        assert (report.status, report.kept, report.held) == (PROBLEMS, 60, None)
        assert {problem.code for problem in report.problems} == {ProblemCode.KEPT}
        assert len(report.problems) == 60
    assert originals(rig) == 60


def test_a_refused_content_that_changes_again_is_backed_up(rig: Rig) -> None:
    encrypt_all(rig)
    rig.run()
    rig.write("docs/000", "mended by hand")
    shutil.copy2(rig.mirror / "docs/001", rig.source / "docs/001")
    report = rig.run()
    assert (report.counts.replaced, report.kept, len(report.problems)) == (1, 58, 58)
    assert (rig.mirror / "docs/000").read_text() == "mended by hand"


def test_the_good_content_is_not_lost_when_the_refused_one_is_cleared_away(rig: Rig) -> None:
    encrypt_all(rig)
    shutil.rmtree(rig.source / "docs")
    for _ in range(2):
        report = rig.run()
        assert (report.status, report.kept) == (COMPLETE, 60)
    assert originals(rig) == 60


def test_what_changed_since_it_was_shown_is_shown_again(rig: Rig) -> None:
    fill(rig, 120)
    rig.write("stays")
    rig.run()
    for number in range(120):
        rig.write(f"docs/{number:03}", "encrypted")
    held = rig.run().held
    assert held is not None
    for number in range(70):
        rig.write(f"docs/{number:03}", "something else since")
    keep(rig.job, rig.catalog, held)
    report = rig.run()
    assert report.held is not None
    assert (report.held.counts.replaced, report.kept) == (70, 50)


def test_a_file_in_the_place_of_a_kept_folder_is_refused_with_it(rig: Rig) -> None:
    fill(rig)
    rig.write("stays")
    rig.run()
    shutil.rmtree(rig.source / "docs")
    rig.write("docs", "a file now")
    refuse(rig)
    for _ in range(2):
        report = rig.run()
        assert (report.status, report.kept) == (PROBLEMS, 60)
        assert [problem.path for problem in report.problems] == ["docs"]
    assert originals(rig) == 60
    # Another file there is another matter, and goes through the guard as any change does.
    rig.write("docs", "yet another file")
    report = rig.run()
    assert report.held is not None
    assert report.held.counts.deleted == 60
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_folders_in_the_place_of_kept_files_are_refused_with_all_in_them(rig: Rig) -> None:
    fill(rig)
    rig.write("stays")
    rig.run()
    for number in range(60):
        (rig.source / f"docs/{number:03}").unlink()
        rig.write(f"docs/{number:03}/inside", "x")
    refuse(rig)
    for _ in range(2):
        report = rig.run()
        assert (report.status, len(report.problems)) == (PROBLEMS, 60)
    assert originals(rig) == 60


def test_strangers_can_be_kept(rig: Rig) -> None:
    rig.options["asks_about_strangers"] = True
    rig.write("ours")
    rig.write_at(rig.mirror / "stranger", "not ours")
    refuse(rig)
    for _ in range(2):
        report = rig.run()
        assert (report.status, report.kept) == (COMPLETE, 1)
    assert (rig.mirror / "stranger").read_text() == "not ours"


def test_an_emptied_source_can_be_refused(rig: Rig) -> None:
    fill(rig, 3)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = refuse(rig)
    assert held.code is HeldCode.SOURCE_EMPTY
    assert (rig.run().status, len(contents(rig.mirror))) == (COMPLETE, 3)


def test_after_a_refusal_another_folder_in_the_sources_place_is_the_source(rig: Rig) -> None:
    fill(rig, 3)
    rig.run()
    rig.source.rename(rig.root / "away")
    rig.source.mkdir()
    rig.write("other", "1")
    held = refuse(rig)
    assert held.code is HeldCode.SOURCE_REPLACED
    assert (rig.run().status, len(contents(rig.mirror))) == (COMPLETE, 4)
    rig.write("other", "changed")
    assert rig.run().status is COMPLETE


def test_what_is_not_in_the_mirror_any_more_is_not_kept(rig: Rig) -> None:
    lose_all(rig)
    for number in range(10):
        (rig.mirror / f"docs/{number:03}").unlink()
    assert rig.run().kept == 50
    shutil.rmtree(rig.mirror)
    assert rig.run().kept == 0
    rig.check_in_step()


def test_a_dry_run_forgets_nothing(rig: Rig) -> None:
    lose_all(rig)
    rig.write("docs/000", "back")
    rig.run(is_dry_run=True)
    assert rig.catalog.kept.count() == 60


def test_a_kept_file_that_is_found_elsewhere_in_the_source_moves(rig: Rig) -> None:
    fill(rig)
    rig.run()
    (rig.source / "docs").rename(rig.root / "trash")
    refuse(rig)
    rig.run()
    (rig.root / "trash/000").rename(rig.source / "found")
    report = rig.run()
    assert (report.counts.moved, report.kept) == (1, 59)
    assert (rig.mirror / "found").read_text() == "original 0"


def test_nothing_is_kept_while_the_source_is_away(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = rig.run().held
    assert held is not None
    rig.source.rename(rig.root / "away")
    with pytest.raises(RootAbsentError):
        keep(rig.job, rig.catalog, held)
    assert rig.catalog.kept.is_empty()


def test_verify_names_what_is_kept(rig: Rig) -> None:
    lose_all(rig)
    rig.run()
    found = {difference.path for difference in verify(str(rig.source), Place(str(rig.mirror)))}
    assert found == {"docs", *(f"docs/{number:03}" for number in range(60))}


def test_inode_numbers_of_any_size_are_kept(rig: Rig) -> None:
    rows = [KeptPath(f"{number}", refused=(number, 1, -2)) for number in (0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)]
    rows.append(KeptPath("folder\udcff", is_folder=True))
    rig.catalog.kept.add(rows)
    assert sorted(rig.catalog.kept.paths()) == sorted(rows)
    assert rig.catalog.kept.among(["0", "none"]) == {"0": rows[0]}
    assert len(rig.catalog.kept.among(["folder\udcff", *(str(number) for number in range(2_000))])) == 2
    assert rig.catalog.kept.count() == 4


def test_a_report_knows_how_many(rig: Rig) -> None:
    report: Report = rig.run()
    assert report.kept == 0


@pytest.mark.hazard(62)
def test_what_was_edited_after_it_was_shown_is_not_refused_unseen(rig: Rig) -> None:
    fill(rig)
    rig.run()
    fill(rig)
    for file in (rig.source / "docs").iterdir():
        file.write_text(file.read_text().upper())
    held = rig.run().held
    assert held is not None
    edited = rig.source / "docs/007"
    keep_times(edited, lambda: edited.write_text(edited.read_text().swapcase()))
    keep(rig.job, rig.catalog, held)
    assert rig.catalog.kept.count() == 59
    assert "docs/007" not in {kept.path for kept in rig.catalog.kept.paths()}
