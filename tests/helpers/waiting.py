"""Waits for conditions in other processes, which send no signal that a test could wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.02

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, timeout_s: float = 10.0) -> T:
    """Ask until the answer is a true value, and return it.

    Args:
        condition: Asked again and again; must not block for long.
        what: What is waited for, for the message.
        timeout_s: Limit.

    Raises:
        TimeoutError: If it did not come true in time.
    """
    pause = threading.Event()
    deadline_s = time.monotonic() + timeout_s
    while not (answer := condition()):
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        pause.wait(POLL_S)
    return answer
