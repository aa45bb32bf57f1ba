"""The first run in three steps: folders to protect, a place for the backup, and a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QStackedWidget, QWidget

from backup_gui.ui.first_run.pages import FolderPage, PlacePage, StartPage
from backup_gui.ui.style.theme import GRID_PX, opening_size, scaled_font, scaled_size
from backup_gui.ui.text.format import number_text
from backup_gui.ui.values.first_run import FirstChoice, FirstForecast, FirstStart
from backup_gui.ui.widgets.fields import dropped_paths
from backup_gui.ui.widgets.labels import FieldLabel, MutedLabel, PrimaryButton, push_button
from backup_gui.ui.widgets.layouts import Column, Row, tab_through

if TYPE_CHECKING:
    from backup_gui.desktop.storage import PlaceOffer
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import Icons

_PICTURE = QSize(224, 88)


class FirstRun(QWidget):
    """Three steps to a running backup; the main window shows them while there is no job.

    Each step has a sensible choice preselected, so pressing Enter three times is enough. Requests folders and drives
    when first shown.
    """

    offers_requested = Signal()
    check_requested = Signal(object)
    forecast_requested = Signal(object)
    start_requested = Signal(object)
    by_hand_requested = Signal()
    backup_requested = Signal()

    def __init__(self, icons: Icons, *, offers_by_hand: bool = True) -> None:
        super().__init__()
        self._icons = icons
        self._choice: FirstChoice | None = None
        self._has_asked = False
        # In a dialog this is off: the menu offers the form already.
        self._offers_by_hand = offers_by_hand
        # The jobs that the choice makes, once it was checked.
        self._wanted: tuple[Job, ...] = ()
        self._forecast_of: tuple[Job, ...] = ()
        self.setAcceptDrops(True)

        self.folders = FolderPage(icons)
        self.folders.changed.connect(self._on_folders_changed)
        self.folders.counted.connect(self._on_folder_counted)
        self.places = PlacePage(icons)
        self.places.changed.connect(self._check)
        self.start = StartPage(icons)
        self.start.changed.connect(self._check)
        self._pages = QStackedWidget()
        for page in (self.folders, self.places, self.start):
            self._pages.addWidget(page)

        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel()
        self._title.setWordWrap(True)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = MutedLabel()
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._step = FieldLabel()
        self.by_hand_button = push_button(self.tr("Set it up b&y hand…"), self.by_hand_requested)
        self.by_hand_button.setToolTip(self.tr("All choices on one page, for those who know them"))
        self.by_hand_button.setFlat(True)
        self.restore_button = push_button(self.tr("&Restore from a backup folder…"), self.backup_requested)
        self.restore_button.setToolTip(self.tr("Brings files back from a backup that was made before, also elsewhere"))
        self.restore_button.setFlat(True)
        self.back_button = push_button(self.tr("&Back"), self._on_back_clicked)
        self.next_button = PrimaryButton(self.tr("&Next"), self._on_next_clicked)
        self.start_button = PrimaryButton(self.tr("&Start"), self._on_start_clicked)
        self._card_count = 0
        # A shortcut and no key event: where the desktop's style is GTK's, Enter would take the tick from a card.
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(key, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(self._on_enter)
        self._lay_out()
        self._show_step(0)

    # What is shown

    @property
    def step(self) -> int:
        """The step shown, 0 to 2."""
        return self._pages.currentIndex()

    def show_folders(self, paths: tuple[str, ...]) -> None:
        """Offer folders; ticked, unless the user has chosen others already."""
        chosen = self.folders.ticked
        for path in paths:
            self.folders.add_folder(path, is_ticked=not chosen or path in chosen)
        self._update()
        self._focus()

    def show_places(self, offers: tuple[PlaceOffer, ...]) -> None:
        """Offer drives; select the first that has enough space and is not the computer's own."""
        self.places.show_places(offers)
        self._update()
        if self.step == 1:
            # Without cards, the button for another folder had the focus, and Enter would press it.
            self._focus()

    def show_verdict(
        self,
        choice: FirstChoice,
        jobs: tuple[Job, ...],
        text: str = "",
        *,
        is_wrong: bool = False,
        is_place_empty: bool = True,
    ) -> None:
        """Show the result of checking a choice, unless it has changed since.

        Args:
            choice: The choice that was checked.
            jobs: The jobs that it makes; empty if it is not possible.
            text: Why it is not possible, or a note for the user.
            is_wrong: Whether it is not possible.
            is_place_empty: Whether the chosen folder is empty.
        """
        if choice != self._choice:
            return
        self._wanted = jobs
        self.places.show_verdict(text, self.folders.ticked, is_wrong=is_wrong, is_place_empty=is_place_empty)
        self.start.show_jobs(jobs)
        if self.step == 2:
            self._ask_forecast()
        self._update()

    def show_login(self, starts_at_login: bool) -> None:  # noqa: FBT001 - a value as any other
        """Tick the start at login in any case, and disable the box if it is already set."""
        self.start.login_check.setChecked(True)
        self.start.login_check.setEnabled(not starts_at_login)

    # What Qt tells

    def showEvent(self, event: QShowEvent) -> None:
        """Request folders and drives, once."""
        super().showEvent(event)
        if not self._has_asked:
            self._has_asked = True
            self.offers_requested.emit()
        self._focus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette, the font or the direction."""
        super().changeEvent(event)
        looks = {QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.LayoutDirectionChange}
        if event.type() in looks and hasattr(self, "_title"):
            self._draw()

    @Slot()
    def _on_enter(self) -> None:
        """Press the focused button, otherwise the primary one."""
        focused = self.focusWidget()
        button = focused if isinstance(focused, QPushButton) else self._primary
        if button.isEnabled():
            button.click()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept folders from the file manager; several cannot be the place for the backup."""
        paths = dropped_paths(event)
        if len(paths) == 1 or (paths and self.step != 1):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take folders: in the second step as the place for the backup, otherwise as folders to protect."""
        if paths := dropped_paths(event):
            event.acceptProposedAction()
            self.take_folders(paths)

    def take_folders(self, paths: tuple[str, ...]) -> None:
        """Take dropped paths; the check of the choice also finds those that are no folders."""
        if self.step == 1:
            self.places.add_folder(paths[0])
            return
        for path in paths:
            self.folders.add_folder(path, is_ticked=True)
        self._show_step(0)

    # What the user does

    @Slot()
    def _on_folder_counted(self) -> None:
        self.places.show_need(self.folders.needed_bytes)
        self._update()

    @Slot()
    def _on_folders_changed(self) -> None:
        self.places.show_need(self.folders.needed_bytes)
        self._check()

    @Slot()
    def _on_back_clicked(self) -> None:
        self._show_step(self.step - 1)

    @Slot()
    def _on_next_clicked(self) -> None:
        self._show_step(self.step + 1)
        if self.step == 2:
            self._ask_forecast()

    @Slot()
    def _on_start_clicked(self) -> None:
        if self._wanted:
            self.start_requested.emit(FirstStart(self._wanted, self.start.login_check.isChecked()))

    def _check(self) -> None:
        self._wanted, self._choice = (), None
        place = self.places.chosen
        if self.folders.ticked and place is not None:
            self._choice = FirstChoice(
                self.folders.ticked,
                place.root,
                is_whole_place=self.places.is_whole_place and len(self.folders.ticked) == 1,
                keeps_history=self.start.history_check.isChecked(),
            )
            self.check_requested.emit(self._choice)
        self._update()

    def _ask_forecast(self) -> None:
        jobs = self._wanted
        folders = tuple((job.source, job.destination) for job in jobs)
        # Keeping a history does not change what is copied.
        if jobs and folders != tuple((job.source, job.destination) for job in self._forecast_of):
            self._forecast_of = jobs
            self.start.show_forecast(FirstForecast())
            self.forecast_requested.emit(jobs)

    # Layout

    def _lay_out(self) -> None:
        buttons = (self.back_button, self.next_button, self.start_button)
        for button in buttons:
            button.setMinimumSize(12 * GRID_PX, 4 * GRID_PX)
        # In line with the cards, which leave space for the focus ring.
        foot = Row(self._step, 0, *buttons, margins=(2, 0, 2, 0), spacing=GRID_PX)
        # In a separate row: in some languages they do not fit beside the others.
        others = Row(self.by_hand_button, self.restore_button, 0, spacing=GRID_PX)
        self._inner = QWidget()
        column = Column(on=self._inner, margins=(3 * GRID_PX, 2 * GRID_PX, 3 * GRID_PX, 2 * GRID_PX), spacing=GRID_PX)
        column.add(self._picture, self._title, self._text)
        column.addSpacing(GRID_PX)
        column.add((self._pages, 1), others, foot)
        Row(1, (self._inner, 100), 1, on=self, margins=0)
        self._draw()

    def _draw(self) -> None:
        colour = self.palette().windowText().color()
        # A picture of its own, because the tick in it must not be mirrored.
        name = "welcome-mirrored" if self.isRightToLeft() else "welcome"
        self._picture.setPixmap(
            self._icons.picture(name, scaled_size(self, _PICTURE), colour, self.devicePixelRatioF())
        )
        self._title.setFont(scaled_font(self.font(), 1.7, is_bold=True))
        # Longer lines and wider cards are hard to read.
        self._inner.setMaximumWidth(scaled_size(self, QSize(88 * GRID_PX, 0)).width())

    def _show_step(self, step: int) -> None:
        self._pages.setCurrentIndex(step)
        self._title.setText(
            (
                self.tr("What do you want to keep safe?"),
                self.tr("Where should the backup be?"),
                self.tr("Ready to start"),
            )[step]
        )
        self._text.setText(
            (
                self.tr("From now on every change in these folders is copied within seconds."),
                self.tr("Best is a drive that you can unplug: it is safe from what happens to this computer."),
                self.tr("This is what the first backup copies. You can go on working meanwhile."),
            )[step]
        )
        self._step.setText(self.tr("Step {step} of {steps}").format(step=number_text(step + 1), steps=number_text(3)))
        self._picture.setVisible(step == 0)
        self._update()
        self._focus()

    def _order_tabs(self) -> None:
        """Set the tab order: cards are created after the buttons below them."""
        folders, places, start = self.folders, self.places, self.start
        tab_through(
            (
                *folders.cards.values(),
                folders.add_button,
                *places.cards.values(),
                *(places.other_button, places.new_radio, places.whole_radio),
                *(start.plan_button, start.history_check, start.login_check),
                *(self.by_hand_button, self.restore_button),
                *(self.back_button, self.next_button, self.start_button),
            )
        )

    def _update(self) -> None:
        card_count = len(self.folders.cards) + len(self.places.cards)
        if card_count != self._card_count:
            self._card_count = card_count
            self._order_tabs()
        is_last = self.step == 2
        self.back_button.setVisible(self.step > 0)
        self.by_hand_button.setVisible(self.step == 0 and self._offers_by_hand)
        self.restore_button.setVisible(self.step == 0 and self._offers_by_hand)
        self.next_button.setVisible(not is_last)
        self.start_button.setVisible(is_last)
        is_good = bool(self._wanted)
        fits = self.places.chosen is not None and self.places.fits
        self.next_button.setEnabled(bool(self.folders.ticked) if self.step == 0 else is_good and fits)
        self.start_button.setEnabled(is_good)

    @property
    def _primary(self) -> QPushButton:
        return self.start_button if self.step == 2 else self.next_button

    def _focus(self) -> None:
        if self.isVisible():
            (self.folders, self.places, self.start)[self.step].first.setFocus()


class FirstRunDialog(QDialog):
    """The three steps in a dialog, for a further job."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("New backup"))
        self.resize(opening_size(self, QSize(88 * GRID_PX, 68 * GRID_PX)))
        self.steps = FirstRun(icons, offers_by_hand=False)
        self.steps.start_requested.connect(self.accept)
        Column(self.steps, on=self, margins=0)
