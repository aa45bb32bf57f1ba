"""The base of dialogs for restores: progress, a button to stop, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeView,
    QWidget,
)

from backup_gui.desktop.periodic import delayed
from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.text.format import isolated, number_text, size_text, tip_text
from backup_gui.ui.widgets.labels import Heading, RowDelegate, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.paged_table import RowsModel
from backup_gui.ui.widgets.progress_panel import ProgressPanel

if TYPE_CHECKING:
    from backup_gui.model.plans import Progress
    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.widgets.paged_table import Index

_ICON_PX = 40
# A restore stops at the next block. If it takes longer, it waits for a drive.
STOP_PATIENCE_MS = 2_000


class NotesModel(RowsModel):
    """Paths, each with a sentence about it."""

    def __init__(self, rows: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.headings = (self.tr("File"), self.tr("What happened"))
        self._rows = rows
        self.show_first_page(len(rows))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid() or role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        text = isolated(self._rows[index.row()][index.column()])
        return tip_text(text) if role == Qt.ItemDataRole.ToolTipRole else text


class BringingDialog(QDialog):
    """Opens with a restore to a folder, and stays until the user has seen its result.

    The user can close it earlier only if stopping takes long, for example on a drive that does not answer.
    """

    cancel_requested = Signal()
    folder_requested = Signal(object)
    left = Signal()

    def __init__(self, icons: Icons, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._folder = folder
        # Whether the result is shown.
        self.is_over = False
        self._is_cancelled = False
        self._is_left = False
        self.setMinimumWidth(scaled_px(self, 64 * GRID_PX))
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._title = Heading(self, self.tr("Getting ready…"))
        self.progress = ProgressPanel(icons)
        self._notes = QTreeView()
        self._notes.setRootIsDecorated(False)
        self._notes.setUniformRowHeights(True)
        self._notes.setAlternatingRowColors(True)
        self._notes.setItemDelegate(RowDelegate(self._notes))
        self._notes.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._notes.setAccessibleName(self.tr("Files that need a word"))
        self._notes.setVisible(False)
        self._patience = delayed(self, STOP_PATIENCE_MS, self._on_patience_over)
        words = Column(self._title, self.progress, 0, spacing=GRID_PX)
        head = Row(self._picture, (words, 1), spacing=2 * GRID_PX)
        Column(head, (self._notes, 1), self._build_buttons(), on=self, margins=2 * GRID_PX, spacing=2 * GRID_PX)
        self._show_state(JobState.WORKING)

    def _build_buttons(self) -> QDialogButtonBox:
        self.cancel_button = push_button(self.tr("&Cancel"), self._on_cancel)
        self.open_button = push_button(self.tr("&Open the folder"), self._on_open)
        self.close_button = push_button(self.tr("C&lose"), self.accept)
        buttons = QDialogButtonBox()
        buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        # Hide them only now: a button box shows added buttons.
        self.open_button.setVisible(False)
        self.close_button.setVisible(False)
        return buttons

    def show_silence(self, silent_s: int) -> None:
        """Show how long the drive has not answered, in seconds; 0 if it answers."""
        if not self.is_over:
            self.progress.show_silence(silent_s)

    def show_failure(self, text: str) -> None:
        """Show why nothing could be restored."""
        self._end(self.tr("Nothing was restored."), JobState.FAILED, text)

    def reject(self) -> None:
        """Stop the restore if it has not ended: Qt calls this for Escape and when the window is closed."""
        if self.is_over or self._is_left:
            super().reject()
        else:
            self._on_cancel()

    def _show_far(self, title: str, far: Progress) -> None:
        """Show the progress, with the number of the current file as ``{done}`` in the title."""
        if self.is_over or not far.files_total:
            return
        if not self._is_cancelled:
            self._title.setText(title.format(done=number_text(min(far.files_done + 1, far.files_total))))
        words = self.tr("{done} of {total}").format(done=size_text(far.bytes_done), total=size_text(far.bytes_total))
        if not self._is_left:
            self.progress.show_words(words if far.bytes_total else "")
        self.progress.show_path(far.path)
        self.progress.bar.show_share(far)

    def _end(
        self, title: str, state: JobState, text: str, notes: tuple[tuple[str, str], ...] = (), *, may_open: bool = False
    ) -> None:
        """Show the result, and sentences about paths that need one."""
        self.is_over = True
        self._patience.stop()
        self._title.setText(title)
        self._show_state(state)
        self.progress.end()
        self._offer_to_close()
        self.progress.show_words(text)
        if notes:
            self._show_notes(notes)
        self.open_button.setVisible(may_open)

    def _offer_to_close(self) -> None:
        self.cancel_button.setVisible(False)
        self.close_button.setVisible(True)
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def _show_notes(self, rows: tuple[tuple[str, str], ...]) -> None:
        self._model = NotesModel(rows)
        self._notes.setModel(self._model)
        header = self._notes.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, scaled_px(self, 36 * GRID_PX))
        self._notes.setMinimumHeight(scaled_px(self, 14 * GRID_PX))
        self._notes.setVisible(True)
        self.setMinimumWidth(scaled_px(self, 96 * GRID_PX))
        self.resize(self.sizeHint())

    def _show_state(self, state: JobState) -> None:
        self._picture.setPixmap(self._icons.state_picture(state, _ICON_PX, self))

    @Slot()
    def _on_cancel(self) -> None:
        if not self._is_cancelled:
            self._is_cancelled = True
            self.cancel_button.setEnabled(False)
            self._title.setText(self.tr("Stopping…"))
            self._patience.start()
            self.cancel_requested.emit()

    @Slot()
    def _on_patience_over(self) -> None:
        self._is_left = True
        self._title.setText(self.tr("Stopping takes a while…"))
        text = self.tr(
            "It waits for the drive, or for the check under way. You can close this window: it stops by itself, and "
            "what is back already is complete."
        )
        self.progress.show_words(text)
        self._show_state(JobState.WAITING)
        self._offer_to_close()
        self.left.emit()

    @Slot()
    def _on_open(self) -> None:
        self.folder_requested.emit(self._folder)
