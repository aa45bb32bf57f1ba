"""Makes the same pass onto a drive without hard links again and again in processes that are killed one call later each.

Run as a program: ``python -m tests.faults.killed_on_stick FOLDER_ON_DISK FOLDER_ON_THE_DRIVE``. Prints one JSON line
for each kill, and one in the end.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import FULL
from tests.faults.killed_driver import MOST_KILLS, Countdown
from tests.helpers.trees import contents


class Scene:
    """A mirror that is in step, and a source in which there are changes, names in another case, and rival names."""

    def __init__(self, base: Path, drive: Path) -> None:
        self.base, self.drive = base, drive
        self.source, self.mirror, self.history = base / "source", drive / "mirror", drive / "mirror.history"
        self.job = Job(str(self.source), Place(str(self.mirror)), id="job", name="job", guard_count=10**6)
        self.write("changed", "deep/changed", "deleted", "spelt", "Rival", "moved", version="old")
        self.old = contents(self.source)
        self.make_pass()
        self.write("changed", "deep/changed", "added/inside", "rival", version="newer")
        (self.source / "deleted").unlink()
        (self.source / "Rival").unlink()
        (self.source / "spelt").rename(self.source / "SPELT")
        (self.source / "moved").rename(self.source / "added/moved")
        (self.source / "deep").rename(self.source / "Deep")
        self.new = contents(self.source)

    def write(self, *paths: str, version: str) -> None:
        for path in paths:
            (self.source / path).parent.mkdir(parents=True, exist_ok=True)
            (self.source / path).write_text(f"{version} {path} " * 50)

    def make_pass(self) -> None:
        """Make a full pass with the scene's catalog."""
        catalog = JobDatabase.open(self.base / "job.sqlite")
        run_pass(self.job, catalog, FULL)
        catalog.close()

    def faults(self) -> list[str]:
        """Say what is wrong with the mirror and the history now."""
        there = contents(self.mirror)
        whole = {*self.old.values(), *self.new.values()}
        found = [
            f"{path} is not whole"
            for path, content in there.items()
            if content not in whole and not any(map(is_temporary, path.split("/")))
        ]
        present = {*there.values(), *contents(self.history).values()}
        return found + [f"{path} is lost" for path, content in self.old.items() if content not in present]

    def differences(self) -> list[str]:
        """Say in what the mirror is not what the source is."""
        there, new = contents(self.mirror), contents(self.source)
        return [path for path in sorted({*there, *new}) if there.get(path) != new.get(path)]


def main() -> None:
    base, drive = Path(sys.argv[1]), Path(sys.argv[2])
    # Some calls are loaded at first use, which would count too.
    ctypes.CDLL(None)
    for at in range(1, MOST_KILLS):
        scene = Scene(base / str(at), drive / str(at))
        child = os.fork()
        if child == 0:
            Countdown(at).arm()
            scene.make_pass()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        line: dict[str, Any] = {"at": at, "is_killed": is_killed, "status": status, "faults": scene.faults()}
        scene.make_pass()
        line["faults"] += scene.faults()
        line["differences"] = scene.differences()
        print(json.dumps(line), flush=True)
        shutil.rmtree(scene.base)
        shutil.rmtree(scene.drive)
        if not is_killed:
            return


if __name__ == "__main__":
    main()
