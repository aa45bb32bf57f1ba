"""Files and folders of a backup at some time; a change of the time keeps what is open and selected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget

from backup_gui.ui.history.tree_model import HistoryModel
from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.widgets.empty_state import EmptyState
from backup_gui.ui.widgets.paged_tree import PagedTree
from backup_gui.ui.widgets.path_delegate import PathDelegate

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.model.restores import Item
    from backup_gui.ui.style.icons import Icons


_LEAST_PX = 12 * GRID_PX


class HistoryList(QStackedWidget):
    """The tree, or a note on why it is empty."""

    folder_requested = Signal(object)
    selection_changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        # Less than Qt's own minimum, for the smallest window.
        self.setMinimumHeight(_LEAST_PX)
        self.opened: set[str] = set()
        self._chosen: set[str] = set()
        self.model = HistoryModel(icons)
        self.empty_states: dict[str, EmptyState] = {
            "empty": EmptyState(
                icons,
                "history",
                self.tr("Nothing here"),
                self.tr("At this time there was nothing here. Choose another time, or show deleted files."),
            ),
            "none": EmptyState(
                icons, "history", self.tr("Nothing found"), self.tr("No file of that name at the time chosen.")
            ),
            "silent": EmptyState(
                icons,
                "drive",
                self.tr("The drive does not answer"),
                self.tr("What is on it is shown as soon as it does. All else in the window goes on."),
            ),
            "failed": EmptyState(
                icons,
                "drive",
                self.tr("The backup cannot be read at the moment"),
                self.tr("Its drive may be away. Connect it, and come back to this page."),
            ),
        }
        self.tree = PagedTree(self.tr("Files and folders at that time"))
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(PathDelegate(self.tree))
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(2, self.fontMetrics().horizontalAdvance("000.0 MB") + 2 * GRID_PX)
        self.make_room(has_deleted=False)
        self.addWidget(self.tree)
        for empty_state in self.empty_states.values():
            self.addWidget(empty_state)
        self._connect()

    @property
    def part(self) -> str:
        """Name of the note shown; empty for the tree."""
        shown = self.currentWidget()
        return next((name for name, empty_state in self.empty_states.items() if empty_state is shown), "")

    def show_part(self, empty_state: str) -> None:
        """Show a note by its name; empty for the tree."""
        self.setCurrentWidget(self.empty_states[empty_state] if empty_state else self.tree)

    def make_room(self, *, has_deleted: bool) -> None:
        """Set the width of the date column; dates of deleted files need more."""
        widest = "deleted 00/00/0000 00:00" if has_deleted else "00/00/0000 00:00"
        self.tree.header().resizeSection(1, self.fontMetrics().horizontalAdvance(widest) + 2 * GRID_PX)

    def forget(self) -> None:
        """Forget what was open and selected."""
        self.opened.clear()
        self._chosen.clear()

    def selected(self) -> tuple[Item, ...]:
        """All selected files and folders."""
        rows = self.tree.selectionModel().selectedRows()
        items = (self.model.item(index) for index in rows)
        return tuple(item for item in items if item is not None)

    def single(self) -> Item | None:
        """The selected file; None if none, several or a folder is selected."""
        selected = self.selected()
        return selected[0] if len(selected) == 1 and not selected[0].is_folder else None

    def _connect(self) -> None:
        self.model.folder_requested.connect(self.folder_requested)
        self.model.rowsInserted.connect(self._on_rows_inserted)
        self.model.rowsRemoved.connect(self._on_selection_changed)
        self.model.modelReset.connect(self._on_reset)
        self.tree.expanded.connect(partial(self._note, self.opened.add))
        self.tree.collapsed.connect(partial(self._note, self.opened.discard))
        self.tree.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.tree.clicked.connect(self._on_clicked)

    @Slot()
    def _on_reset(self) -> None:
        # Search results cannot be opened, so names get the space of the marks.
        self.tree.setRootIsDecorated(not self.model.is_flat)
        self._on_selection_changed()

    def _note(self, change: Callable[[str], None], index: QModelIndex) -> None:
        item = self.model.item(index)
        if item is not None:
            change(item.path)

    @Slot(QModelIndex, int, int)
    def _on_rows_inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        """Open and select again what was open and selected at the previous time."""
        if not self.opened and not self._chosen:
            return
        selection = self.tree.selectionModel()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        wanted, opened = set(self._chosen), set(self.opened)
        for row in range(first, last + 1):
            index = self.model.index(row, 0, parent)
            item = self.model.item(index)
            if item is None:
                continue
            if item.path in wanted:
                selection.select(index, flags)
            if item.is_folder and item.path in opened and not self.model.is_flat:
                self.tree.expand(index)

    @Slot()
    def _on_selection_changed(self) -> None:
        items = self.selected()
        if items:
            self._chosen = {item.path for item in items}
        self.selection_changed.emit()

    @Slot()
    def _on_clicked(self) -> None:
        # The user's new selection replaces the one remembered from the previous time.
        self._chosen = {item.path for item in self.selected()}
