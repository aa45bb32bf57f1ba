"""The History page: a folder as it was at some time, the versions of its files, and restoring them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QSplitter,
    QWidget,
)

from backup_gui.desktop.periodic import delayed
from backup_gui.model.reasons import NO_REASON, Reason
from backup_gui.model.restores import Item, Moment, Policy, Search
from backup_gui.ui.history.file_list import HistoryList
from backup_gui.ui.history.time_bar import TimeBar
from backup_gui.ui.history.version_panel import VersionPanel
from backup_gui.ui.style.theme import GRID_PX, PAGE_MARGINS_PX, opening_size, scaled_px
from backup_gui.ui.text.format import Now, counted, path_text, size_text
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.history import Asked, RestoreWish, Subject
from backup_gui.ui.widgets.fields import RemarkLabel, choose_folder
from backup_gui.ui.widgets.labels import ElidedLabel, FieldLabel, PrimaryButton, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.wheel import WheelGuard

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_TYPING_MS = 250
# Delay of a refresh after a pass, as passes may follow each other closely.
_CHANGE_MS = 1_500
_WINDOW_SIZE = QSize(860, 600)


class HistoryPage(QWidget):
    """Shows one backup as it was at some time. Requests all content, which may come at any later time."""

    moments_requested = Signal(object)
    folder_requested = Signal(object)
    search_requested = Signal(object)
    versions_requested = Signal(object)
    look_requested = Signal(object)
    restore_requested = Signal(object)

    def __init__(self, icons: Icons, now: Now) -> None:
        super().__init__()
        self._subject: Subject | None = None
        self._is_stale = True
        self.list = HistoryList(icons)
        self.model, self.tree = self.list.model, self.list.tree
        self.time = TimeBar(now)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name"))
        self.search.setAccessibleName(self.tr("Search by name"))
        self.search.setClearButtonEnabled(True)
        self.gone_check = QCheckBox(self.tr("Show &deleted files"))
        self.gone_check.setToolTip(self.tr("Also what had been deleted before that time, dimmed"))
        self.versions = VersionPanel()
        self._silence = RemarkLabel(icons)
        self._note = FieldLabel()
        self._build()
        self._typing = delayed(self, _TYPING_MS, self._refresh)
        self._change = delayed(self, _CHANGE_MS, self._load_if_seen)
        self._connect()
        self._update_buttons()

    # What is shown

    def show_subject(self, subject: Subject) -> None:
        """Show a backup, unless it is shown already."""
        if subject == self._subject:
            return
        self._subject = subject
        self.list.forget()
        self.time.reset()
        with QSignalBlocker(self.search), QSignalBlocker(self.gone_check):
            self.search.clear()
            self.gone_check.setChecked(False)
        self.list.make_room(has_deleted=False)
        self.model.clear()
        self.versions.show_nothing(self._hint())
        self._policy.setVisible(bool(subject.source))
        self._policy_label.setVisible(bool(subject.source))
        # Without a history, nothing would keep the files that a restore replaces.
        self._policy.setCurrentIndex(0)
        self._policy.setEnabled(subject.history is not None)
        self.back_button.setVisible(bool(subject.source))
        # Enter presses the primary button.
        (self.back_button if subject.source else self.save_button).setDefault(True)
        self._is_stale = True
        self._update_buttons()
        self._load_if_seen()

    def note_change(self) -> None:
        """Note that the backup has changed."""
        self._is_stale = True
        if self.isVisible() and not self._change.isActive():
            self._change.start()

    def show_moments(self, asked: Asked, moments: tuple[Moment, ...]) -> None:
        """Show the times at which something changed."""
        if asked.subject == self._subject:
            self.time.show_moments(moments)

    def show_folder(self, asked: Asked, items: tuple[Item, ...]) -> None:
        """Show the content of a folder."""
        if self._is_current(asked) and not asked.text:
            if self.model.is_flat:
                self.model.clear()
            self.model.show_folder(asked.path, items)
            if not asked.path:
                self._show_part("empty" if self.model.is_empty else "")
                self._say("")
                self._show_hint()

    def show_found(self, asked: Asked, found: Search) -> None:
        """Show what a search found."""
        if self._is_current(asked):
            self.model.show_found(found.items)
            self._show_part("none" if self.model.is_empty else "")
            self._say(self.tr("There are more: only the first are shown.") if found.is_cut else "")
            self._show_hint()

    def show_versions(self, asked: Asked, items: tuple[Item, ...]) -> None:
        """Show the versions of the selected file."""
        chosen = self.list.single()
        if asked.subject == self._subject and chosen is not None and chosen.path == asked.path:
            self.versions.show_versions(items)
            self._update_buttons()

    def show_look(self, asked: Asked, text: str | None, picture: QImage | None, *, is_cut: bool) -> None:
        """Show the preview of a version."""
        if self._is_looked_at(asked):
            self.versions.show_look(text, picture, is_cut=is_cut)

    def show_failure(self, asked: Asked, reason: Reason = NO_REASON) -> None:
        """Show that something could not be read, and why, if that does not pass."""
        if asked.item is not None or (asked.path and asked.path not in self.list.opened):
            if self._is_looked_at(asked) or asked.item is None:
                self.versions.show_words(self.tr("This cannot be read at the moment."))
        elif self._is_current(asked):
            self._is_stale = True
            self.model.clear()
            self._say(said(reason) if reason else "")
            self._show_part("failed")

    def show_silence(self, silent_s: int) -> None:
        """Show how long the drive has not answered, in seconds; 0 if it answers."""
        self._silence.show_remark(silence_text(silent_s))
        if silent_s and self.model.is_empty:
            self._show_part("silent")
        elif not silent_s and self.list.part == "silent":
            self._show_part("")

    # What the user does

    def wished_items(self) -> tuple[Item, ...]:
        """The items to restore: the selected version if one file is selected, otherwise all selected rows."""
        single, version = self.list.single(), self.versions.chosen
        if single is not None and version is not None and version.path == single.path:
            return (version,)
        return self.list.selected()

    def save_to(self, folder: str) -> None:
        """Request that the selected items are saved in a folder."""
        items = self.wished_items()
        if folder and items and self._subject is not None:
            self.restore_requested.emit(RestoreWish(self._subject, items, self.time.at, folder))

    def showEvent(self, event: QShowEvent) -> None:
        """Request the content when the page becomes visible."""
        super().showEvent(event)
        self._load_if_seen()

    def _load_if_seen(self) -> None:
        if self._is_stale and self._subject is not None and self.isVisible():
            self.moments_requested.emit(self._asked())
            self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """Request everything shown again."""
        if self._subject is None:
            return
        self._is_stale = False
        if self.search.text().strip():
            self.search_requested.emit(self._asked())
            return
        if not self.model.is_flat:
            self.model.forget_unseen(self.list.opened)
        for path in ("", *sorted(self.list.opened)):
            self.folder_requested.emit(replace(self._asked(), path=path))

    def _asked(self) -> Asked:
        assert self._subject is not None
        return Asked(
            self._subject,
            at=self.time.at,
            shows_gone=self.gone_check.isChecked(),
            text=self.search.text().strip(),
        )

    def _is_current(self, asked: Asked) -> bool:
        return self._subject is not None and asked == replace(self._asked(), path=asked.path, item=asked.item)

    def _is_looked_at(self, asked: Asked) -> bool:
        return asked.subject == self._subject and asked.item is not None and asked.item == self.versions.chosen

    @Slot()
    def _on_gone_toggled(self) -> None:
        self.list.make_room(has_deleted=self.gone_check.isChecked())
        self._refresh()

    @Slot(object)
    def _on_folder_opened(self, path: str) -> None:
        self.folder_requested.emit(replace(self._asked(), path=path))

    @Slot()
    def _on_selection_changed(self) -> None:
        single = self.list.single()
        if single is None:
            self.versions.show_nothing(self._hint())
        else:
            self.versions.await_item(single)
            self.versions_requested.emit(replace(self._asked(), path=single.path, text=""))
        self._update_buttons()

    @Slot(object)
    def _on_look_requested(self, item: Item) -> None:
        if self._subject is not None:
            self.look_requested.emit(Asked(self._subject, path=item.path, item=item))
        self._update_buttons()

    @Slot()
    def _on_back_clicked(self) -> None:
        items = self.wished_items()
        if items and self._subject is not None:
            policy = self._policy.currentData()
            self.restore_requested.emit(RestoreWish(self._subject, items, self.time.at, policy=Policy(policy)))

    @Slot()
    def _on_save_clicked(self) -> None:
        choose_folder(self, self.tr("Save in which folder?"), "").chosen.connect(self.save_to)

    def _hint(self) -> str:
        selected = self.list.selected()
        if self.model.is_empty:
            return ""
        if not selected:
            return self.tr("Choose a file to see its versions.")
        if len(selected) == 1:
            return self.tr("A folder comes back with all that is in it.")
        return counted("%Ln files and folders are chosen.", "%Ln file or folder is chosen.", len(selected))

    def _show_part(self, empty_state: str) -> None:
        """Show a note and hide the versions; empty for the files."""
        self.list.show_part(empty_state)
        self.versions.setVisible(not empty_state)

    def _show_hint(self) -> None:
        """Show a hint while nothing is selected."""
        if not self.list.selected():
            self.versions.show_nothing(self._hint())

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

    # Small things

    def _build(self) -> None:
        self._note.setVisible(False)

        find = Row((self.search, 1), self.gone_check, spacing=2 * GRID_PX)
        left = QWidget()
        Column((self.list, 1), self._note, on=left, margins=0, spacing=GRID_PX)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(GRID_PX)
        splitter.addWidget(left)
        splitter.addWidget(self.versions)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setSizes([scaled_px(self, 55 * GRID_PX), scaled_px(self, 28 * GRID_PX)])
        # In a layout from right to left, Qt places the parts one pixel too far right and cuts off the list's edge.
        splitter.setContentsMargins(0, 0, int(self.isRightToLeft()), 0)

        foot = self._build_foot()
        Column(self.time, find, self._silence, (splitter, 1), foot, on=self, margins=PAGE_MARGINS_PX, spacing=GRID_PX)

    def _build_foot(self) -> Row:
        self._count = ElidedLabel(is_muted=False)
        self._policy_label = QLabel(self.tr("If it is the&re:"))
        self._policy = QComboBox()
        WheelGuard(self._policy)
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
        self.save_button = push_button(self.tr("&Save elsewhere…"), self._on_save_clicked)
        self.back_button = PrimaryButton(self.tr("Put &back"), self._on_back_clicked)
        self.back_button.setToolTip(self.tr("Puts what is chosen back where it was"))
        return Row(
            (self._count, 1), self._policy_label, self._policy, self.save_button, self.back_button, spacing=GRID_PX
        )

    def _connect(self) -> None:
        self.time.chosen.connect(self._refresh)
        self.gone_check.toggled.connect(self._on_gone_toggled)
        self.search.textChanged.connect(self._typing.start)
        self.list.folder_requested.connect(self._on_folder_opened)
        self.list.selection_changed.connect(self._on_selection_changed)
        self.versions.look_requested.connect(self._on_look_requested)


class HistoryWindow(QDialog):
    """A window around the page, for a backup folder without a job, for example after a reinstall."""

    def __init__(self, icons: Icons, now: Now, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Restore from {name}").format(name=path_text(subject.name)))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.page = HistoryPage(icons, now)
        self.page.show_subject(subject)
        place = ElidedLabel(path_text(subject.destination.path))
        head = Column(place, margins=(2 * GRID_PX, 0, 2 * GRID_PX, 0))
        Column(head, (self.page, 1), on=self, margins=(0, GRID_PX, 0, 0), spacing=0)
        self.resize(opening_size(self, _WINDOW_SIZE))
