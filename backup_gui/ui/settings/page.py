"""The Settings page of a job: everything that can be chosen for it, checked while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backup_gui.ui.settings.history_limits import HistoryLimits
from backup_gui.ui.settings.rules_panel import RulesCount, RulesPanel
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.values.job import DraftVerdict, Remark
from backup_gui.ui.widgets.fields import FolderField, FormPanel, IntervalField, RemarkLabel, add_row
from backup_gui.ui.widgets.labels import MutedLabel, Panel, PrimaryButton, Words

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.model.plans import HistorySize
    from backup_gui.ui.style.icons import Icons

_QUIET_MS = 200
_MINUTE_S = 60
_MOST_MINUTES = 10_080
_MOST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class SettingsDraft:
    """What the page holds, not checked yet.

    Attributes:
        serial: Which state of the page this is; the verdict carries it back.
        before: The job as it is.
        wanted: The job as it is to be.
    """

    serial: int
    before: Job
    wanted: Job


class JobSettings(QWidget):
    """A form with Apply and Revert. It shows another job at once, and the same one anew only if nothing was typed."""

    check_requested = Signal(object)
    count_requested = Signal(object)
    count_cancelled = Signal()
    size_requested = Signal(object)
    copies_requested = Signal(object)
    removal_requested = Signal(object)
    apply_requested = Signal(object)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Build it without a job."""
        super().__init__(parent)
        self._icons = icons
        self._job: Job | None = None
        self._serial = 0
        self._verdict: DraftVerdict | None = None
        self._is_filling = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self._request_check)
        self._sized: tuple[str, str, bool] | None = None
        self._copies_of: Job | None = None
        self.area = QScrollArea()
        self.area.setAccessibleName(self.tr("Settings of the backup"))
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._build()
        self.area.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._connect()

    # What is shown

    def show_job(self, job: Job) -> None:
        """Show a job as it is, unless it is shown already and something in it was changed here."""
        if self._job is not None and job.id == self._job.id and (job == self._job or self.is_changed):
            return
        self._job = job
        self._fill(job)

    @property
    def is_changed(self) -> bool:
        """Whether the page holds something else than the job."""
        return self._job is not None and self.wanted() != self._job

    def wanted(self) -> Job:
        """The job as it is to be."""
        assert self._job is not None
        wanted = self._job._replace(
            source=self.source_field.edit.text(),
            destination=self.destination_field.edit.text(),
            # A history chosen elsewhere belongs to the old destination.
            history=self._job.history if self.destination_field.edit.text() == self._job.destination else "",
            name=self.name_edit.text().strip(),
            interval_s=self.interval_field.spin.value(),
            exclude=self.rules.rules(),
            leaves_out_system_folders=self.rules.system_check.isChecked(),
            keeps_history=self.history_check.isChecked(),
            uses_notification=self.watch_check.isChecked(),
            full_pass_every_s=self._full_pass_every_s(),
            saves_power=self.saving_check.isChecked(),
            guard_count=self.guard_count_spin.value(),
            guard_share=self._guard_share(),
            asks_about_strangers=self.strangers_check.isChecked(),
        )
        return self.limits.written_to(wanted)

    def show_verdict(self, verdict: DraftVerdict) -> None:
        """Show what a check found, unless something was changed since it began."""
        if verdict.serial != self._serial:
            return
        self._verdict = verdict
        self.source_remark.show_remark(verdict.source)
        self.destination_remark.show_remark(verdict.destination)
        self.other_remark.show_remark(verdict.other)
        self._update()

    def show_rules_count(self, count: RulesCount) -> None:
        """Show what the rules leave out, as far as it is counted."""
        self.rules.show_count(count)

    def show_no_count(self) -> None:
        """Say that it could not be counted."""
        self.rules.show_no_count()

    def show_copies(self, job_id: str, files: int, size_bytes: int) -> None:
        """Show how many files are left out and still in the backup, and how large they are together."""
        if self._job is not None and self._job.id == job_id:
            self.rules.show_copies(files, size_bytes)

    def show_history(self) -> None:
        """Bring how large the history is, and may be, into view."""
        self.area.ensureWidgetVisible(self.limits.size_label)
        self.limits.size_spin.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_history_size(self, job_id: str, size: HistorySize | None) -> None:
        """Show how large the history is now; None if that cannot be found out."""
        if self._job is not None and self._job.id == job_id:
            self.limits.show_size(size)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Check and count what could not be seen before."""
        super().showEvent(event)
        self._forget_figures()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Count for nobody no more."""
        super().hideEvent(event)
        self.count_cancelled.emit()

    # The form

    def _build(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(GRID_PX + 4)
        self.rules = RulesPanel()
        for panel in (self._folders_panel(), self.rules, self._history_panel(), self._care_panel()):
            column.addWidget(panel)
        self.other_remark = RemarkLabel(self._icons)
        self.revert_button = QPushButton(self.tr("&Revert"))
        self.apply_button = PrimaryButton(self.tr("Appl&y"))
        self._state = MutedLabel()
        self._state.setWordWrap(False)
        foot = QHBoxLayout()
        foot.setSpacing(GRID_PX)
        foot.addWidget(self._state, 1)
        for button in (self.revert_button, self.apply_button):
            button.setMinimumSize(11 * GRID_PX, 4 * GRID_PX)
            foot.addWidget(button)
        column.addStretch()
        self.area.setWidget(page)
        # Below what scrolls, so that it is always seen whether something waits to be applied.
        foot.setContentsMargins(2 * GRID_PX, GRID_PX, 2 * GRID_PX, GRID_PX)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area, 1)
        whole.addWidget(self.other_remark)
        whole.addLayout(foot)
        self.other_remark.setContentsMargins(2 * GRID_PX, GRID_PX, 2 * GRID_PX, 0)
        self._align(page)

    @staticmethod
    def _align(page: QWidget) -> None:
        """Make the labels of all panels equally wide, so that the fields stand in one column."""
        labels = []
        for form in page.findChildren(QFormLayout):
            for row in range(form.rowCount()):
                item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
                label = item.widget() if item is not None else None
                if label is not None:
                    labels.append(label)
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
        self.name_edit.setMaxLength(100)
        self.name_edit.setPlaceholderText(self.tr("The folder’s name"))
        panel = FormPanel(self.tr("Folders"))
        form = panel.form
        add_row(form, self.tr("Prot&ect"), self.source_field.edit, self.source_field, self.source_remark)
        add_row(
            form, self.tr("Back &up to"), self.destination_field.edit, self.destination_field, self.destination_remark
        )
        add_row(form, self.tr("Na&me"), self.name_edit, self.name_edit)
        return panel

    def _history_panel(self) -> Panel:
        self.history_check = QCheckBox(self.tr("Keep replaced and deleted files"))
        self.limits = HistoryLimits()
        panel = FormPanel(self.tr("History"))
        form = panel.form
        form.addRow(Words(""), self.history_check)
        self.limits.add_to(form)
        return panel

    def _care_panel(self) -> Panel:
        self.interval_field = IntervalField()
        self.watch_check = QCheckBox(self.tr("See &changes at once, where possible"))
        self.full_spin = QSpinBox()
        self.full_spin.setRange(1, _MOST_MINUTES)
        self.full_spin.setSuffix(self.tr(" min"))
        self.full_spin.setGroupSeparatorShown(True)
        self.saving_check = QCheckBox(self.tr("Less often on battery or a metered network"))
        self.saving_check.setToolTip(self.tr("How often then, the settings of the app say."))
        self.guard_count_spin = QSpinBox()
        self.guard_count_spin.setRange(0, _MOST_COUNT)
        self.guard_count_spin.setSuffix(self.tr(" files"))
        self.guard_count_spin.setGroupSeparatorShown(True)
        self.guard_share_spin = QSpinBox()
        self.guard_share_spin.setRange(0, 100)
        self.guard_share_spin.setSuffix(self.tr(" %"))
        self.strangers_check = QCheckBox(self.tr("Ask about files not &written by this program"))
        for spin in (self.full_spin, self.guard_count_spin, self.guard_share_spin):
            spin.setMinimumWidth(scaled_px(spin, 22 * GRID_PX))
        panel = FormPanel(self.tr("Checks and safety"))
        form = panel.form
        add_row(form, self.tr("Chec&k every"), self.interval_field.spin, self.interval_field)
        form.addRow(Words(""), self.watch_check)
        add_row(form, self.tr("Look at everythin&g every"), self.full_spin, _beside(self.full_spin))
        form.addRow(Words(""), self.saving_check)
        add_row(form, self.tr("Ask &before more than"), self.guard_count_spin, _beside(self.guard_count_spin))
        hint = MutedLabel(self.tr("of the files in the backup are deleted or replaced at once"))
        add_row(form, self.tr("an&d more than"), self.guard_share_spin, _beside(self.guard_share_spin))
        form.addRow(Words(""), hint)
        form.addRow(Words(""), self.strangers_check)
        return panel

    # What the user does

    def _connect(self) -> None:
        for edit in (self.source_field.edit, self.destination_field.edit, self.name_edit):
            edit.textChanged.connect(self._on_changed)
        for spin in (self.interval_field.spin, self.full_spin, self.guard_count_spin, self.guard_share_spin):
            spin.valueChanged.connect(self._on_changed)
        for check in (self.history_check, self.watch_check, self.saving_check, self.strangers_check):
            check.toggled.connect(self._on_changed)
        self.limits.changed.connect(self._on_changed)
        self.rules.changed.connect(self._on_changed)
        self.rules.count_requested.connect(self.count_requested)
        self.rules.count_cancelled.connect(self.count_cancelled)
        self.rules.removal_requested.connect(self._on_removal_requested)
        self.revert_button.clicked.connect(self._on_revert_clicked)
        self.apply_button.clicked.connect(self._on_apply_clicked)
        self._update()

    def _fill(self, job: Job) -> None:
        self._is_filling = True
        self.source_field.edit.setText(job.source)
        self.destination_field.edit.setText(job.destination)
        self.name_edit.setText(job.name)
        self.interval_field.spin.setValue(job.interval_s)
        self.rules.show_rules(job.exclude)
        self.rules.system_check.setChecked(job.leaves_out_system_folders)
        self.rules.show_copies(0, 0)
        self.history_check.setChecked(job.keeps_history)
        self.limits.show_job(job)
        self.watch_check.setChecked(job.uses_notification)
        self.full_spin.setValue(max(1, round(job.full_pass_every_s / _MINUTE_S)))
        self.saving_check.setChecked(job.saves_power)
        self.guard_count_spin.setValue(job.guard_count)
        self.guard_share_spin.setValue(round(job.guard_share * 100))
        self.strangers_check.setChecked(job.asks_about_strangers)
        self._is_filling = False
        self._forget_figures()
        for remark in (self.source_remark, self.destination_remark, self.other_remark):
            remark.show_remark(Remark())
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        if self._is_filling or self._job is None:
            return
        self._serial += 1
        self._verdict = None
        self.rules.tick()
        self.limits.setEnabled(self.history_check.isChecked())
        # Without notification, everything is looked at each time: that is how changes are found at all.
        self.saving_check.setEnabled(self.watch_check.isChecked())
        self._update()
        self._timer.start()

    @Slot()
    def _request_check(self) -> None:
        # A page that nobody sees asks for nothing: what it asks for goes through whole folders.
        if self._job is None or not self.isVisible():
            return
        wanted = self.wanted()
        self.check_requested.emit(SettingsDraft(self._serial, self._job, wanted))
        place = (self._job.destination, self._job.history, self._job.keeps_history)
        if self._sized != place:
            self._sized = place
            self.size_requested.emit(self._job)
        self.rules.count(wanted.source, wanted.exclude)
        if self._copies_of != self._job:
            # Of the job as it is, not as it is being typed.
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
        if self._job is not None and self._verdict is not None and self._verdict.job is not None:
            draft = SettingsDraft(self._serial, self._job, self._verdict.job)
            # What comes back is the job as it is from now on, and nothing of it was typed since.
            self._job = self._verdict.job
            self._fill(self._verdict.job)
            self.apply_requested.emit(draft)

    def _forget_figures(self) -> None:
        self.rules.forget_count()
        self._sized = None
        self._copies_of = None

    def _update(self) -> None:
        is_changed = self.is_changed
        is_good = self._verdict is not None and self._verdict.job is not None
        self.revert_button.setEnabled(is_changed)
        self.apply_button.setEnabled(is_changed and is_good)
        is_wrong = self._verdict is not None and self._verdict.job is None
        text = ""
        if is_changed:
            text = self.tr("Something above is not right yet.") if is_wrong else self.tr("Not applied yet.")
        self._state.setText(text)

    def _full_pass_every_s(self) -> int:
        """What the form shows; a time that is no whole number of minutes stays as it is until it is changed."""
        assert self._job is not None
        shown = max(1, round(self._job.full_pass_every_s / _MINUTE_S))
        minutes = self.full_spin.value()
        return self._job.full_pass_every_s if minutes == shown else minutes * _MINUTE_S

    def _guard_share(self) -> float:
        """What the form shows; a share that is no whole per cent stays as it is until it is changed."""
        assert self._job is not None
        percent = self.guard_share_spin.value()
        return self._job.guard_share if percent == round(self._job.guard_share * 100) else percent / 100


def _beside(widget: QWidget) -> QHBoxLayout:
    """A field at its own width."""
    row = QHBoxLayout()
    row.addWidget(widget)
    row.addStretch()
    row.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)
    return row
