"""Pictures of all views, for eyes; the test makes sure that there is something to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QSplitter, QStyle, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.app import resource_folder
from backup_gui.config.settings import Settings
from backup_gui.ui.dialogs.crash import CrashDialog
from backup_gui.ui.dialogs.diagnostics import DiagnosticsDialog
from backup_gui.ui.dialogs.returned import ReturnedDialog
from backup_gui.ui.history.restore_dialog import RestoreDialog
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.day_chart import DayChart
from backup_gui.ui.main.problems import ProblemsPage
from backup_gui.ui.settings.app_dialog import SettingsDialog
from backup_gui.ui.settings.page import NewJobDialog
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.theme import fixed_font
from backup_gui.ui.text.format import ago_text, duration_text
from backup_gui.ui.widgets.backlog_label import BacklogLabel
from backup_gui.ui.widgets.labels import MutedLabel, PlainLabel, RowLabel
from tests.helpers.project import PROJECT
from tests.helpers.screens import (
    DOCUMENTS,
    LOOKS,
    NOW,
    PROBLEMS,
    RETURNED,
    VIEWS,
    appearance,
    fixed_now,
    make_window,
    scenes,
    settings_page,
    show_scene,
    write_all,
)

FOLDER = PROJECT / "build" / "screenshots"


@pytest.mark.slow
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


@pytest.mark.slow
def test_words_begin_where_lines_begin_in_every_mirrored_view(qapp: QApplication, icons: Icons) -> None:
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
    looked_at = 0
    with appearance(qapp, LOOKS["mirrored"]):
        for name, view in scenes(icons):
            show_scene(view)
            for label in view.findChildren(QLabel):
                # Those that paint themselves have tests of their own; a hint of Qt's is none of ours.
                if type(label).paintEvent is not QLabel.paintEvent or not label.text() or not label.isVisible():
                    continue
                if label.alignment() & Qt.AlignmentFlag.AlignHCenter or label.metaObject().className() == "QTipLabel":
                    continue
                if label.buddy() is not None and label.width() <= label.sizeHint().width():
                    continue
                looked_at += 1
                stands = QStyle.visualAlignment(Qt.LayoutDirection.LeftToRight, label.alignment())
                assert stands & right == right or not _has_spare_room(label), f"{name}: {label.text()}"
            _drop(view)
    assert looked_at > 200


def test_words_change_sides_with_the_direction(qtbot: QtBot) -> None:
    words = PlainLabel("Hill.")
    qtbot.addWidget(words)
    for direction, side in (
        (Qt.LayoutDirection.RightToLeft, Qt.AlignmentFlag.AlignRight),
        (Qt.LayoutDirection.LeftToRight, Qt.AlignmentFlag.AlignLeft),
    ):
        words.setLayoutDirection(direction)
        assert words.alignment() & side
        assert words.alignment() & Qt.AlignmentFlag.AlignAbsolute


@pytest.mark.parametrize("look", ["light", "large"])
def test_the_label_of_a_field_is_level_with_its_first_line(qapp: QApplication, icons: Icons, look: str) -> None:
    """However many lines and remarks are below that."""
    found = 0
    with appearance(qapp, LOOKS[look]):
        for view in (SettingsDialog(Settings()), NewJobDialog(icons, DOCUMENTS.source), settings_page(icons)):
            show_scene(view)
            for label in view.findChildren(RowLabel):
                line = label._line
                height = line.height()
                if isinstance(line, QPlainTextEdit):
                    height = line.fontMetrics().height() + 2 * line.frameWidth() + 8
                middle = line.mapTo(view, QPoint(0, height // 2)).y()
                words = label.mapTo(view, label.rect().center()).y()
                found += 1
                assert abs(words - middle) <= 2, label.text()
            _drop(view)
    assert found >= 20


def test_no_edge_of_the_list_of_files_is_cut_off(qapp: QApplication, icons: Icons) -> None:
    for look in ("light", "mirrored"):
        with appearance(qapp, LOOKS[look]):
            view = make_window(icons, VIEWS["ok"])
            view.board.show_page(Page.HISTORY)
            show_scene(view)
            history = view.board.history
            part = next(
                one for one in history.findChildren(QSplitter) if one.orientation() == Qt.Orientation.Horizontal
            )
            parts = [part.widget(number) for number in range(part.count())]
            assert len(parts) == 2
            for one in parts:
                assert one is not None
                assert part.rect().contains(one.geometry()), look
            _drop(view)


def test_windows_with_fields_and_lists_are_wider_with_larger_text(qapp: QApplication, icons: Icons) -> None:
    widths: list[list[int]] = []
    for look in ("light", "large"):
        with appearance(qapp, LOOKS[look]):
            views = (
                SettingsDialog(Settings()),
                NewJobDialog(icons),
                CrashDialog(icons, "ValueError", "Traceback"),
                DiagnosticsDialog("plain", "full"),
                RestoreDialog(icons, DOCUMENTS.source),
                ReturnedDialog(icons, DOCUMENTS.source, RETURNED),
            )
            widths.append([view.minimumWidth() for view in views])
            for view in views:
                _drop(view)
    for small, large in zip(*widths, strict=True):
        assert large >= 1.6 * small


def _has_spare_room(label: QLabel) -> bool:
    return label.width() > label.sizeHint().width() + 2


def _drop(view: QWidget) -> None:
    view.hide()
    view.deleteLater()
    QCoreApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete)


def test_the_first_problem_is_chosen_in_both_directions(qapp: QApplication, icons: Icons) -> None:
    for look in ("light", "mirrored"):
        with appearance(qapp, LOOKS[look]):
            page = ProblemsPage(icons)
            page.show_problems(PROBLEMS)
            assert page._table.currentIndex().row() == 0, look
            assert PROBLEMS[0].path in page._advice.text(), look
            _drop(page)


def test_what_has_problems_is_not_said_to_be_backed_up(qtbot: QtBot) -> None:
    label = BacklogLabel(fixed_now)
    qtbot.addWidget(label)
    label.show_status(VIEWS["attention"].status)
    assert label.text() == "3 files, see Problems"
    label.show_status(VIEWS["ok"].status)
    assert label.text() == "Nothing"


def test_days_are_counted_as_on_the_calendar() -> None:
    """The date stands beside it: on the 22nd, something of the 20th was not "1 day ago"."""
    assert ago_text(NOW - 172_000, NOW) == "2 days ago"
    assert ago_text(NOW - 93_000, NOW) == "1 day ago"


def test_headings_stand_above_the_figures_of_their_columns(icons: Icons) -> None:
    model = make_window(icons, VIEWS["ok"]).board.activity._list.model()
    role = Qt.ItemDataRole.TextAlignmentRole
    for column in range(4):
        assert model.headerData(column, Qt.Orientation.Horizontal, role) == model.index(0, column).data(role)


def test_a_long_time_is_told_in_days() -> None:
    assert duration_text(47 * 3_600) == "47 h 0 min"
    assert duration_text(76 * 3_600) == "3 days"
