"""Makes what people install on Windows: the program as a folder that needs no Python, and the setup program.

``python packaging/windows/make_setup.py [program|setup …]``; without names both, ``setup`` of the program as it lies
there. On Windows it makes them in ``dist/``, for people. Elsewhere it makes them in ``build/windows-dist`` with the rig
(see ``build_rig.py``), for tests alone.

BACKUP_GUI_SIGN  a command that signs the file given to it; setup program and uninstaller are signed with it
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HERE = PROJECT / "packaging" / "windows"
sys.path[:0] = [str(PROJECT), str(PROJECT / "packaging")]

from app_icon import make_windows_icon  # noqa: E402 - they lie there
from makers import make_named  # noqa: E402

from backup_gui import __version__  # noqa: E402 - the project need not be installed

IS_WINDOWS = sys.platform == "win32"
DIST = PROJECT / "dist" if IS_WINDOWS else PROJECT / "build" / "windows-dist"
WORK = PROJECT / "build" / "windows-work"
PROGRAM = DIST / "backup-gui"
SETUP = DIST / f"Folder-Backup-{__version__}-setup.exe"
# Of the makers of NSIS there are setup programs with 32 bits alone, which run on every Windows with 64; wine as it is
# in the rig runs those with 64 bits alone, which Debian adds.
TARGET = "x86-unicode" if IS_WINDOWS else "amd64-unicode"


def make_program() -> Path:
    """Make the folder with the program.

    Returns:
        The folder.
    """
    # Warnings are of libraries that every Windows has, and wine in another form.
    options = ["-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    paths = {"--distpath": DIST, "--workpath": WORK, "": PROJECT / "packaging" / "backup-gui.spec"}
    if IS_WINDOWS:
        code = subprocess.call([sys.executable, *options, *_arguments({name: str(paths[name]) for name in paths})])
    else:
        import wine  # noqa: PLC0415 - it needs what Windows lacks

        arguments = _arguments({name: wine.windows_path(paths[name]) for name in paths})
        with wine.running():
            code = wine.run(str(wine.PYTHON), *options, *arguments)
    if code != 0:
        sys.exit("PyInstaller could not make the program; its message is above.")
    return PROGRAM


def make_setup() -> Path:
    """Make the setup program.

    Returns:
        Its file.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    icon = WORK / "setup.ico"
    icon.write_bytes(make_windows_icon(PROJECT / "resources" / "icons" / "app.svg"))
    numbers = [*re.findall(r"\d+", __version__)[:3], "0"]
    values = {
        "VERSION": __version__,
        "NUMBERS": ".".join(numbers),
        "PROGRAM": PROGRAM,
        "PROJECT": PROJECT,
        "ICON": icon,
        "TARGET": TARGET,
        "OUTPUT": SETUP,
    }
    if sign := os.environ.get("BACKUP_GUI_SIGN"):
        values["SIGN"] = sign
    maker = shutil.which("makensis") or r"C:\Program Files (x86)\NSIS\makensis.exe"
    defines = [f"-D{name}={value}" for name, value in values.items()]
    subprocess.run([maker, "-V2", "-WX", "-INPUTCHARSET", "UTF8", *defines, str(HERE / "installer.nsi")], check=True)
    return SETUP


def _arguments(named: dict[str, str]) -> list[str]:
    return [part for pair in named.items() for part in pair if part]


MAKERS = {"program": make_program, "setup": make_setup}


if __name__ == "__main__":
    make_named(MAKERS)
