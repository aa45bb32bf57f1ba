"""Whether a folder can be written to at all. Nothing here writes."""

import os
import sys


def is_read_only(folder: str) -> bool:
    """Tell whether the volume that a folder lies on is mounted so that nothing can be written to it."""
    if sys.platform == "win32":
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def is_writable(folder: str) -> bool:
    """Tell whether this user may make new names in a folder, and its drive takes them."""
    if sys.platform == "win32":
        return True
    # As the user that the process acts for, which need not be the one that started it.
    acts = os.access in os.supports_effective_ids
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=acts)


def is_open(folder: str) -> bool:
    """Tell whether this user may make new names in a folder, were its drive not read-only."""
    return is_read_only(folder) or is_writable(folder)
