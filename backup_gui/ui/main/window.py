"""The main window: the board, its dialogs, and closing to the tray."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QMessageBox, QStackedWidget, QWidget

from backup_gui.desktop.periodic import periodic
from backup_gui.model.events import AllowHeld
from backup_gui.model.plans import HeldCode
from backup_gui.ui.dialogs.crash import CrashDialog
from backup_gui.ui.dialogs.diagnostics import DiagnosticsDialog
from backup_gui.ui.dialogs.messages import (
    ask_to_quit,
    ask_to_remove,
    ask_to_take_over,
    tell,
    tell_about,
    tell_how_it_works,
    tell_why_it_waits,
)
from backup_gui.ui.first_run.steps import FirstRun, FirstRunDialog
from backup_gui.ui.main.board import Board, Page
from backup_gui.ui.main.menu_bar import MenuBar
from backup_gui.ui.plan.preview_dialog import PreviewDialog
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.settings.app_dialog import SettingsDialog
from backup_gui.ui.settings.page import NewJobDialog
from backup_gui.ui.style.icons import TintedIcons
from backup_gui.ui.style.theme import opening_size
from backup_gui.ui.text.format import Now
from backup_gui.ui.text.headline import headline, held_text
from backup_gui.ui.values.job import HeldAnswer, JobView
from backup_gui.ui.widgets.fields import FolderDialog, choose_folder, dropped_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.config.settings import Settings
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import Icons

_SIZE = QSize(940, 640)
_AGE_MS = 10_000

_Dialog = TypeVar("_Dialog", bound=QDialog)


class MainWindow(QMainWindow):
    """Shows values and emits requests; its owner connects both. Closing hides it only if there is a tray."""

    removal_requested = Signal(object)
    log_folder_requested = Signal()
    held_answered = Signal(object)
    diagnostics_requested = Signal()
    form_opened = Signal(object)
    first_run_opened = Signal(object)
    preview_opened = Signal(object)
    review_opened = Signal(object)
    settings_requested = Signal()
    settings_saved = Signal(object)
    backup_chosen = Signal(object)
    quit_requested = Signal()
    quit_confirmed = Signal(object)
    closed_to_tray = Signal()
    activated = Signal()

    def __init__(self, icons: Icons, now: Now, version: str, *, has_tray: Callable[[], bool]) -> None:
        super().__init__()
        self._icons = icons
        self._now = now
        self._version = version
        self._has_tray = has_tray
        self._tints = TintedIcons(icons)
        self._job_dialog: NewJobDialog | None = None
        self._crash_dialog: CrashDialog | None = None
        self.setWindowTitle(self.tr("Folder Backup"))
        self.setWindowIcon(icons.app())
        self.setAcceptDrops(True)
        self.resize(opening_size(self, _SIZE))

        self.welcome = FirstRun(icons)
        self.welcome.by_hand_requested.connect(self.begin_by_hand)
        self.welcome.backup_requested.connect(self.choose_backup)
        self.board = Board(icons, now)
        self._connect_board()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self.board)
        self.setCentralWidget(self._stack)
        self.menus = MenuBar(self._tints, now, self)
        self.setMenuBar(self.menus)
        self._connect_menus()
        self._tints.bind(self.board.new_button, "add")
        self._tints.apply(self.palette())
        self._update_actions()

        self._age_timer = periodic(self, _AGE_MS, self.board.age)
        self._age_timer.start()

    # What is shown

    def put_job(self, view: JobView) -> None:
        """Show a job's state."""
        self.board.put_job(view)
        self._stack.setCurrentWidget(self.board)
        self._update_actions()

    def remove_job(self, job_id: str) -> None:
        """Remove a job."""
        self.board.remove_job(job_id)
        if self.board.jobs.rowCount() == 0:
            self._stack.setCurrentWidget(self.welcome)
        self._update_actions()

    def show_job(self, job_id: str, page: Page) -> None:
        """Bring the window to the front with a page of a job."""
        self.board.select_job(job_id)
        self.board.show_page(page)
        self.come_up()

    def show_history(self) -> None:
        """Bring the window to the front with the History page; without jobs, ask for a backup folder."""
        self.come_up()
        if self.board.selected is not None:
            self.board.show_page(Page.HISTORY)
        else:
            self.choose_backup()

    def choose_backup(self) -> FolderDialog:
        """Ask for a backup folder to restore from, also without a job for it."""
        dialog = choose_folder(self, self.tr("Choose the backup folder"), "")
        dialog.chosen.connect(self.backup_chosen.emit)
        return dialog

    def is_in_use(self) -> bool:
        """Whether the keyboard is in this window or one of its dialogs."""
        return any(map(_has_keyboard, (self, *self.findChildren(QDialog))))

    def come_up(self) -> None:
        """Show the window in front of the others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        self.activated.emit()

    def show_settings(self, settings: Settings, languages: Sequence[tuple[str, str]] = ()) -> SettingsDialog:
        """Open the settings of the app, with code and name of each available translation."""
        dialog = SettingsDialog(settings, languages, self)
        dialog.log_requested.connect(self.log_folder_requested)
        dialog.settings_accepted.connect(self.settings_saved)
        return _opened(dialog)

    def show_crash(self, summary: str, details: str) -> CrashDialog:
        """Show an unexpected error; add it to the dialog if one is open."""
        if self._crash_dialog is not None:
            self._crash_dialog.add(summary, details)
            return self._crash_dialog
        dialog = CrashDialog(self._icons, summary, details, self)
        dialog.log_requested.connect(self.log_folder_requested)
        dialog.diagnostics_requested.connect(self.diagnostics_requested)
        dialog.finished.connect(self._on_crash_dialog_finished)
        self._crash_dialog = dialog
        # Not modal, so that the rest of the window stays usable.
        dialog.show()
        return dialog

    def show_diagnostics(self, plain: str, full: str) -> DiagnosticsDialog:
        """Show the diagnostics to be copied, without and with private names."""
        return _opened(DiagnosticsDialog(plain, full, self))

    def show_problem(self, title: str, text: str) -> QMessageBox:
        """Show a problem of the program itself, such as damaged settings."""
        return tell(QMessageBox.Icon.Warning, title, text, self)

    def ask_to_quit(self) -> QMessageBox:
        """Explain what quitting means, and quit if the user confirms."""
        return ask_to_quit(self.quit_confirmed.emit, self)

    def review(self, job_id: str) -> ReviewDialog | None:
        """Open the review of a job's held changes."""
        view = self.board.jobs.view(self.board.jobs.row_of(job_id))
        if view is None or view.status.held is None:
            return None
        if view.status.held.is_refusal:
            self._ask_to_take_over(view)
            return None
        dialog = ReviewDialog(self._icons, view.job, view.status.held, self)
        dialog.answered.connect(self.held_answered)
        self.review_opened.emit(dialog)
        return _opened(dialog)

    def _ask_to_take_over(self, view: JobView) -> None:
        """Ask whether to take over another backup's destination, unless a later version of the program made it."""
        held = view.status.held
        if held is None or held.code is HeldCode.NEWER_BACKUP:
            return
        job = view.job
        answer = HeldAnswer(job.id, AllowHeld(held))
        on_yes = partial(self.held_answered.emit, answer)
        ask_to_take_over(held_text(held), job.destination.path, on_yes, self, keeps_history=job.keeps_history)

    def preview(self, job: Job) -> PreviewDialog:
        """Open the preview of a job's pass; the receiver of ``preview_opened`` fills it."""
        dialog = PreviewDialog(self._icons, job, self)
        self.preview_opened.emit(dialog)
        return _opened(dialog)

    def begin_step_by_step(self, sources: Sequence[str] = ()) -> FirstRunDialog:
        """Open the three steps to a new job; the receiver of ``first_run_opened`` answers its requests.

        Args:
            sources: The folders to protect if known already; each gets a job of its own.
        """
        dialog = FirstRunDialog(self._icons, self)
        self.first_run_opened.emit(dialog.steps)
        dialog.steps.take_folders(tuple(sources))
        return _opened(dialog)

    def begin_by_hand(self, source: str = "") -> NewJobDialog:
        """Open the form of a new job, with the folder to protect if known already, or show it again."""
        if self._job_dialog is None:
            self._job_dialog = NewJobDialog(self._icons, source, self)
            self._job_dialog.finished.connect(self._on_job_dialog_finished)
            self.form_opened.emit(self._job_dialog.form)
            self._job_dialog.open()
        return self._job_dialog

    def ask_to_remove(self, view: JobView) -> QMessageBox:
        """Explain what removing a job means, and request it if the user confirms."""
        job_id = view.job.id
        on_yes = lambda: self.removal_requested.emit(job_id)  # noqa: E731 - a signal's emit would get Qt's "checked"
        return ask_to_remove(view.job.name, view.job.destination.path, on_yes, self)

    # What Qt tells

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette, and the user who comes back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and _has_keyboard(self):
            self.activated.emit()
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_tints"):
            self._tints.apply(self.palette())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide into the tray, or minimise without a tray; the backups go on."""
        event.ignore()
        if self._has_tray():
            self.hide()
            self.closed_to_tray.emit()
        else:
            self.showMinimized()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept folders from the file manager."""
        if dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the steps to new jobs with the dropped folders, which they check."""
        paths = dropped_paths(event)
        if paths:
            event.acceptProposedAction()
            self.begin_step_by_step(paths)

    # Requests of the menus and the board

    def _connect_menus(self) -> None:
        menus = self.menus
        slots: tuple[tuple[QAction, Callable[[], object]], ...] = (
            (menus.new_action, self.begin_step_by_step),
            (menus.by_hand_action, self.begin_by_hand),
            (menus.from_backup_action, self.choose_backup),
            (menus.settings_action, self.settings_requested.emit),
            (menus.close_action, self.close),
            (menus.quit_action, self.quit_requested.emit),
            (menus.restore_action, self.show_history),
            (menus.edit_action, partial(self.board.show_page, Page.SETTINGS)),
            (menus.remove_action, self._on_remove),
            (menus.help_action, partial(tell_how_it_works, self)),
            (menus.log_action, partial(self.board.show_page, Page.LOG)),
            (menus.log_folder_action, self.log_folder_requested.emit),
            (menus.diagnostics_action, self.diagnostics_requested.emit),
            (menus.about_action, partial(tell_about, self._version, self._icons, self)),
        )
        for action, slot in slots:
            action.triggered.connect(partial(_call, slot))
        menus.review_requested.connect(self.review)
        menus.preview_requested.connect(self.preview)
        self.board.list.addActions(menus.list_actions)

    def _connect_board(self) -> None:
        board = self.board
        board.log.folder_requested.connect(self.log_folder_requested)
        board.review_requested.connect(self.review)
        board.explanation_requested.connect(self._on_explain)
        board.job_requested.connect(self.begin_step_by_step)
        board.edit_requested.connect(partial(board.show_page, Page.SETTINGS))
        board.selection_changed.connect(self._update_actions)

    @Slot()
    def _update_actions(self) -> None:
        self.menus.show_selected(self.board.selected)

    # What the user does

    @Slot()
    def _on_remove(self) -> None:
        view = self.board.selected
        if view is not None:
            self.ask_to_remove(view)

    @Slot()
    def _on_crash_dialog_finished(self) -> None:
        if self._crash_dialog is not None:
            self._crash_dialog.deleteLater()
            self._crash_dialog = None

    @Slot()
    def _on_job_dialog_finished(self) -> None:
        if self._job_dialog is not None:
            self._job_dialog.deleteLater()
            self._job_dialog = None

    @Slot(object)
    def _on_explain(self, job_id: str) -> None:
        view = self.board.jobs.view(self.board.jobs.row_of(job_id))
        if view is not None:
            tell_why_it_waits(headline(view, self._now()).title, self)


def _has_keyboard(window: QWidget) -> bool:
    # Qt hears from the window manager, so a window that was just hidden may still become active.
    return window.isVisible() and window.isActiveWindow()


def _opened(dialog: _Dialog) -> _Dialog:
    """Open a dialog that is deleted when the user closes it."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _call(slot: Callable[[], object], *_checked: bool) -> None:
    """Call a slot without the ``checked`` argument of ``triggered``."""
    slot()
