"""A drive that can be pulled out and put back, where the system mounts what people plug in. Needs root."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEDIA = Path("/media")


class Drive:
    """A file system of its own on a loop device; a tmpfs would not be taken for a drive."""

    def __init__(self, device: str, root: Path) -> None:
        """Take a device with a file system, and the folder that it is mounted on."""
        self._device = device
        self.root = root

    def plug_in(self) -> None:
        """Mount it."""
        subprocess.run(["mount", self._device, str(self.root)], check=True)

    def pull(self) -> None:
        """Take it away at once, whoever uses it."""
        subprocess.run(["umount", "--lazy", str(self.root)], check=True)


@contextmanager
def plugged_in(folder: Path, size_bytes: int, media: Path = MEDIA) -> Iterator[Drive]:
    """Plug a new and empty drive in for the length of a ``with`` block.

    Args:
        folder: Where its file is made, which takes as little room as what is written to it.
        size_bytes: Its size.
        media: Where drives are mounted.
    """
    image = folder / "drive.img"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    # Without reserved blocks, and with all that a first use would still have to set up left to the kernel.
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1", str(image)], check=True)
    found = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    # No underscore: in a menu that a panel shows, it marks a mnemonic.
    drive = Drive(found.stdout.strip(), media / f"drive-{uuid.uuid4().hex[:8]}")
    drive.root.mkdir(parents=True)
    try:
        drive.plug_in()
        (drive.root / "lost+found").rmdir()
        yield drive
    finally:
        while drive.root.is_mount():
            drive.pull()
        # The kernel lets go of the device as soon as nobody uses it any more.
        subprocess.run(["losetup", "--detach", found.stdout.strip()], check=True)
        drive.root.rmdir()
        image.unlink()
