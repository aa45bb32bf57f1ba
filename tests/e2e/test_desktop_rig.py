"""Checks the desktop session that the app is tested in, with a program of a few lines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.helpers.desktop import Panel, desktop_session
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.desktop


@pytest.mark.parametrize("panel", [Panel.RECORDED, Panel.XFCE])
def test_window_icon_menu_dialog_and_notification_can_be_driven(
    panel: Panel, session_folder: Path, tmp_path: Path
) -> None:
    chosen = tmp_path / "a folder with spaces"
    chosen.mkdir()
    with desktop_session(session_folder, panel) as desktop:
        sample = desktop.start(sys.executable, "-X", "faulthandler", "-m", "tests.helpers.sample_tray", name="sample")
        desktop.wait_for_window("^Sample$")
        icon = desktop.tray_icon()
        assert icon.tooltip == "Sample: all is well"
        assert icon.labels() == ["Choose…", "Tell", "Quit"]
        assert icon.icon_bytes

        icon.click("Choose…")
        desktop.choose_folder("Choose a folder", chosen)
        wait_until(lambda: f"chosen {chosen}" in desktop.log_of("sample"), "the chosen folder")

        icon.click("Tell")
        told = wait_until(lambda: desktop.recorded("Notify"), "the notification")
        assert (told[0]["summary"], told[0]["body"]) == ("Told", "a_text")
        assert desktop.screenshot(f"rig-{panel.name.lower()}").stat().st_size > 1_000

        icon.activate()
        desktop.wait_for_no_window("^Sample$")
        icon.click("Quit")
        assert sample.wait(5) == 0, desktop.log_of("sample")


def test_an_old_style_tray_is_there_too(session_folder: Path) -> None:
    with desktop_session(session_folder, Panel.TRAYER) as desktop:
        desktop.start(sys.executable, "-X", "faulthandler", "-m", "tests.helpers.sample_tray", name="sample")
        wait_until(lambda: "tray True" in desktop.log_of("sample"), "the tray")
        desktop.wait_for_window("^Sample$")


def test_a_desktop_without_a_tray_is_there_too(session_folder: Path) -> None:
    with desktop_session(session_folder, Panel.NONE) as desktop:
        desktop.start(sys.executable, "-X", "faulthandler", "-m", "tests.helpers.sample_tray", name="sample")
        wait_until(lambda: "tray False" in desktop.log_of("sample"), "the program")


def test_nothing_of_a_session_is_left_behind(session_folder: Path) -> None:
    with desktop_session(session_folder, Panel.XFCE):
        assert _processes_of(session_folder)
    assert _processes_of(session_folder) == []


def _processes_of(folder: Path) -> list[str]:
    mark = f"XDG_RUNTIME_DIR={folder / 'run'}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
        except OSError:
            continue  # ended meanwhile
    return found
