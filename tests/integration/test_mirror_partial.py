"""Partial passes: only their paths, and all that hangs on them."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.model.plans import Counts, PassStatus, Scope
from tests.helpers.rig import (
    Rig,
    paths,
    trees,
)
from tests.helpers.trees import contents, read_tree

COMPLETE = PassStatus.COMPLETE
NOTHING = Counts()


# Partial passes


def test_a_partial_pass_looks_only_at_its_paths(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("docs/b", "1")
    rig.run()
    rig.write("a", "22")
    rig.write("docs/b", "22")
    rig.write("docs/c", "22")
    report = rig.run(paths("docs/b"))
    assert (report.is_full, report.counts) == (False, Counts(replaced=1, bytes=2))
    assert contents(rig.mirror) == {"a": b"1", "docs/b": b"22"}
    assert rig.run(paths("docs")).counts.created == 0
    report = rig.run(trees("docs"))
    assert (report.is_full, report.counts.created) == (False, 1)
    assert contents(rig.mirror) == {"a": b"1", "docs/b": b"22", "docs/c": b"22"}
    rig.run(paths("a", ""))
    rig.check_in_step()


def test_a_partial_pass_of_a_path_whose_folders_are_new_takes_them_whole(rig: Rig) -> None:
    rig.run()
    rig.write("new/deep/a")
    rig.write("new/deep/b")
    rig.write("new/c")
    (rig.source / "new" / "empty").mkdir()
    assert rig.run(paths("new/deep/a")).status is COMPLETE
    rig.run(paths(""))
    rig.check_in_step()


def test_a_partial_pass_of_a_path_whose_folders_are_gone_deletes_them_whole(rig: Rig) -> None:
    rig.write("gone/deep/a", "1")
    rig.write("gone/b", "2")
    rig.write("stays")
    rig.run()
    shutil.rmtree(rig.source / "gone")
    report = rig.run(paths("gone/deep/a", "gone/b", "gone/deep"))
    assert (report.status, report.counts.deleted) == (COMPLETE, 4)
    assert set(read_tree(rig.mirror)) == {"stays"}
    assert rig.kept_contents() == [b"1", b"2"]


def test_a_partial_pass_of_a_folder_that_became_a_file_or_link(rig: Rig) -> None:
    rig.write("a/inside/x", "1")
    rig.write("b/inside/x", "2")
    rig.run()
    shutil.rmtree(rig.source / "a")
    shutil.rmtree(rig.source / "b")
    rig.write("a", "a file")
    (rig.source / "b").symlink_to("a")
    assert rig.run(paths("a/inside/x", "b/inside")).status is COMPLETE
    rig.run(paths(""))
    rig.check_in_step()


def test_a_partial_pass_sees_a_move_by_either_end(rig: Rig) -> None:
    rig.write("a", "one")
    rig.write("b", "two")
    rig.run()
    os.rename(rig.source / "a", rig.source / "a2")
    os.rename(rig.source / "b", rig.source / "b2")
    assert rig.run(paths("a", "a2")).counts == Counts(moved=1)
    assert rig.run(paths("b2")).counts == Counts(moved=1)
    rig.run(paths(""))
    rig.check_in_step()


def test_a_partial_pass_leaves_excluded_paths_out(rig: Rig) -> None:
    rig.options["exclude"] = ("*.tmp", "/out/")
    rig.run()
    rig.write("a.tmp")
    rig.write("out/b")
    rig.write("new/c.tmp")
    rig.write("new/d")
    assert rig.run(paths("a.tmp", "out/b", "new/c.tmp")).status is COMPLETE
    assert set(read_tree(rig.mirror)) == {"new", "new/d"}


def test_a_scope_names_paths_that_never_were(rig: Rig) -> None:
    rig.run()
    report = rig.run(Scope(paths=frozenset({"no/such/thing", "nothing"}), trees=frozenset({"nor/this"})))
    assert (report.status, report.counts) == (COMPLETE, NOTHING)


def test_a_tree_and_paths_in_it_are_compared_once(rig: Rig) -> None:
    rig.run()
    rig.write("docs/deep/a")
    report = rig.run(Scope(paths=frozenset({"docs/deep/a", "docs/deep", "docs"}), trees=frozenset({"docs/deep"})))
    assert report.counts.created == 3
    rig.run(Scope(paths=frozenset({"docs/deep/a"}), trees=frozenset({""})))
    rig.check_in_step()


@pytest.mark.hazard(62)
def test_what_was_to_move_into_a_folder_that_could_not_be_made_is_looked_at_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("stays")
    rig.write("old/moved", "1")
    rig.run()
    (rig.source / "new/deep").mkdir(parents=True)
    (rig.source / "old/moved").rename(rig.source / "new/deep/moved")
    (rig.source / "old").rmdir()
    real = MirrorWriter.make_folder

    def refuse(self: MirrorWriter, path: str) -> None:
        if path == "new/deep":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        real(self, path)

    monkeypatch.setattr(MirrorWriter, "make_folder", refuse)
    report = rig.run(Scope(paths("").paths, trees("old", "new").trees))
    assert {problem.path for problem in report.problems} == {"new/deep"}
    shutil.rmtree(rig.source / "new")
    rig.run(paths("", "new", *report.missed))
    rig.check_in_step()
