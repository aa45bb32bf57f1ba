"""The Log page: the program's log, for experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from backup_gui.ui.style.theme import GRID_PX, fixed_font
from backup_gui.ui.widgets.labels import MutedLabel

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT_LINES = 5_000


class LogView(QWidget):
    """The last lines of the log."""

    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(_KEPT_LINES)
        self._text.setFont(fixed_font(self))
        self._text.setAccessibleName(self.tr("Log"))
        self._text.setTabChangesFocus(True)
        self._text.setPlaceholderText(self.tr("Nothing has been noted since the app was started."))
        self._copy = QPushButton(self.tr("&Copy"))
        self._copy.clicked.connect(self._on_copy_clicked)
        self._folder = QPushButton(self.tr("Open log fol&der"))
        self._folder.clicked.connect(self.folder_requested)
        foot = QHBoxLayout()
        foot.addWidget(MutedLabel(self.tr("Notes of all backups since the app was started.")), 1)
        foot.addWidget(self._copy)
        foot.addWidget(self._folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, GRID_PX)
        column.setSpacing(GRID_PX)
        column.addWidget(self._text, 1)
        column.addLayout(foot)

    def add_lines(self, lines: Iterable[str]) -> None:
        """Append lines; scroll only if the view shows the end."""
        text = "\n".join(lines)
        if text:
            self._text.appendPlainText(text)

    @Slot()
    def _on_copy_clicked(self) -> None:
        clipboard = QGuiApplication.clipboard()
        clipboard.setText(self._text.toPlainText())
