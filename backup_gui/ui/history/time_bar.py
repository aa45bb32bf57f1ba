"""A bar to choose a time: a slider over the times of changes, and a field for an exact date and time."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QDateTimeEdit, QPushButton, QSlider, QWidget

from backup_gui.desktop.periodic import delayed
from backup_gui.ui.style.theme import GRID_PX
from backup_gui.ui.text.format import Now, counted, exact_text, local_time
from backup_gui.ui.widgets.labels import Heading, MutedLabel
from backup_gui.ui.widgets.layouts import Column, Row
from backup_gui.ui.widgets.wheel import WheelGuard

if TYPE_CHECKING:
    from backup_gui.model.restores import Moment

# Wait until the slider rests this long before reading folders.
_SETTLE_MS = 80


class TimeBar(QWidget):
    """Chooses a time, or now."""

    chosen = Signal(object)

    def __init__(self, now: Now) -> None:
        super().__init__()
        self._now = now
        self._moments: tuple[Moment, ...] = ()
        # The chosen time, seconds since 1970; None for now.
        self.at: float | None = None
        self._at_wanted: float | None = None
        self._words = Heading(self, factor=1.05)
        self._detail = MutedLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Time"))
        self.slider.setToolTip(self.tr("Each step is a change: to the left is the past"))
        self.edit = QDateTimeEdit()
        for field in (self.slider, self.edit):
            WheelGuard(field)
        self.edit.setCalendarPopup(True)
        self.edit.setAccessibleName(self.tr("Date and time"))
        self.edit.setDisplayFormat(_edit_format(is_mirrored=self.edit.isRightToLeft()))
        self.edit.setKeyboardTracking(False)
        self.now_button = QPushButton(self.tr("No&w"))
        self.now_button.setToolTip(self.tr("Show the folder as it is in the backup now"))

        row = Row((self.slider, 1), self.edit, self.now_button, spacing=GRID_PX)
        Column(self._words, self._detail, row, on=self, margins=0, spacing=GRID_PX // 2)
        self._timer = delayed(self, _SETTLE_MS, self._on_settled)
        self.slider.valueChanged.connect(self._on_slid)
        self.edit.dateTimeChanged.connect(self._on_edited)
        self.now_button.clicked.connect(self._on_now)
        self.show_moments(())

    def show_moments(self, moments: tuple[Moment, ...]) -> None:
        """Offer these times, oldest first; the chosen time stays."""
        self._moments = moments
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(moments))
            self.slider.setPageStep(max(1, len(moments) // 10))
            self.slider.setEnabled(bool(moments))
        self._show()

    def choose(self, at: float | None) -> None:
        """Choose a time, or now with None."""
        self._timer.stop()
        if at != self.at:
            self.at = at
            self._show()
            self.chosen.emit(at)

    def reset(self) -> None:
        """Choose now without emitting a signal."""
        self._timer.stop()
        self.at = None
        self.show_moments(())

    def _show(self) -> None:
        at = self.at
        with QSignalBlocker(self.slider), QSignalBlocker(self.edit):
            self.slider.setValue(self._position(at))
            # Without a chosen time, show that of this call. Set the maximum first, as the field rejects later times.
            self.edit.setMaximumDateTime(local_time(self._now() + 1))
            self.edit.setDateTime(local_time(self._now() if at is None else at))
        self.now_button.setEnabled(at is not None)
        if at is None:
            self._words.setText(self.tr("As it is in the backup now"))
        else:
            self._words.setText(self.tr("As it was on {when}").format(when=exact_text(at)))
        self._detail.setText(self._detail_text(at))
        # Screen readers would only read the number of the slider's step.
        self.slider.setAccessibleDescription(f"{self._words.text()}. {self._detail.text()}")

    def _position(self, at: float | None) -> int:
        """The slider's position: before the next change."""
        return len(self._moments) if at is None else bisect_right([moment.at for moment in self._moments], at)

    def _detail_text(self, at: float | None) -> str:
        if not self._moments:
            return self.tr("Nothing has been replaced or deleted yet.")
        position = self._position(at)
        if at is None or position == len(self._moments):
            last = self._moments[-1]
            return counted(
                "The last change before: %Ln files replaced or deleted on {when}.",
                "The last change before: %Ln file replaced or deleted on {when}.",
                last.files,
            ).format(when=exact_text(last.at))
        moment = self._moments[position]
        return counted(
            "The next change after: %Ln files replaced or deleted on {when}.",
            "The next change after: %Ln file replaced or deleted on {when}.",
            moment.files,
        ).format(when=exact_text(moment.at))

    @Slot(int)
    def _on_slid(self, position: int) -> None:
        # Choose the time before the change, when deleted files still existed.
        at = None if position >= len(self._moments) else self._moments[position].at - 1
        self._at_wanted = at
        self._timer.start()

    @Slot()
    def _on_settled(self) -> None:
        self.choose(self._at_wanted)

    @Slot(QDateTime)
    def _on_edited(self, moment: QDateTime) -> None:
        at = moment.toMSecsSinceEpoch() / 1_000
        self.choose(None if at >= self._now() else at)

    @Slot()
    def _on_now(self) -> None:
        self.choose(None)


def _edit_format(*, is_mirrored: bool) -> str:
    """The locale's short date, with a year of four digits, and the time to the second.

    Args:
        is_mirrored: Whether the layout runs from right to left. Qt then reverses the order of the parts, so that
            seconds precede hours. Reversing them here as well restores the right order.
    """
    date = QLocale().dateFormat(QLocale.FormatType.ShortFormat)
    if "yyyy" not in date:
        date = date.replace("yy", "yyyy")
    parts = re.split(r"([^A-Za-z]+)", f"{date} HH:mm:ss")
    return "".join(reversed(parts) if is_mirrored else parts)
