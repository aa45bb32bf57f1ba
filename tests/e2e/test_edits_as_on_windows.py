"""A folder followed by the real program through a thousand edits of the kinds that are awkward on Windows.

Files are saved by rename, hidden behind paths of more than 260 characters, read-only, respelt in case alone, and held
open by a program that lets nobody else at them. In the end the mirror equals the folder, and no content is lost that
the mirror ever had.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.trees import contents, read_tree
from tests.helpers.waiting import wait_until

EDITS = 1_000
FILES = 60
HELD_EDITS = 40
LIMIT_S = 120.0
# A folder is renamed between two looks of the program into it; it never has one open for longer than that.
HINDERED_S = 10.0
DEEP = "/".join(["a folder with a long name"] * 12)

pytestmark = pytest.mark.timeout(600)

if sys.platform == "win32":
    import ctypes
    import msvcrt

    def hold(path: Path) -> int:
        """Open a file for oneself alone; return the descriptor."""
        create = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
        create.restype = ctypes.c_void_p
        handle = create(str(path), 0xC000_0000, 0, None, 3, 0, None)
        if handle == ctypes.c_void_p(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        return msvcrt.open_osfhandle(int(handle), os.O_RDWR | os.O_BINARY)
else:

    def hold(path: Path) -> int:
        """Open a file; where nobody can be kept from it, it is only open."""
        return os.open(path, os.O_RDWR)


def unlimited(path: Path) -> Path:
    """Return a path in the form that has no limit of length."""
    return Path(f"\\\\?\\{path}") if sys.platform == "win32" else path


class Editor:
    """Makes random changes, the same ones each time; remembers all contents that there ever were."""

    def __init__(self, root: Path) -> None:
        self._chance = random.Random(11)
        self._root = root
        self._count = 0
        self._held: list[tuple[int, int]] = []
        self.ever: set[bytes] = set()
        for number in range(FILES):
            folder = (DEEP, "docs", f"docs/{number % 7}", "")[number % 4]
            self._write(root / folder / f"File {number}")

    def run(self) -> None:
        """Make all changes, at the pace of about a hundred a second."""
        kinds: tuple[Callable[[], None], ...] = (
            *(self._make, self._edit, self._edit, self._append, self._save_by_rename, self._delete),
            *(self._rename, self._respell, self._make_read_only, self._hold, self._rename_folder),
        )
        for number in range(EDITS):
            self._count += 1
            self._let_go(number)
            self._chance.choice(kinds)()
            time.sleep(0.01)
        self._let_go(EDITS + HELD_EDITS)

    def _content(self) -> bytes:
        self._count += 1
        content = f"content {self._count} ".encode() * self._chance.randrange(1, 400)
        self.ever.add(content)
        return content

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._content())

    def _file(self) -> Path:
        """Return a file that is nobody's alone, and may be written to."""
        held = {os.fstat(fd).st_ino for fd, _ in self._held}
        files = sorted(path for path in self._root.rglob("*") if path.is_file() and path.stat().st_ino not in held)
        file = self._chance.choice(files)
        file.chmod(0o644)
        return file

    def _make(self) -> None:
        folder = self._chance.choice((DEEP, "docs", "new/deeper", f"new {self._count}"))
        self._write(self._root / folder / f"new {self._count}")

    def _edit(self) -> None:
        self._write(self._file())

    def _append(self) -> None:
        file = self._file()
        whole = file.read_bytes() + b"one more line\n"
        self.ever.add(whole)
        with file.open("ab") as stream:
            stream.write(b"one more line\n")

    def _save_by_rename(self) -> None:
        file = self._file()
        new = file.with_name(f"~saving {self._count}")
        new.write_bytes(self._content())
        self._insist(lambda: os.replace(new, file))

    def _delete(self) -> None:
        self._insist(self._file().unlink)

    def _rename(self) -> None:
        file = self._file()
        self._insist(lambda: file.rename(self._root / "docs" / f"moved {self._count}"))

    def _respell(self) -> None:
        file = self._file()
        self._insist(lambda: file.rename(file.with_name(file.name.swapcase())))

    def _make_read_only(self) -> None:
        file = self._file()
        self._write(file)
        file.chmod(0o444)

    def _hold(self) -> None:
        file = self._file()
        fd = hold(file)
        self._held.append((fd, self._count + HELD_EDITS))
        content = self._content()
        os.ftruncate(fd, 0)
        os.write(fd, content)

    def _rename_folder(self) -> None:
        if self._held:
            # Windows renames no folder of which something is open.
            return
        folder = self._chance.choice(("docs/1", "docs/2", "new", DEEP.rpartition("/")[0]))
        path = self._root / folder
        if path.is_dir():
            self._insist(lambda: path.rename(self._root / f"folder {self._count}"))

    def _let_go(self, number: int) -> None:
        for fd, until in [*self._held]:
            if number >= EDITS or self._count >= until:
                os.close(fd)
                self._held.remove((fd, until))

    def _insist(self, change: Callable[[], object]) -> None:
        """Do something that Windows refuses as long as another program looks at the file or folder."""
        end_s = time.monotonic() + HINDERED_S
        while True:
            try:
                change()
            except PermissionError:
                if sys.platform != "win32" or time.monotonic() > end_s:
                    raise
                time.sleep(0.01)
            else:
                return


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = unlimited(tmp_path) / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the program on both folders."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "backup_gui", "run", str(tmp_path / "source"), str(tmp_path / "mirror")]
        started.append(subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_in_step(source: Path, mirror: Path) -> bool:
    try:
        return contents(source) == contents(mirror)
    except PermissionError:
        # Python, unlike the program, opens no file that is being given its name at this moment.
        return False


@pytest.mark.hazard(18, 56)
def test_a_thousand_edits_as_on_windows_lose_nothing(
    tmp_path: Path, source: Path, run: Callable[..., subprocess.Popen[bytes]]
) -> None:
    mirror = unlimited(tmp_path) / "mirror"
    editor = Editor(source)
    program = run("--interval", "1", "--allow-mass-delete")
    wait_until(lambda: mirror.is_dir() and is_in_step(source, mirror), "the first copy", LIMIT_S)
    first = set(contents(source).values())
    editor.run()
    wait_until(lambda: is_in_step(source, mirror), "in step after the edits", LIMIT_S)
    assert program.poll() is None
    program.kill()
    program.communicate()
    assert read_tree(source) == read_tree(mirror)
    kept = set(contents(unlimited(tmp_path) / "mirror.history").values())
    assert first <= kept | set(contents(mirror).values()), "what the backup had is in it or in its history"
    # What is written at this moment may be seen as far as it has come.
    mixed = [version for version in kept if not any(content.startswith(version) for content in editor.ever)]
    assert mixed == [], "no version is a mixture of two"
    once = run("--once", "--json")
    output, errors = once.communicate(timeout=LIMIT_S)
    assert once.returncode == 0, errors
    report = json.loads(output.splitlines()[-1])
    assert [report[name] for name in ("created", "replaced", "deleted", "moved", "metadata")] == [0] * 5
