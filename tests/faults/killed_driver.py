"""Makes the same pass again and again in processes that are killed one call later each time; see ``test_kill.py``.

Run as a program: ``python -m tests.faults.killed_driver FOLDER [bare]``. Prints one JSON line for each kill, and one in
the end. With ``bare`` there is no history, and the source is edited after each kill.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backup_gui.engine.fs import posix
from backup_gui.engine.fs.system import syscalls as system
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import FULL
from tests.helpers.trees import contents, read_tree

# What the interpreter tells of before it does it.
AUDITED = frozenset(
    (
        "chmod",
        "chown",
        "link",
        "mkdir",
        "remove",
        "rename",
        "removexattr",
        "rmdir",
        "setxattr",
        "symlink",
        "truncate",
        "utime",
    )
)
# What it does not tell of. A copy is also cut in the middle.
UNAUDITED = ("copy_file_range", "fsync", "fchmod", "fchown", "ftruncate", "write", "utime")
MOST_KILLS = 400


class Countdown:
    """Kills this process at a chosen call."""

    def __init__(self, at: int) -> None:
        self.left = at

    def tick(self, half: Callable[[], object] | None = None) -> None:
        """Count one call; the last one kills, after doing half of what it would have done."""
        self.left -= 1
        if self.left == 0:
            if half is not None:
                # Not every file system has the call.
                with contextlib.suppress(OSError):
                    half()
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count what the interpreter tells of."""
        if event.removeprefix("os.") in AUDITED or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        ):
            self.tick()

    def arm(self) -> None:
        """Count everything from now on."""
        sys.addaudithook(self.audit)
        for name in UNAUDITED:
            setattr(os, name, self._counted(getattr(os, name), name))
        for module, name in ((system, "_syncfs"), (posix, "_rename_new")):
            call = getattr(module, name)
            if call is not None:
                setattr(module, name, self._counted(call, name))
        commit = JobDatabase.commit

        def counted_commit(catalog: JobDatabase) -> None:
            self.tick()
            commit(catalog)
            self.tick()

        setattr(JobDatabase, "commit", counted_commit)  # noqa: B010 - to the type checker a method is no variable

    def _counted(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            if name == "copy_file_range":
                self.tick(lambda: call(arguments[0], arguments[1], arguments[2] // 2))
            elif name == "write":
                self.tick(lambda: call(arguments[0], arguments[1][: len(arguments[1]) // 2]))
            else:
                self.tick()
            return call(*arguments, **options)

        return counted


class Scene:
    """A mirror that is in step, and a source that has been changed in every way since."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.source, self.mirror, self.history = base / "source", base / "mirror", base / "mirror.history"
        self.job = Job(str(self.source), Place(str(self.mirror)), id="job", name="job", guard_count=10**6)
        self.surplus = [self.history / f"{path}~20200101-000000Z" for path in ("deep/er/a", "deep/b", "only/c", "d")]
        self.foreign = self.history / "only/stranger"
        (self.source / "deep/er").mkdir(parents=True)
        (self.source / "gone/too").mkdir(parents=True)
        (self.source / "type").mkdir()
        for path in (
            "same",
            "changed",
            "deep/er/changed",
            "moved",
            "gone/a",
            "gone/too/b",
            "rechecked",
            "type/x",
            "link",
        ):
            (self.source / path).write_bytes(b"old %s " % path.encode() * 50)
        for name in ("equal", "equal too"):
            (self.source / name).write_bytes(b"equal")
            os.utime(self.source / name, ns=(0, 10**18))
        for first, name in (("changed", "deep/changed too"), ("rechecked", "rechecked too"), ("same", "deep/same too")):
            os.link(self.source / first, self.source / name)
        self.old = contents(self.source)
        self.make_pass()
        for path in ("changed", "deep/er/changed", "added", "deep/added"):
            (self.source / path).write_bytes(b"new %s " % path.encode() * 700)
        (self.source / "empty").touch()
        with (self.source / "holes").open("wb") as file:
            file.seek(1 << 20)
            file.write(b"end")
        (self.source / "moved").rename(self.source / "deep/moved")
        (self.source / "link").unlink()
        (self.source / "link").symlink_to("changed")
        (self.source / "new link").symlink_to("nowhere")
        shutil.rmtree(self.source / "gone")
        shutil.rmtree(self.source / "type")
        (self.source / "type").write_bytes(b"new type")
        (self.source / "rechecked").chmod(0o600)
        os.link(self.source / "added", self.source / "deep/added too")
        os.link(self.source / "same", self.source / "same three")
        os.setxattr(self.source / "rechecked", "user.rechecked", b"1")
        os.setxattr(self.source / "deep", "user.deep", b"2")
        os.setxattr(self.source / "deep/added", "user.added", b"3")
        # In step, and now names of one file: the mirror's are joined.
        (self.source / "equal").unlink()
        os.link(self.source / "equal too", self.source / "equal")
        (self.mirror / "stranger").write_bytes(b"strange")
        for planted in (*self.surplus, self.foreign):
            planted.parent.mkdir(parents=True, exist_ok=True)
            planted.write_bytes(b"long ago")
        # Another limit makes it time to thin out the history.
        self.job = self.job._replace(history_days=29)
        self.new = contents(self.source)

    def make_pass(self) -> None:
        """Make a full pass with the scene's catalog."""
        catalog = JobDatabase.open(self.base / "data/job.sqlite")
        run_pass(self.job, catalog, FULL)
        catalog.close()

    def faults(self) -> list[str]:
        """Say what is wrong with the mirror and the history now, whatever was going on."""
        faults = []
        there = contents(self.mirror)
        for path, content in there.items():
            whole = {self.old.get(path), self.new.get(path), b"strange" if path == "stranger" else None}
            if content not in whole and not any(map(is_temporary, path.split("/"))):
                faults.append(f"{path} is not whole")
        present = {*there.values(), *contents(self.history).values()}
        faults += [f"{path} is lost" for path, content in self.old.items() if content not in present]
        if b"strange" not in present or not self.foreign.exists():
            faults.append("a stranger's file is lost")
        return faults

    def faults_in_the_end(self) -> list[str]:
        """Say what is wrong after the pass that follows."""
        mirror, source = read_tree(self.mirror), read_tree(self.source)
        left = [str(path) for path in self.surplus if path.exists()]
        return left + [repr(path) for path in sorted({*mirror, *source}) if mirror.get(path) != source.get(path)]


class BareScene(Scene):
    """The same without a history, where what the program takes for a stranger's is held until the user has answered."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        (self.mirror / "stranger").unlink()
        self.job = self.job._replace(keeps_history=False)
        self.make_pass()
        for path in ("changed", "deep/er/changed", "added", "deep/added", "new/deep/file"):
            (self.source / path).parent.mkdir(parents=True, exist_ok=True)
            (self.source / path).write_bytes(b"newer %s " % path.encode() * 900)
        for path in ("empty", "holes", "deep/moved"):
            os.utime(self.source / path, ns=(0, 10**18 + 1))
        (self.source / "same").chmod(0o600)
        (self.source / "rechecked").rename(self.source / "new/rechecked")
        os.setxattr(self.source / "new", "user.new", b"4")
        (self.source / "link").unlink()
        (self.source / "link").symlink_to("added")
        (self.mirror / "stranger").write_bytes(b"strange")

    def edit(self) -> None:
        """Edit or delete everything that the source has."""
        for number, (path, content) in enumerate(sorted(contents(self.source).items())):
            if number % 3:
                (self.source / path).write_bytes(content + b"edited")
            else:
                (self.source / path).unlink()
        (self.source / "link").unlink()
        (self.source / "link").symlink_to("something longer")
        shutil.rmtree(self.source / "new")

    def faults(self) -> list[str]:
        """Say what is wrong with the stranger's file."""
        there = contents(self.mirror).get("stranger")
        return [] if there == b"strange" else ["a stranger's file is lost"]

    def faults_in_the_end(self) -> list[str]:
        """Say what of its own the program holds."""
        mirror, source = read_tree(self.mirror), read_tree(self.source)
        mirror.pop("stranger")
        # The folder that a stranger's file lies in has the time of what is done around it.
        return [repr(path) for path in sorted({*mirror, *source}) if path and mirror.get(path) != source.get(path)]


def main() -> None:
    base = Path(sys.argv[1])
    is_bare = "bare" in sys.argv[2:]
    # Some calls are loaded at first use, which would count too.
    ctypes.CDLL(None)
    for at in range(1, MOST_KILLS):
        scene = BareScene(base / str(at)) if is_bare else Scene(base / str(at))
        child = os.fork()
        if child == 0:
            Countdown(at).arm()
            scene.make_pass()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        line: dict[str, Any] = {"at": at, "is_killed": is_killed, "status": status, "faults": scene.faults()}
        if isinstance(scene, BareScene):
            scene.edit()
        scene.make_pass()
        line["faults"] += scene.faults()
        line["differences"] = scene.faults_in_the_end()
        print(json.dumps(line), flush=True)
        shutil.rmtree(scene.base)
        if not is_killed:
            return


if __name__ == "__main__":
    main()
