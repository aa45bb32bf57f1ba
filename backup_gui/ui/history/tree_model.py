"""The tree of a folder as it was at some time; opening a folder requests its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication

from backup_gui.model.entries import EntryKind
from backup_gui.ui.style.theme import muted
from backup_gui.ui.text.format import exact_text, isolated, path_text, short_text, size_text, tip_text
from backup_gui.ui.widgets.paged_table import PAGE_ROWS, RIGHT, Headings, Index
from backup_gui.ui.widgets.path_delegate import PATH_ROLE

if TYPE_CHECKING:
    from backup_gui.model.restores import Item
    from backup_gui.ui.style.icons import Icons

_SIZE_COLUMN = 2


@dataclass(eq=False, slots=True)
class _Node:
    """A row. A folder knows all its items, and creates rows for them in pages."""

    key: int
    item: Item | None
    parent: _Node | None
    row: int
    items: tuple[Item, ...] | None = None
    rows: list[_Node] = field(default_factory=list)
    is_asked: bool = False


class HistoryModel(Headings, QAbstractItemModel):
    """Files and folders with date and size.

    The view gets rows in pages: 100,000 files in a folder cost nothing until the user scrolls to them.
    """

    # The last column, because right-aligned sizes would run into dates after them.
    figure_columns = frozenset({_SIZE_COLUMN})
    folder_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.headings = (self.tr("Name"), self.tr("Changed"), self.tr("Size"))
        self._icons = icons
        self._next_key = 1
        self._nodes: dict[int, _Node] = {}
        self._root = _Node(0, None, None, 0)
        # Whether this is a list of search results, which show full paths and cannot be opened.
        self.is_flat = False
        # While rows are inserted or removed, the view must not fetch any.
        self._is_changing = False

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        """The index of a cell."""
        rows = self._node(parent).rows
        if 0 <= row < len(rows) and 0 <= column < 3:
            return self.createIndex(row, column, rows[row].key)
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # Qt has two of this name
        """The index of the folder that contains a row."""
        node = self._node(index).parent
        return self._index_of(node) if node is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """How many rows of a folder the view has so far."""
        return len(self._node(parent).rows) if parent.column() <= 0 else 0

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:
        """Whether a row can be opened."""
        node = self._node(parent)
        if node.item is None:
            return True
        return node.item.is_folder and not self.is_flat and (node.items is None or bool(node.items))

    def canFetchMore(self, parent: Index) -> bool:
        """Whether a folder has not been requested yet, or has more rows."""
        node = self._node(parent)
        if self._is_changing:
            return False
        if node.items is None:
            return node.item is not None and node.item.is_folder and not node.is_asked and not self.is_flat
        return len(node.rows) < len(node.items)

    def fetchMore(self, parent: Index) -> None:
        """Request a folder, or give the view its next page."""
        node = self._node(parent)
        if self._is_changing:
            return
        if node.items is None:
            if node.item is not None and not node.is_asked:
                node.is_asked = True
                self.folder_requested.emit(node.item.path)
            return
        self._show_page(node)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        item = self.item(index)
        if item is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(item, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == _SIZE_COLUMN:
            return RIGHT
        if role == PATH_ROLE and column == 0 and self.is_flat:
            return path_text(item.path)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            palette = QGuiApplication.palette()
            colour = muted(palette) if item.is_gone else palette.text().color()
            name = "folder" if item.is_folder else "file"
            return self._icons.in_rows(name, colour, palette.highlightedText().color())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self._hint(item))
        return _dimmed(role) if item.is_gone else None

    def item(self, index: Index) -> Item | None:
        """The item of a row; None without a row."""
        return self._node(index).item

    def show_folder(self, path: str, items: tuple[Item, ...]) -> None:
        """Show the content of a folder, unless it is shown already."""
        node = self._root if not path else self._shown_folder(path)
        if node is None:
            return
        node.is_asked = True
        if node.items == items:
            return
        self._drop_rows(node)
        node.items = items
        self._show_page(node)

    def show_found(self, items: tuple[Item, ...]) -> None:
        """Show what a search found."""
        self.clear(is_flat=True)
        self._root.items = items
        self._show_page(self._root)

    def clear(self, *, is_flat: bool = False) -> None:
        """Show nothing."""
        self.beginResetModel()
        self._nodes.clear()
        self._root = _Node(0, None, None, 0)
        self.is_flat = is_flat
        self.endResetModel()

    def forget_unseen(self, opened: set[str]) -> None:
        """Forget the content of closed folders; opening one requests it again."""
        for node in [node for node in self._nodes.values() if node.is_asked]:
            if node.key in self._nodes and node.item is not None and node.item.path not in opened:
                self._drop_rows(node)
                node.items, node.is_asked = None, False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown."""
        return not self._root.items

    def _node(self, index: Index) -> _Node:
        return self._nodes.get(index.internalId(), self._root) if index.isValid() else self._root

    def _index_of(self, node: _Node) -> QModelIndex:
        return QModelIndex() if node.item is None else self.createIndex(node.row, 0, node.key)

    def _shown_folder(self, path: str) -> _Node | None:
        node, where = self._root, ""
        for name in path.split("/"):
            where = f"{where}/{name}" if where else name
            found = (row for row in node.rows if row.item is not None and row.item.path == where and row.item.is_folder)
            child = next(found, None)
            if child is None:
                return None
            node = child
        return node

    def _show_page(self, node: _Node) -> None:
        items = node.items or ()
        first = len(node.rows)
        page = items[first : first + PAGE_ROWS]
        if not page:
            return
        self._is_changing = True
        self.beginInsertRows(self._index_of(node), first, first + len(page) - 1)
        for offset, item in enumerate(page):
            child = _Node(self._next_key, item, node, first + offset)
            self._next_key += 1
            self._nodes[child.key] = child
            node.rows.append(child)
        # Receivers of the signal may open folders among the new rows.
        self._is_changing = False
        self.endInsertRows()

    def _drop_rows(self, node: _Node) -> None:
        if not node.rows:
            return
        self._is_changing = True
        self.beginRemoveRows(self._index_of(node), 0, len(node.rows) - 1)
        pending, node.rows = node.rows, []
        while pending:
            child = pending.pop()
            del self._nodes[child.key]
            pending.extend(child.rows)
        self.endRemoveRows()
        self._is_changing = False

    def _text(self, item: Item, column: int) -> str:
        if column == 0:
            return isolated(path_text(item.path if self.is_flat else item.name))
        if column == _SIZE_COLUMN:
            return size_text(item.size_bytes) if item.kind is EntryKind.FILE else ""
        return self._date_text(item)

    def _date_text(self, item: Item) -> str:
        if item.is_gone and item.left_at is not None:
            return isolated(self.tr("deleted {when}").format(when=short_text(item.left_at)))
        return "" if item.is_folder else short_text(item.mtime_ns / 1e9)

    def _hint(self, item: Item) -> str:
        lines = [path_text(item.path)]
        if not item.is_folder:
            lines.append(self.tr("Last changed {when}").format(when=exact_text(item.mtime_ns / 1e9)))
        if item.is_gone and item.left_at is not None:
            lines.append(self.tr("Deleted {when}").format(when=exact_text(item.left_at)))
        return "\n".join(lines)


def _dimmed(role: int) -> object:
    """The look of a deleted file's row; the date column says it in words."""
    if role == Qt.ItemDataRole.ForegroundRole:
        return muted(QGuiApplication.palette())
    if role == Qt.ItemDataRole.FontRole:
        font = QFont()
        font.setItalic(True)
        return font
    return None
