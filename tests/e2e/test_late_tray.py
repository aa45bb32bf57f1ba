"""The tray icon of the app where panel or bus come late, or again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.session import Session, x_screen
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("dbus-daemon")), reason="there is no session"),
]


@pytest.mark.parametrize("desktop", ["", "XFCE"])
def test_the_icon_comes_with_the_panel_and_again_with_the_next_bus(
    own_places: Path, tmp_path: Path, desktop: str
) -> None:
    log = own_places / "state" / "backup-gui" / "backup-gui.log"
    session = Session(tmp_path)
    session.start_bus()
    with x_screen() as display:
        # As dbus-daemon itself prints it: with the identity of this one.
        environment = os.environ | {
            "DBUS_SESSION_BUS_ADDRESS": f"{session.address},guid={session.guid}",
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CURRENT_DESKTOP": desktop,
        }
        app = subprocess.Popen([sys.executable, "-m", "backup_gui", "--hidden"], env=environment)
        try:
            wait_until(lambda: log.exists() and "has started" in log.read_text(), "the app", 30)
            session.start_panel()
            wait_until(lambda: len(session.registered()) == 1, "the icon", 30)
            session.end_bus()
            session.start_bus()
            session.start_panel()
            wait_until(lambda: len(session.registered()) == 2, "the icon on the next bus", 30)
            session.end_panel()
            session.start_panel()
            wait_until(lambda: len(session.registered()) >= 3, "the icon in the next panel", 30)
            assert app.poll() is None
        finally:
            app.terminate()
            app.wait(20)
            session.end_bus()
    assert app.returncode == 0
