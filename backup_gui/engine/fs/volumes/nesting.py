"""Tells whether one folder lies within another, however it is reached.

A mirror inside its own source, or a source inside its own mirror, copies or deletes without end. Paths alone do not
tell: links, mounts of one folder at two places, ``..`` and names that differ only in case hide it. Nothing here
writes, and nothing needs to exist.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from backup_gui.engine.fs import native
from backup_gui.engine.fs.volumes.mounts import mount_above, read_mounts, visible_mounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_gui.engine.fs.volumes.mounts import Mount

T = TypeVar("T")


def is_within(inner: str, outer: str) -> bool:
    """Tell whether ``inner`` is ``outer`` or lies somewhere below it."""
    return Location(inner).is_within(Location(outer))


class _Once(Generic[T]):
    """An attribute that is found out when it is first asked for.

    Not ``cached_property``: in Python 3.11 it holds one lock for all instances meanwhile, and a drive that does not
    answer one job would keep all other jobs waiting.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find

    def __get__(self, instance: object, owner: type) -> T:
        found = self._find(instance)
        # From now on this is found first.
        vars(instance)[self._find.__name__] = found
        return found


class Location:
    """Where a folder lies, found out once, to be compared with many others.

    Args:
        path: Absolute path; what of it does not exist yet is taken as it is written.
        beside: Another folder that was found out in the same moment; what is asked for both is looked at once.

    Attributes:
        given: As given.
        path: The path without links.
    """

    def __init__(self, path: str, beside: Location | None = None) -> None:
        self.given = path
        self.path = native.real_path(path)
        self._folded = os.path.normcase(self.path)
        # Of a file system's root, the path itself ends with a separator.
        self._below = self._folded.rstrip(os.sep) + os.sep
        self._beside = beside
        self._identities: dict[str, tuple[int, int] | None] = (
            {} if beside is None else beside._identities  # noqa: SLF001 - of the same class
        )

    def is_within(self, outer: Location) -> bool:
        """Tell whether this is another folder or lies somewhere below it, however either is reached."""
        if self._folded == outer._folded or self._folded.startswith(outer._below):
            return True
        if outer.identity is not None and outer.identity in self.ancestry:
            return True
        ours, others = self.on_volume, outer.on_volume
        return ours is not None and others is not None and ours[0] == others[0] and _is_below(ours[1], others[1])

    def is_same(self, other: Location) -> bool:
        """Tell whether this is another folder, however either is reached."""
        return self.is_within(other) and other.is_within(self)

    def overlaps(self, other: Location) -> bool:
        """Tell whether this and another folder are one, or one of them lies in the other."""
        return self.is_within(other) or other.is_within(self)

    def ancestors(self) -> Iterator[str]:
        """Yield the paths of the folders that this one lies in, the nearest first, also by way of other mounts."""
        for name in (self.path, *self._other_names()):
            below, path = name, os.path.dirname(name)
            while path != below:
                yield path
                below, path = path, os.path.dirname(path)

    @property
    def seen(self) -> tuple[str, str, tuple[int, int] | None]:
        """What is looked at to tell that it lies where another location did: both paths, and the identity."""
        return self.given, self.path, self.identity

    @_Once
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of the folder; None if it is not there."""
        return self._identity_of(self.path)

    @_Once
    def ancestry(self) -> frozenset[tuple[int, int]]:
        """The identity of the folder and of each one above it that is there: finds case variants and mounts."""
        found = set()
        path = self.path
        while True:
            found.add(self._identity_of(path))
            parent = os.path.dirname(path)
            if parent == path:
                return frozenset(identity for identity in found if identity is not None)
            path = parent

    @_Once
    def mount(self) -> Mount | None:
        """The mount that the folder lies on; None where the system does not tell."""
        return mount_above(self.path, self.visible)

    @_Once
    def visible(self) -> dict[str, Mount]:
        """The system's mounts by their points."""
        return visible_mounts() if self._beside is None else self._beside.visible

    @_Once
    def on_volume(self) -> tuple[str, str] | None:
        """On which volume, and where on it, the folder lies; None where the system does not tell.

        A folder mounted at a second place (a bind mount, a subvolume) has ancestors there that are not its own, so
        identities do not tell that it lies inside another; its place on the volume does.
        """
        if self.mount is None:
            return None
        rest = self.path[len(self.mount.point.rstrip("/")) :]
        return self.mount.device, self.mount.root.rstrip("/") + rest or "/"

    def _identity_of(self, path: str) -> tuple[int, int] | None:
        if path not in self._identities:
            self._identities[path] = _identity(path)
        return self._identities[path]

    def _other_names(self) -> Iterator[str]:
        """Yield the paths by which the folder is reached through other mounts of its volume."""
        if self.on_volume is None:
            return
        volume, place = self.on_volume
        for mount in read_mounts():
            if mount.device == volume and _is_below(place, mount.root):
                path = mount.point.rstrip("/") + place[len(mount.root.rstrip("/")) :]
                if path != self.path and _identity(path) == self.identity:
                    yield path


def mounted_below(folder: Location, shown: Location) -> str | None:
    """Find where below a folder something is mounted that the folder ``shown``, or a part of it, lies in or holds.

    What is written to the one there is written to the other.

    Returns:
        The mount's path; None if there is none.
    """
    if sys.platform != "linux":
        return None
    prefix = folder.path.rstrip("/") + "/"
    points = [mount for mount in read_mounts() if mount.point.startswith(prefix) and mount.point != prefix]
    if not points or shown.on_volume is None:
        return None
    volume, path = shown.on_volume
    for mount in points:
        if mount.device == volume and (_is_below(mount.root, path) or _is_below(path, mount.root)):
            return mount.point
    return None


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
