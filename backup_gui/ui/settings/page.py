"""The form of a job, checked while the user types: a page for an existing job, a dialog for a new one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QWidget,
)

from backup_gui.desktop.periodic import delayed
from backup_gui.model.job import LIMITS, MAX_NAME_LENGTH, NEW_JOB, NOWHERE, Job, Place
from backup_gui.model.reasons import NO_REASON, Reason
from backup_gui.ui.settings.history_limits import HistoryLimits
from backup_gui.ui.settings.rules_panel import RulesPanel
from backup_gui.ui.style.theme import GRID_PX, opening_size, scaled_px
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.job import JobDraft
from backup_gui.ui.widgets.fields import FolderField, FormPanel, IntervalField, NumberField, RemarkLabel, add_row
from backup_gui.ui.widgets.labels import FieldLabel, MutedLabel, Panel, PlainLabel, PrimaryButton, push_button
from backup_gui.ui.widgets.layouts import Column, Row, tab_as_laid_out

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

# Wait until the user pauses, so that not every letter starts a check.
_QUIET_MS = 200
_MINUTE_S = 60
_GB = 1_000_000_000
_PERCENT = Fraction(1, 100)
_MOST_SHOWN = 1_000_000
_FOLDERS = ("source", "destination")
_FOOT_PX = (2 * GRID_PX, GRID_PX, 2 * GRID_PX, GRID_PX)


class JobSettings(QWidget):
    """A form with Apply and Revert. It shows another job at once, but the same job only without unsaved changes."""

    check_requested = Signal(object)
    size_requested = Signal(object)
    copies_requested = Signal(object)
    removal_requested = Signal(object)
    requests_cancelled = Signal()
    apply_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._job: Job | None = None
        # The job as it was checked, once it was; None also if something is wrong with it.
        self._good: Job | None = None
        self._is_wrong = False
        self._is_filling = False
        # For each option, functions to read and write its widget, and the value after filling in the job.
        self._bound: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {}
        self._shown: dict[str, object] = {}
        self._timer = delayed(self, _QUIET_MS, self._request_check)
        self._sized: tuple[Place, Place, bool] | None = None
        self._copies_of: Job | None = None
        self.area = QScrollArea()
        self.area.setAccessibleName(self.tr("Settings of the backup"))
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._build()
        self.area.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._update()

    # What is shown

    def show_job(self, job: Job) -> None:
        """Show a job, unless the form already shows it with unsaved changes."""
        if self._job is not None and job.id == self._job.id and (job == self._job or self.is_changed):
            return
        self._job = job
        self._fill(job)

    @property
    def job_id(self) -> str:
        """The key of the job that is shown; empty for a new one, and for none."""
        return "" if self._job is None else self._job.id

    @property
    def is_changed(self) -> bool:
        """Whether the form has unsaved changes."""
        return self._job is not None and self.wanted() != self._job

    def wanted(self) -> Job:
        """The job with the changes made in the form."""
        assert self._job is not None
        # A value that its widget cannot show exactly, such as 90 seconds in minutes, stays until the user changes it.
        changes = {name: value for name, (read, _) in self._bound.items() if (value := read()) != self._shown[name]}
        if "destination" in changes:
            # A history in a chosen place belongs to the old destination.
            changes["history"] = NOWHERE
        return self._job._replace(**changes)

    def show_findings(
        self, draft: JobDraft, job: Job | None, faults: Mapping[str, Reason], notes: Mapping[str, Reason]
    ) -> None:
        """Show the result of checking a draft, unless the form has changed since.

        Args:
            draft: The draft.
            job: The resulting job; None if the draft is not valid.
            faults: What is wrong, by the names of the fields.
            notes: Remarks about fields that are not wrong.
        """
        if not self._is_current(draft):
            return
        self._good, self._is_wrong = job, job is None
        for name, edit, remark in (
            ("source", self.source_field.edit, self.source_remark),
            ("destination", self.destination_field.edit, self.destination_remark),
        ):
            # An empty field of a new job is not an error yet.
            is_due = edit.text() or getattr(draft.before, name)
            reason = faults.get(name) or notes.get(name, NO_REASON)
            remark.show_remark(said(reason) if is_due else "", is_wrong=name in faults)
        other = next((reason for name, reason in faults.items() if name not in _FOLDERS), NO_REASON)
        self.other_remark.show_remark(said(other), is_wrong=True)
        self._update()

    def show_silence(self, draft: JobDraft, silent_s: int) -> None:
        """Show how long a drive has not answered that the check of a draft looks at, in seconds; 0 if it answers."""
        if silent_s and self._is_current(draft):
            self.show_findings(draft, None, {}, {})
            self.other_remark.show_remark(silence_text(silent_s))

    def show_history(self) -> None:
        """Scroll to the size of the history and its limit."""
        self.area.ensureWidgetVisible(self.limits.size_label)
        self.limits.size_spin.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Check and count when shown."""
        super().showEvent(event)
        self._forget_figures()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Cancel all requests: a form repeats them when shown again, and a closed dialog will be deleted."""
        super().hideEvent(event)
        self.requests_cancelled.emit()

    # The form

    def _build(self) -> None:
        self.page = page = QWidget()
        self.rules = RulesPanel()
        self.rules.removal_requested.connect(self._on_removal_requested)
        self._bind("exclude", self.rules.edit.textChanged, self.rules.edit.rules, self.rules.edit.show_rules)
        self._bind_check("leaves_out_system_folders", self.rules.system_check)
        self._bind_check("leaves_out_cloud_only", self.rules.cloud_check)
        self.limits = HistoryLimits()
        self._bind_check("keeps_history", self.limits.check)
        self._bind_spin("history_days", self.limits.days_spin)
        self._bind_spin("history_max_bytes", self.limits.size_spin, _GB)
        self.other_remark = RemarkLabel(self._icons)
        self.revert_button = push_button(self.tr("&Revert"), self._on_revert_clicked)
        self.apply_button = PrimaryButton(self.tr("Appl&y"), self._on_apply_clicked)
        self._state = FieldLabel()
        for button in (self.revert_button, self.apply_button):
            button.setMinimumSize(11 * GRID_PX, 4 * GRID_PX)
            button.setAutoDefault(False)
        panels = (self._folders_panel(), self.rules, self.limits, self._care_panel())
        Column(*panels, 0, on=page, margins=2 * GRID_PX, spacing=GRID_PX + 4)
        self.area.setWidget(page)
        # Below the scrolling part, so that unsaved changes are always visible.
        self.foot = Row((self._state, 1), self.revert_button, self.apply_button, margins=_FOOT_PX, spacing=GRID_PX)
        Column((self.area, 1), self.other_remark, self.foot, on=self, margins=0, spacing=0)
        self.other_remark.setContentsMargins(2 * GRID_PX, GRID_PX, 2 * GRID_PX, 0)
        self._align(page)

    @staticmethod
    def _align(page: QWidget) -> None:
        """Make the labels of all panels equally wide, so that all fields align."""
        labels = []
        for form in page.findChildren(QFormLayout):
            for row in range(form.rowCount()):
                label, field = (
                    item.widget() if (item := form.itemAt(row, role)) is not None else None
                    for role in (QFormLayout.ItemRole.LabelRole, QFormLayout.ItemRole.FieldRole)
                )
                if label is not None:
                    labels.append(label)
                if isinstance(field, QCheckBox):
                    # A form ignores its spacing when it decides whether a row needs two lines.
                    field.setMinimumWidth(field.sizeHint().width() + form.horizontalSpacing())
        width = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(width)

    def _folders_panel(self) -> Panel:
        self.source_field = FolderField(
            self._icons,
            self.tr("Folder to protect"),
            self.tr("The folder with your files"),
            self.tr("Choose the folder to protect"),
        )
        self.destination_field = FolderField(
            self._icons,
            self.tr("Folder for the backup"),
            self.tr("A folder on another drive, if you have one"),
            self.tr("Choose the folder for the backup"),
        )
        self.source_remark, self.destination_remark = RemarkLabel(self._icons), RemarkLabel(self._icons)
        self.name_edit = QLineEdit()
        self.name_edit.setMaxLength(MAX_NAME_LENGTH)
        self.name_edit.setPlaceholderText(self.tr("The folder’s name"))
        source, edit = self.source_field.edit, self.destination_field.edit
        self._bind("source", source.textChanged, source.text, source.setText)
        self._bind(
            "destination", edit.textChanged, lambda: Place.parse(edit.text()), lambda place: edit.setText(str(place))
        )
        self._bind("name", self.name_edit.textChanged, lambda: self.name_edit.text().strip(), self.name_edit.setText)
        panel = FormPanel(self.tr("Folders"))
        form = panel.form
        add_row(form, self.tr("Prot&ect"), self.source_field.edit, self.source_field, self.source_remark)
        add_row(
            form, self.tr("Back &up to"), self.destination_field.edit, self.destination_field, self.destination_remark
        )
        add_row(form, self.tr("Na&me"), self.name_edit, self.name_edit)
        return panel

    def _care_panel(self) -> Panel:
        self.interval_field = IntervalField()
        self.watch_check = QCheckBox(self.tr("See &changes at once, where possible"))
        self.full_spin = NumberField(self.tr(" min"))
        self.saving_check = QCheckBox(self.tr("Less often on battery or a metered network"))
        self.saving_check.setToolTip(self.tr("How often then, the settings of the app say."))
        self.guard_count_spin = NumberField(self.tr(" files"))
        self.guard_share_spin = NumberField(self.tr(" %"))
        self.strangers_check = QCheckBox(self.tr("Ask about files not &written by this program"))
        self._bind_spin("interval_s", self.interval_field.spin)
        self._bind_check("uses_notification", self.watch_check)
        self._bind_spin("full_pass_every_s", self.full_spin, _MINUTE_S)
        self._bind_check("saves_power", self.saving_check)
        self._bind_spin("guard_count", self.guard_count_spin)
        self._bind_spin("guard_share", self.guard_share_spin, _PERCENT)
        self._bind_check("asks_about_strangers", self.strangers_check)
        panel = FormPanel(self.tr("Checks and safety"))
        form = panel.form
        add_row(form, self.tr("Chec&k every"), self.interval_field.spin, self.interval_field)
        form.addRow(PlainLabel(""), self.watch_check)
        add_row(form, self.tr("Look at everythin&g every"), self.full_spin, _beside(self.full_spin))
        form.addRow(PlainLabel(""), self.saving_check)
        add_row(form, self.tr("Ask &before more than"), self.guard_count_spin, _beside(self.guard_count_spin))
        hint = MutedLabel(self.tr("of the files in the backup are deleted or replaced at once"))
        add_row(form, self.tr("an&d more than"), self.guard_share_spin, _beside(self.guard_share_spin))
        form.addRow(PlainLabel(""), hint)
        form.addRow(PlainLabel(""), self.strangers_check)
        return panel

    # What the user does

    def _fill(self, job: Job) -> None:
        self.requests_cancelled.emit()
        self._is_filling = True
        for name, (_, write) in self._bound.items():
            write(getattr(job, name))
        self._shown = {name: read() for name, (read, _) in self._bound.items()}
        self.rules.show_copies(0, 0)
        self.limits.show_counting()
        self._is_filling = False
        self._forget_figures()
        for remark in (self.source_remark, self.destination_remark, self.other_remark):
            remark.show_remark("")
        self._on_changed()

    def _bind(
        self, option: str, changed: SignalInstance, read: Callable[[], object], write: Callable[[Any], object]
    ) -> None:
        """Bind an option of the job to a widget."""
        self._bound[option] = (read, write)
        changed.connect(self._on_changed)

    def _bind_check(self, option: str, check: QCheckBox) -> None:
        self._bind(option, check.toggled, check.isChecked, check.setChecked)

    def _bind_spin(self, option: str, spin: QSpinBox, unit: int | Fraction = 1) -> None:
        """Bind a number to a field with larger or smaller units."""
        limits, kind = LIMITS[option], type(getattr(NEW_JOB, option))
        most = _MOST_SHOWN if limits.most is None else min(limits.most // unit, _MOST_SHOWN)
        spin.setRange(math.ceil(limits.least / unit), most)
        # Never show 0 for another value, as 0 may mean "without limit".
        self._bind(
            option,
            spin.valueChanged,
            lambda: kind(spin.value() * unit),
            lambda value: spin.setValue(max(1, round(value / unit)) if value else 0),
        )

    @Slot()
    def _on_changed(self) -> None:
        if self._is_filling or self._job is None:
            return
        self._good, self._is_wrong = None, False
        self.rules.tick()
        # Without notification, only full passes find changes, so they cannot be less frequent.
        self.saving_check.setEnabled(self.watch_check.isChecked())
        self._update()
        self._timer.start()

    @Slot()
    def _request_check(self) -> None:
        # A hidden page requests nothing, as its requests read whole folders.
        if self._job is None or not self.isVisible():
            return
        wanted = self.wanted()
        self.check_requested.emit(JobDraft(self._job, wanted))
        place = (self._job.destination, self._job.history, self._job.keeps_history)
        if self._sized != place:
            self._sized = place
            self.size_requested.emit(self._job)
        if wanted.source:
            self.rules.count(wanted.source, wanted.exclude)
        if self._copies_of != self._job and self._job.id:
            # Count for the saved job, not for unsaved changes.
            self._copies_of = self._job
            self.copies_requested.emit(self._job)

    @Slot()
    def _on_removal_requested(self) -> None:
        if self._job is not None:
            self.removal_requested.emit(self._job)

    @Slot()
    def _on_revert_clicked(self) -> None:
        if self._job is not None:
            self._fill(self._job)

    @Slot()
    def _on_apply_clicked(self) -> None:
        if self._job is not None and self._good is not None:
            draft = JobDraft(self._job, self._good)
            # Show the job that takes effect now, as the form without unsaved changes.
            self._job = self._good
            self._fill(self._good)
            self.apply_requested.emit(draft)

    def _is_current(self, draft: JobDraft) -> bool:
        return self._job is not None and draft == JobDraft(self._job, self.wanted())

    def _forget_figures(self) -> None:
        self.rules.forget_count()
        self._sized = None
        self._copies_of = None

    def _update(self) -> None:
        is_changed = self.is_changed
        self.revert_button.setEnabled(is_changed)
        self.apply_button.setEnabled(is_changed and self._good is not None)
        text = ""
        if is_changed and self._job is not None and self._job.id:
            text = self.tr("Something above is not right yet.") if self._is_wrong else self.tr("Not applied yet.")
        self._state.setText(text)


class NewJobDialog(QDialog):
    """The form for a new backup, with the folder to protect if known already."""

    def __init__(self, icons: Icons, source: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("New backup"))
        self.form = JobSettings(icons)
        self.setMinimumWidth(scaled_px(self, 72 * GRID_PX))
        self.resize(opening_size(self, QSize(88 * GRID_PX, 80 * GRID_PX)))
        self.form.show_job(NEW_JOB._replace(source=source))
        self.form.revert_button.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        # During a check, Enter must not cancel the dialog.
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.start_button = self.form.apply_button
        self.start_button.setText(self.tr("S&tart the backup"))
        buttons.addButton(self.start_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.start_button.setDefault(True)
        self.form.foot.addWidget(buttons)
        self.form.apply_requested.connect(self.accept)
        buttons.rejected.connect(self.reject)
        Column(self.form, on=self, margins=0)
        tab_as_laid_out(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        """Widen to the text, and focus the first empty field."""
        super().showEvent(event)
        form = self.form
        # The scrolling part never widens the dialog, so set its width here for languages with long words.
        needed_px = form.page.minimumSizeHint().width() + form.area.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(self.minimumWidth(), needed_px))
        (form.destination_field if form.source_field.edit.text() else form.source_field).edit.setFocus()


def _beside(widget: QWidget) -> Row:
    """A field at its own width."""
    row = Row(widget, 0)
    row.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)
    return row
