"""Connects History pages with background reading and with restores."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QDateTime, QObject, Slot

from backup_gui.config.job_factory import default_name
from backup_gui.desktop.periodic import delayed
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.history.listing import VersionCache, moments
from backup_gui.engine.history.snapshot import Snapshot, backup_at
from backup_gui.engine.restore.put_back import RestoreOptions
from backup_gui.model.errors import BackupError, NewerDataError
from backup_gui.model.path_text import one_line
from backup_gui.model.plans import Progress
from backup_gui.model.reasons import NO_REASON, of_error
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState
from backup_gui.presenters.file_preview import look_at
from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services import browse
from backup_gui.services.browse import Backup, StopAsked
from backup_gui.threads.tasks import TaskContext, TaskRunner
from backup_gui.ui.history.page import HistoryPage, HistoryWindow
from backup_gui.ui.history.restore_dialog import RestoreDialog
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.history import Asked, RestoreWish, Subject

if TYPE_CHECKING:
    from backup_gui.threads.controller import Controller, JobNews


log = logging.getLogger(__name__)

# A job pauses at the next block of the file that it copies. If it takes longer, it hangs on its drive.
_PAUSE_PATIENCE_MS = 20_000
_MOST_WAITING = 256
_MOST_FOUND = 1_000

_T = TypeVar("_T")


class Restoration(QObject):
    """One restore, from the user's wish to the result; pauses the job meanwhile."""

    def __init__(
        self, wish: RestoreWish, dialog: RestoreDialog, controller: Controller, tasks: TaskRunner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._wish = wish
        self._dialog = dialog
        self._controller = controller
        self._tasks = tasks
        self._key = f"restore {id(self)}"
        self._has_begun = False
        self._is_unseen = False
        self._is_released = False
        self._patience = delayed(self, _PAUSE_PATIENCE_MS, self._on_patience_over)
        dialog.cancel_requested.connect(self._on_cancel_requested)
        dialog.left.connect(self._on_left)
        dialog.finished.connect(self._on_closed)
        tasks.silence_changed.connect(self._on_silence_changed)

    @property
    def is_into_source(self) -> bool:
        """Whether it writes into a job's source."""
        return not self._wish.to

    def start(self) -> None:
        """Start the restore; first pause the job if the restore writes into its source."""
        if not self.is_into_source:
            self._begin()
            return
        job_id = self._wish.subject.job_id
        status = self._controller.status(job_id)
        if status.state is JobState.WAITING and status.reason:
            # The source may be an empty mount point at present.
            self._dialog.show_failure(said(status.reason) + " " + self.tr("You can save the files elsewhere."))
            return
        self._dialog.show_waiting()
        self._controller.news.connect(self._on_news)
        self._patience.start()
        self._controller.suspend(job_id)
        self._begin_at_rest()

    @Slot(object)
    def _on_news(self, news: JobNews) -> None:
        if news.job_id == self._wish.subject.job_id:
            self._begin_at_rest()

    def _begin_at_rest(self) -> None:
        if not self._has_begun and not self._dialog.is_over and self._controller.is_at_rest(self._wish.subject.job_id):
            self._begin()

    def _begin(self) -> None:
        self._has_begun = True
        self._patience.stop()
        wish = self._wish
        when = QDateTime.currentDateTime().toString("yyyy-MM-dd HH.mm")
        options = RestoreOptions(
            wish.policy,
            mark=self.tr("restored {when}").format(when=when),
            backup=str(wish.subject.destination) if self.is_into_source else None,
            makes_folder=not self.is_into_source,
        )
        to = wish.to or wish.subject.source
        backup = backup_of(wish.subject)

        def work(task: TaskContext[Progress]) -> RestoreResult:
            stoppable = options._replace(should_stop=task.should_stop)
            return browse.restore_items(backup, wish.items, wish.at, to, stoppable, on_progress=task.tell)

        self._tasks.start(self._key, work, self._on_result, on_failed=self._on_failed, on_progress=self._on_step)

    @Slot()
    def _on_cancel_requested(self) -> None:
        if self._has_begun:
            self._tasks.stop(self._key)
        else:
            self._end(self.tr("You have stopped it."))

    @Slot()
    def _on_left(self) -> None:
        """Abandon a restore that was told to stop and hangs: other restores and the job go on."""
        self._tasks.leave(self._key)
        self._release()

    @Slot()
    def _on_closed(self) -> None:
        if self._dialog.is_over:
            self.deleteLater()
        else:
            self._is_unseen = True

    @Slot(object)
    def _on_silence_changed(self, silent_s: int) -> None:
        if self._has_begun and not self._is_unseen:
            self._dialog.show_silence(silent_s)

    @Slot()
    def _on_patience_over(self) -> None:
        self._end(self.tr("The backup of this folder could not be paused. You can save the files elsewhere."))

    def _on_step(self, progress: Progress) -> None:
        if not self._is_unseen:
            self._dialog.show_step(progress)

    def _on_result(self, result: RestoreResult) -> None:
        log.info(
            "Restored: %d of %d, %d were there already, %d failed",
            len(result.restored),
            result.asked,
            len(result.present),
            len(result.failed),
        )
        if not self._is_unseen:
            self._dialog.show_result(result)
        self._release()

    def _on_failed(self, error: Exception) -> None:
        log.info("Nothing was restored: %s", error)
        if isinstance(error, Cancelled):
            self._end(self.tr("You have stopped it."))
        elif isinstance(error, BackupError):
            self._end(said(error.reason))
        elif isinstance(error, FileNotFoundError):
            self._end(self.tr("The folder to restore to is not there. You can save the files elsewhere."))
        elif isinstance(error, OSError):
            self._end(said(of_error(error)))
        else:
            self._end(self.tr("An unexpected error. The log has the details."))

    def _end(self, text: str) -> None:
        if not self._is_unseen:
            self._dialog.show_failure(text)
        self._release()

    def _release(self) -> None:
        self._patience.stop()
        if self.is_into_source and not self._is_released:
            # Only once: another restore may need the pause by now.
            self._is_released = True
            self._controller.release(self._wish.subject.job_id)
        if self._is_unseen:
            self.deleteLater()


class HistoryPresenter(Presenter):
    """Connects the History pages with the engine."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(context, parent)
        self._restorer = TaskRunner("restore", self, is_serial=True)
        self._presenters: list[HistoryPagePresenter] = []
        self._was_told_of_silence = False
        self._serve(context.window.board.history)
        context.window.backup_chosen.connect(self._on_backup_chosen)

    def close(self) -> None:
        """Stop all restores and answers, and return at once."""
        for runner in self._runners():
            runner.close()

    def wait(self, limit_s: float) -> bool:
        """Wait for stopped tasks to end, so that they leave no unfinished file.

        Returns whether all have ended before the limit for all together.
        """
        end_s = time.monotonic() + limit_s
        left = [one for one in self._runners() if not one.wait(max(0.0, end_s - time.monotonic()))]
        return not left

    def _runners(self) -> list[TaskRunner]:
        return [self._restorer, *(presenter.tasks for presenter in self._presenters)]

    def _serve(self, page: HistoryPage) -> HistoryPagePresenter:
        presenter = HistoryPagePresenter(page, self)
        self._presenters.append(presenter)
        page.restore_requested.connect(self._on_restore_requested)
        return presenter

    @Slot(object)
    def _on_restore_requested(self, wish: RestoreWish) -> None:
        sender = self.sender()
        above = sender.window() if isinstance(sender, HistoryPage) else self._window
        dialog = RestoreDialog(self._icons, wish.to or wish.subject.source, above)
        restoration = Restoration(wish, dialog, self._controller, self._restorer, self)
        dialog.folder_requested.connect(self._open_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        restoration.start()

    @Slot(object)
    def _on_backup_chosen(self, folder: str) -> None:
        self._was_told_of_silence = False
        self._tasks.start(
            "backup folder",
            lambda _: Backup(*backup_at(folder)),
            self._on_backup_found,
            on_failed=partial(self._on_no_backup, folder),
            on_silent=self._on_finder_silent,
        )

    def _on_finder_silent(self, silent_s: int) -> None:
        if silent_s and not self._was_told_of_silence:
            self._window.show_problem(
                self.tr("The drive does not answer"),
                self.tr("The backup folder is opened as soon as it does. You can choose another one meanwhile."),
            )
        self._was_told_of_silence = silent_s > 0

    def _on_backup_found(self, backup: Backup) -> None:
        subject = Subject(default_name(backup.destination.path), backup.destination, backup.history)
        dialog = HistoryWindow(self._icons, self._now, subject, self._window)
        presenter = self._serve(dialog.page)
        dialog.finished.connect(partial(self._on_window_closed, presenter))
        dialog.show()

    def _on_window_closed(self, presenter: HistoryPagePresenter, _result: int) -> None:
        presenter.tasks.close()
        self._presenters.remove(presenter)
        presenter.deleteLater()

    def _on_no_backup(self, folder: str, error: Exception) -> None:
        log.info("The folder %s is no readable backup: %s", one_line(folder), error)
        self._window.show_problem(
            self.tr("This folder cannot be read"), self.tr("Choose the folder that holds the copies of your files.")
        )


class _Reading:
    """The cache of one history; only the thread that currently reads uses it."""

    def __init__(self) -> None:
        self.cache = VersionCache()


class HistoryPagePresenter(QObject):
    """Answers the requests of one History page."""

    def __init__(self, page: HistoryPage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._subject: Subject | None = None
        self._reading = _Reading()
        self.tasks = TaskRunner("history", self, is_serial=True, most_waiting=_MOST_WAITING)
        self.tasks.left.connect(self._on_left)
        self.tasks.silence_changed.connect(page.show_silence)
        page.moments_requested.connect(self._on_moments_requested)
        page.folder_requested.connect(self._on_folder_requested)
        page.search_requested.connect(self._on_search_requested)
        page.versions_requested.connect(self._on_versions_requested)
        page.look_requested.connect(self._on_look_requested)

    @Slot(object)
    def _on_moments_requested(self, asked: Asked) -> None:
        if asked.subject != self._subject:
            # Cancel reading of the previous backup, whose drive may not even answer.
            self.tasks.cancel()
            self._reading_of(asked)
        backup = backup_of(asked.subject)
        self._start(
            "moments",
            asked,
            lambda should_stop: moments(backup.history_root, should_stop),
            lambda found: self._page.show_moments(asked, found),
        )

    @Slot(object)
    def _on_folder_requested(self, asked: Asked) -> None:
        self.tasks.cancel("search")
        self._read(
            f"folder {asked.path}",
            asked,
            lambda past: past.folder(asked.path, asked.at, shows_gone=asked.shows_gone),
            self._page.show_folder,
        )

    @Slot(object)
    def _on_search_requested(self, asked: Asked) -> None:
        self._read(
            "search",
            asked,
            lambda past: past.search(asked.text, asked.at, shows_gone=asked.shows_gone, limit=_MOST_FOUND),
            self._page.show_found,
        )

    @Slot(object)
    def _on_versions_requested(self, asked: Asked) -> None:
        self._read("versions", asked, lambda past: past.versions(asked.path), self._page.show_versions)

    @Slot(object)
    def _on_look_requested(self, asked: Asked) -> None:
        item = asked.item
        if item is not None:
            self._start(
                "look",
                asked,
                lambda should_stop: look_at(item, should_stop),
                lambda look: self._page.show_look(asked, look.text, look.picture, is_cut=look.is_cut),
            )

    def _reading_of(self, asked: Asked) -> _Reading:
        """The cache of the requested history."""
        if asked.subject != self._subject:
            self._subject, self._reading = asked.subject, _Reading()
        return self._reading

    @Slot()
    def _on_left(self) -> None:
        self._reading.cache = VersionCache()

    def _read(self, key: str, asked: Asked, look: Callable[[Snapshot], _T], show: Callable[[Asked, _T], None]) -> None:
        """Read from the requested backup, and show the result."""
        reading, backup = self._reading_of(asked), backup_of(asked.subject)

        def work(should_stop: StopAsked) -> _T:
            with backup.open(should_stop, reading.cache) as past:
                return look(past)

        self._start(key, asked, work, lambda found: show(asked, found))

    def _start(self, key: str, asked: Asked, work: Callable[[StopAsked], _T], on_done: Callable[[_T], None]) -> None:
        self.tasks.start(key, lambda task: work(task.should_stop), on_done, on_failed=partial(self._on_failed, asked))

    def _on_failed(self, asked: Asked, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            log.info("The history of %s could not be read: %s", asked.subject.name, error)
            self._page.show_failure(asked, error.reason if isinstance(error, NewerDataError) else NO_REASON)


def backup_of(subject: Subject) -> Backup:
    """The backup that a page shows."""
    return Backup(subject.destination, subject.history)
