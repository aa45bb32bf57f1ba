"""The review of what the guard holds: every path by name, and the user's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from backup_gui.engine.model import Action, Held, HeldCode, JobState, Op
from backup_gui.ui.headline import held_text
from backup_gui.ui.jobs import Index
from backup_gui.ui.jobview import HeldAnswer
from backup_gui.ui.labels import MutedLabel
from backup_gui.ui.theme import GRID_PX, scaled_font
from backup_gui.ui.wording import path_text, size_text

if TYPE_CHECKING:
    from backup_gui.engine.model import Job
    from backup_gui.ui.icons import Icons

_PAGE_ROWS = 500
_ICON_PX = 40


class ActionsModel(QAbstractTableModel):
    """Actions of a plan; rows are given to the view in pages, so a million of them cost nothing until looked at."""

    def __init__(self, actions: tuple[Action, ...], *, keeps_history: bool = False) -> None:
        """Show actions.

        Args:
            actions: The actions, in their order.
            keeps_history: Whether what is deleted goes to the history.
        """
        super().__init__()
        self._keeps_history = keeps_history
        self._actions = actions
        self._shown = min(len(actions), _PAGE_ROWS)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """How many rows the view knows by now."""
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Path, what would happen, size."""
        return 0 if parent.isValid() else 3

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Whether there are more."""
        return not parent.isValid() and self._shown < len(self._actions)

    def fetchMore(self, parent: Index) -> None:  # noqa: ARG002, N802 - Qt's signature
        """Give the view the next page."""
        last = min(len(self._actions), self._shown + _PAGE_ROWS) - 1
        self.beginInsertRows(QModelIndex(), self._shown, last)
        self._shown = last + 1
        self.endInsertRows()

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Headings of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("File or folder"), self.tr("In the backup it would be"), self.tr("Size"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        action = self._actions[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 2:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        if index.column() == 0:
            return path_text(action.path)
        if index.column() == 1:
            return self._op_text(action.op)
        return size_text(action.size_bytes) if action.size_bytes else ""

    def _op_text(self, op: Op) -> str:
        return {
            Op.CREATE: self.tr("added"),
            Op.REPLACE: self.tr("replaced"),
            Op.DELETE: self.tr("moved to the history") if self._keeps_history else self.tr("deleted"),
            Op.MOVE: self.tr("moved"),
            Op.SET_METADATA: self.tr("brought up to date"),
        }[op]


class ReviewDialog(QDialog):
    """Shows what is held, and asks."""

    answered = Signal(object)

    def __init__(self, icons: Icons, job: Job, held: Held, parent: QWidget | None = None) -> None:
        """Show what is held.

        Args:
            icons: The icons.
            job: The job.
            held: What is held; exactly this is what the answer is about.
            parent: Owner.
        """
        super().__init__(parent)
        self._job = job
        self._held = held
        self.setWindowTitle(self.tr("Review: {name}").format(name=job.name))
        self.resize(84 * GRID_PX, 62 * GRID_PX)

        picture = QLabel()
        size = QSize(_ICON_PX, _ICON_PX)
        name = f"state-{JobState.HELD.value}"
        picture.setPixmap(icons.picture(name, size, self.palette().windowText().color(), self.devicePixelRatioF()))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        title = QLabel(held_text(held))
        title.setFont(scaled_font(self.font(), 1.2, is_bold=True))
        title.setWordWrap(True)
        self._title = title
        words = QVBoxLayout()
        words.setSpacing(GRID_PX)
        words.addWidget(title)
        words.addWidget(MutedLabel(self._explanation()))
        head = QHBoxLayout()
        head.setSpacing(2 * GRID_PX)
        head.addWidget(picture)
        head.addLayout(words, 1)

        self._table = _table(ActionsModel(held.actions, keeps_history=job.keeps_history))
        self._table.setAccessibleName(self.tr("What would happen"))

        self.keep_button = QPushButton(self.tr("&Keep these files"))
        self.keep_button.clicked.connect(self._on_keep_clicked)
        self.allow_button = QPushButton(self._allow_text())
        self.allow_button.clicked.connect(self._on_allow_clicked)
        buttons = QDialogButtonBox()
        buttons.addButton(self.allow_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.keep_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Close).setText(self.tr("Decide &later"))
        buttons.rejected.connect(self.reject)
        # Enter must never delete anything.
        self.allow_button.setAutoDefault(False)
        self.keep_button.setDefault(True)

        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(2 * GRID_PX)
        column.addLayout(head)
        column.addWidget(self._table, 1)
        column.addWidget(buttons)
        self.keep_button.setFocus()

    @property
    def held(self) -> Held:
        """What is shown."""
        return self._held

    @property
    def model(self) -> ActionsModel:
        """The list shown."""
        model = self._table.model()
        assert isinstance(model, ActionsModel)
        return model

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the heading's font in step with the dialog's."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_title"):
            self._title.setFont(scaled_font(self.font(), 1.2, is_bold=True))

    def _explanation(self) -> str:
        keeps = (
            self.tr("What leaves the backup stays in its history.")
            if self._job.keeps_history
            else self.tr("No history is kept for this backup: what is deleted is gone.")
        )
        if self._held.code is HeldCode.STRANGERS:
            return self.tr("A backup is an exact copy of your folder, so these would have to leave it.") + f" {keeps}"
        return (
            self.tr("So many changes at once may be what you did, or a mistake, a drive that is away or malware.")
            + f" {keeps}"
        )

    def _allow_text(self) -> str:
        if self._held.code is HeldCode.STRANGERS and self._job.keeps_history:
            return self.tr("&Move them to the history")
        if self._held.counts.replaced:
            return self.tr("These &changes are right")
        return self.tr("These &deletions are right")

    @Slot()
    def _on_keep_clicked(self) -> None:
        self.answered.emit(HeldAnswer(self._job.id, self._held, is_right=False))
        self.accept()

    @Slot()
    def _on_allow_clicked(self) -> None:
        self.answered.emit(HeldAnswer(self._job.id, self._held, is_right=True))
        self.accept()


def _table(model: ActionsModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + GRID_PX)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.resizeSection(1, 24 * GRID_PX)
    header.resizeSection(2, 12 * GRID_PX)
    return table
