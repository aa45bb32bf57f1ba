"""Runs the tests in the rig for Windows, after making it: ``python packaging/windows/run_tests.py [--short] …``.

All other arguments are pytest's; paths are those of this system. Without any path, what can run on Windows is run, and
then the program and its setup program are made, installed, used, updated and removed. With ``--short`` the slow tests
are left out, and what says the same on each system.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import build_rig
import make_setup
import wine

# The other folders need mounts, rsync or a desktop of Linux, or look at the text of the project.
FOLDERS: tuple[str, ...] = ("tests/unit", "tests/integration", "tests/qt", "tests/property", "tests/fuzz", "tests/e2e")
# Of the engine what has to do with files, drives and time; the rest of it takes minutes under wine.
SHORT_FOLDERS = (
    *("tests/unit/cli", "tests/unit/config", "tests/unit/model", "tests/unit/services", "tests/unit/engine/rules"),
    *("tests/unit/engine/fs", "tests/unit/engine/watch", "tests/unit/engine/roots", "tests/unit/engine/destination"),
    *("tests/unit/engine/apply", "tests/unit/engine/guard", "tests/unit/engine/run"),
    *("tests/fuzz", "tests/qt"),
)

# They start what is made, as people do, and run on this system.
PACKAGE, PACKAGE_TESTS = "windows_package", "tests/e2e/test_windows_package.py"

# A process that waits in wine cannot be interrupted by a signal, so a thread watches the time of each test.
# That ends the whole process, so it is for what hangs, not for what is slow.
OPTIONS = ("-n", "auto", "-p", "no:cacheprovider", "-o", "timeout_method=thread", "-o", "timeout=300")


def main() -> None:
    """Run the tests, and end with pytest's exit code."""
    arguments = sys.argv[1:]
    is_short = "--short" in arguments
    if is_short:
        arguments.remove("--short")
        arguments += ["-m", "not slow"]
    is_all = not any(os.path.exists(argument.partition("::")[0]) for argument in arguments)
    if is_all:
        arguments += SHORT_FOLDERS if is_short else FOLDERS
    with wine.one_at_a_time():
        build_rig.make()
        clear(wine.TEMPORARY)
        with wine.running():
            code = wine.run(str(wine.PYTHON), "-m", "pytest", *OPTIONS, *arguments)
        if code == 0:
            clear(wine.TEMPORARY)
        if is_all and not is_short:
            make_setup.make_program()
            make_setup.make_setup()
            code = subprocess.call([sys.executable, "-m", "pytest", "-rA", "-m", PACKAGE, PACKAGE_TESTS]) or code
    sys.exit(code)


def clear(folder: Path) -> None:
    """Remove what is in a folder: what tests have written, which may be too deep for shutil."""
    subprocess.run(["rm", "-rf", "--", *folder.iterdir()], check=True)


if __name__ == "__main__":
    main()
