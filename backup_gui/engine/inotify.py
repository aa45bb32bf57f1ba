"""Linux only: watchdog's inotify observer, made to tell what it otherwise hides.

watchdog 7.1 logs an overflow and goes on, drops folders that it cannot watch without a word, counts an unreadable
folder as watched, and goes on watching a folder that was moved away. What is overridden here are its classes' own
seams; ``tests/unit/test_watch.py`` proves each of them against the installed version. The paths here are absolute and
bytes, as the kernel has them.
"""

from __future__ import annotations

import errno
import logging
import os
from typing import TYPE_CHECKING

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

# No opening and no closing without a write: a pass opens every file and folder of the source, and the flood of those
# events alone would overflow the kernel's queue.
EVENTS: list[type[FileSystemEvent]] = [
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]

_JOIN_LIMIT_S = 5.0


class Reader(InotifyFD):
    """The thread that reads one inotify instance; knows what could not be watched.

    Each observer has one of its own, so the kernel's count for its descriptor is the count for that watcher.

    Args:
        on_overflow: Called in this thread when the kernel has dropped events.
        check: Called before each watch is set; whatever it raises ends the setting up.
        left_out: Folders that are neither watched nor entered, nor anything below them.
    """

    def __init__(
        self, on_overflow: Callable[[], None], check: Callable[[], None], left_out: frozenset[bytes] = frozenset()
    ) -> None:
        super().__init__()
        self.left_out = left_out
        self.has_overflowed = False
        self._on_overflow = on_overflow
        self._check: Callable[[], None] | None = check
        self._unwatched: dict[bytes, int] = {}
        self._are_resources_closed = False

    def end_set_up(self) -> None:
        """From now on nobody is waiting for the watches to be set: no more checks."""
        self._check = None

    def unwatched(self) -> dict[bytes, int]:
        """Folders that could not be watched, with the error number of each."""
        with self._lock:
            return dict(self._unwatched)

    def failure(self, path: bytes) -> int | None:
        """The error number of a folder that could not be watched, or None."""
        with self._lock:
            return self._unwatched.get(path)

    def forget_unwatched(self, path: bytes) -> None:
        """Drop a folder from those that could not be watched."""
        with self._lock:
            self._unwatched.pop(path, None)

    def kernel_count(self) -> int:
        """How many folders the kernel watches for this instance.

        Raises:
            OSError: ``/proc`` is not there, or the instance is closed.
        """
        with open(f"/proc/self/fdinfo/{self._inotify_fd}", "rb") as lines:
            return sum(line.startswith(b"inotify ") for line in lines)

    def handle_event(self, event: InotifyEvent) -> None:
        """Hand an event on; an overflow goes to whoever owns this reader.

        watchdog would remove and set all watches anew here, in the thread that reads. Each removal puts an event into
        the very queue that has just overflowed: with more folders than the queue has places it overflows again, for
        ever. Instead the whole watcher is built anew, before the full pass that an overflow needs anyway.
        """
        if event.is_queue_overflow:
            self.has_overflowed = True
            self._on_overflow()
            return
        super().handle_event(event)

    def release(self) -> None:
        """Close what a reader that ended early left open; does nothing if all is closed."""
        if not self._are_resources_closed and not self.is_alive():
            self._close_resources()

    def _close_resources(self) -> None:
        self._are_resources_closed = True
        super()._close_resources()

    def _add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        if self._check is not None:
            self._check()
        try:
            watch = self._get_or_create_watch(path, mask)
        except OSError as error:
            # Gone again, or no folder any more: its parent's events tell.
            if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
                self._unwatched[path] = error.errno or errno.EIO
            raise
        if watch.wd == -1:
            # watchdog takes "permission denied" for success, with the watch descriptor -1.
            self._watch_for_wd.pop(watch.wd, None)
            self._unwatched[path] = errno.EACCES
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self._unwatched.pop(path, None)
        # A folder moved out and in again is watched still; watchdog warns of that, which is an exception in tests.
        watch.callbacks[id_] = callback
        return watch.wd


class Group(InotifyWatchGroup):
    """The watches of one source, with the paths they are known by."""

    def forget_gone(self, path: bytes) -> None:
        """Stop watching what was below ``path`` and has been moved out of the source.

        The kernel ends the watches of what is deleted, but what is moved away is watched for as long as it lives,
        sends events under its old name and uses up the user's limit.
        """
        with self._lock:
            if not self.is_active or path not in self._active_callbacks_by_path:
                return
            prefix = path + b"/"
            gone = [
                wd
                for wd, known_path in self._active_callbacks_by_watch.items()
                if known_path == path or known_path.startswith(prefix)
                if self._active_callbacks_by_path.get(known_path) != wd or not os.path.lexists(known_path)
            ]
            self._remove_callbacks(gone)

    def watch_again(self, path: bytes) -> None:
        """Try once more to watch a folder and what is below it."""
        with self._lock:
            if self.is_active and os.path.isdir(path) and not os.path.islink(path):
                self._add_all_callbacks(path)

    def count(self) -> int:
        """How many folders are watched, by this table."""
        with self._lock:
            return len(self._active_callbacks_by_watch)

    def _add_all_callbacks(self, path: bytes) -> None:
        """Watch a folder and what is below it, but not what is left out: watchdog would list all of it."""
        left_out = self._inotify_fd.left_out if isinstance(self._inotify_fd, Reader) else frozenset()
        if path in left_out:
            return
        if not left_out:
            super()._add_all_callbacks(path)
            return
        self._add_callback(path)
        if not os.path.isdir(path):
            return
        for root, names, _ in os.walk(path):
            names[:] = [name for name in names if os.path.join(root, name) not in left_out]
            for name in names:
                folder = os.path.join(root, name)
                if not os.path.islink(folder):
                    self._add_callback(folder)

    def _remove_watch_internally(self, wd: WatchDescriptor) -> None:
        # Two descriptors may have had one path, after a folder was moved away and another took its name. watchdog's
        # own version raises KeyError then, in the thread that reads, and that is the end of it.
        path = self._active_callbacks_by_watch.pop(wd, None)
        if path is not None and self._active_callbacks_by_path.get(path) == wd:
            del self._active_callbacks_by_path[path]


class Emitter(InotifyEmitter):
    """Turns inotify's events into watchdog's; differs only in the class of its group."""

    @property
    def group(self) -> Group | None:
        """The watches, once started."""
        return self._inotify if isinstance(self._inotify, Group) else None

    def on_thread_start(self) -> None:
        """Set all watches, before the thread starts."""
        self._inotify = Group(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.watch.is_recursive,
            event_mask=self.get_event_mask_from_filter(),
            follow_symlink=False,
        )


class FolderObserver(BaseObserver):
    """Observer for one folder and all below it; see ``Reader`` for the arguments."""

    def __init__(
        self, on_overflow: Callable[[], None], check: Callable[[], None], left_out: frozenset[bytes] = frozenset()
    ) -> None:
        self.reader = Reader(on_overflow, check, left_out)
        super().__init__(Emitter, inotify_fd=self.reader)
        self.reader.start()

    def group(self) -> Group | None:
        """The watches of the only source."""
        for emitter in tuple(self.emitters):
            if isinstance(emitter, Emitter):
                return emitter.group
        return None

    def on_thread_stop(self) -> None:
        """End the emitter, then the thread that reads."""
        super().on_thread_stop()
        self.reader.stop()
        self.reader.join(_JOIN_LIMIT_S)
        self.reader.release()
