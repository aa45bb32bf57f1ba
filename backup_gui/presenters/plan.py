"""Fills the views of plans: finds out what a pass would do, and filters and sorts its actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from backup_gui.presenters.presenter import Context, Presenter
from backup_gui.services.arrange_plan import arrange
from backup_gui.services.preview import PlanPreview, preview_plan

if TYPE_CHECKING:
    from backup_gui.model.plan_tree import Arrangement
    from backup_gui.ui.plan.preview_dialog import PreviewDialog
    from backup_gui.ui.plan.review_dialog import ReviewDialog
    from backup_gui.ui.plan.view import PlanView


class PlanPresenter(Presenter):
    """Serves the preview of a pass and the review of what is held."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        context.window.preview_opened.connect(self._on_preview_opened)
        context.window.review_opened.connect(self._on_review_opened)

    @Slot(object)
    def _on_preview_opened(self, dialog: PreviewDialog) -> None:
        self._serve(dialog)
        job, data_folder = dialog.job, self._data_folder
        self._tasks.start(
            f"plan {id(dialog)} preview",
            lambda task: preview_plan(job, data_folder, task.should_stop, task.tell),
            lambda found: _show(dialog, found),
            on_progress=dialog.show_progress,
            on_silent=dialog.show_silence,
        )

    @Slot(object)
    def _on_review_opened(self, dialog: ReviewDialog) -> None:
        self._serve(dialog)
        dialog.plan.request()

    def _serve(self, dialog: PreviewDialog | ReviewDialog) -> None:
        """Answer the requests of a plan's view while its dialog is open."""
        prefix = f"plan {id(dialog)} "
        dialog.plan.arrangement_requested.connect(partial(self._on_arrangement_requested, prefix, dialog.plan))
        # Results must not reach a dialog after it was closed and deleted.
        dialog.finished.connect(partial(self._on_closed, prefix))

    def _on_arrangement_requested(self, prefix: str, view: PlanView, wish: Arrangement) -> None:
        self._tasks.start(prefix + "arranged", lambda task: arrange(wish, task.should_stop), view.show_arranged)

    def _on_closed(self, prefix: str, _result: int) -> None:
        self._tasks.cancel(prefix)


def _show(dialog: PreviewDialog, found: PlanPreview) -> None:
    if found.reason and not found.actions:
        dialog.show_failure(found.reason)
        return
    dialog.show_plan(found.actions, found.counts)
    dialog.show_problems(found.problems)
    if found.held is not None:
        dialog.show_held(found.held)
