"""The review of what the guard holds: lists every path and asks the user."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QWidget

from backup_gui.model.events import AllowHeld, KeepHeld, PutBack
from backup_gui.model.plans import Held, HeldCode
from backup_gui.model.status import JobState
from backup_gui.ui.plan.view import PlanView
from backup_gui.ui.style.theme import GRID_PX, opening_size, scaled_font
from backup_gui.ui.text.headline import held_text
from backup_gui.ui.values.job import HeldAnswer
from backup_gui.ui.widgets.labels import Heading, MutedLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row, tab_as_laid_out

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import Icons

_ICON_PX = 40
# Held files that never were in the source, so they cannot be restored into it.
_OF_OTHERS = frozenset({HeldCode.STRANGERS, HeldCode.DESTINATION_REPLACED, HeldCode.OTHER_BACKUP})


class ReviewDialog(QDialog):
    """Shows what is held, and asks what to do with it; the answer applies to that alone."""

    answered = Signal(object)

    def __init__(self, icons: Icons, job: Job, held: Held, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._held = held
        self.setWindowTitle(self.tr("Review: {name}").format(name=job.name))
        self.resize(opening_size(self, QSize(84 * GRID_PX, 62 * GRID_PX)))

        picture = QLabel()
        picture.setPixmap(icons.state_picture(JobState.HELD, _ICON_PX, self))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        title = Heading(self, held_text(held))
        self._title = title
        words = Column(title, MutedLabel(self._explanation()), spacing=GRID_PX)
        head = Row(picture, (words, 1), spacing=2 * GRID_PX)

        self.plan = PlanView(icons, keeps_history=job.keeps_history)
        self.plan.show_actions(held.actions)

        first, buttons = self._build_buttons()
        Column(head, (self.plan, 1), buttons, on=self, margins=2 * GRID_PX, spacing=2 * GRID_PX)
        tab_as_laid_out(buttons)
        first.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the heading's font in step with the dialog's."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_title"):
            self._title.setFont(scaled_font(self.font(), 1.2, is_bold=True))

    def _build_buttons(self) -> tuple[QPushButton, QDialogButtonBox]:
        """Create the buttons, and return the default one with the box."""
        held = self._held
        self.keep_button = push_button(self.tr("&Keep these files"), partial(self._answer, KeepHeld(held)))
        self.allow_button = push_button(self._allow_text(), partial(self._answer, AllowHeld(held)))
        put_back = partial(self._answer, PutBack(held))
        self.put_back_button = push_button(self.tr("&Put them back into my folder"), put_back)
        self.put_back_button.setAutoDefault(False)
        # Strangers never were in the source, and of a replaced file it has the new version.
        is_loss = held.code not in _OF_OTHERS and held.counts.deleted > 0
        # Another folder or another backup cannot be kept: the user accepts it or the job leaves it alone.
        may_keep = held.code not in {HeldCode.DESTINATION_REPLACED, HeldCode.OTHER_BACKUP}
        buttons = QDialogButtonBox()
        buttons.addButton(self.allow_button, QDialogButtonBox.ButtonRole.ActionRole)
        if is_loss:
            buttons.addButton(self.put_back_button, QDialogButtonBox.ButtonRole.ActionRole)
        if may_keep:
            buttons.addButton(self.keep_button, QDialogButtonBox.ButtonRole.AcceptRole)
        later_button = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        later_button.setText(self.tr("Decide &later"))
        buttons.rejected.connect(self.reject)
        # Enter must never delete anything.
        self.allow_button.setAutoDefault(False)
        first = self.keep_button if may_keep else later_button
        first.setDefault(True)
        return first, buttons

    def _explanation(self) -> str:
        keeps = (
            self.tr("What leaves the backup stays in its history.")
            if self._job.keeps_history
            else self.tr("No history is kept for this backup: what is deleted is gone.")
        )
        what = {
            HeldCode.DESTINATION_REPLACED: self.tr(
                "Put the right folder or drive back, and it goes on by itself. Or use this one from now on."
            ),
            HeldCode.OTHER_BACKUP: self.tr("It is left alone, and all else is backed up."),
            HeldCode.STRANGERS: self.tr("A backup is an exact copy of your folder, so these would have to leave it."),
        }.get(
            self._held.code,
            self.tr("So many changes at once may be what you did, or a mistake, a drive that is away or malware."),
        )
        return f"{what} {keeps}"

    def _allow_text(self) -> str:
        if self._held.code is HeldCode.DESTINATION_REPLACED:
            return self.tr("&Use this folder from now on")
        if self._held.code in {HeldCode.STRANGERS, HeldCode.OTHER_BACKUP} and self._job.keeps_history:
            return self.tr("&Move them to the history")
        if self._held.counts.replaced:
            return self.tr("These &changes are right")
        return self.tr("These &deletions are right")

    def _answer(self, command: AllowHeld | KeepHeld | PutBack, *_checked: bool) -> None:
        self.answered.emit(HeldAnswer(self._job.id, command))
        self.accept()
