"""What a job's thread has told and the window has not seen yet: as little as will do, however fast it comes.

A pass may tell of 100,000 problems a second. Of what is only the latest state, such as progress, the latest is kept;
of what must not be lost, such as reports, everything. Knows nothing of Qt.
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
        progress: The latest progress; None also if the pass it belonged to has ended.
        reports: All reports, in their order.
        status: The latest status.
        returned: What became of files that were to be brought back, in their order.
    """

    progress: Progress | None = None
    reports: list[Report] | None = None
    status: Status | None = None
    returned: list[RestoreResult] | None = None


class Outbox:
    """Takes events in one thread and gives batches in another."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._batch = Batch()
        self._is_announced = False

    def put(self, event: Event) -> bool:
        """Take an event.

        Returns:
            Whether the other side is to be told that there is something: it knows already until it takes the batch.
        """
        if not isinstance(event, Progressed | StatusChanged | ReportMade | FilesReturned):
            # Status and report sum up the rest, such as actions and problems: there can be hundreds of thousands.
            return False
        with self._lock:
            self._add(event)
            is_news, self._is_announced = not self._is_announced, True
        return is_news

    def take(self) -> Batch:
        """Give everything that is new."""
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
