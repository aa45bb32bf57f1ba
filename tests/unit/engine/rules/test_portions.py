"""A wide folder is compared in portions, and comes out as if it had been looked at as a whole."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.fs import native, tree_view
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan import compare, scan_worker
from backup_gui.engine.rules import portions
from backup_gui.engine.rules.portions import Portion
from backup_gui.model.entries import Entry
from backup_gui.model.paths import encode, is_at_or_below, is_below, parent_of
from backup_gui.model.plans import NO_COUNTS, Op, ProblemCode
from tests.helpers.rig import HOSTILE_NAMES, Rig
from tests.helpers.systems import IS_POSIX
from tests.unit.engine.plan.test_compare import plan

SIZES = pytest.mark.parametrize(("most", "size"), [(1, 1), (3, 2), (7, 4)])


def narrow(monkeypatch: pytest.MonkeyPatch, most: int, size: int) -> None:
    """Take a folder with a few names for a wide one."""
    for module in (compare, tree_view, scan_worker):
        monkeypatch.setattr(module, "MOST_AT_ONCE", most)
    monkeypatch.setattr(portions, "PORTION", size)


def many_kinds(rig: Rig) -> None:
    """Names of every sort on both sides: as they were, new, changed, gone, known and gone, of other kinds."""
    rig.options["allows_mass_delete"] = True
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"same/{name}", f"{number}")
        rig.write(f"wide/{name}", f"{number}")
    rig.write("gone/sub/file", "x")
    for number in range(9):
        rig.write(f"gone/{number}", "x")
        rig.write(f"gone/sub/{number}", "x")
    rig.run()
    for number, name in enumerate(HOSTILE_NAMES):
        match number % 6:
            case 0:
                (rig.source / "wide" / name).unlink()
            case 1:
                rig.write(f"wide/{name}", "another content")
            case 2:
                (rig.mirror / "wide" / name).unlink()
            case 3:
                (rig.source / "wide" / name).unlink()
                (rig.mirror / "wide" / name).unlink()
            case 4:
                (rig.source / "wide" / name).unlink()
                rig.write(f"wide/{name}/in it", "now a folder")
            case _:
                continue
    # No text, where names are bytes.
    odd = "\udcff" if IS_POSIX else "\uffff"
    rig.write(f"wide/new {odd}", "new")
    rig.write_at(rig.mirror / "wide" / f"stranger {odd}", "strange")


def test_names_of_both_sides_come_in_the_order_of_the_catalog_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [*HOSTILE_NAMES, "\U00010000", "\uffff", "\udc80", "a", "aa"]
    theirs = [*ours[::3], "\udcfe", "z", "a\x01"]
    for size in range(1, len(ours) + 2):
        monkeypatch.setattr(portions, "PORTION", size)
        found = list(portions.portions(ours[::-1], theirs[::-1]))
        assert [name for portion in found for name in portion.ours] == sorted(ours, key=encode)
        assert [name for portion in found for name in portion.theirs] == sorted(theirs, key=encode)
        assert all(len(portion.ours) <= size and len(portion.theirs) <= size for portion in found)
        assert [portion.after for portion in found] == [None, *(portion.last for portion in found[:-1])]
        assert found[-1].last is None
        for portion in found:
            for name in (*portion.ours, *portion.theirs):
                assert portion.after is None or encode(portion.after) < encode(name)
                assert portion.last is None or encode(name) <= encode(portion.last)


def test_the_names_of_one_side_alone_come_in_portions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "PORTION", 2)
    assert list(portions.portions([], ["c", "a", "b"])) == [
        Portion([], ["a", "b"], None, "b"),
        Portion([], ["c"], "b", None),
    ]


@pytest.mark.hazard(48)
@SIZES
def test_a_wide_folder_is_planned_as_any_other(rig: Rig, monkeypatch: pytest.MonkeyPatch, most: int, size: int) -> None:
    many_kinds(rig)
    expected = plan(rig)
    narrow(monkeypatch, most, size)
    found = plan(rig)
    assert set(found.actions) == set(expected.actions)
    assert len(found.actions) == len(expected.actions)
    assert {action.op for action in found.actions} >= {Op.CREATE, Op.REPLACE, Op.DELETE}
    assert found._replace(actions=()) == expected._replace(actions=())


@pytest.mark.hazard(48)
@SIZES
def test_a_wide_folder_is_brought_into_step_and_what_is_gone_is_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, most: int, size: int
) -> None:
    many_kinds(rig)
    narrow(monkeypatch, most, size)
    assert rig.run().problems == ()
    rig.check_in_step()
    known = {name for name in HOSTILE_NAMES if rig.catalog.fingerprint(f"wide/{name}") is not None}
    assert known == {name for name in HOSTILE_NAMES if os.path.lexists(rig.source / "wide" / name)}
    assert rig.run().counts == NO_COUNTS
    assert rig.kept_contents().count(b"strange") == 1


@pytest.mark.hazard(48)
@SIZES
def test_a_wide_folder_that_is_new_is_made_with_all_that_is_in_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, most: int, size: int
) -> None:
    narrow(monkeypatch, most, size)
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"wide/{name}", f"{number}")
        rig.write(f"wide/{name} wide/{name[-5:]}", f"{number}") if len(encode(name)) < 200 else None
    assert rig.run().problems == ()
    rig.check_in_step()
    assert rig.run().counts == NO_COUNTS


@pytest.mark.hazard(48)
@SIZES
def test_a_wide_folder_that_is_gone_goes_with_all_that_is_in_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, most: int, size: int
) -> None:
    many_kinds(rig)
    (rig.source / "gone").rename(rig.root / "elsewhere")
    narrow(monkeypatch, most, size)
    gone = [action for action in plan(rig).actions if is_at_or_below(action.path, "gone")]
    in_it = {path for number in range(9) for path in (f"gone/{number}", f"gone/sub/{number}")}
    assert {action.path for action in gone} == in_it | {"gone", "gone/sub", "gone/sub/file"}
    assert len(gone) == len(in_it) + 3
    assert all(action.op is Op.DELETE and action.is_known for action in gone)
    places = {action.path: place for place, action in enumerate(gone)}
    assert all(place < places[parent_of(path)] for path, place in places.items() if parent_of(path))


@pytest.mark.hazard(4)
@pytest.mark.hazard(48)
@pytest.mark.parametrize("side", [Tree, MirrorTree])
@pytest.mark.parametrize("call", ["names", "look_at"])
def test_nothing_is_planned_in_a_wide_folder_that_cannot_be_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, side: type[Tree], call: str
) -> None:
    many_kinds(rig)
    narrow(monkeypatch, 3, 2)
    really = getattr(side, call)

    def refuse(tree: Tree, path: str, *rest: Any) -> Any:
        if type(tree) is side and path == "wide":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return really(tree, path, *rest)

    monkeypatch.setattr(side, call, refuse)
    found = plan(rig)
    assert not [action for action in found.actions if is_below(action.path, {"wide"}) and action.path != "wide"]
    expected = ProblemCode.READ_ERROR if side is Tree else ProblemCode.WRITE_ERROR
    assert {(problem.path, problem.code) for problem in found.problems} == {("wide", expected)}


@pytest.mark.hazard(58)
@pytest.mark.parametrize("side", [Tree, MirrorTree])
def test_one_name_of_a_wide_folder_that_cannot_be_looked_at_costs_that_name(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, side: type[Tree]
) -> None:
    many_kinds(rig)
    bad = HOSTILE_NAMES[1]
    expected = {action for action in plan(rig).actions if action.path != f"wide/{bad}"}
    narrow(monkeypatch, 3, 2)
    wide = native.entry_at(str((rig.source if side is Tree else rig.mirror) / "wide"))
    root = native.open_root(str(rig.source))
    root.close()
    look = type(root).stat_at

    def refuse(folder: Any, name: str) -> Entry:
        if name == bad and (folder.stat().st_dev, folder.stat().st_ino) == (wide.st_dev, wide.st_ino):
            raise OSError(errno.EIO, os.strerror(errno.EIO), name)
        return look(folder, name)

    monkeypatch.setattr(type(root), "stat_at", refuse)
    found = plan(rig)
    assert [problem.path for problem in found.problems] == [f"wide/{bad}"]
    assert set(found.actions) == expected


def test_a_wish_to_stop_is_heeded_between_the_portions_of_a_folder(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    many_kinds(rig)
    narrow(monkeypatch, 3, 2)
    asked = 0
    looked = []
    look_at = Tree.look_at

    def count(tree: Tree, path: str, names: list[str], refused: dict[str, OSError]) -> dict[str, Entry]:
        looked.append(path)
        return look_at(tree, path, names, refused)

    def should_stop() -> bool:
        nonlocal asked
        asked += bool(looked)
        return asked > 2

    monkeypatch.setattr(Tree, "look_at", count)
    plan(rig, should_stop=should_stop)
    # A listing of either side for each portion, of which there are twenty.
    assert len(looked) <= 6
