"""Shows the progress of a long operation: figures, a bar, the current file, and a drive that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QProgressBar, QWidget

from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import path_text
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.widgets.fields import RemarkLabel
from backup_gui.ui.widgets.labels import ElidedLabel, MutedLabel
from backup_gui.ui.widgets.layouts import Column

if TYPE_CHECKING:
    from backup_gui.model.plans import Progress
    from backup_gui.ui.style.icons import Icons

# The bar counts in thousandths: byte counts do not fit into its 32-bit range.
_BAR_STEPS = 1_000


class ProgressBar(QProgressBar):
    """A thin bar without text, named for screen readers, and busy at first."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setFixedHeight(GRID_PX + 2)
        self.setAccessibleName(name)
        self.setRange(0, 0)

    def show_share(self, progress: Progress) -> None:
        """Show the progress; files and bytes count equally, since small files take time too."""
        share = progress.files_done / progress.files_total if progress.files_total else 0.0
        if progress.bytes_total:
            share = (share + progress.bytes_done / progress.bytes_total) / 2
        self.setRange(0, _BAR_STEPS)
        self.setValue(min(_BAR_STEPS, int(share * _BAR_STEPS)))


class ProgressPanel(QWidget):
    """Shows the progress of any long operation; busy without figures at first."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._words = MutedLabel()
        self.bar = ProgressBar(self.tr("Progress"))
        self._file = ElidedLabel()
        self._silence = RemarkLabel(icons)
        Column(self._words, self.bar, self._file, self._silence, on=self, margins=0, spacing=GRID_PX)

    def show_words(self, words: str) -> None:
        """Show figures, or the result at the end."""
        self._words.setText(words)

    def show_path(self, path: str) -> None:
        """Show the current file; empty for none."""
        self._file.set_full_text(path_text(path))

    def show_silence(self, silent_s: int) -> None:
        """Show how long the drive has not answered, in seconds; 0 if it answers."""
        self._silence.show_remark(silence_text(silent_s))

    def end(self) -> None:
        """Hide everything but the words."""
        for widget in (self.bar, self._file):
            widget.setVisible(False)
        self.show_silence(0)
