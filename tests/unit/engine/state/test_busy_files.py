"""Files that are written again and again: one version a minute, and a copy as they are where they never stand still."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs import content as transfer_module
from backup_gui.engine.fs.content import never
from backup_gui.engine.restore.undo import undo_pass
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.rules.retention import DAY_S, HOUR_S
from backup_gui.engine.state.busy_files import KEEP_EVERY_S, PATIENCE_S
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import Entry
from backup_gui.model.plans import FULL, PassStatus, ProblemCode, Report, Scope, Stage
from backup_gui.model.reasons import Code
from tests.helpers.rig import Rig, paths
from tests.helpers.trees import contents

NOW_S = 20_000 * DAY_S + 12 * HOUR_S
BUSY = "mail/inbox.mbox"


class Desk:
    """A job on a computer that runs all the time.

    Attributes:
        rig: The job.
        passed_s: How much time has passed.
        writing: What is written to the busy file each time that it has been read.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.passed_s = 0.0
        self.writing = b""

    def run(self, after_s: float = 10.0, scope: Scope = FULL) -> Report:
        self.passed_s += after_s
        return self.rig.run(scope, now=lambda: NOW_S + self.passed_s, uptime=lambda: DAY_S + self.passed_s)

    def problems(self, report: Report) -> list[tuple[str, Code]]:
        return [(problem.path, problem.code) for problem in report.problems]

    def append(self) -> None:
        """Write to the busy file, as long as it is being written to."""
        if self.writing:
            with (self.rig.source / BUSY).open("ab") as file:
                file.write(self.writing)


@pytest.fixture
def desk(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(rig)
    real = transfer_module.transfer

    def transfer(
        fd: int, out: int, before: Entry, on_bytes: Callable[[int], None], should_stop: Callable[[], bool]
    ) -> None:
        real(fd, out, before, on_bytes, should_stop)
        if (rig.source / BUSY).exists() and before.st_ino == (rig.source / BUSY).stat().st_ino:
            made.append()

    monkeypatch.setattr(transfer_module, "transfer", transfer)
    rig.write(BUSY, "0")
    rig.write("calm", "calm")
    made.run()
    return made


# One version a minute


@pytest.mark.hazard(56)
def test_more_than_one_version_a_minute_is_not_kept_and_the_content_is_always_the_current_one(desk: Desk) -> None:
    rig = desk.rig
    for number in range(1, 19):
        rig.write(BUSY, str(number))
        assert desk.run(scope=paths(BUSY) if number % 2 else FULL).status is PassStatus.COMPLETE
        assert (rig.mirror / BUSY).read_text() == str(number)
    # Of three minutes: what each of them began with.
    assert sorted(map(int, rig.kept_contents())) == [0, 6, 12]


@pytest.mark.hazard(56)
def test_the_minute_outlives_the_program_and_a_lost_catalog_keeps_one_more(desk: Desk) -> None:
    rig = desk.rig
    file = rig.root / "job.sqlite"
    rig.catalog.close()
    rig.catalog = JobDatabase.open(file)
    for number in range(1, 4):
        rig.write(BUSY, str(number))
        desk.run()
        rig.catalog.close()
        rig.catalog = JobDatabase.open(file)
    assert sorted(map(int, rig.kept_contents())) == [0]
    rig.forget_everything()
    desk.run()
    rig.write(BUSY, "4")
    desk.run()
    assert sorted(map(int, rig.kept_contents())) == [0, 3]


@pytest.mark.hazard(43, 56)
@pytest.mark.parametrize("keeps_size", [True, False])
def test_what_a_stranger_writes_in_the_mirror_is_kept_within_the_minute_too(desk: Desk, *, keeps_size: bool) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.run()
    rig.write_at(rig.mirror / BUSY, "s" if keeps_size else "stranger's")
    rig.write(BUSY, "2")
    desk.run()
    assert rig.kept_contents() == sorted([b"0", b"s" if keeps_size else b"stranger's"])


@pytest.mark.hazard(56)
def test_the_last_content_of_what_is_deleted_is_kept_within_the_minute_too(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.run()
    (rig.source / BUSY).unlink()
    desk.run()
    assert rig.kept_contents() == [b"0", b"1"]


@pytest.mark.hazard(56)
def test_what_an_undone_pass_had_brought_is_kept_within_the_minute_too(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.run()
    key = rig.catalog.passlog.passes()[0].id
    undo_pass(rig.job, rig.catalog, key, meter=Meter(lambda _: None), should_stop=never)
    assert contents(rig.source)[BUSY] == b"0"
    desk.run()
    assert contents(rig.mirror)[BUSY] == b"0"
    assert rig.kept_contents() == [b"0", b"1"]


@pytest.mark.hazard(56)
@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES])
def test_a_history_without_room_does_not_keep_current_content_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int, *, is_own: bool
) -> None:
    rig = desk.rig
    rig.write(BUSY, "busy")
    desk.run()
    rig.write(BUSY, "1")
    if not is_own:
        rig.write_at(rig.mirror / BUSY, "stranger's")
    before = (rig.mirror / BUSY).read_text()

    def refuse(_target: LocalDestination, path: str, *_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr(HistoryWriter, "keep", refuse)
    report = desk.run(100)
    goes_on = is_own and code != errno.EACCES
    assert (rig.mirror / BUSY).read_text() == ("1" if goes_on else before)
    assert [problem.path for problem in report.problems] == [BUSY]
    assert (report.problems[0].stage is Stage.HISTORY) is goes_on


@pytest.mark.hazard(56)
def test_the_first_version_of_an_hour_is_never_replaced_unkept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")

    def refuse(_target: LocalDestination, path: str, *_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    with monkeypatch.context() as patched:
        patched.setattr(HistoryWriter, "keep", refuse)
        assert desk.problems(desk.run()) == [(BUSY, ProblemCode.NO_SPACE)]
    assert (rig.mirror / BUSY).read_text() == "0"
    desk.run()
    rig.write(BUSY, "2")
    monkeypatch.setattr(HistoryWriter, "keep", refuse)
    desk.run(HOUR_S)
    assert (rig.mirror / BUSY).read_text() == "1"


@pytest.mark.hazard(56)
def test_while_something_is_held_what_cannot_be_kept_is_not_replaced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = desk.rig
    for number in range(20):
        rig.write(f"f{number}", "f")
    rig.write(BUSY, "busy")
    desk.run()
    rig.options |= {"guard_count": 2, "guard_share": 0.2}
    for number in range(20):
        (rig.source / f"f{number}").unlink()
    assert desk.run().held is not None
    rig.write(BUSY, "1")

    def refuse(_target: LocalDestination, path: str, *_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setattr(HistoryWriter, "keep", refuse)
    desk.run(100, scope=paths(BUSY))
    assert (rig.mirror / BUSY).read_text() == "busy"


# Files that never stand still


@pytest.mark.hazard(39, 56)
def test_a_file_that_has_not_stood_still_for_ten_minutes_is_copied_as_it_is_and_told(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.writing = b"+"
    assert desk.problems(desk.run()) == [(BUSY, ProblemCode.KEEPS_CHANGING)]
    assert (rig.mirror / BUSY).read_text() == "0"
    assert desk.problems(desk.run(PATIENCE_S - 20)) == [(BUSY, ProblemCode.KEEPS_CHANGING)]
    report = desk.run(20)
    assert report.status is PassStatus.PROBLEMS
    assert desk.problems(report) == [(BUSY, ProblemCode.COPIED_IN_USE)]
    assert (rig.mirror / BUSY).read_text().startswith("1+")
    assert rig.kept_contents() == [b"0"]
    # It goes on being followed, without more patience.
    before = (rig.mirror / BUSY).read_text()
    assert desk.problems(desk.run()) == [(BUSY, ProblemCode.COPIED_IN_USE)]
    assert len((rig.mirror / BUSY).read_text()) > len(before)
    # And is an ordinary file again when it stands still.
    desk.writing = b""
    assert desk.run().status is PassStatus.COMPLETE
    assert contents(rig.mirror) == contents(rig.source)
    desk.writing = b"+"
    desk.append()
    assert desk.problems(desk.run()) == [(BUSY, ProblemCode.KEEPS_CHANGING)]


@pytest.mark.hazard(56)
def test_a_single_pass_knows_of_the_tries_of_earlier_ones(desk: Desk) -> None:
    rig = desk.rig
    file = rig.root / "job.sqlite"
    rig.catalog.close()
    rig.catalog = JobDatabase.open(file)
    rig.write(BUSY, "1")
    desk.writing = b"+"
    desk.run()
    for minutes, code in ((4, ProblemCode.KEEPS_CHANGING), (30, ProblemCode.COPIED_IN_USE)):
        rig.catalog.close()
        rig.catalog = JobDatabase.open(file)
        assert desk.problems(desk.run(minutes * 60)) == [(BUSY, code)]


@pytest.mark.hazard(56)
@pytest.mark.parametrize("keeps_history", [True, False])
def test_a_file_that_the_backup_does_not_have_at_all_is_copied_as_it_is_too(desk: Desk, *, keeps_history: bool) -> None:
    rig = desk.rig
    rig.options["keeps_history"] = keeps_history
    (rig.source / BUSY).unlink()
    desk.run()
    rig.write(BUSY, "new")
    desk.writing = b"+"
    desk.run()
    assert not (rig.mirror / BUSY).exists()
    assert desk.problems(desk.run(PATIENCE_S)) == [(BUSY, ProblemCode.COPIED_IN_USE)]
    assert (rig.mirror / BUSY).exists()


@pytest.mark.hazard(56)
def test_the_last_whole_version_outlives_the_torn_ones_and_every_limit(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "whole")
    desk.run(HOUR_S)
    rig.write(BUSY, "whole too")
    desk.writing = b"+"
    # Within a minute after another version went: kept all the same.
    rig.write("calm", "1")
    desk.run(PATIENCE_S)
    desk.run(PATIENCE_S)
    assert b"whole" in rig.kept_contents()
    rig.options |= {"history_days": 1, "history_max_bytes": 1}
    for _ in range(20):
        desk.run(12 * HOUR_S)
        assert b"whole" in rig.kept_contents()
    # There is one again, so it is a version like any other.
    desk.writing = b""
    desk.run()
    desk.run(2 * DAY_S)
    assert b"whole" not in rig.kept_contents()


@pytest.mark.hazard(56)
def test_the_last_whole_version_is_kept_though_one_was_kept_within_the_minute(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.writing = b"+"
    desk.run()
    # It stands still once, and the version before is kept; then it does not, for long, and at once.
    desk.writing = b""
    desk.run(PATIENCE_S)
    desk.writing = b"+"
    desk.append()
    rig.catalog.busy.note_restless(BUSY)
    rig.catalog.busy._write(BUSY, rig.catalog.busy._known[BUSY]._replace(since_s=NOW_S - HOUR_S))
    whole = (rig.mirror / BUSY).read_bytes()
    assert desk.problems(desk.run()) == [(BUSY, ProblemCode.COPIED_IN_USE)]
    assert rig.kept_contents() == sorted([b"0", whole])


@pytest.mark.hazard(56)
def test_a_file_that_is_gone_while_it_is_copied_as_it_is_leaves_nothing(desk: Desk) -> None:
    rig = desk.rig
    rig.write(BUSY, "1")
    desk.writing = b"+"
    desk.run()
    moved: list[Path] = []

    def remove() -> None:
        moved.append((rig.source / BUSY).rename(rig.source / "elsewhere"))

    desk.append = remove  # type: ignore[method-assign]
    report = desk.run(PATIENCE_S)
    assert moved
    assert report.problems == ()
    desk.append = lambda: None  # type: ignore[method-assign]
    assert desk.run().status is PassStatus.COMPLETE
    assert contents(rig.mirror) == contents(rig.source)


def test_what_was_kept_lately_is_remembered_for_a_minute_only_and_not_from_the_future() -> None:
    catalog = JobDatabase.in_memory()
    busy = catalog.busy
    busy.begin(lambda: NOW_S)
    busy.note_kept("a", NOW_S)
    busy.note_kept("future", NOW_S + 1)
    assert busy.was_kept_lately("a", NOW_S + KEEP_EVERY_S - 1)
    assert not busy.was_kept_lately("a", NOW_S + KEEP_EVERY_S)
    assert not busy.was_kept_lately("a", NOW_S - 1)
    assert not busy.was_kept_lately("b", NOW_S)
    busy.begin(lambda: NOW_S)
    assert not busy.was_kept_lately("future", NOW_S + 1)
    assert busy.may_go_unkept("a", NOW_S + HOUR_S - 1)
    busy.begin(lambda: NOW_S + HOUR_S)
    assert not busy.may_go_unkept("a", NOW_S + 1)
    catalog.forget_mirror()
    assert not busy.was_kept_lately("a", NOW_S)
    catalog.close()
