"""Creates, checks and recreates the runner's watcher, and reports how much of the source it covers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from backup_gui.engine.rules.backoff import growing_pause_s
from backup_gui.engine.watch.dirty_paths import Pending
from backup_gui.model.errors import WatchCancelledError, WatchError
from backup_gui.model.job import Job
from backup_gui.model.plans import Scope
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode
from backup_gui.model.status import Coverage

log = logging.getLogger(__name__)

OFF_REASON = Reason(ReasonCode.WATCHING_OFF)


class SourceWatcher(Protocol):
    """The part of ``watcher.Watcher`` that the loop uses."""

    def take(self) -> tuple[Scope, bool]:
        """Empty the dirty set."""
        ...

    def pending(self) -> Pending:
        """Describe the content of the dirty set."""
        ...

    def peek(self, limit: int) -> tuple[str, ...]:
        """Return some of the paths in the dirty set, without taking them."""
        ...

    def is_alive(self) -> bool:
        """Return whether it still notices everything."""
        ...

    def is_complete(self) -> bool:
        """Return whether no folder is known to be unwatched."""
        ...

    def coverage(self, source_folders: int) -> Coverage:
        """Return how the source is watched."""
        ...

    def stop(self) -> None:
        """Stop its threads."""
        ...


# Arguments: the source, a callback for changes, and a function that returns True to cancel the setup.
WatcherMaker = Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher]


class Notification:
    """Manages at most one live watcher.

    Args:
        job: The job; without ``uses_notification`` there is never a watcher.
        make_watcher: Creates a watcher and sets its watches.
        wake: Called from another thread when something has changed.
        should_give_up: Polled while watches are set; returns True to cancel.
    """

    def __init__(
        self, job: Job, make_watcher: WatcherMaker, wake: Callable[[], None], should_give_up: Callable[[], bool]
    ) -> None:
        self._job = job
        self._make_watcher = make_watcher
        self._wake = wake
        self._should_give_up = should_give_up
        self._watcher: SourceWatcher | None = None
        self._reason = NO_REASON if job.uses_notification else OFF_REASON
        self._failures = 0
        self._again_s = 0.0
        self._coverage = Coverage()

    @property
    def is_polling(self) -> bool:
        """Return whether changes are not notified, or not all of them."""
        return self._watcher is None or self._coverage.folders_polled > 0

    def is_lost(self) -> bool:
        """Return whether there is a watcher that no longer notices everything."""
        return self._watcher is not None and not self._watcher.is_alive()

    def has_new_gaps(self) -> bool:
        """Return whether folders have become unwatched since all were reported as watched."""
        return self._watcher is not None and not self._coverage.folders_polled and not self._watcher.is_complete()

    def ensure(self, now_s: float) -> bool:
        """Create a live watcher if possible; otherwise try again after growing pauses.

        Returns:
            Whether to go on: False if setting the watches was cancelled.
        """
        if not self._job.uses_notification:
            return True
        if self._watcher is not None:
            if self._watcher.is_alive():
                return True
            log.info("Watching %r is set up anew", self._job.source)
            self.stop()
        if now_s < self._again_s:
            return True
        try:
            self._watcher = self._make_watcher(self._job.source, self._wake, self._should_give_up)
        except WatchCancelledError:
            return False
        except WatchError as error:
            if self._reason != error.reason:
                log.warning("Not watching %r: %s", self._job.source, error)
            self._reason = error.reason
            self._again_s = now_s + growing_pause_s(self._job.interval_s, self._failures)
            self._failures += 1
            return True
        self._reason = NO_REASON
        self.forget_failures()
        return True

    def forget_failures(self) -> None:
        """Try again at the next opportunity, since the cause may be gone."""
        self._again_s, self._failures = 0.0, 0

    def coverage(self, source_folders: int) -> Coverage:
        """Return how the source is watched.

        Args:
            source_folders: Folders that the last full pass saw.
        """
        if self._watcher is None:
            self._coverage = Coverage(0, source_folders, self._reason)
        else:
            self._coverage = self._watcher.coverage(source_folders)
        return self._coverage

    def take(self) -> tuple[Scope, bool]:
        """Return what has changed, and whether a full pass is needed instead."""
        return self._watcher.take() if self._watcher is not None else (Scope(), False)

    def pending(self) -> Pending:
        """Describe what has changed, without taking it."""
        return self._watcher.pending() if self._watcher is not None else Pending()

    def peek(self, limit: int) -> tuple[str, ...]:
        """Return at most ``limit`` changed paths, without taking them."""
        return self._watcher.peek(limit) if self._watcher is not None else ()

    def stop(self) -> None:
        """Stop the watcher's threads."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
