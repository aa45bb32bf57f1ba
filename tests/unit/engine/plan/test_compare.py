"""Plans: what is in them, in which order, and what a side that cannot be read keeps out of them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.fs import native
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.compare import compare
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.entries import EntryKind
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import FULL, Action, Op, Plan, ProblemCode, Scope, Stage
from tests.helpers.rig import LONG_AGO_NS, SECOND_NS, Rig, count_recorded
from tests.helpers.systems import IS_POSIX, set_own_times

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.FOLDER, EntryKind.LINK

# The finest that a time can differ by: Windows counts hundreds of nanoseconds.
TICK_NS = 1 if IS_POSIX else 100


def plan(rig: Rig, scope: Scope = FULL, **options: Any) -> Plan:
    rig.mirror.mkdir(exist_ok=True)
    step_ns = options.pop("time_step_ns", 1)
    holds_owner = options.pop("holds_owner", False)
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        target.time_step_ns, target.holds_owner = step_ns, holds_owner
        context = rig.context(source, target, ExclusionRules(options.pop("exclude", ())))._replace(
            should_stop=options.pop("should_stop", lambda: False), learns=options.pop("learns", True)
        )
        return compare(context, scope, **options)


def steps(found: Plan) -> list[tuple[Op, str]]:
    return [(action.op, action.path) for action in found.actions if action.path]


def same_time(rig: Rig, *paths: str, difference_ns: int = 0) -> None:
    """Give paths of both sides the same time, or nearly."""
    for path in paths:
        set_own_times(rig.source / path, (0, LONG_AGO_NS))
        set_own_times(rig.mirror / path, (0, LONG_AGO_NS + difference_ns))


def both(rig: Rig, path: str, ours: str = "same", theirs: str | None = None) -> None:
    rig.write(path, ours)
    rig.write_at(rig.mirror / path, ours if theirs is None else theirs)
    same_time(rig, path)


def refuse(tree: type[Tree], call: str, path: str, code: int, patch: pytest.MonkeyPatch) -> None:
    """Let one call of one side fail for one path."""
    real: Callable[..., Any] = getattr(tree, call)

    def failing(self: Tree, asked: str, *more: Any) -> Any:
        if asked == path and type(self) is tree:
            raise OSError(code, os.strerror(code))
        return real(self, asked, *more)

    patch.setattr(tree, call, failing)


def test_the_order_can_be_carried_out_as_it_stands(rig: Rig) -> None:
    rig.write("new/deep/file")
    rig.write("was folder", "a file now")
    rig.write("was file/inside")
    rig.write_at(rig.mirror / "was folder" / "deep" / "x")
    rig.write_at(rig.mirror / "was folder" / "y")
    rig.write_at(rig.mirror / "was file")
    rig.write_at(rig.mirror / "gone" / "deep" / "z")
    rig.write_at(rig.mirror / "gone file")
    rig.write("moved")
    rig.catalog.record("old name", (rig.source / "moved").stat())
    shutil.copy2(rig.source / "moved", rig.mirror / "old name")
    found = steps(plan(rig))
    assert len(set(found)) == len(found)
    order = [op for op, _ in found]
    deleted = [path for op, path in found if op is Op.DELETE]
    made = [path for op, path in found if op in {Op.CREATE, Op.REPLACE}]
    assert set(deleted[:4]) == {"was folder/deep/x", "was folder/deep", "was folder/y", "was folder"}
    assert set(deleted[4:]) == {"gone/deep/z", "gone/deep", "gone", "gone file"}
    for path in deleted:
        if parent_of(path):
            assert deleted.index(parent_of(path)) > deleted.index(path)
    for path in made:
        if parent_of(path):
            assert made.index(parent_of(path)) < made.index(path)
    # What is in the way, copies, moves, the other deletions.
    assert order == [Op.DELETE] * 4 + order[4:-5] + [Op.MOVE] + [Op.DELETE] * 4
    assert {Op.DELETE, Op.MOVE}.isdisjoint(order[4:-5])


@pytest.mark.hazard(33)
@pytest.mark.parametrize(
    ("difference_ns", "step_ns", "is_equal"),
    [
        (0, 1, True),
        (TICK_NS, TICK_NS, False),
        (-TICK_NS, TICK_NS, False),
        (SECOND_NS, 2 * SECOND_NS, True),
        (-SECOND_NS, 2 * SECOND_NS, True),
        (2 * SECOND_NS, 2 * SECOND_NS, False),
    ],
)
def test_times_are_compared_as_finely_as_the_target_keeps_them(
    rig: Rig, difference_ns: int, step_ns: int, *, is_equal: bool
) -> None:
    both(rig, "file")
    same_time(rig, "file", difference_ns=difference_ns)
    assert steps(plan(rig, time_step_ns=step_ns)) == ([] if is_equal else [(Op.SET_METADATA, "file")])


def test_a_file_known_to_be_touched_is_compared_by_content(rig: Rig) -> None:
    both(rig, "same")
    both(rig, "other", "1234", "4321")
    for name in ("same", "other"):
        rig.catalog.record(name, rig.source.stat())
        same_time(rig, name)
        entry = os.stat_result([*(rig.source / name).stat()[:10]], {})
        assert entry.st_size == 4
    # Known with another inode and change time, but with this size and time.
    assert steps(plan(rig)) == [(Op.REPLACE, "other")]
    assert steps(plan(rig)) == [(Op.REPLACE, "other")]
    known = rig.catalog.fingerprint("same")
    assert known is not None
    assert known.inode == (rig.source / "same").stat().st_ino


def test_a_touched_file_that_cannot_be_compared_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    both(rig, "file")
    rig.catalog.record("file", rig.source.stat())
    refuse(Tree, "open_file", "file", errno.EACCES, monkeypatch)
    found = plan(rig)
    assert steps(found) == []
    assert [(p.path, p.code, p.stage) for p in found.problems] == [("file", ProblemCode.NO_PERMISSION, Stage.COMPARE)]


def test_a_comparison_that_is_stopped_in_a_file_says_nothing_of_it(rig: Rig) -> None:
    both(rig, "file")
    rig.catalog.record("file", rig.source.stat())
    answers = iter([False, True, True])
    assert steps(plan(rig, should_stop=lambda: next(answers))) == []


@pytest.mark.posix("owners")
def test_owners_are_compared_where_they_can_be_set(rig: Rig) -> None:
    both(rig, "file")
    if os.geteuid() != 0:
        pytest.skip("owners can be changed by root only")
    os.chown(rig.mirror / "file", 1234, 1234)
    assert steps(plan(rig, holds_owner=False)) == []
    assert steps(plan(rig, holds_owner=True)) == [(Op.SET_METADATA, "file")]


@pytest.mark.hazard(21)
def test_links_are_compared_by_text_and_time_and_not_by_mode(rig: Rig) -> None:
    for root, other in ((rig.source, "b"), (rig.mirror, "c")):
        root.mkdir(exist_ok=True)
        (root / "same").symlink_to("a")
        (root / "later").symlink_to("a")
        (root / "other").symlink_to(other)
    same_time(rig, "same", "other")
    same_time(rig, "later", difference_ns=5)
    assert sorted(steps(plan(rig)), key=str) == [(Op.REPLACE, "other"), (Op.SET_METADATA, "later")]


def test_what_is_equal_is_learnt_unless_it_is_a_dry_run(rig: Rig) -> None:
    both(rig, "folder/file")
    (rig.source / "link").symlink_to("x")
    (rig.mirror / "link").symlink_to("x")
    same_time(rig, "folder", "link")
    rig.write("gone")
    rig.catalog.record("forgotten by both", (rig.source / "gone").stat())
    plan(rig, learns=False)
    assert count_recorded(rig.catalog) == 1
    plan(rig)
    for path in ("folder", "folder/file", "link"):
        assert rig.catalog.fingerprint(path) is not None, path
    assert rig.catalog.fingerprint("forgotten by both") is None


# Sides that cannot be read


@pytest.mark.hazard(4)
@pytest.mark.parametrize("scope", [FULL, Scope(trees=frozenset({"docs"}))])
def test_nothing_is_planned_below_a_folder_that_cannot_be_listed(
    rig: Rig, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side, wanted in ((Tree, ProblemCode.READ_ERROR), (MirrorTree, ProblemCode.WRITE_ERROR)):
        rig.write("docs/ours/deep")
        rig.write_at(rig.mirror / "docs" / "theirs" / "deep")
        with monkeypatch.context() as patch:
            refuse(side, "list", "docs", errno.EIO, patch)
            found = plan(rig, scope)
        assert [(p.path, p.code) for p in found.problems] == [("docs", wanted)]
        assert [path for _, path in steps(found) if path != "docs"] == []


def test_a_folder_gone_since_it_was_listed_plans_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    both(rig, "docs/file")
    refuse(Tree, "list", "docs", errno.ENOENT, monkeypatch)
    found = plan(rig)
    assert found.problems == ()
    assert [path for _, path in steps(found) if path != "docs"] == []


def test_a_folder_to_delete_that_cannot_be_listed_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "gone" / "deep" / "file")
    rig.mirror.mkdir(exist_ok=True)
    refuse(MirrorTree, "list", "gone/deep", errno.EACCES, monkeypatch)
    found = plan(rig)
    assert [(p.path, p.code) for p in found.problems] == [("gone/deep", ProblemCode.NO_WRITE_PERMISSION)]
    assert (Op.DELETE, "gone/deep/file") not in steps(found)


@pytest.mark.parametrize(("side", "wanted"), [(Tree, "read"), (MirrorTree, "write")])
def test_a_path_that_cannot_be_looked_at_is_a_problem(
    rig: Rig, side: type[Tree], wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write_at(rig.mirror / "a" / "b")
    refuse(side, "look", "a", errno.EIO, monkeypatch)
    found = plan(rig, Scope(paths=frozenset({"a"})))
    assert [(p.path, p.code.value) for p in found.problems] == [("a", f"{wanted}-error")]
    assert found.actions == ()
    found = plan(rig, Scope(paths=frozenset({"a/b"})))
    assert [p.stage for p in found.problems] == [Stage.COMPARE]
    assert found.actions == ()


def test_a_link_that_cannot_be_read_is_a_problem_and_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.mirror.mkdir()
    (rig.source / "link").symlink_to("a")
    (rig.mirror / "link").symlink_to("b")
    refuse(Tree, "read_link", "link", errno.EACCES, monkeypatch)
    found = plan(rig)
    assert steps(found) == []
    assert [p.path for p in found.problems] == ["link"]


# Moves


def plant_move(rig: Rig) -> None:
    rig.write("new", "content")
    rig.catalog.record("old", (rig.source / "new").stat())
    rig.mirror.mkdir(exist_ok=True)
    shutil.copy2(rig.source / "new", rig.mirror / "old")


def test_a_move_is_found_by_inode_size_and_time(rig: Rig) -> None:
    plant_move(rig)
    size_bytes = len("content")
    seen_at_ns = native.entry_at(str(rig.source / "new")).st_ctime_ns
    copy_seen_at_ns = native.entry_at(str(rig.mirror / "old")).st_ctime_ns
    move = Action(Op.MOVE, "new", FILE, size_bytes, "old", seen_at_ns=seen_at_ns, copy_seen_at_ns=copy_seen_at_ns)
    assert [a for a in plan(rig).actions if a.path] == [move]


@pytest.mark.parametrize("change", ["mirror differs", "mirror lacks it", "source has it still", "content differs"])
def test_what_only_looks_like_a_move_is_copied(rig: Rig, change: str) -> None:
    plant_move(rig)
    match change:
        case "mirror differs":
            rig.write_at(rig.mirror / "old", "something else")
        case "mirror lacks it":
            (rig.mirror / "old").unlink()
        case "source has it still":
            os.link(rig.source / "new", rig.source / "old")
        case _:
            rig.write("new", "CONTENT")
    found = steps(plan(rig))
    assert (Op.CREATE, "new") in found
    assert Op.MOVE not in {op for op, _ in found}


@pytest.mark.hazard(60)
@pytest.mark.parametrize("side", ["source", "mirror"])
def test_a_move_of_what_has_another_time_is_told_by_the_content(rig: Rig, side: str) -> None:
    plant_move(rig)
    os.utime(rig.source / "new" if side == "source" else rig.mirror / "old", ns=(0, 5))
    found = steps(plan(rig))
    assert (Op.MOVE, "new") in found
    assert Op.CREATE not in {op for op, _ in found}


def test_a_move_that_cannot_be_told_is_copied(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_move(rig)
    refuse(Tree, "look", "old", errno.EACCES, monkeypatch)
    assert (Op.CREATE, "new") in steps(plan(rig))


def test_one_file_of_the_mirror_is_moved_to_one_place_only(rig: Rig) -> None:
    plant_move(rig)
    os.link(rig.source / "new", rig.source / "second")
    found = steps(plan(rig))
    assert sorted(op.value for op, _ in found) == ["create", "move"]


# Counts and scopes


def test_files_and_folders_are_counted_where_they_are_compared(rig: Rig) -> None:
    both(rig, "a")
    both(rig, "docs/b")
    rig.write_at(rig.mirror / "gone" / "c")
    rig.write("thing")
    rig.write_at(rig.mirror / "thing" / "d")
    (rig.mirror / "link").symlink_to("x")
    os.mkfifo(rig.source / "pipe")
    rig.write_at(rig.mirror / "pipe")
    found = plan(rig)
    assert (found.mirror_files, found.source_folders, found.is_full) == (6, 2, True)
    found = plan(rig, Scope(paths=frozenset({"docs/b"})))
    assert (found.mirror_files, found.source_folders, found.is_full) == (1, 0, False)


def test_a_deletion_tells_how_large_the_file_is(rig: Rig) -> None:
    both(rig, "stays/a")
    rig.write_at(rig.mirror / "alone", "12345")
    rig.write_at(rig.mirror / "gone" / "deep" / "file", "1234567")
    found = {action.path: action.size_bytes for action in plan(rig).actions if action.op is Op.DELETE}
    assert found == {"alone": 5, "gone": 0, "gone/deep": 0, "gone/deep/file": 7}


def test_what_the_catalog_does_not_know_is_a_stranger(rig: Rig) -> None:
    for name in ("ours", "theirs", "folder/ours", "folder/theirs"):
        rig.write_at(rig.mirror / name)
    rig.write("mark")
    for name in ("ours", "folder", "folder/ours"):
        rig.catalog.record(name, (rig.mirror / name).stat())
    known = {action.path: action.is_known for action in plan(rig).actions if action.op is Op.DELETE}
    assert known == {"ours": True, "theirs": False, "folder": True, "folder/ours": True, "folder/theirs": False}
    (only,) = plan(rig, Scope(paths=frozenset({"theirs"}))).actions
    assert not only.is_known


def test_litter_is_found_everywhere_and_deleted_nowhere(rig: Rig) -> None:
    litter = ".~bg-0123456789abcdef"
    for folder in ("", "docs", "gone/deep"):
        rig.write_at(rig.mirror / folder / litter)
    rig.write("docs/file")
    found = plan(rig)
    assert set(found.litter) == {litter, f"docs/{litter}", f"gone/deep/{litter}"}
    assert all(litter not in path for _, path in steps(found))


def test_a_stopped_comparison_ends_between_folders(rig: Rig) -> None:
    for number in range(10):
        rig.write(f"{number}/file")
    answers = iter([False, False, True])
    found = plan(rig, should_stop=lambda: next(answers))
    assert found.source_folders == 2
