"""What tests look up in the program, and the program itself never asks."""

from __future__ import annotations

from itertools import islice

from PySide6.QtWidgets import QDialogButtonBox, QPushButton

from backup_gui.threads.tasks import TaskRunner
from backup_gui.ui.activity.model import ActivityModel
from backup_gui.ui.activity.pass_row import PassRow
from backup_gui.ui.dialogs.transfer import BringingDialog
from backup_gui.ui.history.version_panel import VersionPanel
from backup_gui.ui.settings.app_dialog import SettingsDialog


def is_due(tasks: TaskRunner, key: str) -> bool:
    """Whether a task waits or runs whose callbacks are still due; abandoned tasks do not count."""
    running = tasks._running.get(key)
    return key in tasks._waiting or (running is not None and running.is_wanted)


def newest_rows(model: ActivityModel, count: int) -> tuple[PassRow, ...]:
    """The newest rows of the Activity page."""
    return tuple(islice(model._rows, count))


def words_of(panel: VersionPanel) -> str:
    """What the panel says instead of a look at a file."""
    return panel._words.text() if panel._looks.currentWidget() is panel._words else ""


def has_picture(panel: VersionPanel) -> bool:
    """Whether the panel shows a picture."""
    return panel._looks.currentWidget() is panel._picture


def accept_button(dialog: SettingsDialog) -> QPushButton:
    """The button that takes what a dialog of settings holds."""
    (box,) = dialog.findChildren(QDialogButtonBox)
    return box.button(QDialogButtonBox.StandardButton.Ok)


def notes_of(dialog: BringingDialog) -> tuple[tuple[str, str], ...]:
    """The files that a dialog lists, each with its word."""
    model = dialog._notes.model()
    return tuple((str(model.index(row, 0).data()), str(model.index(row, 1).data())) for row in range(model.rowCount()))
