"""The Settings page of a job: everything that can be chosen for it, checked while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backup_gui.ui.exclusions import PRESETS, RulesEdit, with_rules, without_rules
from backup_gui.ui.fields import FolderField, IntervalField, RemarkLabel, add_row
from backup_gui.ui.historylimits import HistoryLimits
from backup_gui.ui.jobview import DraftVerdict, Remark
from backup_gui.ui.labels import MutedLabel, Panel, PrimaryButton, RowLabel, Words
from backup_gui.ui.theme import GRID_PX, scaled_px
from backup_gui.ui.wording import counted, size_text

if TYPE_CHECKING:
    from backup_gui.engine.model import HistorySize, Job
    from backup_gui.ui.icons import Icons

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


@dataclass(frozen=True, slots=True)
class RulesWish:
    """Somebody wants to know what rules leave out.

    Attributes:
        serial: Which wish this is; the answer carries it back.
        source: The folder.
        rules: The rules.
    """

    serial: int
    source: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RulesCount:
    """What rules leave out.

    Attributes:
        serial: The wish's serial.
        files: Files left out so far.
        bytes: Their sizes together.
        is_done: Whether there is no more to come.
        is_whole: Whether everything could be looked at.
    """

    serial: int
    files: int = 0
    bytes: int = 0
    is_done: bool = False
    is_whole: bool = True


class JobSettings(QWidget):
    """A form with Apply and Revert. It shows another job at once, and the same one anew only if nothing was typed."""

    check_requested = Signal(object)
    count_requested = Signal(object)
    count_cancelled = Signal()
    size_requested = Signal(object)
    apply_requested = Signal(object)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Build it without a job."""
        super().__init__(parent)
        self._icons = icons
        self._job: Job | None = None
        self._serial = 0
        self._rules_serial = 0
        self._verdict: DraftVerdict | None = None
        self._is_filling = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self._request_check)
        # What was counted last; files come and go, so it is counted anew whenever the page is turned to.
        self._counted: tuple[str, tuple[str, ...]] | None = None
        self._sized: str | None = ""
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
            exclude=self.rules_edit.rules(),
            keeps_history=self.history_check.isChecked(),
            uses_notification=self.watch_check.isChecked(),
            full_pass_every_s=self._full_pass_every_s(),
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
        if count.serial != self._rules_serial:
            return
        self.stop_button.setVisible(not count.is_done)
        if not self.rules_edit.rules():
            self.count_label.setText(self.tr("Nothing is left out."))
            return
        words = counted("Leaves out %Ln files, {size}", "Leaves out %Ln file, {size}", count.files)
        words = words.format(size=size_text(count.bytes))
        if not count.is_done:
            words = self.tr("{words} so far…").format(words=words)
        elif not count.is_whole:
            words = self.tr("{words}. Some folders could not be looked at.").format(words=words)
        self.count_label.setText(words)

    def show_no_count(self) -> None:
        """Say that it could not be counted."""
        self.stop_button.setVisible(False)
        self.count_label.setText(self.tr("The folder cannot be looked at, so nothing was counted."))

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
        for panel in (self._folders_panel(), self._rules_panel(), self._history_panel(), self._care_panel()):
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
        panel, form = self._panel(self.tr("Folders"))
        add_row(form, self.tr("Prot&ect"), self.source_field.edit, self.source_field, self.source_remark)
        add_row(
            form, self.tr("Back &up to"), self.destination_field.edit, self.destination_field, self.destination_remark
        )
        add_row(form, self.tr("Na&me"), self.name_edit, self.name_edit)
        return panel

    def _rules_panel(self) -> Panel:
        self.preset_checks = []
        ticks = QGridLayout()
        ticks.setHorizontalSpacing(3 * GRID_PX)
        for number, preset in enumerate(PRESETS):
            check = QCheckBox(preset.title)
            check.setToolTip(", ".join(preset.rules))
            self.preset_checks.append(check)
            ticks.addWidget(check, number // 2, number % 2)
        ticks.setColumnStretch(2, 1)
        self.rules_edit = RulesEdit()
        self.count_label = MutedLabel()
        self.stop_button = QPushButton(self.tr("Stop &counting"))
        self.stop_button.setVisible(False)
        count = QHBoxLayout()
        count.addWidget(self.count_label, 1)
        count.addWidget(self.stop_button)
        panel, form = self._panel(self.tr("What is left out"))
        form.addRow(RowLabel(self.tr("Common kinds"), self.preset_checks[0]), ticks)
        add_row(form, self.tr("Rule&s"), self.rules_edit, self.rules_edit)
        form.addRow(_label(""), count)
        return panel

    def _history_panel(self) -> Panel:
        self.history_check = QCheckBox(self.tr("Keep replaced and deleted files"))
        self.limits = HistoryLimits()
        panel, form = self._panel(self.tr("History"))
        form.addRow(_label(""), self.history_check)
        self.limits.add_to(form)
        return panel

    def _care_panel(self) -> Panel:
        self.interval_field = IntervalField()
        self.watch_check = QCheckBox(self.tr("See &changes at once, where possible"))
        self.full_spin = QSpinBox()
        self.full_spin.setRange(1, _MOST_MINUTES)
        self.full_spin.setSuffix(self.tr(" min"))
        self.full_spin.setGroupSeparatorShown(True)
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
        panel, form = self._panel(self.tr("Checks and safety"))
        add_row(form, self.tr("Chec&k every"), self.interval_field.spin, self.interval_field)
        form.addRow(_label(""), self.watch_check)
        add_row(form, self.tr("Look at everythin&g every"), self.full_spin, _beside(self.full_spin))
        add_row(form, self.tr("Ask &before more than"), self.guard_count_spin, _beside(self.guard_count_spin))
        hint = MutedLabel(self.tr("of the files in the backup are deleted or replaced at once"))
        add_row(form, self.tr("an&d more than"), self.guard_share_spin, _beside(self.guard_share_spin))
        form.addRow(_label(""), hint)
        form.addRow(_label(""), self.strangers_check)
        return panel

    def _panel(self, title: str) -> tuple[Panel, QFormLayout]:
        panel = Panel(title)
        # As high as its words need at the width they have.
        panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        panel.body.addLayout(form)
        return panel, form

    # What the user does

    def _connect(self) -> None:
        for edit in (self.source_field.edit, self.destination_field.edit, self.name_edit):
            edit.textChanged.connect(self._on_changed)
        for spin in (self.interval_field.spin, self.full_spin, self.guard_count_spin, self.guard_share_spin):
            spin.valueChanged.connect(self._on_changed)
        for check in (self.history_check, self.watch_check, self.strangers_check):
            check.toggled.connect(self._on_changed)
        for preset_check in self.preset_checks:
            preset_check.clicked.connect(self._on_preset_clicked)
        self.limits.changed.connect(self._on_changed)
        self.rules_edit.textChanged.connect(self._on_changed)
        self.stop_button.clicked.connect(self._on_stop_clicked)
        self.revert_button.clicked.connect(self._on_revert_clicked)
        self.apply_button.clicked.connect(self._on_apply_clicked)
        self._update()

    def _fill(self, job: Job) -> None:
        self._is_filling = True
        self.source_field.edit.setText(job.source)
        self.destination_field.edit.setText(job.destination)
        self.name_edit.setText(job.name)
        self.interval_field.spin.setValue(job.interval_s)
        self.rules_edit.show_rules(job.exclude)
        self.history_check.setChecked(job.keeps_history)
        self.limits.show_job(job)
        self.watch_check.setChecked(job.uses_notification)
        self.full_spin.setValue(max(1, round(job.full_pass_every_s / _MINUTE_S)))
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
        rules = self.rules_edit.rules()
        for check, preset in zip(self.preset_checks, PRESETS, strict=True):
            check.setChecked(preset.is_in(rules))
        self.limits.setEnabled(self.history_check.isChecked())
        self._update()
        self._timer.start()

    @Slot()
    def _request_check(self) -> None:
        # A page that nobody sees asks for nothing: what it asks for goes through whole folders.
        if self._job is None or not self.isVisible():
            return
        wanted = self.wanted()
        self.check_requested.emit(SettingsDraft(self._serial, self._job, wanted))
        if self._sized != self._job.history_root:
            self._sized = self._job.history_root
            self.size_requested.emit(self._job)
        if self._counted == (wanted.source, wanted.exclude):
            return
        self._counted = (wanted.source, wanted.exclude)
        self._rules_serial += 1
        self.count_cancelled.emit()
        self.show_rules_count(RulesCount(self._rules_serial, is_done=not wanted.exclude))
        if wanted.exclude:
            self.count_requested.emit(RulesWish(self._rules_serial, wanted.source, wanted.exclude))

    @Slot()
    def _on_preset_clicked(self) -> None:
        rules = self.rules_edit.rules()
        for check, preset in zip(self.preset_checks, PRESETS, strict=True):
            if check.isChecked() and not preset.is_in(rules):
                rules = with_rules(rules, preset.rules)
            elif not check.isChecked() and preset.is_in(rules):
                rules = without_rules(rules, preset.rules)
        self.rules_edit.show_rules(rules)

    @Slot()
    def _on_stop_clicked(self) -> None:
        self.count_cancelled.emit()
        self.stop_button.setVisible(False)
        self.count_label.setText(self.tr("Not counted."))

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
        self._counted = None
        self._sized = ""

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


def _label(text: str) -> Words:
    return Words(text)


def _beside(widget: QWidget) -> QHBoxLayout:
    """A field at its own width."""
    row = QHBoxLayout()
    row.addWidget(widget)
    row.addStretch()
    row.setAlignment(widget, Qt.AlignmentFlag.AlignVCenter)
    return row
