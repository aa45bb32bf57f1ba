"""A minimal Debian, made new in a folder, in which packages are installed and started as on a computer of its own.

Needs root, debootstrap and Debian's packages. Its programs appear on the desktop of a test's session, whose folder they
see at the same path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.helpers.desktop import Desktop

USER = "person"
UID = 1000
_INSTALL_LIMIT_S = 600
_PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}
_X_SOCKETS = Path("/tmp/.X11-unix")
_SHARED = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


class FreshDebian:
    """A system with one user who is not root.

    Attributes:
        root: The folder that it is in.
    """

    def __init__(self, root: Path) -> None:
        """Take a folder with a system."""
        self.root = root

    def run(self, *command: str, uid: int = 0, environment: Mapping[str, str] | None = None, status: int = 0) -> str:
        """Run a program to its end; returns all that it has printed.

        Args:
            command: The program, as it is called in there, and its arguments.
            uid: Who runs it.
            environment: All its variables; otherwise those of a plain login.
            status: The exit status that is expected.
        """
        done = subprocess.run(
            [*self.enter(uid), *command],
            env=dict(environment or _PLAIN),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_LIMIT_S,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def enter(self, uid: int) -> list[str]:
        """What to put before a command, so that it runs in there."""
        return [shutil.which("chroot") or "/usr/sbin/chroot", f"--userspec={uid}:{uid}", "--groups=", str(self.root)]

    def install(self, *packages: str) -> None:
        """Install packages with what they depend on, and no more."""
        command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
        self.run(*command, environment=_PLAIN | {"DEBIAN_FRONTEND": "noninteractive"})

    def give(self, file: Path) -> str:
        """Copy a file in; returns its path in there."""
        shutil.copy(file, self.root / "srv" / file.name)
        return f"/srv/{file.name}"

    @contextmanager
    def at(self, desktop: Desktop) -> Iterator[None]:
        """Let its programs use a session, for the length of a ``with`` block."""
        with ExitStack() as stack:
            stack.enter_context(_bound(desktop.folder, self.root))
            stack.enter_context(_bound(_X_SOCKETS, self.root))
            yield


@contextmanager
def fresh_debian(suite: str, folder: Path) -> Iterator[FreshDebian]:
    """Make a minimal system for the length of a ``with`` block.

    Args:
        suite: The name of a version of Debian.
        folder: Where to make it; needs a gigabyte.
    """
    root = folder / suite
    with ExitStack() as stack:
        stack.callback(_remove, root)
        command = ["debootstrap", "--variant=minbase", suite, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_LIMIT_S, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        stack.enter_context(_mounted("proc", root / "proc", "-t", "proc"))
        for name in _SHARED:
            stack.enter_context(_bound(Path(name), root))
        stack.enter_context(_mounted("tmpfs", root / "dev/shm", "-t", "tmpfs"))
        debian = FreshDebian(root)
        debian.run("useradd", "--create-home", "--uid", str(UID), USER)
        debian.run("apt-get", "update", "--quiet")
        yield debian


def _remove(root: Path) -> None:
    # What is still mounted in it stays whole, whatever has gone wrong.
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)


@contextmanager
def _bound(path: Path, root: Path) -> Iterator[None]:
    target = root / path.relative_to("/")
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    with _mounted(str(path), target, "--bind"):
        yield


@contextmanager
def _mounted(what: str, target: Path, *options: str) -> Iterator[None]:
    target.mkdir(parents=True, exist_ok=True) if not target.exists() else None
    subprocess.run(["mount", *options, what, target], check=True)
    try:
        yield
    finally:
        _unmount(target)


def _unmount(target: Path) -> None:
    """Take a mount away, once what used it has ended; at the latest from sight."""
    for _ in range(20):
        if subprocess.run(["umount", target], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", target], check=True)


def own(path: Path) -> None:
    """Make a path, with all that is in it, the user's."""
    for root, _, files in os.walk(path):
        os.chown(root, UID, UID)
        for name in files:
            os.chown(os.path.join(root, name), UID, UID, follow_symlinks=False)
