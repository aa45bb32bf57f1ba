"""A second process that works for one pass, so that comparing and copying use more than one processor.

Threads would not do: listing folders and copying small files is a long row of short system calls, and Python's lock is
handed over at each. The process is given the two roots as open folders. It takes the common way only: whatever does
not go smoothly is left to the pass itself, which tries again and knows what to say about it.

Messages in both directions are lists in the form of ``marshal``, each after its length: both ends are the same program.
What is asked, and how it is answered, is a matter of ``plan/scan_worker.py`` and
``apply/copy_worker.py``.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import marshal
import os
import select
import sys
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import backup_gui
from backup_gui.engine.fs.system.syscalls import end_with_parent
from backup_gui.engine.fs.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from backup_gui.engine.rules.capabilities import Capabilities

# One that is being worked on and one that waits: the pass never waits long, and neither does the other process.
_BATCHES_AHEAD: Final = 2
_LENGTH_BYTES: Final = 4
OPTION: Final = "--second-process"

# A comparison makes millions of small objects that are never part of a cycle. Looking for cycles among them as often
# as Python does by itself takes a twentieth of an unchanged pass.
OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000


class WorkerProcess:
    """The pass's end. Both trees must stay open."""

    def __init__(self, source: Tree, target: Tree) -> None:
        command = [*_command(), *map(str, (os.getpid(), source.root_fd, target.root_fd))]
        self._pid, self._asking, self._answering = _start(command)
        self._exit_code: int | None = None
        self._ahead: deque[Sequence[Any]] = deque()
        self._is_alive = True

    @classmethod
    def start_for(cls, source: Tree, target: Tree, capabilities: Capabilities) -> Self | None:
        """Start one if that can help, as it does on a machine with more than one processor."""
        if sys.platform != "linux" or not sys.executable:
            return None
        if len(os.sched_getaffinity(0)) < 2:
            return None
        if not capabilities.holds_metadata:
            # Such drives are slower than one processor, and the other process knows nothing of what they lack.
            return None
        try:
            return cls(source, target)
        except OSError:
            return None

    def takes_more(self) -> bool:
        """Tell whether another batch can be handed over now."""
        return self._is_alive and len(self._ahead) < _BATCHES_AHEAD

    def hand_over(self, task: str, settings: Sequence[object], batch: Sequence[Any], parts: Sequence[object]) -> None:
        """Have something done.

        Args:
            task: Full name of the module that does it: its ``worker`` makes what is called for each part.
            settings: What holds for all of the pass.
            batch: The things it is about, as they come back with the answers.
            parts: What the other process needs to know of each.
        """
        self._ahead.append(batch)
        try:
            _send(self._asking, [task, list(settings), list(parts)])
        except OSError:
            self._is_alive = False

    def answers(self, *, waits: bool = False) -> tuple[Sequence[Any], list[Any] | None] | None:
        """Return the oldest batch and an answer for each thing in it, and wait for that if told to.

        The answers are None if the process has ended, and how far it came is not known.

        Returns:
            None if there is nothing that was not returned before; without ``waits`` also if it is not done yet.
        """
        if not self._ahead:
            return None
        if self._is_alive and not waits and not _has_message(self._answering):
            return None
        answers = self._receive() if self._is_alive else None
        return self._ahead.popleft(), answers

    def close(self) -> None:
        """End the process; what it was asked and has not answered is waited for."""
        while self.answers(waits=True) is not None:
            pass
        os.close(self._asking)
        os.close(self._answering)
        # Where what ends is not waited for, as some starters of programs have it, nothing is told of it.
        with contextlib.suppress(ChildProcessError):
            self._exit_code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _receive(self) -> list[Any] | None:
        try:
            answers = _next_message(self._answering)
        except OSError:
            answers = None
        if answers is None:
            self._is_alive = False
        return answers


def serve(arguments: Sequence[str], *, reading: int = 0, writing: int = 1) -> None:
    """Be the other process: do what comes in, until the other end is closed.

    Args:
        arguments: Process id of the parent, and its descriptors of the roots.
        reading: Descriptor on which batches come in.
        writing: Descriptor on which the answers go out.
    """
    parent, source_fd, target_fd = map(int, arguments)
    end_with_parent(parent)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # Opened anew and not inherited: the parent's lock on its destination must end with the parent.
    opened = f"/proc/{parent}/fd"
    workers: dict[str, Callable[[Any], object]] = {}
    with Tree(f"{opened}/{source_fd}") as source, Tree(f"{opened}/{target_fd}") as target:
        while (message := _next_message(reading)) is not None:
            task, settings, parts = message
            if task not in workers:
                workers[task] = import_module(task).worker(source, target, *settings)
            _send(writing, list(map(workers[task], parts)))


def _command() -> list[str]:
    """Return what starts this module; a packaged program has no interpreter beside it and starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, OPTION]
    root = os.path.dirname(os.path.dirname(os.path.abspath(backup_gui.__file__)))
    # Without a look at what is installed, which takes longer than all else: it is where it is for this process. And
    # without one for cycles in the end.
    start = f"import gc, sys; sys.path[:] = {[root, *sys.path]!r}; from {__name__} import serve; serve(sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", f"{start}; gc.freeze()"]


def _start(command: list[str]) -> tuple[int, int, int]:
    """Start a process in a group of its own: Ctrl+C in a terminal is for the pass alone, which ends this one in order.

    Not with "subprocess", which takes longer to import than the process takes to start.

    Returns:
        Its number, the descriptor that it is asked on, and the one that it answers on.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    opened: list[int] = []
    try:
        opened += os.pipe()
        opened += os.pipe()
        being_asked, asking, answering, being_answered = opened
        # No other descriptors than these are inherited.
        ends = [(os.POSIX_SPAWN_DUP2, being_asked, 0), (os.POSIX_SPAWN_DUP2, being_answered, 1)]
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=ends, setpgroup=0)
    except BaseException:
        for fd in opened:
            os.close(fd)
        raise
    os.close(being_asked)
    os.close(being_answered)
    return pid, asking, answering


def _has_message(fd: int) -> bool:
    if sys.platform == "win32":
        # It is never started there.
        return False
    # Not "select", which cannot be asked of the numbers that descriptors have where many jobs run.
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def _send(fd: int, message: list[Any]) -> None:
    data = marshal.dumps(message)
    view = memoryview(len(data).to_bytes(_LENGTH_BYTES, "little") + data)
    while view:
        view = view[os.write(fd, view) :]


def _next_message(fd: int) -> list[Any] | None:
    """Return the next message; None if the other end is gone."""
    length = _read(fd, _LENGTH_BYTES)
    data = _read(fd, int.from_bytes(length, "little")) if length else b""
    return list(marshal.loads(data)) if data else None  # noqa: S302 - it comes from this program itself


def _read(fd: int, count: int) -> bytes:
    """Read exactly so many bytes; none if there are not that many any more."""
    parts = b""
    while len(parts) < count:
        part = os.read(fd, count - len(parts))
        if not part:
            return b""
        parts += part
    return parts
