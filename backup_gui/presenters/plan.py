"""Fills the views of plans: finds out what a pass would do, and chooses and orders what is wanted of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Slot

from backup_gui.model.job import Job
from backup_gui.model.plan_tree import Arranged, Arrangement
from backup_gui.model.plans import Counts, Progress, count_actions
from backup_gui.services.arrange_plan import arrange
from backup_gui.services.preview import Foresight, foresee

if TYPE_CHECKING:
    from backup_gui.threads.errands import Errand, Errands
    from backup_gui.ui.main.window import MainWindow
    from backup_gui.ui.plan.preview_dialog import PreviewDialog
    from backup_gui.ui.plan.review_dialog import ReviewDialog
    from backup_gui.ui.plan.view import PlanView


class _Outlook(NamedTuple):
    """What was found out, with the counts that would take the window's thread too long."""

    foresight: Foresight
    counts: Counts


class PlanDesk(QObject):
    """Serves the preview of a pass and the review of what is held."""

    def __init__(self, window: MainWindow, errands: Errands, data_folder: Path, parent: QObject | None = None) -> None:
        """Connect the window.

        Args:
            window: The window.
            errands: For comparing and ordering.
            data_folder: Where the catalogs are.
            parent: Owner.
        """
        super().__init__(parent)
        self._errands = errands
        self._data_folder = data_folder
        self._views = 0
        window.preview_opened.connect(self._on_preview_opened)
        window.review_opened.connect(self._on_review_opened)

    @Slot(object)
    def _on_preview_opened(self, dialog: PreviewDialog) -> None:
        key = self._serve(dialog.plan, dialog)
        dialog.finished.connect(partial(self._on_closed, f"foresee {key}"))
        self._errands.begin(
            f"foresee {key}",
            partial(_look_ahead, dialog.job, self._data_folder),
            partial(_show_outlook, dialog),
            partial(_show_progress, dialog),
            dialog.show_silence,
        )

    @Slot(object)
    def _on_review_opened(self, dialog: ReviewDialog) -> None:
        self._serve(dialog.plan, dialog)
        dialog.plan.request_again()

    def _serve(self, view: PlanView, dialog: PreviewDialog | ReviewDialog) -> str:
        """Answer what a view of a plan asks for, as long as its dialog is open."""
        self._views += 1
        key = f"plan {self._views}"
        view.arrangement_requested.connect(partial(self._on_arrangement_requested, key, view))
        # A dialog that was closed is deleted later; nothing may reach it then.
        dialog.finished.connect(partial(self._on_closed, key))
        return key

    def _on_arrangement_requested(self, key: str, view: PlanView, wish: Arrangement) -> None:
        self._errands.begin(key, partial(_arrange, wish), partial(_show_arranged, view))

    def _on_closed(self, key: str, _result: int) -> None:
        self._errands.cancel(key)


def _arrange(wish: Arrangement, errand: Errand) -> Arranged | None:
    return arrange(wish, errand.should_stop)


def _show_arranged(view: PlanView, arranged: object) -> None:
    if isinstance(arranged, Arranged):
        view.show_arranged(arranged)


def _look_ahead(job: Job, data_folder: Path, errand: Errand) -> _Outlook | None:
    found = foresee(job, data_folder, errand.should_stop, errand.tell)
    return None if found is None else _Outlook(found, count_actions(found.actions))


def _show_progress(dialog: PreviewDialog, progress: object) -> None:
    if isinstance(progress, Progress):
        dialog.show_progress(progress)


def _show_outlook(dialog: PreviewDialog, outlook: object) -> None:
    if not isinstance(outlook, _Outlook):
        return
    found = outlook.foresight
    if found.reason and not found.actions:
        dialog.show_failure(found.reason)
        return
    dialog.show_plan(found.actions, outlook.counts)
    dialog.show_problems(found.problems)
    if found.held is not None:
        dialog.show_held(found.held)
