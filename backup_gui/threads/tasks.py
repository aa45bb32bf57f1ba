"""Runs blocking work, such as reading a drive, in background threads.

Each task has a key: a new task replaces the old one with its key, or waits for its end. A task may report progress, and
can be cancelled. A task that hangs, as on a drive that does not answer, is reported and delays no other.
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
from backup_gui.threads.liveness import Heartbeat, Stalls

log = logging.getLogger(__name__)

MOST_THREADS = 8
# Hanging threads cost memory but no processor time. With this many, more threads would not help.
MOST_IN_ALL = 64
_PROGRESS_EVERY_S = 0.1

_T = TypeVar("_T")
_P = TypeVar("_P")
_P_contra = TypeVar("_P_contra", contravariant=True)


class TaskContext(Generic[_P_contra]):
    """What the work itself sees: whether to stop, and where to report its progress.

    Args:
        announce: Called in the thread of the work when ``progress`` has changed.
        clock: Monotonic seconds.
    """

    progress: _P_contra
    # What the work has returned or raised.
    value: Any = None
    error: Exception | None = None

    def __init__(
        self, announce: Callable[[TaskContext[_P_contra]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._announce = announce
        self._clock = clock
        self._next_s = -math.inf
        self.heartbeat = Heartbeat()
        self.is_stopped = False

    def should_stop(self) -> bool:
        """Whether to stop; each call is also a sign of life."""
        self.heartbeat.beat()
        return self.is_stopped

    def tell(self, progress: _P_contra) -> None:
        """Report progress; calls that come more often than ten times a second are dropped."""
        now_s = self._clock()
        if not self.is_stopped and now_s >= self._next_s:
            self._next_s = now_s + _PROGRESS_EVERY_S
            self.progress = progress
            self._announce(self)


@dataclass(eq=False, slots=True)
class _Task(Generic[_T, _P]):
    """A task as the window's thread knows it, with its callbacks while it is wanted, and its thread once it runs.

    Its own thread sees only the work and the context. So that thread never destroys an object of the window, as
    callbacks may be.
    """

    key: str
    work: Callable[[TaskContext[_P]], _T]
    context: TaskContext[_P]
    on_done: Callable[[_T], None]
    on_failed: Callable[[Exception], None] | None
    on_progress: Callable[[_P], None] | None
    on_silent: Callable[[int], None] | None
    is_wanted: bool = True
    thread: threading.Thread | None = None

    def drop(self) -> None:
        """Tell it to stop, and disable its callbacks."""
        self.is_wanted = False
        self.context.is_stopped = True

    def finish(self) -> None:
        """Call back with the result or the error."""
        error = self.context.error
        if not self.is_wanted:
            return
        if error is None:
            self.on_done(self.context.value)
        elif self.on_failed is not None:
            self.on_failed(error)

    def show_progress(self) -> None:
        """Call back with the latest progress."""
        if self.is_wanted and self.on_progress is not None:
            self.on_progress(self.context.progress)


class TaskRunner(QObject):
    """Runs tasks in threads, and calls back in the window's thread, where it lives itself.

    The threads are Python's own daemon threads, not those of a QThreadPool. A drive that does not answer must not keep
    the program from ending, and a pool waits without limit when it is destroyed. A cancelled task that hangs is
    abandoned: the next task with its key starts at once.

    Args:
        name: Prefix of the threads' names.
        is_serial: Whether tasks run one after the other, in order. A task that hangs then blocks the others until it is
            cancelled. Otherwise several run at once, and a task that hangs blocks none.
        most_waiting: How many tasks may wait; beyond that the oldest is stopped. None for any number.
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
        super().__init__(parent)
        self._name = name
        self._is_serial = is_serial
        self._most_waiting = most_waiting
        self._is_closed = False
        self._waiting: dict[str, _Task[Any, Any]] = {}
        self._running: dict[str, _Task[Any, Any]] = {}
        # Abandoned tasks that hang; their keys are free again.
        self._left: set[_Task[Any, Any]] = set()
        # All tasks whose threads may still send something.
        self._tasks: dict[TaskContext[Any], _Task[Any, Any]] = {}
        self._stalls = Stalls(
            lambda: {key: task.context.heartbeat.pulse for key, task in self._running.items()},
            parent=self,
            rests=True,
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
        """Start a task, now or as soon as a thread is free.

        All callbacks run in the window's thread. None is called once a newer task has replaced this one, or after
        ``cancel`` or ``close``.

        Args:
            key: Names the subject. Of several waiting tasks with one key, only the latest runs.
            work: Called in another thread; must not touch Qt objects other than values.
            on_done: Gets what ``work`` returned.
            on_failed: Gets what ``work`` raised, or ``Cancelled`` if it never started. If None, the error is logged.
            on_progress: Gets what ``work`` reported to its context.
            on_silent: Gets for how many seconds the task has hung; 0 when it goes on.
            waits: Whether to wait for a running task with the same key, instead of replacing it.
        """
        if self._is_closed:
            return
        context: TaskContext[_P] = TaskContext(self._announce)
        task = _Task(key, work, context, on_done, on_failed, on_progress, on_silent)
        if key in self._waiting:
            del self._tasks[self._waiting[key].context]
        self._waiting[key] = task
        self._tasks[context] = task
        if self._most_waiting is not None and len(self._waiting) > self._most_waiting:
            self.stop(next(iter(self._waiting)))
        running = self._running.get(key)
        if running is not None and not waits:
            running.drop()
            self._leave_if_hanging(running)
        self._begin_waiting()

    def cancel(self, prefix: str = "") -> None:
        """Cancel all tasks whose keys begin so; no callback of them is called any more."""
        for waiting in [waiting for waiting in self._waiting if waiting.startswith(prefix)]:
            del self._tasks[self._waiting.pop(waiting).context]
        for running in [running for running in self._running.values() if running.key.startswith(prefix)]:
            running.drop()
            self._leave_if_hanging(running)

    def stop(self, key: str) -> None:
        """Tell a task to end early; its callbacks still get what it has by then."""
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.context.error = Cancelled()
            self._ended.emit(waiting.context)
        running = self._running.get(key)
        if running is not None:
            running.context.is_stopped = True
            self._leave_if_hanging(running)

    def leave(self, key: str) -> None:
        """Abandon a running task: tasks that wait for its end start at once.

        The task is told to end early; if it does, its callbacks still get the result.
        """
        task = self._running.get(key)
        if task is None:
            return
        log.warning("%s hangs and is abandoned: %s", self._name, key)
        task.context.is_stopped = True
        self._left.add(self._running.pop(key))
        # Objects that share state with the thread must know before the next one starts.
        self.left.emit()
        self._begin_waiting()
        self._stalls.look()

    def close(self) -> None:
        """Stop all tasks and call back no more. Returns at once and abandons tasks that hang."""
        self._is_closed = True
        self._stalls.stop()
        for task in self._tasks.values():
            task.drop()
        self._tasks.clear()
        self._waiting.clear()

    def wait(self, limit_s: float) -> bool:
        """Wait for all threads to end, up to a limit, and return whether they have; abandoned ones do not count.

        Those that have not hang in a system call, and end with the process.
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
        name = f"{self._name} {task.key}"
        task.thread = threading.Thread(target=self._run, args=(task.work, task.context), name=name, daemon=True)
        task.thread.start()
        self._stalls.start()

    def _run(self, work: Callable[[TaskContext[Any]], Any], context: TaskContext[Any]) -> None:
        """Do the work in its thread, and keep its result or error."""
        context.heartbeat.begin()
        try:
            context.value = work(context)
        except Exception as error:  # noqa: BLE001 - the boundary of the thread: on_failed or the log gets the error
            context.error = error
        self._send(self._ended, context)

    def _announce(self, context: TaskContext[Any]) -> None:
        self._send(self._told, context)

    def _send(self, signal: SignalInstance, context: TaskContext[Any]) -> None:
        """Emit a signal from another thread into the window's thread."""
        if not self._is_closed:
            # RACE: the program may end between these two lines. Worst case: this object is gone, emitting raises
            # RuntimeError, and the thread ends with the process.
            with contextlib.suppress(RuntimeError):
                signal.emit(context)

    def _leave_if_hanging(self, task: _Task[Any, Any]) -> None:
        is_running = self._running.get(task.key) is task
        if is_running and task.context.is_stopped and self._stalls.silent_s(task.key):
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
        """Log bugs, and errors that no callback gets."""
        error = task.context.error
        is_expected = isinstance(error, OSError | BackupError) and (task.on_failed is not None or not task.is_wanted)
        if error is not None and not isinstance(error, Cancelled) and not is_expected:
            log.error("%s failed: %s", self._name, task.key, exc_info=error)


def ignore_result(result: object) -> None:
    """Ignore what a task returned."""
