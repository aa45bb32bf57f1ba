"""What came of bringing files back into the source: what was held, or what a pass had taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from backup_gui.engine.model import JobState, Returned
from backup_gui.ui.restoredialog import RestoreDialog
from backup_gui.ui.wording import counted, number_text, path_text

if TYPE_CHECKING:
    from backup_gui.ui.icons import Icons


class ReturnedDialog(RestoreDialog):
    """The result view of a restore for files that the job itself has brought back; it is over when it opens."""

    def __init__(self, icons: Icons, folder: str, returned: Returned, parent: QWidget | None = None) -> None:
        """Show what came of it.

        Args:
            icons: The icons.
            folder: Absolute path of the source.
            returned: What became of each path.
            parent: Owner.
        """
        super().__init__(icons, folder, parent)
        self.setWindowTitle(_tr("Brought back"))
        self._end(returned_title(returned), _state(returned))
        lines = [_tr("Folder: {folder}").format(folder=path_text(folder))]
        if returned.reason:
            lines.insert(0, f"{_reason(returned.reason).rstrip('.')}.")
        self._details.setText("\n".join(lines))
        rows = [
            *((path_text(path), _reason(reason)) for path, reason in (*returned.failed, *returned.skipped)),
            *(
                (path_text(path), _tr("Beside it is now “{name}”").format(name=_last(beside)))
                for path, beside in returned.beside
            ),
        ]
        if rows:
            self._show_notes(tuple(rows))
        self.open_button.setVisible(bool(returned.restored))


def returned_title(returned: Returned) -> str:
    """What came of it, in one sentence."""
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


def _state(returned: Returned) -> JobState:
    if returned.restored:
        is_whole = len(returned.restored) == returned.asked and not returned.reason
        return JobState.OK if is_whole else JobState.ATTENTION
    return JobState.FAILED


def _last(path: str) -> str:
    return path_text(path.rpartition("/")[2])


def _reason(reason: str) -> str:
    return QCoreApplication.translate("Restored", reason)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Returned", text)
