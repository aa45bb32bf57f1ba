"""A job on its thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.config import logging as logs
from backup_gui.desktop.log_relay import LogRelay
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import (
    ActionDone,
    BackUpNow,
    Event,
    HeldBack,
    PlanMade,
    ProblemFound,
    Progressed,
    ReportMade,
    Started,
    StatusChanged,
    Waiting,
)
from backup_gui.model.job import Job
from backup_gui.model.plans import (
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Phase,
    Problem,
    ProblemCode,
    Progress,
    Report,
    Stage,
)
from backup_gui.model.reasons import Reason, of_system
from backup_gui.model.status import JobState, Status
from backup_gui.threads.job_thread import JobThread, Outbox, Run
from tests.qt.conftest import ScriptedRun, ok_status

BIG_BYTES = 10 * 1024**3
PROBLEM = Problem("a", Stage.COPY, ProblemCode.OTHER, Reason(ProblemCode.OTHER))
REPORT = Report(PassStatus.COMPLETE, 1.0, 2.0, is_full=True, counts=Counts(created=1, bytes=BIG_BYTES))
EVENTS: tuple[Event, ...] = (
    Started("/a", "/b"),
    PlanMade(Counts(created=1, bytes=BIG_BYTES), is_full=True),
    ActionDone(Action(Op.CREATE, "a", EntryKind.FILE)),
    ProblemFound(PROBLEM),
    Progressed(Progress(Phase.COPYING, 1, 2, BIG_BYTES, 2 * BIG_BYTES, "a")),
    HeldBack(Held(HeldCode.MASS_CHANGE, of_system("held"), Counts(deleted=60), 100)),
    Waiting(of_system("waiting")),
    StatusChanged(ok_status()),
)


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> object:
    threads: list[JobThread] = []

    def start(job: Job, run: Run) -> JobThread:
        thread = JobThread(job, tmp_path / "data", run=run)
        threads.append(thread)
        return thread

    yield start
    for thread in threads:
        thread.stop()
        assert thread.wait(20_000)


Start = Callable[[Job, Run], JobThread]


def test_each_event_that_is_shown_becomes_a_signal_with_one_value(
    start: Start, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    thread = start(job, scripted)
    seen: list[object] = []
    thread.happened.connect(seen.append)
    thread.start()
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    for event in EVENTS:
        scripted.tell(job.id, event)
    qtbot.waitUntil(lambda: StatusChanged(ok_status()) in seen)
    scripted.tell(job.id, ReportMade(REPORT))
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert seen == [
        Progressed(Progress(Phase.COPYING, 1, 2, BIG_BYTES, 2 * BIG_BYTES, "a")),
        StatusChanged(ok_status()),
        ReportMade(REPORT),
    ]


@pytest.mark.hazard(18)
def test_the_runner_works_in_a_thread_of_its_own(start: Start, job: Job, qtbot: QtBot) -> None:
    threads: list[int] = []

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        threads.append(threading.get_ident())
        return RunOutcome(None, None, is_stopped=True)

    thread = start(job, run)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    assert threads
    assert threads != [threading.get_ident()]


def test_what_a_job_logs_tells_which_one_it_is(
    start: Start, job: Job, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "_logRecordFactory", logs._record)
    relay = LogRelay()
    lines: list[str] = []
    relay.lines_ready.connect(lines.extend)

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        logging.getLogger("backup_gui.test").warning("of the job")
        return RunOutcome(None, None, is_stopped=True)

    thread = start(job, run)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    logging.getLogger("backup_gui.test").warning("of the app")
    qtbot.waitUntil(lambda: len(lines) == 2)
    relay.close()
    assert [line.split("WARNING")[1].strip() for line in lines] == [f"{job.name}: of the job", "of the app"]


def test_signals_arrive_in_the_windows_thread(start: Start, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    thread = start(job, scripted)
    threads: list[int] = []
    thread.happened.connect(lambda _: threads.append(threading.get_ident()))
    thread.start()
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.get_ident()]


def test_commands_reach_the_runner(start: Start, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    thread = start(job, scripted)
    thread.start()
    thread.put(BackUpNow())
    qtbot.waitUntil(lambda: scripted.received(job.id) == [BackUpNow()])


def test_stopping_ends_the_thread(start: Start, job: Job, scripted: ScriptedRun, qtbot: QtBot) -> None:
    thread = start(job, scripted)
    thread.start()
    with qtbot.waitSignal(thread.finished) as blocker:
        thread.stop()
    assert blocker.args == [RunOutcome(None, None, is_stopped=True)]
    assert thread.wait(5_000)
    assert not thread._thread.isRunning()


def test_an_unexpected_error_becomes_a_failed_outcome(
    start: Start, job: Job, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        raise RuntimeError("broken")

    thread = start(job, fail)
    with qtbot.waitSignal(thread.finished) as blocker:
        thread.start()
    (outcome,) = blocker.args or [None]
    assert isinstance(outcome, RunOutcome)
    assert outcome.error is not None
    assert "broken" in caplog.text


def test_the_last_news_comes_before_the_end(start: Start, job: Job, qtbot: QtBot) -> None:
    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        for number in range(1_000):
            on_event(StatusChanged(Status(JobState.WORKING, pending=number)))
        on_event(ReportMade(REPORT))
        on_event(StatusChanged(ok_status()))
        return RunOutcome(REPORT, None, is_stopped=False)

    thread = start(job, run)
    order: list[object] = []
    thread.happened.connect(order.append)
    thread.finished.connect(order.append)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    assert order[-3:] == [ReportMade(REPORT), StatusChanged(ok_status()), RunOutcome(REPORT, None, is_stopped=False)]


def test_the_outbox_keeps_all_reports_but_only_the_latest_progress() -> None:
    outbox = Outbox()
    assert outbox.put(Progressed(Progress(Phase.COPYING, files_done=1)))
    assert not outbox.put(Progressed(Progress(Phase.COPYING, files_done=2)))
    assert outbox.take() == [Progressed(Progress(Phase.COPYING, files_done=2))]
    assert outbox.put(ReportMade(REPORT))
    assert not outbox.put(ReportMade(REPORT))
    assert outbox.take() == [ReportMade(REPORT), ReportMade(REPORT)]


def test_progress_of_a_pass_that_has_ended_is_dropped() -> None:
    outbox = Outbox()
    outbox.put(Progressed(Progress(Phase.COPYING)))
    outbox.put(ReportMade(REPORT))
    assert outbox.take() == [ReportMade(REPORT)]


def test_what_nobody_shows_wakes_nobody_and_is_not_kept() -> None:
    outbox = Outbox()
    unseen = [event for event in EVENTS if not isinstance(event, Progressed | StatusChanged)]
    assert len(unseen) == 6
    assert not any(outbox.put(event) for event in unseen)
    assert outbox.take() == []


def test_the_real_runner_mirrors_a_folder(start: Start, job: Job, qtbot: QtBot) -> None:
    from backup_gui.engine.run import runner

    Path(job.source, "file1.txt").write_text("initial content")
    thread = start(job, runner.run)
    statuses: list[Status] = []

    def note(event: Event) -> None:
        if isinstance(event, StatusChanged):
            statuses.append(event.status)

    thread.happened.connect(note)
    thread.start()
    qtbot.waitUntil(lambda: bool(statuses) and statuses[-1].state is JobState.OK, timeout=10_000)
    copy = Path(job.destination.path, "file1.txt")
    assert copy.read_text() == "initial content"
    Path(job.source, "file1.txt").write_text("updated content")
    qtbot.waitUntil(lambda: copy.read_text() == "updated content", timeout=10_000)
