"""Shows how a job restores files into its source: held files, or files that a pass took away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from backup_gui.model.plans import Progress
from backup_gui.model.restores import RestoreResult
from backup_gui.model.status import JobState
from backup_gui.ui.dialogs.transfer import BringingDialog
from backup_gui.ui.text.format import counted, name_in_words, number_text, path_in_words, path_text
from backup_gui.ui.text.reasons import said, sentence_text

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_tr = partial(QCoreApplication.translate, "Returned")


class ReturnedDialog(BringingDialog):
    """Shows a restore that the job itself carries out, or its result."""

    def __init__(
        self, icons: Icons, folder: str, returned: RestoreResult | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(icons, folder, parent)
        self.setWindowTitle(_tr("Brought back"))
        if returned is not None:
            self.show_returned(returned)

    def show_waiting(self) -> None:
        """Show that the job finishes something else first."""
        self._title.setText(_tr("The check that is under way is finished first…"))

    def show_step(self, progress: Progress) -> None:
        """Show the progress."""
        title = counted(
            "Putting back {done} of %Ln files and folders", "Putting back %Ln file or folder", progress.files_total
        )
        self._show_far(title, progress)

    def show_returned(self, returned: RestoreResult) -> None:
        """Show the result."""
        is_whole = len(returned.restored) == returned.asked and not returned.reason
        state = JobState.OK if is_whole else JobState.ATTENTION
        lines = [_tr("Folder: {folder}").format(folder=path_in_words(self._folder))]
        if returned.reason:
            lines.insert(0, sentence_text(returned.reason))
        notes = (
            *((path_text(path), said(reason)) for path, reason in (*returned.failed, *returned.skipped)),
            *(
                (path_text(path), _tr("Beside it is now “{name}”").format(name=name_in_words(beside)))
                for path, beside in returned.beside
            ),
        )
        state = state if returned.restored else JobState.FAILED
        self._end(returned_title(returned), state, "\n".join(lines), notes, may_open=bool(returned.restored))


def returned_title(returned: RestoreResult) -> str:
    """The result in one sentence."""
    done = len(returned.restored)
    if not returned.asked:
        return _tr("Nothing was brought back.")
    if done < returned.asked:
        text = counted(
            "{done} of %Ln files and folders are back in your folder, and verified.",
            "It could not be brought back into your folder.",
            returned.asked,
        )
        return text.format(done=number_text(done))
    return counted(
        "All %Ln files and folders are back in your folder, and verified.",
        "It is back in your folder, and verified.",
        returned.asked,
    )
