"""Copies small files in batches, in the worker process if there is one, and passes complete copies to the publisher.

It is separate from ``copy_worker`` so that the worker process does not import what it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backup_gui.engine.apply.copy_worker import BATCH_FILES, Order
from backup_gui.engine.apply.publish import PORTION_FILES, Ready

if TYPE_CHECKING:
    from backup_gui.engine.apply.copy_worker import CopyWorker
    from backup_gui.engine.apply.create import Creator
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.model.plans import Action

# A destination behind a network has one round trip for so many; a group is a multiple of it.
OWN_BATCH_FILES: Final = 50


class Batches:
    """The small files of one pass, copied in the worker process if there is one.

    Attributes:
        waiting: Copies for the next batch.
        size: How many files are in a batch.
        records_between: Whether what is published is recorded while the worker process copies.
    """

    def __init__(
        self, copy_worker: CopyWorker | None, target: Destination, publisher: Publisher, creator: Creator
    ) -> None:
        self._copy_worker = copy_worker
        self._target = target
        self._publisher = publisher
        self._creator = creator
        self.waiting: list[Action] = []
        self.records_between = copy_worker is not None
        self.size = BATCH_FILES if self.records_between else min(OWN_BATCH_FILES, publisher.group_files)

    def hand_over(self) -> None:
        """Hand the waiting copies to the worker process, or copy them here if it is busy."""
        batch = self._take_waiting()
        if self._copy_worker is None:
            self._creator.copy(batch)
            return
        self._take_results()
        while self._publisher.has_unrecorded and not self._copy_worker.takes_more():
            # This is the best time for it, since the worker process continues meanwhile.
            self._publisher.record(PORTION_FILES)
            self._take_results()
        if self._copy_worker.takes_more():
            self._copy_worker.hand_over([Order(action, *self._target.reserve(action.path)) for action in batch])
        else:
            self._creator.copy(batch)

    def finish(self) -> None:
        """Copy what is waiting here, and wait for the worker process."""
        self._creator.copy(self._take_waiting())
        self._take_results(waits=True)

    def close(self) -> None:
        """Remove copies that were not used."""
        if self._copy_worker is not None:
            self._copy_worker.close()

    def _take_waiting(self) -> list[Action]:
        # Taken first: copying one of them may publish what is ready, and so call this again.
        batch, self.waiting = self.waiting, []
        return batch

    def _take_results(self, *, waits: bool = False) -> None:
        if self._copy_worker is None:
            return
        for (action, temporary, _), entry in self._copy_worker.results(waits=waits):
            if entry is None:
                self._creator.copy([action])
            else:
                self._publisher.add(Ready(action, temporary, entry))
