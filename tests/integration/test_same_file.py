"""What is one and the same file in the source and in the mirror is no second copy, and becomes one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.model.errors import JobError
from backup_gui.model.events import ActionDone, PlanMade
from backup_gui.model.job import Place
from backup_gui.model.plans import FULL, Counts, PassStatus, Scope
from tests.helpers.rig import LONG_AGO_NS, Rig, done, paths
from tests.helpers.systems import set_own_times
from tests.helpers.trees import Node, read_tree

COMPLETE = PassStatus.COMPLETE
NAMES = ("alone", "folder/one", "folder/two", "folder/link")
SCOPES = pytest.mark.parametrize("scope", [FULL, paths(*NAMES, "folder", "")], ids=["full", "partial"])


@pytest.fixture
def planted(rig: Rig) -> Rig:
    rig.write("alone", "the only novel").chmod(0o640)
    rig.write("folder/one", "two names")
    os.link(rig.source / "folder/one", rig.source / "folder/two")
    (rig.source / "folder/link").symlink_to("one")
    set_own_times(rig.source / "folder/link", (LONG_AGO_NS, LONG_AGO_NS))
    return rig


def seed(rig: Rig) -> None:
    """Make the mirror of hard links to the source, as ``cp -al`` does."""
    subprocess.run(["cp", "-al", rig.source, rig.mirror], check=True)


def replace_by_sources_own(rig: Rig, *names: str, of: str | None = None, is_known: bool = True) -> None:
    """Give the mirror the source's own files for copies, as known as copies are."""
    for name in names:
        (rig.mirror / name).unlink(missing_ok=True)
        os.link(rig.source / (of or name), rig.mirror / name, follow_symlinks=False)
    if is_known:
        for name in NAMES:
            rig.catalog.record(name, (rig.source / name).lstat())


def inodes(root: Path) -> dict[str, int]:
    return {path: os.lstat(root / path).st_ino for path, node in read_tree(root).items() if node.kind != "folder"}


def check_copied(rig: Rig, before: dict[str, Node]) -> None:
    """Check that no file is on both sides, that the source is what it was, and that things come to rest.

    Losing a name in the mirror touches the source's file, so that its own names are joined by the next look only.
    """
    assert set(inodes(rig.mirror).values()).isdisjoint(inodes(rig.source).values())
    assert read_tree(rig.source) == before
    rig.run()
    rig.check_in_step()
    assert list(verify(str(rig.source), Place(str(rig.mirror)))) == []
    rig.run()
    assert rig.told(ActionDone) == []
    assert rig.kept() == {}
    assert rig.temporaries() == []


@pytest.mark.hazard(51)
@SCOPES
def test_a_destination_of_hard_links_to_the_source_is_copied(planted: Rig, scope: Scope) -> None:
    seed(planted)
    before = read_tree(planted.source)
    # Nothing is lost by it, so nothing is held.
    planted.options |= {"guard_count": 0, "guard_share": 0.0}
    report = planted.run(scope)
    assert (report.status, done(report)) == (COMPLETE, Counts(created=4, bytes=len("the only novel" + 2 * "two names")))
    assert set(report.unsettled) >= set(NAMES)
    assert [plan.counts.replaced for plan in planted.told(PlanMade)] == [0]
    check_copied(planted, before)


@pytest.mark.hazard(51)
@SCOPES
@pytest.mark.parametrize("names", [("alone",), ("folder/one",), ("folder/two",), ("folder/one", "folder/two"), NAMES])
def test_a_copy_that_was_replaced_by_the_sources_own_file_is_made_anew(
    planted: Rig, names: tuple[str, ...], scope: Scope
) -> None:
    planted.run()
    replace_by_sources_own(planted, *names)
    planted.run()
    replace_by_sources_own(planted, *names)
    before = read_tree(planted.source)
    assert planted.run(scope).status is COMPLETE
    check_copied(planted, before)


@pytest.mark.hazard(51)
def test_a_file_that_moved_is_not_followed_by_the_sources_own(planted: Rig) -> None:
    planted.run()
    replace_by_sources_own(planted, "alone", "folder/one", "folder/two")
    (planted.source / "alone").rename(planted.source / "renamed")
    (planted.source / "folder").rename(planted.source / "other")
    before = read_tree(planted.source)
    planted.options |= {"keeps_history": False}
    planted.run()
    # The link's own file is none of the source's.
    assert [plan.counts.moved for plan in planted.told(PlanMade)] == [0]
    check_copied(planted, before)


@pytest.mark.hazard(51)
def test_metadata_are_not_set_through_an_unknown_name_of_another_file_of_the_source(planted: Rig) -> None:
    file = planted.write("other", "the only novel")
    os.utime(file, ns=(0, (planted.source / "alone").stat().st_mtime_ns))
    planted.mirror.mkdir()
    replace_by_sources_own(planted, "other", of="alone", is_known=False)
    before = read_tree(planted.source)
    planted.options |= {"keeps_history": False, "allows_mass_delete": True}
    planted.run()
    check_copied(planted, before)


@pytest.mark.hazard(51)
def test_what_is_linked_there_after_the_comparison_is_not_written_to(planted: Rig) -> None:
    planted.run()
    (planted.source / "alone").chmod(0o600)
    before = read_tree(planted.source)
    replaced = False

    def replace(event: object) -> None:
        nonlocal replaced
        if isinstance(event, PlanMade) and not replaced:
            replaced = True
            replace_by_sources_own(planted, "alone")

    planted.run(on_event=replace)
    assert inodes(planted.mirror)["alone"] != inodes(planted.source)["alone"]
    check_copied(planted, before)


@pytest.mark.hazard(51)
def test_verify_tells_what_is_the_sources_own(planted: Rig) -> None:
    planted.run()
    replace_by_sources_own(planted, "alone", "folder/two", "folder/link")
    differences = verify(str(planted.source), Place(str(planted.mirror)))
    found = {(difference.path, difference.kind) for difference in differences}
    assert found == {(path, DifferenceKind.SHARED) for path in ("alone", "folder/two", "folder/link")}


@pytest.mark.root
@pytest.mark.hazard(8, 51)
@pytest.mark.parametrize("shown", ["", "folder", "folder/deeper"])
@pytest.mark.parametrize("at", ["folder", "elsewhere/deep"])
def test_a_source_that_is_mounted_in_its_destination_is_refused(planted: Rig, shown: str, at: str) -> None:
    planted.write("folder/deeper/file")
    planted.run()
    (planted.mirror / at).mkdir(parents=True, exist_ok=True)
    before = read_tree(planted.source)
    subprocess.run(["mount", "--bind", planted.source / shown, planted.mirror / at], check=True)
    try:
        planted.options |= {"keeps_history": False, "allows_mass_delete": True}
        with pytest.raises(JobError, match="mounted in the destination"):
            planted.run()
    finally:
        subprocess.run(["umount", planted.mirror / at], check=True)
    assert read_tree(planted.source) == before
    planted.run()
    planted.check_in_step()
