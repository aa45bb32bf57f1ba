"""The calls of the Windows kernel themselves: these run on Windows only."""

# ruff: noqa: E402 - which system it is is asked first
from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from backup_gui.engine.fs import native
from backup_gui.engine.fs.windows import folder, handles, nt
from backup_gui.model.entries import EntryKind, kind_of

if sys.platform != "win32":
    pytest.skip("the calls of Windows", allow_module_level=True)
# Type checkers are to know it, too.
assert sys.platform == "win32"

import ctypes
import msvcrt

from backup_gui.engine.fs.windows.folder import WindowsFolder
from backup_gui.engine.fs.windows.nt_calls import CALLS
from tests.helpers.systems import IS_WINE

LONG_AGO_NS = 1_000_000_000_123_456_700
EXCLUSIVE, SHARED = 0, 7


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[WindowsFolder]:
    handle = folder.open_root(CALLS, str(tmp_path))
    yield handle
    handle.close()


def put(handle: WindowsFolder, name: str, content: bytes = b"") -> None:
    fd = handle.create_at(name)
    os.write(fd, content)
    os.close(fd)


def content_of(handle: WindowsFolder, name: str) -> bytes:
    fd = handle.open_file_at(name)
    try:
        return handles.read(fd, 1_000)
    finally:
        os.close(fd)


def errno_of(attempt: Callable[[], object]) -> int | None:
    """Return the number of the error that a call ends with; 0 if it ends well."""
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0


class Held:
    """A file that another program has open for reading."""

    def __init__(self, path: Path, share: int) -> None:
        create = ctypes.WinDLL("kernel32").CreateFileW
        create.restype = ctypes.c_void_p
        self._handle = create(ctypes.c_wchar_p(str(path)), 0x8000_0000, share, None, 3, 0x80, None)
        assert self._handle != ctypes.c_void_p(-1).value

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_exception: object) -> None:
        ctypes.WinDLL("kernel32").CloseHandle(ctypes.c_void_p(self._handle))


def test_an_entry_is_that_of_the_system(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "file", b"content")
    entry, theirs = opened.stat_at("file"), os.stat(tmp_path / "file")
    assert (entry.st_size, entry.st_mtime_ns // 100, entry.st_nlink) == (7, theirs.st_mtime_ns // 100, 1)
    if sys.version_info < (3, 12):
        # Since then Python takes the longer numbers.
        assert (entry.st_ino, entry.st_dev) == (theirs.st_ino, theirs.st_dev)
    assert opened.stat()[:3] == handles.entry_at(CALLS, str(tmp_path))[:3]
    fd = opened.open_file_at("file")
    assert handles.entry_of(CALLS, fd) == entry
    os.close(fd)


def test_times_and_attributes_are_set_of_open_and_of_closed_files(opened: WindowsFolder) -> None:
    fd = opened.create_at("file")
    os.write(fd, b"content")
    it = opened.opened(fd)
    it.set_times((LONG_AGO_NS, LONG_AGO_NS))
    it.set_mode(stat.S_IRUSR)
    os.close(fd)
    entry = opened.stat_at("file")
    assert (entry.st_mtime_ns, stat.S_IMODE(entry.st_mode) & stat.S_IWUSR) == (LONG_AGO_NS, 0)
    changed_ns = entry.st_ctime_ns
    assert changed_ns > LONG_AGO_NS
    mode = nt.mode_of(nt.Facts(0, 0, 0, 0, 0, nt.HIDDEN | nt.SYSTEM, 0, 1))
    opened.set_mode_at("file", mode)
    assert opened.stat_at("file").st_mode == mode
    opened.set_times((LONG_AGO_NS, LONG_AGO_NS))
    assert opened.stat().st_mtime_ns == LONG_AGO_NS


def test_an_edit_that_keeps_size_and_time_is_seen(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "file", b"old")
    before = opened.stat_at("file")
    (tmp_path / "file").write_bytes(b"new")
    os.utime(tmp_path / "file", ns=(before.st_atime_ns, before.st_mtime_ns))
    after = opened.stat_at("file")
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert before.st_ctime_ns < after.st_ctime_ns


def test_many_names_are_listed_again_and_again(opened: WindowsFolder) -> None:
    names = {f"{number:04} with a name that fills the buffer soon" for number in range(1_000)}
    assert opened.names() == []
    for name in names:
        put(opened, name)
    assert set(opened.names()) == names
    assert opened.entries(999) is None
    found = opened.entries(1_000)
    assert found is not None
    assert found.keys() == names
    with opened.scan() as listed:
        assert {item.name for item in listed} == names
    again = opened.duplicate()
    assert set(again.names()) == names
    again.close()


def test_names_are_made_linked_renamed_and_removed(opened: WindowsFolder) -> None:
    opened.mkdir_at("below", 0o700)
    below = opened.open_dir_at("below")
    put(opened, "file", b"old")
    opened.link_at("file", below, "second")
    assert below.stat_at("second").st_nlink == 2
    put(opened, "new", b"new")
    for attempt in (
        lambda: below.link_at("second", opened, "file"),
        lambda: opened.rename_at("new", below, "second"),
        lambda: opened.create_at("new"),
        lambda: opened.mkdir_at("new", 0o700),
    ):
        with pytest.raises(FileExistsError):
            attempt()
    opened.replace_at("new", below, "second")
    assert (content_of(below, "second"), content_of(opened, "file")) == (b"new", b"old")
    below.rename_at("second", opened, "third")
    assert sorted(opened.names()) == ["below", "file", "third"]
    opened.rename_at("third", below, "third")
    assert errno_of(lambda: opened.rmdir_at("below")) == errno.ENOTEMPTY
    with pytest.raises(IsADirectoryError):
        opened.unlink_at("below")
    below.unlink_at("third")
    below.close()
    opened.rmdir_at("below")
    with pytest.raises(FileNotFoundError):
        opened.stat_at("below")


def test_the_user_may_edit_rename_and_remove_what_is_being_copied(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "file", b"content")
    fd = opened.open_file_at("file")
    with (tmp_path / "file").open("r+b") as file:
        file.write(b"changed")
    os.rename(tmp_path / "file", tmp_path / "renamed")
    os.replace(tmp_path / "renamed", tmp_path / "again")
    os.unlink(tmp_path / "again")
    assert handles.read(fd, 9) == b"changed"
    os.close(fd)
    assert opened.names() == []


def test_what_another_program_holds_is_told_as_in_use(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "held", b"old")
    put(opened, "new", b"new")
    with Held(tmp_path / "held", EXCLUSIVE):
        for attempt in (
            lambda: opened.open_file_at("held"),
            lambda: opened.unlink_at("held"),
            lambda: opened.rename_at("held", opened, "other"),
            lambda: opened.replace_at("new", opened, "held"),
        ):
            assert errno_of(attempt) == errno.EBUSY
        assert opened.stat_at("held").st_size == 3
    with Held(tmp_path / "held", SHARED):
        # There are file systems, and versions of Windows, that replace nothing that is open.
        number = errno_of(lambda: opened.replace_at("new", opened, "held"))
        assert number in {0, errno.EBUSY}
        assert content_of(opened, "held") == (b"old" if number else b"new")


def test_a_locked_part_is_told_as_in_use(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "file", b"content")
    with (tmp_path / "file").open("r+b") as file:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 7)
        fd = opened.open_file_at("file")
        # Not every system keeps the lock from readers.
        assert errno_of(lambda: handles.read(fd, 9)) in {0, errno.EBUSY}
        os.close(fd)
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 7)


def test_read_only_files_are_replaced_and_removed(opened: WindowsFolder) -> None:
    for name in ("object", "new"):
        put(opened, name, name.encode())
        opened.set_mode_at(name, stat.S_IFREG | stat.S_IRUSR)
    opened.replace_at("new", opened, "object")
    assert content_of(opened, "object") == b"new"
    opened.flush_file_at("object")
    opened.unlink_at("object")
    assert opened.names() == []


def test_paths_of_any_length_are_opened(opened: WindowsFolder, tmp_path: Path) -> None:
    handle, path = opened.reopen(), str(tmp_path)
    for _ in range(8):
        name = "folder of fifty characters and a few more in a row"
        handle.mkdir_at(name, 0o700)
        below, path = handle.open_dir_at(name), os.path.join(path, name)
        handle.close()
        handle = below
    put(handle, "file", b"content")
    handle.close()
    assert len(path) > 400
    root = folder.open_root(CALLS, path)
    assert root.names() == ["file"]
    root.close()
    fd = handles.open_file(CALLS, os.path.join(path, "file"))
    assert handles.read(fd, 9) == b"content"
    os.close(fd)
    for below in ("", "file", "not there"):
        reached = os.path.join(path, below).rstrip("\\")
        assert os.path.normcase(native.real_path(reached)) == os.path.normcase(reached)


def test_links_are_links_where_the_system_has_them(opened: WindowsFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "strangers").write_bytes(b"theirs")
    made = []
    for name, text in (
        ("junction", f"\\??\\{tmp_path}\\elsewhere"),
        ("to folder", "elsewhere\\"),
        ("to file", "elsewhere\\strangers"),
    ):
        try:
            opened.symlink_at(text, name)
        except OSError:
            # Users may make junctions alone, and some file systems have no links at all.
            continue
        made.append(name)
        assert opened.readlink_at(name) == text
        assert kind_of(opened.stat_at(name)) is EntryKind.LINK
        assert errno_of(partial(opened.open_dir_at, name)) == errno.ENOTDIR
    assert sorted(opened.names()) == sorted(["elsewhere", *made])
    for name in made:
        opened.unlink_at(name)
    assert (tmp_path / "elsewhere" / "strangers").read_bytes() == b"theirs"


def test_names_lead_nowhere_else(opened: WindowsFolder) -> None:
    put(opened, "file")
    for name in ("..", "a\\b", "a/b", "file:stream", ""):
        assert errno_of(partial(opened.create_at, name)) == errno.EINVAL
    assert opened.names() == ["file"]


def test_room_is_told_and_folders_reach_the_disk(opened: WindowsFolder, tmp_path: Path) -> None:
    put(opened, "file")
    assert opened.room().free_bytes > 0
    assert opened.room().block_bytes >= 512
    opened.flush_dir()
    opened.flush_file_at("file")
    assert os.path.samefile(opened.path_of("file"), tmp_path / "file")


def test_the_disk_of_a_volume_is_told_without_rights_of_an_administrator(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    found = handles.disks_of(CALLS, str(tmp_path))
    assert found == handles.disks_of(CALLS, str(below))
    if not found and IS_WINE:
        pytest.skip("wine answers the question for disks with none")
    assert found
