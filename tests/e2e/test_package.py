"""The program as `make package` has built it: started from its folder, without the project's Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.desktop import desktop_session
from tests.helpers.project import PROJECT
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.package

BUILT = PROJECT / "dist" / "backup-gui"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    # Somewhere else than where it was built, so that nothing in it may point back.
    shutil.copytree(BUILT, tmp_path / "elsewhere", symlinks=True)
    return tmp_path / "elsewhere" / "backup-gui"


def test_the_command_line_mirrors(program: Path, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    shutil.copytree(PROJECT / "resources", source)
    done = run(program, "run", str(source), str(destination), "--once")
    assert done.returncode == 0, done.stderr
    assert read_tree(destination) == read_tree(source)


def test_a_mistake_gets_a_sentence(program: Path) -> None:
    done = run(program, "run", "/nowhere", "/nowhere/else", "--interval", "0")
    assert done.returncode == 2
    assert "interval" in done.stderr
    assert "Traceback" not in done.stderr


def test_window_and_tray_icon_appear_and_quitting_ends_it(program: Path, session_folder: Path) -> None:
    with desktop_session(session_folder) as desktop:
        app = desktop.start(str(program), name="packaged")
        desktop.wait_for_window("^Folder Backup$")
        icon = desktop.tray_icon()
        assert "Folder Backup" in icon.tooltip
        assert icon.icon_bytes
        desktop.screenshot("packaged")
        app.terminate()
        assert app.wait(5) in {0, 143}, desktop.log_of("packaged")


def test_it_can_be_installed_and_removed_for_a_user(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    prefix.mkdir()
    environment = os.environ | {"PREFIX": str(prefix)}
    script = PROJECT / "packaging" / "linux" / "install.sh"
    subprocess.run(["sh", script], env=environment, check=True, timeout=60)
    assert run(prefix / "bin" / "backup-gui", "--version").stdout.startswith("backup-gui ")
    assert (prefix / "share" / "applications" / "backup-gui.desktop").exists()
    subprocess.run(["sh", script, "--remove"], env=environment, check=True, timeout=60)
    assert not [node for node in read_tree(prefix).values() if node.kind != "folder"]


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd="/")
