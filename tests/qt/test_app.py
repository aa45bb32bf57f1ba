"""The app as a process: how it starts, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtGui import QSessionManager

from backup_gui import app
from backup_gui.config.settings import SCHEMA
from backup_gui.config.store import Store
from backup_gui.engine.fs.system.syscalls import lock_file
from backup_gui.model.job import Job, Place
from tests.helpers.unprivileged import Unprivileged
from tests.helpers.waiting import wait_until

CODE = "import sys; from backup_gui.__main__ import main; sys.exit(main())"
# The same, but Python's collections begin after few objects, and those in other threads are told.
WATCHED_CODE = """
import gc, os, sys, threading
from backup_gui import __main__
def watch(phase, info):
    if threading.current_thread() is not threading.main_thread():
        os.write(2, b"collected elsewhere")
__main__.worker_process.OBJECTS_BETWEEN_COLLECTIONS = 500
gc.callbacks.append(watch)
sys.exit(__main__.main())
"""


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def start(
    started: list[subprocess.Popen[str]], *options: str, code: str = CODE, **variables: str
) -> subprocess.Popen[str]:
    environment = {**os.environ, **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        env={name: value for name, value in environment.items() if value},
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(process)
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="a screen is always there elsewhere")
def test_without_a_screen_it_says_so(started: list[subprocess.Popen[str]]) -> None:
    process = start(started, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "no screen" in errors
    assert "backup-gui run SOURCE DESTINATION" in errors


@pytest.mark.skipif(sys.platform != "linux", reason="a screen is always there elsewhere")
@pytest.mark.desktop
def test_a_screen_of_somebody_else_is_told(started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    # For each address and each screen.
    parts = (b"", b"", b"MIT-MAGIC-COOKIE-1", bytes(range(16)))
    allowed.write_bytes(b"\xff\xff" + b"".join(len(part).to_bytes(2, "big") + part for part in parts))
    command = ["Xvfb", "-displayfd", "1", "-auth", str(allowed), "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            screen = {"DISPLAY": f":{server.stdout.readline().strip()}", "WAYLAND_DISPLAY": ""}
            for platform in ("", "xcb"):
                process = start(started, XAUTHORITY=os.devnull, QT_QPA_PLATFORM=platform, **screen)
                _, errors = process.communicate(timeout=20)
                assert process.returncode == 2, errors
                # Before it stand the server's own words.
                assert errors.splitlines()[-1].startswith("Folder Backup: there is no screen")
                assert "platform plugin" not in errors, "Qt's words before it aborts"
            code = "import sys; from backup_gui.desktop import display; sys.exit(not display.is_available())"
            assert start(started, code=code, XAUTHORITY=str(allowed), QT_QPA_PLATFORM="xcb", **screen).wait(20) == 0
        finally:
            server.terminate()


# The window's words go to standard output; it is closed as soon as it is on the screen.
TOLD_CODE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
from backup_gui import app
from backup_gui.__main__ import main
from backup_gui.model.job import Place
class Told(app.Refusal):
    def showEvent(self, event):
        super().showEvent(event)
        print(self.windowTitle(), self.text(), self.informativeText(), sep="|", flush=True)
        QTimer.singleShot(0, self.reject)
app.Refusal = Told
sys.exit(main())
"""


def refuse(started: list[subprocess.Popen[str]], **variables: str) -> str:
    """Start an app that cannot run; return the text of its window."""
    environment = {name: value for name, value in {**os.environ, **variables}.items() if value}
    process = subprocess.Popen(
        [sys.executable, "-c", TOLD_CODE, "--hidden"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(process)
    words, errors = process.communicate(timeout=30)
    assert process.returncode == 3, errors
    assert "Traceback" not in errors
    assert words.startswith("Folder Backup|Folder Backup cannot start|")
    return words


@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"])
def test_an_own_folder_that_cannot_be_used_is_named_in_a_window(
    started: list[subprocess.Popen[str]], tmp_path: Path, variable: str
) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refuse(started, **{variable: str(tmp_path / "file")})


@pytest.mark.root
def test_own_folders_of_root_are_named_in_a_window(open_folder: Path, unprivileged: Unprivileged) -> None:
    own = open_folder / "home" / ".state" / "backup-gui"
    own.mkdir(parents=True)
    unprivileged.own(open_folder)
    for mode in (0o700, 0o755):
        os.chown(own, 0, 0)
        own.chmod(mode)
        result = unprivileged.run("-c", TOLD_CODE, "--hidden", home=open_folder / "home")
        assert result.returncode == 3, result
        assert str(own) in result.stdout


def test_a_lock_that_somebody_holds_without_answering_is_told_in_a_window(
    started: list[subprocess.Popen[str]], own_places: Path
) -> None:
    state = own_places / "state" / "backup-gui"
    state.mkdir()
    with (state / "app.lock").open("wb") as held:
        lock_file(held.fileno())
        assert "running already" in refuse(started)


@pytest.mark.posix("POSIX signals")
def test_an_instance_that_hangs_can_be_ended_from_the_window(
    started: list[subprocess.Popen[str]], own_places: Path
) -> None:
    log = own_places / "state" / "backup-gui" / "backup-gui.log"
    hung = start(started, "--hidden")
    wait_until(lambda: log.exists() and "has started" in log.read_text(), "the first one", 20)
    wait_until((own_places / "state" / "backup-gui" / "app.socket").exists, "it to listen", 20)
    hung.send_signal(signal.SIGSTOP)
    code = TOLD_CODE.replace("self.reject", "self.end_button.click")
    second = subprocess.Popen(
        [sys.executable, "-c", code, "--hidden"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    started.append(second)
    wait_until(lambda: hung.poll() is not None, "the one that hung to be ended", 40)
    assert hung.returncode == -signal.SIGKILL
    wait_until(lambda: log.read_text().count("has started") == 2, "the second one", 20)
    # A signal in its first moments would end it before it can do so in order.
    subprocess.run([sys.executable, "-m", "backup_gui", "--quit"], check=True, timeout=60)
    words, errors = second.communicate(timeout=30)
    assert second.returncode == 0, errors
    assert "running already" in words


def test_settings_of_a_newer_version_are_told_in_a_window_and_nothing_runs(
    started: list[subprocess.Popen[str]], own_places: Path, tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    job = Job(str(tmp_path / "source"), Place(str(tmp_path / "mirror")), id="a1", name="A")
    settings = own_places / "config" / "backup-gui" / "settings.ini"
    assert Store(settings.parent).save_jobs((job,))
    settings.write_text(settings.read_text().replace(f'\\"schema\\": {SCHEMA}', f'\\"schema\\": {SCHEMA + 1}'))
    before = settings.read_bytes()
    assert str(settings) in refuse(started)
    assert settings.read_bytes() == before
    assert not (tmp_path / "mirror").exists()


@pytest.mark.posix("homes")
def test_without_any_home_folder_a_window_says_so(started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    code = "import pwd\ndef unknown(uid): raise KeyError\npwd.getpwuid = unknown\n" + TOLD_CODE
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "HOME"}
    process = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=30,
    )
    assert process.returncode == 3, process
    assert "There is no home folder" in process.stdout
    assert list(tmp_path.iterdir()) == []


def make_much_to_copy(folder: Path) -> Path:
    """Make a source that takes a while to copy."""
    source = folder / "source"
    source.mkdir()
    for index in range(3_000):
        (source / f"file{index}").write_bytes(b"x" * 50_000)
    return source


def check_copies(destination: Path) -> None:
    """Check that each copy which is there is whole."""
    for copy in destination.glob("file*"):
        assert copy.stat().st_size == 50_000


@pytest.mark.posix("POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_in_mid_copy_within_two_seconds(
    started: list[subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    source = make_much_to_copy(tmp_path)
    destination = tmp_path / "backup"
    process = start(started, "--hidden", "--source", str(source), "--destination", str(destination))
    wait_until(destination.is_dir, "the backup begins", 20)
    began_s = time.monotonic()
    process.send_signal(number)
    assert process.wait(10) == 0
    assert time.monotonic() - began_s < 2.5
    check_copies(destination)


# The session ends by this event on macOS and on X11, and before closing any window.
ENDED_CODE = """
import sys
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from backup_gui import app
from backup_gui.__main__ import main
start = app.Shell.start
def start_and_end(shell, wish):
    start(shell, wish)
    def end():
        assert shell.window.isVisible()
        QCoreApplication.sendEvent(QCoreApplication.instance(), QEvent(QEvent.Type.Quit))
    QTimer.singleShot(500, end)
app.Shell.start = start_and_end
sys.exit(main())
"""


def test_the_end_of_the_session_ends_it_also_where_its_window_stays(
    started: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    source = make_much_to_copy(tmp_path)
    destination = tmp_path / "backup"
    process = start(started, "--source", str(source), "--destination", str(destination), code=ENDED_CODE)
    assert process.wait(20) == 0
    check_copies(destination)


def test_the_session_does_not_start_it_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    hints: list[object] = []
    app.leave_start_to_setting(SimpleNamespace(setRestartHint=hints.append))  # type: ignore[arg-type]
    assert hints == [QSessionManager.RestartHint.RestartNever]


def quit_running(started: list[subprocess.Popen[str]]) -> int:
    return start(started, "--quit", QT_QPA_PLATFORM="no screen is needed").wait(30)


def test_it_is_ended_from_outside_in_mid_copy(started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    source = make_much_to_copy(tmp_path)
    destination = tmp_path / "backup"
    process = start(started, "--hidden", "--source", str(source), "--destination", str(destination))
    wait_until(destination.is_dir, "the backup begins", 20)
    assert quit_running(started) == 0
    assert process.wait(0.5) == 0, "it has ended before that says so"
    check_copies(destination)


def test_where_none_runs_none_is_ended_and_nothing_is_made(
    started: list[subprocess.Popen[str]], own_places: Path
) -> None:
    assert quit_running(started) == 0
    assert not [path for name in ("config", "data", "state") for path in (own_places / name).iterdir()]


def test_one_that_only_says_why_it_cannot_start_is_ended_too(
    started: list[subprocess.Popen[str]], own_places: Path
) -> None:
    (own_places / "config" / "backup-gui").write_text("no folder")
    process = start(started)
    lock = own_places / "state" / "backup-gui" / "app.lock"
    wait_until(lock.exists, "it is up", 20)
    assert quit_running(started) == 0
    assert process.wait(0.5) == 3


def test_a_second_start_hands_over_its_job_and_ends(started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    first = start(started, "--hidden")
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("content")
    lock = Path(os.environ["XDG_STATE_HOME"], "backup-gui", "app.lock")
    wait_until(lock.exists, "the first one is up", 20)
    second = start(started, "--source", str(source), "--destination", str(tmp_path / "backup"))
    assert second.wait(60) == 0
    wait_until((tmp_path / "backup" / "file").exists, "the job handed over runs", 20)
    assert first.poll() is None


@pytest.mark.posix("POSIX signals")
def test_no_garbage_is_collected_in_the_thread_of_a_job(started: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for index in range(1_000):
        (source / f"file{index}").write_bytes(b"x")
    destination = tmp_path / "destination"
    process = start(started, "--source", str(source), "--destination", str(destination), code=WATCHED_CODE)

    def has_ended_or_copied_all() -> bool:
        return process.poll() is not None or len(list(destination.glob("file*"))) == 1_000

    wait_until(has_ended_or_copied_all, "the backup is complete", 30)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "elsewhere" not in errors
