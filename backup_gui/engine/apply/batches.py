"""Small files handed to the second process a batch at a time, and what came of them to those who publish.

Apart from ``copy_worker``, of which the second process imports nothing that it has no use for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.apply.copy_worker import Order
from backup_gui.engine.apply.publish import PORTION_FILES, Ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.apply.copy_worker import Copier
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.model.plans import Action


class Batches:
    """The small files of one pass.

    Args:
        copier: Copies in the other process.
        target: The destination.
        publisher: Takes what is complete.
        make: Copies here.

    Attributes:
        waiting: Copies that are to be handed over together.
    """

    def __init__(
        self, copier: Copier, target: Destination, publisher: Publisher, make: Callable[[Action], None]
    ) -> None:
        self._copier = copier
        self._target = target
        self._publisher = publisher
        self._make = make
        self.waiting: list[Action] = []

    def hand_over(self) -> None:
        """Have what waits copied by the other process; here, if that has enough to do."""
        batch = self._take_waiting()
        self._take_results()
        while self._publisher.has_unrecorded and not self._copier.takes_more():
            # The best time for it: the other process goes on meanwhile.
            self._publisher.record(PORTION_FILES)
            self._take_results()
        if self._copier.takes_more():
            self._copier.hand_over([Order(action, *self._target.reserve(action.path)) for action in batch])
        else:
            for action in batch:
                self._make(action)

    def finish(self) -> None:
        """Copy what waits here, and wait for what was handed over."""
        for action in self._take_waiting():
            self._make(action)
        self._take_results(waits=True)

    def close(self) -> None:
        """Remove what was copied and nobody has asked for."""
        self._copier.close()

    def _take_waiting(self) -> list[Action]:
        # First: copying one of them may publish what is ready, and so come here again.
        batch, self.waiting = self.waiting, []
        return batch

    def _take_results(self, *, waits: bool = False) -> None:
        for (action, temporary, _), entry in self._copier.results(waits=waits):
            if entry is None:
                self._make(action)
            else:
                self._publisher.add(Ready(action, temporary, entry))
