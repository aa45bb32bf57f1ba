"""A destination that is deleted, emptied, made anew or replaced: nothing is called complete that is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.destination import local
from backup_gui.engine.fs.volumes import identity
from backup_gui.engine.restore.decisions import carry_out
from backup_gui.engine.roots import continuity, roots
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.rows import Row
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.events import ActionDone, Event, KeepHeld
from backup_gui.model.plans import FULL, HeldCode, PassStatus, Report, Scope
from tests.helpers.rig import Rig, mounted, paths
from tests.helpers.trees import contents, read_tree

COMPLETE, HELD = PassStatus.COMPLETE, PassStatus.HELD


@pytest.fixture
def filled(rig: Rig) -> Rig:
    """A rig with a mirror of three files in a folder and at the root, and then one file more in the source."""
    for name in ("a", ".hidden", "docs/c"):
        rig.write(name, f"content of {name}")
    assert rig.run().status is COMPLETE
    rig.write("new", "new")
    return rig


def remove(rig: Rig) -> None:
    shutil.rmtree(rig.mirror)


def remake(rig: Rig) -> None:
    # Two at a time, so that the second cannot get the first one's number again.
    other = rig.root / "other"
    other.mkdir()
    os.rename(rig.mirror, rig.root / "aside")
    os.rename(other, rig.mirror)


def empty(rig: Rig) -> None:
    for path in rig.mirror.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def empty_but_for_hidden(rig: Rig) -> None:
    (rig.mirror / "a").unlink()
    shutil.rmtree(rig.mirror / "docs")


def copy_a_part(rig: Rig) -> None:
    aside = rig.root / "aside"
    os.rename(rig.mirror, aside)
    rig.mirror.mkdir()
    shutil.copy2(aside / "a", rig.mirror / "a")


@pytest.mark.hazard(57)
@pytest.mark.parametrize(
    "change", [remove, remake, empty, empty_but_for_hidden, copy_a_part], ids=lambda change: change.__name__
)
def test_what_was_removed_or_made_anew_is_whole_before_complete_is_said(
    filled: Rig, change: Callable[[Rig], None]
) -> None:
    change(filled)
    report = filled.run(paths("new"))
    assert (report.status, report.is_full) == (COMPLETE, True)
    filled.check_in_step()
    # And it is followed as before.
    (filled.source / "a").unlink()
    report = filled.run(paths("a"))
    assert (report.status, report.is_full, report.counts.deleted) == (COMPLETE, False, 1)
    filled.check_in_step()


@pytest.mark.hazard(57)
def test_a_pass_costs_no_more_as_long_as_nobody_touches_the_root(filled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.run(paths("new"))
    (filled.mirror / "docs" / "c").unlink()
    asked = []
    real = JobDatabase.folder

    def ask(catalog: JobDatabase, path: str) -> dict[str, Row]:
        asked.append(path)
        return real(catalog, path)

    monkeypatch.setattr(JobDatabase, "folder", ask)
    filled.write("docs/d")
    assert not filled.run(paths("docs/d")).is_full
    assert "" not in asked


def lose_catalog(rig: Rig) -> None:
    rig.forget_everything()
    rig.write("a", "edited")


def test_a_pass_is_full_until_all_is_recorded(filled: Rig) -> None:
    lose_catalog(filled)
    assert filled.run(paths("a")).is_full
    filled.check_in_step()
    filled.write("a", "edited again")
    assert not filled.run(paths("a")).is_full


@pytest.mark.parametrize("begin", [lose_catalog, remake], ids=lambda begin: begin.__name__)
def test_names_that_no_full_pass_has_recorded_do_not_tell_another_folder(
    filled: Rig, begin: Callable[[Rig], None]
) -> None:
    begin(filled)
    # More than are done at a time.
    for number in range(500):
        filled.write(f"many/{number}")
    done: list[Event] = []

    def take(event: Event) -> None:
        if isinstance(event, ActionDone) and event.action.path == "a":
            done.append(event)

    assert filled.run(on_event=take, should_stop=lambda: bool(done)).status is PassStatus.CANCELLED
    filled.write_at(filled.mirror / "theirs", "somebody else's")
    for name in list(filled.catalog.names_in("")):
        path = filled.mirror / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    report = filled.run(paths("new"))
    assert (report.status, report.is_full, report.counts.deleted) == (COMPLETE, True, 1)
    filled.check_in_step()


def put_another_there(rig: Rig) -> None:
    other = rig.root / "other"
    rig.write_at(other / "theirs", "somebody else's")
    os.rename(rig.mirror, rig.root / "aside")
    os.rename(other, rig.mirror)


def link_to_another(rig: Rig) -> None:
    put_another_there(rig)
    os.rename(rig.mirror, rig.root / "elsewhere")
    rig.mirror.symlink_to(rig.root / "elsewhere")


def link_to_an_empty_one(rig: Rig) -> None:
    os.rename(rig.mirror, rig.root / "aside")
    (rig.root / "elsewhere").mkdir()
    rig.mirror.symlink_to(rig.root / "elsewhere")


def put_another_there_in_the_same_folder(rig: Rig) -> None:
    # As where another volume has the same id, and the root of each has the same number.
    empty(rig)
    rig.write_at(rig.mirror / "theirs", "somebody else's")


REPLACED = [put_another_there, link_to_another, link_to_an_empty_one, put_another_there_in_the_same_folder]


def hold(rig: Rig, scope: Scope) -> Report:
    report = rig.run(scope)
    assert report.status is HELD
    assert report.held is not None
    assert report.held.code is HeldCode.DESTINATION_REPLACED
    return report


@pytest.mark.hazard(57)
@pytest.mark.parametrize("change", REPLACED, ids=lambda change: change.__name__)
@pytest.mark.parametrize("keeps_history", [True, False], ids=["history", "no history"])
def test_another_folder_in_its_place_is_held_and_left_as_it_is_until_agreed_to(
    filled: Rig, change: Callable[[Rig], None], *, keeps_history: bool
) -> None:
    filled.options["keeps_history"] = keeps_history
    change(filled)
    before = read_tree(filled.root), filled.mirror.stat()
    for scope in (paths("new"), FULL, paths("new")):
        report = hold(filled, scope)
        after = read_tree(filled.root), filled.mirror.stat()
        assert after[0] == before[0]
        assert (after[1].st_mode, after[1].st_mtime_ns) == (before[1].st_mode, before[1].st_mtime_ns)
    assert filled.run(allowed=report.held).status is COMPLETE
    assert contents(filled.mirror) == contents(filled.source)
    # From now on it is the destination.
    filled.write("new", "newer")
    report = filled.run(paths("new"))
    assert (report.status, report.is_full) == (COMPLETE, False)


@pytest.mark.hazard(57)
@pytest.mark.parametrize("change", REPLACED, ids=lambda change: change.__name__)
def test_the_standing_word_takes_another_folder(filled: Rig, change: Callable[[Rig], None]) -> None:
    change(filled)
    filled.options["allows_mass_delete"] = True
    assert filled.run().status is COMPLETE
    assert contents(filled.mirror) == contents(filled.source)
    filled.options.clear()
    filled.write("new", "newer")
    assert filled.run(paths("new")).status is COMPLETE


@pytest.mark.hazard(57)
def test_the_right_folder_is_taken_without_a_word_when_it_is_back(filled: Rig) -> None:
    put_another_there(filled)
    hold(filled, FULL)
    shutil.rmtree(filled.mirror)
    os.rename(filled.root / "aside", filled.mirror)
    report = filled.run()
    assert (report.status, report.counts.created) == (COMPLETE, 1)
    filled.check_in_step()


@pytest.mark.hazard(57)
@pytest.mark.parametrize("is_linked", [False, True], ids=["copied", "moved and linked to"])
def test_a_copy_of_the_mirror_is_taken_for_it(filled: Rig, *, is_linked: bool) -> None:
    aside = filled.root / "aside"
    os.rename(filled.mirror, aside)
    if is_linked:
        filled.mirror.symlink_to(aside)
    else:
        shutil.copytree(aside, filled.mirror)
    assert filled.run(paths("new")).status is COMPLETE
    assert contents(filled.mirror) == contents(filled.source)
    (filled.source / "a").unlink()
    report = filled.run(paths("a"))
    assert (report.status, report.counts.deleted) == (COMPLETE, 1)


@pytest.mark.hazard(57)
def test_an_older_copy_of_the_mirror_is_held(filled: Rig) -> None:
    old = filled.root / "old"
    shutil.copytree(filled.mirror, old)
    filled.write("a", "an edit since")
    filled.run()
    os.rename(filled.mirror, filled.root / "aside")
    os.rename(old, filled.mirror)
    report = hold(filled, paths("new"))
    assert contents(filled.mirror)["a"] == b"content of a"
    assert filled.run(allowed=report.held).status is COMPLETE
    assert filled.kept_contents() == [b"content of a", b"content of a"]


@pytest.mark.hazard(57)
def test_nothing_of_another_folder_is_kept_against_the_source(filled: Rig) -> None:
    put_another_there(filled)
    held = hold(filled, FULL).held
    assert held is not None
    with pytest.raises(RootAbsentError, match="not the folder that was backed up to"):
        carry_out(KeepHeld(held), filled.job, filled.catalog, should_stop=lambda: False, on_event=lambda _: None)
    assert filled.catalog.kept.is_empty()
    hold(filled, FULL)


@pytest.mark.hazard(57)
def test_a_dry_run_shows_another_folder_as_held(filled: Rig) -> None:
    put_another_there(filled)
    before = read_tree(filled.root)
    report = filled.run(is_dry_run=True)
    assert report.held is not None
    assert report.held.code is HeldCode.DESTINATION_REPLACED
    assert read_tree(filled.root) == before
    remove(filled)
    assert filled.run(is_dry_run=True).held is None
    assert not filled.mirror.exists()


@pytest.mark.hazard(57)
@pytest.mark.root
@pytest.mark.parametrize("is_empty", [True, False])
def test_another_volume_of_the_same_id_is_no_complete_mirror(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_empty: bool
) -> None:
    for module in (continuity, identity, roots):
        monkeypatch.setattr(module, "volume_of", lambda _folder: "uuid:the same")
    rig.mirror.mkdir()
    rig.write("a", "1")
    rig.write("b", "2")
    with mounted(rig.mirror):
        assert rig.run().status is COMPLETE
    rig.write("new", "3")
    with mounted(rig.mirror):
        if not is_empty:
            rig.write_at(rig.mirror / "theirs", "somebody else's")
            hold(rig, paths("new"))
            assert contents(rig.mirror) == {"theirs": b"somebody else's"}
            return
        report = rig.run(paths("new"))
        assert (report.status, report.is_full) == (COMPLETE, True)
        assert contents(rig.mirror) == contents(rig.source)


@pytest.mark.hazard(57)
def test_where_numbers_do_not_last_a_folder_with_another_one_is_the_same(
    filled: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As FAT makes them up anew with each mount.
    for module in (continuity, local):
        monkeypatch.setattr(module, "keeps_folder_inodes", lambda _path, _mount: False)
    aside = filled.root / "aside"
    os.rename(filled.mirror, aside)
    shutil.copytree(aside, filled.mirror)
    assert not filled.run(paths("new")).is_full
    # But what a link leads to is another one.
    shutil.rmtree(filled.mirror)
    link_to = filled.root / "elsewhere"
    filled.write_at(link_to / "a", "somebody else's")
    filled.mirror.symlink_to(link_to)
    hold(filled, FULL)


@pytest.mark.hazard(57)
@pytest.mark.parametrize("becomes", ["removed", "moved away", "replaced"])
def test_a_destination_that_goes_in_the_middle_of_a_pass_is_no_success(
    filled: Rig, becomes: str, request: pytest.FixtureRequest
) -> None:
    if becomes == "removed":
        request.getfixturevalue("open_folders_go")
    for number in range(3):
        filled.write(f"more/{number}", "x")
    aside = filled.root / "aside"

    def go(event: Event) -> None:
        if isinstance(event, ActionDone) and filled.mirror.exists() and not aside.exists():
            os.rename(filled.mirror, aside)
            if becomes == "removed":
                shutil.rmtree(aside)
                aside.mkdir()
            if becomes == "replaced":
                filled.mirror.mkdir()

    with pytest.raises(RootAbsentError, match="not where it was any more"):
        filled.run(paths("new", "more"), on_event=go)
    report = filled.run()
    assert (report.status, report.is_full) == (COMPLETE, True)
    filled.check_in_step()
    assert Path(aside).exists()
