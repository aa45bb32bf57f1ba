"""The window that shows why the app cannot start, as the user may not see the terminal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from backup_gui.model.reasons import Reason
from backup_gui.ui.text.reasons import said


class Refusal(QMessageBox):
    """The reasons in the user's language, and a button to close."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__()
        self.setIcon(QMessageBox.Icon.Critical)
        self.setWindowTitle(self.tr("Folder Backup"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Folder Backup cannot start"))
        self.setInformativeText("\n\n".join(map(said, reasons)))
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setStandardButtons(QMessageBox.StandardButton.Close)
