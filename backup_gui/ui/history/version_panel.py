"""The versions of one file, with a preview of the selected one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import exact_text, isolated, path_text, short_text, size_text, tip_text
from backup_gui.ui.widgets.labels import ElidedLabel, MutedLabel, RowDelegate, read_only_text
from backup_gui.ui.widgets.layouts import Column

if TYPE_CHECKING:
    from backup_gui.model.restores import Item


_LEAST_PX = 5 * GRID_PX


class VersionList(QListWidget):
    """The list of versions; the palette for this class name gives it an edge, unlike the list of jobs."""


class VersionPanel(QWidget):
    """The versions of one file. Requests a preview of the selected one."""

    look_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[Item, ...] = ()
        self._wanted: Item | None = None
        self._title = ElidedLabel(is_muted=False)
        self.list = VersionList()
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAlternatingRowColors(True)
        self.list.setItemDelegate(RowDelegate(self.list))
        self.list.setAccessibleName(self.tr("Versions of this file"))
        self.list.currentRowChanged.connect(self._on_row_changed)
        self.text = read_only_text(self, self.tr("What the file looks like"))
        self._picture = _Picture()
        self._picture.setAccessibleName(self.tr("What the picture looks like"))
        self._words = MutedLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._looks = QStackedWidget()
        for widget in (self._words, self.text, self._picture):
            self._looks.addWidget(widget)
        for part in (self.list, self._looks):
            # Less than Qt's own minimum, for the smallest window.
            part.setMinimumHeight(_LEAST_PX)
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
        row = self.list.currentRow()
        return self._items[row] if row >= 0 else None

    def show_nothing(self, words: str) -> None:
        """Show a sentence in place of a file."""
        self._wanted = None
        self._title.set_full_text("")
        self._show_items(())
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
        self._show_items(items)
        self.list.setVisible(True)
        wanted = (self._wanted.root, self._wanted.stored) if self._wanted is not None else None
        places = [(item.root, item.stored) for item in items]
        self.list.setCurrentRow(places.index(wanted) if wanted in places else 0)
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

    def _show_items(self, items: tuple[Item, ...]) -> None:
        with QSignalBlocker(self.list):
            self.list.clear()
        self._items = items
        for item in items:
            size, changed = size_text(item.size_bytes), item.mtime_ns / 1e9
            pattern = self.tr("Now: {changed}, {size}") if item.left_at is None else self.tr("{changed}, {size}")
            row = QListWidgetItem(isolated(pattern.format(changed=short_text(changed), size=size)), self.list)
            words = self.tr("Last changed {when}").format(when=exact_text(changed))
            if item.left_at is not None:
                words += "\n" + self.tr("In the backup until {when}").format(when=exact_text(item.left_at))
            row.setToolTip(tip_text(words))

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

    def resizeEvent(self, event: QResizeEvent) -> None:
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
