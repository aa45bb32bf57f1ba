"""Reads mirrors and histories for the window, and restores files, as background tasks.

It blocks as long as a drive does, so it is never called in the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.history.listing import Shelf, moments
from backup_gui.engine.history.snapshot import Snapshot, backup_at
from backup_gui.engine.restore.put_back import put_back
from backup_gui.model.restores import Item, Moment, Policy, RestoreResult, Search, Step

MOST_FOUND = 1_000

StopAsked = Callable[[], bool]


class Backup(NamedTuple):
    """The folders of a backup.

    Attributes:
        destination: Absolute path of the mirror.
        history: Absolute path of the history; empty for the default place, and None if there is none.
    """

    destination: str
    history: str | None

    @property
    def history_root(self) -> str | None:
        """Return the absolute path of the history where it is now; None if there is none."""
        return None if self.history is None else history_at(self.destination, self.history)


class Wanted(NamedTuple):
    """A request to restore.

    Attributes:
        items: Files, links, and folders with their contents.
        at: The time as of which they were listed; None for now.
        to: Absolute path of the target folder.
        policy: What to do if a target exists.
        mark: As for ``put_back``.
        is_source: Whether ``to`` is the source. Then everything goes to its original path, and the folder must exist.
    """

    items: tuple[Item, ...]
    at: float | None
    to: str
    policy: Policy
    mark: str
    is_source: bool


def find_backup(folder: str, should_stop: StopAsked) -> Backup:
    """Find the backup that a folder belongs to; see ``snapshot.backup_at``."""
    del should_stop
    return Backup(*backup_at(folder))


def find_moments(backup: Backup, should_stop: StopAsked) -> tuple[Moment, ...]:
    """Find the times at which something changed; see ``listing.moments``."""
    return moments(backup.history_root, should_stop)


def list_folder(
    backup: Backup, shelf: Shelf, path: str, at: float | None, should_stop: StopAsked, *, shows_gone: bool
) -> tuple[Item, ...]:
    """List a folder as it was; see ``Snapshot.folder``."""
    with Snapshot(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.folder(path, at, shows_gone=shows_gone)


def search(
    backup: Backup, shelf: Shelf, text: str, at: float | None, should_stop: StopAsked, *, shows_gone: bool
) -> Search:
    """Search by name; see ``Snapshot.search``."""
    with Snapshot(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.search(text, at, shows_gone=shows_gone, limit=MOST_FOUND)


def list_versions(backup: Backup, shelf: Shelf, path: str, should_stop: StopAsked) -> tuple[Item, ...]:
    """List all contents of a file; see ``Snapshot.versions``."""
    with Snapshot(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.versions(path)


def bring_back(
    backup: Backup, wanted: Wanted, should_stop: StopAsked, *, on_step: Callable[[Step], None]
) -> RestoreResult:
    """Restore items into the source, or save them elsewhere.

    Args:
        backup: The backup.
        wanted: The request.
        should_stop: Polled; returns True to cancel.
        on_step: Called with the progress.

    Returns:
        The result.

    Raises:
        Cancelled: ``should_stop`` returned True before anything was written.
        OSError: Nothing could be restored.
    """
    on_step(Step())
    with Snapshot(backup.destination, backup.history_root, should_stop) as past:
        pieces = past.pieces(wanted.items, wanted.at, keeps_folders=wanted.is_source)
    return put_back(
        pieces,
        wanted.to,
        wanted.policy,
        mark=wanted.mark,
        backup=backup.destination if wanted.is_source else None,
        makes_folder=not wanted.is_source,
        on_step=on_step,
        should_stop=should_stop,
    )
