"""How far something is that takes long: figures, a bar, the file at hand, and whether the drive still answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import path_text
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.values.job import Level, Remark
from backup_gui.ui.widgets.fields import RemarkLabel
from backup_gui.ui.widgets.labels import ElidedLabel, MutedLabel

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_BAR_STEPS = 1_000


class ProgressPanel(QWidget):
    """Shows values; knows neither what is done nor by whom."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Show that something is under way, and not yet how far.

        Args:
            icons: The icons.
            parent: Owner.
        """
        super().__init__(parent)
        self._words = MutedLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(GRID_PX + 2)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setRange(0, 0)
        self._file = ElidedLabel()
        self._silence = RemarkLabel(icons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        for widget in (self._words, self.bar, self._file, self._silence):
            column.addWidget(widget)

    @property
    def words(self) -> str:
        """The figures shown."""
        return self._words.text()

    def show_words(self, words: str) -> None:
        """Show figures, or in the end what came of it."""
        self._words.setText(words)

    def show_path(self, path: str) -> None:
        """Show what is at hand; empty for nothing."""
        self._file.set_full_text(path_text(path))

    def show_share(self, files_done: int, files_total: int, bytes_done: int, bytes_total: int) -> None:
        """Show how far it is: files and bytes count alike, since small files take long, too."""
        share = files_done / files_total if files_total else 0.0
        if bytes_total:
            share = (share + bytes_done / bytes_total) / 2
        self.bar.setRange(0, _BAR_STEPS)
        self.bar.setValue(min(_BAR_STEPS, int(share * _BAR_STEPS)))

    def show_silence(self, silent_s: int) -> None:
        """Show for how long the drive has not answered, in seconds; 0 if it does."""
        self._silence.show_remark(Remark(Level.NOTE, silence_text(silent_s)) if silent_s else Remark())

    def end(self) -> None:
        """Leave nothing but the words."""
        for widget in (self.bar, self._file):
            widget.setVisible(False)
        self.show_silence(0)
