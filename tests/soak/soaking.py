"""The program as a process, watching a source that never rests, killed and robbed of its drives again and again.

At the end rsync judges whether the mirror is exact; an observer has noted along the way what was in the mirror, and all
of that must be in the mirror or in the history. Of a file that is replaced again and again, one version a minute is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.fs.system.descriptors import MOST_KEPT
from backup_gui.engine.rules.version_names import read_version_name
from backup_gui.engine.state.busy_files import KEEP_EVERY_S
from backup_gui.model.paths import is_temporary, join
from tests.helpers.project import PROJECT
from tests.soak.edits import Editor
from tests.soak.household import Household

# Edits come in bursts, with moments of quiet in which the mirror can catch up.
BURST = 200
SETTLE_S = 120.0
WARM_UP_S = 5.0
# With an interval of a second there is a pass in it if anything asks for one.
IDLE_S = 20.0
OWN_FOLDERS = (".config/backup-gui", ".local/share/backup-gui", ".local/state/backup-gui", ".cache/backup-gui")
# Memory and descriptors of a process that has been at work for longer than the first samples.
MOST_GROWTH_KB = 30_000
MOST_GROWTH_DESCRIPTORS = 10
# A pass keeps folders of source, mirror and history open that it is going to need again, and the process may be in one.
MOST_OF_A_PASS = 3 * MOST_KEPT


@dataclass
class Findings:
    """What a soak has shown; all lists are to be empty.

    Attributes:
        differences: What rsync would still have to do.
        lost: Contents that were in the mirror once and are nowhere now.
        temporaries: What was left unfinished.
        growth: Where memory or descriptors grew, in words.
        strays: What was written where a drive was mounted, or of the program's own folders in the mirror.
        restless: What was still written when nobody changed anything any more.
        edits: How many edits were made.
        kills: How often the program was killed.
        unmounts: How often a drive went.
        sampled: How many contents were seen in the mirror.
        most_kb: The most memory that a process used.
    """

    differences: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    temporaries: list[str] = field(default_factory=list)
    growth: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    restless: list[str] = field(default_factory=list)
    edits: int = 0
    kills: int = 0
    unmounts: int = 0
    sampled: int = 0
    most_kb: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.differences or self.lost or self.temporaries or self.growth or self.strays or self.restless)


class Program:
    """The program at work, watched from outside.

    Args:
        source: What it mirrors.
        mirror: Where to.
        home: The user's home folder, with the program's own folders.
        log: A file for what it says.
    """

    def __init__(self, source: Path, mirror: Path, home: Path, log: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "backup_gui", "run", str(source), str(mirror)),
                # There are as many edits as somebody makes who wants money; the guard has tests of its own.
                *("--interval", "1", "--allow-mass-delete"),
            ],
            cwd=PROJECT,
            env=environment | {"HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        self._began_s = time.monotonic()
        self._first: tuple[int, int] | None = None
        self.last: tuple[int, int] = (0, 0)

    def sample(self) -> None:
        """Note how much memory, in KB, and how many descriptors it has; the first ones once it has warmed up."""
        with contextlib.suppress(OSError):
            folder = Path(f"/proc/{self.process.pid}")
            status = (folder / "status").read_text().splitlines()
            memory = next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)
            self.last = memory, len(os.listdir(folder / "fd"))
            if self._first is None and time.monotonic() - self._began_s > WARM_UP_S:
                self._first = self.last

    def growth(self, *, is_at_rest: bool = False) -> str:
        """Say by how much it has grown, if that is too much."""
        if self._first is None:
            return ""
        memory, descriptors = (last - first for first, last in zip(self._first, self.last, strict=True))
        most = MOST_GROWTH_DESCRIPTORS + (0 if is_at_rest else MOST_OF_A_PASS)
        if memory > MOST_GROWTH_KB or descriptors > most:
            return f"{memory} KB and {descriptors} descriptors more after {time.monotonic() - self._began_s:.0f} s"
        return ""

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self._log.close()
        return status


class Sighting(NamedTuple):
    """Where and when a content was seen in the mirror.

    Attributes:
        path: Where it was last seen.
        last_s: When; seconds since 1970.
        gone_s: When it was seen no more; None if it still was at the end.
    """

    path: str
    last_s: float
    gone_s: float | None = None


class Observer:
    """Remembers every content that was seen in the mirror."""

    def __init__(self, mirror: Path) -> None:
        self._mirror = mirror
        self.seen: dict[bytes, Sighting] = {}
        self._known: dict[str, tuple[tuple[int, int, int], bytes]] = {}
        self._there: set[bytes] = set()

    def look(self) -> None:
        """Take what is in the mirror; what is just being changed is passed over."""
        began_s = time.time()
        there = set()
        for path, entry in walk(self._mirror):
            if is_unfinished(path):
                continue
            key = (entry.st_ino, entry.st_mtime_ns, entry.st_size)
            with contextlib.suppress(OSError):
                if path not in self._known or self._known[path][0] != key:
                    self._known[path] = key, digest(self._mirror / path)
                content = self._known[path][1]
                there.add(content)
                self.seen[content] = Sighting(path, began_s)
        ended_s = time.time()
        for content in self._there - there:
            self.seen[content] = self.seen[content]._replace(gone_s=ended_s)
        self._there = there


def soak(*, seconds: float, files: int, seed: int = 1, has_mounts: bool = True, is_home: bool = False) -> Findings:
    """Let the program run under random edits, kills and unmounts.

    Args:
        seconds: For how long; setting up and settling come on top.
        files: How many files the source has.
        seed: Of the random numbers.
        has_mounts: Whether source and destination are drives that come and go, which needs root.
        is_home: Whether the source is the home folder of the user who runs the program: its own folders are in it, and
            so are a database and a mailbox that are written to all the time. Only the destination comes and goes then.
    """
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    base = Path(tempfile.mkdtemp(prefix="backup-gui-soak-", dir=fast))
    findings = Findings()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, base)
        drives = [stack.enter_context(_drive(base / name, has_mounts=has_mounts)) for name in ("from", "to")]
        source, mirror = base / "from/source", base / "to/mirror"
        # Edits go on, whether the program can see them at its own place or not.
        editor = Editor(drives[0] / "source", files, seed)
        home = source if is_home else base / "home"
        home.mkdir(exist_ok=True)
        household = stack.enter_context(Household(source)) if is_home else None
        observer = Observer(drives[1] / "mirror")
        program = Program(source, mirror, home, base / "log")
        stack.callback(lambda: program.kill())  # noqa: PLW0108 - the one that runs at the end
        _wait_until_in_step(source, mirror, program, findings)
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            for _ in range(editor.random.randint(1, BURST)):
                editor.edit()
            if household:
                household.edit()
            time.sleep(editor.random.random() * 2)
            observer.look()
            program.sample()
            chance = editor.random.random()
            if chance < 0.10:
                if grown := program.growth():
                    findings.growth.append(grown)
                program.kill()
                findings.kills += 1
                program = Program(source, mirror, home, base / "log")
            elif chance < 0.20 and has_mounts:
                name = "to" if is_home else editor.random.choice(("from", "to"))
                _take_away(base, name, drives[name == "to"], editor, findings)
            findings.most_kb = max(findings.most_kb, program.last[0])
        _wait_until_in_step(source, mirror, program, findings)
        observer.look()
        program.sample()
        if grown := program.growth(is_at_rest=True):
            findings.growth.append(grown)
        findings.restless += _wait_until_at_rest(base)
        program.stop()
        findings.edits, findings.sampled = editor.edits, len(observer.seen)
        _judge(source, mirror, observer, editor, findings)
    return findings


def walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """List the regular files below a folder, whatever vanishes meanwhile."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listing:
                for entry in listing:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        yield path, entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue


def digest(path: Path) -> bytes:
    """Return what a file's content is known by."""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()


def is_unfinished(path: str) -> bool:
    """Tell whether a path is that of a temporary, or of something in one."""
    return any(is_temporary(name) for name in path.split("/"))


@contextlib.contextmanager
def _drive(point: Path, *, has_mounts: bool) -> Iterator[Path]:
    """Make a drive that is seen at a point, and at a second place where it stays when it is taken away there."""
    point.mkdir()
    if not has_mounts:
        yield point
        return
    volume = point.with_name(f"{point.name} volume")
    volume.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "none", volume], check=True)
    try:
        subprocess.run(["mount", "--bind", volume, point], check=True)
        yield volume
    finally:
        while os.path.ismount(point):
            subprocess.run(["umount", "--lazy", point], check=True)
        subprocess.run(["umount", "--lazy", volume], check=True)


def _take_away(base: Path, name: str, volume: Path, editor: Editor, findings: Findings) -> None:
    """Take a drive away for a moment, in which edits go on, and bring it back."""
    point = base / name
    subprocess.run(["umount", "--lazy", point], check=True)
    findings.unmounts += 1
    for _ in range(20):
        editor.edit()
    time.sleep(editor.random.random() * 3)
    findings.strays += [f"{name}: {path.name}" for path in point.iterdir()]
    subprocess.run(["mount", "--bind", volume, point], check=True)


def _differences(source: Path, mirror: Path) -> list[str]:
    """Let rsync say what it would have to do to make the mirror exact, comparing contents."""
    left_out = [f"--exclude=/{folder}/" for folder in OWN_FOLDERS]
    run = subprocess.run(
        ["rsync", "-anc", "--delete", "--itemize-changes", *left_out, f"{source}/", f"{mirror}/"],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    if run.returncode != 0:
        return [f"rsync ended with {run.returncode}: {run.stderr.strip()}"]
    return run.stdout.splitlines()


def _wait_until_in_step(source: Path, mirror: Path, program: Program, findings: Findings) -> None:
    end_s = time.monotonic() + SETTLE_S
    while _differences(source, mirror) and time.monotonic() < end_s:
        if program.process.poll() is not None:
            findings.differences.append(f"the program ended by itself with {program.process.returncode}")
            return
        time.sleep(0.5)


def _wait_until_at_rest(base: Path) -> list[str]:
    """Wait for a time in which nothing is written anywhere, and return what still was when that did not come."""
    end_s = time.monotonic() + SETTLE_S
    while True:
        before = _stamps(base)
        time.sleep(IDLE_S)
        written = sorted({path for path, _ in before ^ _stamps(base)})
        if not written or time.monotonic() > end_s:
            return written


def _stamps(base: Path) -> set[tuple[str, tuple[int, int, int]]]:
    return {(path, (entry.st_ino, entry.st_size, entry.st_mtime_ns)) for path, entry in walk(base)}


def _judge(source: Path, mirror: Path, observer: Observer, editor: Editor, findings: Findings) -> None:
    findings.differences += _differences(source, mirror)
    findings.strays += [folder for folder in OWN_FOLDERS if (mirror / folder).exists()]
    history = mirror.with_name(f"{mirror.name}.history")
    present = {digest(root / path) for root in (mirror, history) for path, _ in walk(root)}
    kept = _times_of_versions(history)
    findings.lost += [
        sighting.path
        for content, sighting in observer.seen.items()
        if content not in present and not _is_one_too_many(sighting, editor, kept)
    ]
    findings.temporaries += [path for root in (mirror, history) for path, _ in walk(root) if is_unfinished(path)]


def _times_of_versions(history: Path) -> dict[str, list[float]]:
    """Return when the versions of each path left the mirror."""
    times: dict[str, list[float]] = {}
    for path, _ in walk(history):
        folder, _, name = path.rpartition("/")
        if found := read_version_name(name):
            times.setdefault(join(folder, found[0]), []).append(found[1].timestamp())
    return times


def _is_one_too_many(sighting: Sighting, editor: Editor, kept: dict[str, list[float]]) -> bool:
    """Tell whether a version of the same path was kept within the minute before a content left the mirror."""
    if sighting.gone_s is None:
        return False
    # Names of versions have full seconds.
    since_s = sighting.last_s - KEEP_EVERY_S - 1
    return any(
        since_s <= at_s <= sighting.gone_s for path in editor.names_of(sighting.path) for at_s in kept.get(path, ())
    )
