"""Shows an unexpected error of the program, that the backup is unharmed, and where to read more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.text.format import counted
from backup_gui.ui.widgets.labels import Heading, MutedLabel, PlainLabel, push_button, read_only_text
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_ICON_PX = 40


class CrashDialog(QDialog):
    """One dialog for all unexpected errors, each with a summary in one line; it counts further ones."""

    log_requested = Signal()
    diagnostics_requested = Signal()

    def __init__(self, icons: Icons, summary: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self.setWindowTitle(self.tr("Unexpected error"))
        self.setMinimumWidth(scaled_px(self, 64 * GRID_PX))
        picture = QLabel()
        picture.setPixmap(icons.state_picture(JobState.ATTENTION, _ICON_PX, self))
        title = Heading(self, self.tr("Something unexpected happened in Folder Backup"))
        self.words = PlainLabel(
            self.tr(
                "Your files and your backup are unharmed: each file is put into the backup as a whole or not at all. "
                "The backups go on. If something in this window does not answer any more, quit the app and open it "
                "again."
            )
        )
        self.words.setWordWrap(True)
        self.counter = MutedLabel()
        self.counter.setVisible(False)
        self.details = read_only_text(self, self.tr("What happened"))
        self.details.setMinimumHeight(scaled_px(self, 16 * GRID_PX))
        diagnostics = push_button(self.tr("Copy &diagnostics…"), self.diagnostics_requested)
        log_button = push_button(self.tr("Open log &folder"), self.log_requested)
        self.close_button = push_button(self.tr("&Close"), self.accept)
        self.close_button.setDefault(True)

        head = Row(picture, (title, 1), spacing=2 * GRID_PX)
        foot = Row(diagnostics, log_button, 0, self.close_button)
        Column(
            head, self.words, self.counter, (self.details, 1), foot, on=self, margins=2 * GRID_PX, spacing=2 * GRID_PX
        )
        self.add(summary, details)

    def add(self, summary: str, details: str) -> None:
        """Add an error; the same one may recur."""
        self._count += 1
        if self._count == 1:
            self.details.setPlainText(f"{summary}\n\n{details}")
            return
        self.counter.setText(counted("%Ln errors so far", "%Ln error so far", self._count))
        self.counter.setVisible(True)
