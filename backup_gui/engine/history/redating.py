"""Renames versions that were named while the clock was ahead, once the clock is right again.

With their wrong names they would stay until that time, and count as the newest versions of their paths until then.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.history.listing import folders_of, ignore_error
from backup_gui.engine.history.trusted_clock import MOST_AHEAD_S
from backup_gui.engine.rules.retention import DAY_S
from backup_gui.model.path_text import readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.history.listing import Version
    from backup_gui.engine.history.trusted_clock import Ahead
    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)


def redate(
    target: Destination,
    catalog: JobDatabase,
    was_ahead: tuple[Ahead, ...],
    now_s: float,
    should_stop: Callable[[], bool],
) -> bool:
    """Rename versions from the future, in their order, and follow them in the catalog.

    ``was_ahead`` says by how much the clock that may have named them was ahead, and since when. A version was named by
    that clock only if its corrected time lies between then and now.

    Returns:
        Whether all of them were handled; one that cannot be renamed keeps its name, and is logged.
    """
    try:
        history = target.history.tree()
    except OSError:
        return False
    if history is None:
        return True
    misnamed: list[tuple[float, Version]] = []
    for folder in folders_of(history, should_stop, ignore_error):
        for version in folder.versions:
            left_s = _right_s(version.stamp.left_s, was_ahead, now_s)
            if left_s is not None:
                misnamed.append((left_s, version))
    for left_s, version in sorted(misnamed, key=lambda found: (found[0], found[1].stamp, found[1].path)):
        if should_stop():
            return False
        try:
            left_at = datetime.fromtimestamp(max(0.0, left_s), UTC)
            stored = target.history.rename_version(version.stored, version.path, left_at)
        except OSError as error:
            log.warning("A version from the future keeps its name (%s): %s", error.strerror, readable(version.stored))
            continue
        catalog.passlog.version_moved(version.stored, stored)
        catalog.busy.version_moved(version.stored, stored)
    if misnamed:
        days = was_ahead[-1].by_s / DAY_S
        log.info("The clock was %.1f days ahead: %d versions have their right time now", days, len(misnamed))
    return not should_stop()


def _right_s(named_s: int, was_ahead: tuple[Ahead, ...], now_s: float) -> float | None:
    """Return when a version with a future time really left; None if such a clock did not name it."""
    if named_s <= now_s:
        return None
    # Names have whole seconds, and the trusted time may have gone back a little when the clock was corrected.
    possible = [named_s - by_s for by_s, from_s in was_ahead if from_s - 1 <= named_s - by_s <= now_s + MOST_AHEAD_S]
    return min(*possible, now_s) if possible else None
