"""What bringing files back into the source has in common, whether they are held or a pass took them away.

The one exception to the rule that the source is never written to: at the user's explicit word, never over anything, and
each file compared afterwards. Both roots are looked at first, as before a pass.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from typing import TYPE_CHECKING

from backup_gui.engine.fs.volumes.identity import Standing, identify, read_identity, standing
from backup_gui.engine.restore.writer import beside
from backup_gui.engine.roots.continuity import DESTINATION_KEY
from backup_gui.engine.roots.roots import SOURCE_KEY
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.plans import Phase
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode
from backup_gui.model.restores import RestoreResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.job import Job

_MAX_SUFFIX_BYTES = 20

THERE_ALREADY = Reason(ReasonCode.RETURN_THERE_ALREADY)
STOPPED = Reason(ReasonCode.RETURN_STOPPED)


class Tally:
    """Counts what becomes of each path.

    Args:
        asked: How many paths there are.
    """

    def __init__(self, asked: int) -> None:
        self._asked = asked
        self.restored: list[str] = []
        self.beside: list[tuple[str, str]] = []
        self.skipped: list[tuple[str, Reason]] = []
        self._failed: list[tuple[str, Reason]] = []
        self.is_cancelled = False
        self.reason: Reason = NO_REASON

    def fail(self, path: str, reason: Reason) -> None:
        """Note that a path could not be brought back."""
        self._failed.append((path, reason))

    def stop(self) -> None:
        """Note that it was given up on request."""
        self.is_cancelled, self.reason = True, STOPPED

    def returned(self) -> RestoreResult:
        """Put it all together."""
        return RestoreResult(
            asked=self._asked,
            restored=tuple(self.restored),
            beside=tuple(self.beside),
            skipped=tuple(self.skipped),
            failed=tuple(self._failed),
            is_cancelled=self.is_cancelled,
            reason=self.reason,
        )


class Steps:
    """Tells how far bringing back has come, in files and in bytes.

    Args:
        meter: Told of each step.
        sizes: For each path, how many bytes are to be copied.
    """

    def __init__(self, meter: Meter, sizes: Sequence[int]) -> None:
        self._meter = meter
        self._sizes = iter(sizes)
        self._path = ""
        self._left_bytes = 0
        meter.begin(Phase.RETURNING, len(sizes), sum(sizes))

    def begin(self, path: str) -> None:
        """Begin with the next path."""
        self._path, self._left_bytes = path, next(self._sizes, 0)

    def add_bytes(self, count: int) -> None:
        """Note that so many bytes more were copied."""
        count = min(count, self._left_bytes)
        self._left_bytes -= count
        self._meter.add_bytes(count, self._path)

    def end(self) -> None:
        """Note that the path is done, whatever became of it."""
        self._meter.add_files(1, self._path, self._left_bytes)


def sizes_of(paths: Sequence[str | None], root: Tree, should_stop: Callable[[], bool]) -> list[int]:
    """Look how large files are.

    Args:
        paths: Paths below the root; None for what nothing is copied of.
        root: The mirror or the history.
        should_stop: Asked before each; what follows then counts as empty.

    Returns:
        A number of bytes for each path; 0 for what is no file, or cannot be looked at.
    """
    sizes = [0] * len(paths)
    for number, path in enumerate(paths):
        if should_stop():
            break
        if path is not None:
            # What cannot be told here fails again, and is named, when it is to be copied.
            with contextlib.suppress(OSError):
                entry = root.look(path)
                if entry is not None and kind_of(entry) is EntryKind.FILE:
                    sizes[number] = entry.st_size
    return sizes


def check_roots(job: Job, catalog: Catalog) -> None:
    """Make sure that both folders are there, on the drives where they always were.

    Raises:
        RootAbsentError: One is not.
    """
    roots = (
        (job.source, SOURCE_KEY, ReasonCode.SOURCE_AWAY, ReasonCode.SOURCE_DRIVE_AWAY),
        (job.destination, DESTINATION_KEY, ReasonCode.DESTINATION_AWAY, ReasonCode.DESTINATION_DRIVE_AWAY),
    )
    for root, key, away, drive_away in roots:
        try:
            is_other = standing(read_identity(catalog.fact(key)), identify(root)) is Standing.OTHER_VOLUME
        except OSError as error:
            raise RootAbsentError(Reason(away, path=root)) from error
        if is_other or not os.path.isdir(root):
            raise RootAbsentError(Reason(drive_away, path=root))


def name_beside(path: str, words: str, at: datetime, count: int = 0) -> str:
    """Name what comes to lie beside something of the same name.

    Args:
        path: The path that is taken.
        words: Where it comes from, in plain words.
        at: When that is done.
        count: How many such names are taken already.

    Returns:
        A path in the same folder, with the same extension: ``docs/letter (words 2026-11-22 21.06.05).odt``. A name
        that would be longer than file systems allow is cut.
    """
    mark = f" ({words} {at:%Y-%m-%d %H.%M.%S}{f', {count + 1}' if count else ''})"
    return beside(path, mark, _MAX_SUFFIX_BYTES)
