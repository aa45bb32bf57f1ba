"""The Activity page: all passes, newest first, with search, filter and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QTreeView,
    QWidget,
)

from backup_gui.desktop.periodic import delayed
from backup_gui.model.passes import PassKind
from backup_gui.ui.activity.model import ActivityModel
from backup_gui.ui.activity.pass_row import PassRow
from backup_gui.ui.style.theme import GRID_PX, PAGE_MARGINS_PX, scaled_px
from backup_gui.ui.text.format import tip_text
from backup_gui.ui.widgets.empty_state import EmptyState
from backup_gui.ui.widgets.labels import MutedLabel, RowDelegate, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.wheel import WheelGuard

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

# Wait until the user pauses, so that not every letter starts a search.
_TYPING_MS = 250


class ActivityPage(QStackedWidget):
    """The list of passes, or a note while there are none."""

    undo_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._model: ActivityModel | None = None
        self.search_edit = QLineEdit()
        self.search_edit.setPlaceholderText(self.tr("Search for a file or a word"))
        self.search_edit.setAccessibleName(self.tr("Search in what was done"))
        self.search_edit.setClearButtonEnabled(True)
        self.kind_combo = QComboBox()
        WheelGuard(self.kind_combo)
        self.kind_combo.setAccessibleName(self.tr("What to show"))
        for kind, text in (
            (PassKind.ALL, self.tr("Everything")),
            (PassKind.COPIED, self.tr("Files copied")),
            (PassKind.DELETED, self.tr("Files deleted")),
            (PassKind.MOVED, self.tr("Files moved")),
            (PassKind.TROUBLE, self.tr("Problems")),
        ):
            self.kind_combo.addItem(text, kind.value)
        kind_label = QLabel(self.tr("Sho&w:"))
        kind_label.setBuddy(self.kind_combo)
        self._typing = delayed(self, _TYPING_MS, self._on_filter_changed)
        self.search_edit.textChanged.connect(self._typing.start)
        self.kind_combo.currentIndexChanged.connect(self._on_filter_changed)
        self.undo_button = push_button(self.tr("&Undo these changes…"), self._on_undo_clicked)

        self._list = QTreeView()
        self._list.setUniformRowHeights(True)
        self._list.setAlternatingRowColors(True)
        self._list.setAllColumnsShowFocus(True)
        self._list.setItemDelegate(RowDelegate(self._list))
        self._list.setAccessibleName(self.tr("What was done, newest first"))
        self._empty_state = EmptyState(
            icons,
            "activity",
            self.tr("Nothing has been done yet"),
            self.tr("Each time your files are checked or copied, it is noted here."),
        )
        self._nothing = MutedLabel(self.tr("Nothing of this kind was found."))
        head = Row((self.search_edit, 1), kind_label, self.kind_combo, spacing=GRID_PX)
        foot = Row((self._nothing, 1), 0, self.undo_button)
        listing = QWidget()
        Column(head, (self._list, 1), foot, on=listing, margins=PAGE_MARGINS_PX, spacing=GRID_PX)
        self.addWidget(self._empty_state)
        self.addWidget(listing)

    def show_model(self, model: ActivityModel) -> None:
        """Show the passes of a job."""
        if model is self._model:
            return
        if self._model is not None:
            self._model.rowsInserted.disconnect(self.refresh)
            self._model.modelReset.disconnect(self.refresh)
            self._model.dataChanged.disconnect(self._on_current_changed)
        self._model = model
        model.rowsInserted.connect(self.refresh)
        model.modelReset.connect(self.refresh)
        model.dataChanged.connect(self._on_current_changed)
        self._list.setModel(model)
        self._list.selectionModel().currentChanged.connect(self._on_current_changed)
        header = self._list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for section, width in ((0, 20), (2, 11), (3, 10)):
            header.resizeSection(section, scaled_px(self, width * GRID_PX))
        model.set_filter(self._kind(), self.search_edit.text().strip())
        self.refresh()
        self._on_current_changed()

    def _kind(self) -> PassKind:
        return PassKind(self.kind_combo.currentData())

    @Slot()
    def _on_filter_changed(self) -> None:
        self._typing.stop()
        if self._model is not None:
            self._model.set_filter(self._kind(), self.search_edit.text().strip())
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the list, or the note if it is empty."""
        model = self._model
        has_rows = model is not None and (model.rowCount() > 0 or model.canFetchMore(QModelIndex()))
        is_filtered = model is not None and model.is_filtered
        self._nothing.setVisible(is_filtered and not has_rows)
        self.setCurrentIndex(int(has_rows or is_filtered))

    @Slot()
    def _on_current_changed(self) -> None:
        row = self._model.row_at(self._list.currentIndex()) if self._model is not None else None
        self.undo_button.setEnabled(row is not None and row.can_be_undone)
        self.undo_button.setToolTip(tip_text(self._undo_hint(row)))

    def _undo_hint(self, row: PassRow | None) -> str:
        """The tooltip of the button: what it does, or why it is disabled."""
        if row is None:
            return self.tr("Choose a line to bring back what was taken away from the backup then")
        if row.is_forgotten:
            return self.tr(
                "It is no longer known what was done to which file then. "
                "What was taken away is in the history, by its time."
            )
        if not row.files_taken:
            return self.tr("Nothing was taken away from the backup then")
        return self.tr("Brings back what was taken away from the backup then")

    @Slot()
    def _on_undo_clicked(self) -> None:
        row = self._model.row_at(self._list.currentIndex()) if self._model is not None else None
        if row is not None and row.can_be_undone:
            self.undo_requested.emit(row)
