"""What is never part of a backup, whatever the rules say; recognised by what it is, not by its name.

These are the program's own files, the backup itself, file systems of the kernel, and the folders that systems keep for
themselves on drives. Code here writes nothing and opens no file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.volumes.mounts import TABLE, is_of_kernel, is_visible, read_mounts
from backup_gui.engine.rules.exclusions import ExclusionRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from backup_gui.engine.fs.volumes.mounts import Mount
    from backup_gui.model.job import Job


class LeftOut(NamedTuple):
    """Paths that are always excluded from a source; all are relative to it.

    Attributes:
        paths: Files, and folders with all their contents.
        drive_roots: Root folders of drives, in which systems keep folders for themselves.
    """

    paths: frozenset[str] = frozenset()
    drive_roots: frozenset[str] = frozenset()


def rules_of(job: Job) -> ExclusionRules:
    """Return everything that a job excludes, by its rules and in any case.

    Raises:
        JobError: A rule is invalid.
    """
    history = history_of(job)
    backup = (job.destination.path,) if history is None else (job.destination.path, history)
    return rules_for(job.source, job.exclude, backup, leaves_out_system_folders=job.leaves_out_system_folders)


def rules_for(
    source: str, exclude: Iterable[str], backup: Iterable[str] = (), *, leaves_out_system_folders: bool = True
) -> ExclusionRules:
    """Return everything that is excluded from a source.

    Args:
        source: Absolute path.
        exclude: Exclusion rules.
        backup: Absolute paths of the destination and the history.
        leaves_out_system_folders: Whether to exclude the folders that systems keep for themselves on drives.

    Raises:
        JobError: A rule is invalid.
    """
    found = find_left_out(source, backup)
    return ExclusionRules(exclude, found.paths, found.drive_roots if leaves_out_system_folders else frozenset())


def find_left_out(source: str, backup: Iterable[str] = (), table: str | Path = TABLE) -> LeftOut:
    """Find what is always excluded from a source.

    Args:
        source: Absolute path.
        backup: Absolute paths of the destination and the history.
        table: The kernel's list of mounts; without it, mounts below the source are unknown.

    Returns:
        What was found; nothing if the source does not exist.
    """
    root = os.path.realpath(source)
    mounts = read_mounts(table)
    # Of several mounts on one mount point, the last is visible.
    below = {mount.point: mount for mount in mounts if _relative(mount.point, root)}
    paths = {path for place in (*own_files.noted(), *backup) for path in _places_of(place, root, mounts)}
    drive_roots = {""} if _is_mounted(root, mounts) else set()
    for point, mount in below.items():
        path = _relative(point, root)
        assert path is not None
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


def _is_mounted(root: str, mounts: list[Mount]) -> bool:
    return any(mount.point == root for mount in mounts) if mounts else os.path.ismount(root)


def _places_of(place: str, root: str, mounts: list[Mount]) -> Iterator[str]:
    """Yield every path below a root that leads to a file or folder, without following links in the root.

    Args:
        place: Absolute path; need not exist.
        root: Absolute path of the root, without links.
        mounts: The system's mounts.
    """
    real = os.path.realpath(place)
    candidates = {path for path in (_relative(real, root), _below_by_identity(real, root)) if path}
    candidates.update(path for path in (_relative(other, root) for other in _mounted_again(real, mounts)) if path)
    wanted = _look(real)
    for path in candidates:
        found = _look(os.path.join(root, path))
        if wanted is None or found is None or os.path.samestat(wanted, found):
            yield path


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _below_by_identity(path: str, root: str) -> str | None:
    """Return a path relative to a root that it reaches in another spelling, or through another mount of the root."""
    top = _look(root)
    if top is None:
        return None
    above = os.path.dirname(path)
    while (entry := _look(above)) is None or not os.path.samestat(entry, top):
        if above == os.path.dirname(above):
            return None
        above = os.path.dirname(above)
    names: list[str] = []
    folder = root
    for name in path[len(above.rstrip(os.sep)) + 1 :].split(os.sep):
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


def _mounted_again(path: str, mounts: list[Mount]) -> Iterator[str]:
    """Yield further paths that lead to a path because it, or a folder above it, is mounted there too."""
    visible = {mount.point: mount for mount in mounts}
    point = path
    while point not in visible and point != os.path.dirname(point):
        point = os.path.dirname(point)
    if point not in visible:
        return
    home = visible[point]
    on_volume = home.root.rstrip("/") + path[len(point.rstrip("/")) :]
    for mount in visible.values():
        if mount.device != home.device or mount is home:
            continue
        below = _relative(on_volume, mount.root)
        if below is not None:
            yield os.path.join(mount.point, below) if below else mount.point
