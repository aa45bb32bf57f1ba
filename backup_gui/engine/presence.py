"""Whether a destination's drive is still where the last pass found it: nobody tells when one is pulled."""

from __future__ import annotations

import os
import stat


class Presence:
    """Remembers which file system a folder was on."""

    def __init__(self, path: str) -> None:
        """Know nothing of it yet.

        Args:
            path: Absolute path of the folder.
        """
        self._path = path
        self._device: int | None = None

    def note(self) -> None:
        """Remember the file system that the folder is on now, or that there is no such folder."""
        self._device = _device_of(self._path)

    def is_lost(self) -> bool:
        """Whether the folder was there and is not any more, or is on another file system than it was."""
        return self._device is not None and _device_of(self._path) != self._device


def _device_of(path: str) -> int | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    # Only the device: some file systems give a folder another number each time it is looked at.
    return status.st_dev if stat.S_ISDIR(status.st_mode) else None
