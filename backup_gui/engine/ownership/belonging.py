"""Determines the owner of a destination and a history: this job, another backup, or none yet.

A job never takes over another backup's folder without permission, and two backups never contain or feed each other.
Markers show the owner of any user's backup. The catalogs of the user's own jobs show more, especially sources. A
question to the user, and his approval, refer to the ids of the backups concerned: it covers these and no others.

``settle`` looks and decides, before anything is created; ``mark`` writes, once both folders are open and locked.
"""

from __future__ import annotations

import contextlib
import errno
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
    write_attribute,
    write_file,
)
from backup_gui.engine.fs.system.computer import computer_id, host_name
from backup_gui.engine.fs.system.descriptors import is_shortage
from backup_gui.engine.fs.volumes.identity import Standing, identity_of, read_identity, standing
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.state.register import MARKER_KEY, KnownJob, other_jobs, remember_folders
from backup_gui.model.errors import DestinationBusyError, OtherBackupError
from backup_gui.model.path_text import escape, readable
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import NO_COUNTS, Held, HeldCode
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.destination.job_folders import JobFolders
    from backup_gui.engine.destination.local import LocalDestination
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.engine.state.register import Facts
    from backup_gui.model.job import Job

log = logging.getLogger(__name__)

AGREED_KEY: Final = "other backups agreed to"
_SOURCE_KEY: Final = "source"
_DESTINATION_KEY: Final = "destination"
_DAY_CHARACTERS: Final = 10


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
        return self.marker.id or f"unreadable {escape(self.folder)}"


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


def mark(target: LocalDestination, folders: JobFolders, catalog: JobDatabase, belonging: Belonging) -> None:
    """Mark a destination and its history as this job's, and record that; existing marks are not rewritten.

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
            marks.on_history(history.given, os.path.relpath(mirror, history.path))
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


def agreed_keys(catalog: Facts) -> frozenset[str]:
    """Return the keys of the other backups that the user has approved."""
    return frozenset((catalog.fact(AGREED_KEY) or "").splitlines())


def whose(marker: Marker) -> Reason:
    """Describe the owner of the backup of a marker."""
    if not marker.id:
        return Reason(ReasonCode.OF_UNREADABLE_MARKER)
    date = marker.made_at[:_DAY_CHARACTERS]
    if not marker.source:
        unknown = Reason(ReasonCode.OF_UNKNOWN_FOLDER)
        return Reason(ReasonCode.OF_UNKNOWN_FOLDER_SINCE, date=date) if date else unknown
    path = marker.source_path or marker.source
    if not date:
        return Reason(ReasonCode.OF_FOLDER, path=path, computer=marker.host)
    return Reason(ReasonCode.OF_FOLDER_SINCE, path=path, computer=marker.host, date=date)


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
        try:
            now = identity_of(self._source)
        except OSError:
            return False
        return standing(read_identity(marker.folder), now) is Standing.SAME

    def _is_remembered(self) -> bool:
        """Tell whether the catalog has recorded this very folder as the destination."""
        try:
            now = identity_of(self._destination)
        except OSError:
            return False
        return standing(read_identity(self._catalog.fact(_DESTINATION_KEY)), now) is Standing.SAME

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
        self.is_there = self._marker is not None or self._is_as_recorded()

    def conflict(self, code: Code, folder: Location | None = None) -> _Conflict:
        """Return a conflict with this job; about its source if no folder is given."""
        marker = self._marker or Marker(id="?", source=escape(self._known.source), host=host_name())
        keys = frozenset({self._known.key, self._known.marker_id} - {""})
        return _Conflict(code, (folder or self.source).path, whose(marker), keys)

    def _is_as_recorded(self) -> bool:
        if self._known.identity is None:
            return False
        try:
            now = identity_of(self.destination)
        except OSError:
            return False
        return standing(self._known.identity, now) is Standing.SAME


def _conflict(code: Code, path: str, claim: Claim, *, is_ours_then: bool = False) -> _Conflict:
    if claim.marker.is_newer:
        code = ReasonCode.NEWER_BACKUP_THERE
    return _Conflict(
        code, path, whose(claim.marker), frozenset({claim.key}), is_ours_then, is_newer=claim.marker.is_newer
    )


def _has_content(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _remember_agreed(catalog: JobDatabase, keys: frozenset[str]) -> None:
    catalog.remember(AGREED_KEY, "\n".join(sorted(keys)))


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


def is_found_from(mirror: str, history: str) -> bool:
    """Tell whether a history lies in one of its default places; both are absolute paths without links. Pure."""
    return history in {place_beside(mirror), place_inside(mirror)}
