"""A plan as a table: what would be new, replaced, moved and deleted, by kind and with a search. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QHeaderView, QLineEdit, QPushButton, QVBoxLayout, QWidget

from backup_gui.engine.arranging import Arranged, Arrangement, Order
from backup_gui.engine.model import Action, Counts, EntryKind, Op
from backup_gui.ui.labels import MutedLabel
from backup_gui.ui.rows import RIGHT, RowsModel, make_table
from backup_gui.ui.theme import GRID_PX
from backup_gui.ui.wording import number_text, path_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.ui.icons import Icons
    from backup_gui.ui.jobs import Index

# A search after each key would start one for every letter.
_QUIET_MS = 150
_ORDERS = (Order.PATH, Order.KIND, Order.SIZE)
_ICONS = {
    Op.CREATE: "add",
    Op.REPLACE: "copy",
    Op.DELETE: "remove",
    Op.MOVE: "arrow",
    Op.SET_METADATA: "edit",
}
_FILTERS = (None, Op.CREATE, Op.REPLACE, Op.MOVE, Op.DELETE, Op.SET_METADATA)


class ActionsModel(RowsModel):
    """Actions of a plan, in the plan's order or in another one; rows are given to the view in pages."""

    figure_columns = frozenset({2})

    def __init__(self, actions: tuple[Action, ...] = (), *, keeps_history: bool = False) -> None:
        """Show actions.

        Args:
            actions: The actions, in their order.
            keeps_history: Whether what is deleted goes to the history.
        """
        super().__init__()
        self._keeps_history = keeps_history
        self._icons: Icons | None = None
        self._palette = QPalette()
        self._actions = actions
        self._rows: Sequence[int] | None = None
        self.show_first_page()

    @property
    def total(self) -> int:
        """How many there are, known to the view or not."""
        return len(self._actions) if self._rows is None else len(self._rows)

    def headings(self) -> tuple[str, ...]:
        """Path, what would happen, size."""
        return self.tr("File or folder"), self.tr("In the backup it would be"), self.tr("Size")

    def show_actions(self, actions: tuple[Action, ...], rows: Sequence[int] | None = None) -> None:
        """Show other actions, or others of them.

        Args:
            actions: The actions.
            rows: Places of those to show, in order; None for all as they are.
        """
        self.beginResetModel()
        self._actions = actions
        self._rows = rows
        self.show_first_page()
        self.endResetModel()

    def use_icons(self, icons: Icons, palette: QPalette) -> None:
        """Show an icon for each kind, in a palette's text colour."""
        self._icons = icons
        self._palette = palette

    def action(self, row: int) -> Action:
        """The action at a row."""
        return self._actions[row if self._rows is None else self._rows[row]]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        action = self.action(index.row())
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and column in self.figure_columns:
            return RIGHT
        if role == Qt.ItemDataRole.DecorationRole and column == 1 and self._icons is not None:
            return self._icons.action(_ICONS[action.op], self._palette.color(QPalette.ColorRole.Text))
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return self._tooltip(action)
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        if column == 0:
            # The root itself has no name of its own.
            return path_text(action.path) or self.tr("The folder itself")
        if column == 1:
            return self._op_text(action.op)
        return size_text(action.size_bytes) if action.size_bytes else ""

    def _tooltip(self, action: Action) -> str:
        path = path_text(action.path)
        if action.old_path is not None:
            return self.tr("{path}\nis now {old} in the backup").format(path=path, old=path_text(action.old_path))
        return self.tr("{path} (folder)").format(path=path) if action.kind is EntryKind.FOLDER else path

    def _op_text(self, op: Op) -> str:
        return {
            Op.CREATE: self.tr("added"),
            Op.REPLACE: self.tr("replaced"),
            Op.DELETE: self.tr("moved to the history") if self._keeps_history else self.tr("deleted"),
            Op.MOVE: self.tr("moved"),
            Op.SET_METADATA: self.tr("brought up to date"),
        }[op]


class PlanView(QWidget):
    """The table with its filter and search. Choosing and ordering a million rows takes time, so others do it."""

    arrangement_requested = Signal(object)

    def __init__(self, icons: Icons, *, keeps_history: bool, parent: QWidget | None = None) -> None:
        """Build it empty.

        Args:
            icons: The icons.
            keeps_history: Whether what is deleted goes to the history.
            parent: Owner.
        """
        super().__init__(parent)
        self._actions: tuple[Action, ...] = ()
        self._serial = 0
        self._order = Order.PATH
        self._is_descending = False
        self.model = ActionsModel(keeps_history=keeps_history)
        self.model.use_icons(icons, self.palette())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self._request)

        self.search_edit = QLineEdit()
        self.search_edit.setClearButtonEnabled(True)
        self.search_edit.setPlaceholderText(self.tr("Search for a name"))
        self.search_edit.setAccessibleName(self.tr("Search for a name"))
        self.search_edit.textChanged.connect(self._timer.start)
        self._group = QButtonGroup(self)
        self.filter_buttons: dict[Op | None, QPushButton] = {}
        self._filters = QHBoxLayout()
        self._filters.setSpacing(GRID_PX // 2)
        for number, op in enumerate(_FILTERS):
            button = QPushButton()
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setChecked(op is None)
            self._group.addButton(button, number)
            self.filter_buttons[op] = button
            self._filters.addWidget(button)
        self._filters.addStretch()
        self._group.idClicked.connect(self._on_filter_clicked)
        self._build_table()
        self.foot = MutedLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        column.addLayout(self._filters)
        column.addWidget(self.search_edit)
        column.addWidget(self.table, 1)
        column.addWidget(self.foot)
        self._show_counts(Counts())

    def show_actions(self, actions: tuple[Action, ...]) -> None:
        """Show a plan: at once in its own order, and as the user wants it as soon as somebody answers."""
        self._actions = actions
        self.model.show_actions(actions)
        # The other kinds are counted with the first answer.
        self.filter_buttons[None].setText(self.tr("&All ({count})").format(count=number_text(len(actions))))
        self._request()

    def show_arranged(self, arranged: Arranged) -> None:
        """Show the answer to a request, unless there has been another one since."""
        if arranged.serial != self._serial:
            return
        self.model.show_actions(self._actions, arranged.rows)
        self._show_counts(arranged.counts)
        self.table.scrollToTop()

    def request_again(self) -> None:
        """Ask again, as when there is now somebody to answer."""
        self._request()

    @property
    def op(self) -> Op | None:
        """The kind shown; None for all."""
        return _FILTERS[max(0, self._group.checkedId())]

    def _build_table(self) -> None:
        self.table = make_table(self.tr("What would happen"))
        self.table.setModel(self.model)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        metrics = self.fontMetrics()
        header.resizeSection(1, metrics.horizontalAdvance(self.model.headings()[1]) + 5 * GRID_PX)
        header.resizeSection(2, metrics.horizontalAdvance("0,000.0 MB") + 3 * GRID_PX)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._on_order_changed)
        # A header cannot be reached by keyboard, a context menu can.
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for column, text in enumerate((self.tr("Sort by &name"), self.tr("Sort by &kind"), self.tr("Sort by &size"))):
            action = QAction(text, self.table)
            action.setData(column)
            action.triggered.connect(self._on_sort_chosen)
            self.table.addAction(action)

    def _show_counts(self, counts: Counts) -> None:
        numbers = {
            None: counts.total,
            Op.CREATE: counts.created,
            Op.REPLACE: counts.replaced,
            Op.MOVE: counts.moved,
            Op.DELETE: counts.deleted,
            Op.SET_METADATA: counts.metadata,
        }
        words = {
            None: self.tr("&All ({count})"),
            Op.CREATE: self.tr("Ne&w ({count})"),
            Op.REPLACE: self.tr("&Replaced ({count})"),
            Op.MOVE: self.tr("Mo&ved ({count})"),
            Op.DELETE: self.tr("D&eleted ({count})"),
            Op.SET_METADATA: self.tr("&Only details ({count})"),
        }
        for op, button in self.filter_buttons.items():
            button.setText(words[op].format(count=number_text(numbers[op])))
            button.setVisible(bool(numbers[op]) or op is self.op or op is None)
        if counts.bytes:
            self.foot.setText(self.tr("{size} would be copied").format(size=size_text(counts.bytes)))
        self.foot.setVisible(bool(counts.bytes))

    @Slot()
    def _request(self) -> None:
        self._timer.stop()
        self._serial += 1
        self.arrangement_requested.emit(
            Arrangement(self._serial, self._actions, self.search_edit.text(), self.op, self._order, self._is_descending)
        )

    @Slot(int)
    def _on_filter_clicked(self, _number: int) -> None:
        self._request()

    @Slot(int, Qt.SortOrder)
    def _on_order_changed(self, column: int, order: Qt.SortOrder) -> None:
        self._order = _ORDERS[column]
        self._is_descending = order == Qt.SortOrder.DescendingOrder
        self._request()

    @Slot()
    def _on_sort_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            column = int(action.data())
            is_again = self._order is _ORDERS[column] and not self._is_descending
            order = Qt.SortOrder.DescendingOrder if is_again else Qt.SortOrder.AscendingOrder
            self.table.horizontalHeader().setSortIndicator(column, order)
