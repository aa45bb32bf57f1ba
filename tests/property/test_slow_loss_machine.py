"""Whatever becomes of the source in whatever order: within an hour the mirror loses no more than the limits allow."""

from __future__ import annotations

import os
import posixpath
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backup_gui.engine.fs.content import never
from backup_gui.engine.restore.decisions import keep
from backup_gui.engine.restore.held import put_back_held
from backup_gui.engine.restore.undo import undo_pass
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import FULL, Held, HeldCode, PassStatus, Scope
from tests.helpers.minutes import a_minute_later
from tests.helpers.trees import contents
from tests.property.machine_settings import LIMIT_S, machine_settings
from tests.property.world import FAST

EXAMPLES = 100
STEPS = 60
COUNT, SHARE = 4, 0.4
FOLDERS = ("", "a", "a/b", "c")

PICKS = st.integers(0, 10_000)
WHERE = st.sampled_from(FOLDERS)


class SlowLossMachine(RuleBasedStateMachine):
    """A job with low limits; every content that is written is unique.

    Which rules there are to choose from never depends on what the program has done: that may be another thing when the
    same steps are made again, since times and inodes are others, and then no case could be made again.
    """

    @initialize(files=st.integers(8, 16))
    def begin(self, files: int) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="backup-gui-property-", dir=FAST))
        self.source, self.mirror, self.history = (self.base / name for name in ("source", "mirror", "mirror.history"))
        self.job = Job(
            str(self.source), Place(str(self.mirror)), "j", "j", guard_count=COUNT, guard_share=SHARE, history_days=0
        )
        self.catalog = JobDatabase.open(self.base / "job.sqlite")
        self.serial = 0
        # New paths since the user saw everything: they make the mirror larger.
        self.made = 0
        self.held: Held | None = None
        self.touched: set[str] = set()
        self.ever: set[bytes] = set()
        for folder in FOLDERS:
            (self.source / folder).mkdir(parents=True, exist_ok=True)
        for number in range(files):
            self.write(f"{FOLDERS[number % 4]}/{number}".lstrip("/"))
        self.run(FULL)
        self.user_has_seen_all()

    def teardown(self) -> None:
        if hasattr(self, "base"):
            self.catalog.close()
            shutil.rmtree(self.base)

    # The source

    @rule(which=PICKS)
    def rewrite(self, which: int) -> None:
        path = self.pick(which)
        if path is not None:
            self.write(path)

    @rule(which=PICKS)
    def delete(self, which: int) -> None:
        path = self.pick(which)
        if path is None:
            return
        (self.source / path).unlink()
        self.touched.add(path)

    @rule(which=PICKS)
    def rename_and_encrypt(self, which: int) -> None:
        path = self.pick(which)
        if path is None:
            return
        (self.source / path).unlink()
        self.touched.add(path)
        self.write(f"{path}.locked"[-200:])

    @rule(which=PICKS, where=WHERE)
    def move(self, which: int, where: str) -> None:
        path = self.pick(which)
        if path is None:
            return
        new = posixpath.join(where, f"moved {self.serial}")
        (self.source / path).rename(self.source / new)
        self.serial += 1
        self.touched.update((path, new))

    @rule(where=WHERE, count=st.integers(1, 8))
    def create(self, where: str, count: int) -> None:
        for _ in range(count):
            self.write(posixpath.join(where, f"new {self.serial}"))

    @rule(which=PICKS, harm=st.sampled_from(("delete", "rewrite", "rename_and_encrypt")), turns=st.integers(2, 12))
    def spoil_one_by_one(self, which: int, harm: str, turns: int) -> None:
        for turn in range(turns):
            getattr(self, harm)(which + turn)
            self.run(Scope(frozenset(self.touched)) if turn % 2 else FULL)
            self.no_more_is_lost_than_the_limits_allow()

    # The program

    @rule()
    def full_pass(self) -> None:
        self.run(FULL)

    @rule()
    def partial_pass(self) -> None:
        if self.touched:
            self.run(Scope(frozenset(self.touched)))

    @rule(asked=st.integers(1, 30))
    def cancelled_pass(self, asked: int) -> None:
        answers = iter([False] * asked)
        run_pass(self.job, self.catalog, FULL, PassOptions(should_stop=lambda: next(answers, True), **a_minute_later()))

    @rule()
    def restart(self) -> None:
        self.catalog.close()
        self.catalog = JobDatabase.open(self.base / "job.sqlite")

    # The user

    @rule()
    def agree(self) -> None:
        if self.held is None:
            return
        held = self.run(FULL)
        if held is not None:
            report = run_pass(self.job, self.catalog, FULL, PassOptions(allowed=held, **a_minute_later()))
            assert report.status is PassStatus.COMPLETE or report.kept
            self.held = report.held
        self.user_has_seen_all()

    @rule()
    def refuse(self) -> None:
        held = self.run(FULL) if self.held is not None else None
        if held is not None:
            before = contents(self.mirror)
            keep(self.job, self.catalog, held)
            again = self.run(FULL)
            assert again is None, "what was refused is held again"
            kept = {action.path for action in held.actions}
            assert {path: before[path] for path in kept & before.keys()}.items() <= contents(self.mirror).items()

    @rule()
    def put_back(self) -> None:
        held = self.run(FULL) if self.held is not None else None
        if held is not None:
            before = contents(self.source)
            returned = put_back_held(self.job, self.catalog, held, meter=Meter(lambda _: None), should_stop=never)
            assert not returned.failed
            assert before.items() <= contents(self.source).items(), "something was written over"
            # What comes beside something is a new path, by the user's own word.
            self.made += len(returned.beside)

    @rule(which=PICKS)
    def undo(self, which: int) -> None:
        passes = [found for found in self.catalog.passlog.passes() if found.replaced + found.deleted + found.moved]
        if not passes:
            return
        before = set(contents(self.source).values())
        undo_pass(
            self.job, self.catalog, passes[which % len(passes)].id, meter=Meter(lambda _: None), should_stop=never
        )
        now = set(contents(self.source).values())
        assert before - now <= set(contents(self.mirror).values()), "what made way is not in the mirror"
        # What comes of it in the mirror is the user's word too, as the loop gives it.
        held = self.run(FULL)
        if held is not None and held.code in {HeldCode.MASS_CHANGE, HeldCode.SLOW_CHANGE}:
            run_pass(self.job, self.catalog, FULL, PassOptions(allowed=held, **a_minute_later()))
        self.held = None
        self.user_has_seen_all()

    @invariant()
    def no_more_is_lost_than_the_limits_allow(self) -> None:
        if not hasattr(self, "seen"):
            return
        now = set(contents(self.mirror).values())
        lost = self.seen - now
        files = self.files + self.made
        assert len(lost) <= max(COUNT, SHARE * files), f"{len(lost)} of {self.files} and {self.made} new ones"

    @invariant()
    def nothing_is_lost_for_good(self) -> None:
        if hasattr(self, "base"):
            now = set(contents(self.mirror).values())
            assert self.ever <= now | set(contents(self.history).values())
            self.ever |= now

    # Inner parts

    def run(self, scope: Scope) -> Held | None:
        report = run_pass(self.job, self.catalog, scope, PassOptions(**a_minute_later()))
        if scope.is_full:
            self.touched.clear()
        self.held = report.held
        return report.held

    def write(self, path: str) -> None:
        self.serial += 1
        self.made += not (self.source / path).exists()
        (self.source / path).write_bytes(b"content %d" % self.serial)
        os.utime(self.source / path, ns=(self.serial * 10**9, self.serial * 10**9))
        self.touched.add(path)

    def pick(self, which: int) -> str | None:
        files = sorted(contents(self.source))
        return files[which % len(files)] if files else None

    def user_has_seen_all(self) -> None:
        """Begin to count anew."""
        self.catalog.recent.start_anew()
        mirror = contents(self.mirror)
        self.seen = set(mirror.values())
        # More than contents, where something was put back beside what is there.
        self.files = len(mirror)
        self.made = 0


pytestmark = pytest.mark.timeout(LIMIT_S)

TestSlowLoss = SlowLossMachine.TestCase
TestSlowLoss.settings = machine_settings(EXAMPLES, STEPS)
