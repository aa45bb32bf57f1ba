"""Runs work in the background that may block, such as a look at a drive, off the window's thread.

Each task has a key: a new one takes the place of the old one with that key, or waits for its end. A task may tell how
far it is, and can be given up. One that hangs, as on a drive that does not answer, is told of and delays no other.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot

from backup_gui.engine.fs.content import Cancelled
from backup_gui.model.errors import BackupError
from backup_gui.threads.liveness import Heart, Stalls

log = logging.getLogger(__name__)

MOST_THREADS = 8
# Those that hang cost no time but memory; so many of them are a fault that no more threads would mend.
MOST_IN_ALL = 64
_PROGRESS_EVERY_S = 0.1

_T = TypeVar("_T")
_P = TypeVar("_P")
_P_contra = TypeVar("_P_contra", contravariant=True)


class TaskContext(Generic[_P_contra]):
    """What the work itself sees: whether to stop, and where to tell how far it is."""

    progress: _P_contra

    def __init__(
        self, announce: Callable[[TaskContext[_P_contra]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with nothing told.

        Args:
            announce: Called in the thread of the work when ``progress`` is another.
            clock: Monotonic seconds.
        """
        self._announce = announce
        self._clock = clock
        self._next_s = -math.inf
        self.heart = Heart()
        self.is_stopped = False

    def should_stop(self) -> bool:
        """Whether to give up; each question is a sign of life."""
        self.heart.beat()
        return self.is_stopped

    def tell(self, progress: _P_contra) -> None:
        """Tell how far the work is: at most ten times a second, what comes more often is dropped."""
        now_s = self._clock()
        if not self.is_stopped and now_s >= self._next_s:
            self._next_s = now_s + _PROGRESS_EVERY_S
            self.progress = progress
            self._announce(self)


class _Work(Generic[_T, _P]):
    """A task as its thread knows it: no callback is in it, so that no thread destroys what belongs to the window."""

    value: _T
    error: Exception | None = None

    def __init__(self, do: Callable[[TaskContext[_P]], _T], context: TaskContext[_P]) -> None:
        self._do = do
        self.context = context

    def run(self) -> None:
        """Do the work, and keep what comes of it."""
        self.context.heart.begin()
        try:
            self.value = self._do(self.context)
        except Exception as error:  # noqa: BLE001 - the boundary of the thread: whoever asked is told, or the log has it
            self.error = error


@dataclass(eq=False, slots=True)
class _Task(Generic[_T, _P]):
    """A task as the window's thread knows it.

    Attributes:
        key: What it is about.
        work: What its thread knows.
        on_done: As for ``TaskRunner.start``, as the next three are.
        on_failed: See there.
        on_progress: See there.
        on_silent: See there.
        is_wanted: Whether anything is to be told of it.
        thread: Where it is done; None before.
    """

    key: str
    work: _Work[_T, _P]
    on_done: Callable[[_T], None]
    on_failed: Callable[[Exception], None] | None
    on_progress: Callable[[_P], None] | None
    on_silent: Callable[[int], None] | None
    is_wanted: bool = True
    thread: threading.Thread | None = None

    def drop(self) -> None:
        """Have it end, and nothing told of it any more."""
        self.is_wanted = False
        self.work.context.is_stopped = True

    def finish(self) -> None:
        """Tell what came of it."""
        error = self.work.error
        if not self.is_wanted:
            return
        if error is None:
            self.on_done(self.work.value)
        elif self.on_failed is not None:
            self.on_failed(error)

    def show_progress(self) -> None:
        """Tell how far it is; the latest, if more than one thing was told meanwhile."""
        if self.is_wanted and self.on_progress is not None:
            self.on_progress(self.work.context.progress)


class TaskRunner(QObject):
    """Runs tasks in threads, and tells what comes of them in the window's thread, where it lives itself.

    The threads are Python's own and daemons, not of a QThreadPool: a drive that does not answer must not keep the
    program from ending, and a pool waits for its threads without limit when it is destroyed. A task that was given up
    and hangs is left to itself: what waits for its end begins at once.
    """

    silence_changed = Signal(object)
    left = Signal()
    _told = Signal(object)
    _ended = Signal(object)

    def __init__(
        self,
        name: str = "look",
        parent: QObject | None = None,
        *,
        is_serial: bool = False,
        most_waiting: int | None = None,
    ) -> None:
        """Begin without tasks.

        Args:
            name: What the threads are named after.
            parent: Owner.
            is_serial: Whether tasks are done one after the other, in the order in which they came. One that hangs then
                holds the others up until it is given up. Otherwise several are done at once, and one that hangs is in
                nobody's way.
            most_waiting: How many may wait; if more do, the oldest is given up. None for any number.
        """
        super().__init__(parent)
        self._name = name
        self._is_serial = is_serial
        self._most_waiting = most_waiting
        self._is_closed = False
        self._waiting: dict[str, _Task[Any, Any]] = {}
        self._running: dict[str, _Task[Any, Any]] = {}
        # What hangs and was given up; its key is free again.
        self._left: set[_Task[Any, Any]] = set()
        # Whatever a thread may still tell something of.
        self._tasks: dict[TaskContext[Any], _Task[Any, Any]] = {}
        self._stalls = Stalls(
            lambda: {key: task.work.context.heart.pulse for key, task in self._running.items()}, parent=self, rests=True
        )
        self._stalls.changed.connect(self._on_silence_changed)
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        key: str,
        work: Callable[[TaskContext[_P]], _T],
        on_done: Callable[[_T], None],
        *,
        on_failed: Callable[[Exception], None] | None = None,
        on_progress: Callable[[_P], None] | None = None,
        on_silent: Callable[[int], None] | None = None,
        waits: bool = False,
    ) -> None:
        """Start a task, now or as soon as there is a thread for it.

        All is told in the window's thread, and only as long as the task is wanted: not after a newer one has taken its
        place, not after ``cancel``, and not after ``close``.

        Args:
            key: What it is about. Of the tasks with one key that wait, only the latest is done.
            work: Called in another thread; must not touch any Qt object but values.
            on_done: Told what ``work`` returned.
            on_failed: Told what ``work`` raised, or ``Cancelled`` if it never began. If None, the log has it.
            on_progress: Told what ``work`` has told its context.
            on_silent: Told when it hangs, as on a drive that does not answer: for how many seconds, and 0 when it goes
                on.
            waits: Whether it waits for the end of the task with the same key that runs, instead of taking its place.
        """
        if self._is_closed:
            return
        context: TaskContext[_P] = TaskContext(self._announce)
        task = _Task(key, _Work(work, context), on_done, on_failed, on_progress, on_silent)
        if key in self._waiting:
            del self._tasks[self._waiting[key].work.context]
        self._waiting[key] = task
        self._tasks[context] = task
        if self._most_waiting is not None and len(self._waiting) > self._most_waiting:
            self.stop(next(iter(self._waiting)))
        running = self._running.get(key)
        if running is not None and not waits:
            running.drop()
            self._leave_if_hanging(running)
        self._begin_waiting()

    def cancel(self, key: str = "") -> None:
        """Give up a task, or all if none is named; nothing more is told of it."""
        for waiting in [waiting for waiting in self._waiting if key in ("", waiting)]:
            del self._tasks[self._waiting.pop(waiting).work.context]
        for running in [running for running in self._running.values() if key in ("", running.key)]:
            running.drop()
            self._leave_if_hanging(running)

    def stop(self, key: str) -> None:
        """Have a task end early; what comes of it until then is told."""
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.work.error = Cancelled()
            self._ended.emit(waiting.work.context)
        running = self._running.get(key)
        if running is not None:
            running.work.context.is_stopped = True
            self._leave_if_hanging(running)

    def leave(self, key: str) -> None:
        """Leave a task that runs to itself: what waits for its end begins at once.

        It is to end early, and what comes of it is told whenever it does.
        """
        task = self._running.get(key)
        if task is None:
            return
        log.warning("%s does not get on and is left to itself: %s", self._name, key)
        task.work.context.is_stopped = True
        self._left.add(self._running.pop(key))
        # Whoever shares something with the thread must know before another one begins.
        self.left.emit()
        self._begin_waiting()
        self._stalls.look()

    def is_running(self, key: str) -> bool:
        """Whether a task was started of which something is still to be told; what was left to itself does not count."""
        running = self._running.get(key)
        return key in self._waiting or (running is not None and running.is_wanted)

    def close(self) -> None:
        """Give everything up and tell nothing more; returns at once, and leaves behind what hangs."""
        self._is_closed = True
        self._stalls.stop()
        for task in self._tasks.values():
            task.drop()
        self._tasks.clear()
        self._waiting.clear()

    def wait(self, limit_s: float) -> bool:
        """Wait for all threads to end, but for those that were left to themselves.

        Args:
            limit_s: How long at most.

        Returns:
            Whether they have ended. Those that have not hang in the system, and end with the process.
        """
        end_s = time.monotonic() + limit_s
        threads = [task.thread for task in self._running.values() if task.thread is not None]
        for thread in threads:
            thread.join(max(0.0, end_s - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _begin_waiting(self) -> None:
        for key in list(self._waiting):
            if key not in self._running and self._has_room():
                self._begin(self._waiting.pop(key))

    def _has_room(self) -> bool:
        if len(self._running) + len(self._left) >= MOST_IN_ALL:
            return False
        if self._is_serial:
            return not self._running
        hanging = sum(self._stalls.silent_s(key) > 0 for key in self._running)
        return len(self._running) - hanging < MOST_THREADS

    def _begin(self, task: _Task[Any, Any]) -> None:
        self._running[task.key] = task
        thread = threading.Thread(target=self._run, args=(task.work,), name=f"{self._name} {task.key}", daemon=True)
        task.thread = thread
        thread.start()
        self._stalls.start()

    def _run(self, work: _Work[Any, Any]) -> None:
        work.run()
        self._send(self._ended, work.context)

    def _announce(self, context: TaskContext[Any]) -> None:
        self._send(self._told, context)

    def _send(self, signal: SignalInstance, context: TaskContext[Any]) -> None:
        """Tell the window's thread something, from another one."""
        if not self._is_closed:
            # RACE: the program may end between these two lines; then there is nothing left to send the signal, and the
            # thread ends with it.
            with contextlib.suppress(RuntimeError):
                signal.emit(context)

    def _leave_if_hanging(self, task: _Task[Any, Any]) -> None:
        is_running = self._running.get(task.key) is task
        if is_running and task.work.context.is_stopped and self._stalls.silent_s(task.key):
            self.leave(task.key)

    @Slot(object)
    def _on_silence_changed(self, key: str) -> None:
        task = self._running.get(key)
        if task is not None:
            self._leave_if_hanging(task)
        silent_s = self._stalls.silent_s(key)
        if task is not None and task.is_wanted and task.on_silent is not None:
            task.on_silent(silent_s)
        self.silence_changed.emit(silent_s)
        self._begin_waiting()

    @Slot(object)
    def _on_told(self, context: TaskContext[Any]) -> None:
        if context in self._tasks:
            self._tasks[context].show_progress()

    @Slot(object)
    def _on_ended(self, context: TaskContext[Any]) -> None:
        task = self._tasks.pop(context, None)
        if task is None:
            return
        if self._running.get(task.key) is task:
            del self._running[task.key]
        self._left.discard(task)
        self._stalls.look()
        self._log(task)
        self._begin_waiting()
        task.finish()

    def _log(self, task: _Task[Any, Any]) -> None:
        """Log what is an error of the program's, and what nobody is told."""
        error = task.work.error
        is_expected = isinstance(error, OSError | BackupError) and (task.on_failed is not None or not task.is_wanted)
        if error is not None and not isinstance(error, Cancelled) and not is_expected:
            log.error("%s failed: %s", self._name, task.key, exc_info=error)


def ignore_result(result: object) -> None:
    """Ignore what a task returned."""
