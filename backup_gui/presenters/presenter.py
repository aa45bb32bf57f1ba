"""The base of the presenters, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from pathlib import Path

    from backup_gui.config.store import Store
    from backup_gui.threads.controller import Controller
    from backup_gui.threads.tasks import TaskRunner
    from backup_gui.ui.main.window import MainWindow
    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.text.format import Now


@dataclass(frozen=True, slots=True)
class Context:
    """What all presenters may use.

    Tasks do in the background what may wait for a drive; the store has settings and notes, the data folder the jobs'
    databases. ``open_folder`` opens a folder in the file manager, if it exists.
    """

    icons: Icons
    window: MainWindow
    controller: Controller
    tasks: TaskRunner
    store: Store
    data_folder: Path
    now: Now
    open_folder: Callable[[str], None]


class Presenter(QObject):
    """Connects a part of the window with the jobs and the services."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons = context.icons
        self._window = context.window
        self._controller = context.controller
        self._tasks = context.tasks
        self._store = context.store
        self._data_folder = context.data_folder
        self._now = context.now
        self._open_folder = context.open_folder
