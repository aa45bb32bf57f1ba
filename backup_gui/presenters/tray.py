"""Connects tray icon and notifications with the jobs, and shows the window if there is no tray."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from backup_gui.desktop.notifier import Note, Notifier
from backup_gui.desktop.periodic import delayed
from backup_gui.desktop.tray.host import TrayHost
from backup_gui.model.status import JobState
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.tray import Tray, TrayIcon
from backup_gui.ui.text.notices import Notice, Notices, button_text, hidden_notice

if TYPE_CHECKING:
    from backup_gui.ui.values.job import JobView

_EVERY_MS = 1_000
# At login the tray may start after the app, and later restart. After this time, show the window minimised instead.
_PATIENCE_MS = 10_000
# Large enough for a screen of high density.
_PICTURE_PX = 96
_FIRST = "first"
_CLOSED = "closed"


class TrayPresenter(Presenter):
    """Shows all jobs in the tray, and notifies the user of important changes.

    Without a notifier, the tray icon shows the messages.
    """

    def __init__(
        self,
        context: Context,
        make_icon: Callable[[], TrayIcon],
        host: TrayHost,
        views: Callable[[], tuple[JobView, ...]],
        parent: QObject | None = None,
        *,
        make_notifier: Callable[[QObject], Notifier | None],
    ) -> None:
        super().__init__(context, parent)
        window, store = context.window, context.store
        self._host = host
        # Whether an icon was made for the tray that is there now.
        self._has_icon = False
        self._has_begun = False
        self._views = views
        self._notices = Notices(store.told(_FIRST))
        self.is_telling = store.settings().notifications_enabled
        self.tray = Tray(context.icons, make_icon, context.now, self)
        # The notification shown for each job, until it is replaced or no longer true.
        self._standing: dict[str, Notice] = {}
        self._notifier = make_notifier(self)
        if self._notifier is not None:
            self._notifier.clicked.connect(self._on_notice_clicked)
            self._notifier.refused.connect(self.tray.tell)
        self._pause = delayed(self, _EVERY_MS, self.show_jobs)
        self.patience = delayed(self, _PATIENCE_MS, self._on_patience_over)
        host.changed.connect(self._on_host_changed)
        window.activated.connect(self._on_window_activated)
        window.closed_to_tray.connect(self._on_closed_to_tray)
        self.tray.open_requested.connect(window.come_up)
        self.tray.restore_requested.connect(window.show_history)
        self.tray.problems_requested.connect(partial(window.show_job, page=Page.PROBLEMS))
        self.tray.notice_clicked.connect(self._on_notice_clicked)

    def begin(self, *, shows_window: bool) -> None:
        """Show the icon once there is a tray; if there is still none after a while, show the window minimised."""
        self._has_begun = True
        self._on_host_changed()
        if shows_window:
            self.patience.stop()

    def close(self) -> None:
        """Remove icon and notifications."""
        self._has_begun = False
        self._host.close()
        self._pause.stop()
        self.patience.stop()
        if self._notifier is not None:
            self._notifier.close()
        self.tray.hide()

    @Slot()
    def show_jobs(self) -> None:
        """Show all jobs at once."""
        self._pause.stop()
        views = self._views()
        for view in views:
            notice = self._standing.get(view.job.id)
            if notice is not None and notice.is_over(view):
                self._withdraw(view.job.id)
        self.tray.show_jobs(views)

    @Slot(object)
    def note_view(self, view: JobView) -> None:
        """Show a new view of a job in the tray, and notify the user if it matters."""
        # Notify first: a new notification replaces one that is no longer true.
        self._tell(self._notices.on_status(view, self._now()))
        if self.tray.shown_state(view.job.id) is not view.shown_state:
            self.show_jobs()
        elif not self._pause.isActive():
            # The tray's text changes with every file, and each change is a message to another process.
            self._pause.start()

    def remind(self, view: JobView, since: float) -> None:
        """Notify the user that a job is overdue; its last complete backup ended at ``since``, seconds since 1970."""
        self._tell(self._notices.on_overdue(view, since, self._now()))

    def note_added(self, job_ids: Iterable[str]) -> None:
        """Note that the user has added jobs at once."""
        self._notices.note_added(job_ids)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
        self._notices.forget(job_id)
        self._withdraw(job_id)

    def _tell(self, notice: Notice | None) -> None:
        if notice is None:
            return
        for job_id in notice.first_ids:
            self._store.note_told(f"{_FIRST}/{job_id}")
        # In a window that the user looks at, a notification says nothing new, and may cover what it speaks of.
        if self.is_telling and not self._window.is_in_use():
            self._send(notice)

    def _send(self, notice: Notice) -> None:
        self._standing[notice.job_id] = notice
        if self._notifier is None:
            self.tray.tell(notice)
            return
        icon = self._icons.state(notice.state) if notice.job_id else self._icons.app()
        self._notifier.tell(
            Note(
                key=notice.job_id,
                title=notice.title,
                text=notice.text,
                button=button_text(notice),
                image=icon.pixmap(_PICTURE_PX).toImage(),
                is_urgent=notice.is_urgent,
                subject=notice,
            )
        )

    def _withdraw(self, job_id: str) -> None:
        if self._standing.pop(job_id, None) is not None and self._notifier is not None:
            self._notifier.withdraw(job_id)

    @Slot(object)
    def _on_notice_clicked(self, notice: Notice) -> None:
        if not notice.job_id:
            self._window.come_up()
            return
        has_problems = notice.state is JobState.ATTENTION and notice.overdue_in is None
        self._window.show_job(notice.job_id, Page.PROBLEMS if has_problems else Page.OVERVIEW)
        if notice.state is JobState.HELD:
            self._window.review(notice.job_id)

    @Slot()
    def _on_window_activated(self) -> None:
        """Remove what leads only to the window."""
        for key, notice in tuple(self._standing.items()):
            if notice.is_done_with:
                self._withdraw(key)

    @Slot()
    def _on_closed_to_tray(self) -> None:
        self._store.save_geometry(self._window.saveGeometry())
        if not self._store.was_told(_CLOSED):
            self._store.note_told(_CLOSED)
            self._send(hidden_notice())

    @Slot()
    def _on_host_changed(self) -> None:
        if not self._has_begun:
            return
        had_icon, self._has_icon = self._has_icon, self._host.is_there
        if self._has_icon and not had_icon:
            self.tray.show(is_on_bus=self._host.is_on_bus)
        if not self._host.holds_icon():
            # A window that is hidden now could not be reached.
            self.patience.start()

    @Slot()
    def _on_patience_over(self) -> None:
        if not self._host.holds_icon() and not self._window.isVisible():
            self._window.showMinimized()
