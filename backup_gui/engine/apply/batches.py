"""Small files copied by the other process, a batch at a time; here, if that has enough to do or does not succeed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.apply.copy_worker import Order
from backup_gui.engine.apply.publish import PORTION_FILES, Ready

if TYPE_CHECKING:
    from backup_gui.engine.apply.copy_worker import Copier
    from backup_gui.engine.apply.create import Maker
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.destination.destination import Target
    from backup_gui.model.plans import Action


class Batches:
    """The small files of one pass.

    Args:
        copier: Copies in the other process.
        target: The destination.
        publisher: Takes what is complete.
        maker: Copies here.

    Attributes:
        waiting: Copies that are to be handed over together.
    """

    def __init__(self, copier: Copier, target: Target, publisher: Publisher, maker: Maker) -> None:
        self._copier = copier
        self._target = target
        self._publisher = publisher
        self._maker = maker
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
                self._maker.make(action)

    def finish(self) -> None:
        """Copy what waits here, and wait for what was handed over."""
        for action in self._take_waiting():
            self._maker.make(action)
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
                self._maker.make(action)
            else:
                self._publisher.add(Ready(action, temporary, entry))
