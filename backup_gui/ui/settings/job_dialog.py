"""The dialog that adds or edits a job. What it holds is checked elsewhere while the user types."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backup_gui.ui.settings.rule_presets import PRESETS, RulesEdit, with_rules
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.values.job import DraftVerdict, JobDraft, Remark
from backup_gui.ui.widgets.fields import FolderField, IntervalField, RemarkLabel, add_row
from backup_gui.ui.widgets.labels import PrimaryButton
from backup_gui.ui.widgets.tab_order import tab_as_laid_out

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import Icons

# A check after each key would start one on every letter of a path.
_QUIET_MS = 200


class JobDialog(QDialog):
    """Folders, interval, exclusions and history of a job."""

    check_requested = Signal(object)
    job_accepted = Signal(object)

    def __init__(
        self, icons: Icons, job: Job | None = None, *, source: str = "", parent: QWidget | None = None
    ) -> None:
        """Build the dialog.

        Args:
            icons: The icons.
            job: The job to edit; None for a new one.
            source: For a new one, the folder to protect if it is known already.
            parent: Owner.
        """
        super().__init__(parent)
        self._icons = icons
        self._job_id = job.id if job is not None else ""
        self._serial = 0
        self._verdict: DraftVerdict | None = None
        self._has_typed = job is not None
        self.setWindowTitle(self.tr("New backup") if job is None else self.tr("Edit “{name}”").format(name=job.name))
        self.setMinimumWidth(scaled_px(self, 72 * GRID_PX))

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self._request_check)
        self._build()
        if job is not None:
            self._fill(job)
        else:
            self.source_edit.setText(source)
            self._has_typed = bool(source)
        self._connect_edits()
        self._on_changed()

    @property
    def job_id(self) -> str:
        """The job edited; empty for a new one."""
        return self._job_id

    def draft(self) -> JobDraft:
        """What the dialog holds now."""
        return JobDraft(
            serial=self._serial,
            job_id=self._job_id,
            name=self.name_edit.text().strip(),
            source=self.source_edit.text(),
            destination=self.destination_edit.text(),
            interval_s=self.interval_spin.value(),
            exclude=self.exclude_edit.rules(),
            keeps_history=self.history_check.isChecked(),
        )

    def show_verdict(self, verdict: DraftVerdict) -> None:
        """Show what a check found, unless the draft has changed since it began."""
        if verdict.serial != self._serial:
            return
        self._verdict = verdict
        # An empty field that nobody has touched yet is no mistake.
        self.source_remark.show_remark(verdict.source if self.source_edit.text() else Remark())
        self.destination_remark.show_remark(verdict.destination if self.destination_edit.text() else Remark())
        self.other_remark.show_remark(verdict.other)
        self.save_button.setEnabled(verdict.job is not None)

    def event(self, event: QEvent) -> bool:
        """Become as high as the words need when there are more of them, which a dialog does not do by itself."""
        # Asked first: other events are the dialog's end.
        asks_for_room = event.type() == QEvent.Type.LayoutRequest
        has_been_handled = super().event(event)
        if asks_for_room and (layout := self.layout()) is not None:
            needed = layout.totalHeightForWidth(self.width())
            if needed > self.height():
                self.resize(self.width(), needed)
        return has_been_handled

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin where something is missing."""
        super().showEvent(event)
        (self.destination_edit if self.source_edit.text() else self.source_edit).setFocus()

    def _build(self) -> None:
        source_field = FolderField(
            self._icons,
            self.tr("Folder to protect"),
            self.tr("The folder with your files"),
            self.tr("Choose the folder to protect"),
        )
        destination_field = FolderField(
            self._icons,
            self.tr("Folder for the backup"),
            self.tr("A folder on another drive, if you have one"),
            self.tr("Choose the folder for the backup"),
        )
        self.source_edit, self.destination_edit = source_field.edit, destination_field.edit
        self.source_remark = RemarkLabel(self._icons)
        self.destination_remark = RemarkLabel(self._icons)
        self.other_remark = RemarkLabel(self._icons)
        interval_field = self._build_choices()
        exclude_row = self._build_exclusions(source_field.button.sizeHint().width())
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX + GRID_PX // 2)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        add_row(form, self.tr("&Protect"), self.source_edit, source_field, self.source_remark)
        add_row(form, self.tr("Back up &to"), self.destination_edit, destination_field, self.destination_remark)
        add_row(form, self.tr("&Name"), self.name_edit, self.name_edit)
        add_row(form, self.tr("&Check every"), self.interval_spin, interval_field)
        add_row(form, self.tr("&Leave out"), self.exclude_edit, exclude_row, self.other_remark)
        add_row(form, self.tr("History"), self.history_check, self.history_check)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save_button = PrimaryButton(self.tr("&Save") if self._job_id else self.tr("&Start the backup"))
        self.save_button.setDefault(True)
        self.save_button.setEnabled(False)
        # While a draft is being checked, Enter must do nothing, and not cancel.
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.addButton(self.save_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)

        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(2 * GRID_PX)
        column.addLayout(form)
        column.addStretch()
        column.addWidget(buttons)
        tab_as_laid_out(buttons)

    def _build_choices(self) -> IntervalField:
        self.name_edit = QLineEdit()
        self.name_edit.setMaxLength(100)
        self.name_edit.setPlaceholderText(self.tr("The folder’s name"))
        interval = IntervalField()
        self.interval_spin = interval.spin
        self.history_check = QCheckBox(self.tr("&Keep replaced and deleted files"))
        self.history_check.setChecked(True)
        return interval

    def _build_exclusions(self, width: int) -> QHBoxLayout:
        """The rules with a button that is as wide as those above it."""
        self.exclude_edit = RulesEdit()
        presets = QPushButton(self.tr("&Add…"))
        presets.setAutoDefault(False)
        presets.setMinimumWidth(width)
        presets.setToolTip(self.tr("Add rules that many people use"))
        menu = QMenu(presets)
        for preset in PRESETS:
            menu.addAction(preset.title, partial(self._add_rules, preset.rules))
        presets.setMenu(menu)
        exclude_row = QHBoxLayout()
        exclude_row.setSpacing(GRID_PX)
        exclude_row.addWidget(self.exclude_edit, 1)
        exclude_column = QVBoxLayout()
        exclude_column.addWidget(presets)
        exclude_column.addStretch()
        exclude_row.addLayout(exclude_column)
        return exclude_row

    def _fill(self, job: Job) -> None:
        self.source_edit.setText(job.source)
        self.destination_edit.setText(job.destination)
        self.name_edit.setText(job.name)
        self.interval_spin.setValue(job.interval_s)
        self.exclude_edit.show_rules(job.exclude)
        self.history_check.setChecked(job.keeps_history)

    def _connect_edits(self) -> None:
        for edit in (self.source_edit, self.destination_edit, self.name_edit):
            edit.textChanged.connect(self._on_changed)
        self.interval_spin.valueChanged.connect(self._on_changed)
        self.exclude_edit.textChanged.connect(self._on_changed)
        self.history_check.toggled.connect(self._on_changed)

    @Slot()
    def _on_changed(self) -> None:
        self._serial += 1
        self._verdict = None
        self.save_button.setEnabled(False)
        self._timer.start()

    @Slot()
    def _request_check(self) -> None:
        self.check_requested.emit(self.draft())

    def _add_rules(self, rules: tuple[str, ...], *_checked: bool) -> None:
        self.exclude_edit.show_rules(with_rules(self.exclude_edit.rules(), rules))

    @Slot()
    def _on_accepted(self) -> None:
        if self._verdict is not None and self._verdict.job is not None:
            self.job_accepted.emit(self._verdict.job)
            self.accept()
