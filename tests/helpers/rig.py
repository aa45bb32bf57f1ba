"""A source, a mirror, its history and its catalog, on a quick file system, and what tests of the engine do to them."""

from __future__ import annotations

import codecs
import contextlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.pass_context import PassContext
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import Event
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import FULL, Counts, Report, Scope
from tests.helpers.descriptors import open_below
from tests.helpers.systems import set_own_times
from tests.helpers.trees import read_tree

NOBODY = 65534
SECOND_NS = 1_000_000_000
# Long ago, so that nothing is taken for just written; with nanoseconds, so that rounding shows.
LONG_AGO_NS = 1_600_000_000_123_456_789

# Names that have broken mirrors before: see the hazards of encodings, of shells, of line-based formats and of lengths.
HOSTILE_NAMES: tuple[str, ...] = (
    "plain",
    "with blank",
    "trailing blank ",
    " leading blank",
    "-rf",
    "--",
    "a\nb",
    "tab\there",
    "back\\slash",
    "quote'\"",
    "*?[x]",
    "#comment",
    "!not",
    "%41",
    "~",
    ".hidden",
    "..two",
    "dot.",
    "\udcff\udcfe",
    "name\udcff.txt",
    "Ä",
    "A\u0308",
    "ß",
    "🦊🦊",
    "\u202eright",
    "CON",
    "Case",
    "case",
    "report~20261122-210605Z.odt",
    ".~bg-near miss",
    "n" * 255,
    "ü" * 127 + "x",
    "€" * 85,
    "e" * 250 + ".text",
)
if os.name != "posix":
    # Of characters without a meaning there, of valid text, no device, and never two that differ in case alone.
    _REFUSED = re.compile(r'[\0-\x1f<>:"/\\|?*\ud800-\udfff]|[ .]$|^CON$|^case$')
    HOSTILE_NAMES = tuple(name for name in HOSTILE_NAMES if not _REFUSED.search(name))


@dataclass
class Rig:
    """One job's folders and memory.

    Attributes:
        root: What holds them all.
        catalog: The job's memory.
        options: Options of the job, for ``run``.
        events: What the last pass told.
    """

    root: Path
    catalog: JobDatabase
    options: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    _writes: int = 0
    _passed_s: float = 0.0

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def mirror(self) -> Path:
        return self.root / "mirror"

    @property
    def history(self) -> Path:
        return self.root / "mirror.history"

    @property
    def job(self) -> Job:
        given = {"source": str(self.source), "destination": str(self.mirror), "history": "", "id": "j", "name": "job"}
        chosen: dict[str, Any] = given | self.options
        places = {name: Place.parse(chosen[name]) for name in ("destination", "history")}
        return Job(**(chosen | places))

    def write(self, path: str, content: bytes | str = b"content") -> Path:
        """Write a file of the source, with the folders above it; each write has a time of its own."""
        return self.write_at(self.source / path, content)

    def write_at(self, file: Path, content: bytes | str = b"content") -> Path:
        """Write a file anywhere."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self._writes += 1
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS + self._writes * SECOND_NS))
        return file

    def run(
        self,
        scope: Scope = FULL,
        *,
        on_event: Callable[[Event], None] | None = None,
        **arguments: Any,
    ) -> Report:
        """Run one pass, by the clocks a minute after the one before, so that no version is one too many."""
        self.events.clear()
        if "now" not in arguments and "uptime" not in arguments:
            self._passed_s += 61.0
            passed_s = self._passed_s
            arguments |= {"now": lambda: time.time() + passed_s, "uptime": lambda: uptime_s() + passed_s}

        def take(event: Event) -> None:
            self.events.append(event)
            if on_event is not None:
                on_event(event)

        return run_pass(self.job, self.catalog, scope, PassOptions(on_event=take, **arguments))

    def context(self, source: Tree, target: LocalDestination, rules: ExclusionRules) -> PassContext[LocalDestination]:
        """What the steps of a pass are given, with a meter that tells nobody."""
        meter = Meter(lambda _progress: None)
        return PassContext(self.job, source, target, self.catalog, rules, meter, lambda: False, target.falls_together)

    def forget_everything(self) -> None:
        """Lose the catalog."""
        self.catalog.close()
        self.catalog = JobDatabase.in_memory()

    def told(self, kind: type[Event]) -> list[Any]:
        """What the last pass told of one sort."""
        return [event for event in self.events if isinstance(event, kind)]

    def check_in_step(self) -> None:
        """Check that the mirror is exactly the source: content, kinds, modes, times, link texts."""
        assert read_tree(self.mirror) == read_tree(self.source)
        ours, theirs = self.source.stat(), self.mirror.stat()
        assert (ours.st_mode, ours.st_mtime_ns) == (theirs.st_mode, theirs.st_mtime_ns)

    def kept(self) -> dict[str, bytes]:
        """The history's files and links: path and content, the time cut out of the names."""
        return {path: node.content for path, node in read_tree(self.history).items() if node.kind != "folder"}

    def kept_contents(self) -> list[bytes]:
        """What the history holds, sorted."""
        return sorted(self.kept().values())

    def temporaries(self) -> list[str]:
        """Unfinished files in mirror and history."""
        return [
            path
            for tree in (self.mirror, self.history)
            for path in read_tree(tree)
            if is_temporary(path.rpartition("/")[2])
        ]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Undo what a test sets up for the log: handlers, levels and hooks are the whole process's."""
    root = logging.getLogger()
    handlers, level, factory = list(root.handlers), root.level, logging.getLogRecordFactory()
    hooks = sys.excepthook, threading.excepthook
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.setLogRecordFactory(factory)
    sys.excepthook, threading.excepthook = hooks


def paths(*names: str) -> Scope:
    return Scope(paths=frozenset(names))


def trees(*names: str) -> Scope:
    return Scope(trees=frozenset(names))


def done(report: Report) -> Counts:
    """What a pass did, apart from times and modes: those of the folders around a change come with it."""
    counts = report.counts
    return Counts(counts.created, counts.replaced, counts.deleted, counts.moved, bytes=counts.bytes)


def keep_times(file: Path, change: Callable[[], object]) -> None:
    """Change a file and set its times back."""
    before = file.stat()
    change()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def plant_everything(rig: Rig) -> None:
    """Fill the source with one of each sort."""
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(name, f"content {number}")
        rig.write(f"folder/in {name[:50]}/{name}", b"x" * number)
    (rig.source / "empty" / "emptier").mkdir(parents=True)
    (rig.source / "to file").symlink_to("plain")
    (rig.source / "dangling").symlink_to("nowhere\udcff")
    (rig.source / "to itself").symlink_to("to itself")
    (rig.source / "loop").symlink_to("..")
    (rig.source / "absolute").symlink_to("/etc")
    (rig.source / "folder link").symlink_to("folder")
    rig.write("empty file", b"")
    rig.write("set-id", "program").chmod(0o6755)
    rig.write("read-only", "r").chmod(0o400)
    (rig.source / "sticky").mkdir()
    (rig.source / "sticky").chmod(0o1777)
    (rig.source / "locked").mkdir()
    rig.write("locked/inside")
    (rig.source / "locked").chmod(0o500)
    before_1970 = rig.write("before 1970")
    os.utime(before_1970, ns=(-1_500_000_000, -1_500_000_000))
    for path in ("to file", "dangling", "empty/emptier", "empty", "folder", "locked", ""):
        set_own_times(rig.source / path, (LONG_AGO_NS, LONG_AGO_NS + 7))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one, which other users can reach."""
    memory = Path("/dev/shm")
    # Windows takes this for a folder of the current drive, which wine shows, too.
    has_memory = os.name == "posix" and memory.is_dir()
    folder = Path(tempfile.mkdtemp(prefix="backup-gui-test-", dir=memory if has_memory else tmp_path))
    folder.chmod(0o755)
    yield folder
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        if os.name != "posix":
            # There a read-only file cannot be removed, nor a path of more than 260 characters in this form.
            long = Path("\\\\?\\" + str(folder))
            for path in long.rglob("*"):
                path.chmod(0o700)
            shutil.rmtree(long)
            return
        # Python's own removal cannot go thousands of levels deep, nor into folders closed by a test that failed.
        subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def rig(place: Path) -> Iterator[Rig]:
    """An empty source and an empty memory; checks that no descriptor is left open."""
    before = open_below(place)
    catalog = JobDatabase.in_memory()
    made = Rig(place, catalog)
    made.source.mkdir()
    yield made
    made.catalog.close()
    assert open_below(place) == before, "descriptors left open"


@contextlib.contextmanager
def as_nobody(*folders: Path) -> Iterator[None]:
    """Go on as a user to whom permissions apply, who owns the folders; a no-op for those who run the tests as such."""
    if os.name != "posix":
        pytest.skip("permissions of POSIX")
    if os.geteuid() != 0:
        yield
        return
    for top in folders:
        os.chown(top, NOBODY, NOBODY)
        for root, names, files in os.walk(top):
            for name in (*names, *files):
                os.chown(os.path.join(root, name), NOBODY, NOBODY, follow_symlinks=False)
    # The interpreter's own files may be closed to that user, and a codec that was not found then is never found again.
    codecs.lookup("ascii")
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@contextlib.contextmanager
def mounted(point: Path, *options: str) -> Iterator[None]:
    """Mount an empty file system in memory over a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(("mode=755", *options)), "none", point], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", point], check=True)


def count_recorded(catalog: JobDatabase) -> int:
    """Count the paths that a catalog records."""
    catalog._write()
    return int(catalog._connection.execute("SELECT count(*) FROM files").fetchone()[0])
