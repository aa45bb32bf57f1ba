"""The tray icon: the state of all jobs, a menu, and notifications."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from backup_gui.model.status import JobState
from backup_gui.ui.main.overview import add_pause_actions
from backup_gui.ui.text.format import Now, ago_text
from backup_gui.ui.text.headline import sentence, summary, worst
from backup_gui.ui.values.job import JobView, PauseWish
from backup_gui.ui.widgets.labels import menu_text

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.text.notices import Notice

_NOTICE_MS = 10_000


class TrayIcon(Protocol):
    """The part of ``QSystemTrayIcon`` that this module uses; tests replace it by a recorder."""

    activated: SignalInstance
    messageClicked: SignalInstance

    def setIcon(self, icon: QIcon, /) -> None: ...  # noqa: D102
    def setToolTip(self, tip: str, /) -> None: ...  # noqa: D102
    def setContextMenu(self, menu: QMenu, /) -> None: ...  # noqa: D102
    def showMessage(self, title: str, msg: str, icon: QIcon, msecs: int, /) -> None: ...  # noqa: D102
    def show(self) -> None: ...  # noqa: D102
    def hide(self) -> None: ...  # noqa: D102


class Tray(QObject):
    """Keeps the platform's tray icon, its tooltip and its menu in step with the jobs."""

    open_requested = Signal()
    back_up_requested = Signal(object)
    pause_requested = Signal(object)
    resume_requested = Signal(object)
    problems_requested = Signal(object)
    restore_requested = Signal()
    notice_clicked = Signal(object)
    settings_requested = Signal()
    quit_requested = Signal()

    def __init__(
        self, icons: Icons, make_icon: Callable[[], TrayIcon], now: Now, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._icons = icons
        self._make_icon = make_icon
        self._icon: TrayIcon | None = None
        self._now = now
        self._views: tuple[JobView, ...] = ()
        # None is the icon of an app without jobs.
        self._state: JobState | None = None
        self._notice: Notice | None = None
        # Whether a panel draws the menu, see ``menu_text``.
        self.is_on_bus = False
        self.menu = QMenu()
        self._build_menu()
        self.show_jobs(())

    def show(self, *, is_on_bus: bool = False) -> None:
        """Show the icon, also again: it may belong to a tray or a bus that is gone.

        Args:
            is_on_bus: Whether a panel draws the menu.
        """
        if self._icon is None:
            self.is_on_bus = is_on_bus
            self._icon = self._make_icon()
            self._icon.setIcon(self._picture())
            self._icon.setToolTip(self.tooltip())
            self._icon.setContextMenu(self.menu)
            self._icon.activated.connect(self._on_activated)
            self._icon.messageClicked.connect(self._on_message_clicked)
            self._fill_back_up_menu()
            self._update_menu()
        self._icon.hide()
        self._icon.show()

    def hide(self) -> None:
        """Hide the icon."""
        if self._icon is not None:
            self._icon.hide()

    def show_jobs(self, views: tuple[JobView, ...]) -> None:
        """Show the jobs' states; the icon shows the worst one."""
        has_same_jobs = [view.job for view in views] == [view.job for view in self._views]
        self._views = views
        state = worst([view.shown_state for view in views])
        before, self._state = self._state, state if views else None
        if self._icon is not None:
            if self._state is not before:
                self._icon.setIcon(self._picture())
            self._icon.setToolTip(self.tooltip())
        if not has_same_jobs:
            self._fill_back_up_menu()
        self._update_menu()

    def shown_state(self, job_id: str) -> JobState | None:
        """The state that is shown of a job; None if the job is not shown."""
        return next((view.shown_state for view in self._views if view.job.id == job_id), None)

    def tooltip(self) -> str:
        """The tooltip: state of each job, and time of its last complete backup."""
        lines = [self.tr("Folder Backup")]
        for view in self._views:
            line = sentence(view, self._now())
            if view.status.state is not JobState.OK and view.status.last_complete_at is not None:
                ago = ago_text(view.status.last_complete_at, self._now())
                line += " " + self.tr("Last complete backup {ago}.").format(ago=ago)
            elif view.status.last_complete_at is not None:
                line += " " + self.tr("Checked {ago}.").format(ago=ago_text(view.status.last_complete_at, self._now()))
            lines.append(line)
        if not self._views:
            lines.append(self.tr("No backup yet"))
        return "\n".join(lines)

    def tell(self, notice: Notice) -> None:
        """Show a notification by the tray icon; it replaces the previous one."""
        if self._icon is None:
            return
        self._notice = notice
        icon = self._icons.state(notice.state) if notice.job_id else self._icons.app()
        self._icon.showMessage(notice.title, notice.text, icon, _NOTICE_MS)

    def _picture(self) -> QIcon:
        return self._icons.app() if self._state is None else self._icons.state(self._state)

    def _build_menu(self) -> None:
        self.status_action = QAction(self.menu)
        self.status_action.setEnabled(False)
        self.menu.addAction(self.status_action)
        self.menu.addSeparator()
        self.open_action = self.menu.addAction(self.tr("&Open"), self.open_requested.emit)
        self.menu.setDefaultAction(self.open_action)
        self.back_up_action = self.menu.addAction(self.tr("&Back up now"), partial(self._on_back_up, ""))
        self.back_up_menu = QMenu(self.tr("&Back up now"), self.menu)
        self.back_up_menu_action = self.menu.addMenu(self.back_up_menu)
        self.pause_menu = QMenu(self.tr("&Pause"), self.menu)
        add_pause_actions(self.pause_menu, self._now, self._on_pause_chosen)
        self.pause_action = self.menu.addMenu(self.pause_menu)
        self.resume_action = self.menu.addAction(self.tr("&Resume"), self._on_resume)
        self.restore_action = self.menu.addAction(self.tr("R&estore…"), self.restore_requested.emit)
        self.problems_action = self.menu.addAction("", self._on_problems)
        self.menu.addSeparator()
        self.settings_action = self.menu.addAction(self.tr("&Settings…"), self.settings_requested.emit)
        self.quit_action = self.menu.addAction(self.tr("&Quit"), self.quit_requested.emit)

    def _fill_back_up_menu(self) -> None:
        self.back_up_menu.clear()
        self.back_up_menu.addAction(self.tr("&All backups"), partial(self._on_back_up, ""))
        self.back_up_menu.addSeparator()
        for view in self._views:
            name = self._literal(view.job.name)
            self.back_up_menu.addAction(name, partial(self._on_back_up, view.job.id))

    def _update_menu(self) -> None:
        count = len(self._views)
        states = [view.status.state for view in self._views]
        self.status_action.setText(self._status_line())
        self.back_up_action.setVisible(count <= 1)
        self.back_up_action.setEnabled(count == 1 and states[0] is not JobState.WORKING)
        self.back_up_menu_action.setVisible(count > 1)
        paused = sum(state is JobState.PAUSED for state in states)
        self.pause_action.setVisible(paused < count or not count)
        self.pause_action.setEnabled(count > 0)
        self.resume_action.setVisible(paused > 0)
        problems = sum(len(view.status.problems) for view in self._views)
        self.problems_action.setVisible(problems > 0)
        self.problems_action.setText(self.tr("Pro&blems ({count})").format(count=problems))

    def _status_line(self) -> str:
        if not self._views:
            return self.tr("No backup yet")
        return self._literal(summary(self._views, self._now()).title)

    def _literal(self, text: str) -> str:
        return menu_text(text, is_on_bus=self.is_on_bus)

    def _on_back_up(self, job_id: str, *_checked: bool) -> None:
        self.back_up_requested.emit(job_id)

    @Slot(object)
    def _on_pause_chosen(self, until: float | None) -> None:
        self.pause_requested.emit(PauseWish("", until))

    @Slot()
    def _on_resume(self) -> None:
        self.resume_requested.emit("")

    @Slot()
    def _on_problems(self) -> None:
        with_problems = [view for view in self._views if view.status.problems]
        if with_problems:
            self.problems_requested.emit(with_problems[0].job.id)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self.open_requested.emit()

    @Slot()
    def _on_message_clicked(self) -> None:
        if self._notice is None:
            self.open_requested.emit()
        else:
            self.notice_clicked.emit(self._notice)
