"""Each single call that a pass makes to the system fails once: the pass ends properly, and the next one converges."""

from __future__ import annotations

import errno
import os
import shutil
import sys

import pytest

from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.model.errors import BackupError
from backup_gui.model.plans import FULL, HeldCode, PassStatus, Report
from tests.helpers.descriptors import open_below
from tests.helpers.minutes import a_minute_later
from tests.helpers.trees import contents, read_tree
from tests.property.faulty_os import Fault, faulty, open_catalog
from tests.property.world import World, clear_path, look_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads descriptors from /proc")

LEAST_CALLS = 10


def make_world() -> World:
    """Make a mirror in step, and something of every sort to do since."""
    world = World(keeps_history=True)
    for name in ("replaced", "gone", "moved", "touched", "folder/replaced", "gone folder/file"):
        (world.source / name).parent.mkdir(exist_ok=True)
        (world.source / name).write_bytes(world.content(30))
    for name in ("folder/linked", "linked too"):
        os.link(world.source / "replaced", world.source / name)
    os.link(world.source / "touched", world.source / "touched too")
    world.see_source()
    with_catalog = open_catalog(world.base / "data/job.sqlite")
    run_pass(world.job, with_catalog, FULL, PassOptions(**a_minute_later()))
    with_catalog.close()
    world.check()
    for name in ("replaced", "folder/replaced", "added", "new folder/file"):
        (world.source / name).parent.mkdir(exist_ok=True)
        (world.source / name).write_bytes(world.content(40))
    (world.source / "link").symlink_to("nowhere")
    (world.source / "moved").rename(world.source / "folder/moved")
    (world.source / "touched").chmod(0o600)
    os.link(world.source / "touched", world.source / "new folder/touched")
    os.setxattr(world.source / "touched", "user.touched", b"1")
    os.setxattr(world.source / "folder", "user.folder", b"2")
    os.setxattr(world.source / "added", "user.added", b"3")
    shutil.copy2(world.source / "linked too", world.source / "aside")
    (world.source / "aside").replace(world.source / "linked too")
    for name in ("gone", "gone folder"):
        clear_path(world.source / name)
    world.see_source()
    return world


def names_that_wait(report: Report) -> set[str]:
    """Return the paths that a pass leaves to the user: of a folder of which it cannot tell whose backup it is."""
    if report.held is None:
        assert report.status is PassStatus.COMPLETE
        return set()
    assert report.held.code is HeldCode.OTHER_BACKUP
    return {path for action in report.held.actions for path in (action.path, action.old_path) if path is not None}


def without(paths: set[str], tree: dict[str, bytes]) -> dict[str, bytes]:
    """Return a tree less some paths."""
    return {path: content for path, content in tree.items() if path not in paths}


def fail_at(at: int, error: int, *, is_reading: bool) -> bool:
    """Make a pass in which one call fails, and one after it; returns whether there was such a call."""
    world = make_world()
    catalog = open_catalog(world.base / "data/job.sqlite")
    source, descriptors = look_at(world.source), open_below(world.base)
    try:
        with faulty(Fault(at, error, is_reading=is_reading), catalog) as gate:
            try:
                report = run_pass(world.job, catalog, FULL, PassOptions(**a_minute_later()))
            except BackupError:
                report = None
        where = f"call {at}: {gate.failed}"
        assert open_below(world.base) == descriptors, where
        assert look_at(world.source) == source, where
        world.check()
        if report is not None and not report.problems:
            # Nothing was said to be wrong, so what is there must be so, but for what waits by name.
            waiting = names_that_wait(report)
            assert without(waiting, contents(world.mirror)) == without(waiting, contents(world.source)), where
        run_pass(world.job, catalog, FULL, PassOptions(**a_minute_later()))
        assert read_tree(world.mirror) == read_tree(world.source), where
        world.check()
    finally:
        catalog.close()
        world.remove()
    return bool(gate.failed)


@pytest.mark.parametrize(
    ("error", "is_reading"),
    [(errno.EIO, True), (errno.EACCES, True), (errno.EIO, False), (errno.ENOSPC, False), (errno.EPERM, False)],
)
def test_a_call_that_fails_once_ends_in_a_report_or_a_plain_error(*, error: int, is_reading: bool) -> None:
    calls = 1
    while fail_at(calls, error, is_reading=is_reading):
        calls += 1
    assert calls > LEAST_CALLS
