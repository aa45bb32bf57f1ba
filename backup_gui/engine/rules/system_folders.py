"""Names of the folders that systems keep for themselves at the root of a drive. Pure: a table and a lookup.

They contain trash, indexes, restore points and files recovered by a file system check. They belong to the drive, not to
the user's data: another drive has its own. Below the root such names mean nothing.
"""

from __future__ import annotations

import re
from typing import Final

# Spelled as their systems write them: ext2 to ext4; the desktops' trash; macOS; Android.
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
# Versions of Windows differ in case.
_FOLDED_NAMES: Final = frozenset({"$recycle.bin", "system volume information"})
# A user's trash (with the user's number), and files recovered by Windows' check of a drive.
_NUMBERED: Final = re.compile(r"(\.Trash-[0-9]+|FOUND\.[0-9]{3})\Z")


def is_system_folder(name: str) -> bool:
    """Tell whether a folder of this name, at the root of a drive, is one that a system keeps for itself."""
    return name in _NAMES or name.lower() in _FOLDED_NAMES or _NUMBERED.match(name) is not None
