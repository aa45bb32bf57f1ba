"""The watcher on real folders with the kernel's own notification."""

from __future__ import annotations

import ctypes
import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from watchdog.events import (
    DirCreatedEvent,
    FileClosedNoWriteEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
)

from backup_gui.engine.fs import own_files as own
from backup_gui.engine.watch import watcher as watch_module
from backup_gui.engine.watch.watcher import (
    ABSENT_REASON,
    DENIED_REASON,
    INSTANCES_REASON,
    LIMIT_REASON,
    SOME_REASON,
    Watcher,
    watch,
)
from backup_gui.model.errors import WatchCancelledError, WatchError
from backup_gui.model.plans import Scope
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode
from backup_gui.model.status import Coverage
from tests.helpers.descriptors import count_open
from tests.helpers.exchange import exchange
from tests.helpers.queue_of_events import fill_queue
from tests.helpers.waiting import wait_until

if sys.platform != "linux":
    pytest.skip("these are inotify's ways", allow_module_level=True)

from watchdog.observers import inotify_c

from backup_gui.engine.watch.inotify import Group, Reader

pytestmark = pytest.mark.watches

LIMIT_S = 10.0


class Seen:
    """Everything a watcher has told so far."""

    def __init__(self, source: Path, **options: Any) -> None:
        self.woken = threading.Event()
        self.watcher = Watcher(str(source), self.woken.set, **options)
        self.paths: set[str] = set()
        self.trees: set[str] = set()
        self.needs_full = False

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Take what arrives until the condition holds."""
        deadline_s = time.monotonic() + LIMIT_S
        while True:
            self.woken.clear()
            scope, needs_full = self.watcher.take()
            self.paths |= scope.paths
            self.trees |= scope.trees
            self.needs_full |= needs_full
            if is_enough():
                return
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"never came; paths {self.paths}, trees {self.trees}, full {self.needs_full}"
            self.woken.wait(min(left_s, 0.1))

    def until_paths(self, *paths: str) -> None:
        self.until(lambda: self.paths >= set(paths))

    def until_trees(self, *trees: str) -> None:
        self.until(lambda: self.trees >= set(trees))

    def forget(self) -> None:
        """Wait until everything before has arrived, then forget it: a marker file goes through the same queue."""
        root = Path(self.watcher._root)
        marker = f"marker-{time.monotonic_ns()}"
        (root / marker).touch()
        self.until_paths(marker)
        (root / marker).unlink()
        self.paths.clear()
        self.until_paths(marker)
        self.paths.clear()
        self.trees.clear()


@contextmanager
def watching(source: Path, **options: Any) -> Iterator[Seen]:
    seen = Seen(source, **options)
    seen.watcher.start()
    try:
        yield seen
    finally:
        seen.watcher.stop()


@contextmanager
def failing_after(monkeypatch: pytest.MonkeyPatch, fails: Callable[[bytes], int]) -> Iterator[None]:
    """Have the kernel refuse watches: ``fails`` gives the error number for a path, or 0."""
    real = inotify_c.inotify_add_watch

    def add_watch(fd: int, path: bytes, mask: int) -> int:
        if code := fails(path):
            ctypes.set_errno(code)
            return -1
        return real(fd, path, mask)

    with monkeypatch.context() as patch:
        patch.setattr(inotify_c, "inotify_add_watch", add_watch)
        yield


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def inner(seen: Seen) -> Any:
    observer = seen.watcher._inotify
    assert observer is not None
    return observer


# What events become


def test_new_file_marks_itself_and_its_folder(source: Path) -> None:
    (source / "a").mkdir()
    with watching(source) as seen:
        (source / "a" / "file").write_text("x")
        seen.until_paths("a/file", "a")
        assert not seen.needs_full
        assert not seen.trees


def test_entry_at_the_top_marks_the_root(source: Path) -> None:
    with watching(source) as seen:
        (source / "file").touch()
        seen.until_paths("file", "")


def test_write_into_a_file_marks_it(source: Path) -> None:
    (source / "file").touch()
    with watching(source) as seen, open(source / "file", "ab") as file:
        file.write(b"more")
        file.flush()
        seen.until_paths("file")


def test_mode_and_time_mark_the_entry(source: Path) -> None:
    (source / "mode").touch()
    (source / "time").touch()
    (source / "folder").mkdir()
    with watching(source) as seen:
        (source / "mode").chmod(0o600)
        os.utime(source / "time", (1, 1))
        (source / "folder").chmod(0o700)
        seen.until_paths("mode", "time", "folder")
        assert not seen.trees


def test_deletion_marks_the_entry_and_its_folder(source: Path) -> None:
    (source / "a").mkdir()
    (source / "a" / "file").touch()
    with watching(source) as seen:
        (source / "a" / "file").unlink()
        seen.until_paths("a/file", "a")


def test_rename_marks_both_names(source: Path) -> None:
    (source / "old").touch()
    with watching(source) as seen:
        (source / "old").rename(source / "new")
        seen.until_paths("old", "new", "")


def test_atomic_save_marks_the_name_kept(source: Path) -> None:
    (source / "report").write_text("1")
    with watching(source) as seen:
        (source / "report.tmp").write_text("2")
        (source / "report.tmp").replace(source / "report")
        seen.until_paths("report", "report.tmp")


def test_new_folder_is_taken_as_a_whole_and_watched(source: Path) -> None:
    with watching(source) as seen:
        (source / "a" / "b").mkdir(parents=True)
        seen.until(lambda: "a" in seen.trees)
        seen.forget()
        (source / "a" / "b" / "file").touch()
        seen.until_paths("a/b/file")


def test_moved_folder_marks_both_trees_and_is_known_by_its_new_name(source: Path) -> None:
    (source / "old" / "sub").mkdir(parents=True)
    with watching(source) as seen:
        (source / "old").rename(source / "new")
        seen.until_trees("old", "new")
        seen.forget()
        (source / "new" / "sub" / "file").touch()
        seen.until_paths("new/sub/file")
        assert not any(path.startswith("old") for path in seen.paths)


def paths_by_inode(seen: Seen) -> dict[int, str]:
    """Return the path of each watch as the table has it, by the inode that the kernel watches."""
    observer = inner(seen)
    with open(f"/proc/self/fdinfo/{observer.reader._inotify_fd}") as lines:
        inodes = {
            int(fields["wd"], 16): int(fields["ino"], 16)
            for line in lines
            if line.startswith("inotify ")
            for fields in [dict(field.split(":") for field in line.split()[1:])]
        }
    root = os.fsencode(observer.group().path)
    table = observer.group()._active_callbacks_by_watch
    return {inodes[wd]: os.fsdecode(os.path.relpath(path, root)) for wd, path in table.items()}


def folders_by_inode(source: Path) -> dict[int, str]:
    return {os.lstat(folder).st_ino: os.path.relpath(folder, source) for folder, _, _ in os.walk(source)}


def check_every_folder_is_watched(seen: Seen, source: Path) -> None:
    """Check that a write anywhere marks the path at which it was made, and that the table is as the kernel's."""
    seen.forget()
    assert paths_by_inode(seen) == folders_by_inode(source)
    for folder in sorted(folders_by_inode(source).values()):
        path = os.path.normpath(os.path.join(folder, "written"))
        (source / path).write_text("x")
        seen.until_paths(path)


def exchange_folders(source: Path) -> None:
    exchange(str(source / "a"), str(source / "b"))


def exchange_at_other_depths(source: Path) -> None:
    exchange(str(source / "a/same"), str(source / "b/same/same"))


def exchange_twice(source: Path) -> None:
    exchange_folders(source)
    exchange_folders(source)


def exchange_three(source: Path) -> None:
    exchange_folders(source)
    exchange(str(source / "b"), str(source / "c"))


def exchange_above_and_below(source: Path) -> None:
    exchange(str(source / "a/same"), str(source / "b/same"))
    exchange_folders(source)
    exchange(str(source / "a/same"), str(source / "c"))


def exchange_folder_and_file(source: Path) -> None:
    exchange(str(source / "a"), str(source / "b/file"))


def exchange_folder_and_link(source: Path) -> None:
    (source / "link").symlink_to("c")
    exchange(str(source / "a"), str(source / "link"))


def exchange_with_one_outside(source: Path) -> None:
    (source.parent / "outside/same/new").mkdir(parents=True)
    exchange(str(source / "a"), str(source.parent / "outside"))


def exchange_with_one_outside_and_move_on(source: Path) -> None:
    exchange_with_one_outside(source)
    (source / "a").rename(source / "d")


def make_and_move_once(source: Path) -> None:
    (source / "c/new/deep").mkdir(parents=True)
    (source / "c/new").rename(source / "a/new")


def rename_over(source: Path) -> None:
    (source / "empty").mkdir()
    (source / "a").rename(source / "empty")


def rename_over_deeper(source: Path) -> None:
    (source / "c/empty").mkdir()
    (source / "a/same").rename(source / "c/empty")
    (source / "b").rename(source / "a/same")


def rename_in_a_circle(source: Path) -> None:
    (source / "a").rename(source / "aside")
    (source / "b").rename(source / "a")
    (source / "aside").rename(source / "b")


def make_below_what_moves_on(source: Path) -> None:
    (source / "c").rename(source / "a/c")
    (source / "a/c/new/newer").mkdir(parents=True)
    (source / "a").rename(source / "d")


def make_and_move(source: Path) -> None:
    for number in range(20):
        (source / f"c/{number}/deep").mkdir(parents=True)
        (source / f"c/{number}").rename(source / f"a/{number}")
        exchange(str(source / f"a/{number}"), str(source / "b/same"))


def move_into_each_other(source: Path) -> None:
    (source / "a").rename(source / "b/a")
    (source / "b/a/same").rename(source / "a")
    (source / "b").rename(source / "a/b")


@pytest.mark.hazard(61)
@pytest.mark.parametrize(
    "move",
    [
        exchange_folders,
        exchange_at_other_depths,
        exchange_twice,
        exchange_three,
        exchange_above_and_below,
        exchange_folder_and_file,
        exchange_folder_and_link,
        exchange_with_one_outside,
        exchange_with_one_outside_and_move_on,
        make_and_move_once,
        rename_over,
        rename_over_deeper,
        rename_in_a_circle,
        make_below_what_moves_on,
        make_and_move,
        move_into_each_other,
    ],
)
@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "late"])
def test_no_watch_is_lost_however_folders_move(source: Path, move: Callable[[Path], None], *, is_late: bool) -> None:
    for folder in ("a/same/same", "a/one", "b/same/same/same", "b/two", "c"):
        (source / folder).mkdir(parents=True)
    (source / "b/file").touch()
    with watching(source) as seen:
        # Late, all has happened before the first event is read.
        with inner(seen).group()._lock if is_late else nullcontext():
            move(source)
        check_every_folder_is_watched(seen, source)
        # What was moved moves on.
        (source / "last").mkdir()
        first, second, *_ = sorted(str(path) for path in source.iterdir() if path.is_dir() and not path.is_symlink())
        exchange(first, second)
        check_every_folder_is_watched(seen, source)
        assert seen.watcher.is_alive()
        assert not seen.needs_full


@pytest.mark.hazard(61)
def test_a_table_that_took_two_folders_for_each_other_is_set_right_by_the_next_move(source: Path) -> None:
    for folder in ("a/one/deep", "a/two"):
        (source / folder).mkdir(parents=True)
    with watching(source) as seen:
        group = inner(seen).group()
        one, two = (os.fsencode(source / "a" / name) for name in ("one", "two"))
        with group._lock:
            watches = group._active_callbacks_by_path
            watches[one], watches[two] = watches[two], watches[one]
            for path in (one, two):
                group._active_callbacks_by_watch[watches[path]] = path
        (source / "a").rename(source / "b")
        check_every_folder_is_watched(seen, source)


@pytest.mark.hazard(37)
def test_a_folder_that_cannot_be_listed_is_told_and_what_is_in_it_watched_later(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "folder/below").mkdir(parents=True)
    real = os.scandir

    def scandir(path: bytes) -> Any:
        if os.fspath(path) == os.fsencode(source / "folder"):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        seen = Seen(source)
        seen.watcher.start()
    try:
        assert not seen.watcher.is_complete()
        assert seen.watcher.coverage(3) == Coverage(3, 0, NO_REASON)
        seen.until_trees("folder")
        check_every_folder_is_watched(seen, source)
    finally:
        seen.watcher.stop()


@pytest.mark.hazard(61)
def test_a_renamed_file_looks_at_no_folder(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "folder").mkdir()
    (source / "folder/file").touch()
    with watching(source) as seen:
        monkeypatch.setattr(Group, "_add_all_callbacks", None)
        monkeypatch.setattr(Group, "_ask", None)
        (source / "folder/file").rename(source / "folder/renamed")
        seen.until_paths("folder/file", "folder/renamed")
        assert seen.watcher.is_alive()


@pytest.mark.hazard(61)
def test_a_folder_moved_as_it_was_is_not_listed(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "folder/below").mkdir(parents=True)
    with watching(source) as seen:
        monkeypatch.setattr(Group, "_add_all_callbacks", None)
        (source / "folder").rename(source / "renamed")
        seen.until_trees("folder", "renamed")
        check_every_folder_is_watched(seen, source)


@pytest.mark.hazard(61)
def test_what_could_not_be_watched_before_its_folder_moved_is_known_by_its_new_path(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "folder/below").mkdir(parents=True)
    below = os.stat(source / "folder/below").st_ino

    def fails(path: bytes) -> int:
        return errno.EACCES if os.path.exists(path) and os.stat(path).st_ino == below else 0

    with failing_after(monkeypatch, fails), watching(source) as seen:
        assert list(inner(seen).reader.unwatched()) == [os.fsencode(source / "folder/below")]
        (source / "folder").rename(source / "renamed")
        seen.until_trees("folder", "renamed")
        assert list(inner(seen).reader.unwatched()) == [os.fsencode(source / "renamed/below")]


def test_folder_moved_in_is_taken_as_a_whole_and_watched(source: Path, tmp_path: Path) -> None:
    (tmp_path / "outside" / "sub").mkdir(parents=True)
    (tmp_path / "outside" / "sub" / "file").touch()
    with watching(source) as seen:
        (tmp_path / "outside").rename(source / "inside")
        seen.until_trees("inside")
        seen.forget()
        (source / "inside" / "sub" / "file").write_text("x")
        seen.until_paths("inside/sub/file")


def test_folder_moved_out_is_marked_and_no_longer_watched(source: Path, tmp_path: Path) -> None:
    (source / "folder" / "sub").mkdir(parents=True)
    with watching(source) as seen:
        assert inner(seen).reader.kernel_count() == 3
        (source / "folder").rename(tmp_path / "away")
        seen.until_trees("folder")
        seen.until(lambda: inner(seen).reader.kernel_count() == 1)
        (tmp_path / "away" / "sub" / "file").touch()
        seen.forget()
        assert seen.watcher.is_alive()
        assert not any(path.startswith("folder") for path in seen.paths)


def test_folder_moved_out_and_in_again_is_watched(source: Path, tmp_path: Path) -> None:
    (source / "folder" / "sub").mkdir(parents=True)
    with watching(source) as seen:
        for _ in range(3):
            (source / "folder").rename(tmp_path / "away")
            seen.until_trees("folder")
            seen.forget()
            (tmp_path / "away").rename(source / "folder")
            seen.until_trees("folder")
            seen.forget()
            (source / "folder" / "sub" / "file").touch()
            seen.until_paths("folder/sub/file")
        assert inner(seen).reader.kernel_count() == 3
        assert seen.watcher.is_alive()


def test_folder_whose_name_is_taken_by_another_is_forgotten(source: Path, tmp_path: Path) -> None:
    (source / "folder" / "sub").mkdir(parents=True)
    with watching(source) as seen:
        (source / "folder").rename(tmp_path / "away")
        (source / "folder").mkdir()
        seen.until_trees("folder")
        seen.until(lambda: inner(seen).reader.kernel_count() == 2)
        shutil.rmtree(tmp_path / "away")
        (source / "folder" / "file").touch()
        seen.until_paths("folder/file")
        assert seen.watcher.is_alive()


def test_deleted_tree_leaves_no_watches(source: Path) -> None:
    for number in range(20):
        (source / "folder" / str(number) / "sub").mkdir(parents=True)
    with watching(source) as seen:
        shutil.rmtree(source / "folder")
        seen.until_trees("folder")
        seen.until(lambda: inner(seen).reader.kernel_count() == 1)
        assert inner(seen).group().count() == 1
        assert seen.watcher.is_alive()


def test_reading_marks_nothing(source: Path) -> None:
    (source / "a").mkdir()
    (source / "a" / "file").write_text("x")
    with watching(source) as seen:
        for _ in range(10):
            (source / "a" / "file").read_text()
            os.listdir(source / "a")
        seen.forget()
        assert not seen.paths


def test_odd_names_come_back_as_they_are(source: Path) -> None:
    names = [b"\xff", b"a\nb", b"tab\t", "gr\u00fc\u00df".encode(), b"\xed\xa0\x80", b"-rf *", b"back\\slash"]
    root = os.fsencode(source)
    with watching(source) as seen:
        for name in names:
            os.close(os.open(os.path.join(root, name), os.O_CREAT | os.O_WRONLY))
            os.mkdir(os.path.join(root, name + b".d"))
        seen.until_paths(*map(os.fsdecode, names))
        seen.until_trees(*(os.fsdecode(name + b".d") for name in names))


def test_source_with_an_odd_name_of_its_own(tmp_path: Path) -> None:
    root = os.path.join(os.fsencode(tmp_path), b"\xff\n")
    os.mkdir(root)
    source = Path(os.fsdecode(root))
    with watching(source) as seen:
        (source / "file").touch()
        seen.until_paths("file")
        assert seen.watcher.is_alive()


def test_source_given_through_a_link_is_watched(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    with watching(tmp_path / "link") as seen:
        (source / "file").touch()
        seen.until_paths("file")
        assert seen.watcher.is_alive()


@pytest.mark.hazard(49)
def test_what_is_the_programs_own_is_neither_watched_nor_told(source: Path) -> None:
    for folder in ("state/own/deep", "state/other"):
        (source / folder).mkdir(parents=True)
    own.note(source / "state" / "own", source / "log")
    with watching(source) as seen:
        assert seen.watcher.coverage(0) == Coverage(3, 0, NO_REASON)
        (source / "state/own/deep/catalog").write_text("x")
        (source / "state/own/new").mkdir()
        (source / "log").write_text("x")
        os.rename(source / "log", source / "state/own/log")
        seen.forget()
        (source / "state/own/new/file").write_text("x")
        (source / "log").write_text("y")
        (source / "state/other/file").write_text("x")
        seen.until_paths("state/other/file")
        assert not any(path.startswith(("state/own", "log")) for path in seen.paths | seen.trees)


@pytest.mark.root
@pytest.mark.hazard(49)
def test_a_file_system_of_the_kernels_is_not_watched(source: Path) -> None:
    (source / "proc").mkdir()
    subprocess.run(["mount", "-t", "proc", "proc", source / "proc"], check=True)
    try:
        with watching(source) as seen:
            assert seen.watcher.coverage(0) == Coverage(1, 0, NO_REASON)
    finally:
        subprocess.run(["umount", "-l", source / "proc"], check=True)


def test_links_to_folders_are_not_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (source / "link").symlink_to(tmp_path / "outside")
    with watching(source) as seen:
        (tmp_path / "outside" / "file").touch()
        seen.forget()
        assert not seen.paths
        assert seen.watcher.coverage(1) == Coverage(1, 0, NO_REASON)


def test_burst_of_5000_files_is_noticed_in_full(source: Path) -> None:
    with watching(source) as seen:
        (source / "many").mkdir()
        for number in range(5_000):
            (source / "many" / str(number)).touch()

        def is_covered() -> bool:
            return seen.needs_full or "many" in seen.trees or len(seen.paths) >= 5_001

        seen.until(is_covered)
        assert seen.watcher.is_alive() or seen.needs_full


def test_burst_beyond_the_bound_stays_bounded(source: Path) -> None:
    (source / "many").mkdir()
    with watching(source, max_paths=100) as seen:
        for number in range(500):
            (source / "many" / str(number)).touch()
        seen.until(lambda: "many" in seen.trees or seen.needs_full)
        assert len(seen.paths) <= 100 * 5


def test_wake_comes_once_until_the_set_is_taken(source: Path) -> None:
    wakes = []
    seen = Seen(source)

    def wake() -> None:
        wakes.append(1)
        seen.woken.set()

    seen.watcher = Watcher(str(source), wake)
    seen.watcher.start()
    try:
        for number in range(100):
            (source / str(number)).touch()
        deadline_s = time.monotonic() + LIMIT_S
        while seen.watcher.pending().size < 101:
            assert time.monotonic() < deadline_s
            seen.woken.wait(0.05)
        assert wakes == [1]
        assert seen.watcher.pending().first_s <= seen.watcher.pending().last_s
    finally:
        seen.watcher.stop()


# Events handed in by hand


@pytest.fixture
def idle(tmp_path: Path) -> Watcher:
    """A watcher that was not started."""
    return Watcher(str(tmp_path), lambda: None)


def note(watcher: Watcher, event: Any) -> None:
    watch_module._Handler(watcher._note, watcher._note_failure).dispatch(event)


def test_opening_and_reading_are_ignored_wherever_they_are_sent(idle: Watcher) -> None:
    note(idle, FileOpenedEvent(f"{idle._root}/a"))
    note(idle, FileClosedNoWriteEvent(f"{idle._root}/a"))
    assert not idle.pending()


def test_events_outside_the_source_are_ignored(idle: Watcher) -> None:
    note(idle, FileModifiedEvent(f"{idle._root}-other/a"))
    note(idle, DirCreatedEvent(os.path.dirname(idle._root)))
    assert not idle.pending()


def test_move_across_the_border_marks_the_inner_side(idle: Watcher) -> None:
    note(idle, FileMovedEvent("/elsewhere/a", f"{idle._root}/b/c"))
    assert idle.take() == (Scope(paths=frozenset({"b/c", "b"})), False)


def test_bytes_paths_are_understood(idle: Watcher) -> None:
    note(idle, FileCreatedEvent(os.fsencode(idle._root) + b"/\xff"))
    assert "\udcff" in idle.take()[0].paths


def test_failing_handler_asks_for_a_full_pass_and_raises_nothing(
    idle: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    class BadEvent(FileCreatedEvent):
        src_path = property(lambda _: 1 / 0)

        def __init__(self) -> None:
            pass

    note(idle, BadEvent())
    assert idle.take() == (Scope(), True)
    assert "could not be handled" in caplog.text


# Overflow


@pytest.mark.hazard(36)
def test_overflow_asks_for_a_full_pass_and_a_new_watcher(source: Path, caplog: pytest.LogCaptureFixture) -> None:
    (source / "one").touch()
    (source / "two").touch()
    with watching(source) as seen:
        assert seen.watcher.is_alive()
        with inner(seen).reader._lock:
            # The reader stands still at its first event.
            fill_queue(source / "one", source / "two")
        seen.until(lambda: seen.needs_full)
        assert not seen.watcher.is_alive()
        assert "overflowed" in caplog.text


# Coverage


def test_all_folders_are_covered(source: Path) -> None:
    for number in range(50):
        (source / str(number) / "sub").mkdir(parents=True)
    with watching(source) as seen:
        assert seen.watcher.coverage(101) == Coverage(101, 0, NO_REASON)
        assert seen.watcher.coverage(0) == Coverage(101, 0, NO_REASON)
        assert seen.watcher.is_complete()
        assert inner(seen).group().count() == inner(seen).reader.kernel_count() == 101


def test_two_watchers_do_not_count_each_others_folders(tmp_path: Path) -> None:
    for name, count in (("one", 3), ("two", 7)):
        for number in range(count):
            (tmp_path / name / str(number)).mkdir(parents=True)
    with watching(tmp_path / "one") as one, watching(tmp_path / "two") as two:
        assert one.watcher.coverage(0).folders_live == 4
        assert two.watcher.coverage(0).folders_live == 8
        one.watcher.stop()
        (tmp_path / "two" / "0" / "file").touch()
        two.until_paths("two/0/file".removeprefix("two/"))


def test_fewer_watches_than_folders_is_told_even_without_a_known_reason(source: Path) -> None:
    with watching(source) as seen:
        assert seen.watcher.coverage(5) == Coverage(1, 4, SOME_REASON)


@pytest.mark.hazard(37)
def test_folders_that_went_since_the_pass_began_are_no_gap(source: Path) -> None:
    for number in range(6):
        (source / str(number)).mkdir()
    with watching(source) as seen:
        seen.watcher.take()
        for number in range(3):
            (source / str(number)).rmdir()
        # Whether or not that is known yet.
        assert seen.watcher.coverage(7) == Coverage(7, 0, NO_REASON)
        (source / "3").rename(source.parent / "out")
        wait_until(lambda: inner(seen).reader.kernel_count() == 3, "the watch of what was moved out has ended")
        wait_until(lambda: inner(seen).group().count() == 3, "that is known")
        assert seen.watcher.coverage(7) == Coverage(7, 0, NO_REASON)
        seen.until_trees("0", "1", "2", "3")
        # A pass that begins now sees them no more: what it sees more than is watched is a gap.
        assert seen.watcher.coverage(7) == Coverage(3, 4, SOME_REASON)


def test_more_watches_than_folders_compared_is_no_gap(source: Path) -> None:
    for number in range(5):
        (source / "excluded" / str(number)).mkdir(parents=True)
    with watching(source) as seen:
        assert seen.watcher.coverage(1) == Coverage(1, 0, NO_REASON)


def test_watch_limit_is_told_and_recovered_from(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        (source / str(number)).mkdir()
    room = 6
    watched: set[bytes] = set()

    def fails(path: bytes) -> int:
        if path not in watched and len(watched) == room:
            return errno.ENOSPC
        # What is watched already may be asked for at any time.
        watched.add(path)
        return 0

    with failing_after(monkeypatch, fails), watching(source) as seen:
        assert seen.watcher.is_alive()
        assert not seen.watcher.is_complete()
        assert seen.watcher.coverage(11) == Coverage(6, 5, LIMIT_REASON)
        room = 100
        assert seen.watcher.coverage(11) == Coverage(11, 0, NO_REASON)
        assert seen.watcher.is_complete()
        # They may have changed while nobody looked.
        seen.until(lambda: len(seen.trees) == 5)
        for tree in tuple(seen.trees):
            (source / tree / "file").touch()
            seen.until_paths(f"{tree}/file")


def test_excluded_folders_do_not_hide_a_gap(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        (source / "excluded" / str(number)).mkdir(parents=True)
    (source / "wanted").mkdir()
    fails = failing_after(monkeypatch, lambda path: errno.ENOSPC if path.endswith(b"wanted") else 0)
    with fails, watching(source) as seen:
        assert seen.watcher.coverage(2) == Coverage(1, 1, LIMIT_REASON)


def test_new_folder_beyond_the_limit_is_noticed(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(source) as seen, failing_after(monkeypatch, lambda _: errno.ENOSPC):
        (source / "new").mkdir()
        seen.until_trees("new")
        assert not seen.watcher.is_complete()
        assert seen.watcher.coverage(2) == Coverage(1, 1, LIMIT_REASON)
        shutil.rmtree(source / "new")
        seen.until_trees("new")
        assert seen.watcher.coverage(1) == Coverage(1, 0, NO_REASON)


def test_unreadable_folder_is_no_gap_and_is_watched_once_it_is_readable(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "private" / "sub").mkdir(parents=True)
    is_closed = True
    fails = failing_after(monkeypatch, lambda path: errno.EACCES if is_closed and b"private" in path else 0)
    with fails, watching(source) as seen:
        assert seen.watcher.coverage(2) == Coverage(2, 0, NO_REASON)
        assert seen.watcher.is_complete()
        is_closed = False
        (source / "private").chmod(0o755)
        seen.until_trees("private")
        (source / "private" / "sub" / "file").touch()
        seen.until_paths("private/sub/file")


LIMIT_SCRIPT = """
import json, sys
from pathlib import Path
Path("/proc/sys/user/max_inotify_watches").write_text("8")
from backup_gui.model.errors import WatchError
from backup_gui.engine.watch.watcher import Watcher
watcher = Watcher(sys.argv[1], lambda: None)
watcher.start()
coverage = watcher.coverage(21)
is_alive = watcher.is_alive()
second = Watcher(sys.argv[1], lambda: None)
try:
    second.start()
    error = ""
except WatchError as caught:
    error = str(caught)
watcher.stop()
print(json.dumps([coverage.folders_live, coverage.folders_polled, coverage.reason, is_alive, error]))
"""


@pytest.mark.hazard(37)
def test_kernels_own_watch_limit_is_told(source: Path) -> None:
    for number in range(20):
        (source / str(number)).mkdir()
    # A user namespace has a limit of its own: nobody else is short of watches meanwhile.
    unshare = ["unshare", "--user", "--map-root-user"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no user namespaces here")
    found = subprocess.run(
        [*unshare, sys.executable, "-c", LIMIT_SCRIPT, str(source)], capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout) == [8, 13, LIMIT_REASON, True, LIMIT_REASON]


def test_table_is_counted_where_the_kernel_does_not_tell(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "a").mkdir()
    with watching(source) as seen:
        monkeypatch.setattr(inner(seen).reader, "kernel_count", lambda: os.stat("/nowhere"))
        assert seen.watcher.coverage(0) == Coverage(2, 0, NO_REASON)


def test_other_systems_are_taken_to_watch_everything(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backup_gui.engine.watch.watcher.HAS_INOTIFY", False)
    (source / "a").mkdir()
    with watching(source) as seen:
        monkeypatch.undo()
        (source / "a" / "file").touch()
        (source / "b").mkdir()
        seen.until_paths("a/file")
        seen.until_trees("b")
        shutil.rmtree(source / "b")
        (source / "a").chmod(0o700)
        seen.until_paths("a")
        assert seen.watcher.is_alive()
        assert seen.watcher.is_complete()
        assert seen.watcher.coverage(3) == Coverage(3, 0, NO_REASON)


def test_a_share_mounted_below_the_source_is_polled_on_other_systems_too(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backup_gui.engine.watch.watcher.HAS_INOTIFY", False)
    with watching(source) as seen:
        monkeypatch.setattr("backup_gui.engine.watch.watcher.network_mount_below", lambda _root: "/home/share")
        reason = Reason(ReasonCode.NETWORK_UNTOLD_AT, path="/home/share")
        assert seen.watcher.coverage(3) == Coverage(2, 1, reason)
        assert seen.watcher.coverage(0) == Coverage(0, 0)


# Life and death


def test_deleted_root_is_noticed(source: Path) -> None:
    with watching(source) as seen:
        shutil.rmtree(source)
        seen.until(lambda: seen.needs_full)
        seen.until(lambda: not seen.watcher.is_alive())


@pytest.mark.hazard(38)
def test_renamed_root_is_noticed(source: Path, tmp_path: Path) -> None:
    with watching(source) as seen:
        source.rename(tmp_path / "renamed")
        assert not seen.watcher.is_alive()


def test_replaced_root_is_noticed(source: Path, tmp_path: Path) -> None:
    with watching(source) as seen:
        source.rename(tmp_path / "renamed")
        source.mkdir()
        assert not seen.watcher.is_alive()


def test_link_turned_elsewhere_is_noticed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    link = tmp_path / "link"
    link.symlink_to(source)
    with watching(link) as seen:
        link.unlink()
        link.symlink_to(tmp_path / "other")
        assert not seen.watcher.is_alive()


@pytest.mark.hazard(38)
@pytest.mark.parametrize("thread", ["reader", "emitter", "observer"])
def test_dead_thread_is_noticed(source: Path, thread: str) -> None:
    with watching(source) as seen:
        observer = inner(seen)
        if thread == "reader":
            observer.reader.stop()
            observer.reader.join(5)
        elif thread == "emitter":
            (emitter,) = observer.emitters
            emitter.stop()
            emitter.join(5)
        else:
            observer.stop()
            observer.join(5)
        assert not seen.watcher.is_alive()


def test_stop_ends_all_threads_and_closes_all_descriptors(source: Path) -> None:
    threads = set(threading.enumerate())
    descriptors = count_open()
    for _ in range(5):
        with watching(source) as seen:
            assert len(set(threading.enumerate()) - threads) == 3
        assert set(threading.enumerate()) == threads
        seen.watcher.stop()
        assert not seen.watcher.is_alive()
    assert count_open() == descriptors


def test_failing_starts_leave_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set(threading.enumerate())
    descriptors = count_open()
    with failing_after(monkeypatch, lambda _: errno.ENOSPC):
        for _ in range(20):
            with pytest.raises(WatchError, match=LIMIT_REASON):
                Watcher(str(tmp_path), lambda: None).start()
    assert set(threading.enumerate()) == threads
    assert count_open() == descriptors


def test_reader_that_never_came_to_read_leaves_nothing_open() -> None:
    descriptors = count_open()
    reader = Reader(lambda: None, lambda: None)
    reader.stop()
    reader.release()
    reader.release()
    assert count_open() == descriptors


@pytest.mark.hazard(18)
def test_stop_is_bounded_when_a_thread_hangs(
    source: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch_module, "_STOP_LIMIT_S", 0.2)
    seen = Seen(source)
    seen.watcher.start()
    lock = inner(seen).group()._lock
    with lock:
        before_s = time.monotonic()
        seen.watcher.stop()
        assert time.monotonic() - before_s < 3
    assert "did not end" in caplog.text


def test_absent_source_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(WatchError, match=ABSENT_REASON):
        watch(str(tmp_path / "nowhere"), lambda: None)


def test_file_cannot_be_watched(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WatchError, match=ABSENT_REASON):
        Watcher(str(tmp_path / "file"), lambda: None).start()


def test_unreadable_source_cannot_be_watched(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing_after(monkeypatch, lambda _: errno.EACCES), pytest.raises(WatchError, match=DENIED_REASON):
        Watcher(str(source), lambda: None).start()


def test_lack_of_instances_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def init() -> int:
        ctypes.set_errno(errno.EMFILE)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_init", init)
    with pytest.raises(WatchError, match=INSTANCES_REASON):
        Watcher(str(source), lambda: None).start()


def test_lack_of_threads_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(inotify_c.InotifyFD, "start", start)
        with pytest.raises(WatchError, match=INSTANCES_REASON):
            Watcher(str(source), lambda: None).start()


def test_other_errors_are_told_in_the_systems_words(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with failing_after(monkeypatch, lambda _: errno.EIO), pytest.raises(WatchError, match=os.strerror(errno.EIO)):
        Watcher(str(source), lambda: None).start()


def test_source_replaced_while_watches_are_set_is_not_watched(source: Path, tmp_path: Path) -> None:
    def should_stop() -> bool:
        source.rename(tmp_path / "renamed")
        source.mkdir()
        return False

    with pytest.raises(WatchError, match=ABSENT_REASON):
        watch(str(source), lambda: None, should_stop)


def test_setting_watches_can_be_given_up(source: Path) -> None:
    for number in range(50):
        (source / str(number)).mkdir()
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    threads = set(threading.enumerate())
    with pytest.raises(WatchCancelledError):
        watch(str(source), lambda: None, should_stop)
    assert asked == 11
    assert set(threading.enumerate()) == threads


def test_changes_are_noticed_from_the_moment_that_start_returns(source: Path) -> None:
    for number in range(100):
        (source / str(number)).mkdir()
    with watching(source) as seen:
        for number in range(100):
            (source / str(number) / "file").touch()
        seen.until_paths(*(f"{number}/file" for number in range(100)))


def test_coverage_of_a_stopped_watcher_is_none(source: Path) -> None:
    with watching(source) as seen:
        pass
    assert seen.watcher.coverage(5) == Coverage(0, 5, SOME_REASON)


def test_network_mount_below_the_source_is_told(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "network_mount_below", lambda _: "/source/nas")
    with watching(source) as seen:
        coverage = seen.watcher.coverage(1)
    assert coverage.folders_polled == 1
    assert "/source/nas" in coverage.reason


@pytest.mark.hazard(40)
def test_network_source_is_not_watched(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "can_watch", lambda _: "a network folder")
    with pytest.raises(WatchError, match="a network folder"):
        watch(str(source), lambda: None)


def test_watch_returns_a_started_watcher(source: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    watcher = watch(str(source), lambda: None)
    try:
        assert watcher.is_alive()
    finally:
        watcher.stop()
    assert not caplog.records
