"""Battery and metered network, with a service on a bus of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtDBus import QDBusConnection
from pytestqt.qtbot import QtBot

from backup_gui.desktop.power import Power, Supply
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


def follow(address: str) -> Power:
    return Power(QDBusConnection.connectToBus(address, CONNECTION))


@needs_bus
def test_the_battery_is_asked_for_and_followed(address: str, qtbot: QtBot) -> None:
    service = FakePower(address, is_on_battery=True)
    service.start()
    try:
        power = follow(address)
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
    power = follow(address)
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
