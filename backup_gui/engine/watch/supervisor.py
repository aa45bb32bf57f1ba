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
    """The part of ``watcher.Watcher`` that the loop uses. By default nothing is noticed, and nothing can be lost."""

    def take(self) -> tuple[Scope, bool]:
        """Empty the dirty set."""
        return Scope(), False

    def pending(self) -> Pending:
        """Describe the content of the dirty set."""
        return Pending()

    def peek(self, limit: int) -> tuple[str, ...]:  # noqa: ARG002 - as of a watcher
        """Return some of the paths in the dirty set, without taking them."""
        return ()

    def is_alive(self) -> bool:
        """Return whether it still notices everything."""
        return True

    def is_complete(self) -> bool:
        """Return whether no folder is known to be unwatched."""
        return True

    def coverage(self, source_folders: int) -> Coverage:
        """Return how the source is watched."""
        return Coverage(0, source_folders)

    def stop(self) -> None:
        """Stop its threads."""
        return


class _Unwatched(SourceWatcher):
    """Stands in for the watcher while there is none."""


_UNWATCHED = _Unwatched()
# Arguments: the source, a callback for changes, and a function that returns True to cancel the setup.
WatcherMaker = Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher]


class WatchSupervisor:
    """Manages at most one live watcher.

    Attributes:
        watcher: The watcher; a stand-in if there is none.

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
        self.watcher: SourceWatcher = _UNWATCHED
        self._reason = NO_REASON if job.uses_notification else OFF_REASON
        self._failures = 0
        self._again_s = 0.0
        self._coverage = Coverage()

    @property
    def is_polling(self) -> bool:
        """Return whether changes are not notified, or not all of them."""
        return self.watcher is _UNWATCHED or self._coverage.folders_polled > 0

    def is_lost(self) -> bool:
        """Return whether there is a watcher that no longer notices everything."""
        return not self.watcher.is_alive()

    def has_new_gaps(self) -> bool:
        """Return whether folders have become unwatched since all were reported as watched."""
        return not self._coverage.folders_polled and not self.watcher.is_complete()

    def ensure(self, now_s: float) -> bool:
        """Create a live watcher if possible, otherwise try again after growing pauses; False if it was cancelled."""
        if not self._job.uses_notification:
            return True
        if self.watcher is not _UNWATCHED:
            if self.watcher.is_alive():
                return True
            log.info("Watching %r is set up anew", self._job.source)
            self.stop()
        if now_s < self._again_s:
            return True
        try:
            self.watcher = self._make_watcher(self._job.source, self._wake, self._should_give_up)
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
        """Return how the source is watched, of which the last full pass saw so many folders."""
        found = self.watcher.coverage(source_folders)
        self._coverage = found._replace(reason=self._reason) if self._reason else found
        return self._coverage

    def stop(self) -> None:
        """Stop the watcher's threads."""
        watcher, self.watcher = self.watcher, _UNWATCHED
        watcher.stop()
