"""All jobs together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.errors import DestinationBusyError
from backup_gui.model.events import (
    AllowHeld,
    BackUpNow,
    Command,
    Event,
    FilesReturned,
    ForgetDrive,
    KeepHeld,
    Pause,
    PutBack,
    ReleaseKept,
    RemoveLeftOut,
    ReportMade,
    Resume,
    StatusChanged,
    Stop,
    UndoPass,
)
from backup_gui.model.job import Job
from backup_gui.model.plans import Counts, Held, HeldCode, PassStatus, Report
from backup_gui.model.reasons import of_system
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState
from backup_gui.threads import controller as controller_module
from backup_gui.threads.controller import Controller, JobNews, JobReport, JobReturned
from backup_gui.threads.job_thread import JobThread
from tests.qt.conftest import ScriptedRun, make_test_job, ok_status


@pytest.fixture
def controller(tmp_path: Path, scripted: ScriptedRun, qtbot: QtBot) -> Iterator[Controller]:
    controller = Controller(tmp_path / "data", run=scripted)
    yield controller
    assert controller.shut_down()


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[Job, Job]:
    return make_test_job(tmp_path, "One"), make_test_job(tmp_path, "Two")


def test_two_jobs_are_told_apart(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    reports: list[JobReport] = []
    controller.report_made.connect(reports.append)
    for job in jobs:
        controller.add(job)
    qtbot.waitUntil(lambda: all(scripted.has_started(job.id) for job in jobs))
    report = Report(PassStatus.COMPLETE, 1.0, 1.0, is_full=True)
    scripted.tell("two", ReportMade(report))
    scripted.tell("two", StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: controller.status("two").state is JobState.OK)
    assert controller.status("one").state is JobState.WAITING
    assert reports == [JobReport("two", report)]


def test_wishes_reach_one_job_or_all(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    held = Held(HeldCode.MASS_CHANGE, of_system("held"), Counts(deleted=60), 100)
    for job in jobs:
        controller.add(job)
    controller.back_up_now("one")
    controller.pause("", 17.0)
    controller.resume("two")
    controller.send("two", AllowHeld(held))
    qtbot.waitUntil(lambda: len(scripted.received("one")) == 2 and len(scripted.received("two")) == 3)
    assert scripted.received("one") == [BackUpNow(), Pause(17.0)]
    assert scripted.received("two") == [Pause(17.0), Resume(), AllowHeld(held)]


def test_decisions_reach_the_job_and_what_came_of_them_is_told(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    held = Held(HeldCode.MASS_CHANGE, of_system("held"), Counts(deleted=60), 100)
    told: list[JobReturned] = []
    controller.files_returned.connect(told.append)
    controller.add(jobs[0])
    wanted: list[Command] = [
        KeepHeld(held),
        ReleaseKept(("a",)),
        ReleaseKept(None),
        PutBack(held),
        UndoPass(7),
        ForgetDrive("photos"),
    ]
    for command in wanted:
        controller.send("one", command)
    controller.send("two", UndoPass(8))
    qtbot.waitUntil(lambda: scripted.received("one") == wanted)
    results = [RestoreResult(asked=2, restored=("a",)), RestoreResult(reason=of_system("The drive is away"))]
    for returned in results:
        scripted.tell("one", FilesReturned(returned))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == [JobReturned("one", returned) for returned in results]


def test_a_pause_without_end_outlasts_the_program(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    controller.add(jobs[0])
    controller.pause("one", None)
    assert not controller.jobs[0].is_enabled
    controller.add(jobs[1]._replace(is_enabled=False))
    qtbot.waitUntil(lambda: scripted.received("two") == [Pause(None)])
    controller.resume("")
    assert all(job.is_enabled for job in controller.jobs)


def test_a_changed_job_starts_again_in_its_place(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    for job in jobs:
        controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started("one"))
    changed = jobs[0]._replace(id="new", interval_s=60)
    controller.change("one", changed)
    assert controller.jobs == (changed, jobs[1])
    qtbot.waitUntil(lambda: scripted.has_started("new"))
    assert scripted.received("one") == [Stop()]


def test_a_changed_job_waits_until_the_old_run_has_let_go(tmp_path: Path, job: Job, qtbot: QtBot) -> None:
    may_end = threading.Event()
    running: list[str] = []

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        running.append(job.name)
        assert len(running) == 1, "two runs at the same time"
        while not isinstance(commands.take(), Stop):
            commands.wait(1.0)
        assert may_end.wait(5)
        running.clear()
        return RunOutcome(None, None, is_stopped=True)

    controller = Controller(tmp_path / "data", run=run)
    controller.add(job)
    qtbot.waitUntil(lambda: running == ["Documents"])
    controller.change(job.id, job._replace(name="Second"))
    controller.change(job.id, job._replace(name="Third"))
    may_end.set()
    qtbot.waitUntil(lambda: running == ["Third"])
    assert controller.shut_down()


def test_what_is_sent_while_the_old_run_ends_reaches_the_new_one(tmp_path: Path, job: Job, qtbot: QtBot) -> None:
    may_end = threading.Event()
    received: dict[str, list[Command]] = {}

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        got = received.setdefault(job.name, [])
        while not isinstance(command := commands.take(), Stop):
            got.extend([] if command is None else [command])
            commands.wait(1.0)
        assert may_end.wait(5)
        return RunOutcome(None, None, is_stopped=True)

    controller = Controller(tmp_path / "data", run=run)
    controller.add(job)
    qtbot.waitUntil(lambda: "Documents" in received)
    controller.change(job.id, job._replace(name="Second"))
    # Agreed to for what the second one leaves out, which never runs.
    controller.send(job.id, RemoveLeftOut())
    controller.change(job.id, job._replace(name="Third"))
    controller.pause(job.id, 9_000_000_000.0)
    controller.send(job.id, UndoPass(1))
    may_end.set()
    wanted = [Pause(9_000_000_000.0), UndoPass(1)]
    qtbot.waitUntil(lambda: received.get("Third") == wanted)
    assert received == {"Documents": [], "Third": wanted}
    assert controller.shut_down()


def test_a_removed_job_ends_and_is_heard_of_no_more(
    controller: Controller, jobs: tuple[Job, Job], scripted: ScriptedRun, qtbot: QtBot
) -> None:
    controller.add(jobs[0])
    qtbot.waitUntil(lambda: scripted.has_started("one"))
    news: list[JobNews] = []
    controller.news.connect(news.append)
    controller.remove("one")
    scripted.tell("one", StatusChanged(ok_status()))
    qtbot.waitUntil(lambda: scripted.received("one") == [Stop()])
    assert controller.jobs == ()
    assert controller.shut_down()
    assert news == []


def test_a_run_that_ends_by_itself_is_a_failure_and_can_be_tried_again(tmp_path: Path, job: Job, qtbot: QtBot) -> None:
    runs: list[str] = []

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        runs.append(job.id)
        return RunOutcome(None, DestinationBusyError(of_system("Another program has this backup.")), is_stopped=False)

    controller = Controller(tmp_path / "data", run=run)
    controller.add(job)
    qtbot.waitUntil(lambda: controller.status(job.id).state is JobState.FAILED)
    assert controller.status(job.id).reason == "Another program has this backup."
    controller.back_up_now(job.id)
    qtbot.waitUntil(lambda: len(runs) == 2)
    assert controller.shut_down()


def test_shutdown_stops_a_job_in_mid_copy_at_once(tmp_path: Path, job: Job, qtbot: QtBot) -> None:
    from backup_gui.engine.run import runner

    for number in range(2_000):
        Path(job.source, f"file{number}").write_bytes(b"x" * 20_000)
    controller = Controller(tmp_path / "data", run=runner.run)
    controller.add(job)
    qtbot.waitUntil(lambda: Path(job.destination.path).is_dir(), timeout=10_000)
    began_s = time.monotonic()
    assert controller.shut_down()
    assert time.monotonic() - began_s < 2.0


@pytest.mark.hazard(18)
def test_shutdown_gives_up_on_a_job_that_hangs(
    tmp_path: Path, job: Job, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    abandoned: list[object] = []
    monkeypatch.setattr(controller_module, "_abandoned", abandoned)

    def hang(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        assert may_end.wait(20)
        return RunOutcome(None, None, is_stopped=True)

    controller = Controller(tmp_path / "data", run=hang)
    controller.add(job)
    began_s = time.monotonic()
    assert not controller.shut_down(0.3)
    assert time.monotonic() - began_s < 1.0
    (thread,) = abandoned
    may_end.set()
    assert isinstance(thread, JobThread)
    assert thread.wait(5_000)
