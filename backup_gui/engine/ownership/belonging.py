"""Determines the owner of a destination and a history: this job, another backup, or none yet.

A job never takes over another backup's folder without permission, and two backups never contain or feed each other.
Markers show the owner of any user's backup. The catalogs of the user's own jobs show more, especially sources. A
question to the user, and his approval, refer to the ids of the backups concerned: it covers these and no others.

This is decided before anything is created; ``marking`` writes the markers afterwards.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.destination.history_place import place_beside, place_inside
from backup_gui.engine.destination.marker import (
    UNREADABLE,
    Marker,
    new_marker,
    read_file,
    read_markers,
)
from backup_gui.engine.fs.system.computer import computer_id, host_name
from backup_gui.engine.fs.volumes.identity import Standing, identity_of, read_identity, standing
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.state.register import MARKER_KEY, KnownJob, other_jobs
from backup_gui.model.errors import OtherBackupError
from backup_gui.model.path_text import escape
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import NO_COUNTS, Held, HeldCode
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.destination.job_folders import JobFolders
    from backup_gui.engine.fs.volumes.identity import Identity
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.engine.state.register import Facts
    from backup_gui.model.job import Job

log = logging.getLogger(__name__)

AGREED_KEY: Final = "other backups agreed to"
_DESTINATION_KEY: Final = "destination"


class Claim(NamedTuple):
    """A marker that was found: it assigns a folder to a backup.

    Attributes:
        marker: The marker.
        folder: Absolute path of the folder with the marker.
    """

    marker: Marker
    folder: str

    @property
    def mirror(self) -> str:
        """Return the absolute path of the mirror that it refers to."""
        return self.marker.mirror_of(self.folder)

    @property
    def key(self) -> str:
        """Return the key that the user's approval refers to."""
        return self.marker.key(self.folder)


class Belonging(NamedTuple):
    """The result of ``settle``: the job may use the destination.

    Attributes:
        marker: The marker to write to the job's folders.
        agreed: The keys of other backups that the user has approved.
        is_taken_over: Whether the folder was another backup's until now.
        ids: Ids of existing markers that may be overwritten.
        taken: Those of ``agreed`` whose markers become this job's. Their approval is used up by that.
    """

    marker: Marker
    agreed: frozenset[str] = frozenset()
    is_taken_over: bool = False
    ids: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()


_LIES_IN = {"destination": ReasonCode.DESTINATION_IN_BACKUP, "history": ReasonCode.HISTORY_IN_BACKUP}
_IS_AROUND = {"destination": ReasonCode.DESTINATION_AROUND_BACKUP, "history": ReasonCode.HISTORY_AROUND_BACKUP}
_IS_SOURCE = {"destination": ReasonCode.DESTINATION_IS_OTHER_SOURCE, "history": ReasonCode.HISTORY_IS_OTHER_SOURCE}


class _Conflict(NamedTuple):
    """A folder that belongs to another backup.

    Attributes:
        code: The kind of conflict.
        path: Where it is.
        whose: The other backup's owner.
        keys: Keys that the user's approval refers to; one of them is enough.
        is_ours_then: Whether the marker there becomes this job's if the user approves.
        is_newer: Whether a later version of the program made it, so that it cannot be approved.
    """

    code: Code
    path: str
    whose: Reason
    keys: frozenset[str]
    is_ours_then: bool = False
    is_newer: bool = False

    @property
    def reason(self) -> Reason:
        """Return the reason, with the owner and the path."""
        return Reason(self.code, detail=self.whose, path=self.path)


def settle(
    job: Job,
    folders: JobFolders,
    catalog: JobDatabase,
    *,
    allowed: frozenset[str],
    looks_around: bool,
    now_s: float,
) -> Belonging:
    """Determine whether a job may use its destination and its history.

    Args:
        job: The job.
        folders: Where its folders lie.
        catalog: The job's catalog; not changed.
        allowed: The keys that the user has approved just now.
        looks_around: Whether to check the folders above, and the folders of other jobs, too.
        now_s: The time, seconds since 1970, UTC.

    Raises:
        OtherBackupError: They belong to another backup.
        OSError: The source cannot be read.
    """
    inquiry = _Inquiry(folders, catalog)
    agreed = allowed | agreed_keys(catalog)
    taken: frozenset[str] = frozenset()
    for conflict in inquiry.conflicts(looks_around=looks_around):
        if conflict.is_newer or not (job.takes_over or conflict.keys & agreed):
            code = HeldCode.NEWER_BACKUP if conflict.is_newer else HeldCode.OTHER_BACKUP
            raise OtherBackupError(Held(code, conflict.reason, NO_COUNTS, 0, claims=conflict.keys))
        agreed |= conflict.keys
        if conflict.is_ours_then:
            taken |= conflict.keys
    is_taken_over = bool(taken)
    marker = None if is_taken_over else inquiry.own_marker
    if marker is None:
        marker = new_marker(job.source, now_s)
        if inquiry.known_id and not is_taken_over:
            # The marker is lost or damaged; the other folders still have the same id.
            marker = marker._replace(id=inquiry.known_id)
    elif marker.computer != computer_id():
        # The program's own data was copied from another computer, which may still use it.
        marker = new_marker(job.source, now_s)._replace(made_at=marker.made_at)
    return Belonging(marker, agreed, is_taken_over, agreed | inquiry.own_ids | {marker.id}, taken)


def foresee_conflict(folders: JobFolders, facts: Facts) -> Reason:
    """Return why a job's folders conflict with another backup that the user has not approved; empty if they do not.

    The job need not have run before.
    """
    agreed = agreed_keys(facts)
    conflicts = _Inquiry(folders, facts).conflicts(looks_around=True)
    return next((found.reason for found in conflicts if found.is_newer or not found.keys & agreed), NO_REASON)


def agreed_keys(catalog: Facts) -> frozenset[str]:
    """Return the keys of the other backups that the user has approved."""
    return frozenset((catalog.fact(AGREED_KEY) or "").splitlines())


def claims_on(folder: str) -> Iterator[Claim]:
    """Yield the markers that assign a folder to a backup: its own, and those of histories beside it and in it.

    The folder has a path without links, and need not exist.
    """
    for marker in read_markers(folder):
        yield Claim(marker, folder)
    places = [place_inside(folder)]
    if os.path.dirname(folder) != folder:
        places.append(place_beside(folder))
    for place in places:
        found = read_file(os.path.join(place, MARKER_NAME))
        if found is None and _is_closed(place):
            # It belongs to another user, and others may not look into it.
            found = UNREADABLE
        if found is not None and (found is UNREADABLE or is_same_path(found.mirror_of(place), folder)):
            yield Claim(found, place)


def _is_closed(folder: str) -> bool:
    """Tell whether a folder exists that this user may not look into."""
    if not os.path.isdir(folder):
        return False
    return not os.access(folder, os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def is_same_path(one: str, other: str) -> bool:
    """Tell whether two absolute paths lead to the same folder; they need not exist."""
    if os.path.normcase(one) == os.path.normcase(other):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


class _Inquiry:
    """Examines the folders of one job; see ``settle`` for the arguments.

    Attributes:
        own_marker: This job's marker; None if there is none.
        own_ids: Ids of this job's markers.
        known_id: The id of this job's marker in the catalog; empty if there is none.
    """

    def __init__(self, folders: JobFolders, catalog: Facts) -> None:
        self._catalog = catalog
        self._source, self._destination, self._history, _own = folders
        self.known_id = catalog.fact(MARKER_KEY) or ""
        self.own_ids = {self.known_id} - {""}
        self.own_marker: Marker | None = None
        # Whether this job has used its destination and its history before, as far as known.
        self._is_established = False
        self._has_history = False

    def conflicts(self, *, looks_around: bool) -> Iterator[_Conflict]:
        """Yield the folders that belong to another backup, nearest first."""
        yield from self._on_destination()
        yield from self._on_history()
        if self._history is not None and is_found_from(self._destination.path, self._history.path):
            self._has_history |= self._is_established
        if looks_around:
            yield from self._above()
            yield from self._from_markers_of_the_source()
            yield from self._with_other_jobs()

    # The folders themselves

    def _on_destination(self) -> Iterator[_Conflict]:
        path = self._destination.path
        is_marked = False
        for claim in claims_on(path):
            is_marked = True
            if self._is_own(claim):
                self.own_ids.add(claim.key)
                self._is_established = True
                self._keep(claim.marker)
                continue
            is_mirror = claim.folder != path or is_same_path(claim.mirror, path)
            yield _conflict(
                ReasonCode.DESTINATION_IS_BACKUP if is_mirror else ReasonCode.DESTINATION_IS_HISTORY,
                path,
                claim,
                is_ours_then=True,
            )
        if not is_marked:
            self._is_established = self._is_remembered()

    def _on_history(self) -> Iterator[_Conflict]:
        if self._history is None:
            return
        path = self._history.path
        for claim in claims_on(path):
            is_mirror = claim.marker is not UNREADABLE and is_same_path(claim.mirror, path)
            if self._is_own(claim) and not is_mirror:
                self.own_ids.add(claim.key)
                self._has_history = True
                self._keep(claim.marker)
                continue
            yield _conflict(
                ReasonCode.HISTORY_IS_BACKUP if is_mirror else ReasonCode.HISTORY_OF_OTHER_BACKUP,
                path,
                claim,
                is_ours_then=True,
            )

    def _keep(self, marker: Marker) -> None:
        if marker.id and (self.own_marker is None or marker.id == self.known_id):
            self.own_marker = marker

    def _is_own(self, claim: Claim) -> bool:
        """Tell whether a marker is this job's: it has the job's id, or the same source on this computer."""
        marker = claim.marker
        if marker.is_newer:
            return False
        if not marker.id:
            # Damaged, but this job has recorded this folder as its own.
            if self.own_ids and self._is_remembered():
                self.own_ids.add(claim.key)
                return True
            return False
        if marker.id in self.own_ids:
            return True
        return is_same_path(claim.mirror, self._destination.path) and self._is_of_this_source(marker)

    def _is_of_this_source(self, marker: Marker) -> bool:
        if marker.computer != computer_id() or not marker.source_path:
            return False
        if not is_same_path(marker.source_path, self._source.path):
            return False
        return _is_recorded(self._source, read_identity(marker.folder))

    def _is_remembered(self) -> bool:
        """Tell whether the catalog has recorded this very folder as the destination."""
        return _is_recorded(self._destination, read_identity(self._catalog.fact(_DESTINATION_KEY)))

    # Folders that contain them

    def _new_folders(self) -> list[tuple[Location, str]]:
        """Return those of the two folders that this job has not used before.

        Folders in use stay in use, whatever is placed around or inside them later: each backup leaves marked folders
        inside its own alone.
        """
        found = []
        if not self._is_established:
            found.append((self._destination, "destination"))
        if self._history is not None and not self._has_history:
            found.append((self._history, "history"))
        return found

    def _above(self) -> Iterator[_Conflict]:
        for folder, name in self._new_folders():
            if folder is not self._destination and folder.is_within(self._destination):
                continue
            for above in dict.fromkeys(folder.ancestors()):
                for claim in claims_on(above):
                    # An unreadable marker far above is not enough evidence.
                    if claim.marker.id not in self.own_ids and claim.marker is not UNREADABLE:
                        yield _conflict(_LIES_IN[name], above, claim)

    def _from_markers_of_the_source(self) -> Iterator[_Conflict]:
        """Yield a circle shown by markers: the source is, or lies in, a backup of the destination."""
        for folder in dict.fromkeys((self._source.path, *self._source.ancestors())):
            for claim in claims_on(folder):
                origin = claim.marker.source_path
                if not origin or claim.marker.computer != computer_id() or claim.marker.id in self.own_ids:
                    continue
                if is_same_path(claim.mirror, folder) and Location(origin).overlaps(self._destination):
                    yield _conflict(ReasonCode.SOURCE_IS_BACKUP, folder, claim)

    # Folders of other jobs

    def _with_other_jobs(self) -> Iterator[_Conflict]:
        others = [found for known in other_jobs(self._catalog) if (found := self._other(known)) is not None]
        for other in others:
            yield from self._with(other)
        yield from self._circles(others)

    def _other(self, known: KnownJob) -> _Other | None:
        """Examine another job's folders; None if it is the same backup, or has lost its own."""
        other = _Other(known)
        is_same = other.destination.is_same(self._destination) and other.source.is_same(self._source)
        return None if is_same or other.is_void else other

    def _with(self, other: _Other) -> Iterator[_Conflict]:
        ours = self._new_folders()
        for folder, name in ours:
            for there in other.written if other.is_there else ():
                if folder.is_within(there):
                    yield other.conflict(_LIES_IN[name], there)
                elif there.is_within(folder):
                    yield other.conflict(_IS_AROUND[name], there)
        # An existing destination may be another job's source: that is a backup of a backup.
        for folder, name in ours:
            if other.source.is_within(folder):
                yield other.conflict(_IS_SOURCE[name])
            elif name == "destination" and folder.is_within(other.source) and _has_content(folder.path):
                yield other.conflict(ReasonCode.DESTINATION_IN_OTHER_SOURCE)

    def _circles(self, others: list[_Other]) -> Iterator[_Conflict]:
        """Yield each job that copies from the destination back into the source, directly or through other jobs."""
        feeds = [self._destination, *([self._history] if self._history is not None else [])]
        pending = list(others)
        while feeds:
            folder = feeds.pop()
            for other in [found for found in pending if folder.overlaps(found.source)]:
                pending.remove(other)
                if any(place.overlaps(self._source) for place in other.written):
                    yield other.conflict(ReasonCode.CIRCLE)
                feeds += other.written


class _Other:
    """Another job of this user and its folders.

    Attributes:
        source: Its source.
        destination: Its destination.
        written: Its destination, and its history if there is one.
        is_there: Whether its destination exists and is its own.
        is_void: Whether its destination belongs to another backup by now, or its source and destination are gone.
    """

    def __init__(self, known: KnownJob) -> None:
        self._known = known
        self.source = Location(known.source)
        self.destination = Location(known.destination)
        history = [Location(known.history)] if known.history else []
        self.written = [self.destination, *(folder for folder in history if folder.identity is not None)]
        claims = list(claims_on(self.destination.path)) if self.destination.identity is not None else []
        self._marker = next((claim.marker for claim in claims if claim.marker.id == known.marker_id), None)
        self.is_void = self._marker is None and any(claim.marker is not UNREADABLE for claim in claims)
        if self.destination.identity is None and self.source.identity is None:
            self.is_void = True
        self.is_there = self._marker is not None or _is_recorded(self.destination, known.identity)

    def conflict(self, code: Code, folder: Location | None = None) -> _Conflict:
        """Return a conflict with this job; about its source if no folder is given."""
        marker = self._marker or Marker(id="?", source=escape(self._known.source), host=host_name())
        keys = frozenset({self._known.key, self._known.marker_id} - {""})
        return _Conflict(code, (folder or self.source).path, marker.whose, keys)


def _is_recorded(folder: Location, recorded: Identity | None) -> bool:
    """Tell whether a folder is the recorded one."""
    try:
        return recorded is not None and standing(recorded, identity_of(folder)) is Standing.SAME
    except OSError:
        return False


def _conflict(code: Code, path: str, claim: Claim, *, is_ours_then: bool = False) -> _Conflict:
    if claim.marker.is_newer:
        code = ReasonCode.NEWER_BACKUP_THERE
    return _Conflict(
        code, path, claim.marker.whose, frozenset({claim.key}), is_ours_then, is_newer=claim.marker.is_newer
    )


def _has_content(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def is_found_from(mirror: str, history: str) -> bool:
    """Tell whether a history lies in one of its default places; both are absolute paths without links. Pure."""
    return history in {place_beside(mirror), place_inside(mirror)}
