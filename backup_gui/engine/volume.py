"""What kind of volume a folder lies on, as far as the system tells."""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

MOUNTS = "/proc/self/mountinfo"
# File systems whose syncfs() is known to return only when everything is on the medium.
_FLUSHED_AS_A_WHOLE = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "zfs", "bcachefs"})
# FAT keeps even seconds; the others something finer, that depends on who wrote the driver.
_COARSE_TIME_NS = 2_000_000_000
_WITH_COARSE_TIME = frozenset(
    {"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfs", "hfsplus", "cifs", "smb3", "smbfs", "davfs"}
)
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "davfs", "virtiofs"}
)


class Mount(NamedTuple):
    """One line of the system's table of mounts.

    Attributes:
        device: Major and minor number, as ``8:1``.
        point: Where it is mounted.
        kind: The file system's name.
        origin: The device's path, or the server's share.
    """

    device: str
    point: str
    kind: str
    origin: str


def mounts() -> list[Mount]:
    """Read the system's table of mounts; empty where there is none to read."""
    if sys.platform != "linux":
        return []
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as table:
            lines = table.read().splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _parse(line)) is not None]


def mount_of(path: str) -> Mount | None:
    """Return the mount that a path lies on, or None where the system does not tell."""
    whole = os.path.realpath(path)
    best: Mount | None = None
    for mount in mounts():
        inside = whole == mount.point or whole.startswith(mount.point.rstrip("/") + "/")
        # Of two mounts on one point the later one covers the earlier.
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def supports_syncfs(path: str) -> bool:
    """Tell whether flushing the whole volume is known to work where a path lies."""
    mount = mount_of(path)
    return mount is not None and mount.kind in _FLUSHED_AS_A_WHOLE


def time_step_ns(path: str) -> int:
    """Return the least difference between two stored times that means anything where a path lies, nanoseconds."""
    mount = mount_of(path)
    is_coarse = mount is not None and (mount.kind in _WITH_COARSE_TIME or mount.kind.startswith("fuse."))
    return _COARSE_TIME_NS if is_coarse else 1


def is_network(kind: str) -> bool:
    """Tell whether a file system's name is that of one whose changes elsewhere are not notified here."""
    return kind in _NETWORK or kind.startswith("fuse.")


def volume_id(path: str) -> str:
    """Return what stays the same for a volume from mount to mount, as far as the system tells.

    The volume's UUID where the system lists them, else the file system's own number, else where it comes from.

    Args:
        path: An existing path.

    Raises:
        OSError: The path cannot be looked at.
    """
    device = os.stat(path).st_dev
    if sys.platform != "linux":
        return f"device:{device}"
    uuid = _uuid_of(device)
    if uuid:
        return f"uuid:{uuid}"
    mount = mount_of(path)
    if mount is not None and is_network(mount.kind):
        return f"{mount.kind}:{mount.origin}"
    number = os.statvfs(path).f_fsid
    if number:
        return f"fsid:{number:x}"
    return f"device:{device}" if mount is None else f"{mount.kind}:{mount.origin}"


def _uuid_of(device: int) -> str:
    if sys.platform == "win32":
        return ""
    folder = "/dev/disk/by-uuid"
    try:
        names = os.listdir(folder)
    except OSError:
        return ""
    for name in names:
        try:
            if os.stat(f"{folder}/{name}").st_rdev == device:
                return name
        except OSError:
            continue
    return ""


def _parse(line: str) -> Mount | None:
    # 36 35 98:0 /root /point options optional... - kind origin super-options
    before, separator, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if not separator or len(fields) < 5 or len(rest) < 2:
        return None
    return Mount(fields[2], _unescape(fields[4]), rest[0], _unescape(rest[1]))


def _unescape(text: str) -> str:
    """Undo the octal escapes for blanks, tabs, line ends and backslashes in the table."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
