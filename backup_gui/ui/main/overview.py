"""The Overview page: current activity, folders, and how the job watches and checks them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDateTime, QTime, Signal, SignalInstance, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFormLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from backup_gui.model.job import HISTORY_SUFFIX
from backup_gui.model.plans import Phase
from backup_gui.model.reasons import ReasonCode
from backup_gui.model.status import Coverage, JobState
from backup_gui.ui.main.day_chart import DayChart
from backup_gui.ui.main.space_bar import RoomBar
from backup_gui.ui.style.theme import GRID_PX, scaled_font, scaled_px
from backup_gui.ui.text.format import (
    Now,
    ago_text,
    clock_text,
    counted,
    exact_text,
    folders_text,
    interval_text,
    local_time,
    path_text,
    tip_text,
)
from backup_gui.ui.text.headline import Remedy, card_text, headline, own_text, progress_figures, remedy_text
from backup_gui.ui.text.reasons import problem_lines, sentence_text
from backup_gui.ui.values.job import BackupSizes, JobView, Saving
from backup_gui.ui.widgets.backlog_label import BacklogLabel
from backup_gui.ui.widgets.labels import ElidedLabel, FieldLabel, Panel, PlainLabel, push_button
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.progress_panel import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.model.passes import DayTotal
    from backup_gui.model.plans import Problem
    from backup_gui.ui.style.icons import Icons

_tr = partial(QCoreApplication.translate, "Overview")

_MORNING = QTime(8, 0)
_MOST_NOTES = 20
# Those that have a button on the page in any case.
_OFFERED = frozenset({Remedy.BACK_UP, Remedy.PAUSE, Remedy.RESUME})


class Overview(QScrollArea):
    """The page of a job that is open most of the time."""

    back_up_requested = Signal()
    pause_requested = Signal(object)
    resume_requested = Signal()
    folder_requested = Signal(object)
    restore_requested = Signal()
    remedy_requested = Signal(object)
    release_requested = Signal()

    def __init__(self, icons: Icons, now: Now) -> None:
        super().__init__()
        self._icons = icons
        self._now = now
        self._view: JobView | None = None
        self._sizes: BackupSizes | None = None
        self.setAccessibleName(self.tr("Overview"))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = QWidget()
        panels = (self._build_now(), self._build_care(), self._build_days(), self._build_folders())
        Column(*panels, 0, on=page, margins=2 * GRID_PX, spacing=GRID_PX + 4)
        self.setWidget(page)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    def show_view(self, view: JobView, *, has_banner: bool = True) -> None:
        """Show a job, and its state in all its words where the banner speaks of another one."""
        if self._view is None or self._view.job.id != view.job.id:
            self._sizes = None
        self._view = view
        status = view.status
        is_working = status.state is JobState.WORKING
        is_paused = status.state is JobState.PAUSED
        self._name.set_full_text(path_text(view.job.name))
        self._show_progress(view)
        self._show_remedy(view, has_banner=has_banner)
        self._pause.setVisible(not is_paused)
        self._resume.setVisible(is_paused)
        self._back_up.setEnabled(not is_working)
        self._source.set_full_text(path_text(view.job.source))
        self._destination.set_full_text(path_text(view.job.destination.path))
        root = _history_of(view)
        self._history.set_full_text(
            path_text(root) if root else self.tr("Off: replaced and deleted files are not kept")
        )
        self._open_history.setEnabled(bool(root))
        self._show_care(view)

    def show_days(self, totals: Sequence[DayTotal]) -> None:
        """Show what was copied on each of the last 30 days."""
        today = local_time(self._now()).date()
        self.chart.show_days(totals, today)

    def show_sizes(self, sizes: BackupSizes | None) -> None:
        """Show how much space the backup takes; None while unknown."""
        self._sizes = sizes
        if self._view is not None:
            self.room.show_room(self._view.room, sizes)

    def _show_progress(self, view: JobView) -> None:
        progress = view.progress
        is_working = view.status.state is JobState.WORKING and not view.silent_s
        self._bar.setVisible(is_working)
        self._file.setVisible(is_working)
        if not is_working or progress is None:
            self._bar.setRange(0, 0)
            self._figures.setText(card_text(view, self._now()) + ".")
            self._file.set_full_text("")
            return
        self._figures.setText(progress_figures(progress, view.pace))
        self._file.set_full_text(path_text(progress.path))
        if progress.phase is Phase.COMPARING or not progress.files_total:
            self._bar.setRange(0, 0)
        else:
            self._bar.show_share(progress)

    def _show_remedy(self, view: JobView, *, has_banner: bool) -> None:
        """Offer what helps, unless the banner does, or a button below."""
        self._remedy = headline(view, self._now()).remedy
        self._remedy_button.setText(remedy_text(self._remedy))
        self._remedy_button.setVisible(not has_banner and self._remedy not in _OFFERED)
        if not has_banner and self._bar.isHidden():
            self._figures.setText(own_text(view, self._now()))

    @Slot()
    def _on_remedy_clicked(self) -> None:
        self.remedy_requested.emit(self._remedy)

    def _show_care(self, view: JobView) -> None:
        status = view.status
        now = self._now()
        if status.last_complete_at is None:
            self._checked.setText(self.tr("Not yet"))
            self._checked.setToolTip("")
        else:
            at = status.last_complete_at
            self._checked.setText(f"{clock_text(at, now)}  ·  {ago_text(at, now)}")
            self._checked.setToolTip(exact_text(at))
        self._pending.show_status(status, view.progress)
        watched = coverage_text(status.coverage, view.job.interval_s)
        self._watched.setText(" ".join(part for part in (watched, saving_text(view)) if part))
        self.room.show_room(view.room, self._sizes)
        self.kept_label.setText(
            counted(
                "%Ln files are kept in the backup that your folder does not have.",
                "%Ln file is kept in the backup that your folder does not have.",
                status.kept,
            )
        )
        self._care.setRowVisible(self._kept_row, status.kept > 0)
        self.cloud_label.setText(
            counted(
                "%Ln files are left out. Their copies in the backup stay.",
                "%Ln file is left out. Its copy in the backup stays.",
                status.placeholders,
            )
        )
        self._care.setRowVisible(self.cloud_label, status.placeholders > 0)
        self.notes_label.setText(_notes_text(status.notes))
        self.notes_label.setToolTip(tip_text("\n".join(problem_lines(status.notes, most=_MOST_NOTES))))
        self._care.setRowVisible(self.notes_label, bool(status.notes))

    def _build_now(self) -> Panel:
        panel = Panel()
        self._name = ElidedLabel(is_muted=False)
        self._name.setFont(scaled_font(self.font(), 1.2, is_bold=True))
        self._figures = PlainLabel()
        self._figures.setWordWrap(True)
        self._bar = ProgressBar(self.tr("Progress"))
        self._file = ElidedLabel()
        self._remedy = Remedy.BACK_UP
        self._remedy_button: QPushButton = push_button("", self._on_remedy_clicked)
        state_row = Row((self._figures, 1), self._remedy_button, spacing=2 * GRID_PX)
        self._back_up = self._button("backup", self.tr("&Back up now"), self.back_up_requested)
        self._pause = self._button("pause", self.tr("Pa&use"))
        menu = QMenu(self._pause)
        add_pause_actions(menu, self._now, self.pause_requested.emit)
        self._pause.setMenu(menu)
        self._resume = self._button("resume", self.tr("&Resume"), self.resume_requested)
        self.restore_button = self._button("history", self.tr("R&estore…"), self.restore_requested)
        self._open = self._button(
            "open", self.tr("&Open backup folder"), partial(self._request_folder, _destination_of)
        )
        buttons = (self._back_up, self._pause, self._resume, self.restore_button, self._open)
        for button in buttons:
            button.setMinimumHeight(4 * GRID_PX)
        panel.body.add(self._name, state_row, self._bar, self._file, Row(*buttons, 0, spacing=GRID_PX))
        panel.setAccessibleName(self.tr("What is going on"))
        return panel

    def _button(
        self, icon: str, text: str, on_click: Callable[[], object] | SignalInstance | None = None
    ) -> QPushButton:
        button = QPushButton(self._icons.action(icon, self.palette().color(QPalette.ColorRole.ButtonText)), text)
        if on_click is not None:
            button.clicked.connect(on_click)
        return button

    def _build_folders(self) -> Panel:
        panel = Panel(self.tr("Folders"))
        form = _form()
        self._source, _ = self._add_folder(
            form, self.tr("Your files"), self.tr("Open the folder"), lambda view: view.job.source
        )
        self._destination, _ = self._add_folder(
            form, self.tr("Backup"), self.tr("Open the backup folder"), _destination_of
        )
        self._history, self._open_history = self._add_folder(
            form, self.tr("History"), self.tr("Open the history folder"), _history_of
        )
        panel.body.addLayout(form)
        return panel

    def _build_care(self) -> Panel:
        panel = Panel(self.tr("Protection"))
        form = _form()
        self._checked, self._pending, self._watched = PlainLabel(), BacklogLabel(self._now), PlainLabel()
        self._watched.setWordWrap(True)
        self.room = RoomBar(self._now)
        form.addRow(_field(self.tr("Last complete backup")), self._checked)
        form.addRow(_field(self.tr("Not yet backed up")), self._pending)
        for text, value in ((self.tr("Watched"), self._watched), (self.tr("Backup drive"), self.room)):
            label = _field(text)
            label.stay_on_top()
            form.addRow(label, value)
        self._care, self._kept_row = form, self._build_kept()
        form.addRow(_field(self.tr("Kept for you")), self._kept_row)
        self.cloud_label = PlainLabel()
        self.cloud_label.setWordWrap(True)
        form.addRow(_field(self.tr("Only in a cloud")), self.cloud_label)
        self.notes_label = PlainLabel()
        self.notes_label.setWordWrap(True)
        form.addRow(_field(self.tr("Not copied")), self.notes_label)
        panel.body.addLayout(form)
        return panel

    def _build_kept(self) -> QWidget:
        self.kept_label = PlainLabel()
        self.kept_label.setWordWrap(True)
        self.release_button = push_button(self.tr("Keep them no &more…"), self.release_requested)
        self.release_button.setToolTip(self.tr("Takes back what you decided when these files were held"))
        holder = QWidget()
        Row((self.kept_label, 1), self.release_button, on=holder, margins=0, spacing=GRID_PX)
        return holder

    def _build_days(self) -> Panel:
        panel = Panel(self.tr("Last 30 days"))
        self.chart = DayChart()
        panel.body.addWidget(self.chart)
        return panel

    def _add_folder(
        self, form: QFormLayout, name: str, hint: str, path_of: Callable[[JobView], str]
    ) -> tuple[ElidedLabel, QPushButton]:
        """Add a row for a folder of the job; return the label of its path, and the button that opens it."""
        label = ElidedLabel(is_muted=False)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        button = self._button("folder", "", partial(self._request_folder, path_of))
        button.setFlat(True)
        side = scaled_px(self, 3 * GRID_PX)
        button.setFixedSize(side, side)
        button.setToolTip(hint)
        button.setAccessibleName(hint)
        holder = QWidget()
        Row((label, 1), button, on=holder, margins=0, spacing=GRID_PX)
        form.addRow(_field(name), holder)
        return label, button

    def _request_folder(self, path_of: Callable[[JobView], str], *_checked: bool) -> None:
        if self._view is not None and (path := path_of(self._view)):
            self.folder_requested.emit(path)


def _destination_of(view: JobView) -> str:
    return view.job.destination.path


def _history_of(view: JobView) -> str:
    """Path of the history, or its likely path while the drive is away; empty if no history is kept."""
    job, room = view.job, view.room
    if not job.keeps_history:
        return ""
    known = (room.history if room is not None else "") or job.history.path
    return known or job.destination.path.rstrip("/\\") + HISTORY_SUFFIX


def coverage_text(coverage: Coverage, interval_s: int) -> str:
    """How the job watches its source, such as "8,210 folders live, 790 checked every 5 seconds."."""
    every = interval_text(interval_s)
    live, polled = folders_text(coverage.folders_live), folders_text(coverage.folders_polled)
    if not coverage.folders_live and not coverage.folders_polled:
        text = _tr("Checked every {interval}").format(interval=every)
    elif not coverage.folders_polled:
        text = _tr("{folders}, changes are seen at once").format(folders=live)
    elif not coverage.folders_live:
        text = _tr("{folders}, checked every {interval}").format(folders=polled, interval=every)
    else:
        rest = counted(
            "%Ln more are checked every {interval}", "%Ln more is checked every {interval}", coverage.folders_polled
        )
        text = _tr("{folders}, changes are seen at once; {rest}").format(folders=live, rest=rest.format(interval=every))
    return f"{text}. {sentence_text(coverage.reason)}" if coverage.reason else f"{text}."


def _notes_text(notes: Sequence[Problem]) -> str:
    """How many entries without content are left out, such as "2 sockets, 1 pipe, without content to copy."."""
    counts = Counter(note.why.code for note in notes)
    sockets, pipes, devices = (counts.pop(code, 0) for code in (ReasonCode.SOCKET, ReasonCode.PIPE, ReasonCode.DEVICE))
    kinds = [
        *([counted("%Ln sockets", "%Ln socket", sockets)] if sockets else []),
        *([counted("%Ln pipes", "%Ln pipe", pipes)] if pipes else []),
        *([counted("%Ln devices", "%Ln device", devices)] if devices else []),
        *([counted("%Ln other entries", "%Ln other entry", counts.total())] if counts.total() else []),
    ]
    return _tr("{kinds}, without content to copy.").format(kinds=", ".join(kinds))


def saving_text(view: JobView) -> str:
    """Why full passes are less frequent at present, and how often they run; empty if they are not."""
    if view.saving is Saving.NO:
        return ""
    every = interval_text(view.full_check_every_s)
    if view.saving is Saving.BATTERY:
        return _tr("On battery, everything is checked only every {interval}.").format(interval=every)
    return _tr("On a metered network, everything is checked only every {interval}.").format(interval=every)


def add_pause_actions(menu: QMenu, now: Now, choose: Callable[[float | None], None]) -> None:
    """Add the offered pauses to a menu; ``choose`` gets the end of one, or None for "until I resume"."""
    offers: tuple[tuple[str, Callable[[], float | None]], ...] = (
        (_tr("For &30 minutes"), lambda: now() + 30 * 60),
        (_tr("For &2 hours"), lambda: now() + 2 * 3_600),
        (_tr("Until &tomorrow morning"), lambda: _tomorrow(now())),
        (_tr("Until I &resume"), lambda: None),
    )
    for text, until in offers:
        menu.addAction(text, partial(_choose, choose, until))


def _choose(choose: Callable[[float | None], None], until: Callable[[], float | None], *_checked: bool) -> None:
    choose(until())


def _tomorrow(now: float) -> float:
    return QDateTime(local_time(now).date().addDays(1), _MORNING).toMSecsSinceEpoch() / 1_000


def _field(text: str) -> FieldLabel:
    """A label as wide as the widest one, so that the values in all panels are aligned."""
    label = FieldLabel(text)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(_tr("Last complete backup")) + GRID_PX)
    return label


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(2 * GRID_PX)
    form.setVerticalSpacing(GRID_PX - 2)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
