"""Pictures of all views, for eyes; the test makes sure that there is something to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.app import resource_folder
from backup_gui.ui.daychart import DayChart
from backup_gui.ui.icons import Icons
from backup_gui.ui.labels import MutedLabel
from backup_gui.ui.theme import fixed_font
from tests.helpers.screens import LOOKS, VIEWS, appearance, make_window, write_all

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"


def test_every_view_is_drawn_light_dark_large_and_mirrored(qapp: QApplication) -> None:
    written = write_all(FOLDER, qapp)
    names = [path.stem.removesuffix("-light") for path in written if path.stem.endswith("-light")]
    assert len(names) >= 40
    assert len(written) == len(names) * len(LOOKS)
    for name in names:
        light, dark, large, mirrored = (QImage(str(FOLDER / f"{name}-{look}.png")) for look in LOOKS)
        assert light.size() == dark.size()
        corners = [image.pixelColor(2, image.height() - 3).lightness() for image in (light, dark)]
        assert corners[0] > 200
        assert corners[1] < 60
        assert large.width() * large.height() > light.width() * light.height(), f"{name} does not grow with its text"
        assert mirrored != light, f"{name} is the same from right to left"


def test_every_icon_draws_something(icons: Icons, qapp: QApplication) -> None:
    names = [path.stem for path in (resource_folder() / "icons").glob("*.svg")]
    assert len(names) >= 28
    colour = qapp.palette().windowText().color()
    for name in names:
        icon = icons.action(name, colour)
        for size_px in (16, 22, 48, 256):
            image = icon.pixmap(size_px, size_px).toImage()
            assert any(
                image.pixelColor(x, y).alpha() > 128 for x in range(image.width()) for y in range(image.height())
            ), (name, size_px)


def test_a_missing_icon_is_no_reason_to_fail(tmp_path: Path, qapp: QApplication) -> None:
    assert not Icons(tmp_path).app().isNull()


@pytest.mark.parametrize("look", ["light", "mirrored"])
def test_a_sentence_keeps_its_full_stop_at_its_end_in_a_mirrored_window(
    look: str, qapp: QApplication, qtbot: QtBot
) -> None:
    with appearance(qapp, LOOKS[look]):
        label = MutedLabel("Hill.")
        qtbot.addWidget(label)
        label.resize(400, 30)
        columns = _ink_heights(label)
    first, last = min(columns), max(columns)
    assert columns[last] < columns[first] / 2, "a full stop is much lower than a capital letter"
    assert (first > 200) is (look == "mirrored"), "the side is the layout's"


def test_the_words_of_the_legend_stay_beside_their_marks_in_a_mirrored_window(qtbot: QtBot) -> None:
    chart = DayChart()
    qtbot.addWidget(chart)
    for direction in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        chart.setLayoutDirection(direction)
        chart.resize(600, 200)
        chart.show()
        entry = next(label for label in chart.findChildren(QLabel) if label.text() == chart.tr("Files"))
        is_mirrored = direction == Qt.LayoutDirection.RightToLeft
        # The mark is at the leading end, so the words end at the other one.
        side = Qt.AlignmentFlag.AlignRight if is_mirrored else Qt.AlignmentFlag.AlignLeft
        assert entry.alignment() & side
        assert entry.alignment() & Qt.AlignmentFlag.AlignAbsolute


def test_windows_lists_and_fixed_letters_grow_with_the_text(qapp: QApplication, icons: Icons, qtbot: QtBot) -> None:
    widths, heights = [], []
    for look in (LOOKS["light"], LOOKS["large"]):
        with appearance(qapp, look):
            window = make_window(icons, VIEWS["ok"])
            qtbot.addWidget(window)
            window.resize(1_600, 900)
            window.show()
            qapp.processEvents()
            widths.append(window.board.list.width())
            heights.append(fixed_font(window).pointSizeF())
            window.hide()
    assert widths[1] > 1.5 * widths[0]
    assert heights[1] == 2 * heights[0]


def _ink_heights(widget: QWidget) -> dict[int, int]:
    """How many pixels are drawn in each column in which anything is."""
    image = widget.grab().toImage()
    ground = image.pixel(0, 0)
    heights = {x: sum(image.pixel(x, y) != ground for y in range(image.height())) for x in range(image.width())}
    return {x: height for x, height in heights.items() if height}
