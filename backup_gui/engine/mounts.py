"""Which folders lie on file systems that do not tell of all their changes."""

from __future__ import annotations

import os
import re
from pathlib import Path

NETWORK_REASON = "Network folders do not tell of changes made elsewhere"

_MOUNTS = Path("/proc/self/mountinfo")

# File systems that other computers (or the host of a virtual machine) change without this kernel's knowing.
_NETWORK_TYPES = frozenset(
    {"9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs"}
    | {"vmhgfs"}
)
# FUSE names its file systems after their programs. Those for local disks and for encryption are not in here: what is
# changed through them is notified.
_NETWORK_FUSE = re.compile(
    r"fuse\..*(sshfs|s3|rclone|gluster|ceph|davfs|curlftpfs|gvfsd|kio-fuse|google|onedrive|dropbox|seadrive|smbnetfs|gcsfuse"
    r"|goofys|(?<![a-z])nfs|juicefs|moosefs|mfsmount|lizardfs|hubicfuse|acd_cli|blobfuse|portal|vmhgfs).*"
)


def can_watch(source: str, mounts: Path = _MOUNTS) -> str:
    """Say why the source's file system cannot be watched; empty if it can.

    Args:
        source: Absolute path.
        mounts: The kernel's list of mounts, as in proc(5); without it every file system is taken for a local one.
    """
    root = os.path.realpath(source)
    best_length, best_kind = -1, ""
    for point, kind in _read(mounts):
        # Of several mounts on one point the last one is visible.
        if len(point) >= best_length and (root == point or root.startswith(point.rstrip("/") + "/")):
            best_length, best_kind = len(point), kind
    return f"{NETWORK_REASON} ({best_kind})" if _is_network(best_kind) else ""


def network_mount_below(root: str, mounts: Path = _MOUNTS) -> str:
    """The first network file system that is mounted somewhere below ``root``, or an empty text."""
    prefix = root.rstrip("/") + "/"
    return next((point for point, kind in _read(mounts) if point.startswith(prefix) and _is_network(kind)), "")


def _read(mounts: Path) -> list[tuple[str, str]]:
    """Mount points and file system types, in the order in which they were mounted."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        # "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", with any number of fields before the dash
        left, _, right = line.partition(b" - ")
        fields = left.split(b" ")
        if len(fields) >= 5 and right:
            point = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), fields[4])
            found.append((os.fsdecode(point), os.fsdecode(right.split(b" ")[0])))
    return found


def _is_network(kind: str) -> bool:
    return kind in _NETWORK_TYPES or _NETWORK_FUSE.fullmatch(kind) is not None
