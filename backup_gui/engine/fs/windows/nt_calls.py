"""The calls of the Windows kernel, one thin method each, as ``nt.NtCalls``; by handles wherever there is a way.

The kernel's own calls, and not those of the Windows API, since only they open a name relative to an open folder, so
that what a path leads through can be exchanged for a link at any time without effect.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from ctypes import wintypes
from typing import Final

from backup_gui.engine.fs.windows import nt
from backup_gui.engine.fs.windows.nt import Facts

# Nothing here is for other systems, and type checkers are to know it.
assert sys.platform == "win32"

import msvcrt  # noqa: E402 - not on other systems

_SHARE_ALL: Final = 0x7
_CASE_INSENSITIVE: Final = 0x40
_OPEN_EXISTING: Final = 3
_FLAG_BACKUP_SEMANTICS: Final = 0x200_0000
_FLAG_OPEN_REPARSE_POINT: Final = 0x20_0000
_INVALID_HANDLE: Final = ctypes.c_void_p(-1).value
_SAME_ACCESS: Final = 0x2
_NO_MORE_FILES: Final = 18
_FSCTL_SET_REPARSE_POINT: Final = 0x9_00A4
_FSCTL_GET_REPARSE_POINT: Final = 0x9_00A8
_MOST_REPARSE_BYTES: Final = 16_384
# Of a volume on thirty disks.
_MOST_ANSWER_BYTES: Final = 1024
_LISTED_BYTES: Final = 65_536
_MOST_PATH: Final = 32_768
_ALLOWS_UNPRIVILEGED: Final = 0x2
_BY_GUID: Final = 0x1
_BUFFER_OVERFLOW: Final = 0x8000_0005

# Classes of NtQueryInformationFile and NtSetInformationFile,
_BASIC: Final = 4
_RENAME: Final = 10
_LINK: Final = 11
_DISPOSITION: Final = 13
_ALL: Final = 18
_ATTRIBUTE_TAG: Final = 35
_DISPOSITION_EX: Final = 64
_RENAME_EX: Final = 65
_STAT: Final = 68
# of NtQueryVolumeInformationFile,
_FILE_SYSTEM: Final = 5
_FULL_SIZE: Final = 7
# and of GetFileInformationByHandleEx.
_LISTING: Final = 10

_DELETES_AT_ONCE: Final = 0x1 | 0x2 | 0x10

_STAT_FORM: Final = struct.Struct("<qqqqqqqIIII")
# Times, attributes; sizes, links; number; the rest is of no use here, and the name ends it.
_ALL_FORM: Final = struct.Struct("<qqqqI4xqqI4xq")
_BASIC_FORM: Final = struct.Struct("<qqqqI4x")
_RENAME_HEAD: Final = struct.Struct("<I4xQI")


class _UnicodeString(ctypes.Structure):
    _fields_ = (("length", wintypes.USHORT), ("maximum_length", wintypes.USHORT), ("buffer", ctypes.c_void_p))


class _ObjectAttributes(ctypes.Structure):
    _fields_ = (
        ("length", wintypes.ULONG),
        ("root_directory", wintypes.HANDLE),
        ("object_name", ctypes.POINTER(_UnicodeString)),
        ("attributes", wintypes.ULONG),
        ("security_descriptor", ctypes.c_void_p),
        ("security_quality_of_service", ctypes.c_void_p),
    )


class _IoStatus(ctypes.Structure):
    _fields_ = (("status", ctypes.c_void_p), ("information", ctypes.c_void_p))


class _HandleInformation(ctypes.Structure):
    _fields_ = (
        ("attributes", wintypes.DWORD),
        ("times", wintypes.DWORD * 6),
        ("volume_serial", wintypes.DWORD),
        ("rest", wintypes.DWORD * 5),
    )


_ntdll = ctypes.WinDLL("ntdll")
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)


_ntdll.RtlNtStatusToDosError.argtypes = (wintypes.ULONG,)
_ntdll.RtlNtStatusToDosError.restype = wintypes.ULONG
_kernel32.CreateFileW.argtypes = (
    *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p),
    *(wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE),
)
_kernel32.CreateFileW.restype = wintypes.HANDLE
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel32.GetCurrentProcess.restype = wintypes.HANDLE
_kernel32.DuplicateHandle.argtypes = (
    *(wintypes.HANDLE, wintypes.HANDLE, wintypes.HANDLE, ctypes.POINTER(wintypes.HANDLE)),
    *(wintypes.DWORD, wintypes.BOOL, wintypes.DWORD),
)
_kernel32.GetFileInformationByHandleEx.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
_kernel32.DeviceIoControl.argtypes = (
    *(wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD),
    *(ctypes.c_void_p, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), ctypes.c_void_p),
)
_kernel32.GetFinalPathNameByHandleW.argtypes = (wintypes.HANDLE, wintypes.LPWSTR, wintypes.DWORD, wintypes.DWORD)
_kernel32.GetFileInformationByHandle.argtypes = (wintypes.HANDLE, ctypes.POINTER(_HandleInformation))
_kernel32.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)
_kernel32.GetDriveTypeW.restype = wintypes.UINT
_kernel32.FlushFileBuffers.argtypes = (wintypes.HANDLE,)
_kernel32.CreateSymbolicLinkW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD)
_kernel32.CreateSymbolicLinkW.restype = wintypes.BYTE

_ON_FILE: Final = (wintypes.HANDLE, ctypes.c_void_p, ctypes.c_void_p, wintypes.ULONG, ctypes.c_int)
for _call in (_ntdll.NtQueryInformationFile, _ntdll.NtSetInformationFile, _ntdll.NtQueryVolumeInformationFile):
    _call.argtypes = _ON_FILE
    _call.restype = wintypes.ULONG
_ntdll.NtCreateFile.argtypes = (
    *(ctypes.POINTER(wintypes.HANDLE), wintypes.ULONG, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
    *(wintypes.ULONG, wintypes.ULONG, wintypes.ULONG, wintypes.ULONG, ctypes.c_void_p, wintypes.ULONG),
)
_ntdll.NtCreateFile.restype = wintypes.ULONG
# Since Windows 10 of autumn 2017.
_query_by_name: Final = getattr(_ntdll, "NtQueryInformationByName", None)
if _query_by_name is not None:
    _query_by_name.argtypes = _ON_FILE
    _query_by_name.restype = wintypes.ULONG


class _Name:
    """A name in a folder, in the kernel's form; must live as long as it is in use."""

    __slots__ = ("_buffer", "_string", "attributes")

    def __init__(self, folder: int, name: str) -> None:
        encoded = name.encode("utf-16-le", "surrogatepass")
        self._buffer = ctypes.create_string_buffer(encoded, len(encoded) + 2)
        self._string = _UnicodeString(len(encoded), len(encoded), ctypes.addressof(self._buffer))
        self.attributes = _ObjectAttributes(
            ctypes.sizeof(_ObjectAttributes), folder, ctypes.pointer(self._string), _CASE_INSENSITIVE, None, None
        )


class Calls:
    """The calls, as ``nt.NtCalls``."""

    def open_path(self, path: str, access: int, options: int) -> int:
        flags = _FLAG_BACKUP_SEMANTICS
        if options & nt.OPEN_REPARSE_POINT:
            flags |= _FLAG_OPEN_REPARSE_POINT
        wanted = access | nt.SYNCHRONIZE
        handle = _kernel32.CreateFileW(path, wanted, _SHARE_ALL, None, _OPEN_EXISTING, flags, None)
        if handle == _INVALID_HANDLE:
            raise _last_error(path)
        return int(handle)

    def open_at(self, folder: int, name: str, access: int, options: int, disposition: int = nt.OPEN) -> int:
        named = _Name(folder, name)
        opened, status = wintypes.HANDLE(), _IoStatus()
        _check(
            _ntdll.NtCreateFile(
                *(ctypes.byref(opened), access | nt.SYNCHRONIZE, ctypes.byref(named.attributes), ctypes.byref(status)),
                *(None, nt.NORMAL, _SHARE_ALL, disposition, options | nt.SYNCHRONOUS | nt.BACKUP_INTENT, None, 0),
            ),
            name,
        )
        return int(opened.value or 0)

    def close(self, handle: int) -> None:
        _kernel32.CloseHandle(handle)

    def duplicate(self, handle: int) -> int:
        again, process = wintypes.HANDLE(), _kernel32.GetCurrentProcess()
        if not _kernel32.DuplicateHandle(process, handle, process, ctypes.byref(again), 0, False, _SAME_ACCESS):
            raise _last_error("")
        return int(again.value or 0)

    def facts(self, handle: int) -> Facts:
        buffer = ctypes.create_string_buffer(_STAT_FORM.size)
        if _query(handle, buffer, _STAT) == 0:
            return _stated(buffer.raw)
        # Before autumn 2017, and of file systems that do not tell it all at once.
        whole = ctypes.create_string_buffer(_MOST_PATH)
        status = _query(handle, whole, _ALL)
        if status != _BUFFER_OVERFLOW:
            _check(status, "")
        found = _ALL_FORM.unpack_from(whole)
        tag = 0
        if found[4] & nt.REPARSE_POINT:
            tags = ctypes.create_string_buffer(8)
            _check(_query(handle, tags, _ATTRIBUTE_TAG), "")
            tag = struct.unpack("<II", tags.raw)[1]
        return Facts(found[8], found[1], found[2], found[3], found[6], found[4], tag, found[7])

    def facts_at(self, folder: int, name: str) -> Facts | None:
        if _query_by_name is None:
            return None
        named, status, buffer = _Name(folder, name), _IoStatus(), ctypes.create_string_buffer(_STAT_FORM.size)
        arguments = (ctypes.byref(named.attributes), ctypes.byref(status), buffer, _STAT_FORM.size, _STAT)
        code = _query_by_name(*arguments)
        if code in nt.NOT_OFFERED:
            return None
        _check(code, name)
        return _stated(buffer.raw)

    def volume_serial(self, handle: int) -> int:
        found = _HandleInformation()
        if not _kernel32.GetFileInformationByHandle(handle, ctypes.byref(found)):
            raise _last_error("")
        return int(found.volume_serial)

    def file_system(self, handle: int) -> str:
        buffer, status = ctypes.create_string_buffer(_MOST_ANSWER_BYTES), _IoStatus()
        size = len(buffer)
        _check(_ntdll.NtQueryVolumeInformationFile(handle, ctypes.byref(status), buffer, size, _FILE_SYSTEM), "")
        # Before the name: attributes, the most characters in the name of a file, bytes of this one.
        _, _, length = struct.unpack_from("<IiI", buffer.raw)
        return buffer.raw[12 : 12 + length].decode("utf-16-le", "replace")

    def next_listed(self, handle: int) -> bytes:
        buffer = ctypes.create_string_buffer(_LISTED_BYTES)
        if not _kernel32.GetFileInformationByHandleEx(handle, _LISTING, buffer, _LISTED_BYTES):
            if ctypes.get_last_error() == _NO_MORE_FILES:
                return b""
            raise _last_error("")
        return buffer.raw

    def reparse_data(self, handle: int) -> bytes:
        buffer = ctypes.create_string_buffer(_MOST_REPARSE_BYTES)
        return buffer.raw[: _control(handle, _FSCTL_GET_REPARSE_POINT, b"", buffer)]

    def set_reparse_data(self, handle: int, data: bytes) -> None:
        _control(handle, _FSCTL_SET_REPARSE_POINT, data, None)

    def set_basic(self, handle: int, *, accessed: int = 0, written: int = 0, attributes: int = 0) -> None:
        _set(handle, _BASIC, _BASIC_FORM.pack(0, accessed, written, 0, attributes), "")

    def rename(self, handle: int, folder: int, name: str, flags: int, *, is_extended: bool) -> None:
        what = flags if is_extended else flags & nt.RENAME_REPLACES
        _set(handle, _RENAME_EX if is_extended else _RENAME, _renaming(what, folder, name), name)

    def link(self, handle: int, folder: int, name: str) -> None:
        _set(handle, _LINK, _renaming(0, folder, name), name)

    def remove(self, handle: int, *, is_extended: bool) -> None:
        if is_extended:
            _set(handle, _DISPOSITION_EX, struct.pack("<I", _DELETES_AT_ONCE), "")
        else:
            _set(handle, _DISPOSITION, b"\1", "")

    def flush(self, handle: int) -> None:
        if not _kernel32.FlushFileBuffers(handle):
            raise _last_error("")

    def free_space(self, handle: int) -> tuple[int, int]:
        buffer, status = ctypes.create_string_buffer(32), _IoStatus()
        _check(
            _ntdll.NtQueryVolumeInformationFile(handle, ctypes.byref(status), buffer, 32, _FULL_SIZE),
            "",
        )
        # Of all, for this user, for all users, sectors in a block, bytes in a sector.
        _, free, _, sectors, sector_bytes = struct.unpack("<qqqII", buffer.raw)
        return free * sectors * sector_bytes, sectors * sector_bytes

    def final_path(self, handle: int) -> str:
        return _final_path(handle, 0)

    def volume_guid(self, handle: int) -> str:
        return _final_path(handle, _BY_GUID).removeprefix("\\\\?\\").partition("\\")[0]

    def ask_device(self, handle: int, code: int) -> bytes:
        buffer = ctypes.create_string_buffer(_MOST_ANSWER_BYTES)
        return buffer.raw[: _control(handle, code, b"", buffer)]

    def drive_type(self, root: str) -> int:
        return int(_kernel32.GetDriveTypeW(root))

    def make_symlink(self, path: str, text: str, *, is_folder: bool) -> None:
        if not _kernel32.CreateSymbolicLinkW(path, text, _ALLOWS_UNPRIVILEGED | is_folder):
            raise _last_error(path)

    def to_fd(self, handle: int, flags: int) -> int:
        return msvcrt.open_osfhandle(handle, flags | os.O_BINARY | os.O_NOINHERIT)

    def of_fd(self, fd: int) -> int:
        return msvcrt.get_osfhandle(fd)


CALLS: Final = Calls()


def _check(status: int, name: str) -> None:
    """Raise the error that a status stands for, if it stands for one."""
    if status & 0xC000_0000 == 0xC000_0000:
        code = _ntdll.RtlNtStatusToDosError(status)
        raise nt.error_of(status, code, ctypes.FormatError(code).strip(), name)


def _final_path(handle: int, flags: int) -> str:
    buffer = ctypes.create_unicode_buffer(_MOST_PATH)
    if not _kernel32.GetFinalPathNameByHandleW(handle, buffer, _MOST_PATH, flags):
        raise _last_error("")
    return buffer.value


def _last_error(name: str) -> OSError:
    code = ctypes.get_last_error()
    return nt.error_of_windows(code, ctypes.FormatError(code).strip(), name)


def _query(handle: int, buffer: ctypes.Array[ctypes.c_char], kind: int) -> int:
    status = _IoStatus()
    return int(_ntdll.NtQueryInformationFile(handle, ctypes.byref(status), buffer, len(buffer), kind))


def _set(handle: int, kind: int, what: bytes, name: str) -> None:
    status = _IoStatus()
    _check(_ntdll.NtSetInformationFile(handle, ctypes.byref(status), what, len(what), kind), name)


def _renaming(flags: int, folder: int, name: str) -> bytes:
    encoded = name.encode("utf-16-le", "surrogatepass")
    form = _RENAME_HEAD.pack(flags, folder, len(encoded)) + encoded
    # The kernel wants room for all of its structure, of which a short name fills only a part.
    return form.ljust(_RENAME_HEAD.size + 4, b"\0")


def _control(handle: int, code: int, given: bytes, taken: ctypes.Array[ctypes.c_char] | None) -> int:
    count = wintypes.DWORD()
    room = 0 if taken is None else len(taken)
    if not _kernel32.DeviceIoControl(handle, code, given, len(given), taken, room, ctypes.byref(count), None):
        raise _last_error("")
    return count.value


def _stated(raw: bytes) -> Facts:
    found = _STAT_FORM.unpack(raw)
    return Facts(found[0], found[2], found[3], found[4], found[6], found[7], found[8], found[9])
