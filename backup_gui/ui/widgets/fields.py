"""Fields for the forms of a job: a folder, an interval, a remark under a field."""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QDir, QEvent, QSysInfo, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDropEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from backup_gui.model.status import JobState
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.theme import GRID_PX, scaled_px
from backup_gui.ui.text.format import interval_text
from backup_gui.ui.widgets.labels import FieldLabel, MutedLabel, Panel, RowLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.wheel import WheelGuard

_REMARK_ICON_PX = 16
# The dialog of the desktop fails within this time, as where its portal has no backend, or is seen by a person.
_SEEN_AFTER_S = 1.0


class RemarkLabel(QWidget):
    """A sentence under a field, with an icon for its severity; takes no space without a sentence."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._icon = QLabel()
        side = scaled_px(self, _REMARK_ICON_PX)
        self._icon.setFixedSize(side, side)
        self._words = MutedLabel()
        row = Row(self._icon, (self._words, 1), on=self, margins=0, spacing=GRID_PX)
        row.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        self.setVisible(False)

    @property
    def text(self) -> str:
        """The sentence; empty if there is none."""
        return self._words.text()

    def show_remark(self, text: str, *, is_wrong: bool = False) -> None:
        """Show a note, or what is wrong; nothing if there are no words."""
        self.setVisible(bool(text))
        self._words.setText(text)
        self._words.setAccessibleName(text)
        state = JobState.FAILED if is_wrong else JobState.ATTENTION
        self._icon.setPixmap(self._icons.state_picture(state, _REMARK_ICON_PX, self))


class FolderField(QWidget):
    """A field for a folder, which the user types or chooses.

    Args:
        name: Name of the field for screen readers.
        hint: Placeholder of the empty field.
        title: Title of the dialog in which the user chooses a folder.
    """

    def __init__(self, icons: Icons, name: str, hint: str, title: str) -> None:
        super().__init__()
        self._icons = icons
        self._title = title
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(hint)
        self.edit.setMinimumWidth(scaled_px(self, 24 * GRID_PX))
        self.button = push_button(self.tr("Choose…"), self._on_clicked)
        self.button.setAccessibleName(self.tr("Choose: {field}").format(field=name))
        self.button.setAutoDefault(False)
        Row((self.edit, 1), self.button, on=self, margins=0, spacing=GRID_PX)
        self.setFocusProxy(self.edit)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self.button.setIcon(self._icons.action("folder", self.palette().color(QPalette.ColorRole.ButtonText)))

    @Slot()
    def _on_clicked(self) -> None:
        choose_folder(self, self._title, self.edit.text()).chosen.connect(self.edit.setText)


class NumberField(QSpinBox):
    """A whole number with a unit."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        WheelGuard(self)
        self.setSuffix(unit)
        self.setGroupSeparatorShown(True)
        self.setMinimumWidth(scaled_px(self, 22 * GRID_PX))


class IntervalField(QWidget):
    """A number of seconds, with its value in larger units beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.spin = NumberField(self.tr(" s"))
        self._words = FieldLabel()
        self.spin.valueChanged.connect(self._on_changed)
        Row(self.spin, (self._words, 1), on=self, margins=0, spacing=GRID_PX)
        self.setFocusProxy(self.spin)

    @Slot(int)
    def _on_changed(self, seconds: int) -> None:
        self._words.setText(interval_text(seconds) if seconds >= 60 else "")


class FormPanel(Panel):
    """A panel with a form in it."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        # As high as wrapped text needs at the current width.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(2 * GRID_PX)
        self.form.setVerticalSpacing(GRID_PX)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.body.addLayout(self.form)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Measure again: otherwise the form keeps the previous height of a remark that now needs more lines."""
        super().resizeEvent(event)
        self.form.invalidate()


class FolderDialog(QFileDialog):
    """A dialog to choose a folder; ``chosen`` has its path as the system writes it, which is not as Qt does."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, title: str, start: str) -> None:
        super().__init__(parent, title, start)
        self.setFileMode(QFileDialog.FileMode.Directory)
        self.setOption(QFileDialog.Option.ShowDirsOnly, True)
        self.fileSelected.connect(self._on_file_selected)
        self._shown_s = 0.0

    def showEvent(self, event: QShowEvent) -> None:
        """Note when."""
        super().showEvent(event)
        self._shown_s = time.monotonic()

    def done(self, result: int) -> None:
        """Show Qt's own dialog if the desktop's is closed before anybody could see it: it has failed to appear."""
        was_seen = time.monotonic() - self._shown_s > _SEEN_AFTER_S
        if result or was_seen or not self.testAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen):
            super().done(result)
            return
        self.hide()
        self.setOption(QFileDialog.Option.DontUseNativeDialog, True)
        self.open()

    @Slot(str)
    def _on_file_selected(self, path: str) -> None:
        self.chosen.emit(QDir.toNativeSeparators(path))


def choose_folder(parent: QWidget, title: str, start: str) -> FolderDialog:
    """Open a dialog to choose a folder, which first shows ``start``, if not empty; it emits ``chosen``."""
    dialog = FolderDialog(parent, title, start)
    dialog.finished.connect(dialog.deleteLater)
    # open() and not exec(): it needs no second event loop, so everything else goes on.
    dialog.open()
    return dialog


def dropped_paths(event: QDropEvent) -> tuple[str, ...]:
    """The files and folders of this computer that the user drags here from the file manager."""
    return tuple(path for url in event.mimeData().urls() if (path := _local_path(url)))


def _local_path(url: QUrl) -> str:
    """The path of a URL; empty if it is not on this computer, such as ``file://server/folder`` but on Windows."""
    if url.host() in {"localhost", QSysInfo.machineHostName().lower()}:
        # As some file managers name this computer; Qt would look for the folder on a server.
        url.setHost("")
    is_here = url.isLocalFile() and (not url.host() or sys.platform == "win32")
    return QDir.toNativeSeparators(url.toLocalFile()) if is_here else ""


def add_row(
    form: QFormLayout, label: str, buddy: QWidget, content: QWidget | Row, remark: QWidget | None = None
) -> None:
    """Add a labelled row, with a remark under its field; the label also names the field for screen readers."""
    words = RowLabel(label, content if isinstance(content, FolderField) else buddy, buddy)
    if not buddy.accessibleName():
        buddy.setAccessibleName(label.replace("&", ""))
    form.addRow(words, Column(content, *([remark] if remark is not None else []), spacing=GRID_PX // 2))
