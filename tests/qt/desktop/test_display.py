"""Whether there is a screen, by the environment alone."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from backup_gui.desktop.display import is_available


@pytest.mark.posix("X11")
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
    ],
)
def test_a_screen_is_looked_for(environment: dict[str, str], expected: bool) -> None:  # noqa: FBT001 - a test's value
    assert is_available(environment) is expected


@pytest.mark.posix("Wayland")
def test_a_wayland_session_counts_while_it_is_there(tmp_path: Path) -> None:
    path = str(tmp_path / "wayland-0")
    by_name = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    by_path = {"WAYLAND_DISPLAY": path}
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert is_available(by_name)
        assert is_available(by_path)
    # The name stays when a session has crashed.
    assert not is_available(by_name)
    assert not is_available(by_path)
