"""Anything may happen to source, mirror and program, in any order; what the product promises holds after each step."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backup_gui.engine.fs.attribute_calls import ACCESS_LIST, DEFAULT_LIST
from backup_gui.engine.fs.content import never
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.model.errors import BackupError
from backup_gui.model.paths import TEMPORARY_PREFIX, is_at_or_below, is_temporary
from backup_gui.model.plans import FULL, Counts, Held, HeldCode, PassStatus, ProblemCode, Report, Scope
from tests.helpers.access_lists import access_list
from tests.helpers.descriptors import open_below
from tests.helpers.memory_destination import MemoryDestination
from tests.helpers.minutes import a_minute_later
from tests.helpers.systems import set_own_times
from tests.helpers.trees import contents, read_tree
from tests.property.faulty_os import Fault, Killed, faulty, open_catalog
from tests.property.machine_settings import LIMIT_S, machine_settings
from tests.property.world import ANCHOR, NAMES, World, clear_path, is_file, is_folder, look_at

EXAMPLES = 200
# What is decided is decided by the same code: these look at what is asked of a destination.
EXAMPLES_FAR_AWAY = 40
STEPS = 40

PICKS = st.integers(0, 10_000)
NAME = st.sampled_from(NAMES)
SIZES = st.sampled_from((1, 20, 20, 20, 5_000, 70_000))
ERRORS = st.sampled_from((errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EPERM))
FAULTS = st.one_of(
    st.builds(Fault, at=st.integers(1, 60)),
    st.builds(Fault, at=st.integers(1, 60), error=ERRORS, is_lasting=st.booleans()),
    st.builds(Fault, at=st.integers(1, 60), error=st.sampled_from((errno.EIO, errno.EACCES)), is_reading=st.just(True)),
)
LINKS = (
    *("nowhere", ".", "..", "a", "d/c.txt", "/proc/self/mem", "../outside/file", "../outside/folder"),
    "\udcff",
    "x" * 300,
)


class MirrorMachine(RuleBasedStateMachine):
    """One job, its folders, and everybody who changes them.

    What is drawn, and which rules there are to choose from, never depends on what the program has done: see
    ``SlowLossMachine``.
    """

    world: World

    @initialize(keeps_history=st.booleans())
    def begin(self, *, keeps_history: bool) -> None:
        self.world = World(keeps_history=keeps_history, far_away=self.new_far_away(keeps_history=keeps_history))
        self.data = self.world.base / "data"
        self.catalog = open_catalog(self.data / "job.sqlite")
        # Whether the mirror differs from the source by no more than the hints tell.
        self.is_certain = False
        # Whether the next pass that is made in peace may find the history gone, and say so.
        self.is_history_removed = False
        for path in ("d/e", "f"):
            (self.world.source / path).mkdir(parents=True)
        for path in ("a", "b", "d/c.txt", "d/e/a", "f/b"):
            (self.world.source / path).write_bytes(self.world.content(20))
        self.world.see_source()
        self.run(FULL)

    def new_far_away(self, *, keeps_history: bool) -> MemoryDestination | None:
        """Make what passes are to write to in the place of a folder."""
        del keeps_history
        return None

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.catalog.close()
            self.world.remove()

    # What users do to the source

    @rule(where=PICKS, name=NAME, size=SIZES, has_hole=st.booleans())
    def write(self, where: int, name: str, size: int, *, has_hole: bool) -> None:
        path = self.free_place(where, name, may_be_file=True)
        full = self.world.source / path
        is_new = not full.exists()
        content = self.world.content(size)
        with full.open("wb") as file:
            file.write(content)
            if has_hole and size > 1000:
                file.seek(300_000, os.SEEK_CUR)
                file.write(content)
        self.changed(path, is_new=is_new)

    @rule(where=PICKS, name=NAME, size=SIZES)
    def save_by_rename(self, where: int, name: str, size: int) -> None:
        path = self.free_place(where, name, may_be_file=True)
        draft = self.world.source / os.path.dirname(path) / "draft~"
        draft.write_bytes(self.world.content(size))
        draft.replace(self.world.source / path)
        self.changed(path, is_new=True)

    @rule(which=PICKS, size=SIZES)
    def append(self, which: int, size: int) -> None:
        path = self.pick_file(which)
        with (self.world.source / path).open("ab") as file:
            file.write(self.world.content(size))
        self.changed(path)

    @rule(which=PICKS)
    def edit_keeping_size_and_time(self, which: int) -> None:
        path = self.pick_file(which)
        full = self.world.source / path
        before = full.stat()
        known = self.catalog.fingerprint(path)
        # Only what the catalog knows as it is can be noticed so; see hazard 34.
        assume(known is not None and (known.inode, known.ctime_ns) == (before.st_ino, before.st_ctime_ns))
        content = self.world.content(before.st_size)[: before.st_size]
        assume(before.st_size > 15)
        with full.open("r+b") as file:
            file.write(content)
        while full.stat().st_ctime_ns == before.st_ctime_ns:
            os.utime(full, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.utime(full, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.world.stealthy.add(before.st_ino)
        self.changed(path, has_stamp=True)

    @rule(which=PICKS, where=PICKS, name=NAME)
    def rename(self, which: int, where: int, name: str) -> None:
        old = self.pick(which)
        new = self.free_place(where, name)
        assume(new != old and not f"{new}/".startswith(f"{old}/"))
        old_full, new_full = self.world.source / old, self.world.source / new
        self.show_stealthy(old_full)
        was_folder = is_folder(old_full)
        old_full.rename(new_full)
        self.world.hint(old, new, is_tree=was_folder)
        self.world.see_source()

    @rule(which=PICKS)
    def delete(self, which: int) -> None:
        path = self.pick(which)
        was_folder = is_folder(self.world.source / path)
        clear_path(self.world.source / path)
        self.world.hint(path, is_tree=was_folder)

    @rule(where=PICKS, name=NAME)
    def make_folder(self, where: int, name: str) -> None:
        path = self.free_place(where, name)
        (self.world.source / path).mkdir()
        self.world.hint(path, is_tree=True)

    @rule(where=PICKS, name=NAME, text=st.sampled_from(LINKS))
    def make_link(self, where: int, name: str, text: str) -> None:
        path = self.free_place(where, name)
        os.symlink(text, self.world.source / path)
        self.world.hint(path)

    @rule(which=PICKS, where=PICKS, name=NAME)
    def make_hard_link(self, which: int, where: int, name: str) -> None:
        path = self.free_place(where, name)
        old = self.world.source / self.pick_file(which)
        self.show_stealthy(old)
        os.link(old, self.world.source / path)
        self.world.hint(path)
        self.world.see_source()

    @rule(which=PICKS, other=PICKS)
    def link_over(self, which: int, other: int) -> None:
        """Make a name that there is already one of another file's."""
        path, old = self.pick_file(which), self.world.source / self.pick_file(other)
        full = self.world.source / path
        assume(full.stat().st_ino != old.stat().st_ino)
        self.show_stealthy(old)
        full.unlink()
        os.link(old, full)
        self.world.hint(path)
        self.world.see_source()

    @rule(which=PICKS, mode=st.sampled_from((None, 0o600, 0o644)))
    def make_file_of_its_own(self, which: int, mode: int | None) -> None:
        """Replace a name by an equal file, as programs do that save by renaming."""
        path = self.pick_file(which)
        full = self.world.source / path
        self.show_stealthy(full)
        draft = full.with_name("draft~")
        shutil.copy2(full, draft)
        if mode is not None:
            draft.chmod(mode)
        draft.replace(full)
        self.world.hint(path)

    @rule(
        which=PICKS,
        name=st.sampled_from(("user.a", "user.\u00e9")),
        value=st.sampled_from((None, b"", b"\0\xff", b"1")),
    )
    def change_attribute(self, which: int, name: str, value: bytes | None) -> None:
        path = self.pick(which)
        full = self.world.source / path
        assume(is_file(full) or is_folder(full))
        self.see_other_names(full)
        if value is not None:
            os.setxattr(full, name, value)
        else:
            assume(name in os.listxattr(full))
            os.removexattr(full, name)
        self.world.hint(path, changes_names=False)

    @rule(which=PICKS, is_default=st.booleans(), uid=st.sampled_from((1234, 4321)))
    def change_access_list(self, which: int, uid: int, *, is_default: bool) -> None:
        path = self.pick(which)
        full = self.world.source / path
        name = DEFAULT_LIST if is_default else ACCESS_LIST
        assume(is_folder(full) or (is_file(full) and not is_default))
        self.see_other_names(full)
        if name in os.listxattr(full):
            os.removexattr(full, name)
        else:
            os.setxattr(full, name, access_list(uid))
        self.world.hint(path, changes_names=False)

    @rule(where=PICKS, name=NAME)
    def make_pipe(self, where: int, name: str) -> None:
        path = self.free_place(where, name)
        os.mkfifo(self.world.source / path)
        self.world.hint(path)

    @rule(which=PICKS, kind=st.sampled_from(("file", "folder", "link", "pipe")))
    def swap_type(self, which: int, kind: str) -> None:
        path = self.pick(which)
        full = self.world.source / path
        was_folder = is_folder(full)
        clear_path(full)
        if kind == "file":
            full.write_bytes(self.world.content(30))
        elif kind == "folder":
            full.mkdir()
            (full / "inside").write_bytes(self.world.content(30))
        elif kind == "link":
            os.symlink("../outside/folder", full)
        else:
            os.mkfifo(full)
        self.world.hint(path, is_tree=was_folder or kind == "folder")
        self.world.see_source()

    @rule(which=PICKS, mode=st.sampled_from((0o400, 0o444, 0o600, 0o644, 0o755, 0o4755, 0o666)))
    def change_mode(self, which: int, mode: int) -> None:
        path = self.pick(which)
        full = self.world.source / path
        assume(not full.is_symlink())
        self.see_other_names(full)
        full.chmod(mode | 0o700 if is_folder(full) else mode)
        self.world.hint(path, changes_names=False)

    @rule(which=PICKS, stamp_s=st.sampled_from((-5, 0, 1, 315_532_801, 4_000_000_000)))
    def change_time(self, which: int, stamp_s: int) -> None:
        path = self.pick(which)
        stamp_ns = self.world.stamp_ns() % 10**9 + stamp_s * 10**9
        self.see_other_names(self.world.source / path)
        set_own_times(self.world.source / path, (stamp_ns, stamp_ns))
        self.world.hint(path, changes_names=False)

    # What strangers do to the mirror

    @rule(where=PICKS, name=NAME)
    def plant_file(self, where: int, name: str) -> None:
        folders = self.world.folders(self.world.mirror)
        full = self.world.mirror / folders[where % len(folders)] / name
        assume(not os.path.lexists(full))
        full.write_bytes(self.world.content(40))
        self.strangers_were_here()

    @rule(where=PICKS, number=st.integers(0, 3))
    def plant_litter(self, where: int, number: int) -> None:
        folders = self.world.folders(self.world.mirror)
        name = f"{TEMPORARY_PREFIX}{number:016x}"
        full = self.world.mirror / folders[where % len(folders)] / name
        # It may be there, and have become a link that leads out.
        assume(not os.path.lexists(full))
        full.write_bytes(b"half")
        self.world.litter.add(name)
        self.is_certain = False

    @rule(which=PICKS, is_truncated=st.booleans())
    def edit_in_mirror(self, which: int, *, is_truncated: bool) -> None:
        files = [path for path in self.world.entries(self.world.mirror) if is_file(self.world.mirror / path)]
        assume(files)
        full = self.world.mirror / files[which % len(files)]
        with full.open("wb" if is_truncated else "ab") as file:
            file.write(self.world.content(60))
        self.strangers_were_here()

    @rule(which=PICKS, other=PICKS, name=NAME)
    def link_in_mirror(self, which: int, other: int, name: str) -> None:
        files = [path for path in self.world.entries(self.world.mirror) if is_file(self.world.mirror / path)]
        assume(files)
        folders = self.world.folders(self.world.mirror)
        new = self.world.mirror / folders[other % len(folders)] / name
        assume(not os.path.lexists(new))
        os.link(self.world.mirror / files[which % len(files)], new)
        self.strangers_were_here()

    @rule(which=PICKS)
    def delete_in_mirror(self, which: int) -> None:
        clear_path(self.pick_in_mirror(which))
        self.strangers_were_here()

    @rule(which=PICKS, other=PICKS)
    def rename_in_mirror(self, which: int, other: int) -> None:
        old = self.pick_in_mirror(which)
        folders = self.world.folders(self.world.mirror)
        new = self.world.mirror / folders[other % len(folders)] / "moved by a stranger"
        assume(not os.path.lexists(new) and not new.is_relative_to(old))
        old.rename(new)
        self.strangers_were_here()

    @rule(which=PICKS, to_folder=st.booleans())
    def swap_link_into_mirror(self, which: int, *, to_folder: bool) -> None:
        full = self.pick_in_mirror(which)
        aside = full.with_name("aside")
        assume(not os.path.lexists(aside))
        full.rename(aside)
        os.symlink(self.world.outside / ("folder" if to_folder else "file"), full)
        self.strangers_were_here()

    @rule(which=PICKS, mode=st.sampled_from((0o600, 0o644, 0o777)))
    def change_mode_in_mirror(self, which: int, mode: int) -> None:
        full = self.pick_in_mirror(which)
        assume(not full.is_symlink())
        full.chmod(mode | 0o700 if is_folder(full) else mode)
        self.is_certain = False

    @rule()
    def remove_history(self) -> None:
        shutil.rmtree(self.world.history, ignore_errors=True)
        self.is_history_removed = True
        self.strangers_were_here()

    # What the program does

    @rule()
    def full_pass(self) -> None:
        self.run(FULL)

    @rule(order=PICKS)
    def partial_pass(self, order: int) -> None:
        hints = self.hints_in_order(order)
        if hints:
            self.run(self.world.scope(hints + hints[:2]))

    @rule(order=PICKS, lost=PICKS, invented=st.lists(st.tuples(NAME, st.booleans()), max_size=2))
    def partial_pass_with_hints_lost(self, order: int, lost: int, invented: list[tuple[str, bool]]) -> None:
        hints = self.hints_in_order(order)
        if hints:
            # What is left out is not lost for good: the hints stay for the next pass.
            hints = list(dict.fromkeys(hints))[: lost % (len(hints) + 1)]
            scope = self.world.scope([*hints, *invented])
            if scope:
                self.run(scope, is_exact=False)

    @rule(fault=FAULTS, is_full=st.booleans())
    def pass_with_fault(self, fault: Fault, *, is_full: bool) -> None:
        scope = FULL if is_full or not self.world.hints else self.world.scope(self.world.hints)
        self.is_certain = False
        before = set(self.temporaries())
        try:
            with faulty(fault, self.catalog) as gate:
                if self.world.far_away is not None:
                    self.world.far_away.before = gate.before
                self.run(scope, is_exact=False)
        except Killed:
            assert gate.is_dead
            self.catalog.abandon()
            self.catalog = open_catalog(self.data / "job.sqlite")
            return
        except BackupError:
            assert gate.failed
        if not fault.is_reading and not {"unlink", "rmdir"}.intersection(gate.failed):
            # Nothing has kept it from clearing up.
            assert before.issuperset(self.temporaries())

    @rule(asked=st.integers(1, 40))
    def cancelled_pass(self, asked: int) -> None:
        answers = iter([False] * asked)
        before = set(self.temporaries())
        report = self.run(FULL, is_exact=False, should_stop=lambda: next(answers, True))
        self.is_certain = self.is_certain and report.status is PassStatus.COMPLETE
        assert before.issuperset(self.temporaries())

    @rule()
    def lose_catalog(self) -> None:
        # An edit that shows in inode and ctime only is beyond recall now.
        self.show_stealthy(self.world.source)
        self.catalog.close()
        for file in self.data.iterdir():
            file.unlink()
        self.catalog = open_catalog(self.data / "job.sqlite")

    @rule()
    def stabilize(self) -> None:
        first = self.run(FULL)
        self.world.check_in_step()
        assert not self.temporaries()
        report = self.run(FULL)
        assert report.counts == Counts(), "a second pass found something to do"
        assert set(report.problems) == {p for p in first.problems if p.code is not ProblemCode.HISTORY_LOST}
        specials = {path for path, node in read_tree(self.world.source).items() if node.kind == "special"}
        assert {problem.path for problem in report.problems} == specials

    @invariant()
    def nothing_is_lost_or_half(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    # Inner parts

    def run(self, scope: Scope, *, is_exact: bool = True, should_stop: Callable[[], bool] = never) -> Report:
        world = self.world
        knows_names = self.knows_names(scope)
        source_before, open_before = look_at(world.source), open_below(world.base)
        mirror_before = contents(world.mirror)
        try:
            with world.passing():
                report = run_pass(
                    world.job, self.catalog, scope, PassOptions(should_stop=should_stop, **a_minute_later())
                )
            if is_exact and report.held is not None:
                report = self.agree(report.held, scope, mirror_before)
        finally:
            assert look_at(world.source) == source_before, "the source was changed"
            assert open_below(world.base) == open_before, "descriptors were left open"
        if not is_exact:
            return report
        assert report.held is None, report.held
        self.is_certain = self.is_certain and (knows_names or report.is_full)
        expected = {ProblemCode.SPECIAL_FILE}
        if self.is_history_removed:
            expected.add(ProblemCode.HISTORY_LOST)
        is_done = {problem.code for problem in report.problems} <= expected
        assert is_done, report.problems
        self.is_history_removed = False
        if report.is_full or self.is_certain:
            world.check_in_step()
            self.is_certain = True
            world.stealthy.clear()
        world.hints.clear()
        return report

    def agree(self, held: Held, scope: Scope, before: dict[str, bytes]) -> Report:
        """Agree to what is held, which is strangers' only, and only where there is no history; it was not touched."""
        assert held.code is HeldCode.STRANGERS, held
        assert not self.world.job.keeps_history
        waiting = {action.path for action in held.actions}
        now = contents(self.world.mirror)
        changed = [path for path in waiting & before.keys() if now.get(path) != before[path]]
        assert not changed, f"taken from a stranger: {changed}"
        with self.world.passing():
            return run_pass(self.world.job, self.catalog, scope, PassOptions(allowed=held, **a_minute_later()))

    def knows_names(self, scope: Scope) -> bool:
        """Tell whether a partial pass can know all names of the files that it sees a name of."""

        def is_seen(path: str) -> bool:
            return path in scope.paths or any(is_at_or_below(path, tree) for tree in scope.trees)

        unseen = [
            path
            for path, node in read_tree(self.world.source).items()
            if not is_seen(path) and any(map(is_seen, node.names))
        ]
        return all(self.catalog.fingerprint(path) for path in unseen)

    def strangers_were_here(self) -> None:
        self.world.see_stranger()
        self.is_certain = False

    def changed(self, path: str, *, is_new: bool = False, has_stamp: bool = False) -> None:
        full = self.world.source / path
        self.see_other_names(full)
        if not has_stamp:
            stamp_ns = self.world.stamp_ns()
            os.utime(full, ns=(stamp_ns, stamp_ns))
            self.world.stealthy.discard(full.stat().st_ino)
        self.world.hint(path, changes_names=is_new)
        self.world.see_source()

    def see_other_names(self, full: Path) -> None:
        """Note that a change of a file with several names is notified for one of them only."""
        if is_file(full) and full.stat().st_nlink > 1:
            self.is_certain = False

    def show_stealthy(self, root: Path) -> None:
        """Let edits at and below a path show in the time of modification too."""
        below = [os.path.join(folder, name) for folder, _, files in os.walk(root) for name in files]
        for path in [str(root), *below]:
            if is_file(Path(path)) and os.stat(path).st_ino in self.world.stealthy:
                stamp_ns = self.world.stamp_ns()
                os.utime(path, ns=(stamp_ns, stamp_ns))
                self.world.stealthy.discard(os.stat(path).st_ino)

    def pick(self, which: int) -> str:
        entries = self.world.entries(self.world.source)
        assume(entries)
        return entries[which % len(entries)]

    def pick_file(self, which: int) -> str:
        files = [path for path in self.world.entries(self.world.source) if is_file(self.world.source / path)]
        assume(files)
        return files[which % len(files)]

    def pick_in_mirror(self, which: int) -> Path:
        entries = self.world.entries(self.world.mirror)
        assume(entries)
        return self.world.mirror / entries[which % len(entries)]

    def free_place(self, where: int, name: str, *, may_be_file: bool = False) -> str:
        folders = self.world.folders(self.world.source)
        # Paths beyond what the system takes in one call are made in another test.
        path = os.path.join(folders[where % len(folders)], name)
        full = self.world.source / path
        assume(path != ANCHOR and len(os.fsencode(path)) < 2_000)
        assume(not os.path.lexists(full) or (may_be_file and is_file(full)))
        return path

    def hints_in_order(self, order: int) -> list[tuple[str, bool]]:
        return Random(order).sample(self.world.hints, len(self.world.hints))

    def temporaries(self) -> list[str]:
        trees = (self.world.mirror, self.world.history)
        return [path for tree in trees for path in read_tree(tree) if is_temporary(os.path.basename(path))]


class FarAwayMachine(MirrorMachine):
    """The same, over a destination in memory that can rename what it has."""

    def new_far_away(self, *, keeps_history: bool) -> MemoryDestination:
        return MemoryDestination(keeps_history=keeps_history)


class WithoutRenameMachine(MirrorMachine):
    """The same, over one that can only copy and remove, and takes few items of a batch at a time."""

    def new_far_away(self, *, keeps_history: bool) -> MemoryDestination:
        return MemoryDestination(keeps_history=keeps_history, renames=False, takes=3)


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads descriptors from /proc and makes special files"),
    pytest.mark.timeout(LIMIT_S),
]


TestAnythingMayHappen = MirrorMachine.TestCase
TestAnythingMayHappen.settings = machine_settings(EXAMPLES, STEPS)
TestAnythingMayHappenFarAway = FarAwayMachine.TestCase
TestAnythingMayHappenFarAway.settings = machine_settings(EXAMPLES_FAR_AWAY, STEPS)
TestAnythingMayHappenWithoutRename = WithoutRenameMachine.TestCase
TestAnythingMayHappenWithoutRename.settings = machine_settings(EXAMPLES_FAR_AWAY, STEPS)
