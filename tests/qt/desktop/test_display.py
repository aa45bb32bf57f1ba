"""Whether there is a screen, by the environment alone."""

from __future__ import annotations

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
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
def test_a_screen_is_looked_for(environment: dict[str, str], expected: bool) -> None:  # noqa: FBT001 - a test's value
    assert is_available(environment) is expected
