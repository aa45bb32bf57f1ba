"""The Log page: the program's log, for experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from backup_gui.ui.style.theme import GRID_PX, PAGE_MARGINS_PX
from backup_gui.ui.widgets.labels import MutedLabel, push_button, read_only_text
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT_LINES = 5_000


class LogView(QWidget):
    """The last lines of the log."""

    folder_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = read_only_text(self, self.tr("Log"))
        self._text.setMaximumBlockCount(_KEPT_LINES)
        self._text.setPlaceholderText(self.tr("Nothing has been noted since the app was started."))
        self._copy = push_button(self.tr("&Copy"), self._on_copy_clicked)
        self._folder = push_button(self.tr("Open log fol&der"), self.folder_requested)
        hint = MutedLabel(self.tr("Notes of all backups since the app was started."))
        foot = Row((hint, 1), self._copy, self._folder)
        Column((self._text, 1), foot, on=self, margins=PAGE_MARGINS_PX, spacing=GRID_PX)

    def add_lines(self, lines: Iterable[str]) -> None:
        """Append lines; scroll only if the view shows the end."""
        text = "\n".join(lines)
        if text:
            self._text.appendPlainText(text)

    @Slot()
    def _on_copy_clicked(self) -> None:
        clipboard = QGuiApplication.clipboard()
        clipboard.setText(self._text.toPlainText())
