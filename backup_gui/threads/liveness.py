"""Detects when a job or a background task hangs: its thread gives no sign of life, though it is not at rest.

This happens while a system call does not return, as on a frozen file system or a dead network drive. A slow drive that
flushes its data looks the same. Lives in the window's thread with a timer of its own, and never touches a drive.
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
# After a longer gap this process was itself suspended, so the gap does not count as silence.
_MOST_GAP_S = 5.0


class _Seen(NamedTuple):
    """A pulse, and when it was first seen."""

    pulse: Pulse
    at_s: float


class Stalls(QObject):
    """Watches the pulses of all jobs, or of other work, by key.

    Args:
        pulses: Returns the pulse of each job that runs, by job.
        clock: Monotonic seconds.
        rests: Whether the timer runs only from ``start`` until ``pulses`` is empty.
    """

    changed = Signal(object)

    def __init__(
        self,
        pulses: Callable[[], Mapping[str, Pulse]],
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
        *,
        rests: bool = False,
    ) -> None:
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
        """Resume watching; the time since ``stop`` does not count as silence."""
        if not self._timer.isActive():
            self._looked_s = self._clock()
            self._seen.clear()
            self._timer.start()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def silent_s(self, job_id: str) -> int:
        """How long a job has been silent, in whole tens of seconds or minutes; 0 if it does not hang."""
        return self._silent_s.get(job_id, 0)

    @Slot()
    def look(self) -> None:
        """Check all pulses, and emit ``changed`` for each job whose ``silent_s`` has changed."""
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
    """Round down, so that the displayed value changes seldom."""
    step_s = 10 if silent_s < 60 else 60
    return max(1, int(silent_s // step_s) * step_s)


# Far enough apart that a new heartbeat never repeats a count of the previous one, which has stopped.
_BEGINNINGS = itertools.count(0, 1 << 32)


class Heartbeat:
    """Counts the signs of life of one thread; any thread may read them.

    A thread that neither beats nor uses processor time is in a system call that does not return.
    """

    def __init__(self) -> None:
        self._looks = next(_BEGINNINGS)
        self._cpu_clock: int | None = None

    def begin(self) -> None:
        """Attach this heartbeat to the thread that calls this."""
        if sys.platform == "linux":
            # Read here: for a thread that has ended, this call may crash.
            self._cpu_clock = time.pthread_getcpuclockid(threading.get_ident())

    def beat(self) -> None:
        """Give a sign of life, for systems that do not tell a thread's processor time."""
        self._looks += 1

    def ran_ns(self) -> int:
        """Processor time of the thread in nanoseconds; 0 where the system does not tell it."""
        if sys.platform == "linux" and self._cpu_clock is not None:
            # The clock ends with its thread.
            with contextlib.suppress(OSError):
                return time.clock_gettime_ns(self._cpu_clock)
        return 0

    @property
    def pulse(self) -> Pulse:
        """The current pulse."""
        return Pulse(self._looks, is_at_rest=False, ran_ns=self.ran_ns())
