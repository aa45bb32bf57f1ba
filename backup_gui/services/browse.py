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
from backup_gui.model.restores import Item, Policy, RestoreResult

StopAsked = Callable[[], bool]


class Backup(NamedTuple):
    """The folders of a backup.

    Attributes:
        destination: Where the mirror lies.
        history: Absolute path of the history; empty for the default place, and None if there is none.
    """

    destination: Place
    history: str | None

    @property
    def history_root(self) -> str | None:
        """Return the absolute path of the history where it is now; None if there is none."""
        return None if self.history is None else history_at(self.destination.path, self.history)

    def open(self, should_stop: StopAsked, cache: VersionCache | None = None) -> Snapshot:
        """Open it for reading; see ``Snapshot``."""
        return Snapshot(self.destination.path, self.history_root, should_stop, cache)


class Wanted(NamedTuple):
    """A request to restore.

    Attributes:
        items: Files, links, and folders with their contents.
        at: The time as of which they were listed; None for now.
        to: Absolute path of the target folder.
        policy: What to do if a target exists.
        mark: As for ``RestoreOptions``.
        is_source: Whether ``to`` is the source. Then everything goes to its original path, and the folder must exist.
    """

    items: tuple[Item, ...]
    at: float | None
    to: str
    policy: Policy
    mark: str
    is_source: bool


def restore_items(
    backup: Backup, wanted: Wanted, should_stop: StopAsked, *, on_progress: Callable[[Progress], None]
) -> RestoreResult:
    """Restore items into the source, or save them elsewhere.

    Args:
        backup: The backup.
        wanted: The request.
        should_stop: Polled; returns True to cancel.
        on_progress: Called with the progress; with a total of 0 files while they are being counted.

    Returns:
        The result.

    Raises:
        Cancelled: ``should_stop`` returned True before anything was written.
        OSError: Nothing could be restored.
    """
    meter = Meter(on_progress)
    meter.begin(Phase.RETURNING)
    with backup.open(should_stop) as past:
        pieces, unseen = past.pieces(wanted.items, wanted.at, keeps_folders=wanted.is_source)
    options = RestoreOptions(
        wanted.policy,
        mark=wanted.mark,
        backup=backup.destination.path if wanted.is_source else None,
        makes_folder=not wanted.is_source,
        meter=meter,
        should_stop=should_stop,
    )
    return put_back(pieces, wanted.to, options, unseen)
