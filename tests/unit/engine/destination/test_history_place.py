"""Where a history lies, and what has its name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_place import (
    HISTORY_NAME,
    history_at,
    history_of,
    is_reserved,
    is_vacant,
)
from backup_gui.engine.fs.tree import Tree
from backup_gui.model.job import Job, Place
from tests.helpers.rig import mounted

CHOSEN = Place("/chosen")


def place_of_history(destination: Path) -> str:
    """Where the program puts the history of a destination."""
    return history_at(Place(str(destination))).path


def is_drive(folder: Path) -> bool:
    with Tree(str(folder)) as tree:
        return tree.is_drive()


def has_nothing(folder: Path) -> bool:
    with Tree(str(folder)) as tree:
        return is_vacant(tree)


@contextmanager
def bound(folder: Path, point: Path) -> Iterator[None]:
    """Have a folder at a second place."""
    subprocess.run(["mount", "--bind", folder, point], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def test_the_history_lies_beside_a_destination_that_is_there_or_not_yet(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "new", tmp_path / "new" / "deep" / "er"):
        assert place_of_history(path) == f"{path}.history"
    assert history_at(Place(str(tmp_path / "a")), CHOSEN) == CHOSEN


def test_a_job_that_keeps_none_has_no_history(tmp_path: Path) -> None:
    job = Job("/s", Place(str(tmp_path)), id="j", name="n")
    assert history_of(job) == Place(f"{tmp_path}.history")
    assert history_of(job._replace(history=CHOSEN)) == CHOSEN
    assert history_of(job._replace(history=CHOSEN, keeps_history=False)) is None


@pytest.mark.posix("POSIX paths")
def test_the_root_of_the_file_system_has_nothing_beside_it() -> None:
    assert place_of_history(Path("/")) == f"/{HISTORY_NAME}"


@pytest.mark.hazard(53)
@pytest.mark.root
def test_the_history_of_a_whole_drive_lies_in_it(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    assert place_of_history(drive) == f"{drive}.history"
    assert not is_drive(drive)
    with mounted(drive):
        assert is_drive(drive)
        assert place_of_history(drive) == str(drive / HISTORY_NAME)
        assert place_of_history(drive / "folder") == str(drive / "folder.history")
        # What lies beside the drive's place is not on it, whoever made it.
        (tmp_path / "drive.history").mkdir()
        assert place_of_history(drive) == str(drive / HISTORY_NAME)


@pytest.mark.hazard(53)
@pytest.mark.root
def test_a_link_to_a_drive_is_a_whole_drive(tmp_path: Path) -> None:
    drive, link = tmp_path / "drive", tmp_path / "link"
    drive.mkdir()
    link.symlink_to(drive)
    assert place_of_history(link) == f"{link}.history"
    with mounted(drive):
        assert place_of_history(link) == str(link / HISTORY_NAME)
        assert is_drive(link)


@pytest.mark.hazard(53)
@pytest.mark.root
def test_a_folder_mounted_at_a_second_place_of_its_own_volume_has_its_history_in_it(tmp_path: Path) -> None:
    # A link or a rename does not lead from one mount to another, though the device is the same.
    folder, point = tmp_path / "folder", tmp_path / "point"
    folder.mkdir()
    point.mkdir()
    with bound(folder, point):
        assert place_of_history(point) == str(point / HISTORY_NAME)


@pytest.mark.hazard(53)
@pytest.mark.root
def test_a_history_that_is_there_stays_in_use_where_it_can_be_used(tmp_path: Path) -> None:
    volume, point = tmp_path / "volume", tmp_path / "point"
    for folder in (volume, point):
        folder.mkdir()
    with mounted(volume):
        mirror, beside = volume / "mirror", volume / "mirror.history"
        mirror.mkdir()
        # As after a drive's content was copied into a folder of another one.
        (mirror / HISTORY_NAME).mkdir()
        assert place_of_history(mirror) == str(mirror / HISTORY_NAME)
        beside.mkdir()
        assert place_of_history(mirror) == str(beside)
        with bound(mirror, point):
            assert place_of_history(point) == str(point / HISTORY_NAME)


@pytest.mark.parametrize("name", [HISTORY_NAME, ".Backup-History", ".BACKUP-HISTORY", ".bac\u212aup-history"])
def test_the_name_is_reserved_in_every_spelling_that_a_drive_may_fold(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["", "backup-history", ".backup-history2", ".backup-histor", ".history"])
def test_other_names_are_not_reserved(name: str) -> None:
    assert not is_reserved(name)


@pytest.mark.root
def test_a_drive_with_nothing_but_its_own_folders_is_vacant(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    with mounted(drive):
        assert has_nothing(drive)
        for name in ("lost+found", ".Trash-1000", "System Volume Information", HISTORY_NAME):
            (drive / name).mkdir()
        assert has_nothing(drive)
        (drive / "$RECYCLE.BIN").write_text("a file, not the system's folder")
        assert not has_nothing(drive)
    (drive / "lost+found").mkdir()
    assert not has_nothing(drive)
