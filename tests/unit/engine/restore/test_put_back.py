"""Files are brought back into a folder in use: never over what is there unless told to, and never unseen."""

from __future__ import annotations

import errno
import itertools
import os
from typing import Any

import pytest

from backup_gui.engine.fs.content import BLOCK_BYTES, Shortened, TargetError, transfer
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.restore import put_back as putback
from backup_gui.engine.restore import writer as restoring
from backup_gui.engine.restore.put_back import CODES, RestoreOptions, name_beside, put_back
from backup_gui.engine.restore.writer import RestoreWriter
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.plans import ProblemCode, Progress
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Piece, Policy, RestoreResult
from tests.helpers.rig import Rig, as_nobody
from tests.helpers.trees import contents, read_tree

MARK = "restored 2026-11-22 14.02"


def pieces(rig: Rig, *paths: str) -> list[Piece]:
    """Pieces from the history's folder, whatever their names."""
    return [
        Piece(str(rig.history), path, path, (rig.history / path).lstat().st_size, (rig.history / path).is_dir())
        for path in paths
    ]


def bring(rig: Rig, *paths: str, policy: Policy = Policy.KEEP_BOTH, **options: Any) -> RestoreResult:
    rig.source.mkdir(exist_ok=True)
    options.setdefault("backup", str(rig.mirror))
    return put_back(pieces(rig, *paths), str(rig.source), RestoreOptions(policy, mark=MARK, **options))


@pytest.mark.parametrize(
    ("path", "number", "expected"),
    [
        ("docs/report.odt", 1, f"docs/report ({MARK}).odt"),
        ("report", 2, f"report ({MARK}, 2)"),
        (".profile", 1, f".profile ({MARK})"),
        ("archive.tar.gz", 1, f"archive.tar ({MARK}).gz"),
    ],
)
def test_what_is_kept_beside_says_so_in_its_name(path: str, number: int, expected: str) -> None:
    assert name_beside(path, MARK, number) == expected


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 120 + ".text", "a." + "s" * 250, "\udcff" * 255])
def test_a_name_beside_is_never_too_long(name: str) -> None:
    beside = name_beside("x/" + name, MARK, 999)
    assert len(os.fsencode(beside.removeprefix("x/"))) <= 255
    assert MARK in beside


def test_what_is_not_there_comes_back_as_it_was(rig: Rig) -> None:
    rig.write_at(rig.history / "docs" / "a", "1").chmod(0o640)
    (rig.history / "docs" / "link").symlink_to("a")
    result = bring(rig, "docs", "docs/a", "docs/link")
    assert result == RestoreResult(asked=2, restored=("docs/a", "docs/link"))
    assert read_tree(rig.source) == read_tree(rig.history)


def test_both_are_kept_where_something_else_is(rig: Rig) -> None:
    rig.write("docs/report.odt", "mine")
    rig.write_at(rig.history / "docs" / "report.odt", "old")
    beside = f"docs/report ({MARK}).odt"
    result = bring(rig, "docs/report.odt")
    assert result == RestoreResult(asked=1, restored=(beside,), beside=(("docs/report.odt", beside),))
    assert contents(rig.source) == {"docs/report.odt": b"mine", beside: b"old"}
    rig.write("docs/report.odt", "newer")
    rig.write_at(rig.source / beside, "edited")
    second = f"docs/report ({MARK}, 2).odt"
    assert bring(rig, "docs/report.odt").restored == (second,)
    assert contents(rig.source) == {"docs/report.odt": b"newer", beside: b"edited", second: b"old"}


def test_what_is_there_already_is_left_alone(rig: Rig) -> None:
    mine = rig.write("a", "same")
    rig.write_at(rig.history / "a", "same")
    for root in (rig.source, rig.history):
        (root / "link").symlink_to("a")
    before = read_tree(rig.source), mine.stat().st_ctime_ns
    assert bring(rig, "a", "link", policy=Policy.REPLACE) == RestoreResult(asked=2, present=("a", "link"))
    assert (read_tree(rig.source), mine.stat().st_ctime_ns) == before


def test_a_replaced_file_goes_to_the_history_with_the_next_pass(rig: Rig) -> None:
    rig.write("docs/a", "first")
    rig.run()
    rig.write("docs/a", "second")
    rig.run()
    with Snapshot(str(rig.mirror), str(rig.history)) as past:
        wanted = past.pieces(past.versions("docs/a")[1:], None, keeps_folders=True).pieces
    result = put_back(wanted, str(rig.source), RestoreOptions(Policy.REPLACE, mark=MARK, backup=str(rig.mirror)))
    assert result == RestoreResult(asked=1, restored=("docs/a",), replaced=("docs/a",))
    assert contents(rig.source) == {"docs/a": b"first"}
    rig.run()
    assert contents(rig.mirror) == {"docs/a": b"first"}
    assert sorted(contents(rig.history).values()) == [b"first", b"second"]


def test_nothing_is_replaced_that_the_backup_does_not_have(rig: Rig) -> None:
    rig.write("a", "backed up")
    rig.run()
    rig.write("a", "not backed up yet")
    rig.write("b", "never backed up")
    rig.write_at(rig.history / "a", "old a")
    rig.write_at(rig.history / "b", "old b")
    result = bring(rig, "a", "b", policy=Policy.REPLACE)
    assert result.replaced == ()
    assert contents(rig.source) == {
        "a": b"not backed up yet",
        "b": b"never backed up",
        f"a ({MARK})": b"old a",
        f"b ({MARK})": b"old b",
    }
    rig.write("a", "backed up")
    assert bring(rig, "a", policy=Policy.REPLACE, backup=None).replaced == ()


def test_a_file_edited_at_the_last_moment_is_not_replaced(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = rig.write("a", "backed up")
    rig.run()
    rig.write_at(rig.history / "a", "old")
    real = transfer

    def edit(*arguments: Any) -> None:
        real(*arguments)
        if mine.read_text() == "backed up":
            mine.write_text("edited!!!")

    monkeypatch.setattr(restoring, "transfer", edit)
    result = bring(rig, "a", policy=Policy.REPLACE)
    assert result.beside == (("a", f"a ({MARK})"),)
    assert contents(rig.source) == {"a": b"edited!!!", f"a ({MARK})": b"old"}


def test_a_folder_is_never_replaced_by_a_file(rig: Rig) -> None:
    rig.write("a/b", "mine")
    rig.write_at(rig.history / "a", "a file")
    assert bring(rig, "a", policy=Policy.REPLACE).restored == (f"a ({MARK})",)
    assert contents(rig.source) == {"a/b": b"mine", f"a ({MARK})": b"a file"}


def test_a_file_where_a_folder_should_be_is_told(rig: Rig) -> None:
    rig.write("docs", "a file")
    rig.write_at(rig.history / "docs" / "a", "1")
    assert bring(rig, "docs", "docs/a").failed == (
        ("docs", Reason(ReasonCode.RETURN_IN_THE_WAY)),
        ("docs/a", Reason(ReasonCode.RETURN_IN_THE_WAY)),
    )
    assert contents(rig.source) == {"docs": b"a file"}


def test_nothing_is_written_through_a_link(rig: Rig) -> None:
    outside = rig.root / "outside"
    outside.mkdir()
    rig.source.mkdir(exist_ok=True)
    (rig.source / "docs").symlink_to(outside)
    (outside / "a").write_text("safe")
    (rig.source / "a").symlink_to(outside / "a")
    rig.write_at(rig.history / "docs" / "b", "1")
    rig.write_at(rig.history / "a", "1")
    for policy in Policy:
        result = bring(rig, "docs/b", "a", policy=policy)
        assert result.failed == (("docs/b", Reason(ReasonCode.RETURN_IN_THE_WAY)),)
    assert contents(outside) == {"a": b"safe"}


def test_a_link_is_replaced_itself(rig: Rig) -> None:
    rig.write("kept", "1")
    (rig.source / "a").symlink_to("kept")
    rig.run()
    rig.write_at(rig.history / "a", "old")
    assert bring(rig, "a", policy=Policy.REPLACE).replaced == ("a",)
    assert contents(rig.source) == {"kept": b"1", "a": b"old"}


def test_something_that_appears_meanwhile_is_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.history / "a", "old")
    rig.write("a", "appeared")
    real = RestoreWriter.look
    looks = []

    def miss_first(self: RestoreWriter, wanted: str) -> os.stat_result | None:
        looks.append(wanted)
        return None if len(looks) == 1 else real(self, wanted)

    monkeypatch.setattr(RestoreWriter, "look", miss_first)
    assert bring(rig, "a").beside == (("a", f"a ({MARK})"),)
    looks.clear()

    def miss_all(self: RestoreWriter, wanted: str) -> None:
        looks.append(wanted)

    monkeypatch.setattr(RestoreWriter, "look", miss_all)
    assert bring(rig, "a").beside == (("a", f"a ({MARK}, 2)"),)
    assert contents(rig.source)["a"] == b"appeared"
    monkeypatch.setattr(putback, "_MOST_NAMES", 2)
    assert bring(rig, "a").failed == (("a", Reason(ProblemCode.OTHER)),)


def test_a_folder_that_is_not_there_is_made_only_on_wish(rig: Rig) -> None:
    rig.write_at(rig.history / "a", "1")
    to = rig.root / "new" / "folder"
    with pytest.raises(FileNotFoundError):
        put_back(pieces(rig, "a"), str(to), RestoreOptions(Policy.KEEP_BOTH, mark=MARK))
    assert not to.parent.exists()
    assert put_back(
        pieces(rig, "a"), str(to), RestoreOptions(Policy.KEEP_BOTH, mark=MARK, makes_folder=True)
    ).restored == ("a",)


def test_what_is_gone_from_the_backup_is_told_and_the_rest_comes_back(rig: Rig) -> None:
    rig.write_at(rig.history / "a", "1")
    rig.write_at(rig.history / "b", "2")
    wanted = pieces(rig, "a", "b")
    (rig.history / "a").unlink()
    rig.source.mkdir(exist_ok=True)
    result = put_back(wanted, str(rig.source), RestoreOptions(Policy.KEEP_BOTH, mark=MARK))
    assert (result.asked, result.restored, result.failed) == (2, ("b",), (("a", Reason(ReasonCode.RETURN_CHANGED)),))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "x"), Reason(CODES[ProblemCode.NO_SPACE])),
        (OSError(errno.EIO, "x"), Reason(CODES[ProblemCode.READ_ERROR])),
        (TargetError(errno.EIO, "x"), Reason(CODES[ProblemCode.WRITE_ERROR])),
        (TargetError(errno.EACCES, "x"), Reason(CODES[ProblemCode.NO_WRITE_PERMISSION])),
        (restoring.CopyDiffersError(), Reason(CODES[ProblemCode.WRITE_ERROR])),
        (OSError(errno.ENOTCONN + 1000, "x"), Reason(ProblemCode.OTHER)),
        (Shortened(), Reason(ReasonCode.RETURN_CHANGED)),
    ],
)
def test_the_reason_of_a_failure_is_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    rig.write_at(rig.history / "a", "1")

    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(restoring, "transfer", fail)
    assert bring(rig, "a").failed == (("a", reason),)
    assert contents(rig.source) == {}


def test_a_folder_without_permission_is_told(rig: Rig) -> None:
    for path in ("closed/a", "closed/new/a"):
        rig.write_at(rig.history / path, "1")
    (rig.history / "closed" / "link").symlink_to("a")
    rig.source.mkdir(exist_ok=True)
    rig.source.chmod(0o755)
    (rig.source / "closed").mkdir(mode=0o500)
    with as_nobody(rig.root):
        (rig.source / "closed").chmod(0o500)
        result = bring(rig, "closed/a", "closed/link", "closed/new/a")
    assert {reason for _, reason in result.failed} == {Reason(CODES[ProblemCode.NO_WRITE_PERMISSION])}
    assert len(result.failed) == 3


def test_a_file_that_cannot_be_read_is_kept(rig: Rig) -> None:
    rig.write("a", "same").chmod(0)
    rig.write_at(rig.history / "a", "same")
    with as_nobody(rig.root):
        assert bring(rig, "a", policy=Policy.REPLACE).restored == (f"a ({MARK})",)


def test_progress_is_told_also_within_large_files(rig: Rig) -> None:
    size_bytes = 2 * BLOCK_BYTES + 1
    rig.write_at(rig.history / "large", b"x" * size_bytes)
    rig.write_at(rig.history / "small", b"y" * 10)
    told: list[Progress] = []
    bring(rig, "large", "small", meter=Meter(told.append, now=itertools.count().__next__))
    steps = [(step.files_done, step.bytes_done, step.path) for step in told]
    assert {(step.files_total, step.bytes_total) for step in told} == {(2, size_bytes + 10)}
    assert steps[0] == (0, 0, "")
    assert (0, BLOCK_BYTES, "large") in steps
    assert (2, size_bytes + 10, "small") in steps
    assert [step.bytes_done for step in told] == sorted(step.bytes_done for step in told)


@pytest.mark.parametrize("after", range(8))
def test_a_restore_given_up_leaves_only_whole_files(rig: Rig, after: int) -> None:
    rig.write_at(rig.history / "a", b"x" * (BLOCK_BYTES + 1))
    rig.write_at(rig.history / "b", b"y" * (BLOCK_BYTES + 1))
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    result = bring(rig, "a", "b", should_stop=stop)
    assert result.is_cancelled
    assert contents(rig.source).keys() == set(result.restored)


def test_comparing_can_be_given_up(rig: Rig) -> None:
    for root in (rig.source, rig.history):
        rig.write_at(root / "a", b"x" * (3 << 20))
    answers = iter((False, False, True))
    assert bring(rig, "a", should_stop=lambda: next(answers)) == RestoreResult(
        asked=1, is_cancelled=True, reason=Reason(ReasonCode.RETURN_STOPPED)
    )


def test_a_job_that_runs_afterwards_has_nothing_but_what_was_put_back(rig: Rig) -> None:
    rig.write("a", "1")
    rig.write("docs/b", "2")
    rig.run()
    (rig.source / "docs" / "b").unlink()
    (rig.source / "docs").rmdir()
    rig.run()
    with Snapshot(str(rig.mirror), str(rig.history)) as past:
        wanted = past.pieces(past.folder("", None, shows_gone=True)[:1], None, keeps_folders=True).pieces
    put_back(wanted, str(rig.source), RestoreOptions(Policy.KEEP_BOTH, mark=MARK))
    rig.run()
    assert contents(rig.mirror) == contents(rig.source) == {"a": b"1", "docs/b": b"2"}
