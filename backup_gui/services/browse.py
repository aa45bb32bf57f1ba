"""Reads mirrors and histories for the window, and restores files, as background tasks.

It blocks as long as a drive does, so it is never called in the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.history.listing import VersionCache
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.restore.put_back import RestoreOptions, put_back
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.job import Place
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.restores import Item, RestoreResult

StopAsked = Callable[[], bool]


class Backup(NamedTuple):
    """The folders of a backup.

    Attributes:
        destination: Where the mirror lies.
        history: Where the history lies; empty for the default place, and None if there is none.
    """

    destination: Place
    history: Place | None

    @property
    def history_root(self) -> str | None:
        """Return the text form of where the history is now; None if there is none."""
        return None if self.history is None else str(history_at(self.destination, self.history))

    def open(self, should_stop: StopAsked, cache: VersionCache | None = None) -> Snapshot:
        """Open it for reading; see ``Snapshot``."""
        return Snapshot(str(self.destination), self.history_root, should_stop, cache)


def restore_items(
    backup: Backup,
    items: tuple[Item, ...],
    at: float | None,
    to: str,
    options: RestoreOptions,
    *,
    on_progress: Callable[[Progress], None],
) -> RestoreResult:
    """Restore items into the source, or save them elsewhere.

    Args:
        backup: The backup.
        items: Files, links, and folders with their contents.
        at: The time as of which they were listed; None for now.
        to: Absolute path of the target folder.
        options: How to restore, but for the meter. Only another folder than the source may be created; into the source,
            everything goes to its original path.
        on_progress: Called with the progress; with a total of 0 files while they are being counted.

    Raises:
        Cancelled: ``options.should_stop`` returned True before anything was written.
        OSError: Nothing could be restored.
    """
    meter = Meter(on_progress)
    meter.begin(Phase.RETURNING)
    with backup.open(options.should_stop) as past:
        pieces, unseen = past.pieces(items, at, keeps_folders=not options.makes_folder)
    return put_back(pieces, to, options._replace(meter=meter), unseen)
