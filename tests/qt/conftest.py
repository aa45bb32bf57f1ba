"""What tests of the window share: icons, a tray icon that records, a runner that does what it is told."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QDir, QLocale, QObject, QUrl, Signal
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.app import resource_folder
from backup_gui.config.folders import OwnFolders, own_folders
from backup_gui.config.settings import Appearance
from backup_gui.config.store import Store
from backup_gui.desktop.autostart import LoginState
from backup_gui.desktop.notifier import Notifier
from backup_gui.desktop.power import Power
from backup_gui.desktop.tray.host import TrayHost
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome
from backup_gui.model.events import Command, Event, Pause, Started, StatusChanged, Stop
from backup_gui.model.job import Job, Place
from backup_gui.model.status import Coverage, JobState, Status
from backup_gui.presenters.shell import Shell, System
from backup_gui.threads import controller as controller_module
from backup_gui.ui.style.icons import Icons

# What the offscreen platform says about itself and not about this program.
OFFSCREEN_NOISE = (
    "This plugin does not support",
    "No such signal QPlatformNativeInterface::systemTrayWindowChanged",
)

NOW = 1_795_356_200.0
# How long to wait for what must come: on a busy machine threads begin and end late.
PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/qt" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore(*OFFSCREEN_NOISE))


class RecordedTrayIcon(QObject):
    """Stands for the platform's tray icon."""

    activated = Signal(object)
    messageClicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, str]] = []
        self.icons: list[QIcon] = []
        self.tooltip = ""
        self.menu: QMenu | None = None
        self.is_visible = False

    def setIcon(self, icon: QIcon) -> None:
        self.icons.append(icon)

    def setToolTip(self, tip: str) -> None:
        self.tooltip = tip

    def setContextMenu(self, menu: QMenu) -> None:
        self.menu = menu

    def showMessage(self, title: str, msg: str, icon: QIcon, msecs: int) -> None:
        self.messages.append((title, msg))

    def show(self) -> None:
        self.is_visible = True

    def hide(self) -> None:
        self.is_visible = False


class ScriptedRun:
    """Stands for the runner: tells what a test gives it, and notes the commands it gets."""

    def __init__(self) -> None:
        self.commands: dict[str, list[Command]] = {}
        self.started = threading.Event()
        self._tell: dict[str, Callable[[Event], None]] = {}
        self._lock = threading.Lock()

    def __call__(
        self, job: Job, commands: Mailbox, on_event: Callable[[Event], None], *, data_folder: Path
    ) -> RunOutcome:
        with self._lock:
            self._tell[job.id] = on_event
            received = self.commands.setdefault(job.id, [])
        on_event(Started(job.source, job.destination.path))
        self.started.set()
        while True:
            commands.wait(1.0)
            while (command := commands.take()) is not None:
                received.append(command)
                if isinstance(command, Stop):
                    return RunOutcome(None, None, is_stopped=True)
                if isinstance(command, Pause):
                    on_event(StatusChanged(Status(JobState.PAUSED, paused_until=command.until)))

    def tell(self, job_id: str, event: Event) -> None:
        """Tell an event as the job's runner would; from the test's thread, which the outbox does not mind."""
        with self._lock:
            on_event = self._tell[job_id]
        on_event(event)

    def has_started(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._tell

    def received(self, job_id: str) -> list[Command]:
        return list(self.commands.get(job_id, []))


class FakeTrayHost(TrayHost):
    """A tray that comes and goes as the test wishes; an icon is in it once it was made."""

    def __init__(self, *, has_tray: bool = True) -> None:
        super().__init__()
        self.has_tray = has_tray
        self.has_registered = True

    @property
    def is_there(self) -> bool:
        return self.has_tray

    def holds_icon(self) -> bool:
        return self.has_tray and self.has_registered


class RecordedEntry:
    """Stands for the entry that starts the app at login."""

    def __init__(self) -> None:
        self.command: tuple[str, ...] | None = None
        self.is_switched_off = False

    def is_there(self) -> bool:
        return self.command is not None

    def state(self) -> LoginState:
        if self.is_switched_off:
            return LoginState.OFF
        return LoginState.ON if self.is_there() else LoginState.ABSENT

    def write(self, command: tuple[str, ...]) -> None:
        self.command = command
        self.is_switched_off = False

    def remove(self) -> None:
        self.command = None


def ok_status(**fields: object) -> Status:
    """A status after which everything is backed up."""
    values: dict[str, object] = {
        "state": JobState.OK,
        "last_complete_at": NOW - 60,
        "last_pass_at": NOW - 60,
        "coverage": Coverage(3),
        "has_full_pass": True,
        **fields,
    }
    return Status(**values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="package")
def no_collection_elsewhere() -> Iterator[None]:
    """Keep Python from destroying windows that tests have dropped in the thread of a job."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True)
def collection_here(no_collection_elsewhere: None) -> Iterator[None]:
    """Destroy what the test has dropped in the window's thread."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def british_english(qapp: QApplication) -> Iterator[None]:
    """Write numbers and times the same way on every machine."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """The plugin's own, with more patience."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(qtbot.waitUntil, timeout=PATIENCE_MS))
    return qtbot


@pytest.fixture
def icons(qapp: QApplication) -> Icons:
    return Icons(resource_folder() / "icons")


@pytest.fixture
def tray_icon(qapp: QApplication) -> RecordedTrayIcon:
    return RecordedTrayIcon()


@pytest.fixture
def scripted() -> ScriptedRun:
    return ScriptedRun()


@pytest.fixture
def entry() -> RecordedEntry:
    return RecordedEntry()


@pytest.fixture
def places() -> OwnFolders:
    return own_folders()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return make_test_job(tmp_path, "Documents")


def make_test_job(folder: Path, name: str) -> Job:
    """A job whose source exists."""
    source = folder / name
    source.mkdir(parents=True)
    return Job(str(source), Place(str(folder / "backup" / name)), id=name.lower(), name=name)


class ShellMaker:
    """Builds shells and takes them down after the test."""

    def __init__(
        self, icons: Icons, places: OwnFolders, tray_icon: RecordedTrayIcon, entry: RecordedEntry, qtbot: QtBot
    ) -> None:
        self._icons = icons
        self._places = places
        self._tray_icon = tray_icon
        self._entry = entry
        self._qtbot = qtbot
        self.shells: list[Shell] = []
        self.opened: list[str] = []
        self.appearances: list[Appearance] = []
        self.tray_host = FakeTrayHost()
        self.power: QObject | None = None
        self.make_notifier: Callable[[QObject], Notifier | None] = lambda _parent: None

    def store(self) -> Store:
        return Store(self._places.config)

    def __call__(self, run: object, store: Store | None = None) -> Shell:
        system = System(
            run=run,  # type: ignore[arg-type]
            now=lambda: NOW,
            make_tray_icon=lambda: self._tray_icon,
            make_tray_host=lambda _parent: self.tray_host,
            make_notifier=self.make_notifier,
            entry=lambda: self._entry,
            apply_appearance=self.appearances.append,
            open_folder=self._open,
            make_power=lambda parent: self.power or Power(QDBusConnection("none"), None, parent),  # type: ignore[arg-type,return-value]
        )
        shell = Shell(self._icons, store or self.store(), self._places, system)
        self._qtbot.addWidget(shell.window)
        self.shells.append(shell)
        return shell

    def _open(self, url: QUrl) -> bool:
        self.opened.append(QDir.toNativeSeparators(url.toLocalFile()))
        return True


@pytest.fixture
def make_shell(
    icons: Icons, places: OwnFolders, tray_icon: RecordedTrayIcon, entry: RecordedEntry, qtbot: QtBot
) -> Iterator[ShellMaker]:
    maker = ShellMaker(icons, places, tray_icon, entry, qtbot)
    yield maker
    for shell in maker.shells:
        shell.shut_down()
        if not shell.has_ended_cleanly:
            # On a disk that others keep busy, a flush may take longer than the app waits.
            while controller_module._abandoned:
                assert controller_module._abandoned.pop().wait(20_000)


def activate(window: QWidget, qtbot: QtBot) -> None:
    """Make a window the active one, to which keys go: windows of other tests may still be open."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
