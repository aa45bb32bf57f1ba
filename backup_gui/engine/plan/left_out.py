"""What is never part of a backup, whatever the rules say; recognised by what it is, not by its name.

These are the program's own files, the backup itself, file systems of the kernel, and the folders that systems keep for
themselves on drives. Code here writes nothing and opens no file.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.job_folders import MOST_KEPT
from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.volumes.mounts import is_of_kernel, is_visible
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.rules.exclusions import ExclusionRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backup_gui.engine.destination.job_folders import JobFolders
    from backup_gui.model.job import Job


class LeftOut(NamedTuple):
    """Paths that are always excluded from a source; all are relative to it.

    Attributes:
        paths: Files, and folders with all their contents.
        drive_roots: Root folders of drives, in which systems keep folders for themselves.
    """

    paths: frozenset[str] = frozenset()
    drive_roots: frozenset[str] = frozenset()


def rules_of(job: Job, folders: JobFolders) -> ExclusionRules:
    """Return everything that a job excludes, by its rules and in any case; ``JobError`` if a rule is invalid."""
    found = _left_out_of(folders)
    return ExclusionRules(job.exclude, found.paths, found.drive_roots if job.leaves_out_system_folders else frozenset())


def find_left_out(source: str) -> LeftOut:
    """Find what is excluded from a source whatever its job is; nothing if the source does not exist."""
    root = Location(source)
    return _find(root, (Location(place, root) for place in own_files.noted()))


@lru_cache(maxsize=MOST_KEPT)
def _left_out_of(folders: JobFolders) -> LeftOut:
    return _find(folders.source, (*folders.own, *folders.backup))


def _find(source: Location, places: Iterable[Location]) -> LeftOut:
    root = source.path
    paths = {path for place in places for path in _places_of(place, source)}
    drive_roots = {""} if _is_mounted(source) else set()
    for point, mount in source.visible.items():
        path = _relative(point, root)
        if not path:
            continue
        if not is_of_kernel(mount.kind):
            drive_roots.add(path)
        elif is_visible(mount):
            paths.add(path)
    return LeftOut(frozenset(paths), frozenset(drive_roots))


def _relative(path: str, root: str) -> str | None:
    """Return a path relative to a root, with ``/``; empty for the root itself, None for a path outside."""
    if path == root:
        return ""
    prefix = root.rstrip(os.sep) + os.sep
    return path[len(prefix) :].replace(os.sep, "/") if path.startswith(prefix) else None


def _is_mounted(source: Location) -> bool:
    return source.path in source.visible if source.visible else os.path.ismount(source.path)


def _places_of(place: Location, source: Location) -> Iterator[str]:
    """Yield every path below a root that leads to a file or folder, without following links in the root.

    What is looked for need not exist.
    """
    root = source.path
    candidates = {path for path in (_relative(place.path, root), _below_by_identity(place, source)) if path}
    candidates.update(path for path in (_relative(other, root) for other in _mounted_again(place)) if path)
    if not candidates:
        return
    wanted = _look(place.path)
    for path in candidates:
        found = _look(os.path.join(root, path))
        if wanted is None or found is None or os.path.samestat(wanted, found):
            yield path


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _below_by_identity(place: Location, source: Location) -> str | None:
    """Return a path relative to a root that it reaches in another spelling, or through another mount of the root."""
    if source.identity is None or source.identity not in place.ancestry:
        return None
    top = _look(source.path)
    if top is None:
        return None
    above = os.path.dirname(place.path)
    while (entry := _look(above)) is None or not os.path.samestat(entry, top):
        if above == os.path.dirname(above):
            return None
        above = os.path.dirname(above)
    names: list[str] = []
    folder = source.path
    for name in place.path[len(above.rstrip(os.sep)) + 1 :].split(os.sep):
        names.append(_as_listed(folder, name))
        folder = os.path.join(folder, names[-1])
    return "/".join(names)


def _as_listed(folder: str, name: str) -> str:
    """Return a name in the spelling of its folder's listing."""
    wanted = _look(os.path.join(folder, name))
    if wanted is None:
        return name
    try:
        listed = os.listdir(folder)
    except OSError:
        return name
    if name in listed:
        return name
    same = (
        other
        for other in listed
        if (entry := _look(os.path.join(folder, other))) is not None and os.path.samestat(entry, wanted)
    )
    return next(same, name)


def _mounted_again(place: Location) -> Iterator[str]:
    """Yield further paths that lead to a place because it, or a folder above it, is mounted there too."""
    if place.on_volume is None:
        return
    device, path = place.on_volume
    for mount in [other for other in place.visible.values() if other.device == device and other is not place.mount]:
        below = _relative(path, mount.root)
        if below is not None:
            yield os.path.join(mount.point, below) if below else mount.point
