"""The history in the form of a job: whether to keep one, the limits of its age and size, and its current size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox

from backup_gui.ui.text.format import counted, size_text
from backup_gui.ui.widgets.fields import FormPanel, NumberField, add_row
from backup_gui.ui.widgets.labels import FieldLabel, PlainLabel
from backup_gui.ui.widgets.layouts import Row

if TYPE_CHECKING:
    from backup_gui.model.plans import HistorySize


class HistoryLimits(FormPanel):
    """Whether to keep a history, the limits of its age and size, and its current size."""

    def __init__(self) -> None:
        super().__init__(QCoreApplication.translate("HistoryLimits", "History"))
        self.check = QCheckBox(self.tr("Keep replaced and deleted files"))
        self.days_spin = NumberField(self.tr(" days"))
        self.days_spin.setSpecialValueText(self.tr("without end"))
        self.size_spin = NumberField(self.tr(" GB"))
        self.size_spin.setSpecialValueText(self.tr("as large as need be"))
        for spin in (self.days_spin, self.size_spin):
            spin.setEnabled(False)
            self.check.toggled.connect(spin.setEnabled)
        self.size_label = FieldLabel()
        self.form.addRow(PlainLabel(""), self.check)
        add_row(self.form, self.tr("Keep them f&or"), self.days_spin, Row(self.days_spin, 0))
        add_row(self.form, self.tr("Si&ze at most"), self.size_spin, Row(self.size_spin, 0))
        self.form.addRow(PlainLabel(self.tr("Size now")), self.size_label)

    def show_counting(self) -> None:
        """Show that the history's size is not known yet."""
        self.size_label.setText(self.tr("Counting…"))

    def show_size(self, size: HistorySize | None) -> None:
        """Show the current size of the history; None if it cannot be read."""
        if size is None:
            self.size_label.setText(self.tr("It cannot be looked at at the moment"))
        elif not size.versions:
            self.size_label.setText(self.tr("Nothing is kept yet"))
        else:
            words = counted("%Ln kept files, {size}", "%Ln kept file, {size}", size.versions)
            self.size_label.setText(words.format(size=size_text(size.bytes)))
