"""Runs many jobs in one process that may have few files open, and tells how many it had at most.

Usage: ``python -m tests.faults.many_jobs_driver FOLDER JOBS LIMIT``. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from collections import Counter
from functools import partial
from pathlib import Path

from backup_gui.config.job_factory import make_job
from backup_gui.engine.fs.system.descriptors import BUDGET
from backup_gui.engine.run import runner
from backup_gui.model.events import BackUpNow, Event, ReportMade, StatusChanged, Stop
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import PassStatus
from tests.helpers.waiting import wait_until

DEPTH = 12
WIDTH = 20
_LIMIT_S = 240.0


def make_source(source: Path, width: int) -> None:
    """Make a source that is deep and wide."""
    deep = source / "/".join(f"level{number}" for number in range(DEPTH))
    deep.mkdir(parents=True)
    (deep / "file").write_text("deep")
    for number in range(width):
        folder = source / f"folder{number}" / "inner"
        folder.mkdir(parents=True)
        for name in ("one", "two"):
            (folder / name).write_text(f"{number} {name}")


def change(source: Path, width: int) -> None:
    """Change something in each folder: what is replaced or deleted goes to the history."""
    for number in range(width):
        folder = source / f"folder{number}" / "inner"
        (folder / "one").write_text("another text")
        if number % 3 == 0:
            (folder / "two").unlink()


class Observer:
    """Counts what is open, all the time."""

    def __init__(self) -> None:
        self.most_open = 0
        self.failures = 0
        self.most_kept = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._observe)
        self._thread.start()

    def _observe(self) -> None:
        while not self._ended.wait(0.001):
            try:
                # Counting takes one itself.
                self.most_open = max(self.most_open, len(os.listdir("/proc/self/fd")))
            except OSError:
                self.failures += 1
            self.most_kept = max(self.most_kept, BUDGET._kept)

    def end(self) -> None:
        """Count no more."""
        self._ended.set()
        self._thread.join()


def main() -> None:
    folder, jobs, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    width = WIDTH if jobs < 50 else WIDTH // 10
    sources = [folder / f"source{number}" for number in range(jobs)]
    for source in sources:
        make_source(source, width)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    ends: Counter[int] = Counter()
    statuses: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    deleted: Counter[int] = Counter()

    def on_event(number: int, event: Event) -> None:
        if isinstance(event, ReportMade):
            statuses[event.report.status.value] += 1
            ends[number] += event.report.status is PassStatus.COMPLETE and event.report.is_full
            deleted[number] += event.report.counts.deleted
        elif isinstance(event, StatusChanged) and event.status.reason:
            reasons[event.status.reason] += 1

    observer = Observer()
    commands = [runner.Mailbox() for _ in sources]
    threads = []
    for number, source in enumerate(sources):
        job = make_job(Job(str(source), Place(str(folder / f"mirror{number}"))))
        run = partial(runner.run, job, commands[number], partial(on_event, number), data_folder=folder / "data")
        threads.append(threading.Thread(target=run))
    for thread in threads:
        thread.start()
    wait_until(lambda: len(+ends) == jobs, "each job is complete", _LIMIT_S)
    for source in sources:
        change(source, width)
    for one in commands:
        one.put(BackUpNow())
    wait_until(lambda: len(+deleted) == jobs, "each job is complete once more", _LIMIT_S)
    for one in commands:
        one.put(BackUpNow())
    count = sum(ends.values())
    wait_until(lambda: sum(ends.values()) >= count + jobs, "all is as it was", _LIMIT_S)
    for one in commands:
        one.put(Stop())
    for thread in threads:
        thread.join()
    observer.end()
    found = {
        "most_open": observer.most_open,
        "failures": observer.failures,
        "most_kept": observer.most_kept,
        "kept": BUDGET._kept,
        "statuses": statuses,
        "reasons": reasons,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
