"""Undoing a pass: what it took away is back in the source, nothing that is there now is lost, each path is told."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from datetime import datetime

import pytest

from backup_gui.engine.fs import content as transfer
from backup_gui.engine.fs.content import never
from backup_gui.engine.restore.undo import undo_pass
from backup_gui.engine.restore.writer import RestoreWriter
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import PassStatus, Progress, Report
from backup_gui.model.restores import RestoreResult
from tests.helpers.descriptors import open_below
from tests.helpers.rig import HOSTILE_NAMES, Rig, keep_times
from tests.helpers.systems import folder_class
from tests.helpers.trees import contents, read_tree

if sys.platform != "win32":
    pass

AT = datetime(2026, 11, 22, 21, 6, 5)  # noqa: DTZ001 - the user's own time
BESIDE = "(before undoing 2026-11-22 21.06.05)"
COMPLETE = PassStatus.COMPLETE


def newest(rig: Rig) -> int:
    return rig.catalog.passlog.passes()[0].id


def finished(rig: Rig) -> list[str]:
    return [path for path in contents(rig.source) if not is_temporary(os.path.basename(path))]


def undo(rig: Rig, key: int, **options: object) -> RestoreResult:
    arguments: dict[str, object] = {"meter": Meter(lambda _: None), "should_stop": never, "at": AT, **options}
    before = open_below(rig.root)
    try:
        return undo_pass(rig.job, rig.catalog, key, **arguments)  # type: ignore[arg-type]
    finally:
        assert open_below(rig.root) == before, "descriptors left open"


def everything(rig: Rig) -> set[bytes]:
    return set(contents(rig.source).values())


def run(rig: Rig) -> Report:
    report = rig.run()
    assert report.status is COMPLETE
    return report


def test_all_that_a_pass_took_away_is_back(rig: Rig) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"gone/{name}", f"gone {number}")
        rig.write(f"changed/{name}", f"first {number}")
    rig.write("old/place", "moved")
    rig.write("docs/script", "run").chmod(0o755)
    (rig.source / "gone/empty").mkdir()
    (rig.source / "gone/link").symlink_to("nowhere")
    (rig.source / "changed/link").symlink_to("first")
    rig.options["guard_count"] = 1_000
    run(rig)
    before = contents(rig.source)
    shutil.rmtree(rig.source / "gone")
    (rig.source / "docs/script").unlink()
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"changed/{name}", f"second {number}")
    (rig.source / "changed/link").unlink()
    (rig.source / "changed/link").symlink_to("second")
    (rig.source / "old/place").rename(rig.source / "new place")
    (rig.source / "old").rmdir()
    rig.write("created", "new")
    run(rig)
    rig.write("later", "later")
    run(rig)
    key = rig.catalog.passlog.passes()[1].id
    returned = undo(rig, key)
    assert contents(rig.source) == {**before, "created": b"new", "later": b"later"}
    assert os.readlink(rig.source / "gone/link") == "nowhere"
    assert os.readlink(rig.source / "changed/link") == "first"
    assert (rig.source / "gone/empty").is_dir()
    assert (rig.source / "docs/script").stat().st_mode & 0o777 == 0o755
    assert (returned.beside, returned.skipped, returned.failed, returned.reason) == ((), (), (), "")
    assert len(returned.restored) == returned.asked == 2 * len(HOSTILE_NAMES) + 7
    # The mirror follows, and what made way is in the history.
    run(rig)
    rig.check_in_step()
    assert {f"second {number}".encode() for number in range(len(HOSTILE_NAMES))} <= set(rig.kept_contents())


@pytest.mark.hazard(68)
@pytest.mark.posix("modes")
@pytest.mark.parametrize("is_moved", [False, True])
def test_folders_that_come_back_are_open_to_nobody_else(rig: Rig, *, is_moved: bool) -> None:
    modes = {"private": 0o700, "private/deep": 0o750, "open": 0o755, "open/set": 0o2770}
    for folder, mode in modes.items():
        rig.write(f"{folder}/file", folder)
        (rig.source / folder).chmod(mode)
    rig.source.chmod(0o755)
    run(rig)
    for folder in ("private", "open"):
        if is_moved:
            (rig.source / folder).rename(rig.source / f"{folder} moved")
        else:
            shutil.rmtree(rig.source / folder)
    rig.write("stays", "here")
    run(rig)
    undo(rig, newest(rig))
    assert {folder: (rig.source / folder).stat().st_mode & 0o7777 for folder in modes} == modes
    # Nobody knows any more how they were.
    run(rig)
    for folder in ("private", "open"):
        shutil.rmtree(rig.source / folder)
    run(rig)
    rig.catalog._connection.execute("DELETE FROM folders")
    undo(rig, newest(rig))
    assert {(rig.source / folder).stat().st_mode & 0o777 for folder in modes} == {0o700}


def test_an_undoing_can_be_undone(rig: Rig) -> None:
    rig.write("a", "first")
    run(rig)
    rig.write("a", "second")
    run(rig)
    undo(rig, newest(rig))
    run(rig)
    assert contents(rig.mirror) == {"a": b"first"}
    undo(rig, newest(rig))
    run(rig)
    assert contents(rig.mirror) == contents(rig.source) == {"a": b"second"}


def test_what_was_edited_since_is_kept_beside(rig: Rig) -> None:
    for name in ("backed up", "not yet"):
        rig.write(f"docs/{name}.txt", "first")
    run(rig)
    for name in ("backed up", "not yet"):
        rig.write(f"docs/{name}.txt", "spoiled")
    run(rig)
    key = newest(rig)
    rig.write("docs/backed up.txt", "edited since")
    run(rig)
    rig.write("docs/not yet.txt", "edited just now")
    returned = undo(rig, key)
    assert contents(rig.source) == {
        "docs/backed up.txt": b"first",
        f"docs/backed up {BESIDE}.txt": b"edited since",
        "docs/not yet.txt": b"first",
        f"docs/not yet {BESIDE}.txt": b"edited just now",
    }
    assert dict(returned.beside) == {f"docs/{n}.txt": f"docs/{n} {BESIDE}.txt" for n in ("backed up", "not yet")}


def test_a_deleted_file_that_is_there_again_is_kept_beside_unless_it_is_the_same(rig: Rig) -> None:
    rig.write("same", "original")
    rig.write("other", "original of other")
    rig.write("stays", "x")
    run(rig)
    for name in ("same", "other"):
        (rig.source / name).unlink()
    run(rig)
    key = newest(rig)
    rig.write("same", "original")
    rig.write("other", "another")
    returned = undo(rig, key)
    (rig.source / "stays").unlink()
    assert contents(rig.source) == {"same": b"original", "other": b"original of other", f"other {BESIDE}": b"another"}
    assert (len(returned.restored), returned.beside) == (2, (("other", f"other {BESIDE}"),))


def test_a_link_that_is_there_again_is_left_as_it_is(rig: Rig) -> None:
    link = rig.source / "link"
    for text in ("first", "second"):
        link.unlink(missing_ok=True)
        rig.source.mkdir(exist_ok=True)
        link.symlink_to(text)
        run(rig)
    link.unlink()
    link.symlink_to("first")
    assert undo(rig, newest(rig)) == RestoreResult(asked=1, restored=("link",))
    assert (os.listdir(rig.source), os.readlink(link)) == (["link"], "first")


def test_nothing_makes_way_that_the_mirror_does_not_have_just_so(rig: Rig) -> None:
    rig.write("a", "first")
    run(rig)
    rig.write("a", "second")
    run(rig)
    (rig.mirror / "a").write_bytes(b"2econd")
    assert undo(rig, newest(rig)).beside == (("a", f"a {BESIDE}"),)
    assert contents(rig.source) == {"a": b"first", f"a {BESIDE}": b"second"}


def test_a_file_written_while_it_makes_way_is_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("a", "first")
    run(rig)
    rig.write("a", "second")
    run(rig)

    real = RestoreWriter.holds

    def write_after(self: RestoreWriter, wanted: str, root: str, stored: str) -> bool:
        found = real(self, wanted, root, stored)
        if root == str(rig.mirror):
            rig.write("a", "third")
        return found

    monkeypatch.setattr(RestoreWriter, "holds", write_after)
    undo(rig, newest(rig))
    assert everything(rig) >= {b"first", b"third"}


@pytest.mark.hazard(62)
def test_an_edit_that_keeps_size_and_time_while_a_file_makes_way_is_kept(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a", "first")
    run(rig)
    rig.write("a", "second")
    run(rig)

    real = RestoreWriter.holds

    def edit_after(self: RestoreWriter, wanted: str, root: str, stored: str) -> bool:
        found = real(self, wanted, root, stored)
        if root == str(rig.mirror):
            keep_times(rig.source / "a", lambda: (rig.source / "a").write_text("SECOND"))
        return found

    monkeypatch.setattr(RestoreWriter, "holds", edit_after)
    undo(rig, newest(rig))
    assert everything(rig) == {b"first", b"SECOND"}


def test_a_move_is_undone_where_that_is_possible(rig: Rig) -> None:
    for name in ("free", "taken", "gone"):
        rig.write(f"old/{name}", name)
    run(rig)
    (rig.source / "old").rename(rig.source / "new")
    assert run(rig).counts.moved == 3
    key = newest(rig)
    rig.write("old/taken", "something else")
    (rig.source / "new/gone").unlink()
    returned = undo(rig, key)
    assert contents(rig.source) == {"old/free": b"free", "old/taken": b"something else", "new/taken": b"taken"}
    assert {path for path, _ in returned.skipped} == {"new/taken", "new/gone"}
    assert set(returned.restored) == {"old/free", "old"}


def test_changes_of_kind_are_undone(rig: Rig) -> None:
    rig.write("folder/a", "in folder")
    rig.write("folder/b/c", "deeper")
    rig.write("file", "a file")
    (rig.source / "link").symlink_to("file")
    run(rig)
    shutil.rmtree(rig.source / "folder")
    rig.write("folder", "a file now")
    (rig.source / "file").unlink()
    rig.write("file/inside", "a folder now")
    (rig.source / "link").unlink()
    rig.write("link", "no link now")
    run(rig)
    returned = undo(rig, newest(rig))
    assert (returned.failed, returned.skipped) == ((), ())
    found = contents(rig.source)
    assert found["folder/a"] == b"in folder"
    assert found["folder/b/c"] == b"deeper"
    assert found["file"] == b"a file"
    assert found[f"file {BESIDE}/inside"] == b"a folder now"
    assert os.readlink(rig.source / "link") == "file"
    assert returned.beside == (("file", f"file {BESIDE}"),)
    run(rig)
    rig.check_in_step()
    assert {b"a file now", b"no link now"} <= set(rig.kept_contents())


def test_two_passes_within_a_second_are_undone_each_to_its_own_content(rig: Rig) -> None:
    keys = []
    for version in range(4):
        rig.write("a", f"version {version}")
        run(rig)
        keys.append(newest(rig))
    for version in (2, 0, 1):
        undo(rig, keys[version + 1])
        assert (rig.source / "a").read_text() == f"version {version}"


def test_versions_that_are_gone_are_named(rig: Rig) -> None:
    for name in ("a", "b"):
        rig.write(name, "first")
    run(rig)
    for name in ("a", "b"):
        rig.write(name, "second")
    run(rig)
    (stored,) = rig.history.glob("a~*")
    stored.unlink()
    returned = undo(rig, newest(rig))
    assert returned.failed == (("a", "The history does not have what was here before"),)
    assert contents(rig.source) == {"a": b"second", "b": b"first"}


def test_without_a_history_nothing_is_promised_and_nothing_touched(rig: Rig) -> None:
    rig.options["keeps_history"] = False
    rig.write("a", "first")
    run(rig)
    rig.write("a", "second")
    run(rig)
    returned = undo(rig, newest(rig))
    assert [path for path, _ in returned.failed] == ["a"]
    assert contents(rig.source) == {"a": b"second"}


def test_a_pass_that_is_not_known_any_more_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert undo_unknown(rig).reason.startswith("What this check did is not known any more")
    monkeypatch.setattr("backup_gui.engine.apply.pass_recorder.CHANGES_A_PASS", 2)
    for name in "abcd":
        rig.write(name, f"first {name}")
    run(rig)
    for name in "abc":
        (rig.source / name).unlink()
    run(rig)
    returned = undo(rig, newest(rig))
    assert returned.reason.startswith("Not all that this check did is known by name")
    assert (returned.asked, len(returned.restored)) == (2, 2)
    rig.catalog._connection.execute("DELETE FROM changes")
    returned = undo(rig, newest(rig))
    assert (returned.asked, returned.reason[:20]) == (0, "What this check did ")


def undo_unknown(rig: Rig) -> RestoreResult:
    rig.write("x", "x")
    run(rig)
    (rig.source / "x").unlink()
    rig.write("y", "y")
    run(rig)
    return undo(rig, 99)


def test_a_pass_that_took_nothing_away_has_nothing_to_undo(rig: Rig) -> None:
    rig.write("a", "first")
    run(rig)
    assert undo(rig, newest(rig)) == RestoreResult()
    assert contents(rig.source) == {"a": b"first"}


def test_it_can_be_stopped(rig: Rig) -> None:
    for number in range(20):
        rig.write(f"{number:02}", f"{number}")
    run(rig)
    for number in range(19):
        (rig.source / f"{number:02}").unlink()
    run(rig)
    returned = undo(rig, newest(rig), should_stop=lambda: len(finished(rig)) == 6)
    assert (returned.asked, len(returned.restored), returned.reason) == (19, 5, "Stopped before the end")
    assert returned.is_cancelled


def test_an_undoing_that_is_stopped_in_a_large_file_changes_nothing_of_it_and_can_be_done_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1 << 20)
    rig.write("large", b"x" * (5 << 20))
    run(rig)
    rig.write("large", b"new")
    run(rig)
    key = newest(rig)
    told: list[Progress] = []
    meter = Meter(told.append, now=itertools.count().__next__)
    returned = undo(rig, key, meter=meter, should_stop=lambda: bool(told and told[-1].bytes_done))
    assert (returned.asked, returned.restored, returned.reason) == (1, (), "Stopped before the end")
    assert returned.is_cancelled
    assert contents(rig.source) == {"large": b"new"}
    assert told[0].bytes_total == 5 << 20
    assert undo(rig, key).restored == ("large",)
    assert contents(rig.source) == {"large": b"x" * (5 << 20)}


def test_a_source_that_cannot_be_written_is_told_path_by_path(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("a", "first")
    rig.write("b", "b")
    run(rig)
    rig.write("a", "second")
    run(rig)
    real = os.fsync

    def fail(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    returned = undo(rig, newest(rig))
    monkeypatch.setattr(os, "fsync", real)
    assert returned.failed == (("a", "No space left on device"),)
    assert contents(rig.source) == {"a": b"second", "b": b"b"}


@pytest.mark.parametrize("is_edited", [False, True])
def test_what_made_way_keeps_its_name_if_the_last_step_fails(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_edited: bool
) -> None:
    for version in ("first", "second", "third") if is_edited else ("first", "second"):
        rig.write("a", version)
        run(rig)
    key = rig.catalog.passlog.passes()[int(is_edited)].id
    calls = itertools.count()
    rename = folder_class().rename_at

    def fail(*arguments: object, **_options: object) -> None:
        # After what is there was set aside; where it is replaced there is but this step.
        if next(calls) == int(is_edited):
            raise OSError(5, "Input/output error")
        rename(*arguments)

    before = read_tree(rig.source)
    monkeypatch.setattr(folder_class(), "rename_at", fail)
    monkeypatch.setattr(folder_class(), "replace_at", fail)
    returned = undo(rig, key)
    assert [path for path, _ in returned.failed] == ["a"]
    assert next(calls) == (3 if is_edited else 1)
    assert read_tree(rig.source) == before


def test_a_deleted_folder_in_whose_place_is_a_file_is_left_alone(rig: Rig) -> None:
    rig.write("folder/a", "1")
    rig.write("stays", "x")
    run(rig)
    shutil.rmtree(rig.source / "folder")
    run(rig)
    key = newest(rig)
    rig.write("folder", "a file")
    returned = undo(rig, key)
    assert [path for path, _ in returned.skipped] == ["folder"]
    assert [path for path, _ in returned.failed] == ["folder/a"]
    assert (rig.source / "folder").read_text() == "a file"


def test_the_mirror_has_to_be_there(rig: Rig) -> None:
    rig.write("a", "1")
    run(rig)
    rig.write("a", "2 ")
    run(rig)
    rig.mirror.rename(rig.root / "away")
    before = {*os.listdir(rig.root)}
    with pytest.raises(RootAbsentError):
        undo(rig, newest(rig))
    assert contents(rig.source) == {"a": b"2 "}
    assert {*os.listdir(rig.root)} == before


def test_what_is_set_aside_in_the_same_second_gets_another_name(rig: Rig) -> None:
    for version in ("first", "second"):
        rig.write("a", version)
        run(rig)
    key = newest(rig)
    for version in ("edited", "edited again"):
        rig.write("a", version)
        undo(rig, key)
    assert everything(rig) == {b"first", b"edited", b"edited again"}
    assert set(contents(rig.source)) == {"a", f"a {BESIDE}", f"a {BESIDE[:-1]}, 2)"}


def test_a_mirror_that_cannot_be_opened_leaves_no_descriptor(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("first", "second"):
        rig.write("a", version)
        run(rig)

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("backup_gui.engine.restore.put_back.RestoreWriter", fail)
    with pytest.raises(OSError, match="Permission denied"):
        undo(rig, newest(rig))
    assert contents(rig.source) == {"a": b"second"}
