"""Runs a job, and tells what it imports and opens outside its folders once it has begun; see ``test_preloading.py``.

Usage: ``python -m tests.faults.imports_driver FOLDER``. Prints one JSON object. What lies outside of FOLDER and is none
of the system's own tables is refused as where no more files can be opened.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import threading
from pathlib import Path
from unittest import mock

from backup_gui.config.job_factory import make_job
from backup_gui.engine.run import runner
from backup_gui.engine.run.preloading import preload
from backup_gui.model.events import BackUpNow, Event, ReportMade, Stop, UndoPass
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Report
from tests.helpers.waiting import wait_until

_LIMIT_S = 40.0
FILES = 50
_TABLES = ("/proc/", "/dev/", "/etc/", "/sys/", "/var/lib/dbus/")


class Guard:
    """Notes what is imported, and refuses to open what lies elsewhere; from ``begin`` on."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self.imported: list[str] = []
        self.refused: list[str] = []
        self.has_begun = False

    def begin(self) -> None:
        """Begin."""
        sys.addaudithook(self._notice)
        self.has_begun = True

    def _notice(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "import":
            self.imported.append(str(arguments[0]))
        elif event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes):
            path = os.fsdecode(arguments[0])
            if path.startswith("/") and not path.startswith((self._folder, *_TABLES)):
                self.refused.append(path)
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)


def make_source(source: Path) -> None:
    """Make a source in which there is something of every kind."""
    for number in range(30):
        folder = source / f"folder{number}"
        folder.mkdir(parents=True)
        for name in range(FILES):
            (folder / f"file{name}").write_text(f"{number}, {name}")
    os.mkfifo(source / "pipe")
    (source / "link").symlink_to("nowhere")
    (source / "other name").hardlink_to(source / "folder0/file0")


def change(source: Path) -> None:
    """Give a pass something to replace, to delete, to move and to set."""
    (source / "folder1/file1").write_text("another text")
    (source / "folder2/file2").unlink()
    (source / "folder3").rename(source / "moved")
    (source / "folder4/file4").chmod(0o600)


def main() -> None:
    folder = Path(sys.argv[1])
    source = folder / "source"
    make_source(source)
    logging.basicConfig(filename=folder / "log", level=logging.INFO)
    job = make_job(Job(str(source), Place(str(folder / "mirror")), exclude=("*.tmp", "/cache/**")))
    reports: list[Report] = []
    outcomes: list[runner.RunOutcome] = []
    commands = runner.Mailbox()

    def on_event(event: Event) -> None:
        if isinstance(event, ReportMade):
            reports.append(event.report)

    def run() -> None:
        outcomes.append(runner.run(job, commands, on_event, data_folder=folder / "data"))

    guard = Guard(folder)

    def preload_and_begin(*, is_once: bool, watches: bool) -> None:
        preload(is_once=is_once, watches=watches)
        guard.begin()

    thread = threading.Thread(target=run)
    with mock.patch.object(runner, "preload", preload_and_begin):
        thread.start()
        wait_until(lambda: guard.has_begun, "the run begins", _LIMIT_S)
    wait_until(lambda: len(reports) == 1, "the first pass", _LIMIT_S)
    change(source)
    commands.put(BackUpNow())
    wait_until(lambda: sum(report.counts.deleted for report in reports), "a pass that deletes", _LIMIT_S)
    commands.put(UndoPass(2))
    for back in ("folder2", "folder3"):
        wait_until(lambda: len(list((folder / "mirror").glob(f"{back}/*"))) == FILES, "all is back", _LIMIT_S)  # noqa: B023
    (source / "folder5/file5").write_text("at last")
    wait_until(lambda: (folder / "mirror/folder5/file5").read_text() == "at last", "the last pass", _LIMIT_S)
    commands.put(Stop())
    thread.join()
    found = {
        "imported": guard.imported,
        "refused": guard.refused,
        "problems": sorted({problem.code.value for report in reports for problem in report.problems}),
        "sums": [sum(getattr(report.counts, name) for report in reports) for name in reports[0].counts._fields],
        "is_failed": outcomes[0].error is not None or any(report.reason for report in reports),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
