"""Whole passes over real folders: what the mirror, the history and the catalog are afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.fs import native
from backup_gui.engine.roots import continuity
from backup_gui.engine.rules.version_names import read_version_name
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import ActionDone, Event, PlanMade, ProblemFound
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import FULL, Counts, Op, PassStatus, ProblemCode, Scope
from tests.helpers.rig import (
    LONG_AGO_NS,
    Rig,
    as_nobody,
    count_recorded,
    done,
    keep_times,
    paths,
    plant_everything,
)
from tests.helpers.systems import DEEP_LEVELS
from tests.helpers.trees import contents, make_deep, read_tree
from tests.helpers.windows import FakeWindows, use_windows

COMPLETE, PROBLEMS = PassStatus.COMPLETE, PassStatus.PROBLEMS
NOTHING = Counts()


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
    assert contents(rig.root / "not" / "yet" / "there.history") == {}


# Kinds, names, shapes


@pytest.mark.hazard(21, 29, 30)
def test_everything_arrives_as_it_is_and_a_second_pass_does_nothing(rig: Rig) -> None:
    plant_everything(rig)
    before = read_tree(rig.source)
    report = rig.run()
    assert (report.status, report.problems) == (COMPLETE, ())
    assert report.counts.created == len(before)
    assert report.source_folders == 1 + sum(node.kind == "folder" for node in before.values())
    rig.check_in_step()
    assert read_tree(rig.source) == before
    assert rig.kept() == {}
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
    assert count_recorded(rig.catalog) == 1


@pytest.mark.parametrize("is_new", [True, False])
def test_on_windows_a_pass_does_the_same(rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_new: bool) -> None:
    use_windows(monkeypatch, FakeWindows(is_new=is_new, asks_by_name=is_new))
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
    # Windows counts hundreds of nanoseconds, and knows no permissions of this kind.
    ours, theirs = (
        {path: (node.kind, node.content, node.mtime_ns // 100) for path, node in read_tree(root).items()}
        for root in (rig.source, rig.mirror)
    )
    assert ours == theirs
    assert sorted(rig.kept().values()) == [b"docs", b"one"]
    assert done(rig.run()) == NOTHING


def depth_of(root: Path) -> int:
    """How many folders lie in each other; the file at the bottom counts as one more."""
    depth = 0
    folder = native.open_root(str(root))
    while names := [name for name in folder.names() if name != MARKER_NAME]:
        depth += 1
        if names != ["d"]:
            assert len(names) == 1
            assert names[0].startswith("bottom")
            break
        below = folder.open_dir_at("d")
        folder.close()
        folder = below
    folder.close()
    return depth


@pytest.mark.slow
@pytest.mark.hazard(32)
def test_three_thousand_levels_are_mirrored_and_deleted(rig: Rig) -> None:
    bottom = make_deep(rig.source, DEEP_LEVELS)
    file = bottom.create_at("bottom")
    os.write(file, b"deep")
    os.close(file)
    bottom.close()
    report = rig.run()
    assert (report.status, report.counts.created) == (COMPLETE, DEEP_LEVELS + 1)
    assert depth_of(rig.mirror) == DEEP_LEVELS + 1
    assert rig.run().counts == NOTHING

    deep = "/".join(["d"] * DEEP_LEVELS)
    assert rig.run(paths(f"{deep}/bottom")).counts == NOTHING
    os.rename(rig.source / "d", rig.root / "aside")
    rig.write("other")
    report = rig.run()
    assert (report.status, report.counts.deleted) == (COMPLETE, DEEP_LEVELS + 1)
    assert depth_of(rig.history) == DEEP_LEVELS + 1
    assert set(read_tree(rig.mirror)) == {"other"}


@pytest.mark.hazard(25)
@pytest.mark.posix("holes")
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


@pytest.mark.hazard(26)
@pytest.mark.posix("extended attributes")
def test_extended_attributes_come_along(rig: Rig) -> None:
    file = rig.write("file")
    try:
        os.setxattr(file, "user.origin", b"\x00value")
    except OSError:
        pytest.skip("no extended attributes here")
    rig.run()
    assert os.getxattr(rig.mirror / "file", "user.origin") == b"\x00value"


@pytest.mark.hazard(23)
def test_hard_links_stay_hard_links_and_a_second_pass_does_nothing(rig: Rig) -> None:
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


@pytest.mark.hazard(24)
@pytest.mark.posix("pipes and sockets")
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


@pytest.mark.posix("pipes")
def test_a_file_that_became_a_pipe_leaves_the_mirror_for_the_history(rig: Rig) -> None:
    rig.write("file", "old")
    rig.write("other")
    rig.run()
    (rig.source / "file").unlink()
    os.mkfifo(rig.source / "file")
    assert rig.run().status is PROBLEMS
    assert set(read_tree(rig.mirror)) == {"other"}
    assert rig.kept_contents() == [b"old"]


@pytest.mark.hazard(26)
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


@pytest.mark.hazard(22)
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
        assert rig.kept() == {}
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


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_is_found_in_a_file_that_took_a_folders_place(rig: Rig) -> None:
    rig.write("thing/inside")
    rig.run()
    shutil.rmtree(rig.source / "thing")
    file = rig.write("thing", "old!")
    rig.run()
    keep_times(file, lambda: file.write_text("new!"))
    assert done(rig.run()) == Counts(replaced=1, bytes=4)
    rig.check_in_step()


@pytest.mark.hazard(34)
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


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_and_moves_the_file_is_found(rig: Rig) -> None:
    file = rig.write("file", "old!")
    rig.run()
    keep_times(file, lambda: file.write_text("new!"))
    os.rename(file, rig.source / "moved")
    rig.run()
    assert contents(rig.mirror) == {"moved": b"new!"}
    assert rig.kept_contents() == [b"old!"]


@pytest.mark.hazard(60)
def test_another_file_with_the_number_and_size_of_one_that_is_gone_is_copied(rig: Rig) -> None:
    file = rig.write("file", "old!")
    rig.run()
    # As a file system may give it to the next one.
    file.write_text("new!")
    file.rename(rig.source / "another")
    rig.run()
    assert contents(rig.mirror) == {"another": b"new!"}
    assert rig.kept_contents() == [b"old!"]


@pytest.mark.posix("modes")
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
    file.chmod(0o400)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            file.chmod(0o600)
            rig.write("file", "new!")

    rig.run(on_event=edit)
    assert contents(rig.mirror) == {"file": b"new!"}
    rig.run()
    rig.check_in_step()


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_after_a_changed_mode_was_planned_is_found(rig: Rig) -> None:
    file = rig.write("file", "old!")
    rig.run()
    file.chmod(0o400)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            file.chmod(0o600)
            keep_times(file, lambda: file.write_text("new!"))

    rig.run(on_event=edit)
    rig.run()
    rig.check_in_step()


def test_a_changed_mode_is_set_without_a_catalog_too(rig: Rig) -> None:
    file = rig.write("file")
    rig.run()
    file.chmod(0o451)
    rig.catalog.forget(["file"])
    assert rig.run().counts == Counts(metadata=1)
    rig.check_in_step()


@pytest.mark.hazard(43)
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
    assert rig.kept() == {}
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


@pytest.mark.hazard(54)
def test_what_is_left_out_is_removed_at_a_word_only_and_into_the_history(rig: Rig) -> None:
    rig.write("keep.txt")
    rig.write("cache/x", "cached")
    rig.write("deep/cache/y", "cached too")
    rig.write("note.tmp", "scratch")
    rig.run()
    rig.options["exclude"] = ("cache/", "*.tmp")
    before = read_tree(rig.mirror)
    assert rig.run().counts == NOTHING
    assert read_tree(rig.mirror) == before
    rig.options["removes_left_out"] = True
    assert rig.run().status is COMPLETE
    assert set(read_tree(rig.mirror)) == {"keep.txt", "deep"}
    assert rig.kept_contents() == [b"cached", b"cached too", b"scratch"]
    assert rig.run(paths("note.tmp", "cache/x", "cache")).counts == NOTHING
    assert rig.run().counts == NOTHING


@pytest.mark.hazard(19)
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


@pytest.mark.hazard(45)
def test_two_versions_that_leave_within_a_second_are_both_kept(rig: Rig) -> None:
    for content in ("1", "2", "3", "4"):
        rig.write("a.txt", content)
        rig.run()
    names = {path: read_version_name(path) for path in rig.kept()}
    assert rig.kept_contents() == [b"1", b"2", b"3"]
    assert {read[0] for read in names.values() if read} == {"a.txt"}
    assert len(names) == 3


@pytest.mark.hazard(20)
def test_a_long_name_is_kept_in_the_history_too(rig: Rig) -> None:
    for name in ("n" * 255, "ü" * 127 + "x", "e" * 250 + ".text"):
        for content in ("1", "2", "3"):
            rig.write(name, f"{content} of {name[0]}")
            assert rig.run().status is COMPLETE
    assert rig.kept_contents() == sorted(f"{c} of {n}".encode() for n in "nüe" for c in "12")
    assert all(len(os.fsencode(name)) <= 255 for name in rig.kept())


# The catalog


@pytest.mark.hazard(46)
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
    (found,) = rig.catalog.passlog.passes()
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


def dump(catalog: JobDatabase) -> list[str]:
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
    assert rig.catalog.fact(continuity.DESTINATION_KEY) is None
    assert rig.catalog.is_empty()


@pytest.mark.hazard(4, 12)
@pytest.mark.parametrize("mode", [0o000, 0o111, 0o300])
def test_a_folder_that_may_not_be_read_stops_nothing_where_each_is_flushed_by_itself(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setattr(writer, "supports_syncfs", lambda _path: False)
    rig.write("file", "1")
    closed = rig.source / "closed"
    closed.mkdir()
    try:
        with as_nobody(rig.source, rig.mirror.parent):
            for attempt, wanted in enumerate((mode, 0o555, mode)):
                closed.chmod(wanted)
                rig.write("file", str(attempt))
                report = rig.run()
                assert report.status is (PROBLEMS if wanted == mode else COMPLETE)
                assert {problem.path for problem in report.problems} == ({"closed"} if wanted == mode else set())
                assert (rig.mirror / "file").read_text() == str(attempt)
    finally:
        closed.chmod(0o755)
