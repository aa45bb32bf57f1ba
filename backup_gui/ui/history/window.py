"""A window for the history of a backup folder without a job, for example after a reinstall."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QWidget

from backup_gui.ui.history.page import HistoryPage
from backup_gui.ui.style.theme import GRID_PX, opening_size
from backup_gui.ui.text.format import path_text
from backup_gui.ui.widgets.labels import ElidedLabel
from backup_gui.ui.widgets.layouts import Column

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.values.history import Subject

_SIZE = QSize(860, 600)


class HistoryWindow(QDialog):
    """A window of its own around a History page."""

    def __init__(self, icons: Icons, now: Callable[[], float], subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Restore from {name}").format(name=path_text(subject.name)))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.page = HistoryPage(icons, now)
        self.page.show_subject(subject)
        place = ElidedLabel(path_text(subject.destination.path))
        head = Column(place, margins=(2 * GRID_PX, 0, 2 * GRID_PX, 0))
        Column(head, (self.page, 1), on=self, margins=(0, GRID_PX, 0, 0), spacing=0)
        self.resize(opening_size(self, _SIZE))
