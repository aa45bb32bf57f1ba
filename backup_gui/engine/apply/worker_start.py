"""Decides whether starting the worker process pays off, and starts it at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backup_gui.engine.apply.copy_worker import CopyWorker, is_small_copy
from backup_gui.engine.apply.report import remembered_files
from backup_gui.engine.plan.scan_worker import ScanWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.system.worker_process import WorkerProcess
    from backup_gui.engine.rules.exclusions import ExclusionRules
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.plans import Action

# Starting the process takes as long as copying so many small files,
WORTHWHILE_COPIES: Final = 1_000
# or as long as comparing so many.
WORTHWHILE_FILES: Final = 20_000


class WorkerStart:
    """Starts the worker process once it is known to pay off, if one can help."""

    def __init__(self, start: Callable[[], WorkerProcess | None]) -> None:
        self._start: Callable[[], WorkerProcess | None] | None = start
        self._process: WorkerProcess | None = None

    def get(self) -> WorkerProcess | None:
        """Return the process, and start it if necessary; None if there can be none."""
        if self._start is not None:
            start, self._start = self._start, None
            self._process = start()
        return self._process

    def expect(self, copies: int) -> None:
        """Start the process early if so many copies are known that there will be many."""
        if copies >= WORTHWHILE_COPIES:
            self.get()

    def copy_worker(self, actions: Iterable[Action], target: Destination) -> CopyWorker | None:
        """Return the copier of small files in the worker process, if there are enough of them."""
        if sum(map(is_small_copy, actions)) < WORTHWHILE_COPIES:
            return None
        process = self.get()
        return None if process is None else CopyWorker(process, target)

    def scan_worker(self, rules: ExclusionRules, target: Destination, catalog: JobDatabase) -> ScanWorker | None:
        """Return the scanner in the worker process, if the tree is large and most of it is recorded."""
        if catalog.file is None or remembered_files(catalog) < WORTHWHILE_FILES:
            return None
        process = self.get()
        if process is None:
            return None
        return ScanWorker(process, str(catalog.file), rules.fields, compares_owner=target.holds_owner)

    def close(self) -> None:
        """Stop the process, if there is one."""
        self._start = None
        if self._process is not None:
            self._process.close()
            self._process = None
