"""Names of versions in the history: the path, the time it left the mirror, and a counter for the same second."""

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
    """Name a version of a path that left the mirror at a time in UTC, after ``count`` others in the same second.

    Returns:
        The path in the history. A name that would be too long for file systems is shortened, and a digest of the whole
        name keeps it unique.
    """
    folder, _, name = path.rpartition("/")
    stem, suffix = _split(name)
    mark = left_at.strftime(f"~{_STAMP}") + (f"-{count}" if count else "")
    if len(os.fsencode(name)) + len(mark) > MAX_NAME_BYTES:
        stem, suffix = _shortened(name), suffix if len(os.fsencode(suffix)) <= 16 else ""
    return join(folder, f"{stem}{mark}{suffix}")


def read_version_name(name: str) -> tuple[str, datetime, int] | None:
    """Parse a version's name.

    Returns:
        The name in the mirror, the time at which it left, and the counter; None if it is not a version's name.
    """
    match = _VERSION.match(name)
    if match is None or not _is_split_here(match["stem"], match["suffix"] or "", name):
        return None
    day, time = match["stamp"][:8], match["stamp"][9:]
    try:
        # A tenth of the cost of strptime: a history may have a million names.
        left_at = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(time[:2]), int(time[2:4]), int(time[4:6]), tzinfo=UTC
        )
    except ValueError:
        return None
    return match["stem"] + (match["suffix"] or ""), left_at, int(match["count"] or 0)


def _split(name: str) -> tuple[str, str]:
    """Split a name into the parts before and after the time."""
    stem, suffix = os.path.splitext(name)
    # ``_VERSION`` must be able to parse the suffix.
    return (name, "") if "~" in suffix else (stem, suffix)


def _is_split_here(stem: str, suffix: str, name: str) -> bool:
    """Tell whether the time stands where this program puts it; names made by others may have it elsewhere."""
    if suffix:
        return bool(stem.lstrip("."))
    # A shortened name may have lost the suffix at which it would be split.
    return "." not in stem or not _split(stem)[1] or (len(name) > _HEAD_BYTES // 4 and _CUT.search(stem) is not None)


def shortened_paths(path: str) -> tuple[str, ...]:
    """Return the shortened paths that versions may have if a path's name is too long for a time to be added."""
    folder, _, name = path.rpartition("/")
    # Time and counter take at least 17 bytes; shorter names are never shortened.
    if len(os.fsencode(name)) + 32 < MAX_NAME_BYTES:
        return ()
    return join(folder, _shortened(name)), join(folder, _shortened(name) + _split(name)[1])


def _shortened(name: str) -> str:
    """Shorten a name so that time and suffix fit, and add a digest of the whole name."""
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
