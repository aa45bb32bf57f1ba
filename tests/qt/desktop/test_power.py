"""Battery and metered network, with a service on a bus of the test's own, and with stand-ins for calls."""

from __future__ import annotations

import ctypes
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtDBus import QDBusConnection
from pytestqt.qtbot import QtBot

from backup_gui.desktop.power import (
    MeteredNetwork,
    Power,
    Supply,
    battery_question,
    is_metered,
    is_on_battery_by_macos,
    is_on_battery_by_windows,
)
from tests.helpers.fake_power import FakePower, private_bus

needs_bus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no bus to be had")
CONNECTION = "test of power"


class FakeNetwork(QObject):
    isMeteredChanged = Signal()

    def __init__(self, *, is_metered: bool) -> None:
        super().__init__()
        self.is_metered = is_metered

    def isMetered(self) -> bool:
        return self.is_metered


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with private_bus(tmp_path) as address:
        yield address
        QDBusConnection.disconnectFromBus(CONNECTION)


def follow_bus(address: str) -> Power:
    return Power(QDBusConnection.connectToBus(address, CONNECTION))


@needs_bus
def test_the_battery_is_asked_for_and_followed(address: str, qtbot: QtBot) -> None:
    service = FakePower(address, is_on_battery=True)
    service.start()
    try:
        power = follow_bus(address)
        assert power.supply == Supply()
        qtbot.waitUntil(lambda: power.supply.is_on_battery)
        told: list[object] = []
        power.changed.connect(told.append)
        service.set_on_battery(is_on_battery=False)
        qtbot.waitUntil(lambda: told == [Supply()])
        service.set_on_battery(is_on_battery=True)
        qtbot.waitUntil(lambda: told == [Supply(), Supply(is_on_battery=True)])
    finally:
        service.stop()


@needs_bus
def test_a_service_that_comes_and_goes_is_noticed(address: str, qtbot: QtBot) -> None:
    power = follow_bus(address)
    service = FakePower(address, is_on_battery=True)
    service.start()
    try:
        qtbot.waitUntil(lambda: power.supply.is_on_battery)
    finally:
        service.stop()
    # Without anybody who knows, nothing is saved.
    qtbot.waitUntil(lambda: not power.supply.is_on_battery)


def test_without_a_bus_there_is_no_battery(qapp: object) -> None:
    power = Power(QDBusConnection("nobody"))
    assert power.supply == Supply()


def test_a_metered_network_is_followed(qtbot: QtBot) -> None:
    network = FakeNetwork(is_metered=True)
    power = Power(QDBusConnection("nobody"), network)
    assert power.supply == Supply(is_metered=True)
    network.is_metered = False
    with qtbot.waitSignal(power.changed) as told:
        network.isMeteredChanged.emit()
    assert told.args == [Supply()]


# What Windows and macOS say, with stand-ins for their calls


def kernel32(line: int, *, works: bool = True) -> SimpleNamespace:
    """A library that fills SYSTEM_POWER_STATUS, of which the first byte is the state of the line."""

    def tell(status: object) -> int:
        status._obj.line = line  # type: ignore[attr-defined]
        assert ctypes.sizeof(status._obj) == 12  # type: ignore[attr-defined]
        return int(works)

    return SimpleNamespace(GetSystemPowerStatus=tell)


@pytest.mark.parametrize(("line", "is_on_battery"), [(0, True), (1, False), (255, False)])
def test_windows_tells_of_the_battery_by_its_line(line: int, *, is_on_battery: bool) -> None:
    assert is_on_battery_by_windows(kernel32(line)) is is_on_battery
    assert not is_on_battery_by_windows(kernel32(line, works=False))


@pytest.mark.parametrize(("left_s", "is_on_battery"), [(-2.0, False), (-1.0, True), (3600.0, True)])
def test_macos_tells_of_the_battery_by_the_time_that_it_lasts(left_s: float, *, is_on_battery: bool) -> None:
    kind = ctypes.CFUNCTYPE(ctypes.c_double)
    assert is_on_battery_by_macos(SimpleNamespace(IOPSGetTimeRemainingEstimate=kind(lambda: left_s))) is is_on_battery


def test_this_system_is_asked_at_once_unless_a_bus_tells() -> None:
    ask = battery_question()
    assert (ask is None) is (sys.platform == "linux")
    if ask is not None:
        assert ask() in {False, True}


@pytest.mark.parametrize(
    ("cost", "is_paid_by_volume"),
    [(0, False), (0x1, False), (0x2, True), (0x4, True), (0x1_0001, True), (0x2_0001, False), (0x4_0001, True)],
)
def test_windows_tells_what_the_network_costs(cost: int, *, is_paid_by_volume: bool) -> None:
    assert is_metered(cost) is is_paid_by_volume


def test_the_battery_is_asked_for_again_and_again(qtbot: QtBot) -> None:
    answers = [True]
    power = Power(QDBusConnection("nobody"), ask=lambda: answers[0], every_ms=1)
    qtbot.waitUntil(lambda: power.supply == Supply(is_on_battery=True))
    answers[0] = False
    qtbot.waitUntil(lambda: power.supply == Supply())


@pytest.fixture
def follow() -> Iterator[Callable[..., Power]]:
    """Makes what follows a network that is asked often."""
    made: list[Power] = []

    def make(ask: Callable[[], bool]) -> Power:
        made.append(Power(QDBusConnection("nobody"), MeteredNetwork(ask, 0.001)))
        return made[-1]

    yield make
    for power in made:
        power.close()


def test_the_network_is_asked_in_a_thread_of_its_own(qtbot: QtBot, follow: Callable[..., Power]) -> None:
    answers, threads = [True], set()

    def ask() -> bool:
        threads.add(threading.current_thread())
        if answers[0] is None:
            raise OSError("nobody knows")
        return answers[0]

    power = follow(ask)
    qtbot.waitUntil(lambda: power.supply == Supply(is_metered=True))
    answers[0] = None  # type: ignore[call-overload]
    qtbot.waitUntil(lambda: power.supply == Supply())
    assert threading.current_thread() not in threads


def test_a_network_that_never_answers_holds_up_nothing(qtbot: QtBot, follow: Callable[..., Power]) -> None:
    answer = threading.Event()
    power = follow(answer.wait)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "network cost")
    assert thread.daemon
    assert power.supply == Supply()
    power.close()
    told: list[object] = []
    power.changed.connect(told.append)
    # What comes after the end is dropped.
    answer.set()
    thread.join()
    qtbot.wait(1)
    assert (told, power.supply) == ([], Supply())
