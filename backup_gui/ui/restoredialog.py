"""How a restore goes, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from backup_gui.engine.model import JobState
from backup_gui.ui.labels import ElidedLabel, MutedLabel, RowDelegate, Words
from backup_gui.ui.sentences import said
from backup_gui.ui.theme import GRID_PX, scaled_font, scaled_px, scaled_size
from backup_gui.ui.wording import counted, isolated, number_text, path_text, size_text

if TYPE_CHECKING:
    from backup_gui.engine.retrieval import PutBack, Step
    from backup_gui.ui.icons import Icons

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_PAGE_ROWS = 500
_BAR_STEPS = 1_000
_ICON_PX = 40


class NotesModel(QAbstractTableModel):
    """Paths with a word about each, given to the view in pages."""

    def __init__(self, rows: tuple[tuple[str, str], ...]) -> None:
        """Show rows.

        Args:
            rows: A path and a sentence each.
        """
        super().__init__()
        self._rows = rows
        self._shown = min(len(rows), _PAGE_ROWS)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """How many rows the view knows by now."""
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Path and sentence."""
        return 0 if parent.isValid() else 2

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether there are more."""
        return not parent.isValid() and self._shown < len(self._rows)

    def fetchMore(self, parent: Index) -> None:  # noqa: ARG002, N802 - Qt's signature
        """Give the view the next page."""
        last = min(len(self._rows), self._shown + _PAGE_ROWS) - 1
        self.beginInsertRows(QModelIndex(), self._shown, last)
        self._shown = last + 1
        self.endInsertRows()

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Headings of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("File"), self.tr("What happened"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if index.isValid() and role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return isolated(self._rows[index.row()][index.column()])
        return None


class RestoreDialog(QDialog):
    """Opens with a restore and stays until the user has seen what came of it."""

    cancel_requested = Signal()
    folder_requested = Signal(object)

    def __init__(self, icons: Icons, folder: str, parent: QWidget | None = None) -> None:
        """Build it for a restore that is about to begin.

        Args:
            icons: The icons.
            folder: Absolute path of the folder that is restored to.
            parent: Owner.
        """
        super().__init__(parent)
        self._icons = icons
        self._folder = folder
        self._is_over = False
        self.setWindowTitle(self.tr("Restore"))
        self.setMinimumWidth(scaled_px(self, 64 * GRID_PX))
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._title = Words(self.tr("Getting ready…"))
        self._title.setFont(scaled_font(self.font(), 1.2, is_bold=True))
        self._title.setWordWrap(True)
        self._details = MutedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID_PX + 2)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._bar.setRange(0, 0)
        self._file = ElidedLabel()
        self._notes = QTreeView()
        self._notes.setRootIsDecorated(False)
        self._notes.setUniformRowHeights(True)
        self._notes.setAlternatingRowColors(True)
        self._notes.setItemDelegate(RowDelegate(self._notes))
        self._notes.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._notes.setAccessibleName(self.tr("Files that need a word"))
        self._notes.setVisible(False)
        self._lay_out(self._build_buttons())
        self._show_state(JobState.WORKING)

    def _build_buttons(self) -> QDialogButtonBox:
        self.cancel_button = QPushButton(self.tr("&Cancel"))
        self.cancel_button.clicked.connect(self._on_cancel)
        self.open_button = QPushButton(self.tr("&Open the folder"))
        self.open_button.clicked.connect(self._on_open)
        self.close_button = QPushButton(self.tr("C&lose"))
        self.close_button.clicked.connect(self.accept)
        buttons = QDialogButtonBox()
        buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        # Hidden only now: a box shows what it is given.
        self.open_button.setVisible(False)
        self.close_button.setVisible(False)
        return buttons

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        words = QVBoxLayout()
        words.setSpacing(GRID_PX)
        for widget in (self._title, self._details, self._bar, self._file):
            words.addWidget(widget)
        words.addStretch()
        head = QHBoxLayout()
        head.setSpacing(2 * GRID_PX)
        head.addWidget(self._picture)
        head.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(2 * GRID_PX)
        column.addLayout(head)
        column.addWidget(self._notes, 1)
        column.addWidget(buttons)

    @property
    def title(self) -> str:
        """The sentence on top."""
        return self._title.text()

    @property
    def details(self) -> str:
        """What is said below it."""
        return self._details.text()

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """The files listed, each with its word."""
        model = self._notes.model()
        if model is None:
            return ()
        return tuple(
            (str(model.index(row, 0).data()), str(model.index(row, 1).data())) for row in range(model.rowCount())
        )

    @property
    def is_over(self) -> bool:
        """Whether the restore has ended."""
        return self._is_over

    def show_waiting(self) -> None:
        """Say that the job is being paused first."""
        self._title.setText(self.tr("Pausing the backup of this folder…"))

    def show_step(self, step: Step) -> None:
        """Show how far it is."""
        if self._is_over or not step.files_total:
            return
        self._title.setText(
            counted("Restoring file {done} of %Ln", "Restoring %Ln file", step.files_total).format(
                done=number_text(min(step.files_done + 1, step.files_total))
            )
        )
        self._details.setText(
            self.tr("{done} of {total}").format(done=size_text(step.bytes_done), total=size_text(step.bytes_total))
        )
        self._file.set_full_text(path_text(step.path))
        self._bar.setRange(0, _BAR_STEPS)
        share = step.files_done / step.files_total
        if step.bytes_total:
            share = (share + step.bytes_done / step.bytes_total) / 2
        self._bar.setValue(min(_BAR_STEPS, int(share * _BAR_STEPS)))

    def show_result(self, result: PutBack) -> None:
        """Show what came of it."""
        is_good = not result.failed and not result.is_cancelled
        self._end(result_title(result), JobState.OK if is_good else JobState.ATTENTION)
        place = self.tr("Folder: {folder}").format(folder=path_text(self._folder))
        self._details.setText("\n".join((place, *_detail_lines(result))))
        rows = [(path_text(path), said(reason)) for path, reason in result.failed]
        rows += [
            (path_text(path), self.tr("Restored beside it as “{name}”").format(name=path_text(_last(beside))))
            for path, beside in result.beside
        ]
        if rows:
            self._show_notes(tuple(rows))
        self.open_button.setVisible(bool(result.restored or result.present))

    def show_failure(self, text: str) -> None:
        """Say why nothing could be restored."""
        self._end(self.tr("Nothing was restored."), JobState.FAILED)
        self._details.setText(text)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Closing it while it goes on means giving up."""
        if self._is_over:
            super().closeEvent(event)
        else:
            event.ignore()
            self._on_cancel()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape means the same."""
        if event.key() == Qt.Key.Key_Escape and not self._is_over:
            self._on_cancel()
        else:
            super().keyPressEvent(event)

    def _end(self, title: str, state: JobState) -> None:
        self._is_over = True
        self._title.setText(title)
        self._show_state(state)
        for widget in (self._bar, self._file, self.cancel_button):
            widget.setVisible(False)
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
        size = scaled_size(self, QSize(_ICON_PX, _ICON_PX))
        colour = self.palette().windowText().color()
        self._picture.setPixmap(self._icons.picture(f"state-{state.value}", size, colour, self.devicePixelRatioF()))

    @Slot()
    def _on_cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self._title.setText(self.tr("Stopping…"))
        self.cancel_requested.emit()

    @Slot()
    def _on_open(self) -> None:
        self.folder_requested.emit(self._folder)


def result_title(result: PutBack) -> str:
    """What came of a restore, in one sentence."""
    done = len(result.restored) + len(result.present)
    if result.is_cancelled:
        text = counted(
            "Stopped. {done} of %Ln files were restored.", "Stopped. {done} of %Ln file was restored.", result.asked
        )
    elif result.failed:
        text = counted(
            "{done} of %Ln files were restored and verified.", "The file could not be restored.", result.asked
        )
    elif not result.asked:
        return _tr("There was no file to restore.")
    else:
        text = counted("All %Ln files were restored and verified.", "The file was restored and verified.", result.asked)
    return text.format(done=number_text(done))


def _detail_lines(result: PutBack) -> list[str]:
    lines = []
    if result.failed:
        count = len(result.failed)
        lines.append(counted("%Ln files could not be restored.", "%Ln file could not be restored.", count))
    if result.present:
        count = len(result.present)
        lines.append(
            counted(
                "%Ln were there already with the same content.", "%Ln was there already with the same content.", count
            )
        )
    if result.beside:
        count = len(result.beside)
        lines.append(
            counted(
                "%Ln lie beside a file that was there, under a name of their own.",
                "%Ln lies beside a file that was there, under a name of its own.",
                count,
            )
        )
    if result.replaced:
        count = len(result.replaced)
        lines.append(
            counted(
                "%Ln files were replaced; what was there before goes to the history.",
                "%Ln file was replaced; what was there before goes to the history.",
                count,
            )
        )
    return lines


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Restore", text)
