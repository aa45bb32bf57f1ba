"""What differs from system to system beyond files and folders, so that nothing else in the engine asks which it is."""

from __future__ import annotations

import sys
import time
from typing import Final

# Modules that a pass imports when it comes to need them.
LATE_MODULES: Final = ("msvcrt", "shutil") if sys.platform == "win32" else ("fcntl", "pwd", "resource", "socket")
LATE_OWN_MODULES: Final = ("backup_gui.engine.fs.system.darwin",) if sys.platform == "darwin" else ()
# On Windows the path form that has no limit of length lets names through that no other program there can open.
NAMES_ARE_TRIED: Final = sys.platform != "win32"
HAS_MODES: Final = sys.platform != "win32"
# Modes by which it is found out whether a file system keeps them, with the last of which all goes on. On Windows they
# stand for a hidden system file, and for a read-only one.
PROBED_MODES: Final = (0o611, 0o400, 0o600) if sys.platform == "win32" else (0o640, 0o751, 0o400, 0o600)
HAS_INOTIFY: Final = sys.platform == "linux"
# What tells of changes elsewhere.
OBSERVER_MODULE: Final = (
    "backup_gui.engine.fs.windows.notifications" if sys.platform == "win32" else "watchdog.observers"
)
# On Windows a waiting main thread does not run signal handlers, so it has to return regularly.
LONGEST_WAIT_S: Final = 0.25 if sys.platform == "win32" else float("inf")
_UPTIME_FILE: Final = "/proc/uptime"


def uptime_s() -> float:
    """Return the system's uptime in seconds, including time asleep where the system counts it."""
    if sys.platform == "linux":
        try:
            # Equals the system's clock, but also in programs that are shown another time than the system's.
            with open(_UPTIME_FILE, encoding="utf-8") as file:
                return float(file.read().split()[0])
        except (OSError, ValueError, IndexError):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
