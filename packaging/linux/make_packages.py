"""Makes what people install on Linux, in ``dist/``: of the packaged program, and of the sources.

``python packaging/linux/make_packages.py [program|tarball|deb|rpm|python …]``; without names all of them. ``tarball``,
``deb`` and ``rpm`` are made of the program as it lies in ``dist/backup-gui``.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from debian_package import binaries, make_deb, oldest_glibc
from makers import make_named
from rpm_package import make_rpm
from tree import HERE, NAME, PROJECT, VERSION, add_common_licences, day, lay_out

DIST = PROJECT / "dist"
PROGRAM = DIST / NAME
COMPRESSOR = "xz -9"


def make_program() -> Path:
    """Make the folder that needs no Python.

    Returns:
        The folder.
    """
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", str(DIST)]
    command += ["--workpath", str(PROJECT / "build" / "pyinstaller"), str(PROJECT / "packaging" / f"{NAME}.spec")]
    subprocess.run(command, check=True, cwd=PROJECT)
    remove_foreign_paths(PROGRAM)
    return PROGRAM


def remove_foreign_paths(program: Path) -> None:
    """Let no library of the program look for others in a folder of this computer, as an own build of Python does."""
    # The program itself has what it loads behind its end, where the tool would lose it.
    for path in set(binaries(program)) - {program / NAME}:
        command = ["patchelf", "--print-rpath", str(path)]
        paths = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        if any(one and not one.startswith("$ORIGIN") for one in paths.strip().split(":")):
            subprocess.run(["patchelf", "--remove-rpath", path], check=True)


def make_tarball() -> Path:
    """Make the archive with ``install.sh``.

    Returns:
        The archive.
    """
    name = f"{NAME}-{VERSION}"
    package = DIST / f"{name}-linux-{platform.machine()}.tar.xz"
    with tempfile.TemporaryDirectory(prefix="tarball-") as folder:
        root = Path(folder, name)
        root.mkdir()
        lay_out(PROGRAM, root / "files")
        add_common_licences(root / "files")
        # A link is not needed where it is made anew.
        shutil.rmtree(root / "files" / "bin")
        for script in ("install.sh", "uninstall.sh", "shared.sh"):
            shutil.copy(HERE / script, root / script)
        text = (HERE / "README-tarball.txt").read_text("utf-8")
        (root / "README.txt").write_text(text.format(glibc=oldest_glibc(PROGRAM)), "utf-8")
        command = ["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{day():%s}"]
        command += [f"--use-compress-program={COMPRESSOR}", "-C", folder, "-cf", str(package), name]
        subprocess.run(command, check=True)
    return package


def make_python() -> Path:
    """Make the wheel and the archive of the sources.

    Returns:
        The wheel.
    """
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(DIST)]
    subprocess.run(command, check=True, cwd=PROJECT)
    return next(DIST.glob(f"*-{VERSION}-*.whl"))


MAKERS: dict[str, Callable[[], Path]] = {
    "program": make_program,
    "tarball": make_tarball,
    "deb": lambda: make_deb(PROGRAM, DIST),
    "rpm": lambda: make_rpm(PROGRAM, DIST),
    "python": make_python,
}


def main() -> None:
    """Make what the command line names."""
    if not sys.argv[1:]:
        # What an earlier version has left would be taken for this one's.
        shutil.rmtree(DIST, ignore_errors=True)
    make_named(MAKERS)


if __name__ == "__main__":
    main()
