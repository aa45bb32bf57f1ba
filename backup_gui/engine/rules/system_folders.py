"""Names of the folders that systems keep for themselves at the root of a drive. Pure: a table, and looking it up.

They hold trash, indexes, restore points and what a file system check has found. They belong to the drive and not to
what somebody keeps on it: another drive has its own. Below the root such names mean nothing.
"""

from __future__ import annotations

import re
from typing import Final

# As they are written by the systems that make them: ext2 to ext4; the desktops' trash; macOS; Android.
_NAMES: Final = frozenset(
    {
        "lost+found",
        ".Trash",
        ".Spotlight-V100",
        ".fseventsd",
        ".Trashes",
        ".TemporaryItems",
        ".DocumentRevisions-V100",
        ".PKInstallSandboxManager",
        ".PKInstallSandboxManager-SystemSoftware",
        ".MobileBackups",
        ".HFS+ Private Directory Data\r",
        "LOST.DIR",
        "RECYCLER",
    }
)
# Versions of Windows differ in upper and lower case.
_FOLDED_NAMES: Final = frozenset({"$recycle.bin", "system volume information"})
# The trash of a user (with the user's number), and what Windows' check of a drive has found.
_NUMBERED: Final = re.compile(r"(\.Trash-[0-9]+|FOUND\.[0-9]{3})\Z")


def is_system_folder(name: str) -> bool:
    """Tell whether a folder of this name, at the root of a drive, is one that a system keeps for itself.

    Args:
        name: The folder's name. The caller knows that it is a folder, and that it lies at the root of a drive.
    """
    return name in _NAMES or name.lower() in _FOLDED_NAMES or _NUMBERED.match(name) is not None
