"""Linux only: watchdog's inotify observer, extended to report what it otherwise hides.

watchdog 7.1 has these gaps. It logs an overflow and continues. It silently drops folders that it cannot watch, and
counts an unreadable folder as watched. It keeps watching a folder that was moved away, and confuses two folders that
were exchanged for each other. The overrides use its classes' own extension points;
``tests/unit/engine/watch/test_watcher.py`` tests each of them against the installed version. The paths here are
absolute and bytes, as the kernel has them.
"""

from __future__ import annotations

import errno
import logging
import os
from typing import TYPE_CHECKING

from watchdog import events
from watchdog.observers import inotify_c
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

# Excludes opening, and closing without a write. A pass opens every file and folder of the source, and these events
# alone would overflow the kernel's queue.
EVENTS: list[type[events.FileSystemEvent]] = [
    events.DirAttribEvent,
    events.DirCreatedEvent,
    events.DirDeletedEvent,
    events.DirModifiedEvent,
    events.DirMovedEvent,
    events.FileAttribEvent,
    events.FileClosedEvent,
    events.FileCreatedEvent,
    events.FileDeletedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
]

_JOIN_LIMIT_S = 5.0

# Nothing exists at the path, or no folder.
_IS_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


class Reader(InotifyFD):
    """The thread that reads one inotify instance, and records what could not be watched.

    Each observer has its own, so the kernel's count for its descriptor is the count for that watcher.

    Args:
        on_overflow: Called in this thread when the kernel has dropped events.
        check: Called before each watch is set; an exception from it ends the setup.
        left_out: Folders that are not watched, with everything below them.
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
        """Stop calling ``check``, because the setup is complete."""
        self._check = None

    def unwatched(self) -> dict[bytes, int]:
        """Return the folders that could not be watched, with the error number of each."""
        with self._lock:
            return dict(self._unwatched)

    def failure(self, path: bytes) -> int | None:
        """Return the error number of a folder that could not be watched, or None."""
        with self._lock:
            return self._unwatched.get(path)

    def note_unwatched(self, path: bytes, error: OSError) -> None:
        """Record that a folder is watched, but could not be listed."""
        with self._lock:
            self._unwatched[path] = error.errno or errno.EIO

    def forget_unwatched(self, path: bytes) -> None:
        """Remove a folder from those that could not be watched."""
        with self._lock:
            self._unwatched.pop(path, None)

    def forget_unwatched_below(self, path: bytes) -> bool:
        """Remove a folder and all below it from those that could not be watched; return whether there were any."""
        prefix = path + b"/"
        with self._lock:
            gone = [known for known in self._unwatched if known == path or known.startswith(prefix)]
            for known in gone:
                del self._unwatched[known]
        return bool(gone)

    def is_still(self, path: bytes, mask: Mask, wd: WatchDescriptor) -> bool:
        """Return whether a path still leads to the folder with this watch. Called for each folder, so it is short."""
        with self._lock:
            found = inotify_c.inotify_add_watch(self._inotify_fd, path, mask)
            if found != -1 and found not in self._watch_for_wd:
                # A folder that has just arrived; its event is still to come.
                inotify_c.inotify_rm_watch(self._inotify_fd, found)
        return found == wd

    def kernel_count(self) -> int:
        """Return how many folders the kernel watches for this instance.

        Raises:
            OSError: ``/proc`` is not available, or the instance is closed.
        """
        with open(f"/proc/self/fdinfo/{self._inotify_fd}", "rb") as lines:
            return sum(line.startswith(b"inotify ") for line in lines)

    def handle_event(self, event: InotifyEvent) -> None:
        """Pass an event on; report an overflow to the owner of this reader.

        At an overflow, watchdog would remove and set all watches again, in the thread that reads. Each removal puts an
        event into the queue that has just overflowed. With more folders than the queue has places it would overflow
        again, without end. Instead the whole watcher is rebuilt, before the full pass that an overflow requires anyway.
        """
        if event.is_queue_overflow:
            self.has_overflowed = True
            self._on_overflow()
            return
        super().handle_event(event)

    def release(self) -> None:
        """Close what a reader that ended early left open; does nothing if everything is closed."""
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
            # It is gone or no longer a folder; events of its parent report that.
            if error.errno not in _IS_GONE:
                self._unwatched[path] = error.errno or errno.EIO
            raise
        if watch.wd == -1:
            # watchdog treats "permission denied" as success with the watch descriptor -1.
            self._watch_for_wd.pop(watch.wd, None)
            self._unwatched[path] = errno.EACCES
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self._unwatched.pop(path, None)
        # A folder that was moved out and back in is still watched. watchdog warns about that, which fails tests.
        watch.callbacks[id_] = callback
        return watch.wd


class Group(InotifyWatchGroup):
    """The watches of one source, with their current paths.

    The kernel identifies folders by inode: a second watch of the same folder returns the existing descriptor. So the
    descriptor of a path can be queried at any time, and is whenever a folder has moved.
    """

    _inotify_fd: Reader

    def __post_init__(self) -> None:
        # Watches of folders with an entry that vanished before it could be watched. Either it was deleted, or a folder
        # above it was renamed and the event for that is still to come.
        self._unsure: set[WatchDescriptor] = set()
        # Watches whose path another watch has now: they moved on, or out of the source.
        self._displaced: set[WatchDescriptor] = set()
        # Whether the current event concerns a folder.
        self._is_of_folder = False
        # How many watches have ended since the start, as far as their events were read.
        self.ended = 0
        super().__post_init__()

    def on_event(self, event: InotifyEvent) -> None:
        """Handle an event; runs in the thread that reads."""
        self._is_of_folder = event.is_directory
        super().on_event(event)

    def forget_gone(self, path: bytes) -> None:
        """Stop watching what was below ``path`` and has been moved out of the source.

        The kernel ends the watches of deleted folders. A folder that was moved away is watched as long as it exists: it
        sends events under its old name and uses up the user's limit.
        """
        with self._lock:
            if not self.is_active or (path not in self._active_callbacks_by_path and not self._displaced):
                return
            prefix = path + b"/"
            gone = [
                wd
                for wd, known_path in self._active_callbacks_by_watch.items()
                if (known_path == path or known_path.startswith(prefix)) and not os.path.lexists(known_path)
            ]
            gone.extend(self._displaced.difference(gone))
            # A folder that only moved on is watched again at its event, which may concern a folder above it.
            paths = [self._active_callbacks_by_watch[wd] for wd in gone]
            self._remove_callbacks(gone)
            for known_path in paths:
                self._doubt(known_path)

    def watch_again(self, path: bytes) -> None:
        """Try again to watch a folder and what is below it."""
        with self._lock:
            if self.is_active and os.path.isdir(path) and not os.path.islink(path):
                self._add_all_callbacks(path)

    def count(self) -> int:
        """Return how many folders are watched, according to this table."""
        with self._lock:
            return len(self._active_callbacks_by_watch)

    def count_ended(self, watched: int) -> int:
        """Return how many watches have ended since the start, including those whose event was not read yet."""
        with self._lock:
            return self.ended + max(len(self._active_callbacks_by_watch) - watched, 0)

    def _move_watches(self, move_src_path: bytes, move_dst_path: bytes) -> bool:
        """Update the paths of the watches of a moved folder; returns True, since all of it is watched.

        Other folders may have moved meanwhile, such as the one at the new path. These are looked up where they are now.
        If one is gone from there again, an event about that is still to come.
        """
        if not self._is_of_folder:
            # In an exchange, this path now belongs to the folder that was exchanged for the file.
            return True
        is_plain = move_src_path in self._active_callbacks_by_path
        is_plain &= move_dst_path not in self._active_callbacks_by_path
        is_plain &= not self._inotify_fd.forget_unwatched_below(move_src_path)
        prefix = move_src_path + b"/"
        moved = {
            wd: move_dst_path + path[len(move_src_path) :]
            for wd, path in self._active_callbacks_by_watch.items()
            if path == move_src_path or path.startswith(prefix)
        }
        is_plain &= self._unsure.isdisjoint(moved)
        for wd, path in moved.items():
            self._know(wd, path)
        for wd, path in moved.items():
            if self._find(path) != wd:
                is_plain = False
                # It moved on, or the other half of an exchange has put it at the old path.
                self._doubt(path)
                self._doubt(move_src_path + path[len(move_dst_path) :])
        is_taken = os.path.lexists(move_src_path)
        if is_taken:
            self._add_all_callbacks(move_src_path)
        if is_taken or not is_plain:
            self._add_all_callbacks(move_dst_path)
        if not is_plain and os.path.lexists(move_dst_path):
            # Watches of a folder that had this path before and was not part of this move.
            self._displaced.update(
                wd
                for wd, path in moved.items()
                if self._active_callbacks_by_watch.get(wd) == path and not os.path.lexists(path)
            )
        return True

    def _add_all_callbacks(self, path: bytes) -> None:
        """Watch a folder and everything below it, except excluded folders, which watchdog would list too."""
        pending = [path]
        while pending:
            folder = pending.pop()
            if folder in self._inotify_fd.left_out:
                continue
            try:
                wd = self._ask(folder)
            except (FileNotFoundError, NotADirectoryError):
                # Without the root nothing is watched; folders below it may vanish.
                if folder == self.path:
                    raise
                self._doubt(folder)
                continue
            try:
                with os.scandir(folder) as listing:
                    below = [entry.path for entry in listing if entry.is_dir(follow_symlinks=False)]
            except OSError as error:
                self._doubt(folder)
                if error.errno not in _IS_GONE:
                    self._inotify_fd.note_unwatched(folder, error)
                continue
            pending.extend(below)
            if wd is None:
                continue
            # Between the two lookups another folder may have replaced it, and the listing is that folder's.
            if self._inotify_fd.is_still(folder, self.event_mask, wd):
                self._unsure.discard(wd)
            else:
                self._unsure.add(wd)
                if self._find(folder) is None:
                    self._doubt(folder)

    def _find(self, path: bytes) -> WatchDescriptor | None:
        """Look up the watch of the folder at a path; None if there is none."""
        try:
            return self._ask(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _ask(self, path: bytes) -> WatchDescriptor | None:
        """Look up the watch of the folder at a path; None if it cannot be watched."""
        try:
            wd = self._inotify_fd.add_callback(path, self.event_mask, self._callback, self._id)
        except OSError as error:
            if path == self.path or error.errno in _IS_GONE:
                raise
            self._doubt(path)
            return None
        self._know(wd, path)
        return wd

    def _doubt(self, path: bytes) -> None:
        """Mark the watches of a path and its parent as unsure: the path is no folder now, though an event said so."""
        for known in (path, os.path.dirname(path)):
            if known in self._active_callbacks_by_path:
                self._unsure.add(self._active_callbacks_by_path[known])

    def _know(self, wd: WatchDescriptor, path: bytes) -> None:
        """Set the path of a watch, and drop its earlier one."""
        old_path = self._active_callbacks_by_watch.get(wd)
        if old_path is not None and self._active_callbacks_by_path.get(old_path) == wd:
            del self._active_callbacks_by_path[old_path]
        other = self._active_callbacks_by_path.get(path)
        if other is not None and other != wd:
            self._displaced.add(other)
        self._displaced.discard(wd)
        self._active_callbacks_by_watch[wd] = path
        self._active_callbacks_by_path[path] = wd

    def _remove_watch_internally(self, wd: WatchDescriptor) -> None:
        # Two descriptors can have the same path after a folder was moved away and another took its name. watchdog's
        # version then raises KeyError in the thread that reads, which ends it.
        self._unsure.discard(wd)
        self._displaced.discard(wd)
        path = self._active_callbacks_by_watch.pop(wd, None)
        self.ended += path is not None
        if path is not None and self._active_callbacks_by_path.get(path) == wd:
            del self._active_callbacks_by_path[path]


class Emitter(InotifyEmitter):
    """Turns inotify's events into watchdog's; differs only in the class of its group."""

    @property
    def group(self) -> Group | None:
        """Return the watches, once started."""
        return self._inotify if isinstance(self._inotify, Group) else None

    def on_thread_start(self) -> None:
        """Set all watches, before the thread starts."""
        self._inotify = Group(
            self._inotify_fd,
            os.fsencode(self.watch.path),
            is_recursive=self.watch.is_recursive,
            event_mask=Mask(self.get_event_mask_from_filter() | InotifyConstants.IN_ONLYDIR),
            follow_symlink=False,
        )


class FolderObserver(BaseObserver):
    """Observer of one folder and everything below it; see ``Reader`` for the arguments."""

    def __init__(
        self, on_overflow: Callable[[], None], check: Callable[[], None], left_out: frozenset[bytes] = frozenset()
    ) -> None:
        self.reader = Reader(on_overflow, check, left_out)
        super().__init__(Emitter, inotify_fd=self.reader)
        self.reader.start()

    def group(self) -> Group | None:
        """Return the watches of the only source."""
        for emitter in tuple(self.emitters):
            if isinstance(emitter, Emitter):
                return emitter.group
        return None

    def on_thread_stop(self) -> None:
        """Stop the emitter, then the thread that reads."""
        super().on_thread_stop()
        self.reader.stop()
        self.reader.join(_JOIN_LIMIT_S)
        self.reader.release()
