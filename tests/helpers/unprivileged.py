"""Runs the program as a user to whom permissions apply: root is denied nothing."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.project import PROJECT

NOBODY = 65534
# The tests' own interpreter gives the powers up: it is there wherever the tests are.
BECOME_NOBODY = f"""
import os, sys
os.setgroups([])
os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
os.execv(sys.argv[1], sys.argv[1:])
"""
# The interpreter and the project may lie where another user cannot go, such as in root's home. In a mount namespace
# of its own the process gets them under folders that it can reach; nothing outside it changes.
WITH_MOUNTS = """
set -eu
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/python /mnt/packages /mnt/project
mount --rbind "$1" /mnt/python
mount --rbind "$2" /mnt/packages
mount --rbind "$3" /mnt/project
shift 3
exec "$@"
"""
PROBE_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """How to run Python, with the project and its libraries at hand, without root's powers.

    Attributes:
        command: What to put before the interpreter's own arguments.
        environment: Variables that the process needs besides its own.
        uid: The user that it runs as.
    """

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    uid: int

    def run(self, *arguments: str, home: Path, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run ``python`` with arguments, such as ``-m backup_gui run …``, and wait for its end.

        Args:
            arguments: What follows the interpreter.
            home: A folder of that user's (see ``own``), which takes the program's own data.
            timeout_s: Limit for the whole run.
        """
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment_for(home),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def environment_for(self, home: Path) -> dict[str, str]:
        """All variables for a process whose data lies below ``home``; made for ``Popen`` too."""
        # Coverage of a process that may not write to the project's folder cannot be kept.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
        places = {f"XDG_{name}_HOME": str(home / f".{name.lower()}") for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        return kept | places | {"HOME": str(home)} | dict(self.environment)

    def own(self, path: Path) -> None:
        """Make a path, with all that is in it, the user's own."""
        if os.geteuid() != 0:
            return
        os.chown(path, self.uid, self.uid, follow_symlinks=False)
        for root, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(os.path.join(root, name), self.uid, self.uid, follow_symlinks=False)


def find_unprivileged() -> Unprivileged:
    """Find a way that works on this machine, the plainest first.

    Raises:
        RuntimeError: The tests are run by root, and no way works: what they prove would else go unproven unseen.
    """
    if os.geteuid() != 0:
        return Unprivileged((sys.executable,), (("PYTHONPATH", str(PROJECT)),), os.geteuid())
    for way in WAYS:
        found = way()
        if works(found):
            return found
    raise RuntimeError(
        f"User {NOBODY} cannot run Python here, neither in place, nor by mounts, nor from copies below"
        f" {tempfile.gettempdir()}: let TMPDIR name a folder that all users may enter, or run the tests as a user"
    )


def in_place() -> Unprivileged:
    """Run the interpreter where it is."""
    return Unprivileged((*_drop(), sys.executable), (("PYTHONPATH", str(PROJECT)),), NOBODY)


def by_mounts() -> Unprivileged:
    """Mount the interpreter, its libraries and the project where the user can reach them."""
    packages = sysconfig.get_path("purelib")
    enter = ("unshare", "--mount", "sh", "-c", WITH_MOUNTS, "sh", sys.base_prefix, packages, str(PROJECT))
    return _below("/mnt", (*enter, *_drop()))


def from_copies() -> Unprivileged:
    """Copy them there, as is possible in a container or a changed root, too; removed when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="backup-gui-python-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    version = _version()
    python = Path(sys.base_prefix)
    (folder / "python/bin").mkdir(parents=True)
    (folder / "python/lib").mkdir()
    _copy(python / f"bin/python{version}", folder / f"python/bin/python{version}")
    for library in python.glob("lib/libpython*"):
        _copy(library, folder / "python/lib" / library.name)
    _copy_tree(python / f"lib/python{version}", folder / f"python/lib/python{version}", "site-packages", "test")
    _copy_tree(Path(sysconfig.get_path("purelib")), folder / "packages")
    for name in ("backup_gui", "resources", "tests"):
        _copy_tree(PROJECT / name, folder / "project" / name)
    return _below(str(folder), _drop())


WAYS = (in_place, by_mounts, from_copies)


def _drop() -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", BECOME_NOBODY)


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _below(folder: str, enter: tuple[str, ...]) -> Unprivileged:
    environment = (
        ("PYTHONHOME", f"{folder}/python"),
        ("PYTHONPATH", f"{folder}/project:{folder}/packages"),
        ("LD_LIBRARY_PATH", f"{folder}/python/lib"),
    )
    return Unprivileged((*enter, f"{folder}/python/bin/python{_version()}"), environment, NOBODY)


def _copy_tree(source: Path, place: Path, *but: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", *but)
    shutil.copytree(source, place, symlinks=True, ignore=ignored, copy_function=_copy)


def _copy(source: str | Path, place: str | Path) -> None:
    """Give a file a second name where that is possible: the libraries of the window are large."""
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, place, follow_symlinks=False)


def works(candidate: Unprivileged) -> bool:
    """Tell whether Python runs so, with the project and its libraries, and without root's powers."""
    code = "import os, sys, backup_gui, watchdog; sys.exit(os.geteuid() == 0)"
    try:
        result = candidate.run("-c", code, home=Path("/nonexistent"), timeout_s=PROBE_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
