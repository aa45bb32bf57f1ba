"""Runs the program as a user to whom permissions apply: root is denied nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
PROJECT = Path(__file__).resolve().parents[2]
DROP = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
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


def find_unprivileged() -> Unprivileged | None:
    """Find a way that works on this machine, the plainest first; None if there is none."""
    if os.name != "posix":
        return None
    if os.geteuid() != 0:
        return Unprivileged((sys.executable,), (("PYTHONPATH", str(PROJECT)),), os.geteuid())
    if shutil.which("setpriv") is None:
        return None
    candidates = (_plain(), _with_mounts())
    return next((candidate for candidate in candidates if _works(candidate)), None)


def _plain() -> Unprivileged:
    return Unprivileged((*DROP, sys.executable), (("PYTHONPATH", str(PROJECT)),), NOBODY)


def _with_mounts() -> Unprivileged:
    packages = sysconfig.get_path("purelib")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    enter = ("unshare", "--mount", "sh", "-c", WITH_MOUNTS, "sh", sys.base_prefix, packages, str(PROJECT))
    environment = (
        ("PYTHONHOME", "/mnt/python"),
        ("PYTHONPATH", "/mnt/project:/mnt/packages"),
        ("LD_LIBRARY_PATH", "/mnt/python/lib"),
    )
    return Unprivileged((*enter, *DROP, f"/mnt/python/bin/python{version}"), environment, NOBODY)


def _works(candidate: Unprivileged) -> bool:
    code = "import os, sys, backup_gui, watchdog; sys.exit(os.geteuid() == 0)"
    try:
        result = candidate.run("-c", code, home=Path("/nonexistent"), timeout_s=PROBE_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0
