"""The menu bar of the main window: actions, their shortcuts, and when they are enabled.

It emits requests about the selected job itself; the window connects the other actions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from backup_gui.model.status import JobState
from backup_gui.ui.main.overview import add_pause_actions
from backup_gui.ui.text.format import Now
from backup_gui.ui.values.job import PauseWish

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import TintedIcons
    from backup_gui.ui.values.job import JobView


class MenuBar(QMenuBar):
    """The menus; each action is an attribute. Actions of a job are disabled until one is selected."""

    back_up_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    review_requested = Signal(object)
    preview_requested = Signal(object)
    folder_requested = Signal(object)

    def __init__(self, tints: TintedIcons, now: Now, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tints = tints
        self._view: JobView | None = None
        self._build_file()
        self._build_job(now)
        self._build_help()
        self._connect()
        self.show_selected(None)

    @property
    def list_actions(self) -> tuple[QAction, ...]:
        """The actions of the list's context menu, whose shortcuts also work while the list has the focus."""
        return (self.back_up_action, self.preview_action, self.open_action, self.edit_action, self.remove_action)

    def show_selected(self, view: JobView | None) -> None:
        """Enable the actions that make sense for the selected job; None without one."""
        self._view = view
        has_job = view is not None
        state = view.status.state if view is not None else None
        for action in (self.restore_action, *self.list_actions):
            action.setEnabled(has_job)
        self.back_up_action.setEnabled(has_job and state is not JobState.WORKING)
        self.pause_menu.menuAction().setEnabled(has_job and state is not JobState.PAUSED)
        self.resume_action.setEnabled(state is JobState.PAUSED)
        self.review_action.setEnabled(view is not None and view.status.held is not None)

    def _build_file(self) -> None:
        key = QKeySequence.StandardKey
        menu = self.addMenu(self.tr("&File"))
        self.new_action = self._action(menu, self.tr("&New backup…"), "add", key.New)
        self.by_hand_action = self._action(menu, self.tr("New backup &by hand…"), "add", "Ctrl+Shift+N")
        self.from_backup_action = self._action(menu, self.tr("&Restore from a backup folder…"), "history")
        self.settings_action = self._action(menu, self.tr("&Settings…"), "settings")
        menu.addSeparator()
        self.close_action = self._action(menu, self.tr("&Close window"), "", key.Close)
        self.quit_action = self._action(menu, self.tr("&Quit"), "quit", "Ctrl+Q")
        self.quit_action.setMenuRole(QAction.MenuRole.QuitRole)

    def _build_job(self, now: Now) -> None:
        menu = self.addMenu(self.tr("&Job"))
        self.back_up_action = self._action(menu, self.tr("&Back up now"), "backup", "F5")
        self.pause_menu = menu.addMenu(self.tr("&Pause"))
        self._tints.bind(self.pause_menu.menuAction(), "pause")
        add_pause_actions(self.pause_menu, now, self._on_pause_chosen)
        self.resume_action = self._action(menu, self.tr("&Resume"), "resume")
        self.review_action = self._action(menu, self.tr("Re&view…"), "review")
        self.preview_action = self._action(menu, self.tr("&What would be done?"), "review", "Ctrl+P")
        menu.addSeparator()
        self.restore_action = self._action(menu, self.tr("Re&store…"), "history", "Ctrl+R")
        self.open_action = self._action(menu, self.tr("&Open backup folder"), "open")
        self.edit_action = self._action(menu, self.tr("&Edit"), "edit", "Ctrl+E")
        self.remove_action = self._action(menu, self.tr("Re&move…"), "remove", QKeySequence.StandardKey.Delete)
        # Only while the list has the focus, as Delete in a text field deletes text.
        self.remove_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def _build_help(self) -> None:
        menu = self.addMenu(self.tr("&Help"))
        self.help_action = self._action(menu, self.tr("&How it works"), "info", "F1")
        self.log_action = self._action(menu, self.tr("&Log"), "log")
        self.log_folder_action = self._action(menu, self.tr("Open log &folder"), "folder")
        self.diagnostics_action = self._action(menu, self.tr("Copy &diagnostics…"), "copy")
        menu.addSeparator()
        self.about_action = self._action(menu, self.tr("&About Folder Backup"), "")
        self.about_action.setMenuRole(QAction.MenuRole.AboutRole)

    def _action(self, menu: QMenu, text: str, icon: str, keys: QKeySequence.StandardKey | str | None = None) -> QAction:
        action = QAction(text, self)
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        if icon:
            self._tints.bind(action, icon)
        menu.addAction(action)
        return action

    # What the user does

    def _connect(self) -> None:
        requests: tuple[tuple[QAction, SignalInstance, Callable[[Job], object]], ...] = (
            (self.back_up_action, self.back_up_requested, lambda job: job.id),
            (self.resume_action, self.resume_requested, lambda job: job.id),
            (self.review_action, self.review_requested, lambda job: job.id),
            (self.preview_action, self.preview_requested, lambda job: job),
            (self.open_action, self.folder_requested, lambda job: job.destination.path),
        )
        for action, signal, subject_of in requests:
            action.triggered.connect(partial(self._request, signal, subject_of))

    def _request(self, signal: SignalInstance, subject_of: Callable[[Job], object], *_checked: bool) -> None:
        """Emit a request about the selected job."""
        if self._view is not None:
            signal.emit(subject_of(self._view.job))

    @Slot(object)
    def _on_pause_chosen(self, until: float | None) -> None:
        if self._view is not None:
            self.pause_requested.emit(PauseWish(self._view.job.id, until))
