"""Shows a plan as a tree, with a filter by kind of change and a search. Changes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHeaderView, QLineEdit, QWidget

from backup_gui.desktop.periodic import delayed
from backup_gui.model.plan_tree import MOST_OPENED_ROWS, Arranged, Arrangement, SortKey, flat
from backup_gui.model.plans import Action, Counts, Op
from backup_gui.ui.plan.model import SIZE_COLUMN, PlanModel
from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import number_text, size_text
from backup_gui.ui.widgets.filter_button import FilterButton
from backup_gui.ui.widgets.labels import MutedLabel
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.paged_tree import PagedTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backup_gui.ui.style.icons import Icons
    from backup_gui.ui.widgets.paged_table import Index

# Wait until the user pauses, so that not every letter starts a search.
_QUIET_MS = 150
_ORDERS = (SortKey.PATH, SortKey.KIND, SortKey.SIZE)
_FILTERS = (None, Op.CREATE, Op.REPLACE, Op.MOVE, Op.DELETE, Op.SET_METADATA)


class PlanTreeView(PagedTree):
    """The tree itself. The key that opens all below a row opens only as much as the window can show at once."""

    opening_requested = Signal(QModelIndex)

    def __init__(self, name: str, model: PlanModel) -> None:
        super().__init__(name)
        self._rows = model
        self.setModel(model)

    def has_more(self, parent: Index) -> bool:
        """Whether the view does not know all rows of a folder yet."""
        return self._rows.has_more(parent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the asterisk key: the view itself would open a million rows one by one."""
        if event.key() == Qt.Key.Key_Asterisk:
            self.opening_requested.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class PlanView(QWidget):
    """The tree with its filter and search. Requests filtering and sorting, which take long for a million rows."""

    arrangement_requested = Signal(object)

    def __init__(self, icons: Icons, *, keeps_history: bool) -> None:
        super().__init__()
        self._actions: Sequence[Action] = ()
        self._order = SortKey.PATH
        self._is_descending = False
        # Paths of the open folders, and the search text that was in effect.
        self._opened: set[str] = set()
        self._text = ""
        self._opens_more = True
        self.model = PlanModel(icons, keeps_history=keeps_history)
        self._timer = delayed(self, _QUIET_MS, self.request)

        self.search_edit = QLineEdit()
        self.search_edit.setClearButtonEnabled(True)
        self.search_edit.setPlaceholderText(self.tr("Search for a name"))
        self.search_edit.setAccessibleName(self.tr("Search for a name"))
        self.search_edit.textChanged.connect(self._timer.start)
        self._group = QButtonGroup(self)
        self.filter_buttons: dict[Op | None, FilterButton] = {}
        for number, op in enumerate(_FILTERS):
            button = FilterButton()
            button.setChecked(op is None)
            self._group.addButton(button, number)
            self.filter_buttons[op] = button
        filters = Row(*self.filter_buttons.values(), 0, spacing=GRID_PX // 2)
        self._group.idClicked.connect(self.request)
        self._build_tree()
        self.foot = MutedLabel()
        Column(filters, self.search_edit, (self.tree, 1), self.foot, on=self, margins=0, spacing=GRID_PX)
        self._show_counts(Counts())

    def show_actions(self, actions: Sequence[Action]) -> None:
        """Show a plan at once as a flat list, and arranged when the answer to the request comes."""
        self._actions = actions
        self._opened.clear()
        self.model.show_tree(flat(actions))
        # The first answer brings the counts of the other kinds.
        self.filter_buttons[None].setText(self.tr("&All ({count})").format(count=number_text(len(actions))))
        self.request()

    def show_arranged(self, arranged: Arranged) -> None:
        """Show the answer to the latest request."""
        self._opens_more = False
        self._opened.clear()
        self.model.show_tree(arranged.tree)
        self._open(arranged.opened)
        self._show_counts(arranged.counts)
        self.tree.scrollToTop()

    @property
    def op(self) -> Op | None:
        """The kind shown; None for all."""
        return _FILTERS[max(0, self._group.checkedId())]

    def _build_tree(self) -> None:
        self.tree = PlanTreeView(self.tr("What would happen"), self.model)
        self.tree.expanded.connect(self._on_expanded)
        self.tree.collapsed.connect(self._on_collapsed)
        self.tree.opening_requested.connect(self._on_opening_requested)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        metrics = self.fontMetrics()
        header.resizeSection(1, metrics.horizontalAdvance("moved to the history, with 000 in it") + 5 * GRID_PX)
        header.resizeSection(SIZE_COLUMN, metrics.horizontalAdvance("0,000.0 MB") + 3 * GRID_PX)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._on_order_changed)
        # The keyboard reaches a context menu, but not a header.
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for column, text in enumerate((self.tr("Sort by &name"), self.tr("Sort by &kind"), self.tr("Sort by &size"))):
            action = QAction(text, self.tree)
            action.triggered.connect(partial(self._sort_by, column))
            self.tree.addAction(action)
        divider = QAction(self.tree)
        divider.setSeparator(True)
        self.tree.addAction(divider)
        close_action = QAction(self.tr("&Close all folders"), self.tree)
        close_action.triggered.connect(self._on_close_all_chosen)
        self.tree.addAction(close_action)

    def _open(self, folders: Iterable[int]) -> None:
        for folder in folders:
            self.tree.expand(self.model.index_of(folder))

    def _show_counts(self, counts: Counts) -> None:
        kinds = {
            None: (self.tr("&All ({count})"), counts.total),
            Op.CREATE: (self.tr("Ne&w ({count})"), counts.created),
            Op.REPLACE: (self.tr("&Replaced ({count})"), counts.replaced),
            Op.MOVE: (self.tr("Mo&ved ({count})"), counts.moved),
            Op.DELETE: (self.tr("D&eleted ({count})"), counts.deleted),
            Op.SET_METADATA: (self.tr("&Only details ({count})"), counts.metadata),
        }
        for op, button in self.filter_buttons.items():
            words, number = kinds[op]
            button.setText(words.format(count=number_text(number)))
            button.setVisible(number > 0 or op is self.op or op is None)
        if counts.bytes:
            self.foot.setText(self.tr("{size} would be copied").format(size=size_text(counts.bytes)))
        elif self._text and not counts.total:
            self.foot.setText(self.tr("Nothing with this in its name was found."))
        else:
            self.foot.clear()
        self.foot.setVisible(bool(self.foot.text()))

    def request(self, *, opens_more: bool = True) -> None:
        """Request the rows of the current filter, search and order, also for a receiver connected only now.

        Folders that the user has closed may be opened only if ``opens_more``.
        """
        self._timer.stop()
        text = self.search_edit.text()
        # Close what was opened for the results of the previous search.
        if text != self._text:
            self._opened.clear()
            self._text = text
        # Keep the flag of a previous request that has had no answer yet.
        self._opens_more |= opens_more
        self.arrangement_requested.emit(
            Arrangement(
                *(self._actions, text, self.op, self._order, self._is_descending),
                opened=frozenset(self._opened),
                opens_more=self._opens_more,
            )
        )

    @Slot(QModelIndex)
    def _on_expanded(self, index: QModelIndex) -> None:
        self._opened.add(self.model.path(index))

    @Slot(QModelIndex)
    def _on_collapsed(self, index: QModelIndex) -> None:
        self._opened.discard(self.model.path(index))

    @Slot(QModelIndex)
    def _on_opening_requested(self, index: QModelIndex) -> None:
        folder = self.model.folder(index.siblingAtColumn(0))
        if folder > 0:
            self._open((folder, *self.model.tree.unfold(folder, MOST_OPENED_ROWS)))

    @Slot()
    def _on_close_all_chosen(self) -> None:
        self.tree.collapseAll()
        self._opened.clear()

    @Slot(int, Qt.SortOrder)
    def _on_order_changed(self, column: int, order: Qt.SortOrder) -> None:
        self._order = _ORDERS[column]
        self._is_descending = order == Qt.SortOrder.DescendingOrder
        # The rows are the same, so what the user has closed stays closed.
        self.request(opens_more=False)

    def _sort_by(self, column: int, *_checked: bool) -> None:
        is_again = self._order is _ORDERS[column] and not self._is_descending
        order = Qt.SortOrder.DescendingOrder if is_again else Qt.SortOrder.AscendingOrder
        self.tree.header().setSortIndicator(column, order)
