"""The older kind of tray, on an X screen of the test's own."""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.desktop.tray.xembed import XEmbedTray
from tests.helpers.session import x_screen
from tests.qt.conftest import PATIENCE_MS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("Xvfb") is None, reason="there is no X screen to be had"
)

_TRAY = b"_NET_SYSTEM_TRAY_S0"
_STRUCTURE_NOTIFY = 1 << 17
_CLIENT_MESSAGE = 33


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with x_screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        yield display


class Panel:
    """A tray: owns the selection, and tells so as the protocol wants it."""

    def __init__(self, display: str) -> None:
        self._x = x = ctypes.CDLL("libX11.so.6")
        for name in ("XOpenDisplay", "XDefaultRootWindow", "XCreateSimpleWindow", "XInternAtom"):
            getattr(x, name).restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(x.XOpenDisplay(display.encode()))
        root = ctypes.c_void_p(x.XDefaultRootWindow(self._display))
        window = ctypes.c_void_p(x.XCreateSimpleWindow(self._display, root, 0, 0, 1, 1, 0, 0, 0))
        selection = ctypes.c_void_p(x.XInternAtom(self._display, _TRAY, 0))
        x.XSetSelectionOwner(self._display, selection, window, 0)
        event = (ctypes.c_long * 24)()
        # The type, and from the fourth: window, message type, format; from the eighth on: time, selection, owner.
        event[0] = _CLIENT_MESSAGE
        event[4:7] = [root.value or 0, x.XInternAtom(self._display, b"MANAGER", 0), 32]
        event[8:10] = [selection.value or 0, window.value or 0]
        x.XSendEvent(self._display, root, 0, ctypes.c_long(_STRUCTURE_NOTIFY), event)
        x.XSync(self._display, 0)

    def close(self) -> None:
        """End, as a panel that crashes."""
        self._x.XCloseDisplay(self._display)


def test_a_tray_is_seen_when_it_comes_and_when_it_ends(screen: str, qtbot: QtBot) -> None:
    tray = XEmbedTray()
    assert not tray.is_there
    for _ in range(2):
        with qtbot.waitSignal(tray.changed, timeout=PATIENCE_MS):
            panel = Panel(screen)
        assert tray.is_there
        later = XEmbedTray()
        assert later.is_there
        later.close()
        with qtbot.waitSignal(tray.changed, timeout=PATIENCE_MS):
            panel.close()
        assert not tray.is_there
    tray.close()
    tray.close()


def test_without_a_screen_there_is_none(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    tray = XEmbedTray()
    assert not tray.is_there
    tray.close()


def test_without_the_library_there_is_none(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    def refuse(_name: str) -> None:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert not XEmbedTray().is_there
