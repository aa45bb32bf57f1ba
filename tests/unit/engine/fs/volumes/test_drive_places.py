"""Places where drives are mounted: what is refused there, and what is taken for what it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backup_gui.engine.fs.volumes import drive_places
from backup_gui.engine.fs.volumes.drive_places import DrivesFolder, is_drive_missing
from backup_gui.engine.fs.volumes.mounts import Mount
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.plans import PassStatus
from tests.helpers.rig import Rig, mounted
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.posix("POSIX paths")


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the places of the system in a folder of the test's own."""
    places = (DrivesFolder(str(tmp_path / "media"), levels=2), DrivesFolder(str(tmp_path / "mnt"), is_point=True))
    monkeypatch.setattr(drive_places, "PLACES", places)
    monkeypatch.setattr(drive_places, "FSTAB", tmp_path / "fstab")
    for place in places:
        Path(place.folder).mkdir()


@pytest.mark.hazard(6)
@pytest.mark.parametrize(
    "path",
    [
        "mnt",
        "mnt/stick",
        "mnt/stick/deep/er",
        "media",
        "media/me",
        "media/me/Stick",
        "media/me/Stick/sub/dir",
        "media/cdrom",
    ],
)
def test_where_nothing_was_ever_mounted_a_drive_is_missing(tmp_path: Path, path: str) -> None:
    assert is_drive_missing(str(tmp_path / path))
    # An empty folder is what an unplugged drive leaves behind.
    (tmp_path / path).mkdir(parents=True, exist_ok=True)
    is_own = path in {"mnt/stick/deep/er", "media/me/Stick/sub/dir"}
    assert is_drive_missing(str(tmp_path / path)) is not is_own


@pytest.mark.hazard(6)
@pytest.mark.parametrize("path", ["elsewhere", "mntx", "media2/me/Stick", "."])
def test_elsewhere_folders_are_simply_made(tmp_path: Path, path: str) -> None:
    assert not is_drive_missing(str(tmp_path / path / "new"))


@pytest.mark.hazard(6)
def test_a_folder_in_such_a_place_that_is_in_use_is_taken_for_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mnt" / "data"
    (folder / "backup").mkdir(parents=True)
    assert not is_drive_missing(str(folder))
    assert not is_drive_missing(str(folder / "backup"))
    # But what is not there yet is not made: a drive may belong here.
    assert is_drive_missing(str(folder / "other"))


@pytest.mark.hazard(6)
def test_a_link_that_leads_there_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "media" / "me" / "Stick")
    assert is_drive_missing(str(tmp_path / "link"))
    assert is_drive_missing(str(tmp_path / "link" / "below"))


@pytest.mark.hazard(6)
@pytest.mark.root
def test_below_what_is_mounted_folders_are_made(tmp_path: Path) -> None:
    stick = tmp_path / "media" / "me" / "Stick"
    stick.mkdir(parents=True)
    with mounted(stick):
        assert not is_drive_missing(str(stick))
        assert not is_drive_missing(str(stick / "sub" / "dir"))
        assert is_drive_missing(str(stick.parent / "Other"))
        # The folder that holds the users' drives is none itself, though it is not empty.
        assert is_drive_missing(str(stick.parent))
    assert is_drive_missing(str(stick / "sub" / "dir"))


@pytest.mark.hazard(6)
@pytest.mark.root
def test_a_drive_mounted_on_the_place_itself_is_one_unless_drives_are_only_mounted_below(tmp_path: Path) -> None:
    mnt, media = tmp_path / "mnt", tmp_path / "media"
    with mounted(mnt), mounted(media):
        assert not is_drive_missing(str(mnt))
        assert not is_drive_missing(str(mnt / "backup"))
        # As after a start of a system that mounts drives on a volume in memory.
        assert is_drive_missing(str(media / "me" / "Stick"))


@pytest.mark.hazard(6)
@pytest.mark.root
def test_what_the_table_of_drives_names_is_missing_until_it_is_mounted(tmp_path: Path) -> None:
    point = tmp_path / "my backups"
    (point / "in use").mkdir(parents=True)
    table = (
        f"# a comment\n/dev/x / ext4\nnone none swap\nUUID=1 {str(point).replace(' ', chr(92) + '040')} ext4 noauto\n"
    )
    Path(drive_places.FSTAB).write_text(table)
    for path in (point, point / "in use", point / "new" / "er"):
        assert is_drive_missing(str(path))
    assert not is_drive_missing(str(tmp_path / "other"))
    with mounted(point):
        assert not is_drive_missing(str(point / "new"))


@pytest.mark.hazard(6)
def test_what_is_mounted_when_it_is_asked_for_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = str(tmp_path / "nas")
    Path(point).mkdir()
    automatic = Mount("0:1", "/", point, "autofs", "systemd-1")
    shown = [automatic]
    monkeypatch.setattr(drive_places, "mount_of", lambda _path: shown[-1])
    assert is_drive_missing(point)
    assert is_drive_missing(f"{point}/new")
    real_scandir = os.scandir

    def comes_when_asked(path: str) -> object:
        if path == point:
            shown.append(Mount("0:2", "/", point, "nfs4", "server:/share"))
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", comes_when_asked)
    assert not is_drive_missing(f"{point}/new")


@pytest.mark.hazard(6)
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_stick_that_was_never_plugged_in_is_waited_for_and_nothing_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_dry_run: bool
) -> None:
    media = rig.root / "media"
    media.mkdir()
    monkeypatch.setattr(drive_places, "PLACES", (DrivesFolder(str(media), levels=2),))
    rig.write("a", "1")
    for path in ("me/Stick", "me/Stick/sub/dir", "me"):
        rig.options["destination"] = str(media / path)
        with pytest.raises(RootAbsentError, match=f"No drive is mounted where the destination lies: .*{path}$"):
            rig.run(is_dry_run=is_dry_run)
        assert read_tree(media) == {}


@pytest.mark.hazard(6)
@pytest.mark.root
def test_a_stick_that_is_plugged_in_is_written_to_below_folders_that_are_made(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = rig.root / "media" / "me" / "Stick"
    stick.mkdir(parents=True)
    monkeypatch.setattr(drive_places, "PLACES", (DrivesFolder(str(rig.root / "media"), levels=2),))
    rig.write("a", "1")
    rig.options["destination"] = str(stick / "sub" / "dir")
    with pytest.raises(RootAbsentError):
        rig.run()
    with mounted(stick):
        assert rig.run().status is PassStatus.COMPLETE
        assert contents(stick) == {"sub/dir/a": b"1"}
    assert read_tree(stick) == {}
