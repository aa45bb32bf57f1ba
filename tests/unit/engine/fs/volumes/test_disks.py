"""Which disk a folder lies on, in trees of devices made up here and on real devices."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.fs.volumes.disks import are_on_one_disk, disks_of
from tests.faults.volumes import plugged_in, run_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's tree of devices")

MIB = 1 << 20


class Devices:
    """A tree of devices as the kernel shows it, of which the device that a folder really is on is one."""

    def __init__(self, base: Path) -> None:
        self.root = base / "sys"
        self.here = base
        self._number = 200
        (self.root / "dev/block").mkdir(parents=True)

    def add(
        self, place: str, *, carriers: tuple[str, ...] = (), is_partition: bool = False, is_here: bool = False
    ) -> str:
        """Add a device at a place below ``devices``, on others if need be; return its place."""
        folder = self.root / "devices" / place
        (folder / "slaves").mkdir(parents=True, exist_ok=True)
        if is_partition:
            (folder / "partition").write_text("1\n")
        for carrier in carriers:
            (folder / "slaves" / Path(carrier).name).symlink_to(self.root / "devices" / carrier)
        self._number += 1
        device = os.stat(self.here).st_dev if is_here else os.makedev(99, self._number)
        (self.root / f"dev/block/{os.major(device)}:{os.minor(device)}").symlink_to(folder)
        return place

    def below_here(self) -> frozenset[str]:
        return disks_of(str(self.here), self.root)


@pytest.fixture
def devices(tmp_path: Path) -> Devices:
    if not os.major(os.stat(tmp_path).st_dev):
        pytest.skip("the tests' folder is on no block device")
    return Devices(tmp_path)


def test_a_partition_is_on_its_disk(devices: Devices) -> None:
    devices.add("pci/sda")
    devices.add("pci/sda/sda2", is_partition=True, is_here=True)
    assert devices.below_here() == {"sda"}


def test_an_encrypted_volume_on_a_logical_one_is_on_the_disks_below(devices: Devices) -> None:
    devices.add("pci/sda")
    devices.add("pci/sdb")
    first = devices.add("pci/sda/sda3", is_partition=True)
    second = devices.add("pci/sdb/sdb1", is_partition=True)
    logical = devices.add("virtual/dm-0", carriers=(first, second))
    devices.add("virtual/dm-1", carriers=(logical,), is_here=True)
    assert devices.below_here() == {"sda", "sdb"}


def test_a_file_system_on_several_devices_is_on_all_their_disks(devices: Devices) -> None:
    devices.add("pci/sdb")
    devices.add("pci/sdc")
    devices.add("pci/sda", is_here=True)
    devices.add("pci/sdb/sdb1", is_partition=True)
    members = devices.root / "fs/btrfs/0123/devices"
    members.mkdir(parents=True)
    for member in ("sda", "sdb/sdb1"):
        (members / Path(member).name).symlink_to(devices.root / "devices/pci" / member)
    assert devices.below_here() == {"sda", "sdb"}


def test_a_device_that_the_system_does_not_list_is_a_disk_of_its_own(devices: Devices) -> None:
    assert devices.below_here() == {f"device:{os.stat(devices.here).st_dev}"}


def test_file_systems_of_one_pool_are_on_one_disk(tmp_path: Path) -> None:
    # Memory stands in for a file system without a device; only the table tells what it is.
    point = Path("/dev/shm")
    device = os.stat(point).st_dev
    if os.major(device):
        pytest.skip("memory is on a block device here")
    table = tmp_path / "mountinfo"
    table.write_text(f"30 1 {os.major(device)}:{os.minor(device)} / {point} rw - zfs tank/home rw\n")
    assert disks_of(str(point), table=table) == {"zfs:tank"}
    table.write_text(f"30 1 {os.major(device)}:{os.minor(device)} / {point} rw - tmpfs tmpfs rw\n")
    assert disks_of(str(point), table=table) == {f"device:{device}"}


def test_what_is_not_there_is_on_no_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        disks_of(str(tmp_path / "missing"))


@pytest.mark.root
def test_two_subvolumes_of_one_file_system_are_on_one_disk(tmp_path: Path) -> None:
    with plugged_in(tmp_path, "btrfs") as stick:
        for name in ("home", "backup"):
            run_tool("btrfs", "subvolume", "create", str(stick.point / name))
        home, backup = str(stick.point / "home"), str(stick.point / "backup")
        assert os.stat(home).st_dev != os.stat(backup).st_dev
        assert are_on_one_disk(home, backup)
        assert not are_on_one_disk(home, str(tmp_path))


@pytest.fixture
def partitions(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two volumes on one disk."""
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(40 * MIB)
    try:
        found = subprocess.run(
            ["losetup", "--partscan", "--find", "--show", str(image)], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no loop device: {error}")
    device = found.stdout.strip()
    points = (tmp_path / "first", tmp_path / "second")
    try:
        for number, point in enumerate(points, 1):
            # In sectors of 512 bytes.
            run_tool("addpart", device, str(number), str(2048 + 36864 * (number - 1)), "32768")
            run_tool("mkfs.ext2", "-q", f"{device}p{number}")
            point.mkdir()
            run_tool("mount", "-t", "ext2", f"{device}p{number}", str(point))
        yield points
    finally:
        for point in points:
            if os.path.ismount(point):
                subprocess.run(["umount", str(point)], check=True)
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.mark.root
def test_two_partitions_are_on_one_disk(partitions: tuple[Path, Path]) -> None:
    first, second = partitions
    assert os.stat(first).st_dev != os.stat(second).st_dev
    assert are_on_one_disk(str(first), str(second))
