"""Whether the history that the last pass had is gone: somebody has deleted it, or moved it away.

A new one is made in its place, since what leaves the mirror from now on needs one. But the versions that were in it are
what somebody may be counting on, so it is said.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import is_place_inside
from backup_gui.engine.state.database import HISTORY_PLACE_KEY
from backup_gui.model.path_text import escape, readable

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)


def is_history_lost(target: Destination, catalog: JobDatabase, *, is_same: bool) -> bool:
    """Tell whether the history had to be made anew where it was before, and say so in the log.

    If the mirror is not the same as what the last pass left, a history that lies in it is another one, too.
    """
    is_lost = target.history.is_new and catalog.fact(HISTORY_PLACE_KEY) == _place(target)
    if is_lost and not is_same and is_place_inside(target.history.root or "", target.root):
        return False
    if is_lost:
        say_lost(target)
    return is_lost


def say_lost(target: Destination) -> None:
    """Say in the log that the history was gone."""
    log.warning("The history was gone, and a new one has been begun: %s", readable(target.history.root or ""))


def remember_history(target: Destination, catalog: JobDatabase) -> None:
    """Remember that there is a history, and where; permanent with the next ``commit``."""
    catalog.remember(HISTORY_PLACE_KEY, _place(target))


def _place(target: Destination) -> str:
    return "" if target.history.root is None else escape(target.history.root)
