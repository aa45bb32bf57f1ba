"""What is held is put back into the source: never over anything, each file compared, each path accounted for."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from datetime import datetime

import pytest

from backup_gui.engine.fs import content as transfer
from backup_gui.engine.fs.content import Shortened, never
from backup_gui.engine.restore.held import put_back_held
from backup_gui.engine.restore.put_back import marked, name_beside
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import Held, HeldCode, PassStatus, Phase, Progress
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode
from backup_gui.model.restores import RestoreResult
from tests.helpers.rig import HOSTILE_NAMES, Rig
from tests.helpers.trees import contents, read_tree

AT = datetime(2026, 11, 22, 21, 6, 5)  # noqa: DTZ001 - the user's own time
BESIDE = "(from the backup 2026-11-22 21.06.05)"


def fill(rig: Rig, count: int = 60) -> None:
    for number in range(count):
        rig.write(f"docs/{number:03}.txt", f"original {number}")


def hold(rig: Rig) -> Held:
    held = rig.run().held
    assert held is not None
    return held


def finished(rig: Rig) -> list[str]:
    return [path for path in contents(rig.source) if not is_temporary(os.path.basename(path))]


def bring(rig: Rig, held: Held, **options: object) -> RestoreResult:
    arguments: dict[str, object] = {"meter": Meter(lambda _: None), "should_stop": never, "at": AT, **options}
    return put_back_held(rig.job, rig.catalog, held, **arguments)  # type: ignore[arg-type]


def test_a_folder_that_went_comes_back_as_it_was(rig: Rig) -> None:
    fill(rig)
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(f"docs/deep/{name}", f"hostile {number}")
    (rig.source / "docs/empty").mkdir()
    (rig.source / "docs/empty").chmod(0o750)
    (rig.source / "docs/link").symlink_to("nowhere")
    rig.write("docs/script", "run").chmod(0o755)
    rig.write("stays")
    rig.run()
    before = read_tree(rig.source)
    shutil.rmtree(rig.source / "docs")
    held = hold(rig)
    returned = bring(rig, held)
    assert read_tree(rig.source) == before
    assert (returned.asked, len(returned.restored)) == (len(held.actions), len(held.actions))
    assert (returned.beside, returned.skipped, returned.failed, returned.reason) == ((), (), (), "")
    report = rig.run()
    assert (report.status, report.counts.created, report.counts.replaced) == (PassStatus.COMPLETE, 0, 0)
    rig.check_in_step()


def test_nothing_is_written_over(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = hold(rig)
    rig.write("docs/000.txt", "written meanwhile")
    (rig.source / "docs/001.txt").mkdir()
    (rig.source / "docs/002.txt").symlink_to("000.txt")
    returned = bring(rig, held)
    assert (rig.source / "docs/000.txt").read_text() == "written meanwhile"
    assert {path for path, _ in returned.skipped} == {"docs/000.txt", "docs/001.txt", "docs/002.txt"}
    assert len(contents(rig.source)) == 58


def test_a_replaced_file_comes_to_lie_beside_the_new_one(rig: Rig) -> None:
    fill(rig)
    rig.run()
    for number in range(60):
        rig.write(f"docs/{number:03}.txt", f"encrypted {number}")
    held = hold(rig)
    returned = bring(rig, held)
    found = contents(rig.source)
    assert found["docs/007.txt"] == b"encrypted 7"
    assert found[f"docs/007 {BESIDE}.txt"] == b"original 7"
    assert (len(found), len(returned.beside), returned.skipped) == (120, 60, ())
    assert ("docs/007.txt", f"docs/007 {BESIDE}.txt") in returned.beside
    # Again in the same second: nothing of the first time is written over.
    bring(rig, held)
    assert contents(rig.source)[f"docs/007 {BESIDE[:-1]}, 2).txt"] == b"original 7"


def test_a_folder_that_a_file_stands_for_comes_to_lie_beside_it(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    rig.write("docs", "a file now")
    returned = bring(rig, hold(rig))
    assert (rig.source / "docs").read_text() == "a file now"
    assert len(contents(rig.source / f"docs {BESIDE}")) == 60
    assert (returned.beside, returned.failed) == ((("docs", f"docs {BESIDE}"),), ())


def test_what_cannot_be_brought_back_is_named(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = hold(rig)
    (rig.mirror / "docs/000.txt").unlink()
    returned = bring(rig, held)
    assert [path for path, _ in returned.failed] == ["docs/000.txt"]
    assert len(returned.restored) == 60  # with the folder


def test_a_file_cut_off_while_it_is_put_back_is_named(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = hold(rig)
    real, calls = transfer.transfer, itertools.count()

    def cut_off(*arguments: object) -> None:
        if next(calls) == 7:
            raise Shortened
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("backup_gui.engine.restore.writer.transfer", cut_off)
    returned = bring(rig, held)
    assert returned.failed == (("docs/007.txt", Reason(ReasonCode.RETURN_CHANGED)),)
    assert (len(returned.restored), len(contents(rig.source))) == (60, 59)


def test_it_can_be_stopped(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    returned = bring(rig, hold(rig), should_stop=lambda: len(finished(rig)) == 9)
    assert (returned.asked, len(returned.restored), returned.reason) == (61, 10, "Stopped before the end")
    assert len(contents(rig.source)) == 9
    assert not [path for path in read_tree(rig.source) if is_temporary(os.path.basename(path))]


def test_a_large_file_is_stopped_in_its_middle_and_leaves_nothing_unfinished(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1 << 20)
    rig.write("a", "small")
    rig.write("large", b"x" * (5 << 20))
    rig.write("stays")
    rig.options.update(guard_count=1, guard_share=0.1)
    rig.run()
    for name in ("a", "large"):
        (rig.source / name).unlink()
    held = hold(rig)
    told: list[Progress] = []
    meter = Meter(told.append, now=itertools.count().__next__)
    returned = bring(rig, held, meter=meter, should_stop=lambda: bool(told and told[-1].bytes_done > 5))
    assert (returned.asked, returned.restored, returned.reason) == (2, ("a",), "Stopped before the end")
    assert contents(rig.source).keys() == {"a", "stays"}
    assert 5 < told[-1].bytes_done < 5 << 20
    assert bring(rig, held).restored == ("large",)
    rig.run()
    rig.check_in_step()


def test_it_tells_how_far_it_is_in_files_and_bytes(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1 << 20)
    fill(rig, 3)
    rig.write("docs/large", b"x" * (3 << 20))
    rig.options.update(guard_count=1, guard_share=0.1)
    rig.run()
    size_bytes = sum(map(len, contents(rig.source).values()))
    shutil.rmtree(rig.source / "docs")
    told: list[Progress] = []
    bring(rig, hold(rig), meter=Meter(told.append, now=itertools.count().__next__))
    assert {progress.phase for progress in told} == {Phase.RETURNING}
    assert {(progress.files_total, progress.bytes_total) for progress in told} == {(5, size_bytes)}
    done = [(progress.files_done, progress.bytes_done) for progress in told]
    assert done == sorted(done)
    assert (done[0], done[-1]) == ((0, 0), (5, size_bytes))
    # In the middle of a large file, too.
    assert "docs/large" in {progress.path for progress in told if progress.files_done == 4}


def test_a_file_that_grows_meanwhile_does_not_count_more_than_all(rig: Rig) -> None:
    told: list[Progress] = []
    meter = Meter(told.append, now=itertools.count().__next__)
    meter.begin(Phase.RETURNING, 1, 10)
    meter.begin_path("a", 10)
    meter.add_bytes_of_path(8)
    meter.add_bytes_of_path(8)
    meter.end_path()
    assert (told[-1].files_done, told[-1].bytes_done) == (1, 10)


def test_nothing_is_done_while_a_folder_is_away(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "docs")
    held = hold(rig)
    for root in (rig.source, rig.mirror):
        root.rename(rig.root / "away")
        with pytest.raises(RootAbsentError, match="not there"):
            bring(rig, held)
        assert not root.exists()
        (rig.root / "away").rename(root)
    rig.catalog.remember("source", "1 another volume")
    with pytest.raises(RootAbsentError, match="drive of the source"):
        bring(rig, held)
    assert contents(rig.source) == {}


@pytest.mark.posix("modes and owners")
def test_a_folder_that_has_to_be_made_is_like_the_one_that_it_is_in(rig: Rig) -> None:
    rig.write("docs/deep/er/file", "original")
    rig.run()
    (rig.source / "docs").chmod(0o2770)
    os.chown(rig.source / "docs", 1234, 1235) if os.geteuid() == 0 else None
    shutil.rmtree(rig.source / "docs/deep")
    held = rig.run(is_dry_run=True).held
    assert held is None
    from backup_gui.model.entries import EntryKind
    from backup_gui.model.plans import NO_COUNTS, Action, Op

    only_file = (Action(Op.DELETE, "docs/deep/er/file", EntryKind.FILE),)
    returned = bring(rig, Held(HeldCode.MASS_CHANGE, NO_REASON, NO_COUNTS, 1, only_file))
    assert returned.restored == ("docs/deep/er/file",)
    like = (rig.source / "docs").stat()
    for folder in ("docs/deep", "docs/deep/er"):
        made = (rig.source / folder).stat()
        assert (stat.S_IMODE(made.st_mode), made.st_uid, made.st_gid) == (0o2770, like.st_uid, like.st_gid)


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "x" * 200 + "." + "y" * 54, "ü" * 127 + "x", "a." + "b" * 30])
def test_names_beside_are_possible_and_keep_their_extension(name: str) -> None:
    beside = name_beside(f"folder/{name}", marked("from the backup", AT), 12)
    assert beside.startswith("folder/")
    assert len(os.fsencode(beside.removeprefix("folder/"))) <= 255
    assert "(from the backup 2026-11-22 21.06.05, 12)" in beside
    if name.endswith((".txt", ".odt")):
        assert os.path.splitext(beside)[1] == os.path.splitext(name)[1]
