"""What is done with one open file or folder of Windows, and with what other programs have open at the same time."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from typing import TYPE_CHECKING, Final, TypeVar

from backup_gui.engine.fs.windows import nt

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.fs.windows.nt import Facts, NtCalls
    from backup_gui.model.entries import Entry

T = TypeVar("T")

ITSELF: Final = nt.OPEN_REPARSE_POINT
READING: Final = nt.READ_DATA | nt.READ_ATTRIBUTES
SETTING: Final = nt.READ_ATTRIBUTES | nt.WRITE_ATTRIBUTES
_OURS: Final = nt.READ_ONLY | nt.HIDDEN | nt.SYSTEM
# What can be set together with them: to be archived, temporary, not to be indexed, and to be kept here or not.
SETTABLE: Final = _OURS | nt.ARCHIVE | 0x100 | 0x2000 | 0x8_0000 | 0x10_0000
# Scanners and indexers look at each new file for a moment, and keep others from it.
_PAUSES_S: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
NOT_OFFERED: Final = frozenset({errno.ENOSYS, errno.EINVAL})


class WindowsEntry:
    """The handle of an open file, as ``folder.OpenEntry``; it belongs to whoever opened it.

    Args:
        calls: The system.
        handle: The handle, open for setting attributes.
        device: The number of its volume.
    """

    __slots__ = ("_calls", "_device", "_handle")

    def __init__(self, calls: NtCalls, handle: int, device: int) -> None:
        self._calls = calls
        self._handle = handle
        self._device = device

    def stat(self) -> Entry:
        return nt.entry_of(self._calls.facts(self._handle), self._device)

    def set_owner(self, user: int, group: int) -> None:
        pass

    def set_mode(self, mode: int) -> None:
        set_mode_of(self._calls, self._handle, mode)

    def set_times(self, times_ns: tuple[int, int]) -> None:
        accessed_ns, written_ns = times_ns
        self._calls.set_basic(self._handle, accessed=nt.nt_time(accessed_ns), written=nt.nt_time(written_ns))


def open_file(calls: NtCalls, path: str) -> int:
    """Open a file by its path for reading, as ``FolderHandle.open_file_at``.

    Raises:
        OSError: As for ``os.open``.
    """
    path = unlimited(path)
    return read_only_fd(calls, tried_again(lambda: calls.open_path(path, READING, ITSELF)), path)


def entry_of(calls: NtCalls, fd: int) -> Entry:
    """Return the entry of an open file.

    Raises:
        OSError: It cannot be told.
    """
    handle = calls.of_fd(fd)
    return nt.entry_of(calls.facts(handle), calls.volume_serial(handle))


def entry_at(calls: NtCalls, path: str, *, follow_symlinks: bool = True) -> Entry:
    """Return the entry at a path, as ``os.stat`` does, and with the numbers that entries below open folders have.

    Raises:
        OSError: It cannot be told.
    """
    handle = calls.open_path(unlimited(path), nt.READ_ATTRIBUTES, 0 if follow_symlinks else ITSELF)
    try:
        return nt.entry_of(calls.facts(handle), calls.volume_serial(handle))
    finally:
        calls.close(handle)


def volume_of(calls: NtCalls, path: str) -> str:
    """Return what the volume of a path is known by, whatever letter it has at the moment.

    Its GUID, which Windows gives it for good, and its serial number: a card reader keeps its GUID with another card.

    Raises:
        OSError: It cannot be told.
    """
    handle = calls.open_path(unlimited(path), nt.READ_ATTRIBUTES, 0)
    try:
        serial = f"{calls.volume_serial(handle):x}"
        try:
            return f"{calls.volume_guid(handle)} {serial}"
        except OSError:
            # A folder of another computer.
            return f"device:{serial}"
    finally:
        calls.close(handle)


def file_system_of(calls: NtCalls, path: str) -> str:
    """Return the name of the file system that a path lies on, in small letters.

    Raises:
        OSError: The path cannot be looked at.
    """
    handle = calls.open_path(unlimited(path), nt.READ_ATTRIBUTES, 0)
    try:
        return calls.file_system(handle).lower()
    finally:
        calls.close(handle)


def disks_of(calls: NtCalls, path: str) -> frozenset[str]:
    """Return names of the disks that a path's volume lies on; none where the system does not tell.

    Raises:
        OSError: The path cannot be looked at.
    """
    handle = calls.open_path(unlimited(path), nt.READ_ATTRIBUTES, 0)
    try:
        # Without a separator at its end it is the volume itself, and not its root.
        volume = calls.open_path(f"\\\\?\\{calls.volume_guid(handle)}", nt.READ_ATTRIBUTES, 0)
    except OSError:
        # A folder of another computer.
        return frozenset()
    finally:
        calls.close(handle)
    try:
        for code, disks in ((nt.DISK_EXTENTS, nt.disks_of_extents), (nt.DEVICE_NUMBER, nt.disk_of_device)):
            with contextlib.suppress(OSError):
                return disks(calls.ask_device(volume, code))
    finally:
        calls.close(volume)
    return frozenset()


def is_remote(calls: NtCalls, path: str) -> bool:
    """Tell whether a path lies on another computer: on a share, or on a drive that stands for one."""
    path = unlimited(path)
    return path.startswith("\\\\?\\UNC\\") or calls.drive_type(path[:7]) == nt.REMOTE_DRIVE


def real_path(path: str) -> str:
    """Return an absolute path without links; what cannot be looked at is taken as it is written.

    As ``os.path.realpath``, which raises what it does not expect of a path: 234 of one of more than 260 characters
    under wine, or what the system says of a share or a drive that just failed.
    """
    try:
        return os.path.realpath(path)
    except OSError:
        parent, name = os.path.split(os.path.abspath(path))
        return os.path.join(real_path(parent), name) if name else parent


def read(fd: int, count: int) -> bytes:
    """Read from an open file, as ``os.read``.

    Raises:
        OSError: It could not be read; ``EBUSY`` where another program has locked this part.
    """
    for pause_s in _PAUSES_S:
        with contextlib.suppress(PermissionError):
            return os.read(fd, count)
        time.sleep(pause_s)
    try:
        return os.read(fd, count)
    except PermissionError as error:
        # It was opened for reading, so nothing else refuses this.
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from error


def unlimited(path: str) -> str:
    """Return an absolute path in the form that has no limit of length, in which the system resolves nothing."""
    return nt.unlimited(os.path.normpath(path))


def read_only_fd(calls: NtCalls, handle: int, name: str) -> int:
    """Return a descriptor for what a handle has open, if that is a file with its content on this volume."""
    try:
        facts = calls.facts(handle)
        if not stat.S_ISREG(nt.mode_of(facts)):
            # As other systems say it of links and folders, and of what is no file at all.
            number = errno.ELOOP if nt.is_link(facts) else errno.ENXIO
            raise OSError(number, os.strerror(number), name)
        handle = completed(calls, handle, facts, READING)
    except BaseException:
        calls.close(handle)
        raise
    return calls.to_fd(handle, os.O_RDONLY)


def completed(calls: NtCalls, handle: int, facts: Facts, access: int) -> int:
    """Return a handle by which a file or folder is seen as its driver shows it; the one given, or it is closed."""
    if not nt.is_completed_by_driver(facts):
        return handle
    again = calls.open_at(handle, "", access, 0)
    calls.close(handle)
    return again


def set_mode_of(calls: NtCalls, handle: int, mode: int) -> None:
    """Set the attributes that a mode stands for, unless it has the kind of something else."""
    facts = calls.facts(handle)
    if stat.S_IFMT(mode) and stat.S_IFMT(mode) != stat.S_IFMT(nt.mode_of(facts)):
        return
    before = facts.attributes & SETTABLE
    wanted = nt.attributes_of_mode(mode, is_folder=bool(facts.attributes & nt.DIRECTORY))
    after = (before & ~_OURS) | wanted
    if after != before:
        calls.set_basic(handle, attributes=after or nt.NORMAL)


def remove(calls: NtCalls, handle: int) -> None:
    """Remove the name of an open file, also if it is read-only."""
    try:
        calls.remove(handle, is_extended=True)
    except OSError as error:
        if error.errno not in NOT_OFFERED:
            raise
    else:
        return
    facts = calls.facts(handle)
    if not facts.attributes & nt.READ_ONLY:
        calls.remove(handle, is_extended=False)
        return
    setting = calls.open_at(handle, "", SETTING, ITSELF)
    try:
        calls.set_basic(setting, attributes=(facts.attributes & SETTABLE & ~nt.READ_ONLY) or nt.NORMAL)
        try:
            calls.remove(handle, is_extended=False)
        except OSError:
            calls.set_basic(setting, attributes=facts.attributes & SETTABLE)
            raise
    finally:
        calls.close(setting)


def tried_again(call: Callable[[], T], *numbers: int) -> T:
    """Call something, again for a short time as long as another program is in the way.

    Args:
        call: What to do.
        numbers: The errors after which it is tried again; by default that it is in use.

    Raises:
        OSError: As the call, in the end.
    """
    passing = numbers or (errno.EBUSY,)
    for pause_s in _PAUSES_S:
        try:
            return call()
        except OSError as error:
            if error.errno not in passing:
                raise
        time.sleep(pause_s)
    return call()


def in_use(name: str) -> OSError:
    """Return the error for what another program has open."""
    return OSError(errno.EBUSY, os.strerror(errno.EBUSY), name)
