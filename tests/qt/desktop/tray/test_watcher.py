"""The tray of a session: it comes late, has no host, restarts, or its bus does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from backup_gui.desktop.tray.host import TrayHost, system_tray_host
from backup_gui.desktop.tray.watcher import SessionTrayHost
from tests.helpers.session import Session
from tests.qt.conftest import PATIENCE_MS

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no bus to be had")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    session = Session(tmp_path)
    session.start_bus()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.address)
    yield session
    session.end_bus()


@pytest.fixture
def host(session: Session) -> Iterator[SessionTrayHost]:
    host = SessionTrayHost()
    yield host
    host.close()


def wait_for_tray(qtbot: QtBot, host: TrayHost, *, is_there: bool = True) -> None:
    qtbot.waitUntil(lambda: host.is_there is is_there, timeout=PATIENCE_MS)


def test_a_panel_that_comes_late_or_restarts_is_told(session: Session, host: SessionTrayHost, qtbot: QtBot) -> None:
    assert not host.is_there
    for _ in range(2):
        with qtbot.waitSignal(host.changed, timeout=PATIENCE_MS):
            session.start_panel()
        wait_for_tray(qtbot, host)
        assert host.is_on_bus
        assert not host.holds_icon()
        with qtbot.waitSignal(host.changed, timeout=PATIENCE_MS):
            session.end_panel()
        wait_for_tray(qtbot, host, is_there=False)


def test_a_watcher_without_a_host_shows_nothing(session: Session, host: SessionTrayHost, qtbot: QtBot) -> None:
    session.start_panel()
    wait_for_tray(qtbot, host)
    for has_host in (False, True):
        session.call("Host", "b", has_host).close()
        wait_for_tray(qtbot, host, is_there=has_host)


def test_a_bus_that_has_restarted_is_found_again(session: Session, host: SessionTrayHost, qtbot: QtBot) -> None:
    session.start_panel()
    wait_for_tray(qtbot, host)
    session.end_bus()
    wait_for_tray(qtbot, host, is_there=False)
    session.start_bus()
    session.start_panel()
    wait_for_tray(qtbot, host)


def test_only_an_icon_of_this_process_is_held(
    session: Session, host: SessionTrayHost, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.start_panel()
    wait_for_tray(qtbot, host)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getpid", lambda: 1)
        with session.call("RegisterStatusNotifierItem", "s", "/StatusNotifierItem"):
            qtbot.waitUntil(lambda: host._pids != {}, timeout=PATIENCE_MS)
            qtbot.waitUntil(lambda: 0 not in host._pids.values(), timeout=PATIENCE_MS)
            assert not host.holds_icon()
    assert host.holds_icon()


def test_without_a_bus_there_is_no_tray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qtbot: QtBot) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    host = SessionTrayHost()
    assert not host.is_there
    assert not host.holds_icon()
    host.close()


def test_the_tray_of_this_platform_can_be_asked(session: Session, qtbot: QtBot) -> None:
    parent = QObject()
    host = system_tray_host(parent)
    assert isinstance(host, SessionTrayHost)
    assert not host.is_on_bus
    host.close()
    plain = TrayHost()
    assert plain.holds_icon() is plain.is_there
    plain.close()
