"""Whether what is at a path is what was there before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backup_gui.engine.fs import native
from backup_gui.engine.fs.volumes.identity import (
    Identity,
    Standing,
    identify,
    nearest_existing,
    read_identity,
    standing,
)
from backup_gui.engine.fs.volumes.mounts import devices_without_lasting_inodes
from backup_gui.engine.fs.volumes.nesting import Location
from tests.helpers.rig import mounted


@pytest.mark.parametrize("identity", [Identity("uuid:a-b", 1), Identity("nfs4:server:/a share", 1 << 64)])
def test_an_identity_reads_back_as_it_was(identity: Identity) -> None:
    assert read_identity(str(identity)) == identity


@pytest.mark.parametrize("text", [None, "", "12", "12 ", " uuid:a", "x uuid:a", "-1 uuid:a", "¹ uuid:a", "٣ uuid:a"])
def test_anything_else_is_no_identity(text: str | None) -> None:
    assert read_identity(text) is None


def test_standing_is_told_by_volume_first_and_then_by_folder() -> None:
    recorded = Identity("v", 1)
    assert standing(None, recorded) is Standing.NEW
    assert standing(recorded, Identity("v", 1)) is Standing.SAME
    assert standing(recorded, Identity("v", 2)) is Standing.OTHER_FOLDER
    assert standing(recorded, Identity("w", 1)) is Standing.OTHER_VOLUME


def test_a_folder_keeps_its_identity_when_it_is_moved(place: Path) -> None:
    (place / "a").mkdir()
    before = identify(str(place / "a"))
    os.rename(place / "a", place / "b")
    assert identify(str(place / "b")) == before
    (place / "a").mkdir()
    assert standing(before, identify(str(place / "a"))) is Standing.OTHER_FOLDER
    with pytest.raises(FileNotFoundError):
        identify(str(place / "none"))


@pytest.mark.parametrize(("kind", "is_lasting"), [("ntfs", True), ("refs", True), ("fat32", False), ("exfat", False)])
def test_where_there_is_no_table_the_system_tells_whether_the_number_says_who_it_is(
    place: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_lasting: bool
) -> None:
    monkeypatch.setattr(Location, "mount", None, raising=False)
    monkeypatch.setattr(native, "file_system_of", lambda _path: kind)
    assert bool(identify(str(place)).inode) is is_lasting


@pytest.mark.parametrize(("kind", "is_lasting"), [("ntfs", True), ("exfat", False)])
def test_where_there_is_no_table_the_system_tells_whether_the_files_below_keep_theirs(
    place: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_lasting: bool
) -> None:
    monkeypatch.setattr(native, "file_system_of", lambda _path: kind)
    found = devices_without_lasting_inodes(str(place), place / "no table")
    assert found == (frozenset() if is_lasting else {place.stat().st_dev})


@pytest.mark.root
def test_a_drive_mounted_over_a_folder_is_another_volume(place: Path) -> None:
    (place / "a").mkdir()
    before = identify(str(place / "a"))
    with mounted(place / "a"):
        first = identify(str(place / "a"))
        assert standing(before, first) is Standing.OTHER_VOLUME
    assert standing(before, identify(str(place / "a"))) is Standing.SAME
    with mounted(place / "a"):
        assert standing(first, identify(str(place / "a"))) is Standing.OTHER_VOLUME


def test_the_nearest_existing_folder_is_found(place: Path) -> None:
    whole = str(place)
    assert nearest_existing(whole) == whole
    assert nearest_existing(f"{whole}/a/b/c") == whole
    (place / "dangling").symlink_to("nowhere")
    assert nearest_existing(f"{whole}/dangling") == whole
    assert nearest_existing("/no such folder/below") == "/"
    assert nearest_existing("no such folder") == ""
