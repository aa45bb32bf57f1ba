"""Sends the user's decisions about held or kept files, passes and drives to the jobs that carry them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from backup_gui.model.events import ForgetDrive, GiveUp, KeepHeld, PutBack, ReleaseKept, UndoPass
from backup_gui.model.plans import Phase
from backup_gui.model.status import JobState
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.ui.dialogs.messages import ask_to_forget_drive, ask_to_release, ask_to_undo, ask_to_use_drive
from backup_gui.ui.dialogs.returned import ReturnedDialog
from backup_gui.ui.text.reasons import said

if TYPE_CHECKING:
    from backup_gui.model.events import Command
    from backup_gui.model.plans import Held
    from backup_gui.threads.controller import JobNews, JobReturned
    from backup_gui.ui.activity.pass_row import PassRow
    from backup_gui.ui.values.job import HeldAnswer, JobView


class DecisionsPresenter(Presenter):
    """Sends the user's answers to the jobs. Emits ``changed`` for a job whose view an answer changes."""

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._returns = ReturnPresenter(context, self)
        # Held changes that the user has refused, until the job has carried that out.
        self._refused: dict[str, Held] = {}
        window = context.window
        window.held_answered.connect(self._on_held_answered)
        board = window.board
        board.activity.undo_requested.connect(self._on_undo_requested)
        board.problems.forget_drive_requested.connect(self._on_forget_drive_requested)
        board.new_drive_requested.connect(self._on_new_drive_requested)
        board.overview.release_requested.connect(self._on_release_requested)

    def complete(self, view: JobView) -> JobView:
        """Add to a view whether the user has refused what is held in it."""
        job_id, held = view.job.id, view.status.held
        if held is None or not _is_same(held, self._refused.get(job_id)):
            self._refused.pop(job_id, None)
        self._returns.show_silence(job_id, view.silent_s)
        return replace(view, has_kept=job_id in self._refused)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
        self._refused.pop(job_id, None)
        self._returns.forget(job_id)

    @Slot(object)
    def _on_held_answered(self, answer: HeldAnswer) -> None:
        job_id, command = answer.job_id, answer.command
        if isinstance(command, PutBack):
            self._pass_on(job_id, partial(self._returns.begin, job_id, command))
            return
        if isinstance(command, KeepHeld):
            self._refused[job_id] = command.held
        else:
            self._refused.pop(job_id, None)
        self._controller.send(job_id, command)
        self.changed.emit(job_id)

    @Slot(object)
    def _on_undo_requested(self, row: PassRow) -> None:
        job_id = self._window.board.selected_id
        begin = partial(self._returns.begin, job_id, UndoPass(row.pass_id))
        ask_to_undo(row.files_taken, partial(self._pass_on, job_id, begin), self._window)

    @Slot(object)
    def _on_forget_drive_requested(self, path: str) -> None:
        job = self._controller.job(self._window.board.selected_id)
        if job is not None:
            on_yes = self._sending(job.id, ForgetDrive(path))
            ask_to_forget_drive(path, on_yes, self._window, keeps_history=job.keeps_history)

    @Slot(object)
    def _on_new_drive_requested(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None:
            on_yes = self._sending(job_id, ForgetDrive(""))
            ask_to_use_drive(job.destination.path, on_yes, self._window, keeps_history=job.keeps_history)

    @Slot()
    def _on_release_requested(self) -> None:
        job = self._controller.job(self._window.board.selected_id)
        if job is not None:
            files = self._controller.status(job.id).kept
            on_yes = self._sending(job.id, ReleaseKept())
            ask_to_release(files, on_yes, self._window, keeps_history=job.keeps_history)

    def _sending(self, job_id: str, command: Command) -> Callable[[], None]:
        """What sends a command to a job once the user has confirmed it."""
        return partial(self._pass_on, job_id, partial(self._controller.send, job_id, command))

    def _pass_on(self, job_id: str, send: Callable[[], None], _is_checked: object = None) -> None:
        """Send something to a job; if the job has ended by itself, tell the user instead."""
        if self._controller.is_running(job_id):
            send()
        else:
            self._window.show_problem(
                self.tr("This backup is not running"), self.tr("Choose “Back up now” first, then try again.")
            )


def _is_same(held: Held, other: Held | None) -> bool:
    """Whether the same changes are held again, without comparing what may be a million actions."""
    return other is not None and (held.code, held.counts, held.mirror_files) == (
        other.code,
        other.counts,
        other.mirror_files,
    )


class ReturnPresenter(Presenter):
    """Tells jobs to restore files into their source, and shows each restore in a dialog."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._dialogs: dict[str, ReturnedDialog] = {}
        # How many restores of each job go on after their dialog was closed.
        self._left: Counter[str] = Counter()
        context.controller.news.connect(self._on_news)
        context.controller.files_returned.connect(self._on_files_returned)

    def begin(self, job_id: str, command: Command) -> None:
        """Tell a running job to restore files into its source, and open the dialog for it."""
        job = self._controller.job(job_id)
        if job is None:
            return
        dialog = self._open(job_id, ReturnedDialog(self._icons, job.source, None, self._window))
        self._dialogs[job_id] = dialog
        dialog.cancel_requested.connect(partial(self._controller.send, job_id, GiveUp()))
        if self._controller.status(job_id).state is JobState.WORKING:
            dialog.show_waiting()
        self._controller.send(job_id, command)

    def show_silence(self, job_id: str, silent_s: int) -> None:
        """Show in the dialog of a restore how long the job's drive has not answered, in seconds."""
        dialog = self._dialogs.get(job_id)
        if dialog is not None:
            dialog.show_silence(silent_s)

    def forget(self, job_id: str) -> None:
        """Forget a removed job."""
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
        # A job runs its restores in order, so results of closed dialogs come before those of the open one.
        was_left = self._left[news.job_id] > 0
        if was_left:
            self._left[news.job_id] -= 1
        if dialog is not None and not dialog.is_over and not was_left:
            dialog.show_returned(news.returned)
        elif not was_left or news.returned.restored or news.returned.failed:
            # If the dialog was closed, show a result only if it has restored files or failed.
            self._open(news.job_id, ReturnedDialog(self._icons, job.source, news.returned, self._window))
