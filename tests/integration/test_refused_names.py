"""One name that cannot be looked at, whatever the system says of it: it costs that name, and nothing else."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.plan import scan_worker
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Place
from backup_gui.model.plans import Counts, PassStatus, Problem, Scope, Stage
from tests.helpers.refusing import refusing
from tests.helpers.rig import Rig, paths, trees
from tests.helpers.trees import contents, read_tree

pytestmark = [
    pytest.mark.hazard(58),
    pytest.mark.skipif(sys.platform != "linux", reason="reads descriptors from /proc"),
]

CODES = (
    *(errno.EIO, errno.ENOTCONN, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ETIMEDOUT, errno.ELOOP, errno.ENOTDIR),
    *(errno.EOVERFLOW, errno.ENAMETOOLONG, errno.EINVAL, errno.ENODEV, errno.ENOMEM, errno.EHOSTDOWN, errno.EISDIR),
)
FEW = (errno.EIO, errno.ENOTCONN, errno.EACCES, errno.ELOOP, errno.ENOTDIR)
FULL = trees("")
WHERE = ("", "docs/")


def plant(rig: Rig, folder: str) -> None:
    """Make a mirror with the name that is going to be refused, and its neighbours; edit those of the source."""
    rig.write(f"{folder}bad/inside/file", "inside")
    rig.write(f"{folder}before", "1")
    rig.write(f"{folder}zoo/after", "2")
    rig.write("elsewhere/file", "3")
    rig.run()
    rig.write(f"{folder}before", "new 1")
    rig.write(f"{folder}zoo/after", "new 2")
    rig.write(f"{folder}added", "4")
    (rig.source / "elsewhere/file").unlink()


def named(problems: tuple[Problem, ...]) -> list[tuple[str, Stage]]:
    return [(problem.path, problem.stage) for problem in problems]


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("folder", WHERE, ids=("root", "below"))
def test_a_name_of_the_source_that_cannot_be_looked_at_is_named_and_the_rest_goes_on(
    rig: Rig, folder: str, code: int
) -> None:
    plant(rig, folder)
    with refusing(code, rig.source / f"{folder}bad"):
        report = rig.run()
        assert named(report.problems) == [(f"{folder}bad", Stage.COMPARE)]
        assert rig.run().counts == Counts()
    assert report.status is PassStatus.PROBLEMS
    assert contents(rig.mirror) == {
        f"{folder}bad/inside/file": b"inside",
        f"{folder}before": b"new 1",
        f"{folder}zoo/after": b"new 2",
        f"{folder}added": b"4",
    }
    assert rig.run().counts == Counts()
    rig.check_in_step()


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("scope", ["itself", "below it", "tree", "neighbour"])
def test_a_partial_pass_deletes_nothing_at_or_below_a_name_that_cannot_be_looked_at(
    rig: Rig, scope: str, code: int
) -> None:
    plant(rig, "docs/")
    scopes = {
        "itself": paths("docs/bad"),
        "below it": paths("docs/bad/inside/file", "docs/bad/inside"),
        "tree": trees("docs"),
        "neighbour": paths("docs/before", "docs/zoo/after", "elsewhere/file"),
    }
    with refusing(code, rig.source / "docs/bad"):
        report = rig.run(scopes[scope])
    assert named(report.problems) == ([] if scope == "neighbour" else [("docs/bad", Stage.COMPARE)])
    assert contents(rig.mirror)["docs/bad/inside/file"] == b"inside"
    if scope == "neighbour":
        assert contents(rig.mirror) == {
            "docs/bad/inside/file": b"inside",
            "docs/before": b"new 1",
            "docs/zoo/after": b"new 2",
        }


@pytest.mark.parametrize("side", ["source", "mirror"])
@pytest.mark.parametrize("failures", [1, 99], ids=("once", "from then on"))
def test_a_folder_that_cannot_be_looked_at_any_more_after_it_was_compared_is_named_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, side: str, failures: int
) -> None:
    rig.write("docs/old", "1")
    rig.run()
    rig.write("docs/new", "2")
    rig.write("docs/newer", "3")
    look, looks = Tree.look, 0

    def failing(tree: Tree, path: str) -> os.stat_result | None:
        nonlocal looks
        if tree.root == str(getattr(rig, side)) and path == "docs":
            looks += 1
            # The first look is the one by which the folder itself is compared.
            if 1 < looks <= 1 + failures:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return look(tree, path)

    monkeypatch.setattr(Tree, "look", failing)
    report = rig.run(paths("docs", "docs/new", "docs/newer"))
    # Its time may not be set either, which is another matter.
    assert named(report.problems).count(("docs", Stage.COMPARE)) == 1
    assert {path for path, _ in named(report.problems)} == {"docs"}
    monkeypatch.undo()
    rig.run(trees("docs"))
    rig.check_in_step()


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("folder", WHERE, ids=("root", "below"))
def test_a_name_of_the_mirror_that_cannot_be_looked_at_stays_and_the_rest_goes_on(
    rig: Rig, folder: str, code: int
) -> None:
    plant(rig, folder)
    rig.write(f"{folder}bad/inside/file", "new")
    with refusing(code, rig.mirror / f"{folder}bad"):
        report = rig.run()
    assert named(report.problems) == [(f"{folder}bad", Stage.COMPARE)]
    assert contents(rig.mirror) == contents(rig.source) | {f"{folder}bad/inside/file": b"inside"}
    rig.run()
    rig.check_in_step()


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_a_folder_that_is_to_be_deleted_keeps_what_cannot_be_looked_at_in_it(rig: Rig, code: int) -> None:
    rig.write("gone/bad", "bad")
    rig.write("gone/deep/good", "good")
    rig.write("stays", "1")
    rig.run()
    shutil.rmtree(rig.source / "gone")
    with refusing(code, rig.mirror / "gone/bad"):
        report = rig.run()
    assert named(report.problems) == [("gone/bad", Stage.COMPARE)]
    assert contents(rig.mirror) == {"gone/bad": b"bad", "stays": b"1"}


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_what_is_left_out_is_no_problem_where_it_cannot_be_looked_at(rig: Rig, code: int) -> None:
    rig.write("cloud/file", "1")
    rig.write("bad.tmp", "2")
    rig.write("good", "3")
    rig.options["exclude"] = ("cloud/", "*.tmp")
    with refusing(code, rig.source / "cloud", rig.source / "bad.tmp"):
        assert rig.run().problems == ()
    assert contents(rig.mirror) == {"good": b"3"}


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_a_file_with_the_number_of_one_that_cannot_be_looked_at_is_not_taken_for_it(rig: Rig, code: int) -> None:
    bad = rig.write("bad", "content")
    rig.run()
    os.link(bad, rig.source / "other")
    with refusing(code, rig.source / "bad"):
        report = rig.run()
    assert named(report.problems) == [("bad", Stage.COMPARE)]
    assert contents(rig.mirror) == {"bad": b"content", "other": b"content"}


def test_where_names_are_folded_what_belongs_to_one_that_cannot_be_looked_at_stays(rig: Rig) -> None:
    rig.write("Bad", "content")
    rig.write("good", "1")
    rig.run()
    os.rename(rig.mirror / "Bad", rig.mirror / "bAD")
    rig.write("good", "new")

    from backup_gui.engine.roots import roots
    from backup_gui.engine.rules.capabilities import ALL

    with pytest.MonkeyPatch.context() as patch, refusing(errno.EIO, rig.source / "Bad"):
        patch.setattr(roots, "capabilities_of", lambda *_, **__: ALL._replace(folds_case=True, keeps_case=True))
        report = rig.run()
    assert named(report.problems) == [("Bad", Stage.COMPARE)]
    assert contents(rig.mirror) == {"bAD": b"content", "good": b"new"}


def test_in_a_folder_that_may_be_listed_and_not_entered_the_folder_is_named_and_not_each_name(rig: Rig) -> None:
    for number in range(20):
        rig.write(f"closed/{number}", "1")
    rig.run()
    with refusing(errno.EACCES, rig.source / "closed/.", *(rig.source / f"closed/{number}" for number in range(20))):
        report = rig.run()
    assert named(report.problems) == [("closed", Stage.COMPARE)]
    rig.check_in_step()


def test_the_second_process_leaves_a_folder_with_such_a_name_to_the_pass(rig: Rig, tmp_path: Path) -> None:
    from backup_gui.engine.destination.local import LocalDestination
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.engine.state.rows import open_for_reading

    rig.write("docs/bad", "1")
    rig.write("docs/good", "2")
    rig.catalog.close()
    rig.catalog = JobDatabase.open(tmp_path / "catalog.sqlite")
    rig.run()
    rig.catalog.commit()
    connection = open_for_reading(tmp_path / "catalog.sqlite")
    with Tree(str(rig.source)) as source, LocalDestination(str(rig.mirror), None) as target:
        end = scan_worker._OtherEnd(source, target.tree, connection, ExclusionRules(()), compares_owner=True)
        assert end.answer("docs") is not None
        for side in (rig.source, rig.mirror):
            with refusing(errno.EIO, side / "docs/bad"):
                assert end.answer("docs") is None
    connection.close()


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_verify_names_what_cannot_be_looked_at_on_either_side_and_compares_the_rest(rig: Rig, code: int) -> None:
    for name in ("bad here/file", "bad there", "differs", "same"):
        rig.write(f"docs/{name}", "content")
    rig.run()
    (rig.mirror / "docs/differs").write_text("CONTENT")
    with refusing(code, rig.source / "docs/bad here", rig.mirror / "docs/bad there"):
        found = {item.path: item.kind for item in verify(str(rig.source), Place(str(rig.mirror)))}
    assert found == {
        "docs/bad here": DifferenceKind.UNREADABLE,
        "docs/bad there": DifferenceKind.UNREADABLE,
        "docs/differs": DifferenceKind.CONTENT,
    }


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_restoring_names_what_cannot_be_looked_at_and_brings_the_rest_back(rig: Rig, tmp_path: Path, code: int) -> None:
    for name in ("bad/file", "good", "deep/good"):
        rig.write(f"docs/{name}", name)
    rig.run()
    to = tmp_path / "to"
    with refusing(code, rig.mirror / "docs/bad"):
        restored = restore_path(str(rig.mirror), str(rig.history), "docs", None, str(to))
    assert restored.failed == (("docs/bad", os.strerror(code)),)
    assert contents(to) == {"docs/good": b"good", "docs/deep/good": b"deep/good"}


@pytest.mark.parametrize("code", FEW, ids=errno.errorcode.get)
def test_the_past_and_the_versions_show_what_can_be_looked_at(rig: Rig, code: int) -> None:
    for name in ("bad", "good"):
        rig.write(f"docs/{name}", "old")
    rig.run()
    for name in ("bad", "good"):
        rig.write(f"docs/{name}", "newer")
    rig.run()
    kept = {path.rpartition("/")[2][:3]: path for path in read_tree(rig.history) if "~" in path}
    with refusing(code, rig.history / kept["bad"], rig.mirror / "docs/bad"):
        assert [version.path for version in list_versions(str(rig.history))] == ["docs/good"]
        with Snapshot(str(rig.mirror), str(rig.history)) as past:
            items = past.folder("docs", None, shows_gone=False)
    assert [(item.path, item.kind) for item in items] == [("docs/good", EntryKind.FILE)]


def test_a_name_that_vanishes_between_the_listing_and_the_look_is_gone(rig: Rig) -> None:
    rig.write("docs/gone", "1")
    rig.write("docs/stays", "2")
    rig.run()
    (rig.source / "docs/gone").unlink()
    (rig.source / "docs/gone").write_text("1")
    with refusing(errno.ENOENT, rig.source / "docs/gone"):
        assert rig.run().problems == ()
    assert contents(rig.mirror) == {"docs/stays": b"2"}


@pytest.mark.parametrize("scope", [FULL, Scope(paths=frozenset({"a/b/c"}))])
def test_a_link_in_the_place_of_a_folder_is_still_no_folder(rig: Rig, scope: Scope) -> None:
    rig.write("a/b/c", "1")
    rig.run()
    shutil.rmtree(rig.source / "a")
    (rig.source / "a").symlink_to("nowhere")
    rig.run(scope)
    rig.run()
    rig.check_in_step()
