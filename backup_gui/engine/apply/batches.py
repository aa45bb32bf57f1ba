"""Hands small files to the worker process in batches, and passes complete copies on to the publisher.

It is separate from ``copy_worker`` so that the worker process does not import what it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.apply.copy_worker import Order
from backup_gui.engine.apply.publish import PORTION_FILES, Ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.apply.copy_worker import CopyWorker
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.model.plans import Action


class Batches:
    """The small files of one pass.

    Args:
        copy_worker: Copies in the worker process.
        target: The destination.
        publisher: Receives complete copies.
        make: Copies in this process.

    Attributes:
        waiting: Copies for the next batch.
    """

    def __init__(
        self, copy_worker: CopyWorker, target: Destination, publisher: Publisher, make: Callable[[Action], None]
    ) -> None:
        self._copy_worker = copy_worker
        self._target = target
        self._publisher = publisher
        self._make = make
        self.waiting: list[Action] = []

    def hand_over(self) -> None:
        """Hand the waiting copies to the worker process, or copy them here if it is busy."""
        batch = self._take_waiting()
        self._take_results()
        while self._publisher.has_unrecorded and not self._copy_worker.takes_more():
            # This is the best time for it, since the worker process continues meanwhile.
            self._publisher.record(PORTION_FILES)
            self._take_results()
        if self._copy_worker.takes_more():
            self._copy_worker.hand_over([Order(action, *self._target.reserve(action.path)) for action in batch])
        else:
            for action in batch:
                self._make(action)

    def finish(self) -> None:
        """Copy what is waiting here, and wait for the worker process."""
        for action in self._take_waiting():
            self._make(action)
        self._take_results(waits=True)

    def close(self) -> None:
        """Remove copies that were not used."""
        self._copy_worker.close()

    def _take_waiting(self) -> list[Action]:
        # Taken first: copying one of them may publish what is ready, and so call this again.
        batch, self.waiting = self.waiting, []
        return batch

    def _take_results(self, *, waits: bool = False) -> None:
        for (action, temporary, _), entry in self._copy_worker.results(waits=waits):
            if entry is None:
                self._make(action)
            else:
                self._publisher.add(Ready(action, temporary, entry))
