"""What this program paints itself, by its pixels: contrast in both looks, and mirrored pictures from right to left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QDate, QDateTime, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetrics, QImage, QPolygon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QStyle,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backup_gui.model.status import JobState
from backup_gui.ui.history.time_bar import TimeBar
from backup_gui.ui.main.day_chart import DAYS, DayChart
from backup_gui.ui.main.job_list import CardDelegate, JobsModel, leads_to
from backup_gui.ui.main.space_bar import RoomBar
from backup_gui.ui.style import theme
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.legibility import edge
from backup_gui.ui.values.job import BackupSizes, FreeSpace
from backup_gui.ui.widgets.cards import ChoiceCard, TickCard
from backup_gui.ui.widgets.filter_button import FilterButton
from backup_gui.ui.widgets.labels import Panel, PrimaryButton, RowDelegate
from tests.helpers.screens import DAYS as SOME_DAYS
from tests.helpers.screens import LOOKS, MOMENTS, NOW, VIEWS, appearance, first_run
from tests.qt.ui.test_accessible import contrast

# WCAG 2.1, 1.4.11 and 1.4.3.
LEAST_OF_GRAPHICS = 3.0
LEAST_OF_TEXT = 4.5
TODAY = QDate(2026, 11, 22)
ROOM = FreeSpace(total_bytes=1_000, free_bytes=300)
SIZES = BackupSizes(300, 200, counted_at=NOW)
# Lines of letters are thinner than a pixel; enlarged, they have the colour that was meant.
ENLARGED = 4
# What may differ between a picture and its mirrored twin: soft edges.
MOST_DIFFERENT = 0.02

schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


@contextmanager
def on_a_card(application: QApplication, widget: QWidget, look: str) -> Iterator[Panel]:
    """Show a widget where it is in the window: on a card."""
    panel = Panel()
    panel.body.addWidget(widget)
    with appearance(application, LOOKS[look]):
        panel.resize(640, 260)
        panel.show()
        application.processEvents()
        yield panel
        panel.hide()
        panel.deleteLater()


def picture(widget: QWidget, scale: int = 1) -> QImage:
    """What is seen of a widget, with what is behind it."""
    window = widget.window()
    image = QImage(window.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(window.palette().window().color())
    window.render(image)
    corner = widget.mapTo(window, QPoint(0, 0)) * scale
    cut = image.copy(QRect(corner, widget.size() * scale))
    cut.setDevicePixelRatio(1)
    return cut


def colours(image: QImage, area: QRect | None = None, step: int = 2) -> Counter[int]:
    """How many pixels have which colour, of every other one in both directions."""
    area = area or image.rect()
    return Counter(
        image.pixel(x, y)
        for x in range(area.left(), area.right() + 1, step)
        for y in range(area.top(), area.bottom() + 1, step)
    )


def ground_and_ink(image: QImage, area: QRect | None = None) -> tuple[QColor, QColor]:
    """The commonest colour, and the one of the others that stands out from it most."""
    found = colours(image, area)
    ground = QColor(found.most_common(1)[0][0])
    inks = (QColor(colour) for colour in found)
    return ground, max(inks, key=lambda ink: contrast(ink, ground))


def mirrored(image: QImage) -> QImage:
    return image.flipped(Qt.Orientation.Horizontal)


def difference(one: QImage, other: QImage) -> float:
    """The share of pixels that differ clearly."""
    assert one.size() == other.size()
    pairs = (
        (QColor(one.pixel(x, y)), QColor(other.pixel(x, y))) for x in range(one.width()) for y in range(one.height())
    )
    different = sum(abs(a.lightness() - b.lightness()) > 40 for a, b in pairs)
    return different / (one.width() * one.height())


@pytest.fixture
def chart(qtbot: QtBot) -> DayChart:
    chart = DayChart()
    chart.show_days(SOME_DAYS, TODAY)
    return chart


@schemes
def test_bars_marks_dates_and_the_chosen_day_of_the_chart_stand_out(
    qapp: QApplication, chart: DayChart, scheme: str
) -> None:
    with on_a_card(qapp, chart, scheme) as panel:
        image = picture(chart.plot)
        ground = theme.surface(panel.palette())
        assert image.pixelColor(2, 2) == ground
        width, axis = image.width() / DAYS, int(chart.plot._axis())
        busy = next(
            number
            for number in range(DAYS)
            if chart.plot._days[number].bytes > 10**8 and chart.plot._days[number].files > 50
        )
        x = int((busy + 0.5) * width)
        for name, y in (("bytes", axis - 8), ("files", axis + 8), ("line between", axis + 1)):
            assert contrast(image.pixelColor(x, y), ground) >= LEAST_OF_GRAPHICS, name
        assert contrast(image.pixelColor(2, axis + 1), ground) >= LEAST_OF_GRAPHICS, "line between"
        mark = theme.state_colour(JobState.ATTENTION)
        places = [(x, y) for x in range(image.width()) for y in range(axis) if image.pixelColor(x, y) == mark]
        assert places, "a day with problems"
        around = QRect(places[0][0] - 6, places[0][1] - 4, 12, 12)
        assert contrast(ground_and_ink(image, around)[1], ground) >= LEAST_OF_GRAPHICS, "the mark's shape"

        QTest.keyClick(chart.plot, Qt.Key.Key_Home)
        qapp.processEvents()
        chosen = picture(chart.plot)
        edge_of_choice = max(
            (chosen.pixelColor(x, axis - 30) for x in range(int(width))), key=lambda c: contrast(c, ground)
        )
        assert contrast(edge_of_choice, ground) >= LEAST_OF_GRAPHICS, "the day chosen"

        large = picture(chart.plot, ENLARGED)
        dates = QRect(
            0, round(chart.plot._floor() + 2) * ENLARGED, large.width(), chart.plot.fontMetrics().height() * ENLARGED
        )
        assert contrast(*ground_and_ink(large, dates)) >= LEAST_OF_TEXT, "dates"


def test_the_chart_is_mirrored_from_right_to_left(qapp: QApplication, qtbot: QtBot) -> None:
    pictures = []
    for look in ("light", "mirrored"):
        chart = DayChart()
        chart.show_days(SOME_DAYS, TODAY)
        with on_a_card(qapp, chart, look):
            plot = chart.plot
            pictures.append(picture(plot).copy(0, 0, plot.width(), round(plot._floor())))
            newest = plot._column(DAYS - 1).center().x()
            assert (newest < plot.width() / 2) is (look == "mirrored")
    assert difference(pictures[0], pictures[1]) > MOST_DIFFERENT, "the days are not the same at both ends"
    assert difference(mirrored(pictures[0]), pictures[1]) < MOST_DIFFERENT


def test_the_marks_of_the_legend_change_sides(qapp: QApplication, qtbot: QtBot) -> None:
    for look in ("light", "mirrored"):
        chart = DayChart()
        with on_a_card(qapp, chart, look) as panel:
            accent = panel.palette().accent().color()
            entry = next(label for label in chart.findChildren(QLabel) if label.text() == chart.tr("Size"))
            image = picture(entry)
            places = [
                x for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y) == accent
            ]
            assert (min(places) > image.width() / 2) is (look == "mirrored")


def test_the_chart_is_a_slider_over_the_days_and_leaves_the_wheel_to_the_page(
    qapp: QApplication, chart: DayChart, qtbot: QtBot
) -> None:
    qtbot.addWidget(chart)
    chart.show()
    plot = chart.plot
    told = QAccessible.queryAccessibleInterface(plot)
    assert told.role() == QAccessible.Role.Slider
    assert (plot.minimum(), plot.maximum(), plot.value()) == (0, DAYS - 1, DAYS - 1)
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.value() == plot._current == 0
    # As a screen reader sets it.
    plot.setValue(7)
    assert plot._current == 7
    assert chart.words.text() == plot.accessibleDescription()
    chart.show_days(SOME_DAYS[:3], TODAY)
    assert plot.value() == plot._current == 7


@schemes
def test_the_parts_of_the_drive_stand_out_from_each_other(qapp: QApplication, scheme: str, qtbot: QtBot) -> None:
    room = RoomBar(lambda: NOW)
    room.show_room(ROOM, SIZES)
    with on_a_card(qapp, room, scheme) as panel:
        bar = room._bar
        image = picture(bar)
        ground = theme.surface(panel.palette())
        middle = image.height() // 2

        def at(share: float) -> QColor:
            return image.pixelColor(round(image.width() * share), middle)

        backup, other, free = at(0.15), at(0.6), at(0.85)
        assert contrast(backup, ground) >= LEAST_OF_GRAPHICS
        assert contrast(backup, free) >= LEAST_OF_GRAPHICS
        assert contrast(other, free) >= LEAST_OF_GRAPHICS
        stripes = colours(image, QRect(round(image.width() * 0.35), 3, 60, image.height() - 6), step=1)
        lightest, darkest = (pick(map(QColor, stripes), key=QColor.lightness) for pick in (max, min))
        assert contrast(lightest, darkest) >= LEAST_OF_GRAPHICS, "stripes"
        # Where one part ends and the next begins.
        seam = [image.pixelColor(round(image.width() * 0.7) - number, middle) for number in range(5)]
        assert max(contrast(colour, other) for colour in seam) >= LEAST_OF_GRAPHICS
        end = image.pixelColor(image.width() - 40, 0)
        assert contrast(end, ground) >= LEAST_OF_GRAPHICS, "the edge of what is free"
        assert bar.value() == 70
        told = QAccessible.queryAccessibleInterface(bar)
        assert told.role() == QAccessible.Role.ProgressBar
        words = picture(room._words, ENLARGED)
        assert contrast(*ground_and_ink(words)) >= LEAST_OF_TEXT


def test_the_bar_of_the_drive_is_mirrored_from_right_to_left(qapp: QApplication, qtbot: QtBot) -> None:
    pictures = []
    for look in ("light", "mirrored"):
        room = RoomBar(lambda: NOW)
        room.show_room(ROOM, BackupSizes(300, 0, counted_at=NOW))
        with on_a_card(qapp, room, look):
            pictures.append(picture(room._bar))
    assert difference(pictures[0], pictures[1]) > 0.2
    assert difference(mirrored(pictures[0]), pictures[1]) < MOST_DIFFERENT


@schemes
def test_the_time_bar_stands_out(qapp: QApplication, scheme: str, qtbot: QtBot) -> None:
    bar = TimeBar(lambda: NOW)
    bar.show_moments(MOMENTS)
    bar.choose(MOMENTS[2].at)
    with on_a_card(qapp, bar, scheme):
        slider = bar.slider
        image = picture(slider)
        ground = QColor(colours(image).most_common(1)[0][0])
        middle = image.height() // 2
        past, future = ([image.pixelColor(x, y) for y in range(image.height())] for x in (8, image.width() - 8))
        assert max(contrast(colour, ground) for colour in past) >= LEAST_OF_GRAPHICS
        assert max(contrast(colour, ground) for colour in future) >= LEAST_OF_GRAPHICS
        # Above and below the groove there is nothing but the handle.
        handle = [image.pixelColor(x, middle - 4) for x in range(image.width())]
        assert max(contrast(colour, ground) for colour in handle) >= LEAST_OF_GRAPHICS
        for label in bar.findChildren(QLabel):
            assert contrast(*ground_and_ink(picture(label, ENLARGED))) >= LEAST_OF_TEXT, label.text()
        assert bar._words.text() in slider.accessibleDescription()
        assert bar._detail.text() in slider.accessibleDescription()


def test_the_past_is_at_the_right_from_right_to_left(qapp: QApplication, qtbot: QtBot) -> None:
    pictures = []
    for look in ("light", "mirrored"):
        bar = TimeBar(lambda: NOW)
        bar.show_moments(MOMENTS)
        bar.choose(MOMENTS[0].at)
        with on_a_card(qapp, bar, look):
            pictures.append(picture(bar.slider))
    assert difference(mirrored(pictures[0]), pictures[1]) < MOST_DIFFERENT < difference(pictures[0], pictures[1])


def test_the_first_picture_leads_the_way_lines_are_read(qapp: QApplication, icons: Icons) -> None:
    sides = []
    for look in ("light", "mirrored"):
        with appearance(qapp, LOOKS[look]):
            steps = first_run(icons, 0).welcome
            image = steps._picture.pixmap().toImage()
            blue = [
                x
                for x in range(image.width())
                for y in range(image.height())
                if image.pixelColor(x, y).alpha() > 200
                and image.pixelColor(x, y).blue() > 220
                and image.pixelColor(x, y).red() < 120
            ]
            sides.append(sum(blue) / len(blue) / image.width())
    assert sides[0] < 0.4
    assert sides[1] > 0.6


def test_the_arrow_of_a_card_points_from_the_start_of_the_line(icons: Icons) -> None:
    """Towards the path, which is read from left to right everywhere."""
    assert leads_to("/mnt/b", is_rtl=False) == "→ /mnt/b"
    assert leads_to("/mnt/b", is_rtl=True) == "/mnt/b ←"


@pytest.mark.parametrize("look", ["light", "mirrored"])
def test_hours_are_written_before_seconds_in_both_directions(qapp: QApplication, look: str, qtbot: QtBot) -> None:
    with appearance(qapp, LOOKS[look]):
        bar = TimeBar(lambda: NOW)
        qtbot.addWidget(bar)
        bar.choose(NOW)
        date, _, time = bar.edit.text().partition(" ")
        at = QDateTime.fromMSecsSinceEpoch(round(NOW * 1_000))
        assert time == at.toString("HH:mm:ss")
        assert date == at.toString("dd/MM/yyyy")


@schemes
def test_the_cards_of_jobs_stand_out(qapp: QApplication, icons: Icons, scheme: str, qtbot: QtBot) -> None:
    model = JobsModel(lambda: NOW)
    for number, shown in enumerate(VIEWS.values()):
        model.put(replace(shown, job=shown.job._replace(id=str(number))))
    view = QListView()
    view.setModel(model)
    view.setItemDelegate(CardDelegate(icons, lambda: NOW, view))
    view.setCurrentIndex(model.index(1))
    holder = QWidget()
    QVBoxLayout(holder).addWidget(view)
    with appearance(qapp, LOOKS[scheme]):
        holder.resize(320, 900)
        holder.show()
        qapp.processEvents()
        image = picture(view.viewport(), ENLARGED)
        for row in range(model.rowCount()):
            card = view.visualRect(model.index(row))
            if card.bottom() > view.viewport().height():
                break
            area = QRect(card.topLeft() * ENLARGED, card.size() * ENLARGED)
            inner = area.adjusted(60, 50, -60, -50)
            ground = QColor(colours(image, inner).most_common(1)[0][0])
            badge = QRect(area.left() + 80, area.top() + 70, 100, 100)
            found = colours(image, badge)
            many = [QColor(colour) for colour, count in found.items() if count > sum(found.values()) * 0.003]
            assert max(contrast(one, other) for one in many for other in many) >= LEAST_OF_GRAPHICS, model._views[
                row
            ].shown_state
            lines = 4 if model._views[row].room is None else 5
            height = inner.height() // lines
            for line in range(lines):
                words = QRect(area.left() + 260, inner.top() + line * height, 500, height)
                ink = ground_and_ink(image, words)[1]
                assert contrast(ink, ground) >= LEAST_OF_TEXT, (row, line)
        holder.hide()
    assert row >= 4
    holder.deleteLater()


def test_a_card_gets_a_line_more_when_it_is_known_how_much_is_free(icons: Icons, qtbot: QtBot) -> None:
    model = JobsModel(lambda: NOW)
    view = QListView()
    qtbot.addWidget(view)
    view.setModel(model)
    view.setItemDelegate(CardDelegate(icons, lambda: NOW, view))
    view.resize(320, 400)
    view.show()
    heights = []
    for room in (None, VIEWS["ok"].room, None):
        model.put(replace(VIEWS["ok"], room=room))
        QApplication.processEvents()
        heights.append(view.visualRect(model.index(0)).height())
    assert heights[0] < heights[1]
    assert heights[2] == heights[0]


@schemes
@pytest.mark.parametrize("kind", [TickCard, ChoiceCard])
@pytest.mark.parametrize("is_chosen", [True, False])
def test_the_cards_of_folders_and_drives_stand_out(
    qapp: QApplication, icons: Icons, scheme: str, kind: type[TickCard | ChoiceCard], *, is_chosen: bool
) -> None:
    card = kind(icons)
    card.show_words("Documents", "/home/anna/Documents", "48.2 GB", "Too small", JobState.ATTENTION)
    card.setChecked(is_chosen)
    with on_a_card(qapp, card, scheme):
        image = picture(card, ENLARGED)
        ground = QColor(colours(image).most_common(1)[0][0])
        height, width = image.height(), image.width()
        # Mark, name, path, size and remark.
        parts = {
            "mark": (QRect(0, 0, 36 * ENLARGED, height).adjusted(24, 24, 0, -24), LEAST_OF_GRAPHICS),
            "name": (QRect(40 * ENLARGED, 24, width // 3, height // 2 - 24), LEAST_OF_TEXT),
            "path": (QRect(40 * ENLARGED, height // 2, width // 3, height // 2 - 24), LEAST_OF_TEXT),
            "size": (QRect(width * 3 // 4, 24, width // 4 - 24, height // 2 - 24), LEAST_OF_TEXT),
        }
        for name, (area, least) in parts.items():
            assert contrast(ground_and_ink(image, area)[1], ground) >= least, name


FIELDS = (QLineEdit, QSpinBox, QComboBox, QPlainTextEdit, QCheckBox, QRadioButton, QPushButton, QTreeWidget)


@schemes
@pytest.mark.parametrize("kind", FIELDS)
def test_the_edge_of_a_field_can_be_seen(qapp: QApplication, scheme: str, kind: type[QWidget], qtbot: QtBot) -> None:
    holder = QWidget()
    form = QFormLayout(holder)
    with appearance(qapp, LOOKS[scheme]):
        first, field = QLineEdit(), kind()
        form.addRow("Other", first)
        form.addRow("Field", field)
        first.setFocus()
        holder.show()
        qapp.processEvents()
        image = picture(field)
        ground = holder.palette().window().color()
        # From outside to the middle, at half its height.
        row = [image.pixelColor(x, image.height() // 2) for x in range(12)]
        assert max(contrast(colour, ground) for colour in row) >= LEAST_OF_GRAPHICS
        assert contrast(edge(holder.palette()), holder.palette().base().color()) >= LEAST_OF_GRAPHICS
        field.setFocus()
        qapp.processEvents()
        row = [picture(field).pixelColor(x, image.height() // 2) for x in range(12)]
        assert max(contrast(colour, ground) for colour in row) >= LEAST_OF_GRAPHICS, "with the keyboard"
        holder.hide()
    holder.deleteLater()


@schemes
@pytest.mark.parametrize("is_default", [True, False])
def test_the_words_on_the_one_button_can_be_read(qapp: QApplication, scheme: str, *, is_default: bool) -> None:
    holder = QWidget()
    with appearance(qapp, LOOKS[scheme]):
        button = PrimaryButton("Start", lambda: None)
        button.setDefault(is_default)
        QVBoxLayout(holder).addWidget(button)
        holder.show()
        qapp.processEvents()
        image = picture(button, ENLARGED)
        # The lightest and the darkest of its ground, which goes from one to the other, below and above its words.
        inner = image.rect().adjusted(20, 20, -20, -20)
        grounds = [image.pixelColor(inner.left(), y) for y in range(inner.top(), inner.bottom())]
        words = max((QColor(colour) for colour in colours(image, inner)), key=QColor.lightness)
        assert min(contrast(words, ground) for ground in grounds) >= LEAST_OF_TEXT
        assert max(contrast(ground, holder.palette().window().color()) for ground in grounds) >= 2
        holder.hide()
    holder.deleteLater()


@pytest.mark.parametrize("style", ["macos", "windows11", "windowsvista"])
def test_the_systems_own_buttons_keep_their_words(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    """They have the system's ground, on which white words could not be read."""
    monkeypatch.setattr(QApplication, "style", lambda: SimpleNamespace(name=lambda: style))
    button = PrimaryButton("Start", lambda: None)
    assert button.palette().buttonText().color() == qapp.palette().buttonText().color()


@schemes
def test_the_filter_that_is_chosen_has_a_ground_a_bar_and_bold_words(qapp: QApplication, scheme: str) -> None:
    holder = QWidget()
    row = QHBoxLayout(holder)
    with appearance(qapp, LOOKS[scheme]):
        chosen, other, short = FilterButton(), FilterButton(), FilterButton()
        for button, words_on_it in ((chosen, "&Deleted (840)"), (other, "&Deleted (840)"), (short, "Ne&w (10)")):
            button.setText(words_on_it)
            row.addWidget(button)
        chosen.setChecked(True)
        holder.show()
        qapp.processEvents()
        shown, plain = picture(chosen, ENLARGED), picture(other, ENLARGED)
        words = shown.rect().adjusted(40, 24, -40, -32)
        line = QRect(shown.width() // 3, shown.height() - 18, shown.width() // 3, 8)
        ground, ink = ground_and_ink(shown, words)
        assert contrast(ink, ground) >= LEAST_OF_TEXT
        # The style's grounds go from one shade to another one from above to below.
        grounds = [shown.pixelColor(words.left() - 20, y) for y in range(words.top(), words.bottom())]
        assert min(contrast(ink, shade) for shade in grounds) >= LEAST_OF_TEXT
        assert contrast(ground_and_ink(shown, line)[0], grounds[-1]) >= LEAST_OF_GRAPHICS, "the bar"
        assert contrast(ground_and_ink(plain, line)[1], ground_and_ink(plain, line)[0]) < LEAST_OF_GRAPHICS
        blueness = [shade.blue() - shade.red() for shade in (ground, ground_and_ink(plain, words)[0])]
        assert blueness[0] >= blueness[1] + 20, "the accent"
        assert chosen.font().weight() > other.font().weight()
        for button in (other, short):
            size = button.size()
            button.setChecked(True)
            qapp.processEvents()
            assert button.size() == button.sizeHint() == size, "nothing moves"
        holder.hide()
    holder.deleteLater()


@schemes
def test_what_is_chosen_in_a_field_can_be_read(qapp: QApplication, scheme: str) -> None:
    with appearance(qapp, LOOKS[scheme]):
        for kind in (QLineEdit, QSpinBox, QComboBox, QPlainTextEdit):
            field = kind()
            field.ensurePolished()
            palette = field.palette()
            assert contrast(palette.highlightedText().color(), palette.highlight().color()) >= LEAST_OF_TEXT


def test_marks_and_icons_grow_with_the_text(qapp: QApplication, icons: Icons) -> None:
    sides = {}
    metric = QStyle.PixelMetric
    for look in ("light", "large"):
        with appearance(qapp, LOOKS[look]):
            found = []
            for widget, kinds in (
                (QCheckBox("x"), (metric.PM_IndicatorWidth, metric.PM_IndicatorHeight)),
                (QRadioButton("x"), (metric.PM_ExclusiveIndicatorWidth, metric.PM_ExclusiveIndicatorHeight)),
                (QPushButton("x"), (metric.PM_ButtonIconSize,)),
                (QTreeWidget(), (metric.PM_SmallIconSize,)),
            ):
                widget.ensurePolished()
                found += [widget.style().pixelMetric(kind, None, widget) for kind in kinds]
            # The painted ones.
            chart = DayChart()
            card = TickCard(icons)
            found += [chart.plot.sizeHint().height(), card._indicator_size().width(), card._mark_side()]
            sides[look] = found
            scale = QFontMetrics(qapp.font()).height() / theme.ORDINARY_TEXT_PX
    assert scale > 1.4
    for small, large in zip(sides["light"], sides["large"], strict=True):
        assert 0.9 * scale * small <= large <= 1.2 * scale * small


def _marked(widget: QWidget, area: QRect) -> QRect:
    """Where something is drawn that stands out from what is around it."""
    image = picture(widget)
    ground = QColor(colours(image, area, step=1).most_common(1)[0][0])
    places = [
        QPoint(x, y)
        for x in range(area.left(), area.right() + 1)
        for y in range(area.top(), area.bottom() + 1)
        if contrast(image.pixelColor(x, y), ground) >= LEAST_OF_GRAPHICS
    ]
    return QRect(places[0], places[0]).united(QPolygon(places).boundingRect()) if places else QRect()


def _arrow_of_a_list() -> tuple[QWidget, QRect]:
    combo = QComboBox()
    combo.resize(300, 60)
    return combo, QRect(240, 6, 55, 48)


def _arrow_of_a_number() -> tuple[QWidget, QRect]:
    spin = QSpinBox()
    spin.setRange(-9, 9)
    spin.resize(300, 60)
    # Beside the line before the buttons, and above the one between them.
    return spin, QRect(288, 4, 9, 20) if not QApplication.instance().styleSheet() else QRect(250, 4, 45, 25)  # type: ignore[union-attr]


def _arrow_of_a_column() -> tuple[QWidget, QRect]:
    tree = QTreeWidget()
    tree.setHeaderLabels([""])
    tree.setSortingEnabled(True)
    tree.resize(300, 200)
    return tree, QRect(200, 4, 98, 14)


def _arrow_of_a_branch() -> tuple[QWidget, QRect]:
    tree = QTreeWidget()
    tree.setHeaderHidden(True)
    tree.setItemDelegate(RowDelegate(tree))
    QTreeWidgetItem(QTreeWidgetItem(tree, [""]), ["below"])
    tree.resize(300, 200)
    return tree, QRect(2, 2, 20, 24)


def _handle() -> tuple[QWidget, QRect]:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.resize(300, 60)
    slider.setValue(50)
    # Above the groove.
    return slider, QRect(0, 0, 300, 26)


@pytest.mark.parametrize(
    "make", [_arrow_of_a_list, _arrow_of_a_number, _arrow_of_a_column, _arrow_of_a_branch, _handle]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_arrows_and_handles_grow_with_the_text(
    qapp: QApplication, scheme: str, make: Callable[[], tuple[QWidget, QRect]]
) -> None:
    widths = []
    for scale in (1, 2):
        with appearance(qapp, LOOKS[scheme]._replace(text_scale=scale)):
            widget, area = make()
            widget.show()
            qapp.processEvents()
            mark = _marked(widget, area)
            widths.append(mark.width())
            assert mark.height() <= 2 * mark.width(), "an arrow and no stroke"
            widget.hide()
    assert widths[0] > 0
    assert widths[1] >= 1.4 * widths[0]


def test_a_closed_branch_points_to_where_lines_go(qapp: QApplication) -> None:
    heights = []
    for direction in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        with appearance(qapp, LOOKS["large"]._replace(direction=direction)):
            tree, area = _arrow_of_a_branch()
            tree.show()
            qapp.processEvents()
            if direction == Qt.LayoutDirection.RightToLeft:
                area.moveRight(tree.width() - 3)
            image = picture(tree)
            mark = _marked(tree, area)
            ground = QColor(colours(image, area, step=1).most_common(1)[0][0])
            heights.append(
                [
                    sum(
                        contrast(image.pixelColor(x, y), ground) >= LEAST_OF_GRAPHICS
                        for y in range(mark.top(), mark.bottom() + 1)
                    )
                    for x in (mark.left() + 1, mark.right() - 1)
                ]
            )
            tree.hide()
    (base, tip), (tip_mirrored, base_mirrored) = heights
    assert base > tip
    assert base_mirrored > tip_mirrored


def test_a_ticked_box_in_a_list_grows_too(qapp: QApplication) -> None:
    heights = []
    for look in ("light", "large"):
        with appearance(qapp, LOOKS[look]):
            tree = QTreeWidget()
            item = QTreeWidgetItem(tree, ["one"])
            item.setCheckState(0, Qt.CheckState.Checked)
            tree.show()
            qapp.processEvents()
            heights.append(tree.visualItemRect(item).height())
            tree.hide()
    assert heights[1] >= 1.7 * heights[0]


def test_another_look_leaves_nothing_of_the_one_before(qapp: QApplication) -> None:
    with appearance(qapp, LOOKS["dark"]):
        pass
    with appearance(qapp, LOOKS["light"]):
        field = QLineEdit()
        field.ensurePolished()
        assert not theme.is_dark(QApplication.palette())
        assert field.palette().base().color() == LOOKS["light"].palette().base().color()
