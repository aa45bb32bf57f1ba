"""The sign of life of a thread: how often it has looked whether to stop, and how long it kept a processor busy."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time

from backup_gui.engine.run.mailbox import Pulse

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
