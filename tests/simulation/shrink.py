"""Leaves out of a story what its failure does not need."""

from __future__ import annotations

import time

from tests.simulation.run import Telling, run
from tests.simulation.story import Story


def shrunk(story: Story, told: Telling, within_s: float) -> tuple[Story, Telling]:
    """Return the shortest story found that fails in the same way, and what comes of it.

    Args:
        story: One that fails.
        told: What came of it.
        within_s: How long to look for shorter ones.
    """
    end_s = time.monotonic() + within_s
    sort = _sort_of(told.failure)
    size = max(1, len(story.happenings) // 2)
    while True:
        start, was_shorter = 0, False
        while start < len(story.happenings):
            if time.monotonic() > end_s:
                return story, told
            left = story.happenings[:start] + story.happenings[start + size :]
            attempt = story._replace(happenings=left)
            found = run(attempt)
            if found.failure and _sort_of(found.failure) == sort:
                story, told, was_shorter = attempt, found, True
            else:
                start += size
        if size == 1 and not was_shorter:
            return story, told
        size = max(1, size // 2)


def _sort_of(failure: str) -> str:
    """Return what two failures of one cause have in common."""
    return "".join(letter for letter in failure.strip().splitlines()[-1][:40] if not letter.isdigit())
