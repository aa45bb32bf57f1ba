"""Whether there is a screen, by the environment alone."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from backup_gui.desktop.display import accept_restarted_bus, is_available

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a screen is always there elsewhere")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":4711"}, False),
        ({"DISPLAY": "nonsense"}, False),
        ({"WAYLAND_DISPLAY": "wayland-4711"}, False),
        ({"WAYLAND_DISPLAY": "/nowhere/wayland-0", "DISPLAY": ":4711"}, False),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
        ({"QT_QPA_PLATFORM": "xcb;minimal", "DISPLAY": ":4711"}, True),
        ({"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":4711"}, False),
        ({"QT_QPA_PLATFORM": "wayland;xcb", "DISPLAY": ":4711"}, False),
        ({"QT_QPA_PLATFORM": "wayland", "WAYLAND_DISPLAY": "/nowhere/wayland-0"}, False),
    ],
)
def test_a_screen_is_looked_for(environment: dict[str, str], expected: bool) -> None:  # noqa: FBT001 - a test's value
    assert is_available(environment) is expected


def test_a_wayland_session_counts_while_it_is_there(tmp_path: Path) -> None:
    path = str(tmp_path / "wayland-0")
    by_name = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    by_path = {"WAYLAND_DISPLAY": path}
    by_default = {"QT_QPA_PLATFORM": "wayland", "XDG_RUNTIME_DIR": str(tmp_path)}
    not_by_choice = by_name | {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":4711"}
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert is_available(by_name)
        assert is_available(by_path)
        assert is_available(by_default)
        assert not is_available(not_by_choice)
    # The name stays when a session has crashed.
    assert not is_available(by_name)
    assert not is_available(by_path)
    assert not is_available(by_default)


def test_a_wayland_connection_that_is_open_already_counts() -> None:
    assert is_available({"QT_QPA_PLATFORM": "wayland", "WAYLAND_SOCKET": "5"})


def test_without_the_library_the_missing_libraries_are_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr("ctypes.CDLL", refuse)
    assert is_available({"DISPLAY": ":4711"})


def test_the_address_of_the_bus_fits_also_the_next_one() -> None:
    environment = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus,guid=01ab;unix:abstract=x,guid=ff", "HOME": "/"}
    accept_restarted_bus(environment)
    assert environment == {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus;unix:abstract=x", "HOME": "/"}
    without: dict[str, str] = {}
    accept_restarted_bus(without)
    assert not without
