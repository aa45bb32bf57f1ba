"""Source, destination, history and drives that are missing, other, nested, full or busy."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from backup_gui.config.job_factory import folder_faults
from backup_gui.engine.fs import native
from backup_gui.engine.fs import own_files as own
from backup_gui.engine.roots import roots
from backup_gui.model import problems
from backup_gui.model.errors import (
    DestinationBusyError,
    DestinationUnusableError,
    JobError,
    RootAbsentError,
)
from backup_gui.model.events import ActionDone, Event, HeldBack, ProblemFound
from backup_gui.model.plans import FULL, HeldCode, PassStatus, ProblemCode
from tests.helpers.rig import (
    Rig,
    as_nobody,
    mounted,
    paths,
    trees,
)
from tests.helpers.trees import contents, read_tree

if sys.platform != "win32":
    import fcntl

COMPLETE, HELD = PassStatus.COMPLETE, PassStatus.HELD


# The roots


@pytest.mark.hazard(1)
def test_a_missing_source_is_waited_for(rig: Rig) -> None:
    rig.write("a")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    with pytest.raises(RootAbsentError, match="not there"):
        rig.run()
    rig.source.write_text("a file")
    with pytest.raises(RootAbsentError, match="not a folder any more"):
        rig.run()
    assert set(read_tree(rig.mirror)) == {"a"}


def test_a_source_that_is_no_folder_is_a_wrong_job(rig: Rig) -> None:
    rig.source.rmdir()
    rig.source.write_text("a file")
    with pytest.raises(JobError, match="source is not a folder"):
        rig.run()
    assert not rig.mirror.exists()


def test_a_source_that_may_not_be_read_is_waited_for(rig: Rig) -> None:
    rig.write("a")
    with as_nobody(rig.root):
        rig.run()
        rig.source.chmod(0)
        with pytest.raises(RootAbsentError, match="cannot be opened"):
            rig.run()
        rig.source.chmod(0o755)
        assert set(read_tree(rig.mirror)) == {"a"}


def test_a_source_that_macos_keeps_from_the_program_is_waited_for_with_what_to_do(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a")
    rig.run()
    real = native.open_root

    def keep(path: str, **options: Any) -> Any:
        if path == str(rig.source):
            raise OSError(errno.EPERM, "Operation not permitted")
        return real(path, **options)

    monkeypatch.setattr(native, "open_root", keep)
    with pytest.raises(RootAbsentError, match="not permitted"):
        rig.run()
    monkeypatch.setattr(problems, "sys", SimpleNamespace(platform="darwin"))
    with pytest.raises(RootAbsentError, match="full disk access"):
        rig.run()
    monkeypatch.undo()
    assert rig.run().status is PassStatus.COMPLETE


@pytest.mark.hazard(2)
def test_an_emptied_source_is_held(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    (rig.source / "a").unlink()
    report = rig.run()
    assert report.status is HELD
    assert report.held is not None
    assert (report.held.code, report.held.counts.deleted) == (HeldCode.SOURCE_EMPTY, 1)
    assert rig.told(HeldBack) == [HeldBack(report.held)]
    assert contents(rig.mirror) == {"a": b"1"}
    # A partial pass comes to the same.
    assert rig.run(paths("a")).status is HELD
    assert contents(rig.mirror) == {"a": b"1"}

    assert rig.run(allowed=report.held).status is COMPLETE
    assert contents(rig.mirror) == {}
    assert rig.kept_contents() == [b"1"]


@pytest.mark.hazard(3)
def test_another_folder_in_the_sources_place_is_held_until_agreed_to_once(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("b", "2")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    rig.write("a", "other")
    rig.write("new", "3")
    report = rig.run()
    assert report.held is not None
    assert report.held.code is HeldCode.SOURCE_REPLACED
    assert contents(rig.mirror) == {"a": b"1", "b": b"2", "new": b"3"}

    assert rig.run(allowed=report.held).status is COMPLETE
    rig.check_in_step()
    # The user has said that this is the source: it is, from now on.
    (rig.source / "new").unlink()
    assert rig.run().status is COMPLETE
    rig.check_in_step()


@pytest.mark.hazard(3)
def test_another_folder_in_the_sources_place_stays_held_pass_after_pass(rig: Rig) -> None:
    for name in ("a", "b", "c"):
        rig.write(name, "1")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    rig.write("a", "1")
    for _ in range(3):
        report = rig.run()
        assert report.held is not None
        assert report.held.code is HeldCode.SOURCE_REPLACED
        assert set(contents(rig.mirror)) == {"a", "b", "c"}


def test_the_standing_word_takes_another_source_for_good(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    os.rename(rig.source, rig.root / "aside")
    rig.write("b", "2")
    rig.options["allows_mass_delete"] = True
    assert rig.run().status is COMPLETE
    rig.options.clear()
    rig.write("b", "3")
    assert rig.run().status is COMPLETE
    rig.check_in_step()


@pytest.mark.hazard(3)
@pytest.mark.root
def test_another_drive_in_the_sources_place_is_refused(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    with mounted(rig.source):
        rig.write("b", "2")
        with pytest.raises(RootAbsentError, match="Another drive"):
            rig.run()
        assert contents(rig.mirror) == {"a": b"1"}
        rig.options["allows_mass_delete"] = True
        assert rig.run().status is COMPLETE
        assert contents(rig.mirror) == {"b": b"2"}


@pytest.mark.hazard(6)
@pytest.mark.root
def test_an_unmounted_destination_is_not_written_where_it_was(rig: Rig) -> None:
    rig.write("a", "1")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "backups" / "mine")
    with mounted(drive):
        assert rig.run().status is COMPLETE
        rig.write("a", "22")
        assert rig.run().status is COMPLETE
        assert len(read_tree(drive)) == 5
    for scope in (FULL, paths("a")):
        with pytest.raises(RootAbsentError, match="drive of the destination"):
            rig.run(scope)
    assert list(drive.iterdir()) == []
    with mounted(drive), pytest.raises(RootAbsentError, match="Another drive is where the destination was"):
        rig.run()
    assert list(drive.iterdir()) == []


@pytest.mark.hazard(5)
@pytest.mark.root
def test_nothing_is_deleted_below_a_drive_unmounted_within_the_source(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "drive"
    drive.mkdir()
    with mounted(drive):
        rig.write("drive/photo", "2")
        assert rig.run().status is COMPLETE
    rig.write("own", "11")
    for scope in (FULL, paths("drive/photo", "own"), trees("drive")):
        rig.run(scope)
        assert contents(rig.mirror) == {"own": b"11", "drive/photo": b"2"}


@pytest.mark.hazard(5)
@pytest.mark.root
def test_a_drive_within_the_source_is_waited_for_even_if_its_folder_goes_with_it(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "media" / "drive"
    drive.mkdir(parents=True)
    with mounted(drive):
        rig.write("media/drive/photo", "2")
        rig.write("media/note", "3")
        rig.run()
        assert rig.run().problems == ()
    shutil.rmtree(rig.source / "media")
    for scope in (FULL, paths("media/drive"), paths("media"), paths("media/drive/photo")):
        report = rig.run(scope)
        assert [(p.path, p.code) for p in report.problems] == [("media/drive", ProblemCode.DRIVE_AWAY)]
        assert contents(rig.mirror)["media/drive/photo"] == b"2"
    # Back again, with other content: it is followed again.
    drive.mkdir(parents=True)
    with mounted(drive):
        rig.write("media/drive/second", "4")
        assert rig.run().status is COMPLETE
        rig.check_in_step()


@pytest.mark.root
def test_the_users_word_lets_a_drive_within_the_source_go(rig: Rig) -> None:
    rig.write("own", "1")
    drive = rig.source / "drive"
    drive.mkdir()
    with mounted(drive):
        rig.write("drive/photo", "2")
        rig.run()
    rig.options["exclude"] = ("/drive/",)
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"own": b"1", "drive/photo": b"2"}
    rig.options["removes_left_out"] = True
    assert rig.run().status is COMPLETE
    assert contents(rig.mirror) == {"own": b"1"}


@pytest.mark.parametrize("text", ["no json", "7", '[7, "x"]', "{}"])
def test_a_damaged_memory_of_drives_does_no_harm(rig: Rig, text: str) -> None:
    rig.write("a")
    rig.catalog.remember(roots.DRIVES_KEY, text)
    rig.run()
    # Made before, so that no system gives it the number of the one that goes.
    rig.write("b")
    (rig.source / "a").unlink()
    assert rig.run().counts.deleted == 1


@pytest.mark.root
def test_a_file_moved_onto_a_drive_mounted_within_the_mirror_is_copied(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("sub/b", "2")
    rig.run()
    with mounted(rig.mirror / "sub"):
        rig.run()
        os.rename(rig.source / "a", rig.source / "sub" / "a")
        rig.run()
        rig.run()
        assert contents(rig.mirror) == {"sub/a": b"1", "sub/b": b"2"}


@pytest.mark.root
def test_a_history_chosen_on_another_drive_is_refused(rig: Rig) -> None:
    rig.write("a")
    rig.mirror.mkdir()
    with mounted(rig.mirror):
        for history in (rig.history, rig.root / "made" / "new"):
            rig.options["history"] = str(history)
            with pytest.raises(JobError, match="must lie on the drive of the destination"):
                rig.run()
            assert list(rig.mirror.iterdir()) == []
            assert not history.exists()
        del rig.options["history"]
        assert rig.run().status is COMPLETE


@pytest.mark.root
def test_a_read_only_destination_ends_the_pass(rig: Rig) -> None:
    rig.write("a")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    with mounted(drive):
        rig.run()
        rig.write("a", "changed")
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,ro", str(drive))
        for scope in (FULL, paths("a")):
            with pytest.raises(DestinationUnusableError, match="read-only"):
                rig.run(scope)
        rig.options["destination"] = str(drive / "new")
        with pytest.raises(DestinationUnusableError, match="read-only"):
            rig.run()


@pytest.mark.hazard(16)
@pytest.mark.root
@pytest.mark.parametrize("keeps_history", [True, False])
def test_on_a_read_only_drive_nothing_counts_as_done_and_its_folder_is_named(rig: Rig, *, keeps_history: bool) -> None:
    rig.write("a")
    rig.write("b")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    rig.options["keeps_history"] = keeps_history
    with mounted(drive):
        assert rig.run().status is COMPLETE
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,ro", str(drive))
        assert rig.run().status is COMPLETE
        (rig.source / "b").unlink()
        told: list[Event] = []
        with pytest.raises(DestinationUnusableError) as caught:
            rig.run(on_event=told.append)
        assert str(caught.value) == f"The backup drive is read-only: {drive / 'mirror'}"
        assert not [event for event in told if isinstance(event, ActionDone | ProblemFound)]


@pytest.mark.root
def test_of_a_read_only_drive_nobody_says_that_others_may_write_in_its_history(
    rig: Rig,
) -> None:
    # What a drive holds cannot be tried out while nothing can be written to it, so modes may say nothing.
    rig.write("a")
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    with mounted(drive):
        assert rig.run().status is COMPLETE
        (drive / "mirror.history").chmod(0o777)
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,ro", str(drive))
        assert rig.run().status is COMPLETE
        rig.write("a", "changed")
        with pytest.raises(DestinationUnusableError, match="The backup drive is read-only"):
            rig.run()


@pytest.mark.root
def test_a_full_drive_is_told_and_what_fits_is_copied(rig: Rig) -> None:
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive / "mirror")
    rig.write("a large", b"x" * (6 << 20))
    rig.write("b medium", b"x" * (900 << 10))
    rig.write("c medium", b"x" * (900 << 10))
    rig.write("small", b"x")
    with mounted(drive, "size=1m"):
        report = rig.run()
        assert {p.code for p in report.problems} == {ProblemCode.NO_SPACE}
        assert "7.1 MB more is needed" in report.reason
        fitting = set(read_tree(drive / "mirror"))
        assert fitting in ({"b medium", "small"}, {"c medium", "small"})
        assert {p.path for p in report.problems} | fitting == set(read_tree(rig.source))
        os.spawnlp(os.P_WAIT, "mount", "mount", "-o", "remount,size=16m", str(drive))
        assert rig.run().status is COMPLETE
        assert read_tree(drive / "mirror") == read_tree(rig.source)


def test_a_destination_deleted_is_made_anew(rig: Rig) -> None:
    rig.write("docs/a", "1")
    rig.write("b", "2")
    rig.run()
    shutil.rmtree(rig.mirror)
    assert rig.run().status is COMPLETE
    rig.check_in_step()
    shutil.rmtree(rig.mirror)
    # Also by a pass that was about something else: "complete" is not said of a part.
    report = rig.run(paths("docs/a"))
    assert (report.status, report.is_full) == (COMPLETE, True)
    rig.check_in_step()


@pytest.mark.parametrize("what", ["file", "dangling", "below a file"])
def test_a_destination_that_is_no_folder_is_told(rig: Rig, what: str) -> None:
    rig.write("a")
    if what == "dangling":
        rig.mirror.symlink_to(rig.root / "nowhere")
    else:
        rig.mirror.write_text("a file")
    if what == "below a file":
        rig.options["destination"] = str(rig.mirror / "below")
    with pytest.raises((JobError, DestinationUnusableError), match="destination"):
        rig.run()
    assert not (rig.root / "nowhere").exists()


def test_a_destination_that_may_not_be_written_is_told(rig: Rig) -> None:
    rig.write("a")
    with as_nobody(rig.root):
        rig.root.chmod(0o555)
        with pytest.raises(DestinationUnusableError, match="Permission denied"):
            rig.run()
        rig.root.chmod(0o755)
        assert not rig.mirror.exists()


@pytest.mark.hazard(8)
def test_folders_within_each_other_are_refused(rig: Rig) -> None:
    rig.write("a/b")
    inside, around = str(rig.source / "a"), str(rig.root)
    for options, message in (
        ({"destination": inside}, "destination lies inside the source"),
        ({"destination": str(rig.source)}, "destination lies inside"),
        ({"destination": around}, "source lies inside the destination"),
        ({"history": inside}, "history and the source"),
        ({"history": around}, "history and the source"),
        ({"history": str(rig.mirror)}, "history and the destination"),
        ({"history": str(rig.mirror / "h")}, "history and the destination"),
    ):
        rig.options.clear()
        rig.options |= options
        with pytest.raises(JobError, match=message):
            rig.run()
    rig.options.clear()
    rig.mirror.symlink_to(rig.source / "a")
    with pytest.raises(JobError, match="inside the source"):
        rig.run()
    assert set(read_tree(rig.source)) == {"a", "a/b"}


@pytest.mark.posix("folders are locked")
def test_a_destination_that_another_process_writes_to_is_busy(rig: Rig) -> None:
    rig.write("a")
    rig.mirror.mkdir()
    other = os.open(rig.mirror, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(DestinationBusyError):
            rig.run()
        assert list(rig.mirror.iterdir()) == []
        assert rig.run(is_dry_run=True).status is COMPLETE
    finally:
        os.close(other)
    assert rig.run().status is COMPLETE


@pytest.mark.hazard(49)
@pytest.mark.parametrize("where", ["inside", "around", "the same", "by a link"])
@pytest.mark.parametrize("folder", ["destination", "history"])
def test_own_files_in_the_backup_are_refused_and_stay(rig: Rig, folder: str, where: str) -> None:
    rig.write("a")
    place = rig.root / "place"
    data = place if where == "the same" else place / "data"
    data.mkdir(parents=True)
    (data / "settings").write_text("own")
    (rig.root / "link").symlink_to(place)
    used = {"inside": place, "around": data / "deeper", "the same": place, "by a link": rig.root / "link"}[where]
    rig.options[folder] = str(used)
    own.note(data)
    before = read_tree(place)
    with pytest.raises(JobError, match=f"The {folder} and the program's own files lie inside each other"):
        rig.run()
    assert read_tree(place) == before
    assert folder_faults(rig.job) == {folder: f"The {folder} and the program's own files lie inside each other."}
