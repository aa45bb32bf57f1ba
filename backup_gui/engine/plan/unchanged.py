"""Sets aside the files of a folder that are as they were on both sides, which in most passes are all of them.

The one loop that every file of a full pass goes through, in this process and in the other one: it makes no call for a
file that is as it was, but for asking the rules, if there are any.
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
# A name of the source, and what the source, the mirror and the catalog have under it. No class: there are millions.
Other = tuple[str, "Entry", "Entry | None", "Row | None"]


def sift(
    prefix: str,
    ours: dict[str, Entry],
    theirs: dict[str, Entry],
    known: dict[str, Row],
    excludes: Callable[[str, bool], bool] | None,
    *,
    compares_owner: bool,
) -> tuple[int, list[Other]]:
    """Sift the listings of one folder.

    Args:
        prefix: Path of the folder with a slash after it; empty for the root.
        ours: The source's listing.
        theirs: The mirror's; names that the source is to bring into the mirror are taken out.
        known: What the catalog knows; names that both sides have are taken out.
        excludes: Tells what is left out of the source, and so is neither counted nor returned; None for nothing.
        compares_owner: Whether owners are compared.

    Returns:
        How many files are as they were, and all else that the source has, in the order in which it is listed.
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
            # One file here that is several names of one there: what is done to the others would be done to it.
            # And one file on both sides is no copy at all.
            and (
                their.st_nlink == 1 or (our.st_nlink > 1 and (our.st_ino != their.st_ino or our.st_dev != their.st_dev))
            )
            and (not compares_owner or (our.st_uid == their.st_uid and our.st_gid == their.st_gid))
        ):
            as_before += 1
        else:
            others.append((name, our, their, mark))
    return as_before, others
