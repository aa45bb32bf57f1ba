"""Starts and stops the threads of all jobs, sends them the user's commands, and knows the status of each.

Lives in the window's thread, and blocks it only while threads end, for two seconds at most.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Pulse
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.events import (
    BackUpNow,
    CheckEvery,
    Command,
    Event,
    FilesReturned,
    Pause,
    Progressed,
    ReportMade,
    Resume,
    StatusChanged,
)
from backup_gui.model.job import Job
from backup_gui.model.plans import Progress, Report
from backup_gui.model.reasons import NO_REASON
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState, Status
from backup_gui.threads.job_thread import JobThread, Run

log = logging.getLogger(__name__)

SHUTDOWN_S = 2.0

# Threads that did not end in time. Destroying a QThread that still runs would abort the process.
_abandoned: list[JobThread] = []


@dataclass(frozen=True, slots=True)
class JobNews:
    """The status of one job, and the progress of its pass; None without a pass."""

    job_id: str
    status: Status
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class JobReport:
    """A pass of one job has ended."""

    job_id: str
    report: Report


@dataclass(frozen=True, slots=True)
class JobReturned:
    """Files of one job were restored into its source, as the user had asked."""

    job_id: str
    returned: RestoreResult


class Controller(QObject):
    """Starts, stops and commands the thread of each job."""

    news = Signal(object)
    report_made = Signal(object)
    files_returned = Signal(object)

    def __init__(
        self,
        data_folder: Path,
        *,
        run: Run = runner.run,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._data_folder = data_folder
        self._run = run
        self._jobs: dict[str, Job] = {}
        self._threads: dict[str, JobThread] = {}
        self._ending: list[JobThread] = []
        self._news: dict[str, JobNews] = {}
        # Jobs that start with new options once their old thread has released the destination.
        self._successors: dict[str, Job] = {}
        # What was sent to them meanwhile.
        self._put_off: dict[str, list[Command]] = {}
        # Seconds between full passes, by job, while the app saves power or data.
        self._least_every_s: dict[str, int] = {}
        # Jobs that the app itself has paused for a while, not the user.
        self._suspended: set[str] = set()
        self._is_shut_down = False

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs in the order in which they were added."""
        return tuple(self._jobs.values())

    def job(self, job_id: str) -> Job | None:
        """A job by its key."""
        return self._jobs.get(job_id)

    def status(self, job_id: str) -> Status:
        """The current status of a job."""
        return self._news[job_id].status

    def is_running(self, job_id: str) -> bool:
        """Whether the job's thread still takes commands."""
        return job_id in self._threads

    def pulses(self) -> dict[str, Pulse]:
        """The pulse of each job's thread. A job that waits for an old thread to end has the pulse of that one."""
        found = {job_id: thread.pulse for job_id, thread in self._threads.items()}
        for job in self._successors.values():
            before = self._predecessor(job)
            if before is not None:
                found[job.id] = before.pulse
        return found

    def add(self, job: Job) -> None:
        """Start a job; it starts paused if it is not enabled."""
        self._jobs[job.id] = job
        self._tell(JobNews(job.id, Status(JobState.WAITING)))
        self._start(job)

    def change(self, old_id: str, job: Job) -> None:
        """Cancel the current pass of a job, and start the job with its new options."""
        self._jobs = {
            job.id if job_id == old_id else job_id: job if job_id == old_id else known
            for job_id, known in self._jobs.items()
        }
        if old_id != job.id:
            self._news.pop(old_id, None)
        self._tell(JobNews(job.id, Status(JobState.WAITING)))
        self._end_then(old_id, job)

    def remove(self, job_id: str) -> None:
        """Stop a job and forget it; its backup stays."""
        self._jobs.pop(job_id, None)
        self._news.pop(job_id, None)
        self._end_then(job_id, None)

    def back_up_now(self, job_id: str = "") -> None:
        """Start a full pass of one job, or of all if none is named. A job that had ended starts again."""
        for job in self._chosen(job_id):
            thread = self._threads.get(job.id)
            if thread is None:
                self._tell(JobNews(job.id, Status(JobState.WAITING)))
                self._start(job)
            else:
                thread.put(BackUpNow())

    def pause(self, job_id: str, until: float | None) -> None:
        """Pause a job, or all if none is named, until a time in seconds since 1970.

        None pauses without end, also across restarts.
        """
        for job in self._chosen(job_id):
            self._suspended.discard(job.id)
            self._jobs[job.id] = job._replace(is_enabled=until is not None)
            self.send(job.id, Pause(until))

    def resume(self, job_id: str = "") -> None:
        """End the pause of one job, or of all if none is named."""
        for job in self._chosen(job_id):
            self._suspended.discard(job.id)
            self._jobs[job.id] = job._replace(is_enabled=True)
            self.send(job.id, Resume())

    def check_every(self, job_id: str, full_pass_every_s: int | None) -> None:
        """Make full passes of a job at least this many seconds apart; None restores the job's own interval.

        The value also applies to threads that the job gets later.
        """
        before = self._least_every_s.get(job_id)
        if full_pass_every_s is None:
            self._least_every_s.pop(job_id, None)
        else:
            self._least_every_s[job_id] = full_pass_every_s
        if before != full_pass_every_s:
            self.send(job_id, CheckEvery(full_pass_every_s))

    def suspend(self, job_id: str) -> None:
        """Pause a job until ``release`` or the end of the program, unless the user has already paused it.

        The job is paused once ``is_at_rest`` returns True.
        """
        if job_id in self._threads and self._news[job_id].status.state is not JobState.PAUSED:
            self._suspended.add(job_id)
            self.send(job_id, Pause(None))

    def release(self, job_id: str) -> None:
        """Undo ``suspend``, unless the user has paused or resumed the job since."""
        if job_id in self._suspended:
            self._suspended.discard(job_id)
            self.send(job_id, Resume())

    def is_at_rest(self, job_id: str) -> bool:
        """Whether a job is paused, has ended or does not exist."""
        return job_id not in self._threads or self._news[job_id].status.state is JobState.PAUSED

    def send(self, job_id: str, command: Command) -> None:
        """Send a command to a job; a job that has ended ignores it, and one that waits to start gets it then.

        After a command that restores files, ``files_returned`` carries the result.
        """
        thread = self._threads.get(job_id)
        if thread is not None:
            thread.put(command)
        elif job_id in self._successors:
            self._put_off.setdefault(job_id, []).append(command)

    def shut_down(self, limit_s: float = SHUTDOWN_S) -> bool:
        """Ask all jobs to end, wait up to a limit for all together, and return whether all have ended.

        Threads that hang in a system call are abandoned. The process may still end at any moment: like a crash, this
        does no harm to a backup.
        """
        self._is_shut_down = True
        self._successors.clear()
        threads = [*self._threads.values(), *self._ending]
        self._threads.clear()
        self._ending.clear()
        for thread in threads:
            thread.silence()
            thread.stop()
        end_s = time.monotonic() + limit_s
        left = [thread for thread in threads if not thread.wait(max(0, round((end_s - time.monotonic()) * 1_000)))]
        for thread in left:
            log.warning("The job %s did not end within %.0f s and is abandoned", thread.job.name, limit_s)
            thread.setParent(None)
            _abandoned.append(thread)
        return not left

    def _chosen(self, job_id: str) -> tuple[Job, ...]:
        return tuple(job for job in self._jobs.values() if job_id in ("", job.id))

    def _start(self, job: Job) -> None:
        if self._is_shut_down or job.id in self._threads:
            return
        if self._predecessor(job) is not None:
            self._successors[job.id] = job
            return
        thread = JobThread(job, self._data_folder, run=self._run, parent=self)
        thread.happened.connect(self._on_happened)
        thread.finished.connect(self._on_finished)
        if not job.is_enabled:
            thread.put(Pause(None))
        if job.id in self._least_every_s:
            thread.put(CheckEvery(self._least_every_s[job.id]))
        for command in self._put_off.pop(job.id, ()):
            thread.put(command)
        self._threads[job.id] = thread
        thread.start()

    def _predecessor(self, job: Job) -> JobThread | None:
        """The thread that has to end before a job can start."""
        for thread in self._ending:
            if thread.job.id == job.id or thread.job.destination == job.destination:
                return thread
        return None

    def _end_then(self, old_id: str, successor: Job | None) -> None:
        # It was meant for the options that end here.
        self._put_off.pop(old_id, None)
        if successor is not None:
            self._successors[successor.id] = successor
        else:
            self._successors.pop(old_id, None)
        thread = self._threads.pop(old_id, None)
        if thread is not None:
            self._ending.append(thread)
            thread.stop()
        self._start_successors()

    def _start_successors(self) -> None:
        waiting, self._successors = self._successors, {}
        for job in waiting.values():
            # The user may have paused or resumed it while its old thread ended.
            self._start(self._jobs.get(job.id, job))

    def _sender_id(self) -> str:
        """The job whose thread has sent the current signal; empty for a thread that was told to end."""
        thread = self.sender()
        if isinstance(thread, JobThread) and self._threads.get(thread.job.id) is thread:
            return thread.job.id
        return ""

    @Slot(object)
    def _on_happened(self, event: Event) -> None:
        job_id = self._sender_id()
        if not job_id:
            return
        news = self._news[job_id]
        match event:
            case Progressed(progress=progress):
                self._tell(replace(news, progress=progress))
            case StatusChanged(status=status):
                self._tell(JobNews(job_id, status, news.progress if status.state is JobState.WORKING else None))
            case ReportMade(report=report):
                self._news[job_id] = replace(news, progress=None)
                self.report_made.emit(JobReport(job_id, report))
            case FilesReturned(returned=returned):
                self._news[job_id] = replace(news, progress=None)
                self.files_returned.emit(JobReturned(job_id, returned))

    @Slot(object)
    def _on_finished(self, outcome: RunOutcome) -> None:
        thread = self.sender()
        if not isinstance(thread, JobThread):
            return
        job_id = self._sender_id()
        if job_id:
            del self._threads[job_id]
            self._tell_end(job_id, outcome)
        elif thread in self._ending:
            self._ending.remove(thread)
        # The runner has returned: the thread runs only its event loop now, which was told to quit.
        thread.wait(round(SHUTDOWN_S * 1_000))
        thread.deleteLater()
        self._start_successors()

    def _tell_end(self, job_id: str, outcome: RunOutcome) -> None:
        """Report a run that ended without being told to: for the user it is a failure."""
        last = self._news[job_id].status
        reason = outcome.error.reason if outcome.error is not None else NO_REASON
        self._tell(JobNews(job_id, last._replace(state=JobState.FAILED, reason=reason, held=None)))

    def _tell(self, news: JobNews) -> None:
        self._news[news.job_id] = news
        self.news.emit(news)
