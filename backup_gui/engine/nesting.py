"""Tells whether one folder lies within another, however it is reached.

A mirror inside its own source, or a source inside its own mirror, copies or deletes without end. Paths alone do not
tell: links, mounts of one folder at two places, ``..`` and names that differ only in case hide it. Nothing here
writes, and nothing needs to exist.
"""

from __future__ import annotations

import os
import sys

from backup_gui.engine.mounts import read_mounts


def is_within(inner: str, outer: str) -> bool:
    """Tell whether ``inner`` is ``outer`` or lies somewhere below it.

    Args:
        inner: Absolute path; what of it does not exist yet is taken as it is written.
        outer: Absolute path.
    """
    real_inner, real_outer = os.path.realpath(inner), os.path.realpath(outer)
    if _is_below(os.path.normcase(real_inner), os.path.normcase(real_outer)):
        return True
    if _has_ancestor(real_inner, real_outer):
        return True
    if sys.platform != "linux":
        return False
    places = _places((real_inner, real_outer))
    if places is None:
        return False
    (inner_volume, inner_path), (outer_volume, outer_path) = places
    return inner_volume == outer_volume and _is_below(inner_path, outer_path)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _has_ancestor(path: str, folder: str) -> bool:
    """Compare each existing ancestor with the folder by identity: finds case variants and mounts of the folder."""
    try:
        wanted = os.stat(folder)
    except OSError:
        return False
    while True:
        try:
            entry = os.stat(path)
        except OSError:
            pass  # not there yet: the ancestors decide
        else:
            if os.path.samestat(entry, wanted):
                return True
        parent = os.path.dirname(path)
        if parent == path:
            return False
        path = parent


def _places(paths: tuple[str, str]) -> list[tuple[str, str]] | None:
    """Find on which volume, and where on it, each path lies.

    A folder mounted at a second place (a bind mount, a subvolume) has ancestors there that are not its own, so
    identities do not tell that it lies inside another; its place on the volume does.
    """
    # A later line covers an earlier one at the same point.
    mounts = {mount.point: (mount.device, mount.root) for mount in read_mounts()}
    found: list[tuple[str, str]] = []
    for path in paths:
        point = path
        while point not in mounts and point != "/":
            point = os.path.dirname(point)
        if point not in mounts:
            return None
        volume, root = mounts[point]
        rest = path[len(point.rstrip("/")) :]
        found.append((volume, root.rstrip("/") + rest or "/"))
    return found
