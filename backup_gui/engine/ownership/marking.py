"""Marks a destination and its history as a job's, once both are open and locked; ``belonging`` has decided that.

Existing marks are not rewritten.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from typing import TYPE_CHECKING, Final

from backup_gui.engine.destination.marker import (
    UNREADABLE,
    Marker,
    read_file,
    read_markers,
    write_attribute,
    write_file,
)
from backup_gui.engine.fs.system.computer import host_name
from backup_gui.engine.fs.system.descriptors import is_shortage
from backup_gui.engine.ownership.belonging import AGREED_KEY, Claim, is_found_from
from backup_gui.engine.state.register import MARKER_KEY, remember_folders
from backup_gui.model.errors import DestinationBusyError
from backup_gui.model.path_text import escape, readable
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.engine.destination.job_folders import JobFolders
    from backup_gui.engine.destination.local import LocalDestination
    from backup_gui.engine.fs.volumes.nesting import Location
    from backup_gui.engine.ownership.belonging import Belonging
    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)

_SOURCE_KEY: Final = "source"


def mark(target: LocalDestination, folders: JobFolders, catalog: JobDatabase, belonging: Belonging) -> None:
    """Mark a destination and its history as this job's, and record that.

    Args:
        target: The destination, locked.
        folders: Where the job's folders lie.
        catalog: Records it permanently.
        belonging: The result of ``settle``.

    Raises:
        DestinationBusyError: Another instance has marked it in this very moment.
    """
    folder = catalog.fact(_SOURCE_KEY) or belonging.marker.folder
    marker = belonging.marker._replace(host=host_name(), source=escape(folders.source.path), folder=folder)
    mirror, history = folders.destination.path, folders.history
    if belonging.is_taken_over:
        # The catalog does not know what the other backup has put there in the meantime.
        catalog.forget_mirror()
    if belonging.agreed:
        _remember_agreed(catalog, belonging.agreed)
    catalog.remember(MARKER_KEY, marker.id)
    remember_folders(
        catalog, folders.source.given, folders.destination.given, None if history is None else history.given
    )
    catalog.commit()
    marks = _Marks(target, marker, belonging.ids)
    try:
        if history is not None:
            marks.on_history(history.given, way_between(history.path, mirror))
        if history is None or not is_found_from(mirror, history.path) or read_markers(target.root):
            marks.on_mirror()
    except OSError as error:
        if is_shortage(error):
            raise
        if isinstance(error, FileExistsError) and marks.has_anothers(history):
            raise DestinationBusyError(Reason(ReasonCode.WRITTEN_ELSEWHERE, path=target.root)) from error
        # The pass will meet the same error, or is not affected by it.
        log.warning("The backup could not be marked as this job's: %s (%s)", error.strerror, readable(target.root))
        return
    if belonging.taken:
        # The approval concerned what was here. A copy elsewhere, or one that returns here, needs a new one.
        _remember_agreed(catalog, belonging.agreed - belonging.taken)
        catalog.commit()


def _remember_agreed(catalog: JobDatabase, keys: frozenset[str]) -> None:
    catalog.remember(AGREED_KEY, "\n".join(sorted(keys)))


def way_between(history: str, mirror: str) -> str:
    """Return the way from a history to its mirror as a marker has it, for all systems to read. Pure."""
    try:
        way = os.path.relpath(mirror, history)
    except ValueError:
        # On Windows no way leads from drive to drive.
        way = mirror
    return way.replace(os.sep, "/")


class _Marks:
    """Marks the two folders of a backup.

    Args:
        target: The destination.
        marker: The marker of its mirror.
        ids: Ids of existing markers that may be overwritten.
    """

    def __init__(self, target: LocalDestination, marker: Marker, ids: frozenset[str]) -> None:
        self._target = target
        self._marker = marker
        self._ids = ids

    def on_mirror(self) -> None:
        """Mark the mirror's root with an attribute, or with a file where attributes are not supported.

        Raises:
            FileExistsError: Another instance has marked it just now.
            OSError: It could not be marked.
        """
        root = self._target.root
        found = [Claim(marker, root) for marker in read_markers(root)]
        if found and all(claim.marker == self._marker for claim in found):
            return
        may_replace = self._may_replace(found)
        is_marked = write_attribute(self._target.tree, self._marker, may_replace=may_replace)
        if is_marked and not os.path.lexists(os.path.join(root, MARKER_NAME)):
            return
        # The root keeps the modification time of the source.
        before = self._target.stat("")
        write_file(self._target.tree, self._marker, may_replace=may_replace)
        with contextlib.suppress(OSError):
            self._target.tree.root_folder.set_times((before.st_atime_ns, before.st_mtime_ns))

    def on_history(self, history: str, way: str) -> None:
        """Mark the history, and create it if necessary; ``way`` leads from it to the mirror, without links.

        Raises:
            FileExistsError: Another instance has marked it just now.
            OSError: It could not be marked.
        """
        marker = self._marker._replace(mirror=escape(way))
        found = read_file(os.path.join(history, MARKER_NAME))
        if found != marker:
            may_replace = self._may_replace([] if found is None else [Claim(found, history)])
            write_file(self._target.history.open(), marker, may_replace=may_replace)

    def has_anothers(self, history: Location | None) -> bool:
        """Tell whether another instance has marked either folder just now; unreadable markers do not count."""
        places = (self._target.root,) if history is None else (self._target.root, history.given)
        claims = [Claim(marker, place) for place in places for marker in read_markers(place)]
        return any(
            claim.marker is not UNREADABLE and claim.marker.id != self._marker.id and claim.key not in self._ids
            for claim in claims
        )

    def _may_replace(self, found: list[Claim]) -> bool:
        """Tell whether there are markers to overwrite.

        Raises:
            FileExistsError: There is one that did not exist at the decision.
        """
        if any(claim.key not in self._ids for claim in found):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), MARKER_NAME)
        return bool(found)
