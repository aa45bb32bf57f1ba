"""Tries an installed program on a drive: ``python -m tests.e2e.smoke PROGRAM FOLDER``.

It backs up, edits, deletes and restores in the folder, and ends with status 1 and a sentence if something is wrong.
For drives and systems that are there only in hosted checks, so it needs nothing but Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LIMIT_S = 120


class Trial:
    """One program on one drive.

    Args:
        program: The program's file.
        folder: An empty folder on the drive.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._source, self._backup, self._given = folder / "source", folder / "backup", folder / "given"
        self._outside = folder / "outside"

    def run(self) -> None:
        """Try everything.

        Raises:
            AssertionError: Something is wrong.
        """
        self._write("letter.txt", b"first")
        self._write("folder/deep/data.bin", os.urandom(300_000))
        self._write("folder/Größe 日本.txt", b"names")
        self._write("folder/locked.txt", b"read-only")
        (self._source / "folder/locked.txt").chmod(0o444)
        has_junction = self._plant_junction()
        self._back_up()
        strangers = os.path.realpath(self._backup / "junction" / "stranger.txt")
        assert not strangers.startswith(os.path.realpath(self._backup)) or not os.path.exists(strangers), "followed"
        assert self._mirrored() == self._contents(self._source), "the first backup differs"
        self._write("letter.txt", b"second, longer")
        (self._source / "folder/locked.txt").chmod(0o644)
        (self._source / "folder/locked.txt").unlink()
        self._back_up()
        assert self._mirrored() == self._contents(self._source), "the second backup differs"
        self._call("verify", self._source, self._backup)
        assert self._call("versions", self._backup, "letter.txt").count("letter.txt") == 1, "no version"
        self._call("restore", self._backup, "folder/locked.txt", "--to", self._given)
        assert (self._given / "locked.txt").read_bytes() == b"read-only", "what was deleted does not come back"
        if has_junction:
            assert os.listdir(self._outside) == ["stranger.txt"], "something outside was touched"

    def _back_up(self) -> None:
        # A junction is listed as what cannot be copied, which is status 1.
        told = self._call("run", self._source, self._backup, "--once", allowed=(0, 1) if os.name == "nt" else (0,))
        assert "Traceback" not in told, told

    def _call(self, *arguments: str | Path, allowed: tuple[int, ...] = (0,)) -> str:
        command = [self._program, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)
        told = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode in allowed, f"{command} ended with {done.returncode}:\n{told}"
        return told

    def _write(self, path: str, content: bytes) -> None:
        target = self._source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def _plant_junction(self) -> bool:
        """Make a junction in the source that leads out of it, where there are such."""
        if os.name != "nt":
            return False
        self._outside.mkdir()
        (self._outside / "stranger.txt").write_bytes(b"not to be copied")
        command = ["cmd", "/c", "mklink", "/J", str(self._source / "junction"), str(self._outside)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _mirrored(self) -> dict[str, bytes]:
        return self._contents(self._backup)

    def _contents(self, root: Path) -> dict[str, bytes]:
        found = {}
        for folder, folders, files in os.walk(root):
            # Python walks into junctions.
            folders[:] = [name for name in folders if name not in {"junction", ".backup-history"}]
            for name in files:
                path = Path(folder, name)
                found[path.relative_to(root).as_posix()] = path.read_bytes()
        return {name: content for name, content in found.items() if ".~bg-backup.json" not in name}


def main() -> None:
    """Try the program named on the command line."""
    program, folder = sys.argv[1:3]
    Trial(os.path.abspath(program), Path(folder).resolve()).run()
    print(f"{folder}: backed up, verified and restored")


if __name__ == "__main__":
    main()
