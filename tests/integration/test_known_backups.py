"""A backup is recognised by its marker, and never taken over unasked; two backups never eat each other."""

from __future__ import annotations

import contextlib
import errno
import json
import ntpath
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backup_gui.config.job_factory import make_job
from backup_gui.engine.destination import local, marker
from backup_gui.engine.destination.history_place import HISTORY_NAME
from backup_gui.engine.destination.marker import Marker
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.fs.xattrs import MARKER_ATTRIBUTE
from backup_gui.engine.ownership import belonging, marking
from backup_gui.engine.run.single_pass import PassOptions, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.register import forget_folders, other_jobs
from backup_gui.engine.verify import verify
from backup_gui.model.errors import DestinationBusyError, OtherBackupError
from backup_gui.model.job import Job, Place
from backup_gui.model.path_text import escape
from backup_gui.model.paths import MARKER_NAME
from backup_gui.model.plans import FULL, Held, HeldCode, PassStatus, Report, Scope, Stage
from tests.helpers.rig import Rig, as_nobody
from tests.helpers.systems import IS_POSIX
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.hazard(52)


@dataclass
class World:
    """Some folders on one drive, the computers that back them up, and the memory that each has.

    Attributes:
        root: What holds all folders.
        memory: Where the program's own data of the computer at work lie.
    """

    root: Path
    memory: Path
    monkeypatch: pytest.MonkeyPatch

    def path(self, name: str) -> Path:
        return self.root / name

    def fill(self, name: str, *files: str) -> Path:
        """Make a folder with files in it, each with its own name as content."""
        folder = self.path(name)
        for file in files or ("a", "b"):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(f"{name}/{file}")
        return folder

    def use_computer(self, name: str) -> None:
        """Go on at another computer, which has the same folders at the same paths but a memory of its own."""
        self.memory = self.root / f"memory of {name}"
        self.monkeypatch.setattr(belonging, "computer_id", lambda: name)
        self.monkeypatch.setattr(marker, "computer_id", lambda: name)
        for module in (belonging, marker, marking):
            self.monkeypatch.setattr(module, "host_name", lambda: f"host of {name}")

    def lose_memory(self) -> None:
        """Have the program installed anew, without what it remembered."""
        shutil.rmtree(self.memory, ignore_errors=True)

    def run(
        self,
        source: str,
        destination: str,
        *,
        scope: Scope = FULL,
        allowed: Held | None = None,
        is_dry_run: bool = False,
        **options: Any,
    ) -> Report:
        """Make a pass of the job that these two folders are.

        Raises:
            OtherBackupError: It was refused.
        """
        if "history" in options:
            options["history"] = Place(str(self.path(options["history"])))
        job = make_job(Job(str(self.path(source)), Place(str(self.path(destination))), **options))
        catalog = JobDatabase.open(self.memory / "jobs" / f"{job.id}.sqlite")
        try:
            return run_pass(job, catalog, scope, PassOptions(allowed=allowed, is_dry_run=is_dry_run))
        finally:
            catalog.close()

    def refused(self, source: str, destination: str, **options: Any) -> Held:
        """Make a pass that is refused and touches nothing at all, and return what is asked."""
        before = self.state()
        with pytest.raises(OtherBackupError) as caught:
            self.run(source, destination, **options)
        assert self.state() == before
        return caught.value.held

    def state(self) -> object:
        """All folders and all markers."""
        tree = {path: node for path, node in read_tree(self.root).items() if not path.startswith("memory")}
        return tree, {path: self.markers(path) for path, node in tree.items() if node.kind == "folder"}

    def marker(self, name: str) -> Marker:
        """The one marker of a backup, in its history if it has one."""
        every = {*self.markers(name), *self.markers(f"{name}.history")}
        (one,) = {found._replace(mirror=".") for found in every}
        return one

    def change_marker(self, name: str, content: bytes) -> None:
        """Write something else in the place of a backup's marker."""
        if self.markers(name) and IS_POSIX:
            os.setxattr(self.path(name), MARKER_ATTRIBUTE, content)
        elif self.markers(name):
            (self.path(name) / MARKER_NAME).write_bytes(content)
        else:
            (self.path(f"{name}.history") / MARKER_NAME).write_bytes(content)

    def markers(self, name: str) -> tuple[Marker, ...]:
        return marker.read_markers(str(self.path(name)))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path, tmp_path / "memory", monkeypatch)
    made.use_computer("one")
    return made


@pytest.fixture
def without_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive that has no extended attributes, such as exFAT."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    for name in ("setxattr", "getxattr", "listxattr"):
        monkeypatch.setattr(os, name, refuse, raising=IS_POSIX)


# The marker


def test_a_new_backup_is_marked_and_its_marker_says_whose_it_is(world: World) -> None:
    source = world.fill("docs")
    world.run("docs", "copy")
    found = world.marker("copy")
    assert (found.computer, found.host, found.source) == ("one", "host of one", escape(str(source)))
    assert found.format == marker.FORMAT
    assert found.made_at.endswith("Z")
    assert contents(world.path("copy")) == contents(source)


@pytest.mark.posix("extended attributes")
def test_a_history_has_the_marker_in_a_file_and_a_mirror_without_one_has_it_as_an_attribute(world: World) -> None:
    world.fill("docs")
    world.run("docs", "with history")
    assert not world.markers("with history")
    assert os.listdir(world.path("with history.history")) == [MARKER_NAME]
    fields = json.loads((world.path("with history.history") / MARKER_NAME).read_text())
    assert fields["mirror"] == "../with history"
    world.run("docs", "copy", keeps_history=False)
    assert os.getxattr(world.path("copy"), MARKER_ATTRIBUTE)
    assert sorted(os.listdir(world.path("copy"))) == ["a", "b"]


def test_the_way_to_the_mirror_is_written_as_every_system_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert marking.way_between("/b/copy.history", "/b/copy") == "../copy"
    windows = SimpleNamespace(path=ntpath, sep="\\")
    for module in (marking, marker):
        monkeypatch.setattr(module, "os", windows)
    assert marking.way_between("C:\\b\\copy.history", "C:\\b\\copy") == "../copy"
    assert marker.Marker(mirror="../copy").mirror_of("C:\\b\\copy.history") == "C:\\b\\copy"
    # A history on a drive of its own.
    assert marking.way_between("D:\\history", "C:\\b\\copy") == "C:/b/copy"
    assert marker.Marker(mirror="C:/b/copy").mirror_of("D:\\history") == "C:\\b\\copy"


def test_a_history_that_nobody_would_look_for_leaves_the_mirror_marked_too(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy", history="kept elsewhere")
    assert world.markers("copy")[0].id == world.markers("kept elsewhere")[0].id


@pytest.mark.usefixtures("without_attributes")
def test_where_there_are_no_attributes_a_file_is_the_marker(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy", keeps_history=False)
    world.run("docs", "with history")
    assert sorted(os.listdir(world.path("copy"))) == [MARKER_NAME, "a", "b"]
    assert sorted(os.listdir(world.path("with history"))) == ["a", "b"]
    assert world.markers("with history.history")[0].mirror == "../with history"
    world.fill("other")
    for destination in ("copy", "with history"):
        assert world.refused("other", destination, keeps_history=False).code is HeldCode.OTHER_BACKUP


@pytest.mark.usefixtures("without_attributes")
def test_a_history_elsewhere_leaves_no_mirror_unmarked(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy", history="kept elsewhere")
    assert (world.path("copy") / MARKER_NAME).is_file()
    world.fill("other")
    world.refused("other", "copy")


@pytest.mark.posix("extended attributes")
def test_the_marker_survives_the_mirroring_of_attributes_and_is_not_compared(world: World) -> None:
    source = world.fill("docs")
    os.setxattr(source, "user.colour", b"red")
    world.run("docs", "copy", keeps_history=False)
    os.setxattr(source, "user.colour", b"blue")
    assert world.run("docs", "copy", keeps_history=False).counts.metadata == 1
    assert os.getxattr(world.path("copy"), "user.colour") == b"blue"
    assert len(world.markers("copy")) == 1
    assert world.run("docs", "copy", keeps_history=False).counts.total == 0


@pytest.mark.posix("extended attributes")
def test_a_marker_in_a_source_is_not_mirrored_and_one_in_a_mirror_is_nothing_of_it(world: World) -> None:
    source = world.fill("docs", "a", "below/b")
    for folder in (source, source / "below"):
        (folder / MARKER_NAME).write_text("whatever")
        os.setxattr(folder, MARKER_ATTRIBUTE, b"whatever")
    world.run("docs", "copy", keeps_history=False)
    assert sorted(contents(world.path("copy"))) == ["a", "below/b"]
    assert not world.markers("copy/below")
    before = world.path("copy").stat()
    (world.path("copy") / MARKER_NAME).write_bytes(os.getxattr(world.path("copy"), MARKER_ATTRIBUTE))
    os.utime(world.path("copy"), ns=(before.st_atime_ns, before.st_mtime_ns))
    report = world.run("docs", "copy", keeps_history=False)
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)
    report = world.run("docs", "copy", keeps_history=False, scope=Scope(frozenset({MARKER_NAME})))
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)
    assert (world.path("copy") / MARKER_NAME).is_file()
    assert not list(verify(str(source), Place(str(world.path("copy"))), (), lambda: False, lambda _: None, ()))


def test_a_backup_of_a_backup_has_only_its_own_marker(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    (world.path("docs") / "a").write_text("an edit")
    world.run("docs", "copy")
    world.run("copy", "second copy", keeps_history=False)
    world.run("copy.history", "copy of the history")
    assert world.markers("second copy")[0].source == escape(str(world.path("copy")))
    assert MARKER_NAME not in os.listdir(world.path("copy of the history"))
    assert contents(world.path("second copy")) == contents(world.path("copy"))
    # In the other order, too: the first backup goes on.
    assert world.run("docs", "copy").status is PassStatus.COMPLETE


@pytest.mark.parametrize("leftover", [b"", b"{", b"[]", b'{"format": "1"}', b'{"format": 1}', b"[" * 100_000])
def test_a_marker_that_cannot_be_read_is_another_backups(world: World, leftover: bytes) -> None:
    world.fill("docs")
    copy = world.fill("copy")
    (copy / MARKER_NAME).write_bytes(leftover)
    assert "cannot be read" in world.refused("docs", "copy").reason


@pytest.mark.parametrize("keeps_history", [True, False], ids=["with history", "without"])
def test_a_damaged_marker_of_a_backup_that_is_remembered_is_written_anew(world: World, *, keeps_history: bool) -> None:
    world.fill("docs")
    world.run("docs", "copy", keeps_history=keeps_history)
    whole = world.marker("copy")
    world.change_marker("copy", b"\0\0")
    assert world.run("docs", "copy", keeps_history=keeps_history).status is PassStatus.COMPLETE
    assert world.marker("copy").id == whole.id


@pytest.mark.parametrize("keeps_history", [True, False], ids=["with history", "without"])
@pytest.mark.parametrize("takes_over", [False, True])
def test_a_marker_of_a_later_version_is_never_written_over(
    world: World, *, takes_over: bool, keeps_history: bool
) -> None:
    world.fill("docs")
    world.run("docs", "copy", keeps_history=keeps_history)
    newer = world.marker("copy")._asdict() | {"format": 2, "what": "nobody knows yet", "mirror": "../copy"}
    world.change_marker("copy", json.dumps(newer).encode())
    held = world.refused("docs", "copy", takes_over=takes_over, keeps_history=keeps_history)
    assert held.code is HeldCode.NEWER_BACKUP


def test_a_full_drive_or_one_that_cannot_be_written_to_is_left_unmarked(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    world.fill("docs")
    for name in ("write_file", "write_attribute"):
        monkeypatch.setattr(marking, name, refuse)
    assert world.run("docs", "copy").status is PassStatus.COMPLETE
    assert world.run("docs", "other copy", keeps_history=False).status is PassStatus.COMPLETE
    assert "could not be marked" in caplog.text
    monkeypatch.undo()
    world.run("docs", "copy")
    assert world.marker("copy")


@pytest.mark.posix("extended attributes")
def test_a_marker_that_comes_in_the_very_moment_is_not_written_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fill("docs")
    world.path("copy").mkdir()
    settle = belonging.settle

    def settle_then_be_overtaken(*arguments: Any, **options: Any) -> belonging.Belonging:
        found = settle(*arguments, **options)
        foreign = marker.new_marker(str(world.path("docs")), 0.0)
        os.setxattr(world.path("copy"), MARKER_ATTRIBUTE, json.dumps(foreign._asdict()).encode())
        return found

    monkeypatch.setattr("backup_gui.engine.roots.roots.settle", settle_then_be_overtaken)
    with pytest.raises(DestinationBusyError):
        world.run("docs", "copy")
    assert not contents(world.path("copy"))


@pytest.mark.hazard(15)
@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE])
@pytest.mark.parametrize("keeps_history", [True, False], ids=["with history", "without"])
def test_an_own_marker_that_cannot_be_read_in_the_very_moment_is_not_taken_for_another_programs(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int, *, keeps_history: bool
) -> None:
    docs = world.fill("docs")
    world.run("docs", "copy", keeps_history=keeps_history)
    whole = world.marker("copy")
    (docs / "new").write_text("new")
    mark = marking.mark

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    def mark_while_reading_fails(*arguments: Any) -> None:
        with monkeypatch.context() as failing:
            failing.setattr(marker, "read_open_file", fail)
            failing.setattr(os, "getxattr", fail, raising=IS_POSIX)
            mark(*arguments)

    monkeypatch.setattr("backup_gui.engine.roots.roots.mark", mark_while_reading_fails)
    assert world.run("docs", "copy", keeps_history=keeps_history).status is PassStatus.COMPLETE
    assert (world.path("copy") / "new").read_text() == "new"
    assert world.marker("copy") == whole


# Whose a destination is


@pytest.mark.parametrize("keeps_history", [True, False], ids=["with history", "without"])
def test_two_computers_on_one_drive_do_not_mix_their_backups(world: World, *, keeps_history: bool) -> None:
    world.fill("docs")
    world.run("docs", "copy", keeps_history=keeps_history)
    world.use_computer("two")
    held = world.refused("docs", "copy", keeps_history=keeps_history)
    assert held.code is HeldCode.OTHER_BACKUP
    for word in (str(world.path("docs")), "host of one", str(world.path("copy")), "begun 20"):
        assert word in held.reason
    world.use_computer("one")
    assert world.run("docs", "copy", keeps_history=keeps_history).status is PassStatus.COMPLETE


def test_another_source_is_refused_also_in_a_quick_pass_and_in_a_dry_run(world: World) -> None:
    world.fill("docs")
    world.fill("other")
    world.run("docs", "copy")
    world.refused("other", "copy")
    world.refused("other", "copy", keeps_history=False)
    world.refused("other", "copy", is_dry_run=True)
    world.refused("other", "copy", scope=Scope(frozenset({"a"})))


def test_after_a_reinstall_the_same_computer_takes_its_own_backup_without_a_copy(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    (world.path("docs") / "a").write_text("an edit")
    world.run("docs", "copy")
    before = world.state()
    world.lose_memory()
    report = world.run("docs", "copy")
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)
    assert world.state() == before
    world.lose_memory()
    assert world.run("docs", "copy", keeps_history=False).status is PassStatus.COMPLETE


@pytest.mark.usefixtures("without_attributes")
def test_after_a_reinstall_a_drive_without_attributes_is_recognised_wherever_it_is_mounted(world: World) -> None:
    world.fill("docs")
    world.run("docs", "drive/copy")
    world.lose_memory()
    world.path("drive").rename(world.path("mounted elsewhere"))
    report = world.run("docs", "mounted elsewhere/copy")
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)


def test_a_source_that_is_reached_by_a_link_is_the_same(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    world.path("a link").symlink_to("docs")
    assert world.run("a link", "copy").status is PassStatus.COMPLETE


def test_another_folder_at_the_sources_path_is_another_source_for_who_remembers_nothing(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    world.lose_memory()
    world.path("docs").rename(world.path("docs before"))
    world.fill("docs")
    world.refused("docs", "copy")


def test_an_old_backup_without_a_marker_is_marked_silently(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    (world.path("copy.history") / MARKER_NAME).unlink()
    report = world.run("docs", "copy")
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)
    assert world.marker("copy")


def test_a_copied_memory_goes_on_at_the_first_computer_that_uses_it_and_no_other(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    shutil.copytree(world.memory, world.path("memory of two"))
    first = world.memory
    world.use_computer("two")
    assert world.run("docs", "copy").status is PassStatus.COMPLETE
    world.use_computer("one")
    world.memory = first
    world.refused("docs", "copy")


def test_a_folder_with_a_strangers_files_and_no_marker_is_as_before(world: World) -> None:
    world.fill("docs", "a")
    world.fill("copy", "stranger")
    assert world.run("docs", "copy").status is PassStatus.COMPLETE
    assert sorted(contents(world.path("copy"))) == ["a"]
    assert list(contents(world.path("copy.history")).values()) == [b"copy/stranger"]


@pytest.mark.root
def test_the_history_of_another_user_who_lets_nobody_look_is_another_backups(
    world: World, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.root = place
    world.fill("docs")
    copy = world.fill("copy")
    world.path("copy.history").mkdir(mode=0o700)
    with as_nobody(world.path("docs"), copy):
        world.memory = Path(tempfile.mkdtemp(dir=copy))
        monkeypatch.setattr(World, "state", lambda _: None)
        held = world.refused("docs", "copy", keeps_history=False)
        assert "cannot be read" in held.reason


# The user's word


def test_taking_over_changes_the_marker_and_keeps_the_history(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    (world.path("docs") / "a").write_text("an edit")
    world.run("docs", "copy")
    kept = contents(world.path("copy.history"))
    world.use_computer("two")
    world.fill("other", "a", "b", "c")
    assert world.run("other", "copy", takes_over=True).status is PassStatus.COMPLETE
    assert contents(world.path("copy")) == contents(world.path("other"))
    assert kept.items() <= contents(world.path("copy.history")).items()
    assert {found.computer for found in world.markers("copy") + world.markers("copy.history")} == {"two"}
    assert world.run("other", "copy").status is PassStatus.COMPLETE
    world.use_computer("one")
    world.memory = world.path("memory")
    assert "host of two" in world.refused("docs", "copy").reason


@pytest.mark.parametrize("keeps_history", [True, False])
def test_the_word_about_one_backup_is_used_up_and_says_nothing_about_a_copy_of_it(
    world: World, *, keeps_history: bool
) -> None:
    world.fill("docs")
    world.fill("other", "c")
    world.run("docs", "copy", keeps_history=keeps_history)
    for name in ("copy", *(["copy.history"] if keeps_history else [])):
        copy = ["cp", "-a"] if IS_POSIX else ["xcopy", "/E", "/I", "/Q", "/H"]
        subprocess.run([*copy, world.path(name), world.path(f"kept {name}")], check=True)
    world.run("other", "copy", takes_over=True, keeps_history=keeps_history, allows_mass_delete=True)
    assert world.run("other", "copy", keeps_history=keeps_history).status is PassStatus.COMPLETE
    # The copy that was made before comes to lie where the other one lay.
    for name in ("copy", *(["copy.history"] if keeps_history else [])):
        shutil.rmtree(world.path(name))
        world.path(f"kept {name}").rename(world.path(name))
    before = read_tree(world.path("copy"))
    held = world.refused("other", "copy", keeps_history=keeps_history)
    assert held.code is HeldCode.OTHER_BACKUP
    assert read_tree(world.path("copy")) == before


def test_the_word_is_good_for_the_backup_that_was_named_and_no_other(world: World) -> None:
    for name in ("docs", "other", "third"):
        world.fill(name)
    world.run("docs", "copy")
    asked = world.refused("other", "copy")
    world.run("third", "copy", takes_over=True)
    assert world.refused("other", "copy", allowed=asked).claims != asked.claims
    again = world.refused("other", "copy")
    assert world.run("other", "copy", allowed=again).status is PassStatus.COMPLETE
    assert contents(world.path("copy")) == contents(world.path("other"))


def test_what_was_known_of_a_mirror_is_a_strangers_after_somebody_else_had_it(world: World) -> None:
    world.fill("docs", "a", "x")
    world.run("docs", "copy")
    world.fill("other", "x")
    world.run("other", "copy", takes_over=True)
    (world.path("docs") / "x").unlink()
    report = world.run("docs", "copy", takes_over=True, asks_about_strangers=True)
    assert report.held is not None
    assert report.held.code is HeldCode.STRANGERS
    assert contents(world.path("copy"))["x"] == b"other/x"


# In one another


ABOVE = {
    "the same destination": ("copy", {}),
    "in the destination": ("copy/below", {}),
    "deep in the destination": ("copy/sub/far/below", {}),
    "the history": ("copy.history", {}),
    "in the history": ("copy.history/below", {}),
    "without a history in the destination": ("copy/below", {"keeps_history": False}),
    "without a history in the history": ("copy.history", {"keeps_history": False}),
    "a history that is the destination": ("elsewhere", {"history": "drive/copy"}),
    "a history in the destination": ("elsewhere", {"history": "drive/copy/sub"}),
    "a shared history": ("elsewhere", {"history": "drive/copy.history"}),
    "a history in the history": ("elsewhere", {"history": "drive/copy.history/below"}),
}
AROUND = {
    "around the destination": (".", {}),
    "far around the destination": ("..", {}),
    "a history around the destination": ("../elsewhere", {"history": "drive"}),
    "around the destination without a history": (".", {"keeps_history": False}),
}


def make_backup(world: World) -> None:
    """Make a backup with a history, of a folder that has one in it, too."""
    world.fill("me/docs", "a", "sub/b")
    world.run("me/docs", "places/drive/copy")
    (world.path("me/docs") / "a").write_text("an edit")
    world.run("me/docs", "places/drive/copy")
    world.fill("me/photos")


def refuse(world: World, relation: tuple[str, dict[str, Any]]) -> Held:
    """Try to make another backup which lies in that one, or around it."""
    destination, options = relation
    options = {name: f"places/{value}" if name == "history" else value for name, value in options.items()}
    return world.refused("me/photos", os.path.normpath(f"places/drive/{destination}"), **options)


@pytest.mark.parametrize("relation", ABOVE.values(), ids=ABOVE)
def test_what_lies_in_a_backup_is_refused_by_its_marker(world: World, relation: tuple[str, dict[str, Any]]) -> None:
    make_backup(world)
    world.use_computer("two")
    assert str(world.path("me/docs")) in refuse(world, relation).reason


@pytest.mark.parametrize("relation", (ABOVE | AROUND).values(), ids=ABOVE | AROUND)
def test_what_lies_in_a_backup_or_around_it_is_refused_by_the_jobs_known(
    world: World, relation: tuple[str, dict[str, Any]]
) -> None:
    make_backup(world)
    for folder in ("copy", "copy.history"):
        path = world.path("places/drive") / folder
        (path / MARKER_NAME).unlink(missing_ok=True)
        if world.markers(f"places/drive/{folder}"):
            os.removexattr(path, MARKER_ATTRIBUTE)
    assert str(world.path("me/docs")) in refuse(world, relation).reason


@pytest.mark.usefixtures("without_attributes")
@pytest.mark.parametrize("relation", ABOVE.values(), ids=ABOVE)
def test_what_lies_in_a_backup_is_refused_where_there_are_no_attributes(
    world: World, relation: tuple[str, dict[str, Any]]
) -> None:
    make_backup(world)
    world.use_computer("two")
    refuse(world, relation)


def test_links_hide_no_backup(world: World) -> None:
    make_backup(world)
    world.path("way in").symlink_to("places/drive/copy")
    world.path("way to the history").symlink_to("places/drive/copy.history")
    world.use_computer("two")
    for destination in ("way in", "way in/below", "way to the history", "way to the history/below"):
        world.refused("me/photos", destination)
    world.refused("me/photos", "elsewhere", history="way to the history")


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux", reason="bind mounts")
def test_bind_mounts_hide_no_backup(world: World) -> None:
    make_backup(world)
    point = world.path("way in")
    point.mkdir()
    subprocess.run(["mount", "--bind", world.path("places/drive/copy/sub"), point], check=True)
    try:
        world.refused("me/photos", "way in")
        world.refused("me/photos", "way in/below")
        world.use_computer("two")
        world.refused("me/photos", "way in")
        world.refused("me/photos", "way in/below")
    finally:
        subprocess.run(["umount", point], check=True)


def test_a_backup_that_is_gone_is_in_nobodys_way(world: World) -> None:
    make_backup(world)
    shutil.rmtree(world.path("places/drive"))
    assert world.run("me/photos", "places/drive").status is PassStatus.COMPLETE


def test_neighbours_are_no_conflict(world: World) -> None:
    make_backup(world)
    for destination in ("places/drive/copy2", "places/drive/photos", "places/other"):
        assert world.run("me/photos", destination).status is PassStatus.COMPLETE
    for source, destination in (("me/docs", "places/drive/copy"), ("me/photos", "places/drive/photos")):
        assert world.run(source, destination).status is PassStatus.COMPLETE
    assert world.run("me/docs", "places/drive/second copy").status is PassStatus.COMPLETE


def test_two_jobs_of_one_source_do_not_share_a_history(world: World) -> None:
    world.fill("docs")
    world.run("docs", "one", history="kept")
    (world.path("docs") / "a").write_text("an edit")
    world.run("docs", "one", history="kept")
    assert world.refused("docs", "two", history="kept").code is HeldCode.OTHER_BACKUP
    world.lose_memory()
    world.refused("docs", "two", history="kept")
    assert world.run("docs", "one", history="kept").status is PassStatus.COMPLETE


def test_a_quick_pass_between_does_not_need_to_look_around(world: World) -> None:
    make_backup(world)
    (world.path("me/docs") / "a").write_text("another edit")
    report = world.run("me/docs", "places/drive/copy", scope=Scope(frozenset({"a"})))
    assert (report.status, report.counts.replaced) == (PassStatus.COMPLETE, 1)


# In a circle


def test_two_backups_in_opposite_directions_are_refused(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    world.refused("copy", "docs")
    world.refused("copy", "docs", keeps_history=False)
    world.lose_memory()
    world.refused("copy", "docs")
    assert world.run("docs", "copy").status is PassStatus.COMPLETE


def test_parts_of_two_folders_in_opposite_directions_are_refused(world: World) -> None:
    world.fill("docs", "a", "sub/b")
    world.run("docs", "copy")
    world.refused("copy/sub", "docs/sub")
    world.refused("copy", "docs/sub")
    world.lose_memory()
    world.refused("copy/sub", "docs/sub")


def test_a_circle_of_three_is_refused(world: World) -> None:
    for name in ("one", "two", "three"):
        world.fill(name)
    world.run("one", "copy of one")
    world.run("copy of one", "second copy")
    held = world.refused("second copy", "one")
    assert held.code is HeldCode.OTHER_BACKUP


def test_a_circle_of_three_by_way_of_a_new_folder_is_refused(world: World) -> None:
    world.fill("one")
    world.run("one", "copy of one")
    world.run("copy of one", "second copy")
    assert str(world.path("copy of one")) in world.refused("second copy", "one/restored").reason


def test_a_circle_by_way_of_a_folder_inside_is_refused(world: World) -> None:
    world.fill("one")
    world.fill("two")
    world.run("one", "two/copy of one")
    world.refused("two", "one/copy of two")


def test_a_backup_that_was_turned_round_by_the_users_word_stops_the_old_direction(world: World) -> None:
    world.fill("docs")
    world.run("docs", "copy")
    (world.path("copy") / "a").write_text("rescued")
    asked = world.refused("copy", "docs")
    assert world.run("copy", "docs", allowed=asked).status is PassStatus.COMPLETE
    assert (world.path("docs") / "a").read_text() == "rescued"
    world.refused("docs", "copy")
    assert world.run("copy", "docs").status is PassStatus.COMPLETE


def test_the_source_of_another_backup_is_no_destination(world: World) -> None:
    world.fill("me/docs", "a", "sub/b")
    world.fill("other")
    world.run("me/docs", "copy")
    world.refused("other", "me/docs")
    world.refused("other", "me")
    world.refused("other", "me/docs/sub")
    world.refused("other", "elsewhere", history="me/docs")
    shutil.rmtree(world.path("copy"))
    world.refused("other", "me/docs")


def test_a_new_folder_in_a_source_may_be_a_destination(world: World) -> None:
    world.fill("me/docs")
    world.run("me", "copy")
    assert world.run("me/docs", "me/backup").status is PassStatus.COMPLETE
    assert world.run("me", "copy").status is PassStatus.COMPLETE
    assert world.run("me/docs", "me/backup").status is PassStatus.COMPLETE


# Another backup in the mirror, of which no list of jobs knows


@pytest.fixture(params=[pytest.param("attributes", marks=pytest.mark.posix("extended attributes")), "files"])
def drive(world: World, request: pytest.FixtureRequest) -> World:
    """A drive with the backup of another computer in it, with a history."""
    if request.param == "files":
        request.getfixturevalue("without_attributes")
    world.use_computer("two")
    world.fill("photos", "p1", "p2", "album/p3")
    world.run("photos", "drive/far/Photos")
    (world.path("photos") / "p1").write_text("an edit")
    world.run("photos", "drive/far/Photos")
    world.use_computer("one")
    world.memory = world.path("memory")
    return world


def both(world: World) -> dict[str, bytes]:
    """What the other computer's backup and its history hold."""
    return {path: content for path, content in contents(world.path("drive")).items() if path.startswith("far/")}


@pytest.mark.parametrize("keeps_history", [True, False], ids=["with history", "without"])
def test_another_backup_in_the_mirror_is_held_and_all_else_goes_on(drive: World, *, keeps_history: bool) -> None:
    before = both(drive)
    drive.fill("docs", "d1", "more/d2")
    (drive.path("drive") / "stranger").write_text("a stranger")
    for _ in range(2):
        report = drive.run("docs", "drive", keeps_history=keeps_history, allows_mass_delete=True)
        assert report.status is PassStatus.HELD
        assert report.held is not None
        assert report.held.code is HeldCode.OTHER_BACKUP
        assert "host of two" in report.held.reason
        assert both(drive) == before
        assert sorted(set(contents(drive.path("drive"))) - set(before)) == ["d1", "more/d2"]
    drive.use_computer("two")
    report = drive.run("photos", "drive/far/Photos")
    assert report.status is PassStatus.COMPLETE, "it was there first, and is left alone"
    assert both(drive) == before


@pytest.mark.parametrize("what", ["a folder", "a file", "a file above"])
def test_nothing_of_the_source_comes_into_another_backup_in_the_mirror(drive: World, what: str) -> None:
    before = both(drive)
    drive.fill("docs", {"a folder": "far/Photos/p1", "a file": "far/Photos", "a file above": "far"}[what])
    if what == "a folder":
        drive.fill("docs", "far/Photos/new", "far/Photos/album/new", "far/Photos.history/new")
    report = drive.run("docs", "drive", allows_mass_delete=True)
    assert report.held is not None
    assert report.held.code is HeldCode.OTHER_BACKUP
    assert both(drive) == before


def test_another_backup_in_the_mirror_goes_to_the_history_when_the_user_says_so(drive: World) -> None:
    before = both(drive)
    drive.fill("docs", "d1")
    report = drive.run("docs", "drive")
    assert report.held is not None
    report = drive.run("docs", "drive", allowed=report.held)
    assert report.status is PassStatus.COMPLETE
    assert contents(drive.path("drive")) == contents(drive.path("docs"))
    assert set(before.values()) <= set(contents(drive.path("drive.history")).values())
    assert drive.run("docs", "drive").status is PassStatus.COMPLETE


def test_the_copy_of_ones_own_backup_in_the_mirror_is_a_stranger_as_any(world: World) -> None:
    world.fill("docs", "a")
    world.run("docs", "copy")
    (world.path("copy") / "once more").mkdir()
    world.path("copy/once more.history").mkdir()
    own = (world.path("copy.history") / MARKER_NAME).read_text().replace("../copy", "../once more")
    (world.path("copy/once more.history") / MARKER_NAME).write_text(own)
    (world.path("copy/once more") / "a").write_text("a")
    assert world.run("docs", "copy").status is PassStatus.COMPLETE
    assert sorted(contents(world.path("copy"))) == ["a"]


@pytest.mark.posix("extended attributes")
def test_looking_for_other_backups_costs_what_the_plan_costs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fill("docs", *(f"{number}/file" for number in range(50)), "edited/file")
    world.run("docs", "copy")
    (world.path("docs") / "edited/file").write_text("an edit")
    looked: list[str] = []
    attribute = os.getxattr

    def count(path: Any, name: str, **options: Any) -> bytes:
        if name == MARKER_ATTRIBUTE:
            looked.append(str(path))
        return attribute(path, name, **options)

    monkeypatch.setattr(os, "getxattr", count)
    assert world.run("docs", "copy").counts.replaced == 1
    monkeypatch.undo()
    assert len(looked) < 30


# What is known of other jobs


def test_a_job_is_registered_once_its_folders_were_accepted(world: World) -> None:
    world.fill("docs")
    world.fill("other")
    world.run("docs", "copy")
    world.refused("other", "copy")
    catalog = JobDatabase.open(world.memory / "jobs" / "one more.sqlite")
    assert [(known.source, known.destination, known.history) for known in other_jobs(catalog)] == [
        (str(world.path("docs")), str(world.path("copy")), str(world.path("copy.history")))
    ]
    (world.memory / "jobs" / "damaged.sqlite").write_bytes(b"no catalog")
    assert len(list(other_jobs(catalog))) == 1
    catalog.close()


def test_a_job_that_was_removed_stands_in_no_other_ones_way_until_it_runs_again(world: World) -> None:
    world.fill("docs")
    world.fill("other", "c")
    world.run("docs", "copy")
    (file,) = (world.memory / "jobs").glob("*.sqlite")
    assert "source of another backup" in world.refused("other", "docs").reason
    forget_folders(file)
    forget_folders(file.with_name("never there.sqlite"))
    assert not file.with_name("never there.sqlite").exists()
    # The backup itself stays recognised by whoever meets it, and the own job goes on where it was.
    world.refused("other", "copy")
    report = world.run("docs", "copy")
    assert (report.status, report.counts.total) == (PassStatus.COMPLETE, 0)
    assert "source of another backup" in world.refused("other", "docs").reason
    forget_folders(file)
    assert world.run("other", "docs", asks_about_strangers=True).held is not None


def test_a_job_whose_destination_was_taken_over_claims_nothing(world: World) -> None:
    for name in ("docs", "other", "third"):
        world.fill(name)
    world.run("docs", "drive/copy")
    world.run("other", "drive/copy", takes_over=True)
    assert str(world.path("other")) in world.refused("third", "drive").reason


def test_the_history_of_a_whole_drive_is_recognised_in_it(world: World) -> None:
    world.fill("docs")
    history = world.path("drive") / HISTORY_NAME
    history.mkdir(parents=True)
    world.run("docs", "drive")
    assert world.markers(f"drive/{HISTORY_NAME}")[0].mirror == ".."
    assert not world.markers("drive")
    world.use_computer("two")
    for destination in ("drive", "drive/below", f"drive/{HISTORY_NAME}"):
        world.refused("docs", destination)


# What cannot be looked at just now


@pytest.mark.hazard(15)
@pytest.mark.parametrize("code", [errno.EIO, errno.ETIMEDOUT, errno.ENOMEM])
@pytest.mark.parametrize("call", [pytest.param("getxattr", marks=pytest.mark.posix("getxattr")), "open_file"])
def test_an_error_while_a_marker_is_looked_for_is_a_problem_of_that_folder_and_looked_at_again_with_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    for path in ("docs/a", "docs/deep/b", "other/c"):
        rig.write(path)
    rig.run()
    rig.write_at(rig.mirror / "docs" / MARKER_NAME, "only looked at")
    for path in ("docs/a", "docs/deep/b", "other/c"):
        rig.write(path, "edited")
    real = os.getxattr if call == "getxattr" else MirrorTree.open_file

    def failing(*arguments: Any, **options: Any) -> Any:
        if arguments[-2 if call == "getxattr" else -1] in {str(rig.mirror / "docs"), f"docs/{MARKER_NAME}"}:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    with monkeypatch.context() as broken:
        broken.setattr(os if call == "getxattr" else MirrorTree, call, failing)
        broken.setattr(
            local, "reached", lambda target, folder: contextlib.nullcontext(os.path.join(target.root, folder))
        )
        (rig.mirror / "docs" / MARKER_NAME).touch()
        report = rig.run()
    assert (report.status, report.held) == (PassStatus.PROBLEMS, None)
    assert [(problem.path, problem.stage) for problem in report.problems] == [("docs", Stage.COMPARE)]
    mirror = contents(rig.mirror)
    assert (mirror["docs/a"], mirror["docs/deep/b"], mirror["other/c"]) == (b"content", b"content", b"edited")
    (rig.mirror / "docs" / MARKER_NAME).unlink()
    # As the running job has problems of comparing tried again.
    assert rig.run(Scope(trees=frozenset({"docs"}))).status is PassStatus.COMPLETE
    assert contents(rig.mirror) == contents(rig.source)
