"""Files with several names: one file in the mirror too, in one pass and across passes, whatever becomes of them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply import publish
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan import difference
from backup_gui.engine.plan.hard_links import HardLinkGroups
from backup_gui.engine.roots import roots
from backup_gui.engine.rules.capabilities import ALL
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import ActionDone, Event, PlanMade
from backup_gui.model.plans import FULL, Counts, Op, PassStatus, ProblemCode, Scope
from tests.helpers.exchange import exchange
from tests.helpers.rig import Rig, done, keep_times, mounted, paths, trees
from tests.helpers.systems import folder_class
from tests.helpers.trees import contents, read_tree

COMPLETE = PassStatus.COMPLETE
NOTHING = Counts()


def link(rig: Rig, old: str, new: str) -> None:
    (rig.source / new).parent.mkdir(parents=True, exist_ok=True)
    os.link(rig.source / old, rig.source / new)


def inode(path: Path) -> int:
    return path.lstat().st_ino


def inodes(rig: Rig, *names: str) -> set[int]:
    """The mirror's files that some names of it are."""
    return {inode(rig.mirror / name) for name in names}


def check_settled(rig: Rig) -> None:
    """Check that the mirror has the same files under the same names, and that a further pass has nothing to do."""
    rig.check_in_step()
    assert rig.run().counts == NOTHING
    assert rig.told(ActionDone) == []
    assert rig.temporaries() == []


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which contents are compared while a plan is made: paths of source and mirror."""
    calls: list[tuple[str, str]] = []
    real = has_same_content

    def compare(source: Tree, path: str, target: Tree, mirror_path: str, *told: Callable[..., Any]) -> bool:
        calls.append((path, mirror_path))
        return real(source, path, target, mirror_path, *told)

    monkeypatch.setattr(difference, "has_same_content", compare)
    return calls


@pytest.fixture
def group(rig: Rig) -> Rig:
    """A file with three names, one with one, and a mirror in step with them."""
    rig.write("a", "shared")
    link(rig, "a", "b")
    link(rig, "a", "folder/c")
    rig.write("single", "alone")
    rig.run()
    return rig


def without_links(monkeypatch: pytest.MonkeyPatch, code: int = errno.EPERM) -> None:
    """Let the mirror be on a file system without hard links."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(folder_class(), "link_at", refuse)


# One pass


@pytest.mark.hazard(23)
def test_a_file_with_several_names_is_copied_once_and_linked(rig: Rig) -> None:
    rig.write("a", "shared")
    link(rig, "a", "b")
    link(rig, "a", "new/deep/c")
    report = rig.run()
    assert (report.status, done(report)) == (COMPLETE, Counts(created=5, bytes=6))
    (plan,) = rig.told(PlanMade)
    assert plan.counts == report.counts
    assert len(inodes(rig, "a", "b", "new/deep/c")) == 1
    assert (rig.mirror / "a").stat().st_nlink == 3
    assert rig.kept() == {}
    check_settled(rig)


def test_names_outside_the_source_are_nobodys_business(rig: Rig) -> None:
    rig.write("a", "shared")
    os.link(rig.source / "a", rig.root / "outside")
    rig.run()
    check_settled(rig)
    assert (rig.mirror / "a").stat().st_nlink == 1


@pytest.mark.root
def test_two_files_of_the_same_number_on_two_volumes_are_two_files(rig: Rig) -> None:
    for name in ("one", "two"):
        (rig.source / name).mkdir()
    with mounted(rig.source / "one"), mounted(rig.source / "two"):
        for name in ("one", "two"):
            rig.write(f"{name}/a", f"on volume {name}")
            link(rig, f"{name}/a", f"{name}/b")
        assert inode(rig.source / "one/a") == inode(rig.source / "two/a"), "the rig does not show what it should"
        report = rig.run()
        (plan,) = rig.told(PlanMade)
        assert (report.status, plan.counts.bytes, report.counts.bytes) == (COMPLETE, 26, 26)
        check_settled(rig)


@pytest.mark.root
def test_a_name_on_another_volume_with_the_same_number_is_not_linked(rig: Rig) -> None:
    """The catalog knows inodes, not volumes: what it finds must be looked at."""
    for name in ("one", "two"):
        (rig.source / name).mkdir()
    with mounted(rig.source / "one"), mounted(rig.source / "two"):
        rig.write("one/a", "same size!")
        rig.run()
        rig.write("two/a", "size same!")
        os.link(rig.source / "two/a", rig.source / "two/b")
        times = (rig.source / "one/a").stat()
        os.utime(rig.source / "two/a", ns=(times.st_atime_ns, times.st_mtime_ns))
        assert inode(rig.source / "one/a") == inode(rig.source / "two/a"), "the rig does not show what it should"
        rig.run()
        rig.check_in_step()


@pytest.mark.hazard(23)
@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_where_there_are_no_links_each_name_is_a_copy_and_a_second_pass_does_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    for name in ("a", "other"):
        rig.write(name, "shared")
        link(rig, name, f"{name} b")
        link(rig, name, f"{name} c")
    without_links(monkeypatch, code)
    report = rig.run()
    assert (report.status, report.problems, report.counts.bytes) == (COMPLETE, (), 36)
    assert contents(rig.mirror) == contents(rig.source)
    assert rig.run().counts == NOTHING
    rig.forget_everything()
    assert rig.run().problems == ()
    assert rig.run().counts == NOTHING
    assert rig.temporaries() == []


def test_a_file_with_too_many_names_for_the_file_system_becomes_several(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("0", "shared")
    for number in range(1, 10):
        link(rig, "0", str(number))
    real = LocalDestination.create_hard_link

    def limited(self: LocalDestination, first: str, path: str) -> str | None:
        return None if (rig.mirror / first).stat().st_nlink >= 4 else real(self, first, path)

    monkeypatch.setattr(LocalDestination, "create_hard_link", limited)
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == contents(rig.source)
    assert rig.run().counts == NOTHING


# Across passes


@pytest.mark.parametrize("scope", [FULL, paths("d", "")], ids=["full", "partial"])
def test_a_new_name_of_a_known_file_is_linked_and_not_copied(
    group: Rig, compared: list[tuple[str, str]], scope: Scope
) -> None:
    before = inode(group.mirror / "a")
    link(group, "a", "d")
    report = group.run(scope)
    assert done(report) == Counts(created=1)
    assert inodes(group, "a", "b", "folder/c", "d") == {before}
    # The link has touched all names. One comparison is enough for them: they are one file on both sides.
    assert len(compared) == 1
    group.run()
    group.check_in_step()
    assert len(compared) == 1
    check_settled(group)
    assert group.kept() == {}


@pytest.mark.hazard(23, 34)
@pytest.mark.parametrize("scope", [FULL, paths("d", "")], ids=["full", "partial"])
def test_an_edit_that_keeps_size_and_time_is_found_behind_a_new_name(group: Rig, scope: Scope) -> None:
    keep_times(group.source / "a", lambda: (group.source / "a").write_text("SHARED"))
    link(group, "b", "d")
    group.run(scope)
    assert contents(group.mirror)["d"] == b"SHARED"
    group.run()
    assert group.kept_contents() == [b"shared"] * 3
    check_settled(group)


@pytest.mark.posix("extended attributes")
def test_a_new_name_brings_the_other_names_metadata_too(group: Rig) -> None:
    link(group, "a", "d")
    (group.source / "a").chmod(0o640)
    os.setxattr(group.source / "a", "user.new", b"1")
    report = group.run(paths("d", ""))
    assert (report.status, report.counts.bytes) == (COMPLETE, 0)
    group.check_in_step()
    check_settled(group)


def test_a_changed_mode_of_a_file_with_several_names_compares_it_once(
    group: Rig, compared: list[tuple[str, str]]
) -> None:
    (group.source / "b").chmod(0o600)
    assert group.run().counts.bytes == 0
    assert len(compared) == 1
    check_settled(group)


def test_an_edit_in_place_is_one_copy_and_every_name_keeps_its_old_version(group: Rig) -> None:
    before = inode(group.mirror / "a")
    group.write("folder/c", "edited in place")
    report = group.run()
    assert done(report) == Counts(replaced=3, bytes=15)
    assert len(inodes(group, "a", "b", "folder/c")) == 1
    kept = [group.history / path for path in contents(group.history)]
    assert sorted(path.name[0] for path in kept) == ["a", "b", "c"]
    assert {inode(path) for path in kept} == {before}
    assert group.kept_contents() == [b"shared"] * 3
    check_settled(group)


@pytest.mark.hazard(23)
@pytest.mark.hazard(23)
@pytest.mark.parametrize("name", ["a", "b", "folder/c"])
def test_an_edit_that_is_notified_of_one_name_comes_to_every_name(group: Rig, name: str) -> None:
    group.write(name, "edited")
    report = group.run(paths(name))
    assert (report.status, report.counts.bytes) == (COMPLETE, 6)
    assert {file.read_text() for file in (group.mirror / each for each in ("a", "b", "folder/c"))} == {"edited"}
    check_settled(group)


def test_an_edit_through_a_new_name_comes_to_the_old_ones_too(group: Rig) -> None:
    link(group, "a", "new")
    group.write("new", "edited")
    group.run(paths("new", ""))
    assert {(group.mirror / each).read_text() for each in ("a", "b", "folder/c", "new")} == {"edited"}
    check_settled(group)


def test_an_edit_of_one_name_alone_leaves_the_others_what_they_are(group: Rig) -> None:
    before = inode(group.mirror / "a")
    (group.source / "b").unlink()
    group.write("b", "a file of its own")
    assert done(group.run()) == Counts(replaced=1, bytes=17)
    assert inodes(group, "a", "folder/c") == {before}
    assert group.kept_contents() == [b"shared"]
    check_settled(group)


# Without its catalog a job begins with a full pass.
@pytest.mark.parametrize(("scope", "has_memory"), [(FULL, True), (paths("b", ""), True), (FULL, False)])
def test_a_name_that_became_an_equal_file_of_its_own_becomes_one_in_the_mirror(
    group: Rig, scope: Scope, *, has_memory: bool
) -> None:
    shutil.copy2(group.source / "b", group.source / "aside")
    (group.source / "aside").replace(group.source / "b")
    if not has_memory:
        group.forget_everything()
    before = inode(group.mirror / "a")
    group.run(scope)
    group.run()
    assert len(inodes(group, "a", "b", "folder/c")) == 2
    if has_memory:
        assert inodes(group, "a", "folder/c") == {before}
        assert group.kept_contents() == [b"shared"]
    # Else what is done to one would be done to the other.
    (group.source / "b").chmod(0o600)
    group.run()
    check_settled(group)


def test_two_files_that_were_given_equal_content_are_not_joined(group: Rig) -> None:
    shutil.copy2(group.source / "a", group.source / "equal")
    os.link(group.source / "equal", group.source / "equal too")
    group.run()
    check_settled(group)
    assert len(inodes(group, "a", "equal")) == 2


@pytest.mark.hazard(23)
def test_equal_files_that_became_names_of_one_file_are_joined_and_nothing_is_lost(rig: Rig) -> None:
    for name in ("a", "b", "c"):
        rig.write(name, "equal")
        shutil.copystat(rig.source / "a", rig.source / name)
    rig.run()
    assert len(inodes(rig, "a", "b", "c")) == 3
    for name in ("b", "c"):
        (rig.source / name).unlink()
        link(rig, "a", name)
    report = rig.run()
    assert (report.counts.bytes, report.counts.replaced) == (0, 0)
    assert len(inodes(rig, "a", "b", "c")) == 1
    assert rig.kept() == {}
    check_settled(rig)


def adopt(rig: Rig) -> None:
    """Make the mirror as a program does that does not know of names of one file."""
    rig.write("a", "shared")
    link(rig, "a", "b")
    link(rig, "a", "folder/c")
    shutil.copytree(rig.source, rig.mirror)
    assert len(inodes(rig, "a", "b", "folder/c")) == 3


def test_a_mirror_with_equal_files_made_by_another_program_is_joined(rig: Rig) -> None:
    adopt(rig)
    report = rig.run()
    assert (report.status, done(report)) == (COMPLETE, NOTHING)
    assert report.counts.metadata >= 2
    assert len(inodes(rig, "a", "b", "folder/c")) == 1
    assert rig.kept() == {}
    check_settled(rig)


@pytest.mark.parametrize("damaged", ["a", "b", "folder/c"])
def test_a_file_that_only_seemed_equal_is_kept_when_it_is_replaced(rig: Rig, damaged: str) -> None:
    adopt(rig)
    keep_times(rig.mirror / damaged, lambda: (rig.mirror / damaged).write_text("d4m4g3"))
    rig.run()
    first = next(name for name in ("a", "b", "folder/c") if rig.mirror.joinpath(name).read_bytes() == b"shared")
    present = {path: content for path, content in contents(rig.mirror).items() if content != b"shared"}
    if present:
        # Without a catalog size and time are trusted: it was the first one found, and the others were not linked to it.
        assert present == {damaged: b"d4m4g3"}
    else:
        assert rig.kept_contents() == [b"d4m4g3"]
        assert len(inodes(rig, "a", "b", "folder/c")) == 1
    assert first != damaged or not present
    assert rig.run().counts == NOTHING


def test_a_file_that_a_stranger_edits_while_it_is_joined_is_not_lost(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(rig)
    real = LocalDestination.create_hard_link

    def edit(self: LocalDestination, first: str, path: str) -> str | None:
        made = real(self, first, path)
        (rig.mirror / path).write_text("a stranger's")
        return made

    monkeypatch.setattr(LocalDestination, "create_hard_link", edit)
    rig.run()
    monkeypatch.undo()
    rig.run()
    check_settled(rig)
    assert rig.kept_contents() == [b"a stranger's"] * 2


def test_a_mirror_known_to_have_equal_files_is_left_so_until_the_file_is_touched(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a", "shared")
    link(rig, "a", "b")
    with monkeypatch.context() as patch:
        # Where links are tried before the first pass, it would be remembered that there are none.
        patch.setattr(roots, "capabilities_of", lambda *_, **__: ALL)
        without_links(patch)
        rig.run()
    assert rig.run().counts == NOTHING
    assert len(inodes(rig, "a", "b")) == 2
    os.utime(rig.source / "a")
    rig.run()
    assert len(inodes(rig, "a", "b")) == 1
    check_settled(rig)


# Names that come and go


def test_a_renamed_name_is_renamed(group: Rig) -> None:
    before = inode(group.mirror / "a")
    (group.source / "a").rename(group.source / "folder/renamed")
    report = group.run()
    assert done(report) == Counts(moved=1)
    assert inodes(group, "b", "folder/c", "folder/renamed") == {before}
    assert group.kept() == {}
    check_settled(group)


def test_a_renamed_folder_takes_its_names_with_it(group: Rig) -> None:
    link(group, "a", "folder/d")
    group.run()
    (group.source / "folder").rename(group.source / "elsewhere")
    assert done(group.run()) == Counts(created=1, moved=2, deleted=1)
    check_settled(group)


def test_a_file_that_was_renamed_and_given_another_name_is_copied_by_neither(rig: Rig) -> None:
    rig.write("a", "only one")
    rig.run()
    (rig.source / "a").rename(rig.source / "c")
    link(rig, "c", "d")
    report = rig.run()
    assert done(report) == Counts(created=1, moved=1)
    assert rig.kept() == {}
    check_settled(rig)


def test_a_file_that_was_renamed_after_it_took_another_ones_name_is_one_file(rig: Rig) -> None:
    rig.write("a", "the other")
    rig.write("folder/b", "shared")
    (rig.source / "new").mkdir()
    rig.run()
    (rig.source / "a").unlink()
    link(rig, "folder/b", "a")
    (rig.source / "folder").rename(rig.source / "new" / "folder")
    assert rig.run().status is COMPLETE
    check_settled(rig)
    assert rig.kept_contents() == [b"shared", b"the other"]


def test_where_there_are_no_links_renamed_names_are_renamed_each(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "capabilities_of", lambda *_a, **_o: ALL._replace(holds_hard_links=False))
    rig.write("folder/a", "shared")
    link(rig, "folder/a", "folder/b")
    without_links(monkeypatch)
    rig.run()
    (rig.source / "folder").rename(rig.source / "other")
    report = rig.run()
    assert (report.counts.moved, report.counts.bytes) == (2, 0)
    assert contents(rig.mirror) == {"other/a": b"shared", "other/b": b"shared"}


def test_a_deleted_name_goes_to_the_history_and_the_others_stay(group: Rig) -> None:
    before = inode(group.mirror / "a")
    (group.source / "a").unlink()
    assert done(group.run()) == Counts(deleted=1)
    assert inodes(group, "b", "folder/c") == {before}
    assert group.kept_contents() == [b"shared"]
    check_settled(group)


def test_a_name_takes_the_place_of_another_file(group: Rig) -> None:
    before = inode(group.mirror / "a")
    (group.source / "single").unlink()
    link(group, "a", "single")
    assert done(group.run()) == Counts(replaced=1)
    assert inodes(group, "a", "single") == {before}
    assert group.kept_contents() == [b"alone"]
    check_settled(group)


@pytest.mark.hazard(22, 23)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_a_name_takes_the_place_of_a_folder_or_link(group: Rig, *, keeps_history: bool) -> None:
    group.options["keeps_history"] = keeps_history
    (group.source / "link").symlink_to("a")
    group.write("tree/inside", "in a folder")
    group.run()
    (group.source / "link").unlink()
    shutil.rmtree(group.source / "tree")
    for name in ("link", "tree"):
        link(group, "a", name)
    assert group.run().status is COMPLETE
    assert len(inodes(group, "a", "link", "tree")) == 1
    check_settled(group)


def test_removing_what_is_left_out_takes_one_name_and_not_the_others(group: Rig) -> None:
    group.options |= {"exclude": ("a",), "removes_left_out": True}
    group.run()
    assert set(contents(group.mirror)) == {"b", "folder/c", "single"}
    group.options["exclude"] = ()
    assert done(group.run()) == Counts(created=1)
    check_settled(group)


# What strangers do, and what goes wrong


@pytest.mark.hazard(23, 43)
def test_what_a_stranger_writes_into_one_name_is_kept_and_all_are_set_right(group: Rig) -> None:
    group.write_at(group.mirror / "b", "a stranger's")
    group.run()
    assert set(group.kept_contents()) == {b"a stranger's"}
    check_settled(group)


def test_a_name_that_a_stranger_replaced_is_linked_again(group: Rig) -> None:
    before = inode(group.mirror / "a")
    (group.mirror / "b").unlink()
    group.write_at(group.mirror / "b", "a stranger's")
    assert done(group.run()) == Counts(replaced=1)
    assert inodes(group, "a", "b") == {before}
    assert group.kept_contents() == [b"a stranger's"]
    check_settled(group)


def test_a_name_that_is_there_already_is_not_made_twice(group: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    link(group, "a", "d")

    def plant(event: Event) -> None:
        if isinstance(event, PlanMade):
            os.link(group.mirror / "a", group.mirror / "d")

    group.run(on_event=plant)
    assert len(inodes(group, "a", "d")) == 1
    assert group.kept() == {}
    check_settled(group)


def test_a_first_name_edited_since_the_plan_is_not_linked_to(group: Rig) -> None:
    link(group, "a", "d")

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            keep_times(group.source / "a", lambda: (group.source / "a").write_text("SHARED"))

    group.run(on_event=edit)
    assert contents(group.mirror)["d"] == b"SHARED"
    group.run()
    group.run()
    check_settled(group)


@pytest.mark.posix("symbolic links")
def test_a_first_name_swapped_for_a_link_since_the_plan_is_not_linked_to(
    group: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(group, "a", "d")
    outside = group.write_at(group.root / "outside", "secret")
    real = LocalDestination.create_hard_link

    def swap(self: LocalDestination, first: str, path: str) -> str | None:
        (group.mirror / first).unlink()
        (group.mirror / first).symlink_to(outside)
        return real(self, first, path)

    monkeypatch.setattr(LocalDestination, "create_hard_link", swap)
    report = group.run()
    monkeypatch.undo()
    assert [(problem.path, problem.code) for problem in report.problems] == [("d", ProblemCode.MIRROR_CHANGED)]
    assert "d" not in read_tree(group.mirror)
    group.run()
    check_settled(group)
    assert outside.read_text() == "secret"


def test_what_cannot_be_linked_for_another_reason_is_a_problem(group: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    link(group, "a", "d")
    with monkeypatch.context() as patch:
        without_links(patch, errno.EIO)
        report = group.run()
    assert [(problem.path, problem.code) for problem in report.problems] == [("d", ProblemCode.WRITE_ERROR)]
    assert group.run().status is COMPLETE
    check_settled(group)


@pytest.mark.parametrize("path", ["d", "new folder/d"])
def test_a_link_refused_where_others_are_possible_is_tried_again(
    group: Rig, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    link(group, "a", path)
    refusals = iter([True])
    real = folder_class().link_at

    def refuse_once(*arguments: Any, **options: Any) -> None:
        if next(refusals, False):
            raise OSError(errno.EPERM, "Operation not permitted")
        real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(folder_class(), "link_at", refuse_once)
        report = group.run()
    assert [(problem.path, problem.code) for problem in report.problems] == [(path, ProblemCode.PROTECTED)]
    assert group.temporaries() == []
    assert done(group.run()) == Counts(created=1)
    check_settled(group)


@pytest.mark.root
def test_a_link_between_two_volumes_of_the_mirror_is_a_copy(group: Rig) -> None:
    (group.source / "drive").mkdir()
    group.run()
    with mounted(group.mirror / "drive"):
        link(group, "a", "drive/d")
        report = group.run()
        assert (report.status, report.counts.bytes) == (COMPLETE, 6)
        assert contents(group.mirror) == contents(group.source)
        group.run()
        assert group.run().counts == NOTHING


def test_what_cannot_be_joined_for_another_reason_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(rig)
    with monkeypatch.context() as patch:
        # Where links are tried before the first pass, that would fail, too.
        patch.setattr(roots, "capabilities_of", lambda *_, **__: ALL)
        without_links(patch, errno.EIO)
        report = rig.run()
    assert {problem.code for problem in report.problems} == {ProblemCode.WRITE_ERROR}
    rig.run()
    check_settled(rig)


def test_a_first_name_that_could_not_be_copied_leaves_the_others_one_file(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("folder/0", "shared")
    for number in range(1, 6):
        link(rig, "folder/0", f"folder/{number}")
    real = MirrorWriter.receive
    refused: list[str] = []

    def refuse_first(self: MirrorWriter, path: str, *arguments: Any, **options: Any) -> str:
        if not refused:
            refused.append(path)
            raise OSError(errno.EIO, "Input/output error")
        return real(self, path, *arguments, **options)

    monkeypatch.setattr(MirrorWriter, "receive", refuse_first)
    report = rig.run()
    assert [problem.path for problem in report.problems] == refused
    assert report.counts.bytes == 6
    assert rig.run().counts.bytes == 0
    check_settled(rig)


def test_what_the_guard_holds_is_not_linked_to(group: Rig) -> None:
    group.options |= {"guard_count": 0, "guard_share": 0.0}
    group.write("a", "rewritten")
    link(group, "a", "new")
    report = group.run()
    assert report.status is PassStatus.HELD
    assert contents(group.mirror) == {
        "a": b"shared",
        "b": b"shared",
        "folder/c": b"shared",
        "single": b"alone",
        "new": b"rewritten",
    }
    assert report.held is not None
    group.run(allowed=report.held)
    check_settled(group)


def test_a_file_touched_while_its_names_are_compared_is_found_out_later(group: Rig) -> None:
    for number in range(4):
        link(group, "a", f"folder {number}/d")
    keep_times(group.source / "a", lambda: (group.source / "a").write_text("SHARED"))
    asked = 0

    def touch() -> bool:
        nonlocal asked
        asked += 1
        if asked < 12:
            keep_times(group.source / "a", lambda: (group.source / "a").write_text(f"sh4r{asked:02}"))
        return False

    group.run(should_stop=touch)
    group.run()
    check_settled(group)
    assert len(set(contents(group.mirror).values())) == 2


def test_other_names_that_cannot_be_looked_at_are_passed_over(group: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(self: Tree, path: str) -> os.stat_result | None:
        if isinstance(self, MirrorTree) and path in {"a", "b", "folder/c"}:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, path)

    real = Tree.look
    link(group, "a", "d")
    with monkeypatch.context() as patch:
        patch.setattr(Tree, "look", blind)
        assert group.run(paths("d")).counts.bytes == 6
    (group.source / "d").chmod(0o600)
    with monkeypatch.context() as patch:
        patch.setattr(Tree, "look", blind)
        group.run(paths("d"))
    group.run()
    check_settled(group)


def test_a_cancelled_pass_leaves_names_that_the_next_one_links(rig: Rig) -> None:
    rig.write("0", "shared")
    for number in range(1, 8):
        link(rig, "0", str(number))
    for asked in range(1, 14):
        answers = iter([False] * asked)
        rig.run(should_stop=lambda answers=answers: next(answers, True))
    rig.run()
    check_settled(rig)


# What it costs


def test_groups_are_forgotten_when_all_of_their_names_were_seen(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        rig.write(f"{number}/a", f"shared {number}")
        link(rig, f"{number}/a", f"{number}/b")
    link(rig, "0/a", "z")
    os.link(rig.source / "1/a", rig.root / "outside")
    made: list[HardLinkGroups] = []
    most = 0
    real_init, real_see = HardLinkGroups.__init__, HardLinkGroups.see

    def init(self: HardLinkGroups, *arguments: Any) -> None:
        made.append(self)
        real_init(self, *arguments)

    def see(self: HardLinkGroups, ours: os.stat_result) -> None:
        nonlocal most
        most = max(most, len(self._groups))
        real_see(self, ours)

    monkeypatch.setattr(HardLinkGroups, "__init__", init)
    monkeypatch.setattr(HardLinkGroups, "see", see)
    for _ in range(2):
        rig.run()
        assert len(made[-1]._groups) == 1, "only the group with a name outside is waited for"
        assert most <= 3
        for number in range(30):
            (rig.source / f"{number}/a").chmod(0o400)
    rig.run()
    check_settled(rig)


def test_files_with_one_name_never_reach_the_groups(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise AssertionError("asked about a file with one name")

    for call in ("joined", "is_apart", "see", "judge", "judgement", "take_moved", "is_strange"):
        monkeypatch.setattr(HardLinkGroups, call, fail)
    rig.write("a", "1")
    rig.write("b", "2")
    rig.run()
    rig.write("a", "changed")
    (rig.source / "b").rename(rig.source / "c")
    keep_times(rig.source / "a", lambda: (rig.source / "a").chmod(0o600))
    rig.run()
    rig.run()
    rig.check_in_step()


def test_an_unchanged_pass_asks_the_catalog_for_no_names(group: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(JobDatabase, "paths_of", fail)
    monkeypatch.setattr(HardLinkGroups, "_group", fail)
    assert group.run().counts == NOTHING
    assert group.run(paths("a", "b", "folder/c")).counts == NOTHING


def test_a_plan_says_which_names_are_linked(group: Rig) -> None:
    group.write("a", "edited in place")
    group.run(is_dry_run=True)
    told = {event.action.path: event.action for event in group.told(ActionDone)}
    firsts = {action.path for action in told.values() if action.op is Op.REPLACE and action.link_to is None}
    assert len(firsts) == 1
    assert {action.link_to for action in told.values() if action.link_to is not None} == firsts


# An independent judge


@pytest.mark.skipif(shutil.which("rsync") is None, reason="needs rsync")
def test_rsync_finds_nothing_to_do(group: Rig) -> None:
    source, mirror = group.source, group.mirror

    def differences() -> str:
        command = ["rsync", "-aHAXn", "--delete", "--itemize-changes", f"{source}/", f"{mirror}/"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert differences() == ""
    group.write("single", "edited")
    link(group, "b", "folder/d")
    (source / "a").rename(source / "renamed")
    (source / "folder/c").chmod(0o751)
    os.setxattr(source / "folder", "user.folder", b"1")
    os.setxattr(source / "single", "user.file", b"2")
    subprocess.run(["setfacl", "-m", "u:1234:rx,d:u:4321:rw", source / "folder"], check=True)
    subprocess.run(["setfacl", "-m", "u:1234:r", source / "single"], check=True)
    group.write("folder/made later", "inherits")
    assert differences() != ""
    group.run()
    assert differences() == ""
    subprocess.run(["setfacl", "-R", "-b", source], check=True)
    (source / "renamed").unlink()
    group.write("b", "edited in place")
    group.run()
    assert differences() == ""
    check_settled(group)


@pytest.mark.hazard(23, 46)
def test_two_files_that_were_one_are_two_in_the_mirror_also_if_only_one_is_remembered(rig: Rig) -> None:
    rig.write("a", "shared")
    link(rig, "a", "b")
    rig.run()
    times = (rig.source / "b").stat().st_mtime_ns
    (rig.source / "b").unlink()
    rig.write("b", "shared")
    os.utime(rig.source / "b", ns=(times, times))
    (rig.source / "b").chmod(0o600)
    rig.forget_everything()
    rig.run(paths("b"))
    rig.run()
    check_settled(rig)
    assert len(inodes(rig, "a", "b")) == 2


@pytest.mark.hazard(22, 23)
def test_a_name_that_leaves_a_folder_whose_place_a_file_takes_stays_one_of_the_file(group: Rig) -> None:
    os.rename(group.source / "folder/c", group.source / "d")
    (group.source / "folder").rmdir()
    group.write("folder", "a file now")
    group.run()
    check_settled(group)


# What is compared is what is learnt; whose file a name of the mirror is


@pytest.mark.hazard(62)
def test_an_edit_after_the_content_was_compared_is_not_learnt_of_another_name(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a", "shared")
    # Listed after what is beside the folder.
    link(rig, "a", "folder/c")
    rig.run()
    os.link(rig.source / "a", rig.root / "outside")
    real = has_same_content
    is_first = True

    def edit_after(*arguments: Any) -> bool:
        nonlocal is_first
        found = real(*arguments)
        if is_first:
            is_first = False
            keep_times(rig.source / "a", lambda: (rig.source / "a").write_text("SHARED"))
        return found

    monkeypatch.setattr(difference, "has_same_content", edit_after)
    rig.run()
    rig.run()
    assert {(rig.mirror / each).read_text() for each in ("a", "folder/c")} == {"SHARED"}
    check_settled(rig)


def part(rig: Rig, path: str) -> None:
    """Make a name an equal file of its own."""
    shutil.copy2(rig.source / path, rig.source / "apart")
    os.replace(rig.source / "apart", rig.source / path)


def gone(rig: Rig, path: str) -> Scope:
    (rig.source / path).unlink()
    return paths(path, "")


def replaced(rig: Rig, path: str) -> Scope:
    rig.write("new", "something else")
    os.replace(rig.source / "new", rig.source / path)
    return paths(path, "new", "")


def replaced_by_a_name(rig: Rig, path: str) -> Scope:
    os.replace(rig.source / "single", rig.source / path)
    return paths(path, "single", "")


def become_a_folder(rig: Rig, path: str) -> Scope:
    (rig.source / path).unlink()
    (rig.source / path).mkdir()
    return trees(path)


def become_a_link(rig: Rig, path: str) -> Scope:
    (rig.source / path).unlink()
    (rig.source / path).symlink_to("single")
    return paths(path)


def moved_out(rig: Rig, path: str) -> Scope:
    (rig.source / path).rename(rig.root / "out")
    return paths(path)


def gone_with_its_folder(rig: Rig, path: str) -> Scope:
    assert path == "folder/c"
    shutil.rmtree(rig.source / "folder")
    return trees("folder")


def gone_from_its_folder(rig: Rig, path: str) -> Scope:
    assert path == "folder/c"
    (rig.source / path).unlink()
    return trees("folder")


def folder_replaced_by_a_file(rig: Rig, path: str) -> Scope:
    assert path == "folder/c"
    shutil.rmtree(rig.source / "folder")
    rig.write("folder", "a file now")
    return paths("folder")


def gone_with_its_copy(rig: Rig, path: str) -> Scope:
    (rig.source / path).unlink()
    (rig.mirror / path).unlink()
    return trees("folder")


_TO_ANY = (gone, replaced, replaced_by_a_name, become_a_folder, become_a_link, moved_out)
_TO_INNER = (gone_with_its_folder, gone_from_its_folder, folder_replaced_by_a_file, gone_with_its_copy)


@pytest.mark.hazard(63)
@pytest.mark.parametrize(
    ("path", "become"),
    [
        *((path, become) for path in ("a", "folder/c") for become in _TO_ANY),
        *(("folder/c", each) for each in _TO_INNER),
    ],
)
def test_an_edit_through_a_name_comes_to_the_others_whatever_becomes_of_the_name(
    group: Rig, path: str, become: Callable[[Rig, str], Scope]
) -> None:
    group.write(path, "edited")
    group.run(become(group, path))
    others = {"a", "b", "folder/c"} - {path}
    assert {(group.mirror / each).read_text() for each in others} == {"edited"}
    group.run()
    check_settled(group)


@pytest.mark.hazard(63)
def test_an_edit_reaches_names_of_names_that_are_gone(group: Rig) -> None:
    """A name of the file whose name is gone is one of another file by now, and that was written to as well."""
    group.write("x", "second")
    link(group, "x", "y")
    group.run()
    group.write("x", "second edited")
    group.write("a", "first edited")
    (group.source / "b").unlink()
    link(group, "x", "b")
    (group.source / "a").unlink()
    group.run(paths("a", ""))
    assert (group.mirror / "folder/c").read_text() == "first edited"
    assert {(group.mirror / each).read_text() for each in ("b", "x", "y")} == {"second edited"}
    check_settled(group)


def test_a_full_pass_collects_no_other_names(group: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobDatabase, "other_names", None)
    shutil.rmtree(group.source / "folder")
    assert group.run().status is COMPLETE
    check_settled(group)


@pytest.mark.hazard(63)
@pytest.mark.parametrize("home", ["before", "later"])
@pytest.mark.parametrize("scope", [FULL, trees("folder", "before", "later")], ids=["full", "partial"])
def test_a_group_that_moves_while_an_equal_file_takes_one_of_its_places_keeps_its_mode(
    rig: Rig, scope: Scope, home: str
) -> None:
    rig.write("folder/x", "same").chmod(0o600)
    link(rig, "folder/x", "folder/y")
    shutil.copy2(rig.source / "folder/x", rig.source / "keep")
    (rig.source / "keep").chmod(0o644)
    rig.run()
    (rig.source / home).mkdir()
    (rig.source / "folder").rename(rig.source / home / "folder")
    (rig.source / "folder").mkdir()
    shutil.copy2(rig.source / "keep", rig.source / "folder/x")
    before = inode(rig.mirror / "folder/x")
    rig.run(scope)
    # What moves is the group, and what is copied the equal file.
    assert inodes(rig, f"{home}/folder/x", f"{home}/folder/y") == {before}
    rig.run()
    check_settled(rig)
    assert len(inodes(rig, "folder/x", f"{home}/folder/x", f"{home}/folder/y", "keep")) == 3


@pytest.mark.hazard(63)
@pytest.mark.parametrize("names", list(permutations("bcde")), ids="".join)
def test_whichever_names_go_their_own_ways_no_two_files_are_joined_and_no_file_is_parted(
    rig: Rig, names: tuple[str, ...]
) -> None:
    """Four names of one file: one becomes an equal file of its own, one is exchanged for a file that was one before."""
    parted, exchanged, stays, left = names
    rig.write(names[0], b"")
    for name in names[1:]:
        link(rig, names[0], name)
    os.link(rig.source / left, rig.source / "a")
    rig.run()
    part(rig, "a")
    rig.write("a", "another")
    rig.run()
    part(rig, parted)
    exchange(str(rig.source / "a"), str(rig.source / exchanged))
    (rig.source / left).unlink()
    rig.run()
    check_settled(rig)
    assert inodes(rig, "a") == inodes(rig, stays)
    assert len(inodes(rig, "a", parted, exchanged)) == 3


@pytest.mark.hazard(63)
@pytest.mark.parametrize("scope", [FULL, paths("1", "2", "3", "")], ids=["full", "partial"])
@pytest.mark.parametrize("names", list(permutations("123")), ids="".join)
def test_a_file_of_the_mirror_that_two_files_could_be_becomes_one_of_them(
    rig: Rig, names: tuple[str, ...], scope: Scope
) -> None:
    new, parted, stays = names
    rig.write(stays, "same")
    link(rig, stays, parted)
    rig.run()
    part(rig, parted)
    # Nothing tells which of both it was.
    rig.catalog.forget([parted])
    link(rig, stays, new)
    rig.run(scope)
    assert inodes(rig, new) == inodes(rig, stays) != inodes(rig, parted)
    check_settled(rig)


@pytest.mark.hazard(63)
@pytest.mark.parametrize("becomes", ["gone", "another file", "a folder"])
def test_a_time_set_through_one_name_makes_no_stranger_of_another(group: Rig, becomes: str) -> None:
    group.options |= {"keeps_history": False}
    os.utime(group.source / "a", ns=(0, 1_000_000_000))
    (group.source / "b").unlink()
    if becomes == "another file":
        group.write("b", "a file of its own")
    elif becomes == "a folder":
        group.write("b/inside", "in a folder")
    assert group.run().status is COMPLETE
    check_settled(group)


@pytest.mark.hazard(63)
@pytest.mark.parametrize("new", ["0", "4"])
def test_a_file_is_not_renamed_to_where_it_would_be_anothers_too(rig: Rig, new: str) -> None:
    rig.write("1", "same")
    link(rig, "1", "2")
    rig.run()
    part(rig, "1")
    # Nothing tells which of both it was.
    rig.catalog.forget(["1"])
    (rig.source / "2").rename(rig.source / new)
    rig.run(paths("1", "2", new, ""))
    assert inodes(rig, "1") != inodes(rig, new)
    check_settled(rig)


def once_planned(change: Callable[[], object]) -> Callable[[Event], None]:
    """Do something when the plan is made and nothing of it is done yet."""

    def listen(event: Event) -> None:
        if isinstance(event, PlanMade):
            change()

    return listen


@pytest.mark.hazard(62)
def test_a_copy_of_what_became_a_name_of_another_file_since_is_joined_by_the_next_pass(rig: Rig) -> None:
    rig.write("a", "alone")
    rig.write("b", "other")
    link(rig, "b", "c")

    def join() -> None:
        link(rig, "b", "new")
        (rig.source / "new").replace(rig.source / "a")

    rig.run(on_event=once_planned(join))
    assert rig.run().status is COMPLETE
    check_settled(rig)


@pytest.mark.hazard(62)
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_name_that_is_copied_since_the_first_has_moved_is_joined_by_the_next_pass(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = Tree.look

    def look(self: Tree, path: str) -> os.stat_result | None:
        # As in a large tree: what was renamed is not found by a descriptor that is still open.
        self.forget()
        return real(self, path)

    monkeypatch.setattr(Tree, "look", look)
    rig.write("a/two", "shared")
    link(rig, "a/two", "b/two")
    rig.run()
    link(rig, "a/two", "d/two")
    rig.run(on_event=once_planned(lambda: (rig.source / name).rename(rig.source / "c")))
    assert rig.run().status is COMPLETE
    check_settled(rig)


@pytest.mark.hazard(62)
def test_a_moved_file_that_became_a_name_of_another_since_is_looked_at_once_more(rig: Rig) -> None:
    for name in ("a", "other"):
        rig.write(name, "equal")
        os.utime(rig.source / name, ns=(0, 0))
    rig.run()
    (rig.source / "a").rename(rig.source / "b")

    def join() -> None:
        link(rig, "other", "new")
        (rig.source / "new").replace(rig.source / "b")

    report = rig.run(paths("a", "b", ""), on_event=once_planned(join))
    assert report.counts.moved == 1
    rig.run(paths("", *report.unsettled))
    check_settled(rig)


@pytest.mark.hazard(63)
def test_an_edit_while_another_name_of_the_file_is_copied_reaches_the_other_names(rig: Rig) -> None:
    for name, other in (("a", "b"), ("c", "d")):
        rig.write(name, f"by {name}")
        link(rig, name, other)
    rig.run()
    exchange(str(rig.source / "a"), str(rig.source / "c"))

    def edit() -> None:
        keep_times(rig.source / "c", lambda: (rig.source / "c").write_text("edit"))

    rig.run(paths("a", "c", ""), on_event=once_planned(edit))
    report = rig.run(paths("c"))
    rig.run(paths(*report.unsettled))
    assert contents(rig.mirror) == contents(rig.source)
    assert contents(rig.mirror)["b"] == b"edit"
    check_settled(rig)


# What the pass itself does to one name is done to all, and what is copied late is one file all the same


@pytest.mark.hazard(63)
@pytest.mark.parametrize("keeps_history", [True, False], ids=["history", "no history"])
@pytest.mark.parametrize("scope", [FULL, paths("a", "b", "folder", "")], ids=["full", "partial"])
def test_names_that_were_touched_stay_one_file_when_another_name_gives_way_before(
    group: Rig, scope: Scope, *, keeps_history: bool
) -> None:
    """That touches the mirror's file, as an edit of somebody else's would."""
    group.options |= {"keeps_history": keeps_history}
    os.utime(group.source / "a", ns=(0, 1_000_000_000))
    shutil.rmtree(group.source / "folder")
    group.write("folder", "a file now")
    before = inodes(group, "a", "b")
    assert done(group.run(scope)) == Counts(replaced=1, deleted=2, bytes=10)
    assert inodes(group, "a", "b") == before
    check_settled(group)


@pytest.mark.hazard(63)
def test_names_that_were_touched_stay_one_file_when_another_name_was_replaced_before(
    group: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a large plan: what was copied gets its name before the next names have their turn.
    monkeypatch.setattr(publish, "GROUP_FILES", 1)
    os.rename(group.source / "folder/c", group.source / "c")
    group.run()
    first = min("abc", key=[name for name in os.listdir(group.source) if name in "abc"].index)
    os.utime(group.source / first, ns=(0, 1_000_000_000))
    group.write("new", "a file of its own")
    os.replace(group.source / "new", group.source / first)
    others = {"a", "b", "c"} - {first}
    before = inodes(group, *others)
    assert done(group.run()) == Counts(replaced=1, bytes=17)
    assert inodes(group, *others) == before
    check_settled(group)


def moved_with_its_folders(rig: Rig) -> None:
    (rig.source / "folder").rename(rig.source / "new folder")
    for name in "ab":
        (rig.source / name).rename(rig.source / f"new {name}")


def touched(rig: Rig) -> None:
    os.utime(rig.source / "a", ns=(0, 1_000_000_000))


def touched_and_a_name_more(rig: Rig) -> None:
    touched(rig)
    link(rig, "a", "d")


@pytest.mark.hazard(62, 63)
@pytest.mark.parametrize("side", ["source", "mirror"])
@pytest.mark.parametrize("before", [moved_with_its_folders, touched, touched_and_a_name_more])
def test_names_whose_file_was_edited_since_the_plan_are_copied_as_one_file(
    group: Rig, before: Callable[[Rig], None], side: str
) -> None:
    before(group)

    def edit() -> None:
        next(file for file in (group.root / side).iterdir() if file.name in {"a", "new a"}).write_text("EDITED")

    report = group.run(on_event=once_planned(edit))
    group.check_in_step()
    assert report.counts.bytes == len("EDITED")
    group.run(paths(*report.unsettled))
    check_settled(group)


@pytest.mark.hazard(43, 63)
@pytest.mark.parametrize("before", [moved_with_its_folders, touched, touched_and_a_name_more])
def test_a_name_that_a_stranger_took_for_something_else_since_the_plan_is_joined_when_it_is_looked_at_again(
    group: Rig, before: Callable[[Rig], None]
) -> None:
    before(group)

    def take() -> None:
        (group.mirror / "a").unlink()
        (group.mirror / "a").write_text("a stranger's")

    report = group.run(on_event=once_planned(take))
    assert contents(group.mirror) == contents(group.source)
    group.run(paths(*report.unsettled))
    assert group.kept_contents() == [b"a stranger's"]
    check_settled(group)
