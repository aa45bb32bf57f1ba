"""Which disks a folder lies on: two folders on one disk are lost together, whatever volumes they are on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from backup_gui.engine.fs import native
from backup_gui.engine.fs.volumes.mounts import TABLE, mount_of

SYSTEM = Path("/sys")


def are_on_one_disk(path: str, other: str) -> bool:
    """Tell whether two existing folders share a disk, as far as the system tells.

    Raises:
        OSError: One of them cannot be looked at.
    """
    return bool(disks_of(path) & disks_of(other))


def disks_of(path: str, system: Path = SYSTEM, table: str | Path = TABLE) -> frozenset[str]:
    """Return names of the disks that hold a folder, to be compared with those of another one.

    Partitions, encrypted and logical volumes, and subvolumes are followed down to the disks that they are on. What lies
    on no disk, as a network folder does, has its volume's name.

    Args:
        path: Absolute path of something that exists.
        system: The kernel's tree of devices, as in sysfs(5).
        table: The kernel's list of mounts, as in proc(5).

    Raises:
        OSError: It cannot be looked at.
    """
    device = os.stat(path).st_dev
    if sys.platform == "win32" or sys.platform == "darwin":
        return native.disks_of(path) or frozenset({f"device:{device}"})
    if not os.major(device):
        # Several volumes of one file system (btrfs), or none on a block device; the table has what it is made of.
        mount = mount_of(path, table)
        if mount is not None and mount.kind == "zfs":
            return frozenset({f"zfs:{mount.origin.partition('/')[0]}"})
        made_of = 0 if mount is None else _block_device(mount.origin)
        if not made_of:
            return frozenset({f"device:{device}"})
        device = made_of
    folder = Path(os.path.realpath(system / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"))
    if not folder.is_dir():
        return frozenset({f"device:{device}"})
    return frozenset(disk for part in _parts(folder, system) for disk in _below(part))


def _block_device(path: str) -> int:
    if sys.platform == "win32":
        return 0
    try:
        return os.stat(path).st_rdev if path.startswith("/") else 0
    except OSError:
        return 0


def _parts(folder: Path, system: Path) -> list[Path]:
    """The devices of a file system that is spread over several, if this is one of them, else this one."""
    for devices in (system / "fs" / "btrfs").glob("*/devices"):
        names = os.listdir(devices)
        if folder.name in names:
            return [Path(os.path.realpath(devices / name)) for name in names]
    return [folder]


def _below(folder: Path) -> set[str]:
    if (folder / "partition").exists():
        folder = folder.parent
    try:
        carriers = os.listdir(folder / "slaves")
    except OSError:
        carriers = []
    if not carriers:
        return {folder.name}
    return {disk for carrier in carriers for disk in _below(Path(os.path.realpath(folder / "slaves" / carrier)))}
