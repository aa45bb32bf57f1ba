"""The second process says of a folder that all is as it was only where the pass itself would find the same."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backup_gui.engine.apply import worker_start
from backup_gui.engine.fs.system.worker_process import WorkerProcess
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan import compare as comparing
from backup_gui.engine.plan import scan_worker
from backup_gui.engine.plan.scan_worker import ScanWorker, Unchanged, worker
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.run import single_pass as mirror
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.rows import open_for_reading
from backup_gui.model.entries import Entry
from backup_gui.model.paths import TEMPORARY_PREFIX, encode
from backup_gui.model.plans import PassStatus, Plan, Scope
from tests.helpers.rig import HOSTILE_NAMES, Rig
from tests.helpers.second_process import kill
from tests.helpers.systems import set_own_times
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the second process is used on Linux only")
FOLDERS = 16
TEMPORARY = f"{TEMPORARY_PREFIX}0123456789abcdef"


@pytest.fixture
def known(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A tree of some folders that the catalog knows, with all sorts of names, kinds and times."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr(comparing, "BATCH_FOLDERS", 3)
    for number in range(FOLDERS):
        rig.write(f"folder {number}/deeper/a", f"content of {number}")
        rig.write(f"folder {number}/deeper/b", f"other content of {number}")
        (rig.source / f"folder {number}/deeper/link").symlink_to("a")
    for name in HOSTILE_NAMES:
        rig.write(f"hostile/{name}/{name}", os.fsencode(name))
    os.link(rig.source / "folder 0/deeper/a", rig.source / "folder 1/deeper/name of a")
    (rig.source / "empty").mkdir()
    rig.options["guard_count"] = 10**6
    rig.options["exclude"] = ("*.tmp",)
    rig.write("folder 2/deeper/left out.tmp")
    rig.catalog.close()
    rig.catalog = JobDatabase.open(rig.root / "catalog.sqlite")
    rig.run()
    # Times too young to be trusted are looked at once more, and what was made last is learnt.
    rig.run()
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 1)
    return rig


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Unchanged | None]:
    """What the other process says, by folder."""
    seen: dict[str, Unchanged | None] = {}
    original = ScanWorker.findings

    def noted(self: ScanWorker, *, waits: bool) -> list[tuple[str, Unchanged | None]]:
        # However slow its start is, everything that it was given is its to answer.
        found = original(self, waits=waits or bool(self._process._ahead))
        seen.update(found)
        return found

    monkeypatch.setattr(ScanWorker, "findings", noted)
    return seen


@contextlib.contextmanager
def looking(rig: Rig, root_entry: Entry | None = None) -> Iterator[Callable[[str], object]]:
    """Be the other process."""
    assert rig.catalog.file is not None
    with (
        Tree(str(rig.source)) as source,
        Tree(str(rig.mirror)) as target,
        contextlib.closing(open_for_reading(rig.catalog.file)) as connection,
    ):
        source.root_entry = root_entry or source.root_entry
        yield scan_worker._OtherEnd(
            source, target, connection, ExclusionRules(rig.job.exclude), compares_owner=True
        ).answer


def plans_of(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Plan]:
    """Return what makes a pass that changes nothing and returns its plan, in an order that can be compared."""
    plans: list[Plan] = []
    compare = comparing.compare

    def noted(*arguments: object, **options: object) -> Plan:
        plan = compare(*arguments, **options)  # type: ignore[arg-type]
        plans.append(
            plan._replace(
                actions=tuple(sorted(plan.actions, key=repr)), problems=tuple(sorted(plan.problems, key=repr))
            )
        )
        return plan

    monkeypatch.setattr(mirror, "compare", noted)

    def make() -> Plan:
        rig.run(is_dry_run=True)
        return plans[-1]

    return make


def test_a_tree_in_which_nothing_has_changed_is_found_so_by_both_together(
    known: Rig, findings: dict[str, Unchanged | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = plans_of(known, monkeypatch)()
    assert len(findings) > FOLDERS // 2
    assert None not in findings.values()
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 10**9)
    alone = plans_of(known, monkeypatch)()
    assert both == alone
    assert both.actions == ()
    assert both.mirror_files == sum(not path.is_dir() or path.is_symlink() for path in known.mirror.rglob("*"))
    assert both.source_folders == 1 + sum(path.is_dir() for path in known.source.rglob("*") if not path.is_symlink())


def touch_back(file: Path) -> None:
    """Change the content and give the old time back: only the change time tells."""
    entry = file.stat()
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(entry.st_atime_ns, entry.st_mtime_ns))


def with_inode(file: Path, inode: int) -> os.stat_result:
    """Return a file's entry as it would be in another file."""
    entry = file.stat()
    times = {name: getattr(entry, name) for name in ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")}
    return os.stat_result((entry[0], inode, *entry[2:]), times)


def lengthen(file: Path) -> None:
    """Change the content and give the old time back; of this one the change time is not known."""
    entry = file.stat()
    file.write_bytes(file.read_bytes() * 2)
    os.utime(file, ns=(entry.st_atime_ns, entry.st_mtime_ns))


PLACE = "folder 9/deeper"


def set_time(path: Path) -> None:
    set_own_times(path, (1, 1))


def own(rig: Rig, path: str) -> None:
    """Give the mirror the source's own file for a copy."""
    (rig.mirror / path).unlink()
    os.link(rig.source / path, rig.mirror / path, follow_symlinks=False)
    rig.catalog.record(path, (rig.source / path).lstat())
    # Only the file itself is to be found.
    folder = (rig.source / path).parent
    entry = folder.stat()
    os.utime(rig.mirror / os.path.dirname(path), ns=(entry.st_atime_ns, entry.st_mtime_ns))


def relink(path: Path) -> None:
    entry = path.lstat()
    path.unlink()
    path.symlink_to("b")
    set_own_times(path, (entry.st_atime_ns, entry.st_mtime_ns))


def make_folder_of(file: Path) -> None:
    file.unlink()
    file.mkdir()


CHANGES: dict[str, Callable[[Rig], object]] = {
    "content": lambda rig: rig.write(f"{PLACE}/a", "longer content than it was"),
    "content with the old time and size": lambda rig: touch_back(rig.source / PLACE / "a"),
    "time": lambda rig: set_time(rig.source / PLACE / "a"),
    "mode": lambda rig: (rig.source / PLACE / "a").chmod(0o600),
    "owner": lambda rig: os.chown(rig.source / PLACE / "a", 12345, 54321),
    "new file": lambda rig: rig.write(f"{PLACE}/new"),
    "new folder": lambda rig: rig.write(f"{PLACE}/new/file"),
    "new pipe": lambda rig: os.mkfifo(rig.source / PLACE / "pipe"),
    "new temporary": lambda rig: rig.write(f"{PLACE}/{TEMPORARY}"),
    "gone": lambda rig: (rig.source / PLACE / "a").unlink(),
    "moved": lambda rig: (rig.source / PLACE / "a").rename(rig.source / "folder 3/moved"),
    "another link": lambda rig: relink(rig.source / PLACE / "link"),
    "a link's time": lambda rig: set_time(rig.source / PLACE / "link"),
    "a folder's mode": lambda rig: (rig.source / PLACE).chmod(0o700),
    "a folder's attribute": lambda rig: os.setxattr(rig.source / PLACE, "user.colour", b"red"),
    "a folder's time": lambda rig: set_time(rig.source / PLACE),
    "one more name": lambda rig: os.link(rig.source / PLACE / "a", rig.source / PLACE / "also a"),
    "attribute": lambda rig: os.setxattr(rig.source / PLACE / "a", "user.colour", b"red"),
    "folder for file": lambda rig: make_folder_of(rig.source / PLACE / "a"),
    "mirror: content": lambda rig: rig.write_at(rig.mirror / PLACE / "a", "a stranger's and a long one"),
    "mirror: content with the same time": lambda rig: lengthen(rig.mirror / PLACE / "a"),
    "mirror: time": lambda rig: set_time(rig.mirror / PLACE / "a"),
    "mirror: mode": lambda rig: (rig.mirror / PLACE / "a").chmod(0o600),
    "mirror: owner": lambda rig: os.chown(rig.mirror / PLACE / "a", 12345, 54321),
    "mirror: new": lambda rig: rig.write_at(rig.mirror / PLACE / "new"),
    "mirror: gone": lambda rig: (rig.mirror / PLACE / "a").unlink(),
    "mirror: another link": lambda rig: relink(rig.mirror / PLACE / "link"),
    "mirror: the source's own file": lambda rig: own(rig, "folder 9/deeper/a"),
    "mirror: the source's own link": lambda rig: own(rig, "folder 9/deeper/link"),
    "mirror: litter": lambda rig: rig.write_at(rig.mirror / PLACE / f"{TEMPORARY}"),
    "mirror: left out": lambda rig: rig.write_at(rig.mirror / PLACE / "left out.tmp"),
    "mirror: a folder's mode": lambda rig: (rig.mirror / PLACE).chmod(0o700),
    "mirror: a folder's owner": lambda rig: os.chown(rig.mirror / PLACE, 12345, 54321),
    "mirror: a folder's time": lambda rig: set_time(rig.mirror / PLACE),
    "mirror: a link's time": lambda rig: set_time(rig.mirror / PLACE / "link"),
    "catalog: a folder's inode": lambda rig: rig.catalog.record(PLACE, with_inode(rig.source / PLACE, 7)),
    "catalog: one row less": lambda rig: rig.catalog.forget([f"{PLACE}/a"]),
    "catalog: one row more": lambda rig: rig.catalog.record(f"{PLACE}/no more", os.stat(rig.source / PLACE / "a")),
    "catalog: another inode": lambda rig: rig.catalog.record(f"{PLACE}/a", with_inode(rig.source / PLACE / "a", 7)),
    "catalog: nothing": lambda rig: rig.catalog.forget([f"{PLACE}/{name}" for name in ("a", "b", "link")]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_sort_is_found_as_the_pass_alone_finds_it(
    known: Rig, findings: dict[str, Unchanged | None], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    CHANGES[change](known)
    known.catalog.commit()
    # Only there: in its parent the folder itself may have changed.
    above = PLACE.partition("/")[0]
    with looking(known) as answer:
        assert None in [answer(PLACE), answer(above)]
        assert answer("folder 12") == (1, 0, ["deeper"])
    both = plans_of(known, monkeypatch)()
    assert findings
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 10**9)
    alone = plans_of(known, monkeypatch)()
    assert both == alone
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 1)
    findings.clear()
    known.run()
    assert findings
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 10**9)
    known.run()
    assert known.run().counts.total == 0
    left_out = {path for path in read_tree(known.source) if path.endswith((".tmp", TEMPORARY))}
    expected = {path: what for path, what in read_tree(known.source).items() if path not in left_out}
    if change == "new pipe":
        del expected[f"{PLACE}/pipe"]
    mirrored = read_tree(known.mirror)
    if change == "mirror: left out":
        # What is left out is left alone.
        del mirrored[f"{PLACE}/left out.tmp"]
    assert mirrored == expected


def test_a_folder_in_which_another_volume_is_mounted_is_left_to_the_pass(known: Rig) -> None:
    # As if the root were on another volume than the folders.
    with looking(known, os.stat("/proc")) as answer:
        assert answer("folder 1") is None
        assert answer("folder 1/deeper") == (4, 4, [])


@pytest.mark.hazard(48)
@pytest.mark.parametrize("side", ["source", "mirror"])
def test_a_wide_folder_is_left_to_the_pass(known: Rig, monkeypatch: pytest.MonkeyPatch, side: str) -> None:
    monkeypatch.setattr(scan_worker, "MOST_AT_ONCE", 4)
    known.write_at(known.root / side / "folder 1/deeper/one more")
    with looking(known) as answer:
        assert answer("folder 2/deeper") is not None
        assert answer("folder 1/deeper") is None


def test_without_the_catalog_it_says_nothing(known: Rig) -> None:
    with Tree(str(known.source)) as source, Tree(str(known.mirror)) as target:
        for file in (known.root / "no such catalog", known.root):
            assert worker(source, target, str(file), ([], [], []), compares_owner=True)("folder 1") is None


@pytest.mark.parametrize("at", [1, 3])
def test_a_process_that_is_killed_costs_nothing_but_time(known: Rig, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    handed: list[str] = []
    hand_over = ScanWorker.hand_over

    def hand_over_and_kill(self: ScanWorker, paths: list[str]) -> None:
        hand_over(self, paths)
        handed.extend(paths)
        if len(handed) >= 3 * at and self._process.takes_more():
            kill(self._process)

    monkeypatch.setattr(ScanWorker, "hand_over", hand_over_and_kill)
    both = plans_of(known, monkeypatch)()
    assert handed
    assert both.actions == ()
    assert both.source_folders == 1 + sum(path.is_dir() for path in known.source.rglob("*") if not path.is_symlink())


def test_a_pass_that_is_stopped_ends_the_process(known: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    processes: list[WorkerProcess] = []
    hand_over = ScanWorker.hand_over

    def note(self: ScanWorker, paths: list[str]) -> None:
        hand_over(self, paths)
        processes.append(self._process)

    monkeypatch.setattr(ScanWorker, "hand_over", note)
    assert known.run(should_stop=lambda: bool(processes)).status is PassStatus.CANCELLED
    assert processes[0]._exit_code == 0


def test_partial_passes_small_trees_and_trees_with_drives_are_looked_over_by_the_pass_alone(
    known: Rig, findings: dict[str, Unchanged | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    known.run(Scope(trees=frozenset({"folder 1"})))
    monkeypatch.setattr(mirror, "remembered_drives", lambda _catalog: frozenset({"folder 1"}))
    known.run()
    monkeypatch.undo()
    monkeypatch.setattr(worker_start, "WORTHWHILE_FILES", 10**6)
    known.run()
    assert findings == {}


def test_names_of_any_bytes_are_asked_for_by_those_bytes(known: Rig, findings: dict[str, Unchanged | None]) -> None:
    known.run()
    asked = {encode(path) for path in findings if path.startswith("hostile/")}
    assert asked <= {encode(f"hostile/{name}") for name in HOSTILE_NAMES}
    assert asked
