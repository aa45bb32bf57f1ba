"""What kind of volume a folder lies on, as far as the system tells."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Final

from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.descriptors import waited_out
from backup_gui.engine.fs.volumes.mounts import Mount, file_system_without_table, is_network
from backup_gui.engine.fs.volumes.nesting import Location

# File systems whose syncfs() is known to return only when everything is on the medium.
_FLUSHED_AS_A_WHOLE = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "zfs", "bcachefs"})
# FAT keeps even seconds; the others something finer, that depends on who wrote the driver.
_COARSE_TIME_NS = 2_000_000_000
_WITH_COARSE_TIME = frozenset(
    {"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfs", "hfsplus", "cifs", "smb3", "smbfs", "davfs"}
)

_GET_FLAGS: Final = 0x80086601
_CASEFOLD_FLAG: Final = 0x40000000

# File systems that give a folder one number for good. FAT and exFAT make one up each time it is looked at anew, and so
# do many that programs provide (FUSE) or that come over a network.
_WITH_LASTING_INODES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "zfs", "bcachefs", "jfs", "reiserfs", "nilfs2"}
    | {"ntfs3", "hfsplus", "nfs", "nfs4", "ceph"}
    # As Windows and macOS name theirs.
    | {"ntfs", "refs", "apfs", "hfs"}
)


def keeps_folder_inodes(path: str, mount: Mount | None) -> bool:
    """Tell whether a folder is known to keep its number where it lies, so that another one is another folder.

    Args:
        path: The folder, which exists.
        mount: The mount that it is on; None where the system has no table of mounts.
    """
    return (file_system_without_table(path) if mount is None else mount.kind) in _WITH_LASTING_INODES


def supports_syncfs(mount: Mount | None) -> bool:
    """Tell whether flushing the whole of a volume is known to work."""
    return mount is not None and mount.kind in _FLUSHED_AS_A_WHOLE


def time_step_ns(mount: Mount | None) -> int:
    """Return the least difference between two times stored on a mount that means anything, nanoseconds."""
    is_coarse = mount is not None and (mount.kind in _WITH_COARSE_TIME or mount.kind.startswith("fuse."))
    return _COARSE_TIME_NS if is_coarse else 1


def takes_case_for_one(root: str) -> bool:
    """Tell whether a folder is set to take upper and lower case for one, as ext4, f2fs and tmpfs can."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415 - no such module on Windows

    try:
        root_fd = waited_out(partial(os.open, root, os.O_RDONLY | os.O_DIRECTORY))
        try:
            flags = fcntl.ioctl(root_fd, _GET_FLAGS, bytes(8))
        finally:
            os.close(root_fd)
    except OSError:
        # A file system without such flags has not this one either.
        return False
    return bool(int.from_bytes(flags[:4], sys.byteorder) & _CASEFOLD_FLAG)


def file_size_bits(root: str) -> int | None:
    """Return with how many bits a folder's file system counts the bytes of a file; None where that is not told.

    Where the system tells in principle, and not of this one, they are as many as there can be.
    """
    if sys.platform != "darwin":
        return None
    try:
        return os.pathconf(root, "PC_FILESIZEBITS")
    except (OSError, ValueError):
        return 64


def volume_of(folder: Location) -> str:
    """Return what stays the same for a folder's volume from mount to mount, as far as the system tells.

    The volume's UUID where the system lists them, else the file system's own number, else where it comes from.

    Raises:
        OSError: It cannot be looked at.
    """
    device = os.stat(folder.path).st_dev
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        return darwin.volumes().id_of(folder.path) or f"device:{device}"
    if sys.platform != "linux":
        return native.volume_of(folder.path) or f"device:{device}"
    uuid = _uuid_of(device)
    if uuid:
        return f"uuid:{uuid}"
    mount = folder.mount
    if mount is not None and is_network(mount.kind):
        return f"{mount.kind}:{mount.origin}"
    number = os.statvfs(folder.path).f_fsid
    if number:
        return f"fsid:{number:x}"
    return f"device:{device}" if mount is None else f"{mount.kind}:{mount.origin}"


def _uuid_of(device: int) -> str:
    if sys.platform == "win32":
        return ""
    folder = "/dev/disk/by-uuid"
    try:
        names = waited_out(partial(os.listdir, folder))
    except OSError:
        return ""
    for name in names:
        try:
            if os.stat(f"{folder}/{name}").st_rdev == device:
                return name
        except OSError:
            continue
    return ""
