"""Volumes for tests: small ones, and one that can be cut from power. Root only; gone with their context."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def remount(point: Path, options: str) -> None:
    """Change the options of what is mounted."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(point)], check=True, capture_output=True)


class CuttableDisk:
    """An ext4 volume that loses what was not flushed when it is cut from power.

    Nothing reaches it by itself: it is mounted so that its log is written every ten minutes, and so that a rename does
    not flush the file renamed, as ext4 otherwise does to hide missing flushes.
    """

    def __init__(self, base: Path) -> None:
        self._image, self.point = base / "disk.img", base / "disk"
        self.point.mkdir()
        with self._image.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        run_tool("mkfs.ext4", "-q", "-E", "lazy_itable_init=0", str(self._image))

    def mount(self) -> None:
        options = "loop,noauto_da_alloc,commit=600"
        run_tool("mount", "-t", "ext4", "-o", options, str(self._image), str(self.point))

    def unmount(self) -> None:
        if os.path.ismount(self.point):
            subprocess.run(["umount", str(self.point)], check=True)

    def flush_something_else(self) -> None:
        """Have another program flush a file of its own, which writes the log, and so all names, but no other data."""
        fd = os.open(self.point / "unrelated", os.O_WRONLY | os.O_CREAT)
        try:
            os.write(fd, b"unrelated")
            os.fsync(fd)
        finally:
            os.close(fd)

    def cut(self) -> None:
        """Cut the power."""
        fd = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, _WITHOUT_FLUSHING_THE_LOG)
        finally:
            os.close(fd)


@contextlib.contextmanager
def cuttable_disk(base: Path) -> Iterator[CuttableDisk]:
    """Make and mount such a volume."""
    disk = CuttableDisk(base)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
