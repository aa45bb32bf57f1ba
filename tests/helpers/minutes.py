"""Clocks for passes that follow each other in a moment, but by which a minute has passed since the one before."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TypedDict

from backup_gui.engine.fs.system.platform import uptime_s

_PASSED = itertools.count(1)


class Clocks(TypedDict):
    """Two clocks, as ``run_pass`` takes them."""

    now: Callable[[], float]
    uptime: Callable[[], float]


def a_minute_later() -> Clocks:
    """Return clocks that are a minute ahead of those returned before, so that no version is one too many."""
    passed_s = 61.0 * next(_PASSED)
    return {"now": lambda: time.time() + passed_s, "uptime": lambda: uptime_s() + passed_s}
