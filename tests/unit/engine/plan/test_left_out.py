"""What of a source is never part of a backup is found by what it is, not by its name."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.fs import own_files as own
from backup_gui.engine.fs.volumes import nesting
from backup_gui.engine.fs.volumes.mounts import is_of_kernel
from backup_gui.engine.plan import left_out
from backup_gui.engine.plan.left_out import LeftOut, find_left_out, rules_of
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.job import Job, Place
from tests.helpers.systems import IS_POSIX

pytestmark = pytest.mark.hazard(49)


@contextlib.contextmanager
def mount(point: Path, *arguments: str) -> Iterator[None]:
    """Mount something for a while."""
    subprocess.run(["mount", *arguments, str(point)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A source with the program's own folder in it."""
    folder = tmp_path / "home" / ".local" / "share" / "backup-gui"
    folder.mkdir(parents=True)
    return tmp_path / "home"


OWN = ".local/share/backup-gui"


def rules_for(home: Path, *, leaves_out_system_folders: bool = True) -> ExclusionRules:
    """Return what is excluded from a source whose mirror lies beside it."""
    destination = Place(str(home.parent / "mirror"))
    job = Job(str(home), destination, leaves_out_system_folders=leaves_out_system_folders)
    return rules_of(job, folders_of(job))


def test_a_folder_of_ones_own_is_found_below_the_source(home: Path) -> None:
    own.note(home / OWN)
    assert find_left_out(str(home)) == LeftOut(frozenset({OWN}), frozenset())
    assert find_left_out(str(home / ".local")).paths == {"share/backup-gui"}


def test_it_need_not_be_there_yet(home: Path) -> None:
    own.note(home / "log", home / "cache" / "backup-gui")
    assert find_left_out(str(home)).paths == {"log", "cache/backup-gui"}


def test_it_is_found_through_links_on_either_side(home: Path, tmp_path: Path) -> None:
    (tmp_path / "to share").symlink_to(home / ".local" / "share")
    (tmp_path / "to home").symlink_to(home)
    own.note(tmp_path / "to share" / "backup-gui")
    assert find_left_out(str(tmp_path / "to home")).paths == {OWN}


def test_what_has_the_same_name_elsewhere_is_the_users(home: Path, tmp_path: Path) -> None:
    (home / "copy of" / "backup-gui").mkdir(parents=True)
    own.note(home / OWN, tmp_path / "elsewhere" / "backup-gui")
    assert find_left_out(str(home)).paths == {OWN}


@pytest.mark.root
def test_it_is_found_through_mounts_of_itself_of_the_source_and_of_folders_between(home: Path, tmp_path: Path) -> None:
    own.note(home / OWN)
    again = home / "again"
    again.mkdir()
    with mount(again, "--bind", str(home / ".local")):
        assert find_left_out(str(home)).paths == {OWN, "again/share/backup-gui"}
    with mount(again, "--bind", str(home / OWN)):
        assert find_left_out(str(home)).paths == {OWN, "again"}
    other = tmp_path / "other"
    other.mkdir()
    with mount(other, "--bind", str(home)):
        assert find_left_out(str(other)).paths == {OWN}


@pytest.mark.root
def test_a_destination_mounted_into_the_source_is_left_out_there(home: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (home / "backup").mkdir()
    with mount(home / "backup", "--bind", str(mirror)):
        rules = rules_for(home)
    assert rules.excludes("backup", True)
    assert rules.excludes("backup/of what/is here", False)
    assert not rules.excludes("backups", True)


def test_another_spelling_of_it_is_found_where_names_are_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(path: str) -> os.stat_result | None:
        """Find what a file system that folds names would."""
        found = "/"
        for name in path.split("/")[1:]:
            names = {other.casefold(): other for other in os.listdir(found)}
            if name.casefold() not in names:
                return None
            found = os.path.join(found, names[name.casefold()])
        return os.lstat(found)

    def identity(path: str) -> tuple[int, int] | None:
        entry = look(path)
        return None if entry is None else (entry.st_dev, entry.st_ino)

    if IS_POSIX:
        monkeypatch.setattr(left_out, "_look", look)
        monkeypatch.setattr(nesting, "_identity", identity)
    (tmp_path / "Home" / "Own" / "backup-gui").mkdir(parents=True)
    own.note(tmp_path / "hOME" / "oWN" / "BACKUP-gui")
    assert find_left_out(str(tmp_path / "Home")).paths == {"Own/backup-gui"}


@pytest.mark.root
@pytest.mark.parametrize("kind", ["proc", "sysfs", "devpts", "mqueue", "tracefs", "cgroup2"])
def test_file_systems_in_which_the_kernel_shows_itself_are_left_out_by_type(home: Path, kind: str) -> None:
    point = home / "chroot" / "any name"
    point.mkdir(parents=True)
    if kind not in Path("/proc/filesystems").read_text():
        pytest.fail(f"no {kind} here")
    with mount(point, "-t", kind, kind):
        assert find_left_out(str(home)) == LeftOut(frozenset({"chroot/any name"}), frozenset())
    assert find_left_out(str(home)).paths == frozenset()


@pytest.mark.root
def test_what_is_mounted_over_the_kernels_is_no_longer_left_out(home: Path) -> None:
    point = home / "chroot" / "proc"
    point.mkdir(parents=True)
    with mount(point, "-t", "proc", "proc"):
        with mount(point, "-t", "tmpfs", "none"):
            assert find_left_out(str(home)) == LeftOut(frozenset(), frozenset({"chroot/proc"}))
        with mount(home / "chroot", "-t", "tmpfs", "none"):
            point.mkdir()
            assert "chroot/proc" not in find_left_out(str(home)).paths


@pytest.mark.root
def test_drives_below_the_source_and_the_source_itself_have_folders_of_systems(home: Path, tmp_path: Path) -> None:
    with mount(home, "-t", "tmpfs", "none"):
        (home / "stick").mkdir()
        with mount(home / "stick", "-t", "tmpfs", "none"):
            rules = rules_for(home)
            all_of_it = rules_for(home, leaves_out_system_folders=False)
    for path in ("lost+found", ".Trash-1000/files/x", "stick/System Volume Information", "stick/$RECYCLE.BIN/a/b"):
        assert rules.excludes(path, True)
        assert not all_of_it.excludes(path, True)
    assert rules.excludes("stick/lost+found/#1234", False)
    for path in ("deep/lost+found", "stick/deep/.Trash-1000"):
        assert not rules.excludes(path, True)
    # A file of that name is somebody's.
    assert not rules.excludes("lost+found", False)


def test_without_the_root_of_a_drive_such_names_mean_nothing(home: Path) -> None:
    assert not rules_for(home)


def test_a_source_that_is_not_there_has_nothing_left_out(tmp_path: Path) -> None:
    assert find_left_out(str(tmp_path / "away")) == LeftOut()


@pytest.mark.parametrize("kind", ["autofs", "nsfs", "rpc_pipefs", "fuse.portal", "binfmt_misc", "securityfs", "bpf"])
def test_the_kernels_file_systems_are_known(kind: str) -> None:
    assert is_of_kernel(kind)


@pytest.mark.parametrize("kind", ["ext4", "tmpfs", "ramfs", "overlay", "fuse.sshfs", "fuseblk", "squashfs", "nfs4"])
def test_those_in_which_people_keep_files_are_not(kind: str) -> None:
    assert not is_of_kernel(kind)


def test_only_in_folders_that_hold_something_left_out_is_more_asked_than_the_rules() -> None:
    rules = ExclusionRules((), ["a/own", "log"], ["drive"])
    assert rules.in_folder("b") is None
    assert rules.in_folder("a/own2") is None
    assert all(rules.in_folder(folder) is not None for folder in ("", "a", "drive"))
    assert ExclusionRules(*rules.fields).fields == rules.fields


def test_a_name_of_a_file_that_stands_for_a_folder_of_ones_own_is_no_more(home: Path) -> None:
    # It was moved away since, and something else has its place: the path alone says nothing.
    own.note(home / OWN)
    os.rename(home / OWN, home / "moved")
    (home / OWN).symlink_to(home / "moved")
    assert find_left_out(str(home)).paths == {"moved"}
