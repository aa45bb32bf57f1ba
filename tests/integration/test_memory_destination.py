"""Whole passes to a destination that is no folder: with and without a rename, slow, failing, and lying."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backup_gui.engine.destination.destination import Destination, DestinationView, History
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import never
from backup_gui.engine.fs.tree_view import OpenTree, TreeView
from backup_gui.engine.history.listing import list_versions, moments
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.history.usage import measure
from backup_gui.engine.restore.held import put_back_held
from backup_gui.engine.restore.put_back import RestoreOptions, put_back
from backup_gui.engine.restore.undo import undo_pass
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.rules.space import Room
from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import DestinationUnusableError, RootAbsentError
from backup_gui.model.job import Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import FULL, Counts, HistorySize, PassStatus, ProblemCode, Progress, Report, Scope
from backup_gui.model.restores import Policy
from tests.helpers.memory_destination import FAR_AWAY, MemoryDestination, MemoryTree, passes_over, readers_find
from tests.helpers.rig import Rig, done
from tests.helpers.trees import read_tree

COMPLETE = PassStatus.COMPLETE


class Remote:
    """A rig whose passes go to a destination in memory."""

    def __init__(self, rig: Rig, mirror: MemoryDestination) -> None:
        self.rig = rig
        self.mirror = mirror
        rig.options["keeps_history"] = mirror.keeps_history
        self.job = rig.job

    def run(self, scope: Scope = FULL, *, is_dry_run: bool = False) -> Report:
        with passes_over(self.mirror):
            return self.rig.run(scope, is_dry_run=is_dry_run)

    def files(self) -> dict[str, bytes]:
        return files_of(self.mirror)

    def versions(self) -> set[bytes]:
        return set() if self.mirror.history.stored is None else set(files_of(self.mirror.history.stored).values())

    def check_in_step(self) -> None:
        """Check that the mirror is what the source is, with times and modes, and that a pass finds nothing to do."""
        there = {
            path: (item.content or os.fsencode(item.text), item.mtime_ns, stat.S_IMODE(item.mode))
            for path, item in self.mirror.items.items()
            if path
        }
        wanted = {
            path: (node.content, node.mtime_ns, stat.S_IMODE(entry.st_mode))
            for path, node in read_tree(self.rig.source).items()
            for entry in (native.entry_at(str(self.rig.source / path), follow_symlinks=False),)
        }
        assert there == wanted
        report = self.run()
        assert (report.status, report.counts) == (COMPLETE, Counts())


def files_of(tree: MemoryTree) -> dict[str, bytes]:
    return {path: item.content for path, item in tree.items.items() if stat.S_ISREG(item.mode)}


@pytest.fixture(params=[(True, 64), (False, 64), (False, 2)], ids=["renames", "copies and removes", "takes two"])
def remote(rig: Rig, request: pytest.FixtureRequest) -> Iterator[Remote]:
    renames, takes = request.param
    made = Remote(rig, MemoryDestination(renames=renames, takes=takes))
    yield made
    # Nothing of it has come to the disk.
    assert not rig.mirror.exists()


def fill(remote: Remote) -> None:
    for path in ("a", "docs/b", "docs/deep/c", "moved"):
        remote.rig.write(path, f"content of {path}")
    (remote.rig.source / "docs" / "link").symlink_to("b")
    (remote.rig.source / "empty").mkdir(mode=0o750)
    assert remote.run().status is COMPLETE


def test_each_destination_has_all_calls_of_its_protocol(tmp_path: Path) -> None:
    memory = MemoryDestination()
    with LocalDestination(str(tmp_path), None) as local:
        kinds: dict[type, tuple[object, ...]] = {
            TreeView: (local, local.tree, memory, MemoryTree("root")),
            OpenTree: (local.tree, MemoryTree("root")),
            DestinationView: (local, memory),
            Destination: (local, memory),
            History: (local.history, memory.history),
        }
        for protocol, known in kinds.items():
            calls = {name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")}
            assert calls
            for one in known:
                assert not [name for name in calls if not callable(getattr(one, name, None))], one


def test_by_a_view_nothing_can_be_changed() -> None:
    calls = {name for kind in (TreeView, DestinationView) for name in vars(kind) if not name.startswith("_")}
    looking = {"list", "names", "look_at", "look", "stat", "read_link", "open_file", "is_listed", "scan", "is_drive"}
    assert calls <= {*looking, "attributes", "marker", "keeps_history"}


def test_a_first_pass_makes_the_mirror_and_a_second_one_finds_nothing_to_do(remote: Remote) -> None:
    fill(remote)
    remote.check_in_step()
    assert remote.versions() == set()


def test_what_is_changed_deleted_or_moved_is_followed_and_what_left_is_kept(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    (remote.rig.source / "docs" / "b").unlink()
    (remote.rig.source / "moved").rename(remote.rig.source / "docs" / "moved")
    report = remote.run()
    assert (report.counts.replaced, report.counts.deleted, report.counts.moved) == (1, 1, 1)
    assert remote.versions() == {b"content of a", b"content of docs/b"}
    remote.check_in_step()


def test_a_file_takes_the_place_of_a_folder_and_a_folder_that_of_a_file(remote: Remote) -> None:
    fill(remote)
    (remote.rig.source / "a").unlink()
    remote.rig.write("a/inside", "new")
    (remote.rig.source / "docs" / "deep" / "c").unlink()
    (remote.rig.source / "docs" / "deep").rmdir()
    remote.rig.write("docs/deep", "a file now")
    remote.run()
    assert remote.versions() == {b"content of a", b"content of docs/deep/c"}
    remote.check_in_step()


def test_a_partial_pass_looks_only_at_its_paths(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    remote.rig.write("docs/b", "edited too")
    looked: list[str] = []
    remote.mirror.before = lambda _call, path: looked.append(path)
    assert remote.run(Scope(paths=frozenset({"a"}))).counts.replaced == 1
    assert not [path for path in looked if path.startswith("docs")]


def test_without_a_history_what_left_is_gone_and_strangers_are_held(rig: Rig) -> None:
    remote = Remote(rig, MemoryDestination(keeps_history=False, renames=False))
    fill(remote)
    remote.mirror.put("theirs", remote.mirror.new(stat.S_IFREG | 0o600, content=b"somebody else's"))
    (rig.source / "moved").unlink()
    report = remote.run()
    assert report.held is not None
    assert [action.path for action in report.held.actions] == ["theirs"]
    assert "moved" not in remote.files()
    assert remote.files()["theirs"] == b"somebody else's"


def test_a_dry_run_writes_nothing(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    before = remote.files()
    remote.mirror.before = lambda call, path: pytest.fail(f"{call} {path}") if call in {"write", "rename"} else None
    assert remote.run(is_dry_run=True).counts.replaced == 1
    assert remote.files() == before


def test_where_links_and_modes_are_not_held_links_are_named_and_a_rerun_does_nothing(rig: Rig) -> None:
    remote = Remote(rig, MemoryDestination(capabilities=FAR_AWAY._replace(holds_links=False, holds_modes=False)))
    rig.write("script").chmod(0o751)
    (rig.source / "link").symlink_to("script")
    for _ in range(2):
        report = remote.run()
        found = [(problem.path, problem.code) for problem in report.problems]
        assert found == [("link", ProblemCode.LINK_NOT_POSSIBLE)]
    assert report.counts == Counts()


@pytest.mark.parametrize("step_ns", [1_000_000, 2_000_000_000])
def test_where_times_are_coarse_a_rerun_does_nothing(rig: Rig, step_ns: int) -> None:
    remote = Remote(rig, MemoryDestination(capabilities=FAR_AWAY._replace(time_step_ns=step_ns)))
    fill(remote)
    for item in remote.mirror.items.values():
        item.mtime_ns -= item.mtime_ns % step_ns
    assert remote.run().counts == Counts()


@pytest.mark.posix("names that differ by case alone")
def test_names_that_fall_together_are_told_without_an_experiment_on_a_drive(rig: Rig) -> None:
    remote = Remote(rig, MemoryDestination(capabilities=FAR_AWAY._replace(folds_case=True)))
    rig.write("Case", "one")
    rig.write("case", "other")
    report = remote.run()
    assert {problem.code for problem in report.problems} == {ProblemCode.NAME_COLLISION}
    assert len(remote.files()) == 1


def test_room_that_nobody_can_tell_is_no_obstacle_and_room_that_is_short_is_one(remote: Remote) -> None:
    remote.rig.write("large", b"x" * (2 << 20))
    remote.mirror.free = Room(1 << 20, None, 4096)
    report = remote.run()
    assert [problem.code for problem in report.problems] == [ProblemCode.NO_SPACE]
    remote.mirror.free = None
    assert remote.run().status is COMPLETE


# Batches

FILES = 1_000


def fill_many(remote: Remote) -> None:
    for number in range(FILES):
        remote.rig.write(f"{number % 10}/{number}", f"content {number}")


def trips_of(remote: Remote, wanted: Counts) -> int:
    """Make a pass that does what is wanted, and return in how many round trips."""
    before = remote.mirror.round_trips
    report = remote.run()
    assert (report.status, done(report)) == (COMPLETE, wanted)
    return remote.mirror.round_trips - before


@pytest.mark.slow
def test_round_trips_are_those_of_batches_and_folders_and_not_of_files(rig: Rig) -> None:
    rig.options["guard_count"] = FILES
    remote = Remote(rig, MemoryDestination())
    fill_many(remote)
    bytes_ = sum(file.stat().st_size for file in rig.source.glob("*/*"))
    # In batches of 50, and two groups of 500 with two flushes each. A folder takes two, to be made or closed to others,
    # and to get its metadata in the end.
    assert trips_of(remote, Counts(created=FILES + 10, bytes=bytes_)) <= 20 + 2 * 8 + 4 + 2 * 10 + 5
    assert trips_of(remote, Counts()) <= 1
    for number in range(FILES):
        rig.write(f"{number % 10}/{number}", f"edited {number}")
    bytes_ = sum(file.stat().st_size for file in rig.source.glob("*/*"))
    assert trips_of(remote, Counts(replaced=FILES, bytes=bytes_)) <= 20 + 2 * 2 * 8 + 4 + 10 + 5
    assert len(remote.versions()) == FILES
    for folder in rig.source.iterdir():
        folder.rename(folder.with_name(f"moved {folder.name}"))
    assert trips_of(remote, Counts(created=10, deleted=10, moved=FILES)) <= 17 + 10 + 2 * 10 + 5
    for file in rig.source.glob("*/*"):
        file.unlink()
    assert trips_of(remote, Counts(deleted=FILES)) <= 17 + 2 * 10 + 5
    remote.check_in_step()


@pytest.mark.parametrize("call", ["write", "rename", "link", "unlink"])
def test_what_fails_in_the_middle_of_a_batch_is_a_problem_of_its_own(remote: Remote, call: str) -> None:
    remote.rig.options["guard_count"] = 100
    remote.rig.write("stays")
    names = {f"{number:02}" for number in range(20)}
    failing = {"03", "04", "11", "19"}

    def fail(name: str, path: str) -> None:
        if name == call and path in failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    def check_only_those_failed() -> None:
        remote.mirror.before = fail
        problems = remote.run().problems
        remote.mirror.before = lambda _call, _path: None
        assert {problem.path for problem in problems} in ({*failing}, set())
        remote.run()
        remote.check_in_step()

    for edit in ("new", "edited"):
        for name in names:
            remote.rig.write(name, f"{edit} {name}")
        check_only_those_failed()
    for name in names:
        (remote.rig.source / name).unlink()
    check_only_those_failed()
    assert {f"{edit} {name}".encode() for edit in ("new", "edited") for name in names} <= remote.versions()


@pytest.mark.parametrize("asked", range(5, 200, 13))
def test_a_batch_that_is_stopped_leaves_nothing_unfinished(remote: Remote, asked: int) -> None:
    for number in range(30):
        remote.rig.write(str(number), f"content {number}")
    answers = iter([False] * asked)
    with passes_over(remote.mirror):
        remote.rig.run(should_stop=lambda: next(answers, True))
    # That no source is left open is checked by the rig.
    assert not remote.mirror._unpublished
    assert not [path for path in remote.mirror.items if is_temporary(path)]
    remote.run()
    remote.check_in_step()


# Slow, and failing by plan


def test_a_slow_destination_is_no_other_than_a_fast_one(remote: Remote) -> None:
    fill(remote)
    waited_s = 0.0

    def wait(_call: str, _path: str) -> None:
        nonlocal waited_s
        waited_s += 30.0

    remote.mirror.before = wait
    remote.rig.write("a", "edited")
    assert remote.run().status is COMPLETE
    assert waited_s >= 300
    remote.check_in_step()


@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT, errno.EACCES])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["write", "rename", "link", "unlink", "mkdir", "utime", "symlink", "rmdir"])
def test_whatever_fails_once_loses_nothing_and_is_done_by_the_next_pass(
    remote: Remote, call: str, code: int, *, is_done: bool
) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    remote.rig.write("new/folder/file", "new")
    (remote.rig.source / "another link").symlink_to("a")
    (remote.rig.source / "docs" / "b").unlink()
    (remote.rig.source / "empty").rmdir()
    (remote.rig.source / "moved").rename(remote.rig.source / "new" / "moved")
    failed: list[str] = []

    def fail_once(name: str, path: str) -> None:
        if name == call and not failed:
            failed.append(path)
            raise OSError(code, os.strerror(code), path)

    if is_done:
        remote.mirror.after = fail_once
    else:
        remote.mirror.before = fail_once
    try:
        remote.run()
    except DestinationUnusableError:
        assert failed
    everything = {*remote.files().values(), *remote.versions()}
    assert everything >= {b"content of a", b"content of docs/b", b"content of docs/deep/c", b"content of moved"}
    remote.run()
    remote.check_in_step()


def test_a_destination_that_is_gone_ends_the_pass(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    remote.mirror.is_there = False
    with pytest.raises(RootAbsentError):
        remote.run()


# Telling what is not so


def test_what_was_acknowledged_and_not_stored_is_copied_by_the_next_full_pass(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    remote.rig.write("new", "new")
    remote.mirror.forgets = {"a", "new"}.__contains__
    remote.run()
    assert remote.files().keys() >= {"docs/b"}
    assert b"content of a" in remote.versions()
    remote.mirror.forgets = lambda _path: False
    assert remote.run().counts.created == 2
    remote.check_in_step()


def test_a_flush_that_lies_loses_what_it_did_not_store_and_the_next_full_pass_brings_it_back(remote: Remote) -> None:
    fill(remote)
    remote.mirror.flush_lies = True
    remote.rig.write("a", "edited")
    remote.run()
    remote.mirror.cut_power()
    assert remote.files()["a"] == b"content of a"
    remote.mirror.flush_lies = False
    remote.run()
    assert remote.files()["a"] == b"edited"
    assert b"content of a" in remote.versions()
    remote.check_in_step()


def test_after_a_power_cut_all_that_a_pass_has_told_is_there(remote: Remote) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    assert remote.run().status is COMPLETE
    remote.mirror.cut_power()
    assert remote.files()["a"] == b"edited"
    assert remote.versions() == {b"content of a"}
    remote.check_in_step()


def test_what_is_not_listed_though_it_is_there_is_not_lost(remote: Remote) -> None:
    fill(remote)
    remote.mirror.hidden = {"a"}
    remote.rig.write("a", "edited")
    remote.run()
    remote.mirror.hidden = set()
    remote.run()
    assert remote.files()["a"] == b"edited"
    assert {b"content of a", b"edited"} <= {*remote.files().values(), *remote.versions()}
    remote.check_in_step()


@pytest.mark.parametrize("call", ["write", "rename", "link", "fsync", "mkdir"])
def test_a_connection_that_breaks_for_good_ends_the_pass_and_the_next_one_goes_on(remote: Remote, call: str) -> None:
    fill(remote)
    remote.rig.write("a", "edited")
    remote.rig.write("new/file", "new")
    (remote.rig.source / "moved").unlink()
    broken: list[str] = []

    def breaks(name: str, path: str) -> None:
        if broken or name == call:
            broken.append(path)
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), path)

    remote.mirror.before = breaks
    with suppress(DestinationUnusableError):
        assert remote.run().status is not COMPLETE
    assert broken
    remote.mirror.reconnect()
    remote.run()
    remote.check_in_step()
    assert {b"content of a", b"content of moved"} <= remote.versions()


def test_what_is_unfinished_where_it_can_be_seen_is_removed_by_the_next_pass(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote(rig, MemoryDestination())
    fill(remote)
    rig.write("new", "new")

    def die(call: str, _path: str) -> None:
        if call == "fsync":
            raise KeyboardInterrupt

    remote.mirror.before = die
    # Killed, it does not clear up either.
    with monkeypatch.context() as killed:
        killed.setattr(remote.mirror, "discard", lambda _temporaries: {})
        with pytest.raises(KeyboardInterrupt):
            remote.run()
    remote.mirror.reconnect()
    assert any(".~bg-" in path for path in remote.mirror.items)
    remote.run()
    remote.check_in_step()


def test_it_is_told_apart_from_the_source_by_its_own_numbers(remote: Remote) -> None:
    fill(remote)
    devices = {entry.st_dev for entry in remote.mirror.list("").values()}
    assert devices.isdisjoint({os.stat(remote.rig.source).st_dev})
    inodes = [remote.mirror.stat(path).st_ino for path in remote.mirror.items]
    assert len(set(inodes)) == len(inodes)


@pytest.fixture
def read(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    """A filled destination that readers find, by a job that leads there."""
    fill(remote)
    history = remote.mirror.history.root or ""
    remote.job = remote.rig.job._replace(destination=Place(remote.mirror.root), history=Place(history))
    # Whether both folders are those of the last pass is asked of the system.
    for restorer in ("held", "undo"):
        monkeypatch.setattr(f"backup_gui.engine.restore.{restorer}.check_roots", lambda *_arguments: None)
    with readers_find(remote.mirror):
        yield remote


def test_a_mirror_in_memory_is_compared_byte_by_byte(read: Remote) -> None:
    found = [(difference.path, difference.kind) for difference in verify(str(read.rig.source), read.job.destination)]
    assert found == []
    read.mirror.items["docs/b"].content = b"content of docs/B"
    found = [(difference.path, difference.kind) for difference in verify(str(read.rig.source), read.job.destination)]
    assert found == [("docs/b", DifferenceKind.CONTENT)]


def test_a_history_in_memory_is_listed_measured_and_browsed(read: Remote) -> None:
    history = str(read.job.history)
    assert (list(list_versions(history)), moments(history, never), measure(history)) == ([], (), HistorySize(0, 0))
    (read.rig.source / "docs" / "b").unlink()
    read.run()
    assert [version.path for version in list_versions(history)] == ["docs/b"]
    assert [moment.files for moment in moments(history, never)] == [1]
    size = measure(history)
    assert size is not None
    assert size.versions == 1
    with Snapshot(read.mirror.root, history) as snapshot:
        listed = snapshot.folder("docs", None, shows_gone=True)
        assert [(item.path, item.kind, item.is_gone) for item in listed] == [
            ("docs/deep", EntryKind.FOLDER, False),
            ("docs/b", EntryKind.FILE, True),
            ("docs/link", EntryKind.LINK, False),
        ]


def test_everything_comes_back_from_memory_also_what_was_deleted(read: Remote, tmp_path: Path) -> None:
    before = read_tree(read.rig.source)
    (read.rig.source / "docs" / "b").unlink()
    read.run()
    with Snapshot(read.mirror.root, str(read.job.history)) as snapshot:
        pieces, unseen = snapshot.select("", None)
    result = put_back(pieces, str(tmp_path / "out"), RestoreOptions(Policy.SKIP, makes_folder=True), unseen)
    assert (result.failed, result.skipped) == ((), ())
    assert {path: node.content for path, node in read_tree(tmp_path / "out").items()} == {
        path: node.content for path, node in before.items()
    }


def test_what_is_held_comes_back_from_memory(read: Remote) -> None:
    for number in range(60):
        read.rig.write(f"many/{number}", f"content {number}")
    read.run()
    before = read_tree(read.rig.source)
    shutil.rmtree(read.rig.source / "many")
    held = read.run().held
    assert held is not None
    result = put_back_held(read.job, read.rig.catalog, held, meter=Meter(), should_stop=never)
    assert (result.failed, result.skipped) == ((), ())
    assert read_tree(read.rig.source) == before


def test_a_pass_to_memory_is_undone(read: Remote) -> None:
    (read.rig.source / "docs" / "b").unlink()
    read.rig.write("a", "edited")
    read.run()
    passes = read.rig.catalog.passlog.passes(1)
    told: list[Progress] = []
    result = undo_pass(read.job, read.rig.catalog, passes[0].id, meter=Meter(told.append), should_stop=never)
    assert (result.failed, result.skipped, result.reason) == ((), (), "")
    assert sorted(result.restored) == ["a", "docs/b"]
    assert (read.rig.source / "a").read_bytes() == b"content of a"
    assert (read.rig.source / "docs" / "b").read_bytes() == b"content of docs/b"
    # The mirror has what the pass brought, so nothing is set aside.
    assert result.beside == ()
    assert told[0].bytes_total == len("content of a") + len("content of docs/b")
