"""Shows in full what a pass would do now, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from backup_gui.model.plans import Counts
from backup_gui.model.reasons import Reason
from backup_gui.ui.plan.model import counts_text
from backup_gui.ui.plan.view import PlanView
from backup_gui.ui.style.theme import GRID_PX, opening_size
from backup_gui.ui.text.format import files_text
from backup_gui.ui.text.headline import held_text, problems_text
from backup_gui.ui.text.reasons import problem_lines, said
from backup_gui.ui.widgets.empty_state import EmptyState
from backup_gui.ui.widgets.fields import RemarkLabel
from backup_gui.ui.widgets.labels import Heading, MutedLabel
from backup_gui.ui.widgets.layouts import Column
from backup_gui.ui.widgets.progress_panel import ProgressPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Held, Problem, Progress
    from backup_gui.ui.style.icons import Icons


class PreviewDialog(QDialog):
    """A plan, or the progress of the comparison that makes it."""

    def __init__(self, icons: Icons, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self.job = job
        self.setWindowTitle(self.tr("What would be done: {name}").format(name=job.name))
        self.resize(opening_size(self, QSize(92 * GRID_PX, 72 * GRID_PX)))
        self._title = Heading(self, self.tr("Comparing your folder with its backup…"))
        self._text = MutedLabel(self.tr("This is only a look: nothing is copied and nothing is deleted."))
        self.problems = RemarkLabel(icons)
        self.held = RemarkLabel(icons)
        self.plan = PlanView(icons, keeps_history=job.keeps_history)
        self._empty_state = EmptyState(
            icons,
            "check",
            self.tr("Nothing to do"),
            self.tr("The backup is an exact copy of your folder."),
        )
        self._pages = QStackedWidget()
        self._waiting = self._build_waiting()
        for page in (self._waiting, self.plan, self._empty_state):
            self._pages.addWidget(page)
        self.close_button = QPushButton(self.tr("&Close"))
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        # Enter in the search field must search, not close the dialog.
        self.close_button.setAutoDefault(False)
        column = Column(
            self._title, self._text, self.held, self.problems, on=self, margins=2 * GRID_PX, spacing=GRID_PX
        )
        column.addSpacing(GRID_PX // 2)
        column.add((self._pages, 1), buttons)

    def show_progress(self, progress: Progress) -> None:
        """Show the progress of the comparison."""
        self.progress.show_words(self.tr("{files} looked at").format(files=files_text(progress.files_done)))
        self.progress.show_path(progress.path)

    def show_silence(self, silent_s: int) -> None:
        """Show how long a drive has not answered, in seconds; 0 if it answers."""
        self.progress.show_silence(silent_s)

    def show_plan(self, actions: Sequence[Action], counts: Counts) -> None:
        """Show the actions of a plan, and in the title how many there are of each kind."""
        if not actions:
            self._title.setText(self.tr("Nothing would be done."))
            # The note in the middle says the same in larger text.
            self._title.setVisible(False)
            self._pages.setCurrentWidget(self._empty_state)
            return
        self._title.setText(counts_text(counts))
        self.plan.show_actions(actions)
        self._pages.setCurrentWidget(self.plan)
        self.plan.tree.setFocus()

    def show_held(self, held: Held) -> None:
        """Show what the guard would hold."""
        self.held.show_remark(self.tr("{what} You would be asked first.").format(what=held_text(held)))

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show what a pass could not back up."""
        if problems:
            self.problems.show_remark("\n".join((problems_text(len(problems)), *problem_lines(problems))))

    def show_failure(self, reason: Reason) -> None:
        """Show why no preview is possible."""
        title = self.tr("A preview is not possible at the moment")
        self._title.setText(title)
        self._title.setVisible(False)
        failure = EmptyState(self._icons, "problems", title, said(reason))
        self._pages.addWidget(failure)
        self._pages.setCurrentWidget(failure)

    def showEvent(self, event: QShowEvent) -> None:
        """Focus the only button."""
        super().showEvent(event)
        self.close_button.setFocus()

    def _build_waiting(self) -> QWidget:
        self.progress = ProgressPanel(self._icons)
        self.progress.bar.setAccessibleName(self.tr("Comparing"))
        waiting = QWidget()
        Column(self.progress, 0, on=waiting, margins=(0, GRID_PX, 0, 0), spacing=GRID_PX)
        return waiting
