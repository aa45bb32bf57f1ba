"""What changes, vanishes, is closed or planted while a pass is at work, and passes that end early."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.apply import publish
from backup_gui.engine.destination import history_writer
from backup_gui.engine.destination import local as target
from backup_gui.engine.fs import content as transfer
from backup_gui.engine.fs import tree
from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.run import single_pass as mirror
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import (
    DestinationUnusableError,
    RootAbsentError,
)
from backup_gui.model.events import ActionDone, Event, PlanMade, Progressed
from backup_gui.model.plans import FULL, Counts, Op, PassStatus, ProblemCode, Scope
from tests.helpers.rig import (
    LONG_AGO_NS,
    Rig,
    as_nobody,
    done,
    paths,
    trees,
)
from tests.helpers.systems import IS_POSIX, folder_class
from tests.helpers.trees import contents, read_tree

COMPLETE, PROBLEMS, CANCELLED = PassStatus.COMPLETE, PassStatus.PROBLEMS, PassStatus.CANCELLED
NOTHING = Counts()


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
    nobody, docs = os.geteuid(), rig.mirror / "docs"
    if os.getuid() == 0:
        os.seteuid(0)
    mode = stat.S_IMODE(docs.stat().st_mode)
    try:
        docs.chmod(mode | 0o700)
        return contents(rig.mirror)
    finally:
        docs.chmod(mode)
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

    monkeypatch.setattr(transfer, "transfer", transfer_and_change)


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


def test_what_vanishes_while_it_is_copied_is_looked_at_again_though_nobody_may_tell_of_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file", "old")
    rig.run()
    rig.write("file", "short-lived")

    def replace(_count: int) -> None:
        # What is removed while it is open keeps its name for a moment on Windows.
        (rig.source / "file").rename(rig.root / "removed")
        (rig.source / "file").mkdir()

    on_copy(rig, monkeypatch, replace)
    assert rig.run().missed == ("file",)


def test_what_is_there_again_before_it_is_deleted_is_looked_at_again(rig: Rig) -> None:
    rig.write("file", "old")
    rig.write("bystander")
    rig.run()
    (rig.source / "file").unlink()

    def bring_back(event: Event) -> None:
        if isinstance(event, PlanMade):
            rig.write("file", "new")

    report = rig.run(on_event=bring_back)
    assert (contents(rig.mirror)["file"], report.missed) == (b"old", ("file",))


def test_a_name_copied_before_its_file_was_written_to_through_another_name_is_looked_at_again(rig: Rig) -> None:
    rig.write("one", "old")
    os.link(rig.source / "one", rig.source / "two")
    rig.run()
    with (rig.source / "one").open("a") as file:
        file.write("new")

    def write_again(event: Event) -> None:
        if isinstance(event, ActionDone) and event.action.link_to is None and event.action.path in {"one", "two"}:
            with (rig.source / "two").open("a") as file:
                file.write("newer")

    report = rig.run(paths("one"), on_event=write_again)
    assert report.missed
    rig.run(paths(*report.missed, "two"))
    rig.check_in_step()


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


@pytest.mark.hazard(1)
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
    # Windows finds nothing any more by what was open before.
    assert contents(rig.mirror) == {"a": b"1", "b": b"2"} | ({"c": b"3"} if IS_POSIX else {})
    assert rig.temporaries() == []


@pytest.mark.parametrize("scope", [FULL, paths("old", "new")], ids=["full", "partial"])
def test_a_file_renamed_and_gone_before_it_is_moved_is_looked_for_again_under_its_old_name(
    rig: Rig, scope: Scope
) -> None:
    rig.write("bystander")
    rig.write("old", "content")
    rig.run()
    os.rename(rig.source / "old", rig.source / "new")

    def remove(event: Event) -> None:
        if isinstance(event, PlanMade):
            assert event.counts.moved == 1
            (rig.source / "new").unlink()

    report = rig.run(scope, on_event=remove)
    assert report.missed == ("old",)
    rig.run(paths(*report.missed))
    assert set(contents(rig.mirror)) == {"bystander"}
    assert rig.kept_contents() == [b"content"]


@pytest.mark.hazard(1)
@pytest.mark.usefixtures("open_folders_go")
def test_a_source_removed_while_it_is_compared_is_no_success(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()

    def remove(event: Event) -> None:
        if isinstance(event, Progressed) and rig.source.exists():
            shutil.rmtree(rig.source)

    with pytest.raises(RootAbsentError):
        rig.run(on_event=remove)
    assert contents(rig.mirror) == {"a": b"1"}


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
    monkeypatch.setattr(publish, "GROUP_FILES", 3)
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1000)
    for limit in range(1_000):
        case = place / str(limit)
        case.mkdir()
        rig = Rig(case, JobDatabase.in_memory())
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

    def fail(_self: target.LocalDestination) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(target.LocalDestination, "flush", fail)
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


@pytest.mark.hazard(35)
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


@pytest.mark.parametrize("asked_by", ["roots.roots.identity_of", "destination.marker.identify"])
def test_a_source_that_cannot_be_identified_is_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, asked_by: str
) -> None:
    def fail(_folder: object) -> object:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(f"backup_gui.engine.{asked_by}", fail)
    with pytest.raises(RootAbsentError):
        rig.run()


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


@pytest.mark.parametrize("has_hard_links", [True, False])
def test_a_file_that_cannot_be_replaced_gets_no_more_versions(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, has_hard_links: bool
) -> None:
    rig.write("report", "old")
    rig.run()
    rig.write("report", "newer")
    with monkeypatch.context() as patch:

        def refuse(_self: object, _name: str, _folder: object, new_name: str) -> None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), new_name)

        patch.setattr(folder_class(), "replace_at", refuse)
        if not has_hard_links:
            patch.setattr(history_writer, "_links", lambda *_arguments: False)
        for _ in range(3):
            assert [problem.code for problem in rig.run().problems] == [ProblemCode.IN_USE]
            assert rig.kept() == {}
            assert contents(rig.mirror) == {"report": b"old"}
    # At once: what was not kept in the end does not count as a version of this minute.
    assert rig.run(now=time.time, uptime=uptime_s).status is PassStatus.COMPLETE
    assert rig.kept_contents() == [b"old"]
