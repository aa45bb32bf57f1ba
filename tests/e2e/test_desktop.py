"""The real app in a real desktop session: what a person does with it, by keyboard, tray icon and files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop, Panel, desktop_session
from tests.helpers.person import QUIT_LIMIT_S, quit_app, start_app, wait_for_mirror
from tests.helpers.trees import contents
from tests.helpers.waiting import wait_until

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

WINDOW = "^Folder Backup$"
NEW_JOB = "^New backup"
MEMORY_LIMIT_BYTES = 250 * 1024 * 1024
LARGE_FILE_BYTES = 2 * 1024**3
CHUNK_BYTES = 16 * 1024**2


@pytest.fixture
def source(session_folder: Path) -> Path:
    folder = session_folder / "My documents"
    (folder / "letters").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "letters" / "to a friend.txt").write_text("Dear friend")
    (folder / "notes.txt").write_text("first")
    return folder


@pytest.fixture
def destination(session_folder: Path) -> Path:
    folder = session_folder / "USB drive"
    folder.mkdir()
    return folder


def test_a_new_user_gets_a_backup_that_follows(session_folder: Path, source: Path, destination: Path) -> None:
    with desktop_session(session_folder, Panel.XFCE) as desktop:
        app = start_app(desktop)
        desktop.wait_for_window(WINDOW)
        icon = desktop.tray_icon()
        assert "Folder Backup" in icon.tooltip
        assert "Quit" in icon.labels()
        desktop.screenshot("desktop-1-welcome")

        add_job(desktop, source, destination, screenshot="desktop-2-new-backup")
        wait_for_mirror(source, destination)
        wait_until(lambda: icon.labels()[0].startswith("Everything is backed up"), "the menu to say so")
        assert desktop.recorded("Notify") == [], "the window is in use and says so itself"

        (source / "notes.txt").write_text("second")
        (source / "letters" / "new.txt").write_text("new")
        wait_for_mirror(source, destination)
        desktop.screenshot("desktop-3-backed-up")
        assert memory_bytes(app) < MEMORY_LIMIT_BYTES

        # Nobody tells of changes to the mirror itself: only the full pass asked for can find this.
        (destination / "notes.txt").unlink()
        icon.click("Back up now")
        wait_for_mirror(source, destination)

        desktop.close(WINDOW)
        (told,) = wait_until(lambda: desktop.recorded("Notify"), "a notification")
        assert "Click the icon" in told["body"]
        quit_app(desktop, app)
        assert contents(destination)["notes.txt"] == b"second"


def test_closing_hides_into_the_tray_and_a_second_start_raises_the_window(
    desktop: Desktop, source: Path, destination: Path
) -> None:
    app = start_app(desktop)
    desktop.wait_for_window(WINDOW)
    add_job(desktop, source, destination)
    wait_for_mirror(source, destination)

    desktop.close(WINDOW)
    desktop.wait_for_no_window(WINDOW)
    assert app.poll() is None
    (source / "while hidden.txt").write_text("x")
    wait_for_mirror(source, destination)

    second = start_app(desktop, name="second")
    assert second.wait(15) == 0
    desktop.wait_for_window(WINDOW)

    desktop.close(WINDOW)
    desktop.wait_for_no_window(WINDOW)
    desktop.tray_icon().activate()
    desktop.wait_for_window(WINDOW)
    quit_app(desktop, app)


def test_jobs_are_there_again_after_a_restart(desktop: Desktop, source: Path, destination: Path) -> None:
    app = start_app(desktop)
    desktop.wait_for_window(WINDOW)
    add_job(desktop, source, destination)
    wait_for_mirror(source, destination)
    quit_app(desktop, app)

    (source / "notes.txt").unlink()
    again = start_app(desktop, "--hidden", name="again")
    wait_for_mirror(source, destination)
    assert not desktop.windows(WINDOW)
    quit_app(desktop, again)


def test_a_job_given_at_the_start_runs_and_is_given_only_once(
    desktop: Desktop, source: Path, destination: Path
) -> None:
    options = ("--source", str(source), "--destination", str(destination), "--interval", "2")
    app = start_app(desktop, *options)
    desktop.wait_for_window(WINDOW)
    wait_for_mirror(source, destination)
    second = start_app(desktop, *options, name="second")
    assert second.wait(15) == 0
    assert desktop.tray_icon().labels().count("My documents") == 1, "the menu has a line for each job"
    quit_app(desktop, app)


@pytest.mark.parametrize("panel", [Panel.RECORDED, Panel.XFCE])
def test_the_panel_is_told_the_names_of_backups_as_they_are(
    panel: Panel, session_folder: Path, destination: Path
) -> None:
    names = ["my_docs", "Salt & pepper", "a&b_c&d"]
    with desktop_session(session_folder, panel) as desktop:
        app = None
        for name in names:
            (session_folder / name).mkdir()
            options = ("--source", str(session_folder / name), "--destination", str(destination / name))
            started = start_app(desktop, *options, name="app" if app is None else "later")
            if app is None:
                app = started
                desktop.wait_for_window(WINDOW)
            else:
                assert started.wait(15) == 0
        assert app is not None
        icon = desktop.tray_icon()
        wait_until(lambda: set(names) <= set(icon.labels()), f"the names among {icon.labels()}")
        quit_app(desktop, app)


def test_quitting_in_the_middle_of_a_large_file_takes_a_moment_and_leaves_no_half_file(
    desktop: Desktop, source: Path, destination: Path
) -> None:
    large = source / "large.iso"
    with large.open("wb") as file:
        chunk = bytes(range(256)) * (CHUNK_BYTES // 256)
        for _ in range(LARGE_FILE_BYTES // CHUNK_BYTES):
            file.write(chunk)
    app = start_app(desktop)
    desktop.wait_for_window(WINDOW)
    add_job(desktop, source, destination)
    wait_until(lambda: any(destination.rglob(".~bg-*")), "the copy to begin")

    quit_app(desktop, app)

    assert not (destination / "large.iso").exists(), "it was copied before it could be stopped"
    assert not list(destination.rglob(".~bg-*"))

    again = start_app(desktop, "--hidden", name="again")
    wait_until((destination / "large.iso").exists, "the copy that was broken off", timeout_s=20.0)
    assert (destination / "large.iso").stat().st_size == LARGE_FILE_BYTES
    quit_app(desktop, again)


def test_without_a_tray_closing_minimises(session_folder: Path) -> None:
    with desktop_session(session_folder, Panel.NONE) as desktop:
        app = start_app(desktop)
        window = desktop.wait_for_window(WINDOW)
        desktop.close(WINDOW)
        wait_until(
            lambda: "_NET_WM_STATE_HIDDEN" in desktop.output_of("xprop", "-id", window, "_NET_WM_STATE"),
            "the window to be minimised",
        )
        assert app.poll() is None

        # What the icon's menu would offer is in the window, and the window comes back.
        second = start_app(desktop, name="second")
        assert second.wait(15) == 0
        wait_until(lambda: re.search(WINDOW, desktop.active_window()), "the window to come back")
        desktop.press("ctrl+q")
        assert app.wait(15) == 0, desktop.log_of("app")


def test_sigterm_ends_the_app_in_order(desktop: Desktop, source: Path, destination: Path) -> None:
    app = start_app(desktop)
    desktop.wait_for_window(WINDOW)
    add_job(desktop, source, destination)
    wait_for_mirror(source, destination)
    app.terminate()
    assert app.wait(QUIT_LIMIT_S) in {0, 143}
    assert "Traceback" not in desktop.log_of("app")


def add_job(desktop: Desktop, source: Path, destination: Path, screenshot: str = "") -> None:
    """Add a job through the dialog: both folders by their pickers, all by keyboard."""
    desktop.focus(WINDOW)
    desktop.press("ctrl+shift+n")
    for mnemonic, title, folder in (
        ("alt+e", "^Choose the folder to protect", source),
        ("alt+u", "^Choose the folder for the backup", destination),
    ):
        desktop.focus(NEW_JOB)
        desktop.press(mnemonic, "Tab", "space")
        desktop.choose_folder(title, folder)
    desktop.focus(NEW_JOB)
    if screenshot:
        desktop.screenshot(screenshot)

    def is_accepted() -> bool:
        # The button works as soon as the folders have been checked, which is shown by nothing outside the program.
        desktop.press("alt+t")
        return not desktop.windows(NEW_JOB)

    wait_until(is_accepted, "the dialog to accept the folders")


def memory_bytes(process: subprocess.Popen[bytes]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024
