"""Runs one job in a thread of its own, and turns the runner's events into signals in the window's thread.

``Worker`` lives in the job's thread and blocks there in the runner. ``JobThread`` lives in the window's thread, owns
the worker, and emits its events at most ten times a second. ``Outbox`` is between them: a pass may emit 100,000
problems a second, so it keeps only the latest progress and status, but every report and result.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from backup_gui.config.logging import log_about
from backup_gui.desktop.periodic import delayed
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Pulse
from backup_gui.engine.run.runner import Mailbox, RunOutcome
from backup_gui.model.errors import BackupError
from backup_gui.model.events import Command, Event, FilesReturned, Progressed, ReportMade, StatusChanged, Stop
from backup_gui.model.job import Job
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.threads.liveness import Heartbeat

log = logging.getLogger(__name__)

BATCH_EVERY_MS = 100


class Run(Protocol):
    """The signature of ``runner.run``; tests replace it."""

    def __call__(
        self, job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path
    ) -> RunOutcome:
        """Run a job until it is told to stop."""
        ...


class Outbox:
    """Takes events in one thread and gives them to another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: Progressed | None = None
        self._status: StatusChanged | None = None
        self._results: list[ReportMade | FilesReturned] = []
        self._is_announced = False

    def put(self, event: Event) -> bool:
        """Take an event, and return whether to announce it: not while announced events wait in the other thread."""
        with self._lock:
            match event:
                case Progressed():
                    self._progress = event
                case StatusChanged():
                    self._status = event
                case ReportMade() | FilesReturned():
                    # The progress was that of the pass that has ended.
                    self._progress = None
                    self._results.append(event)
                case _:
                    # Status and report sum up all other events, such as actions and problems.
                    return False
            is_news, self._is_announced = not self._is_announced, True
        return is_news

    def take(self) -> list[Event]:
        """Return and remove everything new; the status is last, as it describes the job after everything else."""
        with self._lock:
            events: list[Event] = [
                event for event in (self._progress, *self._results, self._status) if event is not None
            ]
            self._progress = self._status = None
            self._results.clear()
            self._is_announced = False
        return events


class Worker(QObject):
    """Runs a job in the thread that it was moved to."""

    announced = Signal()
    ended = Signal(object)

    def __init__(self, job: Job, commands: Mailbox, outbox: Outbox, run: Run, data_folder: Path) -> None:
        super().__init__()
        self._job = job
        self._commands = commands
        self._outbox = outbox
        self._run = run
        self._data_folder = data_folder
        self.heartbeat = Heartbeat()

    @Slot()
    def work(self) -> None:
        """Run the job until it ends, also by an error."""
        self.heartbeat.begin()
        log_about(self._job.name)
        try:
            outcome = self._run(self._job, self._commands, self._on_event, data_folder=self._data_folder)
        except Exception:
            # The boundary: a bug in one job must not end the window and the other jobs.
            log.exception("The job has ended unexpectedly")
            error = BackupError(Reason(ReasonCode.RUN_CRASHED))
            outcome = RunOutcome(report=None, error=error, is_stopped=False)
        self.ended.emit(outcome)

    def _on_event(self, event: Event) -> None:
        if self._outbox.put(event):
            self.announced.emit()


class JobThread(QObject):
    """A running job, as the window's thread sees it. Emits its events, and at last its outcome."""

    happened = Signal(object)
    finished = Signal(object)

    def __init__(self, job: Job, data_folder: Path, *, run: Run = runner.run, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = job
        self._commands = Mailbox()
        self._outbox = Outbox()
        # Without a parent, so that the controller can abandon a thread that hangs.
        self._thread = QThread()
        self._thread.setObjectName(f"job {job.id}")
        self._worker = Worker(job, self._commands, self._outbox, run, data_folder)
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.work)
        self._worker.announced.connect(self._on_announced, Qt.ConnectionType.QueuedConnection)
        self._worker.ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        self._timer = delayed(self, BATCH_EVERY_MS, self._on_pause_over)
        self._has_news = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, command: Command) -> None:
        """Send a command to the job."""
        self._commands.put(command)

    def stop(self) -> None:
        """Tell the job to cancel its current pass and end."""
        self._commands.put(Stop())

    def wait(self, limit_ms: int) -> bool:
        """Wait up to a limit for the thread to end, and return whether it has."""
        self._thread.quit()
        return self._thread.wait(limit_ms)

    @property
    def pulse(self) -> Pulse:
        """The runner's pulse."""
        return self._commands.pulse._replace(ran_ns=self._worker.heartbeat.ran_ns())

    def silence(self) -> None:
        """Emit no more signals."""
        self._timer.stop()
        self.blockSignals(True)

    @Slot()
    def _on_announced(self) -> None:
        if self._timer.isActive():
            self._has_news = True
            return
        self._hand_on()
        self._timer.start()

    @Slot()
    def _on_pause_over(self) -> None:
        if self._has_news:
            self._has_news = False
            self._hand_on()
            self._timer.start()

    @Slot(object)
    def _on_ended(self, outcome: RunOutcome) -> None:
        self._timer.stop()
        self._thread.quit()
        self._hand_on()
        self.finished.emit(outcome)

    def _hand_on(self) -> None:
        for event in self._outbox.take():
            self.happened.emit(event)
