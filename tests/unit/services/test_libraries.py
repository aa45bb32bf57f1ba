"""A missing system library is named in one sentence with the line that installs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backup_gui.services import libraries
from tests.helpers.project import PROJECT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries of the system")

ABSENT = "libnowhere.so.9"


@pytest.fixture
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The only package manager on the PATH."""
    name: str = request.param
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return name


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(libraries.PACKAGES, ABSENT, "libnowhere9")
    return ABSENT


def test_all_are_there_where_the_tests_run() -> None:
    assert libraries.missing() == ()


def test_packages_are_those_that_are_installed_for_the_window() -> None:
    lines = (PROJECT / "packaging" / "linux" / "packages-qt.txt").read_text().splitlines()
    listed = {line for line in lines if not line.startswith(("#", "fonts-"))}
    assert listed <= set(libraries.PACKAGES.values())


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "install them with: sudo apt-get install libnowhere9"),
        ("dnf", "install them with: sudo dnf install 'libnowhere.so.9()(64bit)'"),
        ("zypper", "install them with: sudo zypper install 'libnowhere.so.9()(64bit)'"),
        ("pacman", "install them with: sudo pacman -S qt6-base qt6-wayland"),
        ("xbps-install", "install what has libnowhere.so.9"),
    ],
    indirect=["manager"],
)
def test_the_line_is_for_the_package_manager_that_is_there(manager: str, line: str, absent: str) -> None:
    said = libraries.complaint()
    assert said == f"the window needs system libraries that are missing; {line}"


def test_nothing_is_said_of_an_error_of_another_kind() -> None:
    assert libraries.complaint() == ""


@pytest.mark.skipif(shutil.which("objdump") is None, reason="reads what libraries need")
def test_all_that_qt_needs_of_the_system_is_known() -> None:
    from PySide6.QtCore import QLibraryInfo

    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.LibrariesPath))
    parts = ("Core", "DBus", "Gui", "Network", "Svg", "Widgets", "XcbQpa", "WaylandClient")
    command = ["objdump", "-p", *(str(folder / f"libQt6{part}.so.6") for part in parts)]
    listing = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    needed = set(re.findall(r"(?m)^ +NEEDED +(\S+)$", listing)) - {path.name for path in folder.iterdir()}
    # Those of the C and C++ languages are what any program needs.
    language = re.compile(r"(lib(c|m|dl|pthread|resolv|rt|gcc_s|stdc\+\+)|ld-linux.*)\.so\.\d+")
    assert {name for name in needed if not language.fullmatch(name)} - {"libbrotlicommon.so.1"} == set(
        libraries.PACKAGES
    )


@pytest.mark.parametrize(
    ("environment", "is_told"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, False),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, False),
        ({"QT_QPA_PLATFORM": "xcb:nograb"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, False),
        ({}, False),
    ],
)
def test_a_plugin_that_does_not_load_is_told_unless_another_does(
    environment: dict[str, str],
    is_told: bool,  # noqa: FBT001 - a test's value
    tmp_path: Path,
    absent: str,
) -> None:
    from PySide6.QtCore import QLibraryInfo

    real = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms" / "libqoffscreen.so"
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "libqwayland.so").symlink_to(real)
    (tmp_path / "platforms" / "libqxcb.so").write_text("not a library")
    assert ("libnowhere" in libraries.platform_fault(tmp_path, environment)) is is_told


def test_the_plugins_of_this_qt_load() -> None:
    from PySide6.QtCore import QLibraryInfo

    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    assert list(plugins.glob("platforms/libqxcb*.so"))
    assert libraries.platform_fault(plugins, {"DISPLAY": ":0"}) == ""


def test_the_program_says_it_instead_of_a_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "PySide6"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('a library is missing')\n")
    start = f"from backup_gui.services import libraries; libraries.PACKAGES[{ABSENT!r}] = 'libnowhere9'; "
    start += "import sys; sys.argv = ['backup-gui']; from backup_gui.__main__ import main; sys.exit(main())"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(PROJECT)))}
    done = subprocess.run(
        [sys.executable, "-c", start], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Folder Backup: the window needs system libraries")
    assert done.stderr.count("\n") == 1
    assert "libnowhere" in done.stderr
