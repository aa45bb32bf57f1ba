"""How long the program keeps its own window from answering, whatever else the machine does."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QTimer


class Beat(NamedTuple):
    """One turn of the window's thread.

    Attributes:
        at_s: When.
        starved_s: How long the thread has waited, in all, for a processor that others had.
        computed_s: How long all threads of the program have computed, in all.
    """

    at_s: float
    starved_s: float
    computed_s: float


class Beats:
    """Lets the window's thread have a turn every 5 ms, and measures what the program itself lets come between.

    That is the time which passes from one turn to the next, without the part in which other programs had the
    processor: the window's thread was ready then and had none, or no thread of the program, such as the one that holds
    the interpreter, came forward. On a machine with nothing else to do it is all of the time.
    """

    def __init__(self) -> None:
        """Begin; for the window's thread."""
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._beats: list[Beat] = []
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._beat()

    def stop(self) -> list[float]:
        """End, and return how long the program let come between each two turns, seconds, the shortest first."""
        self._timer.stop()
        # What held the thread until now counts, even if the timer had no turn at all.
        self._beat()
        return sorted(_kept_waiting_s(earlier, later) for earlier, later in pairwise(self._beats))

    def _beat(self) -> None:
        self._beats.append(Beat(time.monotonic(), self._starved_s(), time.process_time()))

    def _starved_s(self) -> float:
        try:
            _, starved_ns, _ = self._schedule.read_text().split()
        except FileNotFoundError:
            # Only Linux tells.
            return 0.0
        return int(starved_ns) / 1e9


def _kept_waiting_s(earlier: Beat, later: Beat) -> float:
    ready_s = later.at_s - earlier.at_s - (later.starved_s - earlier.starved_s)
    return min(ready_s, later.computed_s - earlier.computed_s)
