"""The marker that says whose backup a folder is: how it is read and written. Whose it may be is not judged here.

A history has it as a small file, a mirror as an extended attribute of its root, or as a file of the same name where
the file system has no such attributes. It names the source, the computer and the mirror that it belongs to, and has a
random id that tells two backups apart even if all else is the same.

Its name is kept for it everywhere: it is never mirrored from a source, and never taken for a part of a mirror.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.destination.mirror_writer import flush_folder
from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.computer import computer_id, host_name
from backup_gui.engine.fs.system.descriptors import waited_out
from backup_gui.engine.fs.system.syscalls import flush_drive, flush_file
from backup_gui.engine.fs.volumes.identity import identify
from backup_gui.engine.fs.xattrs import read_marker, write_marker
from backup_gui.model.path_text import escape, one_line, unescape
from backup_gui.model.paths import MARKER_NAME, TEMPORARY_PREFIX
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.engine.fs.tree import Tree

FORMAT: Final = 1
# A marker that lies in the mirror itself.
HERE: Final = "."
_ID_BYTES: Final = 16
_DAY_CHARACTERS: Final = 10
_MAX_BYTES: Final = 65_536
# One name, so that what a crash leaves of it is found again by whoever writes the next one.
_UNFINISHED: Final = TEMPORARY_PREFIX + "6d61726b65720000"


class Marker(NamedTuple):
    """Whose backup a folder is.

    Attributes:
        id: A random text; empty if the marker cannot be read.
        computer: The computer's lasting number; empty where it has none.
        host: What the computer is called.
        source: The source's path, without links, escaped.
        folder: The source's identity, as ``identity.Identity`` is written.
        mirror: The way from the folder that has the marker to the mirror, as a relative path, escaped.
        made_at: When the backup was first made, ISO 8601, UTC.
        format: Which form of marker it is.
    """

    id: str = ""
    computer: str = ""
    host: str = ""
    source: str = ""
    folder: str = ""
    mirror: str = HERE
    made_at: str = ""
    format: int = FORMAT

    @property
    def is_newer(self) -> bool:
        """Whether a later version of the program has written it, which knows more of it than this one."""
        return self.format > FORMAT

    @property
    def source_path(self) -> str:
        """The source's path; empty if it is not known."""
        try:
            return unescape(self.source)
        except ValueError:
            return ""

    @property
    def whose(self) -> Reason:
        """Who owns the backup of this marker, in words."""
        if not self.id:
            return Reason(ReasonCode.OF_UNREADABLE_MARKER)
        date = self.made_at[:_DAY_CHARACTERS]
        if not self.source:
            unknown = Reason(ReasonCode.OF_UNKNOWN_FOLDER)
            return Reason(ReasonCode.OF_UNKNOWN_FOLDER_SINCE, date=date) if date else unknown
        path = self.source_path or self.source
        if not date:
            return Reason(ReasonCode.OF_FOLDER, path=path, computer=self.host)
        return Reason(ReasonCode.OF_FOLDER_SINCE, path=path, computer=self.host, date=date)

    def key(self, folder: str) -> str:
        """Return the key that the user's approval refers to, if the marker lies in a folder."""
        return self.id or f"unreadable {escape(folder)}"

    def mirror_of(self, folder: str) -> str:
        """Return the absolute path of the mirror that this is the marker of, if it lies in a folder. Pure."""
        try:
            return os.path.normpath(os.path.join(folder, unescape(self.mirror)))
        except ValueError:
            return ""


UNREADABLE: Final = Marker()


def new_marker(source: str, made_at: float) -> Marker:
    """Make the marker of a new backup of a source, made at a time: seconds since 1970, UTC."""
    return Marker(
        os.urandom(_ID_BYTES).hex(),
        computer_id(),
        host_name(),
        escape(native.real_path(source)),
        str(identify(source)),
        HERE,
        datetime.fromtimestamp(made_at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def read_markers(folder: str) -> tuple[Marker, ...]:
    """Read the markers that a folder has, which need not exist; one that cannot be read is ``UNREADABLE``."""
    return tuple(found for found in (_read_attribute(folder), read_file(os.path.join(folder, MARKER_NAME))) if found)


def read_file(path: str) -> Marker | None:
    """Read the marker in a file; None if there is no such file, and ``UNREADABLE`` if it cannot be read."""
    try:
        os.lstat(path)
    except OSError:
        return None
    try:
        fd = waited_out(partial(native.open_file, path))
    except FileNotFoundError:
        return None
    except OSError:
        return UNREADABLE
    try:
        return read_open_file(fd)
    except OSError:
        return UNREADABLE


def read_open_file(fd: int) -> Marker:
    """Read the marker in an open file, and close it."""
    try:
        is_file = stat.S_ISREG(os.fstat(fd).st_mode)
        return parse_marker(os.read(fd, _MAX_BYTES)) if is_file else UNREADABLE
    finally:
        os.close(fd)


def write_attribute(tree: Tree, marker: Marker, *, may_replace: bool) -> bool:
    """Give the root of an open tree a marker; it is on the disk afterwards.

    Returns:
        Whether it was given; False where there are no such attributes, or no room for one.

    Raises:
        FileExistsError: There is one, which is not to be replaced.
        OSError: It could not be written.
    """
    try:
        write_marker(tree, _text(marker), may_replace=may_replace)
    except OSError as error:
        if error.errno in {errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.E2BIG, errno.ERANGE}:
            return False
        raise
    # Some file systems have attributes and do not flush folders.
    with contextlib.suppress(OSError):
        flush_folder(tree, "")
        flush_drive(tree.root_fd)
    return True


def write_file(tree: Tree, marker: Marker, *, may_replace: bool) -> None:
    """Write a marker as a file into the root of an open tree, whole or not at all; it is on the disk afterwards.

    Raises:
        FileExistsError: There is one, which is not to be replaced.
        OSError: It could not be written.
    """
    folder = tree.root_folder
    with contextlib.suppress(FileNotFoundError):
        folder.unlink_at(_UNFINISHED)
    fd = folder.create_at(_UNFINISHED)
    try:
        try:
            os.write(fd, _text(marker))
            flush_file(fd)
        finally:
            os.close(fd)
        if may_replace:
            folder.replace_at(_UNFINISHED, folder, MARKER_NAME)
        else:
            folder.rename_at(_UNFINISHED, folder, MARKER_NAME)
    except OSError:
        with contextlib.suppress(OSError):
            folder.unlink_at(_UNFINISHED)
        raise
    flush_folder(tree, "")
    flush_drive(tree.root_fd)


def _read_attribute(folder: str) -> Marker | None:
    try:
        return parse_marker(read_marker(folder, follows_link=True))
    except OSError:
        return None


def _text(marker: Marker) -> bytes:
    import json  # noqa: PLC0415 - slow to import, and a destination that is known by its attribute may need none

    return json.dumps(marker._asdict()).encode()


@lru_cache(maxsize=8)
def parse_marker(content: bytes) -> Marker:
    """Read a marker; what is none is ``UNREADABLE``. Pure; each pass reads the same ones several times."""
    import json  # noqa: PLC0415 - as above

    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return UNREADABLE
    if not isinstance(fields, dict):
        return UNREADABLE
    number = fields.get("format")
    if type(number) is not int or number < 1:
        return UNREADABLE
    texts = (value if isinstance(value := fields.get(name), str) else "" for name in Marker._fields[:-1])
    found = Marker._make((*map(one_line, texts), number))
    return found if found.id or found.is_newer else UNREADABLE
