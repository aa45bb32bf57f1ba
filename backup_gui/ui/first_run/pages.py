"""The three pages of the first run: folders to protect, a place for the backup, and a forecast."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QMenu,
    QRadioButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from backup_gui.config.job_factory import default_name
from backup_gui.desktop.storage import PlaceOffer
from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import counted, duration_text, files_text, path_in_words, path_text, size_text
from backup_gui.ui.text.reasons import problem_lines, said
from backup_gui.ui.values.first_run import FirstForecast
from backup_gui.ui.widgets.cards import ChoiceCard, TickCard
from backup_gui.ui.widgets.fields import RemarkLabel, choose_folder
from backup_gui.ui.widgets.labels import ElidedLabel, Heading, MutedLabel, Panel, push_button
from backup_gui.ui.widgets.layouts import Column, Row

if TYPE_CHECKING:
    from backup_gui.model.job import Job
    from backup_gui.ui.style.icons import Icons


class _Page(QScrollArea):
    """A scrollable column."""

    # Gets the focus when the page appears. It is no focus proxy: then the Tab key would go from the last control to the
    # page, which follows it in the tab order, and so back to the first control.
    first: QWidget

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self.body = Column(on=content, margins=2, spacing=GRID_PX)
        self.setWidget(content)
        for part in (self.viewport(), content):
            part.setAutoFillBackground(False)


class FolderPage(_Page):
    """Folders to tick, each with its size."""

    changed = Signal()
    counted = Signal()
    count_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.cards: dict[str, TickCard] = {}
        self._sizes: dict[str, int] = {}
        self._list = Column(spacing=GRID_PX)
        self.add_button = push_button(self.tr("&Add a folder…"), self._on_add_clicked)
        self.add_button.setMinimumHeight(4 * GRID_PX)
        hint = MutedLabel(self.tr("You can also drop a folder here."))
        self.body.add(self._list, Row(self.add_button, (hint, 1), spacing=GRID_PX), 0)
        self.first = self.add_button

    @property
    def ticked(self) -> tuple[str, ...]:
        """The ticked folders."""
        return tuple(path for path, card in self.cards.items() if card.isChecked())

    @property
    def needed_bytes(self) -> int:
        """Size of the ticked folders, as far as counted."""
        return sum(self._sizes.get(path, 0) for path in self.ticked)

    def add_folder(self, path: str, *, is_ticked: bool) -> None:
        """Offer a folder; tick it if it is offered already."""
        if path not in self.cards:
            card = TickCard(self._icons)
            card.toggled.connect(self.changed)
            self.cards[path] = card
            self._list.addWidget(card)
            # The layout would show it later, but a hidden widget cannot get the focus.
            card.show()
            if len(self.cards) == 1:
                self.first = card
            self.show_count(path, 0, 0)
            self.count_requested.emit(path)
        self.cards[path].setChecked(is_ticked)

    def show_count(
        self, path: str, files: int, size_bytes: int, *, is_done: bool = False, is_readable: bool = True
    ) -> None:
        """Show the size of a folder, as far as counted, or that it could not be read at all."""
        card = self.cards.get(path)
        if card is None:
            return
        self._sizes[path] = size_bytes
        figure, remark = size_text(size_bytes), files_text(files)
        if not is_readable:
            figure, remark = "", self.tr("cannot be read")
        elif not is_done:
            remark = self.tr("{files} so far").format(files=remark) if files else self.tr("counting…")
        card.show_words(default_name(path), path_text(path), figure, remark, None if is_readable else JobState.FAILED)
        self.counted.emit()

    @Slot()
    def _on_add_clicked(self) -> None:
        dialog = choose_folder(self, self.tr("Choose a folder to keep safe"), "")
        dialog.chosen.connect(partial(self.add_folder, is_ticked=True))


class PlacePage(_Page):
    """Drives and folders, of which the user chooses one."""

    changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self._offers: dict[str, PlaceOffer] = {}
        self._need_bytes = 0
        self.cards: dict[str, ChoiceCard] = {}
        self._group = QButtonGroup(self)
        self._group.buttonToggled.connect(self._on_toggled)
        self._list = Column(spacing=GRID_PX)
        self._looking = MutedLabel(self.tr("Looking for drives…"))
        self.other_button = push_button(self.tr("&Choose another folder…"), self._on_other_clicked)
        self.other_button.setMinimumHeight(4 * GRID_PX)
        self.new_radio = QRadioButton()
        self.whole_radio = QRadioButton(self.tr("In this folder &itself: what else is in it would leave it"))
        self.new_radio.setChecked(True)
        self.new_radio.toggled.connect(self.changed)
        self._ways = QWidget()
        # Indent with a spacer: a margin would not change sides in a layout from right to left.
        inset = Row(on=self._ways, margins=0, spacing=0)
        inset.addSpacing(GRID_PX)
        inset.add((Column(self.new_radio, self.whole_radio, spacing=GRID_PX // 2), 1))
        self._ways.setVisible(False)
        self.remark = RemarkLabel(icons)
        self.body.add(self._looking, self._list, Row(self.other_button, 0), self._ways, self.remark, 0)
        self.first = self.other_button

    @property
    def chosen(self) -> PlaceOffer | None:
        """The chosen place; None without one."""
        return next((self._offers[root] for root, card in self.cards.items() if card.isChecked()), None)

    @property
    def is_whole_place(self) -> bool:
        """Whether to use the chosen folder itself as the backup."""
        chosen = self.chosen
        return chosen is not None and chosen.is_folder and self.whole_radio.isChecked()

    @property
    def fits(self) -> bool:
        """Whether the chosen place has enough space, as far as known."""
        chosen = self.chosen
        return chosen is None or not chosen.total_bytes or self._need_bytes <= chosen.free_bytes

    def show_need(self, need_bytes: int) -> None:
        """Update which drives have enough space."""
        self._need_bytes = need_bytes
        for root in self.cards:
            self._show_card(root)

    def show_places(self, offers: tuple[PlaceOffer, ...]) -> None:
        """Offer drives."""
        self._looking.setVisible(False)
        for offer in offers:
            self._add(offer)
        if self.chosen is None:
            best = next((o for o in offers if not o.is_own and self._need_bytes <= o.free_bytes), None)
            if best is not None:
                self.cards[best.root].setChecked(True)
        cards = list(self.cards.values())
        if cards:
            self.first = next((card for card in cards if card.isChecked()), cards[0])

    def add_folder(self, path: str) -> None:
        """Offer a folder of the user's choice, and select it."""
        if path not in self._offers:
            self._add(PlaceOffer(path, default_name(path), is_folder=True))
        self.cards[path].setChecked(True)
        self.changed.emit()

    def show_verdict(self, text: str, sources: tuple[str, ...], *, is_wrong: bool, is_place_empty: bool) -> None:
        """Show the result of checking the chosen place for some folders."""
        chosen = self.chosen
        may_be_whole = chosen is not None and chosen.is_folder and len(sources) == 1
        self._ways.setVisible(may_be_whole and not is_place_empty)
        if sources:
            name = path_in_words(default_name(sources[0])).replace("&", "&&")
            self.new_radio.setText(self.tr("In a new fol&der there: {name} (recommended)").format(name=name))
        if chosen is not None and not self.fits:
            is_wrong = True
            text = self.tr("There is not enough room: {need} are needed, {free} are free.").format(
                need=size_text(self._need_bytes), free=size_text(chosen.free_bytes)
            )
        self.remark.show_remark(text, is_wrong=is_wrong)

    def _add(self, offer: PlaceOffer) -> None:
        if offer.root in self._offers:
            return
        card = ChoiceCard(self._icons)
        self._group.addButton(card)
        self._offers[offer.root] = offer
        self.cards[offer.root] = card
        self._list.addWidget(card)
        card.show()
        self._show_card(offer.root)

    def _show_card(self, root: str) -> None:
        offer = self._offers[root]
        title = offer.name or self.tr("This computer")
        if not offer.total_bytes:
            self.cards[root].show_words(title, path_text(root), "")
            return
        figure = self.tr("{free} free of {total}").format(
            free=size_text(offer.free_bytes), total=size_text(offer.total_bytes)
        )
        fits = self._need_bytes <= offer.free_bytes
        remark = self.tr("Fits") if fits else self.tr("Too small")
        state = JobState.OK if fits else JobState.FAILED
        self.cards[root].show_words(title, path_text(root), figure, remark, state)

    @Slot(object, bool)
    def _on_toggled(self, _button: object, is_checked: bool) -> None:  # noqa: FBT001 - Qt's signature
        if is_checked:
            self.new_radio.setChecked(True)
            self.remark.show_remark("")
            self._ways.setVisible(False)
            self.changed.emit()

    @Slot()
    def _on_other_clicked(self) -> None:
        dialog = choose_folder(self, self.tr("Choose the folder for the backup"), "")
        dialog.chosen.connect(self.add_folder)


class StartPage(_Page):
    """A forecast of the first passes, and the last two choices."""

    changed = Signal()
    plan_requested = Signal(object)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._jobs = Column(spacing=GRID_PX // 2)
        self._figures = Heading(self, factor=1.15)
        self._time = MutedLabel()
        panel = Panel(self.tr("The first backup"))
        # As high as its words need at the width they have.
        panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.problems = RemarkLabel(icons)
        self.strangers = RemarkLabel(icons)
        self.plan_button = push_button(self.tr("&Look at it in detail…"), self._on_plan_clicked)
        self._shown: tuple[Job, ...] = ()
        row = Row(self.plan_button, 0)
        panel.body.add(self._jobs, self._figures, self._time, self.problems, self.strangers, row)
        self.history_check = QCheckBox(self.tr("&Keep replaced and deleted files (recommended)"))
        self.history_check.setChecked(True)
        self.history_check.toggled.connect(self.changed)
        self.login_check = QCheckBox(self.tr("Start when I lo&g in (recommended)"))
        self.login_check.setChecked(True)
        self.body.add(panel, self.history_check, self.login_check, 0)
        self.first = self.history_check
        self.show_forecast(FirstForecast())

    def show_jobs(self, jobs: tuple[Job, ...]) -> None:
        """Show source and destination of each job."""
        self._shown = jobs
        while (item := self._jobs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for job in jobs:
            text = self.tr("{source}  →  {destination}").format(
                source=path_text(job.source), destination=path_text(job.destination.path)
            )
            self._jobs.addWidget(ElidedLabel(text))

    def show_forecast(self, forecast: FirstForecast) -> None:
        """Show the figures known so far."""
        if forecast.reason:
            self._figures.setText(said(forecast.reason))
        elif not forecast.is_done:
            self._figures.setText(
                self.tr("Looking at your files… {files} so far").format(files=files_text(forecast.files))
            )
        elif not forecast.files:
            self._figures.setText(self.tr("Nothing has to be copied: everything is there already."))
        else:
            self._figures.setText(
                self.tr("{files}, {size}").format(files=files_text(forecast.files), size=size_text(forecast.bytes))
            )
        self._time.setVisible(forecast.is_done and forecast.files > 0)
        self._time.setText(
            self.tr("About {time}, depending on the drive").format(time=duration_text(max(1.0, forecast.expected_s)))
        )
        self.plan_button.setEnabled(forecast.is_done and not forecast.reason)
        problems = counted("%Ln files cannot be copied:", "%Ln file cannot be copied:", len(forecast.problems))
        self.problems.show_remark("\n".join((problems, *problem_lines(forecast.problems))) if forecast.problems else "")
        strangers = counted(
            "%Ln files that are there now are not in your folder, or different there. You are asked before they go.",
            "%Ln file that is there now is not in your folder, or different there. You are asked before it goes.",
            forecast.strangers,
        )
        self.strangers.show_remark(strangers if forecast.strangers else "")

    @Slot()
    def _on_plan_clicked(self) -> None:
        if len(self._shown) == 1:
            self.plan_requested.emit(self._shown[0])
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for job in self._shown:
            action = menu.addAction(path_text(job.name).replace("&", "&&"))
            action.triggered.connect(partial(self._request_plan, job))
        menu.popup(self.plan_button.mapToGlobal(QPoint(0, self.plan_button.height())))

    def _request_plan(self, job: Job, *_checked: bool) -> None:
        self.plan_requested.emit(job)
