"""Notifications as real services show them, clicked with a real mouse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop, Panel, desktop_session
from tests.helpers.person import start_app, wait_for_mirror
from tests.helpers.waiting import wait_until

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

NAMES = ("Letters", "Pictures")
# More than the guard lets go at once.
FILES = 80
_TOLD = re.compile(
    r'member=Notify\n\s+string "Folder Backup"\n\s+uint32 (\d+)\n\s+string ""\n\s+string "(.*)"\n\s+string "(.*)"'
)


@pytest.mark.parametrize("panel", [Panel.TRAYER, Panel.NOTIFYD])
def test_each_job_has_one_notification_and_a_click_on_the_older_one_opens_its_own_job(
    panel: Panel, session_folder: Path
) -> None:
    with desktop_session(session_folder, panel) as desktop:
        watch = ("dbus-monitor", "--session", "interface='org.freedesktop.Notifications'")
        desktop.start(*watch, name="monitor")
        wait_until(lambda: "NameAcquired" in desktop.log_of("monitor"), "the one who listens")
        app = None
        for name in NAMES:
            source, destination = session_folder / name, session_folder / "drive" / name
            fill(source)
            # In a window that is in use, none would be shown.
            options = ("--hidden", "--source", str(source), "--destination", str(destination))
            started = start_app(desktop, *options, name="app" if app is None else "later")
            if app is None:
                app = started
            else:
                assert started.wait(15) == 0
            wait_for_told(desktop, name, "The first backup is complete")
            wait_for_mirror(source, destination)
        assert app is not None
        assert shown(desktop, panel) == 2

        for name in NAMES:
            for file in (session_folder / name).iterdir():
                file.unlink()
            wait_for_told(desktop, name, "Everything would be deleted from the backup")
        # Each has taken the place of the job's first one.
        replaced = [number for number, _, _ in told(desktop)]
        assert replaced[:2] == [0, 0]
        assert 0 < replaced[2] < replaced[3]
        wait_until(lambda: shown(desktop, panel) == 2, "one notification for each job")
        desktop.screenshot(f"notifications-{panel.name.lower()}")

        left, top, width, height = desktop.popups()[0]
        if panel is Panel.NOTIFYD:
            # A click beside its buttons only puts a note of this service away; the button is in the lower right corner.
            desktop.click(left + width - 56, top + height - 30)
        else:
            desktop.click(left + width // 2, top + 20)
        desktop.wait_for_window(f"^Review: {NAMES[0]}")
        assert not desktop.windows(f"^Review: {NAMES[1]}")
        wait_until(lambda: shown(desktop, panel) == 1, "the one that was clicked to go")

        # Nobody would hear a click on the other one any more.
        app.terminate()
        assert app.wait(15) in {0, 143}, desktop.log_of("app")
        wait_until(lambda: shown(desktop, panel) == 0, "the other one to be taken away")


def fill(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(FILES):
        (folder / f"{number}.txt").write_text(f"{folder.name} {number}")


def told(desktop: Desktop) -> list[tuple[int, str, str]]:
    """What each notification replaced, its title and its text."""
    return [(int(replaced), title, text) for replaced, title, text in _TOLD.findall(desktop.log_of("monitor"))]


def wait_for_told(desktop: Desktop, job: str, text: str) -> None:
    def is_told() -> bool:
        return any(title == job and text in told_text for _, title, told_text in told(desktop))

    wait_until(is_told, f"{text!r} about {job}", timeout_s=20.0)


def shown(desktop: Desktop, panel: Panel) -> int:
    """How many notifications are on the screen."""
    if panel is Panel.NOTIFYD:
        return len(desktop.popups())
    return int(desktop.output_of("dunstctl", "count", "displayed"))
