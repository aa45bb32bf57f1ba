"""What is left out is left alone: passes of all sorts over what an earlier pass, or an earlier version, has copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from backup_gui.engine.fs import own_files as own
from backup_gui.engine.plan import compare
from backup_gui.engine.roots import roots
from backup_gui.engine.rules.capabilities import ALL
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.verify import verify
from backup_gui.model.errors import JobError
from backup_gui.model.events import AllowHeld, BackUpNow, Event, HeldBack, RemoveLeftOut, ReportMade, Stop
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, Held, HeldCode, PassStatus, ProblemCode
from tests.helpers.rig import Rig, done, paths, trees
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.hazard(54)

LEFT_OUT = ("/cache/", "*.tmp", "/photos/raw/")


@pytest.fixture
def left(rig: Rig) -> Rig:
    """A mirror with copies of what is left out by now."""
    for path in ("keep", "cache/a", "cache/deep/b", "note.tmp", "docs/a", "docs/b.tmp", "photos/1", "photos/raw/2"):
        rig.write(path, f"content of {path}")
    rig.run()
    rig.options["exclude"] = LEFT_OUT
    return rig


def files(folder: Path) -> set[str]:
    return {path for path, node in read_tree(folder).items() if node.kind != "folder"}


def differences(rig: Rig) -> list[str]:
    return [one.path for one in verify(str(rig.source), Place(str(rig.mirror)), LEFT_OUT)]


def test_full_and_partial_passes_leave_it_alone_and_do_nothing(left: Rig) -> None:
    before = read_tree(left.mirror)
    for scope in (trees(""), paths("note.tmp", "cache", "cache/a"), trees("cache", "docs"), trees("")):
        report = left.run(scope)
        assert report.status is PassStatus.COMPLETE
        assert report.counts.total == 0
    assert read_tree(left.mirror) == before
    assert left.kept() == {}
    assert differences(left) == []


def test_what_becomes_of_it_in_the_source_does_not_matter(left: Rig) -> None:
    before = read_tree(left.mirror)
    left.write("cache/a", "edited")
    left.write("cache/new")
    (left.source / "note.tmp").unlink()
    (left.source / "docs/b.tmp").chmod(0o600)
    shutil.rmtree(left.source / "cache" / "deep")
    for scope in (paths("cache/a", "cache/new", "note.tmp", "docs/b.tmp"), trees("cache"), trees("")):
        left.run(scope)
        assert files(left.mirror) == {path for path, node in before.items() if node.kind != "folder"}
    for path in ("cache/a", "note.tmp", "docs/b.tmp", "cache/deep/b"):
        assert read_tree(left.mirror)[path] == before[path]
    assert left.kept() == {}
    shutil.rmtree(left.source / "cache")
    assert left.run().counts.deleted == 0
    assert differences(left) == []


def test_a_folder_that_is_gone_stays_for_what_is_left_out_in_it_and_nothing_else_does(left: Rig) -> None:
    shutil.rmtree(left.source / "photos")
    shutil.rmtree(left.source / "docs")
    assert done(left.run()) == Counts(deleted=2)
    assert files(left.mirror) == {
        *("keep", "cache/a", "cache/deep/b", "note.tmp", "docs/b.tmp", "photos/raw/2"),
    }
    assert left.run().counts.total == 0
    assert left.run(trees("photos")).counts.total == 0
    assert sorted(left.kept_contents()) == [b"content of docs/a", b"content of photos/1"]
    assert differences(left) == []


def test_a_file_moved_out_of_what_is_left_out_is_copied_and_its_old_copy_stays(left: Rig) -> None:
    os.rename(left.source / "cache" / "a", left.source / "a")
    assert done(left.run()).created == 1
    assert {"a", "cache/a"} <= files(left.mirror)
    assert (left.mirror / "cache" / "a").read_text() == "content of cache/a"


def test_a_file_moved_into_what_is_left_out_was_deleted_and_is_in_the_history(left: Rig) -> None:
    os.rename(left.source / "keep", left.source / "keep.tmp")
    assert done(left.run()) == Counts(deleted=1)
    assert "keep.tmp" not in files(left.mirror)
    assert left.kept_contents() == [b"content of keep"]


def test_a_file_in_the_place_of_a_folder_that_is_left_out_is_a_problem_and_nothing_is_lost(left: Rig) -> None:
    before = read_tree(left.mirror)
    shutil.rmtree(left.source / "cache")
    left.write("cache", "a file now")
    shutil.rmtree(left.source / "docs")
    left.write("docs", "holds something left out in the mirror")
    report = left.run()
    assert {(problem.path, problem.code) for problem in report.problems} == {
        ("cache", ProblemCode.LEFT_OUT_IN_THE_WAY),
        ("docs", ProblemCode.LEFT_OUT_IN_THE_WAY),
    }
    for path in ("cache/a", "cache/deep/b", "docs/b.tmp"):
        assert read_tree(left.mirror)[path] == before[path]
    left.options["removes_left_out"] = True
    assert left.run().status is PassStatus.COMPLETE
    assert (left.mirror / "cache").read_text() == "a file now"


def test_it_counts_for_no_guard_and_for_no_share(rig: Rig) -> None:
    for number in range(100):
        rig.write(f"out/{number}", "x")
    for number in range(10):
        rig.write(f"in/{number}", "x")
    rig.run()
    rig.options |= {"exclude": ("/out/",), "guard_count": 5, "guard_share": 0.5}
    assert rig.run().held is None
    for number in range(8):
        (rig.source / "in" / str(number)).unlink()
    report = rig.run()
    assert report.held is not None
    assert report.held.code is HeldCode.MASS_CHANGE
    assert report.held.mirror_files == 10
    assert report.held.counts.deleted == 8


def test_removing_it_is_guarded_and_goes_to_the_history(left: Rig) -> None:
    left.options |= {"removes_left_out": True, "guard_count": 2, "guard_share": 0.1}
    report = left.run()
    assert report.status is PassStatus.HELD
    assert report.held is not None
    assert "cache/a" in files(left.mirror)
    assert left.run(allowed=report.held).status is PassStatus.COMPLETE
    assert files(left.mirror) == {"keep", "docs/a", "photos/1"}
    assert len(left.kept_contents()) == 5


def test_the_users_word_removes_it_once_also_if_the_guard_asks_before(left: Rig) -> None:
    left.options |= {"guard_count": 2, "guard_share": 0.1}
    commands = Mailbox()
    commands.put(RemoveLeftOut())
    held: list[Held] = []
    completed: list[set[str]] = []

    def on_event(event: Event) -> None:
        if isinstance(event, HeldBack):
            assert "cache/a" in files(left.mirror)
            held.append(event.held)
            commands.put(AllowHeld(event.held))
        elif isinstance(event, ReportMade) and event.report.status is PassStatus.COMPLETE:
            if completed:
                commands.put(Stop())
                return
            completed.append(files(left.mirror))
            # The next pass leaves alone what comes there from now on.
            left.write_at(left.mirror / "note.tmp", "somebody's")
            commands.put(BackUpNow())

    runner.run(left.job, commands, on_event, data_folder=left.root / "data")
    assert [one.code for one in held] == [HeldCode.MASS_CHANGE]
    assert completed == [{"keep", "docs/a", "photos/1"}]
    assert files(left.mirror) == {"keep", "docs/a", "photos/1", "note.tmp"}


@pytest.mark.hazard(69)
@pytest.mark.parametrize("folds_case", [False, True])
def test_a_wish_to_stop_is_heeded_in_the_middle_of_a_folder_with_many_names(
    left: Rig, monkeypatch: pytest.MonkeyPatch, *, folds_case: bool
) -> None:
    monkeypatch.setattr(compare, "ASK_AFTER_NAMES", 10)
    if folds_case:
        monkeypatch.setattr(roots, "capabilities_of", lambda *_, **__: ALL._replace(folds_case=True, keeps_case=True))
    for number in range(100):
        left.write(f"many/{number}")
    asked: list[str] = []
    excludes = ExclusionRules._excludes_by_rule

    def note(self: ExclusionRules, path: str, is_folder: bool) -> bool:  # noqa: FBT001
        asked.append(path)
        return excludes(self, path, is_folder)

    monkeypatch.setattr(ExclusionRules, "_excludes_by_rule", note)
    report = left.run(trees("many"), should_stop=lambda: sum(path.startswith("many/") for path in asked) >= 20)
    assert report.status is PassStatus.CANCELLED
    assert 20 <= sum(path.startswith("many/") for path in asked) <= 30
    assert not (left.mirror / "many").exists()


def test_what_is_left_out_no_more_is_compared_and_set_right_again(left: Rig) -> None:
    left.run()
    left.write("cache/a", "edited meanwhile")
    (left.source / "cache" / "deep" / "b").unlink()
    left.options["exclude"] = ()
    left.run()
    left.check_in_step()
    assert left.kept_contents() == [b"content of cache/a", b"content of cache/deep/b"]


@pytest.mark.hazard(49)
def test_own_files_are_not_copied_and_copies_of_earlier_versions_are_left_alone(rig: Rig) -> None:
    rig.write("doc")
    rig.write("data/backup-gui/jobs/j.sqlite", "old catalog")
    rig.write("log.txt", "old log")
    rig.run()
    own.note(rig.source / "data" / "backup-gui", rig.source / "log.txt")
    rig.write("data/backup-gui/jobs/j.sqlite", "new catalog")
    rig.write("log.txt", "new log")
    rig.write("data/other", "the user's")
    assert done(rig.run()) == Counts(created=1, bytes=10)
    assert rig.run(paths("data/backup-gui/jobs/j.sqlite", "log.txt")).counts.total == 0
    assert (rig.mirror / "data/backup-gui/jobs/j.sqlite").read_text() == "old catalog"
    assert list(verify(str(rig.source), Place(str(rig.mirror)))) == []
    assert rig.kept() == {}


@pytest.mark.hazard(49)
def test_the_programs_own_folder_is_no_source(rig: Rig) -> None:
    own.note(rig.source)
    with pytest.raises(JobError, match="own folder"):
        rig.run()
