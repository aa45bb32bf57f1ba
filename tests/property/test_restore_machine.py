"""What is restored of any path and any time is what the backup had there then, whatever became of it since."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.rules.version_names import shortened_paths
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import UnknownThenError
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_at_or_below
from backup_gui.model.plans import FULL, PassStatus, Report
from backup_gui.model.restores import RestoreResult
from tests.helpers.memory_destination import MemoryDestination, passes_over, readers_find
from tests.helpers.systems import set_own_times
from tests.helpers.trees import Node, read_tree
from tests.property.far_away import show
from tests.property.machine_settings import LIMIT_S, machine_settings
from tests.property.world import ANCHOR, FAST, clear_path, is_file, is_folder

EXAMPLES = 40
EXAMPLES_FAR_AWAY = 15
STEPS = 40
PASS_S = 61
SECOND_NS = 1_000_000_000
NAMES = ("a", "b.txt", "c", "x~20250101-000000Z.txt", "l" * 255, "k" * 250 + ".txt")

PICKS = st.integers(0, 10_000)
NAME = st.sampled_from(NAMES)
KINDS = st.sampled_from(("file", "folder", "link", "nothing"))
# How old what is written claims to be, by the clock of the passes.
AGES_S = st.sampled_from((*[0] * 12, 30, 200, 100_000, -200))


class RestoreMachine(RuleBasedStateMachine):
    """One job by a clock of its own: each pass is a minute after the one before, and what changes does so between.

    What nothing in a backup can tell is known here, too: what was moved, and what lies about its time.
    """

    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="backup-gui-property-", dir=FAST))
        self.source, self.mirror, self.history = (self.base / name for name in ("source", "mirror", "mirror.history"))
        self.job = Job(
            str(self.source), Place(str(self.mirror)), "j", "j", guard_count=10**9, guard_share=1.0, history_days=0
        )
        self.catalog = JobDatabase.open(self.base / "job.sqlite")
        self.passes = self.serial = self.restores = 0
        # Versions are named by whole seconds, and the program's clock keeps within a fraction of one.
        self.began_s = int(time.time()) + 0.5
        self.run_s = uptime_s()
        # The last content of each path.
        self.newest: dict[str, Node] = {}
        # Times right after a pass, and what the mirror had then.
        self.stood: list[tuple[int, dict[str, Node]]] = []
        # Paths at and below which the times, or the lack of versions, say what is not so.
        self.doubtful: set[str] = set()
        (self.source / "d" / "e").mkdir(parents=True)
        for path in (ANCHOR, "a", "d/b.txt", "d/e/c"):
            self.write_at(path, 0)
        self.make_pass()
        for kinds in (("file", "file"), ("nothing", "folder"), ("file", "link")):
            for path, kind in zip(("a", "d/e"), kinds, strict=True):
                self.put(path, kind, 0)
            self.make_pass()

    def teardown(self) -> None:
        if hasattr(self, "base"):
            try:
                self.restore_newest(0, 0)
                self.restore_of_every_time(0, 0, 0)
            finally:
                self.catalog.close()
                shutil.rmtree(self.base)

    def now_s(self) -> float:
        return self.began_s + PASS_S * self.passes

    # The source

    @rule(where=PICKS, name=NAME, age_s=AGES_S)
    def write(self, where: int, name: str, age_s: int) -> None:
        path = self.place(where, name)
        if not is_folder(self.source / path):
            clear_path(self.source / path)
            self.write_at(path, age_s)

    @rule(which=PICKS, kind=KINDS, age_s=AGES_S)
    def swap(self, which: int, kind: str, age_s: int) -> None:
        # A source that is empty is held.
        entries = sorted(read_tree(self.source).keys() - {ANCHOR})
        if entries:
            self.put(entries[which % len(entries)], kind, age_s)

    @rule(which=PICKS, kinds=st.lists(KINDS, min_size=2, max_size=3))
    def swap_again_and_again(self, which: int, kinds: list[str]) -> None:
        """Give one path several contents, with a pass after each."""
        entries = sorted(read_tree(self.source).keys() - {ANCHOR})
        if entries:
            for kind in kinds:
                self.put(entries[which % len(entries)], kind, 0)
                self.make_pass()

    @rule(where=PICKS, name=NAME, age_s=AGES_S)
    def make_folder(self, where: int, name: str, age_s: int) -> None:
        path = self.place(where, name)
        if not os.path.lexists(self.source / path):
            (self.source / path).mkdir(mode=0o750)
            self.stamp(path, age_s)

    @rule(which=PICKS, where=PICKS, name=NAME)
    def move(self, which: int, where: int, name: str) -> None:
        entries = sorted(read_tree(self.source).keys() - {ANCHOR})
        new = self.place(where, name)
        if entries and not os.path.lexists(self.source / new):
            old = entries[which % len(entries)]
            if not f"{new}/".startswith(f"{old}/"):
                (self.source / old).rename(self.source / new)
                self.doubtful.update((old, new))
                self.stamp(new, None)
                self.stamp(old, None)

    # The program

    @rule()
    def make_pass(self) -> None:
        self.passes += 1
        run_s = self.run_s + PASS_S * self.passes
        report = self.run(PassOptions(now=self.now_s, uptime=lambda: run_s))
        assert report.status is PassStatus.COMPLETE, report
        tree = read_tree(self.mirror)
        self.newest.update(tree)
        self.stood.append((int(self.now_s()), tree))

    # The user

    @rule(which=PICKS, later_s=st.sampled_from((0, 15, 29)), planted=PICKS)
    def restore_of_every_time(self, which: int, later_s: int, planted: int) -> None:
        path = self.pick_known(which)
        for at_s, then in self.stood:
            self.check(path, datetime.fromtimestamp(at_s + later_s, UTC), then, planted)

    @rule(which=PICKS, planted=PICKS)
    def restore_of_a_time_before_all(self, which: int, planted: int) -> None:
        self.check(self.pick_known(which), datetime.fromtimestamp(self.stood[0][0] - 600, UTC), {}, planted)

    @rule(which=PICKS, planted=PICKS)
    def restore_newest(self, which: int, planted: int) -> None:
        now = read_tree(self.mirror)
        files = {path: node for path, node in self.newest.items() if node.kind != "folder"}
        self.check(self.pick_known(which), None, {**files, **now}, planted)

    def check(self, path: str, at: datetime | None, then: dict[str, Node], planted: int) -> None:
        """Restore a path, and compare what came with what there was."""
        to, mine = self.make_target(planted)
        before = read_tree(to)
        wanted = {known: node for known, node in then.items() if not path or is_at_or_below(known, path)}
        certain = {known: node for known, node in wanted.items() if not self.is_doubtful(known)}
        error: Exception | None = None
        try:
            result = self.restore(path, at, to)
        except (FileNotFoundError, UnknownThenError) as caught:
            error = caught
        if error is not None:
            assert not {known for known, node in certain.items() if node.kind != "folder"}
            assert not os.path.lexists(self.mirror / path) if isinstance(error, FileNotFoundError) else at is not None
            assert read_tree(to) == before
            return
        base = os.path.dirname(path)
        came = {os.path.join(base, name): node for name, node in read_tree(to).items() if name not in before}
        left_out = {name for name, _ in (*result.skipped, *result.failed)}
        assert sorted(result.restored) == sorted(name for name, node in came.items() if node.kind != "folder")
        assert not left_out.intersection(result.restored)
        assert all(
            read_tree(to)[name]._replace(mtime_ns=0) == node._replace(mtime_ns=0) for name, node in before.items()
        )
        taken = [name for name, node in came.items() if node.kind != "folder"]
        for known, node in certain.items():
            is_in_the_way = any(is_at_or_below(known, other) and known != other for other in taken)
            planted_at = os.path.join(base, mine)
            # What is restored comes into a folder of the user's, and nothing comes in place of one.
            goes_into = is_folder(to / mine) and known != planted_at
            is_in_the_way |= bool(mine) and is_at_or_below(known, planted_at) and not goes_into
            if node.kind != "folder":
                name = self.name_of(known, path, came.keys() | left_out)
                assert came[name]._replace(names=()) == node._replace(names=()) if name in came else is_in_the_way
                assert (name in left_out) is is_in_the_way
            elif (at is None or self.has_stood(known, at)) and not is_in_the_way:
                now = read_tree(self.mirror)[known]
                assert came[known] == now, known
        if at is not None:
            # Of what is asked for by its own name the next content is as good as can be known.
            there = {path, *then, *(name for known in then for name in shortened_paths(known))}
            assert not {name for name in taken if name not in there and not self.is_doubtful(name)}

    def name_of(self, known: str, path: str, names: set[str]) -> str:
        """Return the name that a path comes back under: its own is lost if it is long, and nothing has it any more."""
        if known == path or os.path.lexists(self.mirror / known):
            return known
        return next((name for name in shortened_paths(known) if name in names), known)

    def has_stood(self, folder: str, at: datetime) -> bool:
        """Tell whether the mirror has a folder that nothing was added to or taken from since a time."""
        full = self.mirror / folder
        return is_folder(full) and full.lstat().st_mtime_ns < at.timestamp() * SECOND_NS

    def is_doubtful(self, path: str) -> bool:
        return any(is_at_or_below(path, name) for other in self.doubtful for name in (other, *shortened_paths(other)))

    def make_target(self, planted: int) -> tuple[Path, str]:
        """Make a folder to restore into, with something that is there already now and then; return its name, too."""
        to = self.base / f"to {self.restores}"
        self.restores += 1
        to.mkdir()
        name = NAMES[planted % len(NAMES)]
        if planted % 5 == 1:
            (to / name).write_text("mine")
        elif planted % 5 == 2:
            (to / name).mkdir()
        elif planted % 5 == 3:
            (to / name).symlink_to(self.base)
        else:
            return to, ""
        return to, name

    # Where the mirror lies

    def run(self, options: PassOptions) -> Report:
        return run_pass(self.job, self.catalog, FULL, options)

    def restore(self, path: str, at: datetime | None, to: Path) -> RestoreResult:
        return restore_path(str(self.mirror), str(self.history), path, at, str(to))

    # Help

    def put(self, path: str, kind: str, age_s: int) -> None:
        full = self.source / path
        if not is_folder(full.parent):
            return
        clear_path(full)
        if kind == "file":
            self.write_at(path, age_s)
        elif kind == "folder":
            full.mkdir()
            self.write_at(f"{path}/inside", age_s)
        elif kind == "link":
            os.symlink(f"{self.serial}", full)
            self.serial += 1
        self.stamp(path, age_s)

    def write_at(self, path: str, age_s: int) -> None:
        (self.source / path).write_text(f"content {self.serial}")
        self.serial += 1
        self.stamp(path, age_s)

    def stamp(self, path: str, age_s: int | None) -> None:
        """Give what was made its time, and the folder that it is in that of now."""
        if age_s:
            self.doubtful.add(path)
        now_ns = int(self.now_s() * SECOND_NS) + 30 * SECOND_NS
        if age_s is not None and os.path.lexists(self.source / path):
            age_ns = now_ns - age_s * SECOND_NS
            if is_folder(self.source / path) or is_file(self.source / path):
                for below in [path, *(f"{path}/{name}" for name in read_tree(self.source / path))][::-1]:
                    set_own_times(self.source / below, (age_ns, age_ns))
            else:
                set_own_times(self.source / path, (age_ns, age_ns))
        os.utime((self.source / path).parent, ns=(now_ns, now_ns))

    def place(self, where: int, name: str) -> str:
        folders = ["", *sorted(path for path, node in read_tree(self.source).items() if node.kind == "folder")]
        folder = folders[where % len(folders)]
        return name if not folder or len(folder) > 1_000 else f"{folder}/{name}"

    def pick_known(self, which: int) -> str:
        paths = ["", "unknown", *sorted(self.newest)]
        return paths[which % len(paths)]


class FarAwayMachine(RestoreMachine):
    """The same from a mirror and a history that are no folders; the one here only shows what the mirror has."""

    @cached_property
    def far_away(self) -> MemoryDestination:
        return MemoryDestination()

    def run(self, options: PassOptions) -> Report:
        with passes_over(self.far_away):
            report = super().run(options)
        show(self.far_away, self.mirror)
        return report

    def restore(self, path: str, at: datetime | None, to: Path) -> RestoreResult:
        with readers_find(self.far_away):
            return restore_path(self.far_away.root, self.far_away.history.root, path, at, str(to))


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="restores as this system does"),
    pytest.mark.timeout(LIMIT_S),
]


TestWhatStoodComesBack = RestoreMachine.TestCase
TestWhatStoodComesBack.settings = machine_settings(EXAMPLES, STEPS)
TestWhatStoodComesBackFromFarAway = FarAwayMachine.TestCase
TestWhatStoodComesBackFromFarAway.settings = machine_settings(EXAMPLES_FAR_AWAY, STEPS)
