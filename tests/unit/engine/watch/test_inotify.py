"""The table of watches, step by step: folders change between any two looks of the thread that reads events.

No thread runs here. Events are read and handled by the test, and the changes happen at chosen moments between two calls
to the system, so each interleaving can be tried, and one that fails fails again.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import struct
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.exchange import exchange

if sys.platform != "linux":
    pytest.skip("these are inotify's ways", allow_module_level=True)

from watchdog.observers import inotify_c
from watchdog.observers.api import EventQueue, ObservedWatch
from watchdog.observers.inotify_move_event_grouper import PathedInotifyEvent

from backup_gui.engine.watch.inotify import EVENTS, Emitter, Group, Reader

Change = Callable[[Path], None]

pytestmark = [pytest.mark.watches, pytest.mark.posix("inotify")]

STEPS_LIMIT = 2_000
# Far below how many instances of inotify a user may have.
CLOSING_AT_ONCE = 16


class Closer:
    """Closes instances of inotify aside: the kernel takes 10 ms for one, without computing, and as long for many."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._free = threading.Semaphore(CLOSING_AT_ONCE)

    def end_later(self, reader: Reader) -> None:
        """Close what a reader has open, but not yet the instance itself."""
        instance = os.dup(reader._inotify_fd)
        reader.close()
        reader.release()
        self._free.acquire()
        self._pool.submit(self._close, instance)

    def _close(self, instance: int) -> None:
        os.close(instance)
        self._free.release()


class Stepper:
    """Looks at a source as the watcher's threads would, and has it change between any two of its looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, closer: Closer) -> None:
        self._monkeypatch = monkeypatch
        self._closer = closer
        self.count = 0
        # Whether no event is waiting, so that nothing will happen but by a change.
        self.is_at_rest = False
        self._change: Callable[[], bool] | None = None

    def run(
        self,
        source: Path,
        change: Callable[[], bool],
        *,
        is_setting_up: bool,
        forgets_early: Callable[[], bool] = lambda: False,
    ) -> None:
        """Watch the source until it has come to rest, and check the table.

        Args:
            source: The folder to watch.
            change: Called at each step; makes changes or none, one if all is at rest; tells whether more will come.
            is_setting_up: Whether it changes already while the watches are set.
            forgets_early: Whether to take what was moved away for gone, before its new path was seen.
        """
        self.count = 0
        reader = Reader(lambda: pytest.fail("overflow"), lambda: None)
        try:
            with self._monkeypatch.context() as patch:
                for module, name in ((inotify_c, "inotify_add_watch"), (os, "scandir"), (os, "lstat")):
                    self._step_at(patch, module, name)
                self._change = change if is_setting_up else None
                watch = ObservedWatch(str(source), recursive=True)
                emitter = Emitter(EventQueue(), watch, event_filter=EVENTS, inotify_fd=reader)
                emitter.on_thread_start()
                group = emitter.group
                assert group is not None
                self._change = change
                self._read(reader, group, forgets_early)
            check_table(source, reader, group)
        finally:
            self._change = None
            self._closer.end_later(reader)

    def _read(self, reader: Reader, group: Group, forgets_early: Callable[[], bool]) -> None:
        while True:
            has_more = self._step(is_at_rest=not has_waiting(reader))
            if has_waiting(reader):
                for event in reader.read_events():
                    self._step()
                    reader.handle_event(event)
                    if forgets_early():
                        forget_gone(group)
            elif not has_more:
                forget_gone(group)
                if not has_waiting(reader):
                    return

    def _step_at(self, patch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        real = getattr(module, name)

        def call(*args: Any, **options: Any) -> Any:
            self._step()
            return real(*args, **options)

        patch.setattr(module, name, call)

    def _step(self, *, is_at_rest: bool = False) -> bool:
        change, self._change = self._change, None
        if change is None:
            # A change looks at the file system, too.
            return True
        try:
            self.count += 1
            assert self.count < STEPS_LIMIT, "the source never comes to rest"
            self.is_at_rest = is_at_rest
            return change()
        finally:
            self._change = change


@pytest.fixture
def stepper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stepper]:
    with ThreadPoolExecutor(CLOSING_AT_ONCE) as pool:
        yield Stepper(monkeypatch, Closer(pool))


def has_waiting(reader: Reader) -> bool:
    (size_bytes,) = struct.unpack("i", fcntl.ioctl(reader._inotify_fd, termios.FIONREAD, b"\0" * 4))
    return bool(size_bytes)


def forget_gone(group: Group) -> None:
    """Do what the handler does with what nobody has seen come anywhere."""
    events = [item[0] for item in group._move_event_grouper._queue._queue]
    group._move_event_grouper.discard_pending_events()
    for event in events:
        # A pair is what was seen to come to another path.
        if not isinstance(event, PathedInotifyEvent) or not event.ev.is_directory:
            continue
        if event.ev.is_delete or event.ev.is_moved_from:
            group.forget_gone(event.path)


def check_table(source: Path, reader: Reader, group: Group) -> None:
    with open(f"/proc/self/fdinfo/{reader._inotify_fd}") as lines:
        inodes = {
            int(fields["wd"], 16): int(fields["ino"], 16)
            for line in lines
            if line.startswith("inotify ")
            for fields in [dict(field.split(":") for field in line.split()[1:])]
        }
    table = {inodes[wd]: os.fsdecode(path) for wd, path in group._active_callbacks_by_watch.items()}
    there = {os.lstat(folder).st_ino: folder for folder, _, _ in os.walk(source)}
    outside = {os.lstat(folder).st_ino for folder, _, _ in os.walk(source.parent / "outside")}
    # One moved out while its folder moves, too, may be watched for longer, which is harmless.
    assert {inode: path for inode, path in table.items() if inode not in outside} == there
    assert len(table) == len(inodes)
    assert not reader.unwatched()


def make_trees(folder: Path) -> Path:
    source = folder / "source"
    for name in ("source/a/same/x", "source/b/same", "source/c", "outside/o/same"):
        (folder / name).mkdir(parents=True)
    (source / "b/file").touch()
    return source


# All interleavings of short sequences


def make(path: str) -> Change:
    return lambda source: (source / path).mkdir(parents=True)


def move(old: str, new: str) -> Change:
    return lambda source: os.rename(source / old, source / new)


def swap(path: str, other: str) -> Change:
    return lambda source: exchange(str(source / path), str(source / other))


def link(path: str, target: str) -> Change:
    return lambda source: (source / path).symlink_to(target)


def remove(path: str) -> Change:
    return lambda source: shutil.rmtree(source / path)


def in_one(*changes: Change) -> Change:
    """Changes with no look between them."""

    def change(source: Path) -> None:
        for one in changes:
            one(source)

    return change


def interleavings(count: int, run: Callable[[list[int]], int]) -> Iterator[list[int]]:
    """Each choice of moments for changes, the first of which comes at once; ``run`` tells how many there were."""
    moments = [1] * count
    while True:
        total = run(moments)
        yield moments
        position = count - 1
        # What comes after all has come to rest is one moment.
        while position and moments[position] >= total:
            position -= 1
        if not position:
            return
        moments = [*moments[:position], *[moments[position] + 1] * (count - position)]


@pytest.mark.hazard(61)
@pytest.mark.parametrize(
    "changes",
    [
        [make("c/new/deep"), move("c/new", "a/new")],
        [make("c/new/deep"), move("c/new", "a/new"), move("a/new", "b/new")],
        [make("c/new/deep"), move("c/new", "a/new"), link("c/new", "../a/new")],
        [make("c/new/deep"), move("c", "b/c"), make("b/c/new/newer")],
        [make("c/new/deep"), swap("c/new", "a")],
        [make("c/new/deep"), in_one(move("c/new", "a/new"), move("b/same", "c/new")), move("c/new", "z")],
        [make("c/new/deep"), swap("c/new", "b/file"), move("b/file", "a/new")],
        [swap("b", "a/same/x"), move("a/same", "z"), move("z/x", "c/x")],
        [swap("c", "a/same"), move("a", "b/same/a")],
        [move("../outside/o", "c/o"), move("c/o", "a/o"), move("a", "z")],
        [move("a", "../outside/a"), move("../outside/a", "c/a"), move("c", "z")],
        [remove("a/same"), move("b", "a/same"), move("a", "z")],
    ],
)
def test_no_watch_is_lost_whenever_folders_move(place: Path, stepper: Stepper, changes: list[Change]) -> None:
    def run(moments: list[int]) -> int:
        source = make_trees(place / "tree")
        left = list(zip(moments, changes, strict=True))

        def change() -> bool:
            while left and (stepper.is_at_rest or left[0][0] <= stepper.count):
                left.pop(0)[1](source)
                stepper.is_at_rest = False
            return bool(left)

        stepper.run(source, change, is_setting_up=False)
        shutil.rmtree(place / "tree")
        return stepper.count

    assert sum(1 for _ in interleavings(len(changes), run)) > len(changes)


# Long random ones


def change_at_random(source: Path, choice: random.Random, number: int) -> None:
    """Make, move, exchange or remove some folder; what cannot be done is left."""
    folders = [folder for folder, _, _ in os.walk(source)]
    below = folders[1:]
    outside = source.parent / "outside"
    name = choice.choice(["a", "same", "x", "new", f"n{number}"])
    with suppress(OSError, IndexError, ValueError):
        match choice.choice(["make", "move", "move", "move", "swap", "swap file", "out", "in", "remove"]):
            case "make":
                os.makedirs(os.path.join(choice.choice(folders), f"n{number}", choice.choice(["", "deep"])))
            case "move":
                os.rename(choice.choice(below), os.path.join(choice.choice(folders), name))
            case "swap":
                exchange(choice.choice(below), choice.choice(below))
            case "swap file":
                exchange(choice.choice(below), str(source / "b/file"))
            case "out":
                os.rename(choice.choice(below), outside / f"o{number}")
            case "in":
                os.rename(outside / choice.choice(os.listdir(outside)), os.path.join(choice.choice(folders), name))
            case "remove":
                shutil.rmtree(choice.choice(below))


@pytest.mark.hazard(61)
@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_no_watch_is_lost_in_random_interleavings(place: Path, stepper: Stepper, seed: int) -> None:
    for one in range(seed, seed + 40):
        choice = random.Random(one)
        source = make_trees(place / str(one))
        left = choice.randint(2, 6)
        pace = choice.choice([0.1, 0.3, 0.6])
        early = choice.choice([0, 0.2])

        def change(choice: random.Random = choice, source: Path = source, pace: float = pace) -> bool:
            nonlocal left
            while left and (stepper.is_at_rest or choice.random() < pace):
                left -= 1
                change_at_random(source, choice, left)
                stepper.is_at_rest = False
            return bool(left)

        stepper.run(
            source,
            change,
            is_setting_up=choice.random() < 0.5,
            forgets_early=lambda choice=choice, early=early: choice.random() < early,  # type: ignore[misc]
        )
