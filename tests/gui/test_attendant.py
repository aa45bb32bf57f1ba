"""Work that takes long and may be given up, in one thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.engine.fs.content import Cancelled
from backup_gui.threads import tasks as attendant_module
from backup_gui.threads.tasks import Attendant, Errand, Throttle

StopAsked = Callable[[], bool]
WAIT_S = 5.0


@pytest.fixture
def attendant(qtbot: QtBot) -> Iterator[Attendant]:
    attendant = Attendant("test")
    yield attendant
    attendant.close()
    assert attendant.wait(WAIT_S)


class Slow:
    """An errand that goes on until it is told to end, or given up."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.was_stopped = False

    def __call__(self, should_stop: StopAsked) -> str:
        self.has_begun.set()
        while not self.may_end.wait(0.005):
            if should_stop():
                self.was_stopped = True
                raise Cancelled
        return "slow"


def unexpected(value: object) -> None:
    pytest.fail(f"told {value!r}")


def tell(value: object, _should_stop: StopAsked) -> object:
    return value


def fail(_should_stop: StopAsked) -> object:
    raise OSError(5, "Input/output error")


def test_errands_are_done_elsewhere_in_their_order_and_told_here(attendant: Attendant, qtbot: QtBot) -> None:
    seen: list[tuple[object, int]] = []
    threads: list[int] = []

    def work(number: int, _should_stop: StopAsked) -> int:
        threads.append(threading.get_ident())
        return number

    for number in range(50):
        attendant.submit(
            str(number),
            Errand(partial(work, number), lambda value: seen.append((value, threading.get_ident())), unexpected),
        )
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert seen == [(number, threading.get_ident()) for number in range(50)]
    assert threading.get_ident() not in threads


def test_the_thread_ends_with_the_last_errand(attendant: Attendant, qtbot: QtBot) -> None:
    seen: list[object] = []
    for _ in range(2):
        attendant.submit("a", Errand(partial(tell, 1), seen.append, unexpected))
        qtbot.waitUntil(lambda: not attendant.is_at_work)
    qtbot.waitUntil(lambda: seen == [1, 1])


def test_a_failure_is_told_and_the_next_errand_is_done(attendant: Attendant, qtbot: QtBot) -> None:
    seen: list[object] = []
    attendant.submit("a", Errand(fail, unexpected, seen.append))
    attendant.submit("b", Errand(partial(tell, 1), seen.append, unexpected))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert isinstance(seen[0], OSError)


def test_an_error_of_the_program_is_logged(
    attendant: Attendant, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[object] = []

    def divide(_should_stop: StopAsked) -> object:
        raise ZeroDivisionError

    attendant.submit("a", Errand(divide, unexpected, seen.append))
    qtbot.waitUntil(lambda: len(seen) == 1)
    assert "test failed" in caplog.text


def test_the_latest_wish_with_a_key_wins_and_the_others_are_not_told(attendant: Attendant, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    attendant.submit("a", Errand(slow, seen.append, seen.append))
    assert slow.has_begun.wait(WAIT_S)
    for number in range(10):
        attendant.submit("a", Errand(partial(tell, number), seen.append, seen.append))
    qtbot.waitUntil(lambda: seen == [9])
    assert slow.was_stopped


def test_what_is_given_up_is_told_so(attendant: Attendant, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    attendant.submit("a", Errand(slow, unexpected, seen.append))
    attendant.submit("b", Errand(partial(tell, 1), unexpected, seen.append))
    attendant.submit("c", Errand(partial(tell, 2), seen.append, unexpected))
    assert slow.has_begun.wait(WAIT_S)
    attendant.give_up("b")
    attendant.give_up("a")
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert [type(value) for value in seen[:2]] == [Cancelled, Cancelled]
    assert seen[2] == 2


def test_too_much_that_waits_is_given_up_oldest_first(
    attendant: Attendant, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendant_module, "MOST_WAITING", 3)
    slow = Slow()
    seen: list[object] = []
    lost: list[object] = []
    attendant.submit("slow", Errand(slow, seen.append, unexpected))
    assert slow.has_begun.wait(WAIT_S)
    for number in range(5):
        attendant.submit(str(number), Errand(partial(tell, number), seen.append, lost.append))
    slow.may_end.set()
    qtbot.waitUntil(lambda: seen == ["slow", 2, 3, 4])
    assert len(lost) == 2


def test_after_closing_nothing_is_done_or_told(attendant: Attendant, qtbot: QtBot) -> None:
    slow = Slow()
    seen: list[object] = []
    attendant.submit("a", Errand(slow, seen.append, seen.append))
    attendant.submit("b", Errand(partial(tell, 1), seen.append, seen.append))
    assert slow.has_begun.wait(WAIT_S)
    attendant.close()
    assert attendant.wait(WAIT_S)
    attendant.submit("c", Errand(partial(tell, 1), seen.append, seen.append))
    attendant.post(seen.append, 1)
    qtbot.wait(1)
    assert slow.was_stopped
    assert seen == []


def test_a_thread_that_hangs_is_not_waited_for_longer_than_allowed(attendant: Attendant) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def hang(_should_stop: StopAsked) -> object:
        has_begun.set()
        return may_end.wait(WAIT_S)

    attendant.submit("a", Errand(hang, unexpected, unexpected))
    assert has_begun.wait(WAIT_S)
    attendant.close()
    assert not attendant.wait(0.01)
    may_end.set()


def test_quick_news_is_thinned_out() -> None:
    seen: list[object] = []
    times = iter((0.0, 0.05, 0.099, 0.1, 0.11, 5.0))
    throttle = Throttle(seen.append, lambda: next(times))
    for number in range(6):
        throttle(number)
    assert seen == [0, 3, 5]
