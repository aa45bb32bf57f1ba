"""What people install on Windows, made and used under wine: the packaged program and its setup program."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backup_gui import __version__
from tests.helpers.desktop import Desktop, Panel, desktop_session
from tests.helpers.project import PROJECT
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.windows_package,
    pytest.mark.timeout(600),
    pytest.mark.posix("wine runs on Linux; on Windows the release tries the installed program"),
]

RIG = PROJECT / "build" / "windows-rig"
PYTHON = RIG / "python" / "python.exe"
MADE = PROJECT / "build" / "windows-dist"
PROGRAM = MADE / "backup-gui"
WINE = Path("/usr/lib/wine")
MOST_INSTALLED_BYTES = 75 * 10**6
MOST_PACKED_BYTES = 25 * 10**6
KEYS = r"HKCU\Software\Microsoft\Windows\CurrentVersion"

# Prints what the properties of a program's file show.
PROPERTIES = """
import json, sys, pefile
program = pefile.PE(sys.argv[1])
kinds = {entry.id for entry in program.DIRECTORY_ENTRY_RESOURCE.entries}
texts = {key.decode(): value.decode() for info in program.FileInfo[0] if hasattr(info, "StringTable")
         for table in info.StringTable for key, value in table.entries.items()}
print(json.dumps({"subsystem": program.OPTIONAL_HEADER.Subsystem, "icons": 14 in kinds, "texts": texts}))
"""
WINDOW, CONSOLE = 2, 3


class Windows:
    """A Windows of its own, with its window on a screen.

    Args:
        folder: An empty folder.
        environment: The variables, with ``DISPLAY``.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.drive = folder / "prefix" / "drive_c"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "USER": "somebody",
            "LANG": "C.UTF-8",
            "DISPLAY": environment["DISPLAY"],
            "WINEPREFIX": str(folder / "prefix"),
            "WINEDEBUG": "-all",
            # See packaging/windows/wine.py.
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=;mscms=n",
        }
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Make it as the rig's is."""
        self.run("wineboot", "--init")
        self.run("winecfg", "/v", "win10")
        self._server("--wait")
        for name in ("icuuc.dll", "mscms.dll"):
            target = self.drive / "windows" / "system32" / name
            target.unlink(missing_ok=True)
            shutil.copy(RIG / "prefix" / "drive_c" / "windows" / "system32" / name, target)

    @property
    def user(self) -> Path:
        """The user's own folder."""
        (found,) = (path for path in (self.drive / "users").iterdir() if path.name != "Public")
        return found

    def path(self, place: Path) -> str:
        """Return the name of a place on drive C as programs of Windows write it."""
        return "C:\\" + str(place.relative_to(self.drive)).replace("/", "\\")

    def run(self, *command: str, limit_s: float = 300) -> tuple[int, str]:
        """Run a program, and return its exit status and what it has printed.

        A program that it has started may go on, and keep what it prints to.
        """
        process, printed, reader = self._begin(command)
        try:
            status = process.wait(limit_s)
        finally:
            process.kill()
        reader.join(2)
        return status, printed.decode(errors="replace").replace("\r\n", "\n")

    def start(self, *command: str) -> None:
        """Start a program that goes on until it is told to end, or this is stopped."""
        process, _printed, _reader = self._begin(command)
        self._started.append(process)

    def registered(self, key: str, name: str) -> str:
        """Return a value of the registry; empty if there is none."""
        status, told = self.run("reg", "query", f"{KEYS}\\{key}", "/v", name)
        return told.split("REG_SZ", 1)[1].strip() if status == 0 and "REG_SZ" in told else ""

    def stop(self) -> None:
        """End all programs."""
        self._server("--kill")
        self._server("--wait")
        for process in self._started:
            process.wait(30)

    def _begin(self, command: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], bytearray, threading.Thread]:
        reading, writing = os.pipe()
        # Its streams are pipes: a frozen program does not start with files as its streams.
        process = subprocess.Popen(
            [WINE / "wine64", *command],
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=writing,
            stderr=writing,
        )
        os.close(writing)
        assert process.stdin is not None
        process.stdin.close()
        printed = bytearray()

        def read() -> None:
            with open(reading, "rb", buffering=0) as pipe:
                while chunk := pipe.read(65536):
                    printed.extend(chunk)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return process, printed, reader

    def _server(self, option: str) -> None:
        subprocess.run([WINE / "wineserver64", option], env=self._environment, check=False, timeout=60)


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    # Sockets lie in it, whose paths are short.
    with (
        tempfile.TemporaryDirectory(prefix="desktop-", dir="/tmp") as folder,
        desktop_session(Path(folder), Panel.NONE) as session,
    ):
        yield session


@pytest.fixture(scope="module")
def windows(desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    with new_windows(tmp_path_factory.mktemp("windows"), desktop) as system:
        yield system


@pytest.fixture
def own_windows(desktop: Desktop, tmp_path: Path) -> Iterator[Windows]:
    """One in which nothing has been installed or set before."""
    with new_windows(tmp_path, desktop) as system:
        yield system


@contextlib.contextmanager
def new_windows(folder: Path, desktop: Desktop) -> Iterator[Windows]:
    system = Windows(folder, desktop.environment)
    try:
        system.prepare()
        yield system
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def setup() -> Path:
    (found,) = MADE.glob("*-setup.exe")
    return found


@contextlib.contextmanager
def account(windows: Windows, desktop: Desktop) -> Iterator[None]:
    """Explain a failure by a picture of the screen and the program's log."""
    try:
        yield
    except Exception as failure:
        (PROJECT / "build").mkdir(exist_ok=True)
        shutil.copy(desktop.screenshot("failure"), PROJECT / "build" / "windows-failure.png")
        for log in windows.user.rglob("*.log"):
            failure.add_note(f"{log}:\n{log.read_text(errors='replace')[-3000:]}")
        raise


def jobs_in(settings: Path) -> list[str]:
    return [line for line in settings.read_text().splitlines() if "papers" in line and "stick" in line]


def test_it_has_nothing_that_it_does_not_use(setup: Path) -> None:
    names = {path.name.lower() for path in PROGRAM.rglob("*")}
    assert not names & {
        "opengl32sw.dll",
        "libcrypto-3.dll",
        "libssl-3.dll",
        "_ssl.pyd",
        "qdirect2d.dll",
        "qminimal.dll",
        "qnetworklistmanager.dll",
    }
    assert {"qwindows.dll", "qsvgicon.dll", "qmodernwindowsstyle.dll"} <= names
    assert not [name for name in names if name.endswith(".ts")], "what translations are made of"
    assert sum(path.stat().st_size for path in PROGRAM.rglob("*") if path.is_file()) <= MOST_INSTALLED_BYTES
    assert setup.stat().st_size <= MOST_PACKED_BYTES


def test_it_says_whose_everything_in_it_is() -> None:
    text = (PROGRAM / "LICENCES.txt").read_text("utf-8")
    parts = set(re.findall(r"(?m)^-{78}\n(.+)\n$", text))
    assert parts >= {"Folder Backup", "Python", "The loader of PyInstaller", "PySide6-Essentials", "shiboken6", "rich"}
    assert parts >= {"watchdog", "platformdirs", "LGPL-3", "GPL-3", "Apache-2.0"}
    (runtime,) = (part.split(", ") for part in parts if "vcruntime" in part)
    names = {path.name.lower() for path in PROGRAM.rglob("*.dll")}
    assert set(runtime) == {
        name for name in names if re.match(r"vcruntime|msvcp|concrt|vccorlib|ucrtbase|api-ms-", name)
    }
    assert "/usr/" not in text


@pytest.mark.parametrize(("name", "subsystem"), [("backup-gui.exe", WINDOW), ("backup-gui-cli.exe", CONSOLE)])
def test_its_files_show_what_they_are(windows: Windows, name: str, subsystem: int) -> None:
    file = "Z:" + str(PROGRAM / name).replace("/", "\\")
    status, told = windows.run(str(PYTHON), "-c", PROPERTIES, file)
    assert status == 0, told
    shown: dict[str, Any] = json.loads(told.splitlines()[-1])
    assert shown["icons"]
    assert shown["subsystem"] == subsystem
    assert (shown["texts"]["ProductName"], shown["texts"]["ProductVersion"]) == ("Folder Backup", __version__)
    assert shown["texts"]["FileVersion"] == __version__


def test_it_is_installed_used_updated_and_removed(windows: Windows, desktop: Desktop, setup: Path) -> None:
    with account(windows, desktop):
        installed = windows.user / "AppData" / "Local" / "Programs" / "Folder Backup"
        link = windows.user / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Folder Backup.lnk"
        program, console = (windows.path(installed / name) for name in ("backup-gui.exe", "backup-gui-cli.exe"))
        install = (str(setup), "/S")

        assert windows.run(*install)[0] == 0
        assert {path.name for path in installed.iterdir()} >= {
            *("backup-gui.exe", "backup-gui-cli.exe", "uninstall.exe", "LICENCES.txt"),
        }
        assert link.is_file()
        assert windows.registered(r"Uninstall\backup-gui", "DisplayVersion") == __version__
        assert windows.registered("Run", "backup-gui") == "", "the start at login is a choice"

        # Its command line, as people type it, on drive C.
        assert windows.run(console, "--version") == (0, f"backup-gui {__version__}\n")
        status, told = windows.run(
            str(PYTHON), "-m", "tests.e2e.smoke", console, windows.path(windows.drive / "trial"), limit_s=400
        )
        assert status == 0, told

        # The window, with a backup.
        source, backup = windows.drive / "papers", windows.drive / "stick"
        source.mkdir()
        (source / "letter.txt").write_text("first")
        windows.start(program, "--source", windows.path(source), "--destination", windows.path(backup))
        wait_until((backup / "letter.txt").is_file, "the backup", 120)
        desktop.wait_for_window("Folder Backup")
        (source / "letter.txt").write_text("second, longer")
        wait_until(lambda: (backup / "letter.txt").read_text() == "second, longer", "the change", 60)
        shutil.copy(desktop.screenshot("installed"), MADE / "installed.png")
        log = next(windows.user.rglob("backup-gui.log"))
        assert log.read_text().count("has ended") == 0

        # An update of the running program: it ends, and is there again.
        (installed / "_internal" / "stale.dll").write_bytes(b"of another version")
        assert windows.run(*install, "/LOGIN")[0] == 0
        assert windows.registered("Run", "backup-gui") == f'"{program}" --hidden'
        assert not (installed / "_internal" / "stale.dll").exists()
        wait_until(lambda: log.read_text().count("has started") == 2, "the program after the update", 60)
        assert log.read_text().count("has ended") == 1
        (source / "letter.txt").write_text("third")
        wait_until(lambda: (backup / "letter.txt").read_text() == "third", "a backup after the update", 60)

        # Removed while it runs: what is the user's stays.
        (settings,) = windows.user.rglob("settings.ini")
        jobs = jobs_in(settings)
        assert len(jobs) == 1
        assert windows.run(windows.path(installed / "uninstall.exe"), "/S")[0] == 0
        wait_until(lambda: not installed.exists(), "the end of the removal", 60)
        assert log.read_text().count("has ended") == 2
        assert not link.exists()
        assert windows.registered(r"Uninstall\backup-gui", "DisplayVersion") == ""
        assert windows.registered("Run", "backup-gui") == ""
        assert (backup / "letter.txt").read_text() == "third"
        # At its end the app stores the place of its window.
        assert jobs_in(settings) == jobs
        assert list(log.parent.parent.rglob("*.sqlite")), "the catalog is gone"


def test_the_end_of_the_session_stops_it_in_mid_copy(own_windows: Windows, desktop: Desktop) -> None:
    windows, files, size_bytes = own_windows, 3_000, 50_000
    source, backup = windows.drive / "many", windows.drive / "copies"
    source.mkdir()
    for index in range(files):
        (source / f"file{index}").write_bytes(b"x" * size_bytes)
    with account(windows, desktop):
        told = [windows.path(place) for place in (source, backup)]
        windows.start("Z:" + str(PROGRAM / "backup-gui.exe"), "--source", told[0], "--destination", told[1])
        wait_until(lambda: backup.is_dir() and any(backup.glob("file*")), "the backup begins", 120)
        # The system ends the program as soon as its window has answered.
        windows.run("wineboot", "--end-session", limit_s=60)
        (log,) = windows.user.rglob("backup-gui.log")
        (recorded,) = re.findall(r"many: full check: ([\d,]+) new, .* 0 problems", log.read_text())
        copies = list(backup.glob("file*"))
        assert int(recorded.replace(",", "")) == len(copies) < files, "it has recorded all that it has copied"
        assert {copy.stat().st_size for copy in copies} == {size_bytes}
        assert {path.name for path in backup.glob(".~bg-*")} <= {".~bg-backup.json"}, "unfinished files"
