"""A stand-in for the C library of macOS, on any system: its functions take and answer what the manual pages say.

They are C functions that call back into Python, so that what is handed over goes the same way as to the real ones.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_size_t, c_ssize_t, c_uint32, c_ulong, c_void_p
from typing import Any

NOFOLLOW, CREATE, REPLACE = 0x1, 0x2, 0x4
ENOATTR = 93
RESOURCE_FORK = "com.apple.ResourceFork"
_EXTENDED = 0x100
_MAX_NAME = 127
_STATFS_BYTES = 2_168
_UUID_ONLY = (5, 0, 0, 0x8004_0000, 0, 0, 0)


class RefusedError(Exception):
    """What a function answers with -1 and an error number."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _c(result: type, *arguments: type) -> Callable[[Callable[..., int]], property]:
    """Make a method a C function that sets ``errno``."""

    def decorate(method: Callable[..., int]) -> property:
        kind = ctypes.CFUNCTYPE(result, *arguments, use_errno=True)

        def make(library: DarwinLibrary) -> Any:
            if method.__name__ not in library.functions:

                @functools.wraps(method)
                def call(*given: Any) -> int:
                    try:
                        return method(library, *given)
                    except RefusedError as refused:
                        ctypes.set_errno(refused.code)
                    except OSError as error:
                        ctypes.set_errno(error.errno or errno.EIO)
                    return -1

                library.functions[method.__name__] = kind(call)
            return library.functions[method.__name__]

        return property(make)

    return decorate


class DarwinLibrary:
    """The library.

    Attributes:
        attributes: Names and values by the file's device and inode.
        lists: The files that have an access list, by device and inode.
        refusals: The error number that a function answers, by its name.
        never_kept: Names that the system does not want to be in a backup.
        uuids: The UUID of each volume, 16 bytes, by its mount point.
        mounts: File system, origin and flags of each mount, by its mount point.
        policies: What was asked of ``setiopolicy_np``.
    """

    def __init__(self) -> None:
        self.functions: dict[str, Any] = {}
        self.attributes: dict[tuple[int, int], dict[str, bytes]] = {}
        self.lists: set[tuple[int, int]] = set()
        self.refusals: dict[str, int] = {}
        self.never_kept: set[str] = set()
        self.uuids: dict[str, bytes] = {}
        self.mounts: dict[str, tuple[str, str, int]] = {"/": ("apfs", "/dev/disk3s1", 0x1000)}
        self.policies: list[tuple[int, int, int]] = []
        self._acls: dict[int, bool] = {}

    def of(self, path: str | os.PathLike[str]) -> dict[str, bytes]:
        """Return the attributes of a file, which may be changed."""
        found = os.lstat(path)
        # As on macOS, what changes an attribute changes the time of the file's last change.
        os.chmod(path, found.st_mode & 0o7777)
        return self.attributes.setdefault((found.st_dev, found.st_ino), {})

    # Attributes

    @_c(c_ssize_t, c_char_p, c_char_p, c_void_p, c_size_t, c_uint32, c_int)
    def getxattr(self, path: bytes, name: bytes, value: int | None, size: int, position: int, options: int) -> int:
        self._refuse("getxattr", options, NOFOLLOW)
        return self._get(_at(path, options), name, value, size, position)

    @_c(c_ssize_t, c_int, c_char_p, c_void_p, c_size_t, c_uint32, c_int)
    def fgetxattr(self, fd: int, name: bytes, value: int | None, size: int, position: int, options: int) -> int:
        self._refuse("getxattr", options, 0)
        return self._get(os.fstat(fd), name, value, size, position)

    @_c(c_int, c_char_p, c_char_p, c_void_p, c_size_t, c_uint32, c_int)
    def setxattr(self, path: bytes, name: bytes, value: int, size: int, position: int, options: int) -> int:
        self._refuse("setxattr", options, NOFOLLOW | CREATE | REPLACE)
        return self._set(_at(path, options), name, value, size, position, options)

    @_c(c_int, c_int, c_char_p, c_void_p, c_size_t, c_uint32, c_int)
    def fsetxattr(self, fd: int, name: bytes, value: int, size: int, position: int, options: int) -> int:
        self._refuse("setxattr", options, CREATE | REPLACE)
        return self._set(os.fstat(fd), name, value, size, position, options)

    @_c(c_ssize_t, c_char_p, c_void_p, c_size_t, c_int)
    def listxattr(self, path: bytes, names: int | None, size: int, options: int) -> int:
        self._refuse("listxattr", options, NOFOLLOW)
        return self._list(_at(path, options), names, size)

    @_c(c_ssize_t, c_int, c_void_p, c_size_t, c_int)
    def flistxattr(self, fd: int, names: int | None, size: int, options: int) -> int:
        self._refuse("listxattr", options, 0)
        return self._list(os.fstat(fd), names, size)

    @_c(c_int, c_char_p, c_char_p, c_int)
    def removexattr(self, path: bytes, name: bytes, options: int) -> int:
        self._refuse("removexattr", options, NOFOLLOW)
        return self._remove(_at(path, options), name)

    @_c(c_int, c_int, c_char_p, c_int)
    def fremovexattr(self, fd: int, name: bytes, options: int) -> int:
        self._refuse("removexattr", options, 0)
        return self._remove(os.fstat(fd), name)

    @_c(c_int, c_char_p, c_int)
    def xattr_preserve_for_intent(self, name: bytes, intent: int) -> int:
        assert intent == 5, "backup"
        return int(name.decode() not in self.never_kept)

    # Access lists

    @_c(c_void_p, c_int, c_int)
    def acl_get_fd_np(self, fd: int, kind: int) -> int:
        assert kind == _EXTENDED
        found = os.fstat(fd)
        if (found.st_dev, found.st_ino) not in self.lists:
            ctypes.set_errno(errno.ENOENT)
            return 0
        return self._new_acl(is_empty=False)

    @_c(c_void_p, c_int)
    def acl_init(self, count: int) -> int:
        assert count == 0
        return self._new_acl(is_empty=True)

    @_c(c_int, c_int, c_void_p, c_int)
    def acl_set_fd_np(self, fd: int, acl: int, kind: int) -> int:
        self._refuse("acl_set_fd_np", 0, 0)
        assert (kind, self._acls[acl]) == (_EXTENDED, True)
        found = os.fstat(fd)
        self.lists.discard((found.st_dev, found.st_ino))
        return 0

    @_c(c_int, c_void_p)
    def acl_free(self, acl: int) -> int:
        del self._acls[acl]
        return 0

    def has_leaked(self) -> bool:
        """Tell whether an access list was not freed."""
        return bool(self._acls)

    # Volumes

    @_c(c_int, c_char_p, c_void_p)
    def statfs(self, path: bytes, answer: int) -> int:
        self._refuse("statfs", 0, 0)
        point = os.path.realpath(path.decode())
        while point not in self.mounts:
            point = os.path.dirname(point)
        self._tell_of_mount(point, answer)
        return 0

    @_c(c_int, c_void_p, c_int, c_int)
    def getfsstat(self, answers: int | None, size: int, flags: int) -> int:
        self._refuse("getfsstat", 0, 0)
        assert flags == 2, "no server is waited for"
        if answers is None:
            return len(self.mounts)
        points = [*self.mounts][: size // _STATFS_BYTES]
        for index, point in enumerate(points):
            self._tell_of_mount(point, answers + index * _STATFS_BYTES)
        return len(points)

    def _tell_of_mount(self, point: str, answer: int) -> None:
        kind, origin, flags = self.mounts[point]
        # The structure of 64-bit inodes: f_flags, f_fstypename, f_mntonname and f_mntfromname.
        ctypes.memset(answer, 0, _STATFS_BYTES)
        ctypes.memmove(answer + 64, flags.to_bytes(4, "little"), 4)
        for offset, text in ((72, kind), (88, point), (1_112, origin)):
            ctypes.memmove(answer + offset, text.encode(), len(text))

    @_c(c_int, c_char_p, c_void_p, c_void_p, c_size_t, c_ulong)
    def getattrlist(self, path: bytes, asked: int, answer: int, size: int, options: int) -> int:
        self._refuse("getattrlist", options, 0)
        words = (ctypes.c_uint16 * 2).from_address(asked), (c_uint32 * 5).from_address(asked + 4)
        assert (*words[0], *words[1]) == _UUID_ONLY
        if path.decode() not in self.mounts:
            # Of what is not the root of a volume the system tells nothing of its volume.
            raise RefusedError(errno.EINVAL)
        if path.decode() not in self.uuids:
            # A volume without the attribute.
            raise RefusedError(errno.EINVAL)
        ctypes.memmove(answer, ((20).to_bytes(4, "little") + self.uuids[path.decode()])[:size], min(20, size))
        return 0

    # Clouds

    @_c(c_int, c_int, c_int, c_int)
    def setiopolicy_np(self, kind: int, scope: int, policy: int) -> int:
        self._refuse("setiopolicy_np", 0, 0)
        self.policies.append((kind, scope, policy))
        return 0

    # Inner parts

    def _refuse(self, name: str, options: int, known: int) -> None:
        if options & ~known:
            raise RefusedError(errno.EINVAL)
        if name in self.refusals:
            raise RefusedError(self.refusals[name])

    def _new_acl(self, *, is_empty: bool) -> int:
        address = 0x1000 + 16 * len(self._acls)
        self._acls[address] = is_empty
        return address

    def _there(self, found: os.stat_result) -> dict[str, bytes]:
        return self.attributes.get((found.st_dev, found.st_ino), {})

    def _get(self, found: os.stat_result, name: bytes, value: int | None, size: int, position: int) -> int:
        content = self._there(found).get(name.decode())
        if content is None:
            raise RefusedError(ENOATTR)
        if position and name.decode() != RESOURCE_FORK:
            raise RefusedError(errno.EINVAL)
        return _fill(value, size, content[position:])

    def _set(self, found: os.stat_result, name: bytes, value: int, size: int, position: int, options: int) -> int:
        if len(name) > _MAX_NAME:
            raise RefusedError(errno.ENAMETOOLONG)
        if position:
            raise RefusedError(errno.EINVAL)
        there = self.attributes.setdefault((found.st_dev, found.st_ino), {})
        if options & CREATE and name.decode() in there:
            raise RefusedError(errno.EEXIST)
        there[name.decode()] = ctypes.string_at(value, size) if size else b""
        return 0

    def _list(self, found: os.stat_result, names: int | None, size: int) -> int:
        return _fill(names, size, b"".join(name.encode() + b"\0" for name in self._there(found)))

    def _remove(self, found: os.stat_result, name: bytes) -> int:
        if self._there(found).pop(name.decode(), None) is None:
            raise RefusedError(ENOATTR)
        return 0


def _at(path: bytes, options: int) -> os.stat_result:
    return os.stat(path, follow_symlinks=not options & NOFOLLOW)


def _fill(buffer: int | None, size: int, content: bytes) -> int:
    """Put something into a buffer that may be too small; without one, tell how long it is."""
    if buffer is not None:
        if size < len(content):
            raise RefusedError(errno.ERANGE)
        ctypes.memmove(buffer, content, len(content))
    return len(content)
