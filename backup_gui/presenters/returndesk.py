"""Connects what a job brings back into its source with the window: how far it is, a way to stop it, the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from backup_gui.model.plans import Phase
from backup_gui.model.status import JobState
from backup_gui.ui.dialogs.returned import ReturnedDialog
from backup_gui.ui.text.reasons import said

if TYPE_CHECKING:
    from backup_gui.threads.controller import Controller, JobNews, JobReturned
    from backup_gui.ui.main.window import MainWindow
    from backup_gui.ui.style.icons import Icons


class ReturnDesk(QObject):
    """Has jobs bring files back, each with a dialog that follows it."""

    def __init__(
        self,
        icons: Icons,
        window: MainWindow,
        controller: Controller,
        open_folder: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        """Follow the jobs.

        Args:
            icons: The icons.
            window: The window.
            controller: The jobs.
            open_folder: Opens a folder in the file manager, if it is there.
            parent: Owner.
        """
        super().__init__(parent)
        self._icons = icons
        self._window = window
        self._controller = controller
        self._open_folder = open_folder
        self._dialogs: dict[str, ReturnedDialog] = {}
        # Jobs that were told to stop, and whose dialog was closed before they had.
        self._left: Counter[str] = Counter()
        controller.news.connect(self._on_news)
        controller.files_returned.connect(self._on_files_returned)

    def begin(self, job_id: str, command: Callable[[], None]) -> None:
        """Have a job bring something back.

        Args:
            job_id: The job; it runs.
            command: Tells it so.
        """
        job = self._controller.job(job_id)
        if job is None:
            return
        dialog = self._open(job_id, ReturnedDialog(self._icons, job.source, None, self._window))
        self._dialogs[job_id] = dialog
        dialog.cancel_requested.connect(partial(self._controller.give_up, job_id))
        if self._controller.status(job_id).state is JobState.WORKING:
            dialog.show_waiting()
        command()

    def show_silence(self, job_id: str, silent_s: int) -> None:
        """Show for how long a job's drive has not answered, in seconds, if something is being brought back."""
        dialog = self._dialogs.get(job_id)
        if dialog is not None:
            dialog.show_silence(silent_s)

    def forget(self, job_id: str) -> None:
        """Forget a job that is no more."""
        dialog = self._dialogs.get(job_id)
        del self._left[job_id]
        if dialog is not None:
            dialog.show_failure(self.tr("This backup was removed or changed."))

    def _open(self, job_id: str, dialog: ReturnedDialog) -> ReturnedDialog:
        dialog.folder_requested.connect(self._open_folder)
        dialog.finished.connect(partial(self._on_closed, job_id, dialog))
        dialog.open()
        return dialog

    def _on_closed(self, job_id: str, dialog: ReturnedDialog, _result: int) -> None:
        if self._dialogs.get(job_id) is dialog:
            del self._dialogs[job_id]
            if not dialog.is_over:
                self._left[job_id] += 1
        dialog.deleteLater()

    @Slot(object)
    def _on_news(self, news: JobNews) -> None:
        dialog = self._dialogs.get(news.job_id)
        if dialog is None or dialog.is_over:
            return
        if not self._controller.is_running(news.job_id):
            dialog.show_failure(said(news.status.reason))
        elif news.progress is not None and news.progress.phase is Phase.RETURNING:
            dialog.show_step(news.progress)

    @Slot(object)
    def _on_files_returned(self, news: JobReturned) -> None:
        job = self._controller.job(news.job_id)
        if job is None:
            return
        dialog = self._dialogs.get(news.job_id)
        # A job does one after the other: what was left is told of before what was asked for since.
        was_left = self._left[news.job_id] > 0
        if was_left:
            self._left[news.job_id] -= 1
        if dialog is not None and not dialog.is_over and not was_left:
            dialog.show_returned(news.returned)
        elif not was_left or news.returned.restored or news.returned.failed:
            # Of what nothing has come to pass after its dialog was closed, nobody needs to hear.
            self._open(news.job_id, ReturnedDialog(self._icons, job.source, news.returned, self._window))
