"""Reads mirrors and histories for the window, and brings files back, as tasks in the background.

Blocks as long as a drive does: never called in the window's thread.
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
    """Where a backup lies.

    Attributes:
        destination: Absolute path of the mirror.
        history: Absolute path of the history; empty for where the program puts it, and None if there is none.
    """

    destination: str
    history: str | None

    @property
    def history_root(self) -> str | None:
        """Absolute path of the history as it lies now; None if there is none."""
        return None if self.history is None else history_at(self.destination, self.history)


class Wanted(NamedTuple):
    """What is to be brought back.

    Attributes:
        items: Files, links, and folders with all that stood in them.
        at: The time as of which they were listed; None for now.
        to: Absolute path of the folder that they are brought back to.
        policy: What is done where something is there.
        mark: As for ``put_back``.
        is_source: Whether ``to`` is the source: there everything goes where it was, and the folder must be there.
    """

    items: tuple[Item, ...]
    at: float | None
    to: str
    policy: Policy
    mark: str
    is_source: bool


def find_backup(folder: str, should_stop: StopAsked) -> Backup:
    """Tell what a folder is the backup of; see ``snapshot.backup_at``."""
    del should_stop
    return Backup(*backup_at(folder))


def find_moments(backup: Backup, should_stop: StopAsked) -> tuple[Moment, ...]:
    """Find the times at which something changed; see ``listing.moments``."""
    return moments(backup.history_root, should_stop)


def list_folder(
    backup: Backup, shelf: Shelf, path: str, at: float | None, should_stop: StopAsked, *, shows_gone: bool
) -> tuple[Item, ...]:
    """List a folder as it stood; see ``Snapshot.folder``."""
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
    """Put items back into the source, or save them elsewhere.

    Args:
        backup: The backup.
        wanted: What is wanted.
        should_stop: Asked again and again.
        on_step: Told how far it has come.

    Returns:
        What became of it.

    Raises:
        Cancelled: ``should_stop`` said so before anything was written.
        OSError: Nothing could be brought back.
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
