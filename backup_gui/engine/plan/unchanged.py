"""Filters the unchanged files out of a folder's listings; in most passes these are all files.

Every file of a full pass goes through this loop, in this process and in the worker process. For an unchanged file it
makes no call, except to the exclusion rules if there are any.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from backup_gui.model.paths import TEMPORARY_PREFIX, is_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.state.rows import Row
    from backup_gui.model.entries import Entry

TYPE_BITS: Final = stat.S_IFMT(0xFFFF)
# A name of the source, and the entries of source and mirror and the catalog's record. Not a class: there are millions.
Other = tuple[str, "Entry", "Entry | None", "Row | None"]


def split_unchanged(
    prefix: str,
    ours: dict[str, Entry],
    theirs: dict[str, Entry],
    known: dict[str, Row],
    excludes: Callable[[str, bool], bool] | None,
    *,
    compares_owner: bool,
) -> tuple[int, list[Other]]:
    """Filter the listings of one folder.

    Args:
        prefix: Path of the folder with a slash after it; empty for the root.
        ours: The source's listing.
        theirs: The mirror's listing; names that the source has too are removed, unless they are excluded.
        known: The catalog's records; names that both sides have are removed.
        excludes: Tells what is excluded from the source, and so neither counted nor returned; None for nothing.
        compares_owner: Whether owners are compared.

    Returns:
        The number of unchanged files, and everything else that the source has, in the order of the listing.
    """
    as_before = 0
    others: list[Other] = []
    for name, our in ours.items():
        if name.startswith(TEMPORARY_PREFIX) and is_own(name):
            continue
        if excludes is not None and excludes(prefix + name, stat.S_ISDIR(our.st_mode)):
            continue
        their = theirs.pop(name, None)
        if their is None:
            others.append((name, our, None, None))
            continue
        mark = known.pop(name, None)
        if (
            mark is not None
            and our.st_mtime_ns == mark[3] == their.st_mtime_ns
            and our.st_size == mark[2] == their.st_size
            and our.st_ctime_ns == mark[1]
            and our.st_ino == mark[0]
            and (mode := our.st_mode) == their.st_mode
            and mode & TYPE_BITS == stat.S_IFREG
            # A single file of the source that is a hard link in the mirror: changing the other links would change it.
            # And a file shared by both sides is no copy.
            and (
                their.st_nlink == 1 or (our.st_nlink > 1 and (our.st_ino != their.st_ino or our.st_dev != their.st_dev))
            )
            and (not compares_owner or (our.st_uid == their.st_uid and our.st_gid == their.st_gid))
        ):
            as_before += 1
        else:
            others.append((name, our, their, mark))
    return as_before, others
