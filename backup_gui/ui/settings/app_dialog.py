"""The settings of the app."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QWidget,
)

from backup_gui.config.settings import Appearance, Settings
from backup_gui.ui.style.theme import GRID_PX, within_screen
from backup_gui.ui.text.format import interval_text
from backup_gui.ui.widgets.fields import add_row
from backup_gui.ui.widgets.labels import MutedLabel, RowLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.scroll_pane import ScrollPane
from backup_gui.ui.widgets.wheel import WheelGuard

_DAY_S = 86_400
_OVERDUE_DAYS = (1, 2, 3, 5, 7, 14, 30)
_SAVING_S = (3_600, 2 * 3_600, 4 * 3_600, 8 * 3_600, _DAY_S)


class SettingsDialog(QDialog):
    """Settings of the app, which concern no single job, with code and name of each available translation."""

    settings_accepted = Signal(object)
    log_requested = Signal()

    def __init__(
        self, settings: Settings, languages: Sequence[tuple[str, str]] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Settings"))
        content = QWidget()
        form = QFormLayout(content)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX + GRID_PX // 2)
        self._add_start(form)
        self._add_messages(form)
        self._add_saving(form)
        self._add_looks(form, languages)
        self.log_button = push_button(self.tr("Open log &folder"), self.log_requested)
        self.log_button.setAutoDefault(False)
        form.addRow(RowLabel(self.tr("Log"), self.log_button), Row(self.log_button, 0))

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        Column((ScrollPane(content), 1), buttons, on=self, margins=2 * GRID_PX, spacing=3 * GRID_PX)
        self.resize(within_screen(self, self.sizeHint()))

    def _add_start(self, form: QFormLayout) -> None:
        self.login_check = QCheckBox(self.tr("&Start when I log in"))
        self.login_check.setChecked(self._settings.start_at_login)
        self.hidden_check = QCheckBox(self.tr("Start with the &window closed"))
        self.hidden_check.setChecked(self._settings.start_hidden)
        self.hidden_check.setEnabled(self._settings.start_at_login)
        self.login_check.toggled.connect(self.hidden_check.setEnabled)
        note = MutedLabel(self.tr("Files are backed up only while the app runs."))
        checks = Column(self.login_check, self.hidden_check, note, spacing=GRID_PX // 2)
        form.addRow(RowLabel(self.tr("Start"), self.login_check), checks)

    def _add_messages(self, form: QFormLayout) -> None:
        self.notices_check = QCheckBox(self.tr("Show &notifications"))
        self.notices_check.setChecked(self._settings.notifications_enabled)
        note = MutedLabel(self.tr("Only when something needs you, and for the first complete backup."))
        check = Column(self.notices_check, note, spacing=GRID_PX // 2)
        form.addRow(RowLabel(self.tr("Messages"), self.notices_check), check)
        current = self._settings.overdue_days
        choices = [(days, interval_text(days * _DAY_S)) for days in _choices(_OVERDUE_DAYS, current)]
        self.overdue_combo = _combo([*choices, (0, self.tr("Never"))], current)
        note = MutedLabel(self.tr("Without a complete backup for so long, you are told once a day."))
        add_row(form, self.tr("&Overdue after"), self.overdue_combo, self.overdue_combo, note)

    def _add_saving(self, form: QFormLayout) -> None:
        pattern = self.tr("Only every {interval}")
        current = self._settings.saving_check_every_s
        choices = [
            (every_s, pattern.format(interval=interval_text(every_s))) for every_s in _choices(_SAVING_S, current)
        ]
        self.saving_combo = _combo([(0, self.tr("As often as ever")), *choices], current)
        note = MutedLabel(
            self.tr(
                "What you change is copied at once all the same. "
                "The same holds for network folders on a metered network."
            )
        )
        add_row(form, self.tr("On &battery, check everything"), self.saving_combo, self.saving_combo, note)

    def _add_looks(self, form: QFormLayout, languages: Sequence[tuple[str, str]]) -> None:
        appearances = [
            (Appearance.SYSTEM.value, self.tr("As the system")),
            (Appearance.LIGHT.value, self.tr("Light")),
            (Appearance.DARK.value, self.tr("Dark")),
        ]
        self.appearance_combo = _combo(appearances, self._settings.appearance.value)
        add_row(form, self.tr("&Appearance"), self.appearance_combo, self.appearance_combo)
        known = {"": self.tr("As the system"), "en": "English", **dict(languages)}
        # Keep the user's choice if its translation is missing at present.
        known.setdefault(self._settings.language, self._settings.language)
        self.language_combo = _combo(list(known.items()), self._settings.language)
        note = MutedLabel(self.tr("Used from the next start on."))
        add_row(form, self.tr("&Language"), self.language_combo, self.language_combo, note)

    @Slot()
    def _on_accepted(self) -> None:
        self.settings_accepted.emit(
            dataclasses.replace(
                self._settings,
                start_at_login=self.login_check.isChecked(),
                start_hidden=self.hidden_check.isChecked(),
                notifications_enabled=self.notices_check.isChecked(),
                appearance=Appearance(self.appearance_combo.currentData()),
                language=self.language_combo.currentData(),
                overdue_days=self.overdue_combo.currentData(),
                saving_check_every_s=self.saving_combo.currentData(),
            )
        )
        self.accept()


def _choices(offered: tuple[int, ...], current: int) -> list[int]:
    """The offered values and the current one, in order; without 0, which has its own label."""
    return sorted({*offered, current} - {0})


def _combo(choices: Sequence[tuple[object, str]], current: object) -> QComboBox:
    combo = QComboBox()
    WheelGuard(combo)
    for value, text in choices:
        combo.addItem(text, value)
    combo.setCurrentIndex(combo.findData(current))
    return combo
