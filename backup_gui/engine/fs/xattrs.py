"""Extended attributes and access lists: which of them a mirror has too, and how they get there.

Those of the users' own name space and POSIX access lists are part of what is mirrored. Those that only the superuser
may set are carried along where that works. What a system keeps for each volume by itself, such as labels and checksums,
is never read, written or removed.

``where`` is as in ``attribute_calls.py``. What cannot be told, or is refused, is an ``OSError``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.fs.attribute_calls import ACCESS_LIST, CALLS, DEFAULT_LIST, SUPERUSERS
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.volumes.mounts import kind_of_device
from backup_gui.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.model.entries import Entry

# The form of Linux's access lists: a version, then for each entry what it is for, what it allows, and to whom.
_ACCESS_ENTRY: Final = struct.Struct("<HHI")
_ACCESS_HEADER_BYTES: Final = 4
_GROUP, _MASK, _OTHERS = 0x04, 0x10, 0x20

# Says whose backup a folder is, see ``marker.py``; no part of what is mirrored.
MARKER_ATTRIBUTE: Final = "user.backup-gui.marker"

# What a file system answers that has no such thing, not for this sort of file, or no room for so much of it in a file.
_CANNOT_HOLD: Final = frozenset(
    {errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.E2BIG, errno.ERANGE, errno.ENOSPC}
)

# Those of which it was said that they do not tell.
_DUMB_DEVICES: set[int] = set()

# Name and value of each.
Attributes = dict[str, bytes]


class AttributesResult(NamedTuple):
    """What became of attributes that were to be set.

    Attributes:
        are_held: Whether the target holds all of them; if not, it cannot.
        error: An error that may be gone the next time, if there was one.
    """

    are_held: bool = True
    error: OSError | None = None


IN_STEP: Final = AttributesResult()


def read_marker(where: int | str, *, follows_link: bool) -> bytes:
    """Read the marker that something has as an attribute.

    Raises:
        OSError: It has none, or it cannot be told.
    """
    return CALLS.get(where, MARKER_ATTRIBUTE, follows_link=follows_link)


def write_marker(tree: Tree, content: bytes, *, may_replace: bool) -> None:
    """Give the root of an open tree a marker as an attribute; ``FileExistsError`` if there is one that is to stay."""
    where = tree.root_fd if tree.root_fd >= 0 else tree.root
    CALLS.set(where, MARKER_ATTRIBUTE, content, is_new=not may_replace)


def is_carried(name: str) -> bool:
    """Tell whether an attribute is one that the mirror has too."""
    return name != MARKER_ATTRIBUTE and CALLS.is_carried(name, is_superuser=own_ids()[0] == 0)


def read_attributes(where: int | str) -> Attributes:
    """Read the attributes that a mirror has too.

    Returns:
        Their values by name; none where there can be none.

    Raises:
        OSError: They cannot be told.
    """
    try:
        names = CALLS.names(where)
    except OSError as error:
        if error.errno in _CANNOT_HOLD or is_dumb(where, error):
            return {}
        raise
    found: Attributes = {}
    for name in names:
        if not is_carried(name):
            continue
        try:
            found[name] = CALLS.get(where, name)
        except OSError as error:
            # Gone since it was listed, or listed to people who may not read it.
            is_no_answer = error.errno in {CALLS.missing, *_CANNOT_HOLD} or is_dumb(where, error)
            if not is_no_answer and not _is_privileged(name, error):
                raise
    return found


def attributes_of_source(tree: Tree, path: str) -> Attributes:
    """Read the attributes of a path of the source.

    Raises:
        SourceError: They cannot be told.
        OSError: The folder that it is in cannot be opened.
    """
    name, folder = tree.at(path)
    try:
        with CALLS.reached(folder, name) as where:
            return read_attributes(where)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SourceError(error.errno, error.strerror, path) from error


def attributes_of(tree: Tree, path: str) -> Attributes:
    """Read the attributes of a path of a tree, of a link those of its own.

    Raises:
        OSError: They cannot be told.
    """
    with reached(tree, path) as where:
        return read_attributes(where)


def access_lists_in(found: Attributes) -> Attributes:
    """Pick the access lists: who may use something besides those whom its mode names."""
    return {name: found[name] for name in (ACCESS_LIST, DEFAULT_LIST) if name in found}


def have_same_attributes(source: Tree, path: str, entry: Entry, theirs: Callable[[str], Attributes]) -> bool:
    """Compare the attributes that the source has at a path with those that ``theirs`` returns for the mirror.

    Raises:
        OSError: They cannot be told.
    """
    if stat.S_ISLNK(entry.st_mode) and own_ids()[0] != 0:
        # A link can only have such as the superuser sets.
        return True
    return attributes_of(source, path) == theirs(path)


def set_attributes(where: int | str, wanted: Attributes) -> AttributesResult:
    """Give something exactly the attributes wanted, of those that a mirror has at all.

    An access list allows nothing to anybody but the owner until the mode is set, which is to follow.

    Returns:
        What became of it; whatever could be set is set.
    """
    try:
        there = read_attributes(where)
    except OSError as error:
        return AttributesResult(error=error)
    changes: list[tuple[str, bytes | None]] = [(name, None) for name in there if name not in wanted]
    changes += [(name, value) for name, value in wanted.items() if there.get(name) != value]
    return _change(where, changes)


def copy_attributes(fd: int, out: int) -> AttributesResult:
    """Copy the attributes of an open file to one that is new and has none; as ``set_attributes`` does it."""
    try:
        # Nearly all files have none: this one call is what they cost.
        if not CALLS.names(fd):
            return IN_STEP
        found = read_attributes(fd)
    except OSError as error:
        if error.errno in _CANNOT_HOLD or is_dumb(fd, error):
            return IN_STEP
        return AttributesResult(error=SourceError(error.errno, error.strerror))
    return _change(out, found.items()) if found else IN_STEP


class Inherited(NamedTuple):
    """What is made in a folder gets from that folder, whatever the source has.

    Attributes:
        access_list: Whether it begins with an access list of the folder's choice.
        group: Whether it may belong to another group than other new files of this process.
    """

    access_list: bool = False
    group: bool = False


NOTHING_INHERITED: Final = Inherited()


def inherited_in(folder: FolderHandle, group: int) -> Inherited:
    """Tell what a folder hands down to what is made in it; new files of this process belong to ``group`` elsewhere."""
    if folder.fd < 0:
        return NOTHING_INHERITED
    has_list = CALLS.hands_down_list(folder.fd)
    # By its set-group-id bit, by a mount option, or always, as on macOS: only another group makes a difference.
    return Inherited(has_list, folder.stat().st_gid != group)


@contextlib.contextmanager
def reached(tree: Tree, path: str) -> Iterator[int | str]:
    """Reach what is at a path of a tree, and nothing else, for the system's calls for attributes.

    Raises:
        OSError: It, or the folder that it is in, cannot be opened.
    """
    name, folder = tree.at(path)
    with CALLS.reached(folder, name) as where:
        yield where


def _change(where: int | str, changes: Iterable[tuple[str, bytes | None]]) -> AttributesResult:
    """Set attributes, and remove those without a value."""
    are_held = True
    failure: OSError | None = None
    # Access lists last: they may take away the right to set the others.
    for name, value in sorted(changes, key=lambda change: change[0] == ACCESS_LIST):
        try:
            if name == ACCESS_LIST:
                _change_access_list(where, value)
            elif value is None:
                CALLS.remove(where, name)
            else:
                CALLS.set(where, name, value)
        except OSError as error:
            if error.errno in _CANNOT_HOLD or _is_privileged(name, error):
                are_held = False
            elif value is not None or error.errno != CALLS.missing:
                failure = failure or error
    return AttributesResult(are_held, failure)


def _change_access_list(where: int | str, value: bytes | None) -> None:
    """Set or remove an access list, so that only the owner may use what it is for until its mode is set.

    A list names people whom the mode about to be set may leave out, as where the group is another one. Without its
    list a file would give its group what the list gave to anybody at all.
    """
    if value is None:
        CALLS.set(where, ACCESS_LIST, _closed(CALLS.get(where, ACCESS_LIST)))
        CALLS.remove(where, ACCESS_LIST)
    else:
        CALLS.set(where, ACCESS_LIST, _closed(value))


def _closed(access_list: bytes) -> bytes:
    """Return an access list with the same entries as after a change of the mode to the owner's rights alone.

    Source: acl(5), "Correspondence between ACL entries and file permission bits".
    """
    head, body = access_list[:_ACCESS_HEADER_BYTES], access_list[_ACCESS_HEADER_BYTES:]
    if len(body) % _ACCESS_ENTRY.size:
        return access_list
    entries = list(_ACCESS_ENTRY.iter_unpack(body))
    limit = _MASK if any(tag == _MASK for tag, _, _ in entries) else _GROUP
    closed = ((tag, 0 if tag in {limit, _OTHERS} else allowed, who) for tag, allowed, who in entries)
    return head + b"".join(_ACCESS_ENTRY.pack(*entry) for entry in closed)


def is_dumb(where: int | str, error: OSError) -> bool:
    """Tell whether it is a program that serves the file system that cannot answer, for any file: it is said once."""
    if error.errno != errno.EIO:
        return False
    try:
        device = os.stat(where, follow_symlinks=isinstance(where, int)).st_dev
    except OSError:
        return False
    if not kind_of_device(device).startswith("fuse"):
        return False
    if device not in _DUMB_DEVICES:
        import logging  # noqa: PLC0415 - slow to import, and the second process has no other use for it

        _DUMB_DEVICES.add(device)
        log = logging.getLogger(__name__)
        log.warning("The folder's file system does not tell attributes and access lists; they are left out.")
    return True


def _is_privileged(name: str, error: OSError) -> bool:
    """Tell whether the system refused something for which being the superuser is not enough everywhere."""
    return name.startswith(SUPERUSERS) and error.errno in {errno.EPERM, errno.EACCES}
