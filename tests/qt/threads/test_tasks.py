"""Work in the background: who is told what, in which order, and what becomes of it when it is given up."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QObject, SignalInstance
from pytestqt.qtbot import QtBot

from backup_gui.engine.fs.content import Cancelled
from backup_gui.threads.tasks import TaskContext, TaskRunner
from tests.helpers.looks import is_due

WAIT_S = 5.0


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner("test")
    yield runner
    runner.close()
    assert runner.wait(WAIT_S)


@pytest.fixture
def serial(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner("serial", is_serial=True, most_waiting=100)
    yield runner
    runner.close()
    assert runner.wait(WAIT_S)


class Slow:
    """Work that goes on until it is told to end, or given up."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.was_stopped = False

    def __call__(self, task: TaskContext[object]) -> str:
        self.has_begun.set()
        while not self.may_end.wait(0.005):
            if task.should_stop():
                self.was_stopped = True
                raise Cancelled
        return "slow"


def unexpected(value: object) -> None:
    pytest.fail(f"told {value!r}")


def tell(value: object, _task: TaskContext[object]) -> object:
    return value


def fail(_task: TaskContext[object]) -> object:
    raise OSError(5, "Input/output error")


def divide(_task: TaskContext[object]) -> object:
    raise ZeroDivisionError


def test_tasks_are_done_elsewhere_one_after_the_other_and_told_here(serial: TaskRunner, qtbot: QtBot) -> None:
    seen: list[tuple[object, int]] = []
    threads: list[int] = []
    at_work: list[int] = []

    def work(number: int, _task: TaskContext[object]) -> int:
        at_work.append(number)
        threads.append(threading.get_ident())
        assert at_work == [number]
        at_work.clear()
        return number

    for number in range(50):
        serial.start(str(number), partial(work, number), lambda value: seen.append((value, threading.get_ident())))
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert seen == [(number, threading.get_ident()) for number in range(50)]
    assert threading.get_ident() not in threads


def test_several_tasks_are_done_at_once(runner: TaskRunner, qtbot: QtBot) -> None:
    meeting = threading.Barrier(8)
    seen: list[int] = []
    for number in range(8):
        runner.start(str(number), lambda _: meeting.wait(WAIT_S), seen.append)
    qtbot.waitUntil(lambda: sorted(seen) == list(range(8)))


def test_no_thread_is_left_when_all_is_done(serial: TaskRunner, qtbot: QtBot) -> None:
    seen: list[object] = []
    for _ in range(2):
        serial.start("a", partial(tell, 1), seen.append)
        assert is_due(serial, "a")
        qtbot.waitUntil(lambda: not is_due(serial, "a"))
        qtbot.waitUntil(lambda: not any(thread.name == "serial a" for thread in threading.enumerate()))
    assert seen == [1, 1]


def test_a_failure_is_told_and_the_next_task_is_done(
    serial: TaskRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[object] = []
    serial.start("a", fail, unexpected, on_failed=seen.append)
    serial.start("b", partial(tell, 1), seen.append, on_failed=unexpected)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert isinstance(seen[0], OSError)
    assert caplog.text == ""


def test_a_failure_that_nobody_is_told_is_logged_and_the_next_task_is_done(
    serial: TaskRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[object] = []
    serial.start("a", fail, unexpected)
    serial.start("b", partial(tell, 1), seen.append)
    qtbot.waitUntil(lambda: seen == [1])
    assert "serial failed: a" in caplog.text
    assert "Input/output error" in caplog.text
    assert not is_due(serial, "a")


def test_an_error_of_the_program_is_logged(runner: TaskRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []
    runner.start("a", divide, unexpected, on_failed=seen.append)
    qtbot.waitUntil(lambda: len(seen) == 1)
    assert "test failed: a" in caplog.text
    assert "in divide" in caplog.text


def test_a_new_task_takes_the_place_of_the_old_one_of_which_nothing_is_told(
    runner: TaskRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    seen: list[object] = []
    runner.start("a", slow, unexpected, on_failed=unexpected)
    assert slow.has_begun.wait(WAIT_S)
    for number in range(10):
        runner.start("a", partial(tell, number), seen.append, on_failed=unexpected)
    assert is_due(runner, "a")
    qtbot.waitUntil(lambda: seen == [9])
    assert not is_due(runner, "a")
    assert slow.was_stopped
    assert caplog.text == ""


def test_a_task_that_waits_is_done_after_the_old_one_and_the_latest_wins(runner: TaskRunner, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    runner.start("a", slow, seen.append, waits=True)
    assert slow.has_begun.wait(WAIT_S)
    for number in range(5):
        runner.start("a", partial(tell, number), seen.append, waits=True)
    slow.may_end.set()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == ["slow", 4]


def test_what_is_stopped_is_told_so(serial: TaskRunner, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    serial.start("a", slow, unexpected, on_failed=seen.append)
    serial.start("b", partial(tell, 1), unexpected, on_failed=seen.append)
    serial.start("c", partial(tell, 2), seen.append, on_failed=unexpected)
    assert slow.has_begun.wait(WAIT_S)
    serial.stop("b")
    serial.stop("a")
    assert seen == []
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert [type(value) for value in seen[:2]] == [Cancelled, Cancelled]
    assert seen[2] == 2


def test_of_what_is_cancelled_nothing_more_is_told(serial: TaskRunner, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    serial.start("a", slow, unexpected, on_failed=unexpected)
    serial.start("b", partial(tell, 1), unexpected, on_failed=unexpected)
    serial.start("c", partial(tell, 2), seen.append)
    assert slow.has_begun.wait(WAIT_S)
    serial.cancel("b")
    serial.cancel("a")
    assert not is_due(serial, "a")
    assert not is_due(serial, "b")
    qtbot.waitUntil(lambda: seen == [2])
    assert slow.was_stopped


def test_all_can_be_cancelled_at_once(runner: TaskRunner, qtbot: QtBot) -> None:
    slow = [Slow() for _ in range(12)]
    for number, work in enumerate(slow):
        runner.start(str(number), work, unexpected, on_failed=unexpected)
    assert slow[7].has_begun.wait(WAIT_S)
    runner.cancel()
    qtbot.waitUntil(lambda: not runner._running)
    assert [work.was_stopped for work in slow] == 8 * [True] + 4 * [False]


def test_too_much_that_waits_is_given_up_oldest_first(qtbot: QtBot) -> None:
    runner = TaskRunner("test", is_serial=True, most_waiting=3)
    slow = Slow()
    seen: list[object] = []
    lost: list[object] = []
    runner.start("slow", slow, seen.append, on_failed=unexpected)
    assert slow.has_begun.wait(WAIT_S)
    for number in range(5):
        runner.start(str(number), partial(tell, number), seen.append, on_failed=lost.append)
    slow.may_end.set()
    qtbot.waitUntil(lambda: seen == ["slow", 2, 3, 4])
    assert [type(value) for value in lost] == [Cancelled, Cancelled]
    runner.close()


def test_a_group_is_cancelled_by_the_beginning_of_its_keys(serial: TaskRunner, qtbot: QtBot) -> None:
    seen: list[object] = []
    serial.start("form 1 a", Slow(), unexpected)
    serial.start("form 1 b", partial(tell, 1), unexpected)
    serial.start("form 12 a", partial(tell, 2), seen.append)
    serial.cancel("form 1 ")
    qtbot.waitUntil(lambda: seen == [2])


def test_after_closing_nothing_is_done_or_told(serial: TaskRunner, qtbot: QtBot) -> None:
    slow = Slow()
    serial.start("a", slow, unexpected, on_failed=unexpected, on_progress=unexpected)
    serial.start("b", partial(tell, 1), unexpected, on_failed=unexpected)
    assert slow.has_begun.wait(WAIT_S)
    context = serial._running["a"].context
    serial.close()
    assert serial.wait(WAIT_S)
    serial.start("c", partial(tell, 1), unexpected, on_failed=unexpected)
    context.is_stopped = False
    context.tell(1)
    qtbot.wait(1)
    assert slow.was_stopped
    assert not serial._waiting


def test_what_ends_just_before_closing_is_not_told_any_more(runner: TaskRunner, qtbot: QtBot) -> None:
    has_ended = threading.Event()

    def work(task: TaskContext[object]) -> None:
        task.tell("news")
        has_ended.set()

    runner.start("a", work, unexpected, on_progress=unexpected)
    assert has_ended.wait(WAIT_S)
    assert runner.wait(WAIT_S)
    runner.close()
    qtbot.wait(1)


def test_a_task_that_outlives_its_runner_does_no_harm(qtbot: QtBot) -> None:
    owner = QObject()
    slow = Slow()
    runner = TaskRunner("test", owner)
    runner.start("a", slow, unexpected)
    assert slow.has_begun.wait(WAIT_S)
    thread = runner._running["a"].thread
    assert thread is not None
    gone: list[object] = []
    owner.destroyed.connect(lambda: gone.append(None))
    owner.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    slow.may_end.set()
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_a_thread_keeps_nothing_alive_that_belongs_to_the_window(qtbot: QtBot) -> None:
    may_end = threading.Event()

    class Lingering(TaskRunner):
        def _send(self, signal: SignalInstance, context: TaskContext[object]) -> None:
            super()._send(signal, context)
            assert may_end.wait(WAIT_S)

    class Page:
        def show(self, value: object) -> None:
            seen.append(value)

    seen: list[object] = []
    runner, page = Lingering("test"), Page()
    is_gone = weakref.ref(page)
    runner.start("a", partial(tell, 1), page.show, on_failed=page.show, on_progress=page.show, on_silent=page.show)
    thread = runner._running["a"].thread
    assert thread is not None
    del page
    qtbot.waitUntil(lambda: seen == [1])
    assert thread.is_alive()
    assert is_gone() is None
    may_end.set()
    thread.join(WAIT_S)


def test_a_thread_that_hangs_is_not_waited_for_longer_than_allowed(runner: TaskRunner) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def hang(_task: TaskContext[object]) -> object:
        has_begun.set()
        return may_end.wait(WAIT_S)

    runner.start("a", hang, unexpected, on_failed=unexpected)
    assert has_begun.wait(WAIT_S)
    runner.close()
    assert not runner.wait(0.01)
    may_end.set()


def test_progress_is_told_at_once_and_then_at_most_ten_times_a_second() -> None:
    seen: list[int] = []
    times = iter((0.0, 0.05, 0.099, 0.1, 0.11, 5.0))
    task = TaskContext[int](lambda task: seen.append(task.progress), lambda: next(times))
    for number in range(6):
        task.tell(number)
    assert seen == [0, 3, 5]


def test_what_is_stopped_has_no_progress() -> None:
    seen: list[int] = []
    clock = itertools.count(0, 1.0)
    task = TaskContext[int](lambda task: seen.append(task.progress), lambda: next(clock))
    task.tell(1)
    task.is_stopped = True
    task.tell(2)
    assert seen == [1]


def test_progress_is_told_here_and_before_the_result(runner: TaskRunner, qtbot: QtBot) -> None:
    seen: list[tuple[str, int]] = []

    def work(task: TaskContext[str]) -> str:
        task.tell("progress")
        return "result"

    def show(value: str) -> None:
        seen.append((value, threading.get_ident()))

    runner.start("key", work, show, on_progress=show)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [("progress", threading.get_ident()), ("result", threading.get_ident())]


def test_what_was_cancelled_tells_no_progress(runner: TaskRunner, qtbot: QtBot) -> None:
    told: list[object] = []
    is_over = threading.Event()

    def work(task: TaskContext[str]) -> None:
        while not task.should_stop():
            task.tell("news")
        is_over.set()

    runner.start("key", work, told.append, on_progress=told.append)
    qtbot.waitUntil(lambda: bool(told))
    runner.cancel("key")
    count = len(told)
    assert is_over.wait(WAIT_S)
    qtbot.waitUntil(lambda: not runner._running)
    assert len(told) == count
