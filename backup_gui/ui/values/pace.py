"""Computes speed and remaining time from successive progress values."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backup_gui.model.plans import Phase, Progress

_WINDOW_S = 8.0
_SHORTEST_S = 0.5
# The cost of a file beyond its bytes, in bytes: with many small files left, a pass is not "nearly done".
_FILE_COST_BYTES = 64 * 1_024


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of a pass over the last seconds, and the time left; None while unknown."""

    bytes_per_s: float = 0.0
    left_s: float | None = None


class PaceMeter:
    """Measures pace over the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, int]] = deque()
        self._phase: Phase | None = None

    def add(self, progress: Progress) -> Pace:
        """Add a progress, and return the pace of the last seconds; unknown in the first half second of a phase."""
        if progress.phase is not self._phase or (self._samples and progress.elapsed_s < self._samples[-1][0]):
            self._phase = progress.phase
            self._samples.clear()
        self._samples.append((progress.elapsed_s, progress.bytes_done, progress.files_done))
        while len(self._samples) > 2 and progress.elapsed_s - self._samples[0][0] > _WINDOW_S:
            self._samples.popleft()
        began_s, began_bytes, began_files = self._samples[0]
        span_s = progress.elapsed_s - began_s
        if span_s < _SHORTEST_S:
            return Pace()
        done_bytes = progress.bytes_done - began_bytes
        work = done_bytes + (progress.files_done - began_files) * _FILE_COST_BYTES
        rest = max(0, progress.bytes_total - progress.bytes_done)
        rest += max(0, progress.files_total - progress.files_done) * _FILE_COST_BYTES
        left_s = rest * span_s / work if work > 0 and progress.files_total else None
        return Pace(bytes_per_s=max(0.0, done_bytes / span_s), left_s=left_s)
