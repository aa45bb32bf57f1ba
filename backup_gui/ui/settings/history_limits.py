"""How long and how large a history may be, and how large it is: a part of the form of a job's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QSpinBox

from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.text.format import counted, size_text
from backup_gui.ui.widgets.labels import MutedLabel, RowLabel, Words

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.model.plans import HistorySize

_GB = 1_000_000_000
_MOST_DAYS = 36_500
_MOST_GB = 1_000_000


class HistoryLimits(QObject):
    """Two numbers and a figure."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Build the fields without a job."""
        super().__init__(parent)
        self.days_spin = QSpinBox()
        self.days_spin.setRange(0, _MOST_DAYS)
        self.days_spin.setSuffix(self.tr(" days"))
        self.days_spin.setSpecialValueText(self.tr("without end"))
        self.size_spin = QSpinBox()
        self.size_spin.setRange(0, _MOST_GB)
        self.size_spin.setSuffix(self.tr(" GB"))
        self.size_spin.setSpecialValueText(self.tr("as large as need be"))
        self.size_label = MutedLabel()
        self.size_label.setWordWrap(False)
        self._kept_bytes = 0
        for spin in (self.days_spin, self.size_spin):
            spin.setGroupSeparatorShown(True)
            spin.setMinimumWidth(scaled_px(spin, 22 * GRID_PX))
            spin.valueChanged.connect(self.changed)

    def add_to(self, form: QFormLayout) -> None:
        """Put the fields into a form."""
        for label, spin in (
            (self.tr("Keep them f&or"), self.days_spin),
            (self.tr("Si&ze at most"), self.size_spin),
        ):
            words = RowLabel(label, spin)
            words.setBuddy(spin)
            spin.setAccessibleName(label.replace("&", ""))
            row = QHBoxLayout()
            row.addWidget(spin)
            row.addStretch()
            form.addRow(words, row)
        form.addRow(Words(self.tr("Size now")), self.size_label)

    def show_job(self, job: Job) -> None:
        """Show a job's limits; its history's size is not known yet."""
        self._kept_bytes = job.history_max_bytes
        self.days_spin.setValue(job.history_days)
        self.size_spin.setValue(_gigabytes(self._kept_bytes))
        self.size_label.setText(self.tr("Counting…"))

    def show_size(self, size: HistorySize | None) -> None:
        """Show how large the history is now; None if that cannot be found out."""
        if size is None:
            self.size_label.setText(self.tr("It cannot be looked at at the moment"))
        elif not size.versions:
            self.size_label.setText(self.tr("Nothing is kept yet"))
        else:
            words = counted("%Ln kept files, {size}", "%Ln kept file, {size}", size.versions)
            self.size_label.setText(words.format(size=size_text(size.bytes)))

    def written_to(self, job: Job) -> Job:
        """A job with the limits that are shown."""
        size_gb = self.size_spin.value()
        # A limit that is no whole number of gigabytes stays as it is until it is changed.
        max_bytes = self._kept_bytes if size_gb == _gigabytes(self._kept_bytes) else size_gb * _GB
        return job._replace(history_days=self.days_spin.value(), history_max_bytes=max_bytes)

    def setEnabled(self, is_enabled: bool) -> None:  # noqa: FBT001, N802 - as Qt's
        """Let the limits be changed or not."""
        for spin in (self.days_spin, self.size_spin):
            spin.setEnabled(is_enabled)


def _gigabytes(size_bytes: int) -> int:
    """Whole gigabytes; never 0 for a limit that there is, for 0 means none."""
    return max(1, round(size_bytes / _GB)) if size_bytes else 0
