"""Whole passes over real folders: what the mirror, the history and the catalog are afterwards."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine import execute, mirror, target, transfer, tree
from backup_gui.engine.catalog import Catalog
from backup_gui.engine.errors import (
    DestinationBusyError,
    DestinationUnusableError,
    JobError,
    RootAbsentError,
)
from backup_gui.engine.events import ActionDone, Event, HeldBack, PlanMade, ProblemFound, Progressed
from backup_gui.engine.history import read_version_name
from backup_gui.engine.identity import identify
from backup_gui.engine.model import (
    FULL,
    Counts,
    EntryKind,
    HeldCode,
    Op,
    PassStatus,
    ProblemCode,
    Report,
    Scope,
)
from backup_gui.engine.verify import verify
from tests.helpers.trees import contents, read_tree
from tests.unit.conftest import HOSTILE_NAMES, LONG_AGO_NS, Rig, as_nobody, mounted

COMPLETE, PROBLEMS, HELD, CANCELLED = PassStatus.COMPLETE, PassStatus.PROBLEMS, PassStatus.HELD, PassStatus.CANCELLED
NOTHING = Counts()


def paths(*names: str) -> Scope:
    return Scope(paths=frozenset(names))


def trees(*names: str) -> Scope:
    return Scope(trees=frozenset(names))


def done(report: Report) -> Counts:
    """What a pass did, apart from times and modes: those of the folders around a change come with it."""
    counts = report.counts
    return Counts(counts.created, counts.replaced, counts.deleted, counts.moved, bytes=counts.bytes)


def keep_times(file: Path, change: Callable[[], object]) -> None:
    """Change a file and set its times back."""
    before = file.stat()
    change()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


# The three scenarios that the product began with


def test_a_file_is_copied_and_its_update_too(rig: Rig) -> None:
    rig.write("file1.txt", "initial content")
    assert rig.run().status is COMPLETE
    assert (rig.mirror / "file1.txt").read_text() == "initial content"

    rig.write("file1.txt", "updated content")
    assert done(rig.run()) == Counts(replaced=1, bytes=15)
    assert (rig.mirror / "file1.txt").read_text() == "updated content"
    rig.check_in_step()


def test_what_is_only_in_the_destination_goes_and_what_is_deleted_goes(rig: Rig) -> None:
    rig.write("file1")
    rig.write("file2")
    rig.write_at(rig.mirror / "file1", "something else")
    rig.write_at(rig.mirror / "file3")
    assert rig.run().status is COMPLETE
    assert set(read_tree(rig.mirror)) == {"file1", "file2"}
    rig.check_in_step()

    (rig.source / "file2").unlink()
    assert done(rig.run()) == Counts(deleted=1)
    assert set(read_tree(rig.mirror)) == {"file1"}
    rig.check_in_step()


def test_an_absent_destination_is_made_with_the_folders_above_it(rig: Rig) -> None:
    rig.write("docs/a")
    rig.options["destination"] = str(rig.root / "not" / "yet" / "there")
    assert rig.run().status is COMPLETE
    assert read_tree(rig.root / "not" / "yet" / "there") == read_tree(rig.source)
    assert not (rig.root / "not" / "yet" / "there.history").exists()


# Kinds, names, shapes


def plant_everything(rig: Rig) -> None:
    """Fill the source with one of each sort."""
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(name, f"content {number}")
        rig.write(f"folder/in {name[:50]}/{name}", b"x" * number)
    (rig.source / "empty" / "emptier").mkdir(parents=True)
    (rig.source / "to file").symlink_to("plain")
    (rig.source / "dangling").symlink_to("nowhere\udcff")
    (rig.source / "to itself").symlink_to("to itself")
    (rig.source / "loop").symlink_to("..")
    (rig.source / "absolute").symlink_to("/etc")
    (rig.source / "folder link").symlink_to("folder")
    rig.write("empty file", b"")
    rig.write("set-id", "program").chmod(0o6755)
    rig.write("read-only", "r").chmod(0o400)
    (rig.source / "sticky").mkdir()
    (rig.source / "sticky").chmod(0o1777)
    (rig.source / "locked").mkdir()
    rig.write("locked/inside")
    (rig.source / "locked").chmod(0o500)
    before_1970 = rig.write("before 1970")
    os.utime(before_1970, ns=(-1_500_000_000, -1_500_000_000))
    for path in ("to file", "dangling", "empty/emptier", "empty", "folder", "locked", ""):
        os.utime(rig.source / path, ns=(LONG_AGO_NS, LONG_AGO_NS + 7), follow_symlinks=False)


def test_everything_arrives_as_it_is_and_a_second_pass_does_nothing(rig: Rig) -> None:
    plant_everything(rig)
    before = read_tree(rig.source)
    report = rig.run()
    assert (report.status, report.problems) == (COMPLETE, ())
    assert report.counts.created == len(before)
    assert report.source_folders == 1 + sum(node.kind == "folder" for node in before.values())
    rig.check_in_step()
    assert read_tree(rig.source) == before
    assert not rig.history.exists()
    assert rig.temporaries() == []

    again = rig.run()
    assert (again.status, again.counts) == (COMPLETE, NOTHING)
    assert rig.told(ActionDone) == []


def test_everything_goes_again_and_is_kept(rig: Rig) -> None:
    plant_everything(rig)
    rig.run()
    kept = sorted(node.content for node in read_tree(rig.mirror).values() if node.kind != "folder")
    (rig.source / "locked").chmod(0o700)
    shutil.rmtree(rig.source)
    rig.source.mkdir()
    rig.write("one left")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    assert rig.kept_contents() == kept
    assert rig.catalog.count() == 1


def test_where_there_are_no_folder_descriptors_a_pass_does_the_same(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tree, target):
        monkeypatch.setattr(module, "HAS_FOLDER_DESCRIPTORS", False)
    monkeypatch.setattr(target, "CAN_SYNC_VOLUME", False)
    monkeypatch.setattr(target.Target, "_set_root_metadata", lambda _self, _entry: None)
    rig.write("docs/a", "one")
    rig.write("docs/deep/b", "two")
    (rig.source / "link").symlink_to("docs")
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == contents(rig.source)

    rig.write("docs/a", "three")
    os.rename(rig.source / "docs" / "deep", rig.source / "moved")
    (rig.source / "link").unlink()
    report = rig.run()
    assert (report.status, report.counts.moved, report.counts.replaced) == (COMPLETE, 1, 1)
    assert read_tree(rig.mirror) == read_tree(rig.source)
    assert sorted(rig.kept().values()) == [b"docs", b"one"]
    assert done(rig.run()) == NOTHING


DEPTH = 3_000


def make_deep(root: Path) -> None:
    fd = os.open(root, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    file = os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=fd)
    os.write(file, b"deep")
    os.close(file)
    os.close(fd)


def depth_of(root: Path) -> int:
    """How many folders lie in each other; the file at the bottom counts as one more."""
    depth = 0
    fd = os.open(root, os.O_RDONLY)
    while names := os.listdir(fd):
        depth += 1
        if names != ["d"]:
            assert len(names) == 1
            assert names[0].startswith("bottom")
            break
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    return depth


def test_three_thousand_levels_are_mirrored_and_deleted(rig: Rig) -> None:
    make_deep(rig.source)
    report = rig.run()
    assert (report.status, report.counts.created) == (COMPLETE, DEPTH + 1)
    assert depth_of(rig.mirror) == DEPTH + 1
    assert rig.run().counts == NOTHING

    deep = "/".join(["d"] * DEPTH)
    assert rig.run(paths(f"{deep}/bottom")).counts == NOTHING
    os.rename(rig.source / "d", rig.root / "aside")
    rig.write("other")
    report = rig.run()
    assert (report.status, report.counts.deleted) == (COMPLETE, DEPTH + 1)
    assert depth_of(rig.history) == DEPTH + 1
    assert set(read_tree(rig.mirror)) == {"other"}


def test_a_sparse_file_keeps_its_holes(rig: Rig) -> None:
    with open(rig.source / "sparse", "wb") as file:
        file.write(b"head")
        file.seek(1 << 30)
        file.write(b"middle")
        file.truncate((1 << 30) + (1 << 25))
    assert rig.run().status is COMPLETE
    copy = (rig.mirror / "sparse").stat()
    assert copy.st_size == (1 << 30) + (1 << 25)
    assert copy.st_blocks * 512 < 1 << 20
    with open(rig.mirror / "sparse", "rb") as file:
        assert file.read(6) == b"head\0\0"
        file.seek(1 << 30)
        assert file.read(8) == b"middle\0\0"


def test_extended_attributes_come_along(rig: Rig) -> None:
    file = rig.write("file")
    try:
        os.setxattr(file, "user.origin", b"\x00value")
    except OSError:
        pytest.skip("no extended attributes here")
    rig.run()
    assert os.getxattr(rig.mirror / "file", "user.origin") == b"\x00value"


def test_hard_links_become_equal_files_and_a_second_pass_does_nothing(rig: Rig) -> None:
    rig.write("a", "shared")
    os.link(rig.source / "a", rig.source / "b")
    rig.run()
    rig.check_in_step()
    assert rig.run().counts == NOTHING

    (rig.source / "b").unlink()
    os.link(rig.source / "a", rig.source / "c")
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    rig.run()
    assert rig.run().counts == NOTHING


def test_pipes_and_sockets_are_listed_and_never_opened(rig: Rig) -> None:
    os.mkfifo(rig.source / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(rig.source / "socket"))
    rig.write("file")
    report = rig.run()
    assert report.status is PROBLEMS
    assert {(p.path, p.code) for p in report.problems} == {
        ("pipe", ProblemCode.SPECIAL_FILE),
        ("socket", ProblemCode.SPECIAL_FILE),
    }
    assert [event.problem for event in rig.told(ProblemFound)] == list(report.problems)
    assert set(read_tree(rig.mirror)) == {"file"}


def test_a_file_that_became_a_pipe_leaves_the_mirror_for_the_history(rig: Rig) -> None:
    rig.write("file", "old")
    rig.write("other")
    rig.run()
    (rig.source / "file").unlink()
    os.mkfifo(rig.source / "file")
    assert rig.run().status is PROBLEMS
    assert set(read_tree(rig.mirror)) == {"other"}
    assert rig.kept_contents() == [b"old"]


@pytest.mark.root
def test_the_owner_is_kept_by_root(rig: Rig) -> None:
    file = rig.write("file")
    (rig.source / "link").symlink_to("file")
    (rig.source / "folder").mkdir()
    rig.run()
    for path in ("file", "link", "folder", ""):
        os.chown(rig.source / path, 1234, 4321, follow_symlinks=False)
    file.chmod(0o4711)
    assert rig.run().counts.replaced == 0
    for path in ("file", "link", "folder", ""):
        status = os.lstat(rig.mirror / path)
        assert (status.st_uid, status.st_gid) == (1234, 4321), path
    assert stat.S_IMODE((rig.mirror / "file").stat().st_mode) == 0o4711
    assert rig.run().counts == NOTHING


# Changes


def make(rig: Rig, kind: str, content: str) -> None:
    thing = rig.source / "thing"
    match kind:
        case "file":
            rig.write("thing", content)
        case "folder":
            rig.write("thing/inside/deep", content)
            (thing / "empty").mkdir()
            (thing / "link").symlink_to("inside")
        case _:
            thing.symlink_to(content)


@pytest.mark.parametrize("keeps_history", [True, False])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("file", "folder"),
        ("file", "link"),
        ("folder", "file"),
        ("folder", "link"),
        ("link", "file"),
        ("link", "folder"),
    ],
)
@pytest.mark.parametrize("scope", [FULL, paths("thing")], ids=["full", "partial"])
def test_a_changed_type_is_followed(rig: Rig, old: str, new: str, scope: Scope, *, keeps_history: bool) -> None:
    rig.options["keeps_history"] = keeps_history
    rig.write("bystander")
    make(rig, old, "old content")
    rig.run()
    thing = rig.source / "thing"
    if old == "folder":
        shutil.rmtree(thing)
    else:
        thing.unlink()
    make(rig, new, "new content")
    os.utime(rig.source, ns=(LONG_AGO_NS, LONG_AGO_NS))
    report = rig.run(scope)
    assert (report.status, report.problems) == (COMPLETE, ())
    rig.run(paths(""))
    rig.check_in_step()
    if not keeps_history:
        assert not rig.history.exists()
    elif old == "folder":
        assert rig.kept_contents() == [b"inside", b"old content"]
        # The folder itself holds nothing, so the history has no version of it.
        assert not [path for path in read_tree(rig.history) if path.startswith("thing~")]
    else:
        assert rig.kept_contents() == [b"old content"]
    again = rig.run()
    assert (again.status, again.counts) == (COMPLETE, NOTHING)


def test_a_file_of_the_mirrors_folder_that_took_the_folders_place_is_kept(rig: Rig) -> None:
    rig.write("d/big", "the content")
    rig.write("d/small", "lost")
    rig.run()
    os.rename(rig.source / "d", rig.source / "e")
    os.rename(rig.source / "e" / "big", rig.source / "d")
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_an_edit_that_keeps_size_and_time_is_found(rig: Rig) -> None:
    file = rig.write("file", "old!")
    rig.run()
    keep_times(file, lambda: file.write_text("new!"))
    report = rig.run()
    assert (report.counts.replaced, report.counts.bytes) == (1, 4)
    assert (rig.mirror / "file").read_text() == "new!"
    assert rig.kept_contents() == [b"old!"]
    rig.check_in_step()
    assert rig.run().counts == NOTHING


def test_an_edit_that_keeps_size_and_time_and_moves_the_file_is_left_to_verify(rig: Rig) -> None:
    # A rename gives a file a new change time itself, so inode, size and time are all that a move goes by.
    file = rig.write("file", "old!")
    rig.run()
    keep_times(file, lambda: file.write_text("new!"))
    os.rename(file, rig.source / "moved")
    rig.run()
    assert contents(rig.mirror) == {"moved": b"old!"}
    found = list(verify(str(rig.source), str(rig.mirror)))
    assert [difference.path for difference in found] == ["moved"]


def test_a_changed_mode_copies_nothing(rig: Rig) -> None:
    file = rig.write("file")
    (rig.source / "folder").mkdir()
    rig.run()
    inode = (rig.mirror / "file").stat().st_ino
    file.chmod(0o751)
    (rig.source / "folder").chmod(0o711)
    report = rig.run()
    assert report.counts == Counts(metadata=2)
    assert (rig.mirror / "file").stat().st_ino == inode
    rig.check_in_step()
    assert rig.run().counts == NOTHING


def test_a_file_edited_after_its_changed_mode_was_planned_is_not_taken_for_copied(rig: Rig) -> None:
    file = rig.write("file", "old!")
    rig.run()
    file.chmod(0o600)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            rig.write("file", "new!")

    rig.run(on_event=edit)
    rig.run()
    rig.check_in_step()


def test_a_changed_mode_is_set_without_a_catalog_too(rig: Rig) -> None:
    file = rig.write("file")
    rig.run()
    file.chmod(0o751)
    rig.catalog.forget(["file"])
    assert rig.run().counts == Counts(metadata=1)
    rig.check_in_step()


def test_what_somebody_edits_in_the_mirror_is_kept_and_set_right(rig: Rig) -> None:
    rig.write("file", "ours")
    rig.run()
    rig.write_at(rig.mirror / "file", "theirs, longer")
    rig.write_at(rig.mirror / "new", "a stranger's")
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    assert rig.kept_contents() == [b"a stranger's", b"theirs, longer"]


def test_moved_files_and_folders_are_renamed_in_the_mirror(rig: Rig) -> None:
    rig.write("a", "one")
    rig.write("folder/b", "two")
    rig.write("folder/deep/c", "three")
    rig.run()
    inodes = {name: (rig.mirror / name).stat().st_ino for name in ("a", "folder/b", "folder/deep/c")}
    os.rename(rig.source / "folder", rig.source / "renamed")
    (rig.source / "into").mkdir()
    os.rename(rig.source / "a", rig.source / "into" / "z")
    report = rig.run()
    assert (report.status, done(report)) == (COMPLETE, Counts(created=3, moved=3, deleted=2))
    assert (rig.mirror / "into" / "z").stat().st_ino == inodes["a"]
    assert (rig.mirror / "renamed" / "b").stat().st_ino == inodes["folder/b"]
    assert (rig.mirror / "renamed" / "deep" / "c").stat().st_ino == inodes["folder/deep/c"]
    rig.check_in_step()
    assert not rig.history.exists()
    assert rig.run().counts == NOTHING


def test_names_that_changed_places_are_followed(rig: Rig) -> None:
    rig.write("a", "was a")
    rig.write("b", "was b, longer")
    rig.run()
    os.rename(rig.source / "a", rig.source / "c")
    os.rename(rig.source / "b", rig.source / "a")
    os.rename(rig.source / "c", rig.source / "b")
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    assert rig.run().counts == NOTHING


def test_an_exclusion_takes_its_matches_out_of_the_mirror(rig: Rig) -> None:
    rig.write("keep.txt")
    rig.write("cache/x", "cached")
    rig.write("deep/cache/y", "cached too")
    rig.write("note.tmp", "scratch")
    rig.run()
    rig.options["exclude"] = ("cache/", "*.tmp")
    assert rig.run().status is COMPLETE
    assert set(read_tree(rig.mirror)) == {"keep.txt", "deep"}
    assert rig.kept_contents() == [b"cached", b"cached too", b"scratch"]
    assert rig.run(paths("note.tmp", "cache/x", "cache")).counts == NOTHING
    assert rig.run().counts == NOTHING


def test_temporaries_of_a_killed_run_are_swept_and_never_mirrored(rig: Rig) -> None:
    litter = ".~bg-0123456789abcdef"
    rig.write("docs/file")
    rig.write(litter, "the user's, of all names")
    rig.write_at(rig.mirror / litter)
    rig.write_at(rig.mirror / "docs" / litter)
    rig.write_at(rig.mirror / "gone" / litter)
    rig.write_at(rig.mirror / ".~bg-not one", "a stranger's")
    # A folder that was not finished, and one of the source of all names.
    rig.write_at(rig.mirror / "docs" / ".~bg-fedcba9876543210" / "deep" / "file")
    rig.write(".~bg-fedcba9876543210/deep/file")
    assert rig.run().status is COMPLETE
    assert set(read_tree(rig.mirror)) == {"docs", "docs/file"}
    assert rig.kept_contents() == [b"a stranger's"]
    assert rig.run(paths(litter)).counts == NOTHING


def test_two_versions_that_leave_within_a_second_are_both_kept(rig: Rig) -> None:
    for content in ("1", "2", "3", "4"):
        rig.write("a.txt", content)
        rig.run()
    names = {path: read_version_name(path) for path in rig.kept()}
    assert rig.kept_contents() == [b"1", b"2", b"3"]
    assert {read[0] for read in names.values() if read} == {"a.txt"}
    assert len(names) == 3


def test_a_long_name_is_kept_in_the_history_too(rig: Rig) -> None:
    for name in ("n" * 255, "ü" * 127 + "x", "e" * 250 + ".text"):
        for content in ("1", "2", "3"):
            rig.write(name, f"{content} of {name[0]}")
            assert rig.run().status is COMPLETE
    assert rig.kept_contents() == sorted(f"{c} of {n}".encode() for n in "nüe" for c in "12")
    assert all(len(os.fsencode(name)) <= 255 for name in rig.kept())


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


# Unreadable, vanishing, changing


def test_nothing_below_an_unreadable_folder_is_deleted(rig: Rig) -> None:
    rig.write("docs/deep/a", "1")
    rig.write("docs/b", "2")
    rig.write("other", "3")
    with as_nobody(rig.root):
        rig.run()
        before = contents(rig.mirror)
        (rig.source / "other").unlink()
        for mode in (0o000, 0o400, 0o300, 0o100):
            (rig.source / "docs").chmod(mode)
            for scope in (FULL, trees("docs"), paths("docs/deep/a", "docs/b", "docs", "docs/deep"), trees("docs/deep")):
                report = rig.run(scope)
                if not mode & 0o400 and scope in (FULL, trees("docs")):
                    assert ("docs", ProblemCode.NO_PERMISSION) in {(p.path, p.code) for p in report.problems}
                assert {path: before[path] for path in ("docs/deep/a", "docs/b")} == {
                    path: content for path, content in mirror_as_root(rig).items() if path != "other"
                }
        (rig.source / "docs").chmod(0o755)
        rig.run()
        rig.check_in_step()
    assert rig.kept_contents() == [b"3"]


def mirror_as_root(rig: Rig) -> dict[str, bytes]:
    """Read the mirror whatever its modes are."""
    nobody = os.geteuid()
    if os.getuid() == 0:
        os.seteuid(0)
    try:
        return contents(rig.mirror)
    finally:
        os.seteuid(nobody)


def test_an_unreadable_file_is_listed_and_its_copy_stays(rig: Rig) -> None:
    file = rig.write("secret", "old")
    rig.write("open")
    with as_nobody(rig.root):
        rig.run()
        rig.write("secret", "newer")
        file.chmod(0)
        rig.write("open", "changed")
        report = rig.run()
        assert [(p.path, p.code) for p in report.problems] == [("secret", ProblemCode.NO_PERMISSION)]
        assert (report.status, report.counts.replaced) == (PROBLEMS, 1)
        assert contents(rig.mirror) == {"secret": b"old", "open": b"changed"}
        file.chmod(0o600)
        assert rig.run().status is COMPLETE
        rig.check_in_step()


def test_write_protected_folders_are_followed_without_being_root(rig: Rig) -> None:
    rig.write("locked/deep/a", "1")
    rig.write("locked/b", "2")
    rig.write("locked/c", "3")
    (rig.source / "locked" / "link").symlink_to("b")

    def lock(mode: int) -> None:
        for path in ("locked/deep", "locked", ""):
            (rig.source / path).chmod(mode)

    with as_nobody(rig.root):
        lock(0o555)
        assert rig.run().status is COMPLETE
        rig.check_in_step()
        lock(0o755)
        rig.write("locked/deep/a", "replaced")
        (rig.source / "locked" / "b").unlink()
        os.rename(rig.source / "locked" / "c", rig.source / "locked" / "deep" / "c")
        rig.write("locked/new/d")
        (rig.source / "locked" / "link").unlink()
        (rig.source / "locked" / "link").symlink_to("c")
        lock(0o555)
        report = rig.run()
        assert (report.status, report.problems) == (COMPLETE, ())
        rig.check_in_step()
        assert rig.run().counts == NOTHING
        lock(0o755)
        shutil.rmtree(rig.source / "locked")
        (rig.source / "x").mkdir()
        rig.source.chmod(0o555)
        assert rig.run().status is COMPLETE
        rig.check_in_step()
        rig.source.chmod(0o755)


def on_copy(rig: Rig, monkeypatch: pytest.MonkeyPatch, change: Callable[[int], object]) -> None:
    """Call ``change`` with a running number after each file's content was read, before it is looked at again."""
    real = transfer.transfer
    calls = iter(range(1_000))

    def transfer_and_change(
        fd: int, out: int, before: os.stat_result, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        real(fd, out, before, on_bytes, should_stop)
        change(next(calls))

    monkeypatch.setattr(target, "transfer", transfer_and_change)


def test_a_file_that_changes_once_while_it_is_read_is_read_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("file", "first")
    on_copy(rig, monkeypatch, lambda count: rig.write("file", "second one") if count == 0 else None)
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"file": b"second one"}
    assert rig.temporaries() == []


def test_a_file_that_keeps_changing_is_listed_and_its_old_copy_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("file", "whole")
    rig.run()
    rig.write("file", "changing")
    rig.write("other", "other")
    on_copy(rig, monkeypatch, lambda count: rig.write("file", f"changing {count}"))
    report = rig.run()
    assert [(p.path, p.code) for p in report.problems] == [("file", ProblemCode.KEEPS_CHANGING)]
    assert contents(rig.mirror) == {"file": b"whole", "other": b"other"}
    assert rig.temporaries() == []


def test_a_file_that_vanishes_while_it_is_read_is_no_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("file", "short-lived")
    on_copy(rig, monkeypatch, lambda _count: (rig.source / "file").unlink())
    report = rig.run()
    assert (report.status, done(report)) == (COMPLETE, NOTHING)
    assert read_tree(rig.mirror) == {}


def test_what_is_gone_or_other_between_plan_and_copy_does_no_harm(rig: Rig) -> None:
    for name in ("gone", "to link", "to pipe", "to folder", "kept"):
        rig.write(name, name)
    (rig.source / "link gone").symlink_to("x")
    (rig.source / "folder gone").mkdir()
    outside = rig.write_at(rig.root / "outside", "never copied")

    def change(event: Event) -> None:
        if not isinstance(event, PlanMade):
            return
        for name in ("gone", "to link", "to pipe", "to folder", "link gone"):
            (rig.source / name).unlink()
        (rig.source / "folder gone").rmdir()
        (rig.source / "to link").symlink_to(outside)
        os.mkfifo(rig.source / "to pipe")
        (rig.source / "to folder").mkdir()

    report = rig.run(on_event=change)
    assert report.problems == ()
    assert contents(rig.mirror) == {"kept": b"kept"}
    rig.run()
    (rig.source / "to pipe").unlink()
    rig.run()
    rig.check_in_step()


def test_what_is_back_before_it_is_deleted_stays(rig: Rig) -> None:
    rig.write("back", "1")
    rig.write("folder/back too", "2")
    rig.write("gone", "3")
    rig.write("bystander")
    rig.run()
    os.rename(rig.source / "back", rig.root / "aside")
    os.rename(rig.source / "folder", rig.root / "folder aside")
    (rig.source / "gone").unlink()

    def change(event: Event) -> None:
        if isinstance(event, PlanMade):
            os.rename(rig.root / "aside", rig.source / "back")
            os.rename(rig.root / "folder aside", rig.source / "folder")

    report = rig.run(on_event=change)
    assert report.counts.deleted == 1
    rig.run()
    rig.check_in_step()
    assert rig.kept_contents() == [b"3"]


def test_a_source_that_is_swapped_before_deletions_deletes_nothing(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("b", "2")
    rig.run()
    (rig.source / "b").unlink()
    rig.write("c", "3")

    def swap(event: Event) -> None:
        if isinstance(event, PlanMade):
            os.rename(rig.source, rig.root / "elsewhere")
            rig.source.mkdir()

    with pytest.raises(RootAbsentError):
        rig.run(on_event=swap)
    assert contents(rig.mirror) == {"a": b"1", "b": b"2", "c": b"3"}
    assert rig.temporaries() == []


def test_a_source_removed_while_it_is_compared_is_no_success(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()

    def remove(event: Event) -> None:
        if isinstance(event, Progressed) and rig.source.exists():
            shutil.rmtree(rig.source)

    with pytest.raises(RootAbsentError):
        rig.run(on_event=remove)
    assert contents(rig.mirror) == {"a": b"1"}


# The roots


def test_a_missing_source_is_waited_for(rig: Rig) -> None:
    rig.write("a")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    with pytest.raises(RootAbsentError, match="not there"):
        rig.run()
    rig.source.write_text("a file")
    with pytest.raises(RootAbsentError, match="not a folder any more"):
        rig.run()
    assert set(read_tree(rig.mirror)) == {"a"}


def test_a_source_that_is_no_folder_is_a_wrong_job(rig: Rig) -> None:
    rig.source.rmdir()
    rig.source.write_text("a file")
    with pytest.raises(JobError, match="source is not a folder"):
        rig.run()
    assert not rig.mirror.exists()


def test_a_source_that_may_not_be_read_is_waited_for(rig: Rig) -> None:
    rig.write("a")
    with as_nobody(rig.root):
        rig.run()
        rig.source.chmod(0)
        with pytest.raises(RootAbsentError, match="cannot be opened"):
            rig.run()
        rig.source.chmod(0o755)
        assert set(read_tree(rig.mirror)) == {"a"}


def test_an_emptied_source_is_held(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    (rig.source / "a").unlink()
    report = rig.run()
    assert report.status is HELD
    assert report.held is not None
    assert (report.held.code, report.held.counts.deleted) == (HeldCode.SOURCE_EMPTY, 1)
    assert rig.told(HeldBack) == [HeldBack(report.held)]
    assert contents(rig.mirror) == {"a": b"1"}
    # A partial pass comes to the same.
    assert rig.run(paths("a")).status is HELD
    assert contents(rig.mirror) == {"a": b"1"}

    assert rig.run(allowed=report.held).status is COMPLETE
    assert contents(rig.mirror) == {}
    assert rig.kept_contents() == [b"1"]


def test_another_folder_in_the_sources_place_is_held_until_agreed_to_once(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("b", "2")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    rig.write("a", "other")
    rig.write("new", "3")
    report = rig.run()
    assert report.held is not None
    assert report.held.code is HeldCode.SOURCE_REPLACED
    assert contents(rig.mirror) == {"a": b"1", "b": b"2", "new": b"3"}

    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()
    # The user has said that this is the source: it is, from now on.
    (rig.source / "new").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_the_standing_word_takes_another_source_for_good(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    rig.write("b", "2")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    rig.options.clear()
    rig.write("b", "3")
    assert rig.run().status is COMPLETE
    rig.check_in_step()


@pytest.mark.root
def test_another_drive_in_the_sources_place_is_refused(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    with mounted(rig.source):
        rig.write("b", "2")
        with pytest.raises(RootAbsentError, match="Another drive"):
            rig.run()
        assert contents(rig.mirror) == {"a": b"1"}
        rig.options["allows_mass_delete"] = True
        assert rig.run().status is COMPLETE
        assert contents(rig.mirror) == {"b": b"2"}


@pytest.mark.root
def test_an_unmounted_destination_is_not_written_where_it_was(rig: Rig) -> None:
    rig.write("a", "1")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "backups" / "mine")
    with mounted(drive):
        assert rig.run().status is COMPLETE
        rig.write("a", "22")
        assert rig.run().status is COMPLETE
        assert len(read_tree(drive)) == 5
    for scope in (FULL, paths("a")):
        with pytest.raises(RootAbsentError, match="drive of the destination"):
            rig.run(scope)
    assert list(drive.iterdir()) == []
    with mounted(drive), pytest.raises(RootAbsentError, match="drive of the destination"):
        rig.run()
    assert list(drive.iterdir()) == []


@pytest.mark.root
def test_nothing_is_deleted_below_a_drive_unmounted_within_the_source(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "drive"
    drive.mkdir()
    with mounted(drive):
        rig.write("drive/photo", "2")
        assert rig.run().status is COMPLETE
    rig.write("own", "11")
    for scope in (FULL, paths("drive/photo", "own"), trees("drive")):
        rig.run(scope)
        assert contents(rig.mirror) == {"own": b"11", "drive/photo": b"2"}


@pytest.mark.root
def test_a_drive_within_the_source_is_waited_for_even_if_its_folder_goes_with_it(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "media" / "drive"
    drive.mkdir(parents=True)
    with mounted(drive):
        rig.write("media/drive/photo", "2")
        rig.write("media/note", "3")
        rig.run()
        assert rig.run().problems == ()
    shutil.rmtree(rig.source / "media")
    for scope in (FULL, paths("media/drive"), paths("media"), paths("media/drive/photo")):
        report = rig.run(scope)
        assert [(p.path, p.code) for p in report.problems] == [("media/drive", ProblemCode.DRIVE_AWAY)]
        assert contents(rig.mirror)["media/drive/photo"] == b"2"
    # Back again, with other content: it is followed again.
    drive.mkdir(parents=True)
    with mounted(drive):
        rig.write("media/drive/second", "4")
        assert rig.run().status is COMPLETE
        rig.check_in_step()


@pytest.mark.root
def test_the_users_word_lets_a_drive_within_the_source_go(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "drive"
    drive.mkdir()
    with mounted(drive):
        rig.write("drive/photo", "2")
        rig.run()
    rig.options["exclude"] = ("/drive/",)
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"own": b"1"}


@pytest.mark.parametrize("text", ["no json", "7", '[7, "x"]', "{}"])
def test_a_damaged_memory_of_drives_does_no_harm(rig: Rig, text: str) -> None:
    rig.write("a")
    rig.catalog.remember(mirror.DRIVES_KEY, text)
    rig.run()
    (rig.source / "a").unlink()
    rig.write("b")
    assert rig.run().counts.deleted == 1


@pytest.mark.root
def test_a_file_moved_onto_a_drive_mounted_within_the_mirror_is_copied(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("sub/b", "2")
    rig.run()
    with mounted(rig.mirror / "sub"):
        rig.run()
        os.rename(rig.source / "a", rig.source / "sub" / "a")
        rig.run()
        rig.run()
        assert contents(rig.mirror) == {"sub/a": b"1", "sub/b": b"2"}


@pytest.mark.root
def test_a_history_on_another_drive_is_refused(rig: Rig) -> None:
    rig.mirror.mkdir()
    with mounted(rig.mirror):
        with pytest.raises(JobError, match="another drive"):
            rig.run()
        assert list(rig.mirror.iterdir()) == []
        assert not rig.history.exists()
        rig.options["keeps_history"] = False
        assert rig.run().status is COMPLETE


@pytest.mark.root
def test_a_read_only_destination_ends_the_pass(rig: Rig) -> None:
    rig.write("a")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    with mounted(drive):
        rig.run()
        rig.write("a", "changed")
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,ro", str(drive))
        for scope in (FULL, paths("a")):
            with pytest.raises(DestinationUnusableError, match="read-only"):
                rig.run(scope)
        rig.options["destination"] = str(drive / "new")
        with pytest.raises(DestinationUnusableError, match="read-only"):
            rig.run()


@pytest.mark.root
def test_a_full_drive_is_told_and_what_fits_is_copied(rig: Rig) -> None:
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    rig.write("a large", b"x" * (6 << 20))
    rig.write("b medium", b"x" * (900 << 10))
    rig.write("c medium", b"x" * (900 << 10))
    rig.write("small", b"x")
    with mounted(drive, "size=1m"):
        report = rig.run()
        assert {p.code for p in report.problems} == {ProblemCode.NO_SPACE}
        assert "7.2 MB more is needed" in report.reason
        fitting = set(read_tree(drive / "mirror"))
        assert fitting in ({"b medium", "small"}, {"c medium", "small"})
        assert {p.path for p in report.problems} | fitting == set(read_tree(rig.source))
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,size=16m", str(drive))
        assert rig.run().status is COMPLETE
        assert read_tree(drive / "mirror") == read_tree(rig.source)


def test_a_destination_deleted_is_made_anew(rig: Rig) -> None:
    rig.write("docs/a", "1")
    rig.write("b", "2")
    rig.run()
    shutil.rmtree(rig.mirror)
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    shutil.rmtree(rig.mirror)
    assert rig.run(paths("docs/a")).status is COMPLETE
    assert contents(rig.mirror) == {"docs/a": b"1"}
    rig.run()
    rig.check_in_step()


@pytest.mark.parametrize("what", ["file", "dangling", "below a file"])
def test_a_destination_that_is_no_folder_is_told(rig: Rig, what: str) -> None:
    rig.write("a")
    if what == "dangling":
        rig.mirror.symlink_to(rig.root / "nowhere")
    else:
        rig.mirror.write_text("a file")
    if what == "below a file":
        rig.options["destination"] = str(rig.mirror / "below")
    with pytest.raises((JobError, DestinationUnusableError), match="destination"):
        rig.run()
    assert not (rig.root / "nowhere").exists()


def test_a_destination_that_may_not_be_written_is_told(rig: Rig) -> None:
    rig.write("a")
    with as_nobody(rig.source):
        with pytest.raises(DestinationUnusableError, match="Permission denied"):
            rig.run()
        assert not rig.mirror.exists()


def test_folders_within_each_other_are_refused(rig: Rig) -> None:
    rig.write("a/b")
    inside, around = str(rig.source / "a"), str(rig.root)
    for options, message in (
        ({"destination": inside}, "destination lies inside the source"),
        ({"destination": str(rig.source)}, "destination lies inside"),
        ({"destination": around}, "source lies inside the destination"),
        ({"history": inside}, "history and the source"),
        ({"history": around}, "history and the source"),
        ({"history": str(rig.mirror)}, "history and the destination"),
        ({"history": str(rig.mirror / "h")}, "history and the destination"),
    ):
        rig.options.clear()
        rig.options |= options
        with pytest.raises(JobError, match=message):
            rig.run()
    rig.options.clear()
    rig.mirror.symlink_to(rig.source / "a")
    with pytest.raises(JobError, match="inside the source"):
        rig.run()
    assert set(read_tree(rig.source)) == {"a", "a/b"}


def test_a_destination_that_another_process_writes_to_is_busy(rig: Rig) -> None:
    rig.write("a")
    rig.mirror.mkdir()
    other = os.open(rig.mirror, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(DestinationBusyError):
            rig.run()
        assert list(rig.mirror.iterdir()) == []
        assert rig.run(is_dry_run=True).status is COMPLETE
    finally:
        os.close(other)
    assert rig.run().status is COMPLETE


# Links planted in the destination


def test_a_link_planted_in_the_mirror_leads_nowhere(rig: Rig) -> None:
    outside = rig.root / "outside"
    rig.write_at(outside / "a", "precious")
    rig.write_at(outside / "deep" / "b", "precious too")
    rig.write("docs/a", "ours")
    rig.write("docs/deep/b", "ours too")
    rig.write("file", "plain")
    rig.run()
    shutil.rmtree(rig.mirror / "docs")
    (rig.mirror / "docs").symlink_to(outside)
    (rig.mirror / "file").unlink()
    (rig.mirror / "file").symlink_to(outside / "a")
    rig.write("docs/a", "ours, changed")
    before = read_tree(outside)
    for scope in (paths("docs/a", "docs/deep/b"), FULL):
        rig.run(scope)
        assert read_tree(outside) == before
    rig.check_in_step()
    assert read_tree(outside) == before


def test_a_link_swapped_into_the_mirror_after_the_plan_leads_nowhere(rig: Rig) -> None:
    outside = rig.root / "outside"
    rig.write_at(outside / "a", "precious")
    rig.write_at(outside / "gone", "precious too")
    rig.write("docs/a", "1")
    rig.write("docs/gone", "2")
    rig.write("docs/mode", "3")
    rig.run()
    rig.write("docs/a", "changed")
    (rig.source / "docs" / "mode").chmod(0o600)
    (rig.source / "docs" / "gone").unlink()
    before = read_tree(outside)

    def swap(event: Event) -> None:
        if isinstance(event, PlanMade):
            os.rename(rig.mirror / "docs", rig.root / "aside")
            (rig.mirror / "docs").symlink_to(outside)

    rig.run(on_event=swap)
    assert read_tree(outside) == before
    rig.run()
    rig.check_in_step()
    assert read_tree(outside) == before


def test_a_link_planted_in_the_history_leads_nowhere(rig: Rig) -> None:
    outside = rig.root / "outside"
    rig.write_at(outside / "a", "precious")
    rig.write("docs/a", "1")
    rig.write("b", "1")
    rig.run()
    rig.history.mkdir()
    (rig.history / "docs").symlink_to(outside)
    before = read_tree(outside)
    rig.write("docs/a", "2")
    rig.write("b", "2")
    report = rig.run()
    assert read_tree(outside) == before
    # What cannot be kept is not replaced, and is said.
    assert [p.path for p in report.problems] == ["docs/a"]
    assert contents(rig.mirror) == {"docs/a": b"1", "b": b"2"}
    (rig.history / "docs").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_a_source_reached_through_a_link_is_followed(rig: Rig) -> None:
    rig.write("a", "1")
    os.rename(rig.source, rig.root / "real")
    rig.source.symlink_to("real")
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"a": b"1"}


# The guard


def fill(rig: Rig, count: int) -> None:
    for number in range(count):
        rig.write(f"docs/{number:03}", str(number))


def test_a_mass_deletion_is_held_while_new_files_go_on(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(51):
        (rig.source / f"docs/{number:03}").unlink()
    rig.write("new", "new")
    (rig.source / "docs").chmod(0o711)
    report = rig.run()
    assert report.held is not None
    assert (report.status, report.held.code) == (HELD, HeldCode.MASS_CHANGE)
    assert (report.held.counts.deleted, report.held.mirror_files) == (51, 100)
    assert len(contents(rig.mirror)) == 101
    assert (rig.mirror / "new").exists()
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_what_was_not_agreed_to_stays_held(rig: Rig) -> None:
    fill(rig, 120)
    rig.run()
    for number in range(61):
        (rig.source / f"docs/{number:03}").unlink()
    held = rig.run().held
    for number in range(61, 119):
        (rig.source / f"docs/{number:03}").unlink()
    report = rig.run(allowed=held)
    assert report.status is HELD or report.counts.deleted == 61 + 58
    assert not (rig.mirror / "docs/000").exists()
    # 58 further ones of 120 are less than half.
    assert len(contents(rig.mirror)) == 1


def test_at_the_limits_nothing_is_held(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(50):
        (rig.source / f"docs/{number:03}").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


def test_a_mass_rewrite_is_held_in_partial_passes_too(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(60):
        rig.write(f"docs/{number:03}", "encrypted")
    report = rig.run(paths(*(f"docs/{number:03}" for number in range(60))))
    assert report.status is HELD
    assert sum(content == b"encrypted" for content in contents(rig.mirror).values()) == 0


def test_a_mass_rewrite_that_keeps_sizes_and_times_is_held_too(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    for number in range(60):
        file = rig.source / f"docs/{number:03}"
        keep_times(file, lambda file=file: file.write_bytes(b"x" * file.stat().st_size))  # type: ignore[misc]
    assert rig.run().status is HELD
    assert sum(content.startswith(b"x") for content in contents(rig.mirror).values()) <= 50


def test_folders_do_not_make_a_mass_deletion_of_files_look_small(rig: Rig) -> None:
    fill(rig, 60)
    for number in range(200):
        (rig.source / f"empty {number}").mkdir()
    rig.run()
    for number in range(60):
        (rig.source / f"docs/{number:03}").unlink()
    assert rig.run(trees("docs")).status is HELD
    assert len(contents(rig.mirror)) == 60


def test_a_deletion_is_measured_against_the_mirror_as_partial_passes_left_it(rig: Rig) -> None:
    rig.write("first")
    rig.run()
    fill(rig, 200)
    rig.run(trees("docs"))
    for number in range(60):
        (rig.source / f"docs/{number:03}").unlink()
    report = rig.run(paths(*(f"docs/{number:03}" for number in range(60))))
    assert (report.status, report.counts.deleted) == (COMPLETE, 60)


def test_the_standing_word_lets_everything_through(rig: Rig) -> None:
    fill(rig, 100)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    assert read_tree(rig.mirror) == {}


def test_strangers_are_held_where_the_job_asks(rig: Rig) -> None:
    rig.options["asks_about_strangers"] = True
    rig.write("docs/ours", "1")
    rig.write_at(rig.mirror / "docs" / "stranger", "2")
    rig.write_at(rig.mirror / "folder" / "stranger", "3")
    report = rig.run()
    assert report.held is not None
    assert (report.status, report.held.code, report.held.counts.deleted) == (HELD, HeldCode.STRANGERS, 2)
    assert contents(rig.mirror) == {"docs/ours": b"1", "docs/stranger": b"2", "folder/stranger": b"3"}
    # What this program put there itself is not held.
    rig.write("docs/second", "4")
    rig.run()
    (rig.source / "docs" / "second").unlink()
    report = rig.run()
    assert (report.status, report.counts.deleted) == (HELD, 1)
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()
    assert rig.kept_contents() == [b"2", b"3", b"4"]


def test_a_stranger_is_not_written_over_without_asking_where_the_job_asks(rig: Rig) -> None:
    rig.options |= {"asks_about_strangers": True, "keeps_history": False}
    rig.write("letter", "mine")
    rig.write_at(rig.mirror / "letter", "a stranger's only copy")
    report = rig.run()
    assert report.status is HELD
    assert contents(rig.mirror) == {"letter": b"a stranger's only copy"}


def test_a_stranger_in_a_folder_that_became_a_file_is_not_taken_away_without_asking(rig: Rig) -> None:
    rig.options["asks_about_strangers"] = True
    rig.write("thing/ours", "1")
    rig.run()
    rig.write_at(rig.mirror / "thing" / "stranger", "2")
    shutil.rmtree(rig.source / "thing")
    rig.write("thing", "now a file")
    report = rig.run()
    assert report.status is HELD
    assert (rig.mirror / "thing" / "stranger").read_text() == "2"
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


def test_what_waits_behind_a_held_replacement_is_no_problem(rig: Rig) -> None:
    for number in range(60):
        rig.write(f"{number:02}", "a file")
    rig.run()
    for number in range(60):
        (rig.source / f"{number:02}").unlink()
        rig.write(f"{number:02}/now/a/folder", "x")
    report = rig.run()
    assert (report.status, report.problems) == (HELD, ())
    assert len(contents(rig.mirror)) == 60
    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()


# The catalog


def test_without_its_catalog_a_pass_copies_and_deletes_nothing_wrong(rig: Rig) -> None:
    plant_everything(rig)
    rig.run()
    rig.forget_everything()
    report = rig.run()
    assert (report.status, report.counts) == (COMPLETE, NOTHING)
    rig.check_in_step()
    rig.write("plain", "later")
    (rig.source / "#comment").unlink()
    assert done(rig.run()) == Counts(replaced=1, deleted=1, bytes=5)
    rig.check_in_step()


def test_the_catalog_lists_passes_that_did_something(rig: Rig) -> None:
    rig.write("a")
    rig.run()
    rig.run()
    rig.run()
    (found,) = rig.catalog.passes()
    assert (found.status, found.created, found.bytes, found.is_full) == ("complete", 1, 7, True)


# Dry runs


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """All that a write would change."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, names, files in os.walk(root):
        for name in (".", *names, *files):
            status = os.lstat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    return found


def dump(catalog: Catalog) -> list[str]:
    """All that a catalog remembers; an index is no memory."""
    return [line for line in catalog._connection.iterdump() if line.startswith("INSERT")]


def test_a_dry_run_writes_nothing(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("b", "2")
    rig.write("moved", "3")
    rig.run()
    rig.write("a", "changed")
    (rig.source / "b").unlink()
    os.rename(rig.source / "moved", rig.source / "there")
    rig.write("new/c", "4")
    (rig.source / "to forget").mkdir()
    rig.write_at(rig.mirror / ".~bg-0123456789abcdef")
    before, remembered = snapshot(rig.root), dump(rig.catalog)
    report = rig.run(is_dry_run=True)
    assert done(report) == Counts(created=3, replaced=1, deleted=1, moved=1, bytes=8)
    assert {(event.action.op, event.action.path) for event in rig.told(ActionDone) if event.action.path} == {
        (Op.REPLACE, "a"),
        (Op.DELETE, "b"),
        (Op.MOVE, "there"),
        (Op.CREATE, "new"),
        (Op.CREATE, "new/c"),
        (Op.CREATE, "to forget"),
    }
    assert snapshot(rig.root) == before
    rig.catalog.commit()
    assert dump(rig.catalog) == remembered


def test_a_dry_run_to_an_absent_destination_makes_nothing(rig: Rig) -> None:
    rig.write("docs/a", "1")
    before = snapshot(rig.root)
    report = rig.run(is_dry_run=True)
    assert report.counts.created == 2
    assert snapshot(rig.root) == before
    assert rig.catalog.fact(mirror.DESTINATION_KEY) is None
    assert rig.catalog.is_empty()


# Ending early


def plant_changes(rig: Rig) -> None:
    for number in range(12):
        rig.write(f"{number % 3}/{number}", f"old {number}")
    (rig.source / "link").symlink_to("old")
    rig.write("become/folder", "x")
    rig.run()
    for number in range(4):
        rig.write(f"{number % 3}/{number}", f"new {number}, longer")
    for number in range(4, 7):
        (rig.source / f"{number % 3}/{number}").unlink()
    os.rename(rig.source / "1" / "7", rig.source / "2" / "seven")
    for number in range(5):
        rig.write(f"new/{number}", b"n" * 3000)
    (rig.source / "link").unlink()
    (rig.source / "link").symlink_to("new")
    shutil.rmtree(rig.source / "become")
    rig.write("become", "a file")


def test_cancelled_anywhere_every_file_is_whole_and_nothing_is_lost(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "GROUP_FILES", 3)
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1000)
    for limit in range(1_000):
        case = place / str(limit)
        case.mkdir()
        rig = Rig(case, Catalog.in_memory())
        rig.source.mkdir()
        plant_changes(rig)
        old, new = contents(rig.mirror), contents(rig.source)
        asked = iter(range(1_000_000))
        report = rig.run(should_stop=lambda asked=asked, limit=limit: next(asked) >= limit)
        found, kept = contents(rig.mirror), rig.kept_contents()
        for path, content in found.items():
            assert content in (old.get(path), new.get(path)), (limit, path)
        for path, content in old.items():
            is_in_mirror = content in found.values()
            assert is_in_mirror or content in kept, (limit, path)
        assert rig.temporaries() == []
        is_over = report.status is not CANCELLED
        assert rig.run().status is COMPLETE
        rig.check_in_step()
        rig.catalog.close()
        shutil.rmtree(case)
        if is_over:
            assert limit > 20
            return
    pytest.fail("never ran to its end")


def test_an_unflushable_destination_ends_the_pass_and_leaves_no_temporaries(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a", "1")
    rig.run()
    rig.write("a", "2!")

    def fail(_self: target.Target) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(target.Target, "flush", fail)
        with pytest.raises(DestinationUnusableError, match="Input/output error"):
            rig.run()
    assert contents(rig.mirror) == {"a": b"1"}
    assert rig.temporaries() == []
    rig.run()
    rig.check_in_step()


def test_a_copy_shorter_than_the_file_is_never_published(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    # Some kernels and FUSE file systems have answered copy_file_range with 0 in the middle of a file.
    rig.write("a", "a whole sentence")
    monkeypatch.setattr(os, "copy_file_range", lambda *_arguments: 0, raising=False)
    rig.run()
    assert contents(rig.mirror) == {"a": b"a whole sentence"}


def test_progress_is_told_up_to_the_end(rig: Rig) -> None:
    rig.run()
    rig.write("a", b"x" * 10)
    rig.write("b", b"x" * (9 << 20))
    rig.mirror.touch()
    os.utime(rig.source, ns=(LONG_AGO_NS, rig.mirror.stat().st_mtime_ns))
    rig.run()
    last = rig.told(Progressed)[-1].progress
    assert (last.files_done, last.files_total) == (2, 2)
    assert (last.bytes_done, last.bytes_total) == ((9 << 20) + 10, (9 << 20) + 10)
    (plan,) = rig.told(PlanMade)
    assert plan == PlanMade(Counts(created=2, bytes=(9 << 20) + 10), is_full=True)


def test_fresh_files_are_told_to_be_looked_at_again(rig: Rig) -> None:
    rig.write("old")
    (rig.source / "young").write_text("just now")
    assert rig.run().unsettled == ("young",)


def test_a_source_that_cannot_be_looked_at_in_mid_pass_is_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("a")
    rig.run()
    (rig.source / "a").unlink()

    def fail(_self: tree.Tree) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tree.Tree, "is_empty", fail)
    with pytest.raises(RootAbsentError, match="Permission denied"):
        rig.run()


@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_source_that_cannot_be_identified_is_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, calls_before: int
) -> None:
    real, calls = identify, iter(range(100))

    def fail(path: str) -> object:
        if next(calls) >= calls_before:
            raise FileNotFoundError(2, "No such file or directory")
        return real(path)

    monkeypatch.setattr(mirror, "identify", fail)
    with pytest.raises(RootAbsentError):
        rig.run()


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 KB"), (2_000_000, "2.0 MB"), (3 * 10**9, "3.0 GB"), (10**13, "10.0 TB")],
)
def test_sizes_are_written_for_people(size_bytes: int, text: str) -> None:
    assert mirror._size(size_bytes) == text


def test_kinds_of_things_are_named_in_events(rig: Rig) -> None:
    rig.write("f/a")
    (rig.source / "l").symlink_to("f")
    rig.run()
    assert {(e.action.path, e.action.kind) for e in rig.told(ActionDone) if e.action.op is Op.CREATE} == {
        ("f", EntryKind.FOLDER),
        ("f/a", EntryKind.FILE),
        ("l", EntryKind.LINK),
    }


def test_without_a_listener_a_pass_does_the_same(rig: Rig) -> None:
    rig.write("a")
    assert mirror.run_pass(rig.job, rig.catalog, FULL).status is COMPLETE
    rig.check_in_step()
