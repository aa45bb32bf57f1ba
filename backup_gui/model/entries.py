"""What a file system reports about one name."""

import os
import stat
from enum import Enum
from typing import Final, NamedTuple

# Listings hold the system's own stat result. Building a class of our own from it costs 2 microseconds an entry, as much
# as the system call, on each side of every full pass.
Entry = os.stat_result


# Type bits of what has a name here and its content elsewhere: no system gives them to anything that it lists.
PLACEHOLDER_TYPE: Final = 0o160000


class EntryKind(Enum):
    """The kinds of entries that a mirror distinguishes."""

    # As in ``Op``: a comparison looks kinds up in a table.
    __hash__ = object.__hash__

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"
    PLACEHOLDER = "placeholder"


# A class of enum looks its members up in 25 ns, a module in 2; what runs for each file uses these.
FILE: Final = EntryKind.FILE
FOLDER: Final = EntryKind.FOLDER
LINK: Final = EntryKind.LINK


def kind_of(entry: Entry) -> EntryKind:
    """Classify an entry; pipes, sockets and devices are all ``SPECIAL``.

    A ``PLACEHOLDER`` is a file or folder whose content lies in a cloud, and would be brought from there by reading it.
    """
    mode = entry.st_mode
    if stat.S_ISREG(mode):
        return FILE
    if stat.S_ISDIR(mode):
        return FOLDER
    if stat.S_ISLNK(mode):
        return LINK
    return EntryKind.PLACEHOLDER if stat.S_IFMT(mode) == PLACEHOLDER_TYPE else EntryKind.SPECIAL


def is_same_file(ours: Entry, theirs: Entry) -> bool:
    """Tell whether source and mirror share one file through hard links: then the mirror has no second copy.

    A link count above 1 is required: file systems that number their files anew at each look do not support hard links.
    """
    return (
        ours.st_nlink > 1
        and theirs.st_nlink > 1
        and ours.st_ino == theirs.st_ino
        and ours.st_dev == theirs.st_dev
        and not stat.S_ISDIR(ours.st_mode)
    )


class Seen(NamedTuple):
    """The stored fields of a source entry, named as in ``Entry``."""

    st_ino: int
    st_ctime_ns: int
    st_size: int
    st_mtime_ns: int
    st_nlink: int = 1


def is_linked_file(entry: Entry) -> bool:
    """Tell whether an entry is a regular file with several hard links."""
    return entry.st_nlink > 1 and stat.S_ISREG(entry.st_mode)
