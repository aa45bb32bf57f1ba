"""The dialog that adds or edits a job. What it holds is checked elsewhere while the user types."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backup_gui.engine.model import MAX_INTERVAL_S, JobState
from backup_gui.ui.jobview import DraftVerdict, JobDraft, Level, Remark
from backup_gui.ui.labels import MutedLabel, PrimaryButton
from backup_gui.ui.theme import GRID_PX
from backup_gui.ui.wording import interval_text

if TYPE_CHECKING:
    from backup_gui.engine.model import Job
    from backup_gui.ui.icons import Icons

# A check after each key would start one on every letter of a path.
_QUIET_MS = 200
_REMARK_ICON_PX = 16

# Groups of rules that people often want; patterns are the same in every language.
_PRESETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Caches", (".cache/", "Cache/", "__pycache__/", "*.pyc")),
    ("Temporary files", ("*.tmp", "*.temp", "~$*", "*~", ".~lock.*#", "*.part", "*.crdownload")),
    ("Build folders", ("node_modules/", "target/", "build/", ".venv/", ".tox/")),
    ("Trash", (".Trash-*/", ".Trashes/", "$RECYCLE.BIN/", ".DS_Store", "Thumbs.db", "desktop.ini")),
)


class RemarkLabel(QWidget):
    """A sentence under a field, with an icon for how serious it is; takes no room while there is none."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        """Build it empty."""
        super().__init__(parent)
        self._icons = icons
        self._icon = QLabel()
        self._icon.setFixedSize(_REMARK_ICON_PX, _REMARK_ICON_PX)
        self._words = MutedLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        row.addWidget(self._icon)
        row.addWidget(self._words, 1)
        self.setVisible(False)

    @property
    def text(self) -> str:
        """The sentence; empty if there is none."""
        return self._words.text()

    def show_remark(self, remark: Remark) -> None:
        """Show a remark, or nothing if it is without words."""
        self.setVisible(bool(remark.text))
        self._words.setText(remark.text)
        self._words.setAccessibleName(remark.text)
        state = {Level.FINE: JobState.OK, Level.NOTE: JobState.ATTENTION, Level.WRONG: JobState.FAILED}[remark.level]
        size = QSize(_REMARK_ICON_PX, _REMARK_ICON_PX)
        colour = self.palette().windowText().color()
        self._icon.setPixmap(self._icons.picture(f"state-{state.value}", size, colour, self.devicePixelRatioF()))


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
        self.setMinimumWidth(72 * GRID_PX)

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
        lines = tuple(line for line in self.exclude_edit.toPlainText().splitlines() if line.strip())
        return JobDraft(
            serial=self._serial,
            job_id=self._job_id,
            name=self.name_edit.text().strip(),
            source=self.source_edit.text(),
            destination=self.destination_edit.text(),
            interval_s=self.interval_spin.value(),
            exclude=lines,
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

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin where something is missing."""
        super().showEvent(event)
        (self.destination_edit if self.source_edit.text() else self.source_edit).setFocus()

    def _build(self) -> None:
        self.source_edit, source_row = self._folder_field(
            self.tr("Folder to protect"), self.tr("The folder with your files"), self._on_choose_source
        )
        self.destination_edit, destination_row = self._folder_field(
            self.tr("Folder for the backup"),
            self.tr("A folder on another drive, if you have one"),
            self._on_choose_destination,
        )
        self.source_remark = RemarkLabel(self._icons)
        self.destination_remark = RemarkLabel(self._icons)
        self.other_remark = RemarkLabel(self._icons)
        interval_row = self._build_choices()
        exclude_row = self._build_exclusions()
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX + GRID_PX // 2)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        _add_row(form, self.tr("&Protect"), self.source_edit, source_row, self.source_remark)
        _add_row(form, self.tr("Back up &to"), self.destination_edit, destination_row, self.destination_remark)
        _add_row(form, self.tr("&Name"), self.name_edit, self.name_edit)
        _add_row(form, self.tr("&Check every"), self.interval_spin, interval_row)
        _add_row(form, self.tr("&Leave out"), self.exclude_edit, exclude_row, self.other_remark)
        _add_row(form, self.tr("History"), self.history_check, self.history_check)

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

    def _build_choices(self) -> QHBoxLayout:
        self.name_edit = QLineEdit()
        self.name_edit.setMaxLength(100)
        self.name_edit.setPlaceholderText(self.tr("The folder’s name"))
        self.interval_spin = QSpinBox()
        self.interval_spin.setRange(1, MAX_INTERVAL_S)
        self.interval_spin.setValue(5)
        self.interval_spin.setSuffix(self.tr(" s"))
        self.interval_spin.setGroupSeparatorShown(True)
        self.interval_spin.setMinimumWidth(16 * GRID_PX)
        self._interval_words = MutedLabel()
        self._interval_words.setWordWrap(False)
        interval_row = QHBoxLayout()
        interval_row.setSpacing(GRID_PX)
        interval_row.addWidget(self.interval_spin)
        interval_row.addWidget(self._interval_words, 1)
        self.history_check = QCheckBox(self.tr("&Keep replaced and deleted files"))
        self.history_check.setChecked(True)
        return interval_row

    def _build_exclusions(self) -> QHBoxLayout:
        self.exclude_edit = QPlainTextEdit()
        self.exclude_edit.setTabChangesFocus(True)
        self.exclude_edit.setFixedHeight(4 * self.fontMetrics().lineSpacing() + 2 * GRID_PX)
        self.exclude_edit.setPlaceholderText(self.tr("One rule a line, such as *.tmp or /Downloads/"))
        presets = QPushButton(self.tr("&Add…"))
        presets.setAutoDefault(False)
        presets.setToolTip(self.tr("Add rules that many people use"))
        menu = QMenu(presets)
        for title, rules in _PRESETS:
            menu.addAction(self.tr(title), partial(self._add_rules, rules))
        presets.setMenu(menu)
        exclude_row = QHBoxLayout()
        exclude_row.setSpacing(GRID_PX)
        exclude_row.addWidget(self.exclude_edit, 1)
        exclude_column = QVBoxLayout()
        exclude_column.addWidget(presets)
        exclude_column.addStretch()
        exclude_row.addLayout(exclude_column)
        return exclude_row

    def _folder_field(self, name: str, hint: str, slot: object) -> tuple[QLineEdit, QHBoxLayout]:
        edit = QLineEdit()
        edit.setAccessibleName(name)
        edit.setPlaceholderText(hint)
        edit.setMinimumWidth(44 * GRID_PX)
        colour = self.palette().color(QPalette.ColorRole.ButtonText)
        button = QPushButton(self._icons.action("folder", colour), self.tr("Choose…"))
        button.setAccessibleName(self.tr("Choose: {field}").format(field=name))
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        row.addWidget(edit, 1)
        row.addWidget(button)
        return edit, row

    def _fill(self, job: Job) -> None:
        self.source_edit.setText(job.source)
        self.destination_edit.setText(job.destination)
        self.name_edit.setText(job.name)
        self.interval_spin.setValue(job.interval_s)
        self.exclude_edit.setPlainText("\n".join(job.exclude))
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
        seconds = self.interval_spin.value()
        self._interval_words.setText(interval_text(seconds) if seconds >= 60 else "")
        self._timer.start()

    @Slot()
    def _request_check(self) -> None:
        self.check_requested.emit(self.draft())

    def _add_rules(self, rules: tuple[str, ...], *_checked: bool) -> None:
        present = self.exclude_edit.toPlainText().splitlines()
        missing = [rule for rule in rules if rule not in present]
        self.exclude_edit.setPlainText("\n".join([line for line in present if line.strip()] + missing))

    @Slot()
    def _on_choose_source(self) -> None:
        self._choose(self.source_edit, self.tr("Choose the folder to protect"))

    @Slot()
    def _on_choose_destination(self) -> None:
        self._choose(self.destination_edit, self.tr("Choose the folder for the backup"))

    def _choose(self, edit: QLineEdit, title: str) -> None:
        dialog = QFileDialog(self, title, edit.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        dialog.fileSelected.connect(edit.setText)
        dialog.finished.connect(dialog.deleteLater)
        # open() and not exec(): no second event loop, so everything else goes on.
        dialog.open()

    @Slot()
    def _on_accepted(self) -> None:
        if self._verdict is not None and self._verdict.job is not None:
            self.job_accepted.emit(self._verdict.job)
            self.accept()


def _add_row(
    form: QFormLayout, label: str, buddy: QWidget, content: QWidget | QHBoxLayout, remark: QWidget | None = None
) -> None:
    """Add a labelled row, with a remark under its field; the field takes its name from the label."""
    words = QLabel(label)
    words.setBuddy(buddy)
    if not buddy.accessibleName():
        buddy.setAccessibleName(label.replace("&", ""))
    cell = QVBoxLayout()
    cell.setSpacing(GRID_PX // 2)
    if isinstance(content, QWidget):
        cell.addWidget(content)
    else:
        cell.addLayout(content)
    if remark is not None:
        cell.addWidget(remark)
    form.addRow(words, cell)
