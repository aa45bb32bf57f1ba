"""A plan as rows of a tree, with totals of each kind of change under each folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPixmap

from backup_gui.model.entries import EntryKind
from backup_gui.model.plan_tree import PlanTree, flat
from backup_gui.model.plans import Action, Counts, Op
from backup_gui.ui.text.format import counted, isolated, path_in_words, path_text, size_text, tip_text
from backup_gui.ui.widgets.paged_table import PAGE_ROWS, RIGHT, Headings, Index

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

SIZE_COLUMN = 2
_LARGEST_ICON_PX = 64
_ICONS = {
    Op.CREATE: "add",
    Op.REPLACE: "copy",
    Op.DELETE: "remove",
    Op.MOVE: "arrow",
    Op.SET_METADATA: "edit",
}


class PlanModel(Headings, QAbstractItemModel):
    """Actions of a plan under their folders; the view gets the rows of each folder in pages.

    An index holds the number of the folder that contains its row.
    """

    figure_columns = frozenset({SIZE_COLUMN})

    def __init__(self, icons: Icons, *, keeps_history: bool) -> None:
        super().__init__()
        self.headings = (self.tr("File or folder"), self.tr("In the backup it would be"), self.tr("Size"))
        self._icons = icons
        self._keeps_history = keeps_history
        # Aligns rows without an icon with the others.
        self._blank = _blank_icon()
        self.tree = flat(())
        # How many rows of a folder the view has, if more than the first page.
        self._shown: dict[int, int] = {}

    def show_tree(self, tree: PlanTree) -> None:
        """Show another tree."""
        self.beginResetModel()
        self.tree = tree
        self._shown = {}
        self.endResetModel()

    # The tree

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        """The index of a cell."""
        folder = self.folder(parent)
        if 0 <= column <= SIZE_COLUMN and 0 <= row < self._row_count(folder):
            return self.createIndex(row, column, folder)
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # Qt has two of this name
        """The index of the folder that contains a row."""
        return self.index_of(index.internalId()) if index.isValid() else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """How many rows of a folder the view has so far."""
        return self._row_count(self.folder(parent))

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:
        """Whether a row can be opened."""
        return self._row_count(self.folder(parent)) > 0

    def has_more(self, parent: Index) -> bool:
        """Whether a folder has more rows than the view has.

        The view does not learn this from ``canFetchMore``: it would fetch pages at each layout, until that takes long.
        """
        folder = self.folder(parent)
        return folder >= 0 and self._row_count(folder) < self.tree.row_count(folder)

    def fetchMore(self, parent: Index) -> None:
        """Give the view the next page of a folder."""
        folder = self.folder(parent)
        first = self._row_count(folder)
        last = min(self.tree.row_count(folder), first + PAGE_ROWS) - 1
        if folder >= 0 and last >= first:
            self.beginInsertRows(self.index_of(folder), first, last)
            self._shown[folder] = last + 1
            self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        if not index.isValid():
            return None
        entry = self.tree.entry(index.internalId(), index.row())
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and column == SIZE_COLUMN:
            return RIGHT
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(entry, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 0 and self._is_folder(entry):
            return self.tr("{name}, folder").format(name=self._name(index.internalId(), entry))
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return tip_text(self._tooltip(entry))
        if role not in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole}:
            return None
        if column == 0:
            return self._name(index.internalId(), entry)
        return self._what_text(entry) if column == 1 else self._size_text(entry)

    # Rows

    def folder(self, index: Index) -> int:
        """The folder at an index; 0 for the root, -1 for a file or another column."""
        if not index.isValid():
            return 0
        if index.column():
            return -1
        entry = self.tree.entry(index.internalId(), index.row())
        return ~entry if entry < 0 else -1

    def index_of(self, folder: int) -> QModelIndex:
        """The index of a folder's own row; invalid for the root."""
        return self.createIndex(self.tree.places[folder], 0, self.tree.parents[folder]) if folder else QModelIndex()

    def path(self, index: Index) -> str:
        """The path of a row."""
        return self.tree.path(self.tree.entry(index.internalId(), index.row()))

    def _row_count(self, folder: int) -> int:
        return min(self.tree.row_count(folder), self._shown.get(folder, PAGE_ROWS)) if folder >= 0 else 0

    def _is_folder(self, entry: int) -> bool:
        return entry < 0 or self.tree.actions[entry].kind is EntryKind.FOLDER

    # Text and icons

    def _name(self, folder: int, entry: int) -> str:
        # The root has no name.
        return isolated(path_text(self.tree.name(folder, entry))) or self.tr("The folder itself")

    def _what_text(self, entry: int) -> str:
        action = self.tree.action(entry)
        if entry >= 0:
            return self._action_text(self.tree.actions[entry])
        counts = self.tree.counts(~entry)
        if action is None:
            return isolated(counts_text(counts))
        what = self._op_text(action.op)
        if self._only_op(entry) is not None:
            return counted("{what}, with %Ln in it", "{what}, with %Ln in it", counts.total).format(what=what)
        return self.tr("{counts}; itself {what}").format(counts=isolated(counts_text(counts)), what=what)

    def _action_text(self, action: Action) -> str:
        if action.old_path is not None:
            return self.tr("moved from {old}").format(old=isolated(path_text(action.old_path)))
        return self._op_text(action.op)

    def _op_text(self, op: Op) -> str:
        return {
            Op.CREATE: self.tr("added"),
            Op.REPLACE: self.tr("replaced"),
            Op.DELETE: self.tr("moved to the history") if self._keeps_history else self.tr("deleted"),
            Op.MOVE: self.tr("moved"),
            Op.SET_METADATA: self.tr("brought up to date"),
        }[op]

    def _size_text(self, entry: int) -> str:
        size_bytes = self.tree.actions[entry].size_bytes if entry >= 0 else self.tree.sizes[~entry]
        return size_text(size_bytes) if size_bytes else ""

    def _tooltip(self, entry: int) -> str:
        path = path_in_words(self.tree.path(entry))
        action = self.tree.action(entry)
        if action is not None and action.old_path is not None:
            return self.tr("{path}\nis now {old} in the backup").format(path=path, old=path_in_words(action.old_path))
        return self.tr("{path} (folder)").format(path=path) if self._is_folder(entry) else path

    def _icon(self, entry: int, column: int) -> QIcon | None:
        if column == SIZE_COLUMN:
            return None
        if column == 0:
            name = "folder" if self._is_folder(entry) else "file"
        elif (op := self._only_op(entry)) is None:
            return self._blank
        else:
            name = _ICONS[op]
            if op is Op.MOVE and QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                name = "arrow-mirrored"
        palette = QGuiApplication.palette()
        return self._icons.in_rows(name, palette.text().color(), palette.highlightedText().color())

    def _only_op(self, entry: int) -> Op | None:
        """The only kind of change in a row; None if there are several."""
        action = self.tree.action(entry)
        ops = {action.op} if action is not None else set()
        if entry < 0:
            ops.update(op for op, tally in zip(Op, self.tree.tallies, strict=True) if tally[~entry])
        return ops.pop() if len(ops) == 1 else None


def _blank_icon() -> QIcon:
    pixmap = QPixmap(_LARGEST_ICON_PX, _LARGEST_ICON_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)


def counts_text(counts: Counts) -> str:
    """Such as "312 new  ·  4 replaced"."""
    parts = (
        counted("%Ln new", "%Ln new", counts.created) if counts.created else "",
        counted("%Ln replaced", "%Ln replaced", counts.replaced) if counts.replaced else "",
        counted("%Ln moved", "%Ln moved", counts.moved) if counts.moved else "",
        counted("%Ln deleted", "%Ln deleted", counts.deleted) if counts.deleted else "",
        counted("%Ln with new details", "%Ln with new details", counts.metadata) if counts.metadata else "",
    )
    return "  ·  ".join(filter(None, parts))
