"""What the user decides, through the loop: on real folders, with the runner as it runs behind window and terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backup_gui.engine.roots.roots import DRIVES_KEY
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import (
    BackUpNow,
    Command,
    Event,
    FilesReturned,
    ForgetDrive,
    GiveUp,
    HeldBack,
    KeepHeld,
    Pause,
    PutBack,
    ReleaseKept,
    ReportMade,
    StatusChanged,
    Stop,
    UndoPass,
)
from backup_gui.model.plans import Held, PassStatus, ProblemCode, Report
from backup_gui.model.reasons import Reason, ReasonCode, of_system
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState, Status
from tests.helpers.fake_clock import FakeClock
from tests.helpers.rig import Rig
from tests.helpers.trees import contents


class Session:
    """One run of a job without change notification, answered by commands at chosen moments."""

    def __init__(self, rig: Rig, data: Path) -> None:
        self.rig = rig
        self.data = data
        self.clock = FakeClock()
        self.commands = Mailbox()
        self.events: list[Event] = []

    def at(self, second: float, command: Command) -> None:
        self.clock.at(second, lambda: self.commands.put(command))

    def run(self, until_s: float = 30.0, *, is_once: bool = False) -> runner.RunOutcome:
        if not is_once:
            self.at(until_s, Stop())
        self.rig.options["uses_notification"] = False
        parts = runner.PARTS._replace(clock=self.clock)
        return runner.run(self.rig.job, self.commands, self._take, data_folder=self.data, is_once=is_once, parts=parts)

    def answer_held(self, kind: type[KeepHeld | PutBack]) -> None:
        self._answer = kind

    _answer: type[KeepHeld | PutBack] | None = None

    def _take(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, HeldBack) and self._answer is not None:
            self.commands.put(self._answer(event.held))
            self._answer = None

    @property
    def statuses(self) -> list[Status]:
        return [event.status for event in self.events if isinstance(event, StatusChanged)]

    @property
    def reports(self) -> list[Report]:
        return [event.report for event in self.events if isinstance(event, ReportMade)]

    @property
    def returned(self) -> list[RestoreResult]:
        return [event.returned for event in self.events if isinstance(event, FilesReturned)]

    @property
    def helds(self) -> list[Held]:
        return [event.held for event in self.events if isinstance(event, HeldBack)]


@pytest.fixture
def session(rig: Rig, tmp_path: Path) -> Session:
    for number in range(60):
        rig.write(f"docs/{number:03}", f"original {number}")
    rig.write("stays", "x")
    made = Session(rig, tmp_path)
    made.run(1)
    return Session(rig, tmp_path)


def catalog_of(session: Session) -> JobDatabase:
    return JobDatabase.open(session.data / "jobs" / "j.sqlite")


def lose(rig: Rig) -> None:
    shutil.rmtree(rig.source / "docs")


def test_kept_files_stay_and_the_job_is_green_with_their_number(rig: Rig, session: Session) -> None:
    lose(rig)
    session.answer_held(KeepHeld)
    session.run()
    assert JobState.HELD in {status.state for status in session.statuses}
    last = session.statuses[-1]
    assert (last.state, last.held, last.kept, last.problems) == (JobState.OK, None, 60, ())
    assert last.last_complete_at is not None
    assert len(session.helds) == 1
    assert len(contents(rig.mirror)) == 61
    again = Session(rig, session.data)
    again.run()
    assert (again.helds, again.statuses[-1].state, again.statuses[-1].kept) == ([], JobState.OK, 60)


def test_a_refused_replacement_is_not_green(rig: Rig, session: Session) -> None:
    for number in range(60):
        rig.write(f"docs/{number:03}", "encrypted")
    session.answer_held(KeepHeld)
    session.run()
    last = session.statuses[-1]
    assert (last.state, last.kept, len(last.problems)) == (JobState.ATTENTION, 60, 60)
    assert {problem.code for problem in last.problems} == {ProblemCode.KEPT}


def test_a_decision_that_is_taken_back_is_asked_again(rig: Rig, session: Session) -> None:
    lose(rig)
    session.answer_held(KeepHeld)
    session.at(12, ReleaseKept())
    session.run()
    assert len(session.helds) == 2
    last = session.statuses[-1]
    assert (last.state, last.kept) == (JobState.HELD, 0)


def test_files_put_back_end_the_hold(rig: Rig, session: Session) -> None:
    lose(rig)
    session.answer_held(PutBack)
    session.run()
    assert [len(returned.restored) for returned in session.returned] == [61]
    assert len(contents(rig.source)) == 61
    assert session.statuses[-1].state is JobState.OK
    rig.check_in_step()


def test_an_answer_works_in_a_pause_and_ends_with_a_check(rig: Rig, session: Session) -> None:
    lose(rig)
    session.answer_held(PutBack)
    session.at(0, Pause())
    session.at(0.1, BackUpNow())
    session.run()
    assert len(session.returned) == 1
    assert session.statuses[-1].state is JobState.PAUSED
    rig.check_in_step()


def test_an_answer_to_nothing_does_nothing_and_whoever_waits_for_files_is_told(rig: Rig, session: Session) -> None:
    rig.source.joinpath("docs").rename(rig.root / "away")
    first = Session(rig, session.data)
    first.run()
    (held,) = first.helds
    (rig.root / "away").rename(rig.source / "docs")
    session.at(3, KeepHeld(held))
    session.at(4, PutBack(held))
    session.run()
    assert session.returned == [RestoreResult(reason=Reason(ReasonCode.RETURN_NOT_HELD))]
    assert (session.statuses[-1].state, session.statuses[-1].kept) == (JobState.OK, 0)


def test_a_pass_is_undone_and_the_mirror_follows_without_a_question(rig: Rig, session: Session) -> None:
    for number in range(60):
        rig.write(f"docs/{number:03}", "spoiled")
    rig.options["allows_mass_delete"] = True
    Session(rig, session.data).run(1)
    rig.options["allows_mass_delete"] = False
    catalog = catalog_of(session)
    key = catalog.passlog.passes()[0].id
    catalog.close()
    session.at(2, UndoPass(key))
    session.run()
    (returned,) = session.returned
    assert (returned.asked, len(returned.restored), returned.beside) == (60, 60, ())
    assert session.helds == []
    assert session.statuses[-1].state is JobState.OK
    assert (rig.mirror / "docs/007").read_text() == "original 7"
    rig.check_in_step()


def test_an_undoing_is_told_of_when_it_is_not_possible(rig: Rig, session: Session) -> None:
    session.at(2, UndoPass(4_711))
    session.run()
    assert session.returned[0].reason.startswith("What this check did is not known")


def test_nothing_is_put_back_while_the_source_is_away_and_the_reason_is_told(rig: Rig, session: Session) -> None:
    session.clock.at(2, lambda: rig.source.rename(rig.root / "away"))
    session.at(2, UndoPass(1))
    session.run(4)
    assert session.returned == [RestoreResult(reason=Reason(ReasonCode.SOURCE_AWAY, path=str(rig.source)))]
    (rig.root / "away").rename(rig.source)


def test_a_source_that_cannot_be_opened_for_it_is_told(
    rig: Rig, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("backup_gui.engine.restore.undo.undo_pass", fail)
    session.at(2, UndoPass(1))
    session.run()
    assert session.returned == [RestoreResult(reason=of_system("Permission denied"))]
    assert session.statuses[-1].state is JobState.OK


def test_a_drive_that_is_gone_for_good_counts_as_deleted(rig: Rig, session: Session) -> None:
    catalog = catalog_of(session)
    catalog.remember(DRIVES_KEY, '["docs", "other"]')
    catalog.close()
    lose(rig)
    session.at(7, ForgetDrive("docs"))
    session.run()
    states = [status.state for status in session.statuses]
    assert states.index(JobState.ATTENTION) < states.index(JobState.HELD)
    before = next(status for status in session.statuses if status.state is JobState.ATTENTION)
    assert [problem.code for problem in before.problems] == [ProblemCode.DRIVE_AWAY]
    assert session.helds[0].counts.deleted == 60
    catalog = catalog_of(session)
    assert catalog.fact(DRIVES_KEY) == '["other"]'
    catalog.close()


def test_one_pass_is_followed_by_another_when_it_was_answered(rig: Rig, session: Session) -> None:
    lose(rig)
    session.answer_held(KeepHeld)
    outcome = session.run(is_once=True)
    assert outcome.report is not None
    assert (outcome.report.status, outcome.report.kept) == (PassStatus.COMPLETE, 60)
    assert [report.status for report in session.reports] == [PassStatus.HELD, PassStatus.COMPLETE]


def test_putting_back_is_given_up_and_the_job_goes_on(rig: Rig, session: Session) -> None:
    lose(rig)
    first = Session(rig, session.data)
    first.run()

    def put_three() -> None:
        for command in (PutBack(first.helds[0]), GiveUp(), PutBack(first.helds[0])):
            session.commands.put(command)

    session.clock.at(2, put_three)
    session.run()
    given_up, done = session.returned
    assert (given_up.asked, given_up.restored, given_up.reason) == (61, (), "Stopped before the end")
    assert (len(done.restored), done.reason) == (61, "")
    assert session.statuses[-1].state is JobState.OK
    rig.check_in_step()


def test_giving_up_ends_nothing_else(rig: Rig, session: Session) -> None:
    rig.write("new", "1")
    session.at(0, GiveUp())
    session.run(3)
    assert {report.status for report in session.reports} == {PassStatus.COMPLETE}
    rig.check_in_step()


def test_whoever_waits_for_files_is_told_that_the_program_cannot_read_its_own_data(session: Session) -> None:
    (session.data / "jobs").rename(session.data / "moved")
    (session.data / "jobs").write_text("in the way")
    session.commands.put(UndoPass(1))
    session.run(3)
    (returned,) = session.returned
    why = f"The program's own folder cannot be used (Not a directory): {session.data / 'jobs'}"
    assert (returned.asked, returned.reason) == (0, why)


def test_putting_back_ends_when_the_program_is_to_end(rig: Rig, session: Session) -> None:
    lose(rig)
    first = Session(rig, session.data)
    first.run()

    def put_both() -> None:
        session.commands.put(PutBack(first.helds[0]))
        session.commands.put(Stop())

    session.clock.at(2, put_both)
    assert session.run().is_stopped
    (returned,) = session.returned
    assert (returned.asked, returned.restored, returned.reason) == (61, (), "Stopped before the end")
