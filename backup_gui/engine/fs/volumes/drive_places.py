"""The places where systems mount drives: whether a folder that is to be made would lie where a drive is missing.

An unplugged stick leaves nothing behind, or an empty folder. What is written there fills the disk of the system, and is
hidden as soon as the drive is mounted over it. Nothing here writes.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.descriptors import waited_out
from backup_gui.engine.fs.volumes.identity import nearest_existing
from backup_gui.engine.fs.volumes.mounts import Mount, mount_of, read_mounts, unescape
from backup_gui.model.paths import is_at_or_below

FSTAB: Final = Path("/etc/fstab")
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_AUTOMATIC: Final = "autofs"


class DrivesFolder(NamedTuple):
    """A folder in which drives are mounted.

    Attributes:
        folder: Absolute path.
        levels: How many levels below it a drive may be mounted: desktops have a folder for each user in between.
        is_point: Whether a drive is sometimes mounted on the folder itself.
    """

    folder: str
    levels: int = 1
    is_point: bool = False


PLACES: tuple[DrivesFolder, ...] = (
    DrivesFolder("/media", levels=2),
    DrivesFolder("/run/media", levels=2),
    DrivesFolder("/mnt", is_point=True),
    DrivesFolder("/Volumes"),
)


def is_drive_missing(path: str) -> bool:
    """Tell whether a folder would lie on a drive that is not mounted.

    That is so at and below what ``fstab`` names as a drive's place, below one that is mounted when it is asked for and
    could not be, and in a place for removable drives in which none is mounted. A folder there that is in use all the
    same, since somebody made it and put something into it, is taken for what it is.

    Args:
        path: Absolute path of the folder, which need not exist.
    """
    if not os.path.exists(nearest_existing(path)):
        # Windows: there is no drive of this letter.
        return True
    if sys.platform == "win32":
        return False
    path = native.real_path(path)
    mount = _mounted(path)
    if mount.kind == _AUTOMATIC or _is_missing_by_table(path):
        return True
    return any(_is_missing_in(place, path, mount) for place in PLACES if is_at_or_below(path, place.folder))


def _is_missing_in(place: DrivesFolder, path: str, mount: Mount) -> bool:
    if mount.point != place.folder and is_at_or_below(mount.point, place.folder):
        return False
    if mount.point == place.folder and (place.is_point or mount.kind not in _IN_MEMORY):
        return False
    depth = len(_parts(path)) - len(_parts(place.folder))
    if not os.path.isdir(path) or depth == 0:
        return True
    if depth > place.levels:
        return False
    try:
        names = os.listdir(path)
    except OSError:
        return True
    # The folder of a user, in which drives are mounted, is no place for a backup either.
    return not names or any(os.path.ismount(os.path.join(path, name)) for name in names)


def _is_missing_by_table(path: str) -> bool:
    """Tell whether a drive has its place at a folder, or above it, by the system's table, and is not there."""
    try:
        lines = waited_out(FSTAB.read_bytes).splitlines()
    except OSError:
        return False
    points = {mount.point for mount in read_mounts() if mount.kind != _AUTOMATIC}
    for line in lines:
        # As in fstab(5): what is mounted, where, and of which kind; further fields follow.
        fields = line.split()
        if len(fields) < 3 or fields[0].startswith(b"#") or not fields[1].startswith(b"/"):
            continue
        point = native.real_path(unescape(fields[1]))
        if point != "/" and is_at_or_below(path, point) and point not in points and points:
            return True
    return False


def _mounted(path: str) -> Mount:
    """Return what is mounted where a path lies, after asking for what is mounted only when it is asked for."""
    mount = mount_of(path)
    if mount is not None and mount.kind == _AUTOMATIC:
        with contextlib.suppress(OSError), os.scandir(nearest_existing(path)):
            pass
        mount = mount_of(path)
    if mount is not None:
        return mount
    point = nearest_existing(path)
    while not os.path.ismount(point):
        point = os.path.dirname(point)
    return Mount("", "", point, "", "")


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
