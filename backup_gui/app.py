"""The composition root of the app: creates, connects and shuts down its parts in order."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from functools import partial
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QEvent, QLibraryInfo, Qt, Signal, qInstallMessageHandler
from PySide6.QtGui import QPalette, QSessionManager
from PySide6.QtWidgets import QApplication

from backup_gui import __version__
from backup_gui.config.folders import OwnFolders, own_folders
from backup_gui.config.job_factory import absolute, absolute_place
from backup_gui.config.logging import LOG_NAME, qt_message_handler, set_up_logging
from backup_gui.config.settings import Appearance
from backup_gui.config.store import Store
from backup_gui.desktop import display
from backup_gui.desktop.languages import found_languages, language_name, speak
from backup_gui.desktop.quit_signals import QuitSignals
from backup_gui.desktop.single_instance import Instance, Wish
from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.privacy import close_to_others, make_private_folder, own_folder_reason
from backup_gui.model.errors import BackupError, OwnFolderError
from backup_gui.model.job import NOWHERE, Place
from backup_gui.model.path_text import one_line
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.presenters.shell import Shell, System
from backup_gui.services import libraries
from backup_gui.threads.garbage import Collector
from backup_gui.ui.dialogs.messages import Refusal
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.legibility import Legibility
from backup_gui.ui.style.theme import dark_palette, light_palette

log = logging.getLogger(__name__)

_NO_SCREEN = (
    "Folder Backup: there is no screen on which the window may be shown. "
    "Use 'backup-gui run SOURCE DESTINATION' to back up without one.\n"
)
# How long a thread may hold the interpreter lock while others wait. Each call into Qt releases the lock and waits for
# it again. With Python's default of 5 ms, painting one card while a job compares folders took 0.4 s.
SWITCH_INTERVAL_S = 0.000_5
_UNUSABLE = 2
_BUSY = 3


class Application(QApplication):
    """The application, which ends with the session even if a window would rather stay open."""

    ending = Signal()

    def __init__(self) -> None:
        super().__init__(sys.argv[:1])
        self.setApplicationName("backup-gui")
        self.setApplicationDisplayName("Folder Backup")
        self.setApplicationVersion(__version__)
        self.setDesktopFileName("backup-gui")
        self.setQuitOnLastWindowClosed(False)
        self.saveStateRequest.connect(leave_start_to_setting)

    def event(self, event: QEvent) -> bool:
        """Emit ``ending`` before Qt closes the windows: one that refuses would hold up the end of the session."""
        if event.type() == QEvent.Type.Quit:
            self.ending.emit()
        return super().event(event)


def leave_start_to_setting(manager: QSessionManager) -> None:
    """Tell the session not to start the app again by itself: that is a setting.

    Args:
        manager: The session's manager, as it saves the session.
    """
    manager.setRestartHint(QSessionManager.RestartHint.RestartNever)


def main(*, is_hidden: bool = False, source: str = "", destination: Place = NOWHERE, interval_s: int = 0) -> int:
    """Run the app until it is quit.

    Args:
        is_hidden: Whether to show only the tray icon.
        source: A folder to protect from now on, with ``destination``; empty for none.
        destination: The place for its backup.
        interval_s: Seconds between its checks; 0 for the default.

    Returns:
        The exit status: 0 after quitting, or if another instance has taken the wish. It is 2 without a screen or the
        libraries for it, and 3 if the app cannot start; a window then shows the reason.
    """
    if not display.is_available():
        _complain(_NO_SCREEN)
        return _UNUSABLE
    if fault := libraries.platform_fault(Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))):
        _complain(f"Folder Backup: {fault}\n")
        return _UNUSABLE
    display.accept_restarted_bus()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = Application()
    try:
        folders = own_folders()
        own_files.note(*folders)
        wish = Wish(
            shows_window=not is_hidden,
            source=absolute(source) if source else "",
            destination=absolute_place(destination),
            interval_s=interval_s,
        )
        instance = Instance(folders.state)
    except BackupError as error:
        return _refuse(application, error.reason)
    # All loops end: also that of a window which only says why the app cannot start.
    instance.quit_requested.connect(application.exit)
    try:
        if not instance.take():
            if instance.tell(wish):
                return 0
            # It may have ended meanwhile.
            if not instance.take() and not _take_from_hung(application, instance):
                return _BUSY
        faults = own_folder_faults(folders)
        if faults:
            return _refuse(application, *faults)
        status, is_clean = _run(application, folders, instance, wish)
    except BackupError as error:
        return _refuse(application, error.reason)
    finally:
        # The lock goes with the process: whoever has it knows that this one has ended.
        instance.stop_listening()
    if not is_clean:
        # A job hangs in a system call, as on a drive that does not answer. Its thread cannot be ended, and destroying
        # it would abort the process. Leaving at once is as safe at any moment as a crash.
        logging.shutdown()
        os._exit(status)
    return status


def own_folder_faults(folders: OwnFolders) -> tuple[Reason, ...]:
    """Make the program's own folders private, and return a reason for each that cannot be used."""
    faults = []
    for folder in folders:
        try:
            make_private_folder(folder)
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                raise OwnFolderError(own_folder_reason(folder, denied))
        except OwnFolderError as error:
            faults.append(error.reason)
        else:
            close_to_others(folder)
    return tuple(faults)


def resource_folder() -> Path:
    """The folder of resources: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("backup_gui")))
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def apply_appearance(application: QApplication, appearance: Appearance) -> None:
    """Give all windows light, dark or the system's colours."""
    schemes = {
        Appearance.SYSTEM: Qt.ColorScheme.Unknown,
        Appearance.LIGHT: Qt.ColorScheme.Light,
        Appearance.DARK: Qt.ColorScheme.Dark,
    }
    hints = application.styleHints()
    hints.setColorScheme(schemes[appearance])
    if appearance is Appearance.SYSTEM:
        # A palette of the program's own would not follow the system's, such as a dark scheme in the evening.
        application.setPalette(QPalette())
    elif hints.colorScheme() is not schemes[appearance] or sys.platform == "linux":
        # On platforms without colour schemes, the hint alone changes nothing.
        application.setPalette(dark_palette() if appearance is Appearance.DARK else light_palette())


def _run(application: Application, folders: OwnFolders, instance: Instance, wish: Wish) -> tuple[int, bool]:
    """Run as the first instance; return the exit status and whether all threads have ended."""
    try:
        set_up_logging(file=folders.state / LOG_NAME)
    except OSError as error:
        log.warning("There is no log file: %s", error)
    qInstallMessageHandler(qt_message_handler)
    log.info("Folder Backup %s has started", __version__)
    icons = Icons(resource_folder() / "icons")
    application.setWindowIcon(icons.app())
    store = Store(folders.config, folders.data)
    translations = resource_folder() / "translations"
    application.setLayoutDirection(speak(application, translations, store.settings().language))
    languages = tuple((code, language_name(code)) for code in found_languages(translations))
    Legibility(application)
    apply_appearance(application, store.settings().appearance)
    signals = QuitSignals()
    shell = Shell(
        icons, store, folders, System(apply_appearance=partial(apply_appearance, application), languages=languages)
    )
    shell.finished.connect(application.quit, Qt.ConnectionType.QueuedConnection)
    application.ending.connect(shell.shut_down)
    # On Windows, the session ends without asking the application.
    application.aboutToQuit.connect(shell.shut_down)
    signals.quit_requested.connect(shell.quit)
    instance.wished.connect(shell.grant)
    collector = Collector(application)
    collector.start()
    shell.start(wish)
    try:
        status = application.exec()
    finally:
        shell.shut_down()
        collector.stop()
        signals.close()
        qInstallMessageHandler(None)
    log.info("Folder Backup has ended")
    return status, shell.has_ended_cleanly


def _take_from_hung(application: QApplication, instance: Instance) -> bool:
    """Tell that another instance hangs, and end it if the user wants that; return whether it has ended."""
    reason = Reason(ReasonCode.RUNNING_ALREADY)
    pid = instance.other_pid()
    while _told(application, reason, offers_end=pid is not None).is_to_end and pid is not None:
        if instance.take_from_hung(pid):
            return True
    return False


def _refuse(application: QApplication, *reasons: Reason) -> int:
    """Show why the app cannot start; return the exit status."""
    _told(application, *reasons)
    return _BUSY


def _told(application: QApplication, *reasons: Reason, offers_end: bool = False) -> Refusal:
    """Show in a window and on the terminal why the app cannot start; return the window once it is closed."""
    for reason in reasons:
        _complain(f"Folder Backup: {one_line(reason)}\n")
    application.setWindowIcon(Icons(resource_folder() / "icons").app())
    application.setLayoutDirection(speak(application, resource_folder() / "translations", ""))
    refusal = Refusal(reasons, offers_end=offers_end)
    refusal.exec()
    return refusal


def _complain(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
