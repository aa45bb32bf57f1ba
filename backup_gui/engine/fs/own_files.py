"""What this process writes for itself: catalogs, settings, logs, locks. None of it is ever part of a source.

A backup of the folder that has them would have something new to copy after each pass, without end. They are a fact of
the process, as its log is, so they are noted here by who names them, and asked for wherever a source is looked at.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_noted: dict[str, None] = {}


def note(*places: Path | str) -> None:
    """Note folders or files as the program's own; they need not be there yet.

    Args:
        places: Absolute or relative paths. A folder stands for all that is in it.
    """
    _noted.update(dict.fromkeys(os.path.abspath(place) for place in places))


def noted() -> tuple[str, ...]:
    """Return the absolute paths of what was noted."""
    return tuple(_noted)
