"""Makes one full pass in a process of its own, for tools that work on whole processes; prints one JSON object.

Run as a program: ``python -m tests.faults.pass_driver SOURCE DESTINATION [--each]``; with ``--each``, every file is
flushed by itself, as on a network drive.
"""

from __future__ import annotations

import json
import sys

from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import BackupError
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import FULL


def main() -> None:
    source, destination, *options = sys.argv[1:]
    if "--each" in options:
        setattr(writer, "supports_syncfs", lambda _path: False)  # noqa: B010 - to the type checker it is constant
    job = Job(source, Place(destination), id="job", name="job")
    try:
        report = run_pass(job, JobDatabase.in_memory(), FULL)
    except BackupError as error:
        print(json.dumps({"error": type(error).__name__, "problems": {}}))
        return
    print(json.dumps({"error": None, "problems": {problem.path: problem.code.value for problem in report.problems}}))


if __name__ == "__main__":
    main()
