"""Shows the progress and the result of a restore."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from backup_gui.model.status import JobState
from backup_gui.ui.dialogs.transfer import BringingDialog
from backup_gui.ui.text.format import counted, name_in_words, number_text, path_in_words, path_text
from backup_gui.ui.text.reasons import said

if TYPE_CHECKING:
    from backup_gui.model.plans import Progress
    from backup_gui.model.restores import RestoreResult
    from backup_gui.ui.style.icons import Icons

_tr = partial(QCoreApplication.translate, "Restore")


class RestoreDialog(BringingDialog):
    """Shows one restore from the History page."""

    def __init__(self, icons: Icons, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(icons, folder, parent)
        self.setWindowTitle(self.tr("Restore"))

    def show_waiting(self) -> None:
        """Show that the job is being paused first."""
        self._title.setText(self.tr("Pausing the backup of this folder…"))

    def show_step(self, progress: Progress) -> None:
        """Show the progress."""
        title = counted("Restoring file {done} of %Ln", "Restoring %Ln file", progress.files_total)
        self._show_far(title, progress)

    def show_result(self, result: RestoreResult) -> None:
        """Show the result."""
        is_good = not result.failed and not result.is_cancelled
        state = JobState.OK if is_good else JobState.ATTENTION
        place = self.tr("Folder: {folder}").format(folder=path_in_words(self._folder))
        beside_text = self.tr("Restored beside it as “{name}”")
        notes = (
            *((path_text(path), said(reason)) for path, reason in result.failed),
            *((path_text(path), beside_text.format(name=name_in_words(beside))) for path, beside in result.beside),
        )
        lines = "\n".join((place, *_detail_lines(result)))
        self._end(result_title(result), state, lines, notes, may_open=bool(result.restored or result.present))


def result_title(result: RestoreResult) -> str:
    """The result of a restore, in one sentence."""
    done = len(result.restored) + len(result.present)
    if result.is_cancelled:
        text = counted(
            "Stopped. {done} of %Ln files were restored.", "Stopped. {done} of %Ln file was restored.", result.asked
        )
    elif result.failed:
        text = counted(
            "{done} of %Ln files were restored and verified.", "The file could not be restored.", result.asked
        )
    elif not result.asked:
        return _tr("There was no file to restore.")
    else:
        text = counted("All %Ln files were restored and verified.", "The file was restored and verified.", result.asked)
    return text.format(done=number_text(done))


def _detail_lines(result: RestoreResult) -> list[str]:
    lines = []
    if result.failed:
        count = len(result.failed)
        lines.append(counted("%Ln files could not be restored.", "%Ln file could not be restored.", count))
    if result.present:
        count = len(result.present)
        lines.append(
            counted(
                "%Ln were there already with the same content.", "%Ln was there already with the same content.", count
            )
        )
    if result.beside:
        count = len(result.beside)
        lines.append(
            counted(
                "%Ln lie beside a file that was there, under a name of their own.",
                "%Ln lies beside a file that was there, under a name of its own.",
                count,
            )
        )
    if result.replaced:
        count = len(result.replaced)
        lines.append(
            counted(
                "%Ln files were replaced; what was there before goes to the history.",
                "%Ln file was replaced; what was there before goes to the history.",
                count,
            )
        )
    return lines
