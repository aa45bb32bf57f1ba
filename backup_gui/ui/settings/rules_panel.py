"""The exclusion rules in a form: presets to tick, the rules as text, and how much they leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QPlainTextEdit

from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import counted, size_text, tip_text
from backup_gui.ui.widgets.fields import FormPanel, add_row
from backup_gui.ui.widgets.labels import MutedLabel, PlainLabel, RowLabel, push_button
from backup_gui.ui.widgets.layouts import Row


class Preset(NamedTuple):
    """A group of rules; the patterns are the same in every language.

    Attributes:
        name: The English name, which is the key of its translation.
        rules: The rules, gitignore syntax.
    """

    name: str
    rules: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name in the user's language."""
        return QCoreApplication.translate("Preset", self.name)

    def is_in(self, rules: tuple[str, ...]) -> bool:
        """Whether the given rules contain all its rules."""
        return set(self.rules) <= set(rules)


PRESETS = (
    Preset(str(QT_TRANSLATE_NOOP("Preset", "Caches")), (".cache/", "Cache/", "__pycache__/", "*.pyc")),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Temporary files")),
        ("*.tmp", "*.temp", "~$*", "*~", ".~lock.*#", "*.part", "*.crdownload"),
    ),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Build folders")), ("node_modules/", "target/", "build/", ".venv/", ".tox/")
    ),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Trash")),
        (".Trash-*/", ".Trashes/", "$RECYCLE.BIN/", ".DS_Store", "Thumbs.db", "desktop.ini"),
    ),
)


class RulesEdit(QPlainTextEdit):
    """Exclusion rules, one per line."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setFixedHeight(4 * self.fontMetrics().lineSpacing() + 2 * GRID_PX)
        self.setPlaceholderText(self.tr("One rule a line, such as *.tmp or /Downloads/"))

    def rules(self) -> tuple[str, ...]:
        """The rules; blank lines are ignored."""
        return tuple(line for line in self.toPlainText().splitlines() if line.strip())

    def show_rules(self, rules: tuple[str, ...]) -> None:
        """Show rules."""
        self.setPlainText("\n".join(rules))


@dataclass(frozen=True, slots=True)
class RulesWish:
    """A request to count what rules leave out of a folder."""

    source: str
    rules: tuple[str, ...]


class RulesPanel(FormPanel):
    """The rules of one job. Requests to count what they leave out of one folder at a time."""

    count_requested = Signal(object)
    count_cancelled = Signal()
    removal_requested = Signal()

    def __init__(self) -> None:
        super().__init__(QCoreApplication.translate("RulesPanel", "What is left out"))
        # Folder and rules of the last count. It is repeated when the page is shown again, as files change.
        self._counted: tuple[str, tuple[str, ...]] | None = None
        self.preset_checks: list[QCheckBox] = []
        ticks = QGridLayout()
        ticks.setHorizontalSpacing(3 * GRID_PX)
        for number, preset in enumerate(PRESETS):
            check = QCheckBox(preset.title)
            check.setToolTip(tip_text(", ".join(preset.rules)))
            check.clicked.connect(self._on_preset_clicked)
            self.preset_checks.append(check)
            ticks.addWidget(check, number // 2, number % 2)
        ticks.setColumnStretch(2, 1)
        self.edit = RulesEdit()
        self.count_label = MutedLabel()
        self.stop_button = push_button(self.tr("Stop &counting"), self._on_stop_clicked)
        self.stop_button.setVisible(False)
        self.stop_button.setAutoDefault(False)
        count = Row((self.count_label, 1), self.stop_button)
        self.form.addRow(RowLabel(self.tr("Common kinds"), self.preset_checks[0]), ticks)
        add_row(self.form, self.tr("Rule&s"), self.edit, self.edit)
        self.form.addRow(PlainLabel(""), count)
        self.system_check = QCheckBox(self.tr("What systems keep on drives: trash, restore points, lost+found"))
        self.form.addRow(PlainLabel(""), self.system_check)
        self.cloud_check = QCheckBox(self.tr("Files that are only in a cloud: backing them up downloads them"))
        self.form.addRow(PlainLabel(""), self.cloud_check)
        self.copies_label = MutedLabel()
        self.remove_button = push_button(self.tr("Rem&ove…"), self.removal_requested)
        self.remove_button.setToolTip(self.tr("Removes them from the backup, after a question"))
        self.remove_button.setAutoDefault(False)
        copies = Row((self.copies_label, 1), self.remove_button)
        self.form.addRow(PlainLabel(""), copies)
        self.show_copies(0, 0)

    def tick(self) -> None:
        """Tick the presets that the rules contain."""
        rules = self.edit.rules()
        for check, preset in zip(self.preset_checks, PRESETS, strict=True):
            check.setChecked(preset.is_in(rules))

    def count(self, source: str, rules: tuple[str, ...]) -> None:
        """Request to count what rules leave out of a folder, unless that was the last request."""
        if self._counted == (source, rules):
            return
        self._counted = (source, rules)
        self.count_cancelled.emit()
        self.show_count(0, 0, is_done=not rules)
        if rules:
            self.count_requested.emit(RulesWish(source, rules))

    def forget_count(self) -> None:
        """Forget the last count, so that the next one is not skipped."""
        self._counted = None

    def show_count(self, files: int, size_bytes: int, *, is_done: bool = False, is_whole: bool = True) -> None:
        """Show what the rules leave out, as far as counted, and at the end whether everything could be read."""
        self.stop_button.setVisible(not is_done)
        if not self.edit.rules():
            self.count_label.setText(self.tr("Nothing is left out."))
            return
        words = counted("Leaves out %Ln files, {size}", "Leaves out %Ln file, {size}", files)
        words = words.format(size=size_text(size_bytes))
        if not is_done:
            words = self.tr("{words} so far…").format(words=words)
        elif not is_whole:
            words = self.tr("{words}. Some folders could not be looked at.").format(words=words)
        self.count_label.setText(words)

    def show_copies(self, files: int, size_bytes: int) -> None:
        """Show number and size of the files that the rules leave out but the backup still has."""
        self.copies = files
        words = counted(
            "%Ln files that are left out now are still in the backup ({size}).",
            "%Ln file that is left out now is still in the backup ({size}).",
            files,
        )
        self.copies_label.setText(words.format(size=size_text(size_bytes)))
        self.copies_label.setVisible(files > 0)
        self.remove_button.setVisible(files > 0)

    def show_no_count(self) -> None:
        """Show that counting failed."""
        self.stop_button.setVisible(False)
        self.count_label.setText(self.tr("The folder cannot be looked at, so nothing was counted."))

    @Slot()
    def _on_preset_clicked(self) -> None:
        rules = self.edit.rules()
        for check, preset in zip(self.preset_checks, PRESETS, strict=True):
            if check.isChecked():
                rules += tuple(rule for rule in preset.rules if rule not in rules)
            elif preset.is_in(rules):
                rules = tuple(rule for rule in rules if rule not in preset.rules)
        self.edit.show_rules(rules)

    @Slot()
    def _on_stop_clicked(self) -> None:
        self.count_cancelled.emit()
        self.stop_button.setVisible(False)
        self.count_label.setText(self.tr("Not counted."))
