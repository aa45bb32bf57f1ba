"""Garbage of Python is looked for in the window's thread only.

Python looks for objects that only refer to each other in whichever thread makes many objects, and here that is a job's.
Such objects may hold some of Qt: a dialog with its timers would be destroyed outside of its thread, which crashes the
program sooner or later.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Slot

from backup_gui.desktop.periodic import periodic

LOOK_EVERY_MS = 1_000


class Collector(QObject):
    """Looks for garbage instead of Python, after as many new objects as Python would, from ``start`` to ``stop``.

    Lives in the window's thread.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Prepare to look.

        Args:
            parent: Owner.
        """
        super().__init__(parent)
        self._timer = periodic(self, LOOK_EVERY_MS, self.look)

    def start(self) -> None:
        """Look from now on; what is there already stays, so that looking takes little time."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def look(self) -> None:
        """Look for garbage among the youngest objects for which it is time, as Python chooses them."""
        due = [
            generation
            for generation, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
            if count > limit
        ]
        if due:
            gc.collect(max(due))
