"""Paths relative to a root, as text: their parts, their bytes, and the names reserved for the program."""

from __future__ import annotations

import re
import sys

_ENCODING = sys.getfilesystemencoding()
_ENCODING_ERRORS = sys.getfilesystemencodeerrors()

# Prefix of unfinished files of this program.
TEMPORARY_PREFIX = ".~bg-"

# The file that says which backup a folder belongs to, see ``marker.py``.
MARKER_NAME = f"{TEMPORARY_PREFIX}backup.json"

_TEMPORARY = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{16}\Z")


def encode(path: str) -> bytes:
    """Return a path's bytes, as ``os.fsencode`` does, at a quarter of its cost."""
    return path.encode(_ENCODING, _ENCODING_ERRORS)


def decode(path: bytes) -> str:
    """Return the path for its bytes, as ``os.fsdecode`` does, at a third of its cost."""
    return path.decode(_ENCODING, _ENCODING_ERRORS)


def is_temporary(name: str) -> bool:
    """Tell whether a name has the form of this program's unfinished files."""
    return name.startswith(TEMPORARY_PREFIX) and _TEMPORARY.match(name) is not None


def is_own(name: str) -> bool:
    """Tell whether a name is reserved for the program's own files, which belong to no backup."""
    return name.startswith(TEMPORARY_PREFIX) and (name == MARKER_NAME or _TEMPORARY.match(name) is not None)


def join(folder: str, name: str) -> str:
    """Join a folder's path, relative to its root, and a name in it."""
    return f"{folder}/{name}" if folder else name


def parent_of(path: str) -> str:
    """Return the path of the containing folder; empty for a name at the top."""
    return path.rpartition("/")[0]


def parents_of(path: str) -> list[str]:
    """Return the paths of all containing folders, nearest first, without the root."""
    parents = []
    while path := parent_of(path):
        parents.append(path)
    return parents


def is_at_or_below(path: str, folder: str) -> bool:
    """Tell whether a path is the folder itself or lies below it at any depth."""
    return path == folder or not folder or path.startswith(folder + "/")


def is_below(path: str, folders: frozenset[str] | set[str]) -> bool:
    """Tell whether a path is one of some folders or lies below one."""
    if not folders:
        return False
    if path in folders or "" in folders:
        return True
    end = path.rfind("/")
    while end > 0:
        if path[:end] in folders:
            return True
        end = path.rfind("/", 0, end)
    return False
