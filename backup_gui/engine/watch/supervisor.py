"""The runner's watcher: built, looked after and built anew; how much of the source it covers, in honest words."""

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
    """What the loop needs of ``watch.Watcher``."""

    def take(self) -> tuple[Scope, bool]:
        """Empty the dirty set."""
        ...

    def pending(self) -> Pending:
        """What the dirty set holds."""
        ...

    def peek(self, limit: int) -> tuple[str, ...]:
        """Some of the paths in the dirty set, without taking them."""
        ...

    def is_alive(self) -> bool:
        """Whether it still notices everything."""
        ...

    def is_complete(self) -> bool:
        """Whether no folder is known to be unwatched."""
        ...

    def coverage(self, source_folders: int) -> Coverage:
        """How the source is watched."""
        ...

    def stop(self) -> None:
        """End its threads."""
        ...


# Given the source, what to call on changes, and what says that setting the watches is to be given up.
WatcherMaker = Callable[[str, Callable[[], None], Callable[[], bool]], SourceWatcher]


class Notification:
    """At most one live watcher.

    Args:
        job: The job; without ``uses_notification`` there is never a watcher.
        make_watcher: Makes a watcher whose watches are set.
        wake: Called from another thread when something has changed.
        should_give_up: Asked while watches are set.
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
        """Whether changes are not, or not all, notified."""
        return self._watcher is None or self._coverage.folders_polled > 0

    def is_lost(self) -> bool:
        """Whether there is a watcher that no longer notices everything."""
        return self._watcher is not None and not self._watcher.is_alive()

    def has_new_gaps(self) -> bool:
        """Whether folders have been left unwatched since all were said to be watched."""
        return self._watcher is not None and not self._coverage.folders_polled and not self._watcher.is_complete()

    def ensure(self, now_s: float) -> bool:
        """Have a live watcher if that is possible; where it is not, it is tried again in growing pauses.

        Returns:
            Whether to go on: False if setting the watches was given up.
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
        """Try at the next opportunity: what stood in the way may be gone."""
        self._again_s, self._failures = 0.0, 0

    def coverage(self, source_folders: int) -> Coverage:
        """How the source is watched.

        Args:
            source_folders: Folders that the last full pass saw.
        """
        if self._watcher is None:
            self._coverage = Coverage(0, source_folders, self._reason)
        else:
            self._coverage = self._watcher.coverage(source_folders)
        return self._coverage

    def take(self) -> tuple[Scope, bool]:
        """What has changed, and whether only a full pass will do."""
        return self._watcher.take() if self._watcher is not None else (Scope(), False)

    def pending(self) -> Pending:
        """What has changed, without taking it."""
        return self._watcher.pending() if self._watcher is not None else Pending()

    def peek(self, limit: int) -> tuple[str, ...]:
        """Some of what has changed, without taking it: at most ``limit`` paths."""
        return self._watcher.peek(limit) if self._watcher is not None else ()

    def stop(self) -> None:
        """End the watcher's threads."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
