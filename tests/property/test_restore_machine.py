"""What is restored of any path and any time is what the backup had there then, whatever became of it since."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.history.trusted_clock import uptime_s
from backup_gui.engine.restore.at_time import restore
from backup_gui.engine.restore.put_back import restore_path
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import Catalog
from backup_gui.model.errors import UnknownThenError
from backup_gui.model.job import Job
from backup_gui.model.plans import FULL, PassStatus
from tests.helpers.trees import Node, read_tree
from tests.property.world import ANCHOR, FAST, clear_path, is_file, is_folder

EXAMPLES = 60
STEPS = 40
PASS_S = 61
SECOND_NS = 1_000_000_000
NAMES = ("a", "b.txt", "c", "x~20250101-000000Z.txt", "l" * 255, "k" * 250 + ".txt")

PICKS = st.integers(0, 10_000)
NAME = st.sampled_from(NAMES)
KINDS = st.sampled_from(("file", "folder", "link", "nothing"))
# How old what is written claims to be, by the clock of the passes.
AGES_S = st.sampled_from((0, 0, 0, 30, 200, 100_000, -200))


class Came:
    """What a restore did, or why it did nothing."""

    def __init__(self, to: Path) -> None:
        self.tree = read_tree(to)
        self.files: tuple[str, ...] = ()
        self.skipped: tuple[str, ...] = ()
        self.failed: tuple[tuple[str, str], ...] = ()
        self.error: type[Exception] | None = None

    def of(self, kind: str) -> dict[str, Node]:
        """Return what came back that is a folder, or all else."""
        return {path: node for path, node in self.tree.items() if (node.kind == "folder") is (kind == "folder")}


class RestoreMachine(RuleBasedStateMachine):
    """One job by a clock of its own: each pass is a minute after the one before, and nothing is written between."""

    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="backup-gui-property-", dir=FAST))
        self.source, self.mirror, self.history = (self.base / name for name in ("source", "mirror", "mirror.history"))
        self.job = Job(str(self.source), str(self.mirror), "j", "j", guard_count=10**9, guard_share=1.0, history_days=0)
        self.catalog = Catalog.open(self.base / "job.sqlite")
        self.passes = self.serial = self.restores = 0
        self.known: set[str] = set()
        # Times, and what the mirror had then.
        self.stood: list[tuple[int, dict[str, Node]]] = []
        (self.source / "d" / "e").mkdir(parents=True)
        for path in (ANCHOR, "a", "d/b.txt", "d/e/c"):
            self.write_at(path, 0)
        self.make_pass()

    def teardown(self) -> None:
        if hasattr(self, "base"):
            self.catalog.close()
            shutil.rmtree(self.base)

    def now_s(self) -> float:
        return time.time() + PASS_S * self.passes

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
        if not entries:
            return
        path = entries[which % len(entries)]
        clear_path(self.source / path)
        if kind == "file":
            self.write_at(path, age_s)
        elif kind == "folder":
            (self.source / path).mkdir()
            self.write_at(f"{path}/inside", age_s)
        elif kind == "link":
            os.symlink(f"{self.serial}", self.source / path)
            self.serial += 1
        self.stamp(path, age_s)

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
                self.stamp(new, None)
                self.stamp(old, None)

    # The program

    @rule()
    def make_pass(self) -> None:
        self.passes += 1
        passed_s = PASS_S * self.passes
        report = run_pass(
            self.job,
            self.catalog,
            FULL,
            now=lambda: time.time() + passed_s,
            uptime=lambda: uptime_s() + passed_s,
        )
        assert report.status is PassStatus.COMPLETE, report
        tree = read_tree(self.mirror)
        self.known.update(tree)
        self.stood.append((int(self.now_s()) + 15, tree))

    # The user

    @rule(which=PICKS, when=PICKS, sooner_s=st.sampled_from((0, 0, 0, 15, 16, 30)), planted=PICKS)
    def restore(self, which: int, when: int, sooner_s: int, planted: int) -> None:
        path = self.pick_known(which)
        at_s = self.stood[when % len(self.stood)][0] - sooner_s
        self.check(path, datetime.fromtimestamp(at_s, UTC), planted)

    @rule(which=PICKS, planted=PICKS)
    def restore_newest(self, which: int, planted: int) -> None:
        self.check(self.pick_known(which), None, planted)

    def check(self, path: str, at: datetime | None, planted: int) -> None:
        old, new = self.bring_old(path, at, planted), self.bring_new(path, at, planted)
        assert new.skipped == old.skipped
        if at is None:
            assert new.error is old.error
            assert new.of("file") == old.of("file")
            assert self.dated(new, path) == self.dated(old, path)
            assert (new.files, new.failed) == (old.files, old.failed)
            return
        # What left within the next second was there; where it was a file, what is below it was not.
        extra = set(new.files) - set(old.files)
        for extra_path in extra:
            left = [version.left_at for version in list_versions(str(self.history), extra_path)]
            assert any(0 < (one - at).total_seconds() <= 1 for one in left), (extra_path, at, left)
        if not extra:
            assert new.error is old.error
            assert new.of("file") == old.of("file")
            assert new.files == old.files
            # Folders come back as such now, also as of a time; one that something is in the way of is told.
            assert old.of("folder").keys() <= new.of("folder").keys()
            assert not dict(old.failed).items() - dict(new.failed).items()
        lost = {path for path in old.files if path not in new.files}
        assert all(any(path.startswith(f"{one}/") for one in extra) for path in lost)
        more = dict(new.failed).keys() - dict(old.failed).keys() - lost
        assert all(is_folder(self.mirror / failed) for failed in more)

    def dated(self, came: Came, path: str) -> dict[str, Node]:
        """Return the folders that came back, those with their times that have any to come back with."""
        base = os.path.dirname(path)
        return {
            folder: node
            if is_folder(self.mirror / base / folder) and folder not in NAMES
            else node._replace(mtime_ns=0)
            for folder, node in came.of("folder").items()
        }

    def bring_old(self, path: str, at: datetime | None, planted: int) -> Came:
        to = self.make_target(planted)
        came = Came(to)
        try:
            result = restore(str(self.mirror), str(self.history), path, at, str(to))
        except (FileNotFoundError, UnknownThenError) as error:
            came.error = type(error)
        else:
            came.files, came.skipped, came.failed = result
        came.tree = read_tree(to)
        return came

    def bring_new(self, path: str, at: datetime | None, planted: int) -> Came:
        to = self.make_target(planted)
        came = Came(to)
        try:
            result = restore_path(str(self.mirror), str(self.history), path, at, str(to))
        except (FileNotFoundError, UnknownThenError) as error:
            came.error = type(error)
        else:
            came.files, came.skipped, came.failed = result.restored, result.skipped, result.failed
        came.tree = read_tree(to)
        return came

    def make_target(self, planted: int) -> Path:
        """Make a folder to restore into, with something that is there already now and then."""
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
        if os.path.lexists(to / name):
            os.utime(to / name, ns=(0, 0), follow_symlinks=False)
        return to

    # Help

    def write_at(self, path: str, age_s: int) -> None:
        (self.source / path).write_text(f"content {self.serial}")
        self.serial += 1
        self.stamp(path, age_s)

    def stamp(self, path: str, age_s: int | None) -> None:
        """Give what was made its time, and the folder that it is in that of now."""
        now_ns = int(self.now_s() * SECOND_NS) + 30 * SECOND_NS
        if age_s is not None and os.path.lexists(self.source / path):
            age_ns = now_ns - age_s * SECOND_NS
            if is_folder(self.source / path) or is_file(self.source / path):
                for below in [path, *(f"{path}/{name}" for name in read_tree(self.source / path))][::-1]:
                    os.utime(self.source / below, ns=(age_ns, age_ns), follow_symlinks=False)
            else:
                os.utime(self.source / path, ns=(age_ns, age_ns), follow_symlinks=False)
        os.utime((self.source / path).parent, ns=(now_ns, now_ns))

    def place(self, where: int, name: str) -> str:
        folders = ["", *sorted(path for path, node in read_tree(self.source).items() if node.kind == "folder")]
        folder = folders[where % len(folders)]
        return name if not folder or len(folder) > 1_000 else f"{folder}/{name}"

    def pick_known(self, which: int) -> str:
        paths = ["", "unknown", *sorted(self.known)]
        return paths[which % len(paths)]


IS_NIGHTLY = settings().max_examples > 1_000
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="restores as this system does"),
    pytest.mark.timeout(7_200 if IS_NIGHTLY else 600),
]

TestWhatStoodComesBack = RestoreMachine.TestCase
TestWhatStoodComesBack.settings = settings(
    max_examples=settings().max_examples if IS_NIGHTLY else EXAMPLES,
    stateful_step_count=STEPS,
    phases=list(Phase) if IS_NIGHTLY else [Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
