"""Restores a file or folder for the command line; a running job does not need it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import never
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.restore.put_back import RestoreOptions, put_back
from backup_gui.model.errors import RootAbsentError, UnknownThenError
from backup_gui.model.paths import join, parent_of
from backup_gui.model.reasons import of_error
from backup_gui.model.restores import Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backup_gui.model.restores import RestoreResult


def restore_path(
    destination: str,
    history_root: str | None,
    path: str,
    at: datetime | None,
    to: str,
    *,
    keeps_set_id: bool = False,
    should_stop: Callable[[], bool] = never,
) -> RestoreResult:
    """Restore a file or a folder with its contents into a folder, and overwrite nothing.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        path: The file or folder, relative to the mirror's root; the empty string for everything.
        at: The time, UTC; None for the newest known content, including deleted files.
        to: Absolute path of the target folder; created if it does not exist.
        keeps_set_id: Whether programs keep their set-id bits, see ``RestoreOptions``.
        should_stop: Polled; returns True to cancel.

    Returns:
        The result, with paths as they are in the mirror, and reasons in the system's words.

    Raises:
        Cancelled: ``should_stop`` returned True before anything was written.
        FileNotFoundError: Neither the mirror nor the history has the path.
        UnknownThenError: They have it, but no file or link of it at that time.
        OSError: The target folder cannot be created, or neither mirror nor history can be read.
    """
    try:
        with Snapshot(destination, history_root, should_stop) as snapshot:
            pieces, unseen = snapshot.select(path, None if at is None else at.timestamp())
            has_any = any(at is None or not piece.is_folder for piece in pieces) or bool(unseen)
            if not has_any and at is not None and snapshot.knows(path):
                raise UnknownThenError(path)
    except RootAbsentError:
        has_any = False
    if not has_any:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    options = RestoreOptions(
        Policy.SKIP, makes_folder=True, keeps_set_id=keeps_set_id, reason_of=of_error, should_stop=should_stop
    )
    result = put_back(pieces, to, options, unseen)
    base = parent_of(path)
    return result._replace(
        restored=tuple(join(base, name) for name in result.restored),
        skipped=tuple((join(base, name), reason) for name, reason in result.skipped),
        failed=tuple((join(base, name), reason) for name, reason in result.failed),
    )
