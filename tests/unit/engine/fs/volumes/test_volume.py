"""What the engine knows of a volume: what stays the same of it, how it is flushed, how fine its times are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backup_gui.engine.fs import native
from backup_gui.engine.fs.system import darwin
from backup_gui.engine.fs.volumes import volume
from backup_gui.engine.fs.volumes.mounts import Mount, mount_of
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.fs.volumes.volume import keeps_folder_inodes, supports_syncfs, time_step_ns, volume_of
from tests.helpers.rig import mounted

On = Callable[[str, str], None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> On:
    """Let every path lie on a file system of the kind and origin given."""

    def lie_on(kind: str, origin: str) -> None:
        monkeypatch.setattr(Location, "mount", mount_with(kind, origin), raising=False)

    return lie_on


def mount_with(kind: str, origin: str = "/dev/sda1") -> Mount:
    return Mount("8:1", "/", "/", kind, origin)


@pytest.mark.parametrize(
    ("kind", "flushes", "step_ns"),
    [
        ("ext4", True, 1),
        ("btrfs", True, 1),
        ("tmpfs", True, 1),
        ("vfat", False, 2_000_000_000),
        ("exfat", False, 2_000_000_000),
        ("fuseblk", False, 2_000_000_000),
        ("fuse.sshfs", False, 2_000_000_000),
        ("nfs4", False, 1),
        ("cifs", False, 2_000_000_000),
        ("something new", False, 1),
    ],
)
def test_each_file_system_is_treated_as_it_needs(kind: str, flushes: bool, step_ns: int) -> None:  # noqa: FBT001
    mount = mount_with(kind)
    assert (supports_syncfs(mount), time_step_ns(mount)) == (flushes, step_ns)


def test_where_the_system_does_not_tell_the_careful_way_is_taken() -> None:
    assert (supports_syncfs(None), time_step_ns(None)) == (False, 1)


def without_uuids(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(volume, "_uuid_of", lambda _device: "")
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_fsid=number))


@pytest.mark.posix("a table of mounts")
def test_the_uuid_comes_first(place: Path, on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    without_uuids(monkeypatch, 0xABC)
    monkeypatch.setattr(volume, "_uuid_of", lambda device: f"of {device}")
    on("nfs4", "server:/share")
    assert volume_of(Location(str(place))) == f"uuid:of {place.stat().st_dev}"


@pytest.mark.posix("a table of mounts")
def test_without_a_uuid_a_volume_is_known_by_number_or_origin(
    place: Path, on: On, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_uuids(monkeypatch, 0xABC)
    on("ext4", "/dev/sda1")
    assert volume_of(Location(str(place))) == "fsid:abc"
    on("nfs4", "server:/share")
    assert volume_of(Location(str(place))) == "nfs4:server:/share"
    without_uuids(monkeypatch, 0)
    on("overlay", "overlay")
    assert volume_of(Location(str(place))) == "overlay:overlay"
    monkeypatch.setattr(Location, "mount", None, raising=False)
    assert volume_of(Location(str(place))) == f"device:{place.stat().st_dev}"


@pytest.mark.parametrize(("kind", "expected"), [("ntfs", True), ("refs", True), ("exfat", False), ("", False)])
def test_where_there_is_no_table_the_system_tells_whether_numbers_last(
    monkeypatch: pytest.MonkeyPatch, kind: str, *, expected: bool
) -> None:
    monkeypatch.setattr(native, "file_system_of", lambda _path: kind)
    assert keeps_folder_inodes("C:\\backup", None) is expected


def test_a_folder_that_cannot_be_asked_for_its_file_system_keeps_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: str) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(native, "file_system_of", fail)
    assert not keeps_folder_inodes("C:\\backup", None)


@pytest.mark.parametrize(("kind", "expected"), [("apfs", True), ("hfs", True), ("exfat", False)])
def test_macos_tells_whether_numbers_last(monkeypatch: pytest.MonkeyPatch, kind: str, *, expected: bool) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    facts = darwin.MountFacts(kind, "/Volumes/stick", "/dev/disk4s1", is_local=True)
    monkeypatch.setattr(darwin, "volumes", lambda: SimpleNamespace(mount_of=lambda _path: facts))
    assert keeps_folder_inodes("/Volumes/stick/backup", None) is expected


@pytest.mark.posix("a volume that is known by its number")
def test_on_windows_the_devices_number_has_to_do(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert volume_of(Location(str(place))) == f"device:{place.stat().st_dev}"
    monkeypatch.setattr(sys, "platform", "win32")
    assert volume._uuid_of(1) == ""


@pytest.mark.posix("a table of mounts")
def test_the_uuid_is_that_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {"aaaa": 1, "bbbb": 2}

    def stat(path: str) -> Any:
        name = path.rpartition("/")[2]
        if name not in devices:
            raise FileNotFoundError(2, "No such file or directory", path)
        return SimpleNamespace(st_rdev=devices[name])

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", lambda _folder: ["gone", *devices])
        patch.setattr(os, "stat", stat)
        assert (volume._uuid_of(2), volume._uuid_of(3)) == ("bbbb", "")

    def absent(folder: str) -> list[str]:
        raise FileNotFoundError(2, "No such file or directory", folder)

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", absent)
        assert volume._uuid_of(2) == ""


def test_an_absent_path_has_no_volume(place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        volume_of(Location(str(place / "none")))


@pytest.mark.root
def test_two_volumes_are_told_apart_and_each_is_itself(place: Path) -> None:
    for name in ("a", "b"):
        (place / name).mkdir()
    with mounted(place / "a"), mounted(place / "b"):
        ids = {volume_of(Location(str(place / name))) for name in ("a", "b", "")}
        assert len(ids) == 3
        (place / "a" / "below").mkdir()
        assert volume_of(Location(str(place / "a" / "below"))) == volume_of(Location(str(place / "a")))
        mount = mount_of(str(place / "a"))
        assert supports_syncfs(mount)
        assert time_step_ns(mount) == 1
