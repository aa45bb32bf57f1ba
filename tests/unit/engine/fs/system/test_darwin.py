"""The calls of macOS, with a library in the place of its own that behaves as its manual pages say."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.fs.system import darwin
from backup_gui.engine.fs.system.darwin import DarwinAttributes, DarwinVolumes, MountFacts
from backup_gui.engine.fs.volumes.mounts import can_watch, network_mount_below
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.fs.volumes.volume import volume_of
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.reasons import Reason, ReasonCode
from tests.helpers.darwin_library import RESOURCE_FORK, DarwinLibrary

if sys.platform != "win32":
    from backup_gui.engine.fs import posix

TAGS = "com.apple.metadata:_kMDItemUserTags"
LONG_AGO_NS = 1_600_000_000_123_456_789
NUMBER = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")


class Drive:
    """Takes the command to flush, or refuses it."""

    def __init__(self, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code = code
        self.asked: list[str] = []
        monkeypatch.setattr(os, "fsync", lambda _fd: self.asked.append("fsync"))

    def control(self, _fd: int, command: int) -> int:
        assert command == darwin.F_FULLFSYNC
        self.asked.append("full")
        if self.code:
            raise OSError(self.code, os.strerror(self.code))
        return 0


@pytest.mark.hazard(12)
def test_a_drive_is_told_to_write_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = Drive(0, monkeypatch)
    darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full"]


@pytest.mark.hazard(12)
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_a_file_system_without_such_a_flush_is_flushed_in_the_usual_way(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    drive = Drive(code, monkeypatch)
    darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full", "fsync"]


@pytest.mark.hazard(15)
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EBADF])
def test_a_drive_that_fails_is_not_asked_again(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    drive = Drive(code, monkeypatch)
    with pytest.raises(OSError, match=os.strerror(code)):
        darwin.flush_drive(7, drive.control)
    assert drive.asked == ["full"]


# Extended attributes


@pytest.fixture
def library() -> DarwinLibrary:
    return DarwinLibrary()


@pytest.fixture
def calls(library: DarwinLibrary) -> DarwinAttributes:
    return DarwinAttributes(library)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.write_bytes(b"content")
    return made


def by_path(path: Path) -> int | str:
    return str(path)


def by_descriptor(path: Path) -> int | str:
    return os.open(path, os.O_RDONLY)


@pytest.mark.parametrize("reach", [by_path, by_descriptor])
def test_attributes_are_set_listed_read_and_removed(
    calls: DarwinAttributes, library: DarwinLibrary, file: Path, reach: Callable[[Path], int | str]
) -> None:
    where = reach(file)
    fork = os.urandom(300_000)
    assert calls.names(where) == []
    calls.set(where, TAGS, b"bplist\0Red")
    calls.set(where, RESOURCE_FORK, fork)
    calls.set(where, "empty", b"")
    assert calls.names(where) == [TAGS, RESOURCE_FORK, "empty"]
    assert [calls.get(where, name) for name in calls.names(where)] == [b"bplist\0Red", fork, b""]
    assert library.of(file) == {TAGS: b"bplist\0Red", RESOURCE_FORK: fork, "empty": b""}
    calls.set(where, TAGS, b"bplist\0Blue")
    with pytest.raises(FileExistsError):
        calls.set(where, TAGS, b"", is_new=True)
    calls.remove(where, RESOURCE_FORK)
    assert library.of(file) == {TAGS: b"bplist\0Blue", "empty": b""}
    for lacking in (lambda: calls.get(where, "none"), lambda: calls.remove(where, "none")):
        with pytest.raises(OSError, match=f"Errno {darwin.ENOATTR}]"):
            lacking()
    assert calls.missing == darwin.ENOATTR
    if isinstance(where, int):
        os.close(where)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
def test_a_link_has_attributes_of_its_own_unless_it_is_to_be_followed(
    calls: DarwinAttributes, library: DarwinLibrary, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("file")
    library.of(file)["whose"] = b"the file's"
    link = str(tmp_path / "link")
    calls.set(link, "whose", b"the link's")
    assert calls.get(link, "whose") == b"the link's"
    assert calls.get(link, "whose", follows_link=True) == b"the file's"
    assert library.of(file) == {"whose": b"the file's"}


def test_what_grows_between_two_calls_is_read_whole(
    calls: DarwinAttributes, library: DarwinLibrary, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.of(file)["grows"] = b"1"
    real = ctypes.create_string_buffer
    growing = iter([b"12345", b"123456789"])

    def grow(size: int) -> object:
        library.of(file)["grows"] = next(growing, b"123456789")
        return real(size)

    monkeypatch.setattr(ctypes, "create_string_buffer", grow)
    assert calls.get(str(file), "grows") == b"123456789"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (TAGS, True),
        (RESOURCE_FORK, True),
        ("com.apple.FinderInfo", True),
        ("com.apple.quarantine", True),
        ("user.of.linux", True),
        ("com.apple.system.Security", False),
        ("com.apple.decmpfs", False),
        ("com.apple.provenance", False),
        ("com.apple.macl", False),
        ("com.apple.fileprovider.fpfs#P", False),
        ("of.no.backup#N", False),
    ],
)
def test_what_the_system_keeps_by_itself_is_not_mirrored(
    calls: DarwinAttributes, library: DarwinLibrary, name: str, *, wanted: bool
) -> None:
    library.never_kept.add("of.no.backup#N")
    assert calls.is_carried(name, is_superuser=False) is wanted


def test_an_access_list_that_was_handed_down_is_taken_away(
    calls: DarwinAttributes, library: DarwinLibrary, file: Path
) -> None:
    fd = os.open(file, os.O_RDONLY)
    try:
        assert not calls.hands_down_list(fd)
        calls.drop_lists(fd)
        found = os.fstat(fd)
        library.lists.add((found.st_dev, found.st_ino))
        assert calls.hands_down_list(fd)
        library.refusals["acl_set_fd_np"] = errno.EPERM
        with pytest.raises(PermissionError):
            calls.drop_lists(fd)
        library.refusals.clear()
        calls.drop_lists(fd)
        assert not calls.hands_down_list(fd)
        assert not library.has_leaked()
    finally:
        os.close(fd)


# Volumes


def test_a_volume_is_known_by_its_uuid_and_asked_at_its_root(library: DarwinLibrary, tmp_path: Path) -> None:
    volumes = DarwinVolumes(library)
    (tmp_path / "stick/deep").mkdir(parents=True)
    stick = os.path.realpath(tmp_path / "stick")
    library.mounts[stick] = ("exfat", "/dev/disk4s1", 0x1200)
    facts = volumes.mount_of(f"{stick}/deep")
    assert facts == MountFacts("exfat", stick, "/dev/disk4s1", is_local=True)
    assert volumes.uuid_of(facts.point) == ""
    library.uuids[stick] = bytes(16)
    assert volumes.uuid_of(facts.point) == ""
    library.uuids[stick] = NUMBER.bytes
    assert volumes.uuid_of(facts.point) == str(NUMBER)
    assert volumes.uuid_of(f"{stick}/deep") == ""


def test_a_share_is_told_from_a_drive(library: DarwinLibrary, tmp_path: Path) -> None:
    share = os.path.realpath(tmp_path)
    library.mounts[share] = ("smbfs", "//anna@server/files", 0x0)
    assert DarwinVolumes(library).mount_of(share) == MountFacts("smbfs", share, "//anna@server/files", is_local=False)


@pytest.mark.hazard(3, 40)
def test_volumes_are_told_apart_and_shares_are_not_watched(
    library: DarwinLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {}
    for name, flags, number in (("stick", 0x1200, NUMBER.bytes), ("plain", 0x1200, b""), ("share", 0, b"")):
        (tmp_path / name / "deep").mkdir(parents=True)
        folders[name] = os.path.realpath(tmp_path / name)
        library.mounts[folders[name]] = ("smbfs" if name == "share" else "exfat", f"//from/{name}", flags)
        if number:
            library.uuids[folders[name]] = number
    monkeypatch.setattr(darwin, "volumes", lambda: DarwinVolumes(library))
    monkeypatch.setattr(sys, "platform", "darwin")
    ids = {name: volume_of(Location(f"{folder}/deep")) for name, folder in folders.items()}
    device = os.stat(tmp_path).st_dev
    assert ids == {"stick": f"uuid:{NUMBER}", "plain": f"device:{device}", "share": "smbfs://from/share"}
    reasons = {name: can_watch(f"{folder}/deep") for name, folder in folders.items()}
    assert reasons == {"stick": None, "plain": None, "share": Reason(ReasonCode.NETWORK_UNTOLD, kind="smbfs")}
    library.refusals["statfs"] = errno.EACCES
    assert can_watch(folders["share"]) is None


def test_what_cannot_be_looked_at_has_no_mount(library: DarwinLibrary, tmp_path: Path) -> None:
    library.refusals["statfs"] = errno.EACCES
    with pytest.raises(PermissionError):
        DarwinVolumes(library).mount_of(str(tmp_path))


def test_a_share_that_is_mounted_below_a_folder_is_known(
    library: DarwinLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.mounts |= {
        "/": ("apfs", "/dev/disk1s1", 0x1000),
        "/home/me/stick": ("exfat", "/dev/disk2s1", 0x1000),
        "/home/me/automatic": ("autofs", "map auto_home", 0),
        "/System/Volumes/Data/home/you/share": ("smbfs", "//server/share", 0),
    }
    monkeypatch.setattr(darwin, "volumes", lambda: DarwinVolumes(library))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert network_mount_below("/home/me") == ""
    for root in ("/home/you", "/home", "/", "/System/Volumes/Data/home/you"):
        assert network_mount_below(root) == "/System/Volumes/Data/home/you/share"
    assert network_mount_below("/home/you/share") == ""
    library.refusals["getfsstat"] = errno.EIO
    assert network_mount_below("/home") == ""


# Clouds


def test_the_process_asks_for_no_downloads(library: DarwinLibrary) -> None:
    assert darwin.refuse_downloads(library)
    assert library.policies == [(3, 0, 1)]
    library.refusals["setiopolicy_np"] = errno.EINVAL
    assert not darwin.refuse_downloads(library)


def test_a_thread_may_ask_for_them_all_the_same(library: DarwinLibrary) -> None:
    assert darwin.permit_downloads(library)
    assert library.policies == [(3, 1, 2)]


class Flagged:
    """An entry as macOS has it, with flags."""

    def __init__(self, entry: os.stat_result, flags: int) -> None:
        self.entry, self.st_flags = entry, flags

    def __getattr__(self, name: str) -> Any:
        return getattr(self.entry, name)


@pytest.fixture
def cloud(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files and folders, of which those named so have their content in a cloud."""
    monkeypatch.setattr(sys, "platform", "darwin")
    real = posix.PosixFolder.stat_at

    def stat_at(folder: posix.PosixFolder, name: str) -> Any:
        return Flagged(real(folder, name), 0x4000_0020 if name.startswith("cloud") else 0x20)

    def entries(folder: posix.PosixFolder, _most: int) -> Any:
        return {name: stat_at(folder, name) for name in folder.names()}

    monkeypatch.setattr(posix.PosixFolder, "stat_at", stat_at)
    monkeypatch.setattr(posix.PosixFolder, "entries", entries)
    for name in ("cloud folder", "folder"):
        (place / name).mkdir()
    for name in ("cloud file", "file"):
        (place / name).write_bytes(b"content")
    os.utime(place / "cloud file", ns=(LONG_AGO_NS, LONG_AGO_NS))
    return place


@pytest.mark.posix("folders by descriptors")
def test_what_has_its_content_in_a_cloud_is_a_placeholder(cloud: Path) -> None:
    handle = posix.open_root(str(cloud))
    found = handle.entries(9)
    assert found is not None
    assert {name: kind_of(entry) for name, entry in found.items()} == {
        "cloud folder": EntryKind.PLACEHOLDER,
        "cloud file": EntryKind.PLACEHOLDER,
        "folder": EntryKind.FOLDER,
        "file": EntryKind.FILE,
    }
    entry, real = handle.stat_at("cloud file"), os.lstat(cloud / "cloud file")
    assert (entry.st_ino, entry.st_dev, entry.st_size) == (real.st_ino, real.st_dev, 7)
    assert (entry.st_mtime_ns, entry.st_ctime_ns) == (LONG_AGO_NS, real.st_ctime_ns)
    for other in (handle.duplicate(), handle.reopen()):
        assert kind_of(other.stat_at("cloud file")) is EntryKind.PLACEHOLDER
        other.close()
    handle.close()


@pytest.mark.posix("folders by descriptors")
def test_who_asks_for_downloads_sees_files_like_any_others(cloud: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(posix, "permit_downloads", lambda: asked.append(True))
    handle = posix.open_root(str(cloud), downloads=True)
    assert kind_of(handle.stat_at("cloud file")) is EntryKind.FILE
    assert asked == [True]
    handle.close()


@pytest.mark.skipif(sys.platform == "darwin", reason="elsewhere there is none")
def test_other_systems_have_no_such_library() -> None:
    assert darwin.load() is None
