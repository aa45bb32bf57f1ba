"""A stand-in for the Windows kernel's calls: a folder of this system, with what Windows adds to it and forbids.

It behaves as the documentation of NtCreateFile, of the classes of NtSetInformationFile and of reparse points has it:
attributes and reparse points by file, share modes of other programs, names that are in use, folders that cannot be
renamed as long as something in them is open. Names differ by case, as they do below.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from backup_gui.engine.destination import metadata_writer as metadata
from backup_gui.engine.destination import mirror_tree, mirror_writer, probe
from backup_gui.engine.fs import native
from backup_gui.engine.fs.system.worker_process import WorkerProcess
from backup_gui.engine.fs.windows import folder, handles, nt
from backup_gui.engine.fs.windows.nt import Facts

NOT_IMPLEMENTED = 0xC000_0002
ACCESS_DENIED = 0xC000_0022
NAME_NOT_FOUND = 0xC000_0034
NAME_COLLISION = 0xC000_0035
SHARING_VIOLATION = 0xC000_0043
DELETE_PENDING = 0xC000_0056
PRIVILEGE_NOT_HELD = 0xC000_0061
NOT_EMPTY = 0xC000_0101
NOT_A_DIRECTORY = 0xC000_0103
IS_A_DIRECTORY = 0xC000_00BA
CANNOT_DELETE = 0xC000_0121

WOF = 0x8000_0017
_SHARE_READ, _SHARE_WRITE, _SHARE_DELETE = 1, 2, 4
_SHARES = ((nt.READ_DATA, _SHARE_READ), (nt.WRITE_DATA | nt.APPEND_DATA, _SHARE_WRITE), (nt.DELETE, _SHARE_DELETE))
_Key = tuple[int, int]


@dataclass
class _Handle:
    """What is open."""

    fd: int
    access: int
    options: int = 0


@dataclass
class FakeWindows:
    """The calls, as ``nt.NtCalls``, on a folder of this system.

    Attributes:
        is_new: Whether it is a Windows 10 on NTFS, where a name that is in use can be replaced and removed.
        may_link: Whether this user may make symbolic links by handle.
        is_developer: Whether this user may make them by path.
        guid: The name of its volume; empty on another computer.
        kind: The name of its file system.
        disks: The numbers of the disks that its volume lies on; none where it knows but one device, or nothing.
        device: The kind and number of that device; None where it is not known.
        remote: Drives that stand for shares.
        attributes: What of it is not as for any file, by device and inode.
        reparse: What a reparse point is and leads to.
        elsewhere: The path on this system that a link leads to.
        recalled: Files whose content was brought from elsewhere.
        flushed: Files and folders flushed.
        others: What other programs have open, and what they share.
    """

    is_new: bool = True
    may_link: bool = True
    is_developer: bool = False
    asks_by_name: bool = False
    guid: str = "Volume{0b1c1b1e-0000-0000-0000-100000000000}"
    kind: str = "NTFS"
    disks: tuple[int, ...] = ()
    device: tuple[int, int] | None = None
    remote: set[str] = field(default_factory=set)
    attributes: dict[_Key, int] = field(default_factory=dict)
    reparse: dict[_Key, bytes] = field(default_factory=dict)
    elsewhere: dict[_Key, str] = field(default_factory=dict)
    recalled: list[str] = field(default_factory=list)
    flushed: list[str] = field(default_factory=list)
    others: list[tuple[_Key, int, str]] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)
    handles: dict[int, _Handle] = field(default_factory=dict)
    next_number: int = 1 << 20

    # What a test sets up

    def mark(self, path: Path | str, attributes: int) -> None:
        """Give a file further attributes."""
        key = _key(os.lstat(path))
        self.attributes[key] = self.attributes.get(key, nt.ARCHIVE) | attributes
        os.utime(path, ns=(os.lstat(path).st_atime_ns, os.lstat(path).st_mtime_ns))

    def unmark(self, path: Path | str, attributes: int) -> None:
        """Take attributes from a file."""
        self.attributes[_key(os.lstat(path))] &= ~attributes

    def marks(self, path: Path | str) -> int:
        """Return the attributes of a file besides those of its kind."""
        return self.attributes.get(_key(os.lstat(path)), 0) & ~(nt.ARCHIVE | nt.NORMAL)

    def make_junction(self, path: Path, to: Path | str) -> None:
        """Make a junction."""
        path.mkdir()
        self.note_link(path, f"\\??\\C:{str(to).replace('/', chr(92))}")

    def make_driven(self, path: Path, tag: int = WOF) -> None:
        """Make a file one that a driver completes, as compressed and cloud files are."""
        self.reparse[_key(os.lstat(path))] = nt.reparse_buffer(tag, b"")

    def link_text(self, path: Path) -> str:
        """Return the text of a link."""
        return nt.link_text(self.reparse[_key(os.lstat(path))], is_folder=path.is_dir())

    @contextlib.contextmanager
    def held(self, path: Path, share: int = 0) -> Iterator[None]:
        """Have another program hold a file open; by default for itself alone."""
        held = (_key(os.lstat(path)), share, str(path))
        self.others.append(held)
        try:
            yield
        finally:
            self.others = [other for other in self.others if other is not held]

    # Opening

    def open_path(self, path: str, access: int, options: int) -> int:
        if self.guid and path == f"\\\\?\\{self.guid}":
            return self._new(os.open("/", os.O_PATH), access, options)
        return self._open(path.removeprefix("\\\\?\\").replace("\\", "/"), access, options, nt.OPEN)

    def open_at(self, folder: int, name: str, access: int, options: int, disposition: int = nt.OPEN) -> int:
        if not name:
            return self._new(os.dup(self.handles[folder].fd), access, options)
        if self._tag(self._fstat(folder)) and self.handles[folder].options & nt.OPEN_REPARSE_POINT:
            raise nt.error_of(NAME_NOT_FOUND, 2, "not found", name)
        return self._open(os.path.join(self.final_path(folder), name), access, options, disposition)

    def _open(self, path: str, access: int, options: int, disposition: int) -> int:
        if disposition == nt.CREATE:
            if os.path.lexists(path):
                raise nt.error_of(NAME_COLLISION, 183, "exists", path)
            if options & nt.DIRECTORY_FILE:
                os.mkdir(path)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        except OSError as error:
            status = NAME_NOT_FOUND if error.errno == errno.ENOENT else NOT_A_DIRECTORY
            raise nt.error_of(status, 2, "not there", path) from error
        found = os.fstat(fd)
        try:
            if path in self.pending:
                raise nt.error_of(DELETE_PENDING, 5, "busy: delete pending", path)
            leads_to = self.elsewhere.get(_key(found))
            if stat.S_ISLNK(found.st_mode):
                leads_to = os.path.join(os.path.dirname(path), os.readlink(path))
            if leads_to is not None and not options & nt.OPEN_REPARSE_POINT:
                return self._open(leads_to, access, options, nt.OPEN)
            if options & nt.DIRECTORY_FILE and not stat.S_ISDIR(found.st_mode):
                raise nt.error_of(NOT_A_DIRECTORY, 267, "no directory", path)
            if options & nt.NON_DIRECTORY_FILE and stat.S_ISDIR(found.st_mode):
                raise nt.error_of(IS_A_DIRECTORY, 5, "a directory", path)
            for key, share, _ in self.others:
                if key == _key(found) and any(access & wanted and not share & given for wanted, given in _SHARES):
                    raise nt.error_of(SHARING_VIOLATION, 32, "busy: sharing violation", path)
            is_written = access & (nt.WRITE_DATA | nt.APPEND_DATA) and stat.S_ISREG(found.st_mode)
            if is_written and self._attributes(found) & nt.READ_ONLY:
                raise nt.error_of(ACCESS_DENIED, 5, "access denied", path)
        except OSError:
            os.close(fd)
            raise
        return self._new(fd, access, options)

    def _new(self, fd: int, access: int, options: int) -> int:
        self.next_number += 1
        self.handles[self.next_number] = _Handle(fd, access, options)
        return self.next_number

    def close(self, handle: int) -> None:
        one = self.handles.pop(handle)
        path = self._path(one.fd)
        os.close(one.fd)
        if path in self.pending and not self._is_open(path):
            self.pending.discard(path)
            self._unlink(os.lstat(path), path)

    def duplicate(self, handle: int) -> int:
        one = self.handles[handle]
        return self._new(os.dup(one.fd), one.access, one.options)

    # Looking

    def facts(self, handle: int) -> Facts:
        found = self._fstat(handle)
        is_folder = stat.S_ISDIR(found.st_mode)
        accessed, written, changed = map(nt.nt_time, (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns))
        size_bytes, links = (0, 1) if is_folder else (found.st_size, found.st_nlink)
        attributes, tag = self._attributes(found), self._tag(found)
        return Facts(found.st_ino, accessed, written, changed, size_bytes, attributes, tag, links)

    def facts_at(self, folder: int, name: str) -> Facts | None:
        if not self.asks_by_name:
            return None
        # Here it has to be opened for that, and on Windows it is not.
        handle = self._open(
            os.path.join(self.final_path(folder), name), nt.READ_ATTRIBUTES, nt.OPEN_REPARSE_POINT, nt.OPEN
        )
        try:
            return self.facts(handle)
        finally:
            self.close(handle)

    def volume_serial(self, handle: int) -> int:
        return self._fstat(handle).st_dev

    def file_system(self, handle: int) -> str:
        self._fstat(handle)
        return self.kind

    def next_listed(self, handle: int) -> bytes:
        one = self.handles[handle]
        if one.options & 1 << 62:
            return b""
        one.options |= 1 << 62
        names = [".", "..", *sorted(os.listdir(self.final_path(handle)))]
        items = []
        for name in names:
            encoded = name.encode("utf-16-le", "surrogatepass")
            # Sizes and times as they were when the file was closed last: of no use.
            length = nt.LISTED.size + len(encoded)
            padded = -length % 8
            following = 0 if name is names[-1] else length + padded
            fields = (following, 0, 0, 0, 0, 0, 0, 0, 0, len(encoded), 0, 0, 0)
            items.append(nt.LISTED.pack(*fields) + encoded + bytes(padded))
        return b"".join(items)

    def reparse_data(self, handle: int) -> bytes:
        found = self._fstat(handle)
        if stat.S_ISLNK(found.st_mode):
            return nt.link_data(os.readlink(self.final_path(handle)))
        return self.reparse[_key(found)]

    def set_reparse_data(self, handle: int, data: bytes) -> None:
        self._need(handle, nt.WRITE_ATTRIBUTES)
        if int.from_bytes(data[:4], "little") == nt.SYMLINK and not self.may_link:
            raise nt.error_of(PRIVILEGE_NOT_HELD, 1314, "privilege", "")
        found, path = self._fstat(handle), self.final_path(handle)
        if stat.S_ISDIR(found.st_mode):
            self.note_link(Path(path), nt.link_text(data, is_folder=True))
            return
        # This system's own, so that its other calls see it, too.
        os.unlink(path)
        os.symlink(nt.link_text(data, is_folder=False), path)
        os.close(self.handles[handle].fd)
        self.handles[handle].fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)

    def final_path(self, handle: int) -> str:
        return self._path(self.handles[handle].fd)

    def volume_guid(self, handle: int) -> str:
        if not self.guid:
            raise nt.error_of_windows(1, "invalid function", "")
        return self.guid

    def ask_device(self, handle: int, code: int) -> bytes:
        assert self.final_path(handle) == "/", "only the volume itself is a device"
        if code == nt.DISK_EXTENTS and self.disks:
            return struct.pack("<I4x", len(self.disks)) + b"".join(struct.pack("<I4xqq", n, 9, 9) for n in self.disks)
        if code == nt.DEVICE_NUMBER and self.device is not None:
            return struct.pack("<III", *self.device, 1)
        raise nt.error_of_windows(1, "invalid function", "")

    def drive_type(self, root: str) -> int:
        return nt.REMOTE_DRIVE if root in self.remote else 3

    # Changing

    def set_basic(self, handle: int, *, accessed: int = 0, written: int = 0, attributes: int = 0) -> None:
        self._need(handle, nt.WRITE_ATTRIBUTES)
        found = self._fstat(handle)
        times = (
            nt.unix_ns(accessed) if accessed else found.st_atime_ns,
            nt.unix_ns(written) if written else found.st_mtime_ns,
        )
        os.utime(_proc(self._fd(handle)), ns=times)
        if attributes:
            self.attributes[_key(found)] = attributes

    def rename(self, handle: int, folder: int, name: str, flags: int, *, is_extended: bool) -> None:
        if is_extended and not self.is_new:
            raise nt.error_of(NOT_IMPLEMENTED, 1, "not implemented", name)
        self._need(handle, nt.DELETE)
        old, new = self.final_path(handle), os.path.join(self.final_path(folder), name)
        found = self._fstat(handle)
        if stat.S_ISDIR(found.st_mode) and self._has_open_below(old):
            raise nt.error_of(ACCESS_DENIED, 5, "something in it is open", name)
        there = os.lstat(new) if os.path.lexists(new) else found
        if _key(there) != _key(found):
            if not flags & nt.RENAME_REPLACES:
                raise nt.error_of(NAME_COLLISION, 183, "exists", name)
            if stat.S_ISDIR(there.st_mode):
                raise nt.error_of(ACCESS_DENIED, 5, "a directory", name)
            if self._attributes(there) & nt.READ_ONLY and not flags & nt.RENAME_IGNORES_READ_ONLY:
                raise nt.error_of(ACCESS_DENIED, 5, "read-only", name)
            shares = [share for key, share, _ in self.others if key == _key(there)]
            if shares and not (is_extended and all(share & _SHARE_DELETE for share in shares)):
                raise nt.error_of(ACCESS_DENIED, 5, "in use", name)
            self._forget(there)
        os.rename(old, new)

    def link(self, handle: int, folder: int, name: str) -> None:
        new = os.path.join(self.final_path(folder), name)
        if os.path.lexists(new):
            raise nt.error_of(NAME_COLLISION, 183, "exists", name)
        os.link(self.final_path(handle), new)

    def remove(self, handle: int, *, is_extended: bool) -> None:
        if is_extended and not self.is_new:
            raise nt.error_of(NOT_IMPLEMENTED, 1, "not implemented", "")
        self._need(handle, nt.DELETE)
        found, path = self._fstat(handle), self.final_path(handle)
        if self._attributes(found) & nt.READ_ONLY and not is_extended:
            raise nt.error_of(CANNOT_DELETE, 5, "read-only", "")
        if stat.S_ISDIR(found.st_mode) and not self._tag(found) and os.listdir(path):
            raise nt.error_of(NOT_EMPTY, 145, "not empty", "")
        if not is_extended:
            self.pending.add(path)
        else:
            self._unlink(found, path)

    def flush(self, handle: int) -> None:
        self._need(handle, nt.WRITE_DATA)
        self.flushed.append(self.final_path(handle))

    def free_space(self, handle: int) -> tuple[int, int]:
        found = os.statvfs(self.final_path(handle))
        return found.f_bavail * found.f_frsize, found.f_frsize

    def make_symlink(self, path: str, text: str, *, is_folder: bool) -> None:
        if not self.is_developer:
            raise nt.error_of(PRIVILEGE_NOT_HELD, 1314, "privilege", path)
        place = Path(path.replace("\\", "/"))
        if is_folder:
            place.mkdir()
            self.note_link(place, text + "\\")
        else:
            place.symlink_to(text)

    def to_fd(self, handle: int, flags: int) -> int:
        one = self.handles[handle]
        found = os.fstat(one.fd)
        if self._attributes(found) & (nt.OFFLINE | nt.RECALL_ON_OPEN | nt.RECALL_ON_DATA_ACCESS):
            self.recalled.append(self._path(one.fd))
        # Without its driver such a file has nothing in it.
        is_raw = self._tag(found) and one.options & nt.OPEN_REPARSE_POINT
        fd = os.open(os.devnull if is_raw else _proc(one.fd), flags)
        self.close(handle)
        return fd

    def of_fd(self, fd: int) -> int:
        return -fd

    # Inner parts

    def _fd(self, handle: int) -> int:
        return -handle if handle < 0 else self.handles[handle].fd

    def _fstat(self, handle: int) -> os.stat_result:
        return os.fstat(self._fd(handle))

    def _need(self, handle: int, access: int) -> None:
        if handle > 0 and not self.handles[handle].access & access:
            raise nt.error_of(ACCESS_DENIED, 5, "not opened for that", "")

    def _attributes(self, found: os.stat_result) -> int:
        own = self.attributes.get(_key(found), nt.ARCHIVE)
        kind = nt.DIRECTORY if stat.S_ISDIR(found.st_mode) else 0
        if not stat.S_ISDIR(found.st_mode) and not stat.S_ISREG(found.st_mode) and not stat.S_ISLNK(found.st_mode):
            kind = nt.DEVICE
        return own | kind | (nt.REPARSE_POINT if self._tag(found) else 0)

    def _tag(self, found: os.stat_result) -> int:
        if stat.S_ISLNK(found.st_mode):
            return nt.SYMLINK
        return int.from_bytes(self.reparse.get(_key(found), b"")[:4], "little")

    def _unlink(self, found: os.stat_result, path: str) -> None:
        if stat.S_ISDIR(found.st_mode):
            os.rmdir(path)
        else:
            os.unlink(path)
        self._forget(found)

    def _forget(self, found: os.stat_result) -> None:
        """Forget what has no name any more: its inode is given to what comes next."""
        if found.st_nlink == 1 or stat.S_ISDIR(found.st_mode):
            for known in (self.attributes, self.reparse, self.elsewhere):
                known.pop(_key(found), None)

    def _path(self, fd: int) -> str:
        return os.readlink(f"/proc/self/fd/{fd}")

    def _is_open(self, path: str) -> bool:
        """Tell whether something has a file open by this name of it."""
        ours = any(self._path(one.fd) == path for one in self.handles.values())
        return ours or any(other == path for _, _, other in self.others)

    def _has_open_below(self, path: str) -> bool:
        opened = (*(self._path(one.fd) for one in self.handles.values()), *(other for _, _, other in self.others))
        return any(one.startswith(path + "/") for one in opened)

    def note_link(self, path: Path, text: str) -> None:
        """Make an empty folder a link to a folder."""
        key = _key(path.lstat())
        self.reparse[key] = nt.link_data(text)
        target = text.removeprefix("\\??\\C:").replace("\\", "/")
        self.elsewhere[key] = os.path.join(path.parent, target)


def _key(found: os.stat_result) -> _Key:
    return found.st_dev, found.st_ino


def _proc(fd: int) -> str:
    return f"/proc/self/fd/{fd}"


def use_windows(patch: pytest.MonkeyPatch, fake: FakeWindows) -> None:
    """Have the engine open all folders and files as on Windows."""
    patch.setattr(native, "open_root", partial(folder.open_root, fake))
    patch.setattr(native, "open_file", lambda path: handles.open_file(fake, path))
    patch.setattr(native, "entry_of", lambda fd: handles.entry_of(fake, fd))
    patch.setattr(
        native,
        "entry_at",
        lambda path, *, follow_symlinks=True: handles.entry_at(fake, path, follow_symlinks=follow_symlinks),
    )
    patch.setattr(native, "read", handles.read)
    patch.setattr(native, "volume_of", lambda path: handles.volume_of(fake, path))
    patch.setattr(native, "is_remote", lambda path: handles.is_remote(fake, path))
    patch.setattr(WorkerProcess, "start_for", lambda *_arguments: None)
    for module in (mirror_tree, metadata, probe):
        patch.setattr(module, "HAS_MODES", False)
    for module in (mirror_tree, metadata, probe):
        patch.setattr(module, "own_ids", lambda: (-1, -1))
    patch.setattr(mirror_writer, "CAN_SYNC_VOLUME", False)
