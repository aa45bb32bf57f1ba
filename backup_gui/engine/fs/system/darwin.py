"""The calls of macOS that Python does not offer, each by its name in the C library.

Nothing else in the program knows their arguments, numbers and structures. They are taken from the manual pages and the
headers of macOS: getxattr(2), getattrlist(2), statfs(2), fcntl(2), acl(3), xattr_name_with_flags(3) and
setiopolicy_np(3). The library is given to each, so that tests can put in its place one that behaves as documented.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import sys
import uuid
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_gui.engine.fs.folder import FolderHandle

F_FULLFSYNC: Final = 51
# What a file system answers that knows no such flush, as servers and drivers outside of the kernel do.
_NO_SUCH_FLUSH: Final = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY})

_XATTR_NOFOLLOW: Final = 0x1
_XATTR_CREATE: Final = 0x2
# Python has no name for it on every system.
ENOATTR: Final = 93
_XATTR_OPERATION_INTENT_BACKUP: Final = 5
# What the system, or a program that syncs a folder, keeps for each file by itself.
_OF_THE_SYSTEM: Final = (
    *("com.apple.system.", "com.apple.decmpfs", "com.apple.provenance", "com.apple.macl", "com.apple.rootless"),
    *("com.apple.fileprovider.", "com.apple.file-provider-domain-id"),
)
_ACL_TYPE_EXTENDED: Final = 0x100

_PATH_BYTES: Final = 1_024
_MNT_LOCAL: Final = 0x1000
_MNT_NOWAIT: Final = 2
# Where the volume of users' files is mounted, all of whose paths are the same without this.
_DATA_VOLUME: Final = "/System/Volumes/Data"
_AUTOMATIC: Final = "autofs"
_ATTR_BIT_MAP_COUNT: Final = 5
_ATTR_VOL_INFO: Final = 0x8000_0000
_ATTR_VOL_UUID: Final = 0x0004_0000

_IOPOL_TYPE_VFS_MATERIALIZE_DATALESS_FILES: Final = 3
_IOPOL_SCOPE_PROCESS: Final = 0
_IOPOL_SCOPE_THREAD: Final = 1
_IOPOL_MATERIALIZE_DATALESS_FILES_OFF: Final = 1
_IOPOL_MATERIALIZE_DATALESS_FILES_ON: Final = 2


def load() -> Any | None:  # noqa: ANN401 - a library has the functions that are asked of it
    """Return the C library of macOS; None on other systems."""
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "darwin" else None


@functools.cache
def volumes() -> DarwinVolumes:
    """Return what this system says of volumes; only on macOS."""
    return DarwinVolumes(load())


def flush_drive(fd: int, control: Callable[[int, int], int]) -> None:
    """Return when a drive has written all that it was given before.

    ``fsync`` only hands a file to the drive, which may keep it in its memory, and write it after what came later.

    Args:
        fd: A file or folder on the drive.
        control: Takes a descriptor and a command, as ``fcntl.fcntl``.

    Raises:
        OSError: It has not. What fails for another reason than that there is no such flush must not be tried again.
    """
    try:
        control(fd, F_FULLFSYNC)
    except OSError as error:
        if error.errno not in _NO_SUCH_FLUSH:
            raise
        os.fsync(fd)


class _OpensItself(Protocol):
    """A folder, as ``posix.PosixFolder``: on macOS there are no others."""

    def open_itself_at(self, name: str) -> int: ...


class DarwinAttributes:
    """Extended attributes, as ``attribute_calls.AttributeCalls``; Finder's tags and resource forks are some of them.

    Access lists and flags are not mirrored. A list that something new was handed down is taken away.
    """

    missing: Final = ENOATTR

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - as above
        text, number, size, signed = ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_ssize_t
        data, position = ctypes.c_void_p, ctypes.c_uint32
        self._get = _both(library, "getxattr", signed, text, data, size, position, number)
        self._set = _both(library, "setxattr", number, text, data, size, position, number)
        self._list = _both(library, "listxattr", signed, data, size, number)
        self._remove = _both(library, "removexattr", number, text, number)
        self._is_preserved = _function(library, "xattr_preserve_for_intent", number, text, number)
        self._acl_get = _function(library, "acl_get_fd_np", data, number, number)
        self._acl_set = _function(library, "acl_set_fd_np", number, number, data, number)
        self._acl_init = _function(library, "acl_init", data, number)
        self._acl_free = _function(library, "acl_free", number, data)

    @contextlib.contextmanager
    def reached(self, folder: FolderHandle, name: str) -> Iterator[int | str]:
        # There is no path to what is in a folder's descriptor, so it is opened.
        fd = cast("_OpensItself", folder).open_itself_at(name or ".")
        try:
            yield fd
        finally:
            os.close(fd)

    def names(self, where: int | str) -> list[str]:
        listed = self._read(self._list, where, ())
        return [os.fsdecode(name) for name in listed.split(b"\0") if name]

    def get(self, where: int | str, name: str, *, follows_link: bool = False) -> bytes:
        # The position counts in resource forks alone, which are read whole, too.
        return self._read(self._get, where, (os.fsencode(name),), 0, follows_link=follows_link)

    def set(self, where: int | str, name: str, value: bytes, *, is_new: bool = False) -> None:
        flags = _XATTR_CREATE if is_new else 0
        self._call(self._set, where, os.fsencode(name), value, len(value), 0, flags)

    def remove(self, where: int | str, name: str) -> None:
        self._call(self._remove, where, os.fsencode(name), 0)

    def is_carried(self, name: str, *, is_superuser: bool) -> bool:
        if name.startswith(_OF_THE_SYSTEM):
            return False
        return bool(self._is_preserved(os.fsencode(name), _XATTR_OPERATION_INTENT_BACKUP))

    def hands_down_list(self, fd: int) -> bool:
        found = self._acl_get(fd, _ACL_TYPE_EXTENDED)
        if found:
            self._acl_free(found)
        return bool(found)

    def drop_lists(self, where: int | str) -> None:
        assert isinstance(where, int)
        if not self.hands_down_list(where):
            return
        empty = self._acl_init(0)
        if not empty:
            raise _failure()
        try:
            if self._acl_set(where, empty, _ACL_TYPE_EXTENDED) != 0:
                raise _failure()
        finally:
            self._acl_free(empty)

    def _read(
        self,
        function: tuple[Any, Any],
        where: int | str,
        arguments: tuple[object, ...],
        *after: int,
        follows_link: bool = False,
    ) -> bytes:
        """Ask for the size of something, and read it; once more if it has grown meanwhile."""
        while True:
            size = self._call(function, where, *arguments, None, 0, *after, 0, follows_link=follows_link)
            if not size:
                return b""
            buffer = ctypes.create_string_buffer(size)
            try:
                length = self._call(function, where, *arguments, buffer, size, *after, 0, follows_link=follows_link)
            except OSError as error:
                if error.errno != errno.ERANGE:
                    raise
            else:
                return buffer.raw[:length]

    def _call(self, function: tuple[Any, Any], where: int | str, *arguments: Any, follows_link: bool = False) -> int:  # noqa: ANN401
        """Call the form for a path or the one for a descriptor; the last argument are the options."""
        by_path, by_fd = function
        if isinstance(where, int):
            result = by_fd(where, *arguments)
        else:
            options = arguments[-1] | (0 if follows_link else _XATTR_NOFOLLOW)
            result = by_path(os.fsencode(where), *arguments[:-1], options)
        if result < 0:
            raise _failure()
        return int(result)


class MountFacts(NamedTuple):
    """What macOS says of the mount that a path lies on.

    Attributes:
        kind: The file system's name, such as ``apfs``, ``hfs``, ``exfat`` or ``smbfs``.
        point: Absolute path of its root.
        origin: What is mounted: a device, or a server's share.
        is_local: Whether it is on a drive of this computer.
    """

    kind: str
    point: str
    origin: str
    is_local: bool


class DarwinVolumes:
    """What macOS says of volumes."""

    def __init__(self, library: Any) -> None:  # noqa: ANN401 - as above
        # On Intel the bare name is the form of old programs, with another structure.
        names = [name for name in ("statfs$INODE64", "statfs") if hasattr(library, name)]
        self._statfs = _function(library, names[0], ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_StatFs))
        names = [name for name in ("getfsstat$INODE64", "getfsstat") if hasattr(library, name)]
        self._getfsstat = _function(library, names[0], ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
        self._getattrlist = _function(
            library,
            "getattrlist",
            ctypes.c_int,
            *(ctypes.c_char_p, ctypes.POINTER(_AttrList), ctypes.c_void_p, ctypes.c_size_t, ctypes.c_ulong),
        )

    def mount_of(self, path: str) -> MountFacts:
        """Return the mount that a path lies on.

        Raises:
            OSError: It cannot be told.
        """
        found = _StatFs()
        if self._statfs(os.fsencode(path), ctypes.byref(found)) != 0:
            raise _failure()
        return _facts(found)

    def mounts(self) -> list[MountFacts]:
        """Return all mounts, as the system remembers them: no drive and no server is asked."""
        count = max(self._getfsstat(None, 0, _MNT_NOWAIT), 0)
        # Some may be mounted meanwhile.
        found = (_StatFs * (count + 8))()
        count = self._getfsstat(ctypes.addressof(found), ctypes.sizeof(found), _MNT_NOWAIT)
        if count < 0:
            raise _failure()
        return [_facts(one) for one in found[:count]]

    def network_mount_below(self, root: str) -> str:
        """Return the point of a share that is mounted somewhere below a folder; empty if there is none."""
        prefix = root.removeprefix(_DATA_VOLUME).rstrip("/") + "/"
        try:
            mounts = self.mounts()
        except OSError:
            return ""
        points = (mount.point for mount in mounts if not mount.is_local and mount.kind != _AUTOMATIC)
        return next((point for point in points if point.removeprefix(_DATA_VOLUME).startswith(prefix)), "")

    def id_of(self, path: str) -> str:
        """Return what stays the same for a path's volume from mount to mount; empty if nothing does.

        Device numbers do not: macOS gives them out in the order of mounting.

        Raises:
            OSError: The path cannot be looked at.
        """
        facts = self.mount_of(path)
        number = self.uuid_of(facts.point)
        if number:
            return f"uuid:{number}"
        return "" if facts.is_local else f"{facts.kind}:{facts.origin}"

    def network_kind(self, path: str) -> str:
        """Return the file system's name if a path lies on no drive of this computer, else an empty text."""
        try:
            facts = self.mount_of(path)
        except OSError:
            return ""
        return "" if facts.is_local else facts.kind

    def uuid_of(self, mount_point: str) -> str:
        """Return the UUID of the volume with this root, in small letters; empty if it has none, as for other paths."""
        asked = _AttrList(_ATTR_BIT_MAP_COUNT, 0, 0, _ATTR_VOL_INFO | _ATTR_VOL_UUID, 0, 0, 0)
        answer = _UuidAnswer()
        size = ctypes.sizeof(answer)
        result = self._getattrlist(os.fsencode(mount_point), ctypes.byref(asked), ctypes.byref(answer), size, 0)
        if result != 0 or answer.length < size or not any(answer.uuid):
            return ""
        return str(uuid.UUID(bytes=bytes(answer.uuid)))


def refuse_downloads(library: Any) -> bool:  # noqa: ANN401 - as above
    """Have reading fail, in this process, of files whose content is in a cloud, instead of bringing it from there.

    Returns:
        Whether the system does so from now on.
    """
    return _set_downloads(library, _IOPOL_SCOPE_PROCESS, _IOPOL_MATERIALIZE_DATALESS_FILES_OFF)


def permit_downloads(library: Any) -> bool:  # noqa: ANN401 - as above
    """Have reading bring such files in this thread, whatever holds for the process.

    Returns:
        Whether the system does so from now on.
    """
    return _set_downloads(library, _IOPOL_SCOPE_THREAD, _IOPOL_MATERIALIZE_DATALESS_FILES_ON)


def _set_downloads(library: Any, scope: int, policy: int) -> bool:  # noqa: ANN401 - as above
    call = _function(library, "setiopolicy_np", ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int)
    return bool(call(_IOPOL_TYPE_VFS_MATERIALIZE_DATALESS_FILES, scope, policy) == 0)


class _StatFs(ctypes.Structure):
    _fields_ = (
        ("f_bsize", ctypes.c_uint32),
        ("f_iosize", ctypes.c_int32),
        ("f_blocks", ctypes.c_uint64),
        ("f_bfree", ctypes.c_uint64),
        ("f_bavail", ctypes.c_uint64),
        ("f_files", ctypes.c_uint64),
        ("f_ffree", ctypes.c_uint64),
        ("f_fsid", ctypes.c_int32 * 2),
        ("f_owner", ctypes.c_uint32),
        ("f_type", ctypes.c_uint32),
        ("f_flags", ctypes.c_uint32),
        ("f_fssubtype", ctypes.c_uint32),
        ("f_fstypename", ctypes.c_char * 16),
        ("f_mntonname", ctypes.c_char * _PATH_BYTES),
        ("f_mntfromname", ctypes.c_char * _PATH_BYTES),
        ("f_flags_ext", ctypes.c_uint32),
        ("f_reserved", ctypes.c_uint32 * 7),
    )


def _facts(found: _StatFs) -> MountFacts:
    kind, point, origin = map(os.fsdecode, (found.f_fstypename, found.f_mntonname, found.f_mntfromname))
    return MountFacts(kind, point, origin, bool(found.f_flags & _MNT_LOCAL))


class _AttrList(ctypes.Structure):
    _fields_ = (
        ("bitmapcount", ctypes.c_ushort),
        ("reserved", ctypes.c_uint16),
        ("commonattr", ctypes.c_uint32),
        ("volattr", ctypes.c_uint32),
        ("dirattr", ctypes.c_uint32),
        ("fileattr", ctypes.c_uint32),
        ("forkattr", ctypes.c_uint32),
    )


class _UuidAnswer(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint32), ("uuid", ctypes.c_ubyte * 16))


def _function(library: Any, name: str, result: type, *arguments: type) -> Any:  # noqa: ANN401 - as above
    call = getattr(library, name)
    call.argtypes = arguments
    call.restype = result
    return call


def _both(library: Any, name: str, result: type, *arguments: type) -> tuple[Any, Any]:  # noqa: ANN401 - as above
    """Return the form of a call that takes a path, and the one that takes a descriptor."""
    by_path = _function(library, name, result, ctypes.c_char_p, *arguments)
    return by_path, _function(library, f"f{name}", result, ctypes.c_int, *arguments)


def _failure() -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))
