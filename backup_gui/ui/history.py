"""The History page: a folder as it stood at a time, the versions of its files, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backup_gui.engine.retrieval import Item, Moment, Policy, Search
from backup_gui.ui.fields import RemarkLabel
from backup_gui.ui.headline import silence_text
from backup_gui.ui.historytree import HistoryModel
from backup_gui.ui.historyview import Asked, RestoreWish, Subject
from backup_gui.ui.jobview import Level, Remark
from backup_gui.ui.labels import ElidedLabel, MutedLabel, PrimaryButton
from backup_gui.ui.theme import GRID_PX, scaled_px
from backup_gui.ui.timebar import TimeBar
from backup_gui.ui.trees import PagedTree
from backup_gui.ui.vacancy import Vacancy
from backup_gui.ui.versionpanel import VersionPanel
from backup_gui.ui.wording import counted, size_text

if TYPE_CHECKING:
    from backup_gui.ui.icons import Icons

_TYPING_MS = 250
# After a pass has changed something; passes may follow each other closely.
_CHANGE_MS = 1_500


class HistoryPage(QWidget):
    """Shows one backup as it stood; everything in it is asked for, and comes when it comes."""

    moments_requested = Signal(object)
    folder_requested = Signal(object)
    search_requested = Signal(object)
    versions_requested = Signal(object)
    look_requested = Signal(object)
    restore_requested = Signal(object)

    def __init__(self, icons: Icons, now: Callable[[], float], parent: QWidget | None = None) -> None:
        """Build it without a backup.

        Args:
            icons: The icons.
            now: The clock, seconds since 1970.
            parent: Owner.
        """
        super().__init__(parent)
        self._subject: Subject | None = None
        self._serial = 0
        self._is_stale = True
        self._opened: set[str] = set()
        self._chosen: set[str] = set()
        self.model = HistoryModel(icons)
        self.time = TimeBar(now)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name"))
        self.search.setAccessibleName(self.tr("Search by name"))
        self.search.setClearButtonEnabled(True)
        self.gone_check = QCheckBox(self.tr("Show &deleted files"))
        self.gone_check.setToolTip(self.tr("Also what had been deleted before that time, dimmed"))
        self.versions = VersionPanel()
        self._silence = RemarkLabel(icons)
        self._note = MutedLabel()
        self._note.setWordWrap(False)
        self._vacancies: dict[str, Vacancy] = {
            "empty": Vacancy(
                icons,
                "history",
                self.tr("Nothing here"),
                self.tr("At this time there was nothing here. Choose another time, or show deleted files."),
            ),
            "none": Vacancy(
                icons, "history", self.tr("Nothing found"), self.tr("No file of that name at the time chosen.")
            ),
            "silent": Vacancy(
                icons,
                "drive",
                self.tr("The drive does not answer"),
                self.tr("What is on it is shown as soon as it does. All else in the window goes on."),
            ),
            "failed": Vacancy(
                icons,
                "drive",
                self.tr("The backup cannot be read at the moment"),
                self.tr("Its drive may be away. Connect it, and come back to this page."),
            ),
        }
        self._build()
        self._typing = self._timer(_TYPING_MS, self._refresh)
        self._change = self._timer(_CHANGE_MS, self._on_change_settled)
        self._connect()
        self._update_buttons()

    # What is shown

    def show_subject(self, subject: Subject) -> None:
        """Show a backup; the one that is shown already stays as it is."""
        if subject == self._subject:
            return
        self._subject = subject
        self._serial += 1
        self._opened.clear()
        self._chosen.clear()
        self.time.reset()
        with QSignalBlocker(self.search), QSignalBlocker(self.gone_check):
            self.search.clear()
            self.gone_check.setChecked(False)
        self.model.clear()
        self.versions.show_nothing(self._hint())
        self._policy.setVisible(bool(subject.source))
        self._policy_label.setVisible(bool(subject.source))
        # Without a history nothing would be left of what is replaced.
        self._policy.setCurrentIndex(0)
        self._policy.setEnabled(subject.history is not None)
        self.back_button.setVisible(bool(subject.source))
        # The button that is meant is the one that Enter presses.
        (self.back_button if subject.source else self.save_button).setDefault(True)
        self._is_stale = True
        self._update_buttons()
        self._load_if_seen()

    def note_change(self) -> None:
        """Take note that the backup has changed."""
        self._is_stale = True
        if self.isVisible() and not self._change.isActive():
            self._change.start()

    def show_moments(self, asked: Asked, moments: tuple[Moment, ...]) -> None:
        """Show the times at which something changed."""
        if asked.subject == self._subject:
            self.time.show_moments(moments)

    def show_folder(self, asked: Asked, items: tuple[Item, ...]) -> None:
        """Show what was in a folder."""
        if self._is_current(asked) and not asked.text:
            if self.model.is_flat:
                self.model.clear()
            self.model.show_folder(asked.path, items)
            if not asked.path:
                self._show_part("empty" if self.model.is_empty else "")
                self._say("")

    def show_found(self, asked: Asked, found: Search) -> None:
        """Show what a search found."""
        if self._is_current(asked):
            self.model.show_found(found.items)
            self._show_part("none" if self.model.is_empty else "")
            self._say(self.tr("There are more: only the first are shown.") if found.is_cut else "")

    def show_versions(self, asked: Asked, items: tuple[Item, ...]) -> None:
        """Show the versions of the file chosen."""
        chosen = self._single()
        if asked.subject == self._subject and chosen is not None and chosen.path == asked.path:
            self.versions.show_versions(items)
            self._update_buttons()

    def show_look(self, asked: Asked, text: str | None, picture: QImage | None, *, is_cut: bool) -> None:
        """Show what a version looks like."""
        if self._is_looked_at(asked):
            self.versions.show_look(text, picture, is_cut=is_cut)

    def show_failure(self, asked: Asked) -> None:
        """Show that something could not be read."""
        if asked.item is not None or (asked.path and asked.path not in self._opened):
            if self._is_looked_at(asked) or asked.item is None:
                self.versions.show_failure(self.tr("This cannot be read at the moment."))
        elif self._is_current(asked):
            self._is_stale = True
            self.model.clear()
            self._say("")
            self._show_part("failed")

    def show_silence(self, silent_s: int) -> None:
        """Show for how long the drive has not answered, in seconds; 0 if it does."""
        self._silence.show_remark(Remark(Level.NOTE, silence_text(silent_s)) if silent_s else Remark())
        if silent_s and self.model.is_empty:
            self._show_part("silent")
        elif not silent_s and self._stack.currentWidget() is self._vacancies["silent"]:
            self._show_part("")

    # What the user does

    def wished_items(self) -> tuple[Item, ...]:
        """What the user has chosen: the version if one file is chosen, else all rows."""
        single, version = self._single(), self.versions.chosen
        if single is not None and version is not None and version.path == single.path:
            return (version,)
        return self._selected()

    def save_to(self, folder: str) -> None:
        """Ask for what is chosen to be saved in a folder."""
        items = self.wished_items()
        if folder and items and self._subject is not None:
            self.restore_requested.emit(RestoreWish(self._subject, items, self.time.at, folder))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Read what is to be shown when it is seen."""
        super().showEvent(event)
        self._load_if_seen()

    def _load_if_seen(self) -> None:
        if self._is_stale and self._subject is not None and self.isVisible():
            self.moments_requested.emit(Asked(self._subject, self._serial))
            self._refresh()

    def _refresh(self) -> None:
        """Ask anew for everything in sight."""
        if self._subject is None:
            return
        self._is_stale = False
        if self.search.text().strip():
            self.search_requested.emit(self._asked())
            return
        if not self.model.is_flat:
            self.model.forget_unseen(self._opened)
        for path in ("", *sorted(self._opened)):
            self.folder_requested.emit(replace(self._asked(), path=path))

    def _asked(self) -> Asked:
        assert self._subject is not None
        return Asked(
            self._subject,
            self._serial,
            at=self.time.at,
            shows_gone=self.gone_check.isChecked(),
            text=self.search.text().strip(),
        )

    def _is_current(self, asked: Asked) -> bool:
        return asked.subject == self._subject and asked.serial == self._serial

    def _is_looked_at(self, asked: Asked) -> bool:
        return asked.subject == self._subject and asked.item is not None and asked.item == self.versions.chosen

    def _selected(self) -> tuple[Item, ...]:
        rows = self.tree.selectionModel().selectedRows()
        items = (self.model.item(index) for index in rows)
        return tuple(item for item in items if item is not None)

    def _single(self) -> Item | None:
        """The one file chosen; None for none, several, or a folder."""
        selected = self._selected()
        return selected[0] if len(selected) == 1 and not selected[0].is_folder else None

    @Slot()
    def _on_view_changed(self) -> None:
        self._serial += 1
        self._refresh()

    @Slot()
    def _on_typed(self) -> None:
        self._serial += 1
        self._typing.start()

    @Slot()
    def _on_change_settled(self) -> None:
        self._load_if_seen()

    @Slot(object)
    def _on_folder_opened(self, path: str) -> None:
        self.folder_requested.emit(replace(self._asked(), path=path))

    @Slot(QModelIndex)
    def _on_expanded(self, index: QModelIndex) -> None:
        item = self.model.item(index)
        if item is not None:
            self._opened.add(item.path)

    @Slot(QModelIndex)
    def _on_collapsed(self, index: QModelIndex) -> None:
        item = self.model.item(index)
        if item is not None:
            self._opened.discard(item.path)

    @Slot(QModelIndex, int, int)
    def _on_rows_inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        """Open and choose again what was open and chosen at another time."""
        if not self._opened and not self._chosen:
            return
        selection = self.tree.selectionModel()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        wanted, opened = set(self._chosen), set(self._opened)
        for row in range(first, last + 1):
            index = self.model.index(row, 0, parent)
            item = self.model.item(index)
            if item is None:
                continue
            if item.path in wanted:
                selection.select(index, flags)
            if item.is_folder and item.path in opened and not self.model.is_flat:
                self.tree.expand(index)

    @Slot()
    def _on_selection_changed(self) -> None:
        items = self._selected()
        if items:
            self._chosen = {item.path for item in items}
        single = self._single()
        if single is None:
            self.versions.show_nothing(self._hint())
        else:
            self.versions.await_item(single)
            self.versions_requested.emit(replace(self._asked(), path=single.path, text=""))
        self._update_buttons()

    @Slot()
    def _on_clicked(self) -> None:
        # What is chosen from now on is what the user chose, not what was chosen at another time.
        self._chosen = {item.path for item in self._selected()}

    @Slot(object)
    def _on_look_requested(self, item: Item) -> None:
        if self._subject is not None:
            self.look_requested.emit(Asked(self._subject, self._serial, path=item.path, item=item))
        self._update_buttons()

    @Slot()
    def _on_back_clicked(self) -> None:
        items = self.wished_items()
        if items and self._subject is not None:
            policy = self._policy.currentData()
            self.restore_requested.emit(RestoreWish(self._subject, items, self.time.at, policy=Policy(policy)))

    @Slot()
    def _on_save_clicked(self) -> None:
        dialog = QFileDialog(self, self.tr("Save in which folder?"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    def _hint(self) -> str:
        selected = self._selected()
        if not selected:
            return self.tr("Choose a file to see its versions.")
        if len(selected) == 1:
            return self.tr("A folder comes back with all that is in it.")
        return counted("%Ln files and folders are chosen.", "%Ln file or folder is chosen.", len(selected))

    def _update_buttons(self) -> None:
        items = self.wished_items()
        self.back_button.setEnabled(bool(items))
        self.save_button.setEnabled(bool(items))
        if items:
            text = counted("%Ln chosen", "%Ln chosen", len(items))
            size_bytes = sum(item.size_bytes for item in items)
            self._count.set_full_text(f"{text}  ·  {size_text(size_bytes)}" if size_bytes else text)
        else:
            self._count.set_full_text("")

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _show_part(self, vacancy: str) -> None:
        self._stack.setCurrentWidget(self._vacancies[vacancy] if vacancy else self.tree)

    # Small things

    def _build(self) -> None:
        self.tree = PagedTree(self.tr("Files and folders at that time"))
        self.tree.setModel(self.model)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        metrics = self.fontMetrics()
        header.resizeSection(1, metrics.horizontalAdvance("deleted 00/00/0000 00:00") + 2 * GRID_PX)
        header.resizeSection(2, metrics.horizontalAdvance("000.0 MB") + 2 * GRID_PX)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        for vacancy in self._vacancies.values():
            self._stack.addWidget(vacancy)
        self._note.setVisible(False)

        find = QHBoxLayout()
        find.setSpacing(2 * GRID_PX)
        find.addWidget(self.search, 1)
        find.addWidget(self.gone_check)
        left = QWidget()
        inner = QVBoxLayout(left)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID_PX)
        inner.addWidget(self._stack, 1)
        inner.addWidget(self._note)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(GRID_PX)
        splitter.addWidget(left)
        splitter.addWidget(self.versions)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([scaled_px(self, 55 * GRID_PX), scaled_px(self, 28 * GRID_PX)])
        # From right to left Qt lays its parts one pixel too far to the right, where the edge of the list is cut off.
        splitter.setContentsMargins(0, 0, int(self.isRightToLeft()), 0)

        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, GRID_PX)
        column.setSpacing(GRID_PX)
        column.addWidget(self.time)
        column.addLayout(find)
        column.addWidget(self._silence)
        column.addWidget(splitter, 1)
        column.addLayout(self._build_foot())

    def _build_foot(self) -> QHBoxLayout:
        self._count = ElidedLabel(is_muted=False)
        self._policy_label = QLabel(self.tr("If it is the&re:"))
        self._policy = QComboBox()
        self._policy.setAccessibleName(self.tr("If something is there already"))
        self._policy.addItem(self.tr("keep both"), Policy.KEEP_BOTH.value)
        self._policy.addItem(self.tr("replace it"), Policy.REPLACE.value)
        self._policy.setToolTip(
            self.tr(
                "Where something else is, what is put back gets a name of its own beside it. If you choose to replace, "
                "what was there goes to the history; what is not in the backup yet is never replaced."
            )
        )
        self._policy_label.setBuddy(self._policy)
        self.save_button = QPushButton(self.tr("&Save elsewhere…"))
        self.save_button.clicked.connect(self._on_save_clicked)
        self.back_button = PrimaryButton(self.tr("Put &back"))
        self.back_button.setToolTip(self.tr("Puts what is chosen back where it was"))
        self.back_button.clicked.connect(self._on_back_clicked)
        foot = QHBoxLayout()
        foot.setSpacing(GRID_PX)
        foot.addWidget(self._count, 1)
        for widget in (self._policy_label, self._policy, self.save_button, self.back_button):
            foot.addWidget(widget)
        return foot

    def _connect(self) -> None:
        self.time.chosen.connect(self._on_view_changed)
        self.gone_check.toggled.connect(self._on_view_changed)
        self.search.textChanged.connect(self._on_typed)
        self.model.folder_requested.connect(self._on_folder_opened)
        self.model.rowsInserted.connect(self._on_rows_inserted)
        self.model.rowsRemoved.connect(self._on_selection_changed)
        self.model.modelReset.connect(self._on_selection_changed)
        self.tree.expanded.connect(self._on_expanded)
        self.tree.collapsed.connect(self._on_collapsed)
        self.tree.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.tree.clicked.connect(self._on_clicked)
        self.versions.look_requested.connect(self._on_look_requested)

    def _timer(self, delay_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(delay_ms)
        timer.timeout.connect(slot)
        return timer
