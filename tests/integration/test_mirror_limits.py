"""Passes onto a destination that cannot hold everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.roots import roots
from backup_gui.engine.rules.capabilities import ALL, FAT_EARLIEST_NS, Capabilities
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.plans import Counts, PassStatus, ProblemCode, Scope
from backup_gui.model.reasons import Code
from tests.helpers.rig import LONG_AGO_NS, SECOND_NS, Rig, keep_times, paths
from tests.helpers.trees import contents


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the destination of the test is said not to be able to."""
    chosen: dict[str, Any] = {}

    def say(*_arguments: object, **_options: object) -> Capabilities:
        return ALL._replace(**chosen)

    monkeypatch.setattr(roots, "capabilities_of", say)
    return chosen


def codes(rig: Rig, scope: Scope | None = None) -> dict[str, Code]:
    report = rig.run() if scope is None else rig.run(scope)
    return {problem.path: problem.code for problem in report.problems}


@pytest.mark.hazard(14)
def test_a_file_beyond_the_largest_is_a_problem_and_its_old_copy_stays(rig: Rig, limits: dict[str, Any]) -> None:
    limits["largest_bytes"] = 5
    rig.write("a", "12345")
    rig.write("b", "123456")
    expected = {"b": ProblemCode.TOO_LARGE}
    assert codes(rig) == expected
    assert contents(rig.mirror) == {"a": b"12345"}
    rig.write("a", "1234567")
    assert codes(rig) == expected | {"a": ProblemCode.TOO_LARGE}
    assert contents(rig.mirror) == {"a": b"12345"}
    report = rig.run()
    assert (report.counts.total, len(report.problems)) == (0, 2)


@pytest.mark.hazard(26)
@pytest.mark.posix("modes")
def test_modes_that_are_not_held_are_neither_set_nor_compared(rig: Rig, limits: dict[str, Any]) -> None:
    limits["holds_modes"] = False
    rig.write("docs/a").chmod(0o640)
    (rig.source / "docs").chmod(0o710)
    assert rig.run().status is PassStatus.COMPLETE
    assert {(rig.mirror / path).stat().st_mode & 0o777 for path in ("docs", "docs/a")} == {0o700, 0o600}
    rig.write("docs/a", "another").chmod(0o600)
    keep_times(rig.source / "docs/a", lambda: (rig.source / "docs/a").chmod(0o644))
    assert rig.run().counts.metadata == 0
    assert rig.run().counts.total == 0


@pytest.mark.hazard(21, 22)
def test_links_that_are_not_possible_are_named_and_what_was_there_goes(rig: Rig, limits: dict[str, Any]) -> None:
    limits["holds_links"] = False
    rig.write("a", "was a file")
    rig.run()
    (rig.source / "a").unlink()
    (rig.source / "a").symlink_to("b")
    for scope in (None, paths("a")):
        assert codes(rig, scope) == {"a": ProblemCode.LINK_NOT_POSSIBLE}
        assert contents(rig.mirror) == {}
    assert rig.kept_contents() == [b"was a file"]


@pytest.mark.hazard(33)
def test_dates_out_of_range_are_set_to_the_nearest_and_known_again(rig: Rig, limits: dict[str, Any]) -> None:
    limits.update(earliest_ns=FAT_EARLIEST_NS, time_step_ns=2 * SECOND_NS)
    os.utime(rig.write("docs/a"), ns=(5, 5))
    os.utime(rig.source / "docs", ns=(6, 6))
    rig.run()
    assert {(rig.mirror / path).stat().st_mtime_ns for path in ("docs", "docs/a")} == {FAT_EARLIEST_NS}
    assert rig.run().counts.total == 0
    rig.catalog = JobDatabase.in_memory()
    assert rig.run().counts.total == 0
    os.rename(rig.source / "docs/a", rig.source / "docs/b")
    os.utime(rig.source / "docs", ns=(6, 6))
    assert rig.run().counts == Counts(moved=1)


@pytest.mark.hazard(33)
@pytest.mark.posix("utime by descriptors")
def test_where_times_are_not_held_copies_are_known_by_the_time_that_they_got(
    rig: Rig, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.update(holds_times=False, time_step_ns=2 * SECOND_NS)

    def run() -> Counts:
        with monkeypatch.context() as patched:
            patched.setattr(os, "utime", lambda *_arguments, **_options: None)
            return rig.run().counts

    rig.write("a", "1")
    rig.write("docs/b", "2")
    # Of the root, which is its owner's alone until it is complete, the mode is set.
    assert run() == Counts(created=3, metadata=1, bytes=2)
    with monkeypatch.context() as patched:
        # No content is read: it is known by its time.
        patched.setattr("backup_gui.engine.plan.difference.EntryComparer.is_content_equal", None)
        assert run().total == 0
    # Someone else's edit has another time.
    rig.write_at(rig.mirror / "a", "X")
    assert run() == Counts(replaced=1, bytes=1)
    rig.write("docs/b", "3")
    assert run() == Counts(replaced=1, bytes=1)
    # Without a memory contents are compared, once.
    rig.forget_everything()
    keep_times(rig.source / "a", lambda: rig.write_at(rig.mirror / "a", "Y"))
    assert run() == Counts(replaced=1, bytes=1)
    assert run().total == 0
    assert contents(rig.mirror) == {"a": b"1", "docs/b": b"3"}


def test_a_file_that_cannot_be_read_while_its_time_is_explained_is_a_problem(
    rig: Rig, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.update(holds_times=False, time_step_ns=2 * SECOND_NS)
    rig.write("a", "1")
    rig.write_at(rig.mirror / "a", "1")
    os.utime(rig.mirror / "a", ns=(0, LONG_AGO_NS + 500 * SECOND_NS))

    def refuse(_self: Tree, _path: str) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Tree, "open_file", refuse)
    assert codes(rig) == {"a": ProblemCode.READ_ERROR}


@pytest.mark.hazard(47)
def test_problems_that_last_are_logged_once_and_still_reported(
    rig: Rig, limits: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backup_gui.engine.apply.report")
    limits["holds_links"] = False
    rig.write("a")
    (rig.source / "link").symlink_to("a")

    def lines() -> int:
        caplog.clear()
        assert len(rig.run().problems) >= 1
        return len(caplog.records)

    assert [lines(), lines(), lines()] == [1, 0, 0]
    (rig.source / "another").symlink_to("a")
    assert [lines(), lines()] == [1, 0]
    (rig.source / "link").unlink()
    assert [lines(), lines()] == [1, 0]


def test_in_many_folders_names_are_looked_at_again(rig: Rig, limits: dict[str, Any]) -> None:
    limits["folds_case"] = True
    rig.options["guard_count"] = 1_000
    rig.run()
    for number in range(80):
        rig.write(f"{number}/a")
    rig.run()
    for number in range(80):
        rig.write(f"{number}/a", "edited")
    assert rig.run(paths(*(f"{number}/a" for number in range(80)))).counts.replaced == 80


def test_a_name_that_cannot_be_asked_for_is_tried(
    rig: Rig, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits["folds_case"] = True
    rig.write("a")
    rig.run()
    rig.write("new")
    look = MirrorTree.look

    def refuse(self: MirrorTree, path: str) -> os.stat_result | None:
        if path == "new":
            raise OSError(36, "File name too long")
        return look(self, path)

    monkeypatch.setattr(MirrorTree, "look", refuse)
    assert rig.run().counts.created == 1


# Spelling anew


@pytest.mark.hazard(28)
@pytest.mark.posix("os.rename by descriptors")
def test_a_rename_that_has_no_effect_is_made_by_way_of_another_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "docs").mkdir()
    (place / "docs/a").write_text("1")
    rename, calls = os.rename, []

    def have_no_effect_at_first(old: str, new: str, **folders: int) -> None:
        calls.append(new)
        if len(calls) > 1:
            rename(old, new, **folders)

    with LocalDestination(str(place), None) as target:
        with monkeypatch.context() as patched:
            patched.setattr(os, "rename", have_no_effect_at_first)
            target.respell("docs", "DOCS")
        assert (contents(place), len(calls)) == ({"DOCS/a": b"1"}, 3)
        assert list(target.list("DOCS")) == ["a"]


@pytest.mark.posix("os.rename by descriptors")
def test_a_name_that_cannot_be_spelt_anew_keeps_its_old_spelling(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "docs").mkdir()
    rename = os.rename

    def refuse_the_last(old: str, new: str, **folders: int) -> None:
        if new != "DOCS":
            rename(old, new, **folders)
        elif old != "docs":
            raise OSError(5, "Input/output error")

    with LocalDestination(str(place), None) as target:
        monkeypatch.setattr(os, "rename", refuse_the_last)
        with pytest.raises(OSError, match="Input/output"):
            target.respell("docs", "DOCS")
    assert os.listdir(place) == ["docs"]


@pytest.mark.posix("names that differ by case alone")
def test_names_that_are_two_are_not_spelt_anew(place: Path) -> None:
    (place / "docs").mkdir()
    (place / "DOCS").mkdir()
    with LocalDestination(str(place), None) as target:
        with pytest.raises(FileExistsError):
            target.respell("docs", "DOCS")
        with pytest.raises(FileNotFoundError):
            target.respell("gone", "GONE")
    assert sorted(os.listdir(place)) == ["DOCS", "docs"]


# A history without hard links


def test_what_was_kept_is_put_back_unless_something_is_there(place: Path) -> None:
    from datetime import UTC, datetime

    (place / "mirror").mkdir()
    (place / "mirror/a").write_text("1")
    with LocalDestination(str(place / "mirror"), str(place / "history")) as target:
        kept = target.history.keep("a", datetime.now(UTC), leaves=True)
        assert kept is not None
        target.history.undo_keep(kept, "a")
        assert target.history.kept_as == {}
        assert (contents(place / "mirror"), contents(place / "history")) == ({"a": b"1"}, {})
        kept = target.history.keep("a", datetime.now(UTC), leaves=True)
        assert kept is not None
        (place / "mirror/a").write_text("2")
        target.history.undo_keep(kept, "a")
    assert (contents(place / "mirror"), list(contents(place / "history").values())) == ({"a": b"2"}, [b"1"])


def test_a_history_on_another_drive_than_the_pass_began_with_is_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    (place / "mirror").mkdir()
    (place / "mirror/a").write_text("1")
    with LocalDestination(str(place / "mirror"), str(place / "history")) as target:

        def mounted_meanwhile(root: str) -> Tree:
            tree = Tree(root)
            tree.root_entry = os.stat("/proc")
            return tree

        monkeypatch.setattr("backup_gui.engine.destination.history_writer.Tree", mounted_meanwhile)
        with pytest.raises(RootAbsentError, match="not there any more"):
            target.history.keep("a", datetime.now(UTC), leaves=True)
    assert contents(place / "mirror") == {"a": b"1"}


def test_names_of_one_file_are_equal_files_where_there_are_no_hard_links(
    rig: Rig, limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits["holds_hard_links"] = False
    rig.write("a", "content")
    os.link(rig.source / "a", rig.source / "b")
    monkeypatch.setattr(os, "link", lambda *_arguments, **_options: pytest.fail("tried to link"))
    report = rig.run()
    assert (report.counts.created, report.counts.bytes) == (2, 14)
    rig.catalog.forget(["a", "b"])
    assert rig.run().counts.total == 0
    assert contents(rig.mirror) == {"a": b"content", "b": b"content"}


# What is remembered of it


def test_the_catalog_knows_a_respelt_folder_and_all_that_is_in_it(rig: Rig) -> None:
    for path in ("docs/a", "docs/deep/b", "docs%/c", "docsx/d", "Docs2"):
        rig.write(path)
        for folder in (path, os.path.dirname(path)):
            if folder:
                rig.catalog.record(folder, (rig.source / folder).stat())
    before = rig.catalog.fingerprint("docs/deep/b")
    rig.catalog.record("DOCS/a", (rig.source / "Docs2").stat())
    newer = rig.catalog.fingerprint("DOCS/a")
    rig.catalog.respell("docs", "DOCS")
    assert rig.catalog.fingerprint("DOCS/deep/b") == before
    assert rig.catalog.fingerprint("DOCS/a") == newer, "what was learnt since is not undone"
    assert rig.catalog.fingerprint("DOCS") is not None
    for path in ("docs", "docs/a", "docs/deep", "docs/deep/b"):
        assert rig.catalog.fingerprint(path) is None
    for path in ("docs%/c", "docsx/d", "Docs2"):
        assert rig.catalog.fingerprint(path) is not None
