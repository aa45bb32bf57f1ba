"""The versions of one file, with a preview of the selected one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QListView,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import exact_text, isolated, path_text, short_text, size_text, tip_text
from backup_gui.ui.widgets.labels import ElidedLabel, MutedLabel, RowDelegate, read_only_text
from backup_gui.ui.widgets.layouts import Column
from backup_gui.ui.widgets.paged_table import Index

if TYPE_CHECKING:
    from backup_gui.model.restores import Item

_NO_INDEX = QModelIndex()


class VersionsModel(QAbstractListModel):
    """All known contents of one file, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[Item, ...] = ()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """How many versions there are."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One row."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        size, changed = size_text(item.size_bytes), item.mtime_ns / 1e9
        if role == Qt.ItemDataRole.DisplayRole:
            if item.left_at is None:
                return isolated(self.tr("Now: {changed}, {size}").format(changed=short_text(changed), size=size))
            return isolated(self.tr("{changed}, {size}").format(changed=short_text(changed), size=size))
        if role == Qt.ItemDataRole.ToolTipRole:
            words = self.tr("Last changed {when}").format(when=exact_text(changed))
            if item.left_at is not None:
                words += "\n" + self.tr("In the backup until {when}").format(when=exact_text(item.left_at))
            return words
        return None

    def show_items(self, items: tuple[Item, ...]) -> None:
        """Show these versions."""
        self.beginResetModel()
        self._items = items
        self.endResetModel()

    def item(self, row: int) -> Item | None:
        """The version at a row; None without one."""
        return self._items[row] if 0 <= row < len(self._items) else None

    def row_of(self, item: Item) -> int:
        """The row of a version; -1 without one."""
        places = [(one.root, one.stored) for one in self._items]
        return places.index((item.root, item.stored)) if (item.root, item.stored) in places else -1


class VersionList(QListView):
    """The list of versions; the palette for this class name gives it an edge, unlike the list of jobs."""


class VersionPanel(QWidget):
    """The versions of one file. Requests a preview of the selected one."""

    look_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.model = VersionsModel()
        self._wanted: Item | None = None
        self._title = ElidedLabel(is_muted=False)
        self.list = VersionList()
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAlternatingRowColors(True)
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setAccessibleName(self.tr("Versions of this file"))
        self.list.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.text = read_only_text(self, self.tr("What the file looks like"))
        self._picture = _Picture()
        self._picture.setAccessibleName(self.tr("What the picture looks like"))
        self._words = MutedLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._looks = QStackedWidget()
        for widget in (self._words, self.text, self._picture):
            self._looks.addWidget(widget)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.list)
        splitter.addWidget(self._looks)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        Column(self._title, (splitter, 1), on=self, margins=0, spacing=GRID_PX // 2)
        self.show_nothing("")

    @property
    def chosen(self) -> Item | None:
        """The selected version; None without one."""
        return self.model.item(self.list.currentIndex().row())

    def show_nothing(self, words: str) -> None:
        """Show a sentence in place of a file."""
        self._wanted = None
        self._title.set_full_text("")
        self.model.show_items(())
        self.list.setVisible(False)
        self.show_words(words)

    def await_item(self, item: Item) -> None:
        """Show the name of a file whose versions are being read."""
        self._wanted = item
        self._title.set_full_text(path_text(item.name))
        self._title.setToolTip(tip_text(path_text(item.path)))
        self.show_words("")

    def show_versions(self, items: tuple[Item, ...]) -> None:
        """Show the versions of the awaited file, and select the one that the tree shows."""
        self.model.show_items(items)
        self.list.setVisible(True)
        row = self.model.row_of(self._wanted) if self._wanted is not None else -1
        self.list.setCurrentIndex(self.model.index(max(row, 0)))
        if not items:
            self.show_words(self.tr("This file is not in the backup any more."))

    def show_look(self, text: str | None, picture: QImage | None, *, is_cut: bool) -> None:
        """Show the preview of a version."""
        if picture is not None:
            self._picture.show_image(picture)
            self._looks.setCurrentWidget(self._picture)
        elif text is not None:
            # Qt cannot draw invalid text.
            shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
            self.text.setPlainText(shown + ("\n…" if is_cut else ""))
            self._looks.setCurrentWidget(self.text)
        else:
            self.show_words(self.tr("No preview of this sort of file"))

    def show_words(self, words: str) -> None:
        """Show a sentence in place of the preview."""
        self._words.setText(words)
        self._looks.setCurrentWidget(self._words)

    @Slot()
    def _on_row_changed(self) -> None:
        item = self.chosen
        if item is not None:
            self.look_requested.emit(item)


class _Picture(QLabel):
    """A picture scaled down to fit, never up."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(QSize(8 * GRID_PX, 8 * GRID_PX))

    def show_image(self, image: QImage) -> None:
        self._image = image
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        if self._image.isNull():
            return
        ratio = self.devicePixelRatioF()
        size = self._image.size().boundedTo(self.size() * ratio)
        scaled = self._image.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        self.setPixmap(QPixmap.fromImage(scaled))
