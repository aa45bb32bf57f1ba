"""The product's own watcher, with events that the simulation delivers: on time, late, twice, or never."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from watchdog.events import FileSystemEvent

from backup_gui.engine.watch.watcher import Watcher
from backup_gui.model.plans import Scope
from tests.simulation.scheduler import Scheduler

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver


class _Observer:
    """A thread that is always well."""

    def __init__(self) -> None:
        self.emitters = {self}

    def start(self) -> None:
        pass

    def is_alive(self) -> bool:
        return True


class SimulatedWatcher(Watcher):
    """All of ``Watcher`` but the threads that get events from the kernel.

    Args:
        source: As for ``Watcher``.
        wake: As for ``Watcher``.
        scheduler: Time.
    """

    def __init__(self, source: str, wake: Callable[[], None], scheduler: Scheduler) -> None:
        super().__init__(source, wake, monotonic=scheduler.monotonic)
        self._scheduler = scheduler
        self.has_overflowed = False
        self.is_stopped = False
        self.has_ended = False
        self.taken_s = scheduler.now_s

    def deliver(self, event: FileSystemEvent) -> None:
        """Be told of a change."""
        if not self.is_stopped and not self.has_ended:
            self._note(event)

    def overflow(self) -> None:
        """Be told that events were lost."""
        if not self.is_stopped:
            self.has_overflowed = True
            self._on_overflow()

    def take(self) -> tuple[Scope, bool]:
        self.taken_s = self._scheduler.now_s
        return super().take()

    def is_alive(self) -> bool:
        return not self.has_overflowed and not self.has_ended and super().is_alive()

    def stop(self) -> None:
        self.is_stopped = True
        self._observer = None

    def _make_observer(self, check: Callable[[], None]) -> BaseObserver:
        check()
        observer: Any = _Observer()
        return observer  # type: ignore[no-any-return]
