"""The window that says why the app cannot start: whoever started it may not see what a program writes to a terminal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from backup_gui.model.reasons import Reason
from backup_gui.ui.text.reasons import said


class Refusal(QMessageBox):
    """What is wrong, in the user's language, and a button to close it."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        """Say what is wrong.

        Args:
            reasons: Why.
        """
        super().__init__()
        self.setIcon(QMessageBox.Icon.Critical)
        self.setWindowTitle(self.tr("Folder Backup"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Folder Backup cannot start"))
        self.setInformativeText("\n\n".join(map(said, reasons)))
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setStandardButtons(QMessageBox.StandardButton.Close)
