"""Gives versions the right time that were named while the clock was ahead, once it is right again.

They would stay until their time comes, and be taken for the newest of their paths until then.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.escaping import escape
from backup_gui.engine.holdings import folders_of
from backup_gui.engine.tree import join

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.holdings import Stored
    from backup_gui.engine.target import Target

log = logging.getLogger(__name__)


def redate(target: Target, catalog: Catalog, ahead_s: float, now_s: float, should_stop: Callable[[], bool]) -> bool:
    """Name versions from the future anew, in their order.

    Args:
        target: Has the history.
        catalog: Knows some of them by their paths in the history.
        ahead_s: By how much the clock was ahead that named them.
        now_s: The time now, seconds since 1970. What would be from the future even so is not of that clock.
        should_stop: Asked often.

    Returns:
        Whether all of them were seen to; one that cannot be renamed stays as it is, and is logged.
    """
    try:
        history = target.history_tree()
    except OSError:
        return False
    if history is None:
        return True
    misnamed: list[tuple[Stored, str]] = []
    for folder in folders_of(history, should_stop, lambda _path, _error: None):
        misnamed.extend(
            (version, join(folder.path, version.name))
            for version in folder.versions
            if version.stamp.left_s > now_s >= version.stamp.left_s - ahead_s
        )
    for version, path in sorted(misnamed):
        if should_stop():
            return False
        left_at = datetime.fromtimestamp(max(0.0, version.stamp.left_s - ahead_s), UTC)
        try:
            stored = target.rename_version(version.stored, path, left_at)
        except OSError as error:
            log.warning("A version from the future keeps its name (%s): %s", error.strerror, escape(version.stored))
            continue
        catalog.passlog.version_moved(version.stored, stored)
        catalog.busy.version_moved(version.stored, stored)
    if misnamed:
        log.info(
            "The clock was %.1f days ahead: %d versions have their right time now", ahead_s / 86_400, len(misnamed)
        )
    return not should_stop()
