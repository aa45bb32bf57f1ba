"""Names of versions in the history: a path, when it left the mirror, and a counter where two left in one second."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

from backup_gui.model.paths import join

MAX_NAME_BYTES = 255
_STAMP = "%Y%m%d-%H%M%SZ"
_VERSION = re.compile(
    r"(?P<stem>.*)~(?P<stamp>\d{8}-\d{6}Z)(?:-(?P<count>[1-9]\d*))?(?P<suffix>\.[^.~]*)?\Z", re.DOTALL | re.ASCII
)
_DIGEST_CHARACTERS = 12
_HEAD_BYTES = 180
_CUT = re.compile(rf"-[0-9a-f]{{{_DIGEST_CHARACTERS}}}\Z")


def version_path(path: str, left_at: datetime, count: int = 0) -> str:
    """Name a version.

    Args:
        path: The path in the mirror.
        left_at: When it left the mirror, UTC.
        count: How many left in that second before it.

    Returns:
        The path in the history. A name that would be longer than file systems allow is shortened, and made
        unmistakable by a digest of the whole.
    """
    folder, _, name = path.rpartition("/")
    stem, suffix = _split(name)
    mark = left_at.strftime(f"~{_STAMP}") + (f"-{count}" if count else "")
    if len(os.fsencode(name)) + len(mark) > MAX_NAME_BYTES:
        stem, suffix = _shortened(name), suffix if len(os.fsencode(suffix)) <= 16 else ""
    return join(folder, f"{stem}{mark}{suffix}")


def read_version_name(name: str) -> tuple[str, datetime, int] | None:
    """Read a version's name.

    Returns:
        The name in the mirror, the time at which it left, and the counter; None if it is not a version's name.
    """
    match = _VERSION.match(name)
    if match is None or not _is_split_here(match["stem"], match["suffix"] or "", name):
        return None
    day, time = match["stamp"][:8], match["stamp"][9:]
    try:
        # A tenth of the cost of strptime, and a history may have a million names.
        left_at = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(time[:2]), int(time[2:4]), int(time[4:6]), tzinfo=UTC
        )
    except ValueError:
        return None
    return match["stem"] + (match["suffix"] or ""), left_at, int(match["count"] or 0)


def _split(name: str) -> tuple[str, str]:
    """Split a name into what stands before the time and what stands after it."""
    stem, suffix = os.path.splitext(name)
    # The suffix must read back: see _VERSION.
    return (name, "") if "~" in suffix else (stem, suffix)


def _is_split_here(stem: str, suffix: str, name: str) -> bool:
    """Tell whether a version's name has its time where this program puts it; somebody else's may have it elsewhere."""
    if suffix:
        return bool(stem.lstrip("."))
    # What was shortened may have lost the suffix that it would be split at.
    return "." not in stem or not _split(stem)[1] or (len(name) > _HEAD_BYTES // 4 and _CUT.search(stem) is not None)


def shortened_paths(path: str) -> tuple[str, ...]:
    """Return the paths under which versions of a path may be known, if its name is too long for a time to be added."""
    folder, _, name = path.rpartition("/")
    # Time and counter take 17 bytes and more; what is shorter than that is never shortened.
    if len(os.fsencode(name)) + 32 < MAX_NAME_BYTES:
        return ()
    return join(folder, _shortened(name)), join(folder, _shortened(name) + _split(name)[1])


def _shortened(name: str) -> str:
    """Cut a name down to what leaves room for time and suffix, with a digest of the whole."""
    import hashlib  # noqa: PLC0415 - slow to import, and rarely needed

    raw = os.fsencode(name)
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_CHARACTERS // 2).hexdigest()
    # Cut between characters, not within one.
    head = raw[:_HEAD_BYTES].decode("utf-8", "ignore") if _is_utf8(raw) else os.fsdecode(raw[:_HEAD_BYTES])
    return f"{head}-{digest}"


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
