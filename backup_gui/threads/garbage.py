"""Runs Python's cyclic garbage collection in the window's thread only.

Python runs it in the thread that happens to create many objects, here usually that of a job. Collected cycles may
contain Qt objects. Destroying a dialog with its timers outside its own thread crashes the program sooner or later.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Slot

from backup_gui.desktop.periodic import periodic

LOOK_EVERY_MS = 1_000


class Collector(QObject):
    """Collects garbage in the window's thread, from ``start`` to ``stop``, in place of Python's automatic collection.

    It uses Python's own thresholds. Lives in the window's thread.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = periodic(self, LOOK_EVERY_MS, self.look)

    def start(self) -> None:
        """Turn off automatic collection and freeze all present objects, so that a collection takes little time."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Return to automatic collection."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def look(self) -> None:
        """Collect the generations whose thresholds are exceeded, as Python does."""
        due = [
            generation
            for generation, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if count > limit
        ]
        if due:
            gc.collect(max(due))
