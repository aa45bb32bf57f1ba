"""Shows the diagnostics before the user copies them; they have private names only if the user wants that."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from backup_gui.ui.style.theme import GRID_PX, scaled_size
from backup_gui.ui.widgets.labels import MutedLabel, PrimaryButton, push_button, read_only_text
from backup_gui.ui.widgets.layouts import Column, Row


class DiagnosticsDialog(QDialog):
    """The text, a check box for private names, and a button to copy the text with or without them."""

    def __init__(self, plain: str, full: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plain, self._full = plain, full
        self.setWindowTitle(self.tr("Copy diagnostics"))
        self.setMinimumSize(scaled_size(self, QSize(72 * GRID_PX, 48 * GRID_PX)))
        intro = MutedLabel(
            self.tr("This helps somebody to find out what is wrong. Nothing is sent: it is copied for you to pass on.")
        )
        self.text = read_only_text(self, self.tr("Diagnostics"))
        self.names_check = QCheckBox(self.tr("With &names of backups, folders and files"))
        self.names_check.toggled.connect(self._on_toggled)
        self.copy_button = PrimaryButton(self.tr("&Copy"), self._on_copy_clicked)
        self.copy_button.setDefault(True)
        close = push_button(self.tr("C&lose"), self.reject)
        self.done_label = MutedLabel()
        foot = Row((self.done_label, 1), self.copy_button, close)
        Column(
            intro, (self.text, 1), self.names_check, foot, on=self, margins=2 * GRID_PX, spacing=GRID_PX + GRID_PX // 2
        )
        self._on_toggled()

    @Slot()
    def _on_toggled(self) -> None:
        self.text.setPlainText(self._full if self.names_check.isChecked() else self._plain)
        self.done_label.setText("")

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.done_label.setText(self.tr("Copied"))
