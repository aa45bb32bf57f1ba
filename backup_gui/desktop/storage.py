"""Finds folders worth protecting and drives for backups. Both functions may run in any thread."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from PySide6.QtCore import QDir, QStandardPaths, QStorageInfo

from backup_gui.config.folders import home_or_root
from backup_gui.engine.fs import native
from backup_gui.engine.fs.volumes.disks import disks_of

# File systems that hold no files of a drive.
_NO_DRIVES = re.compile(
    r"auto|bpf|cgroup|config|debugfs|dev|efi|fuse\.(gvfsd-fuse|lxcfs|portal)|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    r"proc|pstore|ramfs|rpc_|securityfs|squashfs|swap|sysfs|tmpfs|tracefs|udf|binfmt_"
)
_NO_PLACES = ("/boot", "/efi", "/snap", "/run/user", "/var/lib/docker", "/System/Volumes")
BACKUPS_FOLDER = "Backups"


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """A place for a backup.

    Attributes:
        root: Absolute path of the folder in which the backup's own folder is created.
        name: The drive's name; empty for the computer's own drive.
        total_bytes: Size of the drive; 0 if unknown.
        free_bytes: How much the user may still write.
        is_own: Whether it is the disk of the system or the home folder, also another partition of that disk.
        is_folder: Whether it is a folder that the user has chosen, not a drive.
    """

    root: str
    name: str
    total_bytes: int = 0
    free_bytes: int = 0
    is_own: bool = False
    is_folder: bool = False


def usual_folders(protected: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the usual folders for files that exist and are not protected yet."""
    where = QStandardPaths.StandardLocation
    found: list[str] = []
    for location in (where.DocumentsLocation, where.PicturesLocation, where.DesktopLocation):
        path = QDir.toNativeSeparators(QStandardPaths.writableLocation(location))
        # For a folder that was never set up, Qt returns the home folder.
        is_home = bool(path) and native.real_path(path) == native.real_path(home_or_root())
        if path and not is_home and os.path.isdir(path) and path not in found and path not in protected:
            found.append(path)
    return tuple(found)


def drives() -> tuple[PlaceOffer, ...]:
    """Return the writable drives: other drives than the system's, by free space, then at most one of the system's."""
    found: dict[int, PlaceOffer] = {}
    home_disks = _disks(home_or_root())
    for volume in QStorageInfo.mountedVolumes():
        root = QDir.toNativeSeparators(volume.rootPath())
        kind = bytes(volume.fileSystemType().data()).decode(errors="replace")
        if _NO_DRIVES.match(kind) or root.startswith(_NO_PLACES) or not volume.isReady() or volume.isReadOnly():
            continue
        device = _device(root)
        if device is None or device in found or volume.bytesTotal() <= 0:
            continue
        is_own = bool(_disks(root) & home_disks) or root == "/"
        if is_own:
            root = os.path.join(home_or_root(), BACKUPS_FOLDER)
        elif not os.access(root, os.W_OK | os.X_OK):
            continue
        name = "" if is_own else volume.displayName() or os.path.basename(root) or root
        found[device] = PlaceOffer(root, name, volume.bytesTotal(), volume.bytesAvailable(), is_own)
    own = [place for place in found.values() if place.is_own]
    rest = sorted((place for place in found.values() if not place.is_own), key=lambda place: -place.free_bytes)
    # System and home folder may be on two drives, but both entries have the same root.
    return (*rest, *own[:1])


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _disks(path: str) -> frozenset[str]:
    try:
        return disks_of(path)
    except OSError:
        return frozenset()
