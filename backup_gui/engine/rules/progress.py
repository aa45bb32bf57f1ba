"""Counts the progress of a pass or a restore in one place, and reports it at most ten times a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from backup_gui.model.plans import Phase, Progress

LEAST_PAUSE_S = 0.1


def ignore_progress(_progress: Progress) -> None:
    """Ignore the progress: the default for ``on_progress``."""


class Meter:
    """Adds up what is done and emits ``Progress`` values, in the thread that does the work."""

    def __init__(
        self, on_progress: Callable[[Progress], None] = ignore_progress, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_progress = on_progress
        self._now = now
        self._phase = Phase.COMPARING
        self._files_total = 0
        self._bytes_total = 0
        self._files_done = 0
        self._bytes_done = 0
        self._path = ""
        self._left_bytes = 0
        self._began = now()
        self._told = self._began

    def begin(self, phase: Phase, files_total: int = 0, bytes_total: int = 0) -> None:
        """Start a phase from zero and report it."""
        self._phase = phase
        self._files_total = files_total
        self._bytes_total = bytes_total
        self._files_done = 0
        self._bytes_done = 0
        self._began = self._told = self._now()
        self._tell("")

    def add_bytes(self, count: int, path: str) -> None:
        """Count bytes copied."""
        self._bytes_done += count
        self._tell_if_due(path)

    def add_files(self, count: int, path: str, small_bytes: int = 0) -> None:
        """Count actions done, or entries seen while comparing, and any of their bytes not yet counted."""
        self._files_done += count
        self._bytes_done += small_bytes
        self._tell_if_due(path)

    def begin_path(self, path: str, size_bytes: int) -> None:
        """Begin a path; ``size_bytes`` is part of the total already."""
        self._path, self._left_bytes = path, size_bytes

    def add_bytes_of_path(self, count: int) -> None:
        """Count bytes copied of the current path, at most its size in the total, even if the file has grown."""
        count = min(count, self._left_bytes)
        self._left_bytes -= count
        self.add_bytes(count, self._path)

    def end_path(self, count: int = 1) -> None:
        """End the current path, whatever the result, and count it as ``count`` files with its remaining bytes."""
        self.add_files(count, self._path, self._left_bytes)

    def end(self) -> None:
        """Report the final figures, even if the last report was just before."""
        self._tell("")

    def _tell_if_due(self, path: str) -> None:
        now = self._now()
        if now - self._told >= LEAST_PAUSE_S:
            self._told = now
            self._tell(path)

    def _tell(self, path: str) -> None:
        self._on_progress(
            Progress(
                phase=self._phase,
                files_done=self._files_done,
                files_total=self._files_total,
                bytes_done=self._bytes_done,
                bytes_total=self._bytes_total,
                path=path,
                elapsed_s=self._now() - self._began,
            )
        )
