"""Collects a job's events until the window takes them, in bounded memory at any rate of events.

A pass may emit 100,000 problems a second. The outbox keeps only the latest progress and status, but every report and
result. Must not import Qt.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from backup_gui.model.events import Event, FilesReturned, Progressed, ReportMade, StatusChanged
from backup_gui.model.plans import Progress, Report
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import Status


@dataclass(slots=True)
class Batch:
    """Everything new since the last batch.

    Attributes:
        progress: The latest progress; None also after the end of its pass.
        reports: All reports, in their order.
        status: The latest status.
        returned: All results of restores into the source, in their order.
    """

    progress: Progress | None = None
    reports: list[Report] | None = None
    status: Status | None = None
    returned: list[RestoreResult] | None = None


class Outbox:
    """Takes events in one thread and gives batches in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batch = Batch()
        self._is_announced = False

    def put(self, event: Event) -> bool:
        """Take an event.

        Returns:
            Whether to announce a batch to the other thread; False while an announced batch waits there.
        """
        if not isinstance(event, Progressed | StatusChanged | ReportMade | FilesReturned):
            # Status and report sum up all other events, such as actions and problems.
            return False
        with self._lock:
            self._add(event)
            is_news, self._is_announced = not self._is_announced, True
        return is_news

    def take(self) -> Batch:
        """Return and remove everything new."""
        with self._lock:
            batch, self._batch = self._batch, Batch()
            self._is_announced = False
        return batch

    def _add(self, event: Progressed | StatusChanged | ReportMade | FilesReturned) -> None:
        batch = self._batch
        match event:
            case Progressed(progress=progress):
                batch.progress = progress
            case StatusChanged(status=status):
                batch.status = status
            case ReportMade(report=report):
                batch.progress = None
                batch.reports = [*(batch.reports or ()), report]
            case FilesReturned(returned=returned):
                batch.progress = None
                batch.returned = [*(batch.returned or ()), returned]
