"""The settings of the app."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from backup_gui.config import Appearance, Settings
from backup_gui.ui.labels import MutedLabel
from backup_gui.ui.theme import GRID_PX


class SettingsDialog(QDialog):
    """Choices that concern the app and no job in particular."""

    settings_accepted = Signal(object)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        """Show the present settings."""
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumWidth(56 * GRID_PX)

        self.login_check = QCheckBox(self.tr("&Start when I log in"))
        self.login_check.setChecked(settings.start_at_login)
        self.hidden_check = QCheckBox(self.tr("With the &window closed, only the icon"))
        self.hidden_check.setChecked(settings.start_hidden)
        self.hidden_check.setEnabled(settings.start_at_login)
        self.login_check.toggled.connect(self.hidden_check.setEnabled)
        self.notices_check = QCheckBox(self.tr("Show &notifications"))
        self.notices_check.setChecked(settings.notifications_enabled)
        self.appearance_combo = QComboBox()
        self.appearance_combo.setAccessibleName(self.tr("Appearance"))
        for appearance, text in (
            (Appearance.SYSTEM, self.tr("As the system")),
            (Appearance.LIGHT, self.tr("Light")),
            (Appearance.DARK, self.tr("Dark")),
        ):
            self.appearance_combo.addItem(text, appearance.value)
        self.appearance_combo.setCurrentIndex(self.appearance_combo.findData(settings.appearance.value))

        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX + GRID_PX // 2)
        login = QVBoxLayout()
        login.setSpacing(GRID_PX // 2)
        login.addWidget(self.login_check)
        login.addWidget(self.hidden_check)
        login.addWidget(MutedLabel(self.tr("Files are backed up only while the app runs.")))
        form.addRow(QLabel(self.tr("Start")), login)
        notices = QVBoxLayout()
        notices.setSpacing(GRID_PX // 2)
        notices.addWidget(self.notices_check)
        notices.addWidget(MutedLabel(self.tr("Only when something needs you, and for the first complete backup.")))
        form.addRow(QLabel(self.tr("Messages")), notices)
        appearance_label = QLabel(self.tr("&Appearance"))
        appearance_label.setBuddy(self.appearance_combo)
        form.addRow(appearance_label, self.appearance_combo)

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = buttons.button(QDialogButtonBox.StandardButton.Ok)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(3 * GRID_PX)
        column.addLayout(form)
        column.addStretch()
        column.addWidget(buttons)

    @Slot()
    def _on_accepted(self) -> None:
        self.settings_accepted.emit(
            dataclasses.replace(
                self._settings,
                start_at_login=self.login_check.isChecked(),
                start_hidden=self.hidden_check.isChecked(),
                notifications_enabled=self.notices_check.isChecked(),
                appearance=Appearance(self.appearance_combo.currentData()),
            )
        )
        self.accept()
