"""Trees that nobody here made, mirrored by the real program while they are edited; rsync and diff judge.

Where those are not, as on Windows, the trees are compared here.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.systems import NoLinksError
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

LEAST_FILES = 10_000 if os.name == "posix" else 500
EDITS = 1_000
# Those that rename or remove folders.
FOLDERS_GO = (10, 11)
# Of a small tree so many edits look like a mistake.
OPTIONS = () if os.name == "posix" else ("--allow-mass-delete",)
LIMIT_S = 90.0 if os.name == "posix" else 180.0

pytestmark = [
    pytest.mark.timeout(300 if os.name == "posix" else 600),
    pytest.mark.skipif(
        os.name == "posix" and shutil.which("rsync") is None, reason="rsync judges, and is not installed"
    ),
]


@pytest.fixture
def place() -> Iterator[Path]:
    memory = Path("/dev/shm")
    has_memory = os.name == "posix" and memory.is_dir()
    with tempfile.TemporaryDirectory(prefix="backup-gui-real-", dir=memory if has_memory else None) as folder:
        yield Path(folder)


@pytest.fixture
def source(place: Path) -> Path:
    """The interpreter's library and what is installed beside it, with links, some dangling, and empty folders."""
    source = place / "source"
    paths = sysconfig.get_paths()
    parts = (paths["purelib"], paths["stdlib"]) if os.name == "posix" else (paths["stdlib"], paths["purelib"])
    for number, part in enumerate(parts):
        target = source / f"part {number}"
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(part, target, symlinks=True, ignore=shutil.ignore_patterns("site-packages", "test"))
        if sum(len(files) for _, _, files in os.walk(source)) >= LEAST_FILES:
            break
    files = sorted(path for path in source.rglob("*.py") if path.is_file())
    for number, file in enumerate(files[:200] if os.name == "posix" else []):
        (file.parent / f"link {number}").symlink_to(file.name if number % 2 else "nowhere")
    (source / "empty" / "folder").mkdir(parents=True)
    assert sum(len(files) for _, _, files in os.walk(source)) >= LEAST_FILES
    return source


def differences(source: Path, mirror: Path) -> str:
    """What rsync would change by checksum, and what diff sees."""
    if os.name != "posix":
        ours, theirs = read_tree(source), read_tree(mirror)
        return "\n".join(sorted(path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)))
    rsync = subprocess.run(
        ["rsync", "-anc", "--delete", "--itemize-changes", f"{source}/", f"{mirror}/"],
        capture_output=True,
        check=False,
    )
    diff = subprocess.run(
        ["diff", "-r", "--brief", "--no-dereference", source, mirror], capture_output=True, check=False
    )
    return (rsync.stdout + rsync.stderr + diff.stdout + diff.stderr).decode(errors="replace")


class Editor:
    """Makes random changes, always the same ones for the same tree."""

    def __init__(self, root: Path) -> None:
        self._chance = random.Random(7)
        self._root = root
        self._made = 0
        self._files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        self._folders = sorted(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())

    def change(self) -> None:
        """Make one change; what is gone already is passed over."""
        chance = self._chance
        file, folder = chance.choice(self._files), chance.choice(self._folders)
        edit = chance.randrange(12)
        self._made += 1
        try:
            match edit:
                case 0 | 1 | 2:
                    file.write_bytes(chance.randbytes(chance.randrange(20_000)))
                case 3 | 4:
                    with file.open("ab") as stream:
                        stream.write(b"one more line\n")
                case 5:
                    file.unlink()
                case 6:
                    self._files.append(file.rename(folder / f"moved {self._made}"))
                case 7:
                    new = folder / f"new folder {self._made}" / "deeper"
                    new.mkdir(parents=True)
                    self._folders.append(new)
                    (new / "file").write_text("new")
                    self._files.append(new / "file")
                case 8:
                    (folder / f"new link {self._made}").symlink_to(file)
                case 9:
                    file.chmod(chance.choice((0o600, 0o640, 0o755)))
                case 10:
                    if len(folder.relative_to(self._root).parts) > 3:
                        self._folders.append(folder.rename(self._root / f"moved folder {self._made}"))
                case _:
                    if len(folder.relative_to(self._root).parts) > 4:
                        shutil.rmtree(folder)
        except (FileNotFoundError, NotADirectoryError, NoLinksError):
            return
        except PermissionError:
            # Windows renames and removes no folder of which something is open; what is done to files is never refused.
            if os.name == "posix" or edit not in FOLDERS_GO:
                raise


@pytest.mark.parametrize("mode", [[], ["--poll"]], ids=["watching", "polling"])
def test_real_tree_is_mirrored_and_followed_through_a_thousand_edits(
    place: Path, source: Path, mode: list[str]
) -> None:
    mirror = place / "mirror"
    with (place / "log").open("wb") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "backup_gui", "run", source, mirror, "--interval", "1", *mode, *OPTIONS],
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: mirror.is_dir() and not differences(source, mirror), "first mirror", LIMIT_S)
            editor = Editor(source)
            for _ in range(EDITS):
                editor.change()
            wait_until(lambda: not differences(source, mirror), "in step after the edits", LIMIT_S)
            program.send_signal(signal.SIGTERM)
            # Windows has no such signal, and ends the program at once.
            expected = 128 + signal.SIGTERM if os.name == "posix" else 1
            assert program.wait(10) == expected, (place / "log").read_text(errors="replace")
        finally:
            program.kill()
            program.wait()
    assert differences(source, mirror) == ""
    once = subprocess.run(
        [sys.executable, "-m", "backup_gui", "run", source, mirror, "--once", "--json"],
        capture_output=True,
        check=False,
    )
    assert once.returncode == 0, once.stderr
    assert b'"created":0,"replaced":0,"deleted":0,"moved":0,"metadata":0' in once.stdout.splitlines()[-1]
