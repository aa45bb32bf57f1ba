"""A drive that does not answer is told, by what is seen of the job's thread from outside."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.run import runner
from backup_gui.engine.run.mailbox import Mailbox, Pulse
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.events import Event, Stop
from backup_gui.model.job import Job, Place
from backup_gui.model.status import JobState
from backup_gui.threads import controller as controller_module
from backup_gui.threads import liveness as stall
from backup_gui.threads.controller import Controller
from backup_gui.threads.job_thread import JobThread
from backup_gui.threads.liveness import Stalls
from backup_gui.ui.main.tray import Tray
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.headline import Remedy, card_text, headline
from tests.faults.volumes import cuttable_disk, is_any_thread_stuck, run_tool
from tests.helpers.screens import VIEWS, make_window
from tests.helpers.trees import contents
from tests.qt.conftest import NOW, RecordedTrayIcon, ShellMaker

VISIBLE = Wish(shows_window=True)
SILENT = "Waiting for the drive: it has not answered for "


class Bench:
    """Stalls with a clock that stands still, of jobs that only have a pulse."""

    def __init__(self) -> None:
        self.now_s = 500.0
        self.pulses = {"a": Pulse(1, is_at_rest=False), "b": Pulse(1, is_at_rest=False)}
        self.stalls = Stalls(lambda: self.pulses, lambda: self.now_s)
        self.stalls.stop()
        self.told: list[tuple[str, int]] = []
        self.stalls.changed.connect(lambda job_id: self.told.append((job_id, self.stalls.silent_s(job_id))))
        self.stalls.look()

    def beat(self, job_id: str) -> None:
        self.pulses[job_id] = self.pulses[job_id]._replace(looks=self.pulses[job_id].looks + 1)

    def after(self, seconds: int) -> None:
        """Let time pass in which job b gets on."""
        for _ in range(seconds):
            self.now_s += 1
            self.beat("b")
            self.stalls.look()


@pytest.fixture
def bench(qapp: QApplication) -> Bench:
    return Bench()


@pytest.mark.hazard(18)
def test_a_job_without_a_sign_of_life_is_told_in_growing_steps(bench: Bench) -> None:
    bench.after(9)
    assert bench.told == []
    bench.after(1)
    assert bench.told == [("a", 10)]
    bench.after(190)
    assert bench.told == [("a", seconds) for seconds in (10, 20, 30, 40, 50, 60, 120, 180)]
    bench.beat("a")
    bench.after(1)
    assert bench.told[-1] == ("a", 0)
    bench.after(9)
    assert len(bench.told) == 9


@pytest.mark.hazard(18)
@pytest.mark.parametrize("way", ["rests", "looks for commands", "computes"])
def test_a_job_that_rests_or_gets_on_is_not_told(bench: Bench, way: str) -> None:
    for count in range(60):
        bench.after(1)
        if way == "rests":
            bench.pulses["a"] = Pulse(1, is_at_rest=True)
        elif way == "looks for commands":
            bench.beat("a")
        else:
            bench.pulses["a"] = Pulse(1, is_at_rest=False, ran_ns=count)
    assert bench.told == []


def test_a_job_that_is_no_more_does_not_hang(bench: Bench) -> None:
    bench.after(10)
    del bench.pulses["a"]
    bench.after(1)
    assert bench.told == [("a", 10), ("a", 0)]


def test_the_time_in_which_the_computer_slept_does_not_count(bench: Bench) -> None:
    bench.after(5)
    bench.now_s += 3_600
    bench.stalls.look()
    bench.after(4)
    assert bench.told == []
    bench.after(1)
    assert bench.told == [("a", 10)]


@pytest.mark.hazard(18)
def test_a_drive_that_does_not_answer_is_shown_in_window_and_tray(
    icons: Icons, tray_icon: RecordedTrayIcon, qtbot: QtBot
) -> None:
    for name in ("ok", "working", "waiting", "paused"):
        view = replace(VIEWS[name], silent_s=40)
        words = headline(view, NOW)
        assert words.title == "Waiting for the drive: it has not answered for 40 s."
        assert words.remedy is Remedy.EXPLAIN
        assert view.shown_state is JobState.WAITING
        assert card_text(view, NOW) == "Waiting for the drive"
    view = replace(VIEWS["working"], silent_s=120)
    window = make_window(icons, view)
    qtbot.addWidget(window)
    title = window.board.banner._title.text()
    assert title == f"{view.job.name}: Waiting for the drive: it has not answered for 2 min."
    tray = Tray(icons, lambda: tray_icon, lambda: NOW)
    tray.show()
    tray.show_jobs((view,))
    assert "Waiting for the drive: it has not answered for 2 min." in tray_icon.tooltip
    assert tray.status_action.text() == "Waiting for the drive: it has not answered for 2 min."


def test_what_needs_the_user_comes_before_a_drive_that_does_not_answer() -> None:
    for name in ("attention", "held", "failed"):
        view = VIEWS[name]
        silent = replace(view, silent_s=40)
        assert silent.shown_state is view.status.state
        assert (headline(silent, NOW), card_text(silent, NOW)) == (headline(view, NOW), card_text(view, NOW))
    overdue = headline(replace(VIEWS["ok"], silent_s=40, overdue_since=NOW - 4 * 86_400), NOW)
    assert "4 days" in overdue.title
    assert overdue.detail == "Waiting for the drive: it has not answered for 40 s."


class Hanging:
    """Stands for the runner: hangs from the beginning, until it may go on; a second one runs."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.started: list[str] = []

    def __call__(
        self, job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path
    ) -> RunOutcome:
        self.started.append(job.name)
        assert self.may_go_on.wait(60)
        while not isinstance(commands.take(), Stop):
            commands.wait(1.0)
        return RunOutcome(None, None, is_stopped=True)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.may_go_on.set()


@pytest.mark.hazard(18)
def test_a_job_that_waits_for_one_that_hangs_to_end_hangs_with_it(
    tmp_path: Path, job: Job, hanging: Hanging, qtbot: QtBot
) -> None:
    controller = Controller(tmp_path / "data", run=hanging)
    controller.add(job)
    qtbot.waitUntil(lambda: hanging.started == [job.name])
    before = controller.pulses()[job.id]
    controller.change(job.id, job._replace(id="other", name="other"))
    assert controller.pulses() == {"other": before}
    hanging.may_go_on.set()
    qtbot.waitUntil(lambda: hanging.started == [job.name, "other"])
    qtbot.waitUntil(lambda: controller.pulses()["other"].is_at_rest)
    assert controller.shut_down()


@pytest.mark.hazard(18)
@pytest.mark.skipif(sys.platform != "linux", reason="only there it is known how long a thread ran")
def test_a_thread_that_hangs_does_not_run_and_one_that_computes_does(tmp_path: Path, job: Job, qtbot: QtBot) -> None:
    computes = threading.Event()

    def run(job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path) -> RunOutcome:
        assert computes.wait(60)
        while commands.pulse.looks == 0:
            pass
        return RunOutcome(None, None, is_stopped=True)

    thread = JobThread(job, tmp_path / "data", run=run)
    assert thread.pulse == Pulse(0, is_at_rest=False)
    thread.start()
    qtbot.waitUntil(lambda: thread.pulse.ran_ns > 0)
    qtbot.waitUntil(lambda: is_same_twice(thread, qtbot))
    before = thread.pulse
    computes.set()
    qtbot.waitUntil(lambda: thread.pulse.ran_ns > before.ran_ns)
    assert thread.pulse.looks == 0
    thread._commands.is_empty()
    assert thread.wait(20_000)
    # Its clock goes with it, a moment later.
    qtbot.waitUntil(lambda: thread.pulse.ran_ns == 0)


def is_same_twice(thread: JobThread, qtbot: QtBot) -> bool:
    """Whether a thread did not run for a moment."""
    before = thread.pulse
    qtbot.wait(50)
    return thread.pulse == before


@pytest.mark.hazard(18)
@pytest.mark.root
def test_a_drive_that_freezes_is_shown_until_it_answers_again(
    tmp_path: Path,
    make_shell: ShellMaker,
    tray_icon: RecordedTrayIcon,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stall, "LEAST_S", 3.0)
    monkeypatch.setattr(stall, "LOOK_EVERY_MS", 100)
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(b"old")
    with cuttable_disk(tmp_path) as disk:
        mirror = disk.point / "mirror"
        shell = make_shell(runner.run)
        try:
            shell.start(VISIBLE)
            shell.jobs.put("", Job(str(source), Place(str(mirror)), id="job", name="job", interval_s=1))
            banner = shell.window.board.banner
            qtbot.waitUntil(lambda: banner._title.text() == "Everything is backed up.", timeout=20_000)
            run_tool("fsfreeze", "--freeze", str(disk.point))
            try:
                (source / "file").write_bytes(b"newer")
                qtbot.waitUntil(is_any_thread_stuck, timeout=20_000)
                qtbot.waitUntil(lambda: banner._title.text().startswith(SILENT), timeout=20_000)
                assert SILENT in tray_icon.tooltip
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", str(disk.point)], check=True)
            qtbot.waitUntil(lambda: banner._title.text() == "Everything is backed up.", timeout=20_000)
            assert contents(mirror) == {"file": b"newer"}
        finally:
            # What still has a file open there keeps the drive from being unmounted.
            shell.shut_down()
            while controller_module._abandoned:
                assert controller_module._abandoned.pop().wait(20_000)
        assert shell.has_ended_cleanly
