"""Runs programs for Windows under wine, in the rig's own prefix, and stops wine's server afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[2]
RIG = PROJECT / "build" / "windows-rig"
PYTHON = RIG / "python" / "python.exe"
PREFIX = RIG / "prefix"
# On drive C, as a user's files are: drive Z, this system's root, has no serial number.
TEMPORARY = PREFIX / "drive_c" / "temporary"
FOLDER = Path("/usr/lib/wine")
# No menus, .NET or pages are needed, and of mscms the form beside the sources is taken instead of wine's own.
LEFT_OUT = "mscoree=;mshtml=;winemenubuilder.exe=;mscms=n"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other process of this checkout uses the rig."""
    RIG.parent.mkdir(exist_ok=True)
    with (RIG.parent / "windows-rig.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another process that uses the rig for Windows", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def running() -> Iterator[None]:
    """Stop wine's server, and with it all programs that run, at the end, also when this process is told to end."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        subprocess.run([FOLDER / "wineserver64", "--kill"], env=environment(), check=False)
        subprocess.run([FOLDER / "wineserver64", "--wait"], env=environment(), check=False)
        signal.signal(signal.SIGTERM, before)


def run(*command: str) -> int:
    """Run a program for Windows in the project's folder, and pass on what it prints.

    Its streams are pipes: a frozen program does not start with files as its streams.

    Args:
        command: A path of this system or a name that wine knows, and the arguments.

    Returns:
        The exit code.
    """
    process = subprocess.Popen(
        [FOLDER / "wine64", *command],
        env=environment(),
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        for line in process.stdout:
            sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
            sys.stdout.flush()
        return process.wait()
    finally:
        process.kill()


def environment() -> dict[str, str]:
    """Return the environment in which wine runs: nothing of this user's own settings, screen or home."""
    taken = {name: os.environ[name] for name in ("PATH", "CI", "HYPOTHESIS_PROFILE") if name in os.environ}
    return {
        **taken,
        "HOME": str(RIG),
        "LANG": "C.UTF-8",
        "WINEPREFIX": str(PREFIX),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": LEFT_OUT,
        # The modules of the checkout are compiled for Linux, too, beside their text.
        "PYTHONPYCACHEPREFIX": windows_path(RIG / "compiled"),
    }


def windows_path(path: Path) -> str:
    """Return the name that a path of this system has for programs for Windows."""
    return "Z:" + str(path).replace("/", "\\")


def _end(signum: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signum)
