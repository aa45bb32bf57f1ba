"""Restores held files into the source, after the user has said that they should not have been deleted or replaced.

It overwrites nothing. The old content of a replaced file gets another name beside the new one, and the user decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.destination.reading import open_tree
from backup_gui.engine.restore.put_back import RestoreOptions, look, marked, put_back
from backup_gui.engine.roots.roots import check_roots
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.plans import Op
from backup_gui.model.reasons import of_error
from backup_gui.model.restores import Piece, Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Held
    from backup_gui.model.restores import RestoreResult


def put_back_held(
    job: Job,
    catalog: JobDatabase,
    held: Held,
    *,
    meter: Meter,
    should_stop: Callable[[], bool],
    at: datetime | None = None,
) -> RestoreResult:
    """Restore held files into the source, from the mirror. No pass may run meanwhile.

    Args:
        job: The job.
        catalog: Holds the identities of both roots.
        held: The held actions that the user was shown.
        meter: Counts each path, and the bytes of large files.
        should_stop: Polled before each path and within large files; returns True to cancel.
        at: The time in the names of files stored beside others; now if None.

    Raises:
        RootAbsentError: The source or the mirror is missing.
        OSError: The source or the mirror cannot be opened.
    """
    check_roots(job, catalog)
    # A folder that a replacement is in the place of has two actions.
    replaced = {action.path for action in held.actions if action.op is Op.REPLACE}
    wanted = [action for action in held.actions if action.op is Op.REPLACE or action.path not in replaced]
    with open_tree(str(job.destination)) as mirror:
        pieces = [_piece(mirror, action, should_stop) for action in sorted(wanted, key=lambda action: action.path)]
    return put_back(
        pieces,
        job.source,
        RestoreOptions(
            Policy.SKIP,
            mark=marked("from the backup", at),
            is_by_job=True,
            reason_of=of_error,
            meter=meter,
            should_stop=should_stop,
        ),
    )


def _piece(mirror: TreeView, action: Action, should_stop: Callable[[], bool]) -> Piece:
    entry = look(mirror, action.path, should_stop)
    kind = None if entry is None else kind_of(entry)
    size_bytes = entry.st_size if entry is not None and kind is EntryKind.FILE else 0
    policy = Policy.BESIDE if action.op is Op.REPLACE else None
    return Piece(mirror.root, action.path, action.path, size_bytes, kind is EntryKind.FOLDER, policy)
