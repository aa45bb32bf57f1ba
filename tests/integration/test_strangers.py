"""Without a history nothing that a stranger owns in the destination is ever deleted or replaced unasked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.restore.decisions import keep
from backup_gui.model.events import Event, PlanMade
from backup_gui.model.plans import FULL, Counts, HeldCode, PassStatus, ProblemCode
from tests.helpers.rig import Rig, done, paths, trees
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.hazard(7)

COMPLETE, HELD, PROBLEMS = PassStatus.COMPLETE, PassStatus.HELD, PassStatus.PROBLEMS


@pytest.fixture
def rig(rig: Rig) -> Rig:
    rig.options["keeps_history"] = False
    return rig


def check_held(rig: Rig, *strangers: str) -> None:
    """Check that exactly some paths are held, in every kind of pass, and that they stay as they are."""
    before = {path: node for path, node in read_tree(rig.mirror).items() if path in strangers}
    for scope in (FULL, FULL, trees(*strangers), paths(*strangers)):
        report = rig.run(scope)
        assert report.held is not None
        assert (report.status, report.held.code) == (HELD, HeldCode.STRANGERS)
        assert {action.path for action in report.held.actions} == set(strangers)
        assert {path: read_tree(rig.mirror)[path] for path in strangers} == before


@pytest.mark.parametrize("count", [1, 45, 60])
def test_strangers_stay_whatever_their_number_and_all_else_goes_on(rig: Rig, count: int) -> None:
    for number in range(count):
        rig.write_at(rig.mirror / f"Wedding/{number}", f"only copy {number}")
    rig.write("doc", "1")
    rig.write("gone", "1")
    strangers = {f"Wedding/{number}" for number in range(count)} | {"Wedding"}
    check_held(rig, *strangers)
    rig.write("doc", "2")
    (rig.source / "gone").unlink()
    (rig.source / "moved").mkdir()
    (rig.source / "doc").rename(rig.source / "moved/doc")
    assert done(rig.run()) == Counts(created=2, deleted=2, bytes=1)
    assert contents(rig.mirror) == {
        "moved/doc": b"2",
        **{f"Wedding/{number}": b"only copy %d" % number for number in range(count)},
    }


def test_a_stranger_in_the_place_of_a_file_is_not_replaced(rig: Rig) -> None:
    rig.write_at(rig.mirror / "letter", "the only copy")
    rig.write_at(rig.mirror / "photos", "a file")
    rig.write_at(rig.mirror / "text/chapter", "the only copy")
    (rig.mirror / "link").symlink_to("theirs")
    rig.write("letter", "mine")
    rig.write("photos/1", "a folder")
    rig.write("text", "a file")
    (rig.source / "link").symlink_to("mine")
    rig.write("other", "goes on")
    check_held(rig, "letter", "link", "photos", "text", "text/chapter")
    assert contents(rig.mirror)["other"] == b"goes on"
    assert "photos/1" not in contents(rig.mirror)


def test_an_empty_folder_of_a_stranger_stays(rig: Rig) -> None:
    (rig.mirror / "theirs/inner").mkdir(parents=True)
    rig.write("doc")
    check_held(rig, "theirs", "theirs/inner")


def test_a_stranger_in_a_folder_that_is_deleted_stays_with_the_folder(rig: Rig) -> None:
    rig.write("docs/ours")
    rig.write("docs/deep/ours")
    rig.run()
    rig.write_at(rig.mirror / "docs/deep/theirs", "the only copy")
    shutil.rmtree(rig.source / "docs")
    rig.write("rest")
    rig.run()
    assert contents(rig.mirror) == {"docs/deep/theirs": b"the only copy", "rest": b"content"}
    check_held(rig, "docs/deep/theirs", "docs/deep", "docs")


@pytest.mark.parametrize("is_gone", [False, True], ids=["edited", "deleted"])
@pytest.mark.parametrize("content", ["theirs", "something else"], ids=["as large", "larger"])
def test_what_somebody_made_of_a_copy_is_a_strangers(rig: Rig, content: str, *, is_gone: bool) -> None:
    rig.write("docs/doc", "before")
    rig.write("docs/rest")
    rig.run()
    rig.write_at(rig.mirror / "docs/doc", content)
    if is_gone:
        (rig.source / "docs/doc").unlink()
    else:
        rig.write("docs/doc", "an edit")
    check_held(rig, "docs/doc")


def test_a_copy_that_is_only_touched_or_has_other_rights_is_the_programs_own(rig: Rig) -> None:
    rig.write("touched")
    rig.write("rights")
    rig.run()
    os.utime(rig.mirror / "touched")
    (rig.mirror / "rights").chmod(0o600)
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    (rig.mirror / "rights").chmod(0o640)
    (rig.source / "rights").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_without_a_catalog_what_equals_the_source_is_the_programs_own_and_all_else_is_not(rig: Rig) -> None:
    for name in ("same", "docs/same", "edited", "gone", "docs/gone"):
        rig.write(name, f"first {name}")
    (rig.source / "link").symlink_to("somewhere")
    rig.run()
    rig.forget_everything()
    rig.write("edited", "edit")
    (rig.source / "gone").unlink()
    (rig.source / "docs/gone").unlink()
    check_held(rig, "edited", "gone", "docs/gone")
    rig.write("same", "edit")
    (rig.source / "docs/same").unlink()
    (rig.source / "link").unlink()
    assert done(rig.run()) == Counts(replaced=1, deleted=2, bytes=4)
    check_held(rig, "edited", "gone", "docs/gone")


def test_a_name_that_only_looks_like_an_unfinished_file_is_a_strangers(rig: Rig) -> None:
    names = (".~bg-notes", ".~bg-0123456789abcdeg", ".~bg-0123456789abcdef.txt", ".~BG-0123456789abcdef", "x.~bg-")
    for name in names:
        rig.write_at(rig.mirror / name, "the only copy")
    rig.write("doc")
    check_held(rig, *names)


def test_the_users_word_lets_them_go(rig: Rig) -> None:
    rig.write_at(rig.mirror / "theirs/1")
    rig.write_at(rig.mirror / "letter", "theirs")
    rig.write("letter", "mine")
    held = rig.run().held
    assert rig.run(allowed=held).status is COMPLETE
    rig.check_in_step()
    rig.write_at(rig.mirror / "theirs")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_what_was_refused_is_kept_for_good(rig: Rig) -> None:
    rig.write_at(rig.mirror / "theirs/1")
    rig.write_at(rig.mirror / "letter", "theirs")
    rig.write("letter", "mine")
    held = rig.run().held
    assert held is not None
    keep(rig.job, rig.catalog, held)
    for scope in (FULL, FULL, trees("theirs"), FULL):
        rig.write("doc", str(scope))
        report = rig.run(scope)
        assert (report.held, {found.code for found in report.problems} <= {ProblemCode.KEPT}) == (None, True)
    assert contents(rig.mirror) == {"theirs/1": b"content", "letter": b"theirs", "doc": str(FULL).encode()}


def test_with_a_history_they_go_there_as_they_are(rig: Rig) -> None:
    rig.options["keeps_history"] = True
    rig.write_at(rig.mirror / "theirs/1", "1")
    rig.write_at(rig.mirror / "letter", "2")
    rig.write("letter", "mine")
    assert rig.run().status is COMPLETE
    rig.write_at(rig.mirror / "letter", "3")
    rig.write("letter", "mine again")
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    assert rig.kept_contents() == [b"1", b"2", b"3"]


# Strangers that come while a plan is carried out


def once_planned(action: Callable[[], object]) -> Callable[[Event], None]:
    def listen(event: Event) -> None:
        if isinstance(event, PlanMade):
            action()

    return listen


def change(rig: Rig, path: str) -> Callable[[], Path]:
    return lambda: rig.write_at(rig.mirror / path, "the only copy")


def check_met(rig: Rig, path: str) -> None:
    """Check that a stranger who comes to a path after the plan is made is a problem, stays, and is held from then."""
    report = rig.run(on_event=once_planned(change(rig, path)))
    found = [(problem.path, problem.code) for problem in report.problems]
    assert found == [(path, ProblemCode.MIRROR_CHANGED)]
    assert contents(rig.mirror)[path] == b"the only copy"
    assert rig.temporaries() == []
    check_held(rig, path)


def test_a_stranger_who_comes_where_a_file_is_to_be_deleted_stays(rig: Rig) -> None:
    rig.write("gone")
    rig.write("rest")
    rig.run()
    (rig.source / "gone").unlink()
    check_met(rig, "gone")


def test_a_stranger_who_comes_where_a_file_is_to_be_replaced_stays(rig: Rig) -> None:
    rig.write("doc")
    rig.run()
    rig.write("doc", "an edit")
    check_met(rig, "doc")


def test_a_stranger_who_comes_where_a_file_is_to_be_new_stays(rig: Rig) -> None:
    rig.write("rest")
    rig.run()
    rig.write("new", "mine")
    check_met(rig, "new")


def test_a_stranger_who_comes_where_a_folder_is_to_be_stays(rig: Rig) -> None:
    rig.write("place", "a file")
    rig.run()
    (rig.source / "place").unlink()
    rig.write("place/inside")
    check_met(rig, "place")


def test_a_stranger_who_comes_where_a_file_is_to_be_moved_from_stays(rig: Rig) -> None:
    rig.write("old", "moved")
    rig.run()
    (rig.source / "old").rename(rig.source / "new")
    check_met(rig, "old")
    assert contents(rig.mirror)["new"] == b"moved"
