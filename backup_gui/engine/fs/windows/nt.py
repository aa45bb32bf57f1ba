"""What the Windows kernel says of files, and how it is asked: values, numbers and the protocol of its calls.

Nothing here calls the system, so what follows from the answers is the same wherever it is tested. ``nt_calls.py`` makes
the calls; ``windows.py`` makes folders of them. The forms are those of Microsoft's [MS-FSCC] and ``ntifs.h``.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from backup_gui.model.entries import PLACEHOLDER_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.model.entries import Entry

# What a handle is opened for.
READ_DATA: Final = 0x1
LIST_DIRECTORY: Final = READ_DATA
WRITE_DATA: Final = 0x2
ADD_FILE: Final = WRITE_DATA
APPEND_DATA: Final = 0x4
READ_ATTRIBUTES: Final = 0x80
WRITE_ATTRIBUTES: Final = 0x100
DELETE: Final = 0x1_0000
SYNCHRONIZE: Final = 0x10_0000

# How it is opened.
DIRECTORY_FILE: Final = 0x1
SYNCHRONOUS: Final = 0x20
NON_DIRECTORY_FILE: Final = 0x40
BACKUP_INTENT: Final = 0x4000
OPEN_REPARSE_POINT: Final = 0x20_0000

# What GetDriveTypeW calls a drive that stands for a share.
REMOTE_DRIVE: Final = 4

# What a volume is asked by DeviceIoControl: which parts of which disks it has, and which device it is on.
DISK_EXTENTS: Final = 0x56_0000
DEVICE_NUMBER: Final = 0x2D_1080
_DISK_DEVICE: Final = 7
# VOLUME_DISK_EXTENTS, each disk's number followed by place and size; STORAGE_DEVICE_NUMBER.
_EXTENTS_HEAD: Final = struct.Struct("<I4x")
_EXTENT: Final = struct.Struct("<I4xqq")
_DEVICE: Final = struct.Struct("<III")

OPEN: Final = 1
CREATE: Final = 2

READ_ONLY: Final = 0x1
HIDDEN: Final = 0x2
SYSTEM: Final = 0x4
DIRECTORY: Final = 0x10
ARCHIVE: Final = 0x20
DEVICE: Final = 0x40
NORMAL: Final = 0x80
REPARSE_POINT: Final = 0x400
OFFLINE: Final = 0x1000
RECALL_ON_OPEN: Final = 0x4_0000
RECALL_ON_DATA_ACCESS: Final = 0x40_0000
# Reading one of these brings its content from elsewhere first.
_ELSEWHERE: Final = OFFLINE | RECALL_ON_OPEN | RECALL_ON_DATA_ACCESS

# A reparse point with this bit stands for another name. Others are files and folders that some driver completes.
_NAME_SURROGATE: Final = 0x2000_0000
MOUNT_POINT: Final = 0xA000_0003
SYMLINK: Final = 0xA000_000C
# Sockets, pipes and devices of Linux programs, and aliases of store apps: nothing in them can be copied.
_SPECIAL_TAGS: Final = frozenset({0x8000_0023, 0x8000_0024, 0x8000_0025, 0x8000_0026, 0x8000_001B})

RENAME_REPLACES: Final = 0x1
RENAME_POSIX: Final = 0x2
RENAME_IGNORES_READ_ONLY: Final = 0x40

# Hundreds of nanoseconds from 1601 to 1970.
_EPOCH: Final = 116_444_736_000_000_000
_TICK_NS: Final = 100
_RELATIVE: Final = 1
_NT_PREFIX: Final = "\\??\\"
# Not part of a name: it would lead elsewhere, or to a stream of the file.
_SEPARATORS: Final = frozenset("\\/:\0")

# FILE_ID_BOTH_DIR_INFO without the name that follows it.
LISTED: Final = struct.Struct("<IIqqqqqqIIIb24x3xq")
_LINK_HEAD: Final = struct.Struct("<IHH")
_LINK_NAMES: Final = struct.Struct("<HHHH")

# What the bits of a mode stand for, besides read-only: a mask that closes an entry to others takes none of it for set.
_MODE_HIDDEN: Final = 0o001
_MODE_SYSTEM: Final = 0o010
_MODE_FOLDER_READ_ONLY: Final = 0o002

_ERRNOS: Final = {
    0xC000_000F: errno.ENOENT,  # no such file
    0xC000_0034: errno.ENOENT,  # object name not found
    0xC000_003A: errno.ENOENT,  # object path not found
    0xC000_0123: errno.ENOENT,  # file deleted: what is open has no name any more
    0xC000_0022: errno.EACCES,  # access denied
    0xC000_0035: errno.EEXIST,  # object name collision
    0xC000_0101: errno.ENOTEMPTY,  # directory not empty
    0xC000_0103: errno.ENOTDIR,  # not a directory
    0xC000_00BA: errno.EISDIR,  # file is a directory
    0xC000_00D4: errno.EXDEV,  # not same device
    0xC000_0043: errno.EBUSY,  # sharing violation
    0xC000_0054: errno.EBUSY,  # file lock conflict
    0xC000_0056: errno.EBUSY,  # delete pending
    0xC000_0121: errno.EBUSY,  # cannot delete: a program runs from it
    0xC000_0243: errno.EBUSY,  # user mapped file
    0xC000_0033: errno.EINVAL,  # object name invalid
    0xC000_0106: errno.ENAMETOOLONG,  # name too long
    0xC000_007F: errno.ENOSPC,  # disk full
    0xC000_0044: errno.ENOSPC,  # quota exceeded
    0xC000_00A2: errno.EROFS,  # media write protected
    0xC000_0904: errno.EFBIG,  # file too large
    0xC000_0265: errno.EMLINK,  # too many links
    0xC000_0061: errno.EPERM,  # privilege not held
    0xC000_0002: errno.ENOSYS,  # not implemented
    0xC000_0003: errno.ENOSYS,  # invalid info class
    0xC000_0010: errno.ENOSYS,  # invalid device request
    0xC000_00BB: errno.ENOSYS,  # not supported
    0xC000_000D: errno.EINVAL,  # invalid parameter
    0xC000_009C: errno.EIO,  # device data error
    0xC000_009D: errno.ENODEV,  # device not connected
    0xC000_0013: errno.ENODEV,  # no media in device
    0xC000_026E: errno.ENODEV,  # volume dismounted
    0xC000_0185: errno.EIO,  # I/O device error
    0xC000_020C: errno.ENOTCONN,  # connection disconnected
    0xC000_00B5: errno.ETIMEDOUT,  # I/O timeout
}


# Statuses by which a file system, or a Windows, says that it has no such call.
NOT_OFFERED: Final = frozenset(status for status, number in _ERRNOS.items() if number == errno.ENOSYS) | {0xC000_000D}

# What the Windows API has for some of them, where its own calls are used.
_WINDOWS_ERRNOS: Final = {
    32: errno.EBUSY,  # sharing violation
    33: errno.EBUSY,  # lock violation
    267: errno.ENOTDIR,
    1: errno.ENOSYS,  # invalid function
    50: errno.ENOSYS,  # not supported
    1314: errno.EPERM,  # privilege not held
    4390: errno.EINVAL,  # not a reparse point
}


class Facts(NamedTuple):
    """What the system knows of a file or folder; times in hundreds of nanoseconds since 1601.

    Attributes:
        changed: When it, or anything about it, was changed last: unlike ``written``, programs cannot set it back.
        tag: What kind of reparse point it is; 0 if it is none.
    """

    file_id: int
    accessed: int
    written: int
    changed: int
    size_bytes: int
    attributes: int
    tag: int
    links: int


class NtCalls(Protocol):
    """The calls of the system. Names are single components, handles are numbers; each call raises ``OSError``.

    All handles are opened so that other programs may go on reading, writing, renaming and removing the file.
    """

    def open_path(self, path: str, access: int, options: int) -> int:
        """Open what a path leads to, links followed unless ``OPEN_REPARSE_POINT`` is among the options."""

    def open_at(self, folder: int, name: str, access: int, options: int, disposition: int = OPEN) -> int:
        """Open or create a name in an open folder; an empty name opens once more what the handle stands for."""

    def close(self, handle: int) -> None:
        """Close a handle."""

    def duplicate(self, handle: int) -> int:
        """Return another handle of the same open file."""

    def facts(self, handle: int) -> Facts:
        """Return what is known of an open file."""

    def facts_at(self, folder: int, name: str) -> Facts | None:
        """Return what is known of a name, links not followed, without opening it; None where that cannot be asked."""

    def volume_serial(self, handle: int) -> int:
        """Return the number of the volume that an open file lies on."""

    def file_system(self, handle: int) -> str:
        """Return the name of the file system that an open file lies on, such as NTFS."""

    def next_listed(self, handle: int) -> bytes:
        """Return the next entries of an open folder as FILE_IDLISTED; none at the end."""

    def reparse_data(self, handle: int) -> bytes:
        """Return what a reparse point leads to, as REPARSE_DATA_BUFFER."""

    def set_reparse_data(self, handle: int, data: bytes) -> None:
        """Make an open empty file or folder a reparse point."""

    def set_basic(self, handle: int, *, accessed: int = 0, written: int = 0, attributes: int = 0) -> None:
        """Set times and attributes; what is 0 stays."""

    def rename(self, handle: int, folder: int, name: str, flags: int, *, is_extended: bool) -> None:
        """Rename an open file; where not extended, of the flags only ``RENAME_REPLACES`` counts."""

    def link(self, handle: int, folder: int, name: str) -> None:
        """Give an open file another name."""

    def remove(self, handle: int, *, is_extended: bool) -> None:
        """Remove the name of an open file: where extended at once and also if it is read-only, else when closed."""

    def flush(self, handle: int) -> None:
        """Return when what was written to an open file or folder is on the disk."""

    def free_space(self, handle: int) -> tuple[int, int]:
        """Return how many bytes are free for this user, and how large the blocks are."""

    def final_path(self, handle: int) -> str:
        """Return a path of an open file, in the form that has no limit of length."""

    def volume_guid(self, handle: int) -> str:
        r"""Return the name of the volume that an open file lies on, as ``Volume{…}``."""

    def ask_device(self, handle: int, code: int) -> bytes:
        """Return what an open device answers to a question without arguments."""

    def drive_type(self, root: str) -> int:
        r"""Return what kind of drive there is at ``\\?\X:\``; 0 or 1 if there is none."""

    def make_symlink(self, path: str, text: str, *, is_folder: bool) -> None:
        """Make a symbolic link by its path, as users may do where developer mode is on."""

    def to_fd(self, handle: int, flags: int) -> int:
        """Turn a handle into a descriptor that owns it."""

    def of_fd(self, fd: int) -> int:
        """Return the handle of a descriptor, which keeps it."""


def error_of(status: int, winerror: int, text: str, name: str) -> OSError:
    """Return the error for a status of the kernel.

    Args:
        status: The NTSTATUS, as an unsigned number.
        winerror: The number that the Windows API has for it.
        text: The system's words.
        name: The name or path concerned.
    """
    return _error(_ERRNOS.get(status), winerror, text, name)


def error_of_windows(winerror: int, text: str, name: str) -> OSError:
    """Return the error for a number of the Windows API, as ``error_of``."""
    return _error(_WINDOWS_ERRNOS.get(winerror), winerror, text, name)


def _error(number: int | None, winerror: int, text: str, name: str) -> OSError:
    # What concerns no name in a folder has none: whoever lists it tells one from the other by that.
    named = (name,) if name else ()
    if sys.platform == "win32":
        if number is None:
            return OSError(0, text, name or None, winerror)
        error = OSError(number, text, *named)
        error.winerror = winerror
        return error
    return OSError(number or errno.EIO, text, *named)


def check_name(name: str) -> None:
    """Make sure that a name is a single component.

    Raises:
        OSError: It would lead elsewhere.
    """
    if not name or name == ".." or not _SEPARATORS.isdisjoint(name):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)


def is_link(facts: Facts) -> bool:
    """Tell whether something stands for another name: a symbolic link, a junction, a mounted volume."""
    return bool(facts.attributes & REPARSE_POINT and facts.tag & _NAME_SURROGATE)


def is_completed_by_driver(facts: Facts) -> bool:
    """Tell whether a driver has a part in the content, as of compressed and of cloud files, and so has to be asked."""
    return bool(facts.attributes & REPARSE_POINT) and not is_link(facts)


def is_elsewhere(attributes: int) -> bool:
    """Tell whether the content of a file has to be brought from elsewhere before it can be read."""
    return bool(attributes & _ELSEWHERE)


def as_if_here(facts: Facts) -> Facts:
    """Return the same of a file whose content counts as if it were on this computer."""
    return facts._replace(attributes=facts.attributes & ~_ELSEWHERE)


def entry_of(facts: Facts, device: int) -> Entry:
    """Return the entry that the engine compares.

    Its mode has the kind and, in the bits that ``attributes_of_mode`` reads, the attributes.
    """
    accessed_ns, written_ns, changed_ns = map(unix_ns, (facts.accessed, facts.written, facts.changed))
    owner = -1
    return os.stat_result(
        (
            mode_of(facts),
            facts.file_id,
            device,
            facts.links,
            owner,
            owner,
            facts.size_bytes,
            accessed_ns // 1_000_000_000,
            written_ns // 1_000_000_000,
            changed_ns // 1_000_000_000,
        ),
        {
            "st_atime": accessed_ns / 1e9,
            "st_mtime": written_ns / 1e9,
            "st_ctime": changed_ns / 1e9,
            "st_atime_ns": accessed_ns,
            "st_mtime_ns": written_ns,
            "st_ctime_ns": changed_ns,
        },
    )


def mode_of(facts: Facts) -> int:
    """Return kind and attributes as a mode."""
    attributes = facts.attributes
    is_folder = attributes & DIRECTORY
    if is_link(facts):
        return stat.S_IFLNK | 0o777
    if is_elsewhere(attributes):
        return PLACEHOLDER_TYPE | 0o600
    if attributes & DEVICE or (attributes & REPARSE_POINT and facts.tag in _SPECIAL_TAGS):
        return stat.S_IFSOCK | 0o600
    mode = (stat.S_IFDIR | stat.S_IRWXU) if is_folder else (stat.S_IFREG | stat.S_IRUSR | stat.S_IWUSR)
    if attributes & READ_ONLY:
        # Of a folder it only says that it has an icon of its own.
        mode = mode | _MODE_FOLDER_READ_ONLY if is_folder else mode & ~stat.S_IWUSR
    if attributes & HIDDEN:
        mode |= _MODE_HIDDEN
    if attributes & SYSTEM:
        mode |= _MODE_SYSTEM
    return mode


def attributes_of_mode(mode: int, *, is_folder: bool) -> int:
    """Return which of the attributes read-only, hidden and system a mode stands for."""
    is_read_only = mode & _MODE_FOLDER_READ_ONLY if is_folder else not mode & stat.S_IWUSR
    return (
        (READ_ONLY if is_read_only else 0)
        | (HIDDEN if mode & _MODE_HIDDEN else 0)
        | (SYSTEM if mode & _MODE_SYSTEM else 0)
    )


def unix_ns(time: int) -> int:
    """Return nanoseconds since 1970 for a time of the system."""
    return (time - _EPOCH) * _TICK_NS


def nt_time(time_ns: int) -> int:
    """Return the system's time for nanoseconds since 1970; its least for those before 1601, since 0 means to keep."""
    return max(time_ns // _TICK_NS + _EPOCH, 1)


def listed_names(buffer: bytes) -> Iterator[str]:
    """Yield the names in a buffer that a folder's listing has filled, without those of the folder and its parent."""
    start = 0
    while True:
        fields = LISTED.unpack_from(buffer, start)
        name_start = start + LISTED.size
        name = buffer[name_start : name_start + fields[9]].decode("utf-16-le", "surrogatepass")
        if name not in {".", ".."}:
            yield name
        if not fields[0]:
            return
        start += fields[0]


def link_text(data: bytes, *, is_folder: bool) -> str:
    r"""Return the text of a link.

    Of a junction it is the kernel's path, which begins with ``\??\``. Of a symbolic link to a folder it ends with
    ``\``, so that the kind of a link does not depend on whether what it leads to is there.

    Args:
        data: Its REPARSE_DATA_BUFFER.
        is_folder: Whether it is a link to a folder.

    Raises:
        OSError: It is a link of another kind.
    """
    tag = _LINK_HEAD.unpack_from(data)[0]
    if tag not in {SYMLINK, MOUNT_POINT}:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    offset, length, _, _ = _LINK_NAMES.unpack_from(data, _LINK_HEAD.size)
    start = _LINK_HEAD.size + _LINK_NAMES.size + (4 if tag == SYMLINK else 0) + offset
    text = data[start : start + length].decode("utf-16-le", "surrogatepass")
    if tag == MOUNT_POINT:
        return text
    if text.startswith(_NT_PREFIX + "UNC\\"):
        text = "\\\\" + text[len(_NT_PREFIX) + 4 :]
    text = text.removeprefix(_NT_PREFIX)
    return text.rstrip("\\") + "\\" if is_folder else text


def disks_of_extents(answer: bytes) -> frozenset[str]:
    """Return names of the disks that a volume has parts of, by its ``DISK_EXTENTS``."""
    (count,) = _EXTENTS_HEAD.unpack_from(answer)
    found = (_EXTENT.unpack_from(answer, _EXTENTS_HEAD.size + _EXTENT.size * index)[0] for index in range(count))
    return frozenset(f"disk:{number}" for number in found)


def disk_of_device(answer: bytes) -> frozenset[str]:
    """Return the name of the disk that a volume is on, by its ``DEVICE_NUMBER``."""
    kind, number, _ = _DEVICE.unpack_from(answer)
    return frozenset({f"disk:{number}" if kind == _DISK_DEVICE else f"device {kind}:{number}"})


def is_junction_text(text: str) -> bool:
    """Tell whether the text of a link is that of a junction."""
    return text.startswith(_NT_PREFIX)


def is_folder_text(text: str) -> bool:
    """Tell whether the text of a link is that of one to a folder."""
    return text.endswith("\\") or is_junction_text(text)


def plain_link_text(text: str) -> str:
    """Return what a symbolic link is made with: without the mark of links to folders."""
    is_drive = len(text) == 3 and text[1:] == ":\\"
    return text if is_drive else text.removesuffix("\\")


def link_data(text: str) -> bytes:
    """Return the REPARSE_DATA_BUFFER of the link that has a text."""
    if is_junction_text(text):
        tag, substitute, shown, flags = MOUNT_POINT, text, text.removeprefix(_NT_PREFIX), b""
    else:
        shown = plain_link_text(text)
        is_unc = shown.startswith("\\\\")
        is_relative = not is_unc and shown[1:3] != ":\\"
        substitute = shown
        if not is_relative:
            substitute = _NT_PREFIX + ("UNC" + shown[1:] if is_unc else shown)
        tag, flags = SYMLINK, struct.pack("<I", _RELATIVE if is_relative else 0)
    first, second = (part.encode("utf-16-le", "surrogatepass") for part in (substitute, shown))
    names = _LINK_NAMES.pack(0, len(first), len(first) + 2, len(second))
    return reparse_buffer(tag, names + flags + first + b"\0\0" + second + b"\0\0")


def reparse_buffer(tag: int, data: bytes) -> bytes:
    """Return a REPARSE_DATA_BUFFER."""
    return _LINK_HEAD.pack(tag, len(data), 0) + data


def unlimited(path: str) -> str:
    r"""Return an absolute path in the form that is not limited to 260 characters: ``\\?\C:\…`` or ``\\?\UNC\…``."""
    if path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    path = path.replace("/", "\\")
    return "\\\\?\\UNC" + path[1:] if path.startswith("\\\\") else "\\\\?\\" + path
