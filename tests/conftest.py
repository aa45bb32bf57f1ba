"""What every test gets: folders of its own, no screen, no session bus, and a check that no thread is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from backup_gui.engine.fs import own_files as own
from tests.helpers.unprivileged import Unprivileged, find_unprivileged

pytest_plugins = ["tests.helpers.side_by_side", "tests.helpers.coverage_gate", "tests.helpers.systems"]

TESTS = Path(__file__).parent
XDG_FOLDERS = {
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_RUNTIME_DIR": "runtime",
}
THREAD_END_S = 5.0

MARKERS = {
    "desktop": "needs a real desktop session (Xvfb, a window manager, a panel), started by the test itself",
    "hazard(*numbers)": "proves what docs/hazards.md says of these rows",
    "package": "tests the program as packaged in dist/; chosen with -m package only",
    "posix(reason)": "tests what only POSIX systems have; a module marked as a whole is not imported elsewhere",
    "fresh": "makes a minimal Debian and installs packages into it; chosen with -m fresh only",
    "root": "mounts file systems or changes owners, so it runs as root only",
    "watches": "takes much of what the system lets a user watch, all of whose programs share it",
    "windows_package": "tests what people install on Windows, under wine; chosen with -m windows_package only",
    "slow": "computes for more than two seconds, or is in a folder whose tests run whole programs",
}

# Tests with these marks are run only where the mark is chosen.
UNCHOSEN = ("package", "fresh", "windows_package")
# What is in these folders is slow as a whole: `make quick` leaves it out.
SLOW_FOLDERS = ("differential", "e2e", "faults", "property", "sequences", "simulation", "soak")

# Read by libraries when they are imported or first used, so it is set before any of them can be: no test opens
# a window on the user's screen, speaks on the user's bus, or formats numbers the way this machine does.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "disabled:"
os.environ["LC_ALL"] = "C.UTF-8"

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "nightly", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = {TESTS / name for name in SLOW_FOLDERS}
    for item in items:
        if not slow.isdisjoint(item.path.parents):
            item.add_marker("slow")
    if os.name != "posix" or os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("root"):
                item.add_marker(pytest.mark.skip(reason="needs root"))
    unchosen = [mark for mark in UNCHOSEN if mark not in config.getoption("markexpr")]
    left_out = [item for item in items if any(map(item.get_closest_marker, unchosen))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True, scope="session")
def no_leftovers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what the tests have written, unless one failed: pytest's own way fails later on very deep folders."""
    yield
    if os.name == "posix" and not request.session.testsfailed:
        subprocess.run(["rm", "-rf", "--", tmp_path_factory.getbasetemp()], check=False)


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test, and every process it starts, a home and settings of its own; returns the home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))  # what Windows calls it
    for variable, name in XDG_FOLDERS.items():
        folder = home / name
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(folder))
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        # Qt remembers where settings lie from the first use on, whatever the environment says later.
        for format_ in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(format_, QSettings.Scope.UserScope, str(home / "config"))
    return home


@pytest.fixture(autouse=True)
def nothing_noted_as_own() -> Iterator[None]:
    """Forget which files the program called its own while this test had it in its process."""
    yield
    own._noted.clear()


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail the test if a thread that it started still runs a few seconds after its end."""
    before = set(threading.enumerate())
    yield
    deadline_s = time.monotonic() + THREAD_END_S
    for thread in set(threading.enumerate()) - before:
        if not _may_outlive_a_test(thread):
            thread.join(max(0.0, deadline_s - time.monotonic()))
    leaked = [t for t in set(threading.enumerate()) - before if not _may_outlive_a_test(t)]
    assert not leaked, f"threads left running: {leaked}"


def _may_outlive_a_test(thread: threading.Thread) -> bool:
    # watchdog shares one daemon thread that reads inotify, and ends it in its own time. A dummy stands for a
    # thread that Python did not start (Qt's); it stays listed after the thread itself has ended.
    return isinstance(thread, threading._DummyThread) or type(thread).__name__ == "InotifyFD"


@pytest.fixture(scope="session")
def unprivileged() -> Unprivileged:
    """The program run by a user to whom permissions apply, also where the tests are run by root."""
    if os.name != "posix":
        pytest.skip("no such permissions there")
    return find_unprivileged()


@pytest.fixture
def open_folder(unprivileged: Unprivileged) -> Iterator[Path]:
    """A folder that the unprivileged user owns and can reach: pytest's own ones are closed to it."""
    # The folder is below one that stays the tests' own, so that removing it works whatever modes a test has set.
    with tempfile.TemporaryDirectory(prefix="backup-gui-test-", ignore_cleanup_errors=True) as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer) / "open"
        folder.mkdir()
        unprivileged.own(folder)
        try:
            yield folder
        finally:
            for root, folders, _ in os.walk(folder):
                for name in folders:
                    if not (path := Path(root) / name).is_symlink():
                        path.chmod(0o755)
