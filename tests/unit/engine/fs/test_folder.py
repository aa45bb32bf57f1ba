"""One protocol of open folders: what each way of having one does, by descriptors and by handles."""

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
from backup_gui.engine.fs.folder import FolderHandle
from backup_gui.engine.fs.windows import folder, handles
from tests.helpers.trees import contents
from tests.helpers.windows import FakeWindows

LONG_AGO_NS = 1_000_000_000_123_456_700
OWNER = (-1, -1) if sys.platform == "win32" else (os.geteuid(), os.getegid())


# How this system does it and, on Linux, a stand-in for Windows.
WAYS: dict[str, tuple[Callable[[str], FolderHandle], Callable[[str], int]]] = {
    "native": (native.open_root, native.open_file)
}
if sys.platform == "linux":
    WAYS["windows"] = (partial(folder.open_root, FakeWindows()), partial(handles.open_file, FakeWindows()))


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def opened(request: pytest.FixtureRequest, place: Path) -> Iterator[FolderHandle]:
    handle: FolderHandle = request.param[0](str(place))
    yield handle
    handle.close()


@pytest.fixture
def below(opened: FolderHandle) -> Iterator[FolderHandle]:
    """A folder in it."""
    opened.mkdir_at("below", 0o700)
    handle = opened.open_dir_at("below")
    yield handle
    handle.close()


def put(handle: FolderHandle, name: str, content: bytes = b"") -> None:
    fd = handle.create_at(name)
    os.write(fd, content)
    os.close(fd)


@pytest.mark.posix("descriptors of folders")
def test_this_system_has_descriptors_of_folders(place: Path) -> None:
    handle = native.open_root(str(place))
    assert handle.fd >= 0
    assert handle.follows_renames
    handle.close()
    handle.close()
    assert handle.fd == -1


def test_what_is_made_is_there_and_what_is_removed_is_not(
    opened: FolderHandle, below: FolderHandle, place: Path
) -> None:
    put(below, "file", b"content")
    below.symlink_at("file", "link")
    assert below.readlink_at("link") == "file"
    assert stat.S_ISLNK(below.stat_at("link").st_mode)
    assert stat.S_IMODE(below.stat_at("file").st_mode) == 0o600
    assert sorted(below.names()) == ["file", "link"]
    below.unlink_at("link")
    with pytest.raises(OSError, match="not empty"):
        opened.rmdir_at("below")
    below.unlink_at("file")
    opened.rmdir_at("below")
    assert list(place.iterdir()) == []


def test_nothing_new_takes_the_place_of_what_is_there(opened: FolderHandle) -> None:
    put(opened, "file")
    for make in (
        lambda: opened.create_at("file"),
        lambda: opened.mkdir_at("file", 0o700),
        lambda: opened.symlink_at("text", "file"),
        lambda: opened.link_at("file", opened, "file"),
    ):
        with pytest.raises(FileExistsError):
            make()


def test_a_rename_never_replaces_and_a_replacement_does(opened: FolderHandle, below: FolderHandle, place: Path) -> None:
    put(opened, "new", b"new")
    put(below, "taken", b"old")
    below.symlink_at("/nowhere", "dangling")
    for name in ("taken", "dangling"):
        with pytest.raises(FileExistsError):
            opened.rename_at("new", below, name)
    opened.rename_at("new", below, "free")
    assert contents(place) == {"below/free": b"new", "below/taken": b"old"}
    below.replace_at("free", below, "taken")
    assert contents(place) == {"below/taken": b"new"}
    below.link_at("taken", opened, "second")
    assert opened.stat_at("second").st_ino == below.stat_at("taken").st_ino
    opened.respell_at("second", "Second")
    with pytest.raises(FileNotFoundError):
        opened.rename_at("second", opened, "third")


def test_entries_are_listed_unless_there_are_too_many(opened: FolderHandle) -> None:
    for name in ("a", "b"):
        put(opened, name)
    opened.symlink_at("/nowhere", "link")
    found = opened.entries(3)
    assert found is not None
    assert {name: entry.st_ino for name, entry in found.items()} == {
        name: opened.stat_at(name).st_ino for name in ("a", "b", "link")
    }
    assert opened.entries(2) is None
    again = opened.reopen()
    with again.scan() as names:
        assert {item.name for item in names} == set(found)
    again.close()


def test_files_are_not_opened_through_links(opened: FolderHandle) -> None:
    put(opened, "file", b"content")
    opened.symlink_at("file", "link")
    with pytest.raises(OSError, match="symbolic links"):
        opened.open_file_at("link")
    fd = opened.open_file_at("file")
    assert os.read(fd, 9) == b"content"
    os.close(fd)


def test_folders_are_not_opened_through_links(place: Path) -> None:
    (place / "folder").mkdir()
    (place / "link").symlink_to("folder")
    handle = native.open_root(str(place))
    with pytest.raises(NotADirectoryError):
        handle.open_dir_at("link")
    handle.close()
    for open_root, _ in WAYS.values():
        # But the user's own path may lead through one.
        open_root(str(place / "link")).close()


def test_metadata_are_set_of_the_name_itself(opened: FolderHandle) -> None:
    put(opened, "file")
    opened.symlink_at("file", "link")
    times = (LONG_AGO_NS, LONG_AGO_NS)
    before = opened.stat_at("file").st_mtime_ns
    opened.set_times_at("link", times, is_link=True)
    assert opened.stat_at("file").st_mtime_ns == before
    opened.set_times_at("file", times)
    opened.set_mode_at("file", stat.S_IFREG | 0o401)
    opened.set_owner_at("file", *OWNER)
    assert (opened.stat_at("file").st_mtime_ns, opened.stat_at("file").st_mode & 0o777) == (LONG_AGO_NS, 0o401)
    opened.set_times(times)
    opened.set_owner(*OWNER)
    opened.set_mode(stat.S_IMODE(opened.stat().st_mode))
    assert opened.stat().st_mtime_ns == LONG_AGO_NS


def test_the_mode_of_something_else_by_now_stays(place: Path) -> None:
    (place / "folder").mkdir(mode=0o700)
    handle = native.open_root(str(place))
    handle.set_mode_at("folder", stat.S_IFREG | 0o777)
    assert stat.S_IMODE(handle.stat_at("folder").st_mode) == 0o700
    handle.close()


def test_an_open_file_gets_its_metadata_at_once(opened: FolderHandle) -> None:
    fd = opened.create_at("file")
    it = opened.opened(fd)
    assert it.stat().st_ino == opened.stat_at("file").st_ino
    it.set_owner(-1, -1)
    it.set_mode(0o600)
    it.set_times((LONG_AGO_NS, LONG_AGO_NS))
    os.close(fd)
    assert opened.stat_at("file").st_mtime_ns == LONG_AGO_NS


def test_a_further_handle_outlives_the_first(opened: FolderHandle, below: FolderHandle) -> None:
    put(below, "file")
    again = below.duplicate()
    below.close()
    assert again.names() == ["file"]
    again.close()


def test_the_disk_is_asked_as_far_as_the_system_lets_it(opened: FolderHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    put(opened, "file")
    opened.flush_dir()
    opened.flush_file_at("file")
    opened.lock()
    assert opened.room().free_bytes > 0
    assert os.path.basename(opened.path_of("file")) == "file"
    assert os.path.samefile(opened.path_of(""), opened.path_of("."))

    def refuse(code: int) -> None:
        def fsync(_fd: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", fsync)

    refuse(errno.EINVAL)
    opened.flush_dir()
    if opened.fd >= 0:
        refuse(errno.EIO)
        with pytest.raises(OSError, match="Input/output"):
            opened.flush_dir()
    else:
        with pytest.raises(OSError) as raised:  # noqa: PT011 - the words differ
            opened.sync_volume()
        assert raised.value.errno == errno.ENOTSUP


@pytest.mark.parametrize("open_file", [open_file for _, open_file in WAYS.values()])
def test_a_file_is_opened_by_its_path_alone(place: Path, open_file: Callable[[str], int]) -> None:
    (place / "file").write_bytes(b"content")
    fd = open_file(str(place / "file"))
    assert os.read(fd, 9) == b"content"
    os.close(fd)
