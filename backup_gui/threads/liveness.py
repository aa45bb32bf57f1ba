"""Tells when a job, or work in the background, hangs: its thread gives no sign of life, though it is not at rest.

So it is while a call of the system does not come back, as on a frozen file system or a network drive that is dead; or
while a slow drive writes down what it was given. Lives in the window's thread with a timer of its own, and asks no
drive anything.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.desktop.periodic import periodic
from backup_gui.engine.run.mailbox import Pulse

LOOK_EVERY_MS = 1_000
LEAST_S = 10.0
# Who looks so late was asleep itself, and knows nothing of the time between.
_MOST_GAP_S = 5.0


class _Seen(NamedTuple):
    """A sign of life, and when it was first seen."""

    pulse: Pulse
    at_s: float


class Stalls(QObject):
    """Watches the signs of life of all jobs, or of other work, by key."""

    changed = Signal(object)

    def __init__(
        self,
        pulses: Callable[[], Mapping[str, Pulse]],
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
        *,
        rests: bool = False,
    ) -> None:
        """Begin to watch.

        Args:
            pulses: Gives the signs of life of all jobs that run, by job.
            clock: Monotonic seconds.
            parent: Owner.
            rests: Whether it watches only from ``start`` on, until there is nothing any more that has a sign of life.
        """
        super().__init__(parent)
        self._rests = rests
        self._pulses = pulses
        self._clock = clock
        self._looked_s = clock()
        self._seen: dict[str, _Seen] = {}
        self._silent_s: dict[str, int] = {}
        self._timer = periodic(self, LOOK_EVERY_MS, self.look)
        if not rests:
            self._timer.start()

    def start(self) -> None:
        """Watch on; nothing is known of the time between."""
        if not self._timer.isActive():
            self._looked_s = self._clock()
            self._seen.clear()
            self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()

    def silent_s(self, job_id: str) -> int:
        """For how long a job has given no sign of life, in whole tens of seconds or minutes; 0 if it is not long."""
        return self._silent_s.get(job_id, 0)

    @Slot()
    def look(self) -> None:
        """Look at all jobs; ``changed`` tells each one for which ``silent_s`` is another than before."""
        now_s = self._clock()
        gap_s = now_s - self._looked_s
        unseen_s = gap_s if gap_s > _MOST_GAP_S else 0.0
        self._looked_s = now_s
        before, self._silent_s = self._silent_s, {}
        seen, self._seen = self._seen, {}
        pulses = self._pulses()
        for job_id, pulse in pulses.items():
            known = seen.get(job_id)
            if pulse.is_at_rest or known is None or known.pulse != pulse:
                self._seen[job_id] = _Seen(pulse, now_s)
                continue
            self._seen[job_id] = known = known._replace(at_s=known.at_s + unseen_s)
            silent_s = now_s - known.at_s
            if silent_s >= LEAST_S:
                self._silent_s[job_id] = _rounded(silent_s)
        for job_id in sorted({*before, *self._silent_s}):
            if before.get(job_id) != self._silent_s.get(job_id):
                self.changed.emit(job_id)
        if self._rests and not pulses:
            self._timer.stop()


def _rounded(silent_s: float) -> int:
    """Round down, so that what is shown of it changes seldom."""
    step_s = 10 if silent_s < 60 else 60
    return max(1, int(silent_s // step_s) * step_s)


# Far enough apart that a new heart is not taken for the one before it, which has stopped.
_BEGINNINGS = itertools.count(0, 1 << 32)


class Heart:
    """Belongs to one thread, which says when it begins; for any thread to look at.

    A thread that neither looks nor runs is in a call of the system that does not come back.
    """

    def __init__(self) -> None:
        self._looks = next(_BEGINNINGS)
        self._cpu_clock: int | None = None

    def begin(self) -> None:
        """Begin to beat for the thread that calls this."""
        if sys.platform == "linux":
            # Asked for here, since doing so for a thread that has ended may crash.
            self._cpu_clock = time.pthread_getcpuclockid(threading.get_ident())

    def beat(self) -> None:
        """Give a sign of life; only for where it cannot be told how long a thread has run."""
        self._looks += 1

    def ran_ns(self) -> int:
        """How long the thread has kept a processor busy, nanoseconds; 0 where that cannot be told."""
        if sys.platform == "linux" and self._cpu_clock is not None:
            # Once the thread has ended there is no such clock.
            with contextlib.suppress(OSError):
                return time.clock_gettime_ns(self._cpu_clock)
        return 0

    @property
    def pulse(self) -> Pulse:
        """The sign of life now."""
        return Pulse(self._looks, is_at_rest=False, ran_ns=self.ran_ns())
