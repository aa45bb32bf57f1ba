"""The program decides what a second, plain planner decides that was written from the specification."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backup_gui.engine.apply.report import HELD_KEY
from backup_gui.engine.fs import native
from backup_gui.engine.guard.unanswered import from_text
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.recent_losses import REWRITTEN
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.events import ActionDone, Event
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import FULL, Action, Op, Report
from tests.helpers.systems import set_own_times
from tests.property.machine_settings import LIMIT_S, examples
from tests.property.reference import Before, Case, Decision, Known, Node, Step, Tree, judge, plan
from tests.property.world import FAST

OPS = {
    Op.CREATE: "create",
    Op.REPLACE: "replace",
    Op.DELETE: "delete",
    Op.MOVE: "move",
    Op.SET_METADATA: "metadata",
}
PATHS = ("a", "b", "c.o", "d", "d/a", "d/b", "d/c.o", "d/e", "d/e/a", "d/e/f", "g", "g/a", "g/d", "g/d/a")
TIMES_NS = (1_600_000_000 * 10**9, 1_600_000_001 * 10**9 + 1, 1_700_000_000 * 10**9)

EDITS = st.one_of(
    st.tuples(
        st.just("write"), st.sampled_from(PATHS), st.sampled_from((b"1", b"2", b"33")), st.sampled_from(TIMES_NS)
    ),
    st.tuples(st.just("delete"), st.sampled_from(PATHS)),
    st.tuples(st.just("folder"), st.sampled_from(PATHS)),
    st.tuples(st.just("move"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.tuples(st.just("name"), st.sampled_from(PATHS), st.sampled_from(PATHS)),
    st.tuples(st.just("link"), st.sampled_from(PATHS), st.sampled_from(("1", "2")), st.sampled_from(TIMES_NS)),
    st.tuples(st.just("pipe"), st.sampled_from(PATHS)),
    st.tuples(st.just("touch"), st.sampled_from(PATHS), st.sampled_from(TIMES_NS)),
    st.tuples(st.just("mode"), st.sampled_from(PATHS), st.sampled_from((0o700, 0o755))),
)
SIDES = st.tuples(st.sampled_from(("source", "source", "mirror")), EDITS)


def edit(root: Path, action: tuple[Any, ...]) -> None:
    """Do something to a tree, if it can be done."""
    op, path, *rest = action
    file = root / path
    with contextlib.suppress(OSError, shutil.Error):
        if op == "delete":
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()
            return
        if op == "move":
            os.rename(file, root / rest[0])
            return
        if op == "touch":
            set_own_times(file, (0, rest[0]))
            return
        if op == "mode":
            if not file.is_symlink():
                file.chmod(rest[0])
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_fifo():
            # To write to one would wait for ever.
            return
        if op == "write":
            file.write_bytes(rest[0])
            os.utime(file, ns=(0, rest[1]))
        elif op == "folder":
            file.mkdir()
        elif op == "link":
            os.symlink(rest[0], file)
            set_own_times(file, (0, rest[1]))
        elif op == "pipe":
            if sys.platform != "win32":
                os.mkfifo(file)
        else:
            os.link(root / rest[0], file, follow_symlinks=False)


def read(root: Path) -> Tree:
    """Read a tree into plain values, without the marker that a mirror has where there are no attributes for it."""
    found: Tree = {}
    for path in ("", *sorted({path.relative_to(root).as_posix() for path in root.rglob("*")} - {MARKER_NAME})):
        entry = native.entry_at(str(root / path), follow_symlinks=False)
        kind, content = kind_of(entry), b""
        if kind is EntryKind.FILE:
            content = (root / path).read_bytes()
        elif kind is EntryKind.LINK:
            content = os.fsencode(os.readlink(root / path))
        size, mode = entry.st_size, stat.S_IMODE(entry.st_mode)
        found[path] = Node(kind.value, entry.st_ino, entry.st_ctime_ns, size, entry.st_mtime_ns, mode, content)
    return found


def known_of(catalog: JobDatabase) -> Known:
    catalog.commit()
    rows = catalog._connection.execute("SELECT folder, name, inode, ctime_ns, size_bytes, mtime_ns FROM files")
    return {
        posixpath.join(os.fsdecode(folder), os.fsdecode(name)): (inode, ctime_ns, size, mtime_ns)
        for folder, name, inode, ctime_ns, size, mtime_ns in rows
    }


def recent_of(catalog: JobDatabase) -> frozenset[str] | None:
    """Return what was lost within the hour; None if that is more than the second planner knows of."""
    rows = catalog._connection.execute("SELECT path, state FROM recent").fetchall()
    return frozenset(os.fsdecode(path) for path, _ in rows) if {state for _, state in rows} <= {REWRITTEN} else None


def before_of(catalog: JobDatabase) -> Before:
    found = from_text(catalog.fact(HELD_KEY))
    if found is None or not found.is_loss:
        return Before()
    return Before(found.deletions, found.replacements, found.together, found.files)


def step_of(action: Action) -> Step:
    was = action.old_kind.value if action.op is Op.REPLACE and action.old_kind else ""
    return Step(OPS[action.op], action.path, action.kind.value, action.old_path or "", was)


def decided(job: Job, catalog: JobDatabase) -> Decision:
    events: list[Event] = []
    report: Report = run_pass(job, catalog, FULL, PassOptions(on_event=events.append, is_dry_run=True))
    going = [step_of(event.action) for event in events if isinstance(event, ActionDone)]
    held = [step_of(action) for action in report.held.actions] if report.held else []
    return Decision(frozenset(going), frozenset(held), report.held.code.value if report.held else "")


def without_joins(decision: Decision, source: Tree) -> Decision:
    """Leave out the metadata of files with several names: which name is the first depends on the order of a listing."""
    inodes = Counter(node.inode for node in source.values() if node.kind == "file")
    going = frozenset(
        step
        for step in decision.going
        if not (step.op == "metadata" and step.kind == "file" and inodes[source[step.path].inode] > 1)
    )
    return decision._replace(going=going)


def is_file(tree: Tree, path: str) -> bool:
    return path in tree and tree[path].kind == "file"


def is_ambiguous(source: Tree, mirror: Tree, known: Known) -> bool:
    """Whether it depends on the order of a listing what is done.

    More than one name of a file could be moved, or be moved to; or names of one file in the mirror are several in the
    source, so that all but the first are replaced.
    """
    names = [(node.inode, source[path].inode) for path, node in mirror.items() if is_file(source, path)]
    if len({inode for inode, _ in names}) < len(set(names)):
        return True
    new = [node.inode for path, node in source.items() if node.kind == "file" and path not in mirror]
    gone = [mark[0] for path, mark in known.items() if path not in source]
    return any(new.count(inode) > 1 or gone.count(inode) > 1 for inode in new)


@contextlib.contextmanager
def folders() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="backup-gui-property-", dir=FAST))
    try:
        for name in ("source", "mirror"):
            (base / name).mkdir()
        yield base
    finally:
        shutil.rmtree(base)


OPTIONS = st.fixed_dictionaries(
    {
        "keeps_history": st.booleans(),
        "asks_about_strangers": st.booleans(),
        "guard_count": st.sampled_from((0, 1, 2, 50)),
        "guard_share": st.sampled_from((0.0, 0.3, 0.5)),
        "exclude": st.sampled_from(((), ("*.o",), ("d/e/",))),
    }
)


@pytest.mark.timeout(LIMIT_S)
@settings(suppress_health_check=list(HealthCheck), max_examples=examples(300))
@given(
    first=st.lists(SIDES, max_size=12),
    second=st.lists(SIDES, max_size=6),
    third=st.lists(SIDES, max_size=6),
    options=OPTIONS,
    between=st.sampled_from(("pass", "agreed pass", "no pass", "lost catalog")),
)
def test_the_program_decides_what_the_specification_says(
    first: list[Any], second: list[Any], third: list[Any], options: dict[str, Any], between: str
) -> None:
    with folders() as base, contextlib.closing(JobDatabase.in_memory()) as catalog:
        job = Job(str(base / "source"), Place(str(base / "mirror")), "j", "j", **options)
        source, mirror = base / "source", base / "mirror"
        # Never an empty source, which is a question of its own.
        edit(source, ("write", "anchor", b"anchor", TIMES_NS[0]))
        for side, action in first:
            edit(base / side, action)
        run_pass(job._replace(allows_mass_delete=True), catalog, FULL)
        catalog.recent.start_anew()
        for side, action in second:
            edit(base / side, action)
        if "pass" in between and between != "no pass":
            report = run_pass(job, catalog, FULL)
            if between == "agreed pass" and report.held is not None:
                run_pass(job, catalog, FULL, PassOptions(allowed=report.held))
        elif between == "lost catalog":
            catalog.forget_mirror()
        for side, action in third:
            edit(base / side, action)
        recent = recent_of(catalog)
        if recent is None:
            catalog.recent.start_anew()
        ours, theirs, known = read(source), read(mirror), known_of(catalog)
        if is_ambiguous(ours, theirs, known):
            return
        case = Case(
            ours,
            theirs,
            known,
            ExclusionRules(job.exclude).excludes,
            keeps_history=job.keeps_history,
            asks=job.asks_about_strangers,
            guard_count=job.guard_count,
            guard_share=job.guard_share,
            before=before_of(catalog),
            recent=recent or frozenset(),
        )
        assert without_joins(decided(job, catalog), ours) == without_joins(judge(case, plan(case)), ours)
