"""A second process that copies small files, so that a first mirror uses more than one processor.

Threads would not do: copying a small file is a dozen short system calls, and Python's lock is handed over at each. The
process is given the two roots as open folders and works for one pass. It takes the common way only: whatever does not
go smoothly is undone and left to the pass itself, which tries again and knows what to say about it.

Messages in both directions are lists in the form of ``marshal``, each after its length: both ends are the same program.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import stat
import sys
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backup_gui.engine.attributes import IN_STEP, hands_down
from backup_gui.engine.system import end_with_parent
from backup_gui.engine.transfer import Rights, Shortened, ignore_count, is_same_version, never, receive
from backup_gui.engine.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from backup_gui.engine.model import Action, Entry
    from backup_gui.engine.writer import Writer

# Its start takes as long as copying so many small files.
WORTHWHILE_FILES: Final = 1_000
# Larger files are the business of the pass itself, which can stop in the middle of one.
SMALL_BYTES: Final = 256 << 10
BATCH_FILES: Final = 16
# One that is being worked on and one that waits: the pass never waits long, and neither does the other process.
_BATCHES_AHEAD: Final = 2
_LENGTH_BYTES: Final = 4
OPTION: Final = "--copy-small-files"


class Order(NamedTuple):
    """One file to copy.

    Attributes:
        action: The action; its path is that in the source.
        temporary: The temporary's path in the destination, as the pass knows it.
        place: The temporary's path on the disk at present, which differs while new folders are not to be seen.
    """

    action: Action
    temporary: str
    place: str


class Copied(NamedTuple):
    """What became of an order.

    Attributes:
        order: The order.
        entry: The source's entry that the temporary is a complete copy of; None if there is no temporary.
    """

    order: Order
    entry: Entry | None


class Coprocess:
    """The pass's end.

    Args:
        source: The source.
        target: The destination; both must stay open.

    Raises:
        OSError: The process could not be started.
    """

    def __init__(self, source: Tree, target: Writer) -> None:
        import subprocess  # noqa: PLC0415 - slow to import, and rarely needed

        numbers = (os.getpid(), source.root_fd, target.root_fd, *target.rights.owner, int(target.flushes_files))
        self._process = subprocess.Popen(
            [*_command(), *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            # Ctrl+C in a terminal is for the pass alone, which ends this process in order.
            process_group=0,
        )
        self._target = target
        self._ahead: deque[Sequence[Order]] = deque()
        self._is_alive = True

    @classmethod
    def start_for(cls, source: Tree, target: Writer) -> Self | None:
        """Start one if that can help, as it does on a machine with more than one processor."""
        if sys.platform != "linux" or not sys.executable:
            return None
        if len(os.sched_getaffinity(0)) < 2:
            return None
        if not target.abilities.holds_metadata:
            # Such drives are slower than one processor, and the other process knows nothing of what they lack.
            return None
        try:
            return cls(source, target)
        except OSError:
            return None

    def takes_more(self) -> bool:
        """Tell whether another batch can be handed over now."""
        return self._is_alive and len(self._ahead) < _BATCHES_AHEAD

    def hand_over(self, orders: Sequence[Order]) -> None:
        """Have some files copied."""
        self._ahead.append(orders)
        assert self._process.stdin is not None
        try:
            _send(self._process.stdin.fileno(), [(order.action.path, order.place) for order in orders])
        except OSError:
            self._is_alive = False

    def results(self, *, waits: bool = False) -> Iterator[Copied]:
        """Yield what has been done by now, or with ``waits`` all that was handed over."""
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        while self._ahead and (waits or not self._is_alive or _has_message(fd)):
            answers = self._receive(fd) if self._is_alive else None
            orders = self._ahead.popleft()
            if answers is None:
                # It has ended, and how far it came is not known.
                for order in orders:
                    with contextlib.suppress(OSError):
                        self._target.discard(order.temporary)
                    yield Copied(order, None)
                continue
            for order, fields in zip(orders, answers, strict=True):
                yield Copied(order, None if fields is None else os.stat_result(*fields))

    def close(self) -> None:
        """End the process. What it has copied and nobody has asked for is removed."""
        for copied in self.results(waits=True):
            if copied.entry is not None:
                with contextlib.suppress(OSError):
                    self._target.discard(copied.order.temporary)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _receive(self, fd: int) -> list[Any] | None:
        try:
            answers = _next_message(fd)
        except OSError:
            answers = None
        if answers is None:
            self._is_alive = False
        return answers


class Standby:
    """Starts the process as soon as it is known to be worth it: there is more to do before it can get any orders.

    Args:
        start: Starts the process; returns None if it cannot help.
    """

    def __init__(self, start: Callable[[], Coprocess | None]) -> None:
        self._start: Callable[[], Coprocess | None] | None = start
        self._coprocess: Coprocess | None = None

    def expect(self, files: int) -> None:
        """Hear how many files are going to be copied, as far as that is known."""
        if files >= WORTHWHILE_FILES and self._start is not None:
            start, self._start = self._start, None
            self._coprocess = start()

    def take(self, small_files: int) -> Coprocess | None:
        """Return the process, which is the caller's to close from now on, if so many small files are worth it."""
        self.expect(small_files)
        if small_files < WORTHWHILE_FILES:
            return None
        coprocess, self._coprocess = self._coprocess, None
        return coprocess

    def close(self) -> None:
        """End the process, unless it was taken."""
        if self._coprocess is not None:
            self._coprocess.close()
            self._coprocess = None


def serve(arguments: Sequence[str], *, reading: int = 0, writing: int = 1) -> None:
    """Be the other process: copy what comes in, until the other end is closed.

    Args:
        arguments: Process id of the parent, its descriptors of the roots, the owner of new files (user and group), and
            whether each file is flushed by itself.
        reading: Descriptor on which batches come in.
        writing: Descriptor on which the answers go out.
    """
    parent, source_fd, target_fd, user, group, flushes = map(int, arguments)
    end_with_parent(parent)
    rights = Rights((user, group))
    # Opened anew and not inherited: the parent's lock on its destination must end with the parent.
    opened = f"/proc/{parent}/fd"
    with Tree(f"{opened}/{source_fd}") as source, Tree(f"{opened}/{target_fd}") as target:
        while (batch := _next_message(reading)) is not None:
            _send(writing, [_copy(source, target, path, place, rights, flushes=bool(flushes)) for path, place in batch])


def _copy(source: Tree, target: Tree, path: str, place: str, rights: Rights, *, flushes: bool) -> object:
    """Copy one file; returns the fields of the source's entry, or None if there is no whole copy."""
    try:
        fd = source.open_file(path)
    except OSError:
        return None
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode) or before.st_size > 2 * SMALL_BYTES:
            return None
        name, folder_fd = target.at(place)
        outcome = receive(
            fd,
            before,
            name,
            folder_fd,
            rights,
            flushes=flushes,
            is_handed_down=_hands_down(folder_fd, place.rpartition("/")[0]),
            on_bytes=ignore_count,
            should_stop=never,
        )
    except (OSError, Shortened):
        return None
    finally:
        os.close(fd)
    try:
        after = source.stat(path)
        if outcome == IN_STEP and is_same_version(before, after):
            return before.__reduce__()[1]
    except OSError:
        pass
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder_fd)
    return None


def _command() -> list[str]:
    """Return what starts this module; a packaged program has no interpreter beside it and starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, OPTION]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    start = f"import sys; sys.path.insert(0, {root!r}); from {__name__} import serve; serve(sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", start]


def _has_message(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


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


@lru_cache(1)
def _hands_down(folder_fd: int | None, _folder: str) -> bool:
    """Ask once for each folder; it is known by its path, since the descriptors' numbers come again."""
    return folder_fd is not None and hands_down(folder_fd)
