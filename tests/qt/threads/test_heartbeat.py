"""The window answers while jobs tell as much as they can."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backup_gui.app import SWITCH_INTERVAL_S
from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.fs.system.worker_process import OBJECTS_BETWEEN_COLLECTIONS
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import ActionDone, Event, ProblemFound, Progressed, StatusChanged, Stop
from backup_gui.model.job import Job
from backup_gui.model.plans import Action, Op, Phase, Problem, ProblemCode, Progress, Stage
from backup_gui.model.reasons import of_system
from backup_gui.model.status import JobState, Status
from backup_gui.threads.garbage import Collector
from tests.helpers.beats import Beats
from tests.qt.conftest import ShellMaker, ok_status

# Elsewhere what other programs take of the processors counts as this one's.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there it is known how long a thread waited")

EVENTS = 100_000
# Two processors shared with the flood; what a person notices begins at about 100 ms.
LONGEST_GAP_S = 0.25
# Nearly always the window answers within this time, whatever else goes on.
USUAL_GAP_S = 0.05
USUAL_SHARE = 0.97


@pytest.fixture(autouse=True)
def as_in_the_app() -> Iterator[None]:
    """Let threads take turns as often as they do in the app, and collect Python's garbage as there."""
    before_s, limits = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    collector = Collector()
    collector.start()
    yield
    collector.stop()
    sys.setswitchinterval(before_s)
    gc.set_threshold(*limits)
    # As it was, for the tests to come.
    gc.disable()
    gc.freeze()


def test_a_flood_of_events_does_not_stop_the_window(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> None:
    told = threading.Event()

    def flood(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        problems = tuple(Problem(f"f{n}", Stage.COPY, ProblemCode.IN_USE, of_system("x")) for n in range(EVENTS // 10))
        for number in range(EVENTS):
            on_event(
                Progressed(Progress(Phase.COPYING, number, EVENTS, number, EVENTS, f"file {number}", number / 1e4))
            )
            on_event(ActionDone(Action(Op.CREATE, f"file {number}", EntryKind.FILE)))
            if number % 10 == 0:
                on_event(ProblemFound(problems[number // 10]))
            if number % 100 == 0:
                on_event(StatusChanged(Status(JobState.WORKING, pending=number, problems=problems)))
        on_event(StatusChanged(ok_status()))
        told.set()
        while not isinstance(commands.take(), Stop):
            commands.wait(1.0)
        return RunOutcome(None, None, is_stopped=True)

    shell = make_shell(flood)
    shell.start(Wish())
    news: list[float] = []
    shell.controller.news.connect(lambda _: news.append(time.monotonic()))
    beats = Beats()
    began_s = time.monotonic()
    shell.controller.add(job)
    qtbot.waitUntil(lambda: told.is_set() and shell.controller.status(job.id).state is JobState.OK, timeout=60_000)
    longest_s = beats.stop()[-1]
    duration_s = time.monotonic() - began_s
    sys.stdout.write(
        f"{EVENTS} events: {duration_s:.1f} s, {len(news)} updates, longest gap {longest_s * 1e3:.0f} ms\n"
    )
    assert longest_s < LONGEST_GAP_S
    # Status and progress at most ten times a second each, and the two at the beginning and the end.
    assert len(news) <= 20 * duration_s + 6


def test_the_window_answers_while_a_folder_is_copied_at_full_speed(
    make_shell: ShellMaker, job: Job, qtbot: QtBot
) -> None:
    for number in range(20):
        folder = Path(job.source, f"folder {number}")
        folder.mkdir()
        for index in range(150):
            (folder / f"file {index}").write_bytes(b"x" * 2_000)
    shell = make_shell(runner.run)
    shell.start(Wish())
    beats = Beats()
    shell.controller.add(job)
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.OK, timeout=60_000)
    gaps = beats.stop()
    usual_s = gaps[int(USUAL_SHARE * (len(gaps) - 1))]
    sys.stdout.write(f"3,000 files copied: longest gap {gaps[-1] * 1e3:.0f} ms, usually {usual_s * 1e3:.0f} ms\n")
    assert gaps[-1] < LONGEST_GAP_S
    assert usual_s < USUAL_GAP_S


def test_a_thread_that_holds_the_interpreter_is_noticed(qtbot: QtBot) -> None:
    """The measure itself: such a thread stops the window though the window's own does nothing."""
    shuffled = [n * 7_919 % 8_000_009 for n in range(8_000_000)]
    beats = Beats()
    thread = threading.Thread(target=shuffled.sort)
    thread.start()
    qtbot.waitUntil(lambda: not thread.is_alive(), timeout=60_000)
    assert beats.stop()[-1] > LONGEST_GAP_S


def test_what_holds_the_thread_from_begin_to_end_is_noticed(qapp: QApplication) -> None:
    """The measure itself: there may be no turn between."""
    beats = Beats()
    until_s = time.process_time() + LONGEST_GAP_S
    while time.process_time() < until_s:
        pass
    assert beats.stop()[-1] > LONGEST_GAP_S * 0.9
