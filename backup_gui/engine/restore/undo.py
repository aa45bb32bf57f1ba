"""Undoes a pass: restores into the source what the pass removed from the mirror; the next pass updates the mirror.

The pass log says what the pass did, and the history has the contents. Nothing that the source has now is lost. A file
that is exactly what the pass brought, and that the mirror still has, is replaced, since the next pass moves it from the
mirror to the history. Anything else, such as a file edited since, gets another name beside. The restored file gets the
original name, under which programs look for it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.destination.reading import open_tree, refuse_newer_backup
from backup_gui.engine.restore.put_back import RestoreOptions, look, marked, put_back
from backup_gui.engine.roots.roots import check_roots
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.plans import Op
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, of_error
from backup_gui.model.restores import Piece, Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.engine.state.pass_log import Change
    from backup_gui.model.job import Job
    from backup_gui.model.restores import RestoreResult

UNDOABLE = frozenset({Op.REPLACE, Op.DELETE, Op.MOVE})


def undo_pass(
    job: Job,
    catalog: JobDatabase,
    key: int,
    *,
    meter: Meter,
    should_stop: Callable[[], bool],
    at: datetime | None = None,
) -> RestoreResult:
    """Restore into the source what a pass replaced, deleted or moved; what it created stays. No pass may run meanwhile.

    Args:
        job: The job.
        catalog: Holds the pass log.
        key: The id of the pass.
        meter: Counts each path, and the bytes of large files.
        should_stop: Polled before each path and within large files; returns True to cancel.
        at: The time in the names of files that are set aside; now if None.

    Returns:
        The result for each path, with a reason if the pass log no longer has the pass, or has only a part of it.

    Raises:
        RootAbsentError: The source or the mirror is missing.
        NewerDataError: A later version of the program made the mirror or its history.
        OSError: The source or the mirror cannot be opened.
    """
    check_roots(job, catalog)
    history = history_of(job)
    root = None if history is None else str(history)
    refuse_newer_backup(str(job.destination), root)
    record = catalog.passlog.find(key)
    changes = _in_order(catalog.passlog.changes(key, limit=-1, ops=UNDOABLE)) if record is not None else []
    total = 0 if record is None else record.replaced + record.moved + record.deleted
    reason = NO_REASON
    if record is None or (total and not changes):
        reason = Reason(ReasonCode.UNDO_UNKNOWN)
    elif not record.is_whole and len([change for change in changes if change.kind is not EntryKind.FOLDER]) < total:
        reason = Reason(ReasonCode.UNDO_PARTLY_KNOWN)
    catalog.forget_kept_lately()
    result = put_back(
        _pieces(root, changes, catalog.passlog.paths_changed_after(key), should_stop),
        job.source,
        RestoreOptions(
            Policy.SET_ASIDE,
            mark=marked("before undoing", at),
            backup=str(job.destination),
            is_by_job=True,
            rights_of=catalog.passlog.folder,
            reason_of=_reason,
            meter=meter,
            should_stop=should_stop,
        ),
    )
    # The next pass replaces in the mirror what the undone pass brought: also where the source has the content already.
    return result._replace(restored=(*result.restored, *result.present), present=(), reason=result.reason or reason)


def _pieces(
    root: str | None, changes: list[Change], changed_since: set[str] | None, should_stop: Callable[[], bool]
) -> list[Piece]:
    """Return a piece for each change, in the order of undoing.

    ``changed_since`` are the paths that later passes changed; None if the pass log does not have them all.
    """
    # If the history cannot be opened, each path fails on its own.
    history = None
    if root is not None:
        with contextlib.suppress(OSError):
            history = open_tree(root)
    with history or contextlib.nullcontext():
        return [_piece(change, root, history, changed_since, should_stop) for change in changes]


def _piece(
    change: Change,
    root: str | None,
    history: TreeView | None,
    changed_since: set[str] | None,
    should_stop: Callable[[], bool],
) -> Piece:
    if change.op is Op.MOVE:
        assert change.old_path is not None
        return Piece("", change.path, change.old_path, moved_kind=change.kind)
    if change.op is Op.DELETE and change.kind is EntryKind.FOLDER:
        return Piece("", "", change.path, is_folder=True, policy=Policy.SKIP)
    # What the pass brought, and no later pass changed, may be replaced if the mirror has it.
    is_brought = change.op is Op.REPLACE and changed_since is not None and change.path not in changed_since
    policy = Policy.MAKE_WAY if is_brought else Policy.SET_ASIDE
    if change.old_kind is EntryKind.FOLDER:
        return Piece("", "", change.path, is_folder=True, policy=policy)
    if root is None or change.stored is None:
        return Piece("", "", change.path)
    entry = None if history is None else look(history, change.stored, should_stop)
    size_bytes = entry.st_size if entry is not None and kind_of(entry) is EntryKind.FILE else 0
    return Piece(root, change.stored, change.path, size_bytes, policy=policy)


def _in_order(changes: list[Change]) -> list[Change]:
    """Sort changes for undoing: first what replaced something, such as a folder; then folders before their contents."""
    ranks = {Op.REPLACE: 0, Op.MOVE: 1, Op.DELETE: 2}
    # A folder that a replacement is in the place of has two changes.
    replaced = {change.path for change in changes if change.op is Op.REPLACE}
    wanted = [change for change in changes if change.op is not Op.DELETE or change.path not in replaced]
    return sorted(wanted, key=lambda change: (ranks[change.op], change.path))


def _reason(error: OSError) -> Reason:
    return Reason(ReasonCode.RETURN_NO_VERSION) if isinstance(error, FileNotFoundError) else of_error(error)
