"""How many files may be open at once: one budget for all jobs of the process.

A tree keeps folders open, since opening one from the root costs a call for each level. How many it may keep depends on
how many other trees there are, and on what the system allows the process: with few jobs always as many as are of use,
with many at least as many as it takes to go on. Jobs and passes that would not fit beside the others wait their turn.

What fails for want of descriptors all the same ends the pass, which is tried again: it says nothing of any file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

from backup_gui.model.errors import BackupError, TooManyOpenError

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Beyond so many, further ones save no pass a call worth mentioning.
MOST_KEPT: Final = 64
# So many folders can a tree always keep open: the one at hand and the nearest above it.
LEAST_KEPT: Final = 4

# What was seen open, and a little more: of the program without any job,
_PROGRAM: Final = 24
# of a job at rest: three of its catalog, two of its lock, three of change notification, one of its thread,
_JOB: Final = 9
# and of a pass besides the folders kept: roots, files being copied or compared, pipes to the other process.
_PASS: Final = 16
_TREES_OF_A_PASS: Final = 3
_LEAST_OF_A_PASS: Final = _PASS + _TREES_OF_A_PASS * LEAST_KEPT
# Left alone, for what nobody announces, such as windows that open: of 32 one, within limits.
_PART_IN_RESERVE: Final = 32
_LEAST_RESERVE: Final = 8
_MOST_RESERVE: Final = 64

# What waits first waits no longer for a pass to end: all of them may hang on drives that do not answer.
TURN_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.1

_PATIENCE: Final = 10
_PAUSE_S: Final = 0.05

T = TypeVar("T")

# Outside of passes, as in the window, nobody expects a pass to be ended.
_THREAD: Final = threading.local()

_SHORTAGE: Final = frozenset({errno.EMFILE, errno.ENFILE})


def open_files_limit() -> int | None:
    """Return how many files the system lets this process have open; None for any number."""
    if sys.platform != "win32":
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return None if soft == resource.RLIM_INFINITY else soft
    return None


def count_open() -> int:
    """Return how many files this process has open; 0 where the system does not tell."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            # The listing itself is one of them.
            return len(os.listdir(folder)) - 1
    return 0


class Budget:
    """How many folders the trees of this process may keep open. Safe to use from any thread.

    Args:
        limit: Tells how many files may be open at once; None for any number.
        count: Tells how many are.
        clock: Steady seconds.
    """

    def __init__(
        self,
        limit: Callable[[], int | None] = open_files_limit,
        count: Callable[[], int] = count_open,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._moved = threading.Condition()
        self._jobs = 0
        self._passes = 0
        self._trees = 0
        self._kept = 0
        # What was open at the last look, without the folders kept.
        self._others = 0
        self._room = sys.maxsize
        self._share = MOST_KEPT
        self._waiting: list[object] = []
        # When a pass began or ended last.
        self._moved_s = 0.0

    # Trees

    def add_tree(self) -> None:
        """Count a tree in; it keeps nothing yet."""
        with self._lock:
            self._trees += 1
            self._settle()

    def remove_tree(self) -> None:
        """Count a tree out that has given back all that it kept."""
        with self._lock:
            self._trees -= 1
            self._settle()

    def keep(self, kept: int) -> int:
        """Take note that a tree has opened a folder and keeps so many now; returns how many it has to close at once.

        Those are counted out already.
        """
        with self._lock:
            self._kept += 1
            surplus = max(kept - self._share, min(self._kept - self._room, kept - LEAST_KEPT), 0)
            self._kept -= surplus
            return surplus

    def give_back(self, count: int) -> None:
        """Take note that a tree has closed folders."""
        with self._lock:
            self._kept -= count

    # Jobs and passes

    @contextlib.contextmanager
    def job(self, should_stop: Callable[[], bool]) -> Iterator[None]:
        """Count in a job for as long as it runs, as soon as there is room for what it keeps open between passes.

        If ``should_stop`` says so while it waits, it is counted in at once.
        """
        self._wait_for_turn(should_stop, jobs=1)
        try:
            yield
        finally:
            self._change(jobs=-1)

    @contextlib.contextmanager
    def turn(self, should_stop: Callable[[], bool]) -> Iterator[None]:
        """Count in a pass, as soon as there is room for it besides the others.

        If ``should_stop`` says so while it waits, the pass begins, and ends by itself.

        Raises:
            TooManyOpenError: No more files can be opened.
        """
        self._wait_for_turn(should_stop, passes=1)
        try:
            with shortage_told():
                self.check()
                _THREAD.is_in_pass = True
                yield
        finally:
            _THREAD.is_in_pass = False
            self._change(passes=-1)
            with self._moved:
                self._moved.notify_all()

    def check(self) -> None:
        """Make sure that files can be opened: much is taken for not being there that only could not be looked at.

        Raises:
            TooManyOpenError: They cannot.
        """
        if sys.platform == "win32":
            return
        opened: list[int] = []
        try:
            opened.extend(os.pipe())
            while len(opened) < _LEAST_RESERVE:
                opened.append(os.dup(opened[0]))
        except OSError as error:
            raise TooManyOpenError from error
        finally:
            for fd in opened:
                os.close(fd)

    def _wait_for_turn(self, should_stop: Callable[[], bool], *, jobs: int = 0, passes: int = 0) -> None:
        ticket = object()
        self._waiting.append(ticket)
        try:
            while not self._begins(ticket, jobs, passes):
                if should_stop():
                    self._change(jobs=jobs, passes=passes)
                    return
                with self._moved:
                    self._moved.wait(_LOOK_EVERY_S)
        finally:
            self._waiting.remove(ticket)

    def _begins(self, ticket: object, jobs: int, passes: int) -> bool:
        """Count in what has waited longest, if it fits besides the passes that go on; without any it always does."""
        with self._lock:
            if self._waiting[0] is not ticket:
                return False
            limit = self._limit()
            if limit is not None and self._passes and self._clock() < self._moved_s + TURN_S:
                rest = max(self._count(), self._kept + _PROGRAM + _JOB * self._jobs)
                # The passes that go on may not have opened yet what they need.
                more = _PASS * self._passes + _JOB * jobs + _LEAST_OF_A_PASS * passes
                if rest + more > limit - _reserve(limit):
                    return False
        self._change(jobs=jobs, passes=passes)
        return True

    def _change(self, *, jobs: int = 0, passes: int = 0) -> None:
        with self._lock:
            self._jobs += jobs
            self._passes += passes
            if passes:
                self._moved_s = self._clock()
            self._look()

    def _look(self) -> None:
        self._others = self._count() - self._kept
        self._settle()

    def _settle(self) -> None:
        """Work out the share of each tree anew."""
        limit = self._limit()
        if limit is None:
            return
        others = max(self._others, _PROGRAM + _JOB * self._jobs) + _PASS * self._passes
        self._room = limit - _reserve(limit) - others
        trees = max(self._trees, _TREES_OF_A_PASS * self._passes, 1)
        self._share = min(MOST_KEPT, max(LEAST_KEPT, self._room // trees))


def _reserve(limit: int) -> int:
    return min(_MOST_RESERVE, max(_LEAST_RESERVE, limit // _PART_IN_RESERVE))


def is_shortage(error: BaseException | None) -> bool:
    """Tell whether an error, or what it comes from, is that no more files can be opened."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _SHORTAGE:
            return True
        error = error.__cause__
    return False


def waited_out(call: Callable[[], T]) -> T:
    """Call something that opens a file, again for a moment as long as no more files can be opened.

    For what decides about much, and is taken for not told, or not there, where it cannot be read.

    Raises:
        TooManyOpenError: No more files can be opened in this pass.
        OSError: As the call.
    """
    for _ in range(_PATIENCE):
        try:
            return call()
        except OSError as error:
            if not is_shortage(error):
                raise
            time.sleep(_PAUSE_S)
    try:
        return call()
    except OSError as error:
        if is_shortage(error) and getattr(_THREAD, "is_in_pass", False):
            raise TooManyOpenError from error
        raise


@contextlib.contextmanager
def shortage_told() -> Iterator[None]:
    """Turn what fails for want of descriptors into the one error that says so.

    Raises:
        TooManyOpenError: It was that.
    """
    try:
        yield
    except TooManyOpenError:
        raise
    except (OSError, BackupError) as error:
        if is_shortage(error):
            raise TooManyOpenError from error
        raise


BUDGET: Final = Budget()
