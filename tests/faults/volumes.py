"""Volumes for tests: small ones, and one that can be cut from power. Root only; gone with their context."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.waiting import wait_until

if sys.platform != "win32":
    import fcntl

_SHUTDOWN = 0x8004587D
_WITHOUT_FLUSHING_THE_LOG = (2).to_bytes(4, "little")
_IMAGE_BYTES = 48 << 20


def run_tool(*command: str) -> None:
    """Run a system tool; what fails to run skips the test, with what it said."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        pytest.skip(f"needs {command[0]}")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{' '.join(command)}: {error.stderr.strip()}")


@contextlib.contextmanager
def small_volume(point: Path, options: str) -> Iterator[Path]:
    """Mount a memory file system with options such as ``size=1m``."""
    point.mkdir()
    run_tool("mount", "-t", "tmpfs", "-o", options, "none", str(point))
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


def attach(image: Path) -> str:
    """Make a device of an image, and return its path; no other volume gets the same one until it is detached."""
    try:
        found = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no loop device: {error}")
    return found.stdout.strip()


def detach(device: str) -> None:
    """Give a device back; the kernel lets go of it as soon as nobody uses it any more."""
    subprocess.run(["losetup", "--detach", device], check=True)


def remount(point: Path, options: str) -> None:
    """Change the options of what is mounted."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(point)], check=True, capture_output=True)


class _Format(NamedTuple):
    """How a volume is made and mounted so that nothing reaches it by itself."""

    maker: tuple[str, ...]
    options: str
    size_bytes: int = _IMAGE_BYTES


_CUTTABLE = {
    # A rename flushes the file renamed, unless told not to: it would hide missing flushes. The log waits ten minutes.
    "ext4": _Format(("mkfs.ext4", "-q", "-E", "lazy_itable_init=0"), "noauto_da_alloc,commit=600"),
    "xfs": _Format(("mkfs.xfs", "-q"), "defaults", 300 << 20),
    "btrfs": _Format(("mkfs.btrfs", "--quiet", "--mixed"), "commit=600,noflushoncommit", 64 << 20),
}


class CuttableDisk:
    """A volume that loses what was not flushed when it is cut from power.

    Args:
        base: A folder for the image and the mount point.
        kind: ``ext4`` or ``xfs``, which can be told to stop, or ``btrfs``: of that, what had reached its image when it
            was cut is what comes back.
    """

    def __init__(self, base: Path, kind: str = "ext4") -> None:
        self._kind, self._image, self._left = kind, base / "disk.img", base / "left.img"
        self.point = base / "disk"
        # One that was cut cannot be asked.
        self._is_mounted = False
        # The same one after each cut: XFS has its number from it, by which the program knows the volume again.
        self._device = ""
        self.point.mkdir()
        with self._image.open("wb") as file:
            file.truncate(_CUTTABLE[kind].size_bytes)
        run_tool(*_CUTTABLE[kind].maker, str(self._image))

    def mount(self) -> None:
        self._device = self._device or attach(self._image)
        run_tool("mount", "-t", self._kind, "-o", _CUTTABLE[self._kind].options, self._device, str(self.point))
        self._is_mounted = True

    def unmount(self) -> None:
        if self._is_mounted:
            subprocess.run(["umount", str(self.point)], check=True)
            self._is_mounted = False
        if self._left.exists():
            self.detach()
            self._left.replace(self._image)

    def detach(self) -> None:
        """Give the device back."""
        device, self._device = self._device, ""
        if device:
            detach(device)

    def flush_something_else(self) -> None:
        """Have another program flush a file of its own, which writes the log, and so all names, but no other data."""
        fd = os.open(self.point / "unrelated", os.O_WRONLY | os.O_CREAT)
        try:
            os.write(fd, b"unrelated")
            os.fsync(fd)
        finally:
            os.close(fd)

    def cut(self) -> None:
        """Cut the power; a second time changes nothing."""
        if self._kind == "btrfs":
            if not self._left.exists():
                run_tool("cp", "--sparse=always", str(self._image), str(self._left))
            return
        fd = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, _WITHOUT_FLUSHING_THE_LOG)
        finally:
            os.close(fd)


@contextlib.contextmanager
def cuttable_disk(base: Path, kind: str = "ext4") -> Iterator[CuttableDisk]:
    """Make and mount such a volume."""
    disk = CuttableDisk(base, kind)
    try:
        disk.mount()
        yield disk
    finally:
        disk.unmount()
        disk.detach()


def is_any_thread_stuck() -> bool:
    """Tell whether a thread of this process waits in the system without being able to be interrupted."""
    for task in os.listdir("/proc/self/task"):
        try:
            state = Path(f"/proc/self/task/{task}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            # It ended before or while it was looked at.
            continue
        if state == "D":
            return True
    return False


_MAKERS = {
    "exfat": ("mkfs.exfat",),
    "ntfs": ("mkntfs", "--quiet", "--fast"),
    "ext4": ("mkfs.ext4", "-q"),
    "ext4 with small inodes": ("mkfs.ext4", "-q", "-I", "128"),
    "xfs with small times": ("mkfs.xfs", "-q", "-m", "bigtime=0"),
    "ext2": ("mkfs.ext2", "-q", "-b", "1024", "-N", "8192"),
    "btrfs": ("mkfs.btrfs", "--quiet", "--mixed"),
    "xfs": ("mkfs.xfs", "-q"),
}
_MOUNTERS = {"exfat": ("mount.exfat-fuse",), "ntfs": ("ntfs-3g",)}
_FOLDING_NTFS = "lowntfs-3g"


class Stick:
    """A drive as people have them, in a file.

    Args:
        base: A folder for the image and the mount point.
        kind: One of the makers above.
        options: How to mount it; with ``ignore_case`` NTFS is mounted by its second driver, which has that.
        size_bytes: How large it is; the image is a hole where nothing was written.
    """

    def __init__(self, base: Path, kind: str, options: str = "", size_bytes: int = _IMAGE_BYTES) -> None:
        self._kind, self._options = kind, options
        self._image, self.point = base / "stick.img", base / "stick"
        self._device = ""
        self.point.mkdir()
        with self._image.open("wb") as file:
            file.truncate(size_bytes)

    def attach(self) -> None:
        """Make the device and the file system on it."""
        self._device = attach(self._image)
        run_tool(*_MAKERS[self._kind], self._device)

    def detach(self) -> None:
        """Unplug it and give the device back."""
        self.unplug()
        if self._device:
            detach(self._device)

    def plug_in(self) -> None:
        """Mount it."""
        command = (
            (_FOLDING_NTFS,)
            if "ignore_case" in self._options
            else _MOUNTERS.get(self._kind, ("mount", "-t", self._kind.partition(" ")[0]))
        )
        run_tool(*command, *(("-o", self._options) if self._options else ()), self._device, str(self.point))
        if not os.path.ismount(self.point):
            pytest.skip(f"{command[0]} did not mount {self._device}")

    def unplug(self, *, is_pulled: bool = False) -> None:
        """Unmount it; one that is pulled out stays usable for those who have something open on it."""
        if not os.path.ismount(self.point):
            return
        if is_pulled:
            subprocess.run(["umount", "--lazy", str(self.point)], check=True)
            return
        # Drivers outside of the kernel (ntfs-3g) are told of a closed file a moment later.
        wait_until(
            lambda: subprocess.run(["umount", str(self.point)], check=False).returncode == 0, "nothing is open", 5
        )

    def replug(self) -> None:
        """Take it out and put it in again: what was only remembered by the driver is forgotten."""
        self.unplug()
        self.plug_in()


@contextlib.contextmanager
def plugged_in(base: Path, kind: str, options: str = "", size_bytes: int = _IMAGE_BYTES) -> Iterator[Stick]:
    """Make such a drive and mount it."""
    stick = Stick(base, kind, options, size_bytes)
    try:
        stick.attach()
        stick.plug_in()
        yield stick
    finally:
        stick.detach()
