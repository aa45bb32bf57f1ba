"""Folders of Windows by their handles: links, what is in use, what is read-only, and attributes."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.fs.system.descriptors import LEAST_KEPT
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.identity import Identity, read_identity
from backup_gui.engine.fs.volumes.mounts import can_watch
from backup_gui.engine.fs.windows import folder, handles, nt
from backup_gui.engine.fs.windows.folder import WindowsFolder
from backup_gui.model.entries import EntryKind, kind_of
from tests.helpers.trees import contents
from tests.helpers.windows import FakeWindows, use_windows

if sys.platform != "linux":
    pytest.skip("the stand-in is a folder of Linux", allow_module_level=True)


@pytest.fixture
def fake() -> FakeWindows:
    return FakeWindows()


@pytest.fixture
def opened(fake: FakeWindows, place: Path) -> Iterator[WindowsFolder]:
    handle = folder.open_root(fake, str(place))
    yield handle
    handle.close()
    assert fake.handles == {}


def put(path: Path, content: bytes = b"") -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.hazard(4)
def test_a_listing_that_fails_halfway_gives_nothing(
    fake: FakeWindows, opened: WindowsFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place / "a")
    first = [True]
    next_listed = fake.next_listed

    def broken(handle: int) -> bytes:
        if first and first.pop():
            return next_listed(handle)
        raise nt.error_of_windows(1117, "the device could not do it", "")

    monkeypatch.setattr(fake, "next_listed", broken)
    with pytest.raises(OSError, match="the device"):
        opened.entries(9)
    with pytest.raises(OSError, match="the device"), opened.scan() as names:
        list(names)


# Links


@pytest.mark.hazard(21)
def test_a_junction_is_a_link_and_never_entered(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    put(elsewhere / "strangers", b"theirs")
    fake.make_junction(place / "junction", elsewhere)
    assert kind_of(opened.stat_at("junction")) is EntryKind.LINK
    found = opened.entries(9)
    assert found is not None
    assert kind_of(found["junction"]) is EntryKind.LINK
    with pytest.raises(NotADirectoryError):
        opened.open_dir_at("junction")
    with pytest.raises(OSError, match="symbolic links"):
        opened.open_file_at("junction")
    with pytest.raises(NotADirectoryError):
        opened.rmdir_at("junction")
    opened.unlink_at("junction")
    assert contents(place) == {"elsewhere/strangers": b"theirs"}


def test_the_users_own_path_may_lead_through_a_junction(fake: FakeWindows, place: Path) -> None:
    (place / "folder").mkdir()
    put(place / "folder" / "file")
    fake.make_junction(place / "junction", place / "folder")
    root = folder.open_root(fake, str(place / "junction"))
    assert root.names() == ["file"]
    root.close()
    inode = (place / "folder").stat().st_ino
    assert handles.entry_at(fake, str(place / "junction")).st_ino == inode
    assert handles.entry_at(fake, str(place / "junction"), follow_symlinks=False).st_ino != inode


@pytest.mark.parametrize("text", ["file", "..\\folder\\", "\\??\\C:\\somewhere"])
def test_a_link_is_made_anew_as_what_it_was(opened: WindowsFolder, place: Path, text: str) -> None:
    opened.symlink_at(text, "link")
    assert opened.readlink_at("link") == text
    assert (place / "link").is_dir() is text.endswith(("\\", "somewhere"))
    with pytest.raises(FileExistsError):
        opened.symlink_at(text, "link")


def test_links_need_a_right_and_junctions_none(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    fake.may_link = False
    with pytest.raises(PermissionError):
        opened.symlink_at("file", "link")
    assert opened.names() == []
    opened.symlink_at("\\??\\C:\\somewhere", "junction")
    fake.is_developer = True
    for text in ("file", "folder\\"):
        opened.symlink_at(text, "link")
        assert opened.readlink_at("link") == text
        opened.unlink_at("link")


def test_a_link_to_a_folder_is_replaced(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    fake.make_junction(place / "link", place / "nowhere")
    put(place / "new", b"new")
    opened.replace_at("new", opened, "link")
    assert contents(place) == {"link": b"new"}
    put(place / "new", b"new")
    (place / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        opened.replace_at("new", opened, "folder")


def test_what_a_driver_completes_is_read_as_it_shows_it(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    fake.make_driven(put(place / "compressed", b"content"))
    assert kind_of(opened.stat_at("compressed")) is EntryKind.FILE
    fd = opened.open_file_at("compressed")
    assert handles.read(fd, 9) == b"content"
    os.close(fd)
    (place / "cloud").mkdir()
    put(place / "cloud" / "file")
    fake.make_driven(place / "cloud")
    inside = opened.open_dir_at("cloud")
    assert inside.names() == ["file"]
    assert kind_of(inside.stat_at("file")) is EntryKind.FILE
    inside.close()


# What is in use


@pytest.mark.hazard(41)
def test_what_another_program_holds_for_itself_is_told_as_in_use(
    fake: FakeWindows, opened: WindowsFolder, place: Path
) -> None:
    held = put(place / "held", b"old")
    put(place / "new", b"new")
    with fake.held(held):
        for attempt in (
            lambda: opened.open_file_at("held"),
            lambda: opened.unlink_at("held"),
            lambda: opened.rename_at("held", opened, "other"),
            lambda: opened.replace_at("new", opened, "held"),
        ):
            began_s = time.monotonic()
            with pytest.raises(OSError, match="busy") as caught:
                attempt()
            assert caught.value.errno == errno.EBUSY
            assert time.monotonic() - began_s < 2
        # Looking asks for nothing that it could keep.
        assert opened.stat_at("held").st_size == 3
    assert contents(place) == {"held": b"old", "new": b"new"}


def test_what_is_in_use_for_a_moment_is_waited_for(
    fake: FakeWindows, opened: WindowsFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = put(place / "held", b"content")
    with fake.held(held):
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                fake.others.clear()

        monkeypatch.setattr(time, "sleep", sleep)
        fd = opened.open_file_at("held")
        os.close(fd)
    assert len(pauses) == 3


@pytest.mark.parametrize("is_new", [True, False])
def test_what_a_viewer_shares_is_replaced_or_told_as_in_use(
    fake: FakeWindows, opened: WindowsFolder, place: Path, *, is_new: bool
) -> None:
    fake.is_new = is_new
    viewed = put(place / "viewed", b"old")
    put(place / "new", b"new")
    with fake.held(viewed, share=7):
        if is_new:
            opened.replace_at("new", opened, "viewed")
        else:
            with pytest.raises(OSError, match="busy"):
                opened.replace_at("new", opened, "viewed")
    assert (place / "viewed").read_bytes() == (b"new" if is_new else b"old")


def test_what_this_user_may_not_replace_is_told_as_forbidden(
    fake: FakeWindows, opened: WindowsFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place / "theirs")
    put(place / "new")
    real = fake.open_at

    def open_at(at: int, name: str, access: int, options: int, disposition: int = nt.OPEN) -> int:
        if name == "theirs" and access & nt.DELETE:
            raise nt.error_of(0xC000_0022, 5, "denied", name)
        return real(at, name, access, options, disposition)

    def rename(_handle: int, _folder: int, name: str, _flags: int, *, is_extended: bool) -> None:
        raise nt.error_of(0xC000_0022, 5, "denied", name)

    monkeypatch.setattr(fake, "open_at", open_at)
    monkeypatch.setattr(fake, "rename", rename)
    with pytest.raises(PermissionError):
        opened.replace_at("new", opened, "theirs")
    with pytest.raises(PermissionError):
        opened.rename_at("new", opened, "free")


def test_a_folder_with_something_open_in_it_is_told_as_in_use(
    fake: FakeWindows, opened: WindowsFolder, place: Path
) -> None:
    (place / "folder").mkdir()
    with fake.held(put(place / "folder" / "file"), share=7), pytest.raises(OSError, match="busy"):
        opened.rename_at("folder", opened, "other")
    opened.rename_at("folder", opened, "other")


def test_a_part_that_another_program_has_locked_is_told_as_in_use(
    opened: WindowsFolder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place / "file", b"content")
    fd = opened.open_file_at("file")
    with monkeypatch.context() as patch:

        def refuse(_fd: int, _count: int) -> bytes:
            # All that the C runtime says of error 33.
            raise PermissionError(errno.EACCES, "Permission denied")

        patch.setattr(os, "read", refuse)
        with pytest.raises(OSError, match="busy"):
            handles.read(fd, 9)
    assert handles.read(fd, 9) == b"content"
    os.close(fd)


# Read-only files


@pytest.mark.parametrize("is_new", [True, False])
def test_read_only_files_are_replaced_renamed_and_removed(
    fake: FakeWindows, opened: WindowsFolder, place: Path, *, is_new: bool
) -> None:
    fake.is_new = is_new
    fake.mark(put(place / "object", b"old"), nt.READ_ONLY)
    put(place / "new", b"new")
    opened.replace_at("new", opened, "object")
    assert (place / "object").read_bytes() == b"new"
    fake.mark(place / "object", nt.READ_ONLY)
    opened.rename_at("object", opened, "other")
    opened.flush_file_at("other")
    opened.unlink_at("other")
    assert opened.names() == []


def test_a_read_only_file_in_use_stays_read_only(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    fake.is_new = False
    fake.mark(put(place / "object", b"old"), nt.READ_ONLY)
    put(place / "new", b"new")
    with fake.held(place / "object", share=7), pytest.raises(OSError, match="busy"):
        opened.replace_at("new", opened, "object")
    assert fake.marks(place / "object") == nt.READ_ONLY


# Metadata


def test_attributes_are_set_of_what_was_meant(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    fake.mark(put(place / "file"), 0x2000)
    (place / "folder").mkdir()
    all_three = nt.READ_ONLY | nt.HIDDEN | nt.SYSTEM
    for name, kind in (("file", nt.ARCHIVE), ("folder", nt.DIRECTORY)):
        mode = nt.mode_of(nt.Facts(0, 0, 0, 0, 0, kind | all_three, 0, 1))
        opened.set_mode_at(name, mode)
        assert opened.stat_at(name).st_mode == mode
    assert fake.marks(place / "file") == all_three | 0x2000
    opened.set_mode_at("file", stat.S_IFDIR | 0o700)
    assert fake.marks(place / "file") == all_three | 0x2000
    opened.set_mode_at("file", stat.S_IFREG | 0o600)
    assert fake.marks(place / "file") == 0x2000


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_is_seen(opened: WindowsFolder, place: Path) -> None:
    path = put(place / "file", b"old")
    before = opened.stat_at("file")
    path.write_bytes(b"new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = opened.stat_at("file")
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert before.st_ctime_ns != after.st_ctime_ns


def test_an_open_file_has_the_entry_that_its_name_has(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    put(place / "file", b"content")
    fd = opened.open_file_at("file")
    assert handles.entry_of(fake, fd) == opened.stat_at("file") == handles.entry_at(fake, str(place / "file"))
    os.close(fd)


def test_folders_and_files_reach_the_disk(fake: FakeWindows, opened: WindowsFolder, place: Path) -> None:
    put(place / "file")
    opened.flush_dir()
    opened.flush_file_at("file")
    assert fake.flushed == [str(place), str(place / "file")]


# Volumes


def test_a_volume_tells_its_file_system(fake: FakeWindows, place: Path) -> None:
    assert handles.file_system_of(fake, str(place)) == "ntfs"
    fake.kind = "exFAT"
    assert handles.file_system_of(fake, str(place)) == "exfat"
    assert not fake.handles
    with pytest.raises(FileNotFoundError):
        handles.file_system_of(fake, str(place / "none"))


def test_a_volume_is_known_by_what_its_letter_does_not_change(fake: FakeWindows, place: Path) -> None:
    serial = f"{place.stat().st_dev:x}"
    assert handles.volume_of(fake, str(place)) == f"{fake.guid} {serial}"
    fake.guid = ""
    assert handles.volume_of(fake, str(place)) == f"device:{serial}"
    with pytest.raises(FileNotFoundError):
        handles.volume_of(fake, str(place / "none"))


@pytest.mark.parametrize(
    ("path", "is_remote"),
    [
        ("\\\\server\\share\\folder", True),
        ("\\\\?\\UNC\\server\\share", True),
        ("X:\\folder", True),
        ("C:\\folder", False),
    ],
)
def test_shares_and_the_drives_that_stand_for_them_are_remote(
    fake: FakeWindows, monkeypatch: pytest.MonkeyPatch, path: str, *, is_remote: bool
) -> None:
    fake.remote.add("\\\\?\\X:\\")
    assert handles.is_remote(fake, path) is is_remote
    use_windows(monkeypatch, fake)
    assert (can_watch(path) is not None) is is_remote
    # A catalog knows what it is to be compared with.
    assert read_identity(str(Identity(f"{fake.guid} 1f", 7))) == Identity(f"{fake.guid} 1f", 7)


def test_few_folders_are_kept_open_since_they_are_in_the_users_way(
    fake: FakeWindows, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_windows(monkeypatch, fake)
    for number in range(20):
        (place / f"{number}" / "below").mkdir(parents=True)
    with Tree(str(place)) as tree:
        for number in range(20):
            assert tree.list(f"{number}/below") == {}
        assert len(fake.handles) <= LEAST_KEPT + 1
    assert fake.handles == {}


@pytest.mark.parametrize("is_reached", [True, False])
def test_what_the_system_does_not_tell_of_a_path_is_taken_as_it_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, *, is_reached: bool
) -> None:
    (place / "docs" / "deep").mkdir(parents=True)
    (place / "link").symlink_to("docs")
    told = os.path.realpath

    def short_only(path: str) -> str:
        if "deep" in path or not is_reached:
            raise OSError(errno.EIO, "More data is available")
        return told(path)

    monkeypatch.setattr(os.path, "realpath", short_only)
    for below in ("", "/not there", "/deep/file"):
        found = handles.real_path(f"{place}/link/deep{below}")
        assert found == (f"{told(place)}/docs/deep{below}" if is_reached else f"{place}/link/deep{below}")


# Disks


def test_two_volumes_of_one_disk_lie_on_the_same_disk(place: Path) -> None:
    c, d, e = (
        FakeWindows(guid=f"Volume{{{letter}}}", disks=disks)
        for letter, disks in (("c", (0,)), ("d", (0,)), ("e", (1, 2)))
    )
    assert handles.disks_of(c, str(place)) == handles.disks_of(d, str(place)) == {"disk:0"}
    assert handles.disks_of(e, str(place)) == {"disk:1", "disk:2"}
    assert c.handles == {}


def test_a_volume_without_extents_lies_on_its_device(place: Path) -> None:
    assert handles.disks_of(FakeWindows(device=(7, 1)), str(place)) == {"disk:1"}
    assert handles.disks_of(FakeWindows(device=(2, 1)), str(place)) == {"device 2:1"}


def test_of_another_computer_and_of_an_unknown_volume_no_disk_is_known(place: Path) -> None:
    for fake in (FakeWindows(guid=""), FakeWindows()):
        assert handles.disks_of(fake, str(place)) == frozenset()
        assert fake.handles == {}
    with pytest.raises(FileNotFoundError):
        handles.disks_of(FakeWindows(disks=(0,)), str(place / "none"))
