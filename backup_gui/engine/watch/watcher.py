"""Change notification: puts the paths of watchdog's events into a dirty set, and reports what is not covered.

Events are only hints: they do not say what has happened to a path, only that it has to be compared. Folders that cannot
be watched are counted, so that the runner checks them at the interval.

All threads are daemons, and ``Watcher.stop`` ends them: watchdog 7.1 gives every observer its own inotify reader (the
shared one of earlier versions, which outlives its observers, is not used).
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import threading
import time
from typing import TYPE_CHECKING

from watchdog.events import (
    EVENT_TYPE_ATTRIB,
    EVENT_TYPE_CLOSED_NO_WRITE,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MOVED,
    EVENT_TYPE_OPENED,
    FileSystemEvent,
    FileSystemEventHandler,
)

from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import never
from backup_gui.engine.fs.system.platform import HAS_INOTIFY
from backup_gui.engine.fs.volumes.mounts import can_watch, network_mount_below
from backup_gui.engine.plan.left_out import find_left_out
from backup_gui.engine.watch.dirty_paths import MAX_PATHS, DirtySet, Pending
from backup_gui.model.errors import WatchCancelledError, WatchError
from backup_gui.model.paths import is_below, parent_of
from backup_gui.model.plans import Scope
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, system_words
from backup_gui.model.status import Coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver

    from backup_gui.engine.watch.inotify import FolderObserver, Group

log = logging.getLogger(__name__)

LIMIT_REASON = Reason(ReasonCode.WATCHES_LIMIT)
INSTANCES_REASON = Reason(ReasonCode.WATCHERS_LIMIT)
ABSENT_REASON = Reason(ReasonCode.WATCHED_ABSENT)
DENIED_REASON = Reason(ReasonCode.WATCHED_DENIED)
SOME_REASON = Reason(ReasonCode.SOME_NOT_WATCHED)

_STOP_LIMIT_S = 5.0


class Watcher:
    """Watches one source and everything below it.

    Args:
        source: Absolute path; may be a link to a folder.
        wake: Called from another thread when the dirty set is no longer empty; must return at once.
        max_paths: Most single entries in the dirty set.
        monotonic: The clock, in seconds.
    """

    def __init__(
        self,
        source: str,
        wake: Callable[[], None],
        *,
        max_paths: int = MAX_PATHS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._wake = wake
        self._dirty = DirtySet(max_paths, monotonic)
        # A link is resolved once, since inotify would watch the link itself. ``is_alive`` notices if it is redirected.
        self._root = native.real_path(source)
        self._prefix = self._root if self._root.endswith(os.sep) else self._root + os.sep
        self._left_out = find_left_out(source).paths
        self._identity: tuple[int, int] | None = None
        self._observer: BaseObserver | None = None
        self._inotify: FolderObserver | None = None
        # How many watches had ended when the dirty set was last taken.
        self._ended_before = 0

    def start(self, should_stop: Callable[[], bool] = never) -> None:
        """Set all watches, which takes seconds in a large tree; when this returns, no later change goes unnoticed.

        Raises:
            WatchError: The source cannot be watched at all.
            WatchCancelledError: ``should_stop`` returned True.
        """

        def check() -> None:
            if should_stop():
                raise WatchCancelledError

        try:
            self._identity = _identity(self._root)
            self._observer = self._make_observer(check)
            self._observer.start()
            if self._inotify is not None:
                self._inotify.reader.end_set_up()
            if _identity(self._source) != self._identity:
                raise WatchError(ABSENT_REASON)
        except (WatchError, WatchCancelledError):
            self.stop()
            raise
        except OSError as error:
            self.stop()
            reason = _REASONS.get(error.errno or 0) or Reason(ReasonCode.NOT_WATCHED, why=system_words(error))
            raise WatchError(reason) from error
        except RuntimeError as error:
            # No further thread can be started.
            self.stop()
            raise WatchError(INSTANCES_REASON) from error

    def stop(self) -> None:
        """Stop all threads; returns after a few seconds even if a hung file system blocks one of them."""
        observer, self._observer, self._inotify = self._observer, None, None
        if observer is None:
            return
        # watchdog joins without a limit, and takes locks that a thread inside a hung file system may hold.
        stopper = threading.Thread(target=_stop_observer, args=(observer,), name="watch-stop", daemon=True)
        stopper.start()
        stopper.join(_STOP_LIMIT_S)
        if stopper.is_alive():
            log.warning(
                "Watching %r did not end within %g seconds; its threads are left behind", self._source, _STOP_LIMIT_S
            )

    def take(self) -> tuple[Scope, bool]:
        """Empty the dirty set; return what to compare, and whether a full pass is needed instead."""
        group = self._group()
        self._ended_before = 0 if group is None else group.ended
        return self._dirty.take()

    def pending(self) -> Pending:
        """Describe the content of the dirty set."""
        return self._dirty.pending()

    def peek(self, limit: int) -> tuple[str, ...]:
        """Return at most ``limit`` paths in the dirty set, without taking them."""
        return self._dirty.peek(limit)

    def is_alive(self) -> bool:
        """Return whether all threads run, no event was lost, and the source is still the watched folder."""
        observer, inotify = self._observer, self._inotify
        if observer is None or not observer.is_alive() or not observer.emitters:
            return False
        if not all(emitter.is_alive() for emitter in tuple(observer.emitters)):
            return False
        if inotify is not None and (inotify.reader.has_overflowed or not inotify.reader.is_alive()):
            return False
        try:
            return _identity(self._source) == self._identity
        except OSError:
            return False

    def is_complete(self) -> bool:
        """Return whether no folder is known to be unwatched; cheap, for use between two calls of ``coverage``."""
        return self._inotify is None or not any(map(_needs_polling, self._inotify.reader.unwatched().values()))

    def coverage(self, source_folders: int) -> Coverage:
        """Compare what the kernel watches with what a full pass has found, and retry folders that are not watched.

        Folders that vanished since the dirty set was taken for that pass are no gap, even if the pass saw them.
        Otherwise one full pass would follow another wherever folders come and go all the time.

        Args:
            source_folders: Folders that the last full pass saw, the root included; 0 if unknown.
        """
        if self._observer is None:
            return Coverage(0, source_folders, SOME_REASON)
        if self._inotify is None:
            mount = network_mount_below(self._root)
            reason = Reason(ReasonCode.NETWORK_UNTOLD_AT, path=mount) if mount else NO_REASON
            return Coverage(source_folders - 1, 1, reason) if reason and source_folders else Coverage(source_folders, 0)
        self._watch_again()
        unwatched = self._inotify.reader.unwatched()
        # An unreadable folder is not compared either: the pass reports it as a problem, and a change of its permissions
        # is an event in its parent.
        denied = sum(not _needs_polling(code) for code in unwatched.values())
        known = len(unwatched) - denied
        group = self._group()
        try:
            watched = self._inotify.reader.kernel_count()
        except OSError:
            watched = 0 if group is None else group.count()
        went = 0 if group is None else group.count_ended(watched) - self._ended_before
        # Exclusion rules do not apply to watches, so there may be more watches than compared folders.
        polled = max(known, source_folders - denied - watched - went, 0)
        reason = NO_REASON
        if polled:
            limits = {errno.ENOSPC, errno.ENOMEM}
            reason = LIMIT_REASON if limits.intersection(unwatched.values()) else SOME_REASON
        elif mount := network_mount_below(self._root):
            polled, reason = 1, Reason(ReasonCode.NETWORK_UNTOLD_AT, path=mount)
        if not source_folders:
            return Coverage(watched, polled, reason)
        polled = min(polled, source_folders)
        return Coverage(source_folders - polled, polled, reason)

    def _make_observer(self, check: Callable[[], None]) -> BaseObserver:
        handler = _Handler(self._note, self._note_failure)
        if HAS_INOTIFY:
            # watchdog's module loads on Linux only.
            from backup_gui.engine.watch.inotify import EVENTS, FolderObserver  # noqa: PLC0415

            left_out = (os.path.join(self._root, path) for path in self._left_out)
            self._inotify = FolderObserver(self._on_overflow, check, frozenset(map(os.fsencode, left_out)))
            self._inotify.schedule(handler, self._root, recursive=True, event_filter=EVENTS)
            return self._inotify
        observer = native.change_observer(self._on_overflow)
        observer.schedule(handler, self._root, recursive=True)
        return observer

    def _group(self) -> Group | None:
        """Return inotify's watches, if they are used and set."""
        return None if self._inotify is None else self._inotify.group()

    def _watch_again(self) -> None:
        """Retry the folders that could not be watched; stop at the first one that still exceeds the limit."""
        inotify, group = self._inotify, self._group()
        if inotify is None or group is None:
            return
        for path in inotify.reader.unwatched():
            inotify.reader.forget_unwatched(path)
            group.watch_again(path)
            code = inotify.reader.failure(path)
            if code is None:
                # It may have changed between the comparison and this moment.
                self._tell(is_first=self._dirty.add_tree(self._relative(os.fsdecode(path)) or ""))
            elif _needs_polling(code):
                return

    def _note(self, event: FileSystemEvent) -> None:
        """Add the paths of an event to the dirty set; runs in watchdog's thread."""
        if event.event_type in {EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE}:
            return
        paths = [
            path
            for raw in (
                (event.src_path, event.dest_path) if event.event_type == EVENT_TYPE_MOVED else (event.src_path,)
            )
            if raw and (path := self._relative(os.fsdecode(raw))) is not None and not is_below(path, self._left_out)
        ]
        if not paths:
            return
        changes_names = event.event_type in {EVENT_TYPE_CREATED, EVENT_TYPE_DELETED, EVENT_TYPE_MOVED}
        if event.is_directory and (changes_names or self._is_readable_again(event)):
            group = self._group()
            if group is not None and event.event_type == EVENT_TYPE_DELETED:
                # It may have been moved out of the source.
                group.forget_gone(os.fsencode(event.src_path))
            # A deleted folder is added as a whole too: nothing recorded about its contents is true any longer.
            is_first = self._dirty.add_tree(*paths)
        else:
            is_first = self._dirty.add(*paths)
        if changes_names:
            # The parent folder's modification time has changed.
            self._dirty.add(*map(parent_of, paths))
        self._tell(is_first=is_first)

    def _is_readable_again(self, event: FileSystemEvent) -> bool:
        if event.event_type != EVENT_TYPE_ATTRIB or self._inotify is None:
            return False
        path, group = os.fsencode(event.src_path), self._group()
        if group is None or self._inotify.reader.failure(path) is None:
            return False
        group.watch_again(path)
        return self._inotify.reader.failure(path) is None

    def _note_failure(self) -> None:
        self._tell(is_first=self._dirty.require_full())

    def _on_overflow(self) -> None:
        log.warning("Change notifications for %r were lost: the system's queue overflowed", self._source)
        self._note_failure()

    def _tell(self, *, is_first: bool) -> None:
        if is_first:
            self._wake()

    def _relative(self, path: str) -> str | None:
        """Return the path relative to the source with ``/``, or None if it lies outside."""
        if path == self._root:
            return ""
        if not path.startswith(self._prefix):
            return None
        relative = path[len(self._prefix) :]
        return relative if os.sep == "/" else relative.replace(os.sep, "/")


class _Handler(FileSystemEventHandler):
    """Receives watchdog's events. It never raises, because that would end watchdog's thread."""

    def __init__(self, note: Callable[[FileSystemEvent], None], note_failure: Callable[[], None]) -> None:
        self._note = note
        self._note_failure = note_failure

    def dispatch(self, event: FileSystemEvent) -> None:
        try:
            self._note(event)
        except Exception:
            self._note_failure()
            log.exception("A change notification could not be handled: %s", type(event).__name__)


def watch(source: str, wake: Callable[[], None], should_stop: Callable[[], bool] = never) -> Watcher:
    """Create and start a watcher; see ``Watcher`` and ``Watcher.start``.

    Raises:
        WatchError: The source cannot be watched, or its file system does not report all changes.
        WatchCancelledError: ``should_stop`` returned True.
    """
    if reason := can_watch(source):
        raise WatchError(reason)
    watcher = Watcher(source, wake)
    watcher.start(should_stop)
    return watcher


def _identity(source: str) -> tuple[int, int]:
    found = os.stat(source)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), source)
    return found.st_dev, found.st_ino


# Unreadable or unresponsive folders are not compared either: a pass reports them.
_NOT_COMPARED = frozenset(
    {errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTCONN, errno.ESTALE, errno.ETIMEDOUT, errno.ENXIO, errno.ELOOP}
)


def _needs_polling(code: int) -> bool:
    return code not in _NOT_COMPARED


_REASONS = {
    **dict.fromkeys((errno.ENOSPC, errno.ENOMEM), LIMIT_REASON),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), INSTANCES_REASON),
    **dict.fromkeys((errno.EACCES, errno.EPERM), DENIED_REASON),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), ABSENT_REASON),
}


def _stop_observer(observer: BaseObserver) -> None:
    observer.stop()
    # An observer that never started cannot be joined.
    if observer.ident is not None:
        observer.join(_STOP_LIMIT_S)
