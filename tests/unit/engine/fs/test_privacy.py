"""The program's own folders and files are their user's alone, whatever the umask and whoever made them."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.config.logging import LOG_NAME, OLD_FILES, set_up_logging
from backup_gui.engine.fs.privacy import close_to_others, make_private_folder, open_private
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import OwnFolderError

pytestmark = pytest.mark.posix("modes")


@pytest.fixture(params=[0o000, 0o022, 0o277, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(root: Path) -> set[tuple[bool, int]]:
    """Return the modes of all folders (True) and files at and below a folder."""
    return {
        (path.is_dir(), stat.S_IMODE(path.lstat().st_mode))
        for path in (root, *root.rglob("*"))
        if not path.is_symlink()
    }


PRIVATE = {(True, 0o700), (False, 0o600)}


@pytest.mark.hazard(69)
@pytest.mark.usefixtures("umask")
def test_what_is_made_is_private(tmp_path: Path) -> None:
    catalog = JobDatabase.open(tmp_path / "data" / "backup-gui" / "jobs" / "job.sqlite")
    catalog.remember("a", "b")
    catalog.commit()
    assert {path.suffix for path in (tmp_path / "data/backup-gui/jobs").iterdir()} == {
        ".sqlite",
        ".sqlite-wal",
        ".sqlite-shm",
    }
    assert modes(tmp_path / "data") == PRIVATE
    catalog.close()


@pytest.mark.hazard(69)
@pytest.mark.parametrize("umask", [0o000, 0o022], indirect=True, ids=oct)
@pytest.mark.usefixtures("umask")
def test_the_log_and_what_it_is_rotated_to_are_private(tmp_path: Path) -> None:
    file = tmp_path / "state" / LOG_NAME
    try:
        for _ in range(2):
            set_up_logging(file=file)
            (handler,) = [one for one in logging.getLogger().handlers if hasattr(one, "doRollover")]
            for number in range(OLD_FILES):
                logging.getLogger("test").error("record %d", number)
                handler.doRollover()
            assert modes(file.parent) == PRIVATE
            for path in file.parent.iterdir():
                path.chmod(0o644)
    finally:
        set_up_logging()


@pytest.mark.hazard(69)
def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("somebody else's")
    outside.chmod(0o644)
    own = tmp_path / "own"
    (own / "jobs").mkdir(parents=True)
    for name in ("jobs/a.sqlite", "jobs/a.sqlite-wal", "jobs/a.sqlite.damaged", "log"):
        (own / name).write_text("x")
        (own / name).chmod(0o664)
    (own / "link").symlink_to(outside)
    for folder in (own, own / "jobs"):
        folder.chmod(0o755)
    close_to_others(own)
    assert modes(own) == PRIVATE
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_nothing_is_loosened(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "file").touch()
    (own / "file").chmod(0o400)
    own.chmod(0o555)
    close_to_others(own)
    assert modes(own) == {(True, 0o500), (False, 0o400)}


def test_a_device_is_none_of_ours() -> None:
    before = os.stat(os.devnull).st_mode
    os.close(open_private(os.devnull, os.O_WRONLY))
    assert os.stat(os.devnull).st_mode == before


@pytest.mark.parametrize("name", ["file/own", "file", "dangling"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(OwnFolderError, match=str(tmp_path / name)):
        make_private_folder(tmp_path / name)


@pytest.mark.hazard(69)
def test_a_whole_run_leaves_nothing_that_others_may_read(own_places: Path, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "letter").write_text("private")
    log = tmp_path / "log"
    log.touch(0o644)
    arguments = ("run", str(tmp_path / "source"), str(tmp_path / "mirror"), "--once", "--log-file", str(log))
    subprocess.run([sys.executable, "-m", "backup_gui", *arguments], check=True, capture_output=True, umask=0)
    assert modes(own_places / "data" / "backup-gui") == PRIVATE
    assert modes(log) == {(False, 0o600)}


@pytest.mark.hazard(69)
def test_a_run_closes_what_an_earlier_version_left_open(own_places: Path, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    own = own_places / "data" / "backup-gui"
    (own / "jobs").mkdir(parents=True)
    (own / "jobs" / "other.sqlite").touch(0o644)
    arguments = ("run", str(tmp_path / "source"), str(tmp_path / "mirror"), "--once")
    subprocess.run([sys.executable, "-m", "backup_gui", *arguments], check=True, capture_output=True)
    assert modes(own) == PRIVATE


@pytest.mark.hazard(69)
def test_what_a_link_leads_to_keeps_its_mode(own_places: Path, tmp_path: Path) -> None:
    shared, link = tmp_path / "shared", tmp_path / "link"
    shared.write_text("read by all")
    shared.chmod(0o644)
    link.symlink_to(shared)
    os.close(open_private(str(link), os.O_RDWR | os.O_CREAT))
    assert modes(shared) == {(False, 0o644)}
    (tmp_path / "new").symlink_to(tmp_path / "made")
    os.close(open_private(str(tmp_path / "new"), os.O_RDWR | os.O_CREAT))
    assert modes(tmp_path / "made") == {(False, 0o600)}
