"""Exit statuses of the commands.

* 0: everything is in step.
* 1: done, but with problems.
* 2: unusable arguments or job.
* 3: changes are held, a root or the own data folder is absent or unusable, or another instance or another backup has
  the destination. Nothing of that was changed. With ``--quit``: the app is still running.
* 128 plus the signal's number: ended by a signal.
"""

from __future__ import annotations

from backup_gui.cli.output import tell
from backup_gui.model.errors import BackupError, DestinationBusyError, JobError, RootAbsentError
from backup_gui.model.plans import PassStatus, Report
from backup_gui.model.reasons import Code, Reason, system_words

OK = 0
PROBLEMS = 1
UNUSABLE = 2
HELD = 3
SIGNAL_BASE = 128


def status_of_error(error: BackupError, *, has_acted: bool = False) -> int:
    """Return the exit status for the error that ended a run, before which it may have acted."""
    if isinstance(error, JobError):
        return UNUSABLE
    if isinstance(error, RootAbsentError | DestinationBusyError):
        return HELD
    return PROBLEMS if has_acted else HELD


def status_of_report(report: Report | None, *, has_acted: bool) -> int:
    """Return the exit status for the last pass of a run, if it made any."""
    if report is None or report.status is PassStatus.COMPLETE:
        return OK
    is_untouched = report.status is PassStatus.FAILED and not has_acted
    return HELD if report.status is PassStatus.HELD or is_untouched else PROBLEMS


def fail(reason: Reason, status: int) -> int:
    """Tell why a command has failed, and return its exit status."""
    tell(reason)
    return status


def of_error(code: Code, path: str, error: OSError) -> Reason:
    """Return the reason for an error of the system at a path."""
    return Reason(code, why=system_words(error), path=path)
