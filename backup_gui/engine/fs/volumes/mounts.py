"""The system's table of mounts: what lies where, and which folders do not tell of all their changes."""

import contextlib
import os
import re
import sys
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.descriptors import waited_out
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    # The second process starts without it.
    from pathlib import Path

TABLE: Final = "/proc/self/mountinfo"
_AT_ONCE_BYTES: Final = 1 << 16
_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")

# File systems that other computers (or the host of a virtual machine) change without this kernel's knowing.
_NETWORK_TYPES = frozenset(
    {"9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "gfs2", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs"}
    | {"vmhgfs"}
)
# FUSE names its file systems after their programs. Those for local disks and for encryption are not in here: what is
# changed through them is notified.
_NETWORK_FUSE = (
    *("sshfs", "s3", "rclone", "gluster", "ceph", "davfs", "curlftpfs", "gvfsd", "kio-fuse", "google", "onedrive"),
    *("dropbox", "seadrive", "smbnetfs", "gcsfuse", "goofys", "juicefs", "moosefs", "mfsmount", "lizardfs"),
    *("hubicfuse", "acd_cli", "blobfuse", "portal", "vmhgfs"),
)
# File systems in which the kernel shows itself, and those that only stand for others: nothing in them is anybody's, and
# entering some of them has effects. What lies in memory only (tmpfs, ramfs) is not in here: people put files there.
_KERNEL_TYPES = frozenset(
    {"autofs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs", "devfs", "devpts"}
    | {"devtmpfs", "dlmfs", "efivarfs", "functionfs", "fusectl", "hugetlbfs", "ipathfs", "mqueue", "nfsd", "nsfs"}
    | {"ocfs2_dlmfs", "oprofilefs", "pipefs", "proc", "pstore", "resctrl", "rpc_pipefs", "securityfs", "selinuxfs"}
    | {"smackfs", "sockfs", "spufs", "sysfs", "tracefs", "usbdevfs", "usbfs", "xenfs"}
    # Views of what lies elsewhere, made for one user's programs: documents handed to sandboxes, files of containers.
    | {"fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fuse.xdg-document-portal"}
)

# Their programs keep what is written for a while, and upload it when they see fit.
_CLOUD = (
    *("rclone", "s3", "google", "gcsfuse", "gdfs", "goofys", "onedrive", "dropbox", "seadrive", "juicefs", "hubicfuse"),
    *("acd_cli", "blobfuse", "cloud", "mega", "expandrive", "insync", "odrive", "yandex", "davfs", "curlftpfs"),
    *("kio-fuse", "gvfsd"),
)
_COUNTED_ANEW = frozenset({"fuse", "fuseblk", "davfs", "vfat", "msdos", "exfat", "ncpfs"} | {"fat", "fat32", "webdav"})


class Mount(NamedTuple):
    """One mount.

    Attributes:
        device: Major and minor number of the volume, as ``8:1``.
        root: Which folder of the volume is mounted.
        point: Where.
        kind: The file system's name.
        origin: The device's path, or the server's share.
        options: How the volume is mounted, as far as that concerns the whole of it.
        flags: What holds at this point only, such as ``rw,nosuid``.
    """

    device: str
    root: str
    point: str
    kind: str
    origin: str
    options: str = ""
    flags: str = ""


class _Table(NamedTuple):
    """The table of mounts.

    Attributes:
        mounts: All of them, in the order in which they were mounted.
        visible: By their points. Of several mounts on one point, the last is visible.
    """

    mounts: list[Mount]
    visible: dict[str, Mount]


def read_mounts(table: "str | Path" = TABLE) -> list[Mount]:
    """Read the table, in the order in which things were mounted; empty where the system has none."""
    return _read(table).mounts


def visible_mounts(table: "str | Path" = TABLE) -> dict[str, Mount]:
    """Return the mounts by their points, without those that another mount on the same point covers."""
    return _read(table).visible


def _read(table: "str | Path") -> _Table:
    if sys.platform == "win32" and table == TABLE:
        # There is none, but whoever may write to the current drive could make a file of this name.
        return _Table([], {})
    try:
        return _parse(waited_out(partial(_content, table)))
    except OSError:
        return _Table([], {})


def _content(table: "str | Path") -> bytes:
    # Without what ``open`` asks of each file: the table is read several times in a pass.
    fd = os.open(table, os.O_RDONLY)
    try:
        return b"".join(iter(partial(os.read, fd, _AT_ONCE_BYTES), b""))
    finally:
        os.close(fd)


@lru_cache(maxsize=1)
def _parse(content: bytes) -> _Table:
    # A pass asks a dozen times, and the answer is nearly always the same; reading is a tenth of the work.
    found = []
    for line in content.splitlines():
        # "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", with any number of fields before the dash
        left, _, right = line.partition(b" - ")
        before, after = left.split(b" "), right.split(b" ")
        if len(before) >= 5 and len(after) >= 2:
            fields = (before[2], before[3], before[4], after[0], after[1], b"".join(after[2:3]), b"".join(before[5:6]))
            found.append(Mount(*(unescape(field) for field in fields)))
    return _Table(found, {mount.point: mount for mount in found})


def mount_of(path: str, table: "str | Path" = TABLE) -> Mount | None:
    """The mount that a path lies on, or None where the system does not tell."""
    return mount_above(native.real_path(path), visible_mounts(table))


def mount_above(path: str, visible: dict[str, Mount]) -> Mount | None:
    """Return the mount that a path without links lies on, of the visible ones; None if there are none."""
    if not visible:
        return None
    while path not in visible and path != "/":
        path = path.rpartition("/")[0] or "/"
    return visible.get(path)


def is_visible(mount: Mount) -> bool:
    """Tell whether a mount's point leads to it, and not to something that was mounted over a folder above it."""
    if sys.platform == "win32":
        return False
    try:
        device = os.lstat(mount.point).st_dev
    except OSError as error:
        # It may be closed even to the system's administrator.
        return isinstance(error, PermissionError)
    return f"{os.major(device)}:{os.minor(device)}" == mount.device


def share_a_mount(path: str, other: str, table: "str | Path" = TABLE) -> bool:
    """Tell whether two paths lie on the same mount; also where the system does not tell."""
    visible = visible_mounts(table)
    return mount_above(native.real_path(path), visible) is mount_above(native.real_path(other), visible)


def is_on_one_volume(path: str, other: str) -> bool:
    """Tell whether a link can lead from one existing folder to another: the same volume, mounted at the same place."""
    try:
        if os.stat(path).st_dev != os.stat(other).st_dev:
            return False
    except OSError:
        # What does not answer is found out about by whoever opens it.
        return True
    return share_a_mount(path, other)


def can_watch(source: str, table: "str | Path" = TABLE) -> Reason | None:
    """Say why the source's file system cannot be watched; None if it can.

    Args:
        source: Absolute path.
        table: The kernel's list of mounts, as in proc(5); without it every file system is taken for a local one.
    """
    mount = mount_of(source, table)
    kind = mount.kind if mount is not None and is_network(mount.kind) else ""
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        kind = darwin.volumes().network_kind(source)
    elif native.is_remote(source):
        kind = "smb"
    return Reason(ReasonCode.NETWORK_UNTOLD, kind=kind) if kind else None


def points_below(root: str, table: "str | Path" = TABLE) -> frozenset[str] | None:
    """Return what is mounted somewhere below a folder, relative to it; None where the system does not tell."""
    mounts = read_mounts(table)
    if not mounts:
        return None
    prefix = native.real_path(root).rstrip("/") + "/"
    return frozenset(mount.point.removeprefix(prefix) for mount in mounts if mount.point.startswith(prefix))


def kind_of_device(device: int, table: "str | Path" = TABLE) -> str:
    """Return the name of the file system that a device number stands for; empty if the table does not have it."""
    if sys.platform == "win32":
        return ""
    number = f"{os.major(device)}:{os.minor(device)}"
    return next((mount.kind for mount in read_mounts(table) if mount.device == number), "")


def has_lasting_inodes(mount: Mount) -> bool:
    """Tell whether files keep their numbers from mount to mount."""
    if mount.kind in {"cifs", "smb3", "smbfs"}:
        return "serverino" in mount.options.split(",")
    return not is_counted_anew(mount.kind)


def is_counted_anew(kind: str) -> bool:
    """Tell whether files of a file system get other numbers with each mount.

    Programs that serve a file system mostly count what they are asked for, and FAT has no numbers to keep.

    Args:
        kind: Its name, as Linux, macOS or Windows has it, in small letters.
    """
    return kind in _COUNTED_ANEW or kind.startswith("fuse.")


def file_system_without_table(path: str) -> str:
    """Return the name of the file system of a path where the system has no table of mounts; empty if it is not told."""
    try:
        if sys.platform == "darwin":
            from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

            return darwin.volumes().mount_of(path).kind
        return native.file_system_of(path)
    except OSError:
        return ""


def devices_without_lasting_inodes(root: str, table: "str | Path" = TABLE) -> frozenset[int]:
    """Return the numbers of the devices, at and below a folder, whose files have other numbers after each mount."""
    whole = native.real_path(root)
    prefix = whole.rstrip("/") + "/"
    every, visible = _read(table)
    if sys.platform == "win32" or not every:
        return frozenset({os.stat(whole).st_dev}) if is_counted_anew(file_system_without_table(whole)) else frozenset()
    own = mount_above(whole, visible)
    mounts = [mount for mount in every if mount.point.startswith(prefix)]
    return frozenset(
        os.makedev(*map(int, mount.device.split(":")))
        for mount in ([] if own is None else [own]) + mounts
        if not has_lasting_inodes(mount)
    )


def stores_later(mount: Mount | None) -> bool:
    """Tell whether something is a mounted cloud, which says that it has stored something long before it has."""
    return mount is not None and (mount.kind == "davfs" or _is_served_by(_CLOUD, mount.kind))


def network_mount_below(root: str, table: "str | Path" = TABLE) -> str:
    """The first network file system that is mounted somewhere below ``root``, or an empty text."""
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        return darwin.volumes().network_mount_below(root)
    prefix = root.rstrip("/") + "/"
    found = (mount.point for mount in read_mounts(table) if mount.point.startswith(prefix) and is_network(mount.kind))
    return next(found, "")


def is_of_kernel(kind: str) -> bool:
    """Tell whether a file system of this name shows the system itself, and holds nothing of anybody's."""
    return kind in _KERNEL_TYPES


def distrusted_devices(root: str, root_fd: int, device: int, mounts: Iterable[Mount]) -> frozenset[int]:
    """Return the volumes of a folder on which the system heeds no set-id bits, as those of sticks usually are.

    Returns:
        Device numbers: of the folder, whose path has no links, and of what is mounted below it.
    """
    if sys.platform == "win32":
        return frozenset()
    found = set()
    with contextlib.suppress(OSError):
        if os.fstatvfs(root_fd).f_flag & os.ST_NOSUID:
            found.add(device)
    prefix = root.rstrip("/") + "/"
    for mount in mounts:
        if mount.point.startswith(prefix) and "nosuid" in mount.flags.split(","):
            major, _, minor = mount.device.partition(":")
            # Each subvolume of Btrfs has a number of its own, which only a look tells.
            with contextlib.suppress(OSError, ValueError):
                found.add(os.lstat(mount.point).st_dev if mount.kind == "btrfs" else os.makedev(int(major), int(minor)))
    return frozenset(found)


def is_network(kind: str) -> bool:
    """Tell whether a file system of this name is changed elsewhere without this system's knowing."""
    if kind in _NETWORK_TYPES or _is_served_by(_NETWORK_FUSE, kind):
        return True
    # Such as "fuse.nfs" and "fuse.go-nfs", and none in whose names letters come before it.
    return kind.startswith("fuse.") and re.search(r"(?<![a-z])nfs", kind) is not None


def _is_served_by(programs: Iterable[str], kind: str) -> bool:
    """Tell whether one of these is in the name of the program that serves a file system of this name."""
    return kind.startswith("fuse.") and any(program in kind for program in programs)


def unescape(field: bytes) -> str:
    """Undo the octal notation of blanks and backslashes that the system's tables of mounts have."""
    return os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field))
